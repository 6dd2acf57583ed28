"""The staff's door for evidence: that a client handed a paper in, and until which day it is good."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response

from catalog import Catalog
from models.counting import day_of
from models.numbers import Kind, read
from models.reckoning import civil
from tasks.evidence import Handed, Noted, NotNoted, note_evidence
from web import checks, describe
from web.body import digest_of, read_json
from web.doors import Doors, hallway
from web.evidence_showing import view_of
from web.field_problems import FieldProblem
from web.journey_known import KnownJourney, known_journey
from web.journeys import journey_number
from web.problems import Refused
from web.reach import Budget
from web.shapes import EvidenceGiven
from web.showing import shown
from web.tokens import Speaker, idempotency_key
from web.views import EvidenceView

router = APIRouter(prefix="/api/journeys/{number}/evidence", tags=["journeys"])

_EXAMPLE: Final = {"kind": "medical_certificate", "received_on": "2017-12-04", "valid_until": "2018-03-04"}


@router.post(
    "",
    summary="Note a paper that the client handed in",
    status_code=201,
    responses={
        201: describe.answer(EvidenceView, "It is noted"),
        200: describe.answer(EvidenceView, "The same Idempotency-Key had noted it before with the same body"),
        **describe.problems(400, 401, 404, 408, 409, 410, 413, 415, 422, 500, 503),
    },
    openapi_extra=describe.takes(EvidenceGiven, _EXAMPLE) | describe.KEY_REQUIRED,
)
async def note(number: str, request: Request, token: Speaker) -> Response:
    """Note a paper: its kind, when it was received, and its last good day; the paper itself stays where it is.

    Of one kind for one referral (or for the journey) the one noted last counts, so a wrong day is put right by noting
    it again under another key. A person is told before a paper ends on which an open referral hangs.
    """
    hall = hallway(request)
    doors = hall.doors
    journey, key = journey_number(number), idempotency_key(request)
    if key is None:
        raise Refused("key-needed", close=True)
    body = await read_json(request, doors.limits)
    given = checks.shaped(EvidenceGiven, body)
    budget = Budget(doors.limits.database_seconds)
    known = await budget.repeatably(lambda: known_journey(doors.engine, journey))
    if known is None:
        raise Refused("unknown-journey")
    today = day_of(doors.clock())
    checks.refuse(_problems(given, known, doors.catalog, today))
    received = given.received_on or today
    handed = Handed(
        kind=given.kind,
        referral=None if given.referral is None else read(Kind.REFERRAL, given.referral),
        received_on=received,
        valid_until=given.valid_until or civil(received, doors.catalog.evidence[given.kind].valid),
        source=f"staff:{token}",
        source_id=key,
        digest=digest_of({"journey": journey, "body": body}),
    )
    noted: Noted | None = None
    refused: NotNoted | None = None
    try:
        noted = await budget.repeatably(lambda: _note(doors.engine, doors, journey, handed))
    except NotNoted as not_noted:
        refused = not_noted
    if noted is None:
        raise Refused("unknown-journey" if refused is None else refused.code)
    if noted.digest != handed.digest:
        raise Refused("key-reused", "Something else was noted under this Idempotency-Key.")
    hall.counts.answered("api", "accepted" if noted.fresh else "repeated")
    return shown(view_of(noted, doors.catalog, today), 201 if noted.fresh else 200)


async def _note(engine: AsyncEngine, doors: Doors, journey: str, handed: Handed) -> Noted:
    async with engine.begin() as connection:
        return await note_evidence(connection, journey, handed, doors.clock())


def _problems(given: EvidenceGiven, known: KnownJourney, catalog: Catalog, today: date) -> Iterator[FieldProblem]:
    if given.kind not in catalog.evidence:
        yield FieldProblem("kind", "it is no kind of paper of the catalog", "Use a code of catalog/evidence.yaml.")
    if given.referral is not None and known.program_of(given.referral) is None:
        remedy = "Look the number up in GET /api/journeys/{number}."
        yield FieldProblem("referral", "it is no referral of this journey", remedy)
    received = given.received_on or today
    if not checks.FIRST_DAY <= received <= today:
        remedy = "Give the day the client handed it in."
        yield FieldProblem("received_on", f"it lies in the future or before {checks.FIRST_DAY}", remedy)
    if given.valid_until is not None and given.valid_until < received:
        yield FieldProblem("valid_until", "it lies before the day it was received", "Check both dates.")
