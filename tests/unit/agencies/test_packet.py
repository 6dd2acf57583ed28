"""A packet holds what its program allows, shows nothing, and goes on the wire as the same bytes each time."""

import copy
import json
import pickle
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agencies.envelope import write
from agencies.packet import BasisGiven, Person, UnpackableItem, pack, unpack
from models.facts import Facts, Member
from models.vocabulary import Basis, Item, LetterType

PERSON: Final = Person(
    name="가나다",
    birth_date=date(1976, 3, 5),
    sex="female",
    phone="010-0000-0000",
    address="서울 마포구 지어낸길 1",
)
FACTS: Final = Facts(
    household=(Member(relation="child", birth_date=date(2004, 5, 10), school_level="middle"), Member(relation="other")),
    crisis="main_earner_lost",
    crisis_on=date(2017, 11, 10),
    employed=False,
    monthly_income=0,
    recognized_income=1_050_000,
    debts_unsecured_won=62_000_000,
    debt_overdue_months=5,
    creditors=8,
    job_wish="day-care",
)
HEADING: Final[dict[str, Any]] = {
    "letter_id": UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
    "agency": "mapo-welfare-team",
    "letter_type": LetterType.REQUESTED,
    "referral": "R-2017-000108-8",
    "program": "emergency-living-aid",
    "made_at": datetime(2017, 12, 4, 1, 2, 3, 456789, tzinfo=UTC),
    "application_date": date(2017, 12, 4),
    "urgency": "urgent",
    "basis": BasisGiven(kind=Basis.STATUTE, cite="긴급복지지원법 §7③"),
}
SECRETS: Final = ["가나다", "1976", "010-0000-0000", "지어낸길", "2004-05-10", "1050000", "1_050_000", "62000000"]


@given(st.sets(st.sampled_from(list(Item))))
def test_picks_only_what_is_allowed(allowed: set[Item]) -> None:
    packet = pack(sorted(allowed), PERSON, FACTS, **HEADING)

    told = json.dumps(packet.data(), ensure_ascii=False)
    assert set(packet.items) <= allowed
    assert (Item.NAME in allowed) == ("가나다" in told)
    assert (Item.PHONE in allowed) == ("010-0000-0000" in told)
    assert (Item.ADDRESS in allowed) == ("지어낸길" in told)
    assert bool(allowed & {Item.CHILDREN, Item.HOUSEHOLD}) == ("2004-05-10" in told)
    assert (Item.DEBTS in allowed) == ("62000000" in told)


def test_every_item_is_known_or_told() -> None:
    told: dict[str, Any] = {
        "screening": {"result": "LIKELY"},
        "hire": {"on": "2018-06-18"},
        "wage": 1_900_000,
        "target_confirmation": True,
        "job_profile": "care",
    }
    packet = pack(list(Item), PERSON, FACTS, **HEADING, told=told)

    assert set(Item) == set(packet.items)
    assert {"cause": "main_earner_lost", "on": "2017-11-10"} == packet.items[Item.CRISIS]
    assert {"won_per_month": 0} == packet.items[Item.INCOME]
    assert {"unsecured_won": 62_000_000, "overdue_months": 5, "creditors": 8} == packet.items[Item.DEBTS]
    assert [{"birth_date": "2004-05-10", "school_level": "middle"}] == packet.items[Item.CHILDREN]
    assert {"employed": False} == packet.items[Item.EMPLOYMENT]


def test_unknown_is_left_out_and_a_secret_address_stays() -> None:
    person = PERSON.model_copy(update={"phone": None, "address_secret": True})

    packet = pack(
        ["name", "phone", "address", "crisis", "income", "household", "screening"], person, Facts(), **HEADING
    )

    assert {"name": "가나다"} == dict(packet.items)


@pytest.mark.parametrize("kind", sorted(set(LetterType) - {LetterType.REQUESTED}))
def test_letters_that_need_no_items_carry_none(kind: LetterType) -> None:
    heading = _heading(letter_type=kind, basis=None, reason="withdrawn")

    packet = pack(["name", "phone"], PERSON, FACTS, **heading)

    assert {} == dict(packet.items)
    assert "withdrawn" == packet.data()["reason"]


def test_refuses_words_nobody_knows_and_items_nobody_allowed() -> None:
    with pytest.raises(UnpackableItem):
        pack(["name", "shoe_size"], PERSON, FACTS, **HEADING)
    with pytest.raises(UnpackableItem):
        pack(["name"], PERSON, FACTS, **HEADING, told={"wage": 1})
    with pytest.raises(ValueError, match="without a basis"):
        pack(["name"], PERSON, FACTS, **_heading(basis=None))


def test_shows_nothing_and_is_not_pickled_or_changed() -> None:
    packet = pack(list(Item), PERSON, FACTS, **HEADING)

    shown = f"{packet!r} {packet!s} {PERSON!r} {PERSON!s}"
    assert not [secret for secret in SECRETS if secret in shown]
    assert "R-2017-000108-8" in shown
    with pytest.raises(TypeError):
        pickle.dumps(packet)
    with pytest.raises(TypeError):
        copy.deepcopy(packet)
    with pytest.raises(FrozenInstanceError):
        packet.agency = "nhis"  # type: ignore[misc]
    with pytest.raises(TypeError):
        packet.items[Item.NAME] = "x"  # type: ignore[index]
    with pytest.raises(ValidationError) as error:
        Person.model_validate({"name": "가나다", "birth_date": "지어낸길", "sex": "female"})
    assert "지어낸길" not in str(error.value)


def test_comes_back_from_the_outbox_as_it_went_in() -> None:
    packet = pack(["name", "crisis"], PERSON, FACTS, **HEADING, reason="r", predecessor="R-2017-000001-1")
    kept = json.loads(json.dumps(packet.data()))

    again = unpack(
        kept,
        ["name", "crisis", "phone"],
        letter_id=packet.letter_id,
        agency=packet.agency,
        letter_type=packet.type,
        made_at=packet.made_at,
    )

    assert write(packet, "mapo-one-stop") == write(again, "mapo-one-stop")
    assert packet == again
    with pytest.raises(UnpackableItem):
        unpack(
            kept,
            ["name"],
            letter_id=packet.letter_id,
            agency=packet.agency,
            letter_type=packet.type,
            made_at=packet.made_at,
        )


def test_writes_the_envelope_the_agencies_know() -> None:
    body, headers = write(pack(["name"], PERSON, FACTS, **HEADING), "mapo-one-stop")

    assert {
        "specversion": "1.0",
        "id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "source": "/centers/mapo-one-stop",
        "type": "ieum.referral.requested.v1",
        "subject": "R-2017-000108-8",
        "time": "2017-12-04T01:02:03.456Z",
        "datacontenttype": "application/json",
        "data": {
            "referral": "R-2017-000108-8",
            "program": "emergency-living-aid",
            "application_date": "2017-12-04",
            "urgency": "urgent",
            "basis": {"kind": "statute", "cite": "긴급복지지원법 §7③"},
            "items": {"name": "가나다"},
        },
    } == json.loads(body)
    assert {
        "content-type": "application/cloudevents+json",
        "webhook-id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "idempotency-key": "01890a5d-ac96-774b-bcce-b302099a8057",
    } == headers
    with pytest.raises(ValueError, match="code"):
        write(pack([], PERSON, FACTS, **HEADING), "Mapo One Stop")


def test_a_packet_made_by_hand_is_held_to_the_vocabulary() -> None:
    packet = pack(["name"], PERSON, FACTS, **HEADING)

    with pytest.raises(UnpackableItem):
        replace(packet, items={"shoe_size": 240})  # type: ignore[dict-item]


@pytest.mark.parametrize("broken", [{}, {"items": []}, {"items": {}}, {"items": {}, "referral": "R", "program": "p"}])
def test_a_broken_letter_in_the_outbox_is_said_to_be_one(broken: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        unpack(
            broken,
            ["name"],
            letter_id=HEADING["letter_id"],
            agency="nhis",
            letter_type=LetterType.REQUESTED,
            made_at=HEADING["made_at"],
        )


def _heading(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever `pack` takes
    return {**HEADING, **changes}
