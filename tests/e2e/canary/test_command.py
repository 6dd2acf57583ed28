"""The canary through the real command: client A's journey by `ieum demo --keep`, and nothing of her is found.

Every desk breaks on the way, and the command says as much as it can be told to say.
"""

import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from deployments.postgres import PrivatePostgres
from models.vocabulary import Desk
from tests.e2e.canary.breaking import SHOUTED
from tests.e2e.canary.journey import write_canary_journey
from tests.e2e.canary.markers import Canary
from tests.e2e.canary.scanner import Scanner
from tests.e2e.canary.test_canary import BARE_TABLES
from tests.e2e.canary.waiting import events_are_written
from tests.e2e.command import Ieum, until_said

pytestmark = [
    pytest.mark.slow,
    pytest.mark.faults,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="module"),
]

#: In the state folder, but no place of ours: PostgreSQL's own files (its tables are looked through by their columns)
#: and the copy of Prefect's pages, made before anybody walked in.
FOREIGN = ("/postgres/data/", "/prefect/ui/")
#: Secrets of the installation, by the one file each may stand in.
SECRETS = ("secrets/bearer-token", "secrets/master-key", "postgres/password", "demo/prefect/password")
#: What a door refused, what was shouted and what an agency answered stand nowhere, not even in our own tables.
NOWHERE = {"refused note", "refused fact", "words in a redirect", SHOUTED.name, *SECRETS}
LOOKED_AT = ("/api/journeys", "/api/notices", "/metrics", "/health/ready")


@dataclass
class Kept:
    """What a demo that was kept running and then stopped has left."""

    told: list[Canary]
    canaries: list[Canary]
    shown: str
    journey: dict[str, Any]
    scanner: Scanner
    #: What was found in our own tables, where she belongs.
    ours: set[str]
    leaks: list[str]
    ended_with: int
    left_behind: list[str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kept(ieum: Ieum, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kept]:
    """Play the journey, look at everything while it runs, stop it, and look at what is left."""
    folder = tmp_path_factory.mktemp("canary")
    scenario, told = write_canary_journey(folder)
    output = folder / "terminal"
    arguments = ("demo", str(scenario), "--keep")
    process = ieum.start(*arguments, output=output, through="tests.e2e.canary.breaking", IEUM_LOG_LEVEL="debug")
    try:
        until_said(output, "Everything keeps running", 240)
        secrets = [Canary(name, (ieum.folder / name).read_text(encoding="ascii")) for name in SECRETS]
        canaries = [*told, SHOUTED, *secrets]
        # An agency's own number for a referral is what staff name when they call there: answers may show it.
        scanner, ours = Scanner(canaries), Scanner(canaries)
        in_answers = Scanner(canary for canary in canaries if "reference" not in canary.name)
        journey: dict[str, Any] = {}
        for answer in asked(output.read_text(encoding="utf-8"), bearer=secrets[0].text):
            scanner.look_at(f"{answer.url}", "a URL")
            in_answers.look_at(f"{answer.headers} {answer.text}", f"the answer of {answer.url}")
            journey = answer.json() if "/api/journeys/" in f"{answer.url}" else journey
        postgres = PrivatePostgres(ieum.folder / "postgres")
        prefect, house = postgres.database_url("ieum_prefect_demo"), postgres.database_url("ieum_demo")
        await events_are_written(prefect)
        await scanner.look_through(prefect)
        await scanner.look_through(house, only=BARE_TABLES)
        await ours.look_through(house)
    finally:
        process.send_signal(signal.SIGINT)
        ended_with = process.wait(60)
    for file in left_in(ieum.folder):
        scanner.files += 1
        scanner.look_at(f"{file.relative_to(ieum.folder)}", "a file's name")
        scanner.look_at(file.read_bytes(), f"{file.relative_to(ieum.folder)}")
    scanner.look_at(output.read_bytes(), "the terminal")
    yield Kept(
        told=told,
        canaries=canaries,
        shown=output.read_text(encoding="utf-8"),
        journey=journey,
        scanner=scanner,
        ours={leak.canary for leak in ours.leaks},
        leaks=sorted(f"{leak.canary} in {leak.place}" for leak in scanner.leaks | in_answers.leaks),
        ended_with=ended_with,
        left_behind=ieum.left_behind(),
    )


async def test_she_was_there_whole_and_every_desk_broke_twice_on_the_way(kept: Kept) -> None:
    assert len(kept.told) > 30
    assert set() == {canary.name for canary in kept.canaries} - NOWHERE - kept.ours
    assert "MISSED" not in kept.shown
    # It was the demo's own Prefect that was told, the one whose tables were looked through.
    assert "temporary server" not in kept.shown
    assert len(Desk) == kept.shown.count("one by one: LookupError")
    assert len(Desk) == kept.shown.count("Failed('Flow run encountered an exception")


async def test_nothing_of_her_is_found_in_what_the_command_leaves_and_shows(kept: Kept) -> None:
    scanner = kept.scanner
    print(  # noqa: T201 - the counts are what the test is run for
        f"\n{len(kept.canaries)} canaries; looked at {scanner.values} values in {scanner.tables} columns and"
        f" {scanner.files} files"
    )

    assert scanner.values > 1000
    assert scanner.files > 5
    assert [] == kept.leaks


async def test_kept_running_it_can_be_looked_at_and_ctrl_c_stops_everything(kept: Kept) -> None:
    states = {referral["program"]: referral["state"] for referral in kept.journey["referrals"]}

    assert "cancel_requested" == states.pop("individual-rehabilitation")
    assert {"completed"} == set(states.values())
    assert len(states) > 8
    assert 130 == kept.ended_with
    assert "The Prefect server has stopped" in kept.shown
    assert [] == kept.left_behind


def asked(shown: str, *, bearer: str) -> Iterator[httpx.Response]:
    """Ask for everything that staff may look at in the running demo."""
    door = shown.partition("Doors ")[2].split()[0].removesuffix("/openapi.json")
    number = shown.partition("\nJourney ")[2].split()[0]
    for path in (*LOOKED_AT, f"/api/journeys/{number}"):
        answer = httpx.get(f"{door}{path}", headers={"authorization": f"Bearer {bearer}"}, trust_env=False)
        assert answer.is_success, path
        yield answer


def left_in(folder: Path) -> list[Path]:
    """Return the files that commands leave in their state folder."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    secret = {folder / name for name in SECRETS}
    return [file for file in files if file not in secret and not any(part in f"{file}" for part in FOREIGN)]
