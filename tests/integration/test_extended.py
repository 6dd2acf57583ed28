"""An extension on a real database: told by the agency, it moves the due day for chase, notices and digest."""

from datetime import UTC, datetime

from models.vocabulary import Fate, Need
from tasks.agenda import orphans
from tasks.follow_report import FollowReport
from tests.integration.ground import Ground
from tests.integration.silence import follow, notices, stands_at, steps
from tests.properties.checker import check_log

FAMILY = "single-parent-support"
TEAM = "agency:mapo-welfare-team"
#: Asked on 2017-12-04: decided by 2018-01-03, extended by 2018-02-02.
DUE, EXTENDED = datetime(2018, 1, 4, 1, tzinfo=UTC), datetime(2018, 2, 5, 1, tzinfo=UTC)


async def at_work(ground: Ground) -> str:
    """Let a client walk in whose benefit the office works at; return the referral's number."""
    await ground.walks_in(Need.BENEFITS)
    await ground.work()
    number = await ground.number(FAMILY)
    await ground.put(TEAM, "accepted", number=number)
    await ground.work()
    return number


async def extends(ground: Ground, number: str, now: datetime, *, hours: float = 0) -> str:
    """Let the office extend some hours after a moment, and be heard; return the event's fate."""
    stands_at(ground, now)
    event = await ground.put(TEAM, "progressed", number=number, hours=10 + hours, milestone="decision_extended")
    await ground.work()
    return (await ground.fates())[event or 0]


async def passes(ground: Ground, now: datetime) -> FollowReport:
    """Let the chase look as of a moment, and the desks hear what it says to them."""
    report = await follow(ground, now)
    await ground.work()
    return report


async def of_d01(ground: Ground) -> list[int]:
    return [step for deadline, step, _ in await steps(ground, FAMILY) if deadline == "D01"]


async def test_nobody_is_reminded_of_the_old_day_and_the_agenda_looks_at_the_new_one(ground: Ground) -> None:
    number = await at_work(ground)
    assert Fate.APPLIED == await extends(ground, number, datetime(2018, 1, 3, 1, tzinfo=UTC))

    await passes(ground, DUE)
    assert [] == await of_d01(ground)
    async with ground.engine.connect() as connection:
        assert [] == await orphans(connection)
    await passes(ground, EXTENDED)

    assert [1] == await of_d01(ground)
    async with ground.engine.connect() as connection:
        assert [] == await check_log(connection)


async def test_an_extension_in_time_that_is_told_late_takes_back_the_supervisors_notice(ground: Ground) -> None:
    number = await at_work(ground)
    for day in (4, 12, 17):
        await passes(ground, datetime(2018, 1, day, 1, tzinfo=UTC))
    assert [1, 2, 3] == await of_d01(ground)
    about = f"{number} D01 2018-01-03"
    assert {(about, None)} == {(a, by) for a, _, by in await notices(ground, "agency_overdue") if "D01" in a}

    await extends(ground, number, datetime(2018, 1, 18, 1, tzinfo=UTC), hours=-24 * 16)
    await passes(ground, datetime(2018, 1, 18, 2, tzinfo=UTC))

    assert [1, 2, 3] == await of_d01(ground)
    assert {(about, "follow-up")} == {(a, by) for a, _, by in await notices(ground, "agency_overdue") if "D01" in a}
    await passes(ground, EXTENDED)
    assert [1, 2, 3, 1] == await of_d01(ground)


async def test_a_reminder_that_no_letter_carries_yet_is_taken_back(ground: Ground) -> None:
    number = await at_work(ground)
    await passes(ground, DUE)
    await ground.change("UPDATE follow_up_step SET letter_id = NULL")
    await ground.change("DELETE FROM letter WHERE type = 'referral.reminded'")

    await extends(ground, number, DUE, hours=-20)
    report = await passes(ground, DUE)

    assert [] == await of_d01(ground)
    assert 0 == report.counts["digest"]


async def test_a_second_extension_is_a_persons(ground: Ground) -> None:
    number = await at_work(ground)
    await extends(ground, number, datetime(2018, 1, 2, 1, tzinfo=UTC))

    assert "parked: already_extended" == await extends(ground, number, datetime(2018, 1, 3, 1, tzinfo=UTC))
