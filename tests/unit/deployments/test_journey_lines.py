"""How `ieum journey show` says until when something is due, and what papers there are."""

from deployments.command.journey import last_day, paper_line

MOVED = {"due_raw": "2025-05-03", "due_effective": "2025-05-07", "extended_from": None}
EXTENDED = {"due_raw": "2018-03-09", "due_effective": "2018-03-09", "extended_from": "2018-02-07"}


def test_a_last_day_says_where_it_was_moved_or_extended_from() -> None:
    assert "2025-05-07 (counted 2025-05-03)" == last_day(MOVED)
    assert "2018-03-09, extended from 2018-02-07" == last_day(EXTENDED)


def test_a_paper_is_one_line() -> None:
    paper = {
        "kind": "medical_certificate",
        "label": {"ko": "진단서", "en": "medical certificate"},
        "referral": None,
        "received_on": "2017-12-04",
        "valid_until": "2018-03-04",
        "good": True,
    }
    line = "medical_certificate (진단서 / medical certificate)"

    assert f"{line}, received 2017-12-04, good until 2018-03-04" == paper_line(paper)
    ended = {**paper, "referral": "R-2017-000108-8", "good": False}
    expected = f"{line} for R-2017-000108-8, received 2017-12-04, good until 2018-03-04, not good any more"
    assert expected == paper_line(ended)
