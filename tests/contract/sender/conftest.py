"""What every test of the sender starts from."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from agencies.keys import Key
from agencies.sender import Limits, OutgoingLetter, Senders
from tests.contract.sender.hostile import Behavior, Open, PretendAgency, serving


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """Open pretend agencies that close with the test."""
    async with AsyncExitStack() as stack:

        async def open_one(behavior: Behavior) -> PretendAgency:
            agency = PretendAgency(behavior)
            await stack.enter_async_context(serving(agency))
            return agency

        yield open_one


@pytest.fixture
def key() -> Key:
    """A key for this test."""
    return Key.mint()


@pytest.fixture
def letter() -> OutgoingLetter:
    """A letter with a marker that must turn up nowhere else."""
    return OutgoingLetter(
        "01890a5d-ac96-774b-bcce-b302099a8057",
        b'{"data":{"items":{"name":"MARKER-PERSON"}}}',
        {"content-type": "application/cloudevents+json", "idempotency-key": "01890a5d-ac96-774b-bcce-b302099a8057"},
    )


@pytest.fixture
def limits() -> Limits:
    """The real shape on a faster scale: a test waits a second, not twenty."""
    return Limits(whole_seconds=1.0, connect_seconds=0.5, drain_seconds=0.2, tries_seconds=0.8)


@pytest.fixture
async def senders(limits: Limits) -> AsyncIterator[Senders]:
    """Open lines for this test."""
    async with Senders(center="mapo-one-stop", clock=lambda: datetime.now(UTC), limits=limits) as found:
        yield found
