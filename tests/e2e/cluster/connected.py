"""A connection of the reader's own, as itself and not through any of the house's code."""

from types import TracebackType
from typing import Any

import asyncpg


class Connected:
    """A connection for the length of an `async with` block."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: asyncpg.Connection[Any] | None = None

    async def __aenter__(self) -> "asyncpg.Connection[Any]":
        self._connection = await asyncpg.connect(self._url, timeout=10)
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.terminate()
