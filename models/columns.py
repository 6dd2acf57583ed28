"""Column shapes that every table shares, so that no table invents its own.

Moments need no helper: SQLModel stores an aware `datetime` as `UTCDateTime`. StrEnums do: by default their *names*
become a native PostgreSQL enum; `words` stores their values as text.
"""

from enum import StrEnum

from sqlalchemy import Enum



def words(kind: type[StrEnum], length: int = 32) -> Enum:
    """Return a column type that stores the values of `kind` as text of at most `length` characters."""
    return Enum(
        kind,
        native_enum=False,
        values_callable=lambda members: [member.value for member in members],
        length=length,
        create_constraint=False,
        validate_strings=True,
    )
