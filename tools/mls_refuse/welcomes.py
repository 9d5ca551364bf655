"""Lies in a Welcome, its GroupInfo and its ratchet tree (RFC 9420 §7.9, §11.2, §12.4.3)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from node.e2ee.mls.private import crypto
from node.e2ee.mls.private.client import OwnPackage
from node.e2ee.mls.private.commit import Plan, make_commit
from node.e2ee.mls.private.hpke import encrypt_with_label
from node.e2ee.mls.private.key_schedule import (
    confirmation_tag,
    external_key_pair,
    member_secret,
    secrets_of,
    welcome_secret,
)
from node.e2ee.mls.private.proposal_list import Listed
from node.e2ee.mls.private.psk import psk_secret, resumption_psk
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.private.welcome import GroupSecrets
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.commit import HPKECiphertext
from node.e2ee.mls.public.credentials import basic
from node.e2ee.mls.public.extensions import (
    EXTERNAL_PUB,
    EXTERNAL_SENDERS,
    RATCHET_TREE,
    REQUIRED_CAPABILITIES,
    Extension,
    RequiredCapabilities,
)
from node.e2ee.mls.public.framing import MEMBER, PUBLIC_MESSAGE, Sender
from node.e2ee.mls.public.group_info import EncryptedGroupSecrets, GroupInfo, Welcome
from node.e2ee.mls.public.proposals import Add, PreSharedKeyID
from node.e2ee.mls.public.tree import Node, ParentNode, Tree, _encode_optional_node, _read_node
from node.e2ee.mls.public.tree_math import common_ancestor
from node.wire import tls
from node.wire.tls import Reader
from tests.e2ee.mls.insider import same
from tests.e2ee.mls.people import GROUP, NOW, Device, Seeded
from tests.e2ee.mls.replay import text
from tools.mls_refuse.book import Book, keys_of
from tools.mls_refuse.forge import Edit, Leaf, RawLeaf, values_of
from tools.mls_refuse.frames import wrong_tags
from tools.mls_refuse.leaves import LEAF_LIES, MALLORY, TREE, flip
from tools.mls_refuse.lists import senders
from tools.mls_refuse.stage import Stage, number
from tools.mls_refuse.town import Town


@dataclass(frozen=True)
class Bent:
    """Where an invitation is bent, in the order in which it is made."""

    tree: Edit = same
    context: Edit = same
    psks: tuple[PreSharedKeyID, ...] = ()
    joiner: Edit = same
    tag: Edit = same
    shown_tree: Callable[[bytes], bytes | None] = same
    extensions: Edit = same
    signer: Edit = same
    key: crypto.SignatureKey | None = None
    label: bytes = b"GroupInfoTBS"
    signature: Edit = same
    info: Edit = same  # the encoded GroupInfo
    info_key: Edit = same
    secrets: Edit = same
    secrets_raw: Edit = same
    sealed_label: bytes = b"Welcome"
    sealed_to: Edit = same
    sealed_context: Edit = same
    entry: Edit = same
    welcome: Edit = same
    message: Edit = same


@dataclass(frozen=True)
class Guest:
    """Who invites whom, and in which group: the sender's own unless `session` says another."""

    stage: Stage
    owns: Sequence[OwnPackage]
    path: bool
    session: Session | None = None
    resumes: Session | None = None


def invitation(guest: Guest, bent: Bent) -> bytes:
    """A Welcome for the guests, bent in one place."""
    s = guest.stage
    entropy = Seeded(f"{s.seed}/invitation/{guest.path}")
    session = guest.session or s.sender.session
    epoch, suite = session._live.epoch, s.suite
    us = Sender(MEMBER, epoch.group.own_leaf)
    items = [Listed(Add(own.key_package), us) for own in guest.owns]
    plan = Plan(items, guest.path, PUBLIC_MESSAGE)
    means = replace(s.sender.means, entropy=entropy)
    made = make_commit(epoch, plan, means, session.find_psk, NOW)
    tree = bent.tree(made.next.group.tree)
    context = bent.context(replace(made.next.group.context, tree_hash=tree.tree_hash()))
    find = (guest.resumes or session).find_psk
    found = [(psk, find(psk) or b"r" * 32) for psk in bent.psks]
    joiner = made.concluded.joiner
    member = member_secret(suite, joiner, psk_secret(suite, found))
    keys = secrets_of(suite, member, context)
    tag = bent.tag(confirmation_tag(suite, keys, context.confirmed_transcript_hash))
    shown = bent.shown_tree(tree.encode())
    extensions = bent.extensions(() if shown is None else (Extension(RATCHET_TREE, shown),))
    info = GroupInfo(context, extensions, tag, bent.signer(us.index))
    signed = crypto.sign_with_label(suite, bent.key or epoch.signature, bent.label, info.signed())
    info = replace(info, signature=bent.signature(signed))
    secret = bent.info_key(welcome_secret(suite, member))
    key = crypto.expand_with_label(suite, secret, b"key", b"", suite.nk)
    nonce = crypto.expand_with_label(suite, secret, b"nonce", b"", suite.nn)
    sealed_info = crypto.seal(suite, key, nonce, bent.info(info.encode()), b"")
    entries = []
    for index, package in made.applied.added:
        meeting = common_ancestor(us.index, index)
        path = None if made.path is None else made.path.at(meeting)
        plain = bent.secrets(GroupSecrets(bent.joiner(joiner), path, bent.psks)).encode()
        sealed = encrypt_with_label(
            suite,
            bent.sealed_to(package.init_key),
            bent.sealed_label,
            bent.sealed_context(sealed_info),
            bent.secrets_raw(plain),
            entropy,
        )
        entries.append(bent.entry(EncryptedGroupSecrets(package.reference(), sealed)))
    welcome = bent.welcome(Welcome(suite.id, tuple(entries), sealed_info))
    return bytes(bent.message(framing.encode_message(welcome)))


@dataclass(frozen=True)
class Invited:
    """A lie in an invitation. `path`: whether its commit has one."""

    name: str
    clause: str
    why: str
    bent: Callable[[Stage], Bent]
    path: bool | None = None
    towns: tuple[str, ...] = ("pair", "three", "holes", "eight", "flat")
    spread: int = 2
    options: Callable[[Stage], Mapping[str, Any]] = lambda s: {}
    twin: Callable[[Stage], Bent] = lambda s: Bent()
    kind: str = "plain"


def _of(**bends: Any) -> Callable[[Stage], Bent]:
    return lambda s: Bent(**bends)


def _context(**changes: Any) -> Callable[[Stage], Bent]:
    return lambda s: Bent(context=lambda c: replace(c, **changes))


def _with_extensions(*more: Extension) -> Callable[[Stage], Bent]:
    return lambda s: Bent(context=lambda c: replace(c, extensions=(*c.extensions, *more)))


def _welcome(**changes: Any) -> Callable[[Stage], Bent]:
    return lambda s: Bent(welcome=lambda w: replace(w, **changes))


def _psk(**changes: Any) -> Callable[[Stage], Bent]:
    return lambda s: Bent(psks=(s.psk(**changes).psk,))


def _special(s: Stage, usage: int, epoch: int = 1) -> PreSharedKeyID:
    entropy = Seeded(f"{s.seed}/special/{usage}/{epoch}")
    return resumption_psk(s.suite, GROUP, epoch, entropy, usage)


def _sealed(edit: Callable[[HPKECiphertext], HPKECiphertext]) -> Callable[[Stage], Bent]:
    return lambda s: Bent(entry=lambda e: replace(e, sealed=edit(e.sealed)))


def _tree(edit: Callable[[Stage, Tree], Tree]) -> Callable[[Stage], Bent]:
    return lambda s: Bent(tree=lambda tree: edit(s, tree))


def _raw_tree(edit: Callable[[list[bytes]], bytes]) -> Callable[[Stage], Bent]:
    """The ratchet_tree extension's bytes, out of its encoded nodes."""

    def shown(data: bytes) -> bytes:
        return edit(list(_nodes(data)))

    return lambda s: Bent(shown_tree=shown)


def _optional_node(reader: Reader) -> Node | None:
    return reader.optional(_read_node)


def _nodes(data: bytes) -> Iterator[bytes]:
    yield from map(_encode_optional_node, tls.parse(data, lambda r: r.vector(_optional_node)))


def other_member(s: Stage) -> Device:
    """A member who is not the one who invites."""
    return s.hears


def with_leaf(s: Stage, device: Device, bend: Leaf) -> Callable[[Tree], Tree]:
    """The tree with a member's leaf bent, signed by that member anew."""

    def edit(tree: Tree) -> Tree:
        index = device.session.own_leaf
        leaf = tree.leaf(index)
        assert leaf is not None
        place = (b"", 0) if leaf.source == 1 else (GROUP, index)
        key = device.me.signature
        changed = RawLeaf.sign(tree.suite, key, values_of(leaf), place, bend)
        return tree.with_nodes({2 * index: changed})

    return edit


FLAT = ("flat", "strict")


def _grease_in_use(s: Stage) -> Bent:
    """The group uses an extension that all list; but for the guest it is only GREASE."""
    type = s.newcomer().me.capabilities.extensions[0]
    listed = Leaf(
        fields=lambda f: f | {"capabilities": replace(f["capabilities"], extensions=(type,))}
    )

    def tree(found: Tree) -> Tree:
        for device in (s.sender, other_member(s)):
            found = with_leaf(s, device, listed)(found)
        return found

    extension = Extension(type, b"in use")
    return Bent(tree=tree, context=lambda c: replace(c, extensions=(extension,)))


def _leaf_rows() -> Iterator[Invited]:
    for lie in LEAF_LIES:
        if TREE in lie.where:
            towns = ("strict",) if lie.towns == ("strict",) else ("flat",)
            yield Invited(
                f"tree-leaf/{lie.name}",
                lie.clause_in(TREE),
                lie.why,
                lambda s, lie=lie: Bent(
                    tree=with_leaf(s, other_member(s), lie.bend(s, other_member(s)))
                ),
                path=False,
                towns=towns,
                spread=1,
                options=lambda s, lie=lie: lie.options,
            )
    fields: tuple[tuple[str, str, str, Callable[[Stage], dict[str, Any]], bool], ...] = (
        (
            "encryption-key-of-inviter",
            "MLS-7.3i",
            "two members with one encryption key",
            lambda s: {"encryption_key": s.sender.session.group.own.encryption_key},
            False,
        ),
        (
            "encryption-key-of-guest",
            "MLS-7.3i",
            "the guest's encryption key",
            lambda s: {"encryption_key": s.package().key_package.leaf.encryption_key},
            False,
        ),
        (
            "signature-key-of-inviter",
            "MLS-7.3j",
            "two members with one signature key",
            lambda s: {"signature_key": s.sender.me.signature.public},
            True,
        ),
        (
            "encryption-key-is-signature-key",
            "MLS-16.7",
            "one key for both uses",
            lambda s: {"encryption_key": other_member(s).me.signature.public},
            False,
        ),
        (
            "encryption-key-is-others-signature-key",
            "MLS-16.7",
            "another's signature key to seal to",
            lambda s: {"encryption_key": s.sender.me.signature.public},
            False,
        ),
    )
    for name, clause, why, edit, stolen in fields:
        yield Invited(
            f"tree-leaf/{name}",
            clause,
            why,
            lambda s, e=edit, st=stolen: Bent(
                tree=with_leaf(
                    s,
                    other_member(s),
                    Leaf(fields=lambda f: f | e(s), signer=s.sender.me.signature if st else None),
                )
            ),
            path=False,
            towns=("flat", "strict"),
            spread=2,
        )


def _parents(tree: Tree) -> list[int]:
    return [at for at, _ in tree.parents()]


def _parent(which: int, **changes: Callable[[Stage, ParentNode], Any]) -> Callable[[Stage], Bent]:
    def edit(s: Stage, tree: Tree) -> Tree:
        at = _parents(tree)[which]
        node = tree.nodes[at]
        assert isinstance(node, ParentNode)
        values = {name: change(s, node) for name, change in changes.items()}
        return tree.with_nodes({at: replace(node, **values)})

    return _tree(edit)


def _unmerged(edit: Callable[[tuple[int, ...]], tuple[int, ...]], top: bool = True) -> Any:
    """The unmerged leaves of the highest (or the lowest) parent that has any."""

    def change(s: Stage, tree: Tree) -> Tree:
        found = [(at, n) for at, n in tree.parents() if n.unmerged_leaves]
        found.sort(key=lambda item: (item[0] + 1) & -(item[0] + 1))
        at, node = found[-1 if top else 0]
        return tree.with_nodes({at: replace(node, unmerged_leaves=edit(node.unmerged_leaves))})

    return _tree(change)


def _parent_rows() -> Iterator[Invited]:
    for which in range(4):
        for name, change in (
            ("key", {"encryption_key": lambda s, n: s.another("parent").public}),
            ("hash-zero", {"parent_hash": lambda s, n: bytes(32)}),
            ("hash-empty", {"parent_hash": lambda s, n: b"" if n.parent_hash else b"\x01" * 32}),
            ("hash-flipped", {"parent_hash": lambda s, n: flip()(n.parent_hash or b"\x00")}),
        ):
            yield Invited(
                f"parent-{which}/{name}",
                "MLS-7.9.2a",
                f"a parent with another {name}",
                _parent(which, **change),
                path=False,
                towns=("eight",),
            )
        yield Invited(
            f"parent-{which}/key-of-leaf",
            "MLS-12.4.3.1h",
            "a parent with a leaf's key",
            _parent(which, encryption_key=lambda s, n: s.sender.session.group.own.encryption_key),
            path=False,
            towns=("eight",),
        )
        yield Invited(
            f"parent-{which}/key-of-guest",
            "MLS-12.4.3.1h",
            "a parent with the guest's key",
            _parent(which, encryption_key=lambda s, n: s.package().key_package.leaf.encryption_key),
            path=False,
            towns=("eight",),
        )
        yield Invited(
            f"parent-{which}/signature-key",
            "MLS-16.7",
            "a parent with a signature key",
            _parent(which, encryption_key=lambda s, n: s.sender.me.signature.public),
            path=False,
            towns=("eight",),
        )
    yield Invited(
        "parents/one-key",
        "MLS-12.4.3.1h",
        "two parents with one key",
        _tree(_one_key),
        path=False,
        towns=("eight", "three"),
        spread=1,
    )
    yield Invited(
        "parents/invented",
        "MLS-7.9.2a",
        "a parent where all is blank",
        _tree(_invented),
        path=False,
        towns=("flat",),
    )
    yield Invited(
        "parents/removed",
        "MLS-7.9.2a",
        "a parent in the chain made blank",
        _tree(lambda s, t: t.with_nodes({_parents(t)[0]: None})),
        path=False,
        towns=("eight",),
        spread=1,
    )
    for name, clause, why, edit in (
        ("twice", "MLS-7.1", "an unmerged leaf twice", lambda u: (*u, u[-1])),
        ("falling", "MLS-7.1", "unmerged leaves that fall", lambda u: (*u, 6)),
        ("beyond", "MLS-12.4.3.1f", "an unmerged leaf beyond the tree", lambda u: (*u, 2**32 - 1)),
        ("blank", "MLS-12.4.3.1f", "an unmerged leaf that is blank", lambda u: (*u, 14)),
    ):
        yield Invited(
            f"unmerged/{name}", clause, why, _unmerged(edit), path=False, towns=("eight",), spread=2
        )
    yield Invited(
        "unmerged/aside",
        "MLS-12.4.3.1f",
        "an unmerged leaf that is not below",
        _unmerged(lambda u: (0, *u), top=False),
        path=False,
        towns=("eight",),
        spread=1,
    )
    yield Invited(
        "unmerged/not-between",
        "MLS-12.4.3.1g",
        "a parent between does not list it",
        _unmerged(lambda u: (), top=False),
        path=False,
        towns=("eight",),
        spread=1,
    )
    yield Invited(
        "unmerged/merged",
        "MLS-7.9.2a",
        "a leaf listed as unmerged that is not",
        _tree(_merged),
        path=False,
        towns=("eight", "three"),
        spread=2,
    )


def _one_key(s: Stage, tree: Tree) -> Tree:
    first, *_, last = _parents(tree)
    node, key = tree.nodes[last], tree.nodes[first]
    assert isinstance(node, ParentNode) and key is not None
    return tree.with_nodes({last: replace(node, encryption_key=key.encryption_key)})


def _invented(s: Stage, tree: Tree) -> Tree:
    blank = next(at for at in range(1, len(tree.nodes), 2) if tree.nodes[at] is None)
    return tree.with_nodes({blank: ParentNode(s.another("invented").public, b"", ())})


def _merged(s: Stage, tree: Tree) -> Tree:
    at = _parents(tree)[0]
    node = tree.nodes[at]
    assert isinstance(node, ParentNode)
    below = at // 2 + 1
    leaves = tuple(sorted({*node.unmerged_leaves, below}))
    return tree.with_nodes({at: replace(node, unmerged_leaves=leaves)})


TREE_ROWS = (
    *(
        Invited(f"tree/{name}", clause, why, _raw_tree(edit), spread=2)
        for name, clause, why, edit in (
            (
                "ends-blank",
                "MLS-12.4.3.3a",
                "a tree that ends blank",
                lambda n: tls.vector([*n, b"\x00"]),
            ),
            (
                "ends-blank-twice",
                "MLS-12.4.3.3a",
                "a tree that ends with two blanks",
                lambda n: tls.vector([*n, b"\x00", b"\x00"]),
            ),
            ("empty", "MLS-12.4.3.3a", "an empty tree", lambda n: tls.vector([])),
            ("only-blank", "MLS-12.4.3.3a", "a tree of one blank", lambda n: tls.vector([b"\x00"])),
            (
                "leaf-at-odd",
                "MLS-12.4.3.3b",
                "a leaf where a parent belongs",
                lambda n: tls.vector([n[0], n[0], *n[2:]]),
            ),
            (
                "parent-at-even",
                "MLS-12.4.3.3b",
                "a parent where a leaf belongs",
                lambda n: tls.vector(
                    [b"\x01\x02" + ParentNode(b"k" * 32, b"", ()).encode(), *n[1:]]
                ),
            ),
            (
                "type-0",
                "MLS-7.8",
                "a node of no known type",
                lambda n: tls.vector([b"\x01\x00" + n[0][2:], *n[1:]]),
            ),
            (
                "type-3",
                "MLS-7.8",
                "a node of no known type",
                lambda n: tls.vector([b"\x01\x03" + n[0][2:], *n[1:]]),
            ),
            (
                "presence-2",
                "MLS-2.1.1",
                "a presence byte of 2",
                lambda n: tls.vector([b"\x02" + n[0][1:], *n[1:]]),
            ),
            (
                "presence-255",
                "MLS-2.1.1",
                "a presence byte of 255",
                lambda n: tls.vector([*n[:-1], b"\xff" + n[-1][1:]]),
            ),
            ("trailing", "MLS-2.1a", "a byte after the tree", lambda n: tls.vector(n) + b"\x00"),
            ("cut", "MLS-2.1", "a tree that ends early", lambda n: tls.vector(n)[:-1]),
            (
                "length-11",
                "MLS-2.1.2a",
                "a length that begins with 11",
                lambda n: bytes([tls.vector(n)[0] | 0xC0]) + tls.vector(n)[1:],
            ),
            (
                "length-long",
                "MLS-2.1.2",
                "a length in four bytes that needs two",
                lambda n: tls.u32(0x80000000 | len(b"".join(n))) + b"".join(n),
            ),
            (
                "leaf-changed",
                "MLS-7.3b",
                "a member's leaf with a bit changed",
                lambda n: tls.vector([*n[:2], flip()(n[2]), *n[3:]]),
            ),
            (
                "parent-put-in",
                "MLS-12.4.3.1e",
                "another parent than the group's",
                lambda n: tls.vector(
                    [n[0], b"\x01\x02" + ParentNode(b"k" * 32, b"", ()).encode(), *n[2:]]
                ),
            ),
        )
    ),
    Invited(
        "tree/hash-zero", "MLS-12.4.3.1e", "a tree hash of zeros", _context(tree_hash=bytes(32))
    ),
    Invited("tree/hash-empty", "MLS-12.4.3.1e", "no tree hash", _context(tree_hash=b"")),
    Invited(
        "tree/hash-long",
        "MLS-12.4.3.1e",
        "a byte after the tree hash",
        lambda s: Bent(context=lambda c: replace(c, tree_hash=c.tree_hash + b"\x00")),
    ),
    Invited(
        "tree/of-before",
        "MLS-12.4.3.1e",
        "the tree without the guest",
        lambda s: Bent(shown_tree=lambda t: s.tree.encode()),
    ),
    Invited("tree/missing", "MLS-12.4.3.1j", "no tree anywhere", _of(shown_tree=lambda t: None)),
    Invited(
        "tree/guest-elsewhere",
        "MLS-12.4.3.1l",
        "another leaf in the guest's place",
        _tree(lambda s, t: _swapped(s, t)),
        path=False,
        towns=("flat",),
        spread=1,
    ),
    *_leaf_rows(),
    *_parent_rows(),
)


def _swapped(s: Stage, tree: Tree) -> Tree:
    mine, other = s.package().key_package.leaf, s.package("zoe", 1).key_package.leaf
    at = next(index for index, leaf in tree.members() if leaf == mine)
    return tree.with_nodes({2 * at: other})


INFO_ROWS = (
    Invited(
        "context-grease",
        "MLS-13.4c",
        "an extension in use that the guest lists as GREASE only",
        _grease_in_use,
        path=False,
        towns=("flat",),
    ),
    Invited("version-0", "MLS-6", "a group of version 0", _context(version=0)),
    Invited("version-2", "MLS-6", "a group of another version", _context(version=2)),
    Invited(
        "suite-other",
        "MLS-12.4.3.1i",
        "a group of the other suite",
        lambda s: Bent(context=lambda c: replace(c, suite_id=4 - c.suite_id)),
    ),
    Invited(
        "group-known",
        "MLS-12.4.3a",
        "a group that the receiver is in",
        _of(),
        options=lambda s: {"known": [b"other".hex(), GROUP.hex()]},
        spread=2,
    ),
    *(
        Invited(
            f"tag-{name}",
            "MLS-6.1f",
            f"a confirmation tag, {name}",
            lambda s, m=make: Bent(tag=m(s)),
            spread=1,
        )
        for name, make in wrong_tags("epoch")
    ),
    *(
        Invited(f"signature-{name}", "MLS-12.4.3b", f"a signature, {name}", _of(signature=edit))
        for name, edit in (
            ("empty", lambda s: b""),
            ("zero", lambda s: bytes(64)),
            ("flipped", flip()),
            ("short", lambda s: s[:-1]),
            ("long", lambda s: s + b"\x00"),
        )
    ),
    Invited(
        "signature-label", "MLS-12.4.3b", "signed under another label", _of(label=b"LeafNodeTBS")
    ),
    Invited(
        "signature-by-other",
        "MLS-12.4.3b",
        "signed by another member",
        lambda s: Bent(key=other_member(s).me.signature),
    ),
    Invited(
        "signature-by-guest",
        "MLS-12.4.3b",
        "signed by the guest",
        lambda s: Bent(key=s.newcomer().me.signature),
    ),
    Invited(
        "signer-other",
        "MLS-12.4.3b",
        "in the name of another member",
        lambda s: Bent(signer=lambda _: other_member(s).session.own_leaf),
    ),
    Invited(
        "signer-beyond",
        "MLS-12.4.3.1k",
        "signed by a leaf beyond the tree",
        _of(signer=lambda _: 99),
    ),
    Invited(
        "signer-last", "MLS-12.4.3.1k", "signed by leaf 2^32 - 1", _of(signer=lambda _: 2**32 - 1)
    ),
    Invited(
        "signer-blank",
        "MLS-12.4.3.1k",
        "signed by a blank leaf",
        _of(signer=lambda _: 5),
        towns=("holes",),
        spread=1,
    ),
    Invited(
        "extension-twice", "MLS-13.4a", "two trees", _of(extensions=lambda e: (*e, *e)), spread=2
    ),
    Invited(
        "grease-twice",
        "MLS-13.4a",
        "two extensions of an unknown type",
        _of(extensions=lambda e: (*e, Extension(0x0A0A, b""), Extension(0x0A0A, b"x"))),
    ),
    Invited(
        "context-extension-twice",
        "MLS-13.4a",
        "two extensions of one type in the context",
        _with_extensions(Extension(0x0A0A, b""), Extension(0x0A0A, b"x")),
    ),
    Invited(
        "context-unsupported",
        "MLS-13.4b",
        "an extension that members do not support",
        _with_extensions(Extension(0xF7F7, b"")),
    ),
    Invited(
        "context-required",
        "MLS-7.3c",
        "a required capability that members lack",
        _with_extensions(
            Extension(REQUIRED_CAPABILITIES, RequiredCapabilities(credentials=(7,)).encode())
        ),
        towns=("pair", "three", "holes", "eight", "flat"),
    ),
    Invited(
        "context-required-cut",
        "MLS-2.1",
        "required_capabilities that end early",
        _with_extensions(Extension(REQUIRED_CAPABILITIES, b"\x00")),
    ),
    Invited(
        "context-senders-cut",
        "MLS-2.1",
        "external_senders that end early",
        _with_extensions(Extension(EXTERNAL_SENDERS, b"\x09")),
    ),
    Invited(
        "context-sender-distrusted",
        "MLS-5.3.1a",
        "an external sender who is not accepted",
        lambda s: Bent(context=lambda c: replace(c, extensions=senders(s, MALLORY).extensions)),
        twin=lambda s: Bent(context=lambda c: replace(c, extensions=senders(s).extensions)),
        kind="senders",
        options=lambda s: {"distrusts": [basic(MALLORY).encode().hex()]},
    ),
    Invited(
        "member-distrusted",
        "MLS-5.3.1",
        "a member who is not accepted",
        _of(),
        options=lambda s: {"distrusts": [other_member(s).me.credential.encode().hex()]},
    ),
    Invited(
        "inviter-distrusted",
        "MLS-5.3.1",
        "an inviter who is not accepted",
        _of(),
        options=lambda s: {"distrusts": [s.sender.me.credential.encode().hex()]},
        spread=1,
    ),
    *(
        Invited(f"info-{name}", clause, why, _of(info=edit))
        for name, clause, why, edit in (
            ("trailing", "MLS-2.1a", "a byte after the GroupInfo", lambda i: i + b"\x00"),
            ("cut", "MLS-2.1", "a GroupInfo that ends early", lambda i: i[:-1]),
            ("empty", "MLS-2.1", "an empty GroupInfo", lambda i: b""),
            (
                "group-id-long",
                "MLS-2.1.2",
                "a group id's length in two bytes",
                lambda i: i[:4] + b"\x40" + i[4:],
            ),
            (
                "group-id-11",
                "MLS-2.1.2a",
                "a group id's length that begins with 11",
                lambda i: i[:4] + b"\xff" + i[5:],
            ),
        )
    ),
    Invited(
        "info-key",
        "MLS-12.4.3.1d",
        "a GroupInfo sealed with another key",
        _of(info_key=lambda k: bytes(32)),
        spread=3,
    ),
    Invited(
        "joiner-secret-other",
        "MLS-12.4.3.1d",
        "another joiner secret",
        _of(joiner=lambda j: bytes(32)),
    ),
    Invited(
        "joiner-secret-short",
        "MLS-12.4.3.1d",
        "a joiner secret of 31 bytes",
        _of(joiner=lambda j: j[:-1]),
    ),
    Invited("joiner-secret-empty", "MLS-12.4.3.1d", "no joiner secret", _of(joiner=lambda j: b"")),
    *(
        Invited(
            f"path-secret-{n}",
            "MLS-7.4",
            f"a path secret of {n} bytes",
            _of(secrets=lambda x, n=n: replace(x, path_secret=(x.path_secret * 2)[:n])),
            path=True,
            towns=("pair", "three", "holes", "eight"),
        )
        for n in (0, 31, 33)
    ),
    Invited(
        "path-secret-other",
        "MLS-12.4.3.1m",
        "another path secret",
        _of(secrets=lambda x: replace(x, path_secret=bytes(32))),
        path=True,
        spread=3,
        towns=("pair", "three", "holes", "eight"),
    ),
    Invited(
        "path-secret-of-no-path",
        "MLS-12.4.3.1m",
        "a path secret though no path was made",
        _of(secrets=lambda x: replace(x, path_secret=bytes(32))),
        path=False,
        towns=("flat", "strict"),
    ),
    *(
        Invited(f"secrets-{name}", clause, why, _of(secrets_raw=edit))
        for name, clause, why, edit in (
            ("trailing", "MLS-2.1a", "a byte after the secrets", lambda x: x + b"\x00"),
            ("cut", "MLS-2.1", "secrets that end early", lambda x: x[:-1]),
            ("empty", "MLS-2.1", "empty secrets", lambda x: b""),
            (
                "presence-2",
                "MLS-2.1.1",
                "a presence byte of 2",
                lambda x: x[:33] + b"\x02" + x[34:],
            ),
            ("length-long", "MLS-2.1.2", "a length in two bytes", lambda x: b"\x40" + x),
            (
                "length-11",
                "MLS-2.1.2a",
                "a length that begins with 11",
                lambda x: bytes([x[0] | 0xC0]) + x[1:],
            ),
        )
    ),
    *(
        Invited(
            f"psk-nonce-{n}",
            "MLS-8.4b",
            f"a nonce of {n} bytes",
            _psk(nonce=bytes(n)),
            twin=_psk(),
            kind="psk",
        )
        for n in (0, 31, 33)
    ),
    Invited(
        "psk-unknown",
        "MLS-12.4.2c",
        "a key not known",
        _psk(psk_id=b"nobody's"),
        twin=_psk(),
        kind="psk",
    ),
    Invited(
        "psk-lacking",
        "MLS-12.4.2c",
        "a key that this device lacks",
        _psk(),
        twin=_psk(),
        kind="psk",
        options=lambda s: {"without_psks": True},
    ),
    Invited(
        "psk-special-twice",
        "MLS-12.4.3.1c",
        "two keys for reinit",
        lambda s: Bent(psks=(_special(s, 2), _special(s, 2, 2))),
        twin=_psk(),
        kind="psk",
    ),
    Invited(
        "psk-reinit-and-branch",
        "MLS-12.4.3.1c",
        "a key for reinit and one for a branch",
        lambda s: Bent(psks=(_special(s, 2), _special(s, 3))),
        twin=_psk(),
        kind="psk",
    ),
    Invited(
        "psks-flood",
        "MLS-8.4d",
        "257 keys",
        lambda s: Bent(psks=tuple(s.psk(nonce=n.to_bytes(32, "big")).psk for n in range(257))),
        twin=_psk(),
        kind="psk",
        spread=1,
    ),
    Invited("entry-missing", "MLS-12.4.3.1a", "no entry", _welcome(secrets=())),
    Invited(
        "entry-of-other",
        "MLS-12.4.3.1a",
        "an entry for another key package",
        lambda s: Bent(entry=lambda e: replace(e, new_member=s.package("zoe", 1).reference)),
    ),
    Invited(
        "entry-name-cut",
        "MLS-12.4.3.1a",
        "an entry whose reference lacks a byte",
        lambda s: Bent(entry=lambda e: replace(e, new_member=e.new_member[:-1])),
    ),
    Invited(
        "welcome-suite",
        "MLS-12.4.3.1b",
        "a Welcome of the other suite",
        lambda s: Bent(welcome=lambda w: replace(w, suite_id=4 - w.suite_id)),
        spread=3,
    ),
    Invited(
        "welcome-suite-unknown",
        "MLS-12.4.3.1b",
        "a Welcome of a suite not known",
        _welcome(suite_id=0x0A0A),
    ),
    Invited(
        "sealed-flipped",
        "MLS-5.1.3",
        "a bit of the entry changed",
        _sealed(lambda c: replace(c, ciphertext=flip()(c.ciphertext))),
    ),
    Invited(
        "sealed-empty", "MLS-5.1.3", "an empty entry", _sealed(lambda c: replace(c, ciphertext=b""))
    ),
    Invited(
        "sealed-kem-zero",
        "MLS-5.1.1",
        "a KEM output of zeros",
        _sealed(lambda c: replace(c, kem_output=bytes(32))),
    ),
    Invited(
        "sealed-kem-short",
        "MLS-5.1.1",
        "a KEM output of 31 bytes",
        _sealed(lambda c: replace(c, kem_output=c.kem_output[1:])),
    ),
    Invited(
        "sealed-label",
        "MLS-5.1.3",
        "sealed under another label",
        _of(sealed_label=b"UpdatePathNode"),
    ),
    Invited(
        "sealed-context",
        "MLS-5.1.3",
        "sealed for another GroupInfo",
        _of(sealed_context=lambda c: flip()(c)),
    ),
    Invited(
        "sealed-to-leaf",
        "MLS-5.1.3",
        "sealed to the leaf's key",
        lambda s: Bent(sealed_to=lambda _: s.package().key_package.leaf.encryption_key),
    ),
    Invited(
        "info-flipped",
        "MLS-5.1.3",
        "a bit of the sealed GroupInfo changed",
        lambda s: Bent(
            welcome=lambda w: replace(w, encrypted_group_info=flip()(w.encrypted_group_info))
        ),
    ),
    *(
        Invited(f"message-{name}", clause, why, _of(message=edit), spread=1)
        for name, clause, why, edit in (
            ("version", "MLS-6", "another version", lambda m: b"\x00\x02" + m[2:]),
            ("format", "MLS-6", "a wire format not known", lambda m: m[:2] + b"\x00\x09" + m[4:]),
            ("trailing", "MLS-2.1a", "a byte too many", lambda m: m + b"\x00"),
            ("cut", "MLS-2.1", "a byte too few", lambda m: m[:-1]),
            ("half", "MLS-2.1", "the half of it", lambda m: m[: len(m) // 2]),
        )
    ),
)


def guest_of(town: Town, told: Stage, path: bool) -> Guest:
    return Guest(told, [told.package()], path)


def tell_invited(book: Book, town: Town, told: Stage, row: Invited) -> None:
    receiver = book.joiner("zoe", told.newcomer(), told.package())
    path = row.path
    if path is None:
        path = bool(number(row.name) % 2) and town.name not in ("flat", "strict")
    guest = guest_of(town, told, path)
    twin = book.twin(
        f"welcome/{told.key}/{row.kind}/{path}",
        receiver,
        "join",
        lambda: invitation(guest, row.twin(told)),
    )
    name = row.name if "/" in row.name else f"welcome/{row.name}"
    book.case(
        name, row.clause, row.why, twin, invitation(guest, row.bent(told)), **row.options(told)
    )


def not_welcomes(book: Book, town: Town, told: Stage) -> None:
    receiver = book.joiner("zoe", told.newcomer(), told.package())
    guest = guest_of(town, told, True)
    twin = book.twin(
        f"welcome/{told.key}/plain/True", receiver, "join", lambda: invitation(guest, Bent())
    )
    for name, message in (
        ("commit", told.forger.commit(())),
        ("words", told.forger.application(b"welcome")),
        ("group-info", told.sender.session.group_info()),
        ("key-package", tls.u16(1) + tls.u16(5) + told.package().package),
    ):
        book.case(
            f"welcome/not-{name}", "MLS-12.4.3.1o", "something else than a Welcome", twin, message
        )
    seen: list[bytes] = []
    bare = invitation(guest, Bent(shown_tree=lambda tree: seen.append(tree)))
    beside = book.twin(
        f"welcome/{told.key}/beside", receiver, "join", lambda: bare, tree=text(seen[0])
    )
    for name, clause, why, tree in (
        ("of-before", "MLS-12.4.3.1e", "the tree without the guest", told.tree.encode()),
        ("cut", "MLS-2.1", "a tree that ends early", seen[0][:-1]),
        ("trailing", "MLS-2.1a", "a tree with a byte too many", seen[0] + b"\x00"),
    ):
        book.case(
            f"welcome/beside-{name}",
            clause,
            f"{why}, beside the Welcome",
            beside,
            bare,
            tree=text(tree),
        )
    book.case(
        "welcome/for-other",
        "MLS-12.4.3.1a",
        "a Welcome for another",
        twin,
        invitation(Guest(told, [told.package("yan")], True), Bent()),
    )
    book.case(
        "welcome/oversized",
        "MLS-2.1b",
        "a byte more than 4 MiB",
        twin,
        {"byte": "00", "times": 4 * 2**20 + 1},
    )


def info(s: Stage, bent: Bent, external: bool = True, raw: Edit = same) -> bytes:
    """A GroupInfo of the sender's, for those who come by themselves."""
    epoch = s.sender.session._live.epoch
    group = epoch.group
    tree = bent.tree(group.tree)
    context = bent.context(replace(group.context, tree_hash=tree.tree_hash()))
    shown = bent.shown_tree(tree.encode())
    extensions = [] if shown is None else [Extension(RATCHET_TREE, shown)]
    if external:
        key = external_key_pair(group.suite, epoch.secrets).public
        extensions.append(Extension(EXTERNAL_PUB, raw(tls.opaque(key))))
    found = GroupInfo(
        context,
        bent.extensions(tuple(extensions)),
        bent.tag(group.confirmation_tag),
        bent.signer(group.own_leaf),
    )
    key_pair = bent.key or epoch.signature
    signed = crypto.sign_with_label(group.suite, key_pair, bent.label, found.signed())
    found = replace(found, signature=bent.signature(signed))
    return bytes(bent.message(framing.encode_message(found)))


# Lies in an invitation that a GroupInfo by itself can tell as well.
ENTERABLE = (
    "version-0",
    "version-2",
    "suite-other",
    "signature-empty",
    "signature-zero",
    "signature-flipped",
    "signature-short",
    "signature-label",
    "signature-by-other",
    "signer-other",
    "signer-beyond",
    "signer-last",
    "extension-twice",
    "grease-twice",
    "context-extension-twice",
    "context-unsupported",
    "context-required",
    "context-required-cut",
    "context-senders-cut",
    "member-distrusted",
    "group-known",
    "inviter-distrusted",
    "message-version",
    "message-format",
    "message-trailing",
    "message-cut",
)


def enters(book: Book, town: Town, told: Stage) -> None:
    """Lies in a GroupInfo that is to show the way in."""
    receiver = book.joiner("zoe", told.newcomer(), told.package())
    twin = book.twin(f"enter/{told.key}", receiver, "enter", lambda: info(told, Bent()))
    shared = [row for row in INFO_ROWS if row.name in ENTERABLE]
    trees = [
        row
        for row in TREE_ROWS
        if row.name.startswith("tree/")
        and row.name not in ("tree/of-before", "tree/guest-elsewhere")
    ]
    for row in (*shared, *trees):
        if number(f"{row.name}/{town.suite}") % 2 or row in shared:
            book.case(
                f"enter/{row.name}",
                row.clause,
                row.why,
                twin,
                info(told, row.bent(told)),
                **row.options(told),
            )
    keys: tuple[tuple[str, str, str, Edit], ...] = (
        ("short", "MLS-5.1.1", "an external key of 31 bytes", lambda k: tls.opaque(k[1:32])),
        ("zero", "MLS-5.1.1", "an external key of zeros", lambda k: tls.opaque(bytes(32))),
        ("empty", "MLS-5.1.1", "an external key of no bytes", lambda k: tls.opaque(b"")),
        ("bare", "MLS-2.1", "an external key without its length", lambda k: b"\x3f" + k[2:]),
        ("trailing", "MLS-2.1a", "a byte after the external key", lambda k: k + b"\x00"),
    )
    for name, clause, why, edit in keys:
        book.case(f"enter/key-{name}", clause, why, twin, info(told, Bent(), raw=edit))
    book.case(
        "enter/no-key", "MLS-12.4.3.2c", "no external key", twin, info(told, Bent(), external=False)
    )
    for name, message in (
        ("commit", told.forger.commit(())),
        ("welcome", invitation(guest_of(town, told, True), Bent())),
        ("key-package", tls.u16(1) + tls.u16(5) + told.package().package),
    ):
        book.case(
            f"enter/not-{name}", "MLS-12.4.3.2d", "something else than a GroupInfo", twin, message
        )


def successors(book: Book, town: Town, told: Stage) -> None:
    """Invitations into the group that takes the place of one that a ReInit closed."""
    creator, member = town.devices["alice"], town.devices[told.receiver]
    told = replace(told, sender=creator)
    others = [d for name, d in sorted(town.devices.items()) if name not in ("alice", member.name)]
    owns = {
        d.name: d.me.key_package(Seeded(f"{told.seed}/{d.name}"), NOW) for d in (member, *others)
    }
    receiver = book.seat(town, member.name)
    book.receivers[receiver]["joins_with"] = keys_of(member, owns[member.name])
    book.asked.pop(receiver, None)
    former = creator.session

    def group(id: bytes = b"successor", extensions: Any = ()) -> Session:
        entropy = Seeded(f"{told.seed}/group")
        means = replace(creator.means, entropy=entropy)
        return Session.create(creator.me, means, id, NOW, extensions).session

    def invite(session: Session, bent: Bent, names: Sequence[str] = tuple(owns)) -> bytes:
        guest = Guest(told, [owns[name] for name in names], False, session, former)
        return invitation(guest, bent)

    def key(usage: int = 2, epoch: int = former.epoch) -> PreSharedKeyID:
        return _special(told, usage, epoch)

    right = Bent(psks=(key(),))
    twin = book.twin("successor", receiver, "join", lambda: invite(group(), right))
    application = Extension(REQUIRED_CAPABILITIES, RequiredCapabilities().encode())
    cases: tuple[tuple[str, str, str, bytes], ...] = (
        ("other-id", "MLS-11.2b", "another group id", invite(group(b"other"), right)),
        (
            "other-extensions",
            "MLS-11.2b",
            "extensions that were not announced",
            invite(group(extensions=(application,)), right),
        ),
        ("fewer", "MLS-11.2c", "a member left out", invite(group(), right, [member.name])),
        ("branch", "MLS-11.3a", "a branch of the group", invite(group(), Bent(psks=(key(3),)))),
        (
            "epoch-2",
            "MLS-12.4.3.1n",
            "in epoch 2",
            invite(group(), replace(right, context=lambda c: replace(c, epoch=2))),
        ),
        (
            "epoch-0",
            "MLS-12.4.3.1n",
            "in epoch 0",
            invite(group(), replace(right, context=lambda c: replace(c, epoch=0))),
        ),
        ("key-missing", "MLS-11.2e", "no key of the closed group", invite(group(), Bent())),
        (
            "key-for-words",
            "MLS-11.2e",
            "the key, but not as one for reinit",
            invite(group(), Bent(psks=(key(1),))),
        ),
        (
            "key-of-before",
            "MLS-11.2a",
            "the key of an earlier epoch",
            invite(group(), Bent(psks=(key(2, former.epoch - 1),))),
        ),
        (
            "key-unknown",
            "MLS-12.4.2c",
            "the key of an epoch to come",
            invite(group(), Bent(psks=(key(2, 99),))),
        ),
        (
            "two-keys",
            "MLS-12.4.3.1c",
            "two keys for reinit",
            invite(group(), Bent(psks=(key(), key(2, former.epoch - 1)))),
        ),
    )
    for name, clause, why, message in cases:
        book.case(f"successor/{name}", clause, why, twin, message)
