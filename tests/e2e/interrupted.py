"""The `ieum` command with Ctrl-C pressed at one exact moment of its start.

The moment is `import:MODULE`, just before that is imported, or `WORDS+NUMBER`, so many turns of the event loop after
those words were said (after the first turn, where the words are `start`). Seconds would hit another moment on every
machine; whatever broke once at such a moment breaks there each time.
"""

import asyncio
import importlib.abc
import os
import signal
import sys
import threading
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TextIO


def press() -> None:
    """Press Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)


class AtImport(importlib.abc.MetaPathFinder):
    """Presses when a module is about to be imported."""

    def __init__(self, module: str) -> None:
        """Wait for this module."""
        self._module = module

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Press, and leave the finding to others."""
        del path, target
        if fullname == self._module:
            press()
        return None


class Listening:
    """Standard error, with an ear on what is said."""

    def __init__(self, stream: TextIO, words: str) -> None:
        """Hand everything on to `stream`."""
        self._stream, self._words = stream, words
        self.heard = words == "start"

    def write(self, text: str) -> int:
        """Write, and note whether the words were among it."""
        self.heard = self.heard or self._words in text
        return self._stream.write(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def press_after(listening: Listening, turns: int) -> None:
    """Press when the main event loop has turned so many times after the words were heard."""
    turn, left = asyncio.BaseEventLoop._run_once, turns  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]  # noqa: SLF001

    def counting(loop: asyncio.BaseEventLoop) -> None:
        nonlocal left
        if listening.heard and threading.current_thread() is threading.main_thread() and left >= 0:
            left -= 1
            if left < 0:
                press()
        turn(loop)

    asyncio.BaseEventLoop._run_once = counting  # pyright: ignore[reportAttributeAccessIssue]  # noqa: SLF001


if __name__ == "__main__":
    moment = sys.argv.pop(1)
    if moment.startswith("import:"):
        sys.meta_path.insert(0, AtImport(moment.removeprefix("import:")))
    else:
        said, _, number = moment.rpartition("+")
        sys.stderr = Listening(sys.stderr, said)
        press_after(sys.stderr, int(number))
    from deployments.start import ieum

    ieum()
