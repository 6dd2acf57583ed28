"""The chase on a real database: reminders in digests, the supervisor's list, expiry; once each, whoever comes again."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from flows.follow_up import JOBS
from models.vocabulary import FollowUp, Need
from tasks.follow import FollowReport
from tests.integration.ground import Ground

COUNSELING: Final = "financial-counseling"
#: Client A walks in on a Monday; three working days later the answer is due, and overdue on Friday morning.
OVERDUE: Final = datetime(2017, 12, 8, 1, tzinfo=UTC)


async def arrived(ground: Ground) -> None:
    """Let every letter arrive, as its delivery tells the desks."""
    for number, journey in await ground.rows("SELECT number, journey_id FROM referral WHERE state = 'requested'"):
        await ground.put("delivery", "received", number=number, journey=journey)
    await ground.work()


async def silent(ground: Ground, clients: int = 1, *needs: Need) -> None:
    """Let clients walk in, their letters arrive, and nobody answer."""
    for _ in range(clients):
        await ground.walks_in(*(needs or (Need.DEBT,)))
    await ground.work()
    await arrived(ground)


async def follow(ground: Ground, now: datetime, follow_up: FollowUp = FollowUp.OVERDUE) -> FollowReport:
    """Run a follow-up as of a moment."""
    ground.now = now - timedelta(hours=10)
    return await JOBS[follow_up](ground.tools, now)


async def digests(ground: Ground) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return each digest's agency and lines, the oldest first."""
    found = await ground.rows(
        "SELECT agency, body -> 'referrals' FROM letter WHERE type = 'referral.reminded' ORDER BY created_at, agency"
    )
    return [(agency, lines) for agency, lines in found]


async def steps(ground: Ground, program: str = COUNSELING) -> list[tuple[str, int, str]]:
    """Return deadline, number and verb of every step done about a program, in order."""
    found = await ground.rows(
        "SELECT deadline, step, does FROM follow_up_step s JOIN referral r ON r.id = s.referral_id"
        " WHERE r.program = :program ORDER BY s.id",
        program=program,
    )
    return [(deadline, step, does) for deadline, step, does in found]


async def test_whoever_is_silent_is_reminded_in_one_letter_for_all_its_cases(ground: Ground) -> None:
    await silent(ground, 3)

    report = await follow(ground, OVERDUE)

    assert {"microfinance-desk": 3, "seoul-west-employment-center": 3} == {
        agency: len(lines) for agency, lines in await digests(ground)
    }
    assert (6, 2) == (report.counts["remind"], report.counts["digest"])
    [(_, lines), _] = await digests(ground)
    assert {"D35-answer"} == {line["waits_for"] for line in lines}
    assert {"2017-12-07"} == {line["due_on"] for line in lines}
