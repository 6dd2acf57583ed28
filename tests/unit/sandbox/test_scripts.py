"""What the agencies do by themselves when the sandbox plays by script."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from conftest import Door, Sandbox


ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def flags() -> tuple[str, ...]:
    return ("--scripted", "--speed", "20")


async def test_a_request_is_answered_step_by_step(sandbox: Sandbox, door: Door) -> None:
    await sandbox.send(sandbox.letter())
    await door.until(3)

    assert door.events() == ["received", "accepted", "completed"]


async def test_another_agency_may_have_the_last_word(sandbox: Sandbox, door: Door) -> None:
    await sandbox.send(sandbox.letter(program="copay-relief"))
    await door.until(2)

    assert [agency for agency, _, _ in door.heard] == ["a-welfare-team", "an-insurer"]


async def test_the_same_letter_again_does_not_play_twice(sandbox: Sandbox, door: Door) -> None:
    body = sandbox.letter()
    await sandbox.send(body)
    await sandbox.send(body)
    await door.until(3)
    await asyncio.sleep(0.3)

    assert len(door.heard) == 3


async def test_a_cancelled_request_stops_its_script(sandbox: Sandbox, door: Door) -> None:
    await sandbox.weather(latency_ms=100)
    await sandbox.send(sandbox.letter())
    await sandbox.send(sandbox.letter(type="ieum.referral.cancel_requested.v1", data={"items": {}}))
    await door.until_event("cancelled")
    # Long enough for what the script would have gone on with.
    await asyncio.sleep(0.5)

    assert door.events()[-1] == "cancelled"
    assert "completed" not in door.events()


async def test_who_is_reminded_speaks_of_each_referral_unless_it_is_about_to(sandbox: Sandbox, door: Door) -> None:
    await sandbox.send(sandbox.reminder("R-2018-000008", "R-2018-000009"))
    await door.until(2)
    assert sorted(json.loads(body)["subject"] for _, _, body in door.heard) == ["R-2018-000008", "R-2018-000009"]

    await sandbox.send(sandbox.letter())
    await sandbox.send(sandbox.reminder("R-2018-000001"))
    await door.until(5)
    await asyncio.sleep(0.3)

    assert door.events() == ["accepted", "accepted", "received", "accepted", "completed"]


async def test_shuffled_scripts_end_with_everything_said(sandbox: Sandbox, door: Door) -> None:
    await sandbox.weather(shuffle=100, seed=3)
    await sandbox.send(sandbox.letter())
    await door.until(3)

    assert sorted(door.events()) == ["accepted", "completed", "received"]


def test_the_shipped_scripts_use_the_catalogs_words() -> None:
    """Read both files as anybody could; neither side imports the other."""
    book = yaml.safe_load((ROOT / "sandbox" / "scripts.yaml").read_text())["programs"]
    agencies = yaml.safe_load((ROOT / "catalog" / "agencies.yaml").read_text())["agencies"]
    common = yaml.safe_load((ROOT / "catalog" / "common.yaml").read_text())
    programs = {page.stem: yaml.safe_load(page.read_text()) for page in (ROOT / "catalog" / "programs").glob("*.yaml")}

    assert book.keys() == programs.keys()
    for code, script in book.items():
        program = programs[code]
        assert set(script["requires"]) <= set(program["items"]), code
        for step in script["steps"]:
            place = f"{code}: {step}"
            if "milestone" in step:
                lane = {milestone["code"]: milestone for milestone in program["lanes"][step.get("lane", "main")]}
                by = lane[step["milestone"]].get("by")
                speaker = agencies[step["as"]]["kind"] if "as" in step else None
                assert by in {None, speaker} or speaker is None, place
            if "outcome" in step:
                assert step["outcome"] in program["outcomes"] | common["outcomes"], place
            if "reason" in step:
                assert step["reason"] in program["decline_reasons"] | common["decline_reasons"], place
            if "as" in step:
                assert agencies[step["as"]]["kind"] in program["speakers"], place
                assert agencies[step["as"]]["protocol"] == "webhook", place
