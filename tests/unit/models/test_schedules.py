"""The follow-ups' hours: the last, the next, whether one was missed and whether one is late, in whatever zone."""

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim

from models.counting import CLOSES_AT, OPENS_AT
from models.schedules import ALLOWED, MADE_UP_FOR, SCHEDULES, is_due, is_late, last_hour, next_hour
from models.vocabulary import FollowUp

SEOUL = ZoneInfo("Asia/Seoul")


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


#: 2026-11-24 is a Tuesday.
@pytest.mark.parametrize(
    ("follow_up", "now", "last", "following"),
    [
        (FollowUp.OVERDUE, "2026-11-24 09:00", "2026-11-24 09:00", "2026-11-24 09:15"),
        (FollowUp.OVERDUE, "2026-11-24 08:59:59", "2026-11-23 17:45", "2026-11-24 09:00"),
        (FollowUp.OVERDUE, "2026-11-27 17:45:01", "2026-11-27 17:45", "2026-11-30 09:00"),
        (FollowUp.RECONCILE, "2026-11-24 00:10", "2026-11-23 01:30", "2026-11-24 01:30"),
        (FollowUp.DIGEST, "2026-11-28 12:00", "2026-11-27 08:00", "2026-11-30 08:00"),
        (FollowUp.KEEPING, "2026-11-24 12:00", "2026-11-22 03:00", "2026-11-29 03:00"),
    ],
)
def test_the_last_hour_and_the_next(follow_up: FollowUp, now: str, last: str, following: str) -> None:
    for zone in (SEOUL, UTC, ZoneInfo("America/New_York")):
        moment = seoul(now).astimezone(zone)

        assert seoul(last) == last_hour(follow_up, moment)
        assert seoul(following) == next_hour(follow_up, moment)


@pytest.mark.parametrize("follow_up", list(FollowUp))
def test_going_forward_and_backward_agree_over_three_weeks(follow_up: FollowUp) -> None:
    hours = CronSim(SCHEDULES[follow_up], seoul("2026-11-01 00:00"))
    each = next(hours)
    for following in hours:
        assert each == last_hour(follow_up, following - timedelta(microseconds=1))
        assert following == next_hour(follow_up, each)
        assert following == last_hour(follow_up, following)
        if following > seoul("2026-11-22 00:00"):
            break
        each = following


def test_a_run_is_wanted_once_for_each_hour() -> None:
    now = seoul("2026-11-24 09:20")

    assert is_due(FollowUp.OVERDUE, None, now)
    assert is_due(FollowUp.OVERDUE, seoul("2026-11-24 09:00"), now)
    assert not is_due(FollowUp.OVERDUE, seoul("2026-11-24 09:15:02"), now)
    assert not is_due(FollowUp.OVERDUE, seoul("2026-11-24 09:14:55"), now), "a worker is some seconds early"


def test_a_clock_that_was_set_back_brings_no_run_twice() -> None:
    assert not is_due(FollowUp.RETENTION, seoul("2026-11-24 07:00:02"), seoul("2026-11-24 06:10"))
    assert not is_due(FollowUp.RETENTION, seoul("2026-11-24 07:00:02"), seoul("2026-11-24 08:10"))


@pytest.mark.parametrize(
    ("follow_up", "now", "wanted"),
    [
        (FollowUp.OVERDUE, "2026-11-24 17:59", True),
        (FollowUp.OVERDUE, "2026-11-24 18:00", False),
        (FollowUp.OVERDUE, "2026-11-24 23:00", False),
        (FollowUp.DIGEST, "2026-11-24 11:59", True),
        (FollowUp.DIGEST, "2026-11-24 12:00", False),
        (FollowUp.DIGEST, "2026-11-29 09:00", False),
        (FollowUp.RECONCILE, "2026-11-24 08:30", True),
        (FollowUp.KEEPING, "2026-11-27 10:00", True),
    ],
)
def test_what_was_missed_is_made_up_for_while_it_makes_sense(follow_up: FollowUp, now: str, *, wanted: bool) -> None:
    assert wanted == is_due(follow_up, seoul("2026-11-01 00:00"), seoul(now))


def test_a_follow_up_is_late_half_an_hour_after_an_hour_that_nobody_kept() -> None:
    long_ago, before = seoul("2026-01-01 00:00"), seoul("2026-11-23 07:00:01")

    assert not is_late(FollowUp.RETENTION, before, long_ago, seoul("2026-11-24 07:29:59"))
    assert is_late(FollowUp.RETENTION, before, long_ago, seoul("2026-11-24 07:30"))
    assert is_late(FollowUp.RETENTION, None, long_ago, seoul("2026-11-24 07:30"))
    assert not is_late(FollowUp.RETENTION, seoul("2026-11-24 07:00:01"), long_ago, seoul("2026-11-24 23:00"))


def test_what_lies_before_the_house_was_at_work_was_not_missed() -> None:
    assert not is_late(FollowUp.RETENTION, None, None, seoul("2026-11-24 12:00"))
    assert not is_late(FollowUp.RETENTION, None, seoul("2026-11-24 07:01"), seoul("2026-11-24 12:00"))
    assert is_late(FollowUp.RETENTION, None, seoul("2026-11-24 07:01"), seoul("2026-11-25 12:00"))


def test_every_follow_up_has_an_hour_and_a_patience() -> None:
    assert set(FollowUp) == set(SCHEDULES) == set(MADE_UP_FOR)
    assert timedelta(0) < ALLOWED


def test_agencies_are_chased_only_while_the_center_is_open() -> None:
    hours = CronSim(SCHEDULES[FollowUp.OVERDUE], seoul("2026-11-23 00:00"))
    week = list(takewhile(lambda hour: hour < seoul("2026-11-30 00:00"), hours))

    assert 5 * 9 * 4 == len(week)
    assert all(OPENS_AT <= hour.time() < CLOSES_AT for hour in week)
    for hour in week:
        # Made up for, too, it ends with the day.
        over = hour + MADE_UP_FOR[FollowUp.OVERDUE] - timedelta(microseconds=1)
        assert over < datetime.combine(hour.date(), CLOSES_AT, SEOUL)
