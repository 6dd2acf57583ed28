"""A letter an agency refused: resent or set aside by a person, which settles the notice; told anew if refused anew."""

import pytest
from sqlalchemy import text

from agencies.errors import TellAPerson
from models.vocabulary import Desk, Need
from tasks.mending import NothingToMend, send_again, set_letters_aside
from tasks.outbox import lease_letters
from tasks.results import Result, settle
from tests.integration.ground import Ground
from tests.integration.test_settling import COUNSELING, notice, refused, stands


async def refuse_letter(ground: Ground) -> None:
    """Let the agency refuse the letter to counseling."""
    now = ground.tools.clock()
    async with ground.engine.begin() as connection:
        await connection.execute(text("UPDATE letter SET next_attempt_at = :now"), {"now": now})
        letters = await lease_letters(connection, [Desk.DEBT_RELIEF], now, ground.tools.process)
        results = [Result(letter, TellAPerson("status-422", 422)) for letter in letters]
        assert 1 == (await settle(connection, results, now)).with_person


async def test_a_refused_letter_is_resent_and_told_anew_if_it_is_refused_anew(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()
    number = await ground.number(COUNSELING)
    await refuse_letter(ground)
    id_ = await notice(ground, "letter_refused")
    assert f"ieum letter resend {number}, or ieum letter set-aside {number} --why WHY" == await refused(ground, id_)

    async with ground.engine.begin() as connection:
        await send_again(connection, number, "cli:clerk", ground.now)
    assert [("cli:clerk", None)] == await stands(ground, "letter_refused")
    await refuse_letter(ground)

    assert [(None, None)] == await stands(ground, "letter_refused")
    await refused(ground, id_)


async def test_a_refused_letter_is_set_aside_once_the_agency_has_it_another_way(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()
    number = await ground.number(COUNSELING)
    await refuse_letter(ground)

    async def set_aside() -> int:
        async with ground.engine.begin() as connection:
            return await set_letters_aside(connection, number, "cli:clerk", "handed over", ground.now)

    with pytest.raises(NothingToMend):
        await set_aside()
    await ground.put("staff:x", "accepted", number=number)
    await ground.work()
    assert 1 == await set_aside()

    assert [("withdrawn",)] == await ground.rows("SELECT state FROM letter WHERE referral_number = :n", n=number)
    assert [("cli:clerk", "handed over")] == await stands(ground, "letter_refused")


async def test_a_letter_that_got_through_needs_nobody(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()
    now = ground.tools.clock()
    await ground.change(
        "INSERT INTO notice (id, desk, code, about, detail, key, by_rule, raised_at)"
        " SELECT gen_random_uuid(), 'debt-relief', 'letter_undelivered', referral_number, '',"
        " 'letter_undelivered:' || id, false, :now FROM letter WHERE desk = 'debt-relief'",
        now=now,
    )
    await ground.change("UPDATE letter SET person_told_at = :now", now=now)
    async with ground.engine.begin() as connection:
        letters = await lease_letters(connection, [Desk.DEBT_RELIEF], now, ground.tools.process)
        await settle(connection, [Result(letter, None) for letter in letters], now)

    assert [("delivery", None)] == await stands(ground, "letter_undelivered")
