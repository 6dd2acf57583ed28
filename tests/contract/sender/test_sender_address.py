"""The sender goes where it was allowed to go, under the name it was given, and nowhere else."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agencies.errors import NotDelivered, TellAPerson, TryAgain
from agencies.keys import Key
from agencies.sender import Answer, Delivered, Endpoint, Limits, OutgoingLetter, Senders
from tests.contract.sender.hostile import Open, Visit, fine


async def to_loopback(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


def now() -> datetime:
    return datetime.now(UTC)


def certificate(folder: Path, name: str) -> Path:
    """Write a self-signed certificate with its key, and return the file."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    file.write_bytes(
        built.public_bytes(serialization.Encoding.PEM)
        + private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return file


@pytest.mark.parametrize(
    ("name", "expected"), [("agency.example", "Delivered(status=202, links=())"), ("other.example", "TryAgain: tls")]
)
async def test_tls_is_held_to_the_name_while_the_address_is_pinned(
    tmp_path: Path, letter: OutgoingLetter, key: Key, name: str, expected: str
) -> None:
    file = certificate(tmp_path, name)
    asked: list[str | None] = []
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(file)
    served.sni_callback = lambda _socket, sni, _context: asked.append(sni)
    hosts: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hosts.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    believed = ssl.create_default_context(cafile=str(file))
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=served)
    port = server.sockets[0].getsockname()[1]
    endpoint = Endpoint("agency", f"https://agency.example:{port}/in", ("127.0.0.0/8",))
    limits = Limits(whole_seconds=5, tries=1)
    async with server, Senders(center="c", clock=now, tls=believed, limits=limits, lookup=to_loopback) as senders:
        try:
            found = str(await senders.send(letter, endpoint, [key])).replace(", retry_after=None", "")
        except NotDelivered as error:
            found = str(error)

    assert expected == found
    assert {"agency.example"} == set(asked)
    assert all(f"host: agency.example:{port}\r\n".encode() in head.lower() for head in hosts)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f000001:{port}/",
        "http://0177.0.0.1:{port}/",
        "http://127.1:{port}/",
        "http://0.0.0.0:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://user@127.0.0.1:{port}/",
        "http://①②⑦.0.0.1:{port}/",
        "ftp://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
    ],
)
async def test_no_spelling_of_loopback_is_reached_unopened(
    opened: Open, senders: Senders, letter: OutgoingLetter, key: Key, url: str
) -> None:
    agency = await opened(fine)

    with pytest.raises(TellAPerson):
        await senders.send(letter, Endpoint("a", url.format(port=agency.port)), [key])

    assert 0 == agency.connections


async def test_one_bad_address_among_good_ones_is_enough(opened: Open, letter: OutgoingLetter, key: Key) -> None:
    agency = await opened(fine)

    async def mixed(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1", "169.254.169.254"]

    async with Senders(center="c", clock=now, lookup=mixed) as senders:
        with pytest.raises(TellAPerson, match="address-refused"):
            await senders.send(letter, Endpoint("a", f"http://x.example:{agency.port}/", ("127.0.0.0/8",)), [key])

    assert 0 == agency.connections


async def test_a_dead_resolver_costs_one_look_up(
    letter: OutgoingLetter, key: Key, limits: Limits, opened: Open
) -> None:
    begun: list[str] = []

    async def never(host: str, _port: int) -> list[str]:
        begun.append(host)
        await asyncio.Event().wait()
        return []

    agency = await opened(fine)
    dead = Endpoint("dead", "https://dead.example/")
    async with Senders(center="c", clock=now, lookup=never, limits=limits) as senders:
        stuck = [asyncio.ensure_future(senders.send(letter, dead, [key])) for _ in range(4)]
        await asyncio.sleep(0.01)
        assert Delivered(202) == await senders.send(letter, agency.endpoint, [key])
        found = await asyncio.gather(*stuck, return_exceptions=True)

    assert ["dead.example"] == begun
    assert all(isinstance(each, TryAgain) for each in found)


async def test_a_new_entry_takes_effect_at_once(
    opened: Open, senders: Senders, letter: OutgoingLetter, key: Key
) -> None:
    old, new = await opened(fine), await opened(fine)
    await senders.send(letter, Endpoint("a", old.endpoint.url, ("127.0.0.0/8",)), [key])

    await senders.send(letter, Endpoint("a", new.endpoint.url, ("127.0.0.0/8",)), [key])

    assert (1, 1) == (len(old.visits), len(new.visits))


async def test_asks_for_news_and_reads_the_answer(opened: Open, senders: Senders, key: Key) -> None:
    async def news(visit: Visit) -> None:
        await visit.answer("200 OK" if "R-2017-000108-8" in visit.line else "404 Not Found", body=b'{"state":"x"}')

    agency = await opened(news)
    url = agency.endpoint.url

    assert Answer(200, b'{"state":"x"}') == await senders.ask(
        agency.endpoint, f"{url}/R-2017-000108-8", "question-1", [key]
    )
    assert 404 == (await senders.ask(agency.endpoint, f"{url}/R-0", "question-2", [key])).status
    with pytest.raises(TellAPerson, match="other-origin"):
        await senders.ask(agency.endpoint, "http://127.0.0.1:1/", "question-3", [key])


@pytest.mark.parametrize(
    ("headers", "body", "why"),
    [("Content-Encoding: gzip\r\n", b"x", "answer-compressed"), ("", b"x" * 70_000, "answer-too-large")],
)
async def test_an_answer_that_is_needed_must_be_plain_and_small(
    opened: Open, senders: Senders, key: Key, headers: str, body: bytes, why: str
) -> None:
    agency = await opened(lambda visit: visit.answer("200 OK", headers=headers, body=body))

    with pytest.raises(TellAPerson, match=why):
        await senders.ask(agency.endpoint, agency.endpoint.url, "question-1", [key])


async def test_without_a_signing_key_nothing_goes_out(opened: Open, senders: Senders, letter: OutgoingLetter) -> None:
    agency = await opened(fine)

    with pytest.raises(TellAPerson, match="no-signing-key"):
        await senders.send(letter, agency.endpoint, [])

    assert 0 == agency.connections


async def test_the_line_to_an_old_entry_is_closed_when_its_last_exchange_has_ended(
    opened: Open, senders: Senders, letter: OutgoingLetter, key: Key
) -> None:
    met, may_answer, closed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def keeps_the_line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        met.set()
        await may_answer.wait()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        while await reader.read(1000):
            pass
        closed.set()
        writer.close()

    old, new = await asyncio.start_server(keeps_the_line, "127.0.0.1", 0), await opened(fine)
    entry = Endpoint("a", f"http://127.0.0.1:{old.sockets[0].getsockname()[1]}/", ("127.0.0.0/8",))
    under_way = asyncio.create_task(senders.send(letter, entry, [key]))
    await met.wait()

    await senders.send(letter, Endpoint("a", new.endpoint.url, ("127.0.0.0/8",)), [key])
    assert not closed.is_set()
    may_answer.set()
    await under_way
    await asyncio.wait_for(closed.wait(), 2)
    old.close()
