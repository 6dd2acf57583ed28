"""The official vectors judge the seal; the official library cross-checks it; nothing crashes it."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from agencies.errors import BadEntry, WireRefused
from agencies.seal import Key, sign, verify

# Published with the specification's own libraries (standard-webhooks/standard-webhooks, libraries/go/*_test.go).
VECTOR_ID: Final = "msg_p5jXN8AQM9LWM0D4loKWxJek"
VECTOR_TIMESTAMP: Final = 1614265330
VECTOR_BODY: Final = b'{"test": 2432232314}'
VECTORS: Final = [
    ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    (
        "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=",
        "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==",
    ),
]

NOW: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BODY: Final = b'{"MARKER":1}'
KEY: Final = Key.parse("whsec_" + base64.b64encode(b"k" * 32).decode())
PAIR: Final = Key.parse("whsk_" + base64.b64encode(b"p" * 32).decode())


def sealed(
    keys: list[Key] | None = None, *, message_id: str = "evt-1", at: datetime = NOW, body: bytes = BODY
) -> dict[str, str]:
    timestamp = int(at.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(keys or [KEY], message_id, timestamp, body),
    }


def refusal(headers: dict[str, str], *, body: bytes = BODY, keys: list[Key] | None = None) -> str:
    with pytest.raises(WireRefused) as found:
        verify(headers, body, [KEY] if keys is None else keys, NOW)
    told = str(found.value) + repr(found.value)
    assert "MARKER" not in told
    assert not any(value in told for value in headers.values() if len(value) > 3)
    return found.value.problem_code


@pytest.mark.parametrize(("written", "expected"), VECTORS)
def test_signs_and_verifies_the_published_vectors(written: str, expected: str) -> None:
    key = Key.parse(written)
    headers = {
        "webhook-id": VECTOR_ID,
        "webhook-timestamp": str(VECTOR_TIMESTAMP),
        "webhook-signature": expected,
    }

    assert expected == sign([key], VECTOR_ID, VECTOR_TIMESTAMP, VECTOR_BODY)
    assert VECTOR_ID == verify(headers, VECTOR_BODY, [key], datetime.fromtimestamp(VECTOR_TIMESTAMP, UTC))


@given(st.binary(min_size=24, max_size=64), st.text(max_size=50), st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True))
def test_agrees_with_the_official_library_both_ways(secret: bytes, text: str, message_id: str) -> None:
    body = text.encode("utf-8", "surrogatepass")
    if body != text.encode("utf-8", "ignore"):
        return
    now = datetime.now(UTC)
    key = Key("v1", secret)
    official = Webhook(key.written())

    official.verify(body, sealed([key], message_id=message_id, at=now, body=body), json_parse=False)
    theirs = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": official.sign(message_id, now, text),
    }
    assert message_id == verify(theirs, body, [key], now)


def test_two_live_keys_while_one_takes_over_from_the_other() -> None:
    old, new = Key.mint(), Key.mint("v1a")

    assert "evt-1" == verify(sealed([new, old]), BODY, [old], NOW)
    assert "evt-1" == verify(sealed([new, old]), BODY, [Key.parse(new.written_public())], NOW)
    assert "evt-1" == verify(sealed([old]), BODY, [new, old], NOW)
    assert "bad-seal" == refusal(sealed([old]), keys=[new])


@pytest.mark.parametrize(
    "beside", ["garbage", "v1,abc", "v1,a,b", "v1,", ",", "v2,whatever", "v1a,AAAA", "", "v1", "v1,=====", "V1,x"]
)
def test_what_cannot_be_read_beside_a_good_token_is_passed_over(beside: str) -> None:
    headers = sealed()
    good = headers["webhook-signature"]
    for tokens in (f"{beside} {good}", f"{good} {beside}"):
        assert "evt-1" == verify({**headers, "webhook-signature": tokens}, BODY, [KEY], NOW)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"webhook-signature": "garbage"}, "bad-headers"),
        ({"webhook-signature": "v1,a,b"}, "bad-headers"),
        ({"webhook-signature": "v1,abc"}, "bad-headers"),
        ({"webhook-signature": "v1,"}, "bad-headers"),
        ({"webhook-signature": ""}, "bad-headers"),
        ({"webhook-signature": "v1,é"}, "bad-headers"),
        ({"webhook-signature": " ".join(["v2,x"] * 17)}, "bad-headers"),
        ({"webhook-signature": "v1," + "A" * 5000}, "bad-headers"),
        ({"webhook-signature": "v2,x"}, "bad-seal"),
        ({"webhook-signature": "v1," + base64.b64encode(b"x" * 32).decode()}, "bad-seal"),
        ({"webhook-signature": "v1a," + base64.b64encode(b"x" * 64).decode()}, "bad-seal"),
        ({"webhook-id": ""}, "bad-headers"),
        ({"webhook-id": "evt.1"}, "bad-headers"),
        ({"webhook-id": "e" * 257}, "bad-headers"),
        ({"webhook-id": "evt 1"}, "bad-headers"),
        ({"webhook-id": "evt\n1"}, "bad-headers"),
        ({"webhook-id": "일"}, "bad-headers"),
        ({"webhook-id": "evt-2"}, "bad-seal"),
        ({"webhook-timestamp": "1764.9"}, "bad-headers"),
        ({"webhook-timestamp": " 1764 "}, "bad-headers"),
        ({"webhook-timestamp": "17_64"}, "bad-headers"),
        ({"webhook-timestamp": "+1764"}, "bad-headers"),
        ({"webhook-timestamp": "01764"}, "bad-headers"),
        ({"webhook-timestamp": "-1"}, "bad-headers"),
        ({"webhook-timestamp": "1e9"}, "bad-headers"),
        ({"webhook-timestamp": "\uff11\uff17\uff16\uff14"}, "bad-headers"),
        ({"webhook-timestamp": "9" * 400}, "bad-headers"),
        ({"webhook-timestamp": "nan"}, "bad-headers"),
        ({"webhook-timestamp": "999999999999"}, "stale-timestamp"),
        ({"webhook-timestamp": "0"}, "stale-timestamp"),
    ],
)
def test_refuses_what_crashed_or_passed_elsewhere(change: dict[str, str], code: str) -> None:
    assert code == refusal(sealed() | change)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_each_header_must_be_there_once(name: str) -> None:
    headers = sealed()
    raw = [(key.title().encode(), value.encode()) for key, value in headers.items()]

    assert "evt-1" == verify(raw, BODY, [KEY], NOW)
    assert "bad-headers" == refusal({key: value for key, value in headers.items() if key != name})
    with pytest.raises(WireRefused, match="came twice"):
        verify([*raw, (name.encode(), headers[name].encode())], BODY, [KEY], NOW)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_either_way_are_tolerated(seconds: int) -> None:
    assert "evt-1" == verify(sealed(at=NOW + timedelta(seconds=seconds)), BODY, [KEY], NOW)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_more_is_stale(seconds: int) -> None:
    assert "stale-timestamp" == refusal(sealed(at=NOW + timedelta(seconds=seconds)))


def test_other_bytes_do_not_fit() -> None:
    assert "bad-seal" == refusal(sealed(), body=BODY + b" ")


def test_a_full_stop_cannot_move_a_seal_to_another_message() -> None:
    stamp = int(NOW.timestamp())
    headers = {
        "webhook-id": f"evt-1.{stamp}",
        "webhook-timestamp": str(stamp),
        "webhook-signature": sign([KEY], "evt-1", stamp, f"{stamp}.x".encode()),
    }

    assert "bad-headers" == refusal(headers, body=b"x")
    with pytest.raises(BadEntry):
        sign([KEY], f"evt-1.{stamp}", stamp, b"x")


def test_no_key_is_a_closed_door() -> None:
    with pytest.raises(WireRefused) as found:
        verify(sealed(), BODY, [], NOW)

    assert (401, "center") == (found.value.status, found.value.fault)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "whsec_",
        "whsec_" + base64.b64encode(b"x" * 23).decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
        "whsec_not base64 at all!",
        "whsec_é",
        "secret_" + base64.b64encode(b"x" * 32).decode(),
        "whpk_" + base64.b64encode(b"x" * 31).decode(),
        "whsk_" + base64.b64encode(b"x" * 31).decode(),
        "whsk_" + base64.b64encode(b"x" * 64).decode(),
    ],
)
def test_refuses_keys_that_are_none(written: str) -> None:
    with pytest.raises(BadEntry) as found:
        Key.parse(written)

    assert len(written) < 10 or written not in str(found.value)


@pytest.mark.parametrize("key", [KEY, PAIR])
def test_a_key_is_written_and_read_back_and_never_shown(key: Key) -> None:
    assert key == Key.parse(key.written())
    assert key == Key.parse(key.written().rstrip("="))
    assert f"Key(kind='{key.kind}')" == repr(key)


def test_a_private_key_may_bring_its_public_half() -> None:
    assert PAIR == Key.parse("whsk_" + base64.b64encode(PAIR.secret + PAIR.public).decode())


def test_the_public_half_cannot_sign() -> None:
    with pytest.raises(BadEntry):
        sign([Key.parse(PAIR.written_public())], "evt-1", 1, BODY)


_headers = st.dictionaries(
    st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature", "Webhook-Id", "x"]),
    st.text(max_size=40) | st.sampled_from(["evt-1", str(int(NOW.timestamp())), "v1,", "v1,AAAA", "v1a,AAAA"]),
)


@given(_headers | _headers.map(lambda some: sealed() | some), st.binary(max_size=40) | st.just(BODY))
def test_never_raises_anything_else(headers: dict[str, str], body: bytes) -> None:
    keys = [KEY, PAIR, Key.parse("whpk_" + base64.b64encode(b"\xff" * 32).decode())]
    try:
        found = verify(headers, body, keys, NOW)
    except WireRefused:
        return
    assert ("evt-1", BODY) == (found, body)


@given(st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=40))))
def test_raw_pairs_never_raise_anything_else(pairs: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(WireRefused):
        verify(pairs, BODY, [KEY], NOW)


@given(st.text(min_size=1, max_size=60))
def test_fuzzed_signature_headers_are_refused(text: str) -> None:
    assert refusal(sealed() | {"webhook-signature": text}, keys=[KEY, PAIR]) in {"bad-headers", "bad-seal"}
