"""The door that settles a notice: once, quietly again, and never what is stuck."""

from uuid import UUID

from models.keys import uuid7
from models.notice import SetAside
from tests.integration.doors.house import NOW, House, told
from tests.integration.doors.intakes import intake
from tests.integration.doors.test_waiting import notice

WHY = {"why": "  asked by telephone  "}


def settle(id_: object) -> str:
    return f"/api/notices/{id_}/settle"


async def listed(house: House) -> list[str]:
    """Return the ids of the open notices, as the list of the whole house names them."""
    return [each["id"] for each in (await house.api("GET", "/api/notices")).json()["notices"]]


async def test_it_is_settled_with_who_and_why_and_the_first_word_stays(house: House) -> None:
    number = await house.with_referral()
    [(journey,)] = await house.rows("SELECT journey_id FROM referral")
    await notice(house, "facts_missing", journey_id=journey, about="copay-relief", detail="missing: income")
    [id_] = await listed(house)
    assert [id_] == [each["id"] for each in (await house.api("GET", f"/api/journeys/{number}")).json()["notices"]]
    digest = (await house.api("GET", "/api/digest?desk=intake")).json()
    assert [id_] == [each["id"] for each in digest["desks"][0]["notices"]]

    first = await house.api("POST", settle(id_), WHY)
    again = await house.api("POST", settle(id_.upper()), {"why": "another"})

    assert (200, 200) == (first.status_code, again.status_code)
    assert first.json() == again.json()
    assert {
        "id": id_,
        "code": "facts_missing",
        "label": {"ko": "확인이 필요한 사실이 있음", "en": "Facts are missing"},
        "about": "copay-relief",
        "detail": "missing: income",
        "desk": "intake",
        "journey": number,
        "raised_at": "2017-12-04T05:00:00Z",
        "settled_at": "2017-12-04T05:00:01Z",
        "settled_by": "staff:tester",
        "settled_why": "asked by telephone",
    } == first.json()
    assert [] == await listed(house)
    assert [("staff:tester", "asked by telephone")] == await house.rows("SELECT settled_by, settled_why FROM notice")


async def test_perhaps_the_same_person_is_answered_with_somebody_else(house: House) -> None:
    await house.api("POST", "/api/journeys", intake(), key="k-1")
    other = intake(client__phone="010-0000-9999")
    number = (await house.api("POST", "/api/journeys", other, key="k-2")).json()["number"]
    [id_] = await listed(house)

    assert 200 == (await house.api("POST", settle(id_), {"why": "somebody else"})).status_code

    assert [] == (await house.api("GET", f"/api/journeys/{number}")).json()["notices"]
    assert [] == (await house.api("POST", "/api/journeys", other, key="k-2")).json()["perhaps_same_person"]


async def test_every_refusal_says_what_to_do_and_settles_nothing(house: House) -> None:
    await house.with_referral()
    [(journey,)] = await house.rows("SELECT journey_id FROM referral")
    await notice(house, "journey_set_aside", journey_id=journey, about="7")
    aside = {"journey_id": journey, "desk": "intake", "reason": "unknown_word", "event_id": 7, "since": NOW}
    await house.store(SetAside.model_validate(aside))
    [id_] = await listed(house)

    stuck = await house.api("POST", settle(id_), WHY)

    assert (409, "notice-stands") == told(stuck)
    assert "Mend it: ieum event replay 7, or ieum event set-aside 7 --why WHY." == stuck.json()["detail"]
    for unknown in (uuid7(NOW), UUID(int=0), id_[:8], "canary"):
        answer = await house.api("POST", settle(unknown), WHY)
        assert (404, "unknown-notice") == told(answer)
        assert "canary" not in answer.text
    canaries: tuple[dict[str, object], ...] = (
        {},
        {"why": "  "},
        {"why": 1},
        {"why": "x" * 201},
        {"why": "a\u0007b"},
        {"why": "x", "canary": 1},
    )
    for body in canaries:
        answer = await house.api("POST", settle(id_), body)
        assert (422, "bad-fields") == told(answer)
        assert "canary" not in answer.text
    assert (422, "resident-number") == told(await house.api("POST", settle(id_), {"why": "760302-2345678"}))
    assert (401, "no-token") == told(await house.api("POST", settle(id_), WHY, token="no"))
    assert (405, "wrong-method") == told(await house.api("GET", settle(id_)))
    assert [id_] == await listed(house)

    await house.change("DELETE FROM set_aside")
    assert 200 == (await house.api("POST", settle(id_), WHY)).status_code
