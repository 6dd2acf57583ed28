"""DBOS: a workflow a journey; a step calls the agency, `recv` waits for its words, `send` brings them in.

As its documentation has it (Workflow Communication; async workflows, steps started in a fixed order and gathered).
Everything is at its default but the log; webhooks are sent with their id as idempotency key.
"""

import asyncio
import json

import aiohttp
import asyncpg
from aiohttp import web
from dbos import DBOS, DBOSConfig, SetWorkflowID

from benchmarks.peers.orders import CALL_SECONDS, address, is_sealed, letter, orders

TOLD = orders()
PATIENCE_SECONDS = 3600
_http: list[aiohttp.ClientSession] = []


@DBOS.step()
async def ask(journey: int, program: str) -> None:
    """Ask one agency."""
    body, headers = letter(journey, program)
    async with _http[0].post(address(TOLD.agencies, program), json=body, headers=headers) as answer:
        answer.raise_for_status()


@DBOS.workflow()
async def journey(number: int) -> int:
    """Walk through the stages: ask every agency of one, then hear all of them accept and complete."""
    heard: set[tuple[str, str]] = set()
    for stage in TOLD.stages:
        await asyncio.gather(*(ask(number, program) for program in stage))
        due = {(program, event) for program in stage for event in ("accepted", "completed")}
        while not due <= heard:
            told = await DBOS.recv_async(timeout_seconds=PATIENCE_SECONDS)
            heard.add((told["program"], told["event"]))
    return len(heard)


def _id(number: int) -> str:
    return f"journey-{number}"


async def open_one(request: web.Request) -> web.Response:
    number = json.loads(await request.read())["journey"]
    with SetWorkflowID(_id(number)):
        await DBOS.start_workflow_async(journey, number)
    return web.Response(status=202)


async def hear(request: web.Request) -> web.Response:
    body = await request.read()
    if not is_sealed(TOLD.key, request.headers, body):
        return web.Response(status=401)
    told = json.loads(body)
    await DBOS.send_async(_id(told["journey"]), told, idempotency_key=request.headers["webhook-id"])
    return web.Response(status=202)


def _ids(request: web.Request) -> list[str]:
    first, count = int(request.query["first"]), int(request.query["count"])
    return [_id(number) for number in range(first, first + count)]


async def settled(request: web.Request) -> web.Response:
    ids = _ids(request)
    done = await request.app["reader"].fetchval(
        "SELECT count(*) FROM dbos.workflow_status WHERE workflow_uuid = ANY($1::text[]) AND status = 'SUCCESS'", ids
    )
    return web.json_response({"settled": done == len(ids)})


async def faults(request: web.Request) -> web.Response:
    rows = await request.app["reader"].fetch(
        "SELECT workflow_uuid, function_name AS name, count(*) AS times FROM dbos.operation_outputs"
        " WHERE workflow_uuid = ANY($1::text[]) AND function_name IN ('ask', 'DBOS.recv') GROUP BY 1, 2",
        _ids(request),
    )
    asked = {row["workflow_uuid"]: row["times"] for row in rows if row["name"] != "DBOS.recv"}
    heard = {row["workflow_uuid"]: row["times"] for row in rows if row["name"] == "DBOS.recv"}
    wrong = [
        f"{id_}: asked {asked.get(id_, 0)}, heard {heard.get(id_, 0)}"
        for id_ in _ids(request)
        if (asked.get(id_), heard.get(id_)) != (8, 16)
    ]
    return web.json_response({"faults": wrong})


async def app() -> web.Application:
    _http.append(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS)))
    DBOS(config=DBOSConfig(name="reference-work", system_database_url=TOLD.database, log_level="WARNING"))
    DBOS.launch()
    made = web.Application()
    made["reader"] = await asyncpg.connect(TOLD.database)
    made.add_routes(
        [
            web.post("/journeys", open_one),
            web.post("/webhooks", hear),
            web.get("/settled", settled),
            web.get("/faults", faults),
        ]
    )
    return made


if __name__ == "__main__":
    web.run_app(app(), host="127.0.0.1", port=TOLD.port, access_log=None, print=None)
