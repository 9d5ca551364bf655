"""Lies about a leaf node: the same in a key package, an Update, a commit's path, and a tree."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from node.e2ee.mls.public.credentials import Credential, basic
from node.e2ee.mls.public.extensions import Extension
from node.e2ee.mls.public.leaf import Lifetime
from node.wire import tls
from tests.e2ee.mls.people import NOW, Device
from tools.mls_refuse.forge import Leaf
from tools.mls_refuse.stage import Stage

PACKAGE, UPDATE, PATH, TREE = "package", "update", "path", "tree"
MALLORY = b"https://mallory.example/a"


@cache
def certificate(private: bytes, name: str) -> bytes:
    """A self-signed certificate of this key."""
    key = Ed25519PrivateKey.from_private_bytes(private)
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    day = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    built = x509.CertificateBuilder().subject_name(who).issuer_name(who).serial_number(1)
    built = built.public_key(key.public_key()).not_valid_before(day)
    return built.not_valid_after(day + dt.timedelta(1)).sign(key, None).public_bytes(Encoding.DER)


@dataclass(frozen=True)
class LeafLie:
    """`bend` is given the stage and whose leaf it is."""

    name: str
    clause: str | Mapping[str, str]
    why: str
    bend: Callable[[Stage, Device], Leaf]
    where: tuple[str, ...] = (PACKAGE, UPDATE, PATH, TREE)
    towns: tuple[str, ...] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def clause_in(self, place: str) -> str:
        return self.clause if isinstance(self.clause, str) else self.clause[place]


def _with(**changes: Any) -> Callable[[Stage, Device], Leaf]:
    return lambda s, d: Leaf(fields=lambda f: f | changes)


def _lists(**changes: tuple[int, ...]) -> Callable[[Stage, Device], Leaf]:
    return lambda s, d: Leaf(
        fields=lambda f: f | {"capabilities": replace(f["capabilities"], **changes)}
    )


def _both(fields: dict[str, Any], listed: dict[str, Any]) -> Callable[[Stage, Device], Leaf]:
    return lambda s, d: Leaf(
        fields=lambda f: f | fields | {"capabilities": replace(f["capabilities"], **listed)}
    )


def _signed(edit: Callable[[bytes], bytes]) -> Callable[[Stage, Device], Leaf]:
    return lambda s, d: Leaf(signature=edit)


def flip(at: int = -1) -> Callable[[bytes], bytes]:
    def edit(data: bytes) -> bytes:
        changed = bytearray(data)
        changed[at] ^= 1
        return bytes(changed)

    return edit


def _resized(field_name: str, length: int) -> Callable[[Stage, Device], Leaf]:
    return lambda s, d: Leaf(fields=lambda f: f | {field_name: (f[field_name] * 2)[:length]})


def _certified(of: Callable[[Stage, Device], bytes]) -> Callable[[Stage, Device], Leaf]:
    def bend(s: Stage, d: Device) -> Leaf:
        credential = Credential(2, certificates=(certificate(of(s, d), d.name),))

        def edit(f: dict[str, Any]) -> dict[str, Any]:
            return f | {
                "credential": credential,
                "capabilities": replace(f["capabilities"], credentials=(1, 2)),
            }

        return Leaf(fields=edit)

    return bend


def _credential_type(number: int) -> Callable[[Stage, Device], Leaf]:
    """Written into the bytes: such a credential cannot be made."""

    def edit(raw: bytes) -> bytes:
        at = 2 * 33
        return raw[:at] + tls.u16(number) + raw[at + 2 :]

    return lambda s, d: Leaf(raw=edit)


def _source(number: int) -> Callable[[Stage, Device], Leaf]:
    def bend(s: Stage, d: Device) -> Leaf:
        kept: dict[str, Any] = {}

        def remember(f: dict[str, Any]) -> dict[str, Any]:
            kept.update(f)
            return f

        def edit(raw: bytes) -> bytes:
            head = tls.opaque(kept["encryption_key"]) + tls.opaque(kept["signature_key"])
            at = len(head + kept["credential"].encode() + kept["capabilities"].encode())
            return raw[:at] + bytes([number]) + raw[at + 1 :]

        return Leaf(fields=remember, raw=edit)

    return bend


def _placed(edit: Callable[[Any], Any]) -> Callable[[Stage, Device], Leaf]:
    return lambda s, d: Leaf(place=edit)


GREASED = tuple(Extension(0x0A0A, bytes([n])) for n in range(2))
DAY = 86400
WRONG_SOURCE = {PACKAGE: "MLS-7.3h", UPDATE: "MLS-7.3k", PATH: "MLS-12.4.2d"}

# Points of small order, as X25519 and Ed25519 both write them: 0, 1 and -1.
SMALL = (("zero", 0), ("one", 1), ("minus-one", 2**255 - 20))

LEAF_LIES: tuple[LeafLie, ...] = (
    *(
        LeafLie(
            f"encryption-key-{n}",
            "MLS-5.1.1",
            f"an encryption key of {n} bytes",
            _resized("encryption_key", n),
        )
        for n in (0, 31, 33, 64)
    ),
    *(
        LeafLie(
            f"signature-key-{n}",
            "MLS-5.1.1",
            f"a signature key of {n} bytes",
            _resized("signature_key", n),
        )
        for n in (0, 31, 33)
    ),
    *(
        LeafLie(
            f"{kind}-key-small-{name}",
            "MLS-5.1.1",
            f"an {kind} key of small order",
            _with(**{f"{kind}_key": n.to_bytes(32, "little")}),
        )
        for kind in ("encryption", "signature")
        for name, n in SMALL
    ),
    LeafLie(
        "signature-key-other",
        "MLS-7.3b",
        "a signature key that did not sign",
        lambda s, d: Leaf(fields=lambda f: f | {"signature_key": s.another("sig").public}),
    ),
    *(
        LeafLie(
            f"versions-{name}",
            "MLS-7.2a",
            "the version in use is not listed",
            _lists(versions=listed),
        )
        for name, listed in (("none", ()), ("other", (2,)), ("grease", (0x0A0A,)))
    ),
    *(
        LeafLie(
            f"suites-{name}",
            "MLS-7.2a",
            "the cipher suite in use is not listed",
            _lists(cipher_suites=listed),
        )
        for name, listed in (("none", ()), ("others", (2, 4, 5, 7)), ("grease", (0x1A1A,)))
    ),
    *(
        LeafLie(
            f"credentials-{name}",
            {PACKAGE: "MLS-7.2b", UPDATE: "MLS-7.2b", PATH: "MLS-7.2b", TREE: "MLS-7.3d"},
            "the type of its own credential is not listed",
            _lists(credentials=listed),
        )
        for name, listed in (("none", ()), ("x509", (2,)), ("grease", (0x0A0A,)))
    ),
    LeafLie(
        "x509-unlisted",
        {PACKAGE: "MLS-7.2b", UPDATE: "MLS-7.2b", PATH: "MLS-7.2b", TREE: "MLS-7.3d"},
        "an X.509 credential that it does not list",
        lambda s, d: Leaf(
            fields=lambda f: (
                f
                | {
                    "credential": Credential(
                        2, certificates=(certificate(d.me.signature.private, d.name),)
                    )
                }
            )
        ),
    ),
    LeafLie(
        "x509-empty",
        "MLS-5.3a",
        "an X.509 credential without a certificate",
        _both({"credential": Credential(2)}, {"credentials": (1, 2)}),
        (PACKAGE, UPDATE, PATH, TREE),
        ("strict",),
    ),
    LeafLie(
        "x509-garbage",
        "MLS-5.3a",
        "a certificate that is none",
        _both(
            {"credential": Credential(2, certificates=(b"\x30\x03\x02\x01\x01",))},
            {"credentials": (1, 2)},
        ),
        (PACKAGE, UPDATE, PATH, TREE),
        ("strict",),
    ),
    LeafLie(
        "x509-other-key",
        "MLS-5.3a",
        "a certificate of another key",
        _certified(lambda s, d: s.another("cert").private),
        (PACKAGE, UPDATE, PATH, TREE),
        ("strict",),
    ),
    *(
        LeafLie(
            f"credential-type-{n}",
            "MLS-5.3",
            "a credential of a type that is not known",
            _credential_type(n),
        )
        for n in (0, 3, 0x0A0A, 0xFFFF)
    ),
    LeafLie(
        "extension-unlisted",
        "MLS-7.3g",
        "an extension that it does not list",
        _with(extensions=(Extension(0xF1C0, b""),)),
    ),
    LeafLie(
        "extension-unlisted-second",
        "MLS-7.3g",
        "a second extension that it does not list",
        _both(
            {"extensions": (Extension(0xF1C0, b"x"), Extension(0xF1C1, b""))},
            {"extensions": (0xF1C0,)},
        ),
        towns=("pair", "three", "holes", "eight"),
    ),
    LeafLie(
        "extension-twice",
        "MLS-13.4a",
        "two extensions of one type",
        _both({"extensions": GREASED}, {"extensions": (0x0A0A, 0xF0F1)}),
    ),
    LeafLie(
        "extension-twice-apart",
        "MLS-13.4a",
        "two extensions of one type, one between",
        _both(
            {"extensions": (GREASED[0], Extension(1, b"app"), GREASED[1])},
            {"extensions": (0x0A0A, 0xF0F1)},
        ),
    ),
    LeafLie(
        "required-extension",
        "MLS-7.3c",
        "a required extension is not listed",
        _lists(extensions=(0x0A0A,)),
        (PACKAGE, UPDATE, PATH),
        ("strict",),
    ),
    LeafLie(
        "extension-in-use",
        "MLS-13.4b",
        "an extension that the group uses is not listed",
        _lists(extensions=(0xF0F1, 0x0A0A)),
        (PACKAGE, UPDATE, PATH, TREE),
        ("strict",),
    ),
    LeafLie(
        "required-proposal",
        "MLS-7.3c",
        "a required proposal type is not listed",
        _lists(proposals=()),
        (PACKAGE, UPDATE, PATH),
        ("strict",),
    ),
    LeafLie(
        "required-credential",
        "MLS-7.3c",
        "a required credential type is not listed",
        _lists(credentials=(1,)),
        (PACKAGE, UPDATE, PATH),
        ("strict",),
    ),
    *(
        LeafLie(f"source-{n}", "MLS-7.2", "a source that is not known", _source(n))
        for n in (0, 4, 255)
    ),
    LeafLie(
        "source-update", WRONG_SOURCE, "made for an Update", _with(source=None), (PACKAGE, PATH)
    ),
    LeafLie(
        "source-commit",
        WRONG_SOURCE,
        "made for a commit",
        _with(source=b"h" * 32),
        (PACKAGE, UPDATE),
    ),
    LeafLie(
        "source-package",
        WRONG_SOURCE,
        "made for a key package",
        _with(source=Lifetime(NOW - 60, NOW + 60)),
        (UPDATE, PATH),
    ),
    LeafLie(
        "lifetime-backwards",
        "MLS-7.2c",
        "a lifetime that ends before it begins",
        _with(source=Lifetime(NOW, NOW - 1)),
        (PACKAGE,),
    ),
    LeafLie(
        "lifetime-long",
        "MLS-7.2c",
        "a lifetime of more than 400 days",
        _with(source=Lifetime(NOW - 1, NOW + 400 * DAY)),
        (PACKAGE,),
    ),
    LeafLie(
        "lifetime-endless",
        "MLS-7.2c",
        "a lifetime without end",
        _with(source=Lifetime(0, 2**64 - 1)),
        (PACKAGE,),
    ),
    *(
        LeafLie(f"signature-{name}", "MLS-7.3b", f"a signature that is {name}", _signed(edit))
        for name, edit in (
            ("empty", lambda s: b""),
            ("zero", lambda s: bytes(64)),
            ("flipped", flip()),
            ("flipped-first", flip(0)),
            ("short", lambda s: s[:-1]),
            ("long", lambda s: s + b"\x00"),
        )
    ),
    LeafLie(
        "signature-by-other",
        "MLS-7.3b",
        "signed by another's key",
        lambda s, d: Leaf(signer=s.newcomer("yan").me.signature),
    ),
    LeafLie(
        "signature-label",
        "MLS-7.3b",
        "signed under another label",
        lambda s, d: Leaf(label=b"KeyPackageTBS"),
    ),
    LeafLie(
        "signed-for-other-group",
        "MLS-7.3b",
        "signed for another group",
        _placed(lambda p: (p[0], b"other", p[2])),
        (UPDATE, PATH),
    ),
    LeafLie(
        "signed-for-other-leaf",
        "MLS-7.3b",
        "signed for another leaf",
        _placed(lambda p: (p[0], p[1], p[2] + 1)),
        (UPDATE, PATH),
    ),
    LeafLie(
        "signed-for-no-group",
        "MLS-7.3b",
        "signed without group and leaf",
        _placed(lambda p: (1, b"", 0)),
        (UPDATE, PATH),
    ),
    LeafLie(
        "signed-with-group",
        "MLS-7.3b",
        "signed with a group, as only others are",
        _placed(lambda p: (2, p[1] if p[1] else b"g", 0)),
        (PACKAGE,),
    ),
    LeafLie(
        "distrusted",
        "MLS-5.3.1",
        "a credential that the device does not accept",
        _with(credential=basic(MALLORY)),
        options={"distrusts": [basic(MALLORY).encode().hex()]},
    ),
    LeafLie(
        "grease-credential-only-id",
        "MLS-5.3.1",
        "an identity that is empty and not accepted",
        _with(credential=basic(b"")),
        options={"distrusts": [basic(b"").encode().hex()]},
    ),
)
