"""The tally: what the desks of one process have done since it started, for Prometheus. Labels are words of ours."""

from collections import Counter as Counts
from collections.abc import Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from models.vocabulary import Desk, Fate

#: How an exchange with an agency may end.
OUTCOMES: Final = ("delivered", "retried", "with_person")


class Tally:
    """The counters of one process; each stands at zero from the start, so that its first step is seen."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._open = Gauge(
            "ieum_desk_shifts_open", "Shifts open in this process, by desk", ["desk"], registry=self.registry
        )
        self._opened = self._by_desk("shifts_opened", "Shifts opened")
        self._broken = self._by_desk("shifts_broken", "Shifts that broke: a fault of the program or the database")
        self._without_prefect = self._by_desk("shifts_without_prefect", "Shifts that ran outside Prefect unmeant")
        self._batches = self._by_desk("batches", "Batches that found work")
        self._moves = self._by_desk("moves", "Steps of referrals")
        self._written = self._by_desk("letters_written", "Letters written")
        self._set_aside = self._by_desk("journeys_set_aside", "Journeys set aside")
        self._notices = self._by_desk("notices_raised", "Notices raised")
        self._events = Counter(
            "ieum_desk_events", "Events heard, by desk and fate", ["desk", "fate"], registry=self.registry
        )
        self._exchanges = Counter(
            "ieum_desk_exchanges",
            "Exchanges with agencies, by desk and outcome",
            ["desk", "outcome"],
            registry=self.registry,
        )
        self._follow_ups = Counter(
            "ieum_follow_ups_without_prefect", "Follow-ups that ran outside Prefect unmeant", registry=self.registry
        )
        for desk in Desk:
            self._open.labels(desk.value)
            for fate in Fate:
                self._events.labels(desk.value, fate.value)
            for outcome in OUTCOMES:
                self._exchanges.labels(desk.value, outcome)

    def shift_opened(self, desk: Desk) -> None:
        """Count a shift that opens."""
        self._opened.labels(desk.value).inc()
        self._open.labels(desk.value).inc()

    def shift_ended(self, desk: Desk, *, broken: bool) -> None:
        """Count a shift that is over, however it ended."""
        self._open.labels(desk.value).dec()
        if broken:
            self._broken.labels(desk.value).inc()

    def shift_without_prefect(self, desk: Desk) -> None:
        """Count a shift, or the rest of one, that Prefect does not show although it should."""
        self._without_prefect.labels(desk.value).inc()

    def follow_up_without_prefect(self) -> None:
        """Count a follow-up that Prefect does not show although it should."""
        self._follow_ups.inc()

    def batch(self, desk: Desk, *, moves: int, letters: int, set_aside: int, notices: int, fates: Counts[str]) -> None:
        """Count one batch."""
        for counter, count in (
            (self._batches, 1),
            (self._moves, moves),
            (self._written, letters),
            (self._set_aside, set_aside),
            (self._notices, notices),
        ):
            counter.labels(desk.value).inc(count)
        for fate, count in fates.items():
            self._events.labels(desk.value, fate).inc(count)

    def exchanges(self, desk: Desk, ended: Mapping[str, int]) -> None:
        """Count exchanges with agencies that have ended, by outcome."""
        for outcome, count in ended.items():
            self._exchanges.labels(desk.value, outcome).inc(count)

    def _by_desk(self, name: str, help_: str) -> Counter:
        counter = Counter(f"ieum_desk_{name}", f"{help_}, by desk", ["desk"], registry=self.registry)
        for desk in Desk:
            counter.labels(desk.value)
        return counter
