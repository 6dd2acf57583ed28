"""The staff's door shows the morning's list, to staff alone."""

from tests.integration.doors.house import House, told


async def test_the_list_is_answered_with_titles_in_both_languages(house: House) -> None:
    await house.with_referral()
    await house.post(house.event(subject="R-2017-999999-0"))
    await house.store()

    answer = await house.api("GET", "/api/digest")

    assert 200 == answer.status_code
    body = answer.json()
    assert ("2017-12-04", 6) == (body["day"], len(body["desks"]))
    assert {"ko": "초기상담", "en": "Intake"} == body["desks"][0]["title"]
    assert ["unknown_referral"] == [parked["reason"] for parked in body["parked_without_desk"]]


async def test_one_desk_or_none_of_that_name(house: House) -> None:
    one = await house.api("GET", "/api/digest?desk=debt-relief")
    none = await house.api("GET", "/api/digest?desk=reception")

    assert ["debt-relief"] == [desk["desk"] for desk in one.json()["desks"]]
    assert (422, "bad-fields") == told(none)


async def test_without_a_token_nothing_is_told(house: House) -> None:
    assert (401, "no-token") == told(await house.api("GET", "/api/digest", token="nobody"))
