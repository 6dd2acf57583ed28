"""Seeing: how a rehearsed journey stands right now, read from the tables and from what the agencies received."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from catalog import Catalog
from models.case import Case
from models.casebook import load_cases
from models.counting import day_of
from tasks.toolbox import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A letter as an agency took it: the names of its items, never their values."""

    agency: str
    type: str
    program: str
    items: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything expectations are held against, at one moment."""

    case: Case
    #: (word, reason) of every parked event.
    parked: tuple[tuple[str, str], ...]
    #: `code about` of every open notice.
    notices: tuple[str, ...]
    #: Desks that have set the journey aside.
    set_aside: tuple[str, ...]
    received: tuple[Received, ...]


async def look(engine: AsyncEngine, catalog: Catalog, clock: Clock, journey: UUID, control: httpx.AsyncClient) -> Scene:
    """Return how things stand.

    Args:
        engine: The rehearsal's own database; everything in it belongs to this journey.
        catalog: What is known.
        clock: The virtual clock.
        journey: Key of the journey.
        control: The sandbox's control room.
    """
    async with engine.connect() as connection:
        cases = await load_cases(connection, [journey], catalog, day_of(clock()))
        parked = await connection.execute(
            text("SELECT word, coalesce(fate_reason, '') FROM inbox_event WHERE fate = 'parked' ORDER BY id")
        )
        notices = await connection.execute(
            text("SELECT trim(code || ' ' || about) FROM notice WHERE settled_at IS NULL ORDER BY raised_at, id")
        )
        aside = await connection.execute(text("SELECT desk FROM set_aside ORDER BY desk"))
        answer = await control.get("/letters")
        return Scene(
            case=cases[journey],
            parked=tuple((row[0], row[1]) for row in parked),
            notices=tuple(row[0] for row in notices),
            set_aside=tuple(row[0] for row in aside),
            received=_received(answer.raise_for_status().json()["letters"]),
        )


def _received(letters: Sequence[Mapping[str, Any]]) -> tuple[Received, ...]:
    return tuple(
        Received(
            agency=letter["agency"],
            type=str(letter["type"]).removeprefix("ieum.").removesuffix(".v1"),
            program=letter["program"] or "",
            items=frozenset(letter["items"]),
        )
        for letter in letters
        if letter["taken"]
    )
