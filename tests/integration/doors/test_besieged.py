"""A siege: 500 posts that never end, 50 agencies that drip; good traffic goes on meanwhile, and nothing of it stays."""

import asyncio
import gc
import resource
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

import httpx
import orjson
import pytest

from agencies import seal
from agencies.keys import Key
from agencies.sender import Limits as SenderLimits
from agencies.sender import Senders
from deployments.doorway import Doorway
from deployments.processes import free_port
from flows.hall import Hall
from models.vocabulary import Desk, Need
from tasks.outbox import held_by
from tasks.toolbox import Toolbox, use
from tests.contract.sender.hostile import PretendAgency, Visit, fine, serving
from tests.integration.ground import Ground
from web.app import create_app
from web.doors import Doors, Limits

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

HALF_OPEN, DRIPPING, LETTERS_EACH, PLACES, GOOD = 500, 50, 4, 4, 40
AGENCY: Final = "seoul-west-employment-center"
#: How long posts may take, and exchanges: both are cut off by us while they would go on for ever.
CUT_SECONDS: Final = 30.0
#: Both ends of every connection are in this process.
FILES: Final = 3 * HALF_OPEN + 4 * DRIPPING * PLACES


@dataclass
class Siege:
    """Doors, desks and senders under siege."""

    ground: Ground
    tools: Toolbox
    base: str
    http: httpx.AsyncClient
    inbound: Key
    good: PretendAgency
    dripping: list[PretendAgency]
    #: From now on nobody drips any more.
    over: asyncio.Event

    @property
    def dripped_on(self) -> int:
        """How many letters are just being answered drop by drop."""
        return sum(each.now for each in self.dripping)

    async def webhook(self, number: str) -> tuple[int, float]:
        """Say as the good agency that it accepts a referral; return the answer's status and the seconds it took."""
        event = {
            "specversion": "1.0",
            "id": f"e_{uuid4().hex}",
            "source": f"/agencies/{AGENCY}",
            "type": "ieum.referral.accepted.v1",
            "subject": number,
            "datacontenttype": "application/json",
            "data": {"occurred_at": self.tools.clock().isoformat()},
        }
        body, at = orjson.dumps(event), int(self.tools.clock().timestamp())
        headers = {
            "content-type": "application/cloudevents+json",
            "webhook-id": str(event["id"]),
            "webhook-timestamp": str(at),
            "webhook-signature": seal.sign([self.inbound], str(event["id"]), at, body),
        }
        answer = await self.http.post(f"{self.base}/webhooks/{AGENCY}", content=body, headers=headers)
        return answer.status_code, answer.elapsed.total_seconds()

    async def half_a_post(self) -> int:
        """Send a head and half a body, and wait; return the status of the answer."""
        host, port = self.base.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(f"POST /webhooks/{AGENCY} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n".encode())
            writer.write(b"x" * 500)
            return int((await reader.readline()).split()[1])
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def held(self, name: str) -> float:
        """Return what the doors hold of something."""
        page = (await self.http.get(f"{self.base}/metrics")).text
        return next(float(line.split()[1]) for line in page.splitlines() if line.startswith(f"ieum_door_{name} "))

    async def letters(self, good: bool) -> Counter[str]:  # noqa: FBT001 - two kinds of letters
        """Count the letters to the good agency, or to the others, by state."""
        rows = await self.ground.rows(
            "SELECT state, count(*) FROM letter WHERE (agency = :good) = :wanted GROUP BY state",
            good=AGENCY,
            wanted=good,
        )
        return Counter(dict(rows))


async def connect(ground: Ground, code: str, url: str) -> Key:
    """Connect an agency; return the key it speaks with."""
    key, now = Key.mint(), ground.tools.clock()
    await ground.change("INSERT INTO agency (code, url, added_at) VALUES (:c, :url, :now)", c=code, url=url, now=now)
    async with ground.engine.begin() as connection:
        await ground.tools.keyring.add(connection, code, "outbound", Key.mint().written(), now)
        await ground.tools.keyring.add(connection, code, "inbound", key.written(), now)
    return key


@asynccontextmanager
async def besieged(ground: Ground) -> AsyncGenerator[Siege]:
    """Give a whole house with letters to 50 agencies that drip, the oldest, and to one that does not."""
    over = asyncio.Event()

    async def drip(visit: Visit) -> None:
        await visit.raw(b"HTTP/1.1 200 OK\r\nx-")
        while True:
            await visit.raw(b"x")
            await asyncio.sleep(1)

    async def drip_until_it_is_over(visit: Visit) -> None:
        await (fine(visit) if over.is_set() else drip(visit))

    async with AsyncExitStack() as stack:
        known = ground.tools.catalog
        codes = [f"dripping-{nth}" for nth in range(DRIPPING)]
        more = {code: known.agencies[AGENCY].model_copy(update={"code": code}) for code in codes}
        dripping = [PretendAgency(drip_until_it_is_over) for _ in codes]
        good = PretendAgency(fine)
        for agency in (good, *dripping):
            await stack.enter_async_context(serving(agency))
        inbound = await connect(ground, AGENCY, good.endpoint.url)
        for code, agency in zip(codes, dripping, strict=True):
            await connect(ground, code, agency.endpoint.url)
        for _ in range(DRIPPING * LETTERS_EACH + GOOD):
            await ground.walks_in(Need.JOB)
        await ground.work(Desk.INTAKE)
        await ground.change(
            "UPDATE letter SET agency = 'dripping-' || (nth % :agencies)"
            " FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS nth FROM letter) AS counted"
            " WHERE counted.id = letter.id AND nth < :letters",
            agencies=DRIPPING,
            letters=DRIPPING * LETTERS_EACH,
        )
        limits = SenderLimits(whole_seconds=CUT_SECONDS, at_once=PLACES, tries=1)
        senders = await stack.enter_async_context(Senders(center="seoul-west", clock=ground.tools.clock, limits=limits))
        tools = replace(ground.tools, catalog=replace(known, agencies={**known.agencies, **more}), senders=senders)
        use(tools)
        stack.callback(use, None)
        doors = Doors(
            engine=tools.engine,
            catalog=tools.catalog,
            clock=tools.clock,
            keyring=tools.keyring,
            tokens={},
            center="seoul-west",
            limits=Limits(body_seconds=CUT_SECONDS, database_seconds=20.0),
        )
        doorway = await stack.enter_async_context(Doorway(create_app(doors), "127.0.0.1", free_port()))
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=60, trust_env=False))
        await stack.enter_async_context(Hall(tools, with_prefect=False))
        yield Siege(ground, tools, doorway.url, http, inbound, good, dripping, over)


def open_files() -> int:
    """Count the files this process has open."""
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


async def left_over(ground: Ground) -> tuple[int, set[str]]:
    """Return how many files are open, and the names of what runs, without the database's connections."""
    await ground.engine.dispose()
    return open_files(), {task.get_name() for task in asyncio.all_tasks()}


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds."""
    while not await holds():  # noqa: ASYNC110 - a database and a page of numbers tell, and do not ring
        await asyncio.sleep(0.05)


@pytest.fixture
def many_files() -> None:
    """Ask for as many open files as a siege takes, or leave it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES:
        pytest.skip(f"a process may open {hard} files here; a siege takes {FILES}")
    if soft != resource.RLIM_INFINITY and soft < FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))


@pytest.mark.usefixtures("many_files")
async def test_under_siege_good_traffic_goes_on_and_nothing_of_it_stays(ground: Ground) -> None:
    before = await left_over(ground)
    async with besieged(ground) as siege:
        half = [asyncio.create_task(siege.half_a_post()) for _ in range(HALF_OPEN)]

        async def all_have_come() -> bool:
            return DRIPPING * PLACES == siege.dripped_on and await siege.held("requests_in_flight") >= HALF_OPEN

        async def good_letters_arrived() -> bool:
            assert not any(post.done() for post in half), await siege.letters(good=True)
            return await siege.letters(good=True) == {"sent": GOOD}

        async def nothing_drips() -> bool:
            return not siege.dripped_on and not held_by(siege.tools.senders).count

        async def the_others_arrived() -> bool:
            ground.now += timedelta(minutes=10)
            return await siege.letters(good=False) == {"sent": DRIPPING * LETTERS_EACH}

        await until(all_have_come)
        numbers = await ground.rows("SELECT referral_number FROM letter WHERE agency = :good", good=AGENCY)
        answered = [await siege.webhook(number) for (number,) in numbers]
        await until(good_letters_arrived)
        under_way = siege.dripped_on, sum(not post.done() for post in half)
        # What never ends by itself is cut off, and its letters go out again.
        cut = Counter(await asyncio.gather(*half))
        await until(nothing_drips)
        left_waiting = await siege.letters(good=False)
        siege.over.set()
        await until(the_others_arrived)
        held = await siege.held("requests_in_flight"), await siege.held("body_bytes")
    slowest = max(seconds for _, seconds in answered)
    print(f"\n{GOOD} webhooks under siege, the slowest in {1000 * slowest:.0f} ms")  # noqa: T201 - what the test is run for

    assert {202} == {status for status, _ in answered}
    assert GOOD == len({visit.headers["webhook-id"] for visit in siege.good.visits}) == len(siege.good.visits)
    assert (DRIPPING * PLACES, HALF_OPEN) == under_way
    assert {408: HALF_OPEN} == cut
    assert {"waiting": DRIPPING * LETTERS_EACH} == left_waiting
    assert (0, 0) == held

    async def all_is_as_before() -> bool:
        files, tasks = await left_over(ground)
        return files <= before[0] and tasks <= before[1]

    async with asyncio.timeout(30):
        await until(all_is_as_before)
