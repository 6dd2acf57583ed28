"""The agencies' door: what is taken, once; and what every refusal of DESIGN §4 looks like, leaving nothing behind."""

import asyncio
import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import asyncpg
import orjson
import pytest

from agencies import seal
from agencies.keys import Key
from models.agency import Agency
from models.database import BELL
from tests.integration.doors.house import AGENCY, NOW, REFERRAL, House, told

CANARY = "Canary-Kim-010-1234-5678"


async def test_an_event_is_committed_routed_and_the_bell_rung_before_202(house: House) -> None:
    await house.with_referral()
    rung: list[str] = []
    bell = await asyncpg.connect(house.engine.url.set(drivername="postgresql").render_as_string(hide_password=False))
    await bell.add_listener(BELL, lambda *heard: rung.append(heard[3]))

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
    await asyncio.sleep(0.1)
    assert rung == ["emergency-aid"]
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


@pytest.mark.parametrize("agency", ["nobody", "seoul-bankruptcy-court", "mapo-district-office", "NHIS", "%2e%2e"])
async def test_an_agency_that_is_unknown_mirrored_or_not_connected_is_404(house: House, agency: str) -> None:
    event = house.event(note=CANARY)
    body = orjson.dumps(event)

    answer = await house.send(body, house.sealed(event["id"], body), agency)

    assert answer.status_code == 404
    assert told(answer) == (404, "unknown-agency")
    assert await house.kept() == 0


async def test_an_agency_without_a_key_is_a_closed_door_and_says_whose_fault(house: House) -> None:
    await house.store(Agency.model_validate({"code": "mapo-welfare-team", "url": None, "added_at": NOW}))

    answer = await house.send(b"{}", house.sealed("x", b"{}"), "mapo-welfare-team")

    assert told(answer) == (401, "bad-seal")
    assert answer.json()["fault"] == "center"


REFUSED: list[tuple[str, tuple[int, str], Mapping[str, str | None]]] = [
    ("no id", (400, "bad-headers"), {"webhook-id": None}),
    ("id with a full stop", (400, "bad-headers"), {"webhook-id": "a.b"}),
    ("no signature", (400, "bad-headers"), {"webhook-signature": None}),
    ("garbage signature", (400, "bad-headers"), {"webhook-signature": CANARY}),
    ("no timestamp", (400, "bad-headers"), {"webhook-timestamp": None}),
    ("fractional timestamp", (400, "bad-headers"), {"webhook-timestamp": "1512363600.0"}),
    ("old timestamp", (401, "stale-timestamp"), {"webhook-timestamp": str(int(NOW.timestamp()) - 301)}),
    ("timestamp to come", (401, "stale-timestamp"), {"webhook-timestamp": str(int(NOW.timestamp()) + 301)}),
    ("another second", (401, "bad-seal"), {"webhook-timestamp": str(int(NOW.timestamp()) - 1)}),
    ("signature of nothing", (401, "bad-seal"), {"webhook-signature": "v1," + base64.b64encode(bytes(32)).decode()}),
    ("another id", (401, "bad-seal"), {"webhook-id": "another"}),
    ("plain text", (415, "media-type"), {"content-type": "text/plain"}),
    ("compressed", (415, "media-type"), {"content-encoding": "gzip"}),
    ("no media type", (415, "media-type"), {"content-type": None}),
]


@pytest.mark.parametrize(("expected", "change"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
async def test_bad_headers_are_refused(
    house: House, expected: tuple[int, str], change: Mapping[str, str | None]
) -> None:
    event = house.event(note=CANARY)
    body = orjson.dumps(event)
    headers = {k: v for k, v in (house.sealed(event["id"], body) | dict(change)).items() if v is not None}

    answer = await house.send(body, headers)

    assert expected == told(answer)
    assert CANARY not in answer.text
    assert await house.kept() == 0


BODIES: list[tuple[str, bytes, tuple[int, str]]] = [
    ("empty", b"", (400, "bad-json")),
    ("no json", CANARY.encode(), (400, "bad-json")),
    ("not utf-8", b'{"a": "\xff"}', (400, "bad-json")),
    ("NaN", b'{"a": NaN}', (400, "bad-json")),
    ("the same key twice", b'{"a": 1, "a": 2}', (400, "bad-json")),
    ("33 levels", b'{"a":' + b"[" * 33 + b"]" * 33 + b"}", (400, "bad-json")),
    ("100,000 levels", b"[" * 100_000, (400, "bad-json")),
    ("a list", b"[]", (400, "bad-json")),
    ("no envelope", b'{"Canary-Kim-010-1234-5678": 1}', (422, "bad-envelope")),
]


@pytest.mark.parametrize(("body", "expected"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
async def test_bad_bodies_are_refused(house: House, body: bytes, expected: tuple[int, str]) -> None:
    answer = await house.send(body, house.sealed("m-1", body))

    assert expected == told(answer)
    assert CANARY not in answer.text
    assert await house.kept() == 0


EVENTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("another agency's source", {"source": "/agencies/legal-aid"}, {}),
    ("another id", {"id": "other"}, {}),
    ("a center's word", {"type": "ieum.referral.withdrawn.v1"}, {}),
    ("an unknown word", {"type": f"ieum.referral.{CANARY}.v1"}, {}),
    ("another version", {"specversion": "0.3"}, {}),
    ("no subject", {"subject": None}, {}),
    ("an unknown attribute", {CANARY: 1}, {}),
    ("an unknown field", {}, {CANARY: 1}),
    ("no such time", {}, {"occurred_at": "2017-02-30T00:00:00Z"}),
    ("a local time", {}, {"occurred_at": "2017-12-04T13:00:00"}),
    ("a number for a text", {}, {"reason": 7}),
    ("a note too long", {}, {"note": CANARY * 100}),
    ("completed without outcome", {"type": "ieum.referral.completed.v1"}, {"note": CANARY}),
    ("declined without reason", {"type": "ieum.referral.declined.v1"}, {"note": CANARY}),
    ("progressed without milestone", {"type": "ieum.referral.progressed.v1"}, {"note": CANARY}),
]


@pytest.mark.parametrize(("change", "data"), [row[1:] for row in EVENTS], ids=[row[0] for row in EVENTS])
async def test_bad_envelopes_are_refused(house: House, change: dict[str, Any], data: dict[str, Any]) -> None:
    event = house.event(**data)
    id_ = event["id"]
    body = orjson.dumps(event | change)

    answer = await house.send(body, house.sealed(id_, body))

    assert told(answer) == (422, "bad-envelope")
    assert answer.json()["fault"] == "sender"
    assert CANARY not in answer.text
    assert await house.kept() == 0


async def test_a_resident_registration_number_in_a_note_is_refused(house: House) -> None:
    answer = await house.post(house.event(note="번호는 760302-2000000 입니다"))

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
