"""Roads out of debt that close: the next one opens, one procedure at a time, and an upheld appeal takes it back."""

from typing import Any

import pytest

from models.vocabulary import JourneyEvent, LetterType, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a

COUNSELING, WORKOUT, REHABILITATION, BANKRUPTCY = (
    "financial-counseling",
    "private-workout",
    "individual-rehabilitation",
    "bankruptcy",
)


def notice(center: PaperCenter, code: str) -> set[str]:
    """Return what a notice is about, by program."""
    return {about.partition(":")[0] for (found, about) in center.notices if found == code}


def indebted(advice: str) -> PaperCenter:
    center = PaperCenter(case_of_a(Need.DEBT))
    center.opens()
    center.agency(COUNSELING, "completed", outcome=advice)
    return center


def test_where_creditors_refuse_the_court_follows() -> None:
    center = indebted("advise_workout")
    center.agency(WORKOUT, "completed", outcome="creditors_refused")

    assert (REHABILITATION, "legal-aid") == center.asked()[-1]
    assert not center.referral(BANKRUPTCY).exists, "one procedure at a time"


def test_what_the_client_gave_up_opens_nothing() -> None:
    center = indebted("advise_workout")

    center.agency(WORKOUT, "completed", outcome="gave_up")

    assert not center.referral(REHABILITATION).exists


@pytest.mark.parametrize(("reason", "opens"), [("over_cap", True), ("duplicate", False), ("client_refused", False)])
def test_the_rules_no_opens_the_next_road_and_nothing_else_does(reason: str, *, opens: bool) -> None:
    center = indebted("advise_workout")

    center.agency(WORKOUT, "declined", reason=reason)

    assert opens == center.referral(REHABILITATION).exists
    assert WORKOUT in notice(center, "declined")


def test_a_dismissed_petition_opens_bankruptcy_to_who_cannot_repay() -> None:
    center = indebted("advise_rehabilitation")

    center.journey(JourneyEvent.FACTS_CHANGED, facts={"income_expected": False})
    center.agency(REHABILITATION, "completed", outcome="dismissed")

    assert (BANKRUPTCY, "legal-aid") == center.asked()[-1]


def test_an_appeal_that_is_upheld_takes_the_petition_up_and_the_alternative_back() -> None:
    center = indebted("advise_rehabilitation")
    center.journey(JourneyEvent.FACTS_CHANGED, facts={"income_expected": False})
    center.agency(REHABILITATION, "completed", outcome="dismissed")
    center.later(days=9)

    center.staff(REHABILITATION, "progressed", lane="appeal", milestone="upheld")

    assert ReferralState.IN_PROGRESS is center.state(REHABILITATION)
    assert (ReferralState.CANCELLED, "overtaken") == (center.state(BANKRUPTCY), center.referral(BANKRUPTCY).reason)


def test_a_procedure_that_goes_over_into_the_other_is_followed() -> None:
    center = indebted("advise_rehabilitation")
    center.agency(REHABILITATION, "progressed", milestone="commenced")

    center.agency(REHABILITATION, "completed", outcome="switched")

    assert (BANKRUPTCY, "legal-aid") == center.asked()[-1]


def test_when_every_road_is_closed_a_person_is_told() -> None:
    center = indebted("advise_bankruptcy")

    center.agency(BANKRUPTCY, "completed", outcome="denied")

    assert {BANKRUPTCY} == notice(center, "no_road_left")


def choose(center: PaperCenter, program: str, agency: str) -> None:
    told = {"program": program, "agency": agency}
    center.put(center.referral(program).desk, "staff:x", JourneyEvent.REFERRAL_CHOSEN, told, None, center.now)
    center.work()


def test_filing_in_court_ends_a_private_workout() -> None:
    center = indebted("advise_rehabilitation")
    choose(center, WORKOUT, "microfinance-desk")

    center.agency(REHABILITATION, "progressed", milestone="filed")

    assert (ReferralState.CANCELLED, "filed_in_court") == (center.state(WORKOUT), center.referral(WORKOUT).reason)


@pytest.mark.parametrize("fell", [{"milestone": "withdrawn"}, {"milestone": "dismissed"}, {"outcome": "dismissed"}])
def test_a_petition_that_fell_shuts_no_workout(fell: dict[str, Any]) -> None:
    center = indebted("advise_rehabilitation")
    center.agency(REHABILITATION, "progressed", milestone="filed")
    center.later(days=60)
    center.agency(REHABILITATION, "completed" if "outcome" in fell else "progressed", **fell)

    choose(center, WORKOUT, "microfinance-desk")
    asked = center.state(WORKOUT)
    center.later(days=1)
    center.staff(REHABILITATION, "progressed", lane="appeal", milestone="upheld")

    assert ReferralState.REQUESTED is asked
    assert (ReferralState.CANCELLED, "filed_in_court") == (center.state(WORKOUT), center.referral(WORKOUT).reason)


def test_a_petition_after_an_agreement_is_told_to_who_brought_it_about_once() -> None:
    center = indebted("advise_workout")
    center.agency(WORKOUT, "completed", outcome="agreed")
    choose(center, REHABILITATION, "legal-aid")

    for milestone in ("filed", "commenced"):
        center.later(days=30)
        center.agency(REHABILITATION, "progressed", milestone=milestone)

    assert [(WORKOUT, "filed_in_court")] == center.told(LetterType.AMENDED)


def test_an_agreement_that_lapsed_is_not_told_of_a_petition() -> None:
    center = indebted("advise_workout")
    center.agency(WORKOUT, "completed", outcome="agreed")
    center.agency(WORKOUT, "progressed", milestone="lapsed")
    choose(center, REHABILITATION, "legal-aid")

    center.agency(REHABILITATION, "progressed", milestone="filed")

    assert [] == center.told(LetterType.AMENDED)
