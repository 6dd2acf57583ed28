"""The same person walking in again: found, refused or taken in as she is, and nothing of her told to anybody."""

import asyncio
from datetime import UTC, datetime

import pytest

from tests.integration.doors.house import House, told
from tests.integration.doors.intakes import intake

JOURNEYS = "/api/journeys"
PHONE = "010-0000-0000"


async def opened(house: House, **changes: object) -> str:
    """Let somebody walk in; return the journey's number."""
    answer = await house.api("POST", JOURNEYS, intake(**changes))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


async def ended(house: House) -> None:
    """Let every journey come to its end: every event heard, every referral closed."""
    await house.change("UPDATE inbox_event SET fate = 'applied'")
    await house.change(
        "INSERT INTO referral (id, number, journey_id, client_id, desk, program, agency, state, application_date,"
        " items, created_at) SELECT gen_random_uuid(), 'R-' || number, id, client_id, 'intake', 'job-counseling',"
        " 'seoul-west-employment-center', 'completed', opened_on, '[]', opened_at FROM journey"
    )


async def test_an_open_journey_of_the_same_person_is_named_and_nothing_is_kept(house: House) -> None:
    first = await opened(house)
    kept = await house.kept()

    again = await house.api("POST", JOURNEYS, intake(client__name="홍 길순", client__phone="+8210-0000-0000"))

    assert told(again) == (409, "same-person")
    assert again.json()["numbers"] == [first]
    assert again.json()["detail"] == f"Open already: {first}."
    assert not [word for word in ("홍", "1976", PHONE, "0000-0000") if word in again.text]
    assert await house.kept() == kept


async def test_the_same_key_still_answers_the_first_journey(house: House) -> None:
    answers = [await house.api("POST", JOURNEYS, intake(), key="k-1") for _ in range(3)]

    assert [201, 200, 200] == [answer.status_code for answer in answers]
    assert 1 == len({answer.json()["number"] for answer in answers})


async def test_of_many_at_once_one_is_taken_in(house: House) -> None:
    answers = await asyncio.gather(*[house.api("POST", JOURNEYS, intake(), key=f"k-{nth}") for nth in range(6)])

    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    assert await house.rows("SELECT count(*) FROM client") == [(1,)]


@pytest.mark.parametrize(
    "changes",
    [{"client__phone": "010-0000-9999"}, {"client__phone": None}, {"client__name": "홍길선"}],
    ids=["another phone", "no phone", "another name"],
)
async def test_who_is_likely_the_same_is_taken_in_and_noticed(house: House, changes: dict[str, object]) -> None:
    first = await opened(house)

    answer = await house.api("POST", JOURNEYS, intake(**changes), key="k-2")
    repeated = await house.api("POST", JOURNEYS, intake(**changes), key="k-2")

    assert (201, 200) == (answer.status_code, repeated.status_code)
    assert [first] == answer.json()["perhaps_same_person"] == repeated.json()["perhaps_same_person"]
    second = answer.json()["number"]
    assert await house.rows("SELECT code, about, detail, settled_at FROM notice") == [
        ("same_person_perhaps", first, "", None)
    ]
    shown = (await house.api("GET", f"{JOURNEYS}/{second}")).json()
    assert [("same_person_perhaps", first)] == [(notice["code"], notice["about"]) for notice in shown["notices"]]
    assert await house.rows("SELECT count(*) FROM client") == [(2,)]


@pytest.mark.parametrize(
    "changes",
    [
        {"client__birth_date": "1976-03-03"},
        {"client__sex": "male"},
        {"client__name": "김이음", "client__phone": "010-0000-1111"},
    ],
    ids=["another birth date", "another sex", "another name and phone"],
)
async def test_who_is_somebody_else_raises_nothing(house: House, changes: dict[str, object]) -> None:
    await opened(house)
    await opened(house, **changes)

    assert await house.rows("SELECT code FROM notice") == []


async def test_staff_may_say_that_it_is_somebody_else(house: House) -> None:
    await opened(house)
    await opened(house, same_person=False)

    assert await house.rows("SELECT count(*) FROM client") == [(2,)]
    assert await house.rows("SELECT code FROM notice") == []


async def test_staff_may_open_one_more_journey_of_the_same_client(house: House) -> None:
    await opened(house, client__address_secret=True)
    second = await opened(house, same_person=True, household=[], client__phone=None)

    assert await house.rows("SELECT phone, address_secret FROM client") == [(PHONE, True)]
    assert await house.rows("SELECT count(*), count(DISTINCT client_id) FROM journey") == [(2, 1)]
    shown = (await house.api("GET", f"{JOURNEYS}/{second}")).json()
    assert (1, []) == (shown["household_size"], shown["notices"])


async def test_nobody_known_is_not_the_same_person(house: House) -> None:
    answer = await house.api("POST", JOURNEYS, intake(same_person=True))

    assert told(answer) == (422, "bad-fields")
    assert ["same_person"] == [error["field"] for error in answer.json()["errors"]]
    assert await house.kept() == 0


async def test_several_who_could_be_she_are_to_be_merged_first(house: House) -> None:
    first = await opened(house, client__phone="010-0000-1111")
    second = await opened(house, client__phone="010-0000-2222")

    answer = await house.api("POST", JOURNEYS, intake(same_person=True))

    assert told(answer) == (409, "same-person")
    assert {second, first} == set(answer.json()["numbers"])


async def test_whose_journey_has_ended_comes_back_as_the_same_client(house: House) -> None:
    await opened(house)
    await ended(house)
    house.now = datetime(2019, 5, 6, 1, 0, tzinfo=UTC)

    await opened(house, client__address="서울특별시 은평구 없는로 2", consents__0__valid_to="2024-05-05",
                 consents__1__valid_from="2019-05-06", consents__1__valid_to="2020-05-05")  # fmt: skip

    assert await house.rows("SELECT count(*) FROM client") == [(1,)]
    assert await house.rows("SELECT address FROM client") == [("서울특별시 은평구 없는로 2",)]
    assert await house.rows("SELECT count(*) FROM household_member") == [(1,)]
    assert await house.rows("SELECT code FROM notice") == []
