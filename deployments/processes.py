"""Child processes: how one is started in a session of its own, found again after a crash, and ended."""

import asyncio
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

#: What is sent to a process that shall go, and how many seconds it gets after each.
Signals: TypeAlias = Sequence[tuple[signal.Signals, float]]

#: Seconds between two looks at a process that is coming up or going down.
LOOK_SECONDS = 0.05
#: Ports below those that kernels give to outgoing connections, and how many of them are tried.
_PORTS = range(15_000, 32_000)
_PORTS_TRIED = 100


def spawn(
    command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, its output appended to `log` (mode 0600).

    Its own session means that Ctrl-C in the terminal reaches us alone, and we stop our children in order.

    Raises:
        OSError: the program or the log cannot be opened.
    """
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=subprocess.STDOUT,
            env=None if environment is None else dict(environment),
            start_new_session=True,
        )
    finally:
        os.close(descriptor)


async def run_whole(command: Sequence[str | Path], log: Path) -> int:
    """Run `command` to its end and return its exit code; whoever stops waiting ends it, and all that it started.

    Raises:
        OSError: the program or the log cannot be opened.
    """
    child = spawn(command, log)
    try:
        while (code := child.poll()) is None:  # noqa: ASYNC110 - the kernel sets no event
            await asyncio.sleep(LOOK_SECONDS)
        return code
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def is_running(pid: int, marker: str) -> bool:
    """Say whether process `pid` lives and carries `marker` in its command line or environment.

    Process numbers are used again by the kernel: the marker (a path of ours) keeps us from ending a stranger.
    A process that has ended but was not yet waited for has neither, so it counts as gone; so does, for a moment, one
    that is just turning into the program it was started as. Our own child is better asked itself (`end_child`).
    """
    for name in ("cmdline", "environ"):
        with suppress(OSError):
            if marker.encode() in Path(f"/proc/{pid}/{name}").read_bytes():
                return True
    return False


async def end(pid: int, marker: str, signals: Signals) -> bool:
    """End a process that somebody else started, if it carries `marker`; say whether it went.

    Args:
        pid: Its number.
        marker: As for `is_running`.
        signals: Sent in turn, each with the seconds the process gets to go.
    """
    return await _end(pid, lambda: is_running(pid, marker), signals)


async def end_child(child: "subprocess.Popen[bytes]", signals: Signals) -> bool:
    """End a child of our own, however young it is; say whether it went."""
    return await _end(child.pid, lambda: child.poll() is None, signals)


async def _end(pid: int, lives: Callable[[], bool], signals: Signals) -> bool:
    for sent, patience_seconds in signals:
        if not lives():
            return True
        with suppress(ProcessLookupError):
            os.kill(pid, sent)
        give_up = time.monotonic() + patience_seconds
        while lives() and time.monotonic() < give_up:  # noqa: ASYNC110 - the kernel sets no event
            await asyncio.sleep(LOOK_SECONDS)
    return not lives()


def last_lines(log: Path, count: int = 8, secret: str = "") -> str:
    """Give the last `count` lines of a log, indented, with `secret` blacked out; "" when there is no log."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    if secret:
        text = text.replace(secret, "***")
    return "\n".join(f"    {line[:300]}" for line in text.splitlines()[-count:])


def free_port(wish: int | None = None) -> int:
    """Find a free TCP port on 127.0.0.1: `wish` when it is free, else one of those the kernel gives to nobody.

    It is free until somebody takes it; what the kernel itself chooses may be an outgoing connection's a moment later.
    """
    wishes = [] if wish is None else [wish]
    for port in (*wishes, *(_PORTS[secrets.randbelow(len(_PORTS))] for _ in range(_PORTS_TRIED)), 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise OSError("no free TCP port on 127.0.0.1")


def remembered_number(file: Path) -> int | None:
    """Read a whole number from `file`; None when the file is missing, still empty, or holds something else."""
    with suppress(OSError, ValueError, IndexError):
        return int(file.read_text(encoding="ascii").split()[0])
    return None


def remembered_secret(file: Path) -> str:
    """Read the secret in `file`, or write a new one there (32 random bytes, URL-safe, mode 0600)."""
    with suppress(FileNotFoundError):
        if known := file.read_text(encoding="ascii").strip():
            return known
    fresh = secrets.token_urlsafe(32)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as writer:
        writer.write(fresh)
    return fresh
