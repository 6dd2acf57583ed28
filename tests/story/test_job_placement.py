"""Job placement: counseled first, then the job program of the year, then an agency that finds the job."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from models.vocabulary import LetterType, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a


def counseled(*needs: Need) -> PaperCenter:
    center = PaperCenter(case_of_a(*(needs or (Need.JOB,))))
    center.opens()
    center.agency("job-counseling", "completed", outcome="counseled")
    return center


def test_nobody_is_placed_before_the_interview() -> None:
    center = PaperCenter(case_of_a(Need.JOB))

    center.opens()

    assert not center.referral("employment-success-package").exists


def test_after_the_interview_client_a_enters_the_program_of_her_year() -> None:
    center = counseled()

    assert ("employment-success-package", "seoul-west-employment-center") == center.asked()[-1]
    assert not center.referral("national-employment-support").exists


def test_from_2021_on_the_statutory_program_takes_its_place() -> None:
    center = PaperCenter(
        case_of_a(Need.JOB, today=date(2021, 3, 2), worked_days_24m=200), now=datetime(2021, 3, 2, 1, tzinfo=UTC)
    )
    center.opens()

    center.agency("job-counseling", "completed", outcome="counseled")

    assert not center.referral("employment-success-package").exists
    assert ReferralState.REQUESTED is center.state("national-employment-support")


def test_an_agency_looks_for_a_job_when_the_program_reaches_its_third_stage() -> None:
    center = counseled()
    program = "employment-success-package"

    for milestone in ("applied", "qualified", "stage1", "stage2"):
        center.agency(program, "progressed", milestone=milestone)
    assert not center.referral("job-placement").exists
    center.agency(program, "progressed", milestone="stage3")

    assert "job-placement" == center.asked()[-1][0] or ReferralState.DRAFTED is center.state("job-placement")
    assert "mid-career-job-hope-center" == center.referral("job-placement").agency


@pytest.mark.parametrize(
    ("word", "told", "searched"),
    [
        ("completed", {"outcome": "not_qualified"}, True),
        ("declined", {"reason": "on_unemployment_benefit"}, True),
        ("declined", {"reason": "capacity_full"}, True),
        ("declined", {"reason": "client_refused"}, False),
        ("declined", {"reason": "unreachable"}, False),
    ],
)
def test_an_agency_looks_for_a_job_where_no_office_takes_her_into_the_program(
    word: str, told: dict[str, Any], *, searched: bool
) -> None:
    center = counseled()

    center.agency("employment-success-package", word, **told)

    assert searched == center.referral("job-placement").exists


def test_who_finds_a_job_alone_needs_no_agency_to_look_for_one() -> None:
    center = counseled()
    center.agency("employment-success-package", "progressed", milestone="stage3")
    assert center.referral("job-placement").is_open

    center.agency("employment-success-package", "completed", outcome="employed")

    assert (ReferralState.CANCELLED, "hired") == (
        center.state("job-placement"),
        center.referral("job-placement").reason,
    )
    assert [] == center.told(LetterType.CANCELLED), "a draft was never sent, so nobody needs to hear of its end"
