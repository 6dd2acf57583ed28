"""In the tables: what an agency's word makes known, the outlook of two benefits, and what a hire makes due."""

from models.vocabulary import Desk, JourneyEvent, Need
from tests.integration.ground import Ground, on_ground
from tests.story.people import AGENCIES_OF_A, known
from web.journey_reading import read_journey
from web.views import ReferralView

BENEFIT, EDUCATION, PLACEMENT = "single-parent-support", "education-benefit", "job-placement"
CENTER, TEAM = "agency:seoul-west-employment-center", "agency:mapo-welfare-team"


async def said(ground: Ground, source: str, program: str, word: str, *, hours: float = 0, **data: object) -> None:
    number = await ground.number(program)
    await ground.put(source, word, number=number, key=None, journey=None, desk=None, hours=hours, **data)
    await ground.work()


async def shown(ground: Ground, program: str) -> ReferralView:
    [(number,)] = await ground.rows("SELECT number FROM journey")
    view = await read_journey(ground.engine, str(number), known(), ground.now)
    assert view is not None
    return next(referral for referral in view.referrals if referral.program == program)


async def test_an_internship_makes_the_other_subsidy_known_whoever_hears_of_it(database_url: str) -> None:
    async with on_ground(database_url) as ground:
        await ground.walks_in(Need.JOB, signed=(*AGENCIES_OF_A, "mid-career-job-hope-center"))
        await ground.work()
        await said(ground, CENTER, "job-counseling", "completed", outcome="counseled")
        await said(ground, CENTER, "employment-success-package", "progressed", milestone="stage3")
        by = "agency:mid-career-job-hope-center"

        await said(ground, by, PLACEMENT, "progressed", lane="internship", milestone="internship_begun")
        begun = await ground.rows("SELECT facts -> 'other_wage_subsidy' FROM journey")
        await said(ground, by, PLACEMENT, "progressed", lane="internship", milestone="internship_ended", hours=1)
        ended = await ground.rows("SELECT facts -> 'other_wage_subsidy' FROM journey")

    assert ([(True,)], [(False,)]) == (begun, ended)


async def test_two_benefits_are_set_off_and_a_hire_is_due_to_be_reported(database_url: str) -> None:
    async with on_ground(database_url) as ground:
        await ground.walks_in(Need.BENEFITS, Need.JOB)
        await ground.work()
        await said(ground, TEAM, BENEFIT, "completed", outcome="granted")
        await said(ground, TEAM, EDUCATION, "completed", outcome="granted", hours=1)
        await said(ground, CENTER, "job-counseling", "completed", outcome="counseled")
        await said(ground, CENTER, "employment-success-package", "completed", outcome="employed", hours=2)

        support, education = await shown(ground, BENEFIT), await shown(ground, EDUCATION)
        notices = {code for (code,) in await ground.rows("SELECT code FROM notice WHERE settled_at IS NULL")}

    assert "child-rearing allowance for 0 children under 13" in support.outlook[0]
    assert [support.outlook[1]] == education.outlook
    assert "95,300 − 54,100 = 41,200 (2017)" in education.outlook[0]
    assert "D33" in {due.code for due in support.deadlines}
    assert "change_to_report" in notices


async def test_who_moves_is_told_of_and_the_notice_settles_when_it_was_reported(database_url: str) -> None:
    async with on_ground(database_url) as ground:
        journey = await ground.walks_in(Need.BENEFITS)
        await ground.work()
        await said(ground, TEAM, BENEFIT, "accepted")

        facts = {"district": "eunpyeong"}
        await ground.put("staff:x", JourneyEvent.FACTS_CHANGED, journey=journey, desk=Desk.INTAKE, facts=facts)
        await ground.work()
        office = "eunpyeong-district-office"
        await said(ground, TEAM, BENEFIT, "redirected", hours=1, redirect_to=office)

        letters = await ground.rows(
            "SELECT type, about FROM letter WHERE type = 'referral.amended' AND referral_number ="
            " (SELECT number FROM referral WHERE program = :program AND state = 'redirected')",
            program=BENEFIT,
        )
        before, after = await ground.rows(
            "SELECT agency, application_date, state FROM referral WHERE program = :program ORDER BY created_at, number",
            program=BENEFIT,
        )

    assert [("referral.amended", "moved:eunpyeong")] == letters
    assert (office, before[1], "drafted") == tuple(after)
