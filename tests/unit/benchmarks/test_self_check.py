"""What the self-check of a benchmark run must see: each planted fault of a log turns it red."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from benchmarks.seal import seal
from benchmarks.self_check import faults_of_log
from benchmarks.work import OUTCOMES, PROGRAMS, SHAPES, TRANSITIONS
from sandbox import seal as of_sandbox

Row = dict[str, Any]
JOURNEY = "J-2026-000001-0"
STEPS = (None, "drafted", "requested", "accepted", "completed")


def whole_log() -> list[Row]:
    return [
        {
            "number": JOURNEY,
            "program": program,
            "referral": f"R-{program}",
            "state": "completed",
            "sequence": sequence,
            "start": STEPS[sequence - 1],
            "event": STEPS[sequence],
            "end": STEPS[sequence],
        }
        for program in PROGRAMS
        for sequence in (1, 2, 3, 4)
    ]


def a_dropped_transition(log: list[Row]) -> None:
    log.pop(2)


def a_doubled_transition(log: list[Row]) -> None:
    log.insert(3, {**log[2], "sequence": 4, "start": "accepted"})
    log[4]["sequence"] = 5


def a_step_that_does_not_follow(log: list[Row]) -> None:
    log[3]["start"] = "requested"


def an_open_referral(log: list[Row]) -> None:
    log[-1]["state"] = "accepted"


def a_missing_referral(log: list[Row]) -> None:
    del log[-4:]


def a_referral_twice(log: list[Row]) -> None:
    log.extend([{**row, "referral": "R-again"} for row in log[-4:]])


def a_step_of_another_kind(log: list[Row]) -> None:
    log[1]["event"] = "withdrawn"


def test_a_whole_log_has_no_fault() -> None:
    assert [] == faults_of_log([JOURNEY], whole_log())


def test_what_arrived_may_be_a_step_as_well() -> None:
    log = whole_log()
    log.insert(2, {**log[1], "sequence": 3, "start": "requested", "event": "received", "end": "received"})
    log[3] |= {"sequence": 4, "start": "received"}
    log[4] |= {"sequence": 5}

    assert [] == faults_of_log([JOURNEY], log)


@pytest.mark.parametrize(
    "plant",
    [
        a_dropped_transition,
        a_doubled_transition,
        a_step_that_does_not_follow,
        an_open_referral,
        a_missing_referral,
        a_referral_twice,
        a_step_of_another_kind,
    ],
)
def test_a_planted_fault_is_seen(plant: Callable[[list[Row]], None]) -> None:
    log = whole_log()
    plant(log)

    assert faults_of_log([JOURNEY], log)


def test_a_journey_nobody_knows_is_seen() -> None:
    assert faults_of_log([JOURNEY, "J-2026-000002-8"], whole_log())


def test_every_shape_is_the_same_eight_referrals() -> None:
    assert 24 == TRANSITIONS
    for stages in SHAPES.values():
        assert sorted(OUTCOMES) == sorted(program for stage in stages for program in stage)


def test_the_load_generator_seals_as_the_sandbox_does() -> None:
    now, body = datetime(2026, 11, 27, tzinfo=UTC), b'{"a":1}'
    key = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"

    expected = of_sandbox.sign(key, "msg_1", now, body)

    assert expected == seal(b"ABCDEFGHIJKLMNOPQRSTUVWX", "msg_1", str(int(now.timestamp())), body)
