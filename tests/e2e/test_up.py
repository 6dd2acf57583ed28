"""The house on one machine: it comes up, works, stops in order at any moment, and comes up again at once."""

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import Ieum, Start, until_said

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

#: Nothing stands yet; PostgreSQL is young; a connection is opened, used, closed; sandbox and Prefect start; the tables,
#: the doors and the desks come up.
MOMENTS = [
    *("import:typer", "import:deployments.ground"),
    *(f"start+{turns}" for turns in (0, 1, 2, 3)),
    *(f"PostgreSQL is up+{turns}" for turns in (0, 1, 2, 4, 9, 34)),
    "The Prefect server is up+0",
    *(f"The tables are up to date+{turns}" for turns in (0, 60, 160)),
]
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "intake.yaml"


def test_it_comes_up_works_a_journey_and_stops_in_order(ieum: Ieum, staying: Start) -> None:
    process, output = staying("up", "--sandbox")
    until_said(output, "Everything runs", 180)

    opened = json.loads(ieum.run("journey", "open", EXAMPLE, "--json").stdout)
    shown = journey_with(ieum, opened["number"], referrals=2)
    refused = ieum.run("journey", "open", EXAMPLE)
    merged = ieum.run("journey", "merge", opened["number"], opened["number"])
    agencies = json.loads(ieum.run("agency", "list", "--json").stdout)
    pinged = ieum.run("agency", "ping", "nhis")
    rotated = json.loads(ieum.run("agency", "rotate", "nhis", "--direction", "inbound", "--json").stdout)
    until_said(output, "Desks, follow-ups and automations are deployed", 60)
    deployed = [json.loads(ieum.run("deploy", "--json").stdout) for _ in range(2)]
    stands = follow_ups_ended(ieum, ["reconcile", "retention", "reviews", "expiry", "keeping"])
    examined = json.loads(ieum.run("doctor", "--json").stdout)
    second = ieum.run("up")

    assert {"job-counseling", "emergency-living-aid"} <= {referral["program"] for referral in shown["referrals"]}
    webhook = [agency for agency in agencies if agency["protocol"] == "webhook"]
    assert all(agency["connected"] and agency["keys"] == {"inbound": 1, "outbound": 1} for agency in webhook)
    assert len(webhook) > 10
    assert 0 == pinged.returncode
    assert rotated["keys"]["inbound"].startswith("whsec_")
    assert deployed[0] == deployed[1]
    # It had deployed everything by itself.
    assert (13, 7, 0) == (len(deployed[0]["deployments"]), len(deployed[0]["automations"]), deployed[0]["changed"])
    entrypoints = {each["entrypoint"] for each in deployed[0]["deployments"]}
    assert {"flows.debt_relief.debt_relief", "flows.follow_up.overdue"} <= entrypoints
    # What was missed before the house was opened is made up for.
    assert {"done"} == {stands[name]["state"] for name in ("reconcile", "retention", "reviews", "expiry", "keeping")}
    assert [] == [check for check in examined if not check["ok"]]
    assert (2, True) == (refused.returncode, opened["number"] in refused.stderr)
    assert (2, True) == (merged.returncode, "one journey already" in merged.stderr)
    assert (2, True) == (second.returncode, "runs already" in second.stderr)
    text = output.read_text(encoding="utf-8")
    assert "bearer-token" in text
    assert (ieum.folder / "secrets" / "bearer-token").read_text(encoding="ascii") not in text

    process.send_signal(signal.SIGTERM)

    assert 143 == process.wait(60)
    assert "Traceback" not in output.read_text(encoding="utf-8")
    assert [] == ieum.left_behind()


def follow_ups_ended(ieum: Ieum, names: list[str]) -> dict[str, dict[str, Any]]:
    """Return how the follow-ups stand, once those named have run."""
    give_up = time.monotonic() + 120
    while True:
        stands = {each["follow_up"]: each for each in json.loads(ieum.run("follow-up", "list", "--json").stdout)}
        if all(stands[name]["ended_at"] for name in names) or time.monotonic() > give_up:
            return stands


@pytest.mark.parametrize("moment", MOMENTS)
def test_stopped_while_it_starts_it_leaves_nothing_behind(ieum: Ieum, staying: Start, moment: str) -> None:
    process, output = staying(moment, "up", "--sandbox", through="tests.e2e.interrupted")

    assert process.wait(120) in {130, -signal.SIGINT}
    assert set() == said_beside_progress(output)
    assert [] == ieum.left_behind()


def said_beside_progress(output: Path) -> set[str]:
    """Return the lines that a command which was stopped in order should not have printed."""
    lines = output.read_text(encoding="utf-8").splitlines()
    return {line for line in lines if not line.startswith(("·", "  "))}


def journey_with(ieum: Ieum, number: str, *, referrals: int) -> dict[str, Any]:
    """Show a journey once it has so many referrals."""
    give_up = time.monotonic() + 60
    while True:
        asked = ieum.run("journey", "show", number, "--json")
        # A machine that is still busy starting may ask to come again.
        shown = json.loads(asked.stdout) if asked.returncode == 0 else None
        if shown is not None and (len(shown["referrals"]) >= referrals or time.monotonic() > give_up):
            return shown
        assert time.monotonic() < give_up, asked.stderr
