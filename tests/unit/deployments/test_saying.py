"""What waits for a person, as the terminal says it: the way on stands in the line, and it is no fault of the house."""

from deployments.command.journey import set_aside_line
from deployments.doctor_servers import for_a_person


def test_a_set_aside_names_the_event_to_replay() -> None:
    aside = {"desk": "debt-relief", "reason": "rule_raised", "detail": "KeyError", "event_id": 7}

    assert set_aside_line(aside) == (
        "set aside at debt-relief: rule_raised KeyError; once the cause is mended: ieum event replay 7"
    )
    assert "see docs/runbook.md" in set_aside_line({"desk": "intake", "reason": "rule_raised", "event_id": None})


def test_what_waits_for_a_person_is_told_and_is_no_fault() -> None:
    waits, calm = for_a_person(3, 1, 2), for_a_person(0, 0, 0)

    assert (True, True) == (waits.ok, calm.ok)
    assert "open notices: 3, parked events of no journey: 1, letters: 2" in waits.said
    assert "nothing waits" == calm.said
