"""Celery: a task a webhook and a task a letter; the state is in PostgreSQL, the broker is Redis with its log on disk.

As its documentation has it for tasks that must not be lost: `acks_late`, results ignored, JSON, the prefork pool.
"""

import psycopg_pool
import requests
from celery import Celery
from celery.signals import worker_process_init

from benchmarks.peers.orders import CALL_SECONDS, address, letter, orders

TOLD = orders()
app = Celery("reference-work", broker=TOLD.redis)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    broker_connection_retry_on_startup=True,
)
TABLES = """
DROP TABLE IF EXISTS journey, transition;
CREATE TABLE journey (number bigint PRIMARY KEY, stage int NOT NULL DEFAULT -1);
CREATE TABLE transition (journey bigint, program text, state text, at timestamptz NOT NULL DEFAULT now(),
                         PRIMARY KEY (journey, program, state));
"""
_kept: list[object] = []


@worker_process_init.connect
def _begin(**_: object) -> None:
    pool = psycopg_pool.ConnectionPool(TOLD.database, min_size=1, max_size=2, open=True)
    _kept[:] = [pool, requests.Session()]


def _pool() -> psycopg_pool.ConnectionPool:
    return _kept[0]


@app.task(autoretry_for=(Exception,), retry_backoff=True, max_retries=None)
def begin(journey: int) -> None:
    """Open a journey and ask the agencies of its first stage."""
    with _pool().connection() as connection:
        connection.execute("INSERT INTO journey (number, stage) VALUES (%s, 0) ON CONFLICT DO NOTHING", [journey])
    for program in TOLD.stages[0]:
        ask.delay(journey, program)


@app.task(autoretry_for=(Exception,), retry_backoff=True, max_retries=None)
def ask(journey: int, program: str) -> None:
    """Ask one agency."""
    body, headers = letter(journey, program)
    _kept[1].post(address(TOLD.agencies, program), json=body, headers=headers, timeout=CALL_SECONDS).raise_for_status()
    with _pool().connection() as connection:
        _note(connection, journey, program, "requested")


@app.task(autoretry_for=(Exception,), retry_backoff=True, max_retries=None)
def hear(journey: int, program: str, event: str) -> None:
    """Note what an agency said; when that ends a stage, ask those of the next."""
    following: tuple[str, ...] = ()
    with _pool().connection() as connection:
        if event == "completed":
            stage = connection.execute("SELECT stage FROM journey WHERE number = %s FOR UPDATE", [journey]).fetchone()[
                0
            ]
        _note(connection, journey, program, event)
        if event == "completed":
            done = connection.execute(
                "SELECT count(*) FROM transition WHERE journey = %s AND state = 'completed'", [journey]
            ).fetchone()[0]
            if done == sum(map(len, TOLD.stages[: stage + 1])) and stage + 1 < len(TOLD.stages):
                following = TOLD.stages[stage + 1]
                connection.execute("UPDATE journey SET stage = stage + 1 WHERE number = %s", [journey])
    for program_ in following:
        ask.delay(journey, program_)


def _note(connection: object, journey: int, program: str, state: str) -> None:
    connection.execute("INSERT INTO transition VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", [journey, program, state])
