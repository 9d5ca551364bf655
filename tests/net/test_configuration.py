"""What a node refuses to be told, and what it makes of the rest."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from node.config import Config, load, read_resolve

Refuses = Callable[[str], AbstractContextManager[None]]
TO_B = {"b.test": "127.0.0.1:8443"}


@pytest.mark.clause("FED-12.2")
@pytest.mark.parametrize("domain", ["social.coop", "test.social.coop", "mytest", "a.testing"])
def test_private_addresses_are_no_setting_of_a_public_node(domain: str, refused: Refuses) -> None:
    with refused("FED-12.2"):
        Config(origin=f"https://{domain}", resolve=TO_B)
    assert Config(origin=f"https://{domain}", resolve=TO_B, lab_network=True).resolve == TO_B


@pytest.mark.clause("FED-12.2")
@pytest.mark.parametrize(
    "domain", ["a.test", "localhost", "a.localhost", "a.internal", "a.home.arpa", "a.local"]
)
def test_a_node_whose_name_can_never_be_public_may_have_them(domain: str) -> None:
    assert Config(origin=f"https://{domain}", resolve=TO_B).resolve == TO_B


@pytest.mark.clause("FED-12.1")
@pytest.mark.parametrize(
    "environ",
    [
        {"KITH_ORIGIN": "http://a.test"},
        {"KITH_ORIGIN": "https://a.test/x"},
        {"KITH_ORIGIN": "a.test"},
        {"KITH_ORIGIN": "https://me@a.test"},
        {"KITH_ORIGIN": "https://a.test?x"},
        {"KITH_ORIGIN": "https://[::1"},
        {"KITH_ORIGIN": "https://[::1]"},
        {"KITH_ORIGIN": "https://a.test:99999"},
        {"KITH_ORIGIN": "https://a b.test"},
        {"KITH_ORIGIN": "https://a_b.test"},
        {"KITH_ORIGIN": "https://.test"},
        {"KITH_ORIGIN": "https://a.test."},
        {"KITH_ORIGIN": "https://bücher.test"},
        {},
        {"KITH_ORIGIN": "https://a.test", "KITH_ACCOUNT_DOMAIN": "https://a.test"},
        {"KITH_ORIGIN": "https://a.test", "KITH_MEDIA_ORIGIN": "http://m.test"},
        {"KITH_ORIGIN": "https://a.test", "KITH_MEDIA_ORIGIN": "https://m.test/media"},
        {"KITH_ORIGIN": "https://a.test", "KITH_INBX_LIMIT_BYTES": "1"},
        {"KITH_ORIGIN": "https://a.test", "KITH_INBOX_LIMIT_BYTES": "much"},
        {"KITH_ORIGIN": "https://a.test", "KITH_LAB_NETWORK": "perhaps"},
        {"KITH_ORIGIN": "https://a.test", "KITH_REGISTRATION": "closed"},
        {"KITH_ORIGIN": "https://a.test", "KITH_TLS_CERT_FILE": "x.pem"},
        {"KITH_ORIGIN": "https://a.test", "KITH_ACCOUNT_DOMAIN": "a b.test"},
        {"KITH_ORIGIN": "https://a.test", "KITH_MEDIA_JOBS": "0"},
        {"KITH_ORIGIN": "https://a.test", "KITH_ATTACHMENT_DAYS": "3000000"},
        {"KITH_ORIGIN": "https://a.test", "KITH_PEER_TIMEOUT_SECONDS": "0"},
        {"KITH_ORIGIN": "https://a.test", "KITH_LISTEN": "127.0.0.1:99999"},
        {"KITH_ORIGIN": "https://a.test", "KITH_LISTEN": "8420x"},
        {"KITH_ORIGIN": "https://a.test", "KITH_RESOLVE": "b.test"},
        {"KITH_ORIGIN": "https://a.test", "KITH_DATABASE": "mysql://kith"},
        {"KITH_ORIGIN": "https://a.test", "KITH_DATABASE": "sqlite+aiosqlite://"},
        {"KITH_ORIGIN": "https://a.test", "KITH_DATABASE": "sqlite+aiosqlite:///:memory:"},
    ],
)
def test_a_setting_of_the_wrong_form_is_refused(environ: dict[str, str], refused: Refuses) -> None:
    with refused("FED-12.1"):
        load(environ)


def test_origins_are_told_once_and_the_rest_follows_from_them() -> None:
    plain = load({"KITH_ORIGIN": "https://A.test/"})
    assert (plain.origin, plain.account_domain) == ("https://a.test", "a.test")
    assert plain.media_origin == plain.origin
    given = load(
        {
            "KITH_ORIGIN": "https://node.a.test",
            "KITH_ACCOUNT_DOMAIN": "A.test",
            "KITH_MEDIA_ORIGIN": "https://Media.a.test/",
        }
    )
    assert (given.account_domain, given.media_origin) == ("a.test", "https://media.a.test")


def test_no_room_and_no_quota_are_numbers_too() -> None:
    none = load({"KITH_ORIGIN": "https://a.test", "KITH_DISK_RESERVE_BYTES": "0"})
    assert none.disk_reserve_bytes == 0


@pytest.mark.parametrize(
    ("environ", "link"),
    [
        ({"KITH_ORIGIN": "https://localhost:8420"}, "http://localhost:8420"),
        ({"KITH_ORIGIN": "https://a.test:8420"}, "https://a.test:8420"),
        (
            {
                "KITH_ORIGIN": "https://localhost:8420",
                "KITH_TLS_CERT_FILE": "a.pem",
                "KITH_TLS_KEY_FILE": "a.key",
            },
            "https://localhost:8420",
        ),
    ],
)
def test_a_trial_on_localhost_is_reached_without_tls(environ: dict[str, str], link: str) -> None:
    assert load(environ).reached_at == link


@pytest.mark.clause("FED-12.1")
@pytest.mark.parametrize(
    "where",
    ["127.0.0.1", "127.0.0.1:", ":1", "127.0.0.1:0", "127.0.0.1:99999", "b.test:1", "a:99999", ""],
)
def test_a_resolve_entry_of_the_wrong_form_is_refused(where: str, refused: Refuses) -> None:
    with refused("FED-12.1"):
        Config(origin="https://a.test", resolve={"b.test": where})


def test_a_resolve_entry_may_hold_an_ipv6_address() -> None:
    assert read_resolve({"B.test": "[::1]:8443"}) == {"b.test": ("::1", 8443)}
