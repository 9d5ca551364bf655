"""Every published vector of HTTP signatures: RFC 9421, draft-cavage-12, Mastodon, captures."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

from node.errors import Malformed, Unproven
from node.wire import httpsig, keys, structured
from node.wire.httpsig import cavage, rfc9421

CLOCK = datetime(2023, 12, 20, 10, tzinfo=UTC)


def _multi(headers: list[list[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value)
    return found


def _load(vectors: Path, name: str) -> dict[str, Any]:
    return json.loads((vectors / "http-signatures" / name).read_text())


def _message(case: dict[str, Any], shared: dict[str, Any]) -> httpsig.Message:
    raw = case["message"]
    raw = shared[raw] if isinstance(raw, str) else raw
    headers = _multi(raw["headers"])
    host = headers.get("host", ["example.com"])[0]
    body = (raw.get("body") or "").encode()
    return httpsig.Message(
        raw.get("method", ""), f"https://{host}", raw.get("target", ""), headers, body
    )


def _holds(alg: str, key: dict[str, str], signature: bytes, base: bytes) -> bool:
    """Whether the signature is right, by the primitive itself: the suites that peers do not use."""
    if alg == "hmac-sha256":
        made = hmac.digest(base64.b64decode(key["base64"]), base, hashlib.sha256)
        return hmac.compare_digest(made, signature)
    public: Any = serialization.load_pem_public_key(key["publicPem"].encode())
    try:
        if alg == "ecdsa-p256-sha256":
            r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
            public.verify(utils.encode_dss_signature(r, s), base, ec.ECDSA(hashes.SHA256()))
        elif alg == "rsa-pss-sha512":
            pss = padding.PSS(padding.MGF1(hashes.SHA512()), 64)
            public.verify(signature, base, pss, hashes.SHA512())
        else:
            public.verify(signature, base)
    except InvalidSignature:
        return False
    return True


@pytest.mark.clause("FED-4.2")
def test_rfc9421_appendix_b(vectors: Path) -> None:
    """Bases byte for byte and signatures by their own suite; no response is read here."""
    data = _load(vectors, "rfc9421-appendix-b.json")
    results = {}
    for case in data["cases"]:
        listed = next(iter(structured.dictionary(case["signatureInput"], "FED-4.2", "x").values()))
        signed = next(iter(structured.dictionary(case["signature"], "FED-4.2", "x").values()))
        assert isinstance(listed, structured.InnerList) and isinstance(signed, structured.Item)
        message = _message(case, data["messages"])
        if case["message"] == "test-response":
            with pytest.raises(Malformed):
                rfc9421.base(message, listed)
            results[case["name"]] = "valid"
            continue
        base = rfc9421.base(message, listed)
        if case["signatureBase"] is not None:
            assert base.decode() == case["signatureBase"], case["name"]
        held = _holds(case["alg"], data["keys"][case["keyid"]], bytes(signed.value), base)
        results[case["name"]] = "valid" if held else "invalid"
    assert len(results) == 13
    assert results == {case["name"]: case["expect"] for case in data["cases"]}


@pytest.mark.clause("FED-4.3")
def test_rfc9421_appendix_b_covers_too_little_for_an_inbox(vectors: Path, refused) -> None:
    data = _load(vectors, "rfc9421-appendix-b.json")
    for case in data["cases"]:
        if case["message"] == "test-response":
            continue
        message = _message(case, data["messages"])
        headers = dict(message.headers)
        headers["signature-input"] = [case["signatureInput"]]
        headers["signature"] = [case["signature"]]
        whole = httpsig.Message(
            message.method, message.origin, message.target, headers, message.body
        )
        if case["name"] != "sig-b23":
            with refused("FED-4.3"):
                httpsig.claim(whole)
            continue
        key = keys.public_from_pem(data["keys"][case["keyid"]]["publicPem"], case["keyid"], "x")
        claim = httpsig.claim(whole)
        signed_at = datetime.fromtimestamp(1618884473, UTC)
        assert key.verifies(claim.signature, claim.bases[0], keys.Scheme.RSA_PSS_SHA512)
        with refused("FED-4.7"):  # it does not name its suite, and peers' RSA means rsa-v1_5
            httpsig.verify(claim, key, signed_at)


@pytest.mark.clause("FED-4.11")
def test_draft_cavage_appendix_c(vectors: Path, refused) -> None:
    """The signing strings byte for byte; the key of 1,024 bits is too weak to be read (FED-3.1)."""
    data = _load(vectors, "draft-cavage-appendix-c.json")
    raw = data["request"]
    message = httpsig.Message(
        "POST", "http://example.com", raw["target"], _multi(raw["headers"]), raw["body"].encode()
    )
    public: Any = serialization.load_pem_public_key(data["key"]["publicPem"].encode())
    for case in data["cases"]:
        params = cavage.parameters(case["header"])
        covered = tuple(case["signedHeaders"].split())
        assert params.get("headers", "date").split() == list(covered)
        base = cavage.base(message, covered, message.target, params)
        assert base.decode() == case["signingString"]
        signature = base64.b64decode(params["signature"])
        public.verify(signature, base, padding.PKCS1v15(), hashes.SHA256())
    with refused("FED-3.1"):
        keys.public_from_pem(data["key"]["publicPem"], "Test", "Test")


KNOWN = {"https://remote.domain/users/bob#main-key", "acct:bob@remote.domain"}


@pytest.mark.clause("FED-4.1", "FED-4.4", "FED-4.5", "FED-4.7", "FED-4.8", "FED-4.9")
def test_what_mastodon_itself_tests(vectors: Path) -> None:
    data = _load(vectors, "mastodon-signature-verification.json")
    results, wanted = {}, {}
    for case in data["cases"]:
        origin, _, target = case["url"].partition("/activitypub")
        headers = {name.lower(): [value] for name, value in case["headers"].items()}
        body = (case["body"] or "").encode()
        message = httpsig.Message(case["method"], origin, "/activitypub" + target, headers, body)
        try:
            claim = httpsig.claim(message)
            if claim.key_id not in KNOWN:
                raise Unproven("FED-3.3", "no such key")
            pem = data["keys"][case["key"]]["publicPem"]
            httpsig.verify(claim, keys.public_from_pem(pem, claim.key_id, "x"), CLOCK)
            results[case["name"]] = "valid"
        except (Unproven, Malformed) as refusal:
            results[case["name"]] = "invalid"
            if "malformed `Content-Digest`" in case["name"]:
                assert isinstance(refusal, Malformed)
        wanted[case["name"]] = case["expect"]
    assert len(data["cases"]) == 28
    assert results == wanted


@pytest.mark.clause("FED-4.4", "FED-4.7")
@pytest.mark.parametrize(
    "name", ["mastodon-bad-http-signature", "mastodon-bad-body-http-signature"]
)
@pytest.mark.parametrize("key", ["mastodon-public-key", "mastodon-bad-public-key"])
def test_captured_requests(vectors: Path, name: str, key: str) -> None:
    """PeerTube's fixtures: the first's digest was altered, the second's body; both keys fail."""
    folder = vectors / "wild" / "signed-requests"
    captured = json.loads((folder / f"{name}.json").read_text())
    headers = {header: [value] for header, value in captured["headers"].items()}
    pem = json.loads((folder / f"{key}.json").read_text())["publicKey"]
    body = json.dumps(captured["body"], separators=(",", ":"), ensure_ascii=False).encode()
    message = httpsig.Message(
        "POST", f"http://{captured['headers']['host']}", "/accounts/ronan/inbox", headers, body
    )
    clock = datetime(2018, 10, 22, 13, 34, 22, tzinfo=UTC)
    with pytest.raises(Unproven) as refusal:
        claim = httpsig.claim(message)
        httpsig.verify(claim, keys.public_from_pem(pem, claim.key_id, "x"), clock)
    assert refusal.value.clause in {"FED-4.4", "FED-4.7"}
