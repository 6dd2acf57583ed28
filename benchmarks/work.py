"""The reference work: eight referrals a journey, two signed webhooks each, a stage after the other.

The same for everybody who is measured; nothing here knows how it is done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: Stages by the name of their shape. What stands first in a stage is completed last by its agency, so that a stage is
#: over with that word, whoever is measured.
Stages = tuple[tuple[str, ...], ...]

_INTAKE: Final = "job-counseling"
_EMERGENCY: Final = "emergency-living-aid"
_BENEFITS: Final = ("single-parent-support", "copay-relief", "education-benefit")
_DEBT: Final = "financial-counseling"
_PLACEMENT: Final = "job-placement"
_SUBSIDY: Final = "employment-promotion-subsidy"

SHAPES: Final[Mapping[str, Stages]] = {
    # As the house's rules have it: a client who asks everything at the interview is referred everywhere at once, then
    # placed once she was counseled, and her employer told once she is hired.
    "house": ((_INTAKE, _EMERGENCY, *_BENEFITS, _DEBT), (_PLACEMENT,), (_SUBSIDY,)),
    # One leg after the other: staff say by and by what else is needed (four further events of the center's own door).
    "legs": ((_INTAKE,), (_EMERGENCY,), _BENEFITS, (_DEBT,), (_PLACEMENT,), (_SUBSIDY,)),
}

#: What each agency says when it completes.
OUTCOMES: Final[Mapping[str, str]] = {
    _INTAKE: "counseled",
    _EMERGENCY: "ended",
    **dict.fromkeys(_BENEFITS, "granted"),
    _DEBT: "counseled_only",
    _PLACEMENT: "hired",
    _SUBSIDY: "confirmed",
}
PROGRAMS: Final = tuple(OUTCOMES)
#: Durable steps a journey takes at the least: asked, accepted, completed, of each referral.
TRANSITIONS: Final = 3 * len(PROGRAMS)


def stage_of(stages: Stages, program: str) -> int:
    """Return the position of the stage a program belongs to."""
    return next(nth for nth, stage in enumerate(stages) if program in stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What an agency is asked: by which journey, for which program, under which key.

    Attributes:
        journey: Number of the journey within the run.
        program: Code.
        referral: What the agency calls it when it speaks.
        agency: Who is asked.
        key: The idempotency key; it stays the same however often the letter comes.
    """

    journey: int
    program: str
    referral: str
    agency: str
    key: str
