"""What a person says is done is done, with who and why, while its cause stands; what happens anew is told anew."""

from datetime import timedelta
from uuid import UUID

import pytest

from models.vocabulary import Desk, FollowUp, Need
from tasks.mending import replay
from tasks.noted import Noted, raise_notices, settle_notices
from tasks.settling import NotSettled, SettledNotice, find_notices, list_open, settle_notice
from tests.integration.ground import Ground
from tests.integration.silence import OVERDUE, days_later, follow, silent

COUNSELING = "financial-counseling"
AGENCY = "agency:microfinance-desk"
WHY = "asked by telephone"


async def notice(ground: Ground, code: str) -> UUID:
    """Return the one notice of a code, the latest."""
    rows = await ground.rows("SELECT id FROM notice WHERE code = :code ORDER BY raised_at DESC, id DESC", code=code)
    return UUID(str(rows[0][0]))


async def settled(ground: Ground, id_: UUID, who: str = "staff:front-desk", why: str = WHY) -> SettledNotice:
    async with ground.engine.begin() as connection:
        return await settle_notice(connection, id_, who, why, ground.tools.clock())


async def stands(ground: Ground, code: str) -> list[tuple[str | None, str | None]]:
    """Return who settled each notice of a code and why, the oldest first."""
    rows = await ground.rows(
        "SELECT settled_by, settled_why FROM notice WHERE code = :code ORDER BY settled_at, raised_at, id", code=code
    )
    return [(who, why) for who, why in rows]


async def refused(ground: Ground, id_: UUID) -> str:
    """Try to settle what is stuck; return what mends it."""
    with pytest.raises(NotSettled) as told:
        await settled(ground, id_)
    assert "notice-stands" == told.value.code
    return told.value.mends


async def test_who_when_and_why_are_kept_and_the_first_one_stays(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT, signed=())
    await ground.work()
    id_ = await notice(ground, "consent_missing")

    first = await settled(ground, id_)
    ground.now += timedelta(hours=1)
    again = await settled(ground, id_, "cli:clerk", "another reason")

    assert (True, False) == (first.fresh, again.fresh)
    assert ("staff:front-desk", WHY) == (again.settled_by, again.settled_why)
    assert first.settled_at == again.settled_at
    assert [("staff:front-desk", WHY)] == await stands(ground, "consent_missing")
    with pytest.raises(NotSettled, match="no such notice"):
        await settled(ground, UUID(int=1))


async def test_what_a_rule_goes_on_wanting_stays_settled(ground: Ground) -> None:
    journey = await ground.walks_in(Need.DEBT, signed=())
    await ground.work()
    await settled(ground, await notice(ground, "consent_missing"))

    await ground.put("staff:x", "facts_changed", journey=journey, desk=Desk.INTAKE, facts={"employer": "sunny"})
    await ground.work()

    assert [("staff:front-desk", WHY)] == await stands(ground, "consent_missing")


async def test_what_a_rule_wanted_no_more_and_wants_again_is_told_anew(ground: Ground) -> None:
    journey = await ground.walks_in(Need.DEBT, signed=())
    await ground.work()
    await settled(ground, await notice(ground, "consent_missing"))

    for needs in (["job"], ["job", "living"], ["debt"], ["debt", "living"]):
        await ground.put("staff:x", "needs_changed", journey=journey, desk=Desk.INTAKE, needs=needs)
        await ground.work(Desk.INTAKE, Desk.DEBT_RELIEF)

    assert [("staff:front-desk", WHY), (None, None)] == await stands(ground, "consent_missing")
    keys = await ground.rows("SELECT key, id FROM notice WHERE code = 'consent_missing' ORDER BY settled_at")
    assert f"{keys[1][0]}:{keys[0][1]}" == keys[0][0]


async def test_what_a_person_causes_again_is_told_anew(ground: Ground) -> None:
    journey = await ground.walks_in(Need.DEBT)
    await ground.work()

    async def choose() -> None:
        await ground.put(
            "staff:x",
            "referral_chosen",
            journey=journey,
            desk=Desk.DEBT_RELIEF,
            program=COUNSELING,
            agency="microfinance-desk",
        )
        await ground.work()

    await choose()
    await settled(ground, await notice(ground, "already_open"))
    await ground.put("staff:x", "facts_changed", journey=journey, desk=Desk.INTAKE, facts={"employer": "sunny"})
    await ground.work()
    assert [("staff:front-desk", WHY)] == await stands(ground, "already_open")

    await choose()

    assert [(None, None)] == await stands(ground, "already_open")


async def test_what_a_follow_up_finds_standing_stays_settled(ground: Ground) -> None:
    await silent(ground)
    day = 0
    while not await stands(ground, "agency_overdue"):
        await follow(ground, days_later(day := day + 1))
    await settled(ground, await notice(ground, "agency_overdue"))
    before = await stands(ground, "agency_overdue")

    await ground.change("UPDATE agenda SET look_at = :now", now=OVERDUE)
    await follow(ground, days_later(day) + timedelta(hours=1))

    assert before == await stands(ground, "agency_overdue")
    # It is found standing: what had gone would have given up its key.
    [(key,)] = await ground.rows("SELECT key FROM notice WHERE code = 'agency_overdue' AND settled_why = :why", why=WHY)
    assert key.endswith("2017-12-07")


async def test_the_next_time_of_what_a_follow_up_repeats_is_told(ground: Ground) -> None:
    await silent(ground, signed=())
    waits = OVERDUE + timedelta(days=20)
    await follow(ground, waits)
    [first, *_] = [who for who, _ in await stands(ground, "draft_waits")]
    assert first is None
    count = len(await stands(ground, "draft_waits"))
    for (id_,) in await ground.rows("SELECT id FROM notice WHERE code = 'draft_waits'"):
        await settled(ground, id_)

    await ground.change("UPDATE agenda SET look_at = :now", now=OVERDUE)
    await follow(ground, waits + timedelta(days=1))
    assert {("staff:front-desk", WHY)} == set(await stands(ground, "draft_waits"))
    await follow(ground, waits + timedelta(days=14))

    assert [("staff:front-desk", WHY)] * count + [(None, None)] * count == await stands(ground, "draft_waits")


async def test_an_alarm_that_was_settled_is_not_mute_for_ever(ground: Ground) -> None:
    noted = Noted(code="agency_cannot_be_asked", about="nhis", which="")

    async def night(*, ok: bool) -> None:
        ground.now += timedelta(days=1)
        async with ground.engine.begin() as connection:
            if ok:
                await settle_notices(connection, [noted.key], ground.now)
            else:
                await raise_notices(connection, [noted], ground.now)

    await night(ok=False)
    await settled(ground, await notice(ground, noted.code))
    await night(ok=False)
    assert [("staff:front-desk", WHY)] == await stands(ground, noted.code)

    for ok in (True, True, False, False):
        await night(ok=ok)

    assert [("staff:front-desk", WHY), (None, None)] == await stands(ground, noted.code)


async def test_a_parked_event_is_mended_not_settled(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()
    number = await ground.number(COUNSELING)
    await ground.put(AGENCY, "completed", number=number, outcome="counseled_only")
    await ground.work()
    wrong = await ground.put(AGENCY, "held", number=number, hours=2)
    await ground.work()
    id_ = await notice(ground, "event_parked")

    assert f"ieum event replay {wrong}, or ieum event set-aside {wrong} --why WHY" == await refused(ground, id_)

    assert [(None, None)] == await stands(ground, "event_parked")
    async with ground.engine.begin() as connection:
        await replay(connection, wrong or 0, "cli:clerk", ground.now)
    await ground.work()
    assert [(None, None)] == await stands(ground, "event_parked")
    # Mended behind everybody's back, it can be settled.
    await ground.change("UPDATE inbox_event SET fate = 'dropped' WHERE id = :id", id=wrong)
    assert (await settled(ground, id_)).fresh


async def test_a_journey_set_aside_is_mended_not_settled(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()
    number = await ground.number(COUNSELING)
    strange = await ground.put(AGENCY, "progressed", number=number, milestone="pondered")
    await ground.work()

    mends = await refused(ground, await notice(ground, "journey_set_aside"))

    assert mends.startswith(f"ieum event replay {strange},")


async def test_a_notice_is_found_by_the_beginning_of_its_id_and_listed_the_oldest_first(ground: Ground) -> None:
    same, other = UUID(int=(7 << 124) | 1), UUID(int=(8 << 124) | 1)
    rows = [(same, "intake", 0), (UUID(int=same.int + 1), "intake", 2), (other, "job-placement", 1)]
    for id_, desk, days in rows:
        await ground.change(
            "INSERT INTO notice (id, desk, code, about, detail, key, by_rule, raised_at)"
            " VALUES (:id, :desk, 'agency_silent', 'nhis', '', :key, false, :now)",
            id=id_,
            desk=desk,
            key=str(id_),
            now=ground.now + timedelta(days=days),
        )

    async with ground.engine.connect() as connection:
        assert [other] == await find_notices(connection, "80000000")
        assert [other] == await find_notices(connection, str(other).upper())
        assert 2 == len(await find_notices(connection, "70000000"))
        assert [] == await find_notices(connection, "90000000")
        with pytest.raises(ValueError, match="hex"):
            await find_notices(connection, "not-an-id")
        whole, total = await list_open(connection)
        intake, of_intake = await list_open(connection, Desk.INTAKE)

    assert ([same, other, UUID(int=same.int + 1)], 3) == ([line.id for line in whole], total)
    assert (2, 2) == (len(intake), of_intake)


async def test_the_follow_ups_words_are_settled_by_a_person_too(ground: Ground) -> None:
    await silent(ground, signed=())
    await follow(ground, OVERDUE + timedelta(days=20), FollowUp.OVERDUE)

    answer = await settled(ground, await notice(ground, "draft_waits"))

    assert answer.journey is not None
    assert answer.about.startswith("R-2017-")
