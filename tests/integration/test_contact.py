"""A client's phone or address changes, on a real database: her row, what has not left, and what the agencies hear."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from models.vocabulary import Desk, Need
from tasks.contact import Contact, Heard, NotChanged, Told, change_contact
from tasks.forgetting import FORGET
from tests.integration.ground import Ground
from tests.integration.merges import contradictions, merged, number_of
from tests.integration.nights.test_keeping import everything

TEAM, BENEFIT = "mapo-welfare-team", "single-parent-support"
NEW_PHONE, NEW_ADDRESS = "010-7777-4102", "서울특별시 은평구 달빛로 9"


async def walks_in(ground: Ground, *, tried: bool = True) -> UUID:
    """Let a client be referred for benefits; her letters were tried, or have not left yet."""
    journey = await ground.walks_in(Need.BENEFITS)
    await ground.work()
    if tried:
        await ground.change("UPDATE letter SET state = 'sent', attempts = 1")
    return journey


async def told(
    ground: Ground, journey: UUID, key: str = "k1", *, district: str | None = None, **given: str | bool | None
) -> Heard:
    """Change what is given, as the door does, and let every desk hear it."""
    told_so: dict[Told, Any] = {**given}  # pyright: ignore[reportAssignmentType]
    contact = Contact(
        given=told_so,
        facts={} if district is None else {"district": district},
        source="staff:front-desk",
        source_id=key,
        digest=f"{sorted(given)}",
        occurred_at=ground.now,
    )
    heard = await change_contact(ground.engine, await number_of(ground, journey), contact, ground.tools.clock())
    await ground.work()
    return heard


async def amended(ground: Ground) -> list[tuple[str, str]]:
    """Return agency and reason of each amendment, with those that carry anything else as such."""
    rows = await ground.rows(
        "SELECT agency, body ->> 'reason', body -> 'items' FROM letter WHERE type = 'referral.amended' ORDER BY id"
    )
    assert {str({})} >= {str(items) for _, _, items in rows}
    return sorted({(agency, reason) for agency, reason, _ in rows})


async def requests(ground: Ground, item: str) -> set[str | None]:
    """Return what the requests to the welfare team say of an item."""
    rows = await ground.rows(
        "SELECT DISTINCT body -> 'items' ->> :item FROM letter WHERE type = 'referral.requested' AND agency = :team",
        item=item,
        team=TEAM,
    )
    return {value for (value,) in rows}


async def test_her_row_keeps_it_and_nothing_else_does(ground: Ground) -> None:
    journey = await walks_in(ground)

    await told(ground, journey, phone=NEW_PHONE, address=NEW_ADDRESS)

    assert [(NEW_PHONE, NEW_ADDRESS)] == await ground.rows("SELECT phone, address FROM client")
    whole = await everything(ground)
    assert (1, 1) == (whole.count(NEW_PHONE), whole.count(NEW_ADDRESS))
    [(data, fate)] = await ground.rows("SELECT data, fate FROM inbox_event WHERE word = 'contact_changed'")
    assert (["address", "phone"], "applied") == (data["changed"], fate)
    assert {"phone_changed", "address_changed"} == {reason for _, reason in await amended(ground)}
    assert [] == await contradictions(ground)


async def test_what_was_not_given_stays_and_what_is_the_same_is_told_to_nobody(ground: Ground) -> None:
    journey = await walks_in(ground)
    [(phone, address)] = await ground.rows("SELECT phone, address FROM client")

    await told(ground, journey, phone=phone)

    assert [(phone, address)] == await ground.rows("SELECT phone, address FROM client")
    assert [] == await amended(ground)
    await told(ground, journey, "k2", phone=None)
    assert [(None, address)] == await ground.rows("SELECT phone, address FROM client")


async def test_a_request_that_has_not_left_says_the_new_things_and_one_that_was_tried_stays_as_it_is(
    ground: Ground,
) -> None:
    journey = await walks_in(ground, tried=False)

    await told(ground, journey, phone=NEW_PHONE, address=NEW_ADDRESS)

    assert ({NEW_PHONE}, {NEW_ADDRESS}) == (await requests(ground, "phone"), await requests(ground, "address"))
    assert [] == await amended(ground)

    await ground.change("UPDATE letter SET attempts = 1")
    await told(ground, journey, "k2", phone="010-8888-0001")
    assert {NEW_PHONE} == await requests(ground, "phone")
    assert (TEAM, "phone_changed") in await amended(ground)


async def test_an_address_that_becomes_secret_leaves_no_more_whatever_was_tried(ground: Ground) -> None:
    journey = await walks_in(ground, tried=False)
    await ground.change(
        "UPDATE letter SET attempts = 2, state = CASE WHEN sequence = 1 THEN 'with_person' ELSE state END"
    )

    await told(ground, journey, address=NEW_ADDRESS, address_secret=True)

    assert {None} == await requests(ground, "address")
    assert [] == await amended(ground)
    [(detail,)] = await ground.rows("SELECT detail FROM notice WHERE code = 'address_kept_secret'")
    assert await ground.number(BENEFIT) in detail
    # What is written from now on does not hold it either.
    before = len(await ground.rows("SELECT id FROM letter"))
    await ground.put("staff:front-desk", "needs_changed", journey=journey, desk=Desk.INTAKE, needs=["living"])
    await ground.work()
    bodies = await ground.rows("SELECT body FROM letter")
    assert before < len(bodies)
    assert NEW_ADDRESS not in str(bodies)


async def test_told_with_the_district_it_is_the_move_that_changed_facts_would_be(ground: Ground) -> None:
    journey = await walks_in(ground)

    await told(ground, journey, address=NEW_ADDRESS, district="eunpyeong")

    assert [("eunpyeong",)] == await ground.rows("SELECT facts ->> 'district' FROM journey")
    abouts = await ground.rows("SELECT about FROM letter WHERE type = 'referral.amended' AND agency = :t", t=TEAM)
    assert {("moved:eunpyeong",)} == set(abouts)


async def test_said_again_or_at_once_it_is_done_once_and_a_taken_key_is_known(ground: Ground) -> None:
    journey = await walks_in(ground)

    heard = await asyncio.gather(*(told(ground, journey, phone=NEW_PHONE) for _ in range(4)))

    assert [False, False, False, True] == sorted(each.fresh for each in heard)
    assert 1 == len({each.id for each in heard})
    before = len(await ground.rows("SELECT id FROM letter WHERE type = 'referral.amended'"))
    other = await told(ground, journey, address=NEW_ADDRESS)
    assert (False, heard[0].digest) == (other.fresh, other.digest)
    assert other.digest != f"{['address']}"
    assert before == len(await ground.rows("SELECT id FROM letter WHERE type = 'referral.amended'"))


async def test_every_journey_of_hers_hears_it_also_by_a_number_that_ended_in_another(ground: Ground) -> None:
    first = await walks_in(ground)
    second = await ground.walks_in(Need.DEBT, again=first)
    await ground.work()
    await ground.change("UPDATE letter SET state = 'sent', attempts = 1")

    await told(ground, first, phone=NEW_PHONE)
    assert {TEAM, "microfinance-desk"} <= {agency for agency, _ in await amended(ground)}

    await merged(ground, second, first)
    heard = await told(ground, second, "k2", phone="010-8888-0001")
    assert heard.fresh
    assert [(first,)] == await ground.rows(
        "SELECT journey_id FROM inbox_event WHERE word = 'contact_changed' AND source_id LIKE 'k2%'"
    )


async def test_a_key_that_looks_like_another_journeys_keeps_nothing_from_it(ground: Ground) -> None:
    first = await walks_in(ground)
    second = await ground.walks_in(Need.DEBT, again=first)
    await ground.work()
    number = await number_of(ground, second)

    for key, phone in ((f"k1:{number}", NEW_PHONE), ("k1", "010-8888-0001")):
        assert (await told(ground, first, key, phone=phone)).fresh

    heard = "SELECT journey_id, count(*) FROM inbox_event WHERE word = 'contact_changed' GROUP BY 1"
    assert {first: 2, second: 2} == dict(await ground.rows(heard))


async def test_who_was_forgotten_is_not_told_of(ground: Ground) -> None:
    journey = await walks_in(ground)
    await told(ground, journey, phone=NEW_PHONE)
    [(client,)] = await ground.rows("SELECT client_id FROM journey")

    async with ground.engine.begin() as connection:
        for statement in FORGET:
            await connection.execute(statement, {"now": ground.now, "clients": [client], "journeys": [journey]})

    assert [({},)] == await ground.rows("SELECT data FROM inbox_event WHERE word = 'contact_changed'")
    with pytest.raises(NotChanged, match="forgotten"):
        await told(ground, journey, "k2", phone="010-8888-0001")
    assert [(None,)] == await ground.rows("SELECT phone FROM client")
