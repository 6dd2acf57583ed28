"""Scripts as they are played: what an agency says after a request, when the sandbox plays by itself."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from sandbox.digest import REMINDED
from sandbox.letter import CANCEL_REQUESTED, CANCELLED, CONSENT_REVOKED, REQUESTED

if TYPE_CHECKING:
    from sandbox.letter import Letter
    from sandbox.playbook import Playbook, ScriptStep
    from sandbox.speaking import Mouth

log = logging.getLogger("sandbox")


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
