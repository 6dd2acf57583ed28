"""Reconcile over real HTTP: what an agency said and nobody heard is fetched at night, once, and nothing half."""

import pytest
from sqlalchemy import text

from models.vocabulary import Need
from tasks.asking import TAKE
from tests.integration.ground import Ground
from tests.integration.nights.conftest import Wire

DESK = "microfinance-desk"
TEAM = "mapo-welfare-team"
COUNSELING = "financial-counseling"


async def walked_in(wire: Wire, *needs: Need) -> str:
    """Let a client walk in and be referred; return the number of her referral to counseling, a day later."""
    await wire.ground.walks_in(*(needs or (Need.DEBT,)))
    await wire.ground.work()
    await wire.pass_(days=1)
    return await wire.ground.number(COUNSELING)


async def events_of(ground: Ground, agency: str) -> list[tuple[str, str, str]]:
    rows = await ground.rows(
        "SELECT source_id, word, fate FROM inbox_event WHERE source = :s ORDER BY id", s=f"agency:{agency}"
    )
    return [(id_, word, fate) for id_, word, fate in rows]


async def asked(ground: Ground) -> set[str]:
    return {agency for (agency,) in await ground.rows("SELECT agency FROM referral WHERE asked_at IS NOT NULL")}


async def notices(ground: Ground) -> list[tuple[str, str]]:
    rows = await ground.rows("SELECT code, about FROM notice WHERE settled_at IS NULL ORDER BY code, about")
    return [(code, about) for code, about in rows]


async def test_what_a_silenced_agency_said_is_fetched_and_heard_as_if_it_had_arrived(wire: Wire) -> None:
    number = await walked_in(wire)
    await wire.weather(DESK, silence=True)
    said = [
        await wire.say(DESK, "accepted", referral=number, id="w-1"),
        await wire.say(DESK, "completed", referral=number, id="w-2", outcome="loan", note="by phone"),
    ]
    assert [True, True] == [each["silenced"] for each in said]

    report = await wire.night()
    await wire.ground.work()

    assert 2 == report.counts["events_fetched"]
    assert [("w-1", "accepted", "applied"), ("w-2", "completed", "applied")] == await events_of(wire.ground, DESK)
    assert [("completed", "loan")] == await wire.ground.rows(
        "SELECT state, outcome FROM referral WHERE number = :n", n=number
    )
    assert ("events_fetched", DESK) in await notices(wire.ground)


async def test_what_waits_for_nothing_any_more_is_taken_up_at_night(wire: Wire) -> None:
    number = await walked_in(wire)
    await wire.ground.put(f"agency:{DESK}", "accepted", number=number)
    await wire.ground.change(
        "UPDATE inbox_event SET fate = 'held_back', fate_reason = 'set_aside' WHERE word = 'accepted'"
    )

    report = await wire.night()
    await wire.ground.work()

    assert 1 == report.counts["events_taken_up"]
    assert [("accepted", "applied")] == [each[1:] for each in await events_of(wire.ground, DESK)]


async def test_a_webhook_that_comes_after_all_is_known_already(wire: Wire) -> None:
    number = await walked_in(wire)
    await wire.weather(DESK, silence=True)
    for mode in ("structured", "binary"):
        await wire.say(DESK, "accepted", referral=number, id=f"w-{mode}", mode=mode, reference="가-12")
    await wire.night()
    await wire.weather(DESK)

    answers = [await wire.control("POST", "/say", {"agency": DESK, "id": f"w-{m}"}) for m in ("structured", "binary")]

    assert [202, 202] == [answer["status"] for answer in answers]
    assert 2 == len(await events_of(wire.ground, DESK))
    assert [] == await wire.ground.rows("SELECT 1 FROM notice WHERE code = 'webhook_id_reused'")


async def test_twice_and_at_the_same_time_asks_once(wire: Wire) -> None:
    *_, number = [await walked_in(wire) for _ in range(3)]
    await wire.weather(DESK, silence=True)
    await wire.say(DESK, "accepted", referral=number, id="w-1")

    reports = [*await wire.nights_at_once(3), await wire.night()]

    # Each client is referred to an agency for her debts, and to the employment center for the interview.
    assert (6, 1) == (sum(r.counts["asked"] for r in reports), sum(r.counts["events_fetched"] for r in reports))
    assert 1 == len(await events_of(wire.ground, DESK))
    await wire.pass_(hours=1)
    assert 0 == (await wire.night()).counts["asked"]
    await wire.pass_(hours=22)
    assert 6 == (await wire.night()).counts["asked"]


async def test_of_which_something_was_heard_tonight_nobody_asks(wire: Wire) -> None:
    number = await walked_in(wire)
    await wire.say(DESK, "accepted", referral=number)
    await wire.ground.work()

    await wire.night()

    assert "seoul-west-employment-center" in await asked(wire.ground)
    assert DESK not in await asked(wire.ground)


async def test_an_answer_that_does_not_fit_our_state_takes_the_road_of_events(wire: Wire) -> None:
    number = await walked_in(wire)
    await wire.weather(DESK, silence=True)
    await wire.say(DESK, "resumed", referral=number, id="w-odd")

    await wire.night()
    await wire.ground.work()

    assert [("w-odd", "resumed", "parked")] == await events_of(wire.ground, DESK)
    assert any(code == "event_parked" for code, _ in await notices(wire.ground))


@pytest.mark.parametrize(
    ("weather", "why"),
    [
        ({"answer": "garbage"}, "bad-headers"),
        ({"bad_seal": True}, "bad-seal"),
        ({"answer": "huge"}, "answer-too-large"),
    ],
)
async def test_garbage_is_told_to_a_person_and_nothing_of_it_is_taken(
    wire: Wire, weather: dict[str, object], why: str
) -> None:
    number = await walked_in(wire)
    await wire.weather(DESK, silence=True)
    await wire.say(DESK, "accepted", referral=number)
    await wire.weather(DESK, **weather)

    await wire.night()

    assert [] == await events_of(wire.ground, DESK)
    assert [(DESK, f"{why}: {number}, 1 in all")] == await wire.ground.rows(
        "SELECT about, detail FROM notice WHERE code = 'answer_unusable' AND settled_at IS NULL"
    )
    await wire.weather(DESK)
    await wire.pass_(days=1)
    await wire.night()
    assert ("answer_unusable", DESK) not in await notices(wire.ground)
    assert 1 == len(await events_of(wire.ground, DESK))


async def test_an_agency_that_fails_is_left_and_the_others_are_asked(wire: Wire) -> None:
    await walked_in(wire, Need.DEBT, Need.LIVING)
    team = await wire.ground.number("emergency-living-aid")
    await wire.weather(TEAM, silence=True)
    await wire.say(TEAM, "accepted", referral=team, id="w-1")
    await wire.weather(DESK, silence=True)
    await wire.say(DESK, "accepted", referral=await wire.ground.number(COUNSELING))
    await wire.weather(DESK, status=503)

    report = await wire.night()

    assert [{"what": "agencies_left", "agency": DESK, "why": "status-503"}] == [
        line for line in report.table if line["what"] == "agencies_left"
    ]
    assert [("w-1", "accepted", "waiting")] == await events_of(wire.ground, TEAM)
    assert ("agency_cannot_be_asked", DESK) in await notices(wire.ground)


async def test_a_line_that_is_shut_is_left_to_the_letters(wire: Wire) -> None:
    await walked_in(wire)
    await wire.ground.change(
        "INSERT INTO endpoint_health (agency, breaker, failures, disabled_at, changed_at)"
        " VALUES (:a, 'closed', 0, :now, :now)",
        a=DESK,
        now=wire.now,
    )

    report = await wire.night()

    assert 1 == report.counts["agencies_not_asked"]
    assert DESK not in await asked(wire.ground)


async def test_an_agency_that_took_it_and_knows_nothing_is_told_to_a_person_until_it_closes(wire: Wire) -> None:
    number = await walked_in(wire)
    await wire.ground.put(f"agency:{DESK}", "accepted", number=number, hours=-48)
    await wire.ground.work()
    await wire.ground.change("UPDATE referral SET heard_at = created_at")

    await wire.night()
    assert [("agency_knows_nothing", number)] == await notices(wire.ground)

    await wire.ground.put("staff:front-desk", "withdrawn", number=number, reason="client_wish", hours=2)
    await wire.ground.put(f"agency:{DESK}", "cancelled", number=number, hours=3)
    await wire.ground.work()
    await wire.night()
    assert ("agency_knows_nothing", number) not in await notices(wire.ground)


async def test_an_id_told_with_other_words_raises_the_doors_security_notice(wire: Wire) -> None:
    number = await walked_in(wire)
    await wire.weather(DESK, silence=True)
    await wire.say(DESK, "accepted", referral=number, id="w-1")
    await wire.ground.put(f"agency:{DESK}", "declined", number=number, key="w-1", reason="other", hours=-40)

    await wire.night()

    assert 1 == len(await events_of(wire.ground, DESK))
    assert ("webhook_id_reused", DESK) in await notices(wire.ground)


async def test_the_unheard_are_found_by_their_index_alone(ground: Ground) -> None:
    async with ground.engine.connect() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        parameters = {"agency": DESK, "before": ground.now, "now": ground.now, "most": 20}
        lines = "\n".join((await connection.execute(text(f"EXPLAIN {TAKE.text}"), parameters)).scalars())

    assert "ix_referral_unheard" in lines
    assert "Sort" not in lines
