"""Documents: many rows as one parameter, so that one statement reads or writes them all.

A statement that writes begins with `GIVEN` (its parameter is `:given`, made by `models.columns.as_json`) and has a part
`into` for each table. The parts see the tables as they were before, but for foreign keys, which PostgreSQL looks at
when the statement ends.
"""

from collections.abc import Sequence
from typing import Final

#: The first part of a statement's WITH.
GIVEN: Final = "given AS (SELECT CAST(CAST(:given AS text) AS jsonb) AS doc)"


def into(table: str, name: str, columns: Sequence[str], otherwise: str = "") -> str:
    """Return the part of a statement that inserts the rows of one table, in their order.

    Args:
        table: As the database calls it.
        name: Of the document's list of rows, and of the part; where the document has no such list, nothing is written.
        columns: What the rows hold; what else they hold is passed over, so that whoever makes them must compare.
        otherwise: What is done about a row that is there already (`ON CONFLICT …`).
    """
    named = ", ".join(f'"{column}"' for column in columns)
    return f"""{name} AS (
        INSERT INTO {table} ({named})
        SELECT {named} FROM given, jsonb_populate_recordset(CAST(NULL AS {table}), given.doc -> '{name}') {otherwise}
    )"""  # noqa: S608 - our own words


def rows_of(name: str, **arrays: str) -> str:
    """Return a part of FROM: the elements of arrays that are parameters, side by side, without telling how many.

    PostgreSQL plans such a statement once. Did it see an array's length, it would take a plan for exactly so many for
    cheaper than one for any number, and plan anew each time, which for a long statement costs as much as running it.

    Args:
        name: What the rows are called; their columns are called as the parameters.
        arrays: For each parameter the type of its elements, as the database calls it.
    """
    given = ", ".join(f"CAST(:{array} AS {kind}[]) AS {array}" for array, kind in arrays.items())
    parts = ", ".join(f"{name}_given.{array}" for array in arrays)
    return f"""(SELECT {given} OFFSET 0) AS {name}_given
    CROSS JOIN LATERAL unnest({parts}) AS {name} ({", ".join(arrays)})"""
