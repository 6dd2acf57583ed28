"""The follow-ups of a rehearsal: each fires on virtual time, when its schedule and something to do come together.

Nothing is skipped that production would do: a run that finds nothing due changes nothing, and only those are left out.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from models.schedules import next_hour
from models.vocabulary import FollowUp
from tasks.toolbox import Clock

if TYPE_CHECKING:
    from tasks.follow import Job

_AGENDA: Final = text("SELECT follow_up, min(look_at) FROM agenda GROUP BY follow_up")
_A_MOMENT: Final = timedelta(microseconds=1)
#: A month and a week before a consent ends, and the day after it, unless a run has covered that (`tasks/expiry.py`).
_CONSENTS: Final = text("""
    SELECT CAST(min(look.on_day) AS timestamp) AT TIME ZONE 'Asia/Seoul'
    FROM consent, LATERAL (VALUES (valid_to - 30), (valid_to - 7), (valid_to + 1)) AS look (on_day)
    WHERE consent.withdrawn_at IS NULL AND look.on_day > (
        SELECT COALESCE(max(CAST(began_at AT TIME ZONE 'Asia/Seoul' AS date)), '-infinity')
        FROM follow_up_run WHERE follow_up = 'expiry'
    )
""")
#: The same of papers that clients handed in (`tasks/evidence_ends.py`).
_PAPERS: Final = text("""
    SELECT CAST(min(look.on_day) AS timestamp) AT TIME ZONE 'Asia/Seoul'
    FROM evidence, LATERAL (VALUES (valid_until - 14), (valid_until - 3), (valid_until + 1)) AS look (on_day)
    WHERE look.on_day > (
        SELECT COALESCE(max(CAST(began_at AT TIME ZONE 'Asia/Seoul' AS date)), '-infinity')
        FROM follow_up_run WHERE follow_up = 'expiry'
    )
""")
_ORDER: Final = {name: nth for nth, name in enumerate(FollowUp)}

#: Tells, by the database alone, when a follow-up that keeps no agenda has something to do next (None: never).
Useful = Callable[[AsyncConnection], Awaitable[datetime | None]]


async def _when_something_ends(connection: AsyncConnection) -> datetime | None:
    found = [(await connection.execute(statement)).scalar_one() for statement in (_CONSENTS, _PAPERS)]
    return min((at for at in found if at is not None), default=None)


#: Those without an agenda whose useful moments are known. What asks agencies every night, tells staff every morning and
#: lets go every week runs where a scenario says so.
USEFUL: Final[Mapping[FollowUp, Useful]] = {FollowUp.EXPIRY: _when_something_ends}


@dataclass
class FollowUps:
    """The scheduled follow-ups of one house, played on its virtual clock.

    Attributes:
        engine: The rehearsal's own database.
        clock: The virtual clock.
        jobs: What each does; those without a job do not fire.
        fired: When each fired last.
    """

    engine: AsyncEngine
    clock: Clock
    jobs: "Mapping[FollowUp, Job]"
    fired: dict[FollowUp, datetime] = field(default_factory=dict[FollowUp, datetime])

    async def next_due(self) -> tuple[datetime, FollowUp] | None:
        """Return which fires next and when, or None while none has anything to do.

        It fires at the first moment of its schedule, now or later, at which something waits for it; no moment fires
        twice. Of several at once the first in the order of `FollowUp` goes first.
        """
        waiting = {name: at for name, at in (await self._useful()).items() if name in self.jobs}
        firings = [(self._firing(name, at), name) for name, at in waiting.items()]
        return min(firings, key=lambda due: (due[0], _ORDER[due[1]]), default=None)

    async def run(self, name: FollowUp, *, with_prefect: bool) -> dict[str, int]:
        """Run a follow-up now and return its counts: as its Prefect flow, or as the plain function.

        Raises:
            KeyError: it has no job.
        """
        # Prefect reads its environment when it is imported, and the ground has set that by now.
        from flows.follow_up import FLOWS  # noqa: PLC0415
        from tasks.follow import follow  # noqa: PLC0415

        job = self.jobs[name]
        return await (FLOWS[name]() if with_prefect else follow(name, job, None))

    async def _useful(self) -> dict[FollowUp, datetime]:
        async with self.engine.connect() as opened:
            connection = await opened.execution_options(isolation_level="AUTOCOMMIT")
            found = {FollowUp(row[0]): row[1] for row in await connection.execute(_AGENDA)}
            for name, moment in USEFUL.items():
                at = await moment(connection)
                if at is not None:
                    found[name] = min(at, found.get(name, at))
        return found

    def _firing(self, name: FollowUp, useful: datetime) -> datetime:
        """Return the first hour at which something waits, and which has not fired yet."""
        hour = next_hour(name, max(useful, self.clock()) - _A_MOMENT).astimezone(UTC)
        return hour if hour != self.fired.get(name) else next_hour(name, hour).astimezone(UTC)
