"""The circuit breaker of an agency's endpoint: pure decisions; the database keeps what they decide.

Closed, calls flow. After five failures in a row it opens and nothing is sent; after a pause that doubles from half a
minute up to ten, one call goes out as a probe (half open), whether its letter is due or not: success closes it, and
lets everything that waits be due, failure opens it again.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from agencies.answers import asked_for
from models.vocabulary import BreakerState

#: Failures in a row that open the breaker.
FAILURES_TO_OPEN: Final = 5
FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(minutes=10)
#: A probe not heard of for so long is taken for dead (longer than a whole exchange).
PROBE_LASTS: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of an endpoint; a view of the `endpoint_health` row."""

    state: BreakerState = BreakerState.CLOSED
    #: Failures in a row.
    failures: int = 0
    #: When it last opened, or so much later as the agency asked for; while half open, when the probe went out.
    opened_at: datetime | None = None
    #: The endpoint answered 410: only a person opens it again.
    disabled: bool = False


def may_call(health: Health, now: datetime) -> bool:
    """Tell whether a letter may be sent now. After a yes, keep `before_call` before sending."""
    if health.disabled:
        return False
    if health.state is BreakerState.CLOSED:
        return True
    return now >= (health.opened_at or now) + pause(health)


def pause(health: Health) -> timedelta:
    """Return how long the endpoint is left alone, counted from `opened_at`."""
    match health.state:
        case BreakerState.CLOSED:
            return timedelta(0)
        case BreakerState.HALF_OPEN:
            return PROBE_LASTS
        case BreakerState.OPEN:
            doublings = min(max(health.failures - FAILURES_TO_OPEN, 0), 10)
            return min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE)


def before_call(health: Health, now: datetime) -> Health:
    """Return the health to keep once a call is about to go out: an open breaker becomes half open."""
    if health.state is BreakerState.CLOSED:
        return health
    return replace(health, state=BreakerState.HALF_OPEN, opened_at=now)


def after_success(health: Health) -> Health:
    """Return the health after an answer, whatever it said: an agency that refuses a letter is alive."""
    return replace(health, state=BreakerState.CLOSED, failures=0, opened_at=None)


def after_failure(health: Health, now: datetime, retry_after: float | None = None) -> Health:
    """Return the health after no answer, 408, 425, 429 or 5xx.

    Args:
        health: What was known before.
        now: Aware.
        retry_after: Seconds the agency asked for: where its breaker opens, no probe goes out before.
    """
    failures = health.failures + 1
    if failures < FAILURES_TO_OPEN and health.state is BreakerState.CLOSED:
        return replace(health, failures=failures)
    # Letters already under way when it opened fail too: they must neither lengthen the pause nor move its start.
    if health.state is BreakerState.OPEN:
        return health
    opened = replace(health, state=BreakerState.OPEN, failures=failures, opened_at=now)
    return replace(opened, opened_at=now + max(asked_for(retry_after) - pause(opened), timedelta(0)))


def after_gone(health: Health) -> Health:
    """Return the health after 410: disabled until a person gives a new address."""
    return replace(health, disabled=True)
