"""An old copy is brought back and work goes on: agencies see the same keys; what the copy cannot know is listed."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from deployments.backup import LEAP, BackupFailed, back_up, bring_back, find_gap, set_right
from deployments.doorway import Doorway
from deployments.postgres import PrivatePostgres
from deployments.pretend import PretendAgencies
from deployments.processes import free_port
from flows.hall import Hall
from models.vocabulary import Need
from tasks.toolbox import use
from tests.integration.ground import Ground, on_ground
from tests.integration.nights.conftest import Wire
from web.app import create_app
from web.doors import Doors

DESK = "microfinance-desk"
COUNSELING = "financial-counseling"


@pytest_asyncio.fixture
async def other_url(postgres: PrivatePostgres, database_url: str) -> AsyncIterator[str]:
    """Give an empty database beside the first."""
    name = f"restored_{database_url.rpartition('_')[2].partition('?')[0]}"
    yield await postgres.ensure_database(name)
    await postgres.drop_database(name)


@asynccontextmanager
async def doors_of(ground: Ground, port: int) -> AsyncGenerator[None]:
    """Open the doors over a ground, at a port that the agencies know."""
    tools = ground.tools
    use(tools)
    async with Doorway(
        create_app(Doors(tools.engine, tools.catalog, tools.clock, tools.keyring, {}, tools.center)), "127.0.0.1", port
    ):
        yield
    use(None)


async def worked(ground: Ground) -> None:
    """Let the desks hear what waits and send what is due."""
    async with Hall(ground.tools, with_prefect=False) as hall:
        await hall.quiet(60)


async def letters(wire: Wire) -> list[dict[str, Any]]:
    """Return what the agencies hold: every letter, by its key."""
    return list((await wire.control("GET", "/letters"))["letters"])


@pytest.mark.timeout(120)
async def test_after_an_old_copy_the_agencies_see_the_same_keys_and_the_gap_is_listed(
    database_url: str, other_url: str, tmp_path: Path
) -> None:
    port, copy = free_port(), tmp_path / "copy"
    async with (
        on_ground(database_url) as before,
        PretendAgencies(tmp_path, before.tools.catalog, f"http://127.0.0.1:{port}") as sandbox,
    ):
        async with doors_of(before, port):
            await sandbox.connect(before.engine, before.tools.keyring, before.tools.clock)
            wire = Wire(before, sandbox)
            await wire.pass_(hours=0)
            await before.walks_in(Need.DEBT, Need.BENEFITS)
            await before.work()
            written = {str(key) for (key,) in await before.rows("SELECT id FROM letter WHERE state = 'waiting'")}
            number = await before.number(COUNSELING)

            await back_up(database_url, copy)
            # More work: the letters arrive, an agency says two things.
            await worked(before)
            assert [] == await before.rows("SELECT id FROM letter WHERE state = 'waiting'")
            said = [
                await wire.say(DESK, "accepted", referral=number, id="w-1"),
                await wire.say(DESK, "completed", referral=number, id="w-2", outcome="loan"),
            ]
            assert [202, 202] == [each["status"] for each in said]
            await worked(before)
            first = await letters(wire)
            moment = before.now
            series = dict(await before.rows("SELECT kind, last FROM number_series"))

        await bring_back(other_url, copy)
        async with on_ground(other_url, process=4712) as after, doors_of(after, port):
            after.now = moment
            async with after.engine.begin() as connection:
                await set_right(connection, moment)
                gap = await find_gap(connection, after.tools.catalog)
            assert [("requested",)] == await after.rows("SELECT state FROM referral WHERE number = :n", n=number)

            await worked(after)
            wire = Wire(after, sandbox)
            second = await letters(wire)
            after.now += timedelta(days=1)
            await wire.pass_(hours=0)
            report = await wire.night()
            await worked(after)
            closed = await after.rows("SELECT state, outcome FROM referral WHERE number = :n", n=number)
            lifted = dict(await after.rows("SELECT kind, last FROM number_series"))

    assert len(written) > 1
    assert written == {letter.key for letter in gap.letters}
    assert {number} <= {letter.referral for letter in gap.letters}
    assert DESK in gap.asked_at_night
    assert gap.known_until is not None
    # Every letter came a second time, and under its first key.
    assert written == {letter["id"] for letter in first}
    assert {letter["id"] for letter in first} == {letter["id"] for letter in second}
    assert all(letter["duplicates"] == 1 for letter in second)
    assert not any(letter["second_key"] for letter in second)
    # What the agency had said was asked for.
    assert 2 == report.counts["events_fetched"]
    assert [("completed", "loan")] == closed
    assert all(lifted[kind] >= last + LEAP - 100 for kind, last in series.items())


async def test_a_copy_is_whole_or_not_there_and_goes_only_into_an_empty_database(
    database_url: str, other_url: str, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    size = await back_up(database_url, copy)
    with pytest.raises(BackupFailed, match="pg_restore failed"):
        await bring_back(database_url, copy)
    (tmp_path / "half").write_bytes(copy.read_bytes()[: size // 2])
    with pytest.raises(BackupFailed, match="pg_restore failed"):
        await bring_back(other_url, tmp_path / "half")
    with pytest.raises(BackupFailed, match="pg_dump failed"):
        await back_up(database_url.replace("/test_", "/nobody_"), tmp_path / "none")
    # Half a copy has left nothing: the whole one still fits.
    await asyncio.wait_for(bring_back(other_url, copy), 60)

    assert 0o600 == copy.stat().st_mode & 0o777
    left = await asyncio.to_thread(lambda: sorted(path.name for path in tmp_path.iterdir()))
    assert ["copy", "half"] == left
