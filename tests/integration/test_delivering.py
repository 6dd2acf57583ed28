"""How a shift delivers: one probe, eight letters held for one agency, and results that are written when it breaks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text

from agencies.errors import CredentialAlarm, EndpointGone, NotDelivered, TellAPerson, TryAgain
from agencies.keys import Key
from models.vocabulary import Alarm, Desk, LetterType, Need
from tasks.deliver import deliver
from tasks.health import begin_probe, look_at_lines
from tasks.outbox import PER_AGENCY, LeasedLetter, held_by, lease_letters
from tasks.results import Result, settle
from tasks.room import Room, enter, leave
from tasks.shifts import new_shift
from tasks.toolbox import use
from tasks.undelivered import tell_of_undelivered
from tests.integration.ground import Ground

AGENCY = "seoul-west-employment-center"
DESK = Desk.INTAKE


class Slow:
    """An agency that answers 200 when it is let, and counts who waits."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.asked = 0
        self.asked_at_all = asyncio.Event()
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one letter."""
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            self.asked_at_all.set()
            await self.may_answer.wait()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            await writer.drain()
        writer.close()


@pytest_asyncio.fixture
async def slow(ground: Ground) -> AsyncIterator[Slow]:
    """Connect the agency to a slow endpoint of this test, with a key."""
    agency = Slow()
    server = await asyncio.start_server(agency.answer, "127.0.0.1", 0)
    agency.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    await connect(ground, agency.url)
    yield agency
    agency.may_answer.set()
    server.close()


async def connect(ground: Ground, url: str, code: str = AGENCY) -> None:
    async with ground.engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO agency (code, url, added_at) VALUES (:code, :url, :now)"),
            {"code": code, "url": url, "now": ground.tools.clock()},
        )
        await ground.tools.keyring.add(connection, code, "outbound", Key.mint().written(), ground.tools.clock())


def a_letter(ground: Ground) -> LeasedLetter:
    return LeasedLetter(
        id=uuid4(), desk=DESK, agency=AGENCY, type=LetterType.REQUESTED, journey_id=uuid4(), referral_number="",
        body={}, created_at=ground.tools.clock(), attempts=1, lease=1, person_told_at=None,
    )  # fmt: skip


async def settled(ground: Ground, *problems: NotDelivered | None) -> dict[Alarm, list[str]]:
    results = [Result(a_letter(ground), problem) for problem in problems]
    async with ground.engine.begin() as connection:
        return dict((await settle(connection, results, ground.tools.clock())).alarms)


async def breaker(ground: Ground) -> list[tuple[object, ...]]:
    return await ground.rows("SELECT breaker, failures FROM endpoint_health")


# The lines


async def test_failures_that_come_in_side_by_side_are_all_counted(ground: Ground) -> None:
    await connect(ground, "http://127.0.0.1:9/")

    await asyncio.gather(*(settled(ground, TryAgain("timeout")) for _ in range(4)))
    assert [("closed", 4)] == await breaker(ground)
    await settled(ground, TryAgain("timeout"))

    assert [("open", 5)] == await breaker(ground)


async def test_an_answer_of_any_kind_closes_the_line_again(ground: Ground) -> None:
    await connect(ground, "http://127.0.0.1:9/")
    await settled(ground, *[TryAgain("timeout")] * 5)

    await settled(ground, CredentialAlarm("status-401", 401))

    assert [("closed", 0)] == await breaker(ground)


@pytest.mark.parametrize(
    ("problem", "alarm"),
    [
        (CredentialAlarm("status-401", 401), Alarm.CREDENTIAL_ALARM),
        (EndpointGone("status-410", 410), Alarm.ENDPOINT_DISABLED),
    ],
)
async def test_an_alarm_is_raised_once_a_day_however_many_letters_meet_it(
    ground: Ground, problem: NotDelivered, alarm: Alarm
) -> None:
    await connect(ground, "http://127.0.0.1:9/")

    first = await settled(ground, problem, problem)
    again = await settled(ground, problem)
    ground.now += timedelta(days=1)
    on_the_morrow = await settled(ground, problem)

    assert ({alarm: [AGENCY]}, {}, {alarm: [AGENCY]}) == (first, again, on_the_morrow)


@pytest.mark.parametrize("why", ["unreadable-letter", "no-signing-key", "address-refused", "fault-of-ours"])
async def test_what_never_reached_the_agency_says_nothing_about_its_line(ground: Ground, why: str) -> None:
    await connect(ground, "http://127.0.0.1:9/")
    await settled(ground, *[TryAgain("timeout")] * 5)

    await settled(ground, TellAPerson(why))

    assert [("open", 5)] == await breaker(ground)


async def test_an_agency_that_is_not_connected_has_no_line_to_look_after(ground: Ground) -> None:
    await settled(ground, TellAPerson("no-endpoint"), TryAgain("timeout"))

    assert [] == await breaker(ground)


# The letters


async def letters(ground: Ground, how_many: int) -> Room:
    """Let so many letters to the agency wait, due now, and open a shift for them."""
    for _ in range(how_many):
        await ground.walks_in(Need.JOB)
    await ground.work(DESK)
    await ground.change("UPDATE letter SET next_attempt_at = :now", now=ground.tools.clock())
    catalog = ground.tools.catalog
    opened = catalog.agency(AGENCY).model_copy(update={"private_ranges": ("127.0.0.0/8",)})
    ground.tools = replace(ground.tools, catalog=replace(catalog, agencies={**catalog.agencies, AGENCY: opened}))
    use(ground.tools)
    room = await new_shift(DESK)
    enter(room)
    return room


async def closed(room: Room, delivering: asyncio.Task[int]) -> int:
    room.closing.set()
    room.letters.set()
    try:
        return await delivering
    finally:
        leave(room)
        use(None)


async def tries(ground: Ground) -> int:
    return int((await ground.rows("SELECT sum(attempts) FROM letter"))[0][0])


async def test_who_comes_second_to_a_probe_leaves_the_letter_alone(ground: Ground, slow: Slow) -> None:
    room = await letters(ground, 1)
    await settled(ground, *[TryAgain("timeout")] * 5)
    ground.now += timedelta(minutes=1)
    async with ground.engine.begin() as other:
        lines = await look_at_lines(other, ground.tools.clock())
        assert await begin_probe(other, AGENCY, lines.health[AGENCY], ground.tools.clock())
        delivering = asyncio.create_task(deliver.fn(room.shift))
        await asyncio.sleep(0.3)
    await asyncio.sleep(0.3)

    assert 0 == await closed(room, delivering)
    assert (0, 0) == (slow.asked, await tries(ground))
    assert [(0, None)] == await ground.rows("SELECT lease, leased_until FROM letter")


async def test_a_right_to_probe_without_a_letter_is_given_back(ground: Ground, slow: Slow) -> None:
    room = await letters(ground, 1)
    await ground.change("UPDATE letter SET leased_until = :later", later=ground.tools.clock() + timedelta(days=1))
    await settled(ground, *[TryAgain("timeout")] * 5)
    ground.now += timedelta(minutes=1)

    delivering = asyncio.create_task(deliver.fn(room.shift))
    await asyncio.sleep(0.3)
    await closed(room, delivering)

    assert ([("open", 5)], 0) == (await breaker(ground), slow.asked)


async def test_eight_letters_to_one_agency_are_held_whoever_holds_them(ground: Ground, slow: Slow) -> None:
    room = await letters(ground, 4)
    held = held_by(ground.tools.senders)
    held.count[AGENCY] = PER_AGENCY - 2

    delivering = asyncio.create_task(deliver.fn(room.shift))
    async with asyncio.timeout(10):
        while slow.asked < 2:  # noqa: ASYNC110 - the agency tells only of the first
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)
    assert (2, PER_AGENCY) == (await tries(ground), held.count[AGENCY])
    held.count[AGENCY] -= PER_AGENCY - 2
    slow.may_answer.set()
    async with asyncio.timeout(10):
        while room.delivered < 4:  # noqa: ASYNC110 - the room tells nobody
            await asyncio.sleep(0.02)

    assert 4 == await closed(room, delivering)
    assert {} == held.count


async def test_a_shift_that_breaks_still_writes_what_became_of_its_letters(ground: Ground, slow: Slow) -> None:
    room = await letters(ground, 1)
    delivering = asyncio.create_task(deliver.fn(room.shift))
    await slow.asked_at_all.wait()

    delivering.cancel()
    await asyncio.sleep(0.1)
    assert not delivering.done()
    slow.may_answer.set()
    with pytest.raises(asyncio.CancelledError):
        await closed(room, delivering)

    assert ([("sent",)], 1) == (await ground.rows("SELECT state FROM letter"), slow.asked)


OTHER, GONE = "mapo-welfare-team", "an-agency-that-left-the-catalog"


async def test_keys_that_cannot_be_opened_hold_up_one_agency_and_nobody_else(ground: Ground, slow: Slow) -> None:
    room = await letters(ground, 3)
    await connect(ground, "http://127.0.0.1:9/", OTHER)
    await connect(ground, "http://127.0.0.1:9/", GONE)
    await ground.change("UPDATE agency_key SET sealed = 'damaged' WHERE agency = :other", other=OTHER)
    for code, nth in ((OTHER, 0), (GONE, 1)):
        await ground.change(
            "UPDATE letter SET agency = :code WHERE id = (SELECT id FROM letter ORDER BY id OFFSET :nth LIMIT 1)",
            code=code,
            nth=nth,
        )
    slow.may_answer.set()

    delivering = asyncio.create_task(deliver.fn(room.shift))
    async with asyncio.timeout(20):
        while (room.delivered, room.retried, room.with_person) != (1, 1, 1):  # noqa: ASYNC110 - the room tells nobody
            await asyncio.sleep(0.02)
    await closed(room, delivering)

    assert {
        (AGENCY, "sent", None), (OTHER, "waiting", "keys-unreadable"), (GONE, "with_person", "unknown-agency"),
    } == set(await ground.rows("SELECT agency, state, last_problem FROM letter"))  # fmt: skip
    assert [] == await breaker(ground)
    assert [("keys_unreadable", OTHER), ("letter_refused", None)] == await ground.rows(
        "SELECT code, CASE WHEN code = 'keys_unreadable' THEN about END FROM notice"
        " WHERE code IN ('keys_unreadable', 'letter_refused') ORDER BY code"
    )


@pytest.mark.parametrize("tried", [True, False], ids=["tried in vain", "never tried: the line is shut"])
async def test_a_person_is_told_once_at_four_hours_and_no_more_when_it_arrives(ground: Ground, *, tried: bool) -> None:
    await ground.walks_in(Need.JOB)
    await ground.work(DESK)
    since = ground.tools.clock()
    await ground.change(
        "UPDATE letter SET next_attempt_at = :at, first_try_at = :tried", at=since, tried=since if tried else None
    )

    async def told(later: timedelta) -> int:
        async with ground.engine.begin() as connection:
            return await tell_of_undelivered(connection, since + later)

    minute = timedelta(minutes=1)
    assert [0, 1, 0] == [await told(each) for each in (239 * minute, 240 * minute, 241 * minute)]
    assert [(None,)] == await ground.rows("SELECT settled_by FROM notice WHERE code = 'letter_undelivered'")

    ground.now = since + 300 * minute
    async with ground.engine.begin() as connection:
        leased = await lease_letters(connection, [DESK], ground.now, 1)
        await settle(connection, [Result(leased[0], None)], ground.now)
    assert [("delivery",)] == await ground.rows("SELECT settled_by FROM notice WHERE code = 'letter_undelivered'")
