"""A pre-screening made again: from the facts as they stood, with the catalog there is now; what has changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from catalog import Catalog
from models.facts import Facts
from models.screening import Screening, screen


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A screening as it was recorded; the columns of `models.screening_record.ScreeningRecord`."""

    program: str
    result: str
    reason: str
    lines: tuple[str, ...]
    routes: tuple[str, ...]
    missing: tuple[str, ...]
    facts: Mapping[str, Any]
    law: tuple[str, ...]
    params_version: str
    asked_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A screening then and now. Its lines hold amounts: show them to staff, keep them out of logs and Prefect."""

    then: Recorded
    now: Screening
    #: Names of what is not the same: `result`, `reason`, `lines`, `routes`, `missing`, `law`.
    changed: tuple[str, ...]
    #: Lines (of comparisons, of routes) that were told then and are told no more, and those that are told now instead.
    gone: tuple[str, ...]
    instead: tuple[str, ...]

    @property
    def same_catalog(self) -> bool:
        """Say whether the catalog is the one it was made with."""
        return self.then.params_version == self.now.params_version


def replay(then: Recorded, catalog: Catalog) -> Replayed:
    """Make a screening again, as of the legally relevant day it was made for.

    Raises:
        UnknownWord: The catalog knows the program no more.
        pydantic.ValidationError: The facts as they were kept cannot be read as facts any more.
    """
    now = screen(then.program, Facts.model_validate(then.facts), catalog, then.asked_on)
    pairs = {
        "result": (then.result, now.result.value),
        "reason": (then.reason, now.reason),
        "lines": (then.lines, now.lines),
        "routes": (then.routes, now.routes),
        "missing": (then.missing, now.missing),
        "law": (then.law, tuple(source.cite for source in now.law)),
    }
    told, tells = (*then.lines, *then.routes), (*now.lines, *now.routes)
    return Replayed(
        then=then,
        now=now,
        changed=tuple(name for name, (before, after) in pairs.items() if before != after),
        gone=tuple(line for line in told if line not in tells),
        instead=tuple(line for line in tells if line not in told),
    )
