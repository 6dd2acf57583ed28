"""Merge: two journeys of one person become one, with both histories, in one transaction under all her journeys' locks.

Referrals keep their numbers and their logs, agencies notice nothing. It cannot be undone; repeated, it is quiet
(docs/adr/0008).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from models.case import Case
from models.casebook import load_cases
from models.changing import changed
from models.database import RING
from models.gave_way import DUPLICATE
from models.keys import uuid7
from models.merging import Double, Joined, doubles, joined
from models.persons import one_at_a_time
from models.vocabulary import Desk, ReferralEvent, ReferralState
from models.work import CaseWork, cancellation
from tasks import merging_statements as sql
from tasks.rows import BY_A_DOOR
from tasks.statements import UPDATE_JOURNEY
from tasks.told import number_told
from tasks.toolbox import World
from tasks.writing import write_down

Refusal = Literal["unknown-journey", "forgotten", "one-journey", "merged-elsewhere", "persons-differ", "both-begun"]

#: Times a merge looks again, where the journeys changed while it waited for them.
_TRIES: Final = 3


class NotMerged(Exception):  # noqa: N818 - names what happened
    """Nothing was merged, and a person decides: `code` says why, `numbers` and `fields` what it is about."""

    def __init__(self, code: Refusal, *, numbers: Sequence[str] = (), fields: Sequence[str] = ()) -> None:
        super().__init__(code)
        self.code: Refusal = code
        self.numbers = tuple(numbers)
        self.fields = tuple(fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merge came to: the journey that stays, what was withdrawn, and the facts a person should look at."""

    number: str
    merged: str
    #: Referrals that gave way to another of the same program.
    withdrawn: tuple[str, ...]
    #: Names of facts and of the client's data on which the two disagree: the journey that stays has won.
    differ: tuple[str, ...]
    #: Names of facts that only the other one knew.
    taken_over: tuple[str, ...]
    #: False where it was done before.
    fresh: bool


class _Changed(Exception):  # noqa: N818 - begin again
    """Somebody merged or opened a journey of hers while we waited."""


async def merge(engine: AsyncEngine, world: World, number: str, into: str, who: str, *, sure: bool) -> Merged:
    """Let a journey end in another one of the same person.

    Args:
        engine: The database.
        world: The catalog and the time.
        number: The journey that ends.
        into: The one that stays, or one that ended in it before.
        who: Code of who says so, e.g. `staff:front-desk`.
        sure: Whether it is one person although birth date or sex differ.

    Raises:
        NotMerged: A person must decide or correct something first; nothing was written.
        sqlalchemy.exc.SQLAlchemyError: The database is away; nothing was written, or all of it.
    """
    for _ in range(_TRIES):
        try:
            async with engine.begin() as connection:
                return await _merge(connection, world, number, into, who, sure=sure)
        except _Changed:
            continue
    message = "her journeys changed each time they were looked at"
    raise RuntimeError(message)


async def _merge(connection: AsyncConnection, world: World, number: str, into: str, who: str, *, sure: bool) -> Merged:
    people = await _people(connection, number, into)
    await one_at_a_time(connection, [(person["birth_date"], person["sex"]) for person in people.values()])
    ends, stays = people[number], people[into]
    if ends["merged_into"] is not None or ends["id"] == stays["id"]:
        return await _known(connection, ends, stays)
    if gone := [str(each["number"]) for each in (ends, stays) if each["forgotten_at"] is not None]:
        # Of whoever is forgotten nothing is known by which a person could say that they are one.
        raise NotMerged("forgotten", numbers=gone)
    clients = {"ones": ends["client_id"], "others": stays["client_id"]}
    family = (await connection.execute(sql.LOCK_FAMILY, {**clients, "ends": ends["id"]})).mappings().all()
    if await _people(connection, number, into) != people:
        raise _Changed
    strange = tuple(name for name in ("birth_date", "sex") if ends[name] != stays[name])
    if strange and not sure:
        raise NotMerged("persons-differ", fields=strange)
    living = [row["id"] for row in family if row["merged_into"] is None]
    cases = await load_cases(connection, living, world.catalog, world.today())
    found = [] if ends["client_id"] == stays["client_id"] else _doubles(cases, stays["client_id"])
    together = joined(cases[stays["id"]].facts, cases[ends["id"]].facts, world.today())
    differ = tuple(sorted({*together.differ, *strange, *_own_differ(ends, stays, cases)}))
    told = {
        "withdrawn": [double.gives_way.number for double in found],
        "differ": differ,
        "taken_over": together.taken_over,
        "by": who,
    }
    now = world.clock()
    named = {"ends": ends["id"], "stays": stays["id"], "number": number, "into": stays["number"], "now": now}
    event: int = (await connection.execute(sql.NOTE_MERGE, {**named, "told": _json(told)})).scalar_one()
    works: list[CaseWork] = []
    for double in found:
        work = _withdraw(cases, double, event, who, now)
        # Of one journey's works each goes on where the one before it ended.
        work.touched |= {touched for earlier in works for touched in earlier.touched}
        cases[work.case.journey_id] = work.case
        works.append(work)
    await write_down(connection, works, await number_told(connection, works), world, BY_A_DOOR)
    await _move(connection, named, clients, living)
    await _keep(connection, cases[ends["id"]], cases[stays["id"]], together)
    if differ or together.taken_over:
        said = {"id": uuid7(now), "key": f"{stays['number']}:intake:facts_differ:{number}"}
        await connection.execute(sql.NOTICE, {**named, **said, "detail": _detail(differ, together.taken_over)})
    await connection.execute(RING, {"desks": [desk.value for desk in Desk]})
    return _merged(told, number, stays["number"], fresh=True)


async def _people(connection: AsyncConnection, number: str, into: str) -> dict[str, Mapping[str, Any]]:
    """Return both journeys with their clients, by the numbers that were said; `into` as the journey it stands for.

    Raises:
        NotMerged: `unknown-journey`.
    """
    rows = (await connection.execute(sql.PEOPLE, {"numbers": [number, into]})).mappings()
    found: dict[str, Mapping[str, Any]] = {str(row["number"]): dict(row) for row in rows}
    if unknown := [name for name in (number, into) if name not in found]:
        raise NotMerged("unknown-journey", numbers=unknown)
    if (standing := found[into]["merged_into"]) is not None:
        row = (await connection.execute(sql.PERSON, {"id": standing})).mappings().one()
        found[into] = dict(row)
    return found


async def _known(connection: AsyncConnection, ends: Mapping[str, Any], stays: Mapping[str, Any]) -> Merged:
    """Return what was done before, where it is the same that is asked.

    Raises:
        NotMerged: `one-journey`, or `merged-elsewhere` with the number it ended in.
    """
    if ends["merged_into"] is None:
        raise NotMerged("one-journey")
    if ends["merged_into"] != stays["id"]:
        elsewhere = (await connection.execute(sql.PERSON, {"id": ends["merged_into"]})).mappings().one()
        raise NotMerged("merged-elsewhere", numbers=[elsewhere["number"]])
    told = (await connection.execute(sql.TOLD, {"number": ends["number"]})).scalar()
    return _merged(told or {}, ends["number"], stays["number"], fresh=False)


def _doubles(cases: Mapping[UUID, Case], stays: UUID) -> list[Double]:
    """Return what is open on both sides.

    Raises:
        NotMerged: `both-begun` with the numbers of every pair at which both agencies have begun.
    """
    ones = [r for case in cases.values() if case.client_id == stays for r in case.referrals]
    others = [r for case in cases.values() if case.client_id != stays for r in case.referrals]
    found = doubles(ones, others)
    begun = [double for double in found if double.needs_a_person]
    if begun:
        raise NotMerged("both-begun", numbers=[str(r.number) for d in begun for r in (d.stays, d.gives_way)])
    return found


def _withdraw(cases: Mapping[UUID, Case], double: Double, event: int, who: str, now: datetime) -> CaseWork:
    """Let one of two referrals end, and its agency hear of it if it may know of it."""
    gone = double.gives_way
    case = next(case for case in cases.values() if any(r.id == gone.id for r in case.referrals))
    work = CaseWork(case=case, desk=gone.desk, now=now)
    cause = f"rule:{event}:{DUPLICATE}:{gone.id}"
    withdrawn = work.move(
        changed(gone, reason=DUPLICATE),
        ReferralEvent.WITHDRAWN,
        cause=cause,
        who=who,
        occurred_at=now,
        reason=DUPLICATE,
    )
    if gone.state is not ReferralState.DRAFTED:
        work.write(cancellation(withdrawn, DUPLICATE, cause))
    return work


async def _move(
    connection: AsyncConnection, named: Mapping[str, Any], clients: Mapping[str, UUID], living: Sequence[UUID]
) -> None:
    """Let everything of the journey that ends belong to the one that stays; the log is touched nowhere.

    Letters come first: whoever writes a letter's result reads its journey there, and is heard of below.
    """
    for statement in sql.MOVES:
        await connection.execute(statement, {**named, **clients, "living": list(living)})


async def _keep(connection: AsyncConnection, ends: Case, stays: Case, together: Joined) -> None:
    known = together.facts.model_dump(mode="json", exclude={"birth_date", "sex", "household"}, exclude_none=True)
    # Whoever can be reached in one of her journeys can be reached.
    rests = stays.dormant_since is not None and ends.dormant_since is not None
    row = {
        "id": stays.journey_id,
        "facts": _json(known),
        "needs": _json(sorted(ends.wants | stays.wants)),
        "dormant_since": stays.dormant_since if rests else None,
        "dormant_reason": stays.dormant_reason if rests else None,
    }
    await connection.execute(UPDATE_JOURNEY, row)


def _own_differ(ends: Mapping[str, Any], stays: Mapping[str, Any], cases: Mapping[UUID, Case]) -> list[str]:
    """Name what the two clients' own rows disagree on; never what is in them."""
    names = [n for n in ("name", "phone", "address") if None not in {ends[n], stays[n]} and ends[n] != stays[n]]
    homes = [cases[person["id"]].facts.household or () for person in (ends, stays)]
    alike = sorted(map(repr, homes[0])) == sorted(map(repr, homes[1]))
    return names if alike else [*names, "household"]


def _detail(differ: Sequence[str], taken_over: Sequence[str]) -> str:
    parts = [("differ", differ), ("taken over", taken_over)]
    return "; ".join(f"{what}: {', '.join(names)}" for what, names in parts if names)[:400]


def _merged(told: Mapping[str, Any], number: str, into: str, *, fresh: bool) -> Merged:
    """Return what a merge came to; of a client who was forgotten since, only that it was done."""
    return Merged(
        number=into,
        merged=number,
        withdrawn=tuple(told.get("withdrawn", ())),
        differ=tuple(told.get("differ", ())),
        taken_over=tuple(told.get("taken_over", ())),
        fresh=fresh,
    )


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
