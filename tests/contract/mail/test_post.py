"""What leaves by mail: every kind of letter, over real SMTP, with a link and nothing of the client."""

import re
import ssl
from collections.abc import Mapping
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from agencies.adapter import adapter_for
from agencies.digest import Digest, Line
from agencies.errors import CredentialAlarm, NotDelivered, TellAPerson, TryAgain
from agencies.line import Endpoint
from agencies.post import try_line
from agencies.sender import Delivered, Senders
from models.keys import uuid7
from models.vocabulary import LetterType
from tasks.health import move_endpoint
from tests.contract.mail.conftest import AGENCY, ENDPOINT, MAILBOX, NOW, NUMBER, PERSONAL, Office, letter
from tests.contract.mail.servers import PASSWORD, USER, at, foreign, odd
from tests.contract.sender.test_sender_address import certificate


def link_in(mail: EmailMessage) -> str:
    links = set(re.findall(r"https://ieum\.example/links/([A-Za-z0-9_-]+)", mail.get_content()))
    assert 1 == len(links), "Korean and English name one link"
    return links.pop()


@pytest.mark.parametrize("kind", [kind for kind in LetterType if kind is not LetterType.REMINDED])
async def test_every_letter_goes_as_a_mail_with_number_program_and_link_and_nothing_of_the_client(
    office: Office, kind: LetterType
) -> None:
    async with foreign() as server, Senders(center="seoul-west", clock=lambda: NOW) as senders:
        adapter = adapter_for("mail", senders, office.post(at(server.port)))
        assert Delivered(250) == await adapter.deliver(letter(kind), ENDPOINT, [])

    [mail] = server.mails
    text = mail.get_content()
    assert MAILBOX == mail["to"]
    assert NUMBER in mail["subject"]
    assert {"고용촉진장려금", "Employment promotion subsidy"} <= {word for word in PROGRAM if word in text}
    assert 71 == len(link_in(mail))
    assert [] == [word for word in PERSONAL if word in text or word in str(mail["subject"])]


PROGRAM = ("고용촉진장려금", "Employment promotion subsidy")


async def test_a_digest_names_each_referral_with_its_day_and_link(office: Office) -> None:
    owed = {"referral": NUMBER, "program": "employment-promotion-subsidy", "due_on": "2018-01-05", "reminder": 1}
    words = {"label": {"ko": "답변", "en": "answer"}}
    lines = tuple(Line.model_validate({**owed, **words, "waits_for": code}) for code in ("D01", "D02"))
    digest = Digest(letter_id=uuid7(NOW), agency=AGENCY, made_at=NOW, lines=lines)
    async with foreign() as server:
        await office.post(at(server.port)).send(digest, ENDPOINT)

    [mail] = server.mails
    assert 4 == mail.get_content().count("2018-01-05")
    assert 71 == len(link_in(mail))


async def test_a_letter_that_goes_out_again_carries_the_same_link_and_id(office: Office) -> None:
    again = letter()
    async with foreign() as server:
        post = office.post(at(server.port))
        for content in (again, again, letter(LetterType.AMENDED, reason="facts_changed")):
            await post.send(content, ENDPOINT)
            office.now += timedelta(days=1)

    first, second, third = server.mails
    assert server.raw[0] == server.raw[1]
    assert first["message-id"] == second["message-id"] != third["message-id"]
    assert link_in(first) == link_in(second) == link_in(third)
    assert [(1, None)] == await office.rows("SELECT count(*), max(ended_at) FROM agency_link")


async def test_near_its_end_a_link_is_replaced_and_only_the_new_one_is_live(office: Office) -> None:
    async with foreign() as server:
        post = office.post(at(server.port))
        await office.sent(post, letter())
        office.now += timedelta(days=23)
        await office.sent(post, letter(LetterType.AMENDED))

    assert link_in(server.mails[0]) != link_in(server.mails[1])
    kept = await office.rows("SELECT ended_why, digest FROM agency_link ORDER BY made_at")
    assert ["replaced", None] == [why for why, _ in kept]
    assert not any(link_in(mail) in str(kept) for mail in server.mails), "the token itself stands nowhere"


async def test_a_mail_that_is_refused_leaves_the_link_before_it_open(office: Office) -> None:
    async with foreign() as server, odd({"RCPT": "550 no"}) as refusing:
        await office.sent(office.post(at(server.port)), letter())
        office.now += timedelta(days=23)
        renewal = letter(LetterType.AMENDED)
        for _ in range(2):
            with pytest.raises(TellAPerson):
                await office.post(at(refusing)).send(renewal, ENDPOINT)
        assert [(2, 1, 0)] == await office.rows("SELECT count(*), count(sent_at), count(ended_at) FROM agency_link")
        await office.sent(office.post(at(server.port)), renewal)

    assert [(2, 2, 1)] == await office.rows("SELECT count(*), count(sent_at), count(ended_at) FROM agency_link")


async def test_a_mailbox_that_moved_since_the_letter_was_taken_up_is_sent_no_link(office: Office) -> None:
    async with office.engine.begin() as connection:
        assert await move_endpoint(connection, AGENCY, "mailto:new@else.example", office.now)
    async with foreign() as server:
        with pytest.raises(TryAgain, match="mailbox-moved"):
            await office.post(at(server.port)).send(letter(), ENDPOINT)

    assert ([], [(0,)]) == (server.mails, await office.rows("SELECT count(*) FROM agency_link"))


REFUSALS: Mapping[str, tuple[Mapping[str, str], type[NotDelivered], str]] = {
    "greylisted": ({"RCPT": "451 later, owner@onnuri-bakery.example"}, TryAgain, "smtp-451"),
    "no such mailbox": ({"RCPT": "550 no owner@onnuri-bakery.example here"}, TellAPerson, "smtp-550"),
    "sender refused": ({"MAIL": "553 not you"}, TellAPerson, "smtp-553"),
    "full": ({"DATA": "354 go", ".": "452 full"}, TryAgain, "smtp-452"),
    "spam": ({"DATA": "354 go", ".": "554 spam"}, TellAPerson, "smtp-554"),
    "login wanted": ({"MAIL": "530 who are you"}, CredentialAlarm, "smtp-530"),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_a_refusal_says_what_to_do_next_and_repeats_nothing(office: Office, case: str) -> None:
    answers, kind, why = REFUSALS[case]
    async with odd(answers) as port:
        with pytest.raises(NotDelivered) as refused:
            await office.post(at(port)).send(letter(), ENDPOINT)

    assert (kind, why) == (type(refused.value), refused.value.why)
    assert "onnuri" not in repr(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


async def test_a_server_that_goes_away_or_is_not_there_is_tried_again(office: Office) -> None:
    async with odd({}, greeting="421 closing") as port:
        with pytest.raises(TryAgain, match="smtp-421"):
            await office.post(at(port)).send(letter(), ENDPOINT)
    with pytest.raises(TryAgain, match="no-connection"):
        await office.post(at(port)).send(letter(), ENDPOINT)


@pytest.mark.parametrize("step", ["EHLO", "RCPT", "."])
async def test_a_server_that_falls_silent_ends_with_the_exchange(office: Office, step: str) -> None:
    async with odd({"DATA": "354 go"}, hangs=step) as port:
        with pytest.raises(TryAgain, match="timeout"):
            await office.post(at(port), whole_seconds=0.6).send(letter(), ENDPOINT)


async def test_what_was_taken_is_delivered_however_long_the_good_bye_takes(office: Office) -> None:
    async with odd({"DATA": "354 go"}, hangs="QUIT") as port:
        assert Delivered(250) == await office.post(at(port), whole_seconds=0.8).send(letter(), ENDPOINT)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
async def test_the_right_password_opens_and_a_wrong_one_is_an_alarm(office: Office) -> None:
    async with foreign(login=True) as server:
        right = at(server.port, user=USER, password=PASSWORD)
        await office.post(right).send(letter(), ENDPOINT)
        assert await try_line(right) is None
        wrong = at(server.port, user=USER, password="another-pretend-one")
        with pytest.raises(CredentialAlarm, match="smtp-535"):
            await office.post(wrong).send(letter(), ENDPOINT)

    assert 1 == len(server.mails)
    assert PASSWORD not in repr(right)


async def test_starttls_is_asked_for_and_never_gone_without(office: Office, tmp_path: Path) -> None:
    file = certificate(tmp_path, "localhost")
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(file)
    believed = ssl.create_default_context(cafile=str(file))
    async with foreign(tls=served) as server:
        sealed = at(server.port, tls="starttls", host="localhost")
        await office.post(sealed, trust=believed).send(letter(), ENDPOINT)
        with pytest.raises(TryAgain, match="tls"):
            await office.post(sealed, trust=ssl.create_default_context()).send(letter(), ENDPOINT)
    async with foreign() as plain:
        with pytest.raises(TryAgain, match="smtp-broken"):
            await office.post(at(plain.port, tls="starttls")).send(letter(), ENDPOINT)

    assert (1, 0) == (len(server.mails), len(plain.mails))


@pytest.mark.parametrize(
    "url", ["https://agency.example/", "mailto:a@b.example,c@d.example", "mailto:a b@c.example", "mailto:a@b"]
)
async def test_an_entry_that_is_no_one_mailbox_is_for_a_person(office: Office, url: str) -> None:
    async with foreign() as server:
        with pytest.raises(TellAPerson, match="bad-entry"):
            await office.post(at(server.port)).send(letter(), Endpoint(AGENCY, url))

    assert [] == server.mails


async def test_without_a_mail_server_the_letter_is_for_a_person(office: Office) -> None:
    with pytest.raises(TellAPerson, match="no-mail-server"):
        await office.post(None).send(letter(), ENDPOINT)
    async with Senders(center="seoul-west", clock=lambda: NOW) as senders:
        with pytest.raises(TellAPerson, match="no-mail-server"):
            await adapter_for("mail", senders).deliver(letter(), ENDPOINT, [])
