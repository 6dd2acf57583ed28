"""Blocking: what stops a thread whose event loop is running, so that whoever else works in that loop stands still.

Seen are calls of httpx's blocking client, and waits for another thread by Python's own means (events, conditions, and
what is made of them: queues, futures, the end of a thread); not waits in C code, nor for child processes.
"""

import asyncio
import inspect
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest


def watch_for_blocking(patch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by each such call in a running loop.

    Args:
        patch: Takes the watch away again.
    """
    made: list[str] = []

    def watch(owner: type, name: str, told: Callable[[Any], str]) -> None:
        call = getattr(owner, name)

        def watched(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - handed on as it is
            # A thread that is started is waited for, briefly, by the library itself.
            here = inspect.currentframe()
            if here is None or here.f_back is None or here.f_back.f_globals["__name__"] != "threading":
                with suppress(RuntimeError):
                    asyncio.get_running_loop()
                    made.append(told(given))
            return call(*given, **named)

        patch.setattr(owner, name, watched)

    watch(httpx.Client, "send", lambda given: f"{given[1].method} {given[1].url.path}")
    watch(threading.Event, "wait", lambda _: "an event of another thread")
    watch(threading.Condition, "wait", lambda _: "a condition of another thread")
    watch(threading.Thread, "join", lambda given: f"the end of {given[0].name}")
    return made
