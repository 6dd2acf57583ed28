"""How `ieum journey show` says until when something is due."""

from deployments.command.journey import last_day

MOVED = {"due_raw": "2025-05-03", "due_effective": "2025-05-07", "extended_from": None}
EXTENDED = {"due_raw": "2018-03-09", "due_effective": "2018-03-09", "extended_from": "2018-02-07"}


def test_a_last_day_says_where_it_was_moved_or_extended_from() -> None:
    assert "2025-05-07 (counted 2025-05-03)" == last_day(MOVED)
    assert "2018-03-09, extended from 2018-02-07" == last_day(EXTENDED)
