"""The three clients of docs/agencies.md, taken out of the page and run against the real door."""

import asyncio
import os
import re
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from tests.integration.doors.house import AGENCY, REFERRAL, House

PAGE = Path(__file__).parents[3] / "docs" / "agencies.md"
BLOCK = re.compile(r"^```(python|javascript|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAMS = {
    "python": ([sys.executable, "-"], ()),
    "javascript": (["node", "-"], ("node",)),
    "sh": (["sh"], ("curl", "openssl")),
}


def clients() -> dict[str, str]:
    """Return the code of each client by language."""
    return dict(BLOCK.findall(PAGE.read_text(encoding="utf-8")))


def test_there_are_three_clients_of_about_twenty_lines() -> None:
    assert PROGRAMS.keys() == clients().keys()
    assert all(len(code.splitlines()) <= 25 for code in clients().values())


@pytest.mark.parametrize("language", PROGRAMS)
async def test_the_client_is_understood(house: House, language: str) -> None:
    command, needed = PROGRAMS[language]
    for program in needed:
        if shutil.which(program) is None:
            # Nobody reads CI's skips: there a client that was not run has failed.
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{program} is not on this machine")
    house.now = datetime.now(UTC)
    await house.with_referral()
    told = {
        "DOOR": house.base,
        "AGENCY": AGENCY,
        "SECRET": house.key.written(),
        "REFERRAL": REFERRAL,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"]} | told,
    )

    said, complaint = await asyncio.wait_for(process.communicate(clients()[language].encode()), 30)

    assert process.returncode == 0, complaint.decode()
    assert orjson.loads(said)["status"] == "accepted"
    assert await house.rows("SELECT word, fate, desk FROM inbox_event") == [("accepted", "waiting", "emergency-aid")]
