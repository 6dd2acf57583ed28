"""Follow-ups in a rehearsal: each fires when its schedule and something to do come together, in order."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from datetime import datetime
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text

from deployments.rehearsal.follow_ups import FollowUps
from deployments.rehearsal.lost import Lost, Word
from deployments.rehearsal.moments import looking_ahead
from models.counting import SEOUL
from models.vocabulary import BY_AGENDA, FollowUp
from tasks.follow_report import FollowReport, Job
from tasks.toolbox import Toolbox, use
from tests.integration.ground import Ground


def seoul(written: str) -> datetime:
    return datetime.strptime(written, "%Y-%m-%d %H:%M").replace(tzinfo=SEOUL)


async def do_nothing(_: Toolbox, __: datetime) -> FollowReport:
    return FollowReport()


ALL: Mapping[FollowUp, Job] = dict.fromkeys(FollowUp, do_nothing)


async def agenda(ground: Ground, journey: UUID, **looks: str) -> None:
    """Say when each follow-up looks at a journey."""
    async with ground.engine.begin() as connection:
        for name, at in looks.items():
            await connection.execute(
                text(
                    "INSERT INTO agenda (journey_id, follow_up, look_at) VALUES (:journey, :name, :at)"
                    " ON CONFLICT (journey_id, follow_up) DO UPDATE SET look_at = excluded.look_at"
                ),
                {"journey": journey, "name": name, "at": seoul(at)},
            )


Ahead = Callable[..., FollowUps]


@pytest_asyncio.fixture
async def follow_ups(ground: Ground) -> AsyncIterator[Ahead]:
    """Give follow-ups that look ahead in the ground's database."""
    async with looking_ahead(ground.engine, ground.tools.catalog) as moments:

        def of(jobs: Mapping[FollowUp, Job] = ALL, *lost: Word, odd: Collection[str] = ()) -> FollowUps:
            async def told() -> Lost:
                return Lost(lost, frozenset(odd))

            return FollowUps(moments, lambda: ground.now, jobs, told)

        yield of


@pytest.mark.parametrize(
    ("look_at", "fires_at"),
    [
        ("2018-03-05 09:00", "2018-03-05 09:00"),
        ("2018-03-05 09:01", "2018-03-05 09:15"),
        ("2018-03-05 17:46", "2018-03-06 09:00"),
        ("2018-03-05 17:45", "2018-03-05 17:45"),
        # Friday evening, and a moment of the weekend
        ("2018-03-09 18:00", "2018-03-12 09:00"),
        ("2018-03-10 12:00", "2018-03-12 09:00"),
        # what is overdue already is done at the next moment of the schedule
        ("2018-02-01 00:00", "2018-03-05 08:00"),
    ],
)
async def test_a_look_is_rounded_up_to_the_schedule(
    ground: Ground, follow_ups: Ahead, look_at: str, fires_at: str
) -> None:
    ground.now = seoul("2018-03-05 08:00")
    journey = await ground.walks_in()
    name = FollowUp.DIGEST if fires_at.endswith("08:00") else FollowUp.OVERDUE
    await agenda(ground, journey, **{name: look_at})

    assert (seoul(fires_at), name) == await follow_ups(jobs={name: do_nothing}).next_due()


async def test_several_fire_in_the_order_of_their_dates(ground: Ground, follow_ups: Ahead) -> None:
    ground.now = seoul("2018-03-05 08:00")
    journey = await ground.walks_in()
    await agenda(ground, journey, overdue="2018-03-07 08:00", retention="2018-03-06 06:00", reviews="2018-03-06 06:00")
    played = follow_ups(jobs=dict.fromkeys(BY_AGENDA, do_nothing))
    order: list[tuple[str, str]] = []
    while (due := await played.next_due()) is not None:
        ground.now, name = due
        order.append((f"{due[0].astimezone(SEOUL):%m-%d %H:%M}", name))
        async with ground.engine.begin() as connection:
            await connection.execute(text("DELETE FROM agenda WHERE follow_up = :name"), {"name": name})
        played.changed()

    assert [("03-06 07:00", "retention"), ("03-06 07:10", "reviews"), ("03-07 09:00", "overdue")] == order


async def test_consents_are_looked_at_before_they_end_and_after(ground: Ground, follow_ups: Ahead) -> None:
    ground.now = seoul("2029-10-01 08:00")
    await ground.walks_in()  # consents until 3 December 2029
    played = follow_ups(jobs={FollowUp.EXPIRY: do_nothing})
    fired: list[str] = []
    async with ground.engine.begin() as connection:
        await connection.execute(text("DELETE FROM agenda"))
    while (due := await played.next_due()) is not None:
        ground.now, name = due
        fired.append(f"{due[0].astimezone(SEOUL):%m-%d %H:%M}")
        async with ground.engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO follow_up_run (follow_up, process, state, began_at, report)"
                    " VALUES (:name, 1, 'done', :at, '{}')"
                ),
                {"name": name, "at": due[0]},
            )
        played.changed()

    assert ["11-03 07:20", "11-26 07:20", "12-04 07:20"] == fired


async def test_no_moment_fires_twice(ground: Ground, follow_ups: Ahead) -> None:
    ground.now = seoul("2018-03-05 09:00")
    journey = await ground.walks_in()
    await agenda(ground, journey, overdue="2018-03-05 09:00")
    played = follow_ups()
    played.fired[FollowUp.OVERDUE] = seoul("2018-03-05 09:00")

    assert (seoul("2018-03-05 09:15"), FollowUp.OVERDUE) == await played.next_due()


async def test_what_has_no_job_and_what_nothing_waits_for_does_not_fire(ground: Ground, follow_ups: Ahead) -> None:
    journey = await ground.walks_in()
    await agenda(ground, journey, overdue="2018-03-05 09:00")

    assert await follow_ups(jobs={FollowUp.REVIEWS: do_nothing}).next_due() is None


async def test_a_run_does_its_job_once_at_the_virtual_moment(ground: Ground, follow_ups: Ahead) -> None:
    moment = ground.tools.clock()
    done: list[datetime] = []

    async def note(_: Toolbox, now: datetime) -> FollowReport:
        done.append(now)
        report = FollowReport()
        report.tell("noted")
        return report

    use(ground.tools)
    try:
        counts = await follow_ups(jobs={FollowUp.EXPIRY: note}).run(FollowUp.EXPIRY, with_prefect=False)
    finally:
        use(None)

    assert {"noted": 1} == counts
    assert [moment] == done
    async with ground.engine.connect() as connection:
        runs = (await connection.execute(text("SELECT follow_up, began_at, report FROM follow_up_run"))).all()
    assert [("expiry", moment, {"noted": 1})] == [tuple(run) for run in runs]
