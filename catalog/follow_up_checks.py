"""Checks of the follow-ups: every deadline is looked after or left alone for a reason, and nobody is chased wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.deadlines import Deadline
    from catalog.follow_ups import Course, FollowStep, Plan
    from catalog.reading import Page, Place
    from catalog.whole import Catalog


def check_follow_ups(catalog: Catalog, page: Page) -> None:
    """Note every contradiction between the follow-ups, the deadlines and the notices on the follow-ups' page."""
    deadlines = {deadline.code: deadline for deadline in catalog.deadlines}
    for code in sorted(deadlines.keys() - catalog.follow_ups.keys()):
        page.wrong(
            ("follow_ups",),
            f"nothing says what is done about {code}",
            f"add '{code}:' with its steps, or 'never' with the reason",
        )
    if catalog.resting.notice not in catalog.notices:
        page.wrong(
            ("resting", "notice"),
            f"there is no notice '{catalog.resting.notice}'",
            "add it to notices.yaml, and its heading to docs/runbook.md",
        )
    for plan in catalog.follow_ups.values():
        if plan.code in deadlines:
            _check_plan(plan, deadlines[plan.code], catalog, page)
        else:
            page.wrong(("follow_ups", plan.code), f"there is no deadline '{plan.code}'", "mend the code or remove it")


def _courses(plan: Plan) -> Iterator[tuple[Place, Course]]:
    place: Place = ("follow_ups", plan.code)
    yield place, plan
    for program, course in plan.programs.items():
        yield (*place, "programs", program), course


def _check_plan(plan: Plan, deadline: Deadline, catalog: Catalog, page: Page) -> None:
    for program in plan.programs:
        if program not in catalog.programs:
            page.wrong(("follow_ups", plan.code, "programs", program), f"there is no program '{program}'", "mend it")
        elif deadline.programs and program not in deadline.programs:
            page.wrong(
                ("follow_ups", plan.code, "programs", program),
                f"{plan.code} does not run for {program}",
                "remove it here, or add the program to the deadline",
            )
    for place, course in _courses(plan):
        for index, step in enumerate(course.steps):
            _check_step(step, deadline, catalog, page, (*place, "steps", index))


def _check_step(step: FollowStep, deadline: Deadline, catalog: Catalog, page: Page, place: Place) -> None:
    # Giving up with a reason of its own concerns whoever owes it: a client who does not come is no silent agency.
    chases = step.does == "remind" or (step.does == "expire" and step.reason is None)
    for what, remedy, wrong in (
        (
            f"{deadline.code} is only mirrored: nobody is chased about it",
            "write 'never' with the reason",
            deadline.informational,
        ),
        (
            f"'{step.does}' goes to the agency, but {deadline.owed_by} owes {deadline.code}",
            "let staff do it",
            chases and deadline.owed_by != "agency",
        ),
        (
            "what opens cannot be late",
            "write 'when: unmet', or leave the step out",
            step.when == "met_late" and deadline.opens,
        ),
        (
            f"there is no notice '{step.tells}'",
            "add it to notices.yaml, and its heading to docs/runbook.md",
            step.tells is not None and step.tells not in catalog.notices,
        ),
    ):
        if wrong:
            page.wrong(place, what, remedy)
