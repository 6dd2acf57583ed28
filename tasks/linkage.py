"""The linkage report: reads a period's referrals and hires out of the tables, page by page, and counts them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from catalog import Catalog
from models.counting import SEOUL, end_of, start_of
from models.linkage import (
    Counted,
    agency_lines,
    days_by_leg,
    days_by_turn,
    hires_kept,
    suppress,
)
from models.turnbook import load_turns
from models.vocabulary import Alarm, Desk
from tasks.agenda import orphans
from tasks.hires import hires_in
from tasks.still_owed import overdue_in

#: Referrals read at a time.
PAGE: Final = 2000
#: Referrals that a report names one by one.
LISTED: Final = 10_000
#: What leaves the center shows no count below this one (`domain` practice; small-cell suppression).
SMALL: Final = 5

_REFERRALS: Final = text(f"""
    SELECT id, number, program, agency, desk, outcome, reason FROM referral
    WHERE created_at >= :begins AND created_at < :ends AND id > :after ORDER BY id LIMIT {PAGE}
""")  # noqa: S608 - the limit is a literal, so that the plan is a good one
_COUNTS: Final = text("""
    SELECT count(*) AS journeys, count(DISTINCT client_id) AS persons FROM journey
    WHERE opened_at >= :begins AND opened_at < :ends
""")
_STEPS: Final = text("""
    SELECT does, count(*) AS number FROM follow_up_step WHERE done_at >= :begins AND done_at < :ends
    GROUP BY does ORDER BY does
""")
#: The key of such a notice ends with the day of the agency's last word.
_SILENCES: Final = text("""
    SELECT about AS agency, right(key, 10) AS last_word, CAST(raised_at AT TIME ZONE 'Asia/Seoul' AS date) AS told_on,
           CAST(settled_at AT TIME ZONE 'Asia/Seoul' AS date) AS settled_on
    FROM notice WHERE code = :silent AND raised_at >= :begins AND raised_at < :ends ORDER BY raised_at, about
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkageReport:
    """A period's report, as plain values (`asdict` gives its JSON)."""

    first: date
    last: date
    #: Everything holds as of the end of this day.
    cut_off: date
    persons: int
    journeys: int
    referrals: int
    agencies: Sequence[dict[str, Any]]
    days_by_leg: dict[str, dict[str, Any]]
    days_by_turn: dict[str, dict[str, Any]]
    #: What the follow-ups did: reminders, supervisor's list, given up …
    follow_ups: dict[str, int]
    #: Deadlines that are late and not met at the cut-off, by the party that owes them.
    overdue: Sequence[dict[str, Any]]
    #: Agencies that fell silent: their last word before, when a person was told, and when that was settled.
    silences: Sequence[dict[str, Any]]
    hires: dict[str, int | float | None]
    #: Open referrals without a next date, and their numbers.
    orphans: int
    orphans_named: Sequence[str] = ()
    #: Each referral that was sent, the oldest first, with the days each party held it; as many as were asked for.
    by_referral: Sequence[dict[str, Any]] = ()

    def for_outside(self) -> "LinkageReport":
        """Return the report with counts below five hidden and no referral named, as it may leave the center."""
        hidden = {"agencies": suppress(self.agencies, SMALL), "overdue": suppress(self.overdue, SMALL)}
        return replace(self, **hidden, orphans_named=(), by_referral=())

    def also_orphaned(self, numbers: Iterable[str]) -> "LinkageReport":
        """Return the report with what another look found without a next date."""
        named = sorted({*self.orphans_named, *numbers})
        return replace(self, orphans=len(named), orphans_named=named)


async def report(
    engine: AsyncEngine, catalog: Catalog, first: date, last: date, now: datetime, *, listed: int = 0
) -> LinkageReport:
    """Count the referrals made from `first` to `last` (Asia/Seoul, both included), as of now.

    Args:
        engine: The database; read in one snapshot.
        catalog: Which words mean a hire.
        first: First day.
        last: Last day.
        now: Aware; a referral's time is counted up to here.
        listed: How many referrals to name one by one, at most.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    span = {"begins": start_of(first), "ends": end_of(last)}
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        counted = await _referrals(connection, span, now)
        people = (await connection.execute(_COUNTS, span)).one()
        steps = (await connection.execute(_STEPS, span)).all()
        silences = (await connection.execute(_SILENCES, {**span, "silent": Alarm.AGENCY_SILENT.value})).mappings().all()
        hires = await hires_in(connection, catalog, first, last, now)
        owed = await overdue_in(connection, catalog, span, now)
        lost_sight_of = await orphans(connection)
    cut_off = now.astimezone(SEOUL).date()
    return LinkageReport(
        first=first,
        last=last,
        cut_off=cut_off,
        persons=people.persons,
        journeys=people.journeys,
        referrals=len(counted),
        agencies=agency_lines(counted),
        days_by_leg={leg: asdict(took) for leg, took in days_by_leg(counted).items()},
        days_by_turn={party: asdict(took) for party, took in days_by_turn(counted).items()},
        follow_ups={row.does: row.number for row in steps},
        overdue=owed,
        silences=[{name: value and str(value) for name, value in row.items()} for row in silences],
        hires=hires_kept(hires, cut_off),
        orphans=len(lost_sight_of),
        orphans_named=lost_sight_of,
        by_referral=[each.row() for each in islice((each for each in counted if each.turns.was_asked), listed)],
    )


async def _referrals(connection: AsyncConnection, span: dict[str, datetime], now: datetime) -> list[Counted]:
    counted: list[Counted] = []
    after = UUID(int=0)
    while True:
        rows = (await connection.execute(_REFERRALS, {**span, "after": after})).all()
        turns = await load_turns(connection, [row.id for row in rows], now)
        counted += [
            Counted(
                number=row.number,
                program=row.program,
                agency=row.agency,
                desk=Desk(row.desk),
                reason=row.reason,
                outcome=row.outcome,
                turns=turns[row.id],
            )
            for row in rows
        ]
        if len(rows) < PAGE:
            return counted
        after = rows[-1].id
