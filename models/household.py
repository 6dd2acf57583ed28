"""The people around a client: who they are to the client, how old, whether in school, whether they live together."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from models.spans import age_on

Relation = Literal["spouse", "child", "parent", "grandparent", "grandchild", "sibling", "other"]
SchoolLevel = Literal["none", "elementary", "middle", "high", "university"]

_IN_SCHOOL = frozenset({"elementary", "middle", "high", "university"})


class Member(BaseModel):
    """Someone of the client's household; the client is not listed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    relation: Relation
    birth_date: date | None = None
    school_level: SchoolLevel | None = None
    lives_together: bool = True

    def age(self, on: date) -> int | None:
        """Return the age in full years on a day, or None while the birth date is unknown."""
        return None if self.birth_date is None else age_on(self.birth_date, on)

    def under(self, age: int, on: date) -> bool | None:
        """Say whether the member is below an age on a day; None while nobody knows."""
        known = self.age(on)
        return None if known is None else known < age

    @property
    def in_school(self) -> bool | None:
        """Say whether the member goes to school; None while nobody knows."""
        return None if self.school_level is None else self.school_level in _IN_SCHOOL
