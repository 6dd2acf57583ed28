"""Client A's journey with canaries: whatever she tells, and whatever is said about her, is a string to look for."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import yaml

from tests.e2e.canary.markers import Canary
from tests.e2e.command import HOUSE

P01: Final = HOUSE / "scenarios" / "P01-client-a.yaml"

#: What she says of herself. Her age stays what it was, and her daughter's birthday: the journey goes the same way.
TOLD: Final = {
    canary.name: canary
    for canary in (
        Canary("name", "제갈아침", ("jegal achim",)),
        Canary("birth date", "1976-08-19", ("19760819", "1976.08.19", "datetime.date(1976, 8, 19)")),
        Canary("phone", "010-8264-7135", ("01082647135", "010 8264 7135", "8264-7135")),
        Canary("address", "서울특별시 마포구 다래나무길 8264"),
        Canary("child's name", "제갈저녁"),
        Canary("child's birth date", "2004-05-10", ("20040510", "2004.05.10", "datetime.date(2004, 5, 10)")),
        Canary("neighborhood", "다래나무집 옥탑"),
        Canary("property", "20357914", ("20,357,914", "20_357_914")),
        Canary("savings", "913578", ("913,578", "913_578")),
        Canary("unsecured debts", "62345678", ("62,345,678", "62_345_678")),
        Canary("recognized income", "1053579", ("1,053,579", "1_053_579")),
        Canary("staff's note", "상담사가 적어 둔 다래 쪽지"),
        Canary("staff's reference", "센터-다래-6203"),
        Canary("parked note", "모르는 의뢰에 붙은 다래 쪽지"),
        Canary("refused note", "760819-2345678", ("7608192345678",)),
        Canary("refused fact", "모르는칸의다래"),
        Canary("words in a redirect", "darae-in-the-url-6204"),
    )
}


def said_by(agency: str) -> tuple[Canary, Canary]:
    """Return the note and the reference an agency gives whenever it speaks."""
    words = agency.replace("-", " ")
    return Canary(f"note of {agency}", f"다래 쪽지 {words}"), Canary(f"reference of {agency}", f"다래-{agency}-접수")


def canary_journey() -> tuple[dict[str, Any], list[Canary]]:
    """Return the scenario, and every canary that stands in it."""
    page = cast("dict[str, Any]", _as_written(yaml.safe_load(P01.read_text(encoding="utf-8"))))
    told = {name: canary.text for name, canary in TOLD.items()}
    opened, timeline = page["opened"], cast("list[dict[str, Any]]", page["timeline"])
    opened["client"] |= {name: told[name.replace("_", " ")] for name in ("name", "birth_date", "phone", "address")}
    opened["household"][0] |= {"name": told["child's name"], "birth_date": told["child's birth date"]}
    opened["facts"] |= {
        "neighborhood": told["neighborhood"],
        "property_won": int(told["property"]),
        "financial_assets_won": int(told["savings"]),
        "debts_unsecured_won": int(told["unsecured debts"]),
    }
    speaking = {entry["agency"]["agency"] for entry in timeline if "agency" in entry}
    for entry in timeline:
        if "agency" in entry:
            note, reference = said_by(entry["agency"]["agency"])
            entry["agency"] |= {"note": note.text, "reference": reference.text}
        elif "staff" in entry and "program" in entry["staff"]:
            entry["staff"] |= {"note": told["staff's note"], "reference": told["staff's reference"]}
        elif "staff" in entry and "recognized_income" in entry["staff"].get("facts", {}):
            entry["staff"]["facts"]["recognized_income"] = int(told["recognized income"])
    timeline += [{"at": timeline[-1]["at"], **entry} for entry in _at_the_end(told)]
    return page, [*TOLD.values(), *(canary for agency in sorted(speaking) for canary in said_by(agency))]


def _as_written(value: object) -> object:
    """Return what was read with its keys as they were written: YAML 1.1 takes the key `on` for true."""
    match value:
        case dict():
            known = cast("dict[object, object]", value)
            return {("on" if key is True else key): _as_written(part) for key, part in known.items()}
        case list():
            return [_as_written(part) for part in cast("list[object]", value)]
        case _:
            return value


def _at_the_end(told: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what has no effect on her journey: what is parked, refused, or goes wrong on the way to an agency."""
    nhis = {"agency": "nhis", "event": "accepted"}
    return [
        {"agency": nhis | {"referral": "R-2017-000108-8", "note": told["parked note"]}},
        {"agency": nhis | {"program": "copay-relief", "note": told["refused note"], "status": 422}},
        {"staff": {"event": "facts_changed", "facts": {told["refused fact"]: told["name"]}, "status": 422}},
        {"staff": {"event": "progressed", "program": "job-placement", "milestone": "hired",
                   "note": told["staff's note"], "reference": told["staff's reference"]}},
        {"weather": {"agency": "legal-aid", "weather": {
            "answer": "redirect", "redirect_to": f"http://127.0.0.1:9/{told['words in a redirect']}"}}},
        {"staff": {"event": "withdrawn", "program": "individual-rehabilitation", "reason": "client_wish"}},
    ]  # fmt: skip


def write_canary_journey(folder: Path) -> tuple[Path, list[Canary]]:
    """Write the scenario to a file; return it, and the canaries that really stand in it."""
    page, canaries = canary_journey()
    text = yaml.safe_dump(page, allow_unicode=True, sort_keys=False, width=1000)
    # What the shipped journey expects of her screening, with her other income.
    text = text.replace("1,050,000", f"{int(TOLD['recognized income'].text):,}")
    file = folder / "P01-canaries.yaml"
    file.write_text(text, encoding="utf-8")
    there = re.sub(r"['\"]", "", text)
    return file, [canary for canary in canaries if canary.text in there]
