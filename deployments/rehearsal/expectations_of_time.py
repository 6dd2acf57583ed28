"""Expectations of time and outlook: deadlines, days held, what the follow-ups did, what can be paid. Pure."""

from collections.abc import Iterator

from deployments.rehearsal.expected import DeadlineExpected, ReferralExpected, StepExpected
from deployments.rehearsal.findings import NO_REFERRAL, NOTHING, Compared, same, some
from deployments.rehearsal.seeing import ReferralTime, Scene, StepDone
from models.case import ReferralView
from models.counting import day_of
from web.views import DeadlineView

_NOT_RUNNING = "no such deadline runs"


def compare_time(program: str, expected: ReferralExpected, found: ReferralView, scene: Scene) -> Iterator[Compared]:
    """Hold what is expected of a referral's time against it.

    Args:
        program: How findings call the referral.
        expected: What the scenario says.
        found: The referral; it may be none.
        scene: With its deadlines, its log's days and the steps of follow-ups.
    """
    time = scene.time.get(found.id, ReferralTime())
    for place, day in expected.reached.items():
        lane, _, code = place.rpartition(".")
        at = found.reached(code, lane or "main")
        yield same(f"{program} reached {place}", day, None if at is None else day_of(at))
    there = {due.code: due for due in time.deadlines}
    for code, wanted in expected.deadlines.items():
        yield from _deadline(f"{program} {code}", wanted, there.get(code))
    for code in expected.no_deadlines:
        due = there.get(code)
        yield Compared(f"{program} no {code}", NOTHING, f"{due.status} {due.due_raw}" if due else NOTHING, due is None)
    for party, days in expected.held.items():
        actual = NO_REFERRAL if time.held is None else round(getattr(time.held, party))
        yield same(f"{program} days held by {party}", days, actual)
    for line in expected.outlook:
        met = any(line in printed for printed in time.outlook)
        yield Compared(f"{program} outlook", line, line if met else some(time.outlook, " | "), met)
    for code, steps in expected.steps.items():
        done = [step for step in time.steps if step.deadline == code]
        yield same(f"{program} {code} steps", _steps(steps), _steps_done(steps, done))


def _deadline(about: str, expected: DeadlineExpected, due: DeadlineView | None) -> Iterator[Compared]:
    if due is None:
        yield Compared(about, "runs", _NOT_RUNNING, met=False)
        return
    for name in ("due_raw", "due_effective", "extendable_to", "extended_from", "status", "owed_by", "informational"):
        wanted = getattr(expected, name)
        if wanted is not None:
            yield same(f"{about} {name.replace('_', ' ')}", wanted, getattr(due, name))
    if expected.met_on is not None:
        yield same(f"{about} met on", expected.met_on, None if due.met_at is None else day_of(due.met_at))


def _steps(steps: tuple[StepExpected, ...]) -> str:
    return some(step.does if step.on is None else f"{step.does} {step.on}" for step in steps)


def _steps_done(expected: tuple[StepExpected, ...], done: list[StepDone]) -> str:
    """Print what was done, with the days where the scenario names them."""
    dated = [step.on is not None for step in expected] + [True] * len(done)
    return some(f"{step.does} {step.on}" if day else step.does for step, day in zip(done, dated, strict=False))
