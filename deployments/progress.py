"""Progress: one line for each thing that was done, with the seconds it took, printed when it is done."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

Say = Callable[[str], None]


@contextmanager
def step(say: Say, what: str) -> Generator[None]:
    """Say `what` and the seconds the block took, once it is through; say nothing when it fails."""
    began = time.monotonic()
    yield
    say(f"{what} ({time.monotonic() - began:.1f} s)")
