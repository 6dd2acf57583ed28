"""What every refusal of DESIGN §4 looks like at the agencies' door: status, code, no echo, and nothing left behind."""

import base64
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from models.agency import Agency
from tests.integration.doors.house import NOW, House, told

pytestmark = pytest.mark.asyncio(loop_scope="module")

CANARY = "Canary-Kim-010-1234-5678"


@pytest.mark.parametrize("agency", ["nobody", "seoul-bankruptcy-court", "mapo-district-office", "NHIS", "%2e%2e"])
async def test_an_agency_that_is_unknown_mirrored_or_not_connected_is_404(shared: House, agency: str) -> None:
    event = shared.event(note=CANARY)
    body = orjson.dumps(event)

    answer = await shared.send(body, shared.sealed(event["id"], body), agency)

    assert answer.status_code == 404
    assert told(answer) == (404, "unknown-agency")
    assert await shared.kept() == 0


async def test_an_agency_without_a_key_is_a_closed_door_and_says_whose_fault(shared: House) -> None:
    await shared.store(Agency.model_validate({"code": "mapo-welfare-team", "url": None, "added_at": NOW}))

    answer = await shared.send(b"{}", shared.sealed("x", b"{}"), "mapo-welfare-team")

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
    shared: House, expected: tuple[int, str], change: Mapping[str, str | None]
) -> None:
    event = shared.event(note=CANARY)
    body = orjson.dumps(event)
    headers = {k: v for k, v in (shared.sealed(event["id"], body) | dict(change)).items() if v is not None}

    answer = await shared.send(body, headers)

    assert expected == told(answer)
    assert CANARY not in answer.text
    assert await shared.kept() == 0


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
async def test_bad_bodies_are_refused(shared: House, body: bytes, expected: tuple[int, str]) -> None:
    answer = await shared.send(body, shared.sealed("m-1", body))

    assert expected == told(answer)
    assert CANARY not in answer.text
    assert await shared.kept() == 0


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
async def test_bad_envelopes_are_refused(shared: House, change: dict[str, Any], data: dict[str, Any]) -> None:
    event = shared.event(**data)
    id_ = event["id"]
    body = orjson.dumps(event | change)

    answer = await shared.send(body, shared.sealed(id_, body))

    assert told(answer) == (422, "bad-envelope")
    assert answer.json()["fault"] == "sender"
    assert CANARY not in answer.text
    assert await shared.kept() == 0
