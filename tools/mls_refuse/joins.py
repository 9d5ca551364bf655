"""Lies of those who come or speak from outside (RFC 9420 §12.1.8, §12.2, §12.4.3.2)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from node.e2ee.mls.private import protect
from node.e2ee.mls.private.crypto import SignatureKey, mac
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.commit import Commit
from node.e2ee.mls.public.framing import EXTERNAL, PUBLIC_MESSAGE, AuthData, FramedContent, Sender
from node.e2ee.mls.public.proposals import (
    Add,
    ExternalInit,
    GroupContextExtensions,
    ReInit,
    Remove,
    Update,
)
from node.wire import tls
from tests.e2ee.mls.people import GROUP, Device
from tests.e2ee.mls.replay import text
from tools.mls_refuse.book import Book
from tools.mls_refuse.forge import STRAIGHT, Bend, Joiner, Leaf
from tools.mls_refuse.frames import blank_leaf, signatures, wrong_tags
from tools.mls_refuse.leaves import LEAF_LIES, PATH, flip
from tools.mls_refuse.packages import PACKAGE_LIES, Package, forged
from tools.mls_refuse.paths import PATH_ROWS
from tools.mls_refuse.stage import Stage
from tools.mls_refuse.town import Town

Items = Callable[[Stage, Joiner], Sequence[Any]]
EMPTY = GroupContextExtensions(())


@dataclass(frozen=True)
class Way:
    """A lie in an external commit; `removes` when its twin takes the place of an older self."""

    name: str
    clause: str
    why: str
    items: Items = lambda s, j: ()
    shown: Items | None = None
    init: Items | None = None
    bend: Callable[[Stage], Bend] = lambda s: STRAIGHT
    path: bool = True
    twin: Items = lambda s, j: ()
    kind: str = "plain"
    options: Mapping[str, Any] = field(default_factory=dict)
    towns: tuple[str, ...] = ("pair", "three", "holes", "eight")
    spread: int = 2


def remove_third(s: Stage, _: Joiner) -> list[Any]:
    return [s.gone()]


def twice(s: Stage, j: Joiner) -> list[Any]:
    return [ExternalInit(j.kem_output)] * 2


def _kem(edit: Callable[[bytes], bytes]) -> Items:
    return lambda s, j: [ExternalInit(edit(j.kem_output))]


def _third_fields(**changes: Callable[[Stage], Any]) -> Callable[[Stage], Bend]:
    return lambda s: Bend(
        leaf=Leaf(fields=lambda f: f | {name: value(s) for name, value in changes.items()})
    )


# Lies about a path that say nothing of who the committer was before.
SHARED = (
    "path/length-none",
    "path/length-one-less",
    "path/length-one-more",
    "path/parent-hash-empty",
    "path/parent-hash-flipped",
    "path/parent-hash-zero",
    "path/count-none-first",
    "path/count-more-first",
    "path/secret-length-0",
    "path/secret-length-31",
    "path/secret-length-33",
    "path/secret-other",
    "path/key-not-derived-last",
    "path/sealed-flipped",
    "path/sealed-label",
    "path/sealed-old-context",
    "path/sealed-other-key",
    "path/sealed-kem-zero",
    "path/sealed-kem-short",
    "path/leaf-key-of-receiver",
    "path/leaf-key-in-path",
    "path/node-key-of-receiver-first",
    "path/node-key-of-receiver-last",
    "path/leaf-signature-key-of-receiver",
    "path/leaf-signature-key-of-third",
    "commit/tag-without-path-secret",
)


def _signed_by_leaf(bend: Bend) -> Bend:
    """Who joins signs the message with the key of the new leaf."""
    of_another = bend.leaf.signer is not None
    return replace(bend, signer=bend.leaf.signer) if of_another else bend


WAYS: tuple[Way, ...] = (
    Way("no-init", "MLS-12.2k", "no ExternalInit", init=lambda s, j: []),
    Way("two-inits", "MLS-12.2k", "two ExternalInits", init=twice),
    Way(
        "three-inits",
        "MLS-12.2k",
        "three ExternalInits",
        init=lambda s, j: [*twice(s, j), ExternalInit(s.another().public)],
        spread=1,
    ),
    Way("no-path", "MLS-12.4.3.2a", "no path", path=False, spread=4),
    Way(
        "two-removes",
        "MLS-12.2l",
        "two members removed",
        lambda s, j: [s.gone(), Remove(s.hears.session.own_leaf)],
        twin=remove_third,
        kind="resync",
        towns=("three", "holes", "eight"),
        spread=3,
    ),
    Way(
        "one-remove-twice",
        "MLS-12.2l",
        "one member removed twice",
        lambda s, j: [s.gone(), s.gone()],
        twin=remove_third,
        kind="resync",
        towns=("three", "holes", "eight"),
    ),
    Way(
        "remove-blank",
        "MLS-12.1.3",
        "the removal of a blank leaf",
        shown=lambda s, j: [Remove(blank_leaf(s))],
    ),
    Way(
        "remove-beyond",
        "MLS-12.1.3",
        "the removal of leaf 2^32 - 1",
        shown=lambda s, j: [Remove(2**32 - 1)],
    ),
    *(
        Way(f"with-{name}", "MLS-12.2m", f"{why} beside the ExternalInit", items, spread=3)
        for name, why, items in (
            ("add", "an Add", lambda s, j: [s.new("yan")]),
            ("own-add", "an Add of the joiner", lambda s, j: [s.new("zoe")]),
            ("update", "an Update", lambda s, j: [s.update(s.sender)]),
            ("extensions", "new extensions", lambda s, j: [EMPTY]),
            ("reinit", "a ReInit", lambda s, j: [ReInit(b"new", 1, 1, ())]),
        )
    ),
    Way(
        "by-reference",
        "MLS-12.4.3.2b",
        "a Remove by reference",
        lambda s, j: [s.refer(s.third, s.gone())],
        twin=remove_third,
        kind="resync",
        towns=("three", "holes", "eight"),
        spread=3,
    ),
    Way(
        "psk-by-reference",
        "MLS-12.4.3.2b",
        "a pre-shared key by reference",
        lambda s, j: [s.refer(s.sender, s.psk())],
        twin=lambda s, j: [s.psk()],
        kind="psk",
    ),
    *(
        Way(f"psk-{name}", clause, why, items, twin=lambda s, j: [s.psk()], kind="psk")
        for name, clause, why, items in (
            (
                "nonce-31",
                "MLS-12.1.4b",
                "a nonce of 31 bytes",
                lambda s, j: [s.psk(nonce=bytes(31))],
            ),
            ("nonce-0", "MLS-12.1.4b", "no nonce", lambda s, j: [s.psk(nonce=b"")]),
            ("reinit", "MLS-12.1.4a", "a key for reinit", lambda s, j: [s.resumption(usage=2)]),
            ("branch", "MLS-12.1.4a", "a key for a branch", lambda s, j: [s.resumption(usage=3)]),
            ("twice", "MLS-12.2g", "one key twice", lambda s, j: [s.psk(), s.psk()]),
            ("unknown", "MLS-12.4.2c", "a key not known", lambda s, j: [s.psk(b"nobody's")]),
        )
    ),
    *(
        Way(f"kem-{name}", "MLS-5.1.1", f"a KEM output {why}", init=_kem(edit))
        for name, why, edit in (
            ("zero", "of zeros", lambda k: bytes(32)),
            ("short", "of 31 bytes", lambda k: k[:-1]),
            ("long", "of 33 bytes", lambda k: k + b"\x00"),
            ("empty", "of no bytes", lambda k: b""),
        )
    ),
    Way(
        "kem-other",
        "MLS-6.1f",
        "another KEM output than the epoch begins from",
        init=lambda s, j: [ExternalInit(s.another().public)],
        spread=3,
    ),
    Way(
        "key-of-removed",
        "MLS-12.4.2g",
        "the encryption key of the leaf that it removes",
        remove_third,
        bend=_third_fields(encryption_key=lambda s: s.third.session.group.own.encryption_key),
        twin=remove_third,
        kind="resync",
        towns=("three", "holes", "eight"),
        spread=3,
    ),
    *(
        Way(f"signature-{name}", "MLS-6.1e", why, bend=bend, spread=1)
        for name, why, bend in signatures()
        if name not in ("by-nobody", "other-sender")
    ),
    *(
        Way(
            f"tag-{name}",
            "MLS-6.1f",
            f"a confirmation tag, {name}",
            bend=lambda s, m=make: Bend(tag=m(s)),
            spread=1,
        )
        for name, make in wrong_tags("epoch")
    ),
    Way(
        "membership-tag",
        "MLS-2.1a",
        "a membership tag, which only members have",
        bend=lambda s: Bend(public=lambda p: p + tls.opaque(mac(s.suite, b"k" * 32, p))),
    ),
    Way(
        "other-group",
        "MLS-6b",
        "for another group",
        bend=lambda s: Bend(content=lambda c: replace(c, group_id=GROUP + b"2")),
    ),
    Way(
        "other-epoch",
        "MLS-12.4.2a",
        "for an epoch to come",
        bend=lambda s: Bend(content=lambda c: replace(c, epoch=c.epoch + 1)),
    ),
    Way(
        "old-epoch",
        "MLS-14e",
        "for the epoch before",
        bend=lambda s: Bend(content=lambda c: replace(c, epoch=c.epoch - 1)),
    ),
    *(
        Way(
            f"path/{row.name.split('/')[1]}",
            row.clause,
            row.why,
            bend=lambda s, row=row: _signed_by_leaf(row.bend(s)),
            towns=("holes", "eight"),
            spread=1,
        )
        for row in PATH_ROWS
        if row.name in SHARED
    ),
    *(
        Way(
            f"leaf/{lie.name}",
            lie.clause_in(PATH),
            lie.why,
            bend=lambda s, lie=lie: Bend(leaf=lie.bend(s, s.newcomer())),
            options=lie.options,
            spread=1,
            towns=lie.towns or ("pair", "three", "holes", "eight"),
        )
        for lie in LEAF_LIES
        # A key that cannot be one, or did not sign, fails as the message's own.
        if PATH in lie.where and not lie.name.startswith("signature-key")
    ),
)


def tell_way(book: Book, town: Town, told: Stage, way: Way) -> None:
    told.before.clear()
    receiver = book.seat(town, told.receiver)

    def forger() -> Joiner:
        return Joiner(told.sender, told.newcomer(), told.seed)

    honest = forger()
    twin = book.twin(
        f"{told.key}/{way.kind}", receiver, "receive", lambda: honest.join(way.twin(told, honest))
    )
    told.before.clear()
    liar = forger()
    options: dict[str, Any] = {"path": way.path}
    if way.init is not None:
        options["init"] = way.init(told, liar)
    if way.shown is not None:
        options["shown"] = way.shown(told, liar)
    message = liar.join(way.items(told, liar), way.bend(told), **options)
    more = dict(way.options)
    if told.before:
        more["before"] = [text(m) for m in told.before]
    book.case(f"external/{way.name}", way.clause, way.why, twin, message, **more)


def _said(
    s: Stage, content: Any, key: SignatureKey, sender: Sender, bend: Bend = STRAIGHT
) -> bytes:
    """What one outside says, signed without the group's context."""
    context = s.sender.session.group.context
    framed = bend.content(FramedContent(context.group_id, context.epoch, sender, b"", content))
    signature = bend.signature(
        protect.sign(s.suite, key, PUBLIC_MESSAGE, framed, bend.signed_context(context.encode()))
    )
    tag = b"t" * 32 if isinstance(content, Commit) else None
    body = framing.PublicMessage(framed, AuthData(signature, tag), None)
    return tls.u16(1) + tls.u16(PUBLIC_MESSAGE) + bend.public(body.encode())


def _service_rows(s: Stage, services: list[Device]) -> Iterator[tuple[str, str, str, bytes]]:
    key, other = services[0].me.signature, services[1].me.signature
    first, remove = Sender(EXTERNAL, 0), s.gone()

    def say(content: Any = remove, by: SignatureKey = key, **bends: Any) -> bytes:
        return _said(s, content, by, first, Bend(**bends))

    for n in (2, 99, 2**32 - 1):
        yield (
            f"nobody-{n}",
            "MLS-6.1b",
            "an index beyond the list of senders",
            _said(s, remove, key, Sender(EXTERNAL, n)),
        )
    yield (
        "other-sender",
        "MLS-6.1e",
        "in the name of the other",
        _said(s, remove, key, Sender(EXTERNAL, 1)),
    )
    yield "key-of-other", "MLS-6.1e", "signed by the other", say(by=other)
    yield "key-of-member", "MLS-6.1e", "signed by a member", say(by=s.sender.me.signature)
    for name, edit in (
        ("empty", lambda x: b""),
        ("flipped", flip()),
        ("zero", lambda x: bytes(64)),
    ):
        yield f"signature-{name}", "MLS-6.1e", f"a signature, {name}", say(signature=edit)
    yield "commit", "MLS-6.1b", "a commit", say(Commit((), None))
    yield "update", "MLS-12.1.8a", "an Update", say(Update(s.update(s.third).leaf))
    yield "external-init", "MLS-12.1.6", "an ExternalInit", say(ExternalInit(s.another().public))
    yield "words", "MLS-6a", "words", say(b"words")
    yield "remove-blank", "MLS-12.1.3", "the removal of nobody", say(Remove(s.tree.leaves))
    yield "psk-nonce", "MLS-12.1.4b", "a nonce of 31 bytes", say(s.psk(nonce=bytes(31)))
    yield "psk-branch", "MLS-12.1.4a", "a key for a branch", say(s.resumption(usage=3))
    yield "reinit-old", "MLS-12.1.5", "a ReInit to version 0", say(ReInit(b"new", 0, 1, ()))
    yield (
        "epoch",
        "MLS-12.4.2a",
        "for another epoch",
        _said(s, remove, key, first, Bend(content=lambda c: replace(c, epoch=c.epoch + 1))),
    )
    yield (
        "group",
        "MLS-6b",
        "for another group",
        _said(s, remove, key, first, Bend(content=lambda c: replace(c, group_id=b"other"))),
    )
    yield (
        "tagged",
        "MLS-2.1a",
        "with a membership tag",
        say(public=lambda p: p + tls.opaque(bytes(32))),
    )
    for lie in PACKAGE_LIES:
        if lie.in_add is not None and lie.name.startswith(("signature-f", "init", "suite-0")):
            yield f"add-{lie.name}", lie.in_add, lie.why, say(Add(forged(s, lie.bend(s))))
    for leaf in LEAF_LIES:
        if leaf.name in ("signature-flipped", "required-extension", "lifetime-long"):
            bad = Package(leaf=leaf.bend(s, s.newcomer()))
            yield (
                f"add-leaf-{leaf.name}",
                leaf.clause_in("package"),
                leaf.why,
                say(Add(forged(s, bad))),
            )


def services(book: Book, town: Town, told: Stage) -> None:
    """Proposals of external senders, and of newcomers."""
    receiver = book.seat(town, told.receiver)
    people = town.kept["services"]
    key = people[0].me.signature
    twin = book.twin(
        "service/remove",
        receiver,
        "receive",
        lambda: _said(told, told.gone(), key, Sender(EXTERNAL, 0)),
    )
    for name, clause, why, message in _service_rows(told, people):
        book.case(f"service/{name}", clause, why, twin, message)
    twin = book.twin(
        "service/add",
        receiver,
        "receive",
        lambda: _said(told, told.new(), key, Sender(EXTERNAL, 0)),
    )
    newcomer, applicant = told.newcomer(), Sender(framing.NEW_MEMBER_PROPOSAL)
    rows: tuple[tuple[str, str, str, Any, SignatureKey], ...] = (
        (
            "add",
            "MLS-12.1.8b",
            "a newcomer proposes itself, which is not allowed here",
            told.new(),
            newcomer.me.signature,
        ),
        ("remove", "MLS-6.1d", "a newcomer proposes a Remove", told.gone(), newcomer.me.signature),
        ("psk", "MLS-6.1d", "a newcomer proposes a key", told.psk(), newcomer.me.signature),
        (
            "commit",
            "MLS-6.1d",
            "a newcomer commits as one who proposes",
            Commit((), None),
            newcomer.me.signature,
        ),
        ("by-other", "MLS-6.1e", "a newcomer's Add signed by another", told.new(), key),
    )
    for name, clause, why, content, signer in rows:
        book.case(f"applicant/{name}", clause, why, twin, _said(told, content, signer, applicant))
