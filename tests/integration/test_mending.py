"""What a person is told settles by itself, and what a person decides is done: replay, set aside, send again."""

import pytest

from models.case import Case
from models.steps import Step
from models.vocabulary import Desk, Need
from tasks.batch import work_batch
from tasks.mending import NothingToMend, replay, send_again, set_event_aside
from tests.integration.ground import Ground

COUNSELING = "financial-counseling"
AGENCY = "agency:microfinance-desk"


async def open_notices(ground: Ground) -> list[tuple[str, str]]:
    rows = await ground.rows("SELECT code, about FROM notice WHERE settled_at IS NULL ORDER BY code, about")
    return [(code, about) for code, about in rows]


async def counseled(ground: Ground) -> str:
    """Let a client with debts walk in, and return the number of the referral to counseling."""
    await ground.walks_in(Need.DEBT)
    await ground.work()
    return await ground.number(COUNSELING)


async def test_a_missing_consent_is_noticed_and_the_notice_settles_when_it_comes(ground: Ground) -> None:
    journey = await ground.walks_in(Need.DEBT, signed=())
    await ground.work()
    assert ("consent_missing", f"{COUNSELING}:microfinance-desk") in await open_notices(ground)

    consent = {
        "purpose": "provision",
        "recipient": "microfinance-desk",
        "items": ["name", "phone", "income", "debts"],
        "valid_to": "2029-12-03",
    }
    await ground.put("staff:front-desk", "consent_given", journey=journey, desk=Desk.INTAKE, consent=consent)
    await ground.work()

    assert [] == await open_notices(ground)
    assert [("requested",)] == await ground.rows("SELECT state FROM referral WHERE program = :p", p=COUNSELING)


async def test_a_word_that_came_too_early_is_heard_again_when_the_referral_has_moved(ground: Ground) -> None:
    number = await counseled(ground)
    await ground.put(AGENCY, "resumed", number=number, hours=3)
    await ground.work()
    assert ["event_parked"] == [code for code, _ in await open_notices(ground)]

    await ground.put(AGENCY, "held", number=number, hours=2)
    await ground.work()

    assert [("in_progress",)] == await ground.rows("SELECT state FROM referral WHERE number = :n", n=number)
    assert [] == await open_notices(ground)


async def test_a_parked_word_that_no_move_helps_stays_parked_and_noticed(ground: Ground) -> None:
    number = await counseled(ground)
    await ground.put(AGENCY, "completed", number=number, outcome="counseled_only")
    await ground.work()
    wrong = await ground.put(AGENCY, "held", number=number, hours=2)
    await ground.work()

    assert "parked: no_road" == (await ground.fates())[wrong or 0]
    assert [("event_parked", f"{number} event {wrong}")] == await open_notices(ground)


async def test_an_event_set_aside_is_kept_with_who_and_why_and_never_heard(ground: Ground) -> None:
    number = await counseled(ground)
    await ground.put(AGENCY, "completed", number=number, outcome="counseled_only")
    await ground.work()
    wrong = await ground.put(AGENCY, "held", number=number, hours=2)
    await ground.work()

    async with ground.engine.begin() as connection:
        await set_event_aside(connection, wrong or 0, "staff:front-desk", "the agency withdrew it", ground.now)
    await ground.work()

    assert "dropped: set_aside_by_staff" == (await ground.fates())[wrong or 0]
    kept = await ground.rows("SELECT detail FROM notice WHERE code = 'event_set_aside'")
    assert [("staff:front-desk: the agency withdrew it",)] == kept
    with pytest.raises(NothingToMend):
        async with ground.engine.begin() as connection:
            await replay(connection, wrong or 0, "staff:front-desk", ground.now)


async def test_an_unknown_word_holds_back_what_follows_until_it_is_replayed_in_order(ground: Ground) -> None:
    number = await counseled(ground)
    strange = await ground.put(AGENCY, "progressed", number=number, milestone="pondered")
    later = await ground.put(AGENCY, "completed", number=number, outcome="counseled_only", hours=1)
    await ground.work()
    fates = await ground.fates()
    assert ["held_back: unknown_word", "held_back: set_aside"] == [fates[n or 0] for n in (strange, later)]

    async with ground.engine.begin() as connection:
        await set_event_aside(connection, strange or 0, "staff:front-desk", "no such milestone", ground.now)
    await ground.work()

    assert [("completed",)] == await ground.rows("SELECT state FROM referral WHERE number = :n", n=number)
    assert [] == await ground.rows("SELECT desk FROM set_aside")


async def test_a_letter_that_lies_with_a_person_goes_out_again_under_the_same_key(ground: Ground) -> None:
    number = await counseled(ground)
    [before] = await ground.rows("SELECT id FROM letter WHERE referral_number = :n", n=number)
    await ground.change("UPDATE letter SET state = 'with_person' WHERE referral_number = :n", n=number)

    async with ground.engine.begin() as connection:
        assert 1 == await send_again(connection, number, "cli:clerk", ground.now)

    assert [(*before, "waiting")] == await ground.rows(
        "SELECT id, state FROM letter WHERE referral_number = :n", n=number
    )
    with pytest.raises(NothingToMend):
        async with ground.engine.begin() as connection:
            await send_again(connection, number, "cli:clerk", ground.now)


async def test_what_was_entered_in_error_is_told_to_the_agency_and_not_asked_again(ground: Ground) -> None:
    number = await counseled(ground)
    await ground.change("UPDATE letter SET state = 'sent', attempts = 1")
    await ground.put(AGENCY, "accepted", number=number)
    await ground.put("staff:front-desk", "voided", number=number, reason="wrong_client")
    await ground.work()

    letters = await ground.rows(
        "SELECT type, body ->> 'reason' FROM letter WHERE referral_number = :n ORDER BY sequence", n=number
    )
    assert [("referral.requested", None), ("referral.cancelled", "wrong_client")] == letters
    assert 1 == len(await ground.rows("SELECT id FROM referral WHERE program = :p", p=COUNSELING))
    assert ("voided_before", COUNSELING) in await open_notices(ground)


async def letters_of(ground: Ground, number: str) -> list[tuple[str, str]]:
    rows = await ground.rows("SELECT type, state FROM letter WHERE referral_number = :n ORDER BY sequence", n=number)
    return [(kind, state) for kind, state in rows]


async def test_a_request_that_never_left_does_not_leave_after_consent_is_withdrawn(ground: Ground) -> None:
    journey = await ground.walks_in(Need.DEBT)
    await ground.work()
    number = await ground.number(COUNSELING)

    await ground.put(
        "staff:front-desk", "consent_withdrawn", journey=journey, desk=Desk.INTAKE, recipient="microfinance-desk"
    )
    await ground.work()

    assert [("referral.requested", "withdrawn")] == await letters_of(ground, number)


async def test_a_request_that_may_have_left_is_not_tried_again_and_the_agency_is_told(ground: Ground) -> None:
    journey = await ground.walks_in(Need.DEBT)
    await ground.work()
    number = await ground.number(COUNSELING)
    await ground.change("UPDATE letter SET attempts = 1")

    await ground.put(
        "staff:front-desk", "consent_withdrawn", journey=journey, desk=Desk.INTAKE, recipient="microfinance-desk"
    )
    await ground.work()

    assert [("referral.requested", "withdrawn"), ("consent.revoked", "waiting")] == await letters_of(ground, number)


async def test_who_takes_back_collection_is_let_go_by_every_desk_and_a_person_is_told(ground: Ground) -> None:
    journey = await ground.walks_in(Need.DEBT, Need.LIVING)
    await ground.work()
    number = await ground.number(COUNSELING)
    await ground.change("UPDATE letter SET state = 'sent', attempts = 1")

    await ground.put("staff:front-desk", "consent_withdrawn", journey=journey, desk=Desk.INTAKE, purpose="collection")
    await ground.work()

    assert [] == await ground.rows("SELECT purpose FROM consent WHERE withdrawn_at IS NULL")
    assert {("cancelled", "consent_withdrawn")} == set(await ground.rows("SELECT state, reason FROM referral"))
    told = [kind for kind, state in await letters_of(ground, number) if state == "waiting"]
    assert ["consent.revoked", "referral.cancelled"] == told
    assert [("collection_withdrawn", "")] == await open_notices(ground)

    anew = {"purpose": "collection", "items": ["name"], "valid_to": "2029-12-03"}
    await ground.put("staff:front-desk", "consent_given", journey=journey, desk=Desk.INTAKE, consent=anew)
    await ground.work()

    # A person decides what goes on: nothing is asked again by itself.
    assert {("cancelled",)} == set(await ground.rows("SELECT state FROM referral"))
    assert ("collection_withdrawn", "") not in await open_notices(ground)


async def test_withdrawn_and_reopened_in_one_go_leaves_one_request_in_order(ground: Ground) -> None:
    number = await counseled(ground)
    await ground.change("UPDATE letter SET state = 'sent', attempts = 1")
    await ground.put("staff:front-desk", "withdrawn", number=number, reason="client_wish")
    await ground.put("staff:front-desk", "reopened", number=number, reason="client_wish")
    await ground.work()

    assert [
        ("referral.requested", "sent"),
        ("referral.cancelled", "waiting"),
        ("referral.requested", "waiting"),
    ] == await letters_of(ground, number)


async def test_a_stale_word_does_not_answer_a_reopened_referral(ground: Ground) -> None:
    number = await counseled(ground)
    await ground.put("staff:front-desk", "withdrawn", number=number, reason="client_wish", hours=1)
    await ground.work()
    await ground.put(AGENCY, "accepted", number=number, hours=2)
    await ground.work()

    await ground.put("staff:front-desk", "reopened", number=number, reason="client_wish", hours=3)
    await ground.work()

    assert [("requested",)] == await ground.rows("SELECT state FROM referral WHERE number = :n", n=number)


async def test_a_clock_that_ran_ahead_does_not_make_the_end_look_old(ground: Ground) -> None:
    number = await counseled(ground)
    await ground.put(AGENCY, "accepted", number=number, hours=9)
    await ground.work()
    await ground.put(AGENCY, "completed", number=number, hours=2, outcome="counseled_only")
    await ground.work()

    assert [("completed",)] == await ground.rows("SELECT state FROM referral WHERE number = :n", n=number)


async def test_a_persons_choice_survives_a_rule_that_breaks(ground: Ground) -> None:
    journey = await ground.walks_in(Need.LIVING)
    await ground.work()
    await ground.put(
        "staff:front-desk",
        "referral_chosen",
        journey=journey,
        desk=Desk.DEBT_RELIEF,
        program=COUNSELING,
        agency="microfinance-desk",
    )

    def breaks(_: Case) -> list[Step]:
        raise LookupError

    await work_batch(ground.tools, ground.setup(Desk.DEBT_RELIEF, breaks))
    [(event,)] = await ground.rows("SELECT event_id FROM set_aside")
    async with ground.engine.begin() as connection:
        await replay(connection, event, "staff:front-desk", ground.now)
    await ground.work()

    assert [("chosen",)] == await ground.rows("SELECT rule FROM referral WHERE program = :p", p=COUNSELING)


async def test_a_full_agency_is_full_for_the_next_client_of_the_same_batch(ground: Ground) -> None:
    capacity = ground.tools.catalog.agency("mapo-welfare-team").capacity or 0
    for _ in range(capacity + 3):
        await ground.walks_in(Need.LIVING)
    await ground.work()

    asked = await ground.rows("SELECT count(*) FROM referral WHERE agency = 'mapo-welfare-team'")
    assert [(capacity,)] == asked


async def test_a_parked_word_replayed_in_vain_is_noticed_again(ground: Ground) -> None:
    number = await counseled(ground)
    await ground.put(AGENCY, "completed", number=number, outcome="counseled_only")
    await ground.work()
    wrong = await ground.put(AGENCY, "held", number=number, hours=2)
    await ground.work()

    async with ground.engine.begin() as connection:
        await replay(connection, wrong or 0, "staff:front-desk", ground.now)
    await ground.work()

    assert [("event_parked", f"{number} event {wrong}")] == await open_notices(ground)
