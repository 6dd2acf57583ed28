"""Jobs for a block: what the follow-ups do in a test, handed to the harness like any other job."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import cast

from flows.follow_up import JOBS
from models.vocabulary import FollowUp
from tasks.follow_report import Job
from tests.integration.smallest import look_at_journeys


@contextmanager
def jobs(chosen: Mapping[FollowUp, Job] | None = None) -> Generator[None]:
    """Let the follow-ups do these jobs for a block, and the smallest one where none is chosen."""
    known = cast("dict[FollowUp, Job]", JOBS)
    before = dict(known)
    known.update(dict.fromkeys(FollowUp, look_at_journeys) | dict(chosen or {}))
    try:
        yield
    finally:
        known.clear()
        known.update(before)
