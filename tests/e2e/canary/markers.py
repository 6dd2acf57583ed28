"""The canaries: strings that stand nowhere else in the world, in every place where a client's data can be put."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Canary:
    """One string to look for, in all the ways it may be written."""

    name: str
    #: As it is put in.
    text: str
    #: Other ways to write the same.
    also: tuple[str, ...] = ()

    def spellings(self) -> tuple[str, ...]:
        """Return every way it may be written."""
        return (self.text, *self.also)


def _won(amount: int) -> tuple[str, tuple[str, ...]]:
    return str(amount), (f"{amount:,}", f"{amount:_}")


_ALL: Final = (
    Canary("name", "황보새벽", ("hwangbo saebyeok",)),
    Canary("phone", "010-7391-4628", ("01073914628", "010 7391 4628", "7391-4628")),
    Canary("address", "서울특별시 마포구 모과나무길 7391"),
    Canary("birth date", "1983-02-17", ("19830217", "1983.02.17", "datetime.date(1983, 2, 17)")),
    Canary("child's name", "황보노을"),
    Canary("child's birth date", "2014-09-23", ("20140923", "datetime.date(2014, 9, 23)")),
    Canary("second child's name", "황보이슬"),
    Canary("neighborhood", "모과나무집 반지하"),
    Canary("unsecured debts", *_won(62345671)),
    Canary("secured debts", *_won(30517923)),
    Canary("property", *_won(20357913)),
    Canary("agency's note", "그 댁 사정을 적어 둔 쪽지 하나"),
    Canary("parked note", "알 수 없는 의뢰에 붙은 쪽지 둘"),
    Canary("staff's note", "상담사가 적어 둔 쪽지 셋"),
    Canary("agency's reference", "사건-카나리아-5150"),
    Canary("exception", "규칙이 내뱉은 카나리아 비명"),
    Canary("unknown field", "모르는칸의카나리아"),
    Canary("words in a URL", "canary-in-the-url-8341"),
    Canary("malformed body", "찢어진 본문의 카나리아"),
    Canary("resident number", "830217-2345679", ("8302172345679",)),
    Canary("e-mail", "saebyeok.canary@example.invalid"),
    Canary("bearer token", "canary-token-0f3a9b77c1"),
)

CANARIES: Final[Mapping[str, Canary]] = {canary.name: canary for canary in _ALL}


def text_of(name: str) -> str:
    """Return the string of a canary."""
    return CANARIES[name].text
