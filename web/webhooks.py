"""The agencies' door: what an agency says is checked, committed and acknowledged, in this order and no other.

Known agency, size, deadline, header form, timestamp, seal over the raw bytes, strict JSON, envelope; then the row, the
bell, 202. Whether the event makes sense is the desk's business; nothing that is refused leaves a row.
"""

import logging
from typing import Final

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from agencies import envelope, meaning, seal
from agencies.envelope import IncomingEvent
from agencies.errors import BadEntry, refused
from agencies.keys import Key
from web import describe
from web.body import read_body
from web.doors import Doors, hallway
from web.events import fate_of
from web.letterbox import Arrival, ClientForgotten
from web.notices import note_reused_id
from web.problems import Refused
from web.reach import Budget
from web.straight import StraightRoute
from web.views import AcceptedView, FateView

_LOG: Final = logging.getLogger("ieum.web")

router = APIRouter(tags=["webhooks"], route_class=StraightRoute)


@router.post(
    "/webhooks/{agency}",
    summary="An agency says what happened to a referral",
    status_code=202,
    responses={
        202: describe.answer(AcceptedView, "It is committed (or was before): do not send it again"),
        **describe.problems(400, 401, 404, 408, 409, 413, 415, 422, 500, 503),
    },
    openapi_extra=describe.cloud_event() | describe.SEAL,
)
async def receive(agency: str, request: Request) -> Response:
    """Take one event of an agency in; 202 means that it is committed, not that it makes sense."""
    hall = hallway(request)
    doors = hall.doors
    budget = Budget(doors.limits.database_seconds)
    keys = await _keys_of(agency, request, budget)
    body = await read_body(request, doors.limits)
    now = doors.clock()
    headers = request.headers.raw
    message_id = seal.verify(headers, body, keys, now)
    event = envelope.read(request.headers.get("content-type", ""), headers, body, agency, message_id)
    _check_whole(event)
    arrival = Arrival(
        source=f"agency:{agency}",
        source_id=message_id,
        word=event.event,
        data=meaning.data_of(event),
        digest=meaning.digest_of(event),
        occurred_at=event.occurred_at,
        received_at=now,
        referral_number=event.subject,
    )
    try:
        receipt = await hall.letterbox.put(arrival, budget)
    except ClientForgotten:
        raise Refused("client-forgotten") from None
    if receipt.digest != arrival.digest:
        await budget.repeatably(lambda: note_reused_id(doors.engine, agency, receipt, now))
        raise Refused("id-reused", "An event of this id with another body is already here; that one stands.")
    hall.counts.answered("webhooks", "accepted" if receipt.fresh else "repeated")
    return _json({"status": "accepted", "id": message_id}, 202)


@router.get(
    "/webhooks/{agency}/{webhook_id}",
    summary="What became of an agency's event",
    responses={200: describe.answer(FateView, "Its fate"), **describe.problems(400, 401, 404, 500, 503)},
    openapi_extra=describe.SEAL,
)
async def look_up(agency: str, webhook_id: str, request: Request) -> Response:
    """Tell the agency what became of an event it sent, sealed over an empty body with that event's id."""
    hall = hallway(request)
    doors = hall.doors
    budget = Budget(doors.limits.database_seconds)
    keys = await _keys_of(agency, request, budget)
    message_id = seal.verify(request.headers.raw, b"", keys, doors.clock())
    if message_id != webhook_id:
        # The seal covers no address, so the id is what binds it to this question.
        raise refused("bad-headers", "webhook-id must be the id that is asked for.")
    found = await budget.repeatably(lambda: fate_of(doors.engine, f"agency:{agency}", webhook_id))
    if found is None:
        raise Refused("unknown-event")
    hall.counts.answered("webhooks", "looked-up")
    return _json(
        {"id": webhook_id, "status": found.fate, "reason": found.reason, "referral": found.referral_number}, 200
    )


async def _keys_of(agency: str, request: Request, budget: Budget) -> list[Key]:
    """Return the live keys; an agency that is known but has none is a closed door, which the seal says.

    Raises:
        Refused: `unknown-agency`, `keys-unreadable`.
        DatabaseAway: Nobody can say.
    """
    hall = hallway(request)
    if not _speaks_webhooks(hall.doors, agency):
        raise Refused("unknown-agency", close=True)
    try:
        keys = await hall.keys.live(agency, hall.doors.clock(), budget)
    except BadEntry:
        _LOG.error("%s: none of its keys can be opened; its webhooks are answered 503 (ieum doctor)", agency)
        raise Refused("keys-unreadable", close=True) from None
    if keys is None:
        raise Refused("unknown-agency", close=True)
    return keys


def _speaks_webhooks(doors: Doors, agency: str) -> bool:
    known = doors.catalog.agencies.get(agency)
    return known is not None and known.protocol == "webhook"


def _check_whole(event: IncomingEvent) -> None:
    if (needed := meaning.missing(event)) is not None:
        raise refused("bad-envelope", f"The event was refused: {event.event} needs data.{needed}.")
    if (held := meaning.forbidden(event)) is not None:
        raise Refused("resident-number", f"{held} holds a resident registration number.")


def _json(body: dict[str, str | None], status: int) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
