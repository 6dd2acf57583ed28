"""The bare loop: asyncio, aiohttp and asyncpg, every webhook that waits in one transaction, no product around it."""

import asyncio
import json

import aiohttp
import asyncpg
from aiohttp import web

from benchmarks.peers.orders import CALL_SECONDS, TRANSITIONS, address, is_sealed, letter, orders

MOST_AT_ONCE = 200
TABLES = """
DROP TABLE IF EXISTS journey, transition, letter;
CREATE TABLE journey (number bigint PRIMARY KEY, done int NOT NULL DEFAULT 0);
CREATE TABLE transition (journey bigint, program text, state text, at timestamptz NOT NULL DEFAULT now(),
                         PRIMARY KEY (journey, program, state));
CREATE TABLE letter (journey bigint, program text, sent boolean NOT NULL DEFAULT false, PRIMARY KEY (journey, program));
"""
HEARD = """
INSERT INTO transition (journey, program, state) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])
ON CONFLICT DO NOTHING RETURNING journey, state
"""
COUNTED = """
UPDATE journey SET done = done + more FROM unnest($1::bigint[], $2::int[]) AS told (number, more)
WHERE journey.number = told.number RETURNING journey.number, done, more
"""
WRITTEN = """
WITH asked AS (
    INSERT INTO transition (journey, program, state)
    SELECT journey, program, 'requested' FROM unnest($1::bigint[], $2::text[]) AS a (journey, program)
    ON CONFLICT DO NOTHING RETURNING journey, program
)
INSERT INTO letter (journey, program) SELECT journey, program FROM asked RETURNING journey, program
"""
SENT = """
UPDATE letter SET sent = true FROM unnest($1::bigint[], $2::text[]) AS s (journey, program)
WHERE letter.journey = s.journey AND letter.program = s.program
"""
OPENED = "INSERT INTO journey (number) SELECT unnest($1::bigint[]) ON CONFLICT DO NOTHING RETURNING number"


class Loop:
    """One batch after the other; whoever waits shares its commit."""

    def __init__(self) -> None:
        self.told = orders()
        #: How many referrals are done when a stage is over, and what follows then.
        self.after: dict[int, tuple[str, ...]] = {}
        done = 0
        for stage, following in zip(self.told.stages, self.told.stages[1:], strict=False):
            done += len(stage)
            self.after[done] = following
        self.opened: list[tuple[int, asyncio.Future[None]]] = []
        self.heard: list[tuple[int, str, str, asyncio.Future[None]]] = []
        self.sent: list[tuple[int, str]] = []
        self.rung = asyncio.Event()
        self.sending: set[asyncio.Task[None]] = set()
        self.database: asyncpg.Connection
        self.http: aiohttp.ClientSession

    async def work(self) -> None:
        while True:
            await self.rung.wait()
            self.rung.clear()
            while self.opened or self.heard or self.sent:
                await self.batch()

    async def batch(self) -> None:
        opened, self.opened = self.opened, []
        heard, self.heard = self.heard[:MOST_AT_ONCE], self.heard[MOST_AT_ONCE:]
        sent, self.sent = self.sent, []
        async with self.database.transaction():
            wanted: list[tuple[int, str]] = []
            if opened:
                fresh = await self.database.fetch(OPENED, [number for number, _ in opened])
                wanted += [(row["number"], program) for row in fresh for program in self.told.stages[0]]
            if heard:
                wanted += await self.hear(heard)
            if sent:
                await self.database.execute(SENT, [number for number, _ in sent], [program for _, program in sent])
            letters = []
            if wanted:
                letters = await self.database.fetch(WRITTEN, [n for n, _ in wanted], [program for _, program in wanted])
        for *_, future in [*opened, *heard]:
            if not future.done():
                future.set_result(None)
        for row in letters:
            task = asyncio.create_task(self.send(row["journey"], row["program"]))
            self.sending.add(task)
            task.add_done_callback(self.sending.discard)

    async def hear(self, heard: list[tuple[int, str, str, asyncio.Future[None]]]) -> list[tuple[int, str]]:
        columns = list(zip(*((number, program, state) for number, program, state, _ in heard), strict=True))
        fresh = await self.database.fetch(HEARD, *columns)
        done: dict[int, int] = {}
        for row in fresh:
            if row["state"] == "completed":
                done[row["journey"]] = done.get(row["journey"], 0) + 1
        if not done:
            return []
        found: list[tuple[int, str]] = []
        for row in await self.database.fetch(COUNTED, list(done), list(done.values())):
            for reached in range(row["done"] - row["more"] + 1, row["done"] + 1):
                found += [(row["number"], program) for program in self.after.get(reached, ())]
        return found

    async def send(self, journey: int, program: str) -> None:
        body, headers = letter(journey, program)
        while True:
            try:
                async with self.http.post(address(self.told.agencies, program), json=body, headers=headers) as answer:
                    if answer.ok:
                        break
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.2)
        self.sent.append((journey, program))
        self.rung.set()

    async def open(self, request: web.Request) -> web.Response:
        told = json.loads(await request.read())
        future = asyncio.get_running_loop().create_future()
        self.opened.append((told["journey"], future))
        self.rung.set()
        await future
        return web.Response(status=202)

    async def hear_webhook(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not is_sealed(self.told.key, request.headers, body):
            return web.Response(status=401)
        told = json.loads(body)
        future = asyncio.get_running_loop().create_future()
        self.heard.append((told["journey"], told["program"], told["event"], future))
        self.rung.set()
        await future
        return web.Response(status=202)

    async def settled(self, request: web.Request) -> web.Response:
        first, count = int(request.query["first"]), int(request.query["count"])
        done = await self.reader.fetchval(
            "SELECT count(*) FROM transition WHERE journey BETWEEN $1 AND $2", first, first + count - 1
        )
        waits = await self.reader.fetchval("SELECT EXISTS (SELECT 1 FROM letter WHERE NOT sent)")
        return web.json_response({"settled": done >= TRANSITIONS * count and not waits})

    async def faults(self, request: web.Request) -> web.Response:
        first, count = int(request.query["first"]), int(request.query["count"])
        rows = await self.reader.fetch(
            "SELECT journey, count(*) AS steps FROM transition WHERE journey BETWEEN $1 AND $2 GROUP BY journey",
            first,
            first + count - 1,
        )
        wrong = [f"journey {row['journey']}: {row['steps']} steps" for row in rows if row["steps"] != TRANSITIONS]
        return web.json_response({"faults": wrong if len(rows) == count else [*wrong, "a journey is missing"]})

    async def start(self) -> web.Application:
        self.database, self.reader = [await asyncpg.connect(self.told.database) for _ in range(2)]
        await self.database.execute(TABLES)
        self.http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=CALL_SECONDS), connector=aiohttp.TCPConnector(limit=64)
        )
        self.working = asyncio.create_task(self.work())
        app = web.Application()
        app.add_routes(
            [
                web.post("/journeys", self.open),
                web.post("/webhooks", self.hear_webhook),
                web.get("/settled", self.settled),
                web.get("/faults", self.faults),
            ]
        )
        return app


async def _app() -> web.Application:
    return await Loop().start()


if __name__ == "__main__":
    web.run_app(_app(), host="127.0.0.1", port=orders().port, access_log=None, print=None)
