"""A reminder from the center: one letter about many referrals, read the way a strict agency reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.strict import is_mapping, text_of

REMINDED = "ieum.referral.reminded.v1"
MOST_LINES = 500
_FIELDS = frozenset({"referral", "program", "waits_for", "label", "due_on", "reminder"})
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-]{0,63}")
_CODE = re.compile(r"[A-Za-z0-9\-]{1,64}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Reminder:
    """One answer the center waits for."""

    referral: str
    program: str
    waits_for: str
    due_on: str
    nth: int

    def report(self) -> dict[str, object]:
        """Return the line for the control API."""
        return {
            "referral": self.referral, "program": self.program, "waits_for": self.waits_for, "due_on": self.due_on,
            "reminder": self.nth,
        }  # fmt: skip


def read_reminders(data: dict[str, object]) -> tuple[Reminder, ...]:
    """Read what a reminder says.

    Raises:
        ValueError: it is no list of reminders; the text names what is wrong, never a value.

    """
    lines = data.get("referrals")
    if data.keys() != {"referrals"}:
        problem = "data of a reminder holds 'referrals' and nothing else"
        raise ValueError(problem)
    if not isinstance(lines, list) or not 1 <= len(lines) <= MOST_LINES:  # pyright: ignore[reportUnknownArgumentType]
        problem = "data.referrals is no list of 1 to 500 lines"
        raise ValueError(problem)
    return tuple(_read(line) for line in lines)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _read(line: object) -> Reminder:
    if not is_mapping(line) or line.keys() != _FIELDS:
        problem = "a line of data.referrals has not the fields that were agreed"
        raise ValueError(problem)
    number, program, code, day = (text_of(line, name) or "" for name in ("referral", "program", "waits_for", "due_on"))
    nth, label = line["reminder"], line["label"]
    for name, fits in (
        ("referral", _NUMBER.fullmatch(number)),
        ("program", _CODE.fullmatch(program)),
        ("waits_for", _CODE.fullmatch(code)),
        ("due_on", _DATE.fullmatch(day)),
        ("label", is_mapping(label) and text_of(label, "ko") and text_of(label, "en")),
        ("reminder", isinstance(nth, int) and not isinstance(nth, bool) and nth >= 1),
    ):
        if not fits:
            problem = f"{name} of a line of data.referrals is not of the form agreed"
            raise ValueError(problem)
    return Reminder(number, program, code, day, nth if isinstance(nth, int) else 0)
