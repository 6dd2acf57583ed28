"""The database server: the private PostgreSQL of this state folder, or the one the operator named.

Several `ieum` commands may use the private one at once; the last to leave stops it. Who uses it is known by file
locks, which the kernel drops even after a kill.
"""

import asyncio
import fcntl
import hashlib
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from deployments.occupied import sole
from deployments.postgres import DUPLICATE_DATABASE, PrivatePostgres, quoted
from deployments.progress import Say, step
from models.database import MIGRATIONS, close_engine, migrate
from settings import Settings


class DatabaseAway(Exception):  # noqa: N818 - it names what happened
    """The named database server cannot be reached or refuses; the text is one sentence with the remedy."""


class Cluster:
    """The server that holds our databases, for the length of an `async with` block."""

    def __init__(self, settings: Settings, say: Say) -> None:
        """Use the server the settings name, or a private one in the state folder."""
        self._named = settings.database()
        self._folder = settings.state_folder / "postgres"
        self._private = PrivatePostgres(self._folder)
        self._say = say
        self._stack = AsyncExitStack()
        self._using: IO[str] | None = None

    async def __aenter__(self) -> Self:
        """Start it, or join those who use it; check that it answers.

        Raises:
            PostgresError: the private one cannot run here.
            DatabaseAway: the named one does not answer.
        """
        if self._named is None:
            with step(self._say, "PostgreSQL is up"):
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                async with sole(self._folder / "door.lock"):
                    self._using = (self._folder / "users.lock").open("w")
                    fcntl.flock(self._using, fcntl.LOCK_SH)
                    try:
                        await self._private.start()
                    except BaseException:
                        # Ctrl-C may come just now, and nobody else stops it then.
                        await self._leave()
                        raise
        else:
            await self._command("SELECT 1")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the private server, unless another command still uses it."""
        if self._using is not None:
            async with sole(self._folder / "door.lock"):
                await self._leave()

    async def _leave(self) -> None:
        """Give up our use of the private server, and stop it if that was the last; the door must be locked."""
        if self._using is None:
            return
        with self._using as using, suppress(BlockingIOError):
            fcntl.flock(using, fcntl.LOCK_UN)
            fcntl.flock(using, fcntl.LOCK_EX | fcntl.LOCK_NB)
            await self._private.stop()
            self._say("PostgreSQL has stopped")
        self._using = None

    def url(self, name: str) -> str:
        """Give the SQLAlchemy URL of a database by its name."""
        if self._named is None:
            return self._private.database_url(name)
        return make_url(self._named).set(database=name).render_as_string(hide_password=False)

    @property
    def main(self) -> str:
        """Name of the house's own database: the named one, or `ieum`."""
        return "ieum" if self._named is None else make_url(self._named).database or "ieum"

    async def ensure(self, name: str, template: str | None = None) -> str:
        """Create a database unless it exists, as a copy of `template` if given; return its URL.

        Raises:
            DatabaseAway: the named server refuses.
        """
        copied = f" TEMPLATE {quoted(template)}" if template else ""
        with suppress(_Exists):
            await self._command(f"CREATE DATABASE {quoted(name)}{copied}")
        return self.url(name)

    async def drop(self, name: str) -> None:
        """Drop a database and cut whoever is connected; quiet when it does not exist."""
        await self._command(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")

    async def replace(self, name: str, kept: str) -> None:
        """Put an empty database in the place of one that is kept under another name; nobody may be connected to it.

        Raises:
            DatabaseAway: the server refuses.
        """
        home = self.url("postgres")
        await self._command(f"ALTER DATABASE {quoted(name)} RENAME TO {quoted(kept)}", home)
        await self._command(f"CREATE DATABASE {quoted(name)}", home)

    async def migrated(self, name: str) -> str:
        """Create a database unless it exists and bring its tables up to date; return its URL."""
        url = await self.ensure(name)
        await asyncio.to_thread(migrate, url)
        return url

    async def template(self, folder: Path) -> str:
        """Return the name of a database with today's tables and nothing in them, to be copied.

        It is made under another name and renamed when whole, so that an interrupted one never counts.

        Args:
            folder: Where the lock lies that lets one process at a time make it.
        """
        name = f"{self.main}_template_{_digest_of_migrations()}"
        async with sole(folder / "template.lock"):
            if not await self._exists(name):
                await self.drop(f"{name}_making")
                await self.migrated(f"{name}_making")
                await self._command(f"ALTER DATABASE {quoted(name + '_making')} RENAME TO {quoted(name)}")
        return name

    async def _exists(self, name: str) -> bool:
        return bool(await self._command(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))  # noqa: S608 - our own word

    async def _command(self, sql: str, home: str | None = None) -> int:
        """Run one statement outside any transaction, as those about whole databases want it; return its row count."""
        home = home or (self._private.database_url("postgres") if self._named is None else self._named)
        engine = create_async_engine(home, isolation_level="AUTOCOMMIT", connect_args={"timeout": 5})
        try:
            async with engine.connect() as connection:
                return (await connection.execute(text(sql))).rowcount
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == DUPLICATE_DATABASE:
                raise _Exists from None
            raise DatabaseAway(_reason(error)) from None
        except (OSError, SQLAlchemyError, TimeoutError) as error:
            raise DatabaseAway(_reason(error)) from None
        finally:
            await close_engine(engine)


def _digest_of_migrations() -> str:
    """Return twelve hexadecimal digits that change with every migration."""
    versions = sorted((MIGRATIONS / "versions").glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in versions)).hexdigest()[:12]


class _Exists(Exception):  # noqa: N818
    """There is a database of that name."""


def _reason(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    state = getattr(cause, "sqlstate", None)
    what = f"it answered with SQLSTATE {state}" if state else type(cause).__name__
    return f"The database server cannot be used ({what}); see that it runs and that IEUM_DATABASE_URL is right."
