"""The house itself: its conventions as tests. Each first makes sure that it found something to check."""

import ast
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect import Flow, Task

import catalog
from flows.desks import DESKS
from models.diagram import draw
from models.roads import TURN
from models.vocabulary import Desk, ReferralState
from settings import PREFIX, Settings
from tasks.collect import collect
from tasks.deliver import deliver
from tasks.notify import notify
from tasks.record import record

HOUSE = Path(__file__).parent.parent
ROOMS = ("agencies", "benchmarks", "catalog", "deployments", "flows", "models", "sandbox", "tasks", "tests", "web")
#: Folders of ours that begin with a dot; the others hold what tools made.
KEPT = (".ci",)
#: A file longer than this is two files.
WALL = 300
#: Names that say nothing about what is inside.
EMPTY_NAMES = frozenset(
    ["common", "core", "helper", "helpers", "manager", "managers", "misc", "service", "services", "util", "utils"]
)
#: A folder of somebody's own machine, in whatever file.
SOMEBODYS = re.compile(r"(?<![\w.])/(?:home|Users|root|work|tmp)/[\w.-]+")


def ours(*kinds: str) -> Iterator[Path]:
    """Find every file of the house of these kinds, generated and foreign ones left out."""
    for folder, below, names in os.walk(HOUSE):
        below[:] = sorted(name for name in below if name in KEPT or not name.startswith((".", "__")))
        yield from (Path(folder) / name for name in sorted(names) if Path(name).suffix in kinds)


def relative(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


# The machine and its page


def test_the_drawn_referral_is_current() -> None:
    drawn = (HOUSE / "docs" / "referral.md").read_text()

    assert "stateDiagram" in drawn
    assert draw() == drawn, "run 'make docs'"


@pytest.mark.parametrize("state", list(ReferralState))
def test_every_state_has_a_turn_and_stands_in_the_docs(state: ReferralState) -> None:
    assert state in TURN
    assert re.search(rf"\b{state}\b", (HOUSE / "docs" / "referral.md").read_text())


# Settings


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    page = (HOUSE / "docs" / "settings.md").read_text()
    told = set(re.findall(rf"\b{PREFIX}([A-Z_]+)\b", page))

    assert len(Settings.model_fields) > 5
    assert {name.upper() for name in Settings.model_fields} == told


#: What the edges call the settings they were handed.
HANDED = frozenset(["settings", "chosen", "read"])


def read_of(module: Path) -> set[str]:
    """Return what a module takes from the settings it was handed: `settings.…`, `self.settings.…`, `chosen.…`."""
    return {
        node.attr
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Attribute)
        and (
            (isinstance(node.value, ast.Name) and node.value.id in HANDED)
            or (isinstance(node.value, ast.Attribute) and node.value.attr in HANDED)
        )
    }


def test_every_setting_is_read_somewhere() -> None:
    read = set[str]().union(*(read_of(path) for path in ours(".py") if relative(path).startswith("deployments/")))
    # The edges ask `settings.database()`, which reads `database_url`.
    if "database" in read:
        read.update(Settings.database.__code__.co_names)

    assert len(read) > 5
    assert [] == sorted(set(Settings.model_fields) - read)


# Desks


@pytest.mark.parametrize("desk", list(Desk))
def test_every_desk_is_a_flow_that_a_worker_finds_by_its_dotted_name(desk: Desk) -> None:
    entry = DESKS[desk]
    module, _, name = entry.entrypoint.rpartition(".")

    assert entry.flow is getattr(importlib.import_module(module), name)
    assert isinstance(entry.flow, Flow)
    assert desk.value == entry.flow.name
    assert ":" not in entry.entrypoint


@pytest.mark.parametrize("verb", [collect, record, deliver, notify], ids=lambda verb: verb.fn.__name__)
def test_a_task_and_its_run_bear_one_sentence(verb: "Task[..., Any]") -> None:
    assert re.fullmatch(rf"{verb.fn.__name__} [a-z ]+", verb.name)
    # Left to itself, Prefect names each run after the task and three random letters.
    assert verb.name == verb.task_run_name


# Files


@pytest.mark.parametrize("module", ["deployments.house", "deployments.command", "web.app", "sandbox.app"])
def test_prefect_is_not_imported_before_its_environment_stands(module: str) -> None:
    # It reads its environment as it is imported: too early, it would start a server of its own.
    look = f"import sys, {module}; sys.exit(any(name.split('.')[0] == 'prefect' for name in sys.modules))"

    assert 0 == subprocess.run([sys.executable, "-c", look], check=False, cwd=HOUSE, timeout=60).returncode


def test_no_file_is_longer_than_the_wall() -> None:
    lengths = {
        relative(path): len(path.read_text().splitlines()) for path in ours(".py") if "versions" not in path.parts
    }

    assert len(lengths) > 100
    assert {} == {name: length for name, length in lengths.items() if length > WALL}


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    names = {part.removesuffix(".py") for path in ours(".py") for part in path.relative_to(HOUSE).parts}

    assert {"models", "hearing", "flows"} <= names
    assert set() == names & EMPTY_NAMES


def test_every_module_says_what_it_is() -> None:
    modules = [path for path in ours(".py") if relative(path).split("/")[0] in {*ROOMS, "settings.py"}]
    silent = [relative(path) for path in modules if not ast.get_docstring(ast.parse(path.read_text()))]

    assert len(modules) > 100
    assert [] == silent


def test_whoever_catches_everything_says_why_or_raises_again() -> None:
    caught: list[str] = []
    unexplained: list[str] = []
    for path in ours(".py"):
        source = path.read_text()
        lines = source.splitlines()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ExceptHandler) and _catches_all(node):
                place = f"{relative(path)}:{node.lineno}"
                caught.append(place)
                raises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
                if not raises and not re.search(r"noqa: BLE001 - \w+", lines[node.lineno - 1]):
                    unexplained.append(place)

    assert len(caught) > 3
    assert [] == unexplained


def _catches_all(handler: ast.ExceptHandler) -> bool:
    names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else {"all"}
    return bool(names & {"all", "Exception", "BaseException"})


def test_nothing_names_a_folder_of_somebodys_machine() -> None:
    found: list[str] = []
    read = 0
    for path in ours(".py", ".md", ".yaml", ".yml", ".toml", ".txt", ".json", ".sh", ""):
        read += 1
        if path == Path(__file__):
            continue
        found += [f"{relative(path)}: {hit}" for hit in SOMEBODYS.findall(path.read_text(errors="replace"))]

    assert read > 150
    assert [] == found


# The set-up


@pytest.mark.parametrize("page", ["base", "cluster", "dev"])
def test_every_requirement_is_pinned_with_hashes_and_names_no_address(page: str) -> None:
    text = (HOUSE / "requirements" / f"{page}.txt").read_text()
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]

    assert len(entries) > 50
    assert [] == [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]
    assert not re.search(r"://|^--(?:extra-)?index|^--find-links| @ ", text, flags=re.MULTILINE)


def test_make_alone_lists_every_target_and_ci_runs_what_we_run() -> None:
    makefile = (HOUSE / "Makefile").read_text()
    phony = set(re.findall(r"^\.PHONY: ([a-z-]+)$", makefile, flags=re.MULTILINE))
    listed = set(re.findall(r"^([a-z-]+):.*## \S", makefile, flags=re.MULTILINE))
    ci = (HOUSE / ".ci" / "run").read_text()

    assert {"setup", "check", "test", "demo"} <= listed
    # A .venv that was moved is nobody's to ask for.
    assert {"moved"} == phony - listed
    assert makefile.index("help:") < makefile.index("setup:")
    assert ["make setup", "make check", "make test"] == re.findall(r"^make \w+", ci, flags=re.MULTILINE)


# README


def commands_of(readme: Path) -> list[str]:
    """Return the commands a reader would copy: `make …` and `ieum …` in code blocks and code spans."""
    told = readme.read_text()
    blocks = "\n".join(re.findall(r"```(?:sh|bash|console)?\n(.*?)```", told, flags=re.DOTALL))
    spans = "\n".join(re.findall(r"`([^`\n]+)`", told))
    return re.findall(r"^\s*\$?\s*((?:make|ieum) [a-z][a-z-]*)", f"{blocks}\n{spans}", flags=re.MULTILINE)


def test_the_commands_that_are_told_of_exist() -> None:
    pages = [page for page in [HOUSE / "README.md", HOUSE / "CONTRIBUTING.md", *ours(".md")] if page.is_file()]
    targets = set(re.findall(r"^([a-z-]+):.*## ", (HOUSE / "Makefile").read_text(), flags=re.MULTILINE))
    verbs = set(re.findall(r"(?:add_typer|app\.command)\(.*?\"([a-z-]+)\"", _command_source()))
    told = {(relative(page), command) for page in pages for command in commands_of(page)}
    known = {f"make {target}" for target in targets} | {f"ieum {verb}" for verb in verbs}

    assert {"make demo", "make test", "ieum demo", "ieum rehearse"} <= known
    assert told
    assert set() == {(page, command) for page, command in told if command not in known}


def _command_source() -> str:
    return (HOUSE / "deployments" / "command" / "__init__.py").read_text()


def test_a_page_that_is_linked_is_there() -> None:
    broken: list[str] = []
    links = 0
    for page in ours(".md"):
        for target in re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", page.read_text()):
            if "://" in target or target.startswith("mailto:"):
                continue
            links += 1
            if not (page.parent / target).exists():
                broken.append(f"{relative(page)}: {target}")

    assert links
    assert [] == broken


# Notices


def test_every_notice_has_a_title_in_the_catalog_and_a_heading_in_the_runbook() -> None:
    page = (HOUSE / "docs" / "runbook.md").read_text()
    headings = set(re.findall(r"^### ([a-z]+(?:_[a-z]+)*)$", page, flags=re.MULTILINE))

    assert len(headings) > 15
    assert headings == catalog.load().notices.keys()
