"""What the pretend agencies share: their page, keys, clock, weather, ledger and scripts, in one place."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.clock import SandboxClock
from sandbox.ledger import Ledger
from sandbox.weather import Sky

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.directory import PretendAgency
    from sandbox.keys import KeyRing
    from sandbox.playbook import Playbook


@dataclass
class World:
    """The stage of one sandbox process; lost when it ends."""

    agencies: Mapping[str, PretendAgency]
    keys: KeyRing
    playbook: Playbook
    clock: SandboxClock = field(default_factory=SandboxClock)
    sky: Sky = field(default_factory=Sky)
    ledger: Ledger = field(default_factory=Ledger)
    #: Set when the process is asked to end; whoever dawdles watches it.
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self, agency: str) -> datetime:
        """Return what time this agency believes it is, wrong clocks included."""
        return self.clock.now() + timedelta(seconds=self.sky.over(agency).clock_offset_seconds)
