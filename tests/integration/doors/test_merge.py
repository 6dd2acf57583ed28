"""The door that merges: once, quietly again, with every refusal saying what a person must decide."""

from datetime import timedelta

from models.numbers import Kind, spell
from tests.integration.doors.house import House, told
from tests.integration.doors.intakes import intake

JOURNEYS = "/api/journeys"


async def two(house: House) -> tuple[str, str]:
    """Let the same person walk in twice, with another phone, income and household; return both numbers."""
    old = (await house.api("POST", JOURNEYS, intake(), key="k-1")).json()["number"]
    house.now += timedelta(days=1)
    again = intake(
        client__phone="010-0000-9999", facts__monthly_income=900_000, facts__employer="sunny-day-care", household=[]
    )
    return old, (await house.api("POST", JOURNEYS, again, key="k-2")).json()["number"]


async def test_two_become_one_and_both_numbers_answer(house: House) -> None:
    old, new = await two(house)

    answers = [await house.api("POST", f"{JOURNEYS}/{new}/merge", {"into": old.lower()}) for _ in range(2)]

    assert [200, 200] == [answer.status_code for answer in answers]
    assert answers[0].json() == answers[1].json()
    assert {
        "number": old,
        "merged": new,
        "withdrawn": [],
        "differ": ["household", "monthly_income", "phone"],
        "taken_over": ["employer"],
        "differences": [{"fact": "monthly_income", "kept": 0, "other": 900_000}],
    } == answers[0].json()
    assert not [word for word in ("홍", "1976", "0000-0000", "9999") if word in answers[0].text]
    shown = [(await house.api("GET", f"{JOURNEYS}/{number}")).json() for number in (old, new)]
    assert shown[0] == shown[1]
    assert (old, [new]) == (shown[0]["number"], shown[0]["merged"])
    assert [("facts_differ", new)] == [(notice["code"], notice["about"]) for notice in shown[0]["notices"]]
    page = (await house.api("GET", JOURNEYS)).json()
    assert [old] == [line["number"] for line in page["journeys"]]


async def test_what_is_said_of_the_old_number_is_heard_of_the_one_that_stays(house: House) -> None:
    old, new = await two(house)
    said = {"event": "needs_changed", "needs": ["job"]}
    before = await house.api("POST", f"{JOURNEYS}/{new}/events", said, key="before")
    await house.change("UPDATE inbox_event SET fate = 'applied'")
    await house.api("POST", f"{JOURNEYS}/{new}/merge", {"into": old})

    after = await house.api("POST", f"{JOURNEYS}/{new}/events", said, key="after")

    assert 202 == after.status_code
    assert await house.rows(
        "SELECT number FROM inbox_event e JOIN journey j ON j.id = e.journey_id WHERE e.source_id = 'after'"
    ) == [(old,)]
    for answer in (before, after):
        assert 200 == (await house.api("GET", answer.json()["href"])).status_code
    repeated = await house.api("POST", JOURNEYS, intake(), key="k-1")
    assert (200, old) == (repeated.status_code, repeated.json()["number"])


async def test_the_merged_client_is_known_by_either_phone(house: House) -> None:
    old, new = await two(house)
    await house.api("POST", f"{JOURNEYS}/{new}/merge", {"into": old})

    for phone in ("010-0000-0000", "010-0000-9999"):
        answer = await house.api("POST", JOURNEYS, intake(client__phone=phone))
        assert told(answer) == (409, "same-person")
        assert [old] == answer.json()["numbers"]


async def test_every_refusal_says_what_to_do_and_keeps_nothing(house: House) -> None:
    old, new = await two(house)
    third = (await house.api("POST", JOURNEYS, intake(client__birth_date="1976-03-03"))).json()["number"]
    unknown = spell(Kind.JOURNEY, 2017, 99)
    kept = await house.kept()

    async def refused(number: str, body: object) -> tuple[int, str]:
        answer = await house.api("POST", f"{JOURNEYS}/{number}/merge", body)
        assert "canary" not in answer.text
        return told(answer)

    assert (404, "unknown-journey") == await refused(unknown, {"into": old})
    assert (404, "unknown-journey") == await refused(old, {"into": unknown})
    assert (409, "one-journey") == await refused(old, {"into": old})
    assert (409, "persons-differ") == await refused(third, {"into": old})
    assert (422, "bad-fields") == await refused(old, {"into": "canary"})
    assert (422, "bad-fields") == await refused(old, {"into": new, "canary": 1})
    assert (400, "bad-number") == await refused("canary", {"into": new})
    assert (401, "no-token") == told(await house.api("POST", f"{JOURNEYS}/{old}/merge", {"into": new}, token="no"))
    assert kept == await house.kept()

    await house.api("POST", f"{JOURNEYS}/{new}/merge", {"into": old})
    elsewhere = await house.api("POST", f"{JOURNEYS}/{new}/merge", {"into": third})
    assert told(elsewhere) == (409, "merged-elsewhere")
    assert [old] == elsewhere.json()["numbers"]
    assert 200 == (await house.api("POST", f"{JOURNEYS}/{third}/merge", {"into": new, "sure": True})).status_code
