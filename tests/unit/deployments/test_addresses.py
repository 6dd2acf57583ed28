"""Agencies' addresses at the terminal: taken as the sender would take them, and never shown whole."""

from datetime import UTC, datetime

import pytest

from agencies.errors import BadEntry, TellAPerson
from agencies.keys import Key
from agencies.sender import Endpoint, Senders
from deployments.addresses import checked, reach, shown
from tests.contract.sender.hostile import PretendAgency, Visit, serving

LOOPBACK = ("127.0.0.0/8", "::1/128")


@pytest.mark.parametrize(
    "url",
    [
        "https://agency.example/referrals",
        "https://agency.example:8443/referrals?desk=1",
        "http://127.0.0.1:9000/agencies/nhis/referrals",
        "http://[::1]:9000/",
        "http://localhost:9000/",
    ],
)
def test_what_the_sender_could_use_is_taken_as_it_is(url: str) -> None:
    assert url == checked(url, LOOPBACK)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://us:sesame@agency.example/", "without user, password"),
        ("https://agency.example/#sesame", "fragment"),
        ("ftp://agency.example/sesame", "http"),
        ("https:///sesame", "host"),
        ("https://agency.example:99999/sesame", "port"),
        ("http://agency.example/sesame", "https"),
        ("https://169.254.169.254/sesame", "not public"),
        ("https://10.1.2.3/sesame", "not public"),
        ("http://127.0.0.2/sesame", "not public"),
    ],
)
def test_any_other_is_refused_in_one_sentence_without_it(url: str, why: str) -> None:
    with pytest.raises(BadEntry, match=why) as refusal:
        checked(url, ())

    assert "sesame" not in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert refusal.value.__context__ is None


def test_a_stored_address_is_shown_without_what_may_be_secret() -> None:
    assert "https://agency.example/in" == shown("https://agency.example/in?token=sesame")
    assert "sesame" not in shown("https://us:sesame@agency.example/")


@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized", "405 Method Not Allowed", "410 Gone"])
async def test_any_status_says_that_the_line_stands(status: str) -> None:
    async def answering(visit: Visit) -> None:
        await visit.answer(status)

    agency = PretendAgency(answering)
    async with serving(agency), senders() as ours:
        told = await reach(ours, agency.endpoint, [Key.mint()])

    assert int(status[:3]) == told
    assert agency.visits[0].line.startswith("GET /referrals ")
    assert agency.visits[0].headers["webhook-id"].startswith("ping:")
    assert b"" == agency.visits[0].body


async def test_an_address_the_sender_refuses_is_not_called_at_all() -> None:
    async def answering(visit: Visit) -> None:
        await visit.answer("200 OK")

    agency = PretendAgency(answering)
    async with serving(agency), senders() as ours:
        with pytest.raises(TellAPerson, match="address-refused"):
            await reach(ours, Endpoint("nhis", agency.endpoint.url), [Key.mint()])

    assert 0 == agency.connections


def senders() -> Senders:
    """Return senders of this center."""
    return Senders(center="seoul-west", clock=lambda: datetime.now(UTC))
