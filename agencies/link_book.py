"""The book of links: one opens each referral of an agency, and a letter that goes out again finds it.

A link that replaces another does so when a mail server has taken it: until then both open, because nobody may be shut
out by a mail that never arrived.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from agencies.link import LinkSeal, digest_of
from models.keys import uuid7

#: In the last quarter of its time a link is replaced by the next letter.
NEAR_ITS_END: Final = 4

#: Held until the link stands: who moves the mailbox waits, and then ends it; who comes after the move finds nothing.
_THERE: Final = text("SELECT code FROM agency WHERE code = :agency AND url = :url FOR SHARE")
_LIVE: Final = text("""
    SELECT referral.id AS referral_id, link.id, link.digest, link.made_at, link.expires_at, link.sent_at
    FROM referral LEFT JOIN agency_link AS link
      ON link.referral_id = referral.id AND link.agency = :agency AND link.ended_at IS NULL
    WHERE referral.number = :number ORDER BY link.made_at DESC, link.id DESC LIMIT 1
""")
_END: Final = text("""
    UPDATE agency_link SET ended_at = :now, ended_why = CASE WHEN expires_at <= :now THEN 'expired' ELSE 'replaced' END
    WHERE id = :id AND ended_at IS NULL
""")
_MAKE: Final = text("""
    INSERT INTO agency_link (id, agency, referral_id, digest, made_at, expires_at, asked)
    VALUES (:id, :agency, :referral_id, :digest, :now, :expires_at, 0) ON CONFLICT DO NOTHING RETURNING id
""")
_END_OTHERS: Final = text("""
    UPDATE agency_link SET ended_at = :now,
                           ended_why = CASE WHEN agency_link.expires_at <= :now THEN 'expired' ELSE 'replaced' END
    FROM agency_link AS sent
    WHERE sent.id = ANY(:ids) AND sent.ended_at IS NULL AND sent.sent_at IS NULL AND agency_link.id <> sent.id
      AND agency_link.referral_id = sent.referral_id AND agency_link.agency = sent.agency
      AND agency_link.ended_at IS NULL
""")
#: Of one whose mailbox moved meanwhile it is known as well: another is owed in its place.
_SENT: Final = text("""
    UPDATE agency_link SET sent_at = :now
    WHERE id = ANY(:ids) AND sent_at IS NULL AND (ended_at IS NULL OR ended_why = 'moved')
""")
#: Two processes may send two letters of one referral at once: one makes the link, the other finds it.
_TRIES: Final = 5


class NoSuchReferral(LookupError):  # noqa: N818 - it names what is wrong
    """A letter speaks of a referral that is not here."""


class MailboxMoved(LookupError):  # noqa: N818 - it names what is wrong
    """An agency's mailbox is another one by now."""


@dataclass(frozen=True, slots=True)
class SentLink:
    """A link as a letter carries it. Its repr shows no token."""

    id: UUID
    token: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"SentLink({self.id})"


class LinkBook:
    """Makes links and finds them again."""

    def __init__(self, engine: AsyncEngine, seal: LinkSeal, *, days: int) -> None:
        """Let links be good for so many days."""
        self._engine = engine
        self._seal = seal
        self._span = timedelta(days=days)

    async def link(self, agency: str, number: str, now: datetime, *, url: str) -> SentLink:
        """Return the link of a referral that a mail may carry: the one there is, or a new one near its end.

        Args:
            agency: Code of the addressee.
            number: The referral's.
            now: Aware.
            url: The mailbox the mail goes to, as the agency's endpoint.

        Raises:
            NoSuchReferral: There is no referral of this number.
            MailboxMoved: The agency's mail goes elsewhere now.
            sqlalchemy.exc.SQLAlchemyError: The database is away.
        """
        for _ in range(_TRIES):
            async with self._engine.begin() as connection:
                if (await connection.execute(_THERE, {"agency": agency, "url": url})).scalar() is None:
                    raise MailboxMoved
                live = (await connection.execute(_LIVE, {"agency": agency, "number": number})).one_or_none()
                if live is None:
                    raise NoSuchReferral
                if (found := self._good(live, now)) is not None:
                    return found
                if live.id is not None and live.sent_at is None:
                    await connection.execute(_END, {"id": live.id, "now": now})
                # Whole seconds, as the token says them.
                made = SentLink(uuid7(now), "", (now + self._span).replace(microsecond=0))
                token = self._seal.token(made.id, made.expires_at)
                row = {
                    "id": made.id,
                    "agency": agency,
                    "referral_id": live.referral_id,
                    "digest": digest_of(token),
                    "now": now,
                    "expires_at": made.expires_at,
                }
                if (await connection.execute(_MAKE, row)).scalar() is not None:
                    return SentLink(made.id, token, made.expires_at)
        raise TimeoutError

    def _good(self, live: Any, now: datetime) -> SentLink | None:  # noqa: ANN401 - a row of the database
        """Return the link there is, unless its end is near or its master key is gone."""
        if live.id is None or live.expires_at - (live.expires_at - live.made_at) / NEAR_ITS_END <= now:
            return None
        token = self._seal.token(live.id, live.expires_at)
        return SentLink(live.id, token, live.expires_at) if digest_of(token) == live.digest else None


async def links_arrived(connection: AsyncConnection, links: Iterable[UUID], now: datetime) -> None:
    """Note that a mail with these links was taken: those before them open no more.

    Args:
        connection: In the transaction that writes the arrival of the mail's letter, so that neither is lost alone.
        links: Ids, as the post returned them.
        now: Aware.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away; both go on opening.
    """
    known = {"ids": sorted(set(links)), "now": now}
    await connection.execute(_END_OTHERS, known)
    await connection.execute(_SENT, known)
