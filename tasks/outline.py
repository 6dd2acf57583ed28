"""The outline of an error: what kind and where, never its text, which may hold what nobody may read."""

import traceback
from pathlib import Path
from typing import Final, cast

_FRAMES: Final = 3


def outline(error: BaseException) -> str:
    """Return an error as `KeyError at tasks/batch.py:88 in _work < tasks/record.py:57 in record`, innermost first."""
    innermost = _first_of(error)
    frames = reversed(traceback.extract_tb(innermost.__traceback__))
    places = [f"{_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames if _ours(frame.filename)]
    return f"{type(innermost).__name__} at {' < '.join(places[:_FRAMES]) or 'an unknown place'}"


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
