"""Celery's door: a webhook is checked and handed to the broker, then 202."""

import json

import asyncpg
from aiohttp import web

from benchmarks.peers.celery_work import TABLES, begin, hear
from benchmarks.peers.orders import TRANSITIONS, is_sealed, orders

TOLD = orders()


async def open_one(request: web.Request) -> web.Response:
    begin.delay(json.loads(await request.read())["journey"])
    return web.Response(status=202)


async def hear_webhook(request: web.Request) -> web.Response:
    body = await request.read()
    if not is_sealed(TOLD.key, request.headers, body):
        return web.Response(status=401)
    told = json.loads(body)
    hear.delay(told["journey"], told["program"], told["event"])
    return web.Response(status=202)


async def settled(request: web.Request) -> web.Response:
    first, count = int(request.query["first"]), int(request.query["count"])
    done = await request.app["reader"].fetchval(
        "SELECT count(*) FROM transition WHERE journey BETWEEN $1 AND $2", first, first + count - 1
    )
    return web.json_response({"settled": done >= TRANSITIONS * count})


async def faults(request: web.Request) -> web.Response:
    first, count = int(request.query["first"]), int(request.query["count"])
    rows = await request.app["reader"].fetch(
        "SELECT journey, count(*) AS steps FROM transition WHERE journey BETWEEN $1 AND $2 GROUP BY journey",
        first,
        first + count - 1,
    )
    wrong = [f"journey {row['journey']}: {row['steps']} steps" for row in rows if row["steps"] != TRANSITIONS]
    return web.json_response({"faults": wrong if len(rows) == count else [*wrong, "a journey is missing"]})


async def app() -> web.Application:
    made = web.Application()
    made["reader"] = await asyncpg.connect(TOLD.database)
    await made["reader"].execute(TABLES)
    made.add_routes(
        [
            web.post("/journeys", open_one),
            web.post("/webhooks", hear_webhook),
            web.get("/settled", settled),
            web.get("/faults", faults),
        ]
    )
    return made


if __name__ == "__main__":
    web.run_app(app(), host="127.0.0.1", port=TOLD.port, access_log=None, print=None)
