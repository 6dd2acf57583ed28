"""Every move is logged three ways: the transition row, a line in the shift's Prefect log, a row of its artifact."""

import inspect
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from uuid import UUID

import orjson
import pytest
import pytest_asyncio
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    LogFilter,
    LogFilterFlowRunId,
)
from prefect.logging.handlers import APILogWorker
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

import catalog
from agencies.keyring import Keyring
from agencies.sender import Senders
from deployments.prefect_server import PrefectServer
from flows.desks import HEARS
from flows.hall import Hall
from models.database import open_engine
from models.keys import uuid7
from models.numbers import Kind, spell
from tasks.presence import new_process_key
from tasks.toolbox import Toolbox, use

pytestmark = pytest.mark.timeout(180)

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MASTER_KEY = "0123456789abcdef" * 4


def the_clock() -> datetime:
    return NOW


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url)
    yield engine
    await engine.dispose()


async def walk_in(engine: AsyncEngine) -> None:
    """Let an invented person walk in who needs a living, with facts enough to ask for emergency aid."""
    facts = {"district": "mapo", "crisis": "job_loss", "crisis_on": "2026-02-20", "monthly_income": 0}
    client, journey = uuid7(NOW), uuid7(NOW)
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO client (id, name, birth_date, sex, address_secret, created_at)"
                " VALUES (:id, 'Invented Person', :born, 'female', false, :now)",
            ),
            {"id": client, "born": date(1980, 1, 2), "now": NOW},
        )
        await connection.execute(
            text(
                "INSERT INTO journey (id, number, client_id, opened_on, opened_at, needs, facts)"
                " VALUES (:id, :number, :client, :on, :now, '[\"living\"]', CAST(:facts AS jsonb))",
            ),
            {
                "id": journey,
                "number": spell(Kind.JOURNEY, 2026, 1),
                "client": client,
                "on": NOW.date(),
                "now": NOW,
                "facts": orjson.dumps(facts).decode(),
            },
        )
        await connection.execute(
            text(
                "INSERT INTO inbox_event (desk, journey_id, source, source_id, word, data, digest, occurred_at,"
                " received_at, fate) VALUES ('intake', :journey, 'intake:test', 'first', 'opened', '{}', '', :now,"
                " :now, 'waiting')",
            ),
            {"journey": journey, "now": NOW},
        )


async def test_each_move_is_a_row_a_line_and_a_row_of_the_artifact(
    engine: AsyncEngine, prefect_server: PrefectServer
) -> None:
    assert prefect_server.api_url
    await walk_in(engine)
    async with Senders(center="seoul-west", clock=the_clock) as senders:
        use(
            tools := Toolbox(
                engine=engine,
                catalog=catalog.load(),
                clock=the_clock,
                keyring=Keyring(MASTER_KEY),
                senders=senders,
                center="seoul-west",
                linger_seconds=0.2,
                process=new_process_key(),
                hears=HEARS,
            ),
        )
        async with Hall(tools, with_prefect=True) as hall:
            await hall.quiet(60)
        use(None)
    assert (hall.without_prefect, hall.broken) == (0, 0)

    async with engine.connect() as connection:
        rows = await connection.execute(
            text(
                "SELECT transition.start, transition.event, transition.end, transition.flow_run_id, referral.number"
                " FROM transition JOIN referral ON referral.id = transition.referral_id ORDER BY transition.id",
            ),
        )
        moves = rows.all()
    assert moves, "the journey moved"
    await drained()

    for move in moves:
        lines = await log_lines(move.flow_run_id)
        assert any(move.number in line and f"→ {move.end}" in line for line in lines), (move, lines)
        table = await artifact_table(move.flow_run_id)
        shown = {(row["referral"], row["event"], row["to"]) for row in table}
        assert (move.number, move.event, move.end) in shown


async def drained() -> None:
    """Wait until Prefect's log worker has sent what it holds."""
    sent = APILogWorker.drain_all(timeout=20)
    if inspect.isawaitable(sent):
        await sent


async def log_lines(run: UUID) -> list[str]:
    async with get_client() as prefect:
        logs = await prefect.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run])))
    return [line for log in logs for line in log.message.splitlines()]


async def artifact_table(run: UUID) -> list[dict[str, str]]:
    async with get_client() as prefect:
        found = await prefect.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run])),
        )
    return [row for artifact in found for row in json.loads(str(artifact.data))]
