"""A delivery is sealed, goes over one connection, and its status line says what to do next."""

import time
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from agencies.errors import CredentialAlarm, EndpointGone, NotDelivered, TellAPerson, TryAgain
from agencies.keys import Key
from agencies.sender import Delivered, Limits, OutgoingLetter, Senders
from tests.contract.sender.hostile import Open, Visit, fine, outcome


async def test_delivers_with_a_seal_the_official_library_accepts(
    opened: Open, senders: Senders, letter: OutgoingLetter, key: Key
) -> None:
    agency = await opened(fine)

    delivered = await senders.send(letter, agency.endpoint, [key])

    assert Delivered(202) == delivered
    visit = agency.visits[0]
    assert visit.body == letter.body
    assert visit.headers["host"] == f"127.0.0.1:{agency.port}"
    assert visit.headers["accept-encoding"] == "identity"
    assert visit.headers["webhook-id"] == visit.headers["idempotency-key"] == letter.message_id
    Webhook(key.written()).verify(visit.body, visit.headers)


async def test_uses_one_connection_for_letters_in_a_row(
    opened: Open, senders: Senders, letter: OutgoingLetter, key: Key
) -> None:
    agency = await opened(fine)

    for _ in range(5):
        await senders.send(letter, agency.endpoint, [key])

    assert (5, 1) == (len(agency.visits), agency.connections)


@pytest.mark.parametrize(
    ("status", "kind", "tries"),
    [
        ("301 Moved", TellAPerson, 1),
        ("400 Bad Request", TellAPerson, 1),
        ("401 Unauthorized", CredentialAlarm, 1),
        ("403 Forbidden", CredentialAlarm, 1),
        ("404 Not Found", TellAPerson, 1),
        ("408 Request Timeout", TryAgain, 3),
        ("410 Gone", EndpointGone, 1),
        ("422 Unprocessable", TellAPerson, 1),
        ("425 Too Early", TryAgain, 3),
        ("500 Internal Server Error", TryAgain, 3),
        ("503 Service Unavailable", TryAgain, 3),
        ("599 Whatever", TryAgain, 3),
        ("999 Nonsense", TellAPerson, 1),
    ],
)
async def test_status_says_what_to_do_next(
    opened: Open, senders: Senders, letter: OutgoingLetter, key: Key, status: str, kind: type[NotDelivered], tries: int
) -> None:
    agency = await opened(lambda visit: visit.answer(status, headers="Retry-After: 0\r\n"))

    error = await outcome(senders, letter, agency.endpoint, key)

    assert kind is type(error)
    assert tries == len(agency.visits)


async def test_each_try_is_sealed_anew_under_the_same_id(
    opened: Open, limits: Limits, letter: OutgoingLetter, key: Key
) -> None:
    async def third_time_lucky(visit: Visit) -> None:
        await visit.answer("500 Oops" if visit.number < 3 else "204 No Content", headers="Retry-After: 0\r\n")

    agency = await opened(third_time_lucky)
    ticks = iter(range(1_800_000_000, 1_800_001_000, 10))
    clock = lambda: datetime.fromtimestamp(next(ticks), UTC)  # noqa: E731
    async with Senders(center="c", clock=clock, limits=limits) as senders:
        delivered = await senders.send(letter, agency.endpoint, [key])

    assert Delivered(204, 0.0) == delivered
    assert 3 == len({visit.headers["webhook-timestamp"] for visit in agency.visits})
    assert 3 == len({visit.headers["webhook-signature"] for visit in agency.visits})
    assert {letter.message_id} == {visit.headers["webhook-id"] for visit in agency.visits}
    assert {letter.message_id} == {visit.headers["idempotency-key"] for visit in agency.visits}


async def test_long_retry_after_is_left_to_the_outbox(
    opened: Open, senders: Senders, letter: OutgoingLetter, key: Key
) -> None:
    agency = await opened(lambda visit: visit.answer("429 Too Many", headers="Retry-After: 120\r\n"))

    error = await outcome(senders, letter, agency.endpoint, key)

    assert isinstance(error, TryAgain)
    assert (120.0, 1) == (error.retry_after, len(agency.visits))


async def test_short_retry_after_is_waited_out(opened: Open, limits: Limits, letter: OutgoingLetter, key: Key) -> None:
    moments: list[float] = []

    async def busy_once(visit: Visit) -> None:
        moments.append(time.monotonic())
        await visit.answer("429 Too Many" if visit.number == 1 else "200 OK", headers="Retry-After: 1\r\n")

    agency = await opened(busy_once)
    patient = Limits(whole_seconds=5, tries_seconds=3)
    async with Senders(center="c", clock=lambda: datetime.now(UTC), limits=patient) as senders:
        assert Delivered(200, 1.0) == await senders.send(letter, agency.endpoint, [key])
    assert moments[1] - moments[0] >= 0.95
    assert limits.tries == len(moments) + 1
