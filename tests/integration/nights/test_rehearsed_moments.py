"""A rehearsal's nights, mornings and Sundays: `reconcile`, `digest`, `keeping` fire when they would find something."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta

import pytest_asyncio

from deployments.rehearsal.follow_ups import FollowUps
from deployments.rehearsal.lost import ControlRoom, nothing_lost
from deployments.rehearsal.moments import looking_ahead
from models.counting import SEOUL
from models.keys import uuid7
from models.vocabulary import FollowUp, Need
from tasks.follow_report import FollowReport
from tasks.keeping import keep, let_go
from tasks.toolbox import Toolbox
from tests.integration.ground import Ground
from tests.integration.nights.conftest import Wire
from tests.integration.nights.test_silence import spoke_daily, spoke_every, watch
from tests.integration.silence import stands_at

DESK, COUNSELING = "microfinance-desk", "financial-counseling"

#: Says when a follow-up fires next, Asia/Seoul, or None while it never does.
Fires = Callable[..., Awaitable[str | None]]


def seoul(written: str) -> datetime:
    return datetime.strptime(written, "%Y-%m-%d %H:%M").replace(tzinfo=SEOUL)


async def do_nothing(_: Toolbox, __: datetime) -> FollowReport:
    return FollowReport()


@pytest_asyncio.fixture
async def fires(ground: Ground) -> AsyncIterator[Fires]:
    """Ask a rehearsal's follow-ups in the ground's database, with what the pretend agencies' control room tells."""
    async with looking_ahead(ground.engine, ground.tools.catalog) as moments:

        async def when(name: FollowUp, room: ControlRoom | None = None) -> str | None:
            played = FollowUps(moments, ground.tools.clock, {name: do_nothing}, room.lost if room else nothing_lost)
            due = await played.next_due()
            return None if due is None else f"{due[0].astimezone(SEOUL):%Y-%m-%d %H:%M}"

        yield when


async def ran(ground: Ground, name: FollowUp, at: datetime) -> None:
    """Write down that a follow-up ran."""
    await ground.change(
        "INSERT INTO follow_up_run (follow_up, process, state, began_at, report) VALUES (:name, 1, 'done', :at, '{}')",
        name=name.value,
        at=at,
    )


async def raised(ground: Ground, at: str, code: str = "tell_client") -> None:
    """Raise a notice."""
    await ground.change(
        "INSERT INTO notice (id, desk, code, about, detail, key, by_rule, raised_at)"
        " VALUES (:id, 'intake', :code, '', '', :key, false, :at)",
        id=uuid7(seoul(at)),
        code=code,
        key=f"{code}:{at}",
        at=seoul(at),
    )


async def test_a_morning_tells_what_came_on_the_list_and_the_next_ones_are_left_out(
    ground: Ground, fires: Fires
) -> None:
    stands_at(ground, seoul("2018-03-09 07:00"))
    assert await fires(FollowUp.DIGEST) is None

    # Friday, after that morning's digest
    await raised(ground, "2018-03-09 10:00")
    assert "2018-03-12 08:00" == await fires(FollowUp.DIGEST)
    stands_at(ground, seoul("2018-03-12 08:00"))
    await ran(ground, FollowUp.DIGEST, seoul("2018-03-12 08:00"))
    assert await fires(FollowUp.DIGEST) is None

    await raised(ground, "2018-03-13 09:00")
    assert "2018-03-14 08:00" == await fires(FollowUp.DIGEST)
    await ground.change("UPDATE notice SET settled_at = raised_at, settled_by = 'desk'")
    assert await fires(FollowUp.DIGEST) is None


async def test_a_deadline_is_told_on_its_day_and_when_it_is_over_until_the_agency_is_heard(
    ground: Ground, fires: Fires
) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()
    await ground.change("DELETE FROM notice")
    # A step long before the day: first moment of 9 March is late, so 8 March is its last day.
    await ground.change(
        "INSERT INTO follow_up_step (referral_id, agency, follow_up, deadline, due_at, step, does, done_at)"
        " SELECT id, agency, 'overdue', 'D35-answer', :due, 1, 'remind', :done FROM referral WHERE program = :program",
        due=seoul("2018-03-09 00:00"),
        done=seoul("2018-03-02 09:00"),
        program=COUNSELING,
    )
    stands_at(ground, seoul("2018-03-02 09:00"))
    told: list[str | None] = []
    for _ in range(2):
        told.append(await fires(FollowUp.DIGEST))
        stands_at(ground, seoul(str(told[-1])))
        await ran(ground, FollowUp.DIGEST, ground.tools.clock())

    # The tenth, on which it is over, is a Saturday.
    assert ["2018-03-08 08:00", "2018-03-12 08:00"] == told
    assert await fires(FollowUp.DIGEST) is None

    await ground.change("DELETE FROM follow_up_run")
    assert await fires(FollowUp.DIGEST) is not None
    await ground.change("UPDATE referral SET heard_at = :at", at=seoul("2018-03-12 09:00"))
    assert await fires(FollowUp.DIGEST) is None


async def test_whoever_walked_in_is_looked_at_on_sunday_and_what_is_over_its_time_goes_on_its_first(
    ground: Ground, fires: Fires
) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()
    assert "2017-12-10 03:00" == await fires(FollowUp.KEEPING)
    stands_at(ground, seoul("2017-12-10 03:00"))
    await keep(ground.tools, ground.tools.clock())

    # What was said on 4 December is over on 9 January, 400 days later.
    assert "2019-01-13 03:00" == await fires(FollowUp.KEEPING)
    a_week_before = await let_go(ground.engine, ground.tools.catalog, seoul("2019-01-06 03:00"), None, dry_run=True)
    assert 0 == a_week_before.counts.total()
    stands_at(ground, seoul("2019-01-13 03:00"))
    assert 0 < (await keep(ground.tools, ground.tools.clock())).counts["events_emptied"]
    assert str(await fires(FollowUp.KEEPING)) > "2019-01-20"


async def test_runs_and_notices_go_when_nothing_holds_them(ground: Ground, fires: Fires) -> None:
    stands_at(ground, seoul("2018-03-05 09:00"))
    await ran(ground, FollowUp.REVIEWS, seoul("2018-03-01 07:10"))
    # The latest run of a follow-up stays, and so does a notice that nobody has settled.
    await raised(ground, "2018-03-05 09:00")
    assert await fires(FollowUp.KEEPING) is None

    await ran(ground, FollowUp.REVIEWS, seoul("2018-03-02 07:10"))
    assert "2019-04-07 03:00" == await fires(FollowUp.KEEPING)
    await ground.change("DELETE FROM follow_up_run")
    await ground.change("UPDATE notice SET settled_at = raised_at, settled_by = 'desk'")
    assert "2019-04-14 03:00" == await fires(FollowUp.KEEPING)


async def test_a_night_asks_for_a_lost_word_once_and_settles_what_it_told(wire: Wire, fires: Fires) -> None:
    room = ControlRoom(wire.sandbox.control)
    room.unusual = True
    await wire.ground.walks_in(Need.DEBT)
    await wire.ground.work()
    number = await wire.ground.number(COUNSELING)
    await wire.say(DESK, "received", referral=number)
    await wire.ground.work()
    assert await fires(FollowUp.RECONCILE, room) is None

    await wire.weather(DESK, silence=True)
    await wire.say(DESK, "accepted", referral=number, id="w-1")
    await wire.weather(DESK)
    # Heard of in the afternoon, it is not asked about in the very next night.
    assert "2017-12-06 01:30" == await fires(FollowUp.RECONCILE, room)
    stands_at(wire.ground, seoul("2017-12-06 01:30"))
    await wire.pass_(hours=0)
    assert 1 == (await wire.night()).counts["events_fetched"]
    await wire.ground.work()

    # What was told of it settles when the agency has no more news.
    assert "2017-12-07 01:30" == await fires(FollowUp.RECONCILE, room)
    stands_at(wire.ground, seoul("2017-12-07 01:30"))
    await wire.pass_(hours=0)
    await wire.night()
    assert await fires(FollowUp.RECONCILE, room) is None
    assert [] == await wire.ground.rows("SELECT code FROM notice WHERE settled_at IS NULL AND code = 'events_fetched'")


async def test_a_night_finds_who_cannot_be_asked_until_that_is_mended(wire: Wire, fires: Fires) -> None:
    room = ControlRoom(wire.sandbox.control)
    room.unusual = True
    await wire.ground.walks_in(Need.DEBT)
    await wire.ground.work()
    await wire.say(DESK, "accepted", referral=await wire.ground.number(COUNSELING))
    await wire.ground.work()
    # Nothing lies with the insurer, and nothing it decides.
    await wire.weather("nhis", status=503)
    assert await fires(FollowUp.RECONCILE, room) is None

    await wire.weather(DESK, status=503)
    assert "2017-12-06 01:30" == await fires(FollowUp.RECONCILE, room)
    stands_at(wire.ground, seoul("2017-12-06 01:30"))
    await wire.pass_(hours=0)
    assert 1 == (await wire.night()).counts["agencies_left"]
    await wire.weather(DESK)
    assert "2017-12-07 01:30" == await fires(FollowUp.RECONCILE, room)

    await wire.ground.change("UPDATE referral SET state = 'completed', outcome = 'loan'")
    assert await fires(FollowUp.RECONCILE, room) is None


async def test_a_night_finds_who_has_fallen_silent_and_that_it_speaks_again(ground: Ground, fires: Fires) -> None:
    await spoke_daily(ground)
    stands_at(ground, seoul("2017-12-29 18:00"))
    assert "2018-01-05 01:30" == await fires(FollowUp.RECONCILE)
    assert set() == await watch(ground, seoul("2018-01-04 01:30"))
    assert {DESK} == await watch(ground, seoul("2018-01-05 01:30"))
    stands_at(ground, seoul("2018-01-05 01:30"))
    assert await fires(FollowUp.RECONCILE) is None

    stands_at(ground, seoul("2018-01-05 12:00"))
    await ground.put(f"agency:{DESK}", "progressed", number=await ground.number(COUNSELING), hours=10)
    assert "2018-01-06 01:30" == await fires(FollowUp.RECONCILE)
    await ground.change("UPDATE notice SET settled_at = raised_at, settled_by = 'follow-up'")
    await ground.change("UPDATE referral SET state = 'on_hold'")
    assert await fires(FollowUp.RECONCILE) is None


async def test_a_night_finds_the_silence_of_whoever_speaks_rarely(ground: Ground, fires: Fires) -> None:
    await spoke_every(ground, days=6)
    stands_at(ground, seoul("2017-12-29 18:00"))

    found = str(await fires(FollowUp.RECONCILE))
    nights = [seoul("2017-12-30 01:30") + timedelta(days=nth) for nth in range(40)]
    told = [night for night in nights if await watch(ground, night)]

    assert [seoul(found)] == told
    stands_at(ground, told[0])
    assert await fires(FollowUp.RECONCILE) is None


async def test_a_night_takes_up_what_waits_for_nothing_any_more(ground: Ground, fires: Fires) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()
    assert await fires(FollowUp.RECONCILE) is None
    await ground.put(f"agency:{DESK}", "accepted", number=await ground.number(COUNSELING))
    await ground.change("UPDATE inbox_event SET fate = 'held_back', fate_reason = 'set_aside' WHERE word = 'accepted'")

    night = (ground.tools.clock() + timedelta(days=1)).astimezone(SEOUL)
    assert f"{night:%Y-%m-%d} 01:30" == await fires(FollowUp.RECONCILE)


async def test_a_link_is_looked_at_near_its_end_and_at_it_and_goes_ninety_days_later(
    ground: Ground, fires: Fires
) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()
    await ground.change("DELETE FROM consent")
    await ground.change("UPDATE client SET keeping_at = '2030-01-01'")
    await ground.change(
        "INSERT INTO agency_link (id, agency, referral_id, digest, made_at, expires_at, asked)"
        " SELECT id, agency, id, '', :made, :ends, 0 FROM referral WHERE program = :program",
        made=seoul("2018-03-01 09:00"),
        ends=seoul("2018-03-21 09:00"),
        program=COUNSELING,
    )
    stands_at(ground, seoul("2018-03-02 09:00"))
    looked: list[str | None] = []
    for _ in range(2):
        looked.append(await fires(FollowUp.EXPIRY))
        stands_at(ground, seoul(str(looked[-1])))
        await ran(ground, FollowUp.EXPIRY, ground.tools.clock())
    assert ["2018-03-17 07:20", "2018-03-22 07:20"] == looked

    await ground.change("UPDATE agency_link SET ended_at = expires_at, ended_why = 'expired'")
    assert await fires(FollowUp.EXPIRY) is None
    assert "2018-06-24 03:00" == await fires(FollowUp.KEEPING)
