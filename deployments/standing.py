"""What stands for the length of an `async with` block: built piece by piece, taken down last piece first."""

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self


class Standing:
    """The pieces go on `_stack`; whatever stands when building fails is taken down again."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()

    async def _build(self) -> None:
        """Build it all, in order."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        """Build it; raises what building raises."""
        try:
            await self._build()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take it down."""
        await self._stack.aclose()
