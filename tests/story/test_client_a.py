"""Client A's whole journey on paper: one interview in December, every agency that can help, a job in June.

The article's journey (`scenarios/P01-client-a.yaml` plays it over real HTTP). Read this first.
"""

from models.vocabulary import JourneyEvent, LetterType, Need, ReferralState
from tests.properties.checker import violations
from tests.properties.paper import ledger_of
from tests.story.center import PaperCenter
from tests.story.people import AGENCIES_OF_A, case_of_a, consents_to

S = ReferralState
AID, PROGRAM, SUBSIDY = "emergency-living-aid", "employment-success-package", "employment-promotion-subsidy"


def test_client_a_walks_in_once_and_every_agency_is_asked_and_heard() -> None:
    signed = consents_to(None, *AGENCIES_OF_A, "mid-career-job-hope-center")
    center = PaperCenter(case_of_a(Need.LIVING, Need.JOB, consents=signed))

    # Monday, 4 December 2017: she walks in.
    center.opens()
    assert [("job-counseling", "seoul-west-employment-center"), (AID, "mapo-welfare-team")] == center.asked()
    center.agency(AID, "accepted")
    center.agency("job-counseling", "completed", outcome="counseled")

    # Two days later the first aid is paid; that week she enters the job program.
    center.later(days=2)
    for milestone in ("field_checked", "decided", "paid_1"):
        center.agency(AID, "progressed", milestone=milestone)
    for milestone in ("applied", "qualified", "stage1"):
        center.agency(PROGRAM, "progressed", milestone=milestone)

    # January: three benefits on one form, and the debts.
    center.later(days=33)
    center.journey(JourneyEvent.FACTS_CHANGED, facts={"obligor_ok": True})
    center.journey(JourneyEvent.NEEDS_CHANGED, needs=["living", "job", "benefits", "debt"])
    assert {
        ("single-parent-support", "mapo-welfare-team"),
        ("copay-relief", "mapo-welfare-team"),
        ("education-benefit", "mapo-welfare-team"),
        ("financial-counseling", "microfinance-desk"),
    } <= set(center.asked())
    center.agency("financial-counseling", "completed", outcome="advise_rehabilitation")
    center.agency("copay-relief", "progressed", milestone="recognized", by="nhis")
    for benefit in ("single-parent-support", "copay-relief", "education-benefit"):
        center.agency(benefit, "completed", outcome="granted")

    # February to June: aid ends and is found adequate; legal aid files; the court begins.
    center.later(days=43)
    center.agency(AID, "completed", outcome="ended")
    center.agency(AID, "progressed", lane="review", milestone="adequate")
    center.agency("individual-rehabilitation", "progressed", milestone="filed")
    center.later(days=100)
    center.agency("individual-rehabilitation", "progressed", milestone="commenced", by="seoul-bankruptcy-court")
    center.agency(PROGRAM, "progressed", milestone="stage3")

    # 18 June 2018: a day-care center hires her, and whoever must know of it is told.
    center.later(days=18)
    learned = {"program_completed": True, "program_completed_on": "2018-05-25", "employer": "sunny-day-care"}
    center.journey(JourneyEvent.FACTS_CHANGED, facts=learned)
    center.agency("job-placement", "completed", outcome="hired")
    center.agency(PROGRAM, "completed", outcome="employed")
    center.agency(SUBSIDY, "progressed", milestone="block1_running")

    assert {
        AID: S.COMPLETED,
        "single-parent-support": S.COMPLETED,
        "copay-relief": S.COMPLETED,
        "education-benefit": S.COMPLETED,
        "financial-counseling": S.COMPLETED,
        "individual-rehabilitation": S.IN_PROGRESS,
        PROGRAM: S.COMPLETED,
        SUBSIDY: S.IN_PROGRESS,
    }.items() <= {row.program: row.state for row in center.rows.values()}.items()
    assert {
        ("single-parent-support", "hired"),
        ("copay-relief", "hired"),
        ("education-benefit", "hired"),
        ("individual-rehabilitation", "hired"),
        (PROGRAM, "hired"),
    } == set(center.told(LetterType.AMENDED))
    assert {} == center.set_aside
    assert [] == violations(ledger_of(center))
