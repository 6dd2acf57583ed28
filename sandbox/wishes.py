"""What the control room may wish an agency to say, and how a wish becomes a message."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, NoReturn

from pydantic import BaseModel, ConfigDict, Field

from sandbox.words import Words

if TYPE_CHECKING:
    from sandbox.ledger import Said
    from sandbox.speaking import Mouth
    from sandbox.world import World


class MisunderstoodError(Exception):
    """The control room cannot do what was asked: the status and the reason."""

    def __init__(self, status: int, reason: str) -> None:
        """Keep what the answer will say."""
        super().__init__(reason)
        self.status = status


class Raw(BaseModel):
    """Bytes to post as they are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    body_base64: str = ""
    headers: dict[str, str] = Field(default_factory=dict)
    #: Add a true seal over these bytes.
    sign: bool = False


class Wish(BaseModel):
    """Who shall speak, about what: a referral by number, or the nth requested for a program; or again; or raw."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    agency: str = Field(pattern=r"^[A-Za-z0-9_\-]{1,64}$")
    referral: str | None = Field(default=None, max_length=200)
    program: str | None = None
    nth: int = -1
    id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_\-:]{1,64}$")
    #: A label kept in the log of what was said.
    journey: str | None = Field(default=None, max_length=100)
    tries: int | None = Field(default=None, ge=1, le=20)
    raw: Raw | None = None


class Prompter:
    """Turns a wish into something said."""

    def __init__(self, world: World, mouth: Mouth) -> None:
        """Know who was asked for what, and who can speak."""
        self._world = world
        self._mouth = mouth

    async def speak(self, wish: Wish, asked: dict[str, object]) -> tuple[Said, list[Said]]:
        """Say what is wished: raw bytes, an earlier message again, or new words; return it and all that was posted.

        Raises:
            VoiceError: the agency has no voice.
            MisunderstoodError: the wish names nothing to speak about.

        """
        if wish.raw is not None:
            raw = self._mouth.compose_raw(
                wish.agency, _bytes(wish.raw.body_base64), wish.raw.headers, sealed=wish.raw.sign
            )
            return raw, await self._mouth.say(raw, tries=wish.tries or 1)
        earlier = self._world.ledger.said.get((wish.agency, wish.id or ""))
        if earlier:
            return earlier, await self._mouth.say(earlier, tries=wish.tries)
        fields = Words.model_fields.keys()
        unknown = asked.keys() - fields - Wish.model_fields.keys()
        if unknown:
            misunderstood(
                422, f"{len(unknown)} unknown fields; known: {', '.join(sorted(fields | Wish.model_fields.keys()))}"
            )
        if wish.id and "event" not in asked:
            misunderstood(404, "the agency said nothing under this id")
        words = Words.model_validate({name: value for name, value in asked.items() if name in fields})
        said = self._mouth.compose(wish.agency, self._number(wish), words, message_id=wish.id, journey=wish.journey)
        return said, await self._mouth.say(said, tries=wish.tries)

    def _number(self, wish: Wish) -> str:
        if wish.referral:
            return wish.referral
        if not wish.program:
            misunderstood(422, "name a referral or a program")
        found = self._world.ledger.requested(wish.agency, wish.program, wish.nth)
        if found is None:
            misunderstood(409, "no agency was ever asked for this program that often")
        return found


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        misunderstood(422, "raw.body_base64 is not base64")


def misunderstood(status: int, reason: str) -> NoReturn:
    """Refuse what was asked of the control room."""
    raise MisunderstoodError(status, reason)
