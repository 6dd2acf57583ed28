"""Numbers people can say on the phone: `J-2017-000042-1`, `R-2017-000108-8`.

Letter of kind, year of opening, running number, check digit. The check digit is ISO 7064 MOD 11,10 (read 2026-11-22)
over the kind's digit, the year and the running number: it catches every single wrong digit, a swapped kind and almost
every transposition, and it is itself a digit, so nobody spells letters over a bad line.
"""

import re
from enum import StrEnum

from sqlalchemy import Integer, String
from sqlmodel import Field

from models.columns import Row

_FORM = re.compile(r"(?P<kind>[JR])-(?P<year>[0-9]{4})-(?P<running>[0-9]{6,9})-(?P<check>[0-9])")


class Kind(StrEnum):
    """What a number names."""

    JOURNEY = "J"
    REFERRAL = "R"


class BadNumber(ValueError):  # noqa: N818 - named by what it says
    """That is no Ieum number, or a digit was misheard. Ask for it again."""


class NumberSeries(Row, table=True):
    """The last running number given out, by kind and year."""

    kind: str = Field(primary_key=True, sa_type=String(1))
    year: int = Field(primary_key=True, sa_type=Integer)
    last: int = Field(sa_type=Integer)


def check_digit(digits: str) -> str:
    """Return the ISO 7064 MOD 11,10 check digit of a string of decimal digits.

    Raises:
        ValueError: Something in it is no digit.
    """
    carry = 10
    for digit in digits:
        carry = (carry + int(digit)) % 10 or 10
        carry = carry * 2 % 11
    return str((11 - carry) % 10)


def spell(kind: Kind, year: int, running: int) -> str:
    """Return the number as it is written and said.

    Args:
        kind: What it names.
        year: Four digits, the year of opening in Asia/Seoul.
        running: From 1 up, counted by kind and year.
    """
    return f"{kind}-{year:04d}-{running:06d}-{_check(kind, year, running)}"


def read(kind: Kind, text: str) -> str:
    """Return `text` in its one written form (upper case, no spaces).

    Raises:
        BadNumber: Wrong form, wrong kind, or the check digit does not fit.
    """
    tidy = "".join(text.split()).upper()
    found = _FORM.fullmatch(tidy)
    if found is None or found["kind"] != kind:
        message = f"a number of the form {kind}-2017-000042-1 was expected"
        raise BadNumber(message)
    if spell(kind, int(found["year"]), int(found["running"])) != tidy:
        message = "the check digit does not fit: one of the digits was misheard or mistyped"
        raise BadNumber(message)
    return tidy


def _check(kind: Kind, year: int, running: int) -> str:
    kind_digit = {Kind.JOURNEY: "1", Kind.REFERRAL: "2"}[kind]
    return check_digit(f"{kind_digit}{year:04d}{running:06d}")
