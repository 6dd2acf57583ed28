"""The cluster test's reader and audit: quiet over honest work, red over a case that was claimed without being held."""

import ast
import asyncio
import sys
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
import pytest

from models.vocabulary import Desk, Need
from tasks import batch
from tests.e2e.cluster import audit, plants, reader
from tests.integration.ground import Ground, session_to

Session: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def watched(ground: Ground, *needs: Need) -> Session:
    """Let a client walk in under the eyes of the audit; return a session to read by."""
    session = await session_to(ground.engine)
    await audit.install(session)
    await ground.walks_in(*needs)
    return session


async def test_honest_work_is_found_in_order_and_held(ground: Ground) -> None:
    session = await watched(ground, Need.DEBT, Need.LIVING)
    await ground.work()
    found = [await question(session, reader.Witness()) for question in (reader.out_of_order, reader.worked_at_once)]
    amounts = await reader.amounts(session)
    await session.close()

    assert [[], []] == found
    assert 3 <= amounts["transactions_of_work"]
    assert 4 <= amounts["transitions"]


async def test_a_door_that_speaks_of_a_held_case_does_not_hide_who_holds_it(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, door = await watched(ground, Need.DEBT), await session_to(ground.engine)
    load, sharing = batch.load_cases, door.transaction()
    shared = [False]

    async def meanwhile(*given: Any) -> Any:  # noqa: ANN401 - handed on as it is
        if not shared[0]:
            # What an event of a door does to the row of its journey; the header names a group of holders from now on.
            shared[0] = True
            await sharing.start()
            await door.execute("SELECT 1 FROM journey FOR KEY SHARE")
        return await load(*given)

    monkeypatch.setattr(batch, "load_cases", meanwhile)
    await ground.work(Desk.INTAKE)
    await sharing.rollback()
    found = await reader.worked_at_once(session, reader.Witness())
    amounts = await reader.amounts(session)
    await session.close()
    await door.close()

    assert [] == found
    assert 1 <= amounts["transactions_of_work"]


async def test_a_case_claimed_without_a_lock_is_found(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await watched(ground, Need.DEBT)
    monkeypatch.setattr(batch, "claim", plants.claim_unheld)
    await ground.work()
    found = await reader.worked_at_once(session, reader.Witness())
    await session.close()

    assert found
    assert all("unheld" in each for each in found)


async def test_two_transactions_over_one_case_at_a_time_are_found(ground: Ground) -> None:
    session, other = await watched(ground, Need.DEBT), await session_to(ground.engine)
    [(event,)] = await ground.rows("SELECT id FROM inbox_event")
    await ground.change(
        "INSERT INTO inbox_event (desk, journey_id, source, source_id, word, data, digest, occurred_at, received_at,"
        " fate) SELECT desk, journey_id, source, 'another', word, data, digest, occurred_at, received_at, fate"
        " FROM inbox_event"
    )
    first, later = session.transaction(), other.transaction()
    await first.start()
    await session.execute("UPDATE inbox_event SET fate = 'applied' WHERE id = $1", event)
    await later.start()
    await other.execute("UPDATE inbox_event SET fate = 'applied' WHERE source_id = 'another'")
    await asyncio.gather(first.commit(), later.commit())
    found = await reader.worked_at_once(session, reader.Witness())
    await session.close()
    await other.close()

    assert any("worked at once" in each for each in found), found


def test_reader_and_audit_import_nothing_of_the_product() -> None:
    for module in (reader, audit):
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        names = {
            (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name) or ""
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        assert {"asyncpg"} >= {name.split(".")[0] for name in names} - set(sys.stdlib_module_names)
