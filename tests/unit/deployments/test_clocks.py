"""The virtual clock goes forward only, and speaks Seoul."""

from datetime import UTC, datetime, timedelta

from deployments.clocks import VirtualClock, in_seoul

START = datetime(2017, 12, 4, 0, 30, tzinfo=UTC)


def test_it_is_set_forward_and_never_back() -> None:
    clock = VirtualClock(START)
    clock.set(START + timedelta(days=30))
    clock.set(START)

    assert START + timedelta(days=30) <= clock() < START + timedelta(days=30, minutes=1)


def test_a_moment_is_shown_as_it_is_in_seoul() -> None:
    assert "2017-12-05 00:30" == in_seoul(datetime(2017, 12, 4, 15, 30, tzinfo=UTC))
