"""The runbook and the code say the same: a heading for each notice, a line for each reason, none for what is gone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import catalog

HOUSE: Final = Path(__file__).parent.parent
ROOMS: Final = ("flows", "models", "tasks", "web")
#: Which argument of a call is the code of a notice.
NOTICES: Final = {"notice": 0, "AskStaff": 0, "_notice": 3, "_line_notice": 3, "NoticeDraft": 0}
#: Which argument is the reason for which a journey is set aside, or an event parked.
SET_ASIDE: Final = {"Stuck": 0, "_stuck": 1}
PARKED: Final = {"_park": 3}
CODE: Final = re.compile(r"[a-z]+(?:_[a-z]+)*")


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Find every call in the rooms that raise notices, by the name of what is called."""
    for room in ROOMS:
        for file in sorted((HOUSE / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    yield str(called), node


def codes(positions: dict[str, int]) -> set[str]:
    """Return the codes that stand in these calls, written out."""
    given: list[ast.expr] = []
    for name, call in calls():
        if name in positions:
            given += call.args[positions[name] : positions[name] + 1]
            given += [keyword.value for keyword in call.keywords if keyword.arg in {"code", "reason"}]
    return {text for each in given for text in texts(each)}


def texts(node: ast.AST) -> set[str]:
    found = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    return {text for text in found if CODE.fullmatch(text)}


def function(file: str, name: str) -> ast.AST:
    """Return a function by its name."""
    tree = ast.parse((HOUSE / file).read_text(encoding="utf-8"))
    [found] = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
    ]
    return found


def rows_with_a_code() -> set[str]:
    """Return the codes of notices that are written as a row: `"code": "…"`."""
    found: set[str] = set()
    for room in ("tasks", "web"):
        for file in sorted((HOUSE / room).rglob("*.py")):
            found |= set(re.findall(r'"code": "([a-z_]+)"', file.read_text(encoding="utf-8")))
    return found


def runbook(heading: str) -> str:
    """Return a part of the runbook by its heading."""
    page = (HOUSE / "docs" / "runbook.md").read_text(encoding="utf-8")
    return page.partition(f"## {heading}")[2].partition("\n## ")[0]


def told(heading: str) -> set[str]:
    """Return the reasons in a table of the runbook."""
    return set(re.findall(r"^\| `([a-z_]+)` \|", runbook(heading), flags=re.MULTILINE))


def test_every_notice_that_is_raised_has_a_title_and_so_a_heading() -> None:
    # `basis_of` says what is missing, and its callers add the word.
    missing = {"consent_missing", "guardian_consent_missing"}
    raised = codes(NOTICES) | rows_with_a_code() | missing
    titles = set(catalog.load().notices)

    assert {"consent", "guardian_consent"} <= {
        part.value for part in ast.walk(function("models/disclosure.py", "basis_of")) if isinstance(part, ast.Constant)
    }
    assert len(raised) > 12
    assert set() == raised - titles


def test_every_reason_for_setting_a_journey_aside_is_explained() -> None:
    reasons = codes(SET_ASIDE) | texts(function("tasks/turns.py", "_work"))

    assert len(reasons) > 5
    assert reasons - {"journey_set_aside"} == told("Why a journey is set aside")


def test_every_reason_for_parking_an_event_is_explained() -> None:
    reasons = codes(PARKED) | texts(function("models/hearing.py", "_objection")) | {"unknown_referral"}

    assert len(reasons) > 5
    assert reasons == told("Why an event is parked")
