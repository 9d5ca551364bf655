"""Lies about what a commit's list of proposals may hold (RFC 9420 §12.1, §12.2)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from node.e2ee.mls.private.proposal_list import Listed
from node.e2ee.mls.public.credentials import basic
from node.e2ee.mls.public.extensions import (
    EXTERNAL_SENDERS,
    REQUIRED_CAPABILITIES,
    Extension,
    ExternalSender,
    RequiredCapabilities,
)
from node.e2ee.mls.public.framing import MEMBER, Sender
from node.e2ee.mls.public.proposals import (
    Add,
    ExternalInit,
    GroupContextExtensions,
    ReInit,
    Remove,
)
from node.wire import tls
from tools.mls_refuse.forge import Bend, Leaf, RawCommit, RawProposal
from tools.mls_refuse.stage import THIRDS, Row, Stage

Items = Callable[[Stage], Sequence[Any]]
MALLORY = b"https://mallory.example/a"
EMPTY = GroupContextExtensions(())


def remove_third(s: Stage) -> list[Any]:
    return [s.gone()]


def add_one(s: Stage) -> list[Any]:
    return [s.new()]


def update_third(s: Stage) -> list[Any]:
    return [s.refer(s.third, s.update(s.third))]


def senders(s: Stage, name: bytes = b"https://service.example/a") -> GroupContextExtensions:
    key = s.newcomer("yan").me.signature.public
    data = tls.vector([ExternalSender(key, basic(name)).encode()])
    return GroupContextExtensions((Extension(EXTERNAL_SENDERS, data),))


def extensions(*found: Extension) -> GroupContextExtensions:
    return GroupContextExtensions(found)


def raw_extensions(*found: Extension) -> RawProposal:
    return RawProposal(7, tls.vector(e.encode() for e in found))


def reinit(s: Stage, **changes: Any) -> ReInit:
    values = {"group_id": b"successor", "version": 1, "suite_id": 1, "extensions": ()} | changes
    return ReInit(**values)


def psk_row(name: str, clause: str, why: str, lied: Items, **more: Any) -> Row:
    return Row(
        f"psk/{name}",
        clause,
        why,
        lambda s: [s.psk()],
        lied,
        kind="psk",
        spread=3,
        path=False,
        **more,
    )


def _raw_psk(data: bytes) -> Items:
    return lambda s: [RawProposal(4, data + tls.opaque(bytes(32)))]


RESUMED = tls.opaque(b"g") + tls.u64(1)
PSK_ROWS = (
    *(
        psk_row(
            f"nonce-{n}",
            "MLS-12.1.4b",
            f"a nonce of {n} bytes",
            lambda s, n=n: [s.psk(nonce=bytes(range(64))[:n])],
        )
        for n in (0, 1, 31, 33, 64)
    ),
    psk_row(
        "resumption-nonce",
        "MLS-12.1.4b",
        "a resumption key's nonce of 16 bytes",
        lambda s: [s.resumption(nonce=bytes(16))],
    ),
    *(
        psk_row(
            f"usage-{name}",
            "MLS-12.1.4a",
            f"a resumption key for {name} in a plain commit",
            lambda s, u=usage: [s.resumption(usage=u)],
        )
        for name, usage in (("reinit", 2), ("branch", 3))
    ),
    *(
        psk_row(
            f"type-{n}",
            "MLS-8.4",
            "a type of key that is not known",
            _raw_psk(bytes([n, 1]) + RESUMED),
        )
        for n in (0, 3, 255)
    ),
    *(
        psk_row(
            f"usage-{n}",
            "MLS-8.4",
            "a use of a resumption key that is not known",
            _raw_psk(bytes([2, n]) + RESUMED),
        )
        for n in (0, 4, 255)
    ),
    psk_row(
        "unknown",
        "MLS-12.4.2c",
        "a key that the receiver does not have",
        lambda s: [s.psk(b"nobody has it")],
    ),
    psk_row(
        "unknown-epoch",
        "MLS-12.4.2c",
        "the resumption key of an epoch to come",
        lambda s: [s.resumption(epoch=99)],
    ),
    psk_row(
        "unknown-group",
        "MLS-12.4.2c",
        "the resumption key of a group not known here",
        lambda s: [s.resumption(group_id=b"elsewhere")],
    ),
    psk_row("twice", "MLS-12.2g", "one key twice", lambda s: [s.psk(), s.psk()]),
    psk_row(
        "twice-apart",
        "MLS-12.2g",
        "one key twice, another between",
        lambda s: [s.psk(), s.psk(b"other"), s.psk()],
    ),
    psk_row(
        "resumption-twice",
        "MLS-12.2g",
        "one resumption key twice",
        lambda s: [s.resumption(), s.resumption()],
    ),
    psk_row(
        "twice-by-reference",
        "MLS-12.2g",
        "one key by value and by reference",
        lambda s: [s.psk(), s.refer(s.third, s.psk())],
        towns=THIRDS,
    ),
)

LIST_ROWS = (
    Row(
        "own-update/by-value",
        "MLS-12.2b",
        "an Update of the committer's, by value",
        lied=lambda s: [s.update(s.sender)],
        spread=4,
    ),
    Row(
        "own-update/by-reference",
        "MLS-12.2b",
        "an Update of the committer's, by reference",
        lied=lambda s: [s.refer(s.sender, s.update(s.sender))],
        spread=3,
    ),
    Row(
        "own-update/beside-others",
        "MLS-12.2b",
        "an Update of the committer's beside a Remove",
        remove_third,
        lambda s: [s.gone(), s.update(s.sender)],
        towns=THIRDS,
        kind="remove",
    ),
    Row(
        "own-removal",
        "MLS-12.2c",
        "the committer's own removal",
        lied=lambda s: (),
        shown=lambda s: [Remove(s.at)],
        spread=5,
    ),
    Row(
        "own-removal/by-reference",
        "MLS-12.2c",
        "own removal, that another proposed",
        lied=lambda s: (),
        shown=lambda s: [s.refer(s.third, Remove(s.at))],
        towns=THIRDS,
        spread=3,
    ),
    Row(
        "one-leaf/two-removes",
        "MLS-12.2d",
        "one member removed twice",
        remove_third,
        lambda s: [s.gone(), s.gone()],
        towns=THIRDS,
        kind="remove",
        spread=4,
    ),
    Row(
        "one-leaf/remove-by-value-and-reference",
        "MLS-12.2d",
        "removed by value and by reference",
        remove_third,
        lambda s: [s.gone(), s.refer(s.third, s.gone())],
        towns=THIRDS,
        kind="remove",
    ),
    Row(
        "one-leaf/update-and-remove",
        "MLS-12.2d",
        "updated and removed",
        update_third,
        lambda s: [*update_third(s), s.gone()],
        towns=THIRDS,
        kind="update",
        spread=4,
    ),
    Row(
        "one-leaf/two-updates",
        "MLS-12.2d",
        "two Updates of one member",
        update_third,
        lambda s: [*update_third(s), s.refer(s.third, s.update(s.third, None, "second"))],
        towns=THIRDS,
        kind="update",
        spread=3,
    ),
    Row(
        "one-leaf/one-update-twice",
        "MLS-12.2d",
        "one reference twice",
        update_third,
        lambda s: update_third(s) * 2,
        towns=THIRDS,
        kind="update",
        spread=3,
    ),
    Row(
        "add/same-package-twice",
        "MLS-12.2e",
        "one key package twice",
        add_one,
        lambda s: [s.new(), s.new()],
        kind="add",
        spread=3,
    ),
    Row(
        "add/same-client-twice",
        "MLS-12.2e",
        "two key packages of one client",
        add_one,
        lambda s: [s.new(), s.new("zoe", 1)],
        kind="add",
        spread=3,
    ),
    Row(
        "add/same-client-apart",
        "MLS-12.2e",
        "two key packages of one client, one between",
        add_one,
        lambda s: [s.new(), s.new("yan"), s.new("zoe", 1)],
        kind="add",
        spread=2,
    ),
    Row(
        "add/same-client-by-reference",
        "MLS-12.2e",
        "added by value and by reference",
        add_one,
        lambda s: [s.new(), s.refer(s.third, s.new("zoe", 1))],
        towns=THIRDS,
        kind="add",
    ),
    Row(
        "add/who-is-here",
        "MLS-12.2f",
        "a member added again",
        add_one,
        lambda s: [Add(s.third.me.key_package(s.forger.entropy, 1_800_000_000).key_package)],
        towns=THIRDS,
        kind="add",
        spread=4,
    ),
    Row(
        "add/who-commits",
        "MLS-12.2f",
        "the committer added again",
        add_one,
        lambda s: [Add(s.sender.me.key_package(s.forger.entropy, 1_800_000_000).key_package)],
        kind="add",
        spread=3,
    ),
    Row(
        "add/who-receives",
        "MLS-12.2f",
        "the receiver added again",
        add_one,
        lambda s: [Add(s.hears.me.key_package(s.forger.entropy, 1_800_000_000).key_package)],
        kind="add",
        spread=3,
    ),
    Row(
        "add/here-another-leaves",
        "MLS-12.2f",
        "a member added again while another is removed",
        add_one,
        lambda s: [
            Add(s.sender.me.key_package(s.forger.entropy, 1_800_000_000).key_package),
            s.gone(),
        ],
        towns=THIRDS,
        kind="add",
    ),
    *(
        Row(
            f"remove/{name}",
            "MLS-12.1.3",
            f"the removal of {why}",
            lied=lambda s: (),
            shown=lambda s, at=at: [Remove(at(s))],
            spread=spread,
            towns=towns,
        )
        for name, why, at, towns, spread in (
            (
                "beyond",
                "a leaf beyond the tree",
                lambda s: s.tree.leaves,
                ("pair", "three", "holes", "eight", "seventeen"),
                4,
            ),
            ("far-beyond", "leaf 2^32 - 1", lambda s: 2**32 - 1, ("pair", "holes", "eight"), 2),
            (
                "blank",
                "a blank leaf",
                lambda s: {"three": 3, "holes": 2}.get(s.town.name, 17),
                ("three", "holes", "seventeen"),
                3,
            ),
        )
    ),
    Row(
        "extensions/two",
        "MLS-12.2h",
        "two GroupContextExtensions",
        lambda s: [EMPTY],
        lambda s: [EMPTY, EMPTY],
        kind="extensions",
        spread=4,
    ),
    Row(
        "extensions/two-that-differ",
        "MLS-12.2h",
        "two GroupContextExtensions that differ",
        lambda s: [EMPTY],
        lambda s: [EMPTY, senders(s)],
        kind="extensions",
        spread=3,
    ),
    Row(
        "extensions/type-twice",
        "MLS-13.4a",
        "one type twice in new extensions",
        lambda s: [EMPTY],
        lambda s: [EMPTY],
        lambda s: [raw_extensions(Extension(5, b"\x00"), Extension(5, b"\x00"))],
        kind="extensions",
        spread=3,
    ),
    Row(
        "extensions/unsupported",
        "MLS-12.1.7",
        "an extension that other members do not support",
        lambda s: [EMPTY],
        lambda s: [extensions(Extension(0xF2F2, b""))],
        bend=lambda s: Bend(leaf=Leaf(fields=listing(extensions=(0xF2F2,)))),
        kind="extensions",
        spread=4,
    ),
    Row(
        "extensions/unsupported-by-committer",
        "MLS-13.4b",
        "an extension that the committer itself does not support",
        lambda s: [EMPTY],
        lambda s: [extensions(Extension(0xF2F2, b""))],
        kind="extensions",
    ),
    *(
        Row(
            f"extensions/require-{name}",
            "MLS-12.1.7",
            "a capability that other members lack",
            lambda s: [EMPTY],
            lambda s, r=required: [extensions(Extension(REQUIRED_CAPABILITIES, r.encode()))],
            bend=lambda s: Bend(
                leaf=Leaf(
                    fields=listing(
                        extensions=(0xF2F2,), proposals=(0xF2F2,), credentials=(1, 0x4242)
                    )
                )
            ),
            kind="extensions",
            spread=3,
        )
        for name, required in (
            ("extension", RequiredCapabilities(extensions=(0xF2F2,))),
            ("proposal", RequiredCapabilities(proposals=(0xF2F2,))),
            ("credential", RequiredCapabilities(credentials=(0x4242,))),
        )
    ),
    *(
        Row(
            f"extensions/garbled-{name}",
            clause,
            why,
            lambda s: [EMPTY],
            lambda s, e=extension: [extensions(e)],
            kind="extensions",
        )
        for name, clause, why, extension in (
            (
                "required-cut",
                "MLS-2.1",
                "required_capabilities that end early",
                Extension(3, b"\x00\x00"),
            ),
            (
                "required-odd",
                "MLS-2.1",
                "required_capabilities with half a number",
                Extension(3, b"\x01\x00\x00\x00"),
            ),
            (
                "required-more",
                "MLS-2.1a",
                "required_capabilities with a byte too many",
                Extension(3, bytes(4)),
            ),
            ("senders-cut", "MLS-2.1", "external_senders that end early", Extension(5, b"\x21")),
            (
                "senders-more",
                "MLS-2.1a",
                "external_senders with a byte too many",
                Extension(5, bytes(2)),
            ),
            (
                "senders-long-length",
                "MLS-2.1.2",
                "external_senders with a length too long",
                Extension(5, b"\x40\x00"),
            ),
        )
    ),
    Row(
        "extensions/distrusted-sender",
        "MLS-5.3.1a",
        "an external sender who is not accepted",
        lambda s: [senders(s)],
        lambda s: [senders(s, MALLORY)],
        kind="senders",
        spread=3,
        options={"distrusts": [basic(MALLORY).encode().hex()]},
    ),
    *(
        Row(
            f"reinit/with-{name}",
            "MLS-12.2i",
            f"a ReInit together with {name}",
            lambda s: [reinit(s)],
            lambda s, o=other: [reinit(s), *o(s)],
            path=False,
            lied_path=path,
            kind="reinit",
            towns=THIRDS,
            spread=2,
        )
        for name, other, path in (
            ("add", add_one, None),
            ("remove", remove_third, None),
            ("psk", lambda s: [s.psk()], None),
            ("extensions", lambda s: [EMPTY], None),
            ("itself", lambda s: [reinit(s)], None),
            ("another", lambda s: [reinit(s, group_id=b"elsewhere")], None),
            ("update", update_third, None),
        )
    ),
    Row(
        "reinit/version-0",
        "MLS-12.1.5",
        "a ReInit to version 0",
        lambda s: [reinit(s)],
        lambda s: [reinit(s, version=0)],
        path=False,
        kind="reinit",
        spread=4,
    ),
    Row(
        "external-init/by-value",
        "MLS-12.2j",
        "an ExternalInit in a member's commit",
        lied=lambda s: [ExternalInit(s.another().public)],
        spread=4,
    ),
    Row(
        "external-init/beside-others",
        "MLS-12.2j",
        "an ExternalInit beside an Add",
        add_one,
        lambda s: [s.new(), ExternalInit(s.another().public)],
        lied_path=True,
        kind="add",
    ),
    *(
        Row(
            f"type-{n}",
            "MLS-13.2",
            "a proposal of a type that is not known",
            lied=lambda s: (),
            shown=lambda s, n=n: [RawProposal(n, b"\x00")],
            spread=2,
        )
        for n in (0, 8, 0x0A0A, 0xF123)
    ),
    *(
        Row(
            f"entry-{n}",
            "MLS-12.4",
            "an entry that is neither a proposal nor a reference",
            bend=lambda s, n=n: Bend(commit=_entry(n)),
            spread=2,
        )
        for n in (0, 3, 255)
    ),
    *(
        Row(
            f"reference/{name}",
            "MLS-12.4.2h",
            f"a reference {why}",
            lied=lambda s: (),
            shown=lambda s, r=ref: [reference_to(r)],
            spread=2,
        )
        for name, why, ref in (
            ("unknown", "to nothing known", bytes(range(32))),
            ("empty", "of no length", b""),
            ("short", "that is too short", bytes(31)),
            ("long", "that is too long", bytes(33)),
        )
    ),
    Row(
        "reference/unheard",
        "MLS-12.4.2h",
        "a reference to a proposal that was not sent here",
        update_third,
        lambda s: [s.refer(s.third, s.update(s.third), hear=False)],
        towns=THIRDS,
        spread=4,
        options={"before": []},
        kind="update-unheard",
    ),
    Row(
        "path-missing/nothing", "MLS-12.4.2e", "no proposal and no path", lied_path=False, spread=5
    ),
    Row(
        "path-missing/remove",
        "MLS-12.4.2e",
        "a Remove without a path",
        remove_third,
        lied_path=False,
        towns=THIRDS,
        kind="remove",
        spread=4,
    ),
    Row(
        "path-missing/update",
        "MLS-12.4.2e",
        "an Update without a path",
        update_third,
        lied_path=False,
        towns=THIRDS,
        kind="update",
        spread=3,
    ),
    Row(
        "path-missing/extensions",
        "MLS-12.4.2e",
        "new extensions without a path",
        lambda s: [EMPTY],
        lied_path=False,
        kind="extensions",
        spread=3,
    ),
    Row(
        "path-missing/add-and-remove",
        "MLS-12.4.2e",
        "an Add and a Remove without a path",
        lambda s: [s.new(), s.gone()],
        lied_path=False,
        towns=THIRDS,
        spread=3,
        kind="both",
    ),
    Row(
        "update/key-of-other",
        "MLS-7.3i",
        "an Update to another member's encryption key",
        update_third,
        lambda s: [
            s.refer(
                s.third,
                s.update(
                    s.third,
                    Leaf(
                        fields=lambda f: (
                            f | {"encryption_key": s.hears.session.group.own.encryption_key}
                        )
                    ),
                ),
            )
        ],
        towns=THIRDS,
        kind="update",
        spread=4,
    ),
    Row(
        "update/key-of-parent",
        "MLS-12.4.3.1h",
        "an Update to the encryption key of a parent",
        update_third,
        lambda s: [
            s.refer(
                s.third,
                s.update(s.third, Leaf(fields=lambda f: f | {"encryption_key": lasting_parent(s)})),
            )
        ],
        towns=("eight", "seventeen"),
        kind="update",
        spread=2,
    ),
    Row(
        "update/signature-key-of-other",
        "MLS-7.3j",
        "an Update to another member's signature key",
        update_third,
        lambda s: [
            s.refer(
                s.third,
                s.update(
                    s.third,
                    Leaf(
                        fields=lambda f: f | {"signature_key": s.hears.me.signature.public},
                        signer=s.hears.me.signature,
                    ),
                ),
            )
        ],
        towns=THIRDS,
        kind="update",
        spread=4,
    ),
)


def reference_to(data: bytes) -> Listed:
    """An entry of a list that is only a reference."""
    return Listed(Remove(0), Sender(MEMBER, 0), data)


def _entry(number: int) -> Callable[[Any], Any]:
    def edit(commit: Any) -> Any:
        path = tls.optional(None if commit.path is None else commit.path.encode())
        data = tls.vector([bytes([number]) + tls.u16(3) + tls.u32(0)]) + path
        return RawCommit(commit.proposals, commit.path, data)

    return edit


def listing(**lists: tuple[int, ...]) -> Callable[[Any], Any]:
    """A leaf whose capabilities say something else."""
    return lambda f: f | {"capabilities": replace(f["capabilities"], **lists)}


def lasting_parent(s: Stage) -> bytes:
    """The key of a parent that neither the sender's path nor the third's leaf blanks."""
    tree = s.tree
    hit = {*tree.direct_path(s.at), *tree.direct_path(s.third.session.own_leaf)}
    return next(node.encryption_key for at, node in tree.parents() if at not in hit)
