"""The deadlines of a referral, by the personas' own dates: when each is due, whether it was met, who is late."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.case import ReferralView
from models.due import DueStatus
from models.vocabulary import Desk, ReferralState
from tests.unit.models.telling import Told, at, last_days

S, D = ReferralState, DueStatus


# P01: client A


def test_p01_the_post_check_is_due_on_a_saturday_that_does_not_move() -> None:
    told = Told("emergency-living-aid", "2017-12-04", urgent=True).stood("2017-12-04 11:00", S.IN_PROGRESS)
    told.reached("2017-12-05", "field_checked").reached("2017-12-06", "decided", "paid_1")
    before = told.seen("2017-12-20")["D06"]
    after = told.reached("2017-12-29", "post_checked", lane="review").seen("2018-01-20")["D06"]

    assert ("2018-01-06", "2018-01-06") == last_days(before)
    assert (D.RUNNING, D.MET) == (before.status, after.status)
    assert at("2017-12-29") == after.met_at


def test_p01_each_extension_is_decided_three_days_before_the_month_ends() -> None:
    told = Told("emergency-living-aid", "2017-12-04", urgent=True).stood("2017-12-04 11:00", S.IN_PROGRESS)
    told.reached("2017-12-06", "decided", "paid_1")

    assert D.LATE is told.seen("2018-01-04")["D07-second"].status
    told.reached("2018-01-02", "extension_decided_2").reached("2018-02-02", "extension_decided_3")
    seen = told.seen("2018-03-01")
    assert ("2018-01-03", D.MET) == (last_days(seen["D07-second"])[0], seen["D07-second"].status)
    assert ("2018-02-03", D.MET) == (last_days(seen["D07-third"])[0], seen["D07-third"].status)
    assert "D07" not in seen
    assert D.MET is told.reached("2018-03-06", "ended").seen("2018-03-07")["D07-third"].status


def test_no_extension_is_owed_once_the_aid_has_ended() -> None:
    told = Told("emergency-living-aid", "2017-12-04", urgent=True).stood("2017-12-04 11:00", S.IN_PROGRESS)
    told.reached("2017-12-06", "decided", "paid_1").stood("2018-01-06", S.COMPLETED, "ended")

    assert not {"D07-second", "D07-third"} & told.seen("2018-01-07").keys()


def test_since_december_2023_the_aid_runs_three_months() -> None:
    told = Told("emergency-living-aid", "2024-01-08", urgent=True).reached("2024-01-10", "decided")
    seen = told.stood("2024-01-09", S.IN_PROGRESS).seen("2024-01-12")

    assert "2024-04-07" == last_days(seen["D07"])[0]
    assert not {"D07-second", "D07-third"} & seen.keys()


def test_p01_the_benefit_is_decided_in_thirty_days() -> None:
    told = Told("single-parent-support", "2018-01-08").stood("2018-01-09", S.IN_PROGRESS)
    due = told.seen("2018-01-10")["D01"]

    assert ("2018-02-07", "2018-02-07") == last_days(due)
    assert date(2018, 3, 9) == due.extendable_to
    assert D.RUNNING is told.seen("2018-02-07 23:59")["D01"].status
    assert D.LATE is told.seen("2018-02-08 00:00")["D01"].status
    assert D.MET is told.reached("2018-01-31", "decided").seen("2018-02-20")["D01"].status


def test_p01_the_insurer_has_a_clock_of_its_own() -> None:
    told = Told("copay-relief", "2018-01-08").stood("2018-01-09", S.IN_PROGRESS).reached("2018-01-19", "notified_nhis")
    seen = told.seen("2018-01-20")

    assert ("2018-01-22", "agency", D.MET) == (last_days(seen["D13"])[0], seen["D13"].owed_by, seen["D13"].status)
    assert ("2018-02-03", "nhis", D.RUNNING) == (last_days(seen["D14"])[0], seen["D14"].owed_by, seen["D14"].status)
    assert D.MET is told.reached("2018-02-02", "recognized").seen("2018-02-10")["D14"].status


def test_p01_the_court_is_late_and_nobody_is_chased() -> None:
    told = Told("individual-rehabilitation", "2018-02-01").stood("2018-02-02", S.IN_PROGRESS)
    told.reached("2018-02-20", "filed").reached("2018-03-05", "plan_submitted")
    seen = told.seen("2018-03-21")

    assert ("2018-03-06", D.MET) == (last_days(seen["D26"])[0], seen["D26"].status)
    assert ("2018-03-20", D.INFORMATIONAL_LATE) == (last_days(seen["D27"])[0], seen["D27"].status)
    assert seen["D27"].informational
    late = told.reached("2018-06-01", "commenced").seen("2018-06-18")["D27"]
    assert (D.INFORMATIONAL_LATE, at("2018-06-01")) == (late.status, late.met_at)


def test_p01_a_plan_filed_before_june_2018_may_take_five_years() -> None:
    told = Told("individual-rehabilitation", "2018-02-01").stood("2018-02-02", S.IN_PROGRESS)
    before = told.reached("2018-02-20", "filed").reached("2018-09-03", "confirmed").seen("2018-10-01")
    told = Told("individual-rehabilitation", "2018-06-01").stood("2018-06-02", S.IN_PROGRESS)
    since = told.reached("2018-06-13", "filed").reached("2018-09-03", "confirmed").seen("2018-10-01")

    assert "2023-09-03" == last_days(before["D29-term-before"])[0]
    assert ("2021-09-03", date(2023, 9, 3)) == (last_days(since["D29-term"])[0], since["D29-term"].extendable_to)
    assert "D29-term" not in before
    assert "D29-term-before" not in since


def test_p01_blocks_and_bonuses_open_on_their_day_and_nobody_is_late() -> None:
    subsidy = Told("employment-promotion-subsidy", "2018-06-18").stood("2018-06-18 13:00", S.ACCEPTED)
    seen = subsidy.reached("2018-06-18 15:00", "hired").seen("2018-12-17")
    bonus = Told("employment-success-package", "2017-12-07").stood("2017-12-14", S.IN_PROGRESS)
    bonus.reached("2018-06-18", "employed").stood("2018-06-18 11:00", S.COMPLETED, "employed")
    opening = bonus.seen("2018-06-20")

    assert ("2018-12-18", D.RUNNING) == (last_days(seen["D30-block1"])[0], seen["D30-block1"].status)
    assert ("2018-03-18", "2019-06-18") == (last_days(seen["D32-from"])[0], last_days(seen["D32"])[0])
    assert D.OPEN is subsidy.seen("2018-12-18 00:00")["D30-block1"].status
    assert D.MET is subsidy.reached("2018-12-20", "block1_claimed").seen("2019-01-05")["D30-block1"].status
    assert ["2018-09-18", "2018-12-18", "2019-06-18"] == [
        last_days(opening[code])[0] for code in ("D25-3m", "D25-6m", "D25-12m")
    ]


def test_p01_the_hire_is_reported_to_a_benefit_that_was_asked_before_it() -> None:
    hired = Told("job-placement", "2018-05-28").reached("2018-06-18", "hired")
    told = Told("single-parent-support", "2018-01-08").stood("2018-01-31", S.COMPLETED, "granted")
    told.others = (placement(hired),)
    seen = told.seen("2018-06-20")["D33"]

    assert ("2018-07-02", "client", D.RUNNING) == (last_days(seen)[0], seen.owed_by, seen.status)
    assert D.MET is told.reached("2018-06-22", "change_reported", lane="review").seen("2018-08-01")["D33"].status
    later = Told("single-parent-support", "2018-07-02").stood("2018-07-03", S.IN_PROGRESS)
    later.others = told.others
    assert "D33" not in later.seen("2018-07-10")
    refused = Told("single-parent-support", "2018-01-08").stood("2018-01-31", S.COMPLETED, "refused")
    refused.others = told.others
    assert "D33" not in refused.seen("2018-06-20")


@pytest.mark.parametrize("outcome", ["gave_up", "moved_away", "died", "withdrawn", "refused", "dismissed"])
def test_no_hire_is_reported_to_a_benefit_that_never_was(outcome: str) -> None:
    hired = Told("job-placement", "2018-05-28").reached("2018-06-18", "hired")
    told = Told("single-parent-support", "2018-01-08").stood("2018-01-31", S.COMPLETED, outcome)
    told.others = (placement(hired),)

    assert "D33" not in told.seen("2018-06-20")


@pytest.mark.parametrize("outcome", ["gave_up", "moved_away", "died", "withdrawn", "ended", "stopped"])
def test_nobody_decides_on_more_of_an_aid_that_is_over(outcome: str) -> None:
    told = (
        Told("emergency-living-aid", "2024-03-04").stood("2024-03-05", S.IN_PROGRESS).reached("2024-03-06", "decided")
    )
    assert "D07" in told.seen("2024-03-08")

    assert "D07" not in told.stood("2024-03-10", S.COMPLETED, outcome).seen("2024-06-10")


def test_an_upheld_appeal_begins_the_clock_of_the_first_aid_anew() -> None:
    told = Told("emergency-living-aid", "2018-01-08").stood("2018-01-09", S.COMPLETED, "refused")
    told.reached("2018-02-12", "upheld", lane="appeal").stood("2018-02-12 10:05", S.IN_PROGRESS)

    late = told.seen("2018-02-16")["D05"]
    assert (at("2018-02-15"), D.LATE) == (late.due_at, late.status)
    assert D.MET is told.reached("2018-02-14", "paid_1").seen("2018-02-16")["D05"].status


def test_an_upheld_appeal_that_takes_nothing_up_again_begins_no_clock() -> None:
    told = Told("emergency-living-aid", "2018-01-08").reached("2018-01-10", "decided", "paid_1")
    told.stood("2018-04-10", S.COMPLETED, "ended").reached("2018-05-12", "upheld", lane="appeal")

    assert D.LATE is not told.seen("2018-06-16").get("D05", told.seen("2018-06-16")["D04"]).status


def placement(told: Told) -> ReferralView:
    """Return a placement that ended with a hire, as another referral of the same journey."""
    return ReferralView(
        id=UUID(int=9),
        program=told.program,
        agency="y",
        desk=Desk.JOB_PLACEMENT,
        application_date=told.application,
        state=S.COMPLETED,
        outcome="hired",
        heard_at=at("2018-06-18"),
        outcome_at=at("2018-06-18"),
        milestones=tuple(told.milestones),
    )


# P03, P05, P07


def test_p03_the_recognition_is_due_in_a_month_and_a_week_more_with_a_reason() -> None:
    told = Told("national-employment-support", "2026-03-03").stood("2026-03-04", S.IN_PROGRESS)
    due = told.seen("2026-03-10")["D18"]

    assert ("2026-04-03", date(2026, 4, 10)) == (last_days(due)[0], due.extendable_to)


def refused_aid() -> Told:
    told = Told("emergency-living-aid", "2025-04-01", urgent=True).stood("2025-04-02", S.IN_PROGRESS)
    return told.reached("2025-04-02", "field_checked").stood("2025-04-07", S.COMPLETED, "refused")


def test_p05_an_objection_on_the_thirtieth_day_is_in_time() -> None:
    told = refused_aid()

    assert ("2025-05-07", "2025-05-07") == last_days(told.seen("2025-04-10")["D08"])
    told.reached("2025-05-07 23:00", "objection_filed", lane="appeal")
    told.reached("2025-05-16", "forwarded", lane="appeal")
    seen = told.seen("2025-05-20")
    assert D.MET is seen["D08"].status
    assert (("2025-05-17", "2025-05-17"), D.MET) == (last_days(seen["D09"]), seen["D09"].status)
    assert (("2025-05-31", "2025-05-31"), "city") == (last_days(seen["D10"]), seen["D10"].owed_by)
    upheld = told.reached("2025-05-29", "upheld", lane="appeal").stood("2025-05-29", S.IN_PROGRESS).seen("2025-06-02")
    assert [D.MET, D.MET, D.MET] == [upheld[code].status for code in ("D08", "D09", "D10")]


def test_p05_one_day_late_is_late_and_an_unused_right_lapses() -> None:
    late = refused_aid().reached("2025-05-08 09:00", "objection_filed", lane="appeal").seen("2025-05-09")
    unused = refused_aid().seen("2025-05-08 00:00")

    assert D.MET_LATE is late["D08"].status
    assert D.LAPSED is unused["D08"].status


def test_a_clients_right_moves_off_a_saturday_and_both_days_are_kept() -> None:
    told = Told("emergency-living-aid", "2025-03-20", urgent=True).stood("2025-04-03", S.COMPLETED, "refused")
    due = told.seen("2025-05-01")["D08"]

    assert ("2025-05-03", "2025-05-07") == last_days(due)
    assert D.MET is told.reached("2025-05-07", "objection_filed", lane="appeal").seen("2025-05-08")["D08"].status


def test_p07_a_move_keeps_the_day_of_application_and_its_clock() -> None:
    first = Told("single-parent-support", "2024-09-30").stood("2024-10-01", S.IN_PROGRESS)
    second = Told("single-parent-support", "2024-10-10", "2024-09-30").stood("2024-10-11", S.ACCEPTED)

    assert "2024-10-30" == last_days(first.seen("2024-10-05")["D01"])[0]
    assert "D01" not in first.stood("2024-10-10", S.REDIRECTED).seen("2024-10-11")
    assert "2024-10-30" == last_days(second.seen("2024-10-12")["D01"])[0]


# Standing still


def test_a_statutory_clock_stops_while_the_client_owes_papers_and_goes_on_after() -> None:
    told = Told("single-parent-support", "2018-01-08").stood("2018-01-09", S.IN_PROGRESS)
    held = told.stood("2018-01-20", S.ON_HOLD).seen("2018-02-10")["D01"]
    resumed = told.stood("2018-02-10", S.IN_PROGRESS).seen("2018-02-11")["D01"]

    assert ("2018-02-28", D.PAUSED) == (last_days(held)[0], held.status)
    assert ("2018-02-28", D.RUNNING) == (last_days(resumed)[0], resumed.status)
    assert D.LATE is told.seen("2018-03-01")["D01"].status


def test_a_hold_after_the_last_day_saves_nobody() -> None:
    told = Told("single-parent-support", "2018-01-08").stood("2018-01-09", S.IN_PROGRESS)

    assert D.LATE is told.stood("2018-02-08", S.ON_HOLD).seen("2018-02-20")["D01"].status


def test_a_clients_own_clock_and_a_courts_do_not_stop() -> None:
    told = Told("individual-rehabilitation", "2018-02-01").stood("2018-02-02", S.IN_PROGRESS)
    told.reached("2018-02-20", "filed").stood("2018-02-21", S.ON_HOLD)
    seen = told.seen("2018-03-08")

    assert (D.LATE, D.RUNNING) == (seen["D26"].status, seen["D27"].status)


@given(st.lists(st.tuples(st.integers(1, 40), st.booleans()), max_size=6))
def test_a_decision_moves_by_the_nights_the_client_owed_papers_before_it_was_due(holds: list[tuple[int, bool]]) -> None:
    told = Told("single-parent-support", "2018-01-08").stood("2018-01-08 11:00", S.IN_PROGRESS)
    day, held_days, due = date(2018, 1, 8), 0, date(2018, 2, 7)
    for days, held in holds:
        told.stood(f"{day} 12:00", S.ON_HOLD if held else S.IN_PROGRESS)
        held_days += days if held and day <= due + timedelta(days=held_days) else 0
        day += timedelta(days=days)
    told.stood(f"{day} 12:00", S.IN_PROGRESS)

    assert due + timedelta(days=held_days) == told.seen(f"{day} 13:00")["D01"].due_raw
