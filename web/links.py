"""The agencies' pages: behind a link sent by mail an agency reads one referral and says what a webhook would say.

A GET changes nothing, because mail scanners follow links. What is said is one event of the inbox, under the id of its
form, so that a double click is one event; what is refused leaves no row. The token is in no log.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import RedirectResponse, Response

from agencies import meaning
from agencies.link import LinkRead, LinkSeal
from models.vocabulary import Fate
from tasks.link_letters import write_link_letter
from web import describe, link_page
from web.body import read_body
from web.doors import Hallway, Limits, hallway
from web.events import Known, fate_of
from web.letterbox import Arrival, ClientForgotten
from web.link_forms import FORM_BYTES, Form, WrongForm, digest_of, event_of, read_form
from web.link_reading import Behind, look_behind
from web.link_words import Lang
from web.pressure import TooBusy
from web.problems import RETRY_AFTER_SECONDS, Refused
from web.reach import Budget, DatabaseAway

router = APIRouter(tags=["links"])

#: How often, and how soon again, a new link may be asked for on the page of one that is over.
MOST_ASKED: Final = 5
ASKED_AGAIN: Final = timedelta(hours=1)
#: How long the page waits for what became of a word.
FATE_SECONDS: Final = 1.0

_ASK: Final = text("""
    UPDATE agency_link SET asked = asked + 1, asked_at = :now
    WHERE id = :link AND asked < :most AND (asked_at IS NULL OR asked_at <= :before) RETURNING asked
""")
_FORM: Final = describe.form({
    "form": "Id of the form, as its page gave it", "proof": "That the page made it", "event": "What is said",
    "reason": "Why", "outcome": "How it ended", "milestone": "lane/step", "redirect_to": "Who is competent",
    "on": "Day in Seoul", "reference": "The agency's own number", "note": "For staff", "lang": "ko or en",
})  # fmt: skip


@router.get(
    "/links/{token}",
    summary="An agency opens a referral by the link it was mailed",
    responses=describe.pages(200, 404, 410, 503),
)
async def look(token: str, request: Request) -> Response:
    """Show the referral behind a link, in Korean or English (`?lang=`); nothing is changed by it."""
    return await _answered(_look, _Call(token, request))


@router.post(
    "/links/{token}",
    summary="An agency says what happened, on the page of a link",
    responses=describe.pages(303, 400, 403, 404, 408, 409, 410, 413, 422, 503),
    openapi_extra=_FORM,
)
async def speak(token: str, request: Request) -> Response:
    """Take one form in as an event; 303 leads back to the page, which says what became of it."""
    return await _answered(_speak, _Call(token, request))


@router.post(
    "/links/{token}/new",
    summary="An agency asks for a new link in place of one that is over",
    responses=describe.pages(200, 400, 403, 404, 408, 409, 410, 413, 503),
    openapi_extra=_FORM,
)
async def renew(token: str, request: Request) -> Response:
    """Have a new link mailed to the agency's address on file; at most five times, an hour apart."""
    return await _answered(_renew, _Call(token, request))


async def _answered(work: "Callable[[_Call], Awaitable[Response]]", call: "_Call") -> Response:
    """Return what the work returns, or the page that says why not."""
    try:
        return await work(call)
    except _Answered as answered:
        return answered.page
    except (DatabaseAway, TooBusy) as away:
        return call.away(away)


class _Answered(Exception):  # noqa: N818 - an answer, not a fault
    """The page is made: nothing more is done."""

    def __init__(self, page: Response) -> None:
        super().__init__()
        self.page = page


class _Call:
    """One call: its link, language and budget."""

    def __init__(self, token: str, request: Request) -> None:
        self.request = request
        self.hall: Hallway = hallway(request)
        self.doors = self.hall.doors
        self.seal = LinkSeal(self.doors.keyring)
        self.now: datetime = self.doors.clock()
        self.budget = Budget(self.doors.limits.database_seconds)
        self.lang: Lang = link_page.language(request)
        self._token = token
        self.here = f"/links/{token}"

    @property
    def engine(self) -> AsyncEngine:
        """The database."""
        return self.doors.engine

    def refuse(self, code: str, *, link: UUID | None = None) -> _Answered:
        """Return a refusal; with a link's id, a new one may be asked for there."""
        self.hall.counts.answered("links", code)
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if code in {"too-busy", "database-away"} else {}
        if code in {"too-large", "too-slow"}:
            # What is left of the body is not read.
            headers["Connection"] = "close"
        form = None if link is None else link_page.fresh_form(self.seal, link, self.now)
        here = "" if code == "no-such-link" else self.here
        return _Answered(link_page.plain(code, self.lang, self.doors.center, here=here, form=form, headers=headers))

    def away(self, error: DatabaseAway | TooBusy) -> Response:
        """Return the page that asks to come again."""
        if isinstance(error, TooBusy):
            self.hall.counts.shed("links", error.bound)
        return self.refuse("too-busy" if isinstance(error, TooBusy) else "database-away").page

    def read(self) -> LinkRead:
        """Return what the token says."""
        read = self.seal.read(self._token)
        if read is None:
            raise self.refuse("no-such-link")
        return read

    async def behind(self, read: LinkRead) -> Behind:
        """Return what stands behind the link, over or not."""
        doors = self.doors
        found = await self.budget.repeatably(lambda: look_behind(doors.engine, doors.catalog, read, self.now))
        if found is None or found.program not in doors.catalog.programs or found.agency not in doors.catalog.agencies:
            raise self.refuse("link-gone")
        return found

    def live(self, behind: Behind) -> None:
        """Refuse a link that is over; a new one is offered while the referral is open."""
        if behind.over:
            raise self.refuse("link-over", link=behind.link if behind.owed else None)

    async def form(self, read: LinkRead) -> Form:
        """Return the form that was sent, proved to come from this link's page."""
        request, limits = self.request, self.doors.limits
        # Browsers say so; with no-referrer, Origin says nothing.
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            raise self.refuse("form-foreign")
        bounds = Limits(body_bytes=min(FORM_BYTES, limits.body_bytes), body_seconds=limits.body_seconds)
        try:
            body = await read_body(request, bounds)
            form = read_form(body, read.id, self.seal, self.now)
        except Refused as refused:
            raise self.refuse(refused.code) from None
        except WrongForm as wrong:
            raise self.refuse(wrong.code) from None
        self.lang = link_page.language(request, form.fields.get("lang"))
        return form


async def _look(call: _Call) -> Response:
    read, said = call.read(), call.request.query_params.get("said")
    behind = await call.behind(read)
    call.live(behind)
    fate = await _fate(call, behind, said) if said else None
    if fate is not None and fate.fate is not Fate.WAITING:
        # What it did may be seen at once.
        behind = await call.behind(read)
    call.hall.counts.answered("links", "shown")
    form = link_page.fresh_form(call.seal, behind.link, call.now)
    return link_page.referral(
        behind,
        call.doors.catalog,
        call.lang,
        call.now,
        center=call.doors.center,
        here=call.here,
        until=read.expires_at,
        form=form,
        fate=fate,
        said=said or "",
    )


async def _fate(call: _Call, behind: Behind, said: str) -> Known | None:
    """Return what became of a word said on this page, waiting a moment for its desk."""
    try:
        source_id = f"link:{UUID(said)}"
    except ValueError:
        return None
    source = f"agency:{behind.agency}"
    until = asyncio.get_running_loop().time() + FATE_SECONDS
    while True:
        found = await call.budget.repeatably(lambda: fate_of(call.engine, source, source_id))
        if found is None or found.referral_number != behind.number:
            return None
        if found.fate is not Fate.WAITING or asyncio.get_running_loop().time() >= until:
            return found
        await asyncio.sleep(FATE_SECONDS / 5)


async def _speak(call: _Call) -> Response:
    read = call.read()
    form = await call.form(read)
    behind = await call.behind(read)
    call.live(behind)
    try:
        event = event_of(form, behind, call.doors.catalog, call.now)
    except WrongForm as wrong:
        raise call.refuse(wrong.code) from None
    arrival = Arrival(
        source=f"agency:{behind.agency}",
        source_id=event.id,
        word=event.event,
        data=meaning.data_of(event),
        digest=digest_of(form),
        occurred_at=event.occurred_at,
        received_at=call.now,
        referral_number=event.subject,
    )
    try:
        receipt = await call.hall.letterbox.put(arrival, call.budget)
    except ClientForgotten:
        raise call.refuse("link-gone") from None
    if receipt.digest != arrival.digest:
        raise call.refuse("form-reused")
    call.hall.counts.answered("links", "accepted" if receipt.fresh else "repeated")
    headers = dict(link_page.HEADERS)
    return RedirectResponse(f"{call.here}?said={form.id}&lang={call.lang}", 303, headers)


async def _renew(call: _Call) -> Response:
    read = call.read()
    await call.form(read)
    behind = await call.behind(read)
    if not behind.over or not behind.owed:
        raise call.refuse("link-over")
    sent = await call.budget.within(_ask(call.engine, behind.link, call.now))
    call.hall.counts.answered("links", "renewed" if sent else "repeated")
    return link_page.mailed(call.lang, call.doors.center, call.here, sent=sent)


async def _ask(engine: AsyncEngine, link: UUID, now: datetime) -> bool:
    """Write the letter that brings a new link, unless one was asked for a short while ago, or too often."""
    async with engine.begin() as connection:
        known = {"link": link, "now": now, "before": now - ASKED_AGAIN, "most": MOST_ASKED}
        asked = (await connection.execute(_ASK, known)).scalar()
        return asked is not None and await write_link_letter(connection, link, f"asked:{asked}", now)
