"""The agencies' door: what is taken is committed, routed and acknowledged, once."""

import asyncio
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from agencies import seal
from agencies.keys import Key
from models.database import BELL
from tests.integration.doors.house import AGENCY, REFERRAL, House, told
from tests.integration.ground import session_to

CANARY = "Canary-Kim-010-1234-5678"


async def test_an_event_is_committed_routed_and_the_bell_rung_before_202(house: House) -> None:
    await house.with_referral()
    rung: asyncio.Queue[str] = asyncio.Queue()

    def ring(*heard: object) -> None:
        rung.put_nowait(str(heard[3]))

    bell = await session_to(house.engine)
    await bell.add_listener(BELL, ring)

    event = house.event("completed", outcome="granted", reference="2017-1234", note="papers are here")
    answer = await house.post(event)

    assert answer.status_code == 202
    assert answer.json() == {"status": "accepted", "id": event["id"]}
    found = await house.rows(
        "SELECT e.desk, e.journey_id = r.journey_id, e.referral_number, e.source, e.word, e.fate, e.data"
        " FROM inbox_event e JOIN referral r ON r.number = e.referral_number"
    )
    data = {"outcome": "granted", "reference": "2017-1234", "note": "papers are here"}
    assert found == [("emergency-aid", True, REFERRAL, f"agency:{AGENCY}", "completed", "waiting", data)]
    assert await rung.get() == "emergency-aid"
    await bell.execute("SELECT 1")
    assert rung.empty()
    await bell.close()


async def test_the_same_event_again_is_202_and_one_row(house: House) -> None:
    event = house.event()

    answers = await asyncio.gather(*[house.post(event) for _ in range(20)])

    assert [202] * 20 == [answer.status_code for answer in answers]
    assert await house.kept() == 1


async def test_the_same_id_with_another_body_is_409_with_one_notice(house: House) -> None:
    event = house.event()
    await house.post(event)
    event["data"]["note"] = CANARY

    answers = [await house.post(event) for _ in range(2)]

    assert [(409, "id-reused")] * 2 == [told(answer) for answer in answers]
    assert CANARY not in answers[0].text
    assert await house.rows("SELECT code, about FROM notice") == [("webhook_id_reused", AGENCY)]
    assert await house.rows("SELECT data ? 'note' FROM inbox_event") == [(False,)]


async def test_an_unknown_referral_is_taken_in_and_parked(house: House) -> None:
    answer = await house.post(house.event())

    assert answer.status_code == 202
    found = await house.rows("SELECT desk, journey_id, fate, fate_reason FROM inbox_event")
    assert found == [(None, None, "parked", "unknown_referral")]


async def test_five_hundred_at_once_are_all_there(house: House) -> None:
    events = [house.event() for _ in range(500)]

    async def post_some(part: list[dict[str, Any]]) -> list[int]:
        return [(await house.post(event)).status_code for event in part]

    statuses = await asyncio.gather(*[post_some(events[nth::25]) for nth in range(25)])

    assert {202} == {status for part in statuses for status in part}
    assert await house.rows("SELECT count(DISTINCT source_id) FROM inbox_event") == [(500,)]


async def test_binary_mode_is_taken_too(house: House) -> None:
    body = {"type": "ieum.referral.accepted.v1", "subject": REFERRAL, "occurred_at": "2017-12-04T13:00:00+09:00"}
    raw = orjson.dumps(body)
    attributes = {"specversion": "1.0", "id": "b-1", "source": f"/agencies/{AGENCY}", **body}
    headers = {f"ce-{name}": value for name, value in attributes.items() if name != "occurred_at"}

    answer = await house.send(raw, house.sealed("b-1", raw) | headers | {"content-type": "application/json"})

    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("note", "번호는 760302-2000000 입니다"),
        ("reference", "850521-2345678"),
        ("reason", "850521-2345678"),
        ("outcome", "8505212345678"),
        ("milestone", "850521-2345678"),
        ("lane", "850521-2345678"),
        ("redirect_to", "850521-2345678"),
        ("proposed_program", "850521-2345678"),
    ],
)
async def test_a_resident_registration_number_is_refused_wherever_it_stands(
    house: House, field: str, text: str
) -> None:
    answer = await house.post(house.event(**{field: text}))

    assert told(answer) == (422, "resident-number")
    assert f"data.{field} " in answer.json()["detail"]
    assert text not in answer.text
    assert await house.kept() == 0


async def test_a_resident_registration_number_in_the_referrals_place_is_refused(house: House) -> None:
    answer = await house.post(house.event() | {"subject": "850521-2345678"})

    assert told(answer) == (422, "resident-number")
    assert await house.kept() == 0


async def test_a_wrong_key_is_401_and_the_second_key_of_a_rotation_opens(house: House) -> None:
    assert told(await house.post(house.event(), Key.mint())) == (401, "bad-seal")
    async with house.engine.begin() as connection:
        new = Key.parse(await house.keyring.rotate(connection, AGENCY, "inbound", house.now))

    both = [(await house.post(house.event(), key)).status_code for key in (house.key, new)]
    house.now += timedelta(hours=25)
    after = [(await house.post(house.event(), key)).status_code for key in (house.key, new)]

    assert both == [202, 202]
    assert after == [401, 202]


async def test_a_key_that_cannot_be_opened_is_the_centers_fault_and_keeps_nothing(house: House) -> None:
    async with house.engine.begin() as connection:
        await connection.execute(text("UPDATE agency_key SET sealed = 'damaged'"))

    answer = await house.post(house.event())

    assert told(answer) == (503, "keys-unreadable")
    assert "center" == answer.json()["fault"]
    assert await house.kept() == 0


async def test_an_ed25519_key_opens(house: House) -> None:
    pair = Key.mint("v1a")
    async with house.engine.begin() as connection:
        await house.keyring.add(connection, AGENCY, "inbound", pair.written_public(), house.now)

    assert (await house.post(house.event(), pair)).status_code == 202


async def test_the_agency_may_ask_what_became_of_its_event(house: House) -> None:
    event = house.event()
    await house.post(event)
    address = f"{house.base}/webhooks/{AGENCY}/{event['id']}"
    timestamp = str(int(house.now.timestamp()))

    def asked(id_: str) -> dict[str, str]:
        signature = seal.sign([house.key], id_, int(timestamp), b"")
        return {"webhook-id": id_, "webhook-timestamp": timestamp, "webhook-signature": signature}

    answer = await house.http.get(address, headers=asked(event["id"]))

    assert answer.json() == {
        "id": event["id"],
        "status": "parked",
        "reason": "unknown_referral",
        "referral": REFERRAL,
    }
    assert told(await house.http.get(address, headers=asked("other"))) == (400, "bad-headers")
    assert told(await house.http.get(address)) == (400, "bad-headers")
    unknown = await house.http.get(f"{house.base}/webhooks/{AGENCY}/never-sent", headers=asked("never-sent"))
    assert told(unknown) == (404, "unknown-event")
