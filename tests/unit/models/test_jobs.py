"""Jobs: what the agencies' words make of a client's working life."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from models.jobs import changes_of_work, jobs_in


def on(days: Sequence[int]) -> list[datetime]:
    return [datetime(2018, 1, day, tzinfo=UTC) for day in days]


@pytest.mark.parametrize(
    ("hires", "losses", "jobs"),
    [
        ([], [], []),
        ([3], [], [(3, None)]),
        ([5, 3], [], [(3, None)]),
        ([3], [9], [(3, 9)]),
        ([3], [10, 9], [(3, 9)]),
        ([12, 3], [9], [(3, 9), (12, None)]),
        ([12, 3], [9, 20], [(3, 9), (12, 20)]),
        ([12], [9], [(12, None)]),
        ([], [9], []),
        ([9], [9], [(9, 9)]),
    ],
    ids=[
        "nothing",
        "hired",
        "told twice",
        "lost",
        "lost, told twice",
        "hired again",
        "lost again",
        "an earlier loss",
        "a loss alone",
        "on one day",
    ],
)
def test_jobs_are_what_lies_between_a_hire_and_the_next_loss(
    hires: list[int], losses: list[int], jobs: list[tuple[int, int | None]]
) -> None:
    found = jobs_in(changes_of_work(on(hires), on(losses)))

    assert jobs == [(job.since.day, None if job.until is None else job.until.day) for job in found]
