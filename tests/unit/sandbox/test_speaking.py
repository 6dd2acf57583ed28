"""What a pretend agency says to the center's door."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

if TYPE_CHECKING:
    from conftest import Door, Sandbox

WELFARE, NHIS = "a-welfare-team", "an-insurer"
IN = "whsec_" + base64.b64encode(b"i" * 32).decode()


async def test_a_word_is_a_sealed_cloudevent(sandbox: Sandbox, door: Door) -> None:
    said = await sandbox.say(referral="R-1", event="completed", outcome="granted", occurred_at="2018-01-09T00:00:00Z")

    assert (said.status_code, said.json()["status"]) == (200, 202)
    ((agency, headers, body),) = door.heard
    heard = Webhook(IN).verify(body, headers)
    assert agency == WELFARE
    assert heard["id"] == headers["webhook-id"] == said.json()["id"]
    assert (heard["source"], heard["type"]) == (f"/agencies/{WELFARE}", "ieum.referral.completed.v1")
    assert (heard["subject"], heard["data"]) == ("R-1", {"occurred_at": "2018-01-09T00:00:00Z", "outcome": "granted"})


async def test_binary_mode_repeats_type_and_subject_under_the_seal(sandbox: Sandbox, door: Door) -> None:
    await sandbox.say(referral="R-1", event="accepted", mode="binary")

    ((_, headers, body),) = door.heard
    data = Webhook(IN).verify(body, headers)
    assert (data["type"], data["subject"]) == (headers["ce-type"], headers["ce-subject"])
    assert headers["ce-id"] == headers["webhook-id"]
    assert headers["content-type"] == "application/json"


async def test_the_program_finds_the_referral_at_any_agency(sandbox: Sandbox, door: Door) -> None:
    items = {"name": "Kim Invented"}
    for number in ("R-1", "R-2"):
        await sandbox.send(sandbox.letter(number=number, program="copay-relief", data={"items": items}))

    latest = await sandbox.say(agency=NHIS, program="copay-relief", event="completed", outcome="recognized")
    first = await sandbox.say(agency=NHIS, program="copay-relief", event="progressed", nth=1, journey="A")
    none = await sandbox.say(agency=NHIS, program="copay-relief", event="progressed", nth=3)

    assert (latest.json()["referral"], first.json()["referral"], none.status_code) == ("R-2", "R-1", 409)
    assert [agency for agency, _, _ in door.heard] == [NHIS, NHIS]
    said = (await sandbox.http.get("/control/said", params={"journey": "A"})).json()["said"]
    assert [message["event"] for message in said] == ["progressed"]


async def test_it_tries_again_with_the_same_id_until_the_door_answers(sandbox: Sandbox, door: Door) -> None:
    door.answers = [503, 500]

    said = await sandbox.say(referral="R-1", event="accepted")

    assert [one["status"] for one in said.json()["tries"]] == [503, 500, 202]
    assert len({headers["webhook-id"] for _, headers, _ in door.heard}) == 1


async def test_a_refusal_is_final_and_handed_back(sandbox: Sandbox, door: Door) -> None:
    door.answers = [409]

    said = await sandbox.say(referral="R-1", event="accepted")

    assert (said.status_code, said.json()["status"], len(door.heard)) == (200, 409, 1)


async def test_a_closed_door_is_504_after_bounded_tries(sandbox: Sandbox) -> None:
    said = await sandbox.say(referral="R-1", event="accepted")

    assert said.status_code == 504
    assert [one["error"] for one in said.json()["tries"]] == ["ConnectError"] * 5


async def test_a_replay_is_the_same_bytes_under_the_same_id(sandbox: Sandbox, door: Door) -> None:
    first = (await sandbox.say(referral="R-1", event="accepted")).json()

    again = await sandbox.say(id=first["id"])
    unknown = await sandbox.say(id="never-said")

    assert (again.json()["id"], unknown.status_code) == (first["id"], 404)
    assert door.heard[0][2] == door.heard[1][2]
    assert door.heard[0][1]["webhook-id"] == door.heard[1][1]["webhook-id"]


async def test_raw_bytes_go_out_as_they_are(sandbox: Sandbox, door: Door) -> None:
    raw = {"body_base64": base64.b64encode(b"\xff{").decode(), "headers": {"webhook-signature": "garbage"}}

    said = await sandbox.say(raw=raw)
    sealed = await sandbox.say(raw={**raw, "headers": {"x-note": "sealed"}, "sign": True})

    assert (said.status_code, sealed.status_code) == (200, 200)
    assert [body for _, _, body in door.heard] == [b"\xff{", b"\xff{"]
    assert door.heard[0][1]["webhook-signature"] == "garbage"
    assert "webhook-id" not in door.heard[0][1]
    assert door.heard[1][1]["webhook-signature"].startswith("v1,")


async def test_mirrors_and_strangers_cannot_speak(sandbox: Sandbox) -> None:
    mirror = await sandbox.say(agency="a-court", referral="R-1", event="progressed")
    stranger = await sandbox.say(agency="nobody", referral="R-1", event="progressed")

    assert (mirror.status_code, stranger.status_code) == (409, 404)
    assert "mirror" in mirror.json()["detail"]


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"event": "accepted"}, 422),
        ({"referral": "R-1"}, 422),
        ({"referral": "R-1", "event": "Accepted!"}, 422),
        ({"referral": "R-1", "event": "accepted", "outcom": "granted"}, 422),
        ({"program": "copay-relief", "event": "accepted"}, 409),
        ({"raw": {"body_base64": "%"}}, 422),
    ],
)
async def test_wishes_it_does_not_understand(sandbox: Sandbox, wish: dict[str, object], status: int) -> None:
    assert (await sandbox.say(**wish)).status_code == status


async def test_doubles_are_said_twice_under_one_id(sandbox: Sandbox, door: Door) -> None:
    await sandbox.weather(doubles=True)

    await sandbox.say(referral="R-1", event="accepted")

    assert len(door.heard) == 2
    assert len({headers["webhook-id"] for _, headers, _ in door.heard}) == 1


async def test_shuffled_words_are_held_and_come_in_the_seeds_order(sandbox: Sandbox, door: Door) -> None:
    await sandbox.weather(shuffle=3, seed=1)

    held = [(await sandbox.say(referral="R-1", event=event)).json()["held"] for event in ("received", "accepted")]
    last = (await sandbox.say(referral="R-1", event="completed")).json()

    assert (held, last["held"], len(last["also_said"])) == ([True, True], False, 2)
    assert sorted(door.events()) == ["accepted", "completed", "received"]
    assert door.events() != ["received", "accepted", "completed"]


async def test_what_shuffling_held_back_is_said_when_the_weather_clears(sandbox: Sandbox, door: Door) -> None:
    await sandbox.weather(shuffle=10)
    await sandbox.say(referral="R-1", event="received")

    await sandbox.weather()

    assert door.events() == ["received"]


async def test_a_bad_seal_and_a_wrong_clock(sandbox: Sandbox, door: Door) -> None:
    await sandbox.weather(bad_seal=True)
    await sandbox.say(referral="R-1", event="received")
    await sandbox.weather(clock_offset_seconds=-3600)
    await sandbox.say(referral="R-1", event="received")

    for _, headers, body in door.heard:
        with pytest.raises(WebhookVerificationError):
            Webhook(IN).verify(body, headers)


async def test_the_fixed_clock_stamps_what_is_said(sandbox: Sandbox, door: Door) -> None:
    await sandbox.http.put("/control/clock", json={"now": "2018-06-18T09:00:00+09:00"})

    await sandbox.say(referral="R-1", event="received")

    ((_, headers, body),) = door.heard
    assert headers["webhook-timestamp"] == "1529280000"
    assert json.loads(body)["data"]["occurred_at"] == "2018-06-18T00:00:00Z"
    assert (await sandbox.http.put("/control/clock", json={"now": "yesterday"})).status_code == 422


async def test_what_no_door_ever_took_is_lost_and_what_it_took_once_is_not(sandbox: Sandbox, door: Door) -> None:
    await sandbox.say(referral="R-1", event="accepted", id="msg_taken")
    door.answers[:] = [401]
    await sandbox.say(referral="R-1", event="started", id="msg_refused")
    await sandbox.weather(silence=True)
    await sandbox.say(referral="R-2", event="completed", id="msg_silenced")
    await sandbox.weather()
    # Again, and refused this time: it has arrived all the same.
    door.answers[:] = [409]
    await sandbox.say(id="msg_taken")

    lost = (await sandbox.http.get("/control/lost")).json()
    words = [
        {"agency": WELFARE, "referral": "R-1", "id": "msg_refused"},
        {"agency": WELFARE, "referral": "R-2", "id": "msg_silenced"},
    ]
    assert lost == {"words": words, "agencies": []}


async def test_whose_weather_is_not_mild_and_who_feigned_to_take_a_letter_may_answer_oddly(sandbox: Sandbox) -> None:
    await sandbox.weather(NHIS, latency_ms=1)
    await sandbox.weather(status=200)
    await sandbox.send(sandbox.letter())
    await sandbox.weather()

    assert [WELFARE, NHIS] == (await sandbox.http.get("/control/lost")).json()["agencies"]
