"""Dice: chance that comes out the same for the same seed and the same thing it is about, in whatever order it is asked.

Each decision has dice of its own, named by what it is about (a client, a referral, a step), never by when it is made.
"""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """The chance of one thing."""

    def __init__(self, seed: int, *about: object) -> None:
        """Name what it is about.

        Args:
            seed: The simulation's.
            about: Words and numbers that no other thing has.
        """
        self._random = random.Random(":".join(map(str, (seed, *about))))  # noqa: S311 - a simulation, not a secret

    def happens(self, chance: float) -> bool:
        """Say yes with a chance between 0 and 1."""
        return self._random.random() < chance

    def one_of(self, weighed: Sequence[tuple[T, float]]) -> T:
        """Choose one by its weight."""
        return self._random.choices([each for each, _ in weighed], [weight for _, weight in weighed])[0]

    def number(self, least: int, most: int, step: int = 1) -> int:
        """Return a whole number between two, both included, in steps."""
        return self._random.randrange(least, most + 1, step)

    def days(self, least: float, most: float) -> timedelta:
        """Return a length of time, rather short than long: most waits are short and a few are very long."""
        return timedelta(days=self._random.triangular(least, most, least + (most - least) * 0.2))
