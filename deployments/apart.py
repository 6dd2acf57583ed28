"""The house taken apart: its doors alone, or its desks alone, as many of each as wanted, on any machines.

They share the database and nothing else. Each serves its health and its numbers: the doors beside their own addresses,
the desks alone. None needs the database, or Prefect, to be there already: it waits, and says that it is not ready.
"""

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import catalog
from agencies.keyring import Keyring
from deployments.clocks import machine_clock
from deployments.cluster import Cluster
from deployments.doorway import Doorway
from deployments.ground import hand_over_logs
from deployments.progress import Say
from deployments.safe import open_safe
from deployments.standing import Standing
from models.database import close_engine, open_engine
from settings import Settings
from web.app import Doors, create_app, create_watch

if TYPE_CHECKING:
    from uuid import UUID

    from models.vocabulary import FollowUp
    from tasks.toolbox import Toolbox

_LOG: Final = logging.getLogger("ieum.apart")


class _Apart(Standing):
    """What both kinds of process stand on."""

    def __init__(self, settings: Settings, say: Say) -> None:
        """Prepare; nothing is opened yet."""
        super().__init__()
        self.settings, self.say = settings, say
        self.safe = open_safe(settings)
        self.catalog = catalog.load()
        self.url = ""

    async def _database_url(self) -> str:
        """Return the named database's URL, whether it answers yet or not; without one, the private server's."""
        if (named := self.settings.database()) is not None:
            return named
        cluster = await self._stack.enter_async_context(Cluster(self.settings, self.say))
        return cluster.url(cluster.main)


class DoorsApart(_Apart):
    """The doors of one process, for the length of an `async with` block."""

    async def _build(self) -> None:
        """Open them.

        Raises:
            DoorwayTaken: the address cannot be had.
        """
        engine = open_engine(await self._database_url())
        self._stack.push_async_callback(close_engine, engine)
        doors = Doors(
            engine=engine,
            catalog=self.catalog,
            clock=machine_clock,
            keyring=Keyring(self.safe.master_key),
            tokens=self.safe.token_digests,
            center=self.settings.center,
        )
        doorway = Doorway(create_app(doors), self.settings.door_host, self.settings.door_port)
        self.url = (await self._stack.enter_async_context(doorway)).url


class DesksApart(_Apart):
    """The desks and follow-ups of one process; Prefect's environment stands already."""

    async def _build(self) -> None:
        """Open the page of health and numbers, then man the desks once the database is there.

        Raises:
            DoorwayTaken: the address cannot be had.
        """
        # Prefect is imported with these, and its environment must stand by then.
        from deployments.tools import lay_out  # noqa: PLC0415
        from flows.rounds import Rounds  # noqa: PLC0415
        from tasks.toolbox import use  # noqa: PLC0415

        self._stack.push_async_callback(hand_over_logs)
        tools = lay_out(
            self.settings,
            open_engine(await self._database_url()),
            master_key=self.safe.master_key,
            catalog=self.catalog,
            clock=machine_clock,
        )
        self._stack.push_async_callback(tools.aclose)
        use(tools)
        self._stack.callback(use, None)
        watch = create_watch(
            Doors(
                engine=tools.engine,
                catalog=self.catalog,
                clock=machine_clock,
                keyring=tools.keyring,
                tokens={},
                center=self.settings.center,
                counted_beside=(tools.tally.registry,),
            )
        )
        doorway = Doorway(watch, self.settings.door_host, self.settings.door_port)
        self.url = (await self._stack.enter_async_context(doorway)).url
        await self._man(tools)
        await self._stack.enter_async_context(Rounds(tools, self._deploy))

    async def _man(self, tools: "Toolbox") -> None:
        """Man the desks, as soon as the database lets this process be present."""
        from flows.hall import Hall  # noqa: PLC0415

        manned = False
        while not manned:
            with suppress(TimeoutError):
                await self._stack.enter_async_context(Hall(tools, with_prefect=True))
                manned = True
            if not manned:
                _LOG.warning("the database does not answer, or has not today's tables (ieum migrate); trying again")

    async def _deploy(self) -> "dict[FollowUp, UUID]":
        from deployments.deploying import deploy_all  # noqa: PLC0415

        stands = await deploy_all(self.settings.alarm_url)
        return {follow_up: deployed.id for follow_up, deployed in stands.follow_ups.items()}
