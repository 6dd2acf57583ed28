"""Expectations: each thing a scenario says must be true, held against how things stand. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from deployments.rehearsal.expected import Expected, ReferralExpected, ScreeningExpected, SentExpected
from deployments.rehearsal.seeing import Received, Scene
from models.roads import TURN

NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One expectation and what was found."""

    at: datetime
    line: int
    about: str
    expected: str
    actual: str
    met: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison, before it is known where it was asked for."""

    about: str
    expected: str
    actual: str
    met: bool


def compare(expected: Expected, scene: Scene) -> Iterator[Compared]:
    """Hold everything that is expected against the scene, in the order of the file."""
    for program, referral in expected.referrals.items():
        yield from _referral(program, referral, scene)
    if expected.count is not None:
        yield _same("referrals in all", expected.count, len(scene.case.referrals))
    if expected.parked is not None:
        wanted = sorted(f"{parked.word} ({parked.reason})" for parked in expected.parked)
        yield _same("parked events", _some(wanted), _some(sorted(f"{word} ({why})" for word, why in scene.parked)))
    for notice in expected.notices:
        there = [open_ for open_ in scene.notices if open_ == notice or open_.startswith(f"{notice} ")]
        yield Compared("notice", notice, notice if there else _some(scene.notices), bool(there))
    for notice in expected.no_notices:
        there = [open_ for open_ in scene.notices if open_ == notice or open_.startswith(f"{notice} ")]
        yield Compared(f"no notice {notice}", NOTHING, _some(there), not there)
    if expected.set_aside is not None:
        yield _same("set aside by", _some(sorted(expected.set_aside)), _some(scene.set_aside))
    for agency, sent in expected.sent.items():
        yield from _sent(agency, sent, scene.received)
    for program, screening in expected.screening.items():
        yield from _screening(program, screening, scene)


def _referral(program: str, expected: ReferralExpected, scene: Scene) -> Iterator[Compared]:
    found = scene.case.referral(program)
    if expected.count is not None:
        count = sum(1 for referral in scene.case.referrals if referral.program == program)
        yield _same(f"{program} referrals", expected.count, count)
    for name in ("state", "agency", "outcome", "reason", "waits_for", "basis", "application_date"):
        wanted = getattr(expected, name)
        if wanted is not None:
            actual = getattr(found, name) if found.exists else "no such referral"
            yield _same(f"{program} {name.replace('_', ' ')}", wanted, actual)
    if expected.turn is not None:
        yield _same(
            f"{program} turn", expected.turn, TURN[found.state] if found.state is not None else "no such referral"
        )
    for lane, milestones in expected.milestones.items():
        told = sorted((m for m in found.milestones if m.lane == lane), key=lambda m: m.occurred_at)
        yield _same(f"{program} milestones ({lane})", _some(milestones), _some(m.code for m in told))


def _sent(agency: str, expected: SentExpected, received: Iterable[Received]) -> Iterator[Compared]:
    letters = [
        letter
        for letter in received
        if letter.agency == agency and (expected.program is None or letter.program == expected.program)
    ]
    to = f"to {agency}" if expected.program is None else f"to {agency} about {expected.program}"
    items = frozenset[str]().union(*(letter.items for letter in letters))
    if expected.letters is not None:
        yield _same(f"letters {to}", expected.letters, len(letters))
    counts = Counter(letter.type for letter in letters)
    for type_, count in expected.types.items():
        yield _same(f"{type_} {to}", count, counts[type_])
    if expected.items is not None:
        yield _same(f"items {to}", _some(sorted(expected.items)), _some(sorted(items)))
    if expected.never:
        leaked = sorted(items & set(expected.never))
        yield Compared(f"never {to}: {', '.join(expected.never)}", NOTHING, _some(leaked), not leaked)


def _screening(program: str, expected: ScreeningExpected, scene: Scene) -> Iterator[Compared]:
    screening = scene.case.screening(program)
    about = f"screening {program}"
    if expected.result is not None:
        yield _same(about, expected.result, screening.result)
    if expected.missing is not None:
        yield _same(f"{about} missing", _some(sorted(expected.missing)), _some(sorted(screening.missing)))
    for route in expected.routes:
        met = route in screening.routes
        yield Compared(f"{about} route", route, route if met else _some(screening.routes, " | "), met)
    for line in expected.lines:
        met = any(line in printed for printed in screening.lines)
        yield Compared(f"{about} line", line, line if met else _some(screening.lines, " | "), met)


def _same(about: str, expected: object, actual: object) -> Compared:
    wanted, found = str(expected), NOTHING if actual is None else str(actual)
    return Compared(about, wanted, found, wanted == found)


def _some(words: Iterable[str], between: str = ", ") -> str:
    return between.join(words) or NOTHING
