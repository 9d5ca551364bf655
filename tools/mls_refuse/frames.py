"""Lies about the frame of a message (RFC 9420 §6), its generation (§9) and its epoch (§15.3)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from node.e2ee.mls.private.crypto import derive_secret, mac
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.framing import PRIVATE_MESSAGE, PUBLIC_MESSAGE, Sender
from node.e2ee.mls.public.proposals import GroupContextExtensions, Remove, Update
from node.wire import tls
from tests.e2ee.mls.people import GROUP
from tools.mls_refuse.forge import STRAIGHT, Bend, RawProposal
from tools.mls_refuse.leaves import flip
from tools.mls_refuse.stage import Stage

COMMIT, PROPOSAL, SAID = "commit", "proposal", "said"
SHAPES = ("pair", "three", "holes", "eight", "seventeen")
Make = Callable[[Stage], bytes]


@dataclass(frozen=True)
class Frame:
    """A lie about one kind of message in one wire format; `make` gives the lie's bytes."""

    name: str
    clause: str
    why: str
    kind: str
    wire: int
    make: Make
    towns: tuple[str, ...] = SHAPES
    spread: int = 2
    options: Callable[[Stage], dict[str, Any]] = lambda s: {}
    twin: Make | None = None
    twin_name: str = ""


def honest(s: Stage, kind: str, bend: Bend = STRAIGHT) -> bytes:
    """A commit with a path, a proposal to remove the receiver, or words."""
    forger = s.forger
    if kind == COMMIT:
        return forger.commit((), bend)
    if kind == PROPOSAL:
        return forger.message(GroupContextExtensions(()), bend)
    return forger.application(b"words of the " + s.sender.name.encode(), bytes(40), bend=bend)


def bent(kind: str, bend: Callable[[Stage], Bend]) -> Make:
    return lambda s: honest(s, kind, bend(s))


def content(**changes: Any) -> Callable[[Stage], Bend]:
    def bend(s: Stage) -> Bend:
        values = {k: v(s) if callable(v) else v for k, v in changes.items()}
        return Bend(content=lambda c: replace(c, **values))

    return bend


def wrong_tags(tag: str) -> tuple[tuple[str, Callable[[Stage], Callable[[bytes], bytes]]], ...]:
    return (
        ("empty", lambda s: lambda t: b""),
        ("zero", lambda s: lambda t: bytes(len(t))),
        ("flipped", lambda s: flip()),
        ("flipped-first", lambda s: flip(0)),
        ("short", lambda s: lambda t: t[:-1]),
        ("long", lambda s: lambda t: t + b"\x00"),
        ("twice", lambda s: lambda t: t + t),
        (f"of-other-{tag}", lambda s: lambda t: mac(s.suite, b"k" * 32, t)),
    )


def signatures() -> tuple[tuple[str, str, Callable[[Stage], Bend]], ...]:
    return (
        ("empty", "no signature", lambda s: Bend(signature=lambda x: b"")),
        ("zero", "a signature of zeros", lambda s: Bend(signature=lambda x: bytes(64))),
        ("flipped", "a bit of it changed", lambda s: Bend(signature=flip())),
        ("short", "a byte too few", lambda s: Bend(signature=lambda x: x[:-1])),
        ("long", "a byte too many", lambda s: Bend(signature=lambda x: x + b"\x00")),
        ("by-receiver", "the receiver's own key", lambda s: Bend(signer=s.hears.me.signature)),
        ("by-nobody", "the key of no member", lambda s: Bend(signer=s.newcomer().me.signature)),
        (
            "format",
            "signed for the other wire format",
            lambda s: Bend(signed_format=lambda w: 3 - w),
        ),
        (
            "no-context",
            "signed without the group's context",
            lambda s: Bend(signed_context=lambda c: b""),
        ),
        ("label", "signed under another label", lambda s: Bend(signed_label=b"LeafNodeTBS")),
        (
            "other-epoch",
            "signed for another epoch",
            lambda s: Bend(signed=lambda c: replace(c, epoch=c.epoch + 1)),
        ),
        (
            "other-data",
            "signed over other authenticated data",
            lambda s: Bend(signed=lambda c: replace(c, authenticated_data=b"other")),
        ),
        (
            "other-sender",
            "signed as another sender",
            lambda s: Bend(signed=lambda c: replace(c, sender=Sender(1, c.sender.index + 1))),
        ),
    )


def _signature_frames() -> Iterator[Frame]:
    for kind in (COMMIT, PROPOSAL, SAID):
        for wire in (PRIVATE_MESSAGE, PUBLIC_MESSAGE):
            if kind == SAID and wire == PUBLIC_MESSAGE:
                continue
            for name, why, bend in signatures():
                yield (
                    Frame(
                        f"signature/{kind}-{wire}-{name}",
                        "MLS-6.1e",
                        why,
                        kind,
                        wire,
                        bent(kind, bend),
                        spread=1,
                    )
                )


def _tag_frames() -> Iterator[Frame]:
    for name, make in wrong_tags("epoch"):
        for wire in (PRIVATE_MESSAGE, PUBLIC_MESSAGE):
            yield (
                Frame(
                    f"confirmation-tag/{wire}-{name}",
                    "MLS-6.1f",
                    f"a confirmation tag, {name}",
                    COMMIT,
                    wire,
                    lambda s, m=make: honest(s, COMMIT, Bend(tag=m(s))),
                    spread=1,
                )
            )
        for kind in (COMMIT, PROPOSAL):
            yield (
                Frame(
                    f"membership-tag/{kind}-{name}",
                    "MLS-6.2b",
                    f"a membership tag, {name}",
                    kind,
                    PUBLIC_MESSAGE,
                    lambda s, m=make, k=kind: honest(s, k, Bend(membership_tag=m(s))),
                    spread=1,
                )
            )
    for kind in (COMMIT, PROPOSAL):
        yield (
            Frame(
                f"membership-tag/{kind}-key",
                "MLS-6.2b",
                "a tag made with another key",
                kind,
                PUBLIC_MESSAGE,
                lambda s, k=kind: honest(
                    s, k, Bend(membership_key=lambda x: derive_secret(s.suite, x, b"x"))
                ),
                spread=1,
            )
        )
    yield (
        Frame(
            "confirmation-tag/of-this-epoch",
            "MLS-6.1f",
            "the tag of the epoch that is left",
            COMMIT,
            PUBLIC_MESSAGE,
            bent(COMMIT, lambda s: Bend(tag=lambda t: s.sender.session.group.confirmation_tag)),
            spread=3,
        )
    )


def patched(at: int, value: bytes) -> Callable[[bytes], bytes]:
    return lambda m: m[:at] + value + m[at + len(value) :]


KIND_AT = 4 + len(tls.opaque(GROUP)) + 8


def _kind_frames() -> Iterator[Frame]:
    rows = [(f"version-{n}", "another version", patched(0, tls.u16(n))) for n in (0, 2, 0x0A0A)]
    rows += [
        (f"wire-format-{n}", "a wire format that is not known", patched(2, tls.u16(n)))
        for n in (0, 6, 0x0A0A, 0xFFFF)
    ]
    for kind, wire in ((SAID, 2), (COMMIT, 1), (PROPOSAL, 2)):
        for name, why, edit in rows:
            yield (
                Frame(
                    f"kind/{kind}-{wire}-{name}",
                    "MLS-6",
                    why,
                    kind,
                    wire,
                    bent(kind, lambda s, e=edit: Bend(message=e)),
                    spread=1,
                )
            )
    for n in (0, 4, 255):
        yield (
            Frame(
                f"kind/private-content-{n}",
                "MLS-6",
                "a content type not known",
                SAID,
                2,
                bent(SAID, lambda s, n=n: Bend(message=patched(KIND_AT, bytes([n])))),
                spread=1,
            )
        )
    for n in (0, 5, 255):
        for kind in (COMMIT, PROPOSAL):
            yield (
                Frame(
                    f"kind/sender-{kind}-{n}",
                    "MLS-6",
                    "a sender type not known",
                    kind,
                    1,
                    bent(kind, lambda s, n=n: Bend(content=lambda c: replace(c, sender=_Kind(n)))),
                    spread=1,
                )
            )
    for n in (0, 4, 255):
        yield (
            Frame(
                f"kind/public-content-{n}",
                "MLS-6",
                "a content type not known",
                PROPOSAL,
                1,
                lambda s, n=n: _public_type(s, n),
                spread=1,
            )
        )


class _Kind(Sender):
    """A sender of a type that there is not."""

    def __init__(self, number: int) -> None:
        super().__init__(framing.MEMBER, 0)
        object.__setattr__(self, "type", number)

    def encode(self) -> bytes:
        return bytes([self.type])


def _public_type(s: Stage, number: int) -> bytes:
    from tools.mls_refuse.forge import raw_content

    forger = s.forger
    head = len(tls.opaque(GROUP)) + 8 + 5 + 1
    edit = patched(head, bytes([number]))
    return forger.message(GroupContextExtensions(()), Bend(content=lambda c: raw_content(c, edit)))


def blank_leaf(s: Stage) -> int:
    return {"three": 3, "holes": 2, "seventeen": 17}.get(s.town.name, s.tree.leaves)


def _place_frames() -> Iterator[Frame]:
    for kind, wire in ((SAID, 2), (COMMIT, 1), (COMMIT, 2), (PROPOSAL, 1), (PROPOSAL, 2)):
        for name, id in (
            ("other", b"mls://g/other"),
            ("longer", GROUP + b"x"),
            ("empty", b""),
            ("shorter", GROUP[:-1]),
        ):
            yield (
                Frame(
                    f"group/{kind}-{wire}-{name}",
                    "MLS-6b",
                    "for another group",
                    kind,
                    wire,
                    bent(kind, content(group_id=id)),
                    spread=1,
                )
            )
        for name, shift in (("coming", 1), ("far", 2**40), ("past", -1)):
            if kind == SAID and shift < 0:
                continue
            clause = "MLS-14e" if kind == COMMIT and shift < 0 else "MLS-12.4.2a"
            yield (
                Frame(
                    f"epoch/{kind}-{wire}-{name}",
                    clause,
                    "of another epoch",
                    kind,
                    wire,
                    bent(kind, content(epoch=lambda s, d=shift: s.sender.session.epoch + d)),
                    spread=1,
                )
            )


def _sender_frames() -> Iterator[Frame]:
    for kind in (COMMIT, PROPOSAL):
        for name, at in (
            ("beyond", lambda s: s.tree.leaves),
            ("last", lambda s: 2**32 - 1),
            ("blank", blank_leaf),
        ):
            yield (
                Frame(
                    f"sender/{kind}-{name}",
                    "MLS-6.1a",
                    "from a leaf with no member",
                    kind,
                    1,
                    bent(kind, content(sender=lambda s, a=at: Sender(1, a(s)))),
                    towns=("three", "holes", "seventeen"),
                    spread=2,
                )
            )
        yield (
            Frame(
                f"sender/{kind}-impersonated",
                "MLS-6.1e",
                "in the name of a third",
                kind,
                1,
                bent(kind, content(sender=lambda s: Sender(1, s.third.session.own_leaf))),
                towns=SHAPES[1:],
                spread=3,
            )
        )
        for name, type, clause in (("external", 2, "MLS-6.1b"), ("applicant", 3, "MLS-6.1d")):
            yield (
                Frame(
                    f"sender/{kind}-{name}",
                    clause,
                    "as one from outside",
                    kind,
                    1,
                    bent(kind, content(sender=lambda s, t=type: Sender(t))),
                    spread=2,
                )
            )
    yield (
        Frame(
            "sender/proposal-joiner",
            "MLS-6.1c",
            "a proposal as one who joins",
            PROPOSAL,
            1,
            bent(PROPOSAL, content(sender=Sender(4))),
            spread=2,
        )
    )
    yield (
        Frame(
            "sender/commit-joiner",
            "MLS-12.2k",
            "a member's commit as one who joins",
            COMMIT,
            1,
            bent(COMMIT, content(sender=Sender(4))),
            spread=2,
        )
    )
    kind = COMMIT
    yield (
        Frame(
            f"sender/{kind}-receiver",
            "MLS-9.1a",
            "in the receiver's own name, its key stolen",
            kind,
            1,
            bent(
                kind,
                lambda s: Bend(
                    content=lambda c: replace(c, sender=Sender(1, s.hears.session.own_leaf)),
                    signer=s.hears.me.signature,
                ),
            ),
            spread=3,
        )
    )
    yield (
        Frame(
            "clear/words",
            "MLS-6a",
            "words in a PublicMessage",
            PROPOSAL,
            1,
            lambda s: s.forger.message(b"in clear"),
            spread=3,
        )
    )
    yield (
        Frame(
            "clear/nothing",
            "MLS-6a",
            "no words in a PublicMessage",
            PROPOSAL,
            1,
            lambda s: s.forger.message(b""),
            spread=1,
        )
    )
    kind = PROPOSAL
    yield (
        Frame(
            "proposal/external-init",
            "MLS-12.1.6",
            "an ExternalInit by itself",
            kind,
            1,
            lambda s: s.forger.message(_external_init(s)),
            spread=3,
        )
    )
    yield (
        Frame(
            "proposal/external-init-private",
            "MLS-12.1.6",
            "an ExternalInit by itself",
            kind,
            2,
            lambda s: s.forger.message(_external_init(s)),
            spread=2,
        )
    )


def _external_init(s: Stage) -> Any:
    return RawProposal(6, tls.opaque(s.another().public))


def _proposal_frames() -> list[Frame]:
    """Lies in proposals that are not about a leaf or a key package."""
    rows: list[tuple[str, str, str, Callable[[Stage], Any]]] = [
        ("remove-beyond", "MLS-12.1.3", "a leaf beyond the tree", lambda s: Remove(s.tree.leaves)),
        ("remove-far", "MLS-12.1.3", "leaf 2^32 - 1", lambda s: Remove(2**32 - 1)),
        ("remove-blank", "MLS-12.1.3", "a blank leaf", lambda s: Remove(blank_leaf(s))),
        *(
            (
                f"psk-nonce-{n}",
                "MLS-12.1.4b",
                f"a nonce of {n} bytes",
                lambda s, n=n: s.psk(nonce=bytes(n)),
            )
            for n in (0, 31, 33)
        ),
        ("psk-reinit", "MLS-12.1.4a", "a key for reinit", lambda s: s.resumption(usage=2)),
        ("psk-branch", "MLS-12.1.4a", "a key for a branch", lambda s: s.resumption(usage=3)),
        *(
            (
                f"psk-type-{n}",
                "MLS-8.4",
                "a type of key not known",
                lambda s, n=n: RawProposal(4, bytes([n, 1]) + bytes(42)),
            )
            for n in (0, 3, 255)
        ),
        *(
            (
                f"psk-usage-{n}",
                "MLS-8.4",
                "a use of a key not known",
                lambda s, n=n: RawProposal(4, bytes([2, n]) + bytes(50)),
            )
            for n in (0, 4)
        ),
        (
            "reinit-version-0",
            "MLS-12.1.5",
            "an older version",
            lambda s: RawProposal(5, tls.opaque(b"new") + tls.u16(0) + tls.u16(1) + b"\x00"),
        ),
        *(
            (f"type-{n}", "MLS-13.2", "a type not known", lambda s, n=n: RawProposal(n, bytes(4)))
            for n in (0, 8, 0x0A0A, 0xF123)
        ),
        (
            "update-key-kept",
            "MLS-7.3l",
            "an Update that keeps its key",
            lambda s: s.update(s.sender, _kept(s)),
        ),
        (
            "extensions-twice",
            "MLS-13.4a",
            "two extensions of one type",
            lambda s: RawProposal(7, tls.vector([tls.u16(9) + b"\x00"] * 2)),
        ),
        (
            "extensions-cut",
            "MLS-2.1",
            "external_senders that end early",
            lambda s: RawProposal(7, tls.vector([tls.u16(5) + tls.opaque(b"\x05")])),
        ),
    ]
    return [
        Frame(
            f"proposal-of/{name}-{wire}",
            clause,
            why,
            PROPOSAL,
            wire,
            lambda s, m=make: s.forger.message(m(s)),
            towns=("three", "holes", "seventeen"),
            spread=1,
        )
        for name, clause, why, make in rows
        for wire in (1, 2)
    ]


def _kept(s: Stage) -> Any:
    from tools.mls_refuse.forge import Leaf

    own = s.sender.session.group.own.encryption_key
    return Leaf(fields=lambda f: f | {"encryption_key": own})


def said(**options: Any) -> Make:
    """Words, with options of `Forger.private` that may look at the stage."""

    def make(s: Stage) -> bytes:
        chosen = {k: v.look(s) if isinstance(v, Look) else v for k, v in options.items()}
        padding = chosen.pop("padding", bytes(40))
        return s.forger.application(b"words of the " + s.sender.name.encode(), padding, **chosen)

    return make


@dataclass(frozen=True)
class Look:
    """An option that depends on the stage."""

    look: Callable[[Stage], Any] = field(default=lambda s: None)


def _private_frames() -> list[Frame]:
    rows: list[tuple[str, str, str, Make]] = [
        *(
            (f"padding-{name}", "MLS-6.3.1a", "padding that is not zero", said(padding=value))
            for name, value in (
                ("first", b"\x01" + bytes(39)),
                ("last", bytes(39) + b"\x80"),
                ("middle", bytes(20) + b"\xff" + bytes(19)),
                ("only", b"\x01"),
                ("all", b"\x01" * 40),
            )
        ),
        (
            "key-of-next",
            "MLS-6.3.1b",
            "sealed with the key of the next generation",
            said(generation=1, shown_generation=0),
        ),
        (
            "key-of-handshake",
            "MLS-6.3.1b",
            "sealed with a key of the handshake ratchet",
            said(ratchet=Look(lambda s: (s.at, 0))),
        ),
        ("unguarded", "MLS-6.3.1b", "sealed without the reuse guard", said(guarded=False)),
        (
            "ciphertext-flipped",
            "MLS-6.3.1b",
            "a bit of the ciphertext changed",
            said(ciphertext=flip()),
        ),
        (
            "ciphertext-cut",
            "MLS-6.3.1b",
            "a byte of the ciphertext missing",
            said(ciphertext=lambda c: c[:-1]),
        ),
        (
            "ciphertext-more",
            "MLS-6.3.1b",
            "a byte after the ciphertext",
            said(ciphertext=lambda c: c + b"\x00"),
        ),
        (
            "ciphertext-short",
            "MLS-6.3.1b",
            "a ciphertext shorter than a tag",
            said(ciphertext=lambda c: c[:15]),
        ),
        ("ciphertext-empty", "MLS-6.3.1b", "no ciphertext", said(ciphertext=lambda c: b"")),
        (
            "aad-changed",
            "MLS-6.3.1b",
            "authenticated data changed afterwards",
            said(frame=lambda b: replace(b, authenticated_data=b"other")),
        ),
        (
            "sample-changed",
            "MLS-6.3.2c",
            "the ciphertext's first byte changed afterwards",
            said(frame=lambda b: replace(b, ciphertext=flip(0)(b.ciphertext))),
        ),
        (
            "sender-data-flipped",
            "MLS-6.3.2c",
            "a bit of the sender data changed",
            said(frame=lambda b: replace(b, encrypted_sender_data=flip()(b.encrypted_sender_data))),
        ),
        (
            "sender-data-empty",
            "MLS-6.3.2c",
            "no sender data",
            said(frame=lambda b: replace(b, encrypted_sender_data=b"")),
        ),
        (
            "sender-data-short",
            "MLS-6.3.2c",
            "sender data shorter than a tag",
            said(frame=lambda b: replace(b, encrypted_sender_data=b"x" * 15)),
        ),
        (
            "sender-data-other-type",
            "MLS-6.3.2c",
            "the content type changed afterwards",
            said(frame=lambda b: replace(b, content_type=2)),
        ),
        (
            "sender-data-key",
            "MLS-6.3.2c",
            "sender data sealed with another secret",
            said(sender_key=lambda k: bytes(32)),
        ),
        (
            "sender-data-longer",
            "MLS-2.1a",
            "a byte more in the sender data",
            said(sender_data=lambda d: d + b"\x00"),
        ),
        (
            "sender-data-shorter",
            "MLS-2.1",
            "a byte less in the sender data",
            said(sender_data=lambda d: d[:-1]),
        ),
        (
            "leaf-beyond",
            "MLS-6.3.2a",
            "from a leaf beyond the tree",
            said(leaf=Look(lambda s: s.tree.leaves)),
        ),
        ("leaf-last", "MLS-6.3.2a", "from leaf 2^32 - 1", said(leaf=2**32 - 1)),
        ("leaf-blank", "MLS-6.3.2a", "from a blank leaf", said(leaf=Look(blank_leaf))),
        (
            "leaf-receiver",
            "MLS-9.1a",
            "from the receiver itself",
            said(leaf=Look(lambda s: s.hears.session.own_leaf)),
        ),
        (
            "leaf-stolen",
            "MLS-6.1e",
            "with the keys of a third, signed by the sender",
            said(
                leaf=Look(lambda s: s.third.session.own_leaf),
                ratchet=Look(lambda s: (s.third.session.own_leaf, 1)),
            ),
        ),
        (
            "leaf-claimed",
            "MLS-6.3.1b",
            "in the name of a third, sealed with the sender's key",
            said(leaf=Look(lambda s: s.third.session.own_leaf)),
        ),
        ("generation-1001", "MLS-15.3", "1,001 generations ahead", said(generation=1001)),
        ("generation-2000", "MLS-15.3", "2,000 generations ahead", said(generation=2000)),
        ("generation-2^20", "MLS-15.3", "2^20 generations ahead", said(shown_generation=2**20)),
        ("generation-last", "MLS-15.3", "in the last generation", said(shown_generation=2**32 - 1)),
        (
            "plaintext-cut",
            "MLS-2.1",
            "a plaintext that ends inside the signature",
            said(bend=Bend(plaintext=lambda p: p[:60])),
        ),
        (
            "plaintext-empty",
            "MLS-2.1",
            "an empty plaintext",
            said(bend=Bend(plaintext=lambda p: b"")),
        ),
        (
            "length-long",
            "MLS-2.1.2",
            "a length that is not the shortest",
            said(bend=Bend(plaintext=lambda p: b"\x40" + p)),
        ),
        (
            "length-longest",
            "MLS-2.1.2",
            "a length of four bytes that needs one",
            said(bend=Bend(plaintext=lambda p: b"\x80\x00\x00" + p)),
        ),
        (
            "length-11",
            "MLS-2.1.2a",
            "a length that begins with 11",
            said(bend=Bend(plaintext=lambda p: bytes([p[0] | 0xC0]) + p[1:])),
        ),
        (
            "length-overrun",
            "MLS-2.1",
            "a length beyond the end",
            said(bend=Bend(plaintext=lambda p: b"\x7f\xff" + p[1:])),
        ),
        (
            "signature-length-11",
            "MLS-2.1.2a",
            "a signature's length that begins with 11",
            said(bend=Bend(auth=lambda a: bytes([a[0] | 0xC0]) + a[1:])),
        ),
        (
            "signature-length-long",
            "MLS-2.1.2",
            "a signature's length in four bytes",
            said(bend=Bend(auth=lambda a: b"\x80\x00\x00" + a[1:])),
        ),
    ]
    return [
        Frame(
            f"private/{name}",
            clause,
            why,
            SAID,
            2,
            make,
            towns=("three", "holes", "seventeen"),
            spread=2,
        )
        for name, clause, why, make in rows
    ]


FRAMES: tuple[Frame, ...] = (
    *_signature_frames(),
    *_tag_frames(),
    *_kind_frames(),
    *_place_frames(),
    *_sender_frames(),
    *_proposal_frames(),
    *_private_frames(),
    Frame(
        "commit-without-tag",
        "MLS-2.1",
        "a commit with no confirmation tag at all",
        COMMIT,
        1,
        bent(
            COMMIT,
            lambda s: Bend(
                auth=lambda a: a[:-33], membership_tag=lambda t: t, public=lambda p: p[:-33]
            ),
        ),
        spread=2,
    ),
    Frame(
        "commit-without-tag-private",
        "MLS-6.1f",
        "zeros where the confirmation tag should be",
        COMMIT,
        2,
        bent(COMMIT, lambda s: Bend(auth=lambda a: a[:-33])),
        spread=2,
    ),
    Frame(
        "proposal-with-tag",
        "MLS-6.3.1a",
        "a confirmation tag with a proposal",
        PROPOSAL,
        2,
        bent(PROPOSAL, lambda s: Bend(auth=lambda a: a + tls.opaque(b"t" * 32))),
        spread=2,
    ),
    Frame(
        "update-of-another",
        "MLS-7.3b",
        "an Update with the leaf of a third",
        PROPOSAL,
        1,
        lambda s: s.forger.message(Update(s.update(s.third).leaf)),
        towns=SHAPES[1:],
        spread=3,
    ),
)
