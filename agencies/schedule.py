"""The outbox schedule: when a letter that did not get through is tried again, and when a person is told.

Standard Webhooks 1.0.0, "Deliverability and reliability" (read 2026-11-22): the example schedule, spread by jitter.
A letter is never dropped: after the last step it is tried daily until it arrives or a person decides.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from agencies.answers import asked_for

#: Wait after the first, second, … failed attempt; after the last, the last again and again.
WAITS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
#: Share by which a wait is shortened or stretched at most.
JITTER: Final = 0.2
#: A person is told when a letter has been tried in vain for so long.
TELL_AFTER: Final = timedelta(hours=4)


def next_attempt(letter_id: UUID, attempts: int, now: datetime, retry_after: float | None = None) -> datetime:
    """Return when to try a letter again.

    Args:
        letter_id: Together with `attempts` it fixes the jitter: asked twice, the answer is the same.
        attempts: Failed attempts so far, at least 1.
        now: When the last one failed, aware.
        retry_after: Seconds the agency asked for; it can stretch the wait up to a day, never shorten it.

    Raises:
        ValueError: `attempts` is below 1.
    """
    if attempts < 1:
        raise ValueError("the first attempt is due at once; this counts failed ones")
    wait = WAITS[min(attempts, len(WAITS)) - 1] * (1 + JITTER * _swing(letter_id, attempts))
    return now + max(wait, asked_for(retry_after))


def _swing(letter_id: UUID, attempts: int) -> float:
    """Return a number from -1 to 1 that looks random and is always the same."""
    digest = hashlib.blake2b(letter_id.bytes + attempts.to_bytes(4), digest_size=8).digest()
    return int.from_bytes(digest) / (2**63) - 1
