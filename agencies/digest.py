"""The digest: one letter that reminds an agency of every answer it owes: numbers, codes and days, nothing personal.

It speaks of many referrals and so has no subject; `data.referrals` names each one. Its lines can hold nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NoReturn
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from models.vocabulary import LetterType

#: Lines one letter may hold; what is more goes into the next one. A line is some 200 bytes.
MOST_LINES: Final = 500


class Words(BaseModel):
    """What is waited for, in both languages of the house."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    ko: str = Field(max_length=200)
    en: str = Field(max_length=200)


class Line(BaseModel):
    """One answer that is owed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    #: Number of the referral.
    referral: str = Field(pattern=r"^R-[0-9]{4}-[0-9]{6,}-[0-9]$")
    program: str = Field(pattern=r"^[a-z0-9-]{1,64}$")
    #: Code of the deadline (docs/deadlines.md).
    waits_for: str = Field(pattern=r"^D[0-9]{2}(-[a-z0-9]+)*$")
    label: Words
    #: Last day on which it was in time, Asia/Seoul.
    due_on: date
    #: 1 for the first reminder of it, 2 for the second …
    reminder: int = Field(ge=1)


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Digest:
    """One reminder's content, as the adapters take it beside `agencies.packet.Packet`."""

    #: UUIDv7, fixed when the letter is made; the idempotency key for ever.
    letter_id: UUID
    #: Code of the addressee.
    agency: str
    #: When the letter was made, aware.
    made_at: datetime
    lines: tuple[Line, ...]

    @property
    def type(self) -> LetterType:
        """What kind of letter it is."""
        return LetterType.REMINDED

    @property
    def subject(self) -> None:
        """Return None: it speaks of many referrals."""

    def data(self) -> dict[str, JsonValue]:
        """Return the envelope's `data`: what the outbox keeps and the agency gets."""
        return {"referrals": [line.model_dump(mode="json") for line in self.lines]}

    def __repr__(self) -> str:
        return f"Digest({self.letter_id}, {len(self.lines)} lines)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a digest is not pickled: Prefect and caches would keep it")


def read_digest(data: Mapping[str, object], *, letter_id: UUID, agency: str, made_at: datetime) -> Digest:
    """Return the digest whose `data()` the outbox kept.

    Raises:
        KeyError, ValueError, TypeError: The kept data is none that `Digest.data` made.
    """
    kept = data["referrals"]
    if not isinstance(kept, list) or not kept or len(data) > 1:
        raise TypeError("the kept digest is no list of lines")
    lines = tuple(Line.model_validate(line) for line in kept)  # pyright: ignore[reportUnknownVariableType]
    return Digest(letter_id=letter_id, agency=agency, made_at=made_at, lines=lines)
