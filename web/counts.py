"""What the doors count, for Prometheus: answers by door and code, and what waits in the inboxes."""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Counts:
    """The counters of one running app; labels are words of ours, never input."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "ieum_door_answers", "Answers by door and code", ["door", "code"], registry=self._registry
        )
        self._waiting = Gauge("ieum_inbox_waiting", "Events that wait, by desk", ["desk"], registry=self._registry)
        self._oldest = Gauge(
            "ieum_inbox_oldest_seconds", "Age of the oldest waiting event, by desk", ["desk"], registry=self._registry
        )
        self._done = Gauge(
            "ieum_follow_up_done_timestamp_seconds",
            "When the last run that came to its end ended, by follow-up (Unix time)",
            ["follow_up"],
            registry=self._registry,
        )
        self._late = Gauge(
            "ieum_follow_up_late",
            "1 if a follow-up did not run when it should have",
            ["follow_up"],
            registry=self._registry,
        )
        self._database = Gauge("ieum_database_reachable", "1 if the database answered", registry=self._registry)

    def answered(self, door: str, code: str) -> None:
        """Count one answer."""
        self._answers.labels(door, code).inc()

    def looked(self, waiting: Iterable[tuple[str, int, datetime]] | None, now: datetime) -> None:
        """Take in what waits by desk (desk, events, receipt of the oldest); None where the database is away."""
        self._database.set(0 if waiting is None else 1)
        if waiting is None:
            return
        self._waiting.clear()
        self._oldest.clear()
        for desk, events, oldest in waiting:
            self._waiting.labels(desk).set(events)
            self._oldest.labels(desk).set(max((now - oldest).total_seconds(), 0.0))

    def followed(self, stands: Iterable[tuple[str, datetime | None, bool]]) -> None:
        """Take in how the follow-ups stand (name, end of the last one done, late); one never done has no time."""
        for follow_up, done, late in stands:
            self._late.labels(follow_up).set(late)
            if done is not None:
                self._done.labels(follow_up).set(done.timestamp())

    def page(self) -> bytes:
        """Return the page Prometheus reads."""
        return generate_latest(self._registry)
