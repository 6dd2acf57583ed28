"""Pre-screening: how likely a program looks for a client, from the facts, the catalog's dated numbers and a day.

Pure. The words are LIKELY, BORDERLINE, NEEDS_INFO, UNLIKELY and EXCLUDED; whether someone may have a benefit is said
by the deciding office alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Final

from catalog import Catalog, Program
from models.facts import Facts
from models.screening.ask import Ask
from models.screening.benefits import copay_relief, education_benefit, single_parent_support
from models.screening.debt import bankruptcy, financial_counseling, individual_rehabilitation, private_workout
from models.screening.emergency import emergency_living_aid, seoul_emergency_aid
from models.screening.national_support import national_employment_support
from models.screening.package import employment_success_package
from models.screening.result import Assessment, Result, Screening, best_of
from models.screening.subsidy import employment_promotion_subsidy

#: Every predicate a program of the catalog may name.
PREDICATES: Final[Mapping[str, Callable[[Ask], Assessment]]] = {
    "emergency_living_aid": emergency_living_aid,
    "seoul_emergency_aid": seoul_emergency_aid,
    "single_parent_support": single_parent_support,
    "copay_relief": copay_relief,
    "education_benefit": education_benefit,
    "employment_success_package": employment_success_package,
    "national_employment_support": national_employment_support,
    "employment_promotion_subsidy": employment_promotion_subsidy,
    "financial_counseling": financial_counseling,
    "private_workout": private_workout,
    "individual_rehabilitation": individual_rehabilitation,
    "bankruptcy": bankruptcy,
}


@lru_cache(maxsize=2048)
def screen(program: str, facts: Facts, catalog: Catalog, on: date) -> Screening:
    """Pre-screen a program for a client; the same question is answered once, as long as it is asked again soon.

    Args:
        program: Code of the program.
        facts: What is known of the client.
        catalog: Where the numbers come from.
        on: The legally relevant day, Asia/Seoul: application, filing or hire.

    Raises:
        UnknownWord: the catalog has no such program.
    """
    known = catalog.program(program)
    if not known.holds_on(on):
        reason = f"the program holds from {known.valid_from} to {known.valid_to or 'further notice'}"
        return _screening(known, catalog, on, Result.EXCLUDED, reason=reason)
    if known.screening is None:
        return _screening(known, catalog, on, Result.LIKELY, reason="open to everyone who asks")
    assessment = PREDICATES[known.screening](Ask(facts, catalog, on))
    best, ways = best_of(assessment.ways)
    return Screening(
        program=program,
        result=best.result,
        lines=tuple(dict.fromkeys((*best.lines, *assessment.notes))),
        missing=tuple(sorted(best.missing)),
        reason=best.reason,
        routes=tuple(f"{way.name}: {way.result}" for way in ways),
        law=known.law,
        params_version=catalog.version,
        asked_on=on,
    )


def _screening(program: Program, catalog: Catalog, on: date, result: Result, *, reason: str) -> Screening:
    """Return a screening that compared nothing."""
    return Screening(
        program=program.code,
        result=result,
        lines=(),
        reason=reason,
        law=program.law,
        params_version=catalog.version,
        asked_on=on,
    )


__all__ = ["PREDICATES", "Result", "Screening", "screen"]
