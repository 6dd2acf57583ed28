"""The scanner: finds canaries in databases, folders and texts, through JSON escapes, base64, hex, zips and pickles."""

import base64
import binascii
import bz2
import gzip
import lzma
import pickletools
import re
import unicodedata
import urllib.parse
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from tests.e2e.canary.markers import Canary

#: How many wrappings are undone, one inside the other: base64 of a zip of a pickle is three.
DEPTH: Final = 4
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]{12,}={0,2}")
_HEX: Final = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")
_ESCAPED: Final = re.compile(rb"\\+u([0-9a-fA-F]{4})")
_ESCAPED_BYTE: Final = re.compile(rb"\\+x([0-9a-fA-F]{2})")

_COLUMNS: Final = text("""
    SELECT c.table_schema, c.table_name, c.column_name, c.data_type FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE t.table_type = 'BASE TABLE' AND c.table_schema NOT IN ('pg_catalog', 'information_schema')
    ORDER BY 1, 2, c.ordinal_position
""")


@dataclass(frozen=True, slots=True, order=True)
class Leak:
    """A canary and where it was found."""

    canary: str
    place: str


class Scanner:
    """Looks for canaries, and counts what it looked at: a scanner that saw nothing proves nothing."""

    def __init__(self, canaries: Iterable[Canary]) -> None:
        """Know what to look for."""
        self._needles = [
            (canary.name, needle)
            for canary in canaries
            for spelling in canary.spellings()
            for needle in _as_bytes(spelling)
        ]
        self.leaks: set[Leak] = set()
        self.values = self.files = self.tables = 0

    def look_at(self, value: bytes | str, place: str) -> None:
        """Look at one value and everything wrapped in it."""
        self.values += 1
        data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
        for view in _views(data, DEPTH):
            for name, needle in self._needles:
                if needle in view:
                    self.leaks.add(Leak(name, place))

    def look_into(self, folder: Path) -> None:
        """Look at every file below a folder, its name included."""
        for file in sorted(folder.rglob("*")):
            self.look_at(str(file.relative_to(folder)), f"a file name in {folder.name}")
            if file.is_file():
                self.files += 1
                self.look_at(file.read_bytes(), f"{folder.name}/{file.relative_to(folder)}")

    async def look_through(self, url: str, *, only: frozenset[str] = frozenset()) -> None:
        """Look at every column of every table of a database (or of some tables)."""
        engine = create_async_engine(url, poolclass=NullPool)
        try:
            async with engine.connect() as connection:
                for schema, table, column, kind in (await connection.execute(_COLUMNS)).all():
                    if only and table not in only:
                        continue
                    read = f'"{column}"' if kind == "bytea" else f'"{column}"::text'
                    found: Any = await connection.exec_driver_sql(f'SELECT {read} FROM "{schema}"."{table}"')  # noqa: S608 - names from the catalog
                    self.tables += 1
                    for (value,) in found:
                        if value is not None:
                            self.look_at(value, f"{table}.{column}")
        finally:
            await engine.dispose()


def _as_bytes(spelling: str) -> Iterator[bytes]:
    yield spelling.encode("utf-8")
    yield spelling.encode("utf-16-le")
    if not spelling.isascii():
        yield unicodedata.normalize("NFD", spelling).encode("utf-8")
        yield spelling.encode("euc-kr")


def _views(data: bytes, depth: int) -> Iterator[bytes]:
    """Yield the bytes, and what they turn into when what wraps them is undone."""
    yield data
    if depth == 0 or not data:
        return
    for undone in _undone(data):
        if undone and undone != data:
            yield from _views(undone, depth - 1)


def _undone(data: bytes) -> Iterator[bytes]:
    if b"\\" in data:
        yield _ESCAPED.sub(_character, data)
        yield _ESCAPED_BYTE.sub(lambda found: bytes([int(found[1], 16)]), data)
    if b"%" in data:
        yield urllib.parse.unquote_to_bytes(data)
    for run in _BASE64.findall(data):
        if not run.isdigit():
            yield _from_base64(run)
    for run in _HEX.findall(data):
        yield binascii.unhexlify(run)
    yield from _unzipped(data)
    yield from _unpickled(data)


def _character(found: re.Match[bytes]) -> bytes:
    return chr(int(found[1], 16)).encode("utf-8", "surrogatepass")


def _from_base64(run: bytes) -> bytes:
    bare = run.rstrip(b"=")
    if len(bare) % 4 == 1:
        bare = bare[:-1]
    padded = bare.replace(b"-", b"+").replace(b"_", b"/") + b"=" * (-len(bare) % 4)
    try:
        return base64.b64decode(padded)
    except binascii.Error:
        return b""


def _unzipped(data: bytes) -> Iterator[bytes]:
    openers = {
        b"\x1f\x8b": gzip.decompress,
        b"x": zlib.decompress,
        b"BZh": bz2.decompress,
        b"\xfd7zXZ": lzma.decompress,
    }
    for magic, opened in openers.items():
        if data.startswith(magic):
            try:
                yield opened(data)
            except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError):
                continue


def _unpickled(data: bytes) -> Iterator[bytes]:
    """Yield the strings of a pickle without running it."""
    if not data.startswith((b"\x80", b"(", b"V", b"c")):
        return
    try:
        for _, argument, _ in pickletools.genops(data):
            if isinstance(argument, str):
                yield argument.encode("utf-8", "surrogatepass")
            elif isinstance(argument, bytes):
                yield argument
    except (ValueError, IndexError, KeyError, UnicodeError):
        return
