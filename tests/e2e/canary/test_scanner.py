"""The scanner proven: every kind of leak is planted on a real Prefect server, and it finds each one."""

import gc
import shutil
from collections.abc import Awaitable
from pathlib import Path
from typing import cast

import pytest
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker

from deployments.postgres import PrivatePostgres
from deployments.prefect_server import PrefectServer
from tests.e2e.canary.leaks import PLANTED, leak_everything
from tests.e2e.canary.scanner import Scanner
from tests.e2e.canary.waiting import events_are_written


# Prefect leaves connections of its planted flows to the collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.timeout(180)
async def test_the_scanner_finds_every_planted_leak(postgres: PrivatePostgres, prefect_server: PrefectServer) -> None:
    scanner = Scanner(PLANTED.values())
    planted_below = Path(prefect_server.home)
    try:
        await leak_everything(planted_below)
        await cast("Awaitable[object]", APILogWorker.drain_all(timeout=10))
        await cast("Awaitable[object]", EventsWorker.drain_all(timeout=10))
        await events_are_written(postgres.database_url("prefect"), last="leaking.happened")
        await scanner.look_through(postgres.database_url("prefect"))
        scanner.look_into(planted_below)
    finally:
        # What was planted in files is taken out again; nobody else is to stumble over it.
        for file in planted_below.glob(  # noqa: ASYNC240 - a handful
            "*심은*"
        ):
            file.unlink()
        (planted_below / "some.log").unlink(missing_ok=True)
        shutil.rmtree(planted_below / "storage", ignore_errors=True)
        gc.collect()
    print(f"\nlooked at {scanner.values} values of {scanner.tables} columns and {scanner.files} files")  # noqa: T201

    assert set() == set(PLANTED) - {leak.canary for leak in scanner.leaks}
    assert len(PLANTED) >= 8


def test_the_scanner_finds_nothing_where_nothing_is() -> None:
    scanner = Scanner(PLANTED.values())
    scanner.look_at("심은 나무는 있어도 씨앗은 없다 aGVsbG8gd29ybGQ=", "a text")

    assert set() == scanner.leaks
