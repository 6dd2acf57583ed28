"""What every test may ask for: a real PostgreSQL, a real Prefect server, and a database of its own.

Servers start when the first test asks and stop with the session; their files lie below `.ieum/test`.
"""

import asyncio
import os
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import settings

from deployments.postgres import PrivatePostgres
from deployments.prefect_server import PrefectServer

# How long an example takes says something about the machine, nothing about the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

# Prefect reads its settings when it is imported, which some test file may do before any fixture runs.
# Nobody's own Prefect profile, server or Cloud account may be touched by a test.
for name in [name for name in os.environ if name.startswith("PREFECT_")]:
    del os.environ[name]
HERE = Path(__file__).parent.parent / ".ieum" / "test"
#: Of a process's own, where several share the tests (`pytest -n`); every fixture of the session is, too.
PREFECT_HOME = HERE / f"prefect-home-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
PREFECT_HOME.mkdir(parents=True, exist_ok=True)
os.environ |= {
    "DO_NOT_TRACK": "1",
    "PREFECT_HOME": str(PREFECT_HOME),
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
    # Temporary folders stay inside the checkout as well; a session that passes removes its own.
    "PYTEST_DEBUG_TEMPROOT": str(HERE),
}


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePostgres]:
    """Give a running PostgreSQL, in a folder with a space in its name; stopped at the end of the session."""
    server = PrivatePostgres(tmp_path_factory.mktemp("private postgres"))
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest.fixture(scope="session")
def migrated_template(postgres: PrivatePostgres) -> str:
    """Migrate one database and give its name, to be copied for each test that wants a database."""
    # Imported late, so that tests without a database do not depend on the tables.
    from models.database import migrate  # noqa: PLC0415

    name = "template_ieum"
    migrate(asyncio.run(postgres.ensure_database(name)))
    return name


@pytest_asyncio.fixture
async def empty_database_url(postgres: PrivatePostgres) -> AsyncIterator[str]:
    """Give the URL of a database with nothing in it, dropped after the test."""
    name = f"empty_{uuid.uuid4().hex}"
    yield await postgres.ensure_database(name)
    await postgres.drop_database(name)


@pytest_asyncio.fixture
async def database_url(postgres: PrivatePostgres, migrated_template: str) -> AsyncIterator[str]:
    """Give the URL of a migrated database of the test's own, dropped after the test."""
    name = f"test_{uuid.uuid4().hex}"
    yield await postgres.ensure_database(name, template=migrated_template)
    await postgres.drop_database(name)


@pytest.fixture(scope="session")
def prefect_server(postgres: PrivatePostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """Give a running Prefect server on the private PostgreSQL, and let this process's Prefect speak to it."""
    database = asyncio.run(postgres.ensure_database("prefect"))
    server = PrefectServer(tmp_path_factory.mktemp("prefect server"), database)
    asyncio.run(server.start(lambda sentence: print(sentence, file=sys.stderr)))  # noqa: T201 - shown with pytest -s
    server.enter(os.environ)
    # A product process sets the environment before it imports Prefect; here some test file may have been first.
    from prefect.context import refresh_global_settings_context  # noqa: PLC0415
    from prefect.events.worker import EventsWorker  # noqa: PLC0415
    from prefect.logging.handlers import APILogWorker  # noqa: PLC0415

    refresh_global_settings_context()
    yield server
    # What is still on its way goes out while the server is there to take it.
    APILogWorker.drain_all(timeout=5)
    EventsWorker.drain_all(timeout=5)
    asyncio.run(server.stop())
