"""The hires of the report: each once, in the month it fell in, whatever became of the referral after it."""

from datetime import date, datetime, timedelta
from typing import Any

from models.casebook import load_cases
from models.counting import day_of
from models.vocabulary import IN_ERROR, Happened, Need
from tasks.linkage import report
from tests.integration.ground import Ground
from tests.story.people import AGENCIES_OF_A, known

PACKAGE, PLACEMENT, AGENCY = "employment-success-package", "job-placement", "agency:mid-career-job-hope-center"
CENTER = "agency:seoul-west-employment-center"


async def says(ground: Ground, source: str, program: str, word: str, **data: str) -> None:
    number = await ground.number(program)
    heard = await ground.put(source, word, number=number, hours=1, **dict[str, Any](data))
    await ground.work()
    assert "applied" == (await ground.fates())[heard or 0]


async def searching(ground: Ground) -> None:
    """Let an agency look for a job for client A."""
    await ground.walks_in(Need.JOB, signed=[*AGENCIES_OF_A, "mid-career-job-hope-center"])
    await ground.work()
    await says(ground, CENTER, "job-counseling", "completed", outcome="counseled")
    await says(ground, CENTER, PACKAGE, "progressed", milestone="stage3")


async def hires(ground: Ground, first: str, last: str) -> dict[str, int | float | None]:
    now = ground.now + timedelta(hours=10)
    counted = await report(ground.engine, known(), date.fromisoformat(first), date.fromisoformat(last), now)
    return {name: counted.hires[name] for name in ("hired", "due", "kept")}


async def test_a_hire_by_milestone_in_one_month_and_by_outcome_in_the_next_is_one_of_the_first(ground: Ground) -> None:
    await searching(ground)
    await says(ground, AGENCY, PLACEMENT, "progressed", milestone="hired")
    ground.now += timedelta(days=40)
    await says(ground, AGENCY, PLACEMENT, "completed", outcome="hired")

    assert {"hired": 1, "due": 0, "kept": 0} == await hires(ground, "2017-12-01", "2017-12-31")
    assert {"hired": 0, "due": 0, "kept": 0} == await hires(ground, "2018-01-01", "2018-01-31")


async def test_a_search_that_is_taken_up_again_undoes_no_hire_and_a_loss_after_the_period_is_a_loss(
    ground: Ground,
) -> None:
    await searching(ground)
    await says(ground, AGENCY, PLACEMENT, "completed", outcome="hired")
    ground.now += timedelta(days=100)
    await says(ground, AGENCY, PLACEMENT, "progressed", milestone="dismissed", lane="retention")
    await says(ground, "staff:front-desk", PLACEMENT, "reopened", reason="search_again")
    ground.now += timedelta(days=100)

    assert {"hired": 1, "due": 1, "kept": 0} == await hires(ground, "2017-12-01", "2017-12-31")
    [journey] = [key for (key,) in await ground.rows("SELECT id FROM journey")]
    async with ground.engine.connect() as connection:
        case = (await load_cases(connection, [journey], known(), day_of(ground.now)))[journey]
    [hired] = await ground.rows("SELECT occurred_at FROM transition WHERE outcome = 'hired'")
    [reopened] = await ground.rows("SELECT occurred_at FROM transition WHERE event = 'reopened'")
    told: list[tuple[Happened, datetime]] = case.changes_of_work()
    assert [(Happened.HIRED, hired[0])] == told[:1]
    assert [Happened.HIRED, Happened.DISMISSED] == [what for what, _ in told]
    assert reopened[0] == case.referral(PLACEMENT).taken_up_at


async def test_a_hire_that_was_entered_in_error_is_none(ground: Ground) -> None:
    await searching(ground)
    await says(ground, AGENCY, PLACEMENT, "progressed", milestone="hired")
    await says(ground, AGENCY, PLACEMENT, "completed", outcome="hired")

    await says(ground, "staff:front-desk", PLACEMENT, "reopened", reason=IN_ERROR)

    assert {"hired": 0, "due": 0, "kept": 0} == await hires(ground, "2017-12-01", "2017-12-31")
