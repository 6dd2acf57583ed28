"""Opening a journey: all or nothing, once, and every field that cannot be is named without being repeated."""

import asyncio
from typing import Any

import pytest

from models.numbers import Kind, read
from tests.integration.doors.house import House, told
from tests.integration.doors.intakes import intake

CANARY = "Canary-Kim"
JOURNEYS = "/api/journeys"


async def test_an_intake_opens_a_journey_and_tells_the_intake_desk(house: House) -> None:
    answer = await house.api("POST", JOURNEYS, intake())

    number = answer.json()["number"]
    assert answer.status_code == 201
    assert read(Kind.JOURNEY, number) == number == "J-2017-000001-" + number[-1]
    assert answer.headers["location"] == answer.json()["href"] == f"{JOURNEYS}/{number}"
    assert await house.rows("SELECT desk, word, source, fate FROM inbox_event") == [
        ("intake", "opened", "intake:tester", "waiting")
    ]
    assert await house.rows("SELECT name, relation, school_level FROM household_member") == [
        ("홍이음", "child", "middle")
    ]
    assert await house.rows("SELECT purpose, recipient, valid_from::text FROM consent ORDER BY purpose") == [
        ("collection", None, "2017-12-04"),
        ("provision", "mapo-welfare-team", "2017-12-04"),
    ]
    facts = (await house.rows("SELECT facts, opened_on::text, needs FROM journey"))[0]
    assert facts[0]["debts_unsecured_won"] == 62_000_000
    assert "birth_date" not in facts[0]
    assert facts[1:] == ("2017-12-04", ["benefits", "debt", "job", "living"])


async def test_the_same_key_opens_one_journey_however_often_and_fast(house: House) -> None:
    answers = await asyncio.gather(*[house.api("POST", JOURNEYS, intake(), key="k-1") for _ in range(8)])

    assert sorted(answer.status_code for answer in answers) == [*[200] * 7, 201]
    assert len({answer.json()["number"] for answer in answers}) == 1
    other = await house.api("POST", JOURNEYS, intake(client__name="홍길동"), key="k-1")
    assert told(other) == (409, "key-reused")
    assert await house.rows("SELECT count(*) FROM client") == [(1,)]


async def test_without_a_key_each_intake_is_one_of_its_own(house: House) -> None:
    people = [intake(client__name=f"홍길순{nth}", client__phone=f"010-0000-000{nth}") for nth in range(3)]
    numbers = {(await house.api("POST", JOURNEYS, body)).json()["number"] for body in people}

    assert len(numbers) == 3


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("an unknown need", {"needs": [CANARY]}, "needs.0"),
    ("no need", {"needs": []}, "needs"),
    ("a need twice", {"needs": ["job", "job"]}, "needs"),
    ("no name", {"client__name": None}, "client.name"),
    ("an empty name", {"client__name": "  "}, "client.name"),
    ("a control character", {"client__name": "a\u202eb"}, "client.name"),
    ("no such day", {"client__birth_date": "1976-02-30"}, "client.birth_date"),
    ("a day as number", {"client__birth_date": 19760302}, "client.birth_date"),
    ("born tomorrow", {"client__birth_date": "2017-12-05"}, "client.birth_date"),
    ("born long ago", {"client__birth_date": "1850-01-01"}, "client.birth_date"),
    ("an unknown sex", {"client__sex": CANARY}, "client.sex"),
    ("no phone number", {"client__phone": CANARY}, "client.phone"),
    ("yes for true", {"client__address_secret": "yes"}, "client.address_secret"),
    ("an unknown field", {CANARY: 1}, "body"),
    ("an unknown fact", {f"facts__{CANARY}": 1}, "facts"),
    ("no household", {"household": None}, "household"),
    ("a child older than the client", {"household__0__birth_date": "1970-01-01"}, "household.0.birth_date"),
    ("an unknown relation", {"household__0__relation": CANARY}, "household.0.relation"),
    ("money in quotes", {"facts__monthly_income": "0"}, "facts.monthly_income"),
    ("less than nothing", {"facts__monthly_income": -1}, "facts.monthly_income"),
    ("a crisis to come", {"facts__crisis_on": "2018-01-01"}, "facts.crisis_on"),
    ("a fact of the client's row", {"facts__birth_date": "1976-03-02"}, "facts.birth_date"),
    ("no consent", {"consents": []}, "consents"),
    ("no consent to collect", {"consents__0__purpose": "sensitive"}, "consents"),
    ("a consent over before", {"consents__0__valid_to": "2017-12-03"}, "consents"),
    ("a consent from tomorrow", {"consents__0__valid_from": "2017-12-05"}, "consents"),
    ("an unknown recipient", {"consents__1__recipient": "canary-kim"}, "consents.1.recipient"),
    ("no recipient", {"consents__1__recipient": None}, "consents.1.recipient"),
    ("an unknown item", {"consents__1__items": [CANARY]}, "consents.1.items.0"),
    ("a consent that ends first", {"consents__1__valid_to": "2017-12-01"}, "consents.1.valid_to"),
    ("opened tomorrow", {"opened_on": "2017-12-05"}, "opened_on"),
    ("opened before there were centers", {"opened_on": "1999-12-31"}, "opened_on"),
]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("change", "field"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
async def test_what_cannot_be_is_named_by_field(shared: House, change: dict[str, Any], field: str) -> None:
    answer = await shared.api("POST", JOURNEYS, intake(**change))

    assert told(answer) == (422, "bad-fields")
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert all(error["problem"] and error["remedy"] for error in answer.json()["errors"])
    assert CANARY.lower() not in answer.text.lower()
    assert await shared.kept() == 0


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("change", "field", "problem"),
    [
        ({"needs": ["wings"]}, "needs.0", "it must be "),
        ({"needs": []}, "needs", "it holds too few"),
        ({"consents__1__items": ["wings"]}, "consents.1.items.0", "it must be "),
        ({"client__phone": "wings"}, "client.phone", "it has not the form it must have"),
        ({"client__birth_date": "1976-02-30"}, "client.birth_date", "it is no day"),
        ({"client__name": "  "}, "client.name", "it is empty or too short"),
        ({"facts__monthly_income": "0"}, "facts.monthly_income", "it must be "),
    ],
)
async def test_one_fault_is_one_problem_in_our_own_words(
    shared: House, change: dict[str, Any], field: str, problem: str
) -> None:
    answer = await shared.api("POST", JOURNEYS, intake(**change))

    [only] = answer.json()["errors"]
    assert (field, True) == (only["field"], only["problem"].startswith(problem))
    assert not [word for word in ("Input", "Tuple", "validation", "pattern") if word in only["problem"]]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("client__name", "홍길순 760302-2000000"),
        ("client__address", "마포구 7603022000000"),
        ("household__0__name", "040510 – 4000000"),
        ("client__name", "760302-2000000"),
    ],
)
async def test_a_resident_registration_number_is_refused_wherever_it_stands(
    shared: House, path: str, text: str
) -> None:
    answer = await shared.api("POST", JOURNEYS, intake(**{path: text}))

    assert told(answer) == (422, "resident-number")
    assert [path.replace("__", ".")] == [error["field"] for error in answer.json()["errors"]]
    assert "2000000" not in answer.text
    assert await shared.kept() == 0


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("token", ["=", "wrong", "x" * 5000, "wrong token"])
async def test_without_a_valid_token_nothing_opens(shared: House, token: str) -> None:
    answer = await shared.api("POST", JOURNEYS, intake(), token=token)

    assert told(answer) == (401, "no-token")
    assert answer.headers["www-authenticate"] == 'Bearer realm="ieum"'
    assert await shared.kept() == 0


@pytest.mark.asyncio(loop_scope="module")
async def test_other_media_types_and_broken_json_are_refused(shared: House) -> None:
    from tests.integration.doors.house import TOKEN  # noqa: PLC0415

    bearer = {"authorization": f"Bearer {TOKEN}"}

    async def send(body: bytes, media_type: str) -> tuple[int, str]:
        headers = bearer | {"content-type": media_type}
        return told(await shared.http.post(f"{shared.base}{JOURNEYS}", content=body, headers=headers))

    assert await send(b"{}", "text/plain") == (415, "not-json")
    assert await send(b"{", "application/json") == (400, "bad-json")
    assert await send(b'{"needs": NaN}', "application/json") == (400, "bad-json")
    assert await send(b"[]", "application/json") == (400, "bad-json")
    assert await shared.kept() == 0
