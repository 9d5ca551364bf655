"""Pure: which addresses and names are the public network's (spec FED-9).

Our own table: `ipaddress.is_global` lets NAT64, 6to4, IPv4-compatible addresses, 192.0.0.8 and
multicast pass. Sources: the IANA special-purpose registries of IPv4 and IPv6 (RFC 6890 and its
updates), and RFC 6761, 6762, 7686, 8375 for names.
"""

import ipaddress

from node.config import SPECIAL_USE
from node.errors import Forbidden, Malformed
from node.wire.ids import Origin, origin

HTTPS_PORT = 443
PRIVATE_4 = tuple(
    ipaddress.IPv4Network(each)
    for each in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# All of IPv6 that is not global unicast falls under the first rule of `is_public`.
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
PRIVATE_6 = tuple(
    ipaddress.IPv6Network(each)
    for each in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside
        "2620:4f:8000::/48",  # AS112
        "3ffe::/16",  # the old 6bone
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
    )
)
NAMES_OF_NOBODY = (
    *SPECIAL_USE, ".localdomain", ".onion", ".invalid", ".example", ".arpa", ".alt", ".lan",
    ".home", ".corp", ".intranet", ".private",
)  # fmt: skip


def is_public(address: str) -> bool:
    """Whether `address` (an IPv4 or IPv6 address as text) may be connected to."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in PRIVATE_4)
    if parsed not in GLOBAL_UNICAST:
        return False
    return not any(parsed in network for network in PRIVATE_6)


def check_url(url: str, resolve: frozenset[str]) -> Origin:
    """The origin of a URL that may be called, as far as it alone tells.

    `resolve` holds the names that the operator gave an address. Raises `Forbidden` (FED-9.1,
    FED-9.2), also for what is no URL.
    """
    try:
        where = origin(url)
    except Malformed as error:
        raise Forbidden("FED-9.1", f"the address cannot be called: {error.reason}") from None
    if where.scheme != "https" or where.port != HTTPS_PORT:
        raise Forbidden("FED-9.1", "only https on its usual port is called")
    if where.host in resolve:
        return where
    if where.host.startswith("[") or where.host.rpartition(".")[2].isdigit():
        raise Forbidden("FED-9.2", "peers are called by name, not by address")
    if "." not in where.host or f".{where.host}".endswith(NAMES_OF_NOBODY):
        raise Forbidden("FED-9.2", "the name is not one of the public network")
    return where
