"""Checks of deadlines against the programs: every mark a deadline names must be one its programs have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from catalog.deadlines import Marks, Start
from catalog.problems import UnknownWord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.deadlines import Deadline
    from catalog.reading import Page, Place
    from catalog.shapes import Program
    from catalog.whole import Catalog

#: Whose closed days count: public holidays for what the law counts, the center's own for its working hours.
CALENDARS: Final = ("office", "center")


def check_deadlines(catalog: Catalog, page: Page) -> None:
    """Note every deadline that speaks of what there is not."""
    for name in CALENDARS:
        if name not in catalog.calendars:
            page.wrong(("deadlines",), f"there is no calendar '{name}' to count by", "add it to calendar.yaml")
    for deadline in catalog.deadlines:
        _check(deadline, catalog, page)


def _check(deadline: Deadline, catalog: Catalog, page: Page) -> None:
    place: Place = ("deadlines", deadline.code)
    for program in deadline.programs or catalog.programs:
        if program not in catalog.programs:
            page.wrong((*place, "programs"), f"there is no program '{program}'", "mend the code")
            continue
        for key, marks in _marks(deadline):
            _check_marks(deadline, marks, catalog.programs[program], page, (*place, key))
    if deadline.line is not None and deadline.line not in catalog.parameters:
        page.wrong((*place, "line"), f"there is no parameter '{deadline.line}'", "mend the code")
    first, last = deadline.valid_from, deadline.valid_to
    if first is not None and last is not None and last < first:
        page.wrong((*place, "valid_to"), "the rule ends before it begins", "mend valid_from or valid_to")


def _marks(deadline: Deadline) -> Iterator[tuple[str, Marks]]:
    yield from (
        ("from", deadline.start),
        ("until", deadline.until),
        ("given", deadline.given),
        ("unless", deadline.unless),
        ("dated_by", deadline.dated_by),
        ("extended_by", Marks(milestones=deadline.extended_by)),
    )


def _check_marks(deadline: Deadline, marks: Marks, program: Program, page: Page, place: Place) -> None:
    for word in (*marks.milestones, *(marks.times if isinstance(marks, Start) else ())):
        lane, code = deadline.place(word)
        try:
            program.milestone(lane, code)
        except UnknownWord:
            page.wrong(
                (*place, "milestones"),
                f"{program.code} has no milestone '{lane}.{code}'",
                "mend the word, or give this program a deadline of its own",
            )
    for word in marks.outcomes:
        if word not in program.outcomes:
            page.wrong((*place, "outcomes"), f"{program.code} has no outcome '{word}'", "mend the word")
    for word in marks.declined if isinstance(marks, Start) else ():
        if word not in program.decline_reasons:
            page.wrong((*place, "declined"), f"{program.code} has no decline reason '{word}'", "mend the word")
