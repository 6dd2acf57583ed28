"""The meters: CPU seconds and memory of groups of processes, read from /proc."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

_TICK: Final = os.sysconf("SC_CLK_TCK")
_MIB: Final = 1024.0

#: Process numbers by the name of their group.
Groups = Mapping[str, set[int]]


def tree(root: int) -> set[int]:
    """Return a process and everything it started that still lives."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found, open_ones = set[int](), [root]
    while open_ones:
        pid = open_ones.pop()
        found.add(pid)
        open_ones += parents.get(pid, [])
    return found


def cpu_seconds(pids: set[int]) -> float:
    """Return the CPU time processes have taken, and those of their children that have ended."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / _TICK


def memory_mib(pids: set[int]) -> float:
    """Return the proportional share of memory that processes hold, in MiB."""
    total = 0.0
    for pid in pids:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) / _MIB
    return total


def titled(pids: set[int], word: str) -> set[int]:
    """Return those whose title holds a word, as PostgreSQL's backends name their database."""
    found = set[int]()
    for pid in pids:
        with suppress(OSError):
            if word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.add(pid)
    return found
