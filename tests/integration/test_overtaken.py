"""An agency that answers in time is not given up, although a follow-up has looked before."""

from datetime import datetime

from sqlalchemy import text

from models.case_chase import look_at, wanted
from models.casebook import load_cases
from models.vocabulary import Desk, FollowUp, Need
from tasks.agenda import claim_due
from tasks.chase_reading import read_looks
from tasks.chase_writing import Chased, write_chased
from tasks.mending import set_event_aside
from tests.integration.ground import Ground
from tests.integration.silence import COUNSELING, days_later, follow, silent, stands_at, steps
from tests.properties.checker import check_log

OFFICE = "agency:microfinance-desk"


async def reminded(ground: Ground) -> tuple[str, datetime]:
    """Let the finance desk be silent until just before it is given up; return its referral and that moment."""
    await silent(ground, Need.DEBT)
    counseling = await ground.number("job-counseling")
    await ground.put("agency:seoul-west-employment-center", "completed", number=counseling, outcome="counseled")
    await ground.work()
    for day in (0, 5, 7):
        await follow(ground, days_later(day))
    moment = days_later(12)
    stands_at(ground, moment)
    return await ground.number(COUNSELING), moment


async def look_while(ground: Ground, now: datetime, word: str, number: str) -> None:
    """Do what a follow-up does about a page, while the door commits a word between its reading and its writing."""
    async with ground.engine.begin() as connection:
        journeys = await claim_due(connection, FollowUp.OVERDUE, now)
        cases = await load_cases(connection, journeys, ground.tools.catalog, now.date())
        looks = await read_looks(connection, cases, now)
        # By a connection of its own, and answered 202.
        await ground.put(OFFICE, word, number=number, hours=9)
        found = {journey: look_at(case, FollowUp.OVERDUE, looks[journey]) for journey, case in cases.items()}
        chased = [
            Chased(case=case, acts=tuple(found[key].acts), wanted=tuple(wanted(case, FollowUp.OVERDUE, found[key])))
            for key, case in cases.items()
        ]
        await write_chased(connection, FollowUp.OVERDUE, chased, now)


async def stands(ground: Ground) -> list[tuple[str, str]]:
    rows = await ground.rows("SELECT agency, state FROM referral WHERE program = :p ORDER BY id", p=COUNSELING)
    return [(agency, state) for agency, state in rows]


async def given_up(ground: Ground) -> list[tuple[str, str | None]]:
    """Return the fates of what the follow-ups said."""
    rows = await ground.rows("SELECT fate, fate_reason FROM inbox_event WHERE source LIKE 'follow-up:%' ORDER BY id")
    return [(fate, reason) for fate, reason in rows]


async def checked(ground: Ground) -> list[str]:
    async with ground.engine.connect() as connection:
        return await check_log(connection)


async def test_who_answers_while_a_follow_up_looks_is_not_given_up(ground: Ground) -> None:
    number, now = await reminded(ground)

    await look_while(ground, now, "accepted", number)
    assert [("waiting", None)] == await given_up(ground)
    await ground.work()

    assert [("microfinance-desk", "accepted")] == await stands(ground)
    assert [("older", "answered")] == await given_up(ground)
    assert "expire" not in {does for _, _, does in await steps(ground)}
    assert [] == await ground.rows("SELECT 1 FROM letter WHERE type = 'referral.cancelled'")
    assert [] == await checked(ground)


async def test_nor_is_who_answers_after_it_and_before_its_word_is_heard(ground: Ground) -> None:
    number, now = await reminded(ground)
    await follow(ground, now)
    assert [("waiting", None)] == await given_up(ground)

    await ground.put(OFFICE, "progressed", number=number, hours=9, lane="contact", milestone="appointment_missed")
    await ground.work()

    assert [("microfinance-desk", "received")] == await stands(ground)
    assert [("older", "answered")] == await given_up(ground)


async def test_nor_is_who_was_heard_in_an_earlier_batch(ground: Ground) -> None:
    number, now = await reminded(ground)
    await follow(ground, now)
    # The desk was held up between: its batch heard the answer alone.
    await ground.change("UPDATE inbox_event SET fate = 'held_back' WHERE source LIKE 'follow-up:%'")
    await ground.put(OFFICE, "accepted", number=number, hours=9)
    await ground.work()
    await ground.change("UPDATE inbox_event SET fate = 'waiting' WHERE source LIKE 'follow-up:%'")
    await ground.work()

    assert [("microfinance-desk", "accepted")] == await stands(ground)
    assert [("older", "answered")] == await given_up(ground)


async def test_whose_word_came_to_nothing_is_given_up_after_all(ground: Ground) -> None:
    number, now = await reminded(ground)
    await look_while(ground, now, "resumed", number)
    await ground.work()
    assert [("older", "answered")] == await given_up(ground)
    [(event,)] = await ground.rows("SELECT id FROM inbox_event WHERE fate = 'parked'")
    await follow(ground, days_later(12.01))
    assert [("older", "answered")] == await given_up(ground)

    async with ground.engine.begin() as connection:
        await set_event_aside(connection, event, "clerk", "wrong number", ground.tools.clock())
    await follow(ground, days_later(12.02))
    await ground.work()

    assert [("older", "answered"), ("applied", None)] == await given_up(ground)
    assert [("microfinance-desk", "expired"), ("legal-aid", "requested")] == await stands(ground)
    assert [] == await checked(ground)


async def test_who_answers_after_it_was_given_up_is_a_persons(ground: Ground) -> None:
    number, now = await reminded(ground)
    await follow(ground, now)
    await ground.work()

    event = await ground.put(OFFICE, "accepted", number=number, hours=9)
    await ground.work()

    assert [("microfinance-desk", "expired"), ("legal-aid", "requested")] == await stands(ground)
    assert "parked: no_road" == (await ground.fates())[event or 0]
    async with ground.engine.connect() as connection:
        parked = text("SELECT count(*) FROM notice WHERE code = 'event_parked' AND settled_at IS NULL")
        assert 1 == (await connection.execute(parked)).scalar_one()


async def test_what_staff_give_up_is_given_up(ground: Ground) -> None:
    number, _ = await reminded(ground)
    await ground.put("staff:x", "expired", number=number, reason="silence", desk=Desk.DEBT_RELIEF)
    await ground.work()

    assert ("microfinance-desk", "expired") == (await stands(ground))[0]
