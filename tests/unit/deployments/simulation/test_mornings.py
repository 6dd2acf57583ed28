"""A simulated morning runs every follow-up that its schedule names for that day, in the order of their hours."""

from datetime import datetime, time

import pytest

from deployments.simulation.year import SLOTS, by_this_morning
from models.counting import SEOUL
from models.vocabulary import FollowUp

F = FollowUp
EVERY_DAY = [F.RETENTION, F.REVIEWS, F.EXPIRY]


@pytest.mark.parametrize(
    ("day", "wanted"),
    [
        ("2025-01-10", [F.RECONCILE, *EVERY_DAY, F.DIGEST]),
        ("2025-01-11", [F.RECONCILE, *EVERY_DAY]),
        ("2025-01-12", [F.RECONCILE, F.KEEPING, *EVERY_DAY]),
        ("2025-01-13", [F.RECONCILE, *EVERY_DAY, F.DIGEST]),
    ],
    ids=["Friday", "Saturday", "Sunday", "Monday"],
)
def test_every_follow_up_runs_on_the_days_of_its_schedule(day: str, wanted: list[FollowUp]) -> None:
    morning = datetime.combine(datetime.fromisoformat(day), SLOTS[0], SEOUL)

    assert wanted == list(by_this_morning(morning))
    assert time(8) < SLOTS[0]
