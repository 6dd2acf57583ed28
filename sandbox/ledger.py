"""What the agencies remember: every letter received, every word said; in memory, and never an item's value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from sandbox.clock import rfc3339
from sandbox.letter import CANCEL_REQUESTED, CANCELLED, REQUESTED

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.letter import Letter

MOST_KEPT = 200_000
Reception = Literal["taken", "duplicate", "changed"]
#: How an agency names the state after its own word.
_STATE_AFTER = {
    "received": "received", "accepted": "accepted", "waitlisted": "waitlisted", "declined": "declined",
    "started": "in_progress", "resumed": "in_progress", "held": "on_hold", "completed": "completed",
    "cancelled": "cancelled", "redirected": "redirected", "failed": "failed",
}  # fmt: skip


@dataclass
class Entry:
    """One letter, by agency and id, through all its attempts."""

    seq: int
    agency: str
    id: str
    received_at: datetime
    letter: Letter | None = None
    taken: bool = False
    #: One status per attempt, 0 where no answer was given.
    answers: list[int] = field(default_factory=list[int])
    #: Seconds of the machine's clock since the epoch, one per attempt.
    arrivals: list[float] = field(default_factory=list[float])
    duplicates: int = 0
    #: The same id came with another body this many times.
    changed: int = 0
    #: This referral had already been requested from this agency under another id.
    second_key: bool = False
    reason: str | None = None

    def report(self) -> dict[str, object]:
        """Return the entry for the control API."""
        letter = self.letter
        return {
            "seq": self.seq,
            "agency": self.agency,
            "id": self.id,
            "received_at": rfc3339(self.received_at),
            "type": letter and letter.type,
            "subject": letter and letter.referral,
            "about": list(letter.about) if letter else [],
            "program": letter and letter.program,
            "items": list(letter.items) if letter else [],
            "basis": letter and letter.basis,
            "urgency": letter and letter.urgency,
            "application_date": letter and letter.application_date,
            "predecessor": letter and letter.predecessor,
            "reminders": [reminder.report() for reminder in letter.reminders] if letter else [],
            "taken": self.taken,
            "attempts": len(self.arrivals),
            "answers": self.answers,
            "arrivals": self.arrivals,
            "duplicates": self.duplicates,
            "changed": self.changed,
            "second_key": self.second_key,
            "reason": self.reason,
        }


@dataclass
class Said:
    """One message of an agency, as it was first built, and what the door answered to each try."""

    seq: int
    agency: str
    id: str
    event: str
    body: bytes
    headers: dict[str, str]
    #: Whether a seal is added when posting; raw messages may carry their own, or none.
    seal: bool = True
    referral: str | None = None
    journey: str | None = None
    occurred_at: str | None = None
    #: The CloudEvent, None for raw messages.
    envelope: dict[str, object] | None = None
    tries: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    status: int | None = None
    answer: object = None
    silenced: bool = False

    @property
    def arrived(self) -> bool:
        """Whether the door ever took it, whatever a later try came to."""
        return any(str(each.get("status", "")).startswith("2") for each in self.tries)

    def report(self) -> dict[str, object]:
        """Return the message for the control API."""
        return {
            "seq": self.seq, "agency": self.agency, "id": self.id, "referral": self.referral, "event": self.event,
            "journey": self.journey, "occurred_at": self.occurred_at, "status": self.status, "answer": self.answer,
            "tries": self.tries, "silenced": self.silenced,
        }  # fmt: skip


class Ledger:
    """All agencies' memory together: one process plays them all, so one agency can speak of another's letter."""

    def __init__(self) -> None:
        """Start empty."""
        self.entries: dict[tuple[str, str], Entry] = {}
        self.said: dict[tuple[str, str], Said] = {}
        self.open: dict[str, int] = {}
        self.peak_open: dict[str, int] = {}
        self._first_request: dict[tuple[str, str], str] = {}
        self._letters_about: dict[tuple[str, str], list[Letter]] = {}
        self._words_about: dict[tuple[str, str], list[Said]] = {}
        self._requests: list[tuple[str, Letter]] = []
        self._seq = 0

    def clear(self) -> None:
        """Forget everything."""
        self.__init__()

    def next_seq(self) -> int:
        """Return the next number of the one sequence letters and words share."""
        self._seq += 1
        return self._seq

    def attempt(self, agency: str, letter_id: str, at: datetime, arrival: float) -> Entry:
        """Note that somebody tried to hand over a letter with this id."""
        entry = self.entries.get((agency, letter_id))
        if entry is None:
            if len(self.entries) >= MOST_KEPT:
                self.entries.pop(next(iter(self.entries)))
            entry = self.entries[agency, letter_id] = Entry(self.next_seq(), agency, letter_id, at)
        entry.arrivals.append(arrival)
        return entry

    def take(self, entry: Entry, letter: Letter) -> Reception:
        """Work a checked letter once; the same again has no second effect."""
        if entry.taken and entry.letter:
            if entry.letter.digest != letter.digest:
                entry.changed += 1
                return "changed"
            entry.duplicates += 1
            return "duplicate"
        entry.letter, entry.taken, entry.reason = letter, True, None
        for referral in letter.about:
            self._letters_about.setdefault((entry.agency, referral), []).append(letter)
        if letter.type == REQUESTED:
            first = self._first_request.setdefault((entry.agency, letter.about[0]), letter.id)
            entry.second_key = first != letter.id
            if not entry.second_key:
                self._requests.append((entry.agency, letter))
        return "taken"

    def remember(self, said: Said) -> Said:
        """Keep a message an agency means to say; the first under an id stays."""
        kept = self.said.setdefault((said.agency, said.id), said)
        if kept is said and said.referral:
            self._words_about.setdefault((said.agency, said.referral), []).append(said)
        if len(self.said) > MOST_KEPT:
            self.said.pop(next(iter(self.said)))
        return kept

    def requested(self, agency: str, program: str, nth: int) -> str | None:
        """Find a referral requested for a program, the agency's own before other agencies'.

        Args:
            agency: who wants to speak of it.
            program: code of the program.
            nth: 1 is the first, 2 the second; -1 the latest, -2 the one before.

        """
        letters = [(addressee, letter.about[0]) for addressee, letter in self._requests if letter.program == program]
        numbers = [number for addressee, number in letters if addressee == agency] or [number for _, number in letters]
        at = nth - 1 if nth > 0 else nth
        return numbers[at] if -len(numbers) <= at < len(numbers) else None

    def about(self, agency: str, referral: str) -> dict[str, object] | None:
        """Return the referral as this agency knows it, or None when it never heard of it."""
        letters = self._letters_about.get((agency, referral), [])
        words = self._words_about.get((agency, referral), [])
        if not letters and not words:
            return None
        return {
            "referral": referral,
            "agency": agency,
            "program": next((letter.program for letter in letters if letter.program), None),
            "state": _state(letters, words),
            "letters": [{"id": letter.id, "type": letter.type} for letter in letters],
            "events": [word.envelope for word in words],
        }

    def feigning(self) -> set[str]:
        """Return the agencies that ever said they took a letter and did not work it: the center believes them."""
        return {
            entry.agency
            for entry in self.entries.values()
            if not entry.taken and any(200 <= status < 300 for status in entry.answers)  # noqa: PLR2004 - success
        }

    def totals(self) -> dict[str, object]:
        """Count what tests ask about, over all agencies."""
        entries = list(self.entries.values())
        return {
            "letters": sum(entry.taken for entry in entries),
            "refused": sum(not entry.taken for entry in entries),
            "attempts": sum(len(entry.arrivals) for entry in entries),
            "duplicates": sum(entry.duplicates for entry in entries),
            "changed": sum(entry.changed for entry in entries),
            "second_key": sum(entry.second_key for entry in entries),
            "peak_open": dict(self.peak_open),
        }


def _state(letters: list[Letter], words: list[Said]) -> str:
    state = "requested"
    for word in words:
        state = _STATE_AFTER.get(word.event, state)
    types = {letter.type for letter in letters}
    if CANCELLED in types:
        return "cancelled"
    if CANCEL_REQUESTED in types and state not in {"completed", "cancelled", "declined", "redirected", "failed"}:
        return "cancel_requested"
    return state
