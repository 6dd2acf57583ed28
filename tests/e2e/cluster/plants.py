"""The bugs that are planted into doors and desks; each is a small change to the product and must turn a count red."""

# ruff: noqa: ANN401 - a plant hands on what it was given, and reaches into what it breaks
# pyright: reportPrivateUsage=false

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from agencies.packet import Packet
from agencies.sender import Senders
from models import database
from models.vocabulary import Desk
from tasks import batch, claims, deliver, outbox, writing
from tasks.claims import Claimed
from tests.e2e.faults.plants import acknowledge_before_commit


async def claim_unheld(connection: Any, desks: Any) -> Claimed:
    """Return the cases with waiting events as a claim does, and hold none of them."""
    rows = await connection.exec_driver_sql(
        "SELECT DISTINCT journey_id FROM inbox_event WHERE desk = ANY($1) AND fate = 'waiting' LIMIT 100",
        ([str(desk) for desk in desks],),
    )
    return Claimed([row.journey_id for row in rows], all=False)


def claim_without_lock() -> None:
    """Claim cases without holding them, and take a moment over each batch."""
    load = batch.load_cases

    async def slowly(*given: Any, **named: Any) -> Any:
        cases = await load(*given, **named)
        await asyncio.sleep(0.1)
        return cases

    batch.claim, batch.load_cases = claim_unheld, slowly


def ignore_the_fence() -> None:
    """Write a letter's result under whatever lease there is, and let leases be shorter than an exchange."""
    outbox.LEASE = timedelta(seconds=0.5)
    settle = deliver.settle

    async def unfenced(connection: Any, results: Any, now: Any) -> Any:
        ids = [result.letter.id for result in results]
        rows = await connection.exec_driver_sql("SELECT id, lease FROM letter WHERE id = ANY($1)", (ids,))
        leases = {row.id: row.lease for row in rows}
        whatever = [replace(each, letter=replace(each.letter, lease=leases[each.letter.id])) for each in results]
        return await settle(connection, whatever, now)

    deliver.settle = unfenced
    send = Senders.send

    async def slowly(self: Senders, letter: Any, endpoint: Any, keys: Any) -> Any:
        await asyncio.sleep(2)
        return await send(self, letter, endpoint, keys)

    Senders.send = slowly


def keep_a_lost_case() -> None:
    """Let no transaction be ended for being idle: whoever was cut off goes on where it stood."""
    database.IDLE_TRANSACTION_SECONDS = 3600


def fresh_key() -> None:
    """Send every letter once more under another key."""
    send = Senders.send

    async def twice(self: Senders, letter: Any, endpoint: Any, keys: Any) -> Any:
        delivered = await send(self, letter, endpoint, keys)
        if isinstance(letter, Packet):
            await send(self, replace(letter, letter_id=uuid4()), endpoint, keys)
        return delivered

    Senders.send = twice


def forget_a_step() -> None:
    """Leave out of the log that an agency accepted."""
    rows = writing.transition_rows

    def some(*given: Any) -> Iterable[dict[str, Any]]:
        return (row for row in rows(*given) if row["event"] != "accepted")

    writing.transition_rows = some


def mark_without_sending() -> None:
    """Take the letters about the co-payment for sent."""
    send = Senders.send

    async def some(self: Senders, letter: Any, endpoint: Any, keys: Any) -> Any:
        if isinstance(letter, Packet) and letter.program == "copay-relief":
            return None
        return await send(self, letter, endpoint, keys)

    Senders.send = some


def lose_a_journey() -> None:
    """Settle what the debt relief desk hears without working it."""
    settled = claims.waiting_events

    async def none(connection: Any, desks: Any, journeys: Any) -> Any:
        found, aside = await settled(connection, desks, journeys)
        lost = found.pop(Desk.DEBT_RELIEF, {})
        ids = [event.id for events in lost.values() for event in events]
        await connection.exec_driver_sql("UPDATE inbox_event SET fate = 'dropped' WHERE id = ANY($1)", (ids,))
        return found, aside

    batch.waiting_events = none


PLANTS: Final[dict[str, Callable[[], None]]] = {
    "claim_without_lock": claim_without_lock,
    "ignore_the_fence": ignore_the_fence,
    "keep_a_lost_case": keep_a_lost_case,
    "acknowledge_before_commit": acknowledge_before_commit,
    "fresh_key": fresh_key,
    "forget_a_step": forget_a_step,
    "mark_without_sending": mark_without_sending,
    "lose_a_journey": lose_a_journey,
}
