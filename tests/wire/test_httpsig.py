"""Signed requests there and back, and one refusal after another, each by its clause."""

import base64
import timeit
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from node.errors import Malformed, NodeError, Unproven
from node.ports import Request
from node.wire import httpsig, keys
from node.wire.httpsig import Dialect, digest
from tests.wire.conftest import NOW

ORIGIN = "https://alpha.test"
BODY = b'{"type":"Follow"}'
BOTH = pytest.mark.parametrize("dialect", list(Dialect))


def arrived(
    key: keys.PrivateKey, dialect: Dialect, method: str = "POST", target: str = "/inbox"
) -> httpsig.Message:
    """What reaches alpha.test when a peer signs with our own code."""
    body = BODY if method == "POST" else b""
    request = Request(method, ORIGIN + target, {}, body)
    headers = httpsig.sign(request, key, NOW, dialect)
    return httpsig.Message(
        method, ORIGIN, target, {name: [value] for name, value in headers.items()}, body
    )


def changed(message: httpsig.Message, **headers: str | list[str] | None) -> httpsig.Message:
    """`message` with some headers replaced, or taken away; `_` stands for `-`."""
    found = dict(message.headers)
    for name, value in headers.items():
        found.pop(name.replace("_", "-"), None)
        if value is not None:
            found[name.replace("_", "-")] = [value] if isinstance(value, str) else value
    return structs.replace(message, headers=found)


def edited(message: httpsig.Message, header: str, old: str, new: str) -> httpsig.Message:
    value = message.headers[header][0]
    assert old in value
    return changed(message, **{header.replace("-", "_"): value.replace(old, new)})


@pytest.fixture(params=["rsa", "ed25519"])
def key(request: pytest.FixtureRequest) -> keys.PrivateKey:
    return request.getfixturevalue({"rsa": "rsa_key", "ed25519": "ed_key"}[request.param])


@BOTH
@pytest.mark.clause("FED-4.10", "FED-4.11")
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("target", ["/inbox", "/a/x?page=1&b=%20", "/ü/🎈?q=ü"])
def test_what_we_sign_we_verify(
    key: keys.PrivateKey, dialect: Dialect, method: str, target: str
) -> None:
    request = Request(method, ORIGIN + target, {}, BODY if method == "POST" else b"")
    headers = httpsig.sign(request, key, NOW, dialect)
    sent = {name: [value] for name, value in headers.items()}
    raw = target.replace("ü", "%C3%BC").replace("🎈", "%F0%9F%8E%88")
    claim = httpsig.claim(httpsig.Message(method, ORIGIN, raw, sent, request.body))
    httpsig.verify(claim, key.public, NOW + timedelta(minutes=59))
    assert (claim.key_id, claim.dialect) == (key.id, dialect)
    assert claim.created == int(NOW.timestamp())


@pytest.mark.clause("FED-4.11")
def test_cavage_in_the_words_that_others_demand(rsa_key: keys.PrivateKey) -> None:
    signature = arrived(rsa_key, Dialect.CAVAGE).headers["signature"][0]
    assert f'keyId="{rsa_key.id}",algorithm="rsa-sha256"' in signature
    assert 'headers="(request-target) host date digest"' in signature
    got = arrived(rsa_key, Dialect.CAVAGE, "GET").headers["signature"][0]
    assert 'headers="(request-target) host date"' in got


@pytest.mark.clause("FED-4.10")
def test_rfc9421_in_the_words_that_others_demand(ed_key: keys.PrivateKey) -> None:
    stated = arrived(ed_key, Dialect.RFC9421).headers["signature-input"][0]
    created = int(NOW.timestamp())
    assert stated == (
        f'sig1=("@method" "@target-uri" "content-digest");created={created};keyid="{ed_key.id}"'
    )
    with_alg = httpsig.sign(Request("GET", ORIGIN), ed_key, NOW, Dialect.RFC9421, with_alg=True)
    assert with_alg["signature-input"].endswith(';alg="ed25519"')


@BOTH
@pytest.mark.clause("FED-4.8")
def test_the_host_header_is_not_asked(dialect: Dialect, key: keys.PrivateKey, refused) -> None:
    message = arrived(key, dialect)
    proxied = changed(message, host="127.0.0.1:8080", forwarded="host=evil.test")
    httpsig.verify(httpsig.claim(proxied), key.public, NOW)
    elsewhere = structs.replace(message, origin="https://gamma.test")
    with refused("FED-4.7"):
        httpsig.verify(httpsig.claim(elsewhere), key.public, NOW)


@BOTH
@pytest.mark.clause("FED-4.7")
@pytest.mark.parametrize(
    "moved", [{"target": "/a/x/inbox"}, {"method": "PUT"}, {"target": "/inbox/?x=1"}]
)
def test_another_target_or_method(
    dialect: Dialect, moved: dict[str, str], key: keys.PrivateKey, refused
) -> None:
    with refused("FED-4.7"):
        httpsig.verify(
            httpsig.claim(structs.replace(arrived(key, dialect), **moved)), key.public, NOW
        )


@pytest.mark.clause("FED-4.9")
def test_a_peer_that_signs_without_the_query(rsa_key: keys.PrivateKey, refused) -> None:
    message = arrived(rsa_key, Dialect.CAVAGE, "GET", "/o/1")
    claim = httpsig.claim(structs.replace(message, target="/o/1?page=2"))
    httpsig.verify(claim, rsa_key.public, NOW)
    strict = structs.replace(arrived(rsa_key, Dialect.RFC9421, "GET", "/o/1"), target="/o/1?page=2")
    with refused("FED-4.7"):
        httpsig.verify(httpsig.claim(strict), rsa_key.public, NOW)


@BOTH
@pytest.mark.clause("FED-4.7")
def test_another_key(dialect: Dialect, key: keys.PrivateKey, refused) -> None:
    stranger = keys.ed25519_from_seed(b"s" * 32, key.id, key.public.owner)
    named = key.algorithm is keys.Algorithm.RSA and dialect is Dialect.CAVAGE
    with refused("FED-4.6" if named else "FED-4.7"):
        httpsig.verify(httpsig.claim(arrived(key, dialect)), stranger.public, NOW)


@BOTH
@pytest.mark.clause("FED-3.5")
def test_a_key_of_yesterday(dialect: Dialect, ed_key: keys.PrivateKey, refused) -> None:
    claim = httpsig.claim(arrived(ed_key, dialect))
    httpsig.verify(claim, replace(ed_key.public, expires=NOW + timedelta(seconds=1)), NOW)
    for ended in ({"expires": NOW}, {"revoked": NOW - timedelta(days=1)}):
        with refused("FED-3.5"):
            httpsig.verify(claim, replace(ed_key.public, **ended), NOW)


@BOTH
@pytest.mark.clause("FED-4.5")
@pytest.mark.parametrize("off", [timedelta(hours=1, seconds=1), -timedelta(hours=1, seconds=1)])
def test_an_hour_is_the_most(dialect: Dialect, off: timedelta, ed_key: keys.PrivateKey) -> None:
    claim = httpsig.claim(arrived(ed_key, dialect))
    with pytest.raises(Unproven) as refusal:
        httpsig.verify(claim, ed_key.public, NOW + off)
    assert refusal.value.clause == "FED-4.5"
    assert refusal.value.params["server_time"] == int((NOW + off).timestamp())


@pytest.mark.clause("FED-4.5")
@pytest.mark.parametrize("expires", [-10, -1])
def test_a_signature_that_has_expired(expires: int, ed_key: keys.PrivateKey, refused) -> None:
    created = int(NOW.timestamp())
    message = arrived(ed_key, Dialect.RFC9421)
    spoilt = edited(message, "signature-input", ";keyid", f";expires={created + expires};keyid")
    with refused("FED-4.5"):
        httpsig.timely(httpsig.claim(spoilt), NOW)
    later = edited(message, "signature-input", ";keyid", f";expires={created + 60};keyid")
    with refused("FED-4.5"):
        httpsig.timely(httpsig.claim(later), NOW + timedelta(seconds=61))
    httpsig.timely(httpsig.claim(later), NOW + timedelta(seconds=60))


@pytest.mark.clause("FED-4.5")
def test_the_year_9999_is_not_now(ed_key: keys.PrivateKey, refused) -> None:
    message = arrived(ed_key, Dialect.RFC9421)
    far = edited(
        message, "signature-input", f"created={int(NOW.timestamp())}", "created=253402300799999"
    )
    with refused("FED-4.5"):
        httpsig.timely(httpsig.claim(far), NOW)


@BOTH
@pytest.mark.clause("FED-4.4")
def test_a_body_that_was_altered(dialect: Dialect, key: keys.PrivateKey, refused) -> None:
    with refused("FED-4.4"):
        httpsig.claim(structs.replace(arrived(key, dialect), body=BODY + b" "))


@pytest.mark.clause("FED-4.4")
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("SHA-256=", Unproven),
        ("MD5=rL0Y20zC+Fzt72VPzMSk2A==", Unproven),
        (f"MD5=x,SHA-256={base64.b64encode(bytes(32)).decode()}", Unproven),
        (f"{digest.digest(BODY)},SHA-512={base64.b64encode(bytes(64)).decode()}", Unproven),
        (f"{digest.digest(BODY)},{digest.digest(b'other')}", Malformed),
        ("SHA-256=!", Malformed),
        ("nonsense", Malformed),
    ],
)
def test_a_digest_that_does_not_do(value: str, kind: type[Exception]) -> None:
    with pytest.raises(kind) as refusal:
        digest.check_digest(value, BODY)
    assert refusal.value.clause == "FED-4.4"  # type: ignore[attr-defined]


@pytest.mark.clause("FED-4.4")
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("SHA-256=:AAAA:", Malformed),
        ("sha-256=AAAA", Malformed),
        ("sha-256=(:AAAA:)", Malformed),
        ("sha-256=:AAAA:", Unproven),
        ("md5=:AAAA:", Unproven),
        ("", Unproven),
        (digest.content_digest(BODY) + ", sha-512=:AAAA:", Unproven),
        (digest.content_digest(b"x") + ", " + digest.content_digest(BODY), Malformed),
    ],
)
def test_a_content_digest_that_does_not_do(value: str, kind: type[Exception]) -> None:
    with pytest.raises(kind) as refusal:
        digest.check_content_digest(value, BODY)
    assert refusal.value.clause == "FED-4.4"  # type: ignore[attr-defined]


@pytest.mark.clause("FED-4.4")
def test_digests_as_peers_write_them() -> None:
    digest.check_digest(digest.digest(BODY).replace("SHA", "sha"), BODY)
    digest.check_digest("UNIXsum=30637, " + digest.digest(BODY), BODY)
    digest.check_content_digest("md5=:AAAA:, " + digest.content_digest(BODY), BODY)


@pytest.mark.clause("FED-4.3")
@pytest.mark.parametrize("part", ["(request-target) ", " host", " date", " digest"])
def test_cavage_over_too_little(part: str, rsa_key: keys.PrivateKey, refused) -> None:
    with refused("FED-4.3"):
        httpsig.claim(edited(arrived(rsa_key, Dialect.CAVAGE), "signature", part, ""))


@pytest.mark.clause("FED-4.3")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"@method" ', ""),
        ('"@target-uri" ', ""),
        ('"@target-uri"', '"@path" "@query"'),
        ('"@target-uri"', '"@authority" "@query"'),
        (' "content-digest"', ""),
        (f";created={int(NOW.timestamp())}", ""),
        (";keyid=", ";id="),
    ],
)
def test_rfc9421_over_too_little(old: str, new: str, rsa_key: keys.PrivateKey, refused) -> None:
    with refused("FED-4.3"):
        httpsig.claim(edited(arrived(rsa_key, Dialect.RFC9421), "signature-input", old, new))


@pytest.mark.clause("FED-4.3")
def test_a_path_without_its_query_is_not_the_whole_target(
    rsa_key: keys.PrivateKey, refused
) -> None:
    message = arrived(rsa_key, Dialect.RFC9421)
    parts = edited(message, "signature-input", '"@target-uri"', '"@authority" "@path"')
    httpsig.claim(parts)
    with refused("FED-4.3"):
        httpsig.claim(structs.replace(parts, target="/inbox?x"))


@BOTH
@pytest.mark.clause("FED-4.3")
def test_a_get_with_a_body_needs_its_digest(dialect: Dialect, rsa_key, refused) -> None:
    with refused("FED-4.3"):
        httpsig.claim(structs.replace(arrived(rsa_key, dialect, "GET"), body=b"x"))


@pytest.mark.clause("FED-4.1")
def test_no_signature_or_half_of_one_or_two(ed_key: keys.PrivateKey, refused) -> None:
    message = arrived(ed_key, Dialect.RFC9421)
    stated, made = message.headers["signature-input"][0], message.headers["signature"][0]
    second = f"{stated}, {stated.replace('sig1', 'sig2')}"
    for spoilt in (
        httpsig.Message("GET", ORIGIN, "/", {}),
        changed(message, signature=None),
        changed(message, signature=made.replace("sig1", "sig2")),
        changed(message, signature=f"{made}, {made.replace('sig1', 'sig2')}"),
        changed(message, signature_input=second),
        changed(message, signature_input=""),
    ):
        with refused("FED-4.1"):
            httpsig.claim(spoilt)


@pytest.mark.clause("FED-4.2")
def test_things_that_stand_twice(ed_key: keys.PrivateKey, refused) -> None:
    message = arrived(ed_key, Dialect.RFC9421)
    stated, made = message.headers["signature-input"][0], message.headers["signature"][0]
    cavage = arrived(ed_key, Dialect.CAVAGE)
    for spoilt in (
        changed(message, signature_input=f"{stated}, {stated}"),
        changed(message, signature_input=[stated, stated]),
        changed(message, signature=f"{made}, {made}"),
        changed(message, signature=[made, made]),
        changed(message, content_digest=message.headers["content-digest"][:1] * 2),
        edited(message, "signature-input", ";keyid", ';keyid="x";keyid'),
        edited(message, "signature-input", '"@method"', '"@method" "@method"'),
        edited(cavage, "signature", " host", " host host"),
        edited(cavage, "signature", "algorithm=", 'keyId="x",algorithm='),
        changed(cavage, date=cavage.headers["date"][:1] * 2),
        changed(cavage, signature=cavage.headers["signature"][:1] * 2),
    ):
        with refused("FED-4.2"):
            httpsig.claim(spoilt)


@pytest.mark.clause("FED-4.2")
def test_what_does_not_parse(ed_key: keys.PrivateKey, refused) -> None:
    message = arrived(ed_key, Dialect.RFC9421)
    cavage = arrived(ed_key, Dialect.CAVAGE)
    for spoilt in (
        changed(message, signature_input="sig1=1"),
        changed(message, signature_input="sig1=(1 2)"),
        changed(message, signature_input="sig1=("),
        changed(message, signature_input="é"),
        changed(message, signature="sig1=1"),
        edited(message, "signature-input", '"@method"', '"@method";req'),
        edited(message, "signature-input", '"@method"', '"@method" "@status"'),
        edited(message, "signature-input", '"@method"', '"@method" "@Method"'),
        edited(message, "signature-input", '"@method"', '"@method" "x-absent"'),
        edited(message, "signature-input", '"@method"', '"@method" "@query-param";name="a"'),
        edited(message, "signature-input", "created=1", "created=-1"),
        edited(message, "signature-input", "created=1", "created=0.1"),
        edited(message, "signature-input", 'keyid="', "keyid=token, x="),
        changed(cavage, date="now"),
        edited(cavage, "signature", " digest", " digest x-absent"),
        edited(cavage, "signature", 'signature="', 'signature="!'),
        changed(cavage, signature='keyId="a\\"b"'),
        changed(cavage, signature="Signature " + cavage.headers["signature"][0]),
        changed(cavage, digest=cavage.headers["digest"][0] + "\r\n x"),
        changed(cavage, date="Sat, 01 Aug 2026 12:00:00 GMT\0"),
    ):
        with refused("FED-4.2"):
            httpsig.claim(spoilt)


@BOTH
@pytest.mark.clause("FED-4.2")
def test_bytes_that_are_no_text(dialect: Dialect, ed_key: keys.PrivateKey, refused) -> None:
    message = arrived(ed_key, dialect, "GET", "/")
    with refused("FED-4.7"):  # as aiohttp decodes a stray byte
        httpsig.verify(
            httpsig.claim(structs.replace(message, target="/\udcff")), ed_key.public, NOW
        )
    with refused("FED-4.2"):
        httpsig.claim(structs.replace(message, target="/\ud800"))


@pytest.mark.clause("FED-4.6")
def test_an_algorithm_that_is_not_the_keys(rsa_key, ed_key, refused) -> None:
    for key, named in ((rsa_key, "ed25519"), (rsa_key, "hmac-sha256"), (ed_key, "rsa-sha256")):
        message = arrived(key, Dialect.CAVAGE)
        value = message.headers["signature"][0].replace("rsa-sha256", "hs2019")
        spoilt = changed(message, signature=value.replace("hs2019", named))
        with refused("FED-4.6"):
            httpsig.verify(httpsig.claim(spoilt), key.public, NOW)
    for key, named in ((rsa_key, "ed25519"), (ed_key, "hmac-sha256"), (ed_key, "hs2019")):
        message = arrived(key, Dialect.RFC9421)
        spoilt = edited(message, "signature-input", ";keyid", f';alg="{named}";keyid')
        with refused("FED-4.6"):
            httpsig.verify(httpsig.claim(spoilt), key.public, NOW)


@pytest.mark.clause("FED-4.6")
def test_created_goes_with_hs2019(rsa_key, ed_key, refused) -> None:
    with refused("FED-4.6"):
        httpsig.claim(
            edited(arrived(rsa_key, Dialect.CAVAGE), "signature", "date", "date (created)")
        )
    created = int(NOW.timestamp())
    base = f"(request-target): get /x\nhost: alpha.test\n(created): {created}\n"
    base += f"(expires): {created + 9}"
    made = base64.b64encode(ed_key.sign(base.encode())).decode()
    value = (
        f'keyId="k",algorithm="hs2019",created={created},expires={created + 9},'
        f'headers="(request-target) host (created) (expires)",signature="{made}"'
    )
    message = httpsig.Message("GET", ORIGIN, "/x", {"signature": [value]})
    httpsig.verify(httpsig.claim(message), ed_key.public, NOW)
    with refused("FED-4.5"):
        httpsig.verify(httpsig.claim(message), ed_key.public, NOW + timedelta(seconds=10))


ANY = st.characters(exclude_categories=())  # half of a surrogate pair as well
HEADER = st.text(ANY, max_size=200) | st.from_regex(
    r'sig1=\(("@?[a-z-]{1,12}"(;[a-z]+(="x")?)? ?){0,4}\)(;[a-z]{1,8}=("[ -~]{0,9}"|-?\d{1,16}))*'
)
PARAMETERS = st.from_regex(
    r'(keyId="[ -~]{0,9}",)?(algorithm="(hs2019|rsa-sha256)",)?(created=\d+,)?'
    r'(headers="(\(request-target\) )?(host )?(date )?(digest )?(\(created\))?",)?'
    r'signature="[A-Za-z0-9+/=]{0,12}"'
)


@given(
    signature_input=st.none() | st.lists(HEADER, max_size=2),
    signature=st.none() | st.lists(HEADER | PARAMETERS, max_size=2),
    target=st.text(ANY, max_size=20),
    other=st.dictionaries(
        st.sampled_from(["date", "digest", "content-digest", "host"]),
        st.lists(st.text(ANY), max_size=2),
    ),
    body=st.binary(max_size=10),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_whatever_comes_only_our_own_errors_are_raised(
    signature_input, signature, target, other, body, ed_key
) -> None:
    headers = dict(other)
    if signature_input is not None:
        headers["signature-input"] = signature_input
    if signature is not None:
        headers["signature"] = signature
    try:
        claim = httpsig.claim(httpsig.Message("POST", ORIGIN, target, headers, body))
        httpsig.verify(claim, ed_key.public, NOW)
    except NodeError:
        return
    pytest.fail("nothing signed this")


def test_claim_and_verify_are_cheap(rsa_key: keys.PrivateKey) -> None:
    """150 µs is the aim; the bound allows for a busy machine (best of several runs)."""
    message = arrived(rsa_key, Dialect.CAVAGE)

    def once() -> None:
        httpsig.verify(httpsig.claim(message), rsa_key.public, NOW)

    assert min(timeit.repeat(once, number=50, repeat=8)) / 50 < 600e-6
