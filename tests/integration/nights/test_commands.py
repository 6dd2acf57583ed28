"""`ieum digest` and `ieum keeping`, on a database with client A in it."""

import asyncio
import json
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from models.vocabulary import Need
from tests.e2e.command import Ieum
from tests.integration.ground import Ground

Run = Callable[..., Awaitable["subprocess.CompletedProcess[str]"]]


@pytest.fixture
def ieum(ground: Ground, tmp_path: Path) -> Run:
    """Give the command, on this test's database."""
    command = Ieum(tmp_path, 1)
    url = ground.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    command.settings |= {"IEUM_DATABASE_URL": url}

    async def run(*words: str) -> "subprocess.CompletedProcess[str]":
        return await asyncio.to_thread(command.run, *words)

    return run


async def test_the_digest_is_shown_in_both_languages_and_as_json(ground: Ground, ieum: Run) -> None:
    await ground.walks_in(Need.DEBT, signed=())
    await ground.work()

    shown = await ieum("digest")
    told = await ieum("digest", "--json", "--desk", "debt-relief")

    assert (0, 0) == (shown.returncode, told.returncode), shown.stdout + shown.stderr + told.stdout + told.stderr
    assert "동의가 없음 · Consent is missing (consent_missing)" in shown.stdout
    assert ["consent_missing"] == [n["code"] for desk in json.loads(told.stdout)["desks"] for n in desk["notices"]]
    assert "김하늘" not in shown.stdout + told.stdout


async def test_a_desk_that_is_none_is_wrong_use(ieum: Run) -> None:
    assert 2 == (await ieum("digest", "--desk", "reception")).returncode


async def test_keeping_counts_first_and_then_does_it(ground: Ground, ieum: Run) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.change("UPDATE inbox_event SET fate = 'applied', data = '{\"note\": \"x\"}'")
    await ground.change("UPDATE consent SET withdrawn_at = now()")

    counted = await ieum("keeping", "--dry-run", "--json")
    assert [("김하늘",)] == await ground.rows("SELECT name FROM client")
    done = await ieum("keeping", "--json")
    again = await ieum("keeping")

    assert (0, 0, 0) == (counted.returncode, done.returncode, again.returncode), counted.stderr + done.stderr
    first, second = json.loads(counted.stdout), json.loads(done.stdout)
    assert (True, False) == (first["dry_run"], second["dry_run"])
    assert first["counts"] == second["counts"]
    assert (1, 1) == (second["counts"]["clients_forgotten"], second["counts"]["events_emptied"])
    assert [("",)] == await ground.rows("SELECT name FROM client")
    assert "no Prefect server" in again.stderr
