"""What a pretend agency takes from the center, and what it refuses."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

from sandbox.__main__ import listen

if TYPE_CHECKING:
    from conftest import Sandbox

WELFARE = "a-welfare-team"


async def test_a_sealed_request_is_taken_and_only_the_items_names_are_kept(sandbox: Sandbox) -> None:
    answered = await sandbox.send(sandbox.letter())

    assert answered.status_code == 202
    (letter,) = await sandbox.letters(agency=WELFARE)
    assert (letter["taken"], letter["attempts"], letter["subject"]) == (True, 1, "R-2018-000001")
    assert letter["items"] == ["crisis", "name"]
    assert "Kim Invented" not in (await sandbox.http.get("/control/letters")).text
    assert "Kim Invented" not in (sandbox.folder / "log").read_text()


async def test_the_same_letter_again_has_no_second_effect(sandbox: Sandbox) -> None:
    body = sandbox.letter()

    answers = [(await sandbox.send(body)).status_code for _ in range(3)]

    assert answers == [202, 200, 200]
    (letter,) = await sandbox.letters()
    assert (letter["attempts"], letter["duplicates"], letter["answers"]) == (3, 2, [202, 200, 200])
    assert (await sandbox.totals())["second_key"] == 0


async def test_the_same_id_with_another_body_is_409(sandbox: Sandbox) -> None:
    body = sandbox.letter()
    await sandbox.send(body)

    answered = await sandbox.send(sandbox.letter(number="R-2018-000002", id=json.loads(body)["id"]))

    assert answered.status_code == 409
    assert (await sandbox.totals())["changed"] == 1


async def test_a_second_key_for_the_same_referral_is_recorded_loudly(sandbox: Sandbox) -> None:
    await sandbox.send(sandbox.letter())

    await sandbox.send(sandbox.letter())

    assert (await sandbox.totals())["second_key"] == 1
    assert "SECOND KEY" in (sandbox.folder / "log").read_text()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"webhook_signature": "garbage"}, 400),
        ({"webhook_signature": "v1,a,b"}, 400),
        ({"webhook_signature": ""}, 400),
        ({"webhook_signature": "v1," + base64.b64encode(bytes(32)).decode()}, 401),
        ({"webhook_timestamp": "1764.9"}, 400),
        ({"webhook_timestamp": "17_64"}, 400),
        ({"webhook_timestamp": "1764"}, 401),
        ({"webhook_id": "another-id"}, 401),
        ({"webhook_id": "with a space"}, 400),
        ({"idempotency_key": "another-key"}, 422),
        ({"content_type": "text/plain"}, 400),
    ],
)
async def test_bad_headers_and_seals(sandbox: Sandbox, headers: dict[str, str], status: int) -> None:
    answered = await sandbox.send(sandbox.letter(), at=None, **headers)

    assert answered.status_code == status, answered.text
    assert (await sandbox.totals())["letters"] == 0


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_stale_or_early_timestamp_is_401(sandbox: Sandbox, minutes: int) -> None:
    answered = await sandbox.send(sandbox.letter(), at=datetime.now(UTC) + timedelta(minutes=minutes))

    assert answered.status_code == 401


async def test_the_timestamp_is_held_against_the_sandboxs_clock(sandbox: Sandbox) -> None:
    await sandbox.http.put("/control/clock", json={"now": "2018-01-08T09:00:00+09:00"})

    assert (await sandbox.send(sandbox.letter())).status_code == 401
    assert (await sandbox.send(sandbox.letter(), at=datetime(2018, 1, 8, tzinfo=UTC))).status_code == 202


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"type": "ieum.referral.invented.v1"}, "type"),
        ({"source": "/agencies/a-court"}, "source"),
        ({"time": "yesterday"}, "time"),
        ({"subject": "R-2018-000009"}, "data.referral"),
        ({"data": {"program": "bankruptcy"}}, "does not run"),
        ({"data": {"items": {"name": "Kim Invented"}}}, "required items are missing: crisis"),
        ({"data": {"items": {}}}, "data.items"),
        ({"data": {"items": {"name": "Kim Invented", "shoe_size": 250}}}, "known items"),
        ({"data": {"basis": {"kind": "curiosity"}}}, "data.basis"),
        ({"data": {"urgency": "yesterday"}}, "data.urgency"),
        ({"data": {"secret": "Kim Invented"}}, "never agreed"),
        ({"type": "ieum.referral.amended.v1"}, "only a request holds items"),
    ],
)
async def test_wrong_content_is_422_with_the_reason_and_no_echo(
    sandbox: Sandbox, changed: dict[str, Any], reason: str
) -> None:
    answered = await sandbox.send(sandbox.letter(**changed))

    assert answered.status_code == 422
    assert reason in answered.json()["detail"]
    assert "Kim Invented" not in answered.text


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id": NaN}', b'{"id": 1, "id": 2}', b"[" * 50_000])
async def test_malformed_bodies_are_400(sandbox: Sandbox, body: bytes) -> None:
    assert (await sandbox.send(body)).status_code == 400


async def test_unknown_agencies_and_mirrors_have_no_endpoint(sandbox: Sandbox) -> None:
    assert (await sandbox.send(sandbox.letter(), "nobody")).status_code == 404
    assert (await sandbox.send(sandbox.letter(), "a-court")).status_code == 404


async def test_two_keys_are_live_while_rotating_and_v1a_is_understood(sandbox: Sandbox) -> None:
    new, pair = "whsec_" + base64.b64encode(b"n" * 32).decode(), Ed25519PrivateKey.generate()
    public = "whpk_" + base64.b64encode(pair.public_key().public_bytes_raw()).decode()
    page = sandbox.folder / "keys.json"
    before = page.read_text()
    keys = json.loads(before)
    keys[WELFARE]["outbound"] = [keys[WELFARE]["outbound"], new, public]
    page.write_text(json.dumps(keys))
    try:
        body, at = sandbox.letter(number="R-2018-000003"), datetime.now(UTC)
        message_id = json.loads(body)["id"]
        signed = f"{message_id}.{int(at.timestamp())}.".encode() + body
        v1a = "v1a," + base64.b64encode(pair.sign(signed)).decode()
        unknown = Webhook(base64.b64encode(b"x" * 32).decode()).sign(message_id, at, body.decode())

        assert (await sandbox.send(sandbox.letter())).status_code == 202
        assert (await sandbox.send(sandbox.letter(number="R-2018-000002"), key=new)).status_code == 202
        assert (await sandbox.send(body, at=at, webhook_signature=f"{unknown} {v1a}")).status_code == 202
    finally:
        page.write_text(before)


async def test_it_tells_what_it_knows_to_a_sealed_question(sandbox: Sandbox) -> None:
    await sandbox.send(sandbox.letter())
    await sandbox.weather(silence=True)
    said = await sandbox.say(program="emergency-living-aid", event="accepted", occurred_at="2018-01-09T00:00:00Z")
    assert said.json()["silenced"] is True
    at = datetime.now(UTC)
    headers = {
        "webhook-id": "question-1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook("whsec_" + base64.b64encode(b"o" * 32).decode()).sign("question-1", at, ""),
    }
    place = f"/agencies/{WELFARE}/referrals/R-2018-000001"

    answered = await sandbox.http.get(place, headers=headers)
    known = answered.json()
    # Sealed under the question's id, so that it is the answer to no other.
    Webhook("whsec_" + base64.b64encode(b"i" * 32).decode()).verify(answered.content, dict(answered.headers))
    assert answered.headers["webhook-id"] == "question-1"

    assert (known["state"], known["program"]) == ("accepted", "emergency-living-aid")
    assert [event["data"]["occurred_at"] for event in known["events"]] == ["2018-01-09T00:00:00Z"]
    assert (await sandbox.http.get(place)).status_code == 400
    assert (await sandbox.http.get(place[:-1] + "9", headers=headers)).status_code == 404


async def test_letters_are_filtered_and_calls_at_once_are_counted(sandbox: Sandbox) -> None:
    await sandbox.weather(latency_ms=200)
    await asyncio.gather(*(sandbox.send(sandbox.letter(number=f"R-2018-00001{n}")) for n in range(3)))
    seqs = sorted(int(str(letter["seq"])) for letter in await sandbox.letters())

    assert (await sandbox.totals())["peak_open"] == {WELFARE: 3}
    assert len(await sandbox.letters(since=str(seqs[1]))) == 1
    assert len(await sandbox.letters(referral="R-2018-000011")) == 1
    assert await sandbox.letters(agency="an-insurer") == []
    assert await sandbox.letters(since="2100-01-01T00:00:00Z") == []


async def test_letters_do_not_wait_for_nagle() -> None:
    """Twenty letters on one connection take 0.9 s when the socket delays small packets, and some 0.05 s otherwise."""
    delays: asyncio.Queue[int] = asyncio.Queue()

    async def note(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted: socket.socket = writer.get_extra_info("socket")
        delays.put_nowait(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async with await asyncio.start_server(note, sock=listen("127.0.0.1", 0)) as server:
        _, calling = await asyncio.open_connection(*server.sockets[0].getsockname())

        assert await delays.get()
        calling.close()


async def test_a_reminder_is_one_letter_about_many_referrals(sandbox: Sandbox) -> None:
    await sandbox.send(sandbox.letter())
    answered = await sandbox.send(sandbox.reminder("R-2018-000001", "R-2018-000007"))

    assert answered.status_code == 202
    (letter,) = await sandbox.letters(type="ieum.referral.reminded.v1")
    assert (letter["subject"], letter["about"]) == (None, ["R-2018-000001", "R-2018-000007"])
    line = {"program": "emergency-living-aid", "waits_for": "D35-answer-urgent", "due_on": "2018-01-09", "reminder": 1}
    assert letter["reminders"] == [{"referral": number, **line} for number in ("R-2018-000001", "R-2018-000007")]
    assert [each["type"] for each in await sandbox.letters(referral="R-2018-000007")] == [letter["type"]]


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Kim Invented"},
        {"referral": "not a number!"},
        {"due_on": "tomorrow"},
        {"reminder": 0},
        {"reminder": True},
        {"label": {"ko": "수락"}},
        {"program": None},
    ],
)
async def test_a_reminder_of_another_form_is_refused(sandbox: Sandbox, changed: dict[str, object]) -> None:
    answered = await sandbox.send(sandbox.reminder("R-2018-000001", **changed))

    assert answered.status_code == 422
    assert "Kim Invented" not in answered.text


async def test_a_reminder_has_lines_and_no_subject(sandbox: Sandbox) -> None:
    envelope = json.loads(sandbox.reminder("R-2018-000001"))
    with_subject = json.dumps({**envelope, "subject": "R-2018-000001"}).encode()
    without_lines = json.dumps({**envelope, "data": {"referrals": []}}).encode()
    with_more = json.dumps({**envelope, "data": {**envelope["data"], "items": {"name": "Kim Invented"}}}).encode()

    for body in (with_subject, without_lines, with_more):
        assert (await sandbox.send(body)).status_code == 422
