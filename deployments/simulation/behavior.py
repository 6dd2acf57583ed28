"""How pretend agencies behave in a simulation: `behavior.yaml`, read and held against the catalog's words."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from catalog import Catalog, UnknownWord

FILE: Final = Path(__file__).parent / "behavior.yaml"

Days = Annotated[tuple[float, float], Field(description="least and most")]
Chance = Annotated[float, Field(ge=0, le=1)]


class BehaviorError(Exception):
    """The behavior cannot be: the text names the place and the word."""


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SpokenStep(_Shape):
    """One word an agency says, so many days after the one before."""

    days: Days
    event: Literal["accepted", "declined", "waitlisted", "held", "resumed", "progressed", "completed", "cancelled"]
    milestone: str | None = None
    lane: str = "main"
    outcome: str | None = None
    one_of: tuple[str, ...] = ()
    if_hired: str | None = None
    reason: str | None = None
    by: str | None = None

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Every outcome it may tell."""
        return tuple(word for word in (self.outcome, *self.one_of, self.if_hired) if word is not None)


class Course(_Shape):
    """One way a referral may go."""

    weight: Annotated[float, Field(gt=0)]
    steps: Annotated[tuple[SpokenStep, ...], Field(min_length=1)]


class Manner(_Shape):
    """How one agency is: how fast, how willing, how silent."""

    silent: Chance = 0.04
    wakes: Chance = 0.7
    declines: Chance = 0.06
    answers: Days = (0.1, 2.5)
    drift: Annotated[float, Field(gt=0)] = 1.0
    silent_from: Chance = 1.0
    silent_to: Chance = 1.0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.silent_to < self.silent_from:
            raise ValueError("'silent_to' lies before 'silent_from'")
        return self


class Behavior(_Shape):
    """The whole file."""

    agencies: Mapping[str, Manner]
    programs: Mapping[str, Annotated[tuple[Course, ...], Field(min_length=1)]]

    def of(self, agency: str) -> Manner:
        """Return how an agency is."""
        return self.agencies.get(agency, self.agencies["default"])


def read_behavior(catalog: Catalog, file: Path = FILE) -> Behavior:
    """Read the file; an agency's entry fills the default up.

    Raises:
        BehaviorError: It cannot be read, or holds a word that the catalog does not know.
    """
    given = cast("dict[str, dict[str, Any]]", yaml.safe_load(file.read_text(encoding="utf-8")))
    default = given.get("agencies", {}).get("default", {})
    given["agencies"] = {code: {**default, **(own or {})} for code, own in given.get("agencies", {}).items()}
    try:
        behavior = Behavior.model_validate(given)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise BehaviorError(f"{file.name}: {place}: {first['msg']}") from None
    if wrong := next(_unknown(behavior, catalog), None):
        raise BehaviorError(f"{file.name}: {wrong}")
    return behavior


def _unknown(behavior: Behavior, catalog: Catalog) -> Iterator[str]:
    """Yield every word that the catalog does not know, and every program nobody plays."""
    for code in behavior.agencies:
        if code != "default" and code not in catalog.agencies:
            yield f"agencies.{code}: there is no such agency"
    for code in catalog.programs:
        if code not in behavior.programs:
            yield f"programs: nobody plays {code}"
    for code, courses in behavior.programs.items():
        for step in (step for course in courses for step in course.steps):
            try:
                _look_up(step, code, catalog)
            except UnknownWord as unknown:
                yield f"programs.{code}: {unknown}"


def _look_up(step: SpokenStep, code: str, catalog: Catalog) -> None:
    """Look every word of a step up.

    Raises:
        UnknownWord: The catalog does not know it.
    """
    program = catalog.program(code)
    if step.milestone is not None:
        program.milestone(step.lane, step.milestone)
    for outcome in step.outcomes:
        program.outcome(outcome)
    if step.event == "declined":
        program.decline_reason(step.reason or "")
    if step.by is not None:
        catalog.agency(step.by)
