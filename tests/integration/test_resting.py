"""A journey that rests is not out of sight: what is with agencies, rights and reviews go on; nobody is asked anew."""

from datetime import timedelta

from models.vocabulary import Desk, FollowUp, JourneyEvent, Need
from tasks.agenda import orphans
from tasks.linkage import report
from tests.integration.ground import Ground
from tests.integration.silence import COUNSELING, OVERDUE, days_later, digests, follow, notices, silent, steps
from tests.properties.checker import check_log

AID = "emergency-living-aid"


async def rests(ground: Ground) -> None:
    """Let the one journey rest."""
    await said(ground, JourneyEvent.MADE_DORMANT, "client_wish")


async def said(ground: Ground, word: JourneyEvent, reason: str = "") -> None:
    [(journey,)] = await ground.rows("SELECT id FROM journey")
    await ground.put("staff:x", word, journey=journey, desk=Desk.INTAKE, reason=reason)
    await ground.work()


async def lost_sight_of(ground: Ground) -> tuple[list[str], int]:
    """Return the orphans as they are looked for, and as the linkage report counts them."""
    async with ground.engine.connect() as connection:
        found = await orphans(connection)
    day = OVERDUE.date()
    counted = await report(ground.engine, ground.tools.catalog, day - timedelta(days=30), day, ground.tools.clock())
    return found, counted.orphans


async def days(ground: Ground, first: int, last: int) -> None:
    for day in range(first, last + 1):
        for follow_up in (FollowUp.OVERDUE, FollowUp.RETENTION, FollowUp.REVIEWS):
            await follow(ground, days_later(day), follow_up)
        await ground.work()


async def asked(ground: Ground) -> int:
    return len(await ground.rows("SELECT 1 FROM letter WHERE type = 'referral.requested'"))


async def test_open_referrals_of_a_resting_journey_are_followed_and_nobody_is_asked_anew(ground: Ground) -> None:
    await silent(ground)
    await rests(ground)
    before = await asked(ground)

    await days(ground, 0, 20)

    assert ["remind", "remind", "supervisor"] == [does for code, _, does in await steps(ground) if code == "D35-answer"]
    assert "microfinance-desk" in dict(await digests(ground))
    assert [("received",)] == await ground.rows("SELECT state FROM referral WHERE program = :p", p=COUNSELING)
    assert before == await asked(ground)
    assert ([], 0) == await lost_sight_of(ground)


async def test_a_rest_is_told_of_every_thirty_days_until_it_is_over(ground: Ground) -> None:
    await silent(ground)
    await rests(ground)
    [(since,)] = await ground.rows("SELECT dormant_since FROM journey")
    first = (since + timedelta(days=30) - OVERDUE).days

    await days(ground, first - 1, first - 1)
    assert [] == await notices(ground, "journey_rests")
    await days(ground, first + 1, first + 1)
    [(about, detail, settled)] = await notices(ground, "journey_rests")
    assert ("2017-12-04 #1", None) == (about, settled)
    assert COUNSELING in detail
    await days(ground, first + 31, first + 31)
    assert [("2017-12-04 #1", "follow-up"), ("2017-12-04 #2", None)] == [
        (about, by) for about, _, by in await notices(ground, "journey_rests")
    ]
    assert ([], 0) == await lost_sight_of(ground)

    await said(ground, JourneyEvent.WOKEN)
    await days(ground, first + 32, first + 45)

    assert {"follow-up"} == {by for _, _, by in await notices(ground, "journey_rests")}
    # Who was silent through it all, and was reminded twice, is given up now, and the next agency is asked.
    assert [("microfinance-desk", "expired"), ("legal-aid", "requested")] == await ground.rows(
        "SELECT agency, state FROM referral WHERE program = :p ORDER BY id", p=COUNSELING
    )
    async with ground.engine.connect() as connection:
        assert [] == await check_log(connection)


async def test_a_resting_journey_with_nothing_but_a_draft_is_no_orphan_and_no_draft_is_asked_for(
    ground: Ground,
) -> None:
    # Without consent to the finance desk or any other, nothing may leave.
    await ground.walks_in(Need.DEBT, signed=("seoul-west-employment-center",))
    await ground.work()
    await ground.put(
        "agency:seoul-west-employment-center", "completed", number=await ground.number("job-counseling"),
        outcome="counseled",
    )  # fmt: skip
    await ground.work()
    assert [("drafted",)] == await ground.rows("SELECT state FROM referral WHERE program = :p", p=COUNSELING)
    await rests(ground)

    await days(ground, 20, 20)
    assert [] == await notices(ground, "draft_waits")
    assert ([], 0) == await lost_sight_of(ground)
    await days(ground, 40, 40)

    assert 1 == len(await notices(ground, "journey_rests"))
    assert ([], 0) == await lost_sight_of(ground)


async def test_a_right_is_told_of_although_the_journey_rests(ground: Ground) -> None:
    await silent(ground, Need.LIVING)
    aid = await ground.number(AID)
    await ground.put("agency:mapo-welfare-team", "completed", number=aid, outcome="refused", hours=1)
    await ground.work()
    await rests(ground)

    # Refused on 4 December: until 3 January it may be objected to.
    await days(ground, 16, 17)

    assert [f"{aid} D08 2018-01-03"] == [about for about, _, _ in await notices(ground, "right_lapses")]
    assert ([], 0) == await lost_sight_of(ground)


async def test_a_review_is_told_of_although_the_journey_rests(ground: Ground) -> None:
    await silent(ground, Need.LIVING)
    aid = await ground.number(AID)
    await ground.put("agency:mapo-welfare-team", "progressed", number=aid, milestone="decided", hours=1)
    await ground.work()
    await rests(ground)

    # Decided on 4 December: checked by 4 January, and told of a week before.
    await days(ground, 20, 20)

    assert [f"{aid} D06 2018-01-04"] == [about for about, _, _ in await notices(ground, "post_check_due")]
