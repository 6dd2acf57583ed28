"""Scripts: what an agency says after a request, step by step, when the sandbox plays by itself."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.digest import REMINDED
from sandbox.letter import CANCEL_REQUESTED, CANCELLED, CONSENT_REVOKED, REQUESTED
from sandbox.speaking import Words

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.letter import Letter
    from sandbox.speaking import Mouth

log = logging.getLogger("sandbox")


class ScriptsError(ValueError):
    """The file of scripts cannot be played; the text names file and place."""


class ScriptStep(Words):
    """One thing said, `after` seconds (of speed 1) from the step before."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    after: float = Field(default=1, ge=0, le=86_400 * 400)
    #: Another agency's code, when the addressee is not who says it.
    speaker: str | None = Field(default=None, alias="as")


class Script(BaseModel):
    """One program: what the office cannot work without, and how its work goes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Items without which a request is refused with 422.
    requires: tuple[str, ...] = ()
    steps: tuple[ScriptStep, ...] = ()


class Playbook(BaseModel):
    """All scripts of one file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    programs: dict[str, Script]
    #: What any agency says when the center asks to cancel.
    when_cancel_requested: tuple[ScriptStep, ...] = ()
    #: What any agency says of each referral it is reminded of, unless it is about to speak of it anyway.
    when_reminded: tuple[ScriptStep, ...] = ()

    def required(self, program: str) -> tuple[str, ...]:
        """Return the items an office insists upon; none for a program without a script."""
        return self.programs[program].requires if program in self.programs else ()

    def speakers(self) -> frozenset[str]:
        """Return every agency code the scripts name."""
        steps = [step for script in self.programs.values() for step in script.steps]
        spoken = (*steps, *self.when_cancel_requested, *self.when_reminded)
        return frozenset(step.speaker for step in spoken if step.speaker)


def read_playbook(page: Path) -> Playbook:
    """Read a file of scripts.

    Raises:
        ScriptsError: the file is missing, is no YAML, or holds fields scripts do not have.

    """
    try:
        return Playbook.model_validate(yaml.safe_load(page.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError):
        problem = f"{page}: cannot be read as YAML"
        raise ScriptsError(problem) from None
    except ValidationError as error:
        first = error.errors()[0]
        problem = f"{page}: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise ScriptsError(problem) from None


class Stage:
    """Where scripts are played; silent unless the sandbox was started with `--scripted`."""

    def __init__(self, playbook: Playbook, mouth: Mouth, speed: float, *, scripted: bool) -> None:
        """Be ready; `speed` divides every wait."""
        self._playbook = playbook
        self._mouth = mouth
        self._speed = speed
        self._scripted = scripted
        self._playing: dict[tuple[str, str], asyncio.Task[None]] = {}

    def heard(self, agency: str, letter: Letter) -> None:
        """Begin the program's script after a request or a reminder; stop it when the center withdraws."""
        if not self._scripted:
            return
        if letter.type == REMINDED:
            for referral in letter.about:
                if self._playbook.when_reminded and (agency, referral) not in self._playing:
                    self._play((agency, referral), self._playbook.when_reminded)
            return
        key = (agency, letter.about[0])
        if letter.type == REQUESTED and letter.program in self._playbook.programs:
            self._play(key, self._playbook.programs[letter.program].steps)
        elif letter.type == CANCEL_REQUESTED:
            self._play(key, self._playbook.when_cancel_requested)
        elif letter.type in {CANCELLED, CONSENT_REVOKED}:
            self._play(key, ())

    def clear(self) -> None:
        """Stop every script."""
        for playing in self._playing.values():
            playing.cancel()
        self._playing.clear()

    def playing(self) -> int:
        """Count the scripts still going."""
        return len(self._playing)

    def _play(self, key: tuple[str, str], steps: tuple[ScriptStep, ...]) -> None:
        if key in self._playing:
            self._playing.pop(key).cancel()
        playing = self._playing[key] = asyncio.create_task(self._perform(*key, steps))
        playing.add_done_callback(lambda done: self._ended(key, done))

    def _ended(self, key: tuple[str, str], done: asyncio.Task[None]) -> None:
        if self._playing.get(key) is done:
            del self._playing[key]
        if not done.cancelled() and (error := done.exception()):
            log.error("the script about %s broke: %s", key[1], type(error).__name__)

    async def _perform(self, agency: str, referral: str, steps: tuple[ScriptStep, ...]) -> None:
        speakers: set[str] = set()
        for step in steps:
            await asyncio.sleep(step.after / self._speed)
            speaker = step.speaker or agency
            speakers.add(speaker)
            await self._mouth.say(self._mouth.compose(speaker, referral, step))
        for speaker in speakers:
            await self._mouth.release(speaker)
