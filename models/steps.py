"""What a desk's rules may want: a closed list of steps, each saying *what*, never *how*.

Steps are level-triggered: a rule yields what should be so, every time it is asked; `models.planning` does only what is
not so yet. They are keyed by what they want (program, agency, code), never by call order.
"""

from dataclasses import dataclass
from typing import Final

#: The routing rule's place, where a person chose the agency.
CHOSEN: Final = "chosen"
#: Why a referral is taken from an agency that does not serve the client's new district.
MOVED: Final = "moved"
#: Why something ends that was begun only because something else had been refused.
OVERTAKEN: Final = "overtaken"
#: Why an employer's subsidy ends: another one is paid for the same worker, or the employer laid somebody off.
OTHER_SUBSIDY: Final = "other_wage_subsidy"
#: Reasons of the desks' own that pass: a rule that wants it again, once they are over, may have it asked again.
PASSING: Final = frozenset({MOVED, OVERTAKEN, OTHER_SUBSIDY})


@dataclass(frozen=True, slots=True)
class Refer:
    """Let the client be referred to a program; routing finds the agency, refusals are remembered.

    Attributes:
        program: Catalog code.
        agency: Code, only where it is settled already (a person chose it, or it is the employer who hired); otherwise
            the routing rules decide.
        urgent: Whether the agency is asked to answer within hours.
    """

    program: str
    agency: str | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Let the open referral of a program end.

    Attributes:
        program: Catalog code.
        reason: Code of why.
    """

    program: str
    reason: str


@dataclass(frozen=True, slots=True)
class Amend:
    """Let the agency of a program's referral know what has changed, once for each change.

    Attributes:
        program: Catalog code.
        what: Code of the change, e.g. `hired`.
        about: What makes it another change of the same kind, e.g. the new district; for our tables, never sent.
    """

    program: str
    what: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class AskStaff:
    """Let a person do what no program can, once for each code and `about`.

    Attributes:
        code: What kind of thing it is: a heading of `docs/runbook.md`.
        about: Program, agency or number it is about, at most 128 characters.
        detail: Codes and numbers only, never a person's data.
    """

    code: str
    about: str = ""
    detail: str = ""


Step = Refer | Withdraw | Amend | AskStaff
