"""What may follow a program: only when that one is over, and nobody is asked for it in turn."""

from typing import Any

import pytest

from flows.alternatives import barred_by_rules, is_over
from models.vocabulary import ReferralState
from tests.story.people import case_of_a, referral

COUNSELING = "financial-counseling"
S = ReferralState


@pytest.mark.parametrize(
    ("state", "told", "over"),
    [
        (S.ACCEPTED, {}, False),
        (S.COMPLETED, {"outcome": "counseled_only"}, True),
        (S.CANCELLED, {"reason": "client_wish"}, True),
        (S.EXPIRED, {"reason": "silence"}, False),
        (S.REDIRECTED, {"redirect_to": "legal-aid"}, False),
        (S.DECLINED, {"reason": "capacity_full"}, False),
        (S.DECLINED, {"reason": "no_debt"}, True),
        (S.DECLINED, {"reason": "client_refused"}, False),
    ],
)
def test_a_program_is_over_where_no_other_agency_is_asked(
    state: ReferralState, told: dict[str, Any], *, over: bool
) -> None:
    ended = referral(COUNSELING, "microfinance-desk", state, **told)

    assert over == is_over(case_of_a(referrals=(ended,)), COUNSELING)


def test_it_is_over_when_every_agency_has_said_its_own_no() -> None:
    gone = [
        referral(COUNSELING, agency, S.DECLINED, reason="capacity_full", nth=nth)
        for nth, agency in enumerate(("microfinance-desk", "legal-aid"), 1)
    ]

    assert is_over(case_of_a(referrals=tuple(gone)), COUNSELING)


@pytest.mark.parametrize(
    ("reason", "barred"),
    [("no_debt", True), ("not_target", True), ("duplicate", False), ("other", False), ("client_refused", False)],
)
def test_only_the_rules_no_bars_and_not_that_of_an_aid_which_runs_elsewhere(reason: str, *, barred: bool) -> None:
    ended = referral(COUNSELING, "microfinance-desk", S.DECLINED, reason=reason)

    assert barred == barred_by_rules(case_of_a(referrals=(ended,)), COUNSELING)
