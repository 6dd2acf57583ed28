"""The follow-ups of a rehearsal: each fires on virtual time, when its schedule and something to do come together.

Nothing is skipped that production would do: a run that finds nothing due changes nothing, and only those are left out.
When each would find something is read before every step: `deployments/rehearsal/moments.py`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from deployments.rehearsal.lost import Lost, nothing_lost
from models.schedules import next_hour
from models.vocabulary import FollowUp
from tasks.toolbox import Clock

if TYPE_CHECKING:
    from deployments.rehearsal.moments import Moments
    from tasks.follow_report import Job

_A_MOMENT: Final = timedelta(microseconds=1)
_ORDER: Final = {name: nth for nth, name in enumerate(FollowUp)}


@dataclass
class FollowUps:
    """The scheduled follow-ups of one house, played on its virtual clock.

    Attributes:
        moments: Looks ahead in the rehearsal's own database.
        clock: The virtual clock.
        jobs: What each does; those without a job do not fire.
        lost: Tells what the pretend agencies hold that never arrived.
        fired: When each fired last.
    """

    moments: "Moments"
    clock: Clock
    jobs: "Mapping[FollowUp, Job]"
    lost: Callable[[], Awaitable[Lost]] = nothing_lost
    fired: dict[FollowUp, datetime] = field(default_factory=dict[FollowUp, datetime])

    def __post_init__(self) -> None:
        """Know nothing of what comes next."""
        self._looked: tuple[tuple[datetime, FollowUp] | None] | None = None

    def changed(self) -> None:
        """Have it looked again: something may have happened since."""
        self._looked = None

    async def next_due(self) -> tuple[datetime, FollowUp] | None:
        """Return which fires next and when, or None while none has anything to do.

        It fires at the first moment of its schedule, now or later, at which something waits for it; no moment fires
        twice. Of several at once the first in the order of `FollowUp` goes first.
        """
        if self._looked is None:
            moments = await self.moments.next(await self.lost(), self.clock())
            firings = [(self._firing(name, at), name) for name, at in moments.items() if name in self.jobs]
            self._looked = (min(firings, key=lambda due: (due[0], _ORDER[due[1]]), default=None),)
        return self._looked[0]

    async def run(self, name: FollowUp, *, with_prefect: bool) -> dict[str, int]:
        """Run a follow-up now and return its counts: as its Prefect flow, or as the plain function.

        Raises:
            KeyError: it has no job.
        """
        # Prefect reads its environment when it is imported, and the ground has set that by now.
        from flows.follow_up import FLOWS  # noqa: PLC0415
        from tasks.follow import follow  # noqa: PLC0415

        job = self.jobs[name]
        self.changed()
        return await (FLOWS[name]() if with_prefect else follow(name, job, None))

    def _firing(self, name: FollowUp, moment: datetime) -> datetime:
        """Return the first hour at which something waits, and which has not fired yet."""
        hour = next_hour(name, max(moment, self.clock()) - _A_MOMENT).astimezone(UTC)
        return hour if hour != self.fired.get(name) else next_hour(name, hour).astimezone(UTC)
