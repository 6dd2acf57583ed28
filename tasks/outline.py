"""The outline of an error: what kind and where, never its text, which may hold what nobody may read."""

import traceback
from pathlib import Path
from typing import Final

_FRAMES: Final = 3


def outline(error: BaseException) -> str:
    """Return an error as `KeyError at tasks/batch.py:88 in _work < tasks/record.py:57 in record`, innermost first."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    frames = reversed(traceback.extract_tb(error.__traceback__))
    places = [f"{_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames if _ours(frame.filename)]
    return f"{type(error).__name__} at {' < '.join(places[:_FRAMES]) or 'an unknown place'}"


def _ours(filename: str) -> bool:
    path = Path(filename)
    return "site-packages" not in path.parts and path.parent.name in _ROOMS


def _short(filename: str) -> str:
    path = Path(filename)
    return f"{path.parent.name}/{path.name}"


_ROOMS: Final = frozenset({"agencies", "catalog", "flows", "models", "screening", "tasks", "web", "deployments"})
