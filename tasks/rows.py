"""Rows: what a batch's cases came to, as the tables take it. Pure: nothing is read or written here."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from models.case import ReferralView
from models.vocabulary import Desk, ReferralState
from models.work import CaseWork, TransitionRow
from tasks.statements import STANDING
from tasks.told import Fates

#: Columns of the log that hold what agencies and staff said.
_WORDS: Final = ("lane", "milestone", "outcome", "reason")


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a desk's moves are shown: the shift, and its Prefect run; neither where a person moved by a door."""

    shift: int | None
    flow_run_id: UUID | None


#: A person moved, by a door.
BY_A_DOOR: Final = dict.fromkeys(Desk, Shown(None, None))


def born_row(work: CaseWork, referral: ReferralView, numbers: dict[UUID, str], now: datetime) -> dict[str, Any]:
    """Return the row of a referral that is new."""
    return {
        "id": referral.id,
        "number": numbers[referral.id],
        "journey_id": work.case.journey_id,
        "client_id": work.case.client_id,
        "desk": referral.desk,
        "program": referral.program,
        "agency": referral.agency,
        "predecessor_id": referral.predecessor_id,
        "created_at": now,
        **standing_row(referral),
    }


def standing_row(referral: ReferralView) -> dict[str, Any]:
    """Return the columns of a referral that a desk may change."""
    return {name: getattr(referral, name) for name in STANDING}


def transition_rows(works: Iterable[CaseWork], shown: Mapping[Desk, Shown]) -> Iterable[dict[str, Any]]:
    """Yield the log's new rows, with where those of each desk are shown.

    Raises:
        TypeError: What was said is no text.
    """
    for work in works:
        for row, hashed in work.transitions:
            columns = {name: getattr(row, name) for name in TransitionRow.__dataclass_fields__}
            if any(not isinstance(columns[name] or "", str) for name in _WORDS):
                # The row's hash is of what was said, and its column would keep it as text.
                message = "a word of the log is no text"
                raise TypeError(message)
            run = shown[work.desk]
            yield {**columns, "hash": hashed, "shift": run.shift, "flow_run_id": run.flow_run_id}


def milestone_rows(works: Iterable[CaseWork]) -> Iterable[dict[str, Any]]:
    """Yield the milestones that were told."""
    for work in works:
        for row in work.milestones:
            yield {
                "referral_id": row.referral_id,
                "lane": row.milestone.lane,
                "code": row.milestone.code,
                "occurred_at": row.milestone.occurred_at,
                "recorded_at": work.now,
                "cause": row.cause,
            }


def aside_rows(works: Iterable[CaseWork]) -> Iterable[dict[str, Any]]:
    """Yield the journeys that are set aside."""
    for work in works:
        if work.stuck is not None:
            yield {
                "journey_id": work.case.journey_id,
                "desk": work.desk,
                "reason": work.stuck.reason,
                "detail": work.stuck.detail[:400],
                "event_id": work.stuck_event,
                "since": work.now,
            }


def fate_rows(fates: Fates, told: Collection[int]) -> Iterator[dict[str, Any]]:
    """Yield what became of each event that was there before; what was told in the batch is written with its fate."""
    for event_id, (fate, reason) in fates.items():
        if event_id not in told:
            yield {"id": event_id, "fate": fate.value, "reason": reason}


def proven_rows(works: Iterable[CaseWork]) -> Iterator[dict[str, Any]]:
    """Yield the referrals whose addressees have spoken, with the moment they spoke of."""
    for work in works:
        asked = {referral.id: referral.agency for referral in work.case.referrals}
        for row, _ in work.transitions:
            if _proves(row, asked[row.referral_id]):
                yield {"referral": row.referral_id, "at": row.occurred_at}


def overtaken_rows(works: Iterable[CaseWork]) -> Iterable[dict[str, Any]]:
    """Yield the steps that came to nothing; should what they were about be owed again, they are taken again."""
    for work in works:
        for referral, deadline, due_at in work.overtaken:
            yield {"referral": referral, "deadline": deadline, "due_at": due_at}


def _proves(row: TransitionRow, asked: str) -> bool:
    """Say whether it is the addressee's own word: who only decides has not got the letter."""
    return row.start is ReferralState.REQUESTED and row.who == f"agency:{asked}"
