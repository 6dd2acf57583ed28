"""An office extends a deadline: once, while its time runs, as far as the law goes; what that does to the chase."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import FollowStep, Length
from models.case import ReferralView
from models.chasing import Matter, carried, chase
from models.due import Due, DueStatus
from models.vocabulary import Desk, Fate, ReferralState
from tests.story.people import MORNING, known, referral
from tests.unit.models.at_work import HOUR, tell, work_on
from tests.unit.models.telling import Told, at, last_days
from tests.unit.models.walking import walked_days, walked_months

S, D = ReferralState, DueStatus
KNOWN = known()


def asked(program: str = "single-parent-support", on: str = "2018-01-08") -> Told:
    return Told(program, on).stood(f"{on} 11:00", S.IN_PROGRESS)


def extended(due: Due) -> tuple[str, str | None, str | None]:
    """Return its last day, that before the extension, and that to which it can still be extended."""
    before, further = due.extended_from, due.extendable_to
    return due.due_effective.isoformat(), before and before.isoformat(), further and further.isoformat()


def test_the_extended_day_is_the_due_day_and_the_day_before_is_kept() -> None:
    told = asked().reached("2018-02-07 23:00", "decision_extended")
    due = told.seen("2018-02-20")["D01"]

    assert ("2018-03-09", "2018-02-07", None) == extended(due)
    assert (("2018-03-09", "2018-03-09"), D.RUNNING) == (last_days(due), due.status)
    assert (at("2018-03-10 00:00"), at("2018-02-08 00:00")) == (due.due_at, due.due_at_before)
    assert D.LATE is told.seen("2018-03-10 00:00")["D01"].status
    assert D.MET is told.reached("2018-03-09", "decided").seen("2018-03-20")["D01"].status


def test_what_is_extended_after_the_last_day_stays_late() -> None:
    told = asked().reached("2018-02-08 00:00", "decision_extended")

    for now, met in (("2018-02-20", D.LATE), ("2018-03-05", D.MET_LATE)):
        due = told.reached("2018-02-25", "decided").seen(now)["D01"]
        assert (("2018-02-07", None, "2018-03-09"), met) == (extended(due), due.status)


def test_a_second_extension_extends_nothing() -> None:
    told = asked().reached("2018-02-01", "decision_extended").reached("2018-03-01", "decision_extended")

    assert ("2018-03-09", "2018-02-07", None) == extended(told.seen("2018-03-02")["D01"])


def test_an_extension_still_to_come_or_after_the_decision_changes_nothing() -> None:
    told = asked().reached("2018-02-03", "decision_extended")

    assert ("2018-02-07", None, "2018-03-09") == extended(told.seen("2018-02-02")["D01"])
    assert ("2018-02-07", None, "2018-03-09") == extended(
        told.reached("2018-02-02", "decided").seen("2018-02-04")["D01"]
    )


def test_an_extension_is_of_the_time_that_runs_and_not_of_the_next() -> None:
    told = asked("seoul-emergency-aid").stood("2018-02-01", S.COMPLETED, "refused")
    told.reached("2018-02-05", "objection_filed", lane="appeal").reached(
        "2018-02-10", "decision_extended", lane="appeal"
    )
    first = told.seen("2018-02-11")["D03"]
    again = told.reached("2018-03-05", "objection_filed", lane="appeal").seen("2018-03-06")["D03"]

    assert ("2018-02-25", "2018-02-15", None) == extended(first)
    assert ("2018-03-15", None, "2018-03-25") == extended(again)


def test_each_of_two_clocks_has_its_own_word() -> None:
    told = asked("national-employment-support", "2026-03-03").reached("2026-03-25", "qualified")
    seen = told.reached("2026-04-23", "plan_extended").seen("2026-04-24")

    assert ("2026-04-03", None, "2026-04-10") == extended(seen["D18"])
    assert ("2026-05-02", "2026-04-25", None) == extended(seen["D19"])
    assert ("2027-09-25", "2027-03-25", None) == extended(
        told.reached("2027-03-01", "service_extended").seen("2027-03-02")["D20"]
    )


# Against walking

HOLDS = st.lists(st.tuples(st.integers(1, 40), st.booleans()), max_size=6)


@given(HOLDS, st.integers(0, 150))
def test_thirty_days_and_thirty_more_with_their_stops_as_walked(
    holds: list[tuple[int, bool]], extended_in: int
) -> None:
    start = day = date(2018, 1, 8)
    told, still = asked(), set[date]()
    for days, held in holds:
        told.stood(f"{day} 12:00", S.ON_HOLD if held else S.IN_PROGRESS)
        still |= {day + timedelta(days=nth) for nth in range(1, days + 1)} if held else set()
        day += timedelta(days=days)
    told.stood(f"{day} 12:00", S.IN_PROGRESS)
    word = start + timedelta(days=extended_in)
    told.reached(f"{word} 12:00", "decision_extended")
    now = max(day, word)

    first = _last_day(start, 30, still)
    last = _last_day(start, 60, still) if word <= first else first

    due = told.seen(f"{now} 13:00")["D01"]
    assert (last, first if word <= first else None) == (due.due_raw, due.extended_from)


def _last_day(start: date, days: int, still: set[date]) -> date:
    """Walk so many days; a standstill that begins when the last of them is over does not count."""
    last = walked_days(start, days, still)
    # A last day on which the clock stops goes on counting its nights, as the hold began before it was over.
    while last + timedelta(days=1) in still:
        last += timedelta(days=1)
    return last


@dataclass(frozen=True)
class Counted:
    """A deadline of months: what tells of it, and how its two parts are walked."""

    code: str
    program: str
    begins: tuple[str, ...]
    extends: str
    first: Callable[[date], date]
    more: Callable[[date], date]


SUPPORT: Final = ("national-employment-support", ("qualified",))
MONTHS: Final = [
    Counted("D19", *SUPPORT, "plan_extended", lambda day: walked_months(day, 1), lambda day: walked_days(day, 7)),
    Counted("D20", *SUPPORT, "service_extended", lambda day: walked_months(day, 12), lambda day: walked_months(day, 6)),
    Counted(
        "D29-term",
        "individual-rehabilitation",
        ("filed", "confirmed"),
        "term_extended",
        lambda day: walked_months(day, 36),
        lambda day: walked_months(day, 24),
    ),
]


@given(st.sampled_from(MONTHS), st.dates(date(2018, 7, 1), date(2026, 6, 30)), st.integers(0, 1500))
def test_months_and_what_is_added_as_walked(counted: Counted, start: date, extended_in: int) -> None:
    told = asked(counted.program, f"{start - timedelta(days=3)}").reached(f"{start} 09:00", *counted.begins)
    said, first = start + timedelta(days=extended_in), counted.first(start)
    told.reached(f"{said} 12:00", counted.extends)

    due = told.seen(f"{said} 13:00")[counted.code]

    if said <= first:
        assert (counted.more(first), first) == (due.due_raw, due.extended_from)
    else:
        assert (first, None) == (due.due_raw, due.extended_from)


# Hearing it


def test_a_second_extension_is_parked_and_the_first_told_again_is_quiet() -> None:
    work = work_on(referral("single-parent-support", "mapo-welfare-team", S.IN_PROGRESS), desk=Desk.WELFARE_BENEFITS)

    assert (Fate.APPLIED, None) == tell(work, "progressed", milestone="decision_extended", hours=1)
    assert (Fate.ALREADY_KNOWN, None) == tell(work, "progressed", milestone="decision_extended", hours=1)
    assert (Fate.PARKED, "already_extended") == tell(work, "progressed", milestone="decision_extended", hours=2)
    assert MORNING + HOUR == work.case.referrals[0].reached("decision_extended")
    assert ["event_parked"] == [notice.code for notice in work.notices]


def test_what_began_anew_may_be_extended_anew() -> None:
    work = work_on(referral("seoul-emergency-aid", "mapo-welfare-team", S.COMPLETED, outcome="refused"))
    said = ["objection_filed", "decision_extended", "rejected", "objection_filed", "decision_extended"]

    told = [
        tell(work, "progressed", milestone=word, lane="appeal", hours=24 * (nth - 20)) for nth, word in enumerate(said)
    ]

    assert {(Fate.APPLIED, None)} == set(told)


# Following it


def matter(due: Due) -> Matter:
    plan = KNOWN.follow_ups["D01"]
    deadline = next(each for each in KNOWN.deadlines if each.code == "D01")
    view = ReferralView(
        id=UUID(int=7),
        program="single-parent-support",
        agency="mapo-welfare-team",
        desk=Desk.WELFARE_BENEFITS,
        application_date=date(2018, 1, 8),
        state=S.IN_PROGRESS,
    )
    return Matter(referral=view, due=due, deadline=deadline, steps=plan.steps)


def steps_at(told: Told, now: str, done: dict[int, datetime]) -> list[int]:
    found = matter(told.seen(now)["D01"])
    return [act.step for act in chase(found, done, at(now).astimezone(UTC), KNOWN.calendars).acts]


def test_nobody_is_reminded_of_the_old_day_and_everybody_of_the_new_one() -> None:
    told = asked()
    assert [1] == steps_at(told, "2018-02-08", {})
    told.reached("2018-02-06", "decision_extended")

    assert [] == steps_at(told, "2018-02-08", {})
    assert [] == steps_at(told, "2018-03-09 23:00", {})
    assert [1] == steps_at(told, "2018-03-12", {})
    looks = chase(matter(told.seen("2018-02-08")["D01"]), {}, at("2018-02-08"), KNOWN.calendars).next_at
    assert at("2018-03-12 00:00") == looks


@pytest.mark.parametrize(("before", "kept"), [(2, []), (40, [1])])
def test_what_warned_of_the_old_day_does_not_warn_again_where_its_time_for_the_new_one_had_come(
    before: int, kept: list[int]
) -> None:
    told = asked().reached("2018-02-06", "decision_extended")
    found = matter(told.seen("2018-02-08")["D01"])
    step = FollowStep(before=Length(days=before), does="staff", notice="bonus_opens")
    warned = Matter(referral=found.referral, due=found.due, deadline=found.deadline, steps=(step,))

    assert kept == list(carried(warned, {1: at("2018-02-01")}, KNOWN.calendars))
