"""The `ieum` command with one desk's rules broken on purpose: debt relief asks for a workout that nobody advised."""

from collections.abc import Iterator

from flows import debt_relief
from models.case import Case
from models.steps import Refer, Step

_whole = debt_relief.steps


def steps(case: Case) -> Iterator[Step]:
    """Say what the desk says, and one thing too many."""
    yield from _whole(case)
    yield Refer("private-workout")


debt_relief.steps = steps

if __name__ == "__main__":
    # Imported after the rules were replaced: the hall takes them as it is imported.
    from deployments.start import ieum

    ieum()
