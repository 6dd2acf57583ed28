"""The control room: sets the clock and the weather, makes agencies speak, and shows the letters they got."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError
from starlette.requests import Request

from sandbox.answers import answer, problem
from sandbox.clock import InstantError, instant, rfc3339
from sandbox.posting import SERVER_FAULT
from sandbox.speaking import Mouth, VoiceError
from sandbox.strict import JsonError, is_list, read_json
from sandbox.weather import EVERYWHERE, WeatherError, read_weather
from sandbox.wishes import MisunderstoodError, Prompter, Wish, misunderstood

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.responses import Response

    from sandbox.mailroom import Mailroom
    from sandbox.scripts import Stage
    from sandbox.world import World

#: Codes with which a mail server refuses (RFC 5321 §4.2.1, read 2026-11-27).
_REFUSALS = range(400, 600)


class Control:
    """The control API's endpoints; the process listens on loopback only, so no further key is asked."""

    def __init__(self, world: World, mouth: Mouth, stage: Stage, mailroom: Mailroom) -> None:
        """Hold the strings."""
        self._mailroom = mailroom
        self._world = world
        self._mouth = mouth
        self._stage = stage
        self._prompter = Prompter(world, mouth)

    async def health(self, _: Request) -> Response:
        """GET /control/health."""
        world = self._world
        report = {
            "status": "ok",
            "now": rfc3339(world.clock.now()),
            "fixed": world.clock.is_fixed,
            "agencies": len(world.agencies),
            "playing": self._stage.playing(),
            "totals": world.ledger.totals(),
        }
        return answer(200, report)

    async def set_clock(self, request: Request) -> Response:
        """PUT /control/clock {"now": RFC 3339 | null}."""
        asked = (await _json(request)).get("now")
        if asked is not None and not isinstance(asked, str):
            misunderstood(422, "now is neither a text nor null")
        self._world.clock.fix(None if asked is None else _instant(asked))
        return answer(200, {"now": rfc3339(self._world.clock.now()), "fixed": self._world.clock.is_fixed})

    async def weather(self, _: Request) -> Response:
        """GET /control/weather."""
        return answer(200, self._world.sky.report())

    async def set_weather(self, request: Request) -> Response:
        """PUT /control/weather/{code}: replace one agency's weather; `*` is every agency without its own."""
        agency = request.path_params["code"]
        if agency != EVERYWHERE and agency not in self._world.agencies:
            misunderstood(404, "no such agency")
        weather = read_weather(await _json(request))
        self._world.sky.put(agency, weather)
        released = [] if weather.shuffle or agency == EVERYWHERE else await self._mouth.release(agency)
        return answer(
            200, {"weather": weather.model_dump(mode="json", exclude_defaults=True), "released": len(released)}
        )

    async def clear_weather(self, _: Request) -> Response:
        """DELETE /control/weather: a mild day everywhere."""
        self._world.sky.clear()
        return answer(200, {})

    async def say(self, request: Request) -> Response:
        """POST /control/say: make an agency speak, and wait until the door has answered."""
        asked = await _json(request)
        wish = Wish.model_validate(asked)
        try:
            said, spoken = await self._prompter.speak(wish, asked)
        except VoiceError as error:
            raise MisunderstoodError(error.status, str(error)) from None
        held = not spoken and not said.silenced
        report = {**said.report(), "held": held, "also_said": [other.id for other in spoken if other is not said]}
        unheard = bool(spoken) and (said.status is None or said.status >= SERVER_FAULT)
        return answer(504 if unheard else 200, report)

    async def letters(self, request: Request) -> Response:
        """GET /control/letters?agency=&since=&type=&program=&referral=: every letter received, oldest first."""
        entries = [entry.report() for entry in self._world.ledger.entries.values()]
        fields = {"agency": "agency", "type": "type", "program": "program", "referral": "about"}
        return answer(200, {"letters": _chosen(request, entries, fields), "totals": self._world.ledger.totals()})

    async def words(self, request: Request) -> Response:
        """GET /control/said?agency=&since=&referral=&journey=: every message said, oldest first."""
        said = [message.report() for message in self._world.ledger.said.values()]
        fields = {"agency": "agency", "referral": "referral", "journey": "journey"}
        return answer(200, {"said": _chosen(request, said, fields)})

    async def lost(self, _: Request) -> Response:
        """GET /control/lost: words that no door ever took, and agencies whose answers may be odd."""
        world = self._world
        odd = {agency for agency in world.agencies if not world.sky.is_mild(agency)} | world.ledger.feigning()
        words = [
            {"agency": said.agency, "referral": said.referral, "id": said.id}
            for said in world.ledger.said.values()
            if said.referral is not None and not said.arrived
        ]
        return answer(200, {"words": words, "agencies": sorted(odd)})

    async def mails(self, request: Request) -> Response:
        """GET /control/mails?agency=&since=: every mail in the agencies' mailboxes, oldest first."""
        mails = [mail.report() for mail in self._mailroom.mails]
        return answer(200, {"mails": _chosen(request, mails, {"agency": "agency"})})

    async def refuse_mails(self, request: Request) -> Response:
        """PUT /control/mails/refusals {"codes": [451, 550]}: refuse the next recipients so, one after the other."""
        codes = (await _json(request)).get("codes")
        given = [code for code in codes if isinstance(code, int) and code in _REFUSALS] if is_list(codes) else []
        if not is_list(codes) or len(given) < len(codes):
            misunderstood(422, "codes is no list of codes between 400 and 599")
        self._mailroom.refusals[:] = given
        return answer(200, {"codes": given})

    async def reset(self, _: Request) -> Response:
        """DELETE /control/state: forget letters, words, weather, scripts and the fixed clock."""
        self._stage.clear()
        self._mouth.forget()
        self._world.ledger.clear()
        self._mailroom.clear()
        self._world.sky.clear()
        self._world.clock.fix(None)
        return answer(200, {})


def refused(_: Request, error: Exception) -> Response:
    """Answer what the control room did not understand; never the values it was given."""
    match error:
        case MisunderstoodError():
            return problem(error.status, "misunderstood", str(error))
        case ValidationError():
            reason = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
            return problem(422, "misunderstood", reason)
        case _:
            return problem(422, "misunderstood", str(error))


def _fits(held: object, value: str) -> bool:
    return value in held if isinstance(held, list) else held == value


def _chosen(request: Request, rows: list[dict[str, object]], fields: dict[str, str]) -> list[dict[str, object]]:
    wanted = {field: request.query_params[name] for name, field in fields.items() if request.query_params.get(name)}
    rows = [row for row in rows if all(_fits(row[field], value) for field, value in wanted.items())]
    since = request.query_params.get("since")
    if not since:
        return rows
    if since.isdecimal():
        return [row for row in rows if int(str(row["seq"])) > int(since)]
    from_ = _instant(since.replace(" ", "+"))
    return [row for row in rows if _at(row) >= from_]


def _at(row: dict[str, object]) -> datetime:
    at = row.get("received_at") or row.get("occurred_at")
    return _instant(at if isinstance(at, str) else "1970-01-01T00:00:00Z")


def _instant(text: str) -> datetime:
    try:
        return instant(text)
    except InstantError:
        misunderstood(422, "not an RFC 3339 instant with an offset")


async def _json(request: Request) -> dict[str, object]:
    try:
        return read_json(await request.body())
    except JsonError as error:
        raise MisunderstoodError(400, str(error)) from None


#: What `app` turns into a problem.
MISUNDERSTANDINGS = (MisunderstoodError, ValidationError, WeatherError)
