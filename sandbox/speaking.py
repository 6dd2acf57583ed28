"""How an agency speaks: one CloudEvent after another, as the weather over it lets it."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

import orjson

from sandbox.clock import rfc3339
from sandbox.ledger import Said

if TYPE_CHECKING:
    from sandbox.posting import Post
    from sandbox.words import Words
    from sandbox.world import World

_DATA = (
    *("occurred_at", "reason", "outcome", "milestone", "lane", "reference", "note", "appointment"),
    *("redirect_to", "proposed_program"),
)


class VoiceError(Exception):
    """This agency has no voice: unknown (404), or a mirror or without a key (409)."""

    def __init__(self, status: int, reason: str) -> None:
        """Keep the status the control API answers with."""
        super().__init__(reason)
        self.status = status


class Mouth:
    """Every agency's voice toward the one door."""

    def __init__(self, world: World, post: Post) -> None:
        """Speak through the post."""
        self._world = world
        self._post = post
        self._held: dict[str, list[Said]] = {}

    def compose(
        self, agency: str, referral: str, words: Words, *, message_id: str | None = None, journey: str | None = None
    ) -> Said:
        """Build one message and remember it.

        Raises:
            VoiceError: the agency is unknown, a mirror, or has no inbound key.

        """
        self._check_voice(agency)
        now = rfc3339(self._world.now(agency))
        data: dict[str, object] = {name: value for name in _DATA if (value := getattr(words, name)) is not None}
        data.setdefault("occurred_at", now)
        attributes = {
            "specversion": "1.0",
            "id": message_id or f"msg_{uuid.uuid4().hex}",
            "source": f"/agencies/{agency}",
            "type": f"ieum.referral.{words.event}.v1",
            "subject": referral,
            "time": now,
        }
        envelope: dict[str, object] = {**attributes, "datacontenttype": "application/json", "data": data}
        if words.mode == "binary":
            body = orjson.dumps({**data, "type": attributes["type"], "subject": referral})
            headers = {"content-type": "application/json", **{f"ce-{name}": text for name, text in attributes.items()}}
        else:
            body = orjson.dumps(envelope)
            headers = {"content-type": "application/cloudevents+json"}
        said = Said(self._world.ledger.next_seq(), agency, attributes["id"], words.event, body, headers)
        said.referral, said.journey, said.envelope = referral, journey, envelope
        said.occurred_at = str(data["occurred_at"])
        return self._world.ledger.remember(said)

    def compose_raw(self, agency: str, body: bytes, headers: dict[str, str], *, sealed: bool) -> Said:
        """Keep hostile bytes to be posted as they are; `sealed` adds a true seal over them.

        Raises:
            VoiceError: a seal is wanted and the agency cannot make one.

        """
        if sealed:
            self._check_voice(agency)
        message_id = headers.get("webhook-id") or f"raw_{uuid.uuid4().hex}"
        return Said(self._world.ledger.next_seq(), agency, message_id, "raw", body, headers, seal=sealed)

    async def say(self, said: Said, *, tries: int | None = None) -> list[Said]:
        """Say one message under the agency's weather; return what was posted now: nothing when silent or held."""
        weather = self._world.sky.over(said.agency)
        if weather.silence:
            said.silenced = True
            return []
        due = [said]
        if weather.shuffle:
            held = self._held.setdefault(said.agency, [])
            held.append(said)
            due = self._take_held(said.agency) if len(held) >= weather.shuffle else []
        for message in due:
            await asyncio.sleep(self._world.sky.delay_seconds(said.agency))
            for _ in range(2 if weather.doubles else 1):
                await self._post.deliver(message, tries)
        return due

    async def release(self, agency: str) -> list[Said]:
        """Say what shuffling still holds back, in the order the dice give."""
        held = self._take_held(agency)
        for message in held:
            await self._post.deliver(message)
        return held

    def forget(self) -> None:
        """Drop what is held back."""
        self._held.clear()

    def _take_held(self, agency: str) -> list[Said]:
        held = self._held.pop(agency, [])
        self._world.sky.dice(agency).shuffle(held)
        return held

    def _check_voice(self, agency: str) -> None:
        found = self._world.agencies.get(agency)
        if found is None:
            raise VoiceError(404, "no such agency")
        if found.is_mirror:
            raise VoiceError(409, "a mirror agency has no voice; somebody else reports what it does")
        if not self._world.keys.inbound(agency):
            raise VoiceError(409, "the agency has no inbound key")
