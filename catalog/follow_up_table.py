"""The part of docs/deadlines.md that says what is done about each deadline, drawn from `catalog/follow_ups.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.deadlines import Length
    from catalog.follow_ups import Course, FollowStep
    from catalog.whole import Catalog

_HEAD: Final = """\
## What is done about each

Drawn from `catalog/follow_ups.yaml`. *Looked after by* names the scheduled follow-up. Steps are counted from the due
day: *remind* is a line in the agency's next digest, *supervisor* a notice for the supervisor's list, *expire* gives the
referral up for silence, so that the next agency is asked; everything else is a notice for staff, by its code
([runbook](runbook.md)). Each step is done once. Agencies and supervisors are left in peace while the center is closed.
A second reminder, and giving up, keep their distance from the reminder before, even where that came late. Whoever has
answered is not reminded, also where no desk has heard it yet. While a client who missed appointments is waited for
(`D35-no-show`), no agency is given up for silence.
"""


def what_is_done(catalog: Catalog) -> Iterator[str]:
    """Yield the lines of the section."""
    yield _HEAD
    yield "| code | looked after by | what is done |"
    yield "|---|---|---|"
    for deadline in catalog.deadlines:
        plan = catalog.follow_ups[deadline.code]
        own = [f"<br>*{program}:* {_course(course)}" for program, course in sorted(plan.programs.items())]
        yield f"| {plan.code} | {plan.follow_up or '–'} | {_course(plan)}{''.join(own)} |"
    yield ""
    yield "| notice | in Korean | in English |"
    yield "|---|---|---|"
    plans = [catalog.follow_ups[deadline.code] for deadline in catalog.deadlines]
    courses = [course for plan in plans for course in (plan, *plan.programs.values())]
    raised = {step.tells for course in courses for step in course.steps if step.tells is not None}
    for code in sorted(raised):
        title = catalog.notices[code]
        one = " (one for all programs of a day)" if title.one_call else ""
        yield f"| `{code}` | {title.ko} | {title.en}{one} |"


def _course(course: Course) -> str:
    return f"never: {course.never}" if course.never else " · ".join(_step(step) for step in course.steps)


def _step(step: FollowStep) -> str:
    words = ["" if step.does == "staff" else step.does, f"`{step.tells}`" if step.tells else ""]
    verb = " ".join(word for word in words if word)
    again = f", again every {span(step.every)}" if step.every else ""
    return f"{_moment(step)}: {verb}{again}"


def _moment(step: FollowStep) -> str:
    if step.when == "met_late":
        return "met late"
    if step.before is not None:
        return f"−{span(step.before)}"
    return f"+{span(step.after)}" if step.after is not None else "due"


def span(length: Length) -> str:
    """Return a length in words: `3 working days`, `−1 month`."""
    unit = length.unit.replace("_", " ")
    number = f"−{-length.number}" if length.number < 0 else str(length.number)
    return f"{number} {unit.removesuffix('s') if abs(length.number) == 1 else unit}"
