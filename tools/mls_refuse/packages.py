"""Lies about a key package: as a directory sees it, and in an Add."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from node.e2ee.mls.private.crypto import SignatureKey, sign_with_label
from node.e2ee.mls.public.extensions import Extension, encode_extensions
from node.e2ee.mls.public.key_package import KeyPackage, read_key_package
from node.errors import Refused
from node.wire import tls
from tests.e2ee.mls.insider import same
from tools.mls_refuse.forge import Edit, Leaf, RawLeaf, values_of
from tools.mls_refuse.leaves import GREASED, SMALL, flip
from tools.mls_refuse.stage import Stage


@dataclass(frozen=True)
class Package:
    """Where a key package is bent."""

    version: int = 1
    suite: Edit = same
    init: Edit = same
    extensions: tuple[Extension, ...] = ()
    leaf: Leaf | None = None
    tbs: Edit = same
    signer: SignatureKey | None = None
    label: bytes = b"KeyPackageTBS"
    signature: Edit = same
    raw: Edit = same


def forged(s: Stage, bend: Package, name: str = "zoe") -> KeyPackage:
    """The newcomer's key package, bent and signed as it stands."""
    device, own = s.newcomer(name), s.package(name)
    right = own.key_package
    leaf = right.leaf
    if bend.leaf is not None:
        leaf = RawLeaf.sign(
            device.me.suite, device.me.signature, values_of(leaf), (b"", 0), bend.leaf
        )
    tbs = bend.tbs(
        tls.u16(bend.version)
        + tls.u16(bend.suite(right.suite_id))
        + tls.opaque(bend.init(right.init_key))
        + leaf.raw
        + encode_extensions(bend.extensions)
    )
    signature = bend.signature(
        sign_with_label(device.me.suite, bend.signer or device.me.signature, bend.label, tbs)
    )
    raw = bend.raw(tbs + tls.opaque(signature))
    try:
        return tls.parse(raw, read_key_package)
    except Refused:
        return replace(right, raw=raw, tbs_end=len(tbs))


@dataclass(frozen=True)
class PackageLie:
    """`added` is the clause in an Add where it is another than alone; None: not told there."""

    name: str
    clause: str
    why: str
    bend: Callable[[Stage], Package]
    added: str | None = ""

    @property
    def in_add(self) -> str | None:
        return self.clause if self.added == "" else self.added


def _plain(**changes: Any) -> Callable[[Stage], Package]:
    return lambda s: Package(**changes)


PACKAGE_LIES: tuple[PackageLie, ...] = (
    PackageLie("version-0", "MLS-10a", "version 0", _plain(version=0), "MLS-10.1a"),
    PackageLie("version-2", "MLS-10a", "a version to come", _plain(version=2), "MLS-10.1a"),
    *(
        PackageLie(
            f"suite-{n}",
            "MLS-5.1",
            "a suite that is not spoken",
            _plain(suite=lambda _, n=n: n),
            "MLS-10.1a",
        )
        for n in (0, 2, 7, 0x0A0A)
    ),
    *(
        PackageLie(
            f"init-key-{n}",
            "MLS-5.1.1",
            f"an init key of {n} bytes",
            _plain(init=lambda k, n=n: (k * 2)[:n]),
        )
        for n in (0, 31, 33, 64)
    ),
    *(
        PackageLie(
            f"init-key-small-{name}",
            "MLS-5.1.1",
            "an init key of small order",
            _plain(init=lambda _, n=n: n.to_bytes(32, "little")),
        )
        for name, n in SMALL
    ),
    PackageLie(
        "init-key-of-leaf",
        "MLS-10.1c",
        "the leaf's encryption key as init key",
        lambda s: Package(init=lambda _: s.package().key_package.leaf.encryption_key),
    ),
    PackageLie(
        "extension-twice", "MLS-13.4a", "two extensions of one type", _plain(extensions=GREASED)
    ),
    *(
        PackageLie(
            f"signature-{name}", "MLS-10.1b", f"a signature that is {name}", _plain(signature=edit)
        )
        for name, edit in (
            ("empty", lambda s: b""),
            ("zero", lambda s: bytes(64)),
            ("flipped", flip()),
            ("flipped-first", flip(0)),
            ("short", lambda s: s[:-1]),
            ("long", lambda s: s + b"\x00"),
        )
    ),
    PackageLie(
        "signature-by-other",
        "MLS-10.1b",
        "signed by another's key",
        lambda s: Package(signer=s.newcomer("yan").me.signature),
    ),
    PackageLie(
        "signature-label", "MLS-10.1b", "signed under another label", _plain(label=b"LeafNodeTBS")
    ),
    PackageLie(
        "signature-of-leaf",
        "MLS-10.1b",
        "the leaf's signature in its place",
        lambda s: Package(signature=lambda _: s.package().key_package.leaf.signature),
    ),
    PackageLie(
        "changed-after-signing",
        "MLS-10.1b",
        "another init key than was signed",
        lambda s: Package(raw=lambda r: r[:5] + s.another("init").public + r[37:]),
    ),
    PackageLie("trailing", "MLS-2.1a", "a byte too many", _plain(raw=lambda r: r + b"\x00"), None),
    PackageLie("cut", "MLS-2.1", "the last byte missing", _plain(raw=lambda r: r[:-1]), None),
    PackageLie("cut-in-leaf", "MLS-2.1", "cut inside the leaf", _plain(raw=lambda r: r[:90]), None),
    PackageLie("empty", "MLS-2.1", "nothing at all", _plain(raw=lambda r: b""), None),
)
