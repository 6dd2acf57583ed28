"""Who may speak: the addressee, and of the others only who decides; nobody else moves or stops anything."""

from typing import Any

import pytest

from models.vocabulary import AGENCY_EVENTS, Desk, Fate, Happened, ReferralEvent, ReferralState
from models.work import CaseWork, Stuck
from tests.story.people import case_of_a, referral
from tests.unit.models.at_work import EVENING, tell, work_on

S = ReferralState
NOT_THEIRS = (Fate.PARKED, "not_theirs")
APPLIED = (Fate.APPLIED, None)
AID = ("emergency-living-aid", "mapo-welfare-team")
SUBSIDY = ("employment-promotion-subsidy", "sunny-day-care")
#: What a word must bring, in the words of emergency aid.
BRINGS: dict[ReferralEvent, dict[str, Any]] = {
    ReferralEvent.DECLINED: {"reason": "crisis_not_found"},
    ReferralEvent.REDIRECTED: {"redirect_to": "mapo-district-office"},
}
#: What only the addressee can say of itself.
ITS_OWN = sorted(AGENCY_EVENTS - {ReferralEvent.PROGRESSED, ReferralEvent.COMPLETED})


def work_for(program: str, agency: str, state: S = S.IN_PROGRESS, **facts: Any) -> CaseWork:  # noqa: ANN401 - what `case_of_a` takes
    case = case_of_a(referrals=(referral(program, agency, state),), **facts)
    return CaseWork(case=case, desk=Desk.INTAKE, now=EVENING)


@pytest.mark.parametrize("word", ITS_OWN)
@pytest.mark.parametrize("stranger", ["mapo-district-office", "eunpyeong-district-office", "nhis", "baram-books"])
def test_an_answer_is_the_addressees_alone(word: ReferralEvent, stranger: str) -> None:
    work = work_on(referral(*AID, S.RECEIVED))

    assert NOT_THEIRS == tell(work, word, source=f"agency:{stranger}", **BRINGS.get(word, {}))
    assert S.RECEIVED is work.case.referrals[0].state


def test_an_agency_does_not_withdraw_for_the_center() -> None:
    work = work_on(referral(*AID, S.REQUESTED))

    assert (Fate.PARKED, "not_theirs") == tell(work, "withdrawn")


def test_staff_may_speak_for_an_agency_that_telephones() -> None:
    work = work_on(referral(*AID, S.REQUESTED))

    assert (Fate.APPLIED, None) == tell(work, "accepted", source="staff:front-desk")


@pytest.mark.parametrize(
    ("word", "data"),
    [
        ("progressed", {"milestone": "nonsense"}),
        ("progressed", {"lane": "sideways", "milestone": "decided"}),
        ("progressed", {}),
        ("completed", {"outcome": "wonderful"}),
        ("completed", {}),
        ("declined", {"reason": "because"}),
        ("accepted", {"milestone": "nonsense"}),
    ],
)
@pytest.mark.parametrize("stranger", ["baram-books", "mapo-district-office", "no-longer-in-the-catalog"])
def test_a_word_nobody_knows_stops_nothing_when_a_stranger_says_it(
    word: str, data: dict[str, Any], stranger: str
) -> None:
    work = work_on(referral(*AID, S.IN_PROGRESS))

    assert NOT_THEIRS == tell(work, word, source=f"agency:{stranger}", **data)


def test_a_milestone_beside_another_word_is_not_read() -> None:
    work = work_on(referral(*AID, S.REQUESTED))

    assert APPLIED == tell(work, "accepted", milestone="nonsense")


def test_the_addressees_unknown_word_sets_the_case_aside_as_ever() -> None:
    with pytest.raises(Stuck):
        tell(work_on(referral(*AID, S.IN_PROGRESS)), "progressed", milestone="nonsense")


def test_the_insurers_milestone_is_the_insurers_alone() -> None:
    work = work_on(referral("copay-relief", "mapo-welfare-team", S.ACCEPTED), desk=Desk.WELFARE_BENEFITS)

    assert (Fate.PARKED, "not_theirs") == tell(work, "progressed", milestone="recognized")
    assert (Fate.PARKED, "not_theirs") == tell(
        work, "progressed", milestone="recognized", source="agency:mapo-district-office"
    )
    assert (Fate.APPLIED, None) == tell(work, "progressed", milestone="recognized", source="agency:nhis")


@pytest.mark.parametrize(
    ("office", "lives_in", "fate"),
    [
        ("mapo-district-office", "mapo", APPLIED),
        ("eunpyeong-district-office", "mapo", NOT_THEIRS),
        # She has moved: the old district's office and the new one's are competent.
        ("eunpyeong-district-office", "eunpyeong", APPLIED),
        ("mapo-district-office", "eunpyeong", APPLIED),
        ("yongsan-district-office", "eunpyeong", NOT_THEIRS),
        # Nobody knows where she lives: the office of whoever was asked.
        ("mapo-district-office", None, APPLIED),
        ("eunpyeong-district-office", None, NOT_THEIRS),
    ],
)
def test_the_deciding_office_is_that_of_the_district(
    office: str, lives_in: str | None, fate: tuple[Fate, str | None]
) -> None:
    by = f"agency:{office}"

    assert fate == tell(work_for(*AID, district=lives_in), "progressed", milestone="decided", source=by)
    assert fate == tell(work_for(*AID, district=lives_in), "completed", outcome="refused", source=by)


def test_who_decides_nothing_of_a_program_says_nothing_of_it() -> None:
    work = work_for("emergency-living-aid", "mapo-district-office")

    assert NOT_THEIRS == tell(work, "progressed", milestone="decided")


@pytest.mark.parametrize("employer", [None, "baram-books"])
def test_of_a_placement_only_the_employer_who_hired_speaks(employer: str | None) -> None:
    expected = NOT_THEIRS if employer is None else APPLIED
    work = work_for("job-placement", "mapo-outreach-job-team", employer=employer)

    assert NOT_THEIRS == tell(work, "completed", outcome="hired", source="agency:sunny-day-care")
    assert expected == tell(work, "completed", outcome="hired", source="agency:baram-books")
    assert (employer is not None) is any(told.happened is Happened.HIRED for told in work.tells)


def test_a_subsidy_is_spoken_of_by_its_employer_and_by_the_center_of_the_workplace() -> None:
    work = work_for(*SUBSIDY, district="gangseo", employer="sunny-day-care")

    assert APPLIED == tell(work, "progressed", milestone="block1_running", source="agency:sunny-day-care")
    assert NOT_THEIRS == tell(work, "progressed", milestone="block1_claimed", source="agency:baram-books")
    assert NOT_THEIRS == tell(work, "progressed", milestone="block1_paid", source="agency:sunny-day-care")
    center = "agency:seoul-west-employment-center"
    assert APPLIED == tell(work, "progressed", milestone="block1_paid", source=center)


def test_an_office_that_might_have_been_asked_does_not_speak_for_the_one_that_was() -> None:
    work = work_for("financial-counseling", "legal-aid")

    assert NOT_THEIRS == tell(work, "completed", outcome="counseled_only", source="agency:microfinance-desk")
