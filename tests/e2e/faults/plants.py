"""The planted bugs: each is a small change to the product inside the victim, and each must be caught by the checks."""

# ruff: noqa: ANN401 - a plant hands on what it was given, whatever it is

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, cast
from uuid import uuid4

from agencies.packet import Packet
from agencies.sender import Senders
from flows import debt_relief
from flows.desks import DESKS, DeskEntry
from models.case import Case
from models.steps import Step
from models.vocabulary import Desk
from models.work import CaseWork
from tasks import outbox, taking, writing
from tests.e2e.canary.markers import text_of
from web.letterbox import Arrival, Letterbox, Receipt
from web.reach import Budget


def sow(name: str) -> None:
    """Plant the bugs of these names (with a comma between) into this process; "" leaves the product as it is.

    Raises:
        KeyError: there is no such bug.
    """
    for each in name.split(",") if name else ():
        PLANTS[each]()


def acknowledge_before_commit() -> None:
    """Answer 202 at once and commit a moment later: what a kill takes in between was acknowledged and is lost."""
    committed = Letterbox.put
    late: set[asyncio.Task[Any]] = set()

    async def put(self: Letterbox, arrival: Arrival, budget: Budget) -> Receipt:
        del budget

        async def commit() -> None:
            await asyncio.sleep(0.25)
            await committed(self, arrival, Budget(1.6))

        task = asyncio.create_task(commit())
        late.add(task)
        task.add_done_callback(late.discard)
        return Receipt(0, fresh=True, digest=arrival.digest)

    Letterbox.put = put


def fresh_key_per_try() -> None:
    """Give a letter a new key whenever it is tried: whoever got it before takes it for another one."""
    send = Senders.send

    async def send_anew(self: Senders, letter: Any, endpoint: Any, keys: Any) -> Any:
        if isinstance(letter, Packet):
            letter = replace(letter, letter_id=uuid4())
        return await send(self, letter, endpoint, keys)

    Senders.send = send_anew


def mark_before_send() -> None:
    """Mark a letter sent when it is taken from the outbox: what a kill takes in between is never sent."""
    lease = outbox.lease_letters

    async def lease_and_mark(connection: Any, *given: Any, **named: Any) -> Any:
        letters = await lease(connection, *given, **named)
        for letter in letters:
            await connection.exec_driver_sql("UPDATE letter SET state = 'sent' WHERE id = $1", (letter.id,))
        return letters

    async def send_later(self: Senders, letter: Any, endpoint: Any, keys: Any) -> Any:
        await asyncio.sleep(0.5)
        return await send(self, letter, endpoint, keys)

    send = Senders.send
    Senders.send = send_later
    taking.lease_letters = lease_and_mark


def rules_raise() -> None:
    """Let the rules of debt relief raise, with the client in the text, for a client of 41 creditors."""
    steps = debt_relief.steps

    def raising(case: Case) -> Iterator[Step]:
        if case.facts.creditors == 41:
            raise LookupError(f"{text_of('exception')}: {case.facts!r}")
        return steps(case)

    debt_relief.steps = raising
    all_desks = cast("dict[Desk, DeskEntry]", DESKS)
    all_desks[Desk.DEBT_RELIEF] = replace(DESKS[Desk.DEBT_RELIEF], rules=raising)


def writing_raises() -> None:
    """Let the writing of letters raise, with the client in the text, for a client of 42 creditors."""
    letter_rows = writing.letter_rows

    async def raising(connection: Any, works: Sequence[CaseWork], *given: Any) -> Any:
        for work in works:
            if work.letters and work.case.facts.creditors == 42:
                raise ValueError(f"{text_of('exception')} {text_of('name')} {work.case.facts!r}")
        return await letter_rows(connection, works, *given)

    writing.letter_rows = raising


def sending_raises() -> None:
    """Let the sender raise, with the letter in the text, for every letter about the co-payment."""
    send = Senders.send

    async def raising(self: Senders, letter: Any, endpoint: Any, keys: Any) -> Any:
        if isinstance(letter, Packet) and letter.program == "copay-relief":
            raise RuntimeError(f"{text_of('exception')}: {letter.data()}")
        return await send(self, letter, endpoint, keys)

    Senders.send = raising


def shifts_break() -> None:
    """Let the outbox raise, with a client in the text, once at every desk: the whole shift breaks."""
    lease, broken = taking.lease_letters, set[str]()

    async def raising(connection: Any, desks: Any, *given: Any, **named: Any) -> Any:
        for desk in desks:
            if desk not in broken:
                # A look for several only makes each look for itself, and then it is its own shift that breaks.
                if len(desks) == 1:
                    broken.add(desk)
                raise RuntimeError(f"{text_of('exception')} {text_of('name')}")
        return await lease(connection, desks, *given, **named)

    taking.lease_letters = raising


PLANTS: Final[dict[str, Callable[[], None]]] = {
    "acknowledge_before_commit": acknowledge_before_commit,
    "fresh_key_per_try": fresh_key_per_try,
    "mark_before_send": mark_before_send,
    "rules_raise": rules_raise,
    "writing_raises": writing_raises,
    "sending_raises": sending_raises,
    "shifts_break": shifts_break,
}
