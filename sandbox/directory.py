"""Who the agencies are: read from the catalog's one page of agencies, and from nowhere else in the house."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from sandbox.strict import is_list, is_mapping, text_of


class DirectoryError(ValueError):
    """The page of agencies cannot be read; the text names the file and what is wrong with it."""


@dataclass(frozen=True)
class PretendAgency:
    """One agency as the sandbox plays it."""

    code: str
    kind: str
    programs: frozenset[str]
    #: "webhook": has an endpoint and speaks; "mail": has a mailbox; "mirror": somebody else reports what it does.
    protocol: str
    #: Where mails to it go, in small letters.
    mailbox: str | None = None

    @property
    def is_mirror(self) -> bool:
        """Say whether this agency has no endpoint and no voice."""
        return self.protocol != "webhook"


def read_agencies(folder: Path) -> dict[str, PretendAgency]:
    """Read `agencies.yaml` of a catalog folder: a list of entries with `code`, or a mapping from code to entry.

    Raises:
        DirectoryError: the file is missing, is no YAML, or names no agency.

    """
    page = folder / "agencies.yaml"
    try:
        read: object = yaml.safe_load(page.read_text(encoding="utf-8"))
    except OSError:
        problem = f"{page}: cannot be read; name the catalog's folder with --catalog"
        raise DirectoryError(problem) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if isinstance(mark, yaml.Mark) else ""
        problem = f"{page}{line}: not YAML"
        raise DirectoryError(problem) from None
    if is_mapping(read) and "agencies" in read:
        read = read["agencies"]
    agencies = {agency.code: agency for agency in _entries(read)}
    if not agencies:
        problem = f"{page}: names no agency; each entry needs a code"
        raise DirectoryError(problem)
    return agencies


def _entries(read: object) -> list[PretendAgency]:
    if is_list(read):
        named = [(text_of(entry, "code"), entry) for entry in read if is_mapping(entry)]
    elif is_mapping(read):
        named = [(text_of(entry, "code") or code, entry) for code, entry in read.items() if is_mapping(entry)]
    else:
        named = []
    return [_agency(code, entry) for code, entry in named if code]


def _agency(code: str, entry: dict[str, object]) -> PretendAgency:
    programs = entry.get("programs")
    return PretendAgency(
        code=code,
        kind=text_of(entry, "kind") or "unknown",
        programs=frozenset(str(program) for program in programs) if is_list(programs) else frozenset(),
        protocol=text_of(entry, "protocol") or "webhook",
        mailbox=(text_of(entry, "mailbox") or "").lower() or None,
    )
