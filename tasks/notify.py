"""Notify: a shift's own account of itself, as Prefect shows it: one artifact with the table of its moves."""

from collections.abc import Mapping

from prefect import task
from prefect.artifacts import acreate_table_artifact
from prefect.cache_policies import NO_CACHE

from tasks.outline import outlined
from tasks.record import LINES
from tasks.room import Room, room_of


def totals(room: Room) -> dict[str, int]:
    """Return a shift's counts: what its row, its artifact and its last state say."""
    recorded = room.recorded
    return {
        "events": recorded.events,
        "moves": recorded.moves,
        "letters_written": recorded.letters,
        "letters_delivered": room.delivered,
        "letters_to_retry": room.retried,
        "letters_with_a_person": room.with_person,
        "events_parked": recorded.fates["parked"],
        "journeys_set_aside": recorded.set_aside,
        "notices": recorded.notices,
        "dead_shifts_found": room.died_before,
    }


def in_words(counts: Mapping[str, int]) -> str:
    """Return the counts that are not zero, in one line."""
    return " · ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items() if count) or "nothing to do"


@task(
    name="notify of what was done", task_run_name="notify of what was done", persist_result=False, cache_policy=NO_CACHE
)
@outlined
async def notify(shift: int) -> None:
    """Leave the table of the shift's moves (the first 200; then totals only) as an artifact.

    Args:
        shift: Number of a shift that is open in this process.
    """
    room = room_of(shift)
    table = [
        {
            "referral": moved.referral,
            "from": moved.start,
            "event": moved.event,
            "to": moved.end,
            "milestone": moved.milestone,
        }
        for moved in room.recorded.moved[:LINES]
    ]
    await acreate_table_artifact(
        table=table,
        key=f"moves-of-{room.desk}",
        description=f"Shift {shift} of the {room.desk} desk: {in_words(totals(room))}",
    )
