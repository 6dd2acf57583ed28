"""Several decisions on one referral: each has a right to object of its own, and an upheld one takes what hung on it."""

from datetime import date, timedelta

import pytest

from models.due import DueStatus
from models.vocabulary import ReferralState
from tests.unit.models.telling import KNOWN, Told, last_days

S, D = ReferralState, DueStatus


def aid_stopped() -> Told:
    """Return aid that was stopped on 3 January and closed a fortnight later."""
    told = Told("emergency-living-aid", "2017-12-04", urgent=True).stood("2017-12-05", S.IN_PROGRESS)
    return told.reached("2017-12-06", "decided").reached("2018-01-03", "stopped", lane="review")


def test_a_reclaim_does_not_hide_that_the_right_to_object_to_the_stop_runs_out() -> None:
    told = aid_stopped().stood("2018-01-03 10:10", S.COMPLETED, "stopped")
    told.reached("2018-01-18", "clawback_ordered", lane="review")

    seen = told.seen("2018-01-24")
    assert {"D08-stopped": "2018-02-02", "D08-clawback": "2018-02-17"} == {
        code: last_days(seen[code])[0] for code in seen if code.startswith("D08")
    }
    late = told.reached("2018-02-03", "objection_filed", lane="appeal").seen("2018-02-04")
    assert (D.MET_LATE, D.MET) == (late["D08-stopped"].status, late["D08-clawback"].status), "one day late is late"


def test_a_reminder_of_a_reclaim_gives_its_own_thirty_days() -> None:
    told = aid_stopped().reached("2018-01-18", "clawback_ordered", lane="review")
    told.reached("2018-02-20", "clawback_reminded", lane="review")

    seen = told.seen("2018-02-21")
    assert (D.LATE, D.RUNNING) == (seen["D34-aid"].status, seen["D34-aid-reminded"].status)
    assert "2018-03-22" == last_days(seen["D34-aid-reminded"])[0]
    paid = told.reached("2018-03-20", "clawback_paid", lane="review").seen("2018-03-21")
    assert (D.MET_LATE, D.MET) == (paid["D34-aid"].status, paid["D34-aid-reminded"].status)


def test_an_objection_to_the_stop_is_none_to_a_later_reclaim() -> None:
    told = aid_stopped().reached("2018-01-10", "objection_filed", lane="appeal")
    seen = told.reached("2018-01-18", "clawback_ordered", lane="review").seen("2018-01-24")

    assert (D.MET, D.RUNNING) == (seen["D08-stopped"].status, seen["D08-clawback"].status)


def test_the_outcome_that_closes_what_was_told_before_gives_no_more_time() -> None:
    told = aid_stopped().stood("2018-01-17", S.COMPLETED, "stopped")

    assert "2018-02-02" == last_days(told.seen("2018-01-24")["D08-stopped"])[0]


def test_a_second_stop_after_an_upheld_appeal_is_a_decision_of_its_own() -> None:
    told = (
        aid_stopped()
        .stood("2018-01-17", S.COMPLETED, "stopped")
        .reached("2018-01-20", "objection_filed", lane="appeal")
    )
    told.reached("2018-02-01", "upheld", lane="appeal").stood("2018-02-01", S.IN_PROGRESS)

    again = told.stood("2018-02-20", S.COMPLETED, "stopped").seen("2018-02-21")["D08-stopped"]
    assert ("2018-03-22", D.RUNNING) == (last_days(again)[0], again.status)


@pytest.mark.parametrize(
    ("program", "lane", "words"),
    [
        ("single-parent-support", "main", {"suspended": "D12-suspended", "terminated": "D12-terminated"}),
        ("copay-relief", "main", {"suspended": "D02-insurer-suspended", "terminated": "D02-insurer-terminated"}),
        ("education-benefit", "main", {"suspended": "D16-suspended", "terminated": "D16-terminated"}),
    ],
)
def test_a_suspension_and_the_end_of_a_benefit_are_two_decisions(
    program: str, lane: str, words: dict[str, str]
) -> None:
    told = Told(program, "2018-01-08").stood("2018-01-31", S.COMPLETED, "granted")
    for day, word in zip(("2018-03-05", "2018-04-02"), words, strict=True):
        told.reached(day, word, lane=lane)
    seen = told.seen("2018-04-10")

    assert ["2018-06-03", "2018-07-01"] == [last_days(seen[code])[0] for code in words.values()]


def test_a_stopped_allowance_does_not_move_the_review_of_what_was_decided_before() -> None:
    told = Told("national-employment-support", "2026-03-03").stood("2026-03-04", S.IN_PROGRESS)
    told.reached("2026-03-25", "not_qualified").reached("2026-05-06", "allowance_stopped", lane="allowance")
    seen = told.seen("2026-05-07")

    assert ["2026-06-23", "2026-08-04"] == [last_days(seen[code])[0] for code in ("D23", "D23-allowance")]


@pytest.mark.parametrize(
    ("program", "asked", "code"),
    [("emergency-living-aid", "objection_filed", "D34-aid"), ("single-parent-support", "review_requested", "D34")],
)
def test_nothing_is_paid_back_after_an_upheld_appeal_but_after_an_older_one_it_is(
    program: str, asked: str, code: str
) -> None:
    told = Told(program, "2017-12-04").stood("2017-12-05", S.IN_PROGRESS)
    told.reached("2017-12-11", "upheld", lane="appeal").reached("2018-01-18", "clawback_ordered", lane="review")

    assert D.LATE is told.seen("2018-02-24")[code].status
    told.reached("2018-02-01", asked, lane="appeal").reached("2018-02-23", "upheld", lane="appeal")
    assert code not in told.seen("2018-02-24")


#: By program: the right a refusal gives, and its days.
RIGHTS = {
    "emergency-living-aid": ("D08", 30),
    "seoul-emergency-aid": ("D02", 90),
    "single-parent-support": ("D12", 90),
    "copay-relief": ("D02-insurer", 90),
    "education-benefit": ("D16", 90),
    "national-employment-support": ("D23", 90),
}


@pytest.mark.parametrize(
    ("program", "reason"),
    [(each.code, reason) for each in KNOWN.programs.values() for reason in each.decline_reasons],
)
def test_a_right_to_object_runs_from_a_decline_on_the_merits_and_from_no_other(program: str, reason: str) -> None:
    asked = max(date(2026, 3, 3), KNOWN.program(program).valid_from)
    seen = Told(program, asked.isoformat()).stood("2026-03-05", S.DECLINED, declined=reason).seen("2026-03-06")

    whose = KNOWN.program(program).decline_reason(reason).whose
    decides = reason == "data_refused" or (whose == "rules" and reason != "duplicate")
    code, days = RIGHTS.get(program, ("", 0))
    expected = {code: (date(2026, 3, 5) + timedelta(days=days)).isoformat()} if code and decides else {}
    assert expected == {each.code: last_days(each)[0] for each in seen.values() if each.owed_by == "client"}


def test_from_a_refusal_after_the_decline_fell_the_right_runs_anew() -> None:
    told = Told("emergency-living-aid", "2017-12-04").stood("2017-12-05", S.DECLINED, declined="crisis_not_found")
    told.reached("2017-12-20", "objection_filed", lane="appeal").reached("2017-12-28", "upheld", lane="appeal")
    told.stood("2017-12-28", S.REQUESTED)

    assert D.MET is told.seen("2017-12-29")["D08"].status
    again = told.stood("2018-01-10", S.COMPLETED, "refused").seen("2018-01-11")["D08"]
    assert ("2018-02-09", D.RUNNING) == (last_days(again)[0], again.status)


def test_the_voucher_may_be_claimed_again_once_the_end_of_the_benefit_fell() -> None:
    told = Told("education-benefit", "2026-03-03").stood("2026-03-05", S.IN_PROGRESS).reached("2026-03-20", "decided")
    told.stood("2026-03-20", S.COMPLETED, "granted").reached("2026-06-01", "terminated")
    assert not {"D17", "D40-education"} & told.seen("2026-06-02").keys()

    told.reached("2026-06-10", "objection_filed", lane="appeal").reached("2026-07-10", "rejected", lane="appeal")
    assert "D17" not in told.seen("2026-07-11")
    told.reached("2026-10-05", "second_objection_filed", lane="appeal")
    seen = told.reached("2026-10-30", "second_upheld", lane="appeal").seen("2026-10-31")
    assert ("2027-02-28", D.RUNNING) == (last_days(seen["D17"])[0], seen["D17"].status)
    assert "2027-03-20" == last_days(seen["D40-education"])[0]
