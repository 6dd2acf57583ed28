"""Reading a catalog file: YAML to plain values, remembering the line each value stands on.

Only what the catalog needs is read: mappings with distinct keys, lists, text, whole numbers, true/false, null, dates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final, TypeAlias, cast

import yaml

from catalog.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # a Python without libyaml reads the same files, slower
    from yaml import SafeLoader as _Loader

Value: TypeAlias = "str | int | bool | date | list[Value] | dict[str, Value] | None"
Place: TypeAlias = tuple[str | int, ...]

_TAG: Final = "tag:yaml.org,2002:"


@dataclass(slots=True)
class Page:
    """One file as read: its values, the line of each, and what could not be read."""

    file: str
    data: dict[str, Value] = field(default_factory=dict[str, Value])
    lines: dict[Place, int] = field(default_factory=dict[Place, int])
    problems: list[Problem] = field(default_factory=list[Problem])

    def line(self, place: Sequence[str | int]) -> int:
        """Return the line of a place, or of the nearest thing around it."""
        path = tuple(place)
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def wrong(self, place: Sequence[str | int], what: str, remedy: str) -> None:
        """Note a problem at a place."""
        self.problems.append(Problem(self.file, self.line(place), what, remedy))


def read_page(path: Path, name: str) -> Page:
    """Read one file whose top is a mapping; `name` is what problems call it. Never raises for bad contents."""
    page = Page(file=name)
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        page.problems.append(Problem(name, line, f"not YAML: {error.problem}", "mend the indentation or quoting here"))
        return page
    except (UnicodeDecodeError, yaml.YAMLError):
        page.wrong((), "the file is not UTF-8 text", "save it as UTF-8")
        return page
    if not isinstance(root, yaml.MappingNode):
        page.wrong((), "the file holds no mapping", "begin it with 'key: value' lines")
        return page
    page.data = cast("dict[str, Value]", _value(root, (), page))
    return page


def _value(node: yaml.Node, place: Place, page: Page) -> Value:
    """Turn a node into a plain value and note its line."""
    page.lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, place, page)
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, (*place, index), page) for index, child in enumerate(node.value)]
    return _scalar(cast("yaml.ScalarNode", node), place, page)


def _mapping(node: yaml.MappingNode, place: Place, page: Page) -> Value:
    found: dict[str, Value] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in found:
            line = key_node.start_mark.line + 1
            page.problems.append(Problem(page.file, line, f"'{key}' stands here twice", "keep one of the two"))
            continue
        page.lines[*place, key] = key_node.start_mark.line + 1
        found[key] = _value(value_node, (*place, key), page)
    return found


def _scalar(node: yaml.ScalarNode, place: Place, page: Page) -> Value:
    text = node.value
    match node.tag.removeprefix(_TAG):
        case "str":
            return text
        case "null":
            return None
        case "bool":
            return text.lower() in {"true", "yes", "on"}
        case "int" if text.replace("_", "").lstrip("-").isdigit():
            return int(text)
        case "timestamp" if (day := _day(text)) is not None:
            return day
        case "timestamp":
            page.wrong(place, f"'{text}' is no day", "write YYYY-MM-DD")
        case kind:
            page.wrong(
                place, f"'{text}' is read as {kind}", "write text in quotes, a whole number, true/false or a day"
            )
    return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
