"""The moments at which each follow-up would find something, read from the database; none is missed, a few are idle.

`overdue`, `retention` and `reviews` find what stands on their agenda, `expiry` what is about to end or has ended.
`digest` has something to tell when something has come on its list, or fallen due there, since it told last.
`keeping` lets go of what is over its time, and looks at whoever's time may be over.
`reconcile` is `deployments/rehearsal/nights.py`.
"""

from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from agencies.link_book import NEAR_ITS_END
from catalog import Catalog
from deployments.rehearsal import nights
from deployments.rehearsal.lost import Lost
from models.counting import day_of
from models.keeping import last_moment
from models.referral import OPEN
from models.vocabulary import FollowUp
from tasks.keeping import OVER
from tasks.morning import LOOKS_BACK

_AGENDA: Final = "SELECT follow_up, NULL AS kept, min(look_at) AS at FROM agenda GROUP BY follow_up"

#: What a run of `expiry` has not covered yet: a month and a week before a consent ends, and the day after it
#: (`tasks/expiry.py`); the same of papers (`tasks/evidence_ends.py`); a link near its end, and over
#: (`tasks/link_expiry.py`).
_EXPIRY: Final = f"""
    SELECT 'expiry', NULL, min(ends.at) FROM (
        SELECT CAST(look.on_day AS timestamp) AT TIME ZONE 'Asia/Seoul' AS at
        FROM consent, LATERAL (VALUES (valid_to - 30), (valid_to - 7), (valid_to + 1)) AS look (on_day)
        WHERE consent.withdrawn_at IS NULL
        UNION ALL
        SELECT CAST(look.on_day AS timestamp) AT TIME ZONE 'Asia/Seoul'
        FROM evidence, LATERAL (VALUES (valid_until - 14), (valid_until - 3), (valid_until + 1)) AS look (on_day)
    ) AS ends
    WHERE ends.at >= (
        SELECT COALESCE(
            CAST(max(CAST(began_at AT TIME ZONE 'Asia/Seoul' AS date)) + 1 AS timestamp) AT TIME ZONE 'Asia/Seoul',
            '-infinity'
        ) FROM follow_up_run WHERE follow_up = 'expiry'
    )
    UNION ALL
    SELECT 'expiry', NULL, min(look.at)
    FROM agency_link AS link,
         LATERAL (VALUES (expires_at - (expires_at - made_at) / {NEAR_ITS_END}), (expires_at)) AS look (at)
    WHERE link.ended_at IS NULL AND look.at > (
        SELECT COALESCE(max(began_at), '-infinity') FROM follow_up_run WHERE follow_up = 'expiry'
    )
"""  # noqa: S608 - our own constants

#: What has come on the morning's list and no digest has told yet (`tasks/morning.py`). A deadline is on it from its day
#: on where a follow-up has done something about it, and says something else once its day is over.
_DIGEST: Final = f"""
    SELECT 'digest', NULL, min(come.at) FROM (
        SELECT raised_at AS at FROM notice WHERE settled_at IS NULL
        UNION ALL
        SELECT COALESCE(person_told_at, created_at) FROM letter WHERE state = 'with_person'
        UNION ALL
        SELECT GREATEST(received_at, fate_at) FROM inbox_event WHERE fate = 'parked'
        UNION ALL
        SELECT since FROM set_aside
        UNION ALL
        SELECT GREATEST(step.done_at, stands.at) FROM follow_up_step AS step
        JOIN referral ON referral.id = step.referral_id, LATERAL (VALUES
            (date_trunc('day', (step.due_at - interval '1 microsecond') AT TIME ZONE 'Asia/Seoul')
                AT TIME ZONE 'Asia/Seoul'),
            ((date_trunc('day', step.due_at AT TIME ZONE 'Asia/Seoul') + interval '1 day') AT TIME ZONE 'Asia/Seoul')
        ) AS stands (at)
        WHERE referral.{OPEN} AND (referral.heard_at IS NULL OR referral.heard_at < step.done_at)
          AND stands.at <= step.done_at + interval '{LOOKS_BACK.days} days'
    ) AS come
    WHERE come.at > (
        SELECT COALESCE(max(began_at), '-infinity') FROM follow_up_run WHERE follow_up = 'digest' AND state = 'done'
    )
"""  # noqa: S608 - our own constants

#: Since when the oldest row lies there that a rule of `catalog/keeping.yaml` lets go of some time.
_SINCE: Final = {
    "inbox_data": "SELECT min(received_at) FROM inbox_event WHERE id",
    "inbox_ids": "SELECT min(received_at) FROM inbox_event WHERE id",
    "notices": "SELECT min(settled_at) FROM notice WHERE id",
    "follow_up_runs": "SELECT min(began_at) FROM follow_up_run WHERE number",
    "agency_links": "SELECT min(ended_at) FROM agency_link WHERE id",
}
_KEEPING: Final = " UNION ALL ".join([
    "SELECT 'keeping', NULL, min(keeping_at) FROM client WHERE forgotten_at IS NULL",
    *(f"SELECT 'keeping', '{what}', ({_SINCE[what]} IN ({over}))" for what, over in OVER.items()),
])  # fmt: skip
#: Whatever its time: how long that is, its rule says.
_WHENEVER: Final = {"before": datetime(9000, 1, 1, tzinfo=UTC), "most": 1}

_EACH: Final = (_AGENDA, _EXPIRY, _DIGEST, _KEEPING, nights.WORTH_ASKING)
_ALL: Final = text(" UNION ALL ".join(_EACH))


class Moments:
    """Looks ahead for one rehearsal: which follow-up would find something next, and when."""

    def __init__(self, connection: AsyncConnection, catalog: Catalog) -> None:
        """Look by this connection, which nobody else uses; see `looking_ahead`."""
        self._connection = connection
        self._catalog = catalog
        self._known = {**_WHENEVER, **nights.who_is_asked(catalog)}
        self._speakers = nights.who_speaks(catalog)
        self._lengths = [(rule.what, rule.length) for rule in catalog.keeping.values() if rule.length is not None]

    async def next(self, lost: Lost, now: datetime) -> dict[FollowUp, datetime]:
        """Return when each would find something, in the past where it would now; none where it never would.

        Args:
            lost: What the pretend agencies hold that never arrived.
            now: Aware.
        """
        rows: Iterable[Any] = await self._connection.execute(_ALL, {**self._known, **nights.what_is_lost(lost)})
        found: dict[FollowUp, datetime] = {}
        for name, at in self._of(rows):
            found[name] = min(at, found.get(name, at))
        silent = await nights.may_be_silent(self._connection, self._catalog, self._speakers, now)
        if silent is not None:
            found[FollowUp.RECONCILE] = min(silent, found.get(FollowUp.RECONCILE, silent))
        return found

    def _of(self, rows: Iterable[Any]) -> Iterator[tuple[FollowUp, datetime]]:
        for row in rows:
            if row.at is None:
                continue
            if row.kept is None:
                yield FollowUp(row.follow_up), row.at
                continue
            for what, length in self._lengths:
                if what == row.kept:
                    yield FollowUp(row.follow_up), last_moment(day_of(row.at), length)


@asynccontextmanager
async def looking_ahead(engine: AsyncEngine, catalog: Catalog) -> AsyncGenerator[Moments]:
    """Give whoever looks ahead in a rehearsal's own database a connection for the length of the block."""
    async with engine.connect() as opened:
        connection = await opened.execution_options(isolation_level="AUTOCOMMIT")
        # The statements are asked before every step, and planning them takes ten times as long as they do.
        await connection.execute(text("SET plan_cache_mode = force_generic_plan"))
        try:
            yield Moments(connection, catalog)
        finally:
            await connection.invalidate()
