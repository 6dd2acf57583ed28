"""Every protocol of the registry delivers a packet, or says that staff must."""

import json
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

import pytest
from standardwebhooks.webhooks import Webhook

from agencies.adapter import PROTOCOLS, ByHand, adapter_for
from agencies.errors import BadEntry, TellAPerson
from agencies.keys import Key
from agencies.packet import BasisGiven, Person, pack
from agencies.sender import Delivered, Senders
from models.facts import Facts
from models.vocabulary import Basis, LetterType
from tests.contract.sender.hostile import Open, fine

PACKET: Final = pack(
    ["name"],
    Person(name="가나다", birth_date=date(1976, 3, 5), sex="female", phone="010-0000-0000"),
    Facts(),
    letter_id=UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
    agency="mapo-welfare-team",
    letter_type=LetterType.REQUESTED,
    referral="R-2017-000108-8",
    program="emergency-living-aid",
    made_at=datetime(2017, 12, 4, tzinfo=UTC),
    application_date=date(2017, 12, 4),
    basis=BasisGiven(kind=Basis.CONSENT, cite="C-1"),
)


async def test_webhook_sends_the_packet_sealed(opened: Open, senders: Senders, key: Key) -> None:
    agency = await opened(fine)

    delivered = await adapter_for("webhook", senders).deliver(PACKET, agency.endpoint, [key])

    assert Delivered(202) == delivered
    visit = agency.visits[0]
    Webhook(key.written()).verify(visit.body, visit.headers)
    assert {"name": "가나다"} == json.loads(visit.body)["data"]["items"]
    assert "/centers/mapo-one-stop" == json.loads(visit.body)["source"]
    assert "010-0000-0000" not in visit.body.decode()


async def test_webhook_without_an_address_is_for_a_person(senders: Senders, key: Key) -> None:
    with pytest.raises(TellAPerson, match="no-endpoint"):
        await adapter_for("webhook", senders).deliver(PACKET, None, [key])


async def test_mirror_sends_nothing(opened: Open, senders: Senders, key: Key) -> None:
    agency = await opened(fine)

    assert ByHand() == await adapter_for("mirror", senders).deliver(PACKET, agency.endpoint, [key])
    assert [] == agency.visits


async def test_an_unknown_protocol_is_an_entry_to_mend(senders: Senders) -> None:
    assert {"webhook", "mail", "mirror"} == set(PROTOCOLS)
    with pytest.raises(BadEntry, match="webhook"):
        adapter_for("fax", senders)
