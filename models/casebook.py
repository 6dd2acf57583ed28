"""The casebook: reads whole cases out of the tables, many at once, in a fixed number of statements.

The cost of a load depends on the journeys asked for, never on how many are open.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Executable, Row, Uuid, any_, bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from catalog import Catalog
from models.case import Case, ConsentView, MilestoneView, ReferralView
from models.client import Client, HouseholdMember
from models.columns import table_of
from models.consent import Consent
from models.facts import Facts
from models.journey import Journey
from models.outbox import Letter
from models.referral import OPEN, Milestone, Referral
from models.roads import CLOSED
from models.transition import Transition
from models.vocabulary import Need

_IDS: Final = bindparam("ids", type_=ARRAY(Uuid()))


def _among(column: UUID | None) -> ColumnElement[bool]:
    """Return the condition that a column (an entity's attribute) is among the ids handed in."""
    return col(column) == any_(_IDS)


_JOURNEYS: Final = (
    select(
        table_of(Journey).c.id,
        table_of(Journey).c.number,
        table_of(Journey).c.client_id,
        table_of(Journey).c.opened_on,
        table_of(Journey).c.needs,
        table_of(Journey).c.facts,
        table_of(Journey).c.dormant_since,
        table_of(Journey).c.dormant_reason,
        table_of(Client).c.birth_date,
        table_of(Client).c.sex,
    )
    .join(table_of(Client), table_of(Client).c.id == table_of(Journey).c.client_id)
    .where(_among(Journey.id))
)
_BARE: Final = select(table_of(Journey).c.id, table_of(Journey).c.number, table_of(Journey).c.opened_on).where(
    _among(Journey.id)
)
_MEMBERS: Final = select(table_of(HouseholdMember)).where(_among(HouseholdMember.client_id))
_CONSENTS: Final = select(table_of(Consent)).where(_among(Consent.client_id))
_REFERRALS: Final = (
    select(table_of(Referral))
    .where(_among(Referral.journey_id))
    # Numbers are given in the order in which a journey's referrals are made; keys of one millisecond have none.
    .order_by(table_of(Referral).c.created_at, func.length(table_of(Referral).c.number), table_of(Referral).c.number)
)
_MILESTONES: Final = select(table_of(Milestone)).where(_among(Milestone.referral_id))
_LAST_ROWS: Final = (
    select(table_of(Transition).c.referral_id, table_of(Transition).c.sequence, table_of(Transition).c.hash)
    .distinct(table_of(Transition).c.referral_id)
    .where(_among(Transition.referral_id))
    .order_by(table_of(Transition).c.referral_id, table_of(Transition).c.sequence.desc())
)
_LETTERS: Final = select(
    table_of(Letter).c.referral_id, table_of(Letter).c.type, table_of(Letter).c.about, table_of(Letter).c.sequence
).where(_among(Letter.referral_id))


_OTHER: Final = table_of(Journey).alias("other")
#: The same clients' other journeys, with what is open there; of a client with one journey it finds nothing.
_SIBLINGS: Final = (
    select(
        table_of(Journey).c.id,
        _OTHER.c.id.label("sibling"),
        table_of(Referral).c.program,
        table_of(Referral).c.number,
    )
    .join(_OTHER, (_OTHER.c.client_id == table_of(Journey).c.client_id) & (_OTHER.c.id != table_of(Journey).c.id))
    .outerjoin(table_of(Referral), (table_of(Referral).c.journey_id == _OTHER.c.id) & text(OPEN))
    .where(_among(Journey.id), _OTHER.c.merged_into.is_(None))
)


async def load_cases(
    connection: AsyncConnection,
    journey_ids: Sequence[UUID],
    catalog: Catalog,
    today: date,
) -> dict[UUID, Case]:
    """Return the cases of these journeys by journey id.

    Args:
        connection: In a transaction that holds the journeys' rows, where the case is to be worked.
        journey_ids: Journeys to load; unknown ones are left out.
        catalog: What is known.
        today: Asia/Seoul date on which the rules will be asked.

    Raises:
        pydantic.ValidationError: What a journey's row holds as facts cannot be read as such.
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """

    async def rows(statement: Executable, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
        return (await connection.execute(statement, {"ids": list(ids)})).all() if ids else []

    journeys = await rows(_JOURNEYS, journey_ids)
    clients = [row.client_id for row in journeys]
    members, consents = (
        _by(await rows(_MEMBERS, clients), "client_id"),
        _by(await rows(_CONSENTS, clients), "client_id"),
    )
    referral_rows = await rows(_REFERRALS, journey_ids)
    referral_ids = [row.id for row in referral_rows]
    milestones = _by(await rows(_MILESTONES, referral_ids), "referral_id")
    last = {row.referral_id: row for row in await rows(_LAST_ROWS, referral_ids)}
    letters = _by(await rows(_LETTERS, referral_ids), "referral_id")
    referrals = _by(referral_rows, "journey_id")
    siblings = _by(await rows(_SIBLINGS, journey_ids), "id")
    load = await _load_of(connection, catalog)
    return {
        row.id: Case(
            journey_id=row.id,
            client_id=row.client_id,
            number=row.number,
            opened_on=row.opened_on,
            today=today,
            wants=frozenset(Need(need) for need in row.needs),
            facts=_facts(row, members[row.client_id]),
            catalog=catalog,
            consents=tuple(_consent(consent) for consent in consents[row.client_id]),
            referrals=tuple(_referral(r, milestones[r.id], last.get(r.id), letters[r.id]) for r in referrals[row.id]),
            dormant_since=row.dormant_since,
            dormant_reason=row.dormant_reason,
            siblings=frozenset(other.sibling for other in siblings[row.id]),
            elsewhere={other.program: other.number for other in siblings[row.id] if other.program is not None},
            load=load,
        )
        for row in journeys
    }


async def bare_cases(
    connection: AsyncConnection,
    journey_ids: Sequence[UUID],
    catalog: Catalog,
    today: date,
) -> dict[UUID, Case]:
    """Return cases of which only the number is read, for journeys that are set aside because nothing else can be."""
    journeys = (await connection.execute(_BARE, {"ids": list(journey_ids)})).all()
    return {
        row.id: Case(
            journey_id=row.id,
            number=row.number,
            opened_on=row.opened_on,
            today=today,
            wants=frozenset(),
            facts=Facts(),
            catalog=catalog,
        )
        for row in journeys
    }


def _by(rows: Sequence[Row[Any]], key: str) -> defaultdict[UUID, list[Row[Any]]]:
    grouped: defaultdict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        grouped[getattr(row, key)].append(row)
    return grouped


def _facts(row: Row[Any], members: Sequence[Row[Any]]) -> Facts:
    household = [
        {
            "relation": member.relation,
            "birth_date": member.birth_date,
            "school_level": member.school_level,
            "lives_together": member.lives_together,
        }
        for member in members
    ]
    return Facts.model_validate({**row.facts, "birth_date": row.birth_date, "sex": row.sex, "household": household})


def _consent(row: Row[Any]) -> ConsentView:
    return ConsentView(
        purpose=row.purpose,
        recipient=row.recipient,
        items=frozenset(row.items),
        given_by=row.given_by,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        withdrawn=row.withdrawn_at is not None,
    )


def _referral(
    row: Row[Any], milestones: Sequence[Row[Any]], last: Row[Any] | None, letters: Sequence[Row[Any]]
) -> ReferralView:
    return ReferralView(
        id=row.id,
        number=row.number,
        program=row.program,
        agency=row.agency,
        desk=row.desk,
        state=row.state,
        outcome=row.outcome,
        outcome_at=row.outcome_at,
        reason=row.reason,
        application_date=row.application_date,
        created_at=row.created_at,
        heard_at=row.heard_at,
        reference=row.reference,
        waits_for=row.waits_for,
        rule=row.rule,
        basis=row.basis,
        basis_cite=row.basis_cite,
        items=tuple(row.items),
        milestones=tuple(MilestoneView(m.lane, m.code, m.occurred_at) for m in milestones),
        predecessor_id=row.predecessor_id,
        redirect_to=row.redirect_to,
        proposed_program=row.proposed_program,
        sequence=0 if last is None else last.sequence,
        last_hash="" if last is None else last.hash,
        letters=frozenset((letter.type, letter.about) for letter in letters),
        last_letter=max((letter.sequence for letter in letters), default=0),
    )


async def _load_of(connection: AsyncConnection, catalog: Catalog) -> dict[str, int]:
    """Return open referrals by agency, for agencies with a capacity (which also bounds what is counted)."""
    limited = [code for code, agency in catalog.agencies.items() if agency.capacity is not None]
    if not limited:
        return {}
    referral = table_of(Referral)
    counted = await connection.execute(
        select(referral.c.agency, func.count().label("opened"))
        .where(referral.c.agency.in_(limited), referral.c.state.not_in(sorted(CLOSED)))
        .group_by(referral.c.agency),
    )
    return {row.agency: row.opened for row in counted}
