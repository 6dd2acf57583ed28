"""The moments of steps: counted from the due day, in days of Seoul, working days, and hours as the deadline counts."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from catalog import FollowStep
from models.chasing import chase
from models.counting import end_of, start_of
from models.due import Due
from models.stepping import moment_of, rungs
from tests.properties.chasing_by_hand import KNOWN, REGISTRY, Played
from tests.unit.models.telling import at


def played(code: str, day: str, met: str | None = None) -> Played:
    met_at = None if met is None else at(met)
    return Played(code=code, program=None, due_day=date.fromisoformat(day), met_at=met_at, chaser=chase)


def moment(code: str, day: str, **step: object) -> object:
    due = played(code, day).due(at("2017-01-01"))
    made = FollowStep.model_validate({"does": "supervisor", **step})
    return moment_of(made, due, REGISTRY[code], KNOWN.calendars)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"at": "due"}, end_of(date(2017, 12, 13))),
        ({"after": {"days": 1}}, start_of(date(2017, 12, 14))),
        ({"after": {"days": 5}}, start_of(date(2017, 12, 18))),
        ({"after": {"months": 1}}, start_of(date(2018, 1, 13))),
        ({"after": {"working_days": 3}}, start_of(date(2017, 12, 18))),
        ({"after": {"working_days": 8}}, start_of(date(2017, 12, 26))),
        ({"after": {"hours": 4}}, end_of(date(2017, 12, 13)) + timedelta(hours=4)),
        ({"before": {"days": 5}}, start_of(date(2017, 12, 8))),
        ({"before": {"months": 1}}, start_of(date(2017, 11, 13))),
        ({"before": {"hours": 6}}, end_of(date(2017, 12, 13)) - timedelta(hours=6)),
    ],
)
def test_a_step_is_counted_from_the_due_day(step: dict[str, object], expected: object) -> None:
    assert expected == moment("D35-answer", "2017-12-13", **step)


def test_what_opens_is_counted_from_the_day_on_which_it_opens() -> None:
    assert start_of(date(2018, 12, 18)) == moment("D30-block1", "2018-12-18", at="due")
    assert start_of(date(2018, 12, 8)) == moment("D30-block1", "2018-12-18", before={"days": 10})


def test_hours_of_a_deadline_in_working_hours_are_working_hours() -> None:
    elapsed, working = at("2017-12-15 16:00"), at("2017-12-18 11:00")
    step = FollowStep.model_validate({"after": {"hours": 4}, "does": "supervisor"})
    due = due_at("D35-receipt-urgent", "2017-12-15 16:00")

    assert working == moment_of(step, due, REGISTRY["D35-receipt-urgent"], KNOWN.calendars)
    assert elapsed + timedelta(hours=4) == moment_of(step, due, REGISTRY["D04"], KNOWN.calendars)


def due_at(code: str, moment: str) -> Due:
    day = moment[:10]
    due = played(code, day).due(at("2017-01-01"))
    return replace(due, due_at=at(moment))


def test_a_step_taken_again_and_again_has_a_number_for_each_time() -> None:
    one = played("D35-word", "2018-03-01")
    found = list(rungs(one.steps, one.due(at("2018-05-01")), one.deadline, at("2018-05-01"), KNOWN.calendars))

    assert [(1, "2018-03-01"), (2, "2018-03-31"), (3, "2018-04-30"), (4, "2018-05-30")] == [
        (rung.number, (rung.moment + timedelta(hours=9)).date().isoformat()) for rung in found
    ]


def test_what_was_met_late_stands_at_the_moment_it_was_met() -> None:
    one = played("D08", "2025-05-07", met="2025-05-08 09:00")
    found = list(rungs(one.steps, one.due(at("2025-05-09")), one.deadline, at("2025-05-09"), KNOWN.calendars))

    assert at("2025-05-08 09:00") == found[-1].moment
    assert 3 == found[-1].number
