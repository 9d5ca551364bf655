"""Messages of a mebibyte that are not worth reading: of strangers, and of insiders with all keys.

Each is well framed, so that its reader comes as far as can be, and each has its fault where it
costs most to find: at the end, or where a limit says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from node.e2ee.mls.private.client import OwnPackage
from node.e2ee.mls.private.crypto import sign_with_label
from node.e2ee.mls.private.joining import join
from node.e2ee.mls.private.key_schedule import member_secret
from node.e2ee.mls.private.psk import psk_secret
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.private.welcome import GroupSecrets, seal_welcome
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.commit import Commit, HPKECiphertext, UpdatePath, UpdatePathNode
from node.e2ee.mls.public.credentials import X509, Credential
from node.e2ee.mls.public.extensions import (
    EXTERNAL_SENDERS,
    RATCHET_TREE,
    REQUIRED_CAPABILITIES,
    Extension,
)
from node.e2ee.mls.public.framing import encode_message
from node.e2ee.mls.public.group_info import EncryptedGroupSecrets, GroupInfo, Welcome
from node.e2ee.mls.public.leaf import Capabilities, LeafNode
from node.e2ee.mls.public.proposals import (
    EXTERNAL_PSK,
    Add,
    GroupContextExtensions,
    PreSharedKey,
    PreSharedKeyID,
    Proposal,
    ProposalRef,
    Remove,
    Update,
)
from node.e2ee.mls.public.tree import ParentNode
from node.wire import tls
from tests.e2ee.mls.insider import Insider, Lie, resign_leaf
from tests.e2ee.mls.people import GROUP, NOW, Device, People

MIB = 2**20
FRAME = tls.opaque(GROUP) + tls.u64(1)
CLEAR = tls.u16(1) + tls.u16(framing.PUBLIC_MESSAGE)


def filled(item: bytes) -> bytes:
    """A vector of the same item again and again."""
    return tls.opaque(item * (MIB // len(item)))


def numbered(make: Callable[[int], bytes]) -> bytes:
    """A vector of items that differ."""
    return tls.vector(map(make, range(MIB // len(make(0)))))


@dataclass(frozen=True)
class Hostile:
    """One message. `deed` takes it in as a device does, and raises its refusal."""

    name: str
    message: bytes
    deed: Callable[[bytes], object]


class Scene:
    """A member who lies to another, and a stranger who invites a third."""

    def __init__(self) -> None:
        self.alice, self.bob = People(1).group("alice", "bob")
        self.carol = Device("carol", 1)
        self.own: OwnPackage = self.carol.package()
        self.insider = Insider(self.alice)
        self.leaf: LeafNode = self.alice.session.group.own

    def told(self, data: bytes) -> object:
        return Session.load(self.bob.records, self.bob.means).receive(data, NOW)

    def invited(self, data: bytes) -> object:
        return join(data, self.own, self.carol.me, self.carol.means, NOW)

    def stranger(self, commit: bytes) -> bytes:
        """A commit in clear by one who has no key: any signature, any tags."""
        content = FRAME + b"\x01" + tls.u32(0) + tls.opaque(b"") + b"\x03" + commit
        return CLEAR + content + tls.opaque(bytes(64)) + tls.opaque(bytes(32)) * 2

    def sealed(self, commit: bytes) -> bytes:
        """A commit encrypted by a member who has not signed it."""
        return self.insider.private(
            commit + tls.opaque(bytes(64)) + tls.opaque(bytes(32)), framing.COMMIT
        )

    def committed(self, commit: Commit) -> bytes:
        """A commit that its member has signed and tagged."""
        return self.insider.commit([], Lie(commit=lambda _: commit))

    def proposed(self, *proposals: Proposal | ProposalRef) -> bytes:
        return self.committed(Commit(proposals, None))

    def adds(self) -> tuple[Proposal, ...]:
        package = self.own.key_package
        return (Add(package),) * (MIB // len(package.raw))

    def invitation(
        self, extensions: Sequence[Extension] = (), of_group: Sequence[Extension] = ()
    ) -> bytes:
        """A Welcome that opens, with a GroupInfo that is signed."""
        suite, group = self.alice.me.suite, self.alice.session.group
        context = replace(group.context, extensions=tuple(of_group), epoch=7)
        info = GroupInfo(context, tuple(extensions), bytes(32), 0)
        key = self.alice.me.signature
        info = replace(info, signature=sign_with_label(suite, key, b"GroupInfoTBS", info.signed()))
        member = member_secret(suite, bytes(32), psk_secret(suite, ()))
        secrets = GroupSecrets(bytes(32), None, ())
        to = [(self.own.key_package, secrets)]
        return encode_message(seal_welcome(suite, info, member, to, self.alice.entropy))

    def tree(self, nodes: bytes) -> bytes:
        return self.invitation([Extension(RATCHET_TREE, nodes)])

    def leaves(self) -> bytes:
        """Leaves of our own making, each with other keys, none signed."""
        old = self.leaf
        fields = old.raw[66 : old.tbs_end]
        rest = fields + tls.opaque(old.signature) + b"\x00"

        def node(place: int) -> bytes:
            keys = (tls.opaque(n.to_bytes(32, "big")) for n in (2 * place + 1, 2 * place + 2))
            return b"\x01\x01" + b"".join(keys) + rest

        return numbered(node)

    def strange_leaf(self, **changes: object) -> LeafNode:
        return resign_leaf(self.alice, self.leaf, (3, GROUP, 0), **changes)


def _clear(scene: Scene) -> dict[str, bytes]:
    """Of strangers: framed, but neither signed nor tagged."""
    small = {
        "removes": b"\x01" + tls.u16(3) + tls.u32(1),
        "references": b"\x02" + tls.opaque(bytes(32)),
        "short references": b"\x02\x00",
        "PSKs": b"\x01" + tls.u16(4) + b"\x01\x00\x00",
        "external inits": b"\x01" + tls.u16(6) + b"\x00",
        "adds": b"\x01" + tls.u16(1) + scene.own.package,
        "updates": b"\x01" + tls.u16(2) + scene.leaf.raw,
        "empty extension lists": b"\x01" + tls.u16(7) + b"\x00",
    }
    commits = {f"commit of {name}": filled(item) + b"\x00" for name, item in small.items()}
    listed = filled(tls.u16(9) + b"\x00")
    several = numbered(lambda n: tls.u16(n % 65536) + b"\x00")
    commits["commit of extensions"] = tls.opaque(b"\x01" + tls.u16(7) + listed) + b"\x00"
    commits["commit of many extensions"] = tls.opaque(b"\x01" + tls.u16(7) + several) + b"\x00"
    leaf = scene.leaf.raw
    node = tls.opaque(bytes(32))
    one = HPKECiphertext(bytes(32), bytes(48)).encode()
    paths = {
        "path nodes": filled(node + b"\x00"),
        "short path nodes": filled(b"\x00\x00"),
        "sealed secrets": tls.opaque(node + filled(one)),
        "short sealed secrets": tls.opaque(node + filled(b"\x00\x00")),
    }
    commits |= {f"commit with {name}": b"\x00\x01" + leaf + path for name, path in paths.items()}
    return commits


def _strangers(scene: Scene) -> dict[str, bytes]:
    preamble, member = tls.u16(1), b"\x01" + tls.u32(0) + tls.opaque(b"")
    tags = tls.opaque(bytes(64)) + tls.opaque(bytes(32)) * 2
    return {
        "zeros": bytes(MIB),
        "ones": b"\xff" * MIB,
        "deep": CLEAR + b"\xbf" * MIB,
        "numbers": preamble + tls.u16(5) + preamble + tls.u16(1) + filled(b"ab"),
        "nonsense": preamble + tls.u16(2) + FRAME + b"\x01\x00\x00" + tls.opaque(bytes(MIB)),
        "application data": CLEAR + FRAME + member + b"\x01" + filled(b"x") + tags[:-33],
        "other group": CLEAR + filled(b"x") + tls.u64(1) + member + b"\x03\x00\x00" + tags,
    }


def _insiders(scene: Scene) -> dict[str, bytes]:
    """Of a member: sealed, signed and tagged."""
    signed: dict[str, tuple[Proposal | ProposalRef, ...]] = {
        "adds": scene.adds()[:1000],
        "removes": tuple(map(Remove, range(3000))),
        "references": tuple(ProposalRef(n.to_bytes(255, "big")) for n in range(3000)),
        "PSKs": tuple(
            PreSharedKey(PreSharedKeyID(EXTERNAL_PSK, n.to_bytes(32, "big"), psk_id=bytes(200)))
            for n in range(1000)
        ),
        "updates": (Update(scene.leaf),) * 1000,
        "one large extension": (GroupContextExtensions((Extension(9, bytes(MIB)),)),),
        "required capabilities": (
            GroupContextExtensions((Extension(REQUIRED_CAPABILITIES, filled(b"ab") + b"\0\0"),)),
        ),
        "external senders": (
            GroupContextExtensions(
                (Extension(EXTERNAL_SENDERS, filled(tls.opaque(b"") + tls.u16(1) + b"\x00")),)
            ),
        ),
    }
    messages = {f"signed {name}": scene.proposed(*items) for name, items in signed.items()}
    one = HPKECiphertext(bytes(32), bytes(48))
    wide = UpdatePathNode(bytes(32), (one,) * (MIB // 82))
    chain = Credential(X509, certificates=(bytes(1000),) * 1000)
    lists = Capabilities((1,), (1,), tuple(range(2**15)), tuple(range(2**15)), (1,))
    leaves = {
        "sealed secrets": scene.strange_leaf(),
        "certificates": scene.strange_leaf(credential=chain),
        "capabilities": scene.strange_leaf(capabilities=lists),
    }
    for name, leaf in leaves.items():
        nodes = (wide,) if name == "sealed secrets" else ()
        messages[f"signed {name}"] = scene.committed(Commit((), UpdatePath(leaf, nodes)))
    messages["padding"] = scene.insider.application(b"data", bytes(MIB) + b"\x01")
    messages["large data"] = scene.insider.private(tls.opaque(bytes(MIB)) + tls.opaque(bytes(64)))
    return messages


def _invitations(scene: Scene) -> dict[str, bytes]:
    reference = scene.own.reference
    secrets = EncryptedGroupSecrets(bytes(32), HPKECiphertext(bytes(32), bytes(100)))
    parent = b"\x01\x02" + ParentNode(bytes(32), b"", ()).encode()
    leaf = b"\x01\x01" + scene.leaf.raw
    welcome = tls.u16(1) + tls.u16(framing.WELCOME) + tls.u16(1)
    return {
        "short secrets": welcome + filled(bytes(3)) + b"\x00",
        "secrets": welcome + filled(secrets.encode()) + b"\x00",
        "secret of nothing": encode_message(
            Welcome(1, (EncryptedGroupSecrets(reference, secrets.sealed),), bytes(MIB))
        ),
        "short extensions": scene.invitation([Extension(n, b"") for n in range(2**16)]),
        "group extensions": scene.invitation([], [Extension(n, b"") for n in range(2**16)]),
        "external senders": scene.invitation(
            [Extension(RATCHET_TREE, tls.opaque(leaf))],
            [Extension(EXTERNAL_SENDERS, filled(tls.opaque(b"") + tls.u16(1) + b"\x00"))],
        ),
        "required capabilities": scene.invitation(
            [Extension(RATCHET_TREE, tls.opaque(leaf))],
            [Extension(REQUIRED_CAPABILITIES, filled(b"ab") + b"\x00\x00")],
        ),
        "no tree": scene.invitation([Extension(9, bytes(MIB))]),
        "tree of blanks": scene.tree(tls.opaque(bytes(MIB))),
        "tree that ends blank": scene.tree(tls.opaque(leaf + bytes(4000))),
        "tree of few": scene.tree(tls.opaque(leaf + bytes(4001) + leaf)),
        "tree of leaves": scene.tree(scene.leaves()),
        "tree of one leaf": scene.tree(filled(leaf + b"\x00")),
        "tree of parents": scene.tree(tls.opaque(leaf + (parent + b"\x00") * (MIB // 68) + parent)),
        "tree of misplaced parents": scene.tree(filled(parent)),
        "tree of numbers": scene.tree(
            tls.opaque(leaf + b"\x01\x02\x00\x00" + tls.u32s(range(2, MIB // 4)))
        ),
        "tree of noise": scene.tree(filled(b"\x01\x01\x00")),
    }


def hostile() -> list[Hostile]:
    """All of them."""
    scene = Scene()
    found = [Hostile(name, data, scene.told) for name, data in _strangers(scene).items()]
    for name, commit in _clear(scene).items():
        found.append(Hostile(f"{name}, in clear", scene.stranger(commit), scene.told))
        found.append(Hostile(f"{name}, sealed", scene.sealed(commit), scene.told))
    found += [Hostile(name, data, scene.told) for name, data in _insiders(scene).items()]
    found += [
        Hostile(f"Welcome: {name}", data, scene.invited)
        for name, data in _invitations(scene).items()
    ]
    return found
