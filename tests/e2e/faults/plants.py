"""The planted bugs: each is a small change to the product inside the victim, and each must be caught by the checks."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from agencies.packet import Packet
from agencies.sender import Senders
from tasks import deliver, outbox
from web.letterbox import Arrival, Letterbox, Receipt
from web.reach import Budget


def sow(name: str) -> None:
    """Plant the bug of this name into this process; "" leaves the product as it is.

    Raises:
        KeyError: there is no such bug.
    """
    if name:
        PLANTS[name]()


def acknowledge_before_commit() -> None:
    """Answer 202 at once and commit a moment later: what a kill takes in between was acknowledged and is lost."""
    committed = Letterbox.put
    late: set[asyncio.Task[Any]] = set()

    async def put(self: Letterbox, arrival: Arrival, budget: Budget) -> Receipt:
        del budget

        async def commit() -> None:
            await asyncio.sleep(0.05)
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

    deliver.lease_letters = lease_and_mark


PLANTS: Final[dict[str, Callable[[], None]]] = {
    "acknowledge_before_commit": acknowledge_before_commit,
    "fresh_key_per_try": fresh_key_per_try,
    "mark_before_send": mark_before_send,
}
