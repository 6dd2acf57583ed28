"""An agency's front door: takes letters, refuses what a real agency refuses, and tells what it knows."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from sandbox import seal
from sandbox.answers import answer, problem
from sandbox.letter import REQUESTED, Letter, LetterError, check_fits, read_letter
from sandbox.posting import sealed
from sandbox.storm import Storm
from sandbox.weather import Answer, Weather

if TYPE_CHECKING:
    from collections.abc import Generator

    from sandbox.ledger import Entry
    from sandbox.scripts import Stage
    from sandbox.world import World

LONGEST_LETTER = 256 * 1024
BODY_SECONDS = 10
#: Answers that come too late or broken, after the letter was worked; the others refuse before working it.
_AFTER_WORK = frozenset({Answer.DRIP, Answer.HUGE, Answer.GARBAGE, Answer.GZIP_BOMB, Answer.HANG, Answer.CLOSE})
log = logging.getLogger("sandbox")


class RefusalError(Exception):
    """The agency says no: the status and the reason it gives."""

    def __init__(self, status: int, code: str, reason: str) -> None:
        """Keep what the answer will say."""
        super().__init__(reason)
        self.status, self.code, self.reason = status, code, reason


class Endpoint:
    """The front doors of all agencies."""

    def __init__(self, world: World, stage: Stage) -> None:
        """Stand on the shared stage."""
        self._world = world
        self._stage = stage

    async def take(self, request: Request) -> Response:
        """POST /agencies/{code}/referrals: take one letter."""
        agency = request.path_params["code"]
        try:
            self._known(agency)
            body = await _body(request)
            headers = self._form(request)
        except RefusalError as refusal:
            return self._refuse(agency, refusal)
        with contextlib.ExitStack() as call:
            call.enter_context(self._open(agency))
            entry = self._world.ledger.attempt(agency, headers.id, self._world.now(agency), time.time())
            await asyncio.sleep(self._world.sky.delay_seconds(agency))
            response = self._work(agency, request, headers, body, entry)
            entry.answers.append(0 if self._world.sky.over(agency).answer is Answer.HANG else response.status_code)
            if isinstance(response, Storm):
                response.until_it_ends(call.pop_all())
        return response

    def _work(self, agency: str, request: Request, headers: seal.SealHeaders, body: bytes, entry: Entry) -> Response:
        weather = self._world.sky.over(agency)
        refused_with = self._world.sky.refusal(agency)
        bad = refused_with is not None or weather.answer is not None
        takes = weather.takes if weather.takes is not None else refused_with is None and weather.answer in _AFTER_WORK
        if bad and not takes:
            return self._foul(weather, refused_with)
        try:
            letter = self._read(agency, request, headers, body)
        except RefusalError as refusal:
            entry.reason = refusal.reason
            return self._refuse(agency, refusal)
        response = self._record(agency, entry, letter)
        return self._foul(weather, refused_with) if bad else response

    def _record(self, agency: str, entry: Entry, letter: Letter) -> Response:
        reception = self._world.ledger.take(entry, letter)
        if reception == "changed":
            return self._refuse(agency, RefusalError(409, "id-reused", "this id came before with another body"))
        if entry.second_key:
            log.error("SECOND KEY: %s was requested again from %s under %s", letter.about[0], agency, letter.id)
        if reception == "taken":
            log.info("%s took %s about %s (%s)", agency, letter.type, ", ".join(letter.about), letter.program)
            self._stage.heard(agency, letter)
        status = 200 if reception == "duplicate" else 202
        return answer(status, {"status": "received", "id": letter.id, "duplicate": reception == "duplicate"})

    def _read(self, agency: str, request: Request, headers: seal.SealHeaders, body: bytes) -> Letter:
        self._check_seal(agency, headers, body)
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type != "application/cloudevents+json":
            raise RefusalError(400, "bad-headers", "content-type is not application/cloudevents+json")
        try:
            letter = read_letter(body, headers.id, request.headers.get("idempotency-key"))
            if letter.type == REQUESTED:
                required = self._world.playbook.required(letter.program or "")
                check_fits(letter, self._world.agencies[agency].programs, required)
        except LetterError as error:
            raise RefusalError(error.status, "bad-letter", str(error)) from None
        return letter

    async def tell(self, request: Request) -> Response:
        """GET /agencies/{code}/referrals/{number}: what the agency knows, sealed under the question's id."""
        agency = request.path_params["code"]
        try:
            self._known(agency)
            question = self._form(request)
            self._check_seal(agency, question, b"")
        except RefusalError as refusal:
            return self._refuse(agency, refusal)
        known = self._world.ledger.about(agency, request.path_params["number"])
        if known is None:
            return problem(404, "unknown-referral", "this agency never heard of the referral")
        await asyncio.sleep(self._world.sky.delay_seconds(agency))
        weather = self._world.sky.over(agency)
        refused_with = self._world.sky.refusal(agency)
        if refused_with or weather.answer:
            return self._foul(weather, refused_with)
        told = answer(200, known)
        told.headers.update(sealed(self._world, agency, question.id, bytes(told.body)))
        return told

    def _known(self, agency: str) -> None:
        found = self._world.agencies.get(agency)
        if found is None or found.is_mirror:
            raise RefusalError(404, "unknown-agency", "no such agency has an endpoint here")

    @staticmethod
    def _form(request: Request) -> seal.SealHeaders:
        try:
            return seal.read_headers(request.headers)
        except seal.HeadersError as error:
            raise RefusalError(400, "bad-headers", str(error)) from None

    def _check_seal(self, agency: str, headers: seal.SealHeaders, body: bytes) -> None:
        try:
            seal.check(headers, body, self._world.keys.outbound(agency), self._world.now(agency))
        except seal.SealError as error:
            raise RefusalError(401, "bad-seal", str(error)) from None

    def _refuse(self, agency: str, refusal: RefusalError) -> Response:
        known = agency if agency in self._world.agencies else "an unknown agency"
        log.warning("%s refused with %d: %s", known, refusal.status, refusal.reason)
        return problem(refusal.status, refusal.code, refusal.reason)

    def _foul(self, weather: Weather, status: int | None) -> Response:
        if status is not None:
            retry = {} if weather.retry_after is None else {"retry-after": str(weather.retry_after)}
            return problem(status, "weather", "the agency cannot answer now", retry)
        if weather.answer is Answer.GONE:
            return problem(410, "gone", "this endpoint is gone for good")
        if weather.answer is Answer.REDIRECT:
            return Response(status_code=307, headers={"location": weather.redirect_to})
        return Storm(weather, self._world.closing)

    @contextlib.contextmanager
    def _open(self, agency: str) -> Generator[None]:
        ledger = self._world.ledger
        ledger.open[agency] = ledger.open.get(agency, 0) + 1
        ledger.peak_open[agency] = max(ledger.peak_open.get(agency, 0), ledger.open[agency])
        try:
            yield
        finally:
            ledger.open[agency] = ledger.open.get(agency, 1) - 1


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > LONGEST_LETTER:
                    raise RefusalError(413, "too-large", "the letter is larger than 256 kB")
    except TimeoutError:
        raise RefusalError(408, "too-slow", "the letter took longer than 10 seconds") from None
    except ClientDisconnect:
        raise RefusalError(400, "gone-away", "the sender left in the middle") from None
    return bytes(body)
