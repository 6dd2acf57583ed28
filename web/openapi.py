"""The command that writes the OpenAPI document: `python -m web.openapi docs/openapi.json`."""

import sys
from pathlib import Path

import orjson

from web.app import plan


def written() -> bytes:
    """Return the document as it is kept in docs/."""
    return orjson.dumps(plan().openapi(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(written())
