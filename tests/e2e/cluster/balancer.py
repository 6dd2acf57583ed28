"""A balancer: what stands before the two Prefect servers, as a Service or a proxy does on many machines."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

_CHUNK: Final = 65536


class Balancer:
    """Passes each connection on to the next server that takes it, for the length of an `async with` block."""

    def __init__(self, port: int, ports: Sequence[int]) -> None:
        """Listen on a port of loopback; name the servers' ports there."""
        self.port, self._ports = port, list(ports)
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for passing in list(self._passing):
            passing.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        here = asyncio.current_task()
        assert here is not None
        self._passing.add(here)
        try:
            for _ in self._ports:
                self._ports.append(self._ports.pop(0))
                with suppress(OSError):
                    there, back = await asyncio.open_connection("127.0.0.1", self._ports[0])
                    await asyncio.gather(_copy(reader, back), _copy(there, writer))
                    return
        except asyncio.CancelledError:
            # The house is being closed; whoever is connected notices.
            pass
        finally:
            writer.close()
            self._passing.discard(here)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
