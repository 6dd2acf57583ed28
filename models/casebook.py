"""The casebook: reads whole cases out of the tables, many at once, in one statement.

The cost of a load depends on the journeys asked for, never on how many are open.
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog import Catalog
from models.case import Case, ConsentView, MilestoneView, ReferralView
from models.documents import rows_of
from models.facts import Facts
from models.meanings import OutcomeView, ended_before
from models.referral import OPEN
from models.screening import screen
from models.vocabulary import Basis, Desk, LetterType, Need, ReferralState

#: How a referral ended and was taken up again: what `models.meanings.ended_before` reads, as JSON.
ENDS: Final = """(
                        SELECT json_agg(json_build_array(outcome, reason, occurred_at) ORDER BY sequence)
                        FROM transition WHERE transition.referral_id = referral.id
                          AND event IN ('completed', 'reopened')
                    )"""
#: Open referrals by agency, for agencies with a capacity: counted up to that and no further, so that the cost does not
#: grow with what is open.
_LOAD: Final = f"""(
               SELECT json_object_agg(limited.agencies, counted.opened)
               FROM {rows_of("limited", agencies="text", capacities="integer")}
               CROSS JOIN LATERAL (
                   SELECT count(*) AS opened FROM (
                       SELECT 1 FROM referral
                       WHERE referral.agency = limited.agencies AND {OPEN} LIMIT limited.capacities
                   ) AS bounded
               ) AS counted
               WHERE counted.opened > 0
           )"""  # noqa: S608 - the condition is our own constant
#: One row for each journey with everything that belongs to it as JSON, so that one statement reads a whole batch. Facts
#: and each referral are text: what reads as it did a moment ago is not taken apart again.
#: Numbers are given in the order in which a journey's referrals are made; keys of one millisecond have none.
_CASES: Final = text(f"""
    SELECT journey.id, journey.number, journey.client_id, journey.opened_on, journey.needs,
           CAST(journey.facts AS text) AS facts,
           journey.dormant_since, journey.dormant_reason, client.birth_date, client.sex,
           (SELECT CAST(json_agg(
                json_build_object(
                    'relation', relation, 'birth_date', birth_date, 'school_level', school_level,
                    'lives_together', lives_together
                ) ORDER BY member.id
            ) AS text) FROM household_member AS member WHERE member.client_id = journey.client_id) AS members,
           (SELECT json_agg(
                json_build_array(
                    purpose, recipient, CAST(items AS text), given_by, valid_from, valid_to, withdrawn_at IS NOT NULL
                ) ORDER BY consent.recorded_at, consent.id
            ) FROM consent WHERE consent.client_id = journey.client_id) AS consents,
           (SELECT json_agg(
                CAST(json_build_object(
                    'row', to_json(referral),
                    'milestones', (
                        SELECT json_agg(json_build_array(lane, code, occurred_at) ORDER BY milestone.id)
                        FROM milestone WHERE milestone.referral_id = referral.id
                    ),
                    'last', (
                        SELECT json_build_array(sequence, hash) FROM transition
                        WHERE transition.referral_id = referral.id ORDER BY sequence DESC LIMIT 1
                    ),
                    'ends', {ENDS},
                    'letters', (
                        SELECT json_agg(json_build_array(type, about, sequence)) FROM letter
                        WHERE letter.referral_id = referral.id
                    )
                ) AS text) ORDER BY referral.created_at, length(referral.number), referral.number
            ) FROM referral WHERE referral.journey_id = journey.id) AS referrals,
           -- The same client's other journeys, with what is open there.
           (SELECT json_agg(
                json_build_array(other.id, referral.program, referral.number) ORDER BY other.id, referral.number
            )
            FROM journey AS other LEFT JOIN referral ON referral.journey_id = other.id AND {OPEN}
            WHERE other.client_id = journey.client_id AND other.id <> journey.id AND other.merged_into IS NULL
           ) AS siblings,
           -- The same in each row, and worked out once.
           {_LOAD} AS load
    FROM {rows_of("asked", ids="uuid")}
    JOIN journey ON journey.id = asked.ids JOIN client ON client.id = journey.client_id
""")  # noqa: S608 - the condition is our own constant
_BARE: Final = text("SELECT id, number, opened_on FROM journey WHERE id = ANY(CAST(:ids AS uuid[]))")


async def load_cases(
    connection: AsyncConnection,
    journey_ids: Sequence[UUID],
    catalog: Catalog,
    today: date,
) -> dict[UUID, Case]:
    """Return the cases of these journeys by journey id, in the order asked for.

    Args:
        connection: In a transaction that holds the journeys' rows, where the case is to be worked.
        journey_ids: Journeys to load; unknown ones are left out.
        catalog: What is known.
        today: Asia/Seoul date on which the rules will be asked.

    Raises:
        pydantic.ValidationError: What a journey's row holds as facts cannot be read as such.
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    if not journey_ids:
        return {}
    limited = {code: agency.capacity for code, agency in catalog.agencies.items() if agency.capacity is not None}
    parameters = {"ids": list(journey_ids), "agencies": list(limited), "capacities": list(limited.values())}
    found = {row.id: row for row in await connection.execute(_CASES, parameters)}
    return {key: _case(found[key], catalog, today) for key in journey_ids if key in found}


def _case(row: Row[Any], catalog: Catalog, today: date) -> Case:
    siblings = [(UUID(other), program, number) for other, program, number in row.siblings or ()]
    return Case(
        journey_id=row.id,
        client_id=row.client_id,
        number=row.number,
        opened_on=row.opened_on,
        today=today,
        wants=frozenset(Need(need) for need in row.needs),
        facts=_facts(row.facts, row.members, row.birth_date, row.sex),
        catalog=catalog,
        consents=tuple(_consent(*consent) for consent in row.consents or ()),
        referrals=tuple(_referral(referral) for referral in row.referrals or ()),
        dormant_since=row.dormant_since,
        dormant_reason=row.dormant_reason,
        siblings=frozenset(other for other, _, _ in siblings),
        elsewhere={program: number for _, program, number in siblings if program is not None},
        load=row.load or {},
    )


def let_go() -> None:
    """Keep nothing in memory of what was read: a desk's shift is over, or a client was forgotten."""
    _facts.cache_clear()
    _referral.cache_clear()
    screen.cache_clear()


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


@lru_cache(maxsize=512)
def _facts(facts: str, members: str | None, birth_date: date | None, sex: str | None) -> Facts:
    """Return the facts of a client; her desks read the same ones within moments. `let_go` lets them go."""
    household: list[dict[str, Any]] = orjson.loads(members) if members else []
    return Facts.model_validate({**orjson.loads(facts), "birth_date": birth_date, "sex": sex, "household": household})


@lru_cache(maxsize=4096)
def _consent(
    purpose: str,
    recipient: str | None,
    items: str,
    given_by: str,
    valid_from: str,
    valid_to: str,
    withdrawn: bool,  # noqa: FBT001 - as `_CASES` reads them
) -> ConsentView:
    """Return a consent; those of one interview are read again with each batch, and most are worded alike."""
    return ConsentView(
        purpose=purpose,
        recipient=recipient,
        items=frozenset(orjson.loads(items)),
        given_by=given_by,
        valid_from=date.fromisoformat(valid_from),
        valid_to=date.fromisoformat(valid_to),
        withdrawn=withdrawn,
    )


@lru_cache(maxsize=4096)
def _referral(written: str) -> ReferralView:
    """Return a referral; most of a journey's stand as they did when it was read before."""
    read: dict[str, Any] = orjson.loads(written)
    row, letters = read["row"], read["letters"] or ()
    sequence, last_hash = read["last"] or (0, "")
    earlier, taken_up_at = ended(read["ends"])
    return ReferralView(
        id=UUID(row["id"]),
        number=row["number"],
        program=row["program"],
        agency=row["agency"],
        desk=Desk(row["desk"]),
        state=ReferralState(row["state"]),
        outcome=row["outcome"],
        outcome_at=_moment(row["outcome_at"]),
        reason=row["reason"],
        application_date=date.fromisoformat(row["application_date"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        heard_at=_moment(row["heard_at"]),
        reference=row["reference"],
        waits_for=row["waits_for"],
        rule=row["rule"],
        basis=None if row["basis"] is None else Basis(row["basis"]),
        basis_cite=row["basis_cite"],
        items=tuple(row["items"]),
        milestones=tuple(
            MilestoneView(lane, code, datetime.fromisoformat(at)) for lane, code, at in read["milestones"] or ()
        ),
        predecessor_id=None if row["predecessor_id"] is None else UUID(row["predecessor_id"]),
        redirect_to=row["redirect_to"],
        proposed_program=row["proposed_program"],
        earlier=earlier,
        taken_up_at=taken_up_at,
        sequence=sequence,
        last_hash=last_hash,
        letters=frozenset((LetterType(kind), about) for kind, about, _ in letters),
        last_letter=max((nth for _, _, nth in letters), default=0),
    )


def ended(
    written: Sequence[tuple[str | None, str | None, str]] | None,
) -> tuple[tuple[OutcomeView, ...], datetime | None]:
    """Return how a referral ended before it was taken up again, and when that was last, from what `ENDS` has read."""
    return ended_before((outcome, reason, datetime.fromisoformat(at)) for outcome, reason, at in written or ())


def _moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)
