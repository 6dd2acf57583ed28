"""The address guard: where a letter may go, decided on the resolved address and pinned to it.

Names prove nothing (`2130706433`, `0177.0.0.1` and `①②⑦.0.0.1` all resolve to loopback), so every address a name
resolves to is held against the IANA special-purpose registries (IPv4 and IPv6, read 2026-11-22), and the call is made
to that very address. Private ranges are open only where the agency's own entry names them.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from agencies.errors import BadEntry, TellAPerson, TryAgain

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
#: Resolves host and port to addresses as text; raises OSError or UnicodeError.
Lookup = Callable[[str, int], Awaitable[list[str]]]

_REFUSED_IPV4: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network (RFC 791)
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # carrier-grade NAT (RFC 6598)
        "127.0.0.0/8",  # loopback (RFC 1122)
        "169.254.0.0/16",  # link local, cloud metadata (RFC 3927)
        "172.16.0.0/12",  # private (RFC 1918)
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.31.196.0/24",  # AS112 (RFC 7535)
        "192.52.193.0/24",  # AMT (RFC 7450)
        "192.88.99.0/24",  # 6to4 relay (RFC 7526)
        "192.168.0.0/16",  # private (RFC 1918)
        "192.175.48.0/24",  # AS112 (RFC 7534)
        "198.18.0.0/15",  # benchmarking (RFC 2544)
        "198.51.100.0/24",  # documentation (RFC 5737)
        "203.0.113.0/24",  # documentation (RFC 5737)
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved, broadcast (RFC 1112)
    )
)
# Of IPv6 only global unicast is open at all, so mapped, compatible, NAT64 and multicast addresses are out already.
_GLOBAL_IPV6: Final = IPv6Network("2000::/3")
_REFUSED_IPV6: Final = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID, anycast (RFC 2928)
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4 (RFC 3056)
        "2620:4f:8000::/48",  # AS112 (RFC 7534)
        "3fff::/20",  # documentation (RFC 9637)
    )
)
#: The only ranges an agency's entry can open.
_OPENABLE: Final[tuple[Network, ...]] = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Place:
    """An agency's URL taken apart."""

    scheme: str
    host: str
    port: int
    #: Scheme, host and port as the Host header and a connection pool see them.
    origin: str


def read_url(url: str) -> Place:
    """Take an agency's URL apart.

    Raises:
        BadEntry: Not http or https, no host, user information, a fragment, or characters outside printable ASCII.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if (
        not url.isascii()
        or not url.isprintable()
        or any(character in url for character in ' "<>\\^`{|}')
        or parts.scheme not in _PORTS
        or not parts.hostname
        or "@" in parts.netloc
        or "#" in url
        or port == 0
    ):
        message = "an agency's URL is http(s)://host[:port]/path in plain ASCII, without user, password or fragment"
        raise BadEntry(message)
    port = port or _PORTS[parts.scheme]
    return Place(parts.scheme, parts.hostname, port, f"{parts.scheme}://{parts.hostname}:{port}")


def read_ranges(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read the private ranges an agency's entry opens.

    Raises:
        BadEntry: No network, or one that no entry can open (link local, multicast, anything public).
    """
    found: list[Network] = []
    for text in texts:
        try:
            network = ip_network(text)
        except ValueError:
            network = None
        if network is None or not any(_lies_in(network, openable) for openable in _OPENABLE):
            message = "an agency's entry can open private, loopback and carrier-grade NAT ranges only, as 10.1.2.0/24"
            raise BadEntry(message)
        found.append(network)
    return tuple(found)


def is_open(address: Address, opened: Iterable[Network] = ()) -> bool:
    """Tell whether a letter may go to this resolved address."""
    if any(address in network for network in opened):
        return True
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_IPV4)
    return (
        address.scope_id is None
        and address in _GLOBAL_IPV6
        and not any(address in network for network in _REFUSED_IPV6)
    )


def read_literal(host: str) -> Address | None:
    """Return the address a host is in plain writing; None for a name or any other spelling."""
    try:
        return ip_address(host)
    except ValueError:
        return None


async def look_up(host: str, port: int) -> list[str]:
    """Resolve a name with the system's resolver, in the system's order."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


async def pin(place: Place, opened: tuple[Network, ...], lookup: Lookup = look_up) -> Address:
    """Return the address to connect to, once every address of the name is allowed.

    Raises:
        TryAgain: The name does not resolve at present.
        TellAPerson: One of its addresses is refused, or http is spoken beyond loopback.
    """
    literal = read_literal(place.host)
    if literal is not None:
        addresses = [literal]
    else:
        try:
            addresses = [ip_address(text) for text in await lookup(place.host, place.port)]
        except (OSError, UnicodeError, ValueError):
            addresses = []
    if not addresses:
        raise TryAgain("name-not-found")
    if not all(is_open(address, opened) for address in addresses):
        raise TellAPerson("address-refused")
    if place.scheme != "https" and not all(address.is_loopback for address in addresses):
        raise TellAPerson("https-required")
    return addresses[0]


def _lies_in(network: Network, other: Network) -> bool:
    if isinstance(network, IPv4Network):
        return isinstance(other, IPv4Network) and network.subnet_of(other)
    return isinstance(other, IPv6Network) and network.subnet_of(other)
