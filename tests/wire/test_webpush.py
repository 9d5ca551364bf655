"""Push messages against the example of RFC 8291 and another library; the proof of RFC 8292."""

import base64
import json
from datetime import UTC, datetime

import http_ece
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as some

from node.errors import Malformed
from node.wire import webpush


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def of_scalar(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(raw(text), "big"), ec.SECP256R1())


# RFC 8291, Appendix A.
WORDS = b"When I grow up, I want to be a watermelon"
AUTH = raw("BTBZMqHH6r4Tts7J_aSIgg")
BROWSER = of_scalar("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
SENDER = of_scalar("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
SALT = raw("DGv6ra1nlYgDCS1FRnbzlw")
SEALED = raw(
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
    "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


@pytest.mark.clause("PSH-2.2")
def test_the_example_of_the_standard() -> None:
    made = webpush.seal(WORDS, len(WORDS), webpush.point(BROWSER), AUTH, SENDER, SALT)
    assert made == SEALED


@pytest.mark.clause("PSH-2.2")
@given(words=some.binary(max_size=128), seed=some.binary(min_size=64, max_size=64))
def test_another_library_opens_what_we_seal(words: bytes, seed: bytes) -> None:
    """Its padding is taken off by it; every message is as long as the others."""
    browser = webpush.private_key(bytes(reversed(seed)))
    own = webpush.private_key(seed)
    made = webpush.seal(words, 128, webpush.point(browser), seed[:16], own, seed[16:32])
    assert len(made) == 16 + 4 + 1 + 65 + 128 + 1 + 16
    opened = http_ece.decrypt(made, private_key=browser, auth_secret=seed[:16])
    assert opened == words


def test_every_secret_makes_a_key() -> None:
    for secret in (bytes(64), b"\xff" * 64, b"\x01" * 64):
        assert len(webpush.point(webpush.private_key(secret))) == 65


@pytest.mark.clause("PSH-2.3")
def test_the_proof_is_a_signed_token_for_one_push_service() -> None:
    key = webpush.private_key(b"k" * 64)
    ends = datetime(2026, 1, 1, 12, tzinfo=UTC)
    said = webpush.authorization(key, "https://push.test", "https://a.test", ends)
    scheme, _, rest = said.partition(" ")
    fields = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert scheme == "vapid"
    assert raw(fields["k"]) == webpush.point(key)
    head, claims, signature = fields["t"].split(".")
    assert json.loads(raw(head)) == {"typ": "JWT", "alg": "ES256"}
    expected = {"aud": "https://push.test", "exp": int(ends.timestamp()), "sub": "https://a.test"}
    assert json.loads(raw(claims)) == expected
    both = raw(signature)
    assert len(both) == 64
    r, s = (int.from_bytes(half, "big") for half in (both[:32], both[32:]))
    key.public_key().verify(
        encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256())
    )


@pytest.mark.clause("PSH-1.2")
@pytest.mark.parametrize(
    ("public", "auth"),
    [
        (webpush.point(BROWSER), b"x" * 15),
        (webpush.point(BROWSER), b"x" * 17),
        (webpush.point(BROWSER)[:-1], AUTH),
        (webpush.point(BROWSER)[:-1] + b"\0", AUTH),
        (b"\4" + bytes(64), AUTH),
        (b"\0", AUTH),
        (b"", AUTH),
        (b"\3" + webpush.point(BROWSER)[1:33], AUTH),
    ],
)
def test_what_are_no_keys_of_a_browser_is_refused(public: bytes, auth: bytes) -> None:
    with pytest.raises(Malformed) as said:
        webpush.check(public, auth)
    assert said.value.clause == "PSH-1.2"
