"""The shapes of follow-ups: what is done about each deadline, step by step, or why nothing is done about it.

A step has a moment (relative to the day or hour the deadline is due) and a verb; its number is its place. Steps of days
happen when that day begins, in Seoul; hours count as the deadline itself counts them. `models/chasing.py` reckons.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from catalog.deadlines import Length
from catalog.shapes import Code, Shape, Text, Word

#: The follow-ups that look after deadlines; a test compares them with `models.vocabulary.FollowUp`.
LooksAfter = Literal["overdue", "retention", "reviews"]
#: `remind` a line in the agency's digest · `supervisor` the supervisor's list · `expire` the referral is given up for
#: silence · `staff` something for staff to do.
Does = Literal["remind", "supervisor", "expire", "staff"]
#: `unmet` what is owed has not come · `met_late` it came, after its time.
When = Literal["unmet", "met_late"]

#: The notice of a `supervisor` step that names none.
SUPERVISORS: Word = "agency_overdue"


class FollowStep(Shape):
    """One step: a moment, a condition that must hold then, and what is done."""

    at: Literal["due"] | None = None
    before: Length | None = None
    after: Length | None = None
    when: When = "unmet"
    does: Does
    #: Code of the notice, for `staff` and `supervisor`.
    notice: Word | None = None
    #: Why it is given up, for `expire`; silence where nothing else is said.
    reason: Word | None = None
    #: Again and again so often, until the condition holds no more; the last step only.
    every: Length | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        moments = [moment for moment in (self.at, self.before, self.after) if moment is not None]
        lengths = [length for length in (self.before, self.after, self.every) if length is not None]
        late = self.when == "met_late"
        for text, wrong in (
            ("a step needs one of 'at', 'before' and 'after'", not late and len(moments) != 1),
            ("what was met late has no other moment than that", late and bool(moments or self.every)),
            ("a length before or after is positive", any(length.number < 0 for length in lengths)),
            (
                "working days are counted forward only",
                any(each is not None and each.unit == "working_days" for each in (self.before, self.every)),
            ),
            ("'staff' needs a 'notice'", self.does == "staff" and self.notice is None),
            ("only staff and supervisor get a 'notice'", self.does in {"remind", "expire"} and self.notice is not None),
            ("only 'expire' gets a 'reason'", self.reason is not None and self.does != "expire"),
            ("only staff and supervisor are told again and again", self.every is not None and self.tells is None),
        ):
            if wrong:
                raise ValueError(text)
        return self

    @property
    def tells(self) -> str | None:
        """Code of the notice this step raises, or None."""
        return self.notice or (SUPERVISORS if self.does == "supervisor" else None)


class Course(Shape):
    """What is done, in order; or why nothing is."""

    steps: tuple[FollowStep, ...] = ()
    never: Text | None = None

    @model_validator(mode="after")
    def _steps_or_never(self) -> Self:
        for text, wrong in (
            ("it needs either 'steps' or 'never' with the reason", bool(self.steps) == (self.never is not None)),
            ("'expire' ends it: no step comes after", any(step.does == "expire" for step in self.steps[:-1])),
            ("only the last step can be taken again and again", any(step.every for step in self.steps[:-1])),
        ):
            if wrong:
                raise ValueError(text)
        return self

    @property
    def gives_up_the_client(self) -> bool:
        """Whether it ends in giving a referral up for a reason that is not its agency's silence."""
        return any(step.does == "expire" and step.reason is not None for step in self.steps)


class Plan(Course):
    """Which follow-up looks after a deadline and what it does; some programs have a course of their own."""

    #: The deadline's code.
    code: str
    follow_up: LooksAfter | None = None
    programs: Mapping[Code, Course] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _somebody_looks(self) -> Self:
        if bool(self.follow_up) == (self.never is not None and not self.programs):
            text = "'follow_up' names who takes the steps, and only where there are any"
            raise ValueError(text)
        return self

    def course_of(self, program: str) -> Course:
        """Return what is done about it for a program's referrals."""
        return self.programs.get(program, self)
