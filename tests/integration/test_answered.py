"""Nobody who has answered is reminded: not while the answer waits, nor by a letter that is written and has not left."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from agencies.errors import TellAPerson
from models.vocabulary import Desk
from tasks.digests import last_look
from tasks.mending import send_again, set_event_aside
from tasks.outbox import lease_letters
from tasks.results import Result, settle
from tests.integration.ground import Ground
from tests.integration.silence import COUNSELING, OVERDUE, digests, follow, notices, silent, stands_at, steps
from tests.properties.checker import check_log
from web.waiting import read_waiting


async def checked(ground: Ground) -> list[str]:
    async with ground.engine.connect() as connection:
        return await check_log(connection)


@pytest.mark.parametrize("heard", [True, False], ids=["and was heard", "and waits in the inbox"])
async def test_whoever_has_answered_is_not_reminded(ground: Ground, *, heard: bool) -> None:
    await silent(ground)
    await ground.put("agency:microfinance-desk", "accepted", number=await ground.number(COUNSELING), hours=-1)
    if heard:
        await ground.work()

    await follow(ground, OVERDUE)

    assert "microfinance-desk" not in dict(await digests(ground))
    assert [] == await steps(ground)


async def test_a_journey_whose_events_wait_is_left_to_its_desk_first(ground: Ground) -> None:
    await silent(ground, clients=2)
    journey = (await ground.rows("SELECT id FROM journey ORDER BY number"))[0][0]
    await ground.put("staff:front-desk", "needs_changed", journey=journey, desk=Desk.INTAKE, needs=["debt", "job"])

    before = await follow(ground, OVERDUE)
    await ground.work()
    after = await follow(ground, OVERDUE)

    assert (1, 1) == (before.counts["looked at"], after.counts["looked at"])


async def test_whose_word_a_person_must_look_at_has_answered_until_it_is_set_aside(ground: Ground) -> None:
    await silent(ground)
    number = await ground.number(COUNSELING)
    event = await ground.put("agency:microfinance-desk", "resumed", number=number)
    await ground.work()
    assert "parked: no_road" == (await ground.fates())[event or 0]

    await follow(ground, OVERDUE)
    assert [] == await steps(ground)
    async with ground.engine.begin() as connection:
        await set_event_aside(connection, event or 0, "clerk", "wrong number", ground.tools.clock())
    await follow(ground, OVERDUE + timedelta(hours=1))

    assert [("D35-answer", 1, "remind")] == await steps(ground)


async def test_what_a_stranger_said_is_no_answer(ground: Ground) -> None:
    await silent(ground)
    event = await ground.put("agency:nhis", "accepted", number=await ground.number(COUNSELING))
    await ground.work()
    assert "parked: not_theirs" == (await ground.fates())[event or 0]

    await follow(ground, OVERDUE)

    assert [("D35-answer", 1, "remind")] == await steps(ground)


async def test_who_answers_between_the_reminder_and_its_first_try_is_taken_out(ground: Ground) -> None:
    await silent(ground, clients=2)
    await follow(ground, OVERDUE)
    [(first,), (second,)] = await ground.rows(
        "SELECT number FROM referral WHERE program = :p ORDER BY id", p=COUNSELING
    )
    await ground.put("agency:microfinance-desk", "accepted", number=first)

    letters = await leave(ground)
    bodies = {letter.agency: [line["referral"] for line in letter.body["referrals"]] for letter in letters}

    assert [second] == bodies["microfinance-desk"]
    assert 2 == len(bodies["seoul-west-employment-center"])
    kept = dict(await digests(ground))
    assert [second] == [line["referral"] for line in kept["microfinance-desk"]]
    assert [second] == [row[0] for row in await ground.rows(
        "SELECT number FROM follow_up_step s JOIN referral r ON r.id = s.referral_id WHERE r.program = :p", p=COUNSELING
    )]  # fmt: skip
    assert [] == await checked(ground)


async def test_a_digest_that_everybody_has_answered_is_withdrawn(ground: Ground) -> None:
    await silent(ground)
    await follow(ground, OVERDUE)
    await ground.put("agency:microfinance-desk", "accepted", number=await ground.number(COUNSELING))
    await ground.work()

    letters = await leave(ground)

    assert ["seoul-west-employment-center"] == [letter.agency for letter in letters]
    assert [("microfinance-desk", "withdrawn"), ("seoul-west-employment-center", "waiting")] == await ground.rows(
        "SELECT agency, state FROM letter WHERE type = 'referral.reminded' ORDER BY agency"
    )
    assert [] == await checked(ground)


async def kept_of(ground: Ground, agency: str) -> list[tuple[str, str, list[str]]]:
    """Return key, state and referrals of an agency's digests, the oldest first."""
    rows = await ground.rows(
        "SELECT id, state, body -> 'referrals' FROM letter WHERE type = 'referral.reminded' AND agency = :agency"
        " ORDER BY created_at",
        agency=agency,
    )
    return [(str(key), state, sorted(line["referral"] for line in lines)) for key, state, lines in rows]


async def test_who_answers_after_the_first_try_is_left_out_of_a_new_letter_under_a_new_key(ground: Ground) -> None:
    await silent(ground, clients=2)
    await follow(ground, OVERDUE)
    first = {letter.agency: letter for letter in await leave(ground)}
    [(answered,), (owed,)] = await ground.rows(
        "SELECT number FROM referral WHERE program = :p ORDER BY id", p=COUNSELING
    )
    await ground.put("agency:microfinance-desk", "accepted", number=answered)
    await ground.work()
    stands_at(ground, OVERDUE + timedelta(hours=1))

    retried = {letter.agency: letter for letter in await leave(ground)}
    rewritten = {letter.agency: letter for letter in await leave(ground)}

    # What nobody has answered says the same under its key for ever.
    assert {"seoul-west-employment-center"} == retried.keys()
    center = retried["seoul-west-employment-center"]
    assert (first[center.agency].id, first[center.agency].body) == (center.id, center.body)
    # One letter, one content, one key: the old one keeps what it said, and the new one says the rest.
    old, new = first["microfinance-desk"], rewritten["microfinance-desk"]
    assert [(str(old.id), "withdrawn", sorted([answered, owed])), (str(new.id), "waiting", [owed])] == await kept_of(
        ground, "microfinance-desk"
    )
    assert ([owed], 1) == ([line["referral"] for line in new.body["referrals"]], new.attempts)
    assert [(owed, new.id)] == await ground.rows(
        "SELECT number, letter_id FROM follow_up_step s JOIN referral r ON r.id = s.referral_id WHERE r.program = :p",
        p=COUNSELING,
    )
    assert [] == await checked(ground)


async def test_a_digest_that_everybody_has_answered_after_its_first_try_is_withdrawn_for_none(ground: Ground) -> None:
    await silent(ground)
    await follow(ground, OVERDUE)
    await leave(ground)
    number = await ground.number(COUNSELING)
    await ground.put("agency:microfinance-desk", "accepted", number=number)
    await ground.work()
    stands_at(ground, OVERDUE + timedelta(hours=1))

    assert ["seoul-west-employment-center"] == [letter.agency for letter in await leave(ground)]

    [(_, state, told)] = await kept_of(ground, "microfinance-desk")
    assert ("withdrawn", [number]) == (state, told)
    assert [] == await checked(ground)


async def test_a_reminder_that_an_agency_refuses_lies_with_a_person_and_goes_out_again(ground: Ground) -> None:
    await silent(ground)
    await follow(ground, OVERDUE)
    refused = [Result(letter, TellAPerson("refused", status=422)) for letter in await leave(ground)]
    async with ground.engine.begin() as connection:
        assert 2 == (await settle(connection, refused, ground.tools.clock())).with_person
    assert {"microfinance-desk", "seoul-west-employment-center"} == {
        about for about, _, _ in await notices(ground, "letter_refused")
    }
    waiting = (await read_waiting(ground.engine, ground.tools.catalog, None, 10)).letters_with_person
    assert (2, {None}) == (waiting.count, {letter.referral for letter in waiting.letters})

    async with ground.engine.begin() as connection:
        assert 1 == await send_again(connection, "microfinance-desk", "cli:clerk", ground.tools.clock())

    assert [("microfinance-desk", "waiting"), ("seoul-west-employment-center", "with_person")] == await ground.rows(
        "SELECT agency, state FROM letter WHERE type = 'referral.reminded' ORDER BY agency"
    )


async def leave(ground: Ground) -> list[Any]:
    """Take the letters of the front desk as a shift does, and return those that may leave."""
    now = ground.tools.clock()
    async with ground.engine.begin() as connection:
        await connection.execute(text("UPDATE letter SET state = 'sent' WHERE type <> 'referral.reminded'"))
        letters = await lease_letters(connection, [Desk.INTAKE], now, ground.tools.process)
        return await last_look(connection, ground.tools, letters, now)
