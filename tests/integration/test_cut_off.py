"""Cut off at a bad moment: whoever is told to stop while it opens or closes something leaves nothing behind."""

import asyncio
import logging
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from deployments.postgres import PrivatePostgres
from deployments.processes import end_child, is_running, run_whole, spawn
from models.database import close_engine, open_engine
from tasks.presence import Presence
from tests.integration.ground import Ground


async def cut_off(work: "asyncio.Task[object]", *, after_turns: int) -> None:
    """Let some work go on for so many turns of the loop, cancel it, and wait until it has ended."""
    for _ in range(after_turns):
        await asyncio.sleep(0)
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work


@pytest.mark.parametrize("turns", [1, 2, 3])
async def test_an_engine_that_is_being_closed_is_closed(
    ground: Ground, database_url: str, caplog: pytest.LogCaptureFixture, turns: int
) -> None:
    caplog.set_level(logging.ERROR)
    engine = open_engine(database_url)
    async with engine.connect() as connection:
        session = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()

    closing = asyncio.create_task(close_engine(engine))
    await cut_off(closing, after_turns=turns)

    assert closing.cancelled()
    assert [] == caplog.messages
    await gone(ground, f"pid = {session}")


@pytest.mark.parametrize("turns", [1, 5, 10, 20, 40])
async def test_a_presence_that_comes_goes_again(ground: Ground, turns: int) -> None:
    coming = asyncio.create_task(Presence(ground.engine, 990_000_002, lambda _: None).__aenter__())
    await cut_off(coming, after_turns=turns)

    # Nobody keeps it any more, so nobody opens it again either.
    assert not [task for task in asyncio.all_tasks() if "Presence" in repr(task.get_coro())]
    await gone(ground, "application_name = 'ieum presence' AND datname = current_database()")


async def test_a_postgresql_too_young_to_have_named_itself_is_stopped(tmp_path: Path) -> None:
    server = PrivatePostgres(tmp_path / "postgres")
    await server.start()
    await server.stop()

    # It is started in its first turn, and writes its own number down some milliseconds later.
    await cut_off(asyncio.create_task(server.start()), after_turns=1)
    await server.stop()

    assert not (server.data / "postmaster.pid").exists()
    await server.start()
    await server.stop()


async def test_a_child_is_ended_however_young_it_is(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    marker.touch()
    for _ in range(50):
        # For a moment the kernel shows no command line of it at all.
        child = spawn(["env", "tail", "-f", marker], tmp_path / "log")

        assert await end_child(child, [(signal.SIGKILL, 60)])
        assert -signal.SIGKILL == child.returncode


async def test_a_program_that_nobody_waits_for_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    log, marker = tmp_path / "log", tmp_path / "marker"
    marker.touch()
    running = asyncio.create_task(run_whole(["sh", "-c", f"tail -f '{marker}' & echo $!; wait"], log))
    while not log.exists() or not log.read_text().endswith("\n"):  # noqa: ASYNC110 - the log tells nobody
        await asyncio.sleep(0.01)
    child = int(log.read_text())
    while not is_running(child, str(marker)):  # noqa: ASYNC110 - nor does the kernel
        await asyncio.sleep(0.01)

    await cut_off(running, after_turns=1)

    while is_running(child, str(marker)):  # noqa: ASYNC110 - nor does the kernel
        await asyncio.sleep(0.01)


async def gone(ground: Ground, which: str) -> None:
    """Wait until PostgreSQL knows no such session any more."""
    while await ground.rows(f"SELECT 1 FROM pg_stat_activity WHERE {which}"):  # noqa: ASYNC110, S608 - our own words
        await asyncio.sleep(0.02)
