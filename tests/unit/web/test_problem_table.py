"""The table of problems: every code the doors can give is in it, in both languages, and nothing else is."""

import re
from pathlib import Path

from agencies.errors import PROBLEMS
from web.problem_table import ENTRIES

WEB = Path(__file__).parents[3] / "web"
RAISED = re.compile(r"(?:\bRefused|\bProblem)\(\s*\"([a-z-]+)\"")


def test_every_code_that_is_raised_is_in_the_table_and_the_other_way_round() -> None:
    raised = {code for file in WEB.glob("*.py") for code in RAISED.findall(file.read_text(encoding="utf-8"))}
    assert len(raised) > 10

    assert raised | PROBLEMS.keys() | {"wrong-method"} == ENTRIES.keys()


def test_the_wires_codes_keep_their_status_and_fault() -> None:
    assert {code: (p.status, p.fault) for code, p in PROBLEMS.items()} == {
        code: (ENTRIES[code].status, ENTRIES[code].fault) for code in PROBLEMS
    }


def test_every_entry_is_said_in_korean_too() -> None:
    for entry in ENTRIES.values():
        assert re.search("[가-힣]", entry.title_ko)
        assert re.search("[가-힣]", entry.remedy_ko)
        # Full doors (429) are no fault of who happens to knock.
        assert entry.fault == ("center" if entry.status >= 500 or entry.status == 429 else "sender")
