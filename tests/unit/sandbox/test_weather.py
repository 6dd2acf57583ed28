"""What an agency's bad days look like on the wire."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox.weather import Sky, read_forecast

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Sandbox

WELFARE = "a-welfare-team"


async def _statuses(sandbox: Sandbox, body: bytes, times: int) -> list[int]:
    return [(await sandbox.send(body)).status_code for _ in range(times)]


async def test_a_status_refuses_before_the_letter_is_worked(sandbox: Sandbox) -> None:
    await sandbox.weather(status=429, retry_after=2)

    answered = await sandbox.send(sandbox.letter())

    assert (answered.status_code, answered.headers["retry-after"]) == (429, "2")
    (letter,) = await sandbox.letters()
    assert (letter["taken"], letter["attempts"]) == (False, 1)


def test_a_file_sets_the_weather_of_each_agency_and_of_all_the_others(tmp_path: Path) -> None:
    page = tmp_path / "weather.yaml"
    page.write_text("nhis: {status: 503}\n'*': {doubles: true}\n")
    sky = Sky()

    for agency, weather in read_forecast(page).items():
        sky.put(agency, weather)

    assert (sky.over("nhis").status, sky.over("legal-aid").status) == (503, None)
    assert (sky.over("nhis").doubles, sky.over("legal-aid").doubles) == (False, True)


async def test_the_first_attempts_fail_then_it_is_fine(sandbox: Sandbox) -> None:
    await sandbox.weather(fail_first=2)

    assert await _statuses(sandbox, sandbox.letter(), 3) == [503, 503, 202]


async def test_a_fail_rate_is_the_same_for_the_same_seed(sandbox: Sandbox) -> None:
    runs: list[list[int]] = []
    for _ in range(2):
        await sandbox.weather(fail_rate=0.5, seed=7)
        runs.append([(await sandbox.send(sandbox.letter(number=f"R-{n}"))).status_code for n in range(12)])

    assert runs[0] == runs[1]
    assert set(runs[0]) == {202, 503}


@pytest.mark.parametrize(("answer", "status"), [("redirect", 307), ("gone", 410)])
async def test_refusing_answers(sandbox: Sandbox, answer: str, status: int) -> None:
    await sandbox.weather(answer=answer)

    answered = await sandbox.send(sandbox.letter())

    assert answered.status_code == status
    assert (await sandbox.totals())["letters"] == 0


async def test_a_hanging_agency_has_worked_the_letter_and_the_retry_is_no_second_one(sandbox: Sandbox) -> None:
    body = sandbox.letter()
    await sandbox.weather(answer="hang")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await sandbox.send(body)
    await sandbox.weather()

    assert (await sandbox.send(body)).status_code == 200
    (letter,) = await sandbox.letters()
    assert (letter["duplicates"], letter["answers"]) == (1, [0, 200])


async def test_it_can_hang_without_having_worked_the_letter(sandbox: Sandbox) -> None:
    await sandbox.weather(answer="hang", takes=False, hang_seconds=0.1)

    assert (await sandbox.send(sandbox.letter())).status_code == 500
    assert (await sandbox.totals())["letters"] == 0


async def test_a_cut_answer(sandbox: Sandbox) -> None:
    await sandbox.weather(answer="close")

    with pytest.raises(httpx.RemoteProtocolError):
        await sandbox.send(sandbox.letter())


async def test_a_dripping_answer_comes_a_byte_a_second(sandbox: Sandbox) -> None:
    await sandbox.weather(answer="drip")
    began = time.monotonic()

    async with sandbox.http.stream("POST", f"/agencies/{WELFARE}/referrals", **_sealed(sandbox)) as answered:
        pieces = answered.aiter_raw()
        drops = [await anext(pieces) for _ in range(2)]

    assert [len(drop) for drop in drops] == [1, 1]
    assert time.monotonic() - began >= 0.9


@pytest.mark.parametrize("answer", ["huge", "gzip_bomb"])
async def test_a_huge_answer(sandbox: Sandbox, answer: str) -> None:
    await sandbox.weather(answer=answer, huge_bytes=3_000_000)

    assert len((await sandbox.send(sandbox.letter())).content) == 3_000_000


async def test_garbage_is_declared_as_json(sandbox: Sandbox) -> None:
    await sandbox.weather(answer="garbage")

    answered = await sandbox.send(sandbox.letter())

    assert answered.headers["content-type"] == "application/json"
    with pytest.raises(ValueError, match=r"utf-8|codec|JSON|Expecting"):
        answered.json()


async def test_weather_everywhere_yields_to_an_agencys_own(sandbox: Sandbox) -> None:
    await sandbox.weather("*", status=503)
    await sandbox.weather(WELFARE, latency_ms=1)

    assert (await sandbox.send(sandbox.letter())).status_code == 202
    assert (await sandbox.http.get("/control/weather")).json() == {"*": {"status": 503}, WELFARE: {"latency_ms": 1}}
    await sandbox.http.delete("/control/weather")
    assert (await sandbox.http.get("/control/weather")).json() == {}


async def test_weather_that_does_not_exist_is_422(sandbox: Sandbox) -> None:
    for wrong in ({"hail": True}, {"fail_rate": 2}, {"answer": "shout"}):
        answered = await sandbox.http.put(f"/control/weather/{WELFARE}", json=wrong)
        assert answered.status_code == 422, wrong
    assert (await sandbox.http.put("/control/weather/nobody", json={})).status_code == 404


def _sealed(sandbox: Sandbox) -> dict[str, Any]:
    body, at = sandbox.letter(id="drip-1"), datetime.now(UTC)
    return {"content": body, "headers": sandbox.headers(body, at)}
