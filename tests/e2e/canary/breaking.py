"""The `ieum` command with every desk breaking twice, in a batch and as a whole shift, and shouting about its clients.

The journey goes on as if nothing had been; what the errors shouted must have stayed with them.
"""

# ruff: noqa: ANN401 - what is wrapped is handed on as it came

from typing import Any, Final

from sqlalchemy import text

from deployments import house
from tests.e2e.canary.markers import Canary

#: Stands in every error.
SHOUTED: Final = Canary("exception", "규칙이 내지른 다래 비명")

_CLIENTS: Final = text("SELECT row_to_json(client)::text || row_to_json(journey)::text FROM client, journey")


def sow() -> None:
    """Let the first batch and the first look at the outbox of each desk raise, with every client in the text."""
    # Prefect is imported with these, and its environment must stand by then.
    from tasks import record, taking  # noqa: PLC0415

    work_batch, lease, broken = record.work_batch, taking.lease_letters, set[tuple[str, str]]()

    async def shout(engine: Any, where: str, desk: str, *, alone: bool = True) -> None:
        async with engine.connect() as connection:
            clients = [str(row) for row in (await connection.execute(_CLIENTS)).scalars()]
        if clients and (where, desk) not in broken:
            if alone:
                broken.add((where, desk))
            raise LookupError(f"{SHOUTED.text}: {' '.join(clients)}")

    async def batch(tools: Any, *setups: Any) -> Any:
        for setup in setups:
            await shout(tools.engine, "batch", setup.desk)
        return await work_batch(tools, *setups)

    async def leased(connection: Any, desks: Any, *given: Any, **named: Any) -> Any:
        for desk in desks:
            # A look for several only makes each look for itself, and then it is its own shift that breaks.
            await shout(connection.engine, "shift", desk, alone=len(desks) == 1)
        return await lease(connection, desks, *given, **named)

    record.work_batch, taking.lease_letters = batch, leased


_enter: Final = house.House.__aenter__


async def _entered(self: house.House) -> house.House:
    sow()
    return await _enter(self)


if __name__ == "__main__":
    house.House.__aenter__ = _entered
    from deployments.command import app

    app()
