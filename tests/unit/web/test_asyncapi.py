"""The page of events as an agency's program would use it: our letters fit its schemas, wrong events do not.

That the page itself is good AsyncAPI is for the official parser to say: `make asyncapi`.
"""

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, cast
from uuid import UUID

import jsonschema_rs
import orjson
import pytest
import yaml

from agencies.digest import Digest, Line, Words
from agencies.envelope import write
from agencies.meaning import NEEDED
from agencies.packet import BasisGiven, Person, pack
from models.facts import Facts, Member
from models.vocabulary import AGENCY_EVENTS, Basis, Item, LetterType, ReferralEvent

PAGE: Final = Path(__file__).parents[3] / "docs" / "asyncapi.yaml"
PERSON: Final = Person(
    name="가나다", birth_date=date(1976, 3, 5), sex="female", phone="010-0000-0000", address="어딘가"
)
FACTS: Final = Facts(
    household=(Member(relation="child", birth_date=date(2004, 5, 10), school_level="middle"),),
    crisis="main_earner_lost",
    crisis_on=date(2017, 11, 10),
    employed=False,
    monthly_income=0,
    recognized_income=1_050_000,
    debts_unsecured_won=62_000_000,
    job_wish="day-care",
)
CODES: Final = {"reason": "not_eligible", "outcome": "granted", "milestone": "filed", "redirect_to": "nhis"}


@cache
def the_page() -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(PAGE.read_text(encoding="utf-8")))


@cache
def validator_for(channel: str, name: str) -> jsonschema_rs.Validator:
    """Return a validator of the payload of the message of this name in a channel."""
    page = the_page()
    messages = page["components"]["messages"]
    keys = [message["$ref"].rpartition("/")[2] for message in page["channels"][channel]["messages"].values()]
    [key] = [key for key in keys if messages[key]["name"] == name]
    schema = {"allOf": [{"$ref": f"#/components/messages/{key}/payload"}], "components": page["components"]}
    return jsonschema_rs.Draft7Validator(schema, validate_formats=True)


def letter(kind: LetterType) -> dict[str, Any]:
    """Return the body of a letter as it goes on the wire, with everything that may ever stand in one."""
    if kind is LetterType.REMINDED:
        return reminder()
    told: dict[str, Any] = {"screening": "LIKELY", "hire": {"on": "2018-06-18"}, "target_confirmation": "LIKELY"}
    packet = pack(
        list(Item),
        PERSON,
        FACTS,
        letter_id=UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
        agency="mapo-welfare-team",
        letter_type=kind,
        referral="R-2017-000108-8",
        program="emergency-living-aid",
        made_at=datetime(2017, 12, 4, 1, 2, 3, tzinfo=UTC),
        application_date=date(2017, 12, 4),
        basis=BasisGiven(kind=Basis.STATUTE, cite="긴급복지지원법 §7③"),
        urgency="urgent",
        reason="hired",
        predecessor="R-2017-000107-0",
        told=told,
    )
    return cast("dict[str, Any]", orjson.loads(write(packet, "seoul-west")[0]))


def reminder() -> dict[str, Any]:
    """Return the body of a digest: it speaks of referrals, and carries nothing of a person."""
    line = Line(
        referral="R-2017-000108-8",
        program="emergency-living-aid",
        waits_for="D35-answer",
        label=Words(ko="수락·거절", en="accepted or declined"),
        due_on=date(2017, 12, 7),
        reminder=1,
    )
    digest = Digest(
        letter_id=UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
        agency="mapo-welfare-team",
        made_at=datetime(2017, 12, 8, 1, 2, 3, tzinfo=UTC),
        lines=(line,),
    )
    return cast("dict[str, Any]", orjson.loads(write(digest, "seoul-west")[0]))


def event(word: str) -> dict[str, Any]:
    """Return an event an agency may send, with what its word needs and no more."""
    needed = {NEEDED[ReferralEvent(word)]} if word in NEEDED else set[str]()
    return {
        "specversion": "1.0",
        "id": "one",
        "source": "/agencies/nhis",
        "type": f"ieum.referral.{word}.v1",
        "subject": "R-2017-000108-8",
        "data": {"occurred_at": "2017-12-04T10:00:00+09:00", **{name: CODES[name] for name in needed}},
    }


@pytest.mark.parametrize("kind", list(LetterType))
def test_every_letter_we_write_fits_the_page(kind: LetterType) -> None:
    body = letter(kind)

    validator_for("toAgency", f"ieum.{kind}.v1").validate(body)
    assert (kind is LetterType.REQUESTED) == bool(body["data"].get("items"))


@pytest.mark.parametrize("kind", list(LetterType))
def test_a_letter_with_something_never_agreed_does_not(kind: LetterType) -> None:
    body = letter(kind)
    body["data"].setdefault("items", {})["resident_number"] = "1"

    assert not validator_for("toAgency", f"ieum.{kind}.v1").is_valid(body)
    assert not validator_for("toAgency", f"ieum.{kind}.v1").is_valid(letter(kind) | {"type": "ieum.referral.other.v1"})


@pytest.mark.parametrize("word", sorted(AGENCY_EVENTS))
def test_an_event_with_what_it_needs_fits_and_with_less_or_more_does_not(word: str) -> None:
    validator, whole = validator_for("fromAgency", f"ieum.referral.{word}.v1"), event(word)

    validator.validate(whole)
    for name in whole["data"]:
        rest = {key: value for key, value in whole["data"].items() if key != name}
        assert not validator.is_valid(whole | {"data": rest}), f"without {name}"
    assert not validator.is_valid(whole | {"data": whole["data"] | {"resident_number": "1"}})
    assert not validator.is_valid(whole | {"data": whole["data"] | {"occurred_at": "on Monday"}})
