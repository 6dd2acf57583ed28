"""Checks of the files against each other: what one file names, another must hold."""

from __future__ import annotations

import ipaddress
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from catalog.deadline_checks import check_deadlines
from catalog.follow_up_checks import check_follow_ups
from catalog.house_checks import check_house_rules
from catalog.routes import check_routing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.places import Agency
    from catalog.reading import Page, Place
    from catalog.shapes import Milestone, Parameter, Program
    from catalog.whole import Catalog


#: One plain address; what may be sent to is decided once more where mail leaves (`agencies/mailbox.py`).
_MAILBOX: Final = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+", re.ASCII)
#: Names that nobody can own (RFC 2606 §2, read 2026-11-27).
_NOBODYS: Final = (".example", ".test", ".invalid")


def check(catalog: Catalog, pages: Mapping[str, Page]) -> None:
    """Note every contradiction on the page it stands on."""
    for program in catalog.programs.values():
        _check_program(program, pages[f"programs/{program.code}.yaml"])
    for agency in catalog.agencies.values():
        _check_agency(agency, catalog, pages["agencies.yaml"])
    for name, page in pages.items():
        if name.startswith("parameters/"):
            for code in _held(page, "parameters"):
                _check_parameter(catalog.parameters[code], page)
    check_routing(catalog, pages["routing.yaml"])
    check_deadlines(catalog, pages["deadlines.yaml"])
    check_follow_ups(catalog, pages["follow_ups.yaml"])
    check_house_rules(catalog, pages)


def _held(page: Page, key: str) -> list[str]:
    entries = page.data.get(key)
    return list(entries) if isinstance(entries, dict) else []


def _check_program(program: Program, page: Page) -> None:
    if program.valid_to is not None and program.valid_to < program.valid_from:
        page.wrong(("valid_to",), "the program ends before it begins", "mend valid_from or valid_to")
    if "main" not in program.lanes:
        page.wrong(("lanes",), "there is no lane 'main'", "add it; other lanes run beside it")
    for lane, milestones in program.lanes.items():
        _check_lane(program, lane, milestones, page)


def _check_lane(program: Program, lane: str, milestones: tuple[Milestone, ...], page: Page) -> None:
    seen: set[str] = set()
    speaking = {program.decides, *program.speakers}
    for index, milestone in enumerate(milestones):
        place: Place = ("lanes", lane, index)
        if milestone.code in seen:
            page.wrong((*place, "code"), f"the milestone '{milestone.code}' stands here twice", "keep one of the two")
        seen.add(milestone.code)
        if milestone.source is not None and milestone.source not in program.sources:
            page.wrong(
                (*place, "source"),
                f"the program has no source '{milestone.source}'",
                f"add it under 'sources:' or use one of {', '.join(program.sources)}",
            )
        if milestone.by is not None and milestone.by not in speaking:
            page.wrong((*place, "by"), f"'{milestone.by}' may not speak here", "add it to 'speakers:'")


def _check_agency(agency: Agency, catalog: Catalog, page: Page) -> None:
    place: Place = ("agencies", agency.code)
    for program in sorted(agency.programs - catalog.programs.keys()):
        page.wrong((*place, "programs"), f"there is no program '{program}'", "mend the code, or add the program's file")
    for district in sorted(agency.districts - catalog.districts.keys()):
        page.wrong((*place, "districts"), f"there is no district '{district}'", "add it to districts.yaml")
    if agency.protocol == "mirror" and agency.programs:
        page.wrong((*place, "programs"), "a mirrored agency takes no referrals", "leave 'programs: []'")
    if agency.protocol != "webhook" and agency.answers_questions:
        page.wrong((*place, "answers_questions"), "only an agency with a line can be asked over it", "leave it out")
    _check_mailbox(agency, place, page)
    for index, text in enumerate(agency.private_ranges):
        _check_range(agency, text, (*place, "private_ranges", index), page)


def _check_mailbox(agency: Agency, place: Place, page: Page) -> None:
    if agency.protocol != "mail":
        if agency.mailbox is not None:
            page.wrong((*place, "mailbox"), "only an agency of 'protocol: mail' gets mails", "leave it out")
    elif agency.mailbox is None:
        page.wrong((*place, "mailbox"), "there is no mailbox to send mails to", "add 'mailbox: name@example.kr'")
    elif not _MAILBOX.fullmatch(agency.mailbox):
        page.wrong((*place, "mailbox"), "that is no plain address of a mailbox", "write it as name@example.kr")
    elif agency.pretend and not agency.mailbox.endswith(_NOBODYS):
        page.wrong((*place, "mailbox"), "a pretend agency may have nobody's real mailbox", "end it in .example")


def _check_range(agency: Agency, text: str, place: Place, page: Page) -> None:
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        page.wrong(place, f"'{text}' is no network", "write it as 10.1.2.0/24")
        return
    if agency.pretend and not network.is_loopback:
        page.wrong(place, f"a pretend agency may not live in {text}", "use 127.0.0.0/8 or ::1/128")


def _check_parameter(parameter: Parameter, page: Page) -> None:
    place: Place = ("parameters", parameter.code, "periods")
    ordered = sorted(enumerate(parameter.periods), key=lambda pair: pair[1].valid_from)
    for index, period in ordered:
        if (period.value is None) == (period.table is None):
            page.wrong((*place, index), "a period needs either 'value' or 'table'", "write one of them")
        if period.valid_to is not None and period.valid_to < period.valid_from:
            page.wrong((*place, index, "valid_to"), "the period ends before it begins", "mend the days")
    for (_, earlier), (index, later) in pairwise(ordered):
        if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
            page.wrong(
                (*place, index, "valid_from"),
                f"the period overlaps the one from {earlier.valid_from}",
                "end the earlier one the day before",
            )
