"""What a node refuses to be told, and what it makes of the rest."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from node.config import Config, load

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
        {"KITH_ORIGIN": "https://a.test", "KITH_ACCOUNT_DOMAIN": "https://a.test"},
        {"KITH_ORIGIN": "https://a.test", "KITH_MEDIA_ORIGIN": "http://m.test"},
        {"KITH_ORIGIN": "https://a.test", "KITH_MEDIA_ORIGIN": "https://m.test/media"},
        {"KITH_ORIGIN": "https://a.test", "KITH_INBX_LIMIT_BYTES": "1"},
        {"KITH_ORIGIN": "https://a.test", "KITH_INBOX_LIMIT_BYTES": "much"},
        {"KITH_ORIGIN": "https://a.test", "KITH_LAB_NETWORK": "perhaps"},
        {"KITH_ORIGIN": "https://a.test", "KITH_REGISTRATION": "closed"},
        {"KITH_ORIGIN": "https://a.test", "KITH_TLS_CERT_FILE": "x.pem"},
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
