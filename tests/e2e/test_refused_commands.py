"""What an operator asks at the terminal and cannot have: exit code 2, one sentence, nothing changed, no traceback."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from agencies.keys import Key
from models.vocabulary import Need
from tests.e2e.command import HOUSE
from tests.integration.ground import Ground

REFUSED = {
    "an event that nobody parked": (["event", "replay", "999999"], "There is no such event"),
    "an event that is not there to be set aside": (
        ["event", "set-aside", "999999", "--why", "the agency withdrew it"],
        "There is no such event",
    ),
    "a reason of blanks": (["event", "set-aside", "1", "--why", "  "], "--why is empty"),
    "letters that lie with nobody": (["letter", "resend", "{referral}"], "There is no such"),
    "a mistyped number": (["letter", "resend", "R-2017-000001-X"], "That is no referral's number"),
    "the number of a journey": (["letter", "resend", "J-2017-000042-3"], "That is no referral's number"),
    "a letter that nobody refused": (
        ["letter", "set-aside", "{referral}", "--why", "handed over"],
        "There is no such",
    ),
    "a letter let lie without a reason": (["letter", "set-aside", "{referral}", "--why", " "], "--why must say"),
    "a beginning too short": (["notice", "settle", "7000000", "--why", "done"], "An id's beginning needs at least 8"),
    "no id at all": (["notice", "settle", "consent_missing", "--why", "done"], "That is no notice's id"),
    "an id of no notice": (["notice", "settle", "00000000", "--why", "done"], "No notice's id begins so"),
    "a notice without a reason": (["notice", "settle", "00000000", "--why", " "], "--why must say"),
    "a reason that tells a story": (["notice", "settle", "00000000", "--why", "x" * 201], "--why must say"),
    "an address that is none": (["agency", "move", "legal-aid", "--url", "legal-aid.example"], "an agency's URL is"),
    "an agency that is not connected": (
        ["agency", "move", "legal-aid", "--url", "https://legal-aid.example/ieum"],
        "legal-aid is not connected",
    ),
    "a secret on the command line": (
        ["agency", "rotate", "legal-aid", "--key", "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"],
        "--key takes no secret",
    ),
    "a secret on the command line of a new agency": (
        ["agency", "add", "legal-aid", "--url", "https://legal-aid.example", "--inbound", "whsec_c2VjcmV0"],
        "--inbound takes no secret",
    ),
    "no key where it should be": (["agency", "rotate", "legal-aid", "--key", "-"], "There is no key where --key says"),
    "a key file that is not there": (["agency", "rotate", "legal-aid", "--key", "@nowhere"], "The file named by --key"),
}


async def ieum(database_url: str, state: Path, *arguments: str, typed: str = "") -> tuple[int | None, str, str]:
    """Run the command on a database; return its exit code, what it said and what it complained of."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("IEUM_", "PREFECT_"))}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from deployments.start import ieum; ieum()", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=HOUSE,
        env=bare | {"IEUM_DATABASE_URL": database_url, "IEUM_STATE_FOLDER": str(state)},
    )
    said, complaint = await asyncio.wait_for(process.communicate(typed.encode()), 60)
    return process.returncode, said.decode(), complaint.decode()


@pytest.mark.parametrize("what", REFUSED)
async def test_it_is_refused_with_one_sentence(ground: Ground, database_url: str, tmp_path: Path, what: str) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()
    before = await ground.rows("SELECT id, fate FROM inbox_event ORDER BY id")
    arguments, sentence = REFUSED[what]
    number = await ground.number("financial-counseling")

    code, said, complaint = await ieum(database_url, tmp_path, *(word.format(referral=number) for word in arguments))

    assert (2, "") == (code, said), complaint
    assert complaint.startswith(f"ieum: {sentence}")
    assert 1 == len(complaint.splitlines())
    assert before == await ground.rows("SELECT id, fate FROM inbox_event ORDER BY id")
    assert [] == await ground.rows("SELECT code FROM agency")


async def test_an_agencys_own_keys_are_read_from_a_file_and_from_the_standard_input(
    ground: Ground, database_url: str, tmp_path: Path
) -> None:
    old, new = (Key.mint().written() for _ in range(2))
    page = tmp_path / "key"
    page.write_text(f"{old}\n")
    connects = ["agency", "add", "legal-aid", "--url", "https://legal-aid.example/ieum", "--inbound", f"@{page}"]
    code, said, complaint = await ieum(database_url, tmp_path, *connects)
    assert 0 == code, complaint
    assert old not in said

    rotates = ["agency", "rotate", "legal-aid", "--direction", "inbound", "--key", "-"]
    code, said, complaint = await ieum(database_url, tmp_path, *rotates, typed=f"{new}\n")

    assert (0, "") == (code, complaint)
    assert new not in said
    assert [(2,)] == await ground.rows("SELECT count(*) FROM agency_key WHERE direction = 'inbound'")
