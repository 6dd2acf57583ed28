"""The house taken apart: two doors and two desks in processes of their own work one database, and stop in order."""

import asyncio
import json
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from deployments.prefect_server import PrefectServer
from deployments.processes import free_port
from models.vocabulary import Need
from tests.e2e.command import Ieum, until_said
from tests.integration.ground import Ground

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
TOKEN = "a-long-enough-token-of-the-tests"


class Process:
    """One process of ours that stays, with its own port."""

    def __init__(self, command: Ieum, verb: str, output: Path, port: int, **told: str) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.output = output
        self.child = command.start(verb, output=output, IEUM_DOOR_PORT=str(port), **told)

    async def get(self, path: str) -> httpx.Response:
        """Ask it something."""
        async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
            return await http.get(f"{self.base}{path}", headers={"authorization": f"Bearer {TOKEN}"})

    async def counts(self) -> dict[str, float]:
        """Return what it has counted, every sample's values added up."""
        found: dict[str, float] = {}
        for family in text_string_to_metric_families((await self.get("/metrics")).text):
            for sample in family.samples:
                found[sample.name] = found.get(sample.name, 0) + sample.value
        return found

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(60)


@pytest_asyncio.fixture
async def processes(
    ieum: Ieum, database_url: str, prefect_server: PrefectServer, tmp_path: Path
) -> AsyncIterator[list[Process]]:
    """Give two doors and two desks on one database; those that still run are ended."""
    told = {
        "IEUM_DATABASE_URL": database_url,
        "IEUM_MASTER_KEY": "a-pretend-master-key-of-the-tests-and-of-nobody-else",
        "IEUM_API_TOKENS": json.dumps({"tester": TOKEN}),
        "IEUM_PREFECT_API_URL": prefect_server.api_url,
        "IEUM_PREFECT_AUTH": prefect_server.login,
        "IEUM_LINGER_SECONDS": "1",
    }
    started = [
        Process(ieum, verb, tmp_path / f"{verb}-{nth}", free_port(), **told)
        for verb, nth in (("doors", 1), ("doors", 2), ("desks", 1), ("desks", 2))
    ]
    yield started
    for process in started:
        if process.child.poll() is None:
            process.child.kill()
            process.child.wait()


async def test_doors_and_desks_apart_work_one_database_and_stop_in_order(
    processes: list[Process], ground: Ground
) -> None:
    doors, desks = processes[:2], processes[2:]
    for process in processes:
        words = "The doors are open" if process in doors else "The desks are manned"
        await asyncio.to_thread(until_said, process.output, words, 120)
        assert 200 == (await process.get("/health/live")).status_code
        assert 200 == (await process.get("/health/ready")).status_code
    assert 404 == (await desks[0].get("/api/journeys")).status_code

    for _ in range(4):
        await ground.walks_in(Need.DEBT)
    # No process was rung: whoever looks next finds them.
    worked = await until(ground, "SELECT count(*) FROM referral WHERE state = 'requested'", 4)
    listed = [(await door.get("/api/journeys")).json()["journeys"] for door in doors]
    counted = [await process.counts() for process in processes]
    codes = [process.stop() for process in processes]

    assert 4 == worked
    assert [4, 4] == [len(journeys) for journeys in listed]
    assert 4 <= sum(counts.get("ieum_desk_moves_total", 0) for counts in counted)
    assert {1} == {counts["ieum_database_reachable"] for counts in counted}
    assert [143] * 4 == codes
    assert [] == await ground.rows("SELECT number FROM shift WHERE state <> 'done'")
    assert all("Traceback" not in process.output.read_text(encoding="utf-8") for process in processes)


async def until(ground: Ground, sql: str, wanted: int) -> int:
    """Wait until a count is what is wanted; return what it came to."""
    found = 0
    for _ in range(600):
        [(found,)] = await ground.rows(sql)
        if found >= wanted:
            break
        await asyncio.sleep(0.1)
    return found


def test_desks_without_a_prefect_server_say_so(ieum: Ieum) -> None:
    answer: subprocess.CompletedProcess[str] = ieum.run("desks")

    assert (3, True) == (answer.returncode, "name one in IEUM_PREFECT_API_URL" in answer.stderr)
