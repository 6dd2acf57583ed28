"""Expectations: each thing a scenario says must be true, held against how things stand. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import cast

from deployments.rehearsal.expectations_of_time import compare_time
from deployments.rehearsal.expected import (
    Expected,
    ReferralExpected,
    ReportExpected,
    RouteExpected,
    ScreeningExpected,
    SentExpected,
)
from deployments.rehearsal.findings import NO_REFERRAL, NOTHING, Compared, same, some
from deployments.rehearsal.seeing import Received, Scene
from models.case import ReferralView
from models.roads import TURN
from models.routing import route


def compare(expected: Expected, scene: Scene) -> Iterator[Compared]:
    """Hold everything that is expected against the scene, in the order of the file."""
    for program, referral in expected.referrals.items():
        yield from _program(program, referral, scene)
    yield from _journey(expected, scene)
    for agency, sent in expected.sent.items():
        yield from _sent(agency, sent, scene.received)
    for program, screening in expected.screening.items():
        yield from _screening(program, screening, scene)
    for program, wanted in expected.routes.items():
        yield from _route(program, wanted, scene)
    for agency, line in expected.report.items():
        yield from _report(agency, line, scene)


def _report(agency: str, expected: ReportExpected, scene: Scene) -> Iterator[Compared]:
    found = scene.report.get(agency, {})
    for name in ReportExpected.model_fields:
        wanted, actual = getattr(expected, name), found.get(name, 0)
        if wanted is not None:
            counted = sum(cast("dict[str, int]", actual).values()) if isinstance(actual, dict) else actual
            counted = round(counted) if isinstance(counted, float) else counted
            yield same(f"report {agency} {name.replace('_', ' ')}", wanted, counted)


def _journey(expected: Expected, scene: Scene) -> Iterator[Compared]:
    """Compare what is true of the whole journey."""
    if expected.count is not None:
        yield same("referrals in all", expected.count, len(scene.case.referrals))
    if expected.parked is not None:
        wanted = sorted(f"{parked.word} ({parked.reason})" for parked in expected.parked)
        yield same("parked events", some(wanted), some(sorted(f"{word} ({why})" for word, why in scene.parked)))
    for notice in expected.notices:
        there = _open(notice, scene)
        yield Compared("notice", notice, notice if there else some(scene.notices), bool(there))
    for notice in expected.no_notices:
        there = _open(notice, scene)
        yield Compared(f"no notice {notice}", NOTHING, some(there), not there)
    if expected.set_aside is not None:
        yield same("set aside by", some(sorted(expected.set_aside)), some(scene.set_aside))
    if expected.dormant is not None:
        yield same("dormant", expected.dormant, scene.dormant)
    for recipient, until in expected.consents.items():
        held = [c.valid_to for c in scene.case.consents if c.recipient == recipient and c.holds_on(scene.case.today)]
        yield same(f"consent to {recipient}", until, max(held, default="none"))


def _open(notice: str, scene: Scene) -> list[str]:
    """Return the open notices of a code, or the one of a code and what it is about."""
    return [open_ for open_ in scene.notices if open_ == notice or open_.startswith(f"{notice} ")]


def _program(program: str, expected: ReferralExpected, scene: Scene) -> Iterator[Compared]:
    latest = scene.case.referral(program)
    all_there = [referral for referral in scene.case.referrals if referral.program == program]
    if expected.count is not None:
        yield same(f"{program} referrals", expected.count, len(all_there))
    yield from _referral(program, expected, latest, scene)
    if expected.earlier is None:
        return
    others = [referral for referral in all_there if referral.id != latest.id]
    yield same(f"{program} earlier referrals", len(expected.earlier), len(others))
    for nth, (wanted, other) in enumerate(zip(expected.earlier, others, strict=False), start=1):
        yield from _referral(f"{program} (earlier {nth})", wanted, other, scene)


def _referral(program: str, expected: ReferralExpected, found: ReferralView, scene: Scene) -> Iterator[Compared]:
    for name in ("state", "agency", "outcome", "reason", "waits_for", "basis", "application_date"):
        wanted = getattr(expected, name)
        if wanted is not None:
            actual = getattr(found, name) if found.exists else NO_REFERRAL
            yield same(f"{program} {name.replace('_', ' ')}", wanted, actual)
    if expected.turn is not None:
        yield same(f"{program} turn", expected.turn, TURN[found.state] if found.state is not None else NO_REFERRAL)
    for lane, milestones in expected.milestones.items():
        told = sorted((m for m in found.milestones if m.lane == lane), key=lambda m: m.occurred_at)
        yield same(f"{program} milestones ({lane})", some(milestones), some(m.code for m in told))
    yield from compare_time(program, expected, found, scene)


def _sent(agency: str, expected: SentExpected, received: Iterable[Received]) -> Iterator[Compared]:
    letters = [
        letter
        for letter in received
        if letter.agency == agency and (expected.program is None or letter.program == expected.program)
    ]
    to = f"to {agency}" if expected.program is None else f"to {agency} about {expected.program}"
    items = frozenset[str]().union(*(letter.items for letter in letters))
    if expected.letters is not None:
        yield same(f"letters {to}", expected.letters, len(letters))
    counts = Counter(letter.type for letter in letters)
    for type_, count in expected.types.items():
        yield same(f"{type_} {to}", count, counts[type_])
    if expected.items is not None:
        yield same(f"items {to}", some(sorted(expected.items)), some(sorted(items)))
    if expected.never:
        leaked = sorted(items & set(expected.never))
        yield Compared(f"never {to}: {', '.join(expected.never)}", NOTHING, some(leaked), not leaked)


def _screening(program: str, expected: ScreeningExpected, scene: Scene) -> Iterator[Compared]:
    screening = scene.case.screening(program)
    about = f"screening {program}"
    if expected.result is not None:
        yield same(about, expected.result, screening.result)
    if expected.missing is not None:
        yield same(f"{about} missing", some(sorted(expected.missing)), some(sorted(screening.missing)))
    for way in expected.routes:
        met = way in screening.routes
        yield Compared(f"{about} route", way, way if met else some(screening.routes, " | "), met)
    for line in expected.lines:
        met = any(line in printed for printed in screening.lines)
        yield Compared(f"{about} line", line, line if met else some(screening.lines, " | "), met)


def _route(program: str, expected: RouteExpected, scene: Scene) -> Iterator[Compared]:
    case = scene.case
    found = route(program, case.facts, case.catalog, case.today, case.refused(program), case.load)
    if expected.first is not None:
        yield same(f"route {program}", expected.first, found.first.agency if found.first else None)
    if expected.alternatives is not None:
        others = some(choice.agency for choice in found.alternatives)
        yield same(f"route {program} alternatives", some(expected.alternatives), others)
    passed = {each.agency: each.reason for each in found.passed_over}
    for agency, reason in expected.passed_over.items():
        yield same(f"route {program} passes over {agency}", reason, passed.get(agency))
