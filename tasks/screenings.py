"""Screenings as they were made: written when a program's says something new for a journey, in the desk's batch."""

from collections.abc import Sequence
from typing import Any, Final

import orjson

from models.screening import Screening
from models.work import CaseWork

#: One statement for a whole batch. The day alone is nothing new, nor are facts that change no line.
KEEP: Final = """
    INSERT INTO screening_record
        (journey_id, program, result, reason, lines, routes, missing, facts, law, params_version, asked_on, recorded_at)
    SELECT said.journey_id, said.program, said.result, said.reason, said.lines, said.routes, said.missing,
           CAST(:facts AS jsonb) -> said.asked, said.law, said.params_version, said.asked_on, :now
    FROM jsonb_to_recordset(CAST(:said AS jsonb)) AS said (
        asked int, journey_id uuid, program text, result text, reason text, lines jsonb, routes jsonb, missing jsonb,
        law jsonb, params_version text, asked_on date
    )
    LEFT JOIN LATERAL (
        SELECT result, lines, routes, missing, params_version FROM screening_record
        WHERE journey_id = said.journey_id AND program = said.program ORDER BY id DESC LIMIT 1
    ) AS last ON true
    WHERE (last.result, last.lines, last.routes, last.missing, last.params_version)
        IS DISTINCT FROM (said.result, said.lines, said.routes, said.missing, said.params_version)
    ORDER BY said.journey_id, said.program, said.asked
"""


def keeping_screenings(works: Sequence[CaseWork]) -> dict[str, str]:
    """Return the parameters of `KEEP`, but for `now`: what the rules of a batch were told by screenings.

    Args:
        works: Those whose rules were asked to the end count; what a broken rule asked is not what was decided on. Where
            facts changed from one desk's turn to the next, each was told by the facts of its own.
    """
    said: list[dict[str, Any]] = []
    facts: list[dict[str, Any]] = []
    last: dict[tuple[str, str], Screening] = {}
    for work in works:
        journey, fresh = str(work.case.journey_id), list[dict[str, Any]]()
        for screening in work.screenings:
            before = last.get((journey, screening.program))
            # Most are the very same: nothing is screened twice in a batch.
            if before is not screening and (before is None or _news(before) != _news(screening)):
                fresh.append({**_row(journey, screening), "asked": len(facts)})
            last[journey, screening.program] = screening
        if fresh:
            said += fresh
            facts.append(work.case.facts.model_dump(mode="json", exclude_none=True))
    return {"said": _json(said), "facts": _json(facts)}


def _news(screening: Screening) -> tuple[Any, ...]:
    """Return what makes a screening say something new."""
    return screening.result, screening.lines, screening.routes, screening.missing, screening.params_version


def _row(journey: str, screening: Screening) -> dict[str, Any]:
    return {
        "journey_id": journey,
        "program": screening.program,
        "result": screening.result.value,
        "reason": screening.reason,
        "lines": screening.lines,
        "routes": screening.routes,
        "missing": screening.missing,
        "law": [source.cite for source in screening.law],
        "params_version": screening.params_version,
        "asked_on": screening.asked_on.isoformat(),
    }


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
