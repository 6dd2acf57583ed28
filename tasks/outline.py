"""The outline of an error: what kind and where, never its text, which may hold what nobody may read."""

import functools
import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

_FRAMES: Final = 3


class Broke(RuntimeError):  # noqa: N818 - named by what it says
    """A part of a shift broke; the text is the outline of what broke it."""


def outlined(work: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Let nothing but the outline of an error out of an async function.

    Prefect writes the text of every exception that leaves a task or a flow into its states, logs and events, in clear
    and for ever; and a database's error text holds the values it was to write.
    """

    @functools.wraps(work)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await work(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - whatever it is, only its outline goes on
            broke = Broke(outline(error))
        # Raised here, so that the error itself does not hang on it as its context.
        raise broke

    return guarded


def outline(error: BaseException) -> str:
    """Return an error as `KeyError at tasks/batch.py:88 in _work < tasks/record.py:57 in record`, innermost first."""
    innermost = _first_of(error)
    if isinstance(innermost, Broke):
        return str(innermost)
    frames = reversed(traceback.extract_tb(innermost.__traceback__))
    places = [f"{_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames if _ours(frame.filename)]
    return f"{type(innermost).__name__} at {' < '.join(places[:_FRAMES]) or 'an unknown place'}"


def broken_by(error: BaseException) -> str:
    """Return the outline of what broke in a part of ours; "" where it was something else, as Prefect's being away."""
    innermost = _first_of(error)
    return str(innermost) if isinstance(innermost, Broke) else ""


def _first_of(error: BaseException) -> BaseException:
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        return _first_of(group.exceptions[0])
    return error


def _ours(filename: str) -> bool:
    path = Path(filename)
    return "site-packages" not in path.parts and path.parent.name in _ROOMS


def _short(filename: str) -> str:
    path = Path(filename)
    return f"{path.parent.name}/{path.name}"


_ROOMS: Final = frozenset({"agencies", "catalog", "flows", "models", "screening", "tasks", "web", "deployments"})
