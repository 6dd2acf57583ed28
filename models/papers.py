"""Which papers a referral hangs on: of each kind the one that was noted last, for it or for the whole journey. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from catalog import EvidenceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper that was handed in; the columns of `models.evidence.Evidence`."""

    id: UUID
    referral_id: UUID | None
    kind: str
    valid_until: date
    recorded_at: datetime

    def carries(self, referral_id: UUID, program: str, kinds: Mapping[str, EvidenceKind]) -> bool:
        """Say whether a referral hangs on it: it was handed in for that one, or for the journey and is of its kind."""
        if self.referral_id is not None:
            return self.referral_id == referral_id
        known = kinds.get(self.kind)
        return known is None or not known.programs or program in known.programs


def papers_of(
    referral_id: UUID, program: str, papers: Iterable[Paper], kinds: Mapping[str, EvidenceKind]
) -> tuple[Paper, ...]:
    """Return the papers a referral hangs on, by kind.

    What was noted later takes the place of what was noted before, also where its day is an earlier one: so a wrong day
    is put right.

    Args:
        referral_id: Of the referral.
        program: Its program.
        papers: All of its journey.
        kinds: The catalog's.
    """
    last: dict[str, Paper] = {}
    for paper in sorted(papers, key=lambda each: (each.recorded_at, each.id)):
        if paper.carries(referral_id, program, kinds):
            last[paper.kind] = paper
    return tuple(paper for _, paper in sorted(last.items()))
