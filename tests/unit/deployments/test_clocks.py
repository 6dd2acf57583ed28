"""The virtual clock goes forward only, and speaks Seoul."""

from datetime import UTC, datetime, timedelta

from deployments.clocks import VirtualClock, in_seoul, seoul_day

START = datetime(2017, 12, 4, 0, 30, tzinfo=UTC)


def test_it_is_set_forward_and_never_back() -> None:
    clock = VirtualClock(START)
    clock.set(START + timedelta(days=30))
    clock.set(START)

    assert START + timedelta(days=30) <= clock() < START + timedelta(days=30, minutes=1)


def test_the_day_in_law_is_seouls() -> None:
    late = datetime(2017, 12, 4, 15, 30, tzinfo=UTC)

    assert ("2017-12-05 00:30", "2017-12-05") == (in_seoul(late), seoul_day(late).isoformat())
