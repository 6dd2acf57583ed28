"""Deadlines that hang on whether, and where, the client has a job."""

from datetime import date
from uuid import UUID

import pytest

from models.case import MilestoneView, ReferralView
from models.vocabulary import Desk, ReferralState
from tests.unit.models.telling import Told, at, last_days

S = ReferralState


def placement(hired: str, *, lost: str | None = None, nth: int = 9) -> ReferralView:
    """Return a placement that ended with a hire, and the loss of that job."""
    return ReferralView(
        id=UUID(int=nth),
        program="job-placement",
        agency="y",
        desk=Desk.JOB_PLACEMENT,
        application_date=date(2017, 12, 4),
        state=S.COMPLETED,
        outcome="hired",
        outcome_at=at(hired),
        milestones=() if lost is None else (MilestoneView("retention", "dismissed", at(lost)),),
    )


def supported() -> Told:
    """Return National Employment Support that has ended."""
    told = Told("national-employment-support", "2024-09-02").stood("2024-09-03", S.IN_PROGRESS)
    return told.reached("2024-09-20", "qualified").reached("2024-11-04 11:00", "ended")


# Follow-up after the service: for those without a job (구직자취업촉진법 시행규칙 §11)


def test_who_ended_without_a_job_is_followed_up() -> None:
    told = supported().stood("2024-11-04 12:00", S.COMPLETED, "ended_unemployed")

    assert "2025-02-04" == last_days(told.seen("2024-12-01")["D22"])[0]


def test_who_ended_with_a_job_is_not_followed_up() -> None:
    by_milestone = supported().reached("2024-11-01", "employed")
    by_outcome = supported().stood("2024-11-04 12:00", S.COMPLETED, "employed")
    elsewhere = supported().stood("2024-11-04 12:00", S.COMPLETED, "ended_unemployed")
    elsewhere.others = (placement("2024-10-01"),)

    assert not any("D22" in told.seen("2025-02-10") for told in (by_milestone, by_outcome, elsewhere))


@pytest.mark.parametrize(("hired", "owed"), [("2025-01-15", False), ("2025-02-05", True)])
def test_a_job_found_before_the_due_day_ends_the_follow_up(hired: str, owed: bool) -> None:  # noqa: FBT001 - a case of the table
    told = supported().stood("2024-11-04 12:00", S.COMPLETED, "ended_unemployed")
    told.others = (placement(hired),)

    assert owed is ("D22" in told.seen("2025-02-10"))


def test_who_lost_the_job_before_the_end_is_followed_up() -> None:
    told = supported().reached("2024-09-25", "employed").stood("2024-11-04 12:00", S.COMPLETED, "ended_unemployed")
    told.others = (placement("2024-09-25", lost="2024-10-20"),)

    assert "D22" in told.seen("2024-12-01")


# An employer's subsidy: six and twelve months in the job for which it was asked


def subsidy_of(*others: ReferralView) -> Told:
    """Return the subsidy that was asked of the employer who hired on 2 February 2018."""
    told = Told("employment-promotion-subsidy", "2018-02-02 13:00").stood("2018-02-03", S.ACCEPTED)
    told.others = others
    return told


FIRST = placement("2018-02-02", lost="2018-09-05")


def test_a_second_job_leaves_what_the_first_employer_has_earned() -> None:
    told = subsidy_of(FIRST, placement("2018-10-05", nth=10))
    seen = told.seen("2019-04-23")

    assert {"D30-block1": "2018-08-02", "D31-block1": "2019-08-02"} == {
        code: last_days(seen[code])[0] for code in ("D30-block1", "D31-block1")
    }
    assert not {"D30-block2", "D31-block2", "D39-subsidy-6m", "D39-subsidy-12m"} & seen.keys()
    assert "2019-02-02" == last_days(seen["D32"])[0]


def test_a_job_that_was_lost_before_counts_for_no_later_employer() -> None:
    told = subsidy_of(placement("2017-12-20", lost="2018-01-15"), placement("2018-02-02", nth=10))

    assert {"D30-block1": "2018-08-02", "D32": "2019-02-02", "D39-subsidy-12m": "2019-02-02"} == {
        code: last_days(told.seen("2018-03-01")[code])[0] for code in ("D30-block1", "D32", "D39-subsidy-12m")
    }


def test_a_job_lost_too_early_earns_nothing_whatever_comes_after() -> None:
    told = subsidy_of(placement("2018-02-02", lost="2018-04-10"), placement("2018-05-02", nth=10))

    assert not {"D30-block1", "D30-block2", "D31-block1", "D31-block2"} & told.seen("2018-12-01").keys()
