"""Cases under a desk's hands: small beginnings that several tests of the heart share."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID

from flows.desks import HEARS
from models.case import ReferralView
from models.hearing import hear
from models.planning import Rules, ask
from models.steps import Step
from models.vocabulary import Desk, Fate
from models.work import CaseWork, HeardEvent
from tests.story.people import MORNING, case_of_a

HOUR = timedelta(hours=1)


#: When what is said in these tests is heard.
EVENING: Final = MORNING + 12 * HOUR


def work_on(*referrals: ReferralView, desk: Desk = Desk.EMERGENCY_AID) -> CaseWork:
    return CaseWork(case=case_of_a(referrals=referrals), desk=desk, now=EVENING)


def tell(
    work: CaseWork,
    word: str,
    *,
    source: str = "agency:mapo-welfare-team",
    hours: float = 0,
    nth: int = 1,
    **data: object,
) -> tuple[Fate, str | None]:
    """Let something be said of the nth referral some hours after the morning; return its fate."""
    number = next((r.number for r in work.case.referrals if r.id.int == 1000 + nth), "R-2017-999999-9")
    event = HeardEvent(
        id=1 + len(work.fates),
        source=source,
        word=word,
        data=data,
        occurred_at=MORNING + hours * HOUR,
        referral_number=number,
    )
    hear(work, event, HEARS)
    return work.fates[event.id]


def wanting(*steps: Step) -> Rules:
    """Return rules that want the same, whatever the case."""
    return lambda _: steps


def asked(rules: Rules, *referrals: ReferralView, desk: Desk = Desk.DEBT_RELIEF, **case: Any) -> CaseWork:  # noqa: ANN401 - what `case_of_a` takes
    """Ask rules of client A's case with these referrals in it."""
    work = CaseWork(case=case_of_a(referrals=referrals, **case), desk=desk, now=MORNING)
    ask(work, rules, 7, keys())
    return work


def keys() -> Callable[[], UUID]:
    fresh = count(5000)
    return lambda: UUID(int=next(fresh))


def again(work: CaseWork, rules: Rules) -> CaseWork:
    """Ask the same rules of the case as it stands now."""
    second = CaseWork(case=work.case, desk=work.desk, now=MORNING)
    ask(second, rules, 8, keys())
    return second
