"""Side by side: the scenarios of one rehearsal, shared out among processes of their own, about one for each core.

A process holds one house: its toolbox is the process's. So each share is an `ieum rehearse` itself, on the same
PostgreSQL, that writes what each scenario came to as a line of JSON.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from deployments.rehearsal.reading import Script
from deployments.rehearsal.report import Played, from_line

#: Fewer scenarios than these are not worth another process, which takes a few seconds to come up.
LEAST_EACH: Final = 3
MOST_PROCESSES: Final = 4
_COMMAND: Final = (sys.executable, "-c", "from deployments.command import app; app()", "rehearse", "--lines")
#: What a share may say with its exit code without having failed: all as expected, something missed.
_SPOKEN: Final = frozenset({0, 1})
_LONGEST_LINE: Final = 1 << 26


class ShareFailed(Exception):  # noqa: N818 - it names what happened
    """A process could not play its share; the text is what it said, `code` how it ended."""

    def __init__(self, code: int, said: str) -> None:
        self.code = code
        super().__init__(said.strip() or f"a process of the rehearsal ended with exit code {code}")


def how_many(scenarios: int) -> int:
    """Return how many processes so many scenarios are worth on this machine."""
    return max(1, min(len(os.sched_getaffinity(0)), MOST_PROCESSES, scenarios // LEAST_EACH))


def shares(scripts: Sequence[Script], processes: int) -> list[list[Path]]:
    """Share scenarios out, the longest first, each to whoever has least; each share in the order that was given."""
    loads = [0] * processes
    taken: list[list[int]] = [[] for _ in loads]
    for nth in sorted(range(len(scripts)), key=lambda nth: -len(scripts[nth].timeline)):
        least = loads.index(min(loads))
        loads[least] += len(scripts[nth].timeline)
        taken[least].append(nth)
    return [[scripts[nth].file for nth in sorted(share)] for share in taken if share]


async def side_by_side(scripts: Sequence[Script], processes: int, done: Callable[[Played], None]) -> list[Played]:
    """Play scenarios in so many processes; `done` hears of each when it ends. Return them in the order given.

    Raises:
        ShareFailed: a process could not play its share.
    """
    found: dict[str, Played] = {}

    def hear(played: Played) -> None:
        found[played.file] = played
        done(played)

    try:
        async with asyncio.TaskGroup() as group:
            for nth, share in enumerate(shares(scripts, processes)):
                group.create_task(_play(nth, share, hear))
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [found[str(script.file)] for script in scripts]


async def _play(nth: int, files: Sequence[Path], hear: Callable[[Played], None]) -> None:
    """Let a process play its share, and end it in order if we are asked to stop."""
    # In a session of its own: Ctrl-C in the terminal reaches us alone.
    child = await asyncio.create_subprocess_exec(
        *_COMMAND,
        "--share",
        str(nth),
        *map(str, files),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
        start_new_session=True,
    )
    assert child.stdout is not None  # noqa: S101 - both are pipes
    assert child.stderr is not None  # noqa: S101
    said = asyncio.create_task(child.stderr.read())
    try:
        async for line in child.stdout:
            hear(from_line(line.decode()))
        code = await child.wait()
    except BaseException:
        with suppress(ProcessLookupError):
            child.send_signal(signal.SIGTERM)
        await child.wait()
        raise
    finally:
        complaint = (await said).decode()
    if code not in _SPOKEN:
        raise ShareFailed(code, complaint)
