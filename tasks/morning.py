"""The morning's list: what needs a person today, desk by desk, and what is the supervisor's; numbers and codes only.

Only what is open is read, through the indexes of what is open; at most so many lines of each kind, and all are counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog import Catalog
from models.counting import day_of, end_of, start_of
from models.vocabulary import Desk, FollowUp
from tasks.morning_list import AsideLine, DeskList, Digest, LetterLine, NoticeLine, ParkedLine, Title

#: Lines of each kind that a desk's list, or the supervisor's, shows.
MOST: Final = 50
#: How long a step of a follow-up is taken for a sign that something is overdue.
LOOKS_BACK: Final = timedelta(days=60)


def _first(select: str, since: str) -> TextClause:
    """Return a statement of the oldest rows of each desk, each row with the count of all its desk has (`total`)."""
    return text(f"""
        SELECT * FROM (
            SELECT found.*, row_number() OVER (PARTITION BY desk ORDER BY {since}, nth_key) AS nth,
                   count(*) OVER (PARTITION BY desk) AS total,
                   count(*) FILTER (WHERE {since} >= :midnight) OVER (PARTITION BY desk) AS today
            FROM ({select}) AS found
        ) AS numbered WHERE nth <= :most ORDER BY {since}, nth_key
    """)  # noqa: S608 - both are our own words, below


_OPEN_NOTICES: Final = """
    SELECT n.desk, n.code, n.about, n.raised_at, n.id AS nth_key, j.number AS journey
    FROM notice AS n LEFT JOIN journey AS j ON j.id = n.journey_id
    WHERE n.settled_at IS NULL AND n.desk = ANY(:desks)
"""
NOTICES: Final = _first(f"{_OPEN_NOTICES} AND n.code <> ALL(:supervisors)", "raised_at")
SUPERVISOR: Final = _first(f"{_OPEN_NOTICES} AND n.code = ANY(:supervisors)", "raised_at")
LETTERS: Final = _first(
    "SELECT desk, referral_number AS referral, agency, type, last_problem, created_at, id AS nth_key FROM letter"
    " WHERE state = 'with_person' AND desk = ANY(:desks)",
    "created_at",
)
PARKED: Final = _first(
    "SELECT desk, id, source, fate_reason AS reason, received_at, id AS nth_key FROM inbox_event"
    " WHERE fate = 'parked' AND (desk = ANY(:desks) OR (:whole AND desk IS NULL))",
    "received_at",
)
SET_ASIDE: Final = _first(
    "SELECT s.desk, j.number AS journey, s.reason, s.event_id, s.since, j.number AS nth_key"
    " FROM set_aside AS s JOIN journey AS j ON j.id = s.journey_id WHERE s.desk = ANY(:desks)",
    "since",
)
#: Deadlines a follow-up has done something about, whose referral is open and has not been heard of since.
DEADLINES: Final = text("""
    SELECT r.desk,
           count(DISTINCT (s.referral_id, s.deadline)) FILTER (WHERE s.due_at < :midnight) AS overdue,
           count(DISTINCT (s.referral_id, s.deadline))
               FILTER (WHERE s.due_at >= :midnight AND s.due_at <= :day_ends) AS due_today
    FROM follow_up_step AS s JOIN referral AS r ON r.id = s.referral_id
    WHERE s.done_at >= :since AND r.desk = ANY(:desks) AND (r.heard_at IS NULL OR r.heard_at < s.done_at)
      AND r.state NOT IN ('completed', 'declined', 'redirected', 'cancelled', 'expired', 'failed', 'entered_in_error')
    GROUP BY r.desk
""")
AGENDA: Final = text("""
    SELECT follow_up, count(*) AS journeys FROM agenda
    WHERE follow_up = ANY(:follow_ups) AND look_at <= :day_ends GROUP BY follow_up ORDER BY follow_up
""")


async def read_digest(connection: AsyncConnection, catalog: Catalog, now: datetime, desk: Desk | None = None) -> Digest:
    """Return what needs a person today.

    Args:
        connection: To the house's database; what is read is one snapshot where it is in a repeatable-read transaction.
        catalog: For the titles.
        now: Aware.
        desk: Only this one's list; None for all.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    today = day_of(now)
    desks = [each.value for each in ([desk] if desk else Desk)]
    known: dict[str, Any] = {
        "desks": desks,
        "supervisors": sorted(code for code, title in catalog.notices.items() if title.supervisor),
        "midnight": start_of(today),
        "day_ends": end_of(today),
        "since": now - LOOKS_BACK,
        "most": MOST,
        "whole": desk is None,
        "follow_ups": [FollowUp.OVERDUE.value, FollowUp.RETENTION.value, FollowUp.REVIEWS.value],
    }

    async def rows(statement: TextClause) -> dict[str | None, list[Any]]:
        found: dict[str | None, list[Any]] = {}
        for row in await connection.execute(statement, known):
            found.setdefault(row.desk, []).append(row)
        return found

    reading = _Reading(
        catalog,
        today,
        aside=await rows(SET_ASIDE),
        letters=await rows(LETTERS),
        parked=await rows(PARKED),
        deadlines=await rows(DEADLINES),
        notices=await rows(NOTICES),
    )
    supervisor = [row for of_desk in (await rows(SUPERVISOR)).values() for row in of_desk]
    counted = {row.desk: row.total for row in supervisor}
    agenda: Sequence[Any] = (await connection.execute(AGENDA, known)).all()
    return Digest(
        day=today,
        desks=[reading.desk(each) for each in desks],
        supervisor=[reading.notice(row) for row in sorted(supervisor, key=lambda row: row.raised_at)][:MOST],
        supervisor_count=sum(counted.values()),
        parked_without_desk=[_parked(row, today) for row in reading.parked.get(None, ())],
        journeys_on_the_agenda={row.follow_up: row.journeys for row in agenda},
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """Rows by desk, read on one day, and what is made of them."""

    catalog: Catalog
    today: date
    _: KW_ONLY
    aside: Mapping[str | None, list[Any]]
    letters: Mapping[str | None, list[Any]]
    parked: Mapping[str | None, list[Any]]
    deadlines: Mapping[str | None, list[Any]]
    notices: Mapping[str | None, list[Any]]

    def desk(self, desk: str) -> DeskList:
        kinds = {"set_aside": self.aside, "letters": self.letters, "parked": self.parked, "notices": self.notices}
        counts = {kind: rows[desk][0].total if desk in rows else 0 for kind, rows in kinds.items()}
        title, today = self.catalog.desks[desk], self.today
        return DeskList(
            desk=desk,
            title=Title(ko=title.ko, en=title.en),
            overdue=sum(row.overdue for row in self.deadlines.get(desk, ())),
            due_today=sum(row.due_today for row in self.deadlines.get(desk, ())),
            set_aside=[
                AsideLine(journey=row.journey, reason=row.reason, event=row.event_id, days=_days(row.since, today))
                for row in self.aside.get(desk, ())
            ],
            letters=[
                LetterLine(
                    referral=row.referral,
                    agency=row.agency,
                    type=row.type,
                    problem=row.last_problem,
                    days=_days(row.created_at, today),
                )
                for row in self.letters.get(desk, ())
            ],
            parked=[_parked(row, today) for row in self.parked.get(desk, ())],
            notices=[self.notice(row) for row in self.notices.get(desk, ())],
            counts={**counts, "notices_today": self.notices[desk][0].today if desk in self.notices else 0},
        )

    def notice(self, row: Any) -> NoticeLine:  # noqa: ANN401 - a row
        known = self.catalog.notices.get(row.code)
        # A code without a title is shown as it is: better a code than nothing.
        title = Title(ko=row.code, en=row.code) if known is None else Title(ko=known.ko, en=known.en)
        return NoticeLine(
            id=row.nth_key,
            code=row.code,
            title=title,
            desk=row.desk,
            about=row.about,
            journey=row.journey,
            days=_days(row.raised_at, self.today),
        )


def _parked(row: Any, today: date) -> ParkedLine:  # noqa: ANN401 - a row
    return ParkedLine(id=row.id, source=row.source, reason=row.reason, days=_days(row.received_at, today))


def _days(since: datetime, today: date) -> int:
    return max(0, (today - day_of(since)).days)
