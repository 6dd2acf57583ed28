"""The house: one database worked by the doors, the desks and the sender, all in this process and its event loop."""

from contextlib import AsyncExitStack
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sqlalchemy.ext.asyncio import AsyncEngine

from agencies.keyring import Keyring
from agencies.sender import Senders
from deployments.doorway import Doorway
from deployments.ground import Ground
from models.database import close_engine, open_engine
from tasks.presence import new_process_key
from tasks.toolbox import Clock, Toolbox, use
from web.app import Doors, create_app

if TYPE_CHECKING:
    from flows.hall import Hall


class House:
    """Doors and desks over one database, for the length of an `async with` block."""

    def __init__(self, ground: Ground, database_url: str, clock: Clock, *, linger_seconds: float | None = None) -> None:
        """Work the database of this URL (its tables stand already) by this clock."""
        self.ground = ground
        self.clock = clock
        self.engine: AsyncEngine = open_engine(database_url)
        self._linger_seconds = ground.settings.linger_seconds if linger_seconds is None else linger_seconds
        self._stack = AsyncExitStack()
        self.door_url = ""
        self.hall: Hall | None = None

    async def __aenter__(self) -> Self:
        """Open the doors and man the desks.

        Raises:
            DoorwayTaken: the doors' address cannot be had.
        """
        # Prefect is imported with the hall, and its environment must stand by then.
        from flows.desks import HEARS  # noqa: PLC0415
        from flows.hall import Hall  # noqa: PLC0415

        ground, settings = self.ground, self.ground.settings
        try:
            self._stack.push_async_callback(close_engine, self.engine)
            keyring = Keyring(ground.safe.master_key)
            if ground.sandbox is not None:
                await ground.sandbox.connect(self.engine, keyring, self.clock)
            senders = await self._stack.enter_async_context(Senders(center=settings.center, clock=self.clock))
            tools = Toolbox(
                engine=self.engine,
                catalog=ground.catalog,
                clock=self.clock,
                keyring=keyring,
                senders=senders,
                center=settings.center,
                linger_seconds=self._linger_seconds,
                process=new_process_key(),
                hears=HEARS,
            )
            use(tools)
            self._stack.callback(use, None)
            app = create_app(
                Doors(
                    engine=self.engine,
                    catalog=ground.catalog,
                    clock=self.clock,
                    keyring=keyring,
                    tokens=ground.safe.token_digests,
                    center=settings.center,
                )
            )
            doorway = Doorway(app, ground.door_host, ground.door_port)
            self.door_url = (await self._stack.enter_async_context(doorway)).url
            self.hall = await self._stack.enter_async_context(Hall(tools, with_prefect=ground.plan.prefect))
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the desks finish their batch, close the doors, let go of the database."""
        await self._stack.aclose()

    async def quiet(self, timeout_seconds: float = 60.0) -> datetime | None:
        """Wait until every event is heard and every letter that is due is settled; return when the next is due.

        Raises:
            TimeoutError: work is still going on after that many seconds.
        """
        return (await self._open_hall.quiet(timeout_seconds)).next_due

    def ring(self) -> None:
        """Have every inbox and outbox looked at, after the clock was moved."""
        self._open_hall.ring()

    @property
    def _open_hall(self) -> "Hall":
        assert self.hall is not None, "the house is open"  # noqa: S101 - a fault of the caller
        return self.hall
