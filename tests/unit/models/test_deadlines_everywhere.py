"""Deadlines that any referral can have: the center's own expectations, facts that lapse, referrals that end."""

from datetime import date

import pytest

from models.due import DueStatus
from models.facts import Facts
from models.vocabulary import ReferralState
from tests.unit.models.telling import Told, at, last_days

S, D = ReferralState, DueStatus


def test_receipt_answer_and_reply_of_a_normal_referral() -> None:
    told = Told("financial-counseling", "2017-12-08 17:00")
    asked = told.seen("2017-12-08 18:00")

    assert ["2017-12-11", "2017-12-13", "2017-12-22"] == [
        last_days(asked[code])[0] for code in ("D35-receipt", "D35-answer", "D35-reply")
    ]
    told.stood("2017-12-08 17:01", S.RECEIVED)
    silent = told.seen("2017-12-14")
    assert (D.MET, D.LATE, D.RUNNING) == (
        silent["D35-receipt"].status,
        silent["D35-answer"].status,
        silent["D35-reply"].status,
    )
    answered = told.stood("2017-12-15", S.ACCEPTED).seen("2017-12-23")
    assert (D.MET_LATE, D.LATE) == (answered["D35-answer"].status, answered["D35-reply"].status)


def test_an_urgent_one_is_received_in_four_working_hours_and_answered_in_a_day() -> None:
    seen = Told("emergency-living-aid", "2017-12-08 17:00", urgent=True).seen("2017-12-09")

    assert at("2017-12-11 12:00") == seen["D35-receipt-urgent"].due_at
    assert at("2017-12-09 17:00") == seen["D35-answer-urgent"].due_at
    assert not {"D35-receipt", "D35-answer"} & seen.keys()
    assert at("2017-12-09 17:00") == seen["D04"].due_at
    assert at("2017-12-11 17:00") == seen["D05"].due_at


def test_a_referral_asked_again_is_counted_from_the_second_asking() -> None:
    told = Told("financial-counseling", "2017-12-04").stood("2017-12-04 12:00", S.DECLINED)
    told.stood("2017-12-04 15:00", S.DRAFTED).stood("2017-12-04 16:00", S.REQUESTED)

    due = told.seen("2017-12-05")["D35-answer"]
    assert ("2017-12-07", D.RUNNING) == (last_days(due)[0], due.status)


@pytest.mark.parametrize("state", [S.CANCELLED, S.DECLINED, S.EXPIRED, S.REDIRECTED, S.FAILED])
def test_what_nobody_owes_any_more_is_not_listed(state: ReferralState) -> None:
    told = Told("single-parent-support", "2018-01-08").stood("2018-01-09", S.RECEIVED)
    seen = told.stood("2018-01-10", state).seen("2018-06-01")

    assert "D01" not in seen
    assert "D35-receipt" in seen
    assert D.LATE not in {due.status for due in seen.values()}
    assert date(2023, 1, 10) == seen["D38"].due_raw


def test_a_draft_has_only_its_own_deadline_and_an_error_has_none() -> None:
    told = Told("single-parent-support", "2018-01-08")
    erroneous = told.stood("2018-01-10", S.ENTERED_IN_ERROR).seen("2018-06-01")
    told.moves = told.moves[:1]

    assert {} == erroneous
    draft = told.seen("2018-06-01")
    assert {"D35-draft"} == draft.keys()
    assert ("2018-01-22", D.OPEN) == (last_days(draft["D35-draft"])[0], draft["D35-draft"].status)


def test_a_registration_lapses_after_three_months_and_a_later_one_begins_anew() -> None:
    told = Told("job-placement", "2017-12-11").stood("2017-12-12", S.IN_PROGRESS)
    assert "D36" not in told.seen("2018-01-01")
    told.facts = Facts(job_seeker_registered_on=date(2017, 12, 4))

    assert ("2018-03-04", "2018-03-05") == last_days(told.seen("2018-01-01")["D36"])
    assert D.LAPSED is told.seen("2018-03-06")["D36"].status
    told.facts = Facts(job_seeker_registered_on=date(2018, 3, 2))
    assert "2018-06-02" == last_days(told.seen("2018-03-06")["D36"])[0]


def test_the_voucher_of_2026_ends_on_the_next_working_day_after_a_sunday() -> None:
    told = Told("education-benefit", "2026-03-03").stood("2026-03-04", S.IN_PROGRESS).reached("2026-04-01", "decided")
    old = Told("education-benefit", "2018-01-08").stood("2018-01-09", S.IN_PROGRESS).reached("2018-02-05", "decided")

    assert ("2027-02-28", "2027-03-02") == last_days(told.seen("2026-05-01")["D17"])
    assert "D17" not in old.seen("2018-05-01")


@pytest.mark.parametrize(
    ("facts", "owed"),
    [
        (Facts(livelihood_recipient=True), False),
        (Facts(livelihood_recipient=True, livelihood_recipient_from=date(2018, 3, 6)), False),
        (Facts(livelihood_recipient=False, livelihood_recipient_from=date(2017, 12, 26)), False),
        (Facts(medical_aid_recipient=False, medical_aid_recipient_from=date(2017, 12, 26)), False),
        (Facts(livelihood_recipient=False), True),
        (Facts(livelihood_recipient=True, livelihood_recipient_from=date(2018, 3, 7)), True),
        (Facts(livelihood_recipient=False, livelihood_recipient_from=date(2015, 1, 1)), True),
    ],
    ids=["undated", "in time", "over again", "medical aid", "never", "too late", "over long before"],
)
def test_who_became_a_recipient_before_the_adequacy_review_was_due_is_spared_it_for_good(
    facts: Facts,
    owed: bool,  # noqa: FBT001 - a case of the table
) -> None:
    told = Told("emergency-living-aid", "2017-12-04", urgent=True).stood("2017-12-04 11:00", S.IN_PROGRESS)
    told.reached("2017-12-06", "decided").stood("2018-01-06", S.COMPLETED, "ended")
    told.facts = facts

    assert owed is ("D11" in told.seen("2018-11-01"))
