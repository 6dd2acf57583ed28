"""What a desk's rules may want: a closed list of steps, each saying *what*, never *how*.

Steps are level-triggered: a rule yields what should be so, every time it is asked; `models.planning` does only what is
not so yet. They are keyed by what they want (program, agency, code), never by call order.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refer:
    """Let the client be referred to a program; routing finds the agency, refusals are remembered.

    Attributes:
        program: Catalog code.
        agency: Only where a person chose one; otherwise the routing rules decide.
        urgent: Whether the agency is asked to answer within hours.
    """

    program: str
    agency: str | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Let the open referral of a program end, with a reason code."""

    program: str
    reason: str


@dataclass(frozen=True, slots=True)
class Amend:
    """Let the agency of a program's referral know what has changed, once for each change."""

    program: str
    what: str


@dataclass(frozen=True, slots=True)
class AskStaff:
    """Let a person do something a program cannot, once for each `about`."""

    code: str
    about: str = ""
    detail: str = ""


Step = Refer | Withdraw | Amend | AskStaff
