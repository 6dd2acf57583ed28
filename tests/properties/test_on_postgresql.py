"""The same on a real PostgreSQL: two processes, random words, people who mend, sessions that die at random moments."""

import asyncio
import contextlib
import random
from typing import Any, Final

import pytest
from sqlalchemy.exc import DBAPIError

from models.vocabulary import AGENCY_EVENTS, Desk, JourneyEvent, ReferralEvent
from tasks.batch import work_batch
from tasks.mending import NothingToMend, replay, set_event_aside
from tests.integration.ground import Ground, on_ground
from tests.properties.checker import check_log
from tests.story.people import AGENCIES_OF_A, known

AGENCIES: Final = sorted(known().agencies)
WORDS: Final = [*sorted(AGENCY_EVENTS), *["progressed", "progressed", "declined", "redirected"]]
CENTER_WORDS: Final = ["withdrawn", "reopened", "expired", "voided"]
#: Held back, and no set-aside journey shows it to anybody.
UNSEEN: Final = (
    "SELECT id FROM inbox_event AS e WHERE fate = 'held_back'"
    " AND NOT EXISTS (SELECT 1 FROM set_aside AS s WHERE s.journey_id = e.journey_id AND s.desk = e.desk)"
)
#: What is said of the whole journey.
OF_JOURNEY: Final[list[tuple[JourneyEvent, dict[str, Any]]]] = [
    (JourneyEvent.WOKEN, {}),
    (JourneyEvent.MADE_DORMANT, {"reason": "client_wish"}),
    (JourneyEvent.FACTS_CHANGED, {"facts": {"district": "eunpyeong"}}),
    (JourneyEvent.FACTS_CHANGED, {"facts": {"district": "mapo", "livelihood_recipient": True}}),
]
JOURNEYS: Final = 4
SAID: Final = 220


def words_for(chance: random.Random, program: str, word: str) -> dict[str, Any]:
    """Return what the catalog lets an agency say beside a word."""
    entry = known().program(program)
    match ReferralEvent(word):
        case ReferralEvent.PROGRESSED:
            lane = chance.choice(sorted(entry.lanes))
            return {"lane": lane, "milestone": chance.choice(entry.lanes[lane]).code}
        case ReferralEvent.COMPLETED:
            return {"outcome": chance.choice(sorted(entry.outcomes))}
        case ReferralEvent.DECLINED:
            return {"reason": chance.choice(sorted(entry.decline_reasons))}
        case ReferralEvent.REDIRECTED:
            return {"redirect_to": chance.choice(AGENCIES)}
        case _:
            return {}


async def speak(ground: Ground, chance: random.Random) -> None:
    """Say something of a random referral, now and then twice under one id."""
    found = await ground.rows("SELECT number, program, agency, journey_id FROM referral")
    if not found:
        return
    number, program, agency, journey = chance.choice(sorted(found))
    roll = chance.random()
    if roll < 0.03:
        strange: dict[str, Any] = chance.choice(
            [{"milestone": "knighted"}, {"lane": "sideways", "milestone": "paid_1"}]
        )
        await ground.put(f"agency:{agency}", "progressed", number=number, **strange)
    elif roll < 0.11:
        to = chance.choice(AGENCIES_OF_A)
        await ground.put("staff:x", JourneyEvent.CONSENT_WITHDRAWN, journey=journey, desk=Desk.INTAKE, recipient=to)
    elif roll < 0.17:
        word, said = chance.choice(OF_JOURNEY)
        await ground.put("staff:x", word, journey=journey, desk=Desk.INTAKE, **said)
    elif roll < 0.32:
        reason = chance.choice(["client_wish", "no_show"])
        await ground.put("staff:x", chance.choice(CENTER_WORDS), number=number, reason=reason)
    else:
        word, key = chance.choice(WORDS), f"id {chance.random()}"
        said = words_for(chance, program, word)
        for _ in range(chance.choice([1, 1, 2])):
            hours = chance.randint(-5, 1)
            await ground.put(f"agency:{agency}", word, number=number, key=key, hours=hours, **said)


async def mends(ground: Ground, chance: random.Random, over: asyncio.Event) -> int:
    """Have a person hear things again, or set them aside for good, while the desks work; return how often."""
    mended = 0
    while not over.is_set():
        await asyncio.sleep(chance.uniform(0.01, 0.1))
        with contextlib.suppress(DBAPIError, TimeoutError, NothingToMend):
            lies = await ground.rows("SELECT id FROM inbox_event WHERE fate IN ('parked', 'held_back') ORDER BY id")
            if not lies:
                continue
            [event] = chance.choice(lies)
            async with ground.engine.begin() as connection:
                if chance.random() < 0.5:
                    await replay(connection, event, "staff:x", ground.now)
                else:
                    await set_event_aside(connection, event, "staff:x", "nonsense", ground.now)
            mended += 1
    return mended


async def works(ground: Ground, chance: random.Random, over: asyncio.Event) -> None:
    """Work random desks; a session that is killed loses its batch and nothing else."""
    while not over.is_set():
        try:
            await work_batch(ground.tools, ground.setup(chance.choice(list(Desk))))
        except DBAPIError as lost:
            if not lost.connection_invalidated:
                raise
        except TimeoutError:
            # Its new connection did not come in time: it tries again, as a shift does.
            continue
        await asyncio.sleep(0)


async def kills(ground: Ground, chance: random.Random, over: asyncio.Event) -> int:
    """Kill sessions that are at work, at random moments; return how many."""
    killed = 0
    while not over.is_set():
        await asyncio.sleep(chance.uniform(0.02, 0.15))
        with contextlib.suppress(DBAPIError, TimeoutError):
            killed += len(
                await ground.rows(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                    " AND datname = current_database() AND state <> 'idle' ORDER BY random() LIMIT 1"
                )
            )
    return killed


@pytest.mark.parametrize("seed", [20171204, 20180618])
async def test_whatever_is_said_and_whoever_dies_the_log_explains_the_state(database_url: str, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - it must be repeatable
    async with (
        on_ground(database_url, process=1) as one,
        on_ground(database_url, process=2) as other,
        on_ground(database_url, process=3) as outside,
    ):
        for running in range(1, 1 + JOURNEYS):
            await outside.walks_in(running=running)
        over = asyncio.Event()
        at_work = [asyncio.create_task(works(ground, chance, over)) for ground in (one, other, one, other)]
        mender = asyncio.create_task(mends(outside, random.Random(seed + 1), over))  # noqa: S311 - it must be repeatable
        killer = asyncio.create_task(kills(outside, chance, over))
        for _ in range(SAID):
            # A door whose session is killed answers 503 and the agency says it again.
            with contextlib.suppress(DBAPIError, TimeoutError):
                await speak(outside, chance)
            for ground in (one, other, outside):
                ground.now = outside.now
        over.set()
        await asyncio.gather(*at_work)
        killed, mended = await killer, await mender
        for ground in (one, other):
            await ground.engine.dispose()
        await one.work()

        async with one.engine.connect() as connection:
            contradictions = await check_log(connection)
        waiting = [fate for fate in (await one.fates()).values() if fate == "waiting"]
        moves = await one.rows("SELECT count(*) FROM transition")
        set_aside = await one.rows("SELECT desk, reason, detail FROM set_aside WHERE reason <> 'unknown_word'")
        unseen = await one.rows(UNSEEN)

    assert ([], [], [], []) == (contradictions, waiting, set_aside, unseen)
    assert mended > 3
    assert killed > 3
    assert moves[0][0] > 60
