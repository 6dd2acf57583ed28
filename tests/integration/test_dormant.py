"""In the tables: a journey that rests and goes on, referrals that follow each other, a counter-proposal kept."""

from models.vocabulary import Desk, JourneyEvent, Need
from tests.integration.ground import Ground, on_ground
from tests.story.people import known
from web.journey_reading import read_journey, read_page
from web.views import JourneyView, ReferralView

COUNSELING = "financial-counseling"
OFFICE = "agency:microfinance-desk"


async def seen(ground: Ground) -> JourneyView:
    [(number,)] = await ground.rows("SELECT number FROM journey")
    view = await read_journey(ground.engine, str(number), known(), ground.now)
    assert view is not None
    return view


async def referrals(ground: Ground) -> list[ReferralView]:
    return [referral for referral in (await seen(ground)).referrals if referral.program == COUNSELING]


async def test_a_client_who_does_not_come_is_counted_let_rest_and_asked_again(database_url: str) -> None:
    async with on_ground(database_url) as ground:
        journey = await ground.walks_in(Need.DEBT)
        await ground.work()
        number = await ground.number(COUNSELING)
        for hours, missed in enumerate(["appointment_missed", "appointment_missed", "contact_attempted"]):
            await ground.put(OFFICE, "progressed", number=number, hours=hours, lane="contact", milestone=missed)
        await ground.put("follow-up:overdue", "expired", number=number, hours=4, reason="no_show")
        await ground.work()

        resting = await seen(ground)
        assert "no_show" == resting.dormant_reason
        assert resting.dormant_since is not None
        assert [(2, 1, "expired", None)] == [
            (r.appointments_missed, r.contact_attempts, r.state, r.successor) for r in await referrals(ground)
        ]
        assert [resting.dormant_since] == [
            line.dormant_since for line in (await read_page(ground.engine, None, 9)).journeys
        ]
        assert ["client_dormant"] == [notice.code for notice in resting.notices]

        await ground.put("staff:x", JourneyEvent.WOKEN, journey=journey, desk=Desk.INTAKE)
        await ground.work()

        awake = await seen(ground)
        first, second = await referrals(ground)
        assert (None, None, []) == (awake.dormant_since, awake.dormant_reason, awake.notices)
        assert ("requested", "microfinance-desk") == (second.state, second.agency)
        assert (first.number, second.number) == (second.predecessor, first.successor)


async def test_a_counter_proposal_is_kept_and_settles_when_it_is_accepted(database_url: str) -> None:
    async with on_ground(database_url) as ground:
        journey = await ground.walks_in(Need.DEBT)
        await ground.work()
        number = await ground.number(COUNSELING)
        await ground.put(OFFICE, "declined", number=number, reason="no_debt", proposed_program="job-placement")
        await ground.work()
        [declined] = await referrals(ground)
        open_notices = {notice.code: notice.about for notice in (await seen(ground)).notices}
        assert "job-placement" == declined.proposed_program
        assert f"{number}:job-placement" == open_notices["counter_proposal"]

        await ground.put(
            "staff:x", JourneyEvent.REFERRAL_CHOSEN, journey=journey, desk=Desk.JOB_PLACEMENT, program="job-placement"
        )
        await ground.work()

        after = await seen(ground)
        assert "job-placement" in {referral.program for referral in after.referrals}
        assert "counter_proposal" not in {notice.code for notice in after.notices}
