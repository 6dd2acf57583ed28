"""When each follow-up runs, and what follows from it: its last hour, its next, and whether it was missed.

Hours are hours in Seoul, whatever zone a machine keeps.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim

from models.vocabulary import FollowUp

ZONE: Final = "Asia/Seoul"
_SEOUL: Final = ZoneInfo(ZONE)

#: When each runs, as cron in Asia/Seoul. Agencies are reminded while the center is open, from 9 to 18: the last run
#: begins at 17:45, and one that was missed is made up for until 18:00.
SCHEDULES: Final[Mapping[FollowUp, str]] = {
    FollowUp.OVERDUE: "*/15 9-17 * * 1-5",
    FollowUp.RECONCILE: "30 1 * * *",
    FollowUp.RETENTION: "0 7 * * *",
    FollowUp.REVIEWS: "10 7 * * *",
    FollowUp.EXPIRY: "20 7 * * *",
    FollowUp.DIGEST: "0 8 * * 1-5",
    FollowUp.KEEPING: "0 3 * * 0",
}

#: For how long a run that was missed (the machine was off) still makes sense. Nobody is reminded at night, and nobody
#: reads the morning's digest in the evening; what looks after records is made up for until its next hour.
MADE_UP_FOR: Final[Mapping[FollowUp, timedelta]] = {
    FollowUp.OVERDUE: timedelta(minutes=15),
    FollowUp.RECONCILE: timedelta(days=1),
    FollowUp.RETENTION: timedelta(days=1),
    FollowUp.REVIEWS: timedelta(days=1),
    FollowUp.EXPIRY: timedelta(days=1),
    FollowUp.DIGEST: timedelta(hours=4),
    FollowUp.KEEPING: timedelta(days=7),
}

#: A worker takes a run up some seconds before its hour; that run counts for it.
EARLY: Final = timedelta(minutes=1)
#: A run may begin and end this long after its hour before anybody calls it late.
ALLOWED: Final = timedelta(minutes=30)


def last_hour(follow_up: FollowUp, now: datetime) -> datetime:
    """Return the latest scheduled moment that is not after `now` (both aware)."""
    # Going backward, CronSim leaves out the moment it starts from.
    just_after = now.astimezone(_SEOUL) + timedelta(microseconds=1)
    return next(CronSim(SCHEDULES[follow_up], just_after, reverse=True))


def next_hour(follow_up: FollowUp, now: datetime) -> datetime:
    """Return the first scheduled moment after `now` (both aware)."""
    return next(CronSim(SCHEDULES[follow_up], now.astimezone(_SEOUL)))


def is_due(follow_up: FollowUp, last_began: datetime | None, now: datetime) -> bool:
    """Say whether a run is wanted: none has begun since the last hour, and that hour can still be made up for.

    Args:
        follow_up: Which one.
        last_began: When the last run that came to its end, or is at work, began; None where none ever did.
        now: Aware.
    """
    hour = last_hour(follow_up, now)
    return now - hour < MADE_UP_FOR[follow_up] and not _covers(last_began, hour)


def is_late(follow_up: FollowUp, last_began: datetime | None, since: datetime | None, now: datetime) -> bool:
    """Say whether a follow-up did not run when it should have, half an hour being allowed.

    Args:
        follow_up: Which one.
        last_began: When the last run that came to its end began; None where none ever did.
        since: Since when this house has been at work; None where it never was. Nothing before it was missed.
        now: Aware.
    """
    hour = last_hour(follow_up, now - ALLOWED)
    if since is None or hour < since:
        return False
    return not _covers(last_began, hour)


def _covers(began: datetime | None, hour: datetime) -> bool:
    return began is not None and began >= hour - EARLY
