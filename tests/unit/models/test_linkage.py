"""The linkage report: what it counts, what it leaves out, and what is hidden from outside."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from models.counting import start_of
from models.jobs import Job
from models.linkage import (
    Counted,
    Days,
    Hire,
    agency_lines,
    days,
    days_by_leg,
    days_by_turn,
    hire_in,
    hires_kept,
    suppress,
)
from models.turns import Move, turns_of
from models.vocabulary import Desk, ReferralState

S = ReferralState
NOON = datetime(2025, 3, 3, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def counted(*steps: tuple[float, ReferralState], until: float = 30, **said: str) -> Counted:
    """Return a referral that took these steps, each so many days after the first noon."""
    moves = [
        Move(NOON + when * DAY, state, said.get("outcome") if state is S.COMPLETED else None) for when, state in steps
    ]
    return Counted(
        agency="nhis",
        desk=Desk.INTAKE,
        reason=said.get("reason"),
        outcome=said.get("outcome"),
        turns=turns_of(moves, NOON + until * DAY),
    )


ASKED = ((0, S.DRAFTED), (0, S.REQUESTED), (0, S.RECEIVED))
GRANTED = counted(*ASKED, (2, S.ACCEPTED), (4, S.ON_HOLD), (7, S.IN_PROGRESS), (10, S.COMPLETED), outcome="granted")
REFUSED = counted(*ASKED, (1, S.DECLINED), reason="capacity_full")
SILENT = counted(*ASKED, (20, S.EXPIRED), reason="silence")
NEVER_CAME = counted(*ASKED, (2, S.ACCEPTED), (29, S.EXPIRED), reason="no_show")
AT_WORK = counted(*ASKED, (3, S.ACCEPTED))
ONLY_A_DRAFT = counted((0, S.DRAFTED))
A_SLIP = counted(*ASKED, (1, S.ENTERED_IN_ERROR))
EVERYTHING = [GRANTED, REFUSED, SILENT, NEVER_CAME, AT_WORK, ONLY_A_DRAFT, A_SLIP]


def test_a_referral_is_named_with_the_days_each_party_held_it() -> None:
    row = replace(GRANTED, number="R-2025-000001-1", program="copay-relief").row()

    assert {
        "number": "R-2025-000001-1",
        "program": "copay-relief",
        "agency": "nhis",
        "state": "completed",
        # asked for four days and at work for three; the client had papers to bring for three
        "days": {"center": 0.0, "agency": 7.0, "client": 3.0},
    } == row


def test_each_referral_that_was_sent_is_counted_once_where_it_stands() -> None:
    (line,) = agency_lines(EVERYTHING)

    assert ("nhis", 5, 4, 3) == (line["agency"], line["sent"], line["replied"], line["accepted"])
    assert {"granted": 1} == line["completed"]
    assert {"capacity_full": 1} == line["declined"]
    assert (1, 1, 1) == (line["expired"], line["no_show"], line["in_service"])
    assert (80.0, 60.0, 20.0) == (line["reply_rate"], line["acceptance_rate"], line["no_show_rate"])


def test_someone_who_never_came_is_no_refusal() -> None:
    (line,) = agency_lines([NEVER_CAME])

    assert {} == line["declined"]
    assert 1 == line["no_show"]


def test_the_days_of_closed_referrals_are_told_by_leg() -> None:
    took = days_by_leg(EVERYTHING)

    assert Days(4 + 1, 10.0, 29.0) == took["intake"]
    assert Days(0, None, None) == took["debt-relief"]


def test_the_days_are_told_by_whose_turn_it_was() -> None:
    assert Days(1, 3.0, 3.0) == days_by_turn([GRANTED])["client"]
    assert Days(1, 7.0, 7.0) == days_by_turn([GRANTED])["agency"]
    assert Days(1, 0.0, 0.0) == days_by_turn([GRANTED])["center"]


def test_the_slow_end_is_the_nearest_rank() -> None:
    assert Days(10, 5.5, 9.0) == days(DAY * nth for nth in range(1, 11))
    assert Days(1, 4.0, 4.0) == days([4 * DAY])


def job(since: date, until: date | None = None) -> Job:
    return Job(start_of(since), None if until is None else start_of(until))


def test_of_a_journey_the_first_hire_of_the_period_counts_and_its_loss_whenever_it_was() -> None:
    jobs = [
        job(date(2025, 1, 10), date(2025, 2, 1)),
        job(date(2025, 3, 1), date(2025, 5, 3)),
        job(date(2025, 3, 31)),
    ]

    march, april = (date(2025, 3, 1), date(2025, 3, 31)), (date(2025, 4, 1), date(2025, 4, 30))
    assert Hire(date(2025, 3, 1), date(2025, 5, 3)) == hire_in(jobs, *march)
    assert Hire(date(2025, 3, 31)) == hire_in(jobs[2:], *march)
    assert hire_in(jobs, *april) is None


def test_kept_means_six_full_months() -> None:
    hires = [
        Hire(date(2025, 1, 10)),  # six months are over on 2025-07-10
        Hire(date(2025, 1, 10), date(2025, 7, 9)),  # a day too early
        Hire(date(2025, 1, 10), date(2025, 7, 10)),
        Hire(date(2025, 1, 11)),  # not due yet
    ]

    kept = hires_kept(hires, date(2025, 7, 10))

    assert {"hired": 4, "due": 3, "kept": 2, "kept_rate": 66.7} == kept
    assert {"hired": 0, "due": 0, "kept": 0, "kept_rate": None} == hires_kept([], date(2025, 7, 10))


def test_small_counts_are_hidden_from_outside_and_none_is_not_small() -> None:
    (hidden,) = suppress(agency_lines([REFUSED] * 6 + [GRANTED] * 4), 5)

    assert 10 == hidden["sent"]
    assert {"capacity_full": 6} == hidden["declined"]
    assert {"granted": None} == hidden["completed"]
    assert 0 == hidden["expired"]
