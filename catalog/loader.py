"""Loading the catalog: read the files, fill in what they share, shape them, check them against each other.

Every problem of every file is collected before anything is refused, so one start names all of them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import ValidationError

from catalog.checks import check
from catalog.deadlines import Deadline, Length
from catalog.explain import explain
from catalog.follow_ups import Plan, Resting
from catalog.house_rules import EvidenceKind, KeepingRule, NoticeTitle, SilenceRule
from catalog.places import Agency, Calendar, District, RoutingRule
from catalog.problems import CatalogError, Problem
from catalog.reading import Page, read_page
from catalog.shapes import Label, Parameter, Program, Shape
from catalog.sources import Work, fill_sources
from catalog.whole import Catalog

if TYPE_CHECKING:
    from catalog.reading import Place, Value

SHIPPED: Final = Path(__file__).parent

AnyShape = TypeVar("AnyShape", bound=Shape)


def load(folder: Path | None = None) -> Catalog:
    """Load and check a catalog folder; None is the one shipped with the house.

    Raises:
        CatalogError: with every problem found, each as `file:line: what; remedy`.
    """
    return _Loading(folder or SHIPPED).catalog()


class _Loading:
    """One pass over a catalog folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pages: dict[str, Page] = {}
        self.hash = hashlib.sha256()

    def catalog(self) -> Catalog:
        """Read everything, or refuse everything."""
        works = self._mapping(Work, "sources.yaml", "works")
        common = self._page("common.yaml")
        for name in (
            "agencies.yaml",
            "routing.yaml",
            "deadlines.yaml",
            "silence.yaml",
            "keeping.yaml",
            "evidence.yaml",
            *self._names("programs"),
            *self._names("parameters"),
        ):
            fill_sources(self._page(name), works)
        calendars = self._mapping(Calendar, "calendar.yaml", "calendars")
        catalog = Catalog(
            programs=self._programs(common),
            agencies=self._agencies(calendars),
            routing=tuple(
                sorted(self._coded(RoutingRule, "routing.yaml", "rules").values(), key=lambda rule: rule.priority)
            ),
            parameters=self._parameters(),
            deadlines=tuple(self._coded(Deadline, "deadlines.yaml", "deadlines").values()),
            follow_ups=self._coded(Plan, "follow_ups.yaml", "follow_ups"),
            resting=self._resting(),
            calendars=calendars,
            districts=self._mapping(District, "districts.yaml", "districts"),
            silence=self._mapping(SilenceRule, "silence.yaml", "silence"),
            keeping=self._mapping(KeepingRule, "keeping.yaml", "keeping"),
            evidence=self._mapping(EvidenceKind, "evidence.yaml", "evidence"),
            notices=self._mapping(NoticeTitle, "notices.yaml", "notices"),
            desks=self._mapping(Label, "desks.yaml", "desks"),
            version=self.hash.hexdigest()[:12],
        )
        if not self._problems():
            check(catalog, self.pages)
        if problems := self._problems():
            raise CatalogError(problems)
        return catalog

    def _problems(self) -> list[Problem]:
        return [problem for page in self.pages.values() for problem in page.problems]

    def _names(self, folder: str) -> list[str]:
        return [f"{folder}/{path.name}" for path in sorted((self.folder / folder).glob("*.yaml"))]

    def _page(self, name: str) -> Page:
        if name not in self.pages:
            path = self.folder / name
            if path.is_file():
                self.pages[name] = read_page(path, name)
                self.hash.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
            else:
                self.pages[name] = Page(name)
                self.pages[name].wrong((), "the file is missing", "put it back, or load another folder")
        return self.pages[name]

    def _shape(self, shape: type[AnyShape], data: Value, page: Page, place: Place) -> AnyShape | None:
        try:
            return shape.model_validate(data)
        except ValidationError as error:
            for inner in error.errors(include_url=False, include_context=True):
                where, what, remedy = explain(inner, shape)
                page.wrong((*place, *where), what, remedy)
            return None

    def _mapping(self, shape: type[AnyShape], name: str, key: str) -> dict[str, AnyShape]:
        """Shape a file of the form `key: {code: entry, ...}`."""
        page = self._page(name)
        found: dict[str, AnyShape] = {}
        for code, entry in self._entries(page, key).items():
            shaped = self._shape(shape, entry, page, (key, code))
            if shaped is not None:
                found[code] = shaped
        return found

    def _entries(self, page: Page, key: str) -> dict[str, Value]:
        """Return a file's one mapping; anything else at the top is a problem."""
        for extra in page.data.keys() - {key, "resting" if key == "follow_ups" else key}:
            page.wrong((extra,), f"unknown key '{extra}'", f"this file holds only '{key}:'")
        entries = page.data.get(key)
        if not isinstance(entries, dict):
            page.wrong((key,), f"'{key}' is missing or no mapping", f"write '{key}:' and the entries below it")
            return {}
        return entries

    def _programs(self, common: Page) -> dict[str, Program]:
        programs: dict[str, Program] = {}
        for name in self._names("programs"):
            page = self._page(name)
            for part in ("outcomes", "decline_reasons", "lanes"):
                self._share(page, common, part)
            program = self._shape(Program, dict(page.data), page, ())
            if program is None:
                continue
            if program.code in programs:
                page.wrong(("code",), f"the program {program.code} stands in another file too", "keep one of the files")
            elif name != f"programs/{program.code}.yaml":
                page.wrong(("code",), "code and file name differ", f"name the file {program.code}.yaml")
            programs[program.code] = program
        return programs

    @staticmethod
    def _share(page: Page, common: Page, part: str) -> None:
        """Add to a program what all programs have."""
        shared = common.data.get(part)
        own = page.data.get(part, {})
        if not isinstance(shared, dict) or not isinstance(own, dict):
            return
        for word in shared.keys() & own.keys():
            page.wrong((part, word), f"'{word}' stands in common.yaml too", "remove it here, or give it another word")
        page.data[part] = {**own, **shared}

    def _agencies(self, calendars: dict[str, Calendar]) -> dict[str, Agency]:
        page = self._page("agencies.yaml")
        agencies: dict[str, Agency] = {}
        for code, entry in self._entries(page, "agencies").items():
            named = {"code": code, **entry} if isinstance(entry, dict) else entry
            agency = self._shape(Agency, named, page, ("agencies", code))
            if agency is None:
                continue
            rules = calendars.get(agency.calendar_name)
            if rules is None:
                page.wrong(
                    ("agencies", code, "calendar"),
                    f"there is no calendar '{agency.calendar_name}'",
                    f"use one of calendar.yaml: {', '.join(sorted(calendars))}",
                )
            agencies[code] = agency.model_copy(update={"calendar_rules": rules})
        return agencies

    def _coded(self, shape: type[AnyShape], name: str, key: str) -> dict[str, AnyShape]:
        """Shape a file of the form `key: {code: entry, ...}` whose entries bear their code themselves."""
        page = self._page(name)
        found: dict[str, AnyShape] = {}
        for code, entry in self._entries(page, key).items():
            named = {"code": code, **entry} if isinstance(entry, dict) else entry
            shaped = self._shape(shape, named, page, (key, code))
            if shaped is not None:
                found[code] = shaped
        return found

    def _resting(self) -> Resting:
        """Shape what is told of journeys that rest; it stands beside the follow-ups."""
        page = self._page("follow_ups.yaml")
        shaped = self._shape(Resting, page.data.get("resting"), page, ("resting",))
        # A catalog with a problem is refused; until then it needs something in this place.
        return shaped or Resting(every=Length(days=30), notice="journey_rests")

    def _parameters(self) -> dict[str, Parameter]:
        parameters: dict[str, Parameter] = {}
        for name in self._names("parameters"):
            page = self._page(name)
            for code, entry in self._entries(page, "parameters").items():
                named = {"code": code, **entry} if isinstance(entry, dict) else entry
                parameter = self._shape(Parameter, named, page, ("parameters", code))
                if parameter is None:
                    continue
                if code in parameters:
                    page.wrong(("parameters", code), f"'{code}' stands in another file too", "keep one of the two")
                parameters[code] = parameter
        return parameters
