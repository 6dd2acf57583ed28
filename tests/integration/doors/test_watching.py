"""The dashboard and the alerts: every metric and label in them is really served, every alert has its page to go to."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

import catalog
from models.agency import EndpointHealth
from tests.integration.doors.house import AGENCY, NOW, House
from tests.integration.doors.test_metrics import Tally
from web.counts import Counts
from web.problem_table import ENTRIES

HOUSE: Final = Path(__file__).parents[3]
ALERTS: Final = HOUSE / "deployments" / "prometheus" / "alerts.yaml"
DASHBOARD: Final = HOUSE / "deployments" / "grafana" / "ieum.json"
#: The processes' headings of the runbook that are no operator's matter: staff meets them.
STAFFS: Final = {"Who is kept beyond the time", "Somebody asks for a client who is forgotten"}
#: What the operator has just done by hand.
BY_HAND: Final = {"A copy of the database was brought back"}
#: Said by an automation of Prefect, which is what the heading is about.
SAYS_ITSELF: Final = {"An alarm came (`IEUM_ALARM_URL`)"}


def rules() -> list[dict[str, Any]]:
    """Return the alert rules."""
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def queries() -> list[str]:
    """Return every expression of the alerts and of the dashboard."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [rule["expr"] for rule in rules()] + [t["expr"] for panel in panels for t in panel.get("targets", [])]


def anchors(page: str) -> dict[str, str]:
    """Return the headings of a page of docs by what a link calls them."""
    headings = re.findall(r"^#{2,4} (.+)$", (HOUSE / "docs" / page).read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-"): heading for heading in headings}


async def served(house: House) -> dict[str, dict[str, set[str]]]:
    """Return what a house serves: by the name of each sample, its labels with the values seen."""
    await house.store(EndpointHealth.model_validate({"agency": AGENCY, "changed_at": NOW}))
    await house.change(
        "INSERT INTO shift (desk, process, state, opened_at, report) VALUES ('intake', 1, 'open', now(), '{}')"
    )
    await house.change(
        "INSERT INTO follow_up_run (follow_up, process, state, began_at, ended_at, report)"
        " VALUES ('overdue', 1, 'done', now(), now(), '{}')"
    )
    await house.post(house.event())
    page = (await house.http.get(f"{house.base}/metrics")).text
    beside = Counts().page(Tally().registry).decode()
    found: dict[str, dict[str, set[str]]] = {}
    for family in (*text_string_to_metric_families(page), *text_string_to_metric_families(beside)):
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    # Codes come up when something has been answered with them.
    found["ieum_door_answers_total"]["code"] |= ENTRIES.keys()
    return found


async def test_every_metric_and_label_that_is_asked_for_is_served(house: House) -> None:
    there = await served(house)
    asked = queries()
    assert len(asked) > 50

    for query in asked:
        for name, matchers in re.findall(r"\b(ieum_[a-z_]+)(?:\{([^}]*)\})?", query):
            assert name in there, query
            for label, how, value in re.findall(r"(\w+)(=~|!~|!=|=)\"([^\"]*)\"", matchers):
                values = there[name].get(label)
                assert values is not None, f"{name} has no label {label}"
                wanted = set(value.split("|")) if "~" in how else {value}
                assert set() == wanted - values - {"api"}, f"{name} never has {label} {wanted - values}"
        for kept in re.findall(r"\bby \(([^)]*)\)", query):
            known = {label for name in re.findall(r"\bieum_[a-z_]+", query) for label in there[name]}
            assert set() == {label.strip() for label in kept.split(",")} - known - {"instance"}, query


def test_every_alert_leads_to_a_heading_and_says_how_bad_it_is() -> None:
    pages = {page: anchors(page) for page in ("runbook.md", "operations.md")}
    names = [rule["alert"] for rule in rules()]

    assert len(names) == len(set(names)) > 20
    for rule in rules():
        page, _, anchor = rule["annotations"]["runbook"].removeprefix("docs/").partition("#")
        assert anchor in pages[page], rule["alert"]
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"]


def test_every_operators_matter_of_the_runbook_has_an_alert() -> None:
    """What staff decide about a client is on the morning's list; what concerns a line, a key or a process is here."""
    page = (HOUSE / "docs" / "runbook.md").read_text()
    of_processes = set(re.findall(r"^### (.+)$", page.partition("\n## Processes")[2], flags=re.MULTILINE))
    # The supervisor's notices are about lines and keys, but for the one that asks to call an agency's head.
    of_lines = {code for code, title in catalog.load().notices.items() if title.supervisor} - {"agency_overdue"}
    wanted = of_processes | of_lines | {"journey_set_aside", "event_parked", "letter_refused", "letter_undelivered"}
    runbook = anchors("runbook.md")
    told = {runbook[rule["annotations"]["runbook"].partition("#")[2]] for rule in rules() if "runbook.md" in str(rule)}

    assert len(of_processes) > 5
    assert len(of_lines) > 5
    assert set() == wanted - told - STAFFS - SAYS_ITSELF - BY_HAND


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian: prometheus) is not installed")
async def test_prometheus_itself_takes_the_rules_and_the_page(house: House) -> None:
    checked = subprocess.run(["promtool", "check", "rules", ALERTS], capture_output=True, text=True, check=False)  # noqa: S607, ASYNC221
    page = (await house.http.get(f"{house.base}/metrics")).content
    linted = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, check=False)  # noqa: S607, ASYNC221

    assert (0, f"{len(rules())} rules found") == (checked.returncode, checked.stdout.strip().partition(": ")[2])
    assert (0, b"") == (linted.returncode, linted.stderr)


def test_the_dashboard_is_whole() -> None:
    board = json.loads(DASHBOARD.read_text())
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]

    assert len(panels) > 15
    assert len(board["panels"]) == len({panel["id"] for panel in board["panels"]})
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(places) == len(set(places))
    assert all(panel["targets"] and panel["datasource"]["uid"] == "${source}" for panel in panels)
