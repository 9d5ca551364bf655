"""Which addresses and names are the public network's."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from node.errors import Forbidden
from node.net.addresses import check_url, is_public

Refuses = Callable[[str], AbstractContextManager[None]]
NONE: frozenset[str] = frozenset()


@pytest.mark.clause("FED-9.3")
@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.0.0.8", "192.0.2.1",
        "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1",
        "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
        "2001:2::1", "2001:10::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1",
        "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "4000::1",
        "not an address", "", "2130706433", "0x7f.1",
    ],
)  # fmt: skip
def test_what_is_not_public_is_not_connected_to(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
     "2606:4700::1111", "2a00:1450:4001::200e", "2001:4860:4860::8888", "2400:cb00::1"],
)  # fmt: skip
def test_public_addresses_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.clause("FED-9.1")
@pytest.mark.parametrize(
    "url",
    [
        "http://b.test/", "ftp://b.test/", "file:///etc/passwd", "gopher://b.test/", "data:,x",
        "https://user@b.test/", "https://user:pass@b.test/", "https://b.test:22/",
        "https://b.test:8443/", "https://b.test:0/", "//b.test/", "b.test", "", "https://",
        "https://b.test\\@evil.test/", "https://b.test\n/", "https:/b.test/",
    ],
)  # fmt: skip
def test_only_https_on_its_port_is_called(url: str, refused: Refuses) -> None:
    with refused("FED-9.1"):
        check_url(url, frozenset({"b.test"}))


@pytest.mark.clause("FED-9.2")
@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://8.8.8.8/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
        "https://[2606:4700::1111]/", "https://localhost/", "https://a.localhost/",
        "https://kith.test/", "https://db.internal/", "https://printer.local/", "https://x.onion/",
        "https://router.home.arpa/", "https://x.invalid/", "https://x.example/", "https://x.lan/",
        "https://intranet/", "https://1.0.0.127.in-addr.arpa/",
    ],
)  # fmt: skip
def test_addresses_and_names_of_nobody_are_refused(url: str, refused: Refuses) -> None:
    with refused("FED-9.2"):
        check_url(url, NONE)


@pytest.mark.parametrize(
    "url", ["https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/"]
)
def test_numbers_that_some_resolvers_take_for_addresses_are_refused(url: str) -> None:
    with pytest.raises(Forbidden):
        check_url(url, NONE)


@pytest.mark.clause("FED-9.2")
def test_a_name_that_the_operator_resolved_is_called() -> None:
    assert check_url("https://b.test/x", frozenset({"b.test"})).host == "b.test"
    assert check_url("https://social.coop/x", NONE).host == "social.coop"
