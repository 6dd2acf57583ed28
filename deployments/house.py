"""The house: one database worked by the doors, the desks and the sender, all in this process and its event loop."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from deployments.doorway import Doorway
from deployments.ground import Ground
from deployments.progress import step
from deployments.standing import Standing
from models.database import open_engine
from models.vocabulary import FollowUp
from tasks.toolbox import Clock, Toolbox, use
from web.app import Doors, create_app

if TYPE_CHECKING:
    from flows.hall import Hall


class House(Standing):
    """Doors and desks over one database, for the length of an `async with` block."""

    def __init__(
        self,
        ground: Ground,
        database_url: str,
        clock: Clock,
        *,
        linger_seconds: float | None = None,
        durable: bool = True,
    ) -> None:
        """Work the database of this URL (its tables stand already) by this clock.

        Args:
            ground: What the house stands on.
            database_url: SQLAlchemy URL.
            clock: The machine's, or a virtual one.
            linger_seconds: How long shifts linger; None for the settings'.
            durable: Whether a commit waits for the disk; only what is thrown away afterwards need not.
        """
        super().__init__()
        self.ground = ground
        self.clock = clock
        self._database_url = database_url
        self._linger_seconds = linger_seconds
        self._durable = durable
        self._tools: Toolbox | None = None
        self.door_url = ""
        self.hall: Hall | None = None

    async def _build(self) -> None:
        """Open the doors and man the desks.

        Raises:
            DoorwayTaken: the doors' address cannot be had.
        """
        # Prefect is imported with these, and its environment must stand by then.
        from deployments.tools import lay_out  # noqa: PLC0415
        from flows.hall import Hall  # noqa: PLC0415
        from flows.rounds import Rounds  # noqa: PLC0415

        ground, settings = self.ground, self.ground.settings
        self._tools = tools = lay_out(
            settings,
            open_engine(self._database_url, durable=self._durable),
            master_key=ground.safe.master_key,
            catalog=ground.catalog,
            clock=self.clock,
            linger_seconds=self._linger_seconds,
            mail_server=None if ground.sandbox is None else ground.sandbox.mail_server,
            door_url=ground.door_url,
        )
        self._stack.push_async_callback(tools.aclose)
        if ground.sandbox is not None:
            await ground.sandbox.connect(tools.engine, tools.keyring, self.clock)
        use(tools)
        self._stack.callback(use, None)
        app = create_app(
            Doors(
                engine=tools.engine,
                catalog=ground.catalog,
                clock=self.clock,
                keyring=tools.keyring,
                tokens=ground.safe.token_digests,
                center=settings.center,
                counted_beside=(tools.tally.registry,),
            )
        )
        doorway = Doorway(app, ground.door_host, ground.door_port)
        self.door_url = (await self._stack.enter_async_context(doorway)).url
        self.hall = await self._stack.enter_async_context(Hall(tools, with_prefect=ground.plan.prefect))
        if ground.plan.follow_ups:
            await self._stack.enter_async_context(Rounds(tools, self._deploy if ground.plan.prefect else None))

    @property
    def engine(self) -> AsyncEngine:
        """The house's own database."""
        assert self._tools is not None, "the house is open"  # noqa: S101 - a fault of the caller
        return self._tools.engine

    async def _deploy(self) -> dict[FollowUp, UUID]:
        """Bring what lives in Prefect up to date, and say so."""
        from deployments.deploying import deploy_all  # noqa: PLC0415

        with step(self.ground.say, "Desks, follow-ups and automations are deployed"):
            stands = await deploy_all(self.ground.settings.alarm_url)
        return {follow_up: deployed.id for follow_up, deployed in stands.follow_ups.items()}

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
