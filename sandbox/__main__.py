"""The sandbox's command: `python -m sandbox --port P --door URL --keys FILE` plays every agency of the catalog."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import logging
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import uvicorn

from sandbox.app import build
from sandbox.directory import DirectoryError, read_agencies
from sandbox.keys import KeyRing, KeysError
from sandbox.mailroom import Mailroom
from sandbox.playbook import ScriptsError, read_playbook
from sandbox.posting import Post
from sandbox.scripts import Stage
from sandbox.speaking import Mouth
from sandbox.weather import WeatherError, read_forecast
from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

HERE = Path(__file__).resolve().parent
log = logging.getLogger("sandbox")


class SandboxServer(uvicorn.Server):
    """Uvicorn, but asked to end it also tells the dawdling agencies, and then exits with 0."""

    def __init__(self, config: uvicorn.Config, world: World) -> None:
        """Serve the world."""
        super().__init__(config)
        self._world = world

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """End on SIGTERM and SIGINT without dying of them afterwards."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        yield

    def _end(self) -> None:
        self._world.closing.set()
        self.should_exit = True


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="Play every agency of the catalog, on loopback."
    )
    parser.add_argument("--port", type=int, required=True, help="where to listen; 0 takes a free one and prints it")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default: 127.0.0.1)")
    parser.add_argument("--door", required=True, help="base URL of the center's doors, e.g. http://127.0.0.1:8000")
    parser.add_argument(
        "--keys", type=Path, required=True, help='JSON: {agency: {"inbound": "whsec_…", "outbound": "whsec_…"}}'
    )
    parser.add_argument("--catalog", type=Path, default=HERE.parent / "catalog", help="folder with agencies.yaml")
    parser.add_argument("--weather", type=Path, help="YAML or JSON from agency code (or *) to weather")
    parser.add_argument("--mail-port", type=int, help="where the mailboxes listen; without it there are none")
    parser.add_argument("--scripted", action="store_true", help="answer requests by script")
    parser.add_argument("--scripts", type=Path, default=HERE / "scripts.yaml", help="the scripts to play")
    parser.add_argument("--speed", type=float, default=1.0, help="divide the waits of scripts by this (above 0)")
    parser.add_argument("--tries", type=int, default=5, help="how often a message is tried (1 to 20)")
    parser.add_argument(
        "--first-wait", type=float, help="seconds before the second try, then doubling (default: 0.5/speed)"
    )
    chosen = parser.parse_args(arguments)
    if not _is_loopback(chosen.host):
        _give_up(f"--host {chosen.host}: the sandbox has no locks and listens on loopback addresses only")
    if not (chosen.speed > 0 and 1 <= chosen.tries <= 20 and 0 <= chosen.port <= 65_535):  # noqa: PLR2004 (said in the help)
        _give_up("--speed must be above 0, --tries between 1 and 20, --port between 0 and 65535")
    door = urlsplit(str(chosen.door))
    if door.scheme not in {"http", "https"} or not door.netloc:
        _give_up("--door must be an http or https URL")
    return chosen


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _give_up(reason: str) -> NoReturn:
    sys.stderr.write(f"sandbox: {reason}\n")
    raise SystemExit(2)


def listen(host: str, port: int) -> socket.socket:
    """Bind a TCP socket, named as such: asyncio then turns Nagle's delay off, worth 40 ms a letter.

    Raises:
        OSError: the port is taken.

    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    return listening


async def run(chosen: argparse.Namespace) -> None:
    """Set the stage and play until asked to end."""
    try:
        world = World(read_agencies(chosen.catalog), KeyRing(chosen.keys), read_playbook(chosen.scripts))
        for agency, weather in (read_forecast(chosen.weather) if chosen.weather else {}).items():
            world.sky.put(agency, weather)
    except (DirectoryError, KeysError, ScriptsError, WeatherError) as problem:
        _give_up(str(problem))
    first_wait = 0.5 / chosen.speed if chosen.first_wait is None else max(chosen.first_wait, 0.0)
    post = Post(world, chosen.door, most_tries=chosen.tries, first_wait_seconds=first_wait)
    mouth = Mouth(world, post)
    mailroom = Mailroom(world)
    stage = Stage(world.playbook, mouth, chosen.speed, scripted=chosen.scripted)
    config = uvicorn.Config(
        build(world, post, mouth, stage, mailroom),
        host=chosen.host,
        port=chosen.port,
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    sandbox = SandboxServer(config, world)
    try:
        listening = listen(chosen.host, chosen.port)
    except OSError as problem:
        _give_up(f"--port {chosen.port}: cannot listen there ({problem.strerror})")
    if chosen.mail_port is not None:
        try:
            await mailroom.open(listen(chosen.host, chosen.mail_port))
        except OSError as problem:
            _give_up(f"--mail-port {chosen.mail_port}: cannot listen there ({problem.strerror})")
    log.info("%d agencies listen on http://%s:%d", len(world.agencies), chosen.host, listening.getsockname()[1])
    await sandbox.serve([listening])
    mailroom.close()
    log.info("ended")


def main() -> None:
    """Run the command."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s sandbox %(levelname)s %(message)s")
    for chatty in ("httpx", "httpcore", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    asyncio.run(run(options()))


if __name__ == "__main__":
    main()
