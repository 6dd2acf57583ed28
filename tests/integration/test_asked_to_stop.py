"""An agency that was asked to stop owes word that it has stopped: it is reminded of that, and of the work no more."""

from tests.integration.ground import Ground
from tests.integration.silence import COUNSELING, OVERDUE, days_later, digests, follow, notices, silent, steps

OFFICE = "agency:microfinance-desk"


async def asked_to_stop(ground: Ground) -> str:
    """Let the finance desk accept, and the center ask it to stop the day its answer would be due."""
    await silent(ground)
    number = await ground.number(COUNSELING)
    await ground.put(OFFICE, "accepted", number=number)
    await ground.work()
    await follow(ground, OVERDUE)
    await ground.put("staff:x", "withdrawn", number=number, reason="client_wish")
    await ground.work()
    assert [("cancel_requested",)] == await ground.rows("SELECT state FROM referral WHERE number = :n", n=number)
    return number


async def test_who_is_asked_to_stop_is_reminded_of_stopping_and_then_the_supervisor_is_told(ground: Ground) -> None:
    number = await asked_to_stop(ground)

    # Work is overdue on 19 December and reminded of again on the 28th.
    for day in range(1, 25):
        await follow(ground, days_later(day))
        await ground.work()

    # Asked on Friday the 8th; three working days are over on Wednesday the 13th.
    assert [("D35-cancel", 1, "remind"), ("D35-cancel", 2, "remind"), ("D35-cancel", 3, "supervisor")] == await steps(
        ground
    )
    told = [line["waits_for"] for _, lines in await digests(ground) for line in lines if line["referral"] == number]
    assert ["D35-cancel", "D35-cancel"] == told
    assert [(f"{number} D35-cancel 2017-12-13", None)] == [
        (about, by) for about, detail, by in await notices(ground, "agency_overdue") if COUNSELING in detail
    ]


async def test_who_has_stopped_owes_nothing(ground: Ground) -> None:
    number = await asked_to_stop(ground)
    await ground.put(OFFICE, "cancelled", number=number)
    await ground.work()

    for day in range(1, 25):
        await follow(ground, days_later(day))
        await ground.work()

    assert [] == await steps(ground)
