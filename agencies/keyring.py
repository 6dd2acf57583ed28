"""The keyring: the keys shared with agencies, sealed at rest, two live at once while one takes over from the other.

A key as text (`whsec_…`, `whsk_…`, `whpk_…`) is stored only as a Fernet token under the installation's master key;
naming two master keys (newest first, separated by a comma or a blank) lets the master key itself be changed.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import ARRAY, String, and_, any_, bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from agencies.errors import BadEntry
from agencies.keys import Key
from models.agency import Agency, AgencyKey
from models.keys import uuid7

#: inbound: the agency signs to the center; outbound: the center signs to the agency.
Direction = Literal["inbound", "outbound"]

#: How long the old key still opens after a rotation.
OVERLAP: Final = timedelta(hours=24)
_UNREADABLE: Final = "a stored key cannot be opened: the master key is not the one it was sealed with"
#: Characters a master key must have at least.
SHORTEST_MASTER_KEY: Final = 32


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A key with the time it is good for."""

    id: UUID
    key: Key
    created_at: datetime
    #: From this moment on it opens and signs nothing; None while nobody has retired it.
    retires_at: datetime | None

    def live(self, now: datetime) -> bool:
        """Say whether it may still be used."""
        return self.retires_at is None or self.retires_at > now


@dataclass(frozen=True, slots=True)
class _Stored:
    """A live row; `key` is None where it cannot be opened."""

    id: UUID
    key: Key | None
    created_at: datetime
    retires_at: datetime | None


#: Keys of which the opened form is kept: two directions, two keys each, of more agencies than a center has.
_MOST_KNOWN: Final = 1000


class Keyring:
    """Opens and seals keys with the master key, and keeps them in the table `agency_key`."""

    def __init__(self, master_key: bytes | str) -> None:
        """Take the master key: any secret text of at least 32 characters, or two while it is being changed.

        Raises:
            BadEntry: It is missing or too short.
        """
        text = master_key.decode("utf-8") if isinstance(master_key, bytes) else master_key
        secrets = text.replace(",", " ").split()
        if not secrets or any(len(secret) < SHORTEST_MASTER_KEY for secret in secrets):
            message = (
                f"the master key needs at least {SHORTEST_MASTER_KEY} characters: make one with openssl rand -hex 32"
            )
            raise BadEntry(message)
        self._fernet = MultiFernet([Fernet(_derived(secret)) for secret in secrets])
        self._secrets = tuple(secrets)
        #: Keys by what is stored of them, so that no letter costs an opening.
        self._known: dict[bytes, Key] = {}
        #: Grows with every change made through this keyring, so that whoever keeps copies knows to read again.
        self.generation = 0

    def derived(self, purpose: str) -> list[bytes]:
        """Return 32 bytes for another purpose of the house from each master key, the newest first."""
        return [_expand(secret, f"ieum {purpose}") for secret in self._secrets]

    def seal(self, text: str) -> bytes:
        """Return a key's text as it may be stored."""
        return self._fernet.encrypt(text.encode("ascii"))

    def open(self, sealed: bytes) -> str:
        """Return the text of a stored key.

        Raises:
            BadEntry: It was sealed with another master key, or is damaged.
        """
        try:
            return self._fernet.decrypt(sealed).decode("ascii")
        except InvalidToken:
            pass
        raise BadEntry(_UNREADABLE)

    async def kept(
        self, connection: AsyncConnection, agency: str, direction: Direction, now: datetime
    ) -> list[KeptKey]:
        """Return the keys of an agency in one direction that live at `now`, newest first.

        One that cannot be opened is passed over while another one can: agencies may hold either.

        Raises:
            BadEntry: There are keys, and none of them can be opened.
        """
        rows = await self._rows(connection, agency, direction, now)
        opened = [KeptKey(row.id, row.key, row.created_at, row.retires_at) for row in rows if row.key is not None]
        if rows and not opened:
            raise BadEntry(_UNREADABLE)
        return opened

    async def unreadable(self, connection: AsyncConnection, now: datetime) -> list[str]:
        """Return the agencies of which a live key cannot be opened with this master key, by code."""
        found = await connection.execute(_ALL, {"now": now})
        return sorted({row.agency for row in found if self._opened(row.sealed) is None})

    async def reseal(self, connection: AsyncConnection) -> tuple[int, int]:
        """Seal every key anew with the newest master key; return how many were, and how many could not be opened.

        A key that cannot be opened stays as it is. The caller commits.
        """
        done = left = 0
        for id_, sealed in (await connection.execute(_SEALED)).all():
            try:
                fresh = self._fernet.rotate(sealed)
            except InvalidToken:
                left += 1
                continue
            await connection.execute(update(AgencyKey).where(col(AgencyKey.id) == id_).values(sealed=fresh))
            done += 1
        return done, left

    async def _rows(
        self, connection: AsyncConnection, agency: str, direction: Direction, now: datetime
    ) -> "list[_Stored]":
        found = await connection.execute(_KEPT, {"agency": agency, "direction": direction, "now": now})
        return [_Stored(row.id, self._opened(row.sealed), row.created_at, row.retires_at) for row in found]

    def _opened(self, sealed: bytes) -> Key | None:
        """Return the key, or None where it cannot be opened or is none."""
        if (known := self._known.get(sealed)) is not None:
            return known
        try:
            key = Key.parse(self.open(sealed))
        except BadEntry:
            return None
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[sealed] = key
        return key

    async def keys(self, connection: AsyncConnection, agency: str, direction: Direction, now: datetime) -> list[Key]:
        """Return the live keys, newest first; none means a closed door.

        Raises:
            BadEntry: There are keys, and none of them can be opened.
        """
        return [kept.key for kept in await self.kept(connection, agency, direction, now)]

    async def addresses(
        self, connection: AsyncConnection, agencies: Sequence[str], now: datetime
    ) -> dict[str, tuple[str | None, list[Key] | None]]:
        """Return where the letters of several agencies go and what seals them; an unconnected one is left out.

        Returns:
            By code, the URL (None for an agency that is only mirrored) and the live outbound keys, newest first; None
            where there are some and none can be opened.
        """
        urls: dict[str, str | None] = {}
        found: dict[str, list[Key | None]] = {}
        parameters = {"agencies": list(agencies), "now": now}
        for agency, url, sealed in (await connection.execute(_ADDRESSES, parameters)).all():
            urls[agency] = url
            keys = found.setdefault(agency, [])
            if sealed is not None:
                keys.append(self._opened(sealed))
        return {agency: (url, _openable(found[agency])) for agency, url in urls.items()}

    async def add(
        self, connection: AsyncConnection, agency: str, direction: Direction, text: str, now: datetime
    ) -> None:
        """Add a key; those there already stay as they are. The caller commits.

        Raises:
            BadEntry: The text is no key, or cannot sign where the center must.
        """
        key = Key.parse(text)
        if direction == "outbound" and not key.can_sign:
            raise BadEntry("to sign letters the center needs the private half (whsk_) or a shared secret (whsec_)")
        row = AgencyKey.model_validate(
            {
                "id": uuid7(now),
                "agency": agency,
                "direction": direction,
                "sealed": self.seal(key.written()),
                "created_at": now,
            }
        )
        await connection.execute(insert(AgencyKey).values(row.model_dump()))
        self.generation += 1

    async def rotate(
        self,
        connection: AsyncConnection,
        agency: str,
        direction: Direction,
        now: datetime,
        *,
        text: str | None = None,
        overlap: timedelta = OVERLAP,
    ) -> str:
        """Put a new key in front and retire the old one after `overlap`; return the new key's text. The caller commits.

        Args:
            connection: In a transaction.
            agency: Its code.
            direction: Which of the two keys.
            now: Aware.
            text: The new key where the agency made it; otherwise one of the same kind is made here.
            overlap: How long the newest old key still works; any older one stops at once.

        Raises:
            BadEntry: The text is no key, or only the agency can make it (we hold a public half).
        """
        old = await self._rows(connection, agency, direction, now)
        if text is None:
            # One that cannot be opened tells nothing of its kind, and must be replaceable all the same.
            newest = next((stored.key for stored in old if stored.key is not None), None)
            if newest is not None and not newest.can_sign:
                raise BadEntry("only the agency can make this key: ask it for its new public half (whpk_)")
            text = Key.mint(newest.kind if newest is not None else "v1").written()
        for stored, ends in _retirements(old, now, overlap):
            await connection.execute(update(AgencyKey).where(col(AgencyKey.id) == stored.id).values(retires_at=ends))
        await self.add(connection, agency, direction, text, now)
        return text


def _openable(keys: Sequence[Key | None]) -> list[Key] | None:
    opened = [key for key in keys if key is not None]
    return None if keys and not opened else opened


def _retirements(old: Sequence["_Stored"], now: datetime, overlap: timedelta) -> list[tuple["_Stored", datetime]]:
    """Return when each live key retires, newest first: one that opens lives on for a while, the others end now."""
    stays = next((stored for stored in old if stored.key is not None), None)
    ends = [(stored, now + overlap if stored is stays else now) for stored in old]
    return [(stored, min(end, stored.retires_at or end)) for stored, end in ends]


def _derived(secret: str) -> bytes:
    """Return the Fernet key of a master key."""
    return base64.urlsafe_b64encode(_expand(secret, "ieum keyring 1"))


def _expand(secret: str, info: str) -> bytes:
    """Return 32 bytes that only this secret and this purpose give (HKDF-SHA256, RFC 5869; read 2026-11-22)."""
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=info.encode("ascii"))
    return hkdf.derive(secret.encode("utf-8"))


_LIVES: Final = or_(col(AgencyKey.retires_at).is_(None), col(AgencyKey.retires_at) > bindparam("now"))
_ALL: Final = select(col(AgencyKey.agency), col(AgencyKey.sealed)).where(_LIVES)
_SEALED: Final = select(col(AgencyKey.id), col(AgencyKey.sealed)).with_for_update()
_KEPT: Final = (
    select(col(AgencyKey.id), col(AgencyKey.sealed), col(AgencyKey.created_at), col(AgencyKey.retires_at))
    .where(
        col(AgencyKey.agency) == bindparam("agency"),
        col(AgencyKey.direction) == bindparam("direction"),
        _LIVES,
    )
    .order_by(col(AgencyKey.created_at).desc(), col(AgencyKey.id).desc())
)
_ADDRESSES: Final = (
    select(col(Agency.code), col(Agency.url), col(AgencyKey.sealed))
    .outerjoin(
        AgencyKey,
        and_(col(AgencyKey.agency) == col(Agency.code), col(AgencyKey.direction) == "outbound", _LIVES),
    )
    .where(col(Agency.code) == any_(bindparam("agencies", type_=ARRAY(String()))))
    .order_by(col(AgencyKey.created_at).desc(), col(AgencyKey.id).desc())
)
