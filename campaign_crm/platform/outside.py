"""Connections to places whose address staff typed: to the address that was checked, and never inside.

A name is resolved once and only what was checked is connected to: one that changes its mind between two looks
(DNS rebinding) gains nothing. Loopback, private and shared networks are refused unless
PRIVATE_NETWORKS names them; where a machine room answers with its own keys, always. Every failure is told by
one sentence: one that told a closed port from a silent one would let its reader map the network behind us.
"""

from __future__ import annotations

import ipaddress
import socket

from django.conf import settings
from django.utils.translation import gettext as _

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.ip_network("64:ff9b::/96")
NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "169.254.0.0/16",
        "fe80::/10",
        "fd00:ec2::254/128",  # Amazon, by IPv6
        "100.100.100.200/32",  # Alibaba
        "168.63.129.16/32",  # Azure
    )
)


class Unreachable(OSError):
    """Nothing answers there that may be asked; the message is for whoever typed the address."""

    def __init__(self) -> None:
        super().__init__(
            0,
            _(
                "it does not answer, its name is wrong, or it stands in a private network that the settings "
                "of this installation (PRIVATE_NETWORKS) do not name"
            ),
        )


def connect(host: str, port: int, seconds: float) -> socket.socket:
    """Return a socket connected to a place outside; raises Unreachable."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable from error
    for family, kind, protocol, _name, address in found:
        if not may_reach(str(address[0])):
            continue
        link = socket.socket(family, kind, protocol)
        try:
            link.settimeout(seconds)
            link.connect(address)
        except OSError:
            link.close()
            continue
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return link
    raise Unreachable


def may_reach(text: str) -> bool:
    """Whether an address, as a resolver gives it, may be connected to."""
    address = _embedded(ipaddress.ip_address(text.split("%")[0]))
    if any(address in network for network in NEVER) or address.is_multicast or address.is_unspecified:
        return False
    return address.is_global or any(address in network for network in settings.PRIVATE_NETWORKS)


def _embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address
