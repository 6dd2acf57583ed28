"""A follow-up as a Prefect run: its name says what it covered, its table shows what it did, and nothing of a person."""

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, ArtifactFilterKey

from deployments.prefect_server import PrefectServer
from flows.follow_up import overdue, reviews
from tasks.toolbox import use
from tests.integration.ground import Ground
from tests.integration.silence import OVERDUE, silent, stands_at

# The first start makes Prefect's tables.
pytestmark = pytest.mark.timeout(180)


async def test_the_run_tells_what_it_covered_and_leaves_its_table(
    ground: Ground, prefect_server: PrefectServer
) -> None:
    assert prefect_server.api_url
    await silent(ground, clients=2)
    stands_at(ground, OVERDUE)
    use(ground.tools)
    try:
        counts = await overdue()
        again = await reviews()
    finally:
        use(None)

    assert {"digest": 2, "looked at": 2, "remind": 4} == counts
    assert {"looked at": 2} == again
    found = await ground.rows(
        "SELECT follow_up, report, ended_at IS NOT NULL, flow_run_id FROM follow_up_run ORDER BY number"
    )
    assert [("overdue", counts, True), ("reviews", again, True)] == [row[:3] for row in found]
    async with get_client() as prefect_client:
        run = await prefect_client.read_flow_run(found[0][3])
        of_the_run = ArtifactFilter(
            key=ArtifactFilterKey(any_=["follow-up-overdue"]), flow_run_id=ArtifactFilterFlowRunId(any_=[found[0][3]])
        )
        [artifact] = await prefect_client.read_artifacts(artifact_filter=of_the_run)
    assert "overdue up to 2017-12-08 10:00" == run.name
    told = str(artifact.data)
    assert told.count("remind") >= 4
    assert "microfinance-desk" in told
    for personal in ("김하늘", "010-0000-4101", "1976", "2004", "가온로"):
        assert personal not in told
