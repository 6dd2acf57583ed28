"""Hundreds of made-up calls from the OpenAPI page: whatever comes, no door answers with a fault of its own."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.integration.doors.house import TOKEN, House
from web.openapi import written


@pytest.mark.slow
async def test_no_made_up_call_makes_a_door_fail(house: House, tmp_path: Path) -> None:
    page = tmp_path / "openapi.json"
    page.write_bytes(written())
    options = ["--max-examples", "25", "--phases", "examples,fuzzing", "--seed", "1", "--generation-database", "none"]
    checks = [
        "--checks",
        "not_a_server_error,content_type_conformance,response_schema_conformance,status_code_conformance",
    ]
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).parent / "schemathesis"),
        *["run", str(page), "--url", house.base, "-H", f"Authorization: Bearer {TOKEN}", *options, *checks],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=tmp_path,
    )

    said, _ = await asyncio.wait_for(process.communicate(), 100)

    assert process.returncode == 0, said.decode()[-6000:]
    metrics = (await house.http.get(f"{house.base}/metrics")).text
    assert 'code="center-fault"' not in metrics
