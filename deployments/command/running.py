"""Running: how a command starts its work, is stopped by Ctrl-C, and turns every foreseen failure into one sentence."""

import asyncio
import getpass
import logging
import signal
import sys
import warnings
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, Final, TypeVar

import typer
from rich.console import Console

from settings import Settings, SettingsError, read_settings

Answer = TypeVar("Answer")

_LOG: Final = logging.getLogger("ieum")

#: Progress and complaints; standard output is kept for what was asked for.
ASIDE: Final = Console(stderr=True, highlight=False)
#: Wide where nobody's terminal sets a width, so that a file or a pipe gets whole lines.
OUT: Final = Console(highlight=False, width=None if sys.stdout.isatty() else 160)


class Exit(IntEnum):
    """What the exit code says."""

    FINE = 0
    FOUND = 1
    WRONG_USE = 2
    AWAY = 3


class WrongUse(Exception):  # noqa: N818 - it names what happened
    """The command cannot do that; the text is one sentence with the remedy."""


class Away(Exception):  # noqa: N818
    """Something outside this program is away; the text is one sentence with the remedy."""


#: Foreseen failures by class name, so that their modules need not be imported to be known.
_CODES: Final = {
    "SettingsError": Exit.WRONG_USE,
    "WrongUse": Exit.WRONG_USE,
    "NothingToMend": Exit.WRONG_USE,
    "ScenarioError": Exit.WRONG_USE,
    "Occupied": Exit.WRONG_USE,
    "BackupFailed": Exit.WRONG_USE,
    "NotInProduction": Exit.WRONG_USE,
    "BadEntry": Exit.WRONG_USE,
    "BadNumber": Exit.WRONG_USE,
    "DoorwayTaken": Exit.WRONG_USE,
    "CatalogError": Exit.FOUND,
    "Stopped": Exit.FOUND,
    "FollowUpBroke": Exit.FOUND,
    "Away": Exit.AWAY,
    "DatabaseAway": Exit.AWAY,
    "PostgresError": Exit.AWAY,
    "PrefectServerError": Exit.AWAY,
    "SandboxError": Exit.AWAY,
}


def say(sentence: str) -> None:
    """Print a line of progress."""
    ASIDE.print(f"[dim]·[/dim] {sentence}", soft_wrap=True)


def settings() -> Settings:
    """Read the settings and set how much this process says, or end with one sentence."""
    with foreseen():
        read = read_settings()
        level = read.log_level.upper()
        # Libraries only warn: talkative, they tell what goes over the wire, Prefect's password and answers included.
        logging.basicConfig(level="WARNING", format="%(asctime)s %(name)s %(levelname)s %(message)s")
        logging.getLogger("ieum").setLevel(level)
        # Prefect's loggers have levels of their own, for what goes to its server.
        for handler in logging.getLogger().handlers:
            handler.setLevel(level)
        # Other people's deprecations are no operator's business.
        warnings.simplefilter("ignore")
        return read
    raise typer.Exit(Exit.WRONG_USE)


def at_terminal() -> str:
    """Return the name of whoever sits at the terminal, for the log."""
    try:
        return f"cli:{getpass.getuser()}"[:64]
    except (KeyError, OSError):
        return "cli:unknown"


@contextmanager
def foreseen() -> Generator[None]:
    """Turn a foreseen failure into one sentence on standard error and its exit code."""
    try:
        yield
    except OSError as error:
        named = f" {error.filename}" if error.filename else ""
        sys.stderr.write(f"ieum:{named}: {error.strerror or type(error).__name__}; see 'ieum doctor'.\n")
        raise typer.Exit(Exit.AWAY) from None
    except (SettingsError, Exception) as error:
        code = next((_CODES[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _CODES), None)
        if code is None:
            raise
        sys.stderr.write(f"ieum: {error}\n")
        raise typer.Exit(code) from None


def run(work: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
    """Run `work` to its end; Ctrl-C and SIGTERM end it in order, once.

    Raises:
        typer.Exit: 130 after Ctrl-C, 143 after SIGTERM, or the code of a foreseen failure.
    """
    with foreseen():
        try:
            return asyncio.run(_until_asked(work))
        finally:
            # Nothing stands any more: one Ctrl-C too many may end the process at once (deployments/start.py).
            signal.signal(signal.SIGINT, signal.SIG_DFL)
    raise typer.Exit(Exit.FOUND)


def _unheard(what: dict[str, Any], *, stopping: bool) -> None:
    """Log an error that nobody waited for, in outline: asyncio would print its text, which may hold anything.

    A connection that was being opened when everything was told to stop leaves one behind as a matter of course.
    """
    from tasks.outline import outline  # noqa: PLC0415

    error = what.get("exception")
    cut_off = stopping and isinstance(error, ConnectionError)
    said = outline(error) if isinstance(error, BaseException) else what["message"]
    _LOG.log(logging.DEBUG if cut_off else logging.ERROR, "an error that nobody waited for: %s", said)


async def _until_asked(work: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
    loop, asked = asyncio.get_running_loop(), list[signal.Signals]()
    loop.set_exception_handler(lambda _, what: _unheard(what, stopping=bool(asked)))
    working = asyncio.ensure_future(work())

    def stop(which: signal.Signals) -> None:
        if not asked:
            say("stopping everything in order")
            asked.append(which)
            working.cancel()

    for which in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(which, stop, which)
    try:
        return await working
    except asyncio.CancelledError:
        if not asked:
            raise
        raise typer.Exit(128 + asked[0]) from None
