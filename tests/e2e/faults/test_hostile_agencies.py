"""Hostile agencies: whatever one of them does, its letter is neither lost nor sent under two keys, and nobody waits."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from deployments.clocks import machine_clock
from tests.e2e.faults.stage import Stage
from tests.e2e.faults.walk_in import intake

pytestmark = pytest.mark.timeout(180)

#: The one that behaves badly, and the program it is asked for first.
BAD, PROGRAM = "microfinance-desk", "financial-counseling"
#: The others' program, which must be done while the bad one is still bad.
OTHER = "emergency-living-aid"
FLAGS = ("--scripted", "--speed", "20", "--tries", "5", "--first-wait", "0.2")
STATUS_422 = {"status": 422}


@dataclass(frozen=True, slots=True)
class Case:
    """A bad agency.

    Attributes:
        weather: What the sandbox is told.
        state: Where the letter stands in the end, while the weather lasts.
        problem: What is noted about it.
        notices: What people are told.
    """

    weather: dict[str, Any]
    state: str
    problem: str | None = None
    notices: frozenset[str] = frozenset()


#: 2xx is "received", whatever follows it; and an agency that speaks of a referral has the letter.
CASES: dict[str, Case] = {
    "hangs": Case({"answer": "hang", "hang_seconds": 60}, "sent"),
    "drips a byte a second": Case({"answer": "drip"}, "sent"),
    "answers 200 MB": Case({"answer": "huge"}, "sent"),
    "answers garbage": Case({"answer": "garbage"}, "sent"),
    "answers a gzip bomb": Case({"answer": "gzip_bomb"}, "sent"),
    "closes in the middle": Case({"answer": "close"}, "sent"),
    "says nothing": Case({"silence": True}, "sent"),
    "is busy at first": Case({"status": 503, "fail_first": 1}, "sent"),
    "asks to come again": Case({"status": 429, "retry_after": 1, "fail_first": 1}, "sent"),
    "is away": Case({"status": 503}, "waiting", "status-503"),
    "hangs and has not taken it": Case({"answer": "hang", "hang_seconds": 60, "takes": False}, "waiting"),
    "redirects": Case({"answer": "redirect"}, "with_person", "status-307", frozenset({"letter_refused"})),
    "refuses": Case(STATUS_422, "with_person", "status-422", frozenset({"letter_refused"})),
    # Nobody but the two keys is at fault: it waits for them to be mended.
    "knows no seal": Case({"status": 401}, "waiting", "status-401", frozenset({"credential_alarm"})),
    "is gone": Case({"answer": "gone"}, "waiting", "status-410", frozenset({"endpoint_disabled"})),
}


@pytest_asyncio.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """Give a stage with somebody living in it, without Prefect."""
    async with Stage(tmp_path, database_url, None, *FLAGS) as made:
        await made.nursery.live()
        yield made
        await made.nursery.leave()


async def test_one_bad_agency_loses_nothing_and_holds_up_nobody(stage: Stage) -> None:
    told: list[str] = []
    for nth, (name, case) in enumerate(CASES.items()):
        await stage.sandbox.weather(BAD, **case.weather)
        journey = await stage.walk_in(f"client-{nth}", intake(nth, stage.today, "living", "debt"))
        began = time.monotonic()
        await _until(stage, f"{OTHER} is done", _state_of, journey, OTHER, "completed")
        others_took = time.monotonic() - began
        letter = await _letter(stage, journey, case)
        notices = {code for (code,) in await stage.rows(_NOTICES, journey=journey, agency=BAD)}
        told.append(f"{name}: {letter}, others done after {others_took:.1f} s")

        assert case.state == letter["state"], name
        if case.problem is not None:
            assert case.problem == letter["problem"], name
        assert case.notices <= notices, (name, notices)
        if case.state == "with_person":
            assert 1 == letter["attempts"], name
        # A person mends the line; the next case starts anew.
        async with stage.engine.begin() as connection:
            await connection.exec_driver_sql("DELETE FROM endpoint_health")
            await connection.exec_driver_sql("DELETE FROM notice WHERE journey_id IS NULL")
            await connection.exec_driver_sql(
                "UPDATE letter SET next_attempt_at = now() + interval '1 day' WHERE state = 'waiting'"
            )
    totals = await stage.sandbox.totals()
    print("\n" + "\n".join(told), totals, sep="\n")  # noqa: T201 - what the test is run for

    assert 0 == totals["second_key"]
    assert 0 == totals["changed"]


async def test_the_breaker_opens_after_five_failures_and_closes_when_it_is_well_again(stage: Stage) -> None:
    await stage.sandbox.weather(BAD, status=503)
    journeys = [await stage.walk_in(f"client-{nth}", intake(nth, stage.today, "debt")) for nth in range(6)]
    await _until(stage, "the breaker opens", _breaker, "open")
    failures = await stage.number("SELECT failures FROM endpoint_health WHERE agency = :agency", agency=BAD)
    assert failures >= 5
    await _until(stage, "what was under way has ended", _nothing_under_way)
    seen = sum(each["attempts"] for each in await stage.sandbox.letters(agency=BAD))
    await asyncio.sleep(2)
    assert seen == sum(each["attempts"] for each in await stage.sandbox.letters(agency=BAD))

    await stage.sandbox.weather(BAD)
    for ahead in (60, 1_000, 5_000, 30_000):
        await _go_ahead(stage, ahead)
        for _ in range(30):
            if not await stage.number("SELECT count(*) FROM letter WHERE state = 'waiting' AND agency = :a", a=BAD):
                break
            await asyncio.sleep(0.1)
    await _until(stage, "the breaker closes", _breaker, "closed")
    for journey in journeys:
        await _until(stage, "counseling is done", _state_of, journey, PROGRAM, "completed")
    assert 0 == (await stage.sandbox.totals())["second_key"]


async def test_a_person_is_told_of_a_letter_that_did_not_arrive_for_four_hours(stage: Stage) -> None:
    await stage.sandbox.weather(BAD, status=503)
    journey = await stage.walk_in("client-0", intake(0, stage.today, "debt"))
    await _until(stage, "the first try failed", _tried, journey, 1)
    # At 3 h 50 nobody is told, at 4 h 10 somebody is, although no try falls in between.
    for hours in (0.1, 1.0, 3.83):
        await _go_ahead(stage, hours * 3600)
        await asyncio.sleep(2.5)
        assert "letter_undelivered" not in await _open_notices(stage, journey)
    await _go_ahead(stage, 4.17 * 3600)
    async with asyncio.timeout(30):
        while "letter_undelivered" not in await _open_notices(stage, journey):  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.2)
    assert "waiting" == (await _letter(stage, journey, CASES["is away"]))["state"]

    await stage.sandbox.weather(BAD)
    await _go_ahead(stage, 40 * 3600)
    await _until(stage, "counseling is done", _state_of, journey, PROGRAM, "completed")
    assert "letter_undelivered" not in await _open_notices(stage, journey)
    assert 0 == (await stage.sandbox.totals())["second_key"]


async def _open_notices(stage: Stage, journey: str) -> set[str]:
    return {code for (code,) in await stage.rows(_NOTICES, journey=journey, agency=BAD)}


_NOTICES = """
    SELECT notice.code FROM notice LEFT JOIN journey ON journey.id = notice.journey_id
    WHERE notice.settled_at IS NULL AND (journey.number = :journey OR notice.about = :agency)
"""


async def _until(stage: Stage, what: str, holds: Callable[..., Awaitable[bool]], *given: object) -> None:
    give_up = time.monotonic() + 40
    while not await holds(stage, *given):
        assert time.monotonic() < give_up, what
        await asyncio.sleep(0.1)


async def _state_of(stage: Stage, journey: str, program: str, state: str) -> bool:
    rows = await stage.rows(
        "SELECT state FROM referral JOIN journey ON journey.id = journey_id WHERE journey.number = :j AND program = :p",
        j=journey,
        p=program,
    )
    return [(state,)] == rows


async def _breaker(stage: Stage, state: str) -> bool:
    return [(state,)] == await stage.rows("SELECT breaker FROM endpoint_health WHERE agency = :agency", agency=BAD)


async def _nothing_under_way(stage: Stage) -> bool:
    return 0 == await stage.number("SELECT count(*) FROM letter WHERE leased_until > now()")


async def _tried(stage: Stage, journey: str, times: int) -> bool:
    rows = await stage.rows(_LETTER, journey=journey, agency=BAD)
    return bool(rows) and rows[0][2] >= times and rows[0][1] is not None


_LETTER = """
    SELECT letter.state, letter.last_problem, letter.attempts FROM letter JOIN journey ON journey.id = journey_id
    WHERE journey.number = :journey AND agency = :agency AND letter.type = 'referral.requested'
"""


async def _letter(stage: Stage, journey: str, case: Case) -> dict[str, Any]:
    """Return the letter to the bad agency once it stands where it should, or after half a minute as it is."""
    found: list[tuple[Any, ...]] = []
    for _ in range(300):
        found = await stage.rows(_LETTER, journey=journey, agency=BAD)
        if found and found[0][0] == case.state and case.problem in {None, found[0][1]}:
            break
        await asyncio.sleep(0.1)
    assert 1 == len(found), "one letter, under one key"
    state, problem, attempts = found[0]
    return {"state": state, "problem": problem, "attempts": attempts}


async def _go_ahead(stage: Stage, seconds: float) -> None:
    """Set the center's clock and the agencies' so far ahead of the machine's."""
    stage.nursery.move_clock(seconds)
    ahead = machine_clock() + timedelta(seconds=seconds)
    (await stage.sandbox.control.put("/clock", json={"now": ahead.isoformat()})).raise_for_status()
