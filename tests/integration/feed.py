"""Prefect's event feed, read as its UI reads it."""

import asyncio
from datetime import datetime
from typing import Any

from prefect.client.orchestration import get_client
from prefect.events.worker import EventsWorker


async def events_named(name: str, since: datetime, *, resource: str | None = None) -> list[dict[str, Any]]:
    """Return the events of a name since a moment, once there is one, or after half a minute none."""
    await asyncio.to_thread(EventsWorker.drain_all, timeout=5)
    asked: dict[str, Any] = {"event": {"name": [name]}, "occurred": {"since": since.isoformat()}}
    if resource is not None:
        asked["resource"] = {"id": [resource]}
    found: list[dict[str, Any]] = []
    async with get_client() as prefect:
        for _ in range(300):
            answer = await prefect.request("POST", "/events/filter", json={"filter": asked})
            found = answer.json()["events"]
            if found:
                break
            await asyncio.sleep(0.1)
    return found
