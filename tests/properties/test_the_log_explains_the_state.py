"""*The log explains the state*: from any interleaving of words, doubles, reorderings, withdrawals and dying shifts."""

from dataclasses import dataclass
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from models.vocabulary import Desk, Fate, ReferralEvent
from models.work import CaseWork, Stuck
from tests.properties.machine import DISCLOSES, Contradicted, Journey, Look
from tests.story.center import PaperCenter

TestJourney = Journey.TestCase
TestJourney.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


class Forgetful(PaperCenter):
    """A center that loses the log's rows of declined referrals."""

    def write(self, work: CaseWork) -> None:
        """Write a batch down, but not all of it."""
        work.transitions = [row for row in work.transitions if row[0].event is not ReferralEvent.DECLINED]
        super().write(work)


class Talkative(PaperCenter):
    """A center that writes every cancellation twice."""

    def write(self, work: CaseWork) -> None:
        """Write a batch down, and some of it twice."""
        work.letters += [letter for letter in work.letters if "cancel" in letter.type]
        super().write(work)


class Eager(PaperCenter):
    """A center that writes a letter again when it is told what it knows already."""

    def write(self, work: CaseWork) -> None:
        """Write a batch down, and something that nothing called for."""
        if any(fate is Fate.ALREADY_KNOWN for fate, _ in work.fates.values()):
            work.letters += self.letters[-1:]
        super().write(work)


class Touchy(PaperCenter):
    """A center whose desks stop at a withdrawal."""

    def batch(self, desk: Desk) -> CaseWork:
        """Work a batch, and take offense at a sensible word."""
        work = super().batch(desk)
        if any(event.word == ReferralEvent.WITHDRAWN for event in self.waiting[desk]):
            work.stuck = Stuck("offended")
        return work


class Restless(PaperCenter):
    """A center that tells of resting clients what it told before."""

    def write(self, work: CaseWork) -> None:
        """Write a batch down, and for a resting journey a letter that discloses."""
        if work.case.dormant_since is not None:
            work.letters += [letter for letter in self.letters if letter.type in DISCLOSES][:1]
        super().write(work)


@dataclass(frozen=True)
class Fault:
    """A planted fault: the looks that may find it, and what each must have said about it."""

    center: type[PaperCenter]
    found_by: dict[Look, str]


FAULTS: Final = [
    Fault(Forgetful, {Look.LOG: "(declined, applied) is the cause of 0 moves", Look.TAKE_OVER: "last_hash is lost"}),
    Fault(Talkative, {Look.LOG: "was written 2 times: referral.cancel"}),
    Fault(Eager, {Look.LOG: "the same letter was written", Look.TWICE: "the letters changed"}),
    Fault(Touchy, {Look.SENSE: "a desk stopped with offended"}),
    Fault(Restless, {Look.REST: "a referral.requested was written", Look.LOG: "the same letter was written"}),
]


def contradiction(fault: Fault, allowed: frozenset[Look]) -> Contradicted:
    """Let the machine run on a faulty center until a look finds something, and return that; anything else is raised."""

    class Faulty(Journey):
        center_of = fault.center
        looks = allowed

    soon = settings(TestJourney.settings, max_examples=500, phases=[Phase.generate], database=None)
    with pytest.raises(Contradicted) as caught:
        run_state_machine_as_test(Faulty, settings=soon)
    return caught.value


@pytest.mark.parametrize(
    ("fault", "look"),
    [
        pytest.param(fault, look, id=f"{fault.center.__name__}-{look.name}")
        for fault in FAULTS
        for look in fault.found_by
    ],
)
def test_each_look_finds_the_planted_fault_by_itself(fault: Fault, look: Look) -> None:
    found = contradiction(fault, frozenset({look}))

    assert look is found.look
    assert fault.found_by[look] in str(found)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.center.__name__)
def test_the_whole_machine_finds_the_planted_fault_whoever_sees_it_first(fault: Fault) -> None:
    found = contradiction(fault, Journey.looks)

    assert found.look in fault.found_by
    assert fault.found_by[found.look] in str(found)


def test_every_look_is_shown_to_find_something_and_looks_unless_told_otherwise() -> None:
    assert set(Look) == {look for fault in FAULTS for look in fault.found_by}
    assert frozenset(Look) == Journey.looks
