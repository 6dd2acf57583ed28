"""Reading journeys for the staff's API: a fixed number of statements a page, names left where they are."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from catalog import Catalog
from models.casebook import ENDS
from models.counting import day_of
from models.roads import CLOSED, TURN
from models.vocabulary import CONTACT, ReferralState
from tasks.evidence import evidence_of
from web.evidence_showing import view_of
from web.journey_time import read_time
from web.views import (
    JourneyLine,
    JourneysView,
    JourneyView,
    MilestoneView,
    NoticeView,
    ReferralView,
    SetAsideView,
)
from web.waiting import label_of

#: Journeys a page may hold.
MOST_LINES: Final = 100

_JOURNEY: Final = text(
    "SELECT j.id, j.client_id, j.number, j.opened_on, j.needs, j.facts, j.dormant_since, j.dormant_reason,"
    " (SELECT 1 + count(*) FROM household_member m WHERE m.client_id = j.client_id AND m.lives_together) AS household,"
    " (SELECT json_agg(json_build_object('relation', m.relation, 'birth_date', m.birth_date, 'school_level',"
    " m.school_level, 'lives_together', m.lives_together)) FROM household_member m"
    " WHERE m.client_id = j.client_id) AS members,"
    " (SELECT count(*) FROM inbox_event e WHERE e.journey_id = j.id AND e.fate = 'waiting') AS waiting,"
    " ARRAY(SELECT m.number FROM journey m WHERE m.merged_into = j.id ORDER BY m.id) AS merged"
    " FROM journey named JOIN journey j ON j.id = COALESCE(named.merged_into, named.id) WHERE named.number = :number"
)
_REFERRALS: Final = text(
    f"SELECT referral.*, {ENDS} AS ends,"  # noqa: S608 - the part is our own constant
    " (SELECT count(*) FROM transition t WHERE t.referral_id = referral.id) AS transitions,"
    " (SELECT b.number FROM referral b WHERE b.id = referral.predecessor_id) AS predecessor,"
    " (SELECT a.number FROM referral a WHERE a.journey_id = referral.journey_id AND a.predecessor_id = referral.id"
    " ORDER BY a.created_at DESC, length(a.number) DESC, a.number DESC LIMIT 1) AS successor,"
    " EXISTS (SELECT FROM letter l WHERE l.referral_id = referral.id AND l.type = 'referral.requested'"
    " AND l.body ->> 'urgency' = 'urgent') AS urgent"
    # Numbers are given in the order in which a journey's referrals are made; keys of one millisecond have none.
    " FROM referral WHERE referral.journey_id = :journey"
    " ORDER BY referral.created_at, length(referral.number), referral.number"
)
_MILESTONES: Final = text(
    "SELECT m.referral_id, m.lane, m.code, m.occurred_at FROM milestone m"
    " JOIN referral r ON r.id = m.referral_id WHERE r.journey_id = :journey ORDER BY m.occurred_at, m.id"
)
_NOTICES: Final = text(
    "SELECT id, code, desk, about, detail, raised_at FROM notice"
    " WHERE journey_id = :journey AND settled_at IS NULL ORDER BY raised_at, id"
)
_SET_ASIDE: Final = text(
    "SELECT desk, reason, detail, event_id, since FROM set_aside WHERE journey_id = :journey ORDER BY since, desk"
)
_CLOSED: Final = ", ".join(f"'{state}'" for state in sorted(CLOSED))
_PAGE: Final = text(
    "SELECT j.id, j.number, j.opened_on, j.needs, j.dormant_since,"  # noqa: S608 - the states are our own constants
    " (SELECT count(*) FROM referral r WHERE r.journey_id = j.id AND r.state NOT IN"
    f" ({_CLOSED})) AS open_referrals,"
    " (SELECT count(*) FROM notice n WHERE n.journey_id = j.id AND n.settled_at IS NULL) AS notices,"
    " (SELECT count(*) FROM set_aside s WHERE s.journey_id = j.id) AS set_aside"
    " FROM journey j WHERE j.id < :before AND j.merged_into IS NULL ORDER BY j.id DESC LIMIT :lines"
)
#: Comes after every key there is.
_LAST_KEY: Final = UUID(int=(1 << 128) - 1)


async def read_journey(engine: AsyncEngine, number: str, catalog: Catalog, now: datetime) -> JourneyView | None:
    """Return a journey, or the one it ended in, as it stands now (aware), or None. One snapshot for all of it."""
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        journey = (await connection.execute(_JOURNEY, {"number": number})).mappings().first()
        if journey is None:
            return None
        milestones: dict[UUID, dict[str, list[MilestoneView]]] = defaultdict(lambda: defaultdict(list))
        told = await _rows(connection, _MILESTONES, journey["id"])
        for row in told:
            step = MilestoneView(code=row["code"], occurred_at=row["occurred_at"])
            milestones[row["referral_id"]][row["lane"]].append(step)
        referrals = await _rows(connection, _REFERRALS, journey["id"])
        known: dict[str, Any] = {**journey, "facts": {**journey["facts"], "household": journey["members"] or []}}
        times = await read_time(connection, known, referrals, told, catalog, now)
        return JourneyView(
            number=journey["number"],
            opened_on=journey["opened_on"],
            needs=journey["needs"],
            merged=journey["merged"],
            household_size=journey["household"],
            dormant_since=journey["dormant_since"],
            dormant_reason=journey["dormant_reason"],
            waiting_events=journey["waiting"],
            referrals=[
                ReferralView.model_validate(
                    {
                        **row,
                        "whose_turn": TURN[ReferralState(row["state"])],
                        "milestones": dict(milestones[row["id"]]),
                        **_contact(milestones[row["id"]]),
                        **times[row["id"]],
                    }
                )
                for row in referrals
            ],
            evidence=[view_of(each, catalog, day_of(now)) for each in await evidence_of(connection, journey["id"])],
            notices=[
                NoticeView.model_validate({**row, "label": label_of(row["code"], catalog)})
                for row in await _rows(connection, _NOTICES, journey["id"])
            ],
            set_aside=[SetAsideView.model_validate(row) for row in await _rows(connection, _SET_ASIDE, journey["id"])],
        )


def _contact(milestones: Mapping[str, Sequence[MilestoneView]]) -> dict[str, int]:
    """Count appointments missed and attempts to reach the client, apart from every refusal."""
    told = Counter(milestone.code for milestone in milestones.get(CONTACT, ()))
    return {"appointments_missed": told["appointment_missed"], "contact_attempts": told["contact_attempted"]}


async def read_page(engine: AsyncEngine, before: UUID | None, lines: int) -> JourneysView:
    """Return a page of journeys, the newest first; its keys are born in order, so the page costs its lines only.

    Args:
        engine: The database.
        before: Key of the last line of the page before.
        lines: At most `MOST_LINES`.
    """
    async with engine.connect() as connection:
        found = await connection.execute(_PAGE, {"before": before or _LAST_KEY, "lines": min(lines, MOST_LINES) + 1})
        rows = [dict(row) for row in found.mappings()]
    page = rows[:lines]
    following = f"/api/journeys?cursor={page[-1]['id']}&limit={lines}" if len(rows) > lines else None
    return JourneysView(journeys=[JourneyLine.model_validate(row) for row in page], next=following)


async def _rows(connection: AsyncConnection, statement: TextClause, journey: UUID) -> list[dict[str, Any]]:
    return [dict(row) for row in (await connection.execute(statement, {"journey": journey})).mappings()]
