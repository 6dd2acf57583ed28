"""A center: whoever is measured, as the load generator sees it."""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from benchmarks.meters import Groups
from benchmarks.work import Letter, Stages


class CannotBeMeasured(Exception):  # noqa: N818 - it names what happened
    """A system is not there or does not start; the text is one sentence with the reason."""


@runtime_checkable
class Center(Protocol):
    """A system that refers clients, for the length of a round."""

    #: As in the results.
    name: str

    async def start(self, agencies_url: str, stages: Stages) -> None:
        """Start it; its agencies are at that address.

        Raises:
            CannotBeMeasured: It is not there.
        """
        ...

    async def stop(self) -> None:
        """Stop whatever was started; quiet when nothing was."""
        ...

    async def open(self, journey: int) -> None:
        """Open a journey."""
        ...

    async def say(self, letter: Letter, event: str) -> None:
        """Say as an agency what happened to a referral, again and again until it is taken in."""
        ...

    def asks_staff(self, stage: int) -> bool:
        """Say whether a stage begins only when staff have said something."""
        ...

    async def go_on(self, journey: int, stage: int) -> None:
        """Say, as staff, what lets a stage begin."""
        ...

    def read(self, path: str, headers: Mapping[str, str], body: bytes) -> Letter | None:
        """Read what was sent to an agency; None for what is no request.

        Raises:
            ValueError: No agency would take it.
        """
        ...

    async def settled(self, journeys: Sequence[int]) -> bool:
        """Say whether everything is done and nothing waits."""
        ...

    async def faults(self, journeys: Sequence[int]) -> list[str]:
        """Return what is wrong with what the center has written of these journeys; each a sentence."""
        ...

    def groups(self) -> Groups:
        """Return its processes by what they are."""
        ...
