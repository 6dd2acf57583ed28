"""Column shapes that every table shares, so that no table invents its own.

Moments need no helper: SQLModel stores an aware `datetime` as `UTCDateTime`. StrEnums do: by default their *names*
become a native PostgreSQL enum; `words` stores their values as text.
"""

import re
from enum import StrEnum
from typing import cast
from uuid import UUID

import orjson
from sqlalchemy import Enum, Table
from sqlalchemy.orm import declared_attr
from sqlmodel import SQLModel


class Row(SQLModel):
    """A table's row; the table bears the class's name in snake case. Born by `model_validate` or by a statement."""

    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805  # pyright: ignore[reportIncompatibleVariableOverride, reportGeneralTypeIssues]
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


def table_of(entity: type[SQLModel]) -> Table:
    """Return the table beneath an entity, for statements that read or write many rows at once."""
    return cast("Table", entity.__table__)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def row_of(entity: type[SQLModel], **given: object) -> dict[str, object]:
    """Return a new row of a table, whole, for a statement that takes many at once (`models.documents`).

    Nothing is validated: `given` was, where it came in.

    Raises:
        TypeError: A column is missing or unknown: a fault of the program.
    """
    fields = entity.model_fields
    row = {n: field.get_default(call_default_factory=True) for n, field in fields.items() if not field.is_required()}
    row |= given
    if row.keys() != fields.keys():
        message = f"a row of {entity.__name__} has other columns"
        raise TypeError(message)
    return row


def words(kind: type[StrEnum], length: int = 32) -> Enum:
    """Return a column type that stores the values of `kind` as text of at most `length` characters."""
    return Enum(
        kind,
        native_enum=False,
        values_callable=_values,
        length=length,
        create_constraint=False,
        validate_strings=True,
    )


def as_json(value: object) -> str:
    """Return a document as statements take it: ids, moments and words as text.

    Raises:
        TypeError: Something in it is none of these, and no JSON either.
    """
    return orjson.dumps(value, default=_id).decode()


def _id(value: object) -> str:
    # The driver's ids are a class of their own.
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)


def _values(kind: type[StrEnum]) -> list[str]:
    return [member.value for member in kind]
