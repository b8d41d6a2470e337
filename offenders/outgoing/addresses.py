"""Where a webhook may go: one address, looked up once, that is public or expressly allowed."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import urlsplit

from offenders.domain.outbox.port import NotDelivered

if TYPE_CHECKING:
    from collections.abc import Sequence

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_PORTS: Final = {"https": 443, "http": 80}
# Where clouds answer with their keys: never, whatever is allowed.
_METADATA: Final = tuple(
    ipaddress.ip_network(each)
    for each in (
        "169.254.0.0/16",
        "fe80::/10",
        "fd00:ec2::/32",
        "168.63.129.16/32",
        "192.0.0.192/32",
        "100.100.100.200/32",
    )
)
# Never public, though the standard library of Python 3.11 may say so (RFC 6890, 3879, 9637).
_NOT_PUBLIC: Final = tuple(
    ipaddress.ip_network(each) for each in ("192.0.0.0/24", "fec0::/10", "3fff::/20")
)
_SIX_TO_FOUR: Final = ipaddress.ip_network("2002::/16")
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class Target:
    """A webhook's address, taken apart."""

    scheme: str
    host: str
    port: int
    path: str


def read_target(url: str) -> Target:
    """Take an address apart; raise ValueError for what no webhook may have."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        message = "it must be an https:// address"
        raise ValueError(message)
    if "@" in parts.netloc or parts.fragment or not url.isprintable() or " " in url:
        message = "it must have no user, password, fragment or spaces"
        raise ValueError(message)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme], path)


def is_allowed(address: Address, networks: Sequence[Network]) -> bool:
    """Say whether one may connect there: public, or within a network that is allowed."""
    address = _plain(address)
    if any(address in network for network in _METADATA):
        return False
    if address.is_multicast or address.is_unspecified or address.is_reserved:
        return False
    is_public = address.is_global and not any(address in network for network in _NOT_PUBLIC)
    return is_public or any(address in network for network in networks)


def _plain(address: Address) -> Address:
    """Give the IPv4 address that an IPv6 address carries."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _SIX_TO_FOUR and address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def resolve(target: Target, networks: Sequence[Network]) -> str:
    """Look the host up once and give the address to connect to; refuse if any is not allowed.

    Plain http goes to loopback only, where it must be allowed.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        fault = "host-not-found"
        raise NotDelivered(fault, is_away=True) from error
    addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    is_plain = target.scheme == "http"
    for address in addresses:
        if not is_allowed(address, networks) or (is_plain and not address.is_loopback):
            fault = "address-not-allowed"
            raise NotDelivered(fault, is_away=True)
    return str(addresses[0])
