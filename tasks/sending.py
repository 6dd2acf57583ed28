"""Sending: one letter that was taken, brought to its agency."""

from contextlib import suppress
from uuid import UUID

from agencies.adapter import adapter_for
from agencies.answers import Delivered
from agencies.digest import read_digest
from agencies.errors import KeysUnreadable, TellAPerson
from agencies.letter import Content
from agencies.packet import unpack
from models.vocabulary import LetterType
from tasks.outbox import LeasedLetter
from tasks.taking import Call
from tasks.toolbox import Toolbox


async def exchange(tools: Toolbox, call: Call) -> tuple[UUID, ...]:
    """Bring one letter to its agency; return the links that it carried.

    Raises:
        NotDelivered: One of its kinds says what to do next.
    """
    letter, content = call.letter, None
    with suppress(KeyError, ValueError, TypeError):
        content = _content(tools, letter)
    if content is None:
        raise TellAPerson("unreadable-letter")
    if call.keys is None:
        raise KeysUnreadable
    known = tools.catalog.agencies.get(letter.agency)
    if known is None:
        raise TellAPerson("unknown-agency")
    adapter = adapter_for(known.protocol, tools.senders, tools.post)
    delivered = await adapter.deliver(content, call.endpoint, call.keys)
    return delivered.links if isinstance(delivered, Delivered) else ()


def _content(tools: Toolbox, letter: LeasedLetter) -> Content:
    """Read what the outbox kept.

    Raises:
        KeyError, ValueError, TypeError: It is no letter of ours.
    """
    if letter.type is LetterType.REMINDED:
        return read_digest(letter.body, letter_id=letter.id, agency=letter.agency, made_at=letter.created_at)
    return unpack(
        letter.body,
        tools.catalog.program(str(letter.body["program"])).items,
        letter_id=letter.id,
        agency=letter.agency,
        letter_type=letter.type,
        made_at=letter.created_at,
    )
