"""What the doors count, for Prometheus: answers by door and code, how long they took, who was sent away."""

from typing import Final, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from web.pressure import Bound

#: What `web.problems.door_of` calls the doors through which something can be sent away.
_DOORS: Final = ("webhooks", "links", "api")
#: Bounds of the histogram, in seconds: an answer within the database's budget (1.6 s) or a body's deadline (10 s).
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 11.0)
#: What is held, by its bound: the metric's name and what it counts.
_HELD: Final[dict[Bound, tuple[str, str]]] = {
    "calls": ("requests_in_flight", "Calls under way"),
    "bodies": ("body_bytes", "Bytes of bodies received for calls under way"),
    "letterbox": ("letterbox_events", "Events that wait for their commit"),
}


class Counts:
    """The counters of one running app; labels are words of ours, never input."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._answers = Counter(
            "ieum_door_answers", "Answers by door and code", ["door", "code"], registry=self.registry
        )
        self._took = Histogram(
            "ieum_door_request_duration_seconds",
            "How long a call took until its answer was sent, by door",
            ["door"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._shed = Counter(
            "ieum_door_shed",
            "Callers sent away with 429, by door and the bound that was reached",
            ["door", "bound"],
            registry=self.registry,
        )
        self._held = {
            bound: (
                Gauge(f"ieum_door_{name}", f"{what} now", registry=self.registry),
                Gauge(f"ieum_door_{name}_limit", f"{what} at most; more are sent away", registry=self.registry),
            )
            for bound, (name, what) in _HELD.items()
        }
        self._pool = Gauge(
            "ieum_database_pool_connections",
            "This process's connections to the database, by state",
            ["state"],
            registry=self.registry,
        )
        self._pool_limit = Gauge(
            "ieum_database_pool_connections_limit",
            "Connections to the database this process may have",
            registry=self.registry,
        )
        for door in _DOORS:
            self._took.labels(door)
            for bound in get_args(Bound):
                self._shed.labels(door, bound)

    def answered(self, door: str, code: str) -> None:
        """Count one answer."""
        self._answers.labels(door, code).inc()

    def took(self, door: str, seconds: float) -> None:
        """Count how long one call took."""
        self._took.labels(door).observe(seconds)

    def shed(self, door: str, bound: Bound) -> None:
        """Count one caller who was sent away."""
        self._shed.labels(door, bound).inc()

    def holds(self, bound: Bound, held: int, most: int) -> None:
        """Note how much of something the doors hold, and how much they may."""
        now, limit = self._held[bound]
        now.set(held)
        limit.set(most)

    def pool(self, *, in_use: int, idle: int, most: int) -> None:
        """Note how many connections to the database this process has, and how many it may."""
        self._pool.labels("in_use").set(in_use)
        self._pool.labels("idle").set(idle)
        self._pool_limit.set(most)

    def page(self, *others: CollectorRegistry) -> bytes:
        """Return the page Prometheus reads, with what stands in other registries below."""
        return b"".join(generate_latest(registry) for registry in (self.registry, *others))
