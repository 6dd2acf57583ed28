"""What stands behind a link is what may be seen today, whatever the letter said when it was written."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from models.vocabulary import Desk, JourneyEvent
from tasks.contact import Contact, Told, change_contact
from tasks.mending import set_letters_aside
from tests.integration.links.conftest import AGENCY, PERSONAL, PROGRAM, Bakery
from tests.integration.links.page import Page
from tests.integration.links.test_link_expiry import counts
from tests.integration.merges import number_of

NAME, PHONE, ADDRESS, BIRTH = PERSONAL
REVOKED, CHANGED = "consent.revoked", ("바뀌었습니다. 센터에", "It has changed since")


async def seen(bakery: Bakery, path: str) -> set[str]:
    """Return what a page shows of the client, in either language."""
    ko, en = await both(bakery, path)
    return {word for word in PERSONAL if word in ko or word in en}


async def both(bakery: Bakery, path: str) -> tuple[str, str]:
    """Return a page in Korean and in English."""
    return (await bakery.get(f"{path}?lang=ko")).text, (await bakery.get(f"{path}?lang=en")).text


async def journey(bakery: Bakery) -> UUID:
    [(found,)] = await bakery.ground.rows("SELECT journey_id FROM referral WHERE program = :p", p=PROGRAM)
    return UUID(str(found))


async def contact(bakery: Bakery, key: str = "k1", **given: str | bool | None) -> None:
    """Change the client's phone or address, and let the desks hear it."""
    ground = bakery.ground
    told: dict[Told, Any] = {**given}  # pyright: ignore[reportAssignmentType]
    said = Contact(given=told, facts={}, source="staff:front-desk", source_id=key, digest=key, occurred_at=ground.now)
    await change_contact(ground.engine, await number_of(ground, await journey(bakery)), said, ground.tools.clock())
    await ground.work()


async def letter(bakery: Bakery) -> object:
    """Return the request as it was sent."""
    [(body,)] = await bakery.ground.rows(
        "SELECT body FROM letter WHERE agency = :a AND type = 'referral.requested'", a=AGENCY
    )
    return body


async def test_an_address_that_became_secret_is_seen_no_more_and_nobody_is_told_why(bakery: Bakery) -> None:
    link, before = await bakery.link(), await letter(bakery)
    assert set(PERSONAL) == await seen(bakery, link)

    await contact(bakery, address_secret=True)

    assert {NAME, PHONE, BIRTH} == await seen(bakery, link)
    said = "".join(await both(bakery, link))
    assert [] == [word for word in CHANGED if word in said]
    assert before == await letter(bakery), "what was sent stays as it was sent"
    bakery.ground.now += timedelta(days=23)
    assert {"link_renewed": 1} == dict(await counts(bakery))
    await bakery.deliver(Desk.INTAKE)
    assert {NAME, PHONE, BIRTH} == await seen(bakery, await bakery.link())


@pytest.mark.parametrize("taken_away", [False, True])
async def test_a_phone_or_address_that_has_changed_is_named_so_and_not_shown(bakery: Bakery, taken_away: bool) -> None:  # noqa: FBT001 - a case of the test
    link = await bakery.link()
    new = ("010-7777-4102", "서울특별시 은평구 달빛로 9")

    await contact(bakery, "k1", phone=None if taken_away else new[0])
    assert {NAME, ADDRESS, BIRTH} == await seen(bakery, link)
    await contact(bakery, "k2", address=None if taken_away else new[1])
    assert {NAME, BIRTH} == await seen(bakery, link)

    ko, en = await both(bakery, link)
    assert (2, 2) == (ko.count(CHANGED[0]), en.count(CHANGED[1]))
    assert not any(word in ko for word in (*new, "phone_changed", "address_changed"))


async def test_what_changed_is_said_in_words_and_never_by_its_code(bakery: Bakery) -> None:
    link = await bakery.link()
    await contact(bakery, phone="010-7777-4102")
    await bakery.deliver(Desk.EMERGENCY_AID)

    ko, en = await both(bakery, link)

    assert ("연락처" in ko, "the phone number" in en) == (True, True)
    assert "phone_changed" not in ko + en


async def test_a_stop_that_was_set_aside_shuts_the_page_all_the_same(bakery: Bakery) -> None:
    link = await bakery.link()
    await bakery.say(link, "accepted")
    await bakery.sandbox.control.put("/mails/refusals", json={"codes": [550] * 4})
    await bakery.ground.put(
        "staff:front-desk",
        JourneyEvent.CONSENT_WITHDRAWN,
        journey=await journey(bakery),
        desk=Desk.INTAKE,
        purpose="collection",
    )
    await bakery.ground.work()
    for _ in range(2):
        await bakery.deliver(Desk.EMERGENCY_AID)
    number = await bakery.ground.number(PROGRAM)
    async with bakery.ground.engine.begin() as connection:
        await set_letters_aside(connection, number, "anna", "told by phone", bakery.ground.now)

    states = dict(await bakery.ground.rows("SELECT type, state FROM letter WHERE agency = :a", a=AGENCY))
    assert {"withdrawn"} == {states[REVOKED], states["referral.cancel_requested"]}
    assert (set[str](), "cancel_requested") == (await seen(bakery, link), await bakery.state())
    # Nor where only the letter says so: a state may have moved on, or back.
    for state in ("accepted", "in_progress"):
        await bakery.ground.change("UPDATE referral SET state = :state WHERE program = :p", state=state, p=PROGRAM)
        assert set() == await seen(bakery, link), state


async def test_a_referral_that_is_asked_to_stop_shows_nothing_whatever_was_written(bakery: Bakery) -> None:
    link = await bakery.link()
    await bakery.ground.change("UPDATE referral SET state = 'cancel_requested' WHERE program = :p", p=PROGRAM)

    assert set() == await seen(bakery, link)
    assert {"cancelled", "progressed"} <= Page((await bakery.get(link)).text).events


async def test_what_rests_on_a_consent_is_seen_and_renewed_only_while_that_holds(consenting: Bakery) -> None:
    link, ground = await consenting.link(), consenting.ground
    assert set(PERSONAL) == await seen(consenting, link)
    last = ground.now.date() + timedelta(days=10)
    await ground.change("UPDATE consent SET valid_to = :day", day=last)
    ground.now += timedelta(days=10)
    assert set(PERSONAL) == await seen(consenting, link), "its last day is a day of it"

    ground.now += timedelta(days=1)
    assert set() == await seen(consenting, link)
    ground.now += timedelta(days=13)
    assert {} == dict(await counts(consenting)), "no link is renewed, and nobody waits for one"
    assert 1 == len(await consenting.mails())
    await ground.change("UPDATE consent SET valid_to = :day", day=last + timedelta(days=365))
    assert {"link_renewed": 1} == dict(await counts(consenting))
    assert set(PERSONAL) == await seen(consenting, link)


async def test_a_consent_that_was_withdrawn_carries_neither_page_nor_link(consenting: Bakery) -> None:
    link, ground = await consenting.link(), consenting.ground
    await ground.change("UPDATE consent SET withdrawn_at = :now WHERE recipient = :a", now=ground.now, a=AGENCY)

    assert set() == await seen(consenting, link)
    ground.now += timedelta(days=24)
    assert {} == dict(await counts(consenting))


async def test_where_a_statute_carries_it_as_well_the_page_names_the_statute_after_the_consent(bakery: Bakery) -> None:
    link, ground = await bakery.link(), bakery.ground
    assert "본인 동의" in (await bakery.get(link)).text
    await ground.change("UPDATE consent SET valid_to = :day", day=ground.now.date())
    ground.now += timedelta(days=1)

    text = (await bakery.get(link)).text
    assert set(PERSONAL) == await seen(bakery, link)
    assert ("본인 동의" in text, "긴급복지지원법" in text) == (False, True)
