"""What the tests of the follow-ups share: clients whose agencies are silent, and runs as of a moment."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from flows.follow_up import JOBS
from models.vocabulary import FollowUp, Need
from tasks.follow_report import FollowReport
from tests.integration.ground import Ground
from tests.story.people import AGENCIES_OF_A

COUNSELING: Final = "financial-counseling"
#: Client A walks in on a Monday; three working days later the answer is due, and overdue on Friday morning.
OVERDUE: Final = datetime(2017, 12, 8, 1, tzinfo=UTC)


def days_later(days: float) -> datetime:
    """Return a moment so many days after the first morning on which an answer is overdue."""
    return OVERDUE + timedelta(days=days)


async def arrived(ground: Ground) -> None:
    """Let every letter arrive, as its delivery tells the desks."""
    await ground.change("UPDATE letter SET state = 'sent', attempts = 1 WHERE type = 'referral.requested'")
    for (number,) in await ground.rows("SELECT number FROM referral WHERE state = 'requested'"):
        await ground.put("delivery", "received", number=number)
    await ground.work()


async def silent(ground: Ground, *needs: Need, clients: int = 1, signed: Sequence[str] = AGENCIES_OF_A) -> None:
    """Let clients walk in, their letters arrive, and nobody answer."""
    for _ in range(clients):
        await ground.walks_in(*(needs or (Need.DEBT,)), signed=signed)
    await ground.work()
    await arrived(ground)


def stands_at(ground: Ground, now: datetime) -> None:
    """Set the ground's clock."""
    ground.now = now - timedelta(hours=10)


async def follow(ground: Ground, now: datetime, follow_up: FollowUp = FollowUp.OVERDUE) -> FollowReport:
    """Run a follow-up as of a moment."""
    stands_at(ground, now)
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


async def notices(ground: Ground, code: str) -> list[tuple[str, str, str | None]]:
    """Return what notices of a code are about, their details, and who settled them, in order."""
    found = await ground.rows(
        "SELECT about, detail, settled_by FROM notice WHERE code = :code ORDER BY about", code=code
    )
    return [(about, detail, settled_by) for about, detail, settled_by in found]
