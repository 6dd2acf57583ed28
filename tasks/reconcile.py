"""Reconcile: agencies that can be asked are asked for news that never arrived, and it is told who has fallen silent.

A nightly run asks about the referrals that were unheard the longest, so many to each agency and no more; the next
night goes on with the rest. Who decides what was sent to another agency is asked about that, too. An agency that
fails is left for the night, and the others do not notice.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from agencies.errors import BadEntry, NotDelivered, TellAPerson, WireRefused
from agencies.event import IncomingEvent
from agencies.keys import Key
from agencies.sender import Endpoint
from agencies.telling import read_telling
from catalog import Deciding
from models.keys import uuid7
from models.vocabulary import ReferralState
from tasks.asking import Unheard, put_told, take_undecided, take_unheard
from tasks.follow_report import FollowReport
from tasks.health import endpoints, look_at_lines
from tasks.mending import take_up_forgotten
from tasks.noted import Noted, open_notices, raise_notices, settle_notices
from tasks.silence import watch_silence
from tasks.toolbox import Toolbox

#: Referrals one agency is asked about in a night, and how many are taken at a time.
MOST: Final = 2_000
PAGE: Final = 20
#: After so many answers that cannot be used an agency is left for the night.
MOST_UNUSABLE: Final = 3
#: No page is begun later than this after the run began.
RUN_SECONDS: Final = 1_800.0

CANNOT_BE_ASKED: Final = "agency_cannot_be_asked"
UNUSABLE: Final = "answer_unusable"
KNOWS_NOTHING: Final = "agency_knows_nothing"
FETCHED: Final = "events_fetched"

_NOT_FOUND, _OK = 404, 200
#: What is wrong with one answer, and says nothing of the others.
_OF_ONE_ANSWER: Final = frozenset({"answer-compressed", "answer-too-large"})
_STILL_OPEN: Final = text("""
    SELECT number FROM referral WHERE number = ANY(:numbers)
      AND state NOT IN ('completed', 'declined', 'redirected', 'cancelled', 'expired', 'failed', 'entered_in_error')
""")


@dataclass(frozen=True, slots=True)
class _Line:
    """An agency that can be asked: where, and by which keys both sides are known."""

    endpoint: Endpoint
    outbound: Sequence[Key]
    inbound: Sequence[Key]


@dataclass(slots=True)
class _Night:
    """What one agency's night came to."""

    agency: str
    asked: int = 0
    usable: int = 0
    fetched: int = 0
    #: Referrals whose answer could not be used, with the code of why.
    unusable: dict[str, str] = field(default_factory=dict[str, str])
    #: Referrals it should know and does not, and those it knows.
    unknown: list[Unheard] = field(default_factory=list[Unheard])
    known: list[Unheard] = field(default_factory=list[Unheard])
    #: Why it was left for the night.
    left: str | None = None


async def reconcile(tools: Toolbox, now: datetime) -> FollowReport:
    """Ask for news that never arrived, and notice who has fallen silent.

    Args:
        tools: The toolbox in use.
        now: Aware.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    report = FollowReport()
    async with tools.engine.begin() as connection:
        for _ in range(await take_up_forgotten(connection)):
            report.tell("events_taken_up")
    lines, shut = await _open_lines(tools, now)
    for agency in shut:
        report.tell("agencies_not_asked", agency=agency, why="its line is shut")
    ends_at = asyncio.get_running_loop().time() + RUN_SECONDS
    # A page that is being taken passes over rows that are held: another run's, and not those of its addressee here.
    taking = asyncio.Lock()
    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(_ask_agency(tools, line, now, ends_at, taking)) for line in lines]
    nights = [task.result() for task in asking]
    async with tools.engine.begin() as connection:
        for night in nights:
            await _tell(connection, night, report, now)
        await _settle_closed(connection, now)
        silent = await watch_silence(connection, tools, now)
    for agency, silence in sorted(silent.items()):
        report.tell("agencies_silent", agency=agency, since=silence.since.isoformat())
    return report


async def _open_lines(tools: Toolbox, now: datetime) -> tuple[list[_Line], list[str]]:
    """Return whom to ask now, and those whose line is shut: a letter will try it first."""
    lines: list[_Line] = []
    shut: list[str] = []
    async with tools.engine.connect() as connection:
        urls = await endpoints(connection)
        unwell = await look_at_lines(connection, now)
        for code, agency in sorted(tools.catalog.agencies.items()):
            url = urls.get(code)
            if not agency.answers_questions or url is None:
                continue
            if code in unwell.closed | unwell.probing:
                shut.append(code)
                continue
            try:
                outbound = await tools.keyring.keys(connection, code, "outbound", now)
                inbound = await tools.keyring.keys(connection, code, "inbound", now)
            except BadEntry:
                outbound = inbound = []
            lines.append(_Line(Endpoint(code, url, tuple(agency.private_ranges)), outbound, inbound))
    return lines, shut


async def _ask_agency(tools: Toolbox, line: _Line, now: datetime, ends_at: float, taking: asyncio.Lock) -> _Night:
    """Ask one agency page by page, first what was sent to it, until it is done, fails, or the night is over."""
    agency = line.endpoint.agency
    night = _Night(agency)
    loop = asyncio.get_running_loop()
    to_take: list[Deciding | None] = [None, *tools.catalog.decided_by(agency)]
    taken = 0
    while to_take and night.left is None and taken < MOST and loop.time() < ends_at:
        async with taking, tools.engine.begin() as connection:
            page, looked_at = await _take(connection, agency, to_take[0], now, min(PAGE, MOST - taken))
        taken += looked_at
        if not looked_at:
            to_take.pop(0)
            continue
        async with asyncio.TaskGroup() as group:
            # The safe sender lets no more than four of them out at once.
            asking = [group.create_task(_ask_about(tools, line, night, each)) for each in page]
        async with tools.engine.begin() as connection:
            for about, task in zip(page, asking, strict=True):
                night.fetched += await put_told(connection, about, agency, task.result(), now)
    return night


async def _take(
    connection: AsyncConnection, agency: str, deciding: Deciding | None, now: datetime, most: int
) -> tuple[list[Unheard], int]:
    """Take a page of what was sent to an agency, or of what it decides; return it, and how many were looked at."""
    if deciding is not None:
        return await take_undecided(connection, deciding, now, most)
    page = await take_unheard(connection, agency, now, most)
    return page, len(page)


async def _ask_about(tools: Toolbox, line: _Line, night: _Night, about: Unheard) -> list[IncomingEvent]:
    """Return what the agency told of a referral: nothing where it could not be asked, or told nothing to be used."""
    if night.left is not None:
        return []
    night.asked += 1
    try:
        told = await _told(tools, line, about)
    except NotDelivered as failed:
        if failed.why in _OF_ONE_ANSWER:
            _spoiled(night, about, failed.why)
        else:
            night.left = failed.why
        return []
    except WireRefused as refused:
        _spoiled(night, about, refused.problem_code)
        return []
    night.usable += 1
    if told is not None:
        night.known.append(about)
    elif about.addressed and about.state is not ReferralState.REQUESTED:
        night.unknown.append(about)
    return told or []


def _spoiled(night: _Night, about: Unheard, why: str) -> None:
    night.unusable[about.number] = why
    if len(night.unusable) >= MOST_UNUSABLE:
        night.left = why


async def _told(tools: Toolbox, line: _Line, about: Unheard) -> list[IncomingEvent] | None:
    """Return what an agency says of a referral; None where it knows nothing of it.

    Raises:
        NotDelivered: There is no answer.
        WireRefused: It cannot be used.
    """
    question = f"ask:{uuid7(tools.clock())}"
    url = f"{line.endpoint.url.rstrip('/')}/{about.number}"
    answer = await tools.senders.ask(line.endpoint, url, question, line.outbound)
    if answer.status == _NOT_FOUND:
        return None
    if answer.status != _OK:
        raise TellAPerson(f"status-{answer.status}", answer.status)
    return read_telling(
        answer,
        agency=line.endpoint.agency,
        number=about.number,
        question=question,
        keys=line.inbound,
        now=tools.clock(),
    )


async def _tell(connection: AsyncConnection, night: _Night, report: FollowReport, now: datetime) -> None:
    """Count a night, raise what a person must know of it, and settle what is mended."""
    report.counts["asked"] += night.asked
    report.counts["events_fetched"] += night.fetched
    if night.fetched:
        report.tell("agencies_with_news", agency=night.agency, events=str(night.fetched))
    for number, why in sorted(night.unusable.items()):
        report.tell("answers_unusable", agency=night.agency, referral=number, why=why)
    for about in night.unknown:
        report.tell("unknown_to_agency", agency=night.agency, referral=about.number)
    if night.left is not None:
        report.tell("agencies_left", agency=night.agency, why=night.left)
    await raise_notices(connection, _noted(night), now)
    mended = [f"{KNOWS_NOTHING}:{about.number}:{night.agency}" for about in night.known]
    if night.usable and night.left is None:
        mended.append(f"{CANNOT_BE_ASKED}:{night.agency}:")
    if night.usable and not night.unusable:
        mended.append(f"{UNUSABLE}:{night.agency}:")
    if night.usable and not night.fetched:
        mended.append(f"{FETCHED}:{night.agency}:")
    await settle_notices(connection, mended, now)


def _noted(night: _Night) -> Iterable[Noted]:
    if night.left is not None and not night.unusable:
        yield Noted(code=CANNOT_BE_ASKED, about=night.agency, which="", detail=night.left)
    if night.unusable:
        number, why = min(night.unusable.items())
        yield Noted(
            code=UNUSABLE, about=night.agency, which="", detail=f"{why}: {number}, {len(night.unusable)} in all"
        )
    if night.fetched:
        yield Noted(code=FETCHED, about=night.agency, which="", detail=f"events: {night.fetched}")
    for about in night.unknown:
        yield Noted(
            code=KNOWS_NOTHING,
            about=about.number,
            which=night.agency,
            detail=night.agency,
            desk=about.desk,
            journey_id=about.journey_id,
        )


async def _settle_closed(connection: AsyncConnection, now: datetime) -> None:
    """Settle what was said of referrals that have closed since."""
    told = await open_notices(connection, [KNOWS_NOTHING])
    if not told:
        return
    numbers = sorted({notice.about for notice in told})
    still: set[Any] = set((await connection.execute(_STILL_OPEN, {"numbers": numbers})).scalars())
    await settle_notices(connection, [notice.key for notice in told if notice.about not in still], now)
