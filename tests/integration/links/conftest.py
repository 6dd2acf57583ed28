"""A referral asked of an agency that reads mail: its letter, its mail in the sandbox's mailbox, its page."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio

from agencies.link import LinkSeal
from agencies.link_book import LinkBook
from agencies.post import Post
from catalog import Catalog
from deployments.doorway import Doorway
from deployments.pretend import PretendAgencies
from deployments.processes import free_port
from models.vocabulary import Desk, Need
from tasks.deliver import deliver
from tasks.expiry import expire
from tasks.follow_report import FollowReport
from tasks.room import enter, leave
from tasks.shifts import new_shift
from tasks.toolbox import use
from tests.integration.ground import Ground
from tests.integration.links.page import Page, PageForm
from web.app import create_app
from web.doors import Doors

#: Whoever is asked for emergency aid; in these tests it has no system and reads mail.
AGENCY = "mapo-welfare-team"
#: The one mailbox of the sandbox.
MAILBOX = "owner@onnuri-bakery.example"
PROGRAM = "emergency-living-aid"
#: What may stand in no mail, log, metric or refusal.
PERSONAL = ("김하늘", "010-0000-4101", "가온로", "1976-08-21")


@dataclass
class Bakery:
    """The house, its sandbox, and one agency's browser."""

    ground: Ground
    sandbox: PretendAgencies
    base: str
    #: Follows nothing by itself, and keeps no cookies that nobody set.
    browser: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=20, trust_env=False))

    async def deliver(self, desk: Desk) -> None:
        """Run a shift's deliver task until nothing is due."""
        use(self.ground.tools)
        room = await new_shift(desk)
        enter(room)
        delivering = asyncio.create_task(deliver.fn(room.shift))
        due = "SELECT count(*) FROM letter WHERE state = 'waiting' AND next_attempt_at <= :now AND desk = :desk"
        for _ in range(200):
            if await self.ground.rows(due, now=self.ground.tools.clock(), desk=desk.value) == [(0,)]:
                break
            await asyncio.sleep(0.05)
        room.closing.set()
        room.letters.set()
        await delivering
        leave(room)
        use(None)

    async def mails(self) -> list[dict[str, Any]]:
        """Return the mails that lie in the mailbox."""
        return (await self.sandbox.control.get("/mails")).json()["mails"]

    async def link(self) -> str:
        """Return the path of the latest mail's link."""
        [link] = (await self.mails())[-1]["links"]
        assert link.startswith(self.base), link
        return link.removeprefix(self.base)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page."""
        return await self.browser.get(self.base + path, headers=headers)

    async def send(
        self, pressed: PageForm, said: dict[str, str] | None = None, *, site: str = "same-origin"
    ) -> httpx.Response:
        """Press a form's button."""
        said = {**pressed.fields, **(said or {})}
        return await self.browser.post(self.base + pressed.action, data=said, headers={"sec-fetch-site": site})

    async def say(self, path: str, event: str, **said: str) -> httpx.Response:
        """Open a page, say something, let the desk hear it, and return the page it leads to."""
        answer = await self.send(Page((await self.get(path)).text).form(event), said)
        assert answer.status_code == 303, answer.text
        await self.ground.work()
        return await self.get(answer.headers["location"])

    async def state(self) -> str:
        """Return where the referral stands."""
        [(state,)] = await self.ground.rows(
            "SELECT state FROM referral WHERE program = :program ORDER BY created_at DESC LIMIT 1", program=PROGRAM
        )
        return str(state)

    async def events(self) -> int:
        """Count what the agency has said."""
        [(count,)] = await self.ground.rows("SELECT count(*) FROM inbox_event WHERE source = :s", s=f"agency:{AGENCY}")
        return int(count)

    async def kept(self) -> tuple[Any, ...]:
        """Return what a page could have changed."""
        return tuple(
            await self.ground.rows(
                "SELECT (SELECT count(*) FROM inbox_event), (SELECT count(*) FROM letter),"
                " (SELECT json_agg(l ORDER BY id)::text FROM agency_link l), (SELECT max(xmin::text) FROM referral),"
                " (SELECT count(*) FROM transition), (SELECT count(*) FROM notice)"
            )
        )

    async def expire(self) -> FollowReport:
        """Run the follow-up."""
        return await expire(self.ground.tools, self.ground.tools.clock())


@pytest_asyncio.fixture
async def bakery(ground: Ground, tmp_path: Path) -> AsyncIterator[Bakery]:
    """Give a house in which client A's emergency aid was asked for by mail."""
    async with mailing(ground, tmp_path, ground.tools.catalog) as opened:
        yield opened


@pytest_asyncio.fixture
async def consenting(ground: Ground, tmp_path: Path) -> AsyncIterator[Bakery]:
    """Give the same house under a law by which nothing but the client's consent carries the referral."""
    known = ground.tools.catalog
    aid = known.program(PROGRAM).model_copy(update={"statute": None})
    async with mailing(ground, tmp_path, replace(known, programs={**known.programs, PROGRAM: aid})) as opened:
        yield opened


@asynccontextmanager
async def mailing(ground: Ground, tmp_path: Path, shipped: Catalog) -> AsyncGenerator[Bakery]:
    """Open a house in which the agency has no system and reads mail."""
    changed = {"protocol": "mail", "mailbox": MAILBOX, "answers_questions": False, "private_ranges": ()}
    agency = shipped.agency(AGENCY).model_copy(update=changed)
    catalog = replace(shipped, agencies={**shipped.agencies, AGENCY: agency})
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    sandbox = PretendAgencies(tmp_path, shipped, base)
    doors = Doors(ground.engine, catalog, ground.tools.clock, ground.tools.keyring, {}, "seoul-west")
    async with Doorway(create_app(doors), "127.0.0.1", port), sandbox:
        post = Post(
            sandbox.mail_server,
            LinkBook(ground.engine, LinkSeal(ground.tools.keyring), days=30),
            catalog,
            center="seoul-west",
            public_url=base,
            clock=ground.tools.clock,
        )
        ground.tools = replace(ground.tools, catalog=catalog, post=post)
        await ground.change(
            "INSERT INTO agency (code, url, added_at) VALUES (:code, :url, :now)",
            code=AGENCY,
            url=f"mailto:{MAILBOX}",
            now=ground.now,
        )
        opened = Bakery(ground, sandbox, base)
        await ground.walks_in(Need.LIVING)
        await ground.work()
        await opened.deliver(Desk.EMERGENCY_AID)
        await ground.work()
        yield opened
        await opened.browser.aclose()
