"""The staff's door for events: what staff say about a journey or one of its referrals, and what became of it."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import JsonValue
from starlette.responses import Response

from catalog import Catalog
from models.counting import day_of
from models.numbers import Kind, read
from models.vocabulary import Desk
from web import checks, describe
from web.body import digest_of, read_json
from web.contact import of_contact, take_in
from web.doors import Hallway, hallway
from web.events import fate_of
from web.field_problems import FieldProblem
from web.journey_known import KnownJourney, known_journey
from web.journeys import journey_number
from web.letterbox import Arrival, ClientForgotten, Receipt
from web.problems import Refused
from web.reach import Budget
from web.shapes import (
    ANY_STAFF_EVENT,
    SHAPES,
    ConsentGivenEvent,
    ConsentWithdrawn,
    ContactChanged,
    FactsChanged,
    MadeDormant,
    NeedsChanged,
    ReferralChosen,
    ReferralHappened,
    StaffEvent,
    Woken,
)
from web.showing import shown
from web.tokens import Speaker, idempotency_key
from web.views import EventAcceptedView, EventFateView

router = APIRouter(prefix="/api/journeys/{number}/events", tags=["events"])


@router.post(
    "",
    summary="Say what happened",
    status_code=202,
    responses={
        202: describe.answer(EventAcceptedView, "It is committed and will be heard; href says what becomes of it"),
        **describe.problems(400, 401, 404, 408, 409, 410, 413, 415, 422, 500, 503),
    },
    openapi_extra=describe.takes(ANY_STAFF_EVENT, describe.EVENT_EXAMPLE) | describe.KEY_REQUIRED,
)
async def say(number: str, request: Request, token: Speaker) -> Response:
    """Say something about a journey or one of its referrals; an agency's word is then reported on its behalf.

    The same Idempotency-Key with the same body again is answered alike and done once.
    """
    hall = hallway(request)
    doors = hall.doors
    journey = journey_number(number)
    key = _key(request)
    body = await read_json(request, doors.limits)
    said = checks.shaped(_shape_of(body), body)
    now = doors.clock()
    budget = Budget(doors.limits.database_seconds)
    known = await budget.repeatably(lambda: known_journey(doors.engine, journey))
    if known is None:
        raise Refused("unknown-journey")
    if known.forgotten:
        raise Refused("forgotten")
    occurred_at = said.occurred_at or now
    checks.refuse(_problems(said, known, doors.catalog, occurred_at, now))
    referral = read(Kind.REFERRAL, said.referral) if isinstance(said, ReferralHappened) else None
    arrival = Arrival(
        source=f"staff:{token}",
        source_id=key,
        word=said.event,
        data=_data_of(said, day_of(occurred_at)),
        digest=digest_of({"journey": journey, "body": body}),
        occurred_at=occurred_at,
        received_at=now,
        referral_number=referral,
        desk=None if referral is not None else _desk_of(said, doors.catalog),
        journey_id=None if referral is not None else known.id,
    )
    taken = known.open_referrals.get(said.program) if isinstance(said, ReferralChosen) else None
    # A choice that was taken in before is answered as it was, although it has made a referral since.
    if taken is not None and await budget.repeatably(lambda: fate_of(doors.engine, arrival.source, key)) is None:
        raise Refused("already-open", f"Open already: {taken}.", numbers=[taken])
    if isinstance(said, ContactChanged):
        receipt = await take_in(doors, journey, said, arrival, body, budget)
        return _accepted(hall, journey, key, receipt)
    try:
        receipt = await hall.letterbox.put(arrival, budget)
    except ClientForgotten:
        raise Refused("forgotten") from None
    if receipt.digest != arrival.digest:
        raise Refused("key-reused", "Something else was said under this Idempotency-Key.")
    return _accepted(hall, journey, key, receipt)


@router.get(
    "/{key}",
    summary="What became of it",
    responses={200: describe.answer(EventFateView, "Its fate"), **describe.problems(400, 401, 404, 500, 503)},
)
async def look_up(number: str, key: str, request: Request, token: Speaker) -> Response:
    """Return what became of an event this token sent under an Idempotency-Key."""
    hall = hallway(request)
    doors = hall.doors
    journey = journey_number(number)
    budget = Budget(doors.limits.database_seconds)
    known = await budget.repeatably(lambda: known_journey(doors.engine, journey))
    if known is None:
        raise Refused("unknown-journey")
    found = await budget.repeatably(lambda: fate_of(doors.engine, f"staff:{token}", key))
    if found is None or found.journey_id not in known.ids:
        raise Refused("unknown-event")
    hall.counts.answered("api", "looked-up")
    return shown(
        EventFateView(
            id=found.id,
            event=found.word,
            status=found.fate,
            reason=found.reason,
            referral=found.referral_number,
            settled_at=found.fate_at,
        )
    )


def _accepted(hall: Hallway, journey: str, key: str, receipt: Receipt) -> Response:
    hall.counts.answered("api", "accepted" if receipt.fresh else "repeated")
    href = f"/api/journeys/{journey}/events/{key}"
    return shown(EventAcceptedView(status="accepted", id=receipt.id, href=href), 202, {"Location": href})


def _desk_of(said: StaffEvent, catalog: Catalog) -> Desk:
    """Return who hears it: a chosen referral is its program's desk's, all else is intake's."""
    return Desk(catalog.program(said.program).desk) if isinstance(said, ReferralChosen) else Desk.INTAKE


def _key(request: Request) -> str:
    key = idempotency_key(request)
    if key is None:
        raise Refused("key-needed", close=True)
    return key


def _shape_of(body: dict[str, JsonValue]) -> type[StaffEvent]:
    word = body.get("event")
    shape = SHAPES.get(word) if isinstance(word, str) else None
    if shape is None:
        words = ", ".join(sorted(SHAPES))
        raise Refused(
            "bad-fields", errors=[FieldProblem("event", "it is missing or no word of staff", f"Use: {words}.")]
        )
    return shape


def _problems(
    said: StaffEvent, known: KnownJourney, catalog: Catalog, occurred_at: datetime, now: datetime
) -> Iterator[FieldProblem]:
    yield from checks.of_moment(occurred_at, now)
    day = day_of(occurred_at)
    match said:
        case ReferralHappened():
            yield from _of_referral(said, known, catalog)
        case FactsChanged():
            yield from checks.of_changed_facts(said.facts, known.facts, day)
        case ContactChanged():
            yield from of_contact(said, known.facts, day)
        case NeedsChanged():
            if len(set(said.needs)) != len(said.needs):
                yield FieldProblem("needs", "it names a need twice", "Name each need once.")
        case ConsentGivenEvent():
            yield from checks.of_consent(said.consent, day, catalog, "consent")
        case ConsentWithdrawn():
            yield from checks.of_withdrawn(said, catalog)
        case ReferralChosen():
            yield from checks.of_chosen(said, catalog)
        case MadeDormant() | Woken():
            pass


def _of_referral(said: ReferralHappened, known: KnownJourney, catalog: Catalog) -> Iterator[FieldProblem]:
    program = known.program_of(said.referral)
    if program is None:
        remedy = "Look the number up in GET /api/journeys/{number}."
        yield FieldProblem("referral", "it is no referral of this journey", remedy)
    else:
        yield from checks.of_happened(said, program, catalog)


def _data_of(said: StaffEvent, day: date) -> dict[str, Any]:
    """Return what the desk reads; of a phone or address it reads only that it has changed (`web.contact`)."""
    if isinstance(said, ContactChanged):
        return {}
    data = said.model_dump(mode="json", exclude={"event", "referral", "occurred_at"}, exclude_unset=True)
    if isinstance(said, ConsentGivenEvent):
        data["consent"] = {"valid_from": day.isoformat(), **{k: v for k, v in data["consent"].items() if v is not None}}
        return data
    # A fact may be set back to null (nobody knows any more); other fields that are null were not said.
    return (
        data if isinstance(said, FactsChanged) else {name: value for name, value in data.items() if value is not None}
    )
