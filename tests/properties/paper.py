"""What a center on paper wrote, as plain rows for the checker."""

from dataclasses import asdict

from models.vocabulary import Fate
from tests.properties.checker import Ledger
from tests.story.center import PaperCenter


def ledger_of(center: PaperCenter) -> Ledger:
    """Return what a center on paper wrote, as the tables would show it."""
    numbers = {row.id: row.number for row in center.rows.values()}
    return Ledger(
        referrals=[{**asdict(row), "journey_id": center.base.journey_id} for row in center.rows.values()],
        transitions=[{**asdict(row), "hash": hashed} for row, hashed in center.log],
        milestones=[{**asdict(m), **asdict(m.milestone)} for m in center.milestones],
        letters=[
            {**asdict(letter), "agency": center.rows[letter.referral_id].agency, "state": "sent"}
            | {"referral_number": numbers[letter.referral_id]}
            for letter in center.letters
        ],
        events=[
            {**asdict(event), "fate": center.fates.get(event.id, (Fate.WAITING, None))[0]}
            for event in center.events.values()
        ],
    )
