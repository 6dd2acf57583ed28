"""What wakes whom: nothing waits for a clock that could go now, and nothing is left behind when a shift closes."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from flows.hall import Hall
from models.vocabulary import Desk, Need
from tasks import deliver, taking
from tasks.batch import work_batch
from tasks.claims import PER_JOURNEY
from tasks.outbox import PER_AGENCY, LeasedLetter, lease_letters
from tasks.room import enter, leave
from tasks.shifts import new_shift
from tasks.toolbox import use
from tests.integration.ground import Ground
from tests.integration.test_delivering import AGENCY, Slow, connect

LETTERS = "SELECT state, attempts FROM letter WHERE agency = :agency ORDER BY referral_id, sequence"


@pytest_asyncio.fixture
async def quick(ground: Ground) -> AsyncIterator[Slow]:
    """Connect an agency that answers at once."""
    agency = Slow()
    agency.may_answer.set()
    server = await asyncio.start_server(agency.answer, "127.0.0.1", 0)
    agency.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    await connect(ground, agency.url)
    yield agency
    server.close()
    await server.wait_closed()


@asynccontextmanager
async def manned(ground: Ground, linger_seconds: float = 120.0) -> AsyncGenerator[Hall]:
    """Man the desks in one hall, without Prefect, and ring for all."""
    tools = replace(ground.tools, linger_seconds=linger_seconds)
    use(tools)
    try:
        async with Hall(tools, with_prefect=False) as hall:
            hall.ring()
            yield hall
    finally:
        use(None)


async def test_a_letter_that_is_being_settled_is_proven_all_the_same(ground: Ground) -> None:
    await ground.walks_in(Need.JOB)
    await ground.work()
    number = await ground.number("job-counseling")
    async with ground.engine.begin() as connection:
        [letter] = await lease_letters(connection, [Desk.INTAKE], ground.tools.clock(), ground.tools.process)
    await ground.change("UPDATE letter SET first_try_at = :at", at=ground.now)
    await ground.put(f"agency:{AGENCY}", "accepted", number=number, hours=1)

    async with ground.engine.begin() as settling:
        # The exchange failed on our side: its result is just being written.
        await settling.execute(text("UPDATE letter SET last_problem = 'timeout' WHERE id = :id"), {"id": letter.id})
        batch = asyncio.create_task(work_batch(ground.tools, ground.setup(Desk.INTAKE)))
        await asyncio.wait({batch}, timeout=0.5)
    report = await batch

    assert 1 == report.proven
    assert [("sent", 1)] == await ground.rows(LETTERS, agency=AGENCY)
    assert [] == await ground.rows("SELECT 1 FROM letter WHERE leased_until IS NOT NULL OR leased_by IS NOT NULL")


async def test_more_events_than_a_batch_takes_are_heard_without_another_bell(ground: Ground) -> None:
    journey = await ground.walks_in(Need.JOB)
    await ground.work()
    number = await ground.number("job-counseling", journey)
    for nth in range(PER_JOURNEY + 50):
        await ground.put(f"agency:{AGENCY}", "progressed", number=number, key=f"{nth}", milestone="intake_interviewed")
    async with manned(ground) as hall:
        await hall.quiet(20)

    assert [] == await ground.rows("SELECT 1 FROM inbox_event WHERE fate = 'waiting'")


async def test_a_letter_that_waited_for_another_goes_as_soon_as_that_has_arrived(
    ground: Ground, quick: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "LOOK_EVERY_SECONDS", 120.0)
    await ground.walks_in(Need.JOB)
    await ground.work()
    # No request: its arrival is an event, which rings.
    await ground.change(
        "UPDATE letter SET type = 'referral.amended', about = 'one' WHERE agency = :agency", agency=AGENCY
    )
    await ground.change(
        "INSERT INTO letter SELECT (jsonb_populate_record(letter, jsonb_build_object('id', gen_random_uuid(),"
        " 'about', 'another', 'cause', 'another', 'sequence', 2))).* FROM letter WHERE agency = :agency",
        agency=AGENCY,
    )
    async with manned(ground) as hall:
        await hall.quiet(20)
        assert [("sent", 1), ("sent", 1)] == await ground.rows(LETTERS, agency=AGENCY)
    assert 2 == quick.asked


@pytest.mark.parametrize("linger", [0.0, 30.0])
async def test_a_shift_that_closes_has_looked_for_the_letters_of_its_last_batch(
    ground: Ground, quick: Slow, linger: float
) -> None:
    await ground.walks_in(Need.JOB)
    async with manned(ground, linger):
        async with asyncio.timeout(20):
            while not await ground.rows("SELECT 1 FROM shift"):  # noqa: ASYNC110 - it is the rows that tell
                await asyncio.sleep(0.001)
        # The hall is left while the shift has hardly begun.

    written = await ground.rows("SELECT 1 FROM letter WHERE agency = :agency", agency=AGENCY)
    assert [("sent", 1)] * len(written) == await ground.rows(LETTERS, agency=AGENCY)
    assert quick.asked == len(written) == 1


@pytest.mark.timeout(40)
async def test_a_shift_that_must_leave_does_not_wait_for_an_outbox_that_cannot_be_read(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreadable(*_: object, **__: object) -> list[LeasedLetter]:
        await asyncio.sleep(0)
        raise OSError

    monkeypatch.setattr(taking, "lease_letters", unreadable)
    await ground.walks_in(Need.JOB)
    async with manned(ground, ground.tools.linger_seconds):
        async with asyncio.timeout(20):
            while not await ground.rows("SELECT 1 FROM letter"):  # noqa: ASYNC110 - it is the rows that tell
                await asyncio.sleep(0.01)
        # Left here: were the outbox waited for, this would last for ever.

    assert [("waiting", 0)] == await ground.rows(LETTERS, agency=AGENCY)


# Letters of several shifts


async def test_letters_beyond_an_agencys_places_go_as_places_get_free(
    ground: Ground, quick: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "LOOK_EVERY_SECONDS", 120.0)
    for _ in range(3 * PER_AGENCY):
        await ground.walks_in(Need.JOB)
    await ground.work()
    async with manned(ground) as hall:
        await hall.quiet(20)

    assert 3 * PER_AGENCY == quick.asked
    assert [("sent", 1)] * 3 * PER_AGENCY == await ground.rows(LETTERS, agency=AGENCY)


async def test_what_waits_behind_a_letter_whose_arrival_is_just_being_written_goes_right_after(
    ground: Ground, quick: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another desk looks for all meanwhile, and must not take that for a look in vain."""
    monkeypatch.setattr(deliver, "LOOK_EVERY_SECONDS", 120.0)
    settle, settling, go_on = deliver.settle, asyncio.Event(), asyncio.Event()

    async def slowly(*given: Any) -> Any:  # noqa: ANN401 - handed on as it came
        settled = await settle(*given)
        if not settling.is_set() and any(result.letter.agency == AGENCY for result in given[1]):
            settling.set()
            await go_on.wait()
        return settled

    monkeypatch.setattr(deliver, "settle", slowly)
    await ground.walks_in(Need.JOB, Need.DEBT)
    await ground.work()
    async with manned(ground) as hall:
        async with asyncio.timeout(20):
            await settling.wait()
        await ground.change(
            "INSERT INTO letter SELECT (jsonb_populate_record(letter, jsonb_build_object('id', gen_random_uuid(),"
            " 'about', 'another', 'cause', 'another', 'sequence', 2, 'type', 'referral.amended', 'attempts', 0,"
            " 'state', 'waiting', 'lease', 0, 'leased_until', null, 'leased_by', null))).*"
            " FROM letter WHERE agency = :agency",
            agency=AGENCY,
        )
        hall.ring()
        await asyncio.sleep(0.3)
        go_on.set()
        await hall.quiet(20)
    assert 2 == quick.asked
    assert [("sent", 1), ("sent", 1)] == await ground.rows(LETTERS, agency=AGENCY)


async def test_a_fault_in_one_desks_letters_breaks_no_other_desks_shift(
    ground: Ground, quick: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease, wrong = taking.lease_letters, asyncio.Event()

    async def faulty(connection: Any, desks: Any, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - handed on
        if wrong.is_set() and Desk.DEBT_RELIEF in desks:
            raise LookupError
        return await lease(connection, desks, *given, **named)

    monkeypatch.setattr(taking, "lease_letters", faulty)
    monkeypatch.setattr(deliver, "LOOK_EVERY_SECONDS", 120.0)
    await ground.walks_in(Need.JOB, Need.DEBT)
    await ground.work()
    async with manned(ground) as hall:
        await hall.quiet(20)
        wrong.set()
        # Intake is rung first, and looks for both.
        hall.ring()
        async with asyncio.timeout(20):
            while not await ground.rows("SELECT 1 FROM shift WHERE state = 'broken'"):  # noqa: ASYNC110 - rows tell
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
        broken = await ground.rows("SELECT DISTINCT desk FROM shift WHERE state = 'broken'")
    assert [("debt-relief",)] == broken
    assert [("sent", 1)] == await ground.rows(LETTERS, agency=AGENCY)
    assert 1 == quick.asked


async def test_nothing_more_is_taken_for_a_shift_that_breaks_while_its_last_letters_are_under_way(
    ground: Ground, quick: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "LOOK_EVERY_SECONDS", 120.0)
    quick.may_answer.clear()
    taken: list[set[Desk]] = []
    lease = taking.lease_letters

    async def noted(connection: Any, desks: Any, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - handed on
        taken.append(set(desks))
        return await lease(connection, desks, *given, **named)

    monkeypatch.setattr(taking, "lease_letters", noted)
    await ground.walks_in(Need.JOB)
    await ground.work()
    use(replace(ground.tools, linger_seconds=120.0))
    rooms = {desk: await new_shift(desk) for desk in (Desk.INTAKE, Desk.DEBT_RELIEF)}
    for room in rooms.values():
        enter(room)
    delivering = {desk: asyncio.create_task(deliver.deliver.fn(room.shift)) for desk, room in rooms.items()}
    try:
        async with asyncio.timeout(20):
            while not quick.asked:  # noqa: ASYNC110 - the agency tells nobody
                await asyncio.sleep(0.01)
        # Its letter hangs, and is waited for.
        delivering[Desk.INTAKE].cancel()
        await asyncio.sleep(0.2)
        taken.clear()
        for room in rooms.values():
            room.ring_letters()
        await asyncio.sleep(0.5)
        assert [{Desk.DEBT_RELIEF}] == taken
        assert not delivering[Desk.INTAKE].done()
        quick.may_answer.set()
        async with asyncio.timeout(20):
            await asyncio.wait({delivering[Desk.INTAKE]})
        assert [("sent", 1)] == await ground.rows(LETTERS, agency=AGENCY)
    finally:
        quick.may_answer.set()
        rooms[Desk.DEBT_RELIEF].closing.set()
        rooms[Desk.DEBT_RELIEF].letters.set()
        await asyncio.gather(*delivering.values(), return_exceptions=True)
        for room in rooms.values():
            leave(room)
        use(None)
