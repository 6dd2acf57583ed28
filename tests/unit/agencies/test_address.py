"""Every special-purpose address is refused, whichever way it is written; public ones pass."""

import asyncio
from ipaddress import ip_address

import pytest

from agencies.address import Place, is_open, pin, read_ranges, read_url
from agencies.errors import BadEntry, TellAPerson, TryAgain

REFUSED = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254"),  # noqa: S104
    *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1", "192.31.196.1"),
    *("192.52.193.1", "192.88.99.1", "192.168.1.1", "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1"),
    *("2001::1", "2001:0:7f00:1::", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::"),
    *("2620:4f:8000::1", "3fff::1", "5f00::1", "fc00::1", "fdff::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1"),
    *("4000::1", "::ffff:0:127.0.0.1", "0:0:0:0:0:ffff:a00:1", "2001:1::1"),
]
OPEN = [
    *(
        "8.8.8.8",
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "198.20.0.1",
        "223.255.255.255",
    ),
    *("2001:4860:4860::8888", "2606:4700::1111", "2400:cb00::1", "2001:200::1", "2a00:1450::1"),
]


@pytest.mark.parametrize("text", REFUSED)
def test_special_purpose_addresses_are_refused(text: str) -> None:
    assert not is_open(ip_address(text))


@pytest.mark.parametrize("text", OPEN)
def test_public_addresses_are_open(text: str) -> None:
    assert is_open(ip_address(text))


def test_an_entry_opens_the_range_it_names_and_no_other() -> None:
    opened = read_ranges(["10.1.2.0/24", "::1/128"])

    assert is_open(ip_address("10.1.2.3"), opened)
    assert is_open(ip_address("::1"), opened)
    assert not is_open(ip_address("10.1.3.3"), opened)
    assert not is_open(ip_address("127.0.0.1"), opened)


@pytest.mark.parametrize(
    "text",
    ["0.0.0.0/0", "169.254.0.0/16", "169.254.169.254/32", "224.0.0.0/4", "8.8.8.0/24", "10.1.2.3/24", "::/0", "x"],
)
def test_no_entry_opens_more(text: str) -> None:
    with pytest.raises(BadEntry):
        read_ranges([text])


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://agency.example/in?x=1", Place("https", "agency.example", 443, "https://agency.example:443")),
        ("http://[::1]:8080/", Place("http", "::1", 8080, "http://::1:8080")),
    ],
)
def test_takes_a_url_apart(url: str, place: Place) -> None:
    assert place == read_url(url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "agency.example", "//agency.example/", "ftp://agency.example/", "https://", "https:///x"),
        *("https://user@agency.example/", "https://user:pass@agency.example/", "https://@agency.example/"),
        *("https://agency.example:0/", "https://agency.example:99999/", "https://agency.example:x/", "https://[::1/"),
        *("https://agency.example/#x", "https://agency.example/\r\nX: y", "https://agency .example/"),
        *(
            "https://에이전시.example/",
            "https://①②⑦.0.0.1/",
            "https://agency.example\\@evil.example/",
            "file:///etc/passwd",
        ),
    ],
)
def test_refuses_urls_that_are_not_plain(url: str) -> None:
    with pytest.raises(BadEntry):
        read_url(url)


def pinned(url: str, addresses: list[str] | Exception, ranges: tuple[str, ...] = ()) -> str:
    async def lookup(_host: str, _port: int) -> list[str]:
        if isinstance(addresses, Exception):
            raise addresses
        return addresses

    return str(asyncio.run(pin(read_url(url), read_ranges(ranges), lookup)))


def test_pins_the_first_of_good_addresses() -> None:
    assert "8.8.8.8" == pinned("https://a.example/", ["8.8.8.8", "2606:4700::1111"])
    assert "127.0.0.1" == pinned("http://a.example/", ["127.0.0.1"], ("127.0.0.0/8",))


@pytest.mark.parametrize(
    ("url", "addresses", "ranges"),
    [
        ("https://a.example/", ["8.8.8.8", "10.0.0.1"], ()),
        ("https://a.example/", ["fe80::1%lo"], ()),
        ("http://a.example/", ["8.8.8.8"], ()),
        ("http://a.example/", ["10.0.0.1"], ("10.0.0.0/8",)),
        ("http://a.example/", ["127.0.0.1", "10.0.0.1"], ("127.0.0.0/8", "10.0.0.0/8")),
        ("https://10.0.0.1/", [], ()),
    ],
)
def test_one_wrong_address_or_plain_http_is_for_a_person(
    url: str, addresses: list[str], ranges: tuple[str, ...]
) -> None:
    with pytest.raises(TellAPerson):
        pinned(url, addresses, ranges)


@pytest.mark.parametrize("addresses", [[], OSError("no"), UnicodeError("no"), ["not an address"]])
def test_a_name_that_does_not_resolve_is_tried_again(addresses: list[str] | Exception) -> None:
    with pytest.raises(TryAgain):
        pinned("https://a.example/", addresses)
