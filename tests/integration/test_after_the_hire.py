"""Retention and reviews on a real database: one call for a date, claim windows, extensions, rechecks, age lines."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from models.vocabulary import Desk, FollowUp, Need
from tests.integration.ground import Ground
from tests.integration.silence import follow, notices, silent, stands_at
from tests.story.people import AGENCIES_OF_A, known

SEOUL: Final = ZoneInfo("Asia/Seoul")
EMPLOYMENT: Final = "seoul-west-employment-center"
WELFARE: Final = "mapo-welfare-team"
PACKAGE: Final = "employment-success-package"


def on(day: str) -> datetime:
    """Return seven in the morning of a day in Seoul, when the daily follow-ups run."""
    return datetime.fromisoformat(f"{day}T07:00+09:00").astimezone(UTC)


async def says(ground: Ground, agency: str, program: str, day: str, event: str, **data: str) -> None:
    """Let an agency say at ten in the morning of a day that something happened then, and the desks hear it."""
    stands_at(ground, on(day) + timedelta(hours=3))
    number = await ground.number(program)
    heard = await ground.put(f"agency:{agency}", event, number=number, hours=10, **dict[str, Any](data))
    await ground.work()
    assert "applied" == (await ground.fates())[heard or 0]


async def hired(ground: Ground) -> None:
    """Let client A be hired on 18 June 2018, out of the package and by way of a placement."""
    await silent(ground, Need.JOB, signed=[*AGENCIES_OF_A, *known().agencies])
    await says(ground, EMPLOYMENT, "job-counseling", "2017-12-07", "completed", outcome="counseled")
    await says(ground, EMPLOYMENT, PACKAGE, "2018-05-28", "progressed", milestone="stage3")
    placement = await ground.rows("SELECT agency FROM referral WHERE program = 'job-placement'")
    await says(ground, placement[0][0], "job-placement", "2018-06-18", "completed", outcome="hired")
    await says(ground, EMPLOYMENT, PACKAGE, "2018-06-18", "completed", outcome="employed")


async def open_notices(ground: Ground, code: str) -> list[tuple[str, str]]:
    """Return what the open notices of a code are about, and their details."""
    return [(about, detail) for about, detail, settled in await notices(ground, code) if settled is None]


async def looks_ahead(ground: Ground, follow_up: FollowUp, days: list[str]) -> dict[str, list[Any]]:
    """Run a follow-up on each of these days; return the notices it raised on each."""
    raised: dict[str, list[Any]] = {}
    for day in days:
        await follow(ground, on(day), follow_up)
        raised[day] = await ground.rows(
            "SELECT code, about FROM notice WHERE follow_up = :f AND raised_at = :now ORDER BY code, about",
            f=follow_up.value,
            now=on(day),
        )
    return raised


# Retention


async def test_programs_that_ask_on_the_same_day_are_one_call(ground: Ground) -> None:
    await hired(ground)

    raised = await looks_ahead(
        ground,
        FollowUp.RETENTION,
        ["2018-07-17", "2018-07-18", "2018-09-17", "2018-09-18", "2018-12-17", "2018-12-18", "2019-06-18"],
    )

    calls = {day: [about for code, about in found if code == "employment_check_due"] for day, found in raised.items()}
    assert {
        "2018-07-17": [],
        "2018-07-18": ["2018-07-18"],
        "2018-09-17": [],
        "2018-09-18": ["2018-09-18"],
        "2018-12-17": [],
        "2018-12-18": ["2018-12-18"],
        "2019-06-18": ["2019-06-18"],
    } == calls
    details = dict(await open_notices(ground, "employment_check_due"))
    assert {PACKAGE, "job-placement"} == {part.split()[1] for part in details["2018-09-18"].split(", ")}
    assert {"job-placement"} == {desk for (desk,) in await ground.rows(
        "SELECT DISTINCT desk FROM notice WHERE code = 'employment_check_due'"
    )}  # fmt: skip


async def test_a_bonus_can_be_claimed_at_three_six_and_twelve_months(ground: Ground) -> None:
    await hired(ground)

    raised = await looks_ahead(ground, FollowUp.RETENTION, ["2018-09-17", "2018-09-18", "2018-12-18", "2019-06-18"])

    bonus = {day: [about.split()[1] for code, about in found if code == "bonus_opens"] for day, found in raised.items()}
    assert {"2018-09-17": [], "2018-09-18": ["D25-3m"], "2018-12-18": ["D25-6m"], "2019-06-18": ["D25-12m"]} == bonus


async def test_a_call_is_settled_when_every_program_has_its_answer(ground: Ground) -> None:
    await hired(ground)
    await follow(ground, on("2018-09-18"), FollowUp.RETENTION)
    await says(ground, EMPLOYMENT, PACKAGE, "2018-09-19", "progressed", milestone="retention_3m")
    await follow(ground, on("2018-09-20"), FollowUp.RETENTION)
    [(_, detail)] = [row for row in await open_notices(ground, "employment_check_due") if row[0] == "2018-09-18"]
    assert "job-placement" in detail
    assert PACKAGE not in detail

    agency = (await ground.rows("SELECT agency FROM referral WHERE program = 'job-placement'"))[0][0]
    await says(ground, agency, "job-placement", "2018-09-21", "progressed", milestone="retention_3m", lane="retention")
    await follow(ground, on("2018-09-22"), FollowUp.RETENTION)

    assert [] == await open_notices(ground, "employment_check_due")


async def test_a_dismissal_ends_the_calls_and_the_bonus(ground: Ground) -> None:
    await hired(ground)
    agency = (await ground.rows("SELECT agency FROM referral WHERE program = 'job-placement'"))[0][0]
    await says(ground, agency, "job-placement", "2018-10-15", "progressed", milestone="dismissed", lane="retention")

    raised = await looks_ahead(ground, FollowUp.RETENTION, ["2018-10-16", "2018-12-18", "2019-06-18"])

    later = {code for day in ("2018-12-18", "2019-06-18") for code, _ in raised[day]}
    assert set() == later
    assert ["bonus_opens"] == [code for code, _ in raised["2018-10-16"]]


async def test_blocks_become_claimable_and_their_windows_close(ground: Ground) -> None:
    await hired(ground)
    day_care = "sunny-day-care"
    facts = {"employer": day_care, "program_completed": True, "program_completed_on": "2018-06-18"}
    [(journey,)] = await ground.rows("SELECT id FROM journey")
    await ground.put("staff:front-desk", "facts_changed", journey=journey, desk=Desk.INTAKE, facts=facts)
    await ground.work()
    await says(ground, day_care, "employment-promotion-subsidy", "2018-06-20", "accepted")

    raised = await looks_ahead(
        ground, FollowUp.RETENTION, ["2018-12-17", "2018-12-18", "2019-06-18", "2019-10-19", "2019-12-04"]
    )

    told = {
        day: [(code, about.split()[1]) for code, about in found if code.startswith("claim")]
        for day, found in raised.items()
    }
    assert {
        "2018-12-17": [],
        "2018-12-18": [("claim_opens", "D30-block1")],
        "2019-06-18": [("claim_opens", "D30-block2")],
        "2019-10-19": [("claim_window_closes", "D31-block1")],
        "2019-12-04": [("claim_window_closes", "D31-block1")],
    } == told


# Reviews


async def test_the_reviews_of_an_aid_are_told_of_before_they_are_due(ground: Ground) -> None:
    await silent(ground, Need.LIVING)
    await says(ground, WELFARE, "emergency-living-aid", "2017-12-06", "progressed", milestone="decided")

    raised = await looks_ahead(ground, FollowUp.REVIEWS, ["2017-12-26", "2017-12-27", "2017-12-30", "2018-02-20"])

    told = {day: [(code, about.split()[1]) for code, about in found] for day, found in raised.items()}
    assert [] == told["2017-12-26"]
    assert [("aid_extension_to_decide", "D07-second")] == told["2017-12-27"]
    assert [("post_check_due", "D06")] == told["2017-12-30"]
    assert ("adequacy_review_due", "D11") in told["2018-02-20"]

    stands_at(ground, on("2018-02-21"))
    await says(
        ground, WELFARE, "emergency-living-aid", "2018-02-21", "progressed", milestone="post_checked", lane="review"
    )
    await follow(ground, on("2018-02-22"), FollowUp.REVIEWS)
    assert [] == await open_notices(ground, "post_check_due")


async def test_an_allowance_stops_with_the_birthday_and_begins_again_with_the_years_line(ground: Ground) -> None:
    await silent(ground, Need.BENEFITS)
    await says(ground, WELFARE, "single-parent-support", "2018-01-31", "completed", outcome="granted")

    raised = await looks_ahead(
        ground,
        FollowUp.REVIEWS,
        ["2018-02-01", "2018-05-09", "2018-05-10", "2018-12-31", "2019-01-01", "2022-05-09", "2022-05-10"],
    )

    lines = {
        day: [about.split(" ", 1)[1] for code, about in found if code == "age_line_switches"]
        for day, found in raised.items()
    }
    assert {
        "2018-02-01": [],
        "2018-05-09": [],
        "2018-05-10": ["D41 2018-05 off"],
        "2018-12-31": [],
        "2019-01-01": ["D41 2019-01 on"],
        "2022-05-09": [],
        "2022-05-10": ["D41 2022-05 off", "D41-family 2022-05 off"],
    } == lines


async def test_a_benefit_is_rechecked_every_year_counted_from_the_last_time(ground: Ground) -> None:
    await silent(ground, Need.BENEFITS)
    await says(ground, WELFARE, "single-parent-support", "2018-01-31", "completed", outcome="granted")
    raised = await looks_ahead(ground, FollowUp.REVIEWS, ["2018-12-31", "2019-01-01"])
    assert [0, 1] == [sum(code == "recheck_due" for code, _ in found) for found in raised.values()]

    await says(
        ground, WELFARE, "single-parent-support", "2019-02-11", "progressed", milestone="rechecked", lane="review"
    )
    raised = await looks_ahead(ground, FollowUp.REVIEWS, ["2019-02-12", "2020-01-11", "2020-01-12"])

    assert [0, 0, 1] == [sum(code == "recheck_due" for code, _ in found) for found in raised.values()]
    assert 1 == len(await open_notices(ground, "recheck_due"))


async def test_a_report_shows_no_birthday(ground: Ground) -> None:
    await silent(ground, Need.BENEFITS)
    await says(ground, WELFARE, "single-parent-support", "2018-01-31", "completed", outcome="granted")

    report = await follow(ground, on("2018-05-10"), FollowUp.REVIEWS)

    assert [("D41", "")] == [(line["deadline"], line["due"]) for line in report.table if line["what"] == "staff"]
