"""Two days of an agency's outage, on virtual time: what waited arrives soon after its return, and nobody else waits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
import pytest_asyncio

from agencies.breaker import LONGEST_PAUSE
from agencies.keys import Key
from agencies.schedule import TELL_AFTER
from agencies.sender import Limits, Senders
from flows.hall import Hall
from models.vocabulary import Need
from tasks.health import move_endpoint
from tasks.outbox import PER_AGENCY
from tasks.toolbox import use
from tests.contract.sender.hostile import PretendAgency, Visit, serving
from tests.integration.ground import Ground

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

#: Every client is referred to it first, and to another beside.
AWAY: Final = "seoul-west-employment-center"
CLIENTS: Final = 40
OUTAGE, BACK_WITHIN, STEP = timedelta(days=2), timedelta(minutes=30), timedelta(minutes=12)
PLACES: Final = 4
#: Letters of which a person should have been told by now.
_UNTOLD: Final = """
    SELECT 1 FROM letter WHERE state = 'waiting' AND person_told_at IS NULL
      AND COALESCE(first_try_at, next_attempt_at) <= :before
"""


@dataclass
class Town:
    """A ground whose agencies take letters on loopback, one of them only when it is there, and a hall at work."""

    ground: Ground
    hall: Hall
    agencies: dict[str, PretendAgency]
    #: What the one answers as long as it is not there; None when it is.
    away: list[str | None]
    #: Ids of the letters it took, in their order.
    taken: list[str] = field(default_factory=list[str])

    async def goes_to(self, moment: datetime) -> None:
        """Move the clock, and wait until nothing is left to be done at that moment."""
        self.ground.now = moment
        self.hall.ring()
        await self.hall.quiet()
        # That a person is told nobody else waits for. Of a letter that is just being tried it is at the next moment.
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                while await self.ground.rows(_UNTOLD, before=self.ground.tools.clock() - TELL_AFTER):  # noqa: ASYNC110 - the rows tell
                    await asyncio.sleep(0.01)

    async def passes(self, whole: timedelta, step: timedelta) -> None:
        """Let time go by."""
        until = self.ground.now + whole
        while self.ground.now < until:
            await self.goes_to(self.ground.now + step)

    async def letters(self, which: str, **parameters: object) -> list[tuple[Any, ...]]:
        """Return id, tries, writing, first try and settling of letters, in the order in which they were written."""
        columns = "CAST(id AS text), attempts, created_at, first_try_at, settled_at"
        return await self.ground.rows(f"SELECT {columns} FROM letter WHERE {which} ORDER BY id", **parameters)  # noqa: S608 - the test's own words


@pytest_asyncio.fixture
async def town(ground: Ground) -> AsyncIterator[Town]:
    """Give a town whose desks work by the ground's clock, which stands until it is moved."""
    away: list[str | None] = ["503 Service Unavailable\r\n"]
    taken: list[str] = []

    async def take(visit: Visit) -> None:
        # Long enough for others to come meanwhile.
        await asyncio.sleep(0.01)
        await visit.answer("202 Accepted")

    async def take_when_there(visit: Visit) -> None:
        if (refusal := away[-1]) is not None:
            status, _, headers = refusal.partition("\r\n")
            await visit.answer(status, headers=headers)
            return
        taken.append(visit.headers["webhook-id"])
        await take(visit)

    async with AsyncExitStack() as stack:
        agencies: dict[str, PretendAgency] = {}
        now = ground.tools.clock()
        for code in sorted(
            code for code, known in ground.tools.catalog.agencies.items() if known.protocol == "webhook"
        ):
            agencies[code] = PretendAgency(take_when_there if code == AWAY else take)
            await stack.enter_async_context(serving(agencies[code]))
            url = agencies[code].endpoint.url
            await ground.change(
                "INSERT INTO agency (code, url, added_at) VALUES (:c, :url, :now)", c=code, url=url, now=now
            )
            async with ground.engine.begin() as connection:
                await ground.tools.keyring.add(connection, code, "outbound", Key.mint().written(), now)
        # The seconds between the tries of one exchange are the sender's own, and real.
        once = Senders(center="seoul-west", clock=ground.tools.clock, limits=Limits(tries=1, at_once=PLACES))
        tools = replace(ground.tools, senders=await stack.enter_async_context(once))
        use(tools)
        stack.callback(use, None)
        hall = await stack.enter_async_context(Hall(tools, with_prefect=False))
        yield Town(ground, hall, agencies, away, taken)


async def test_two_days_of_an_outage_are_made_up_for_within_half_an_hour(town: Town) -> None:
    ground = town.ground
    for _ in range(CLIENTS):
        await ground.walks_in(Need.JOB, Need.LIVING)
        await town.passes(OUTAGE / CLIENTS, STEP)
    waited = [letter for letter, *_ in await town.letters("agency = :away AND state = 'waiting'", away=AWAY)]
    tries = len(town.agencies[AWAY].visits)

    town.away.append(None)
    back = ground.tools.clock()
    await town.passes(BACK_WITHIN, timedelta(minutes=1))

    # While it was away its breaker let out about one try in ten minutes.
    assert CLIENTS == len(waited)
    assert CLIENTS < tries <= OUTAGE / LONGEST_PAUSE + PER_AGENCY
    # All is delivered, once; the oldest first, but for the one that found out, as far as four places allow.
    late = await town.letters("agency = :away", away=AWAY)
    assert sorted(waited) == sorted(town.taken)
    assert all(back <= settled <= back + BACK_WITHIN for *_, settled in late)
    found_out, *after = town.taken
    order = [letter for letter in waited if letter != found_out]
    assert [] == [letter for nth, letter in enumerate(after) if abs(nth - order.index(letter)) >= PLACES]
    assert PLACES == town.agencies[AWAY].most
    # Nobody else waited: each letter arrived at its first try, in the minute in which it was written.
    others = await town.letters("agency <> :away", away=AWAY)
    assert CLIENTS == len(others)
    assert {(1, timedelta())} == {(tried, settled - written) for _, tried, written, _, settled in others}
    # A person was told of each at four hours; it is settled.
    told = await ground.rows(
        "SELECT raised_at - first_try_at, notice.settled_at IS NOT NULL FROM letter"
        " JOIN notice ON notice.key = 'letter_undelivered:' || letter.id WHERE notice.code = 'letter_undelivered'"
    )
    assert sum(back - tried >= TELL_AFTER for _, _, _, tried, _ in late) == len(told) > CLIENTS * 0.8
    latest = TELL_AFTER + 2 * STEP
    assert [] == [each for each in told if not (TELL_AFTER <= each[0] <= latest and each[1])]


async def test_a_lone_letter_does_not_wait_for_its_own_hour_either(town: Town) -> None:
    await town.ground.walks_in(Need.JOB)
    await town.passes(timedelta(hours=6), STEP)
    [(_, _, due)] = await town.ground.rows("SELECT state, attempts, next_attempt_at FROM letter")
    assert due > town.ground.tools.clock() + BACK_WITHIN

    town.away.append(None)
    await town.passes(LONGEST_PAUSE, timedelta(minutes=1))

    assert [("sent",)] == await town.ground.rows("SELECT state FROM letter")


async def test_an_agency_that_asks_for_time_is_given_it(town: Town) -> None:
    await town.ground.walks_in(Need.JOB)
    await town.passes(timedelta(hours=6), STEP)
    town.away.append("503 Service Unavailable\r\nretry-after: 7200\r\n")
    await town.passes(timedelta(minutes=11), timedelta(minutes=1))
    tries = len(town.agencies[AWAY].visits)

    town.away.append(None)
    await town.passes(timedelta(minutes=100), STEP)
    assert tries == len(town.agencies[AWAY].visits)
    await town.passes(timedelta(minutes=30), STEP)

    assert [("sent",)] == await town.ground.rows("SELECT state FROM letter")


async def test_a_new_address_is_written_to_at_once(town: Town) -> None:
    town.away.append("410 Gone\r\n")
    await town.ground.walks_in(Need.JOB)
    await town.passes(STEP, STEP)
    assert [("waiting",)] == await town.ground.rows("SELECT state FROM letter")

    town.away.append(None)
    async with town.ground.engine.begin() as connection:
        url = f"{town.agencies[AWAY].endpoint.url}/moved"
        assert await move_endpoint(connection, AWAY, url, town.ground.tools.clock())
    await town.goes_to(town.ground.now)

    assert [("sent",)] == await town.ground.rows("SELECT state FROM letter")


async def test_keys_that_are_mended_let_out_what_was_refused(town: Town) -> None:
    town.away.append("401 Unauthorized\r\n")
    for _ in range(4):
        await town.ground.walks_in(Need.JOB)
    await town.passes(timedelta(hours=4), STEP)

    town.away.append(None)
    while not town.taken:
        await town.goes_to(town.ground.now + timedelta(minutes=1))

    assert 4 == len(town.taken)
