"""What waits for a person in the whole house: also what no journey shows, and only what is still open."""

from datetime import timedelta

from models.keys import uuid7
from models.notice import Notice
from models.outbox import Letter
from tests.integration.doors.house import AGENCY, NOW, REFERRAL, House, told
from web.waiting import count_waiting

UNKNOWN = "R-2017-000999-9"


async def test_what_no_journey_shows_is_shown_here(house: House) -> None:
    number = await house.with_referral()
    referral, journey = (await house.rows("SELECT id, journey_id FROM referral"))[0]
    await notice(house, "endpoint_disabled", about=AGENCY)
    await notice(house, "facts_missing", journey_id=journey)
    await notice(house, "letter_refused", settled_at=NOW)
    await house.post(house.event(subject=UNKNOWN))
    await with_person(house, referral, journey)

    answer = await house.api("GET", "/api/notices")

    shown = answer.json()
    assert 200 == answer.status_code
    assert [("facts_missing", number), ("endpoint_disabled", None)] == [
        (each["code"], each["journey"]) for each in shown["notices"]
    ]
    event = (await house.rows("SELECT id FROM inbox_event"))[0][0]
    assert 1 == shown["parked_without_journey"]["count"]
    assert [
        {
            "id": event,
            "source": f"agency:{AGENCY}",
            "reason": "unknown_referral",
            "received_at": (NOW + timedelta(seconds=3)).isoformat().replace("+00:00", "Z"),
        }
    ] == shown["parked_without_journey"]["events"]
    assert 1 == shown["letters_with_person"]["count"]
    letter = shown["letters_with_person"]["letters"][0]
    assert (REFERRAL, AGENCY, "referral.requested", "status-422") == tuple(
        letter[name] for name in ("referral", "agency", "type", "last_problem")
    )
    assert "MARKER" not in answer.text
    async with house.engine.connect() as connection:
        assert (2, 1, 1) == await count_waiting(connection)


async def test_a_follow_ups_notice_is_named_in_both_languages(house: House) -> None:
    number = await house.with_referral()
    journey = (await house.rows("SELECT journey_id FROM referral"))[0][0]
    await notice(house, "employment_check_due", journey_id=journey)
    await notice(house, "facts_missing", journey_id=journey)
    name = {"ko": "고용유지 확인", "en": "Check whether the client is still employed"}

    whole = (await house.api("GET", "/api/notices")).json()["notices"]
    one = (await house.api("GET", f"/api/journeys/{number}")).json()["notices"]

    for shown in (whole, one):
        labels = {each["code"]: each["label"] for each in shown}
        assert name == labels["employment_check_due"]
        assert {"ko": "확인이 필요한 사실이 있음", "en": "Facts are missing"} == labels["facts_missing"]


async def test_notices_are_leafed_through_newest_first_and_nothing_comes_twice(house: House) -> None:
    for running in range(7):
        await notice(house, f"code_{running}")
    seen: list[str] = []
    address: str | None = "/api/notices?limit=3"
    while address is not None:
        page = (await house.api("GET", address)).json()
        assert len(page["notices"]) <= 3
        seen += [each["code"] for each in page["notices"]]
        address = page["next"]

    assert [f"code_{running}" for running in reversed(range(7))] == seen
    assert told(await house.api("GET", "/api/notices?limit=101")) == (422, "bad-fields")
    assert told(await house.api("GET", "/api/notices", token="no")) == (401, "no-token")


async def notice(house: House, code: str, **told: object) -> None:
    """Raise a notice, and let a second pass."""
    row = {"id": uuid7(house.now), "desk": "intake", "code": code, "key": code, "raised_at": house.now, **told}
    await house.store(Notice.model_validate(row))
    house.now += timedelta(seconds=1)


async def with_person(house: House, referral: object, journey: object) -> None:
    """Store a letter that the agency will not take."""
    row = {
        "id": uuid7(NOW),
        "desk": "emergency-aid",
        "journey_id": journey,
        "referral_id": referral,
        "referral_number": REFERRAL,
        "agency": AGENCY,
        "type": "referral.requested",
        "cause": "rule:1:1",
        "sequence": 1,
        "body": {"items": {"name": "MARKER"}},
        "state": "with_person",
        "created_at": NOW,
        "next_attempt_at": NOW,
        "last_problem": "status-422",
    }
    await house.store(Letter.model_validate(row))
