"""What an e-mail to an agency says: what kind of letter it is, numbers, the program's name and the link, twice.

Nothing of the client stands in it, and nothing that was written by anybody outside the house: mail is read by servers
and machines on its way, and kept by each of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from agencies.digest import Digest
from agencies.letter import Content
from agencies.link_book import SentLink
from catalog import Catalog
from models.counting import SEOUL
from models.vocabulary import LetterType

#: Reason of the letter that brings a new link, and nothing else.
NEW_LINK: Final = "new_link"

#: What each letter is, in Korean and English.
TITLES: Final[dict[LetterType, tuple[str, str]]] = {
    LetterType.REQUESTED: ("새 의뢰가 있습니다", "A new referral"),
    LetterType.REMINDED: ("답변을 기다립니다", "Your answer is waited for"),
    LetterType.AMENDED: ("의뢰 내용이 바뀌었습니다", "A referral has changed"),
    LetterType.CANCEL_REQUESTED: ("진행을 멈춰 주십시오", "Please stop the work on a referral"),
    LetterType.CANCELLED: ("의뢰가 취소되었습니다", "A referral is withdrawn"),
    LetterType.CONSENT_REVOKED: ("개인정보 제공 동의가 철회되었습니다", "The consent to a referral is taken back"),
}
_NEW_LINK: Final = ("새 링크를 보내 드립니다", "A new link to a referral")
_URGENT: Final = ("긴급", "urgent")

_KO: Final = """{title}{urgent}

{lines}

링크를 열어 내용을 보고 답해 주십시오. 링크는 {until}까지 열립니다. 이 메일을 다른 기관에 전달하지 마십시오.
기한이 지난 링크에서는 새 링크를 요청할 수 있습니다. 이 메일에는 의뢰된 분의 개인정보가 없습니다. 회신은 읽지 않습니다.
"""
_EN: Final = """{title}{urgent}

{lines}

Open the link to read what it is about, and to answer. It opens until {until}. Please do not forward this mail.
A link that is over offers a new one. Nothing personal about the client stands in this mail. Replies are not read.
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One referral of a letter, as it stands in the mail."""

    number: str
    program: str
    link: SentLink
    #: What is waited for and until when, in Korean and English, in a reminder.
    waits: tuple[str, str] | None = None


def compose(
    content: Content,
    lines: Sequence[Line],
    catalog: Catalog,
    *,
    sender: str,
    mailbox: str,
    center: str,
    links_at: str,
) -> EmailMessage:
    """Return the mail of a letter; the same each time but for a link that was replaced.

    Args:
        content: The letter; only its kind, key and moment go into the mail.
        lines: Its referrals with their links, one at least.
        catalog: For the names of programs.
        sender: Address of the center.
        mailbox: Address of the agency.
        center: Code of this center.
        links_at: Where links lie, to be followed by the token.
    """
    ko, en = _title(content)
    first = lines[0].number if len(lines) == 1 else f"{len(lines)}"
    urgent = not isinstance(content, Digest) and content.urgency == "urgent"
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = mailbox
    message["Subject"] = f"[이음 {center}] {f'({_URGENT[0]}) ' if urgent else ''}{ko} / {en}: {first}"
    message["Date"] = format_datetime(content.made_at)
    # The letter's own key: a mailbox that knows it shows the same letter once.
    message["Message-ID"] = f"<{content.letter_id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    until = min(line.link.expires_at for line in lines)
    message.set_content(
        "\n".join(
            template.format(
                title=title,
                urgent=f" ({_URGENT[which]})" if urgent else "",
                lines="\n\n".join(_line(line, which, catalog, links_at) for line in lines),
                until=_moment(until, which),
            )
            for which, (template, title) in enumerate(((_KO, ko), (_EN, en)))
        ),
        charset="utf-8",
        cte="base64",
    )
    return message


def _title(content: Content) -> tuple[str, str]:
    if not isinstance(content, Digest) and content.type is LetterType.AMENDED and content.reason == NEW_LINK:
        return _NEW_LINK
    return TITLES[content.type]


def _line(line: Line, which: int, catalog: Catalog, links_at: str) -> str:
    known = catalog.programs.get(line.program)
    name = line.program if known is None else (known.name.ko, known.name.en)[which]
    waits = "" if line.waits is None else f"\n  {line.waits[which]}"
    return f"{('의뢰', 'Referral')[which]} {line.number} · {name}{waits}\n  {links_at}{line.link.token}"


def _moment(at: datetime, which: int) -> str:
    there = at.astimezone(SEOUL)
    return f"{there:%Y-%m-%d %H:%M}" if which == 0 else f"{there:%Y-%m-%d %H:%M} (Seoul)"
