"""What comes late, again, or from those who hold no key: replays, old epochs, cuts and floods."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from node.e2ee.mls.public import framing
from node.e2ee.mls.public.commit import Commit, read_commit
from node.e2ee.mls.public.framing import PRIVATE_MESSAGE, PUBLIC_MESSAGE
from node.e2ee.mls.public.key_package import read_key_package
from node.e2ee.mls.public.proposals import GroupContextExtensions, Remove
from node.wire import tls
from tests.e2ee.mls.replay import text
from tools.mls_refuse.book import Book
from tools.mls_refuse.forge import Bend, Forger, RawCommit, RawProposal
from tools.mls_refuse.frames import COMMIT, PROPOSAL, SAID, honest
from tools.mls_refuse.leaves import flip
from tools.mls_refuse.packages import Package, forged
from tools.mls_refuse.stage import Stage
from tools.mls_refuse.surgery import lies
from tools.mls_refuse.town import TOWNS, Town

EMPTY = GroupContextExtensions(())


def _texts(*messages: bytes) -> list[str]:
    return [text(message) for message in messages]


def late(book: Book, town: Town, receiver: str, names: list[str]) -> None:
    """Words of the epoch before, and what is wrong with them; needs a receiver who was there."""
    now = town.devices[receiver].session.epoch
    book.seat(town, receiver)
    old = {name: town.then(now - 1, name) for name in names}
    first = old[names[0]]

    def forger(key: str, device: Any = first, wire: int = PRIVATE_MESSAGE) -> Forger:
        return Forger(device, f"{town.name}/{town.suite}/late/{key}", wire)

    def say(**options: Any) -> bytes:
        return forger("words").application(b"late words", bytes(30), **options)

    twin = book.twin("late/words", receiver, "receive", say)
    own = town.devices[receiver].session.own_leaf
    leaf, other = first.session.own_leaf, old[names[1]].session.own_leaf
    rows: list[tuple[str, str, str, bytes, dict[str, Any]]] = [
        (
            "too-late",
            "MLS-15.3a",
            "a day and a second after the epoch ended",
            say(),
            {"later": 86401},
        ),
        (
            "signature",
            "MLS-6.1e",
            "a signature with a bit changed",
            say(bend=Bend(signature=flip())),
            {},
        ),
        (
            "signed-for-now",
            "MLS-6.1e",
            "signed for the epoch that is now",
            say(
                bend=Bend(
                    signed_context=lambda c: town.devices[receiver].session.group.context.encode()
                )
            ),
            {},
        ),
        (
            "signed-by-other",
            "MLS-6.1e",
            "signed by another member",
            say(bend=Bend(signer=old[names[1]].me.signature)),
            {},
        ),
        (
            "stolen-leaf",
            "MLS-6.1e",
            "with another's keys and one's own signature",
            say(leaf=other, ratchet=(other, 1)),
            {},
        ),
        (
            "blank-leaf",
            "MLS-6.3.2a",
            "from a leaf that was blank",
            say(leaf=first.session.group.tree.leaves + 3),
            {},
        ),
        ("last-leaf", "MLS-6.3.2a", "from leaf 2^32 - 1", say(leaf=2**32 - 1), {}),
        ("own", "MLS-9.2a", "from the receiver itself, whose key is gone", say(leaf=own), {}),
        (
            "padding",
            "MLS-6.3.1a",
            "padding that is not zero",
            forger("words").application(b"late words", b"\x01" + bytes(29)),
            {},
        ),
        ("ciphertext", "MLS-6.3.1b", "a bit of the ciphertext changed", say(ciphertext=flip()), {}),
        (
            "handshake-key",
            "MLS-6.3.1b",
            "sealed with a key of the handshake ratchet",
            say(ratchet=(leaf, 0)),
            {},
        ),
        (
            "sender-data",
            "MLS-6.3.2c",
            "a bit of the sender data changed",
            say(frame=lambda b: replace(b, encrypted_sender_data=flip()(b.encrypted_sender_data))),
            {},
        ),
        ("ahead", "MLS-15.3", "1,001 generations ahead", say(shown_generation=1001), {}),
        ("again", "MLS-9.2a", "for the second time", say(), {"before": _texts(say())}),
        (
            "proposal",
            "MLS-12.4.2a",
            "a proposal of the epoch before",
            forger("proposal").message(EMPTY),
            {},
        ),
        (
            "proposal-public",
            "MLS-12.4.2a",
            "a proposal of the epoch before, in clear",
            forger("proposal", wire=PUBLIC_MESSAGE).message(EMPTY),
            {},
        ),
        (
            "commit",
            "MLS-14e",
            "another commit for the epoch before",
            forger("commit").commit(()),
            {},
        ),
        (
            "commit-public",
            "MLS-14e",
            "another commit for the epoch before, in clear",
            forger("commit", wire=PUBLIC_MESSAGE).commit(()),
            {},
        ),
        (
            "epoch-forgotten",
            "MLS-15.3a",
            "words of an epoch that is long over",
            forger("words").application(
                b"late words", bytes(30), bend=Bend(content=lambda c: replace(c, epoch=0))
            ),
            {},
        ),
    ]
    for name, clause, why, message, more in rows:
        book.case(f"late/{name}", clause, why, twin, message, **more)
    for name, device in old.items():
        if name in town.gone:
            said = forger("gone", device).application(b"I was removed")
            twin = book.twin("late/removed", receiver, "receive", lambda m=said: m)
            body = framing.parse_message(said)
            assert isinstance(body, framing.PrivateMessage)
            claimed = framing.encode_message(replace(body, epoch=now))
            book.case(
                "late/removed-now",
                "MLS-6.3.2c",
                "one who was removed speaks in this epoch",
                twin,
                claimed,
            )


def again(book: Book, town: Town, told: Stage) -> None:
    """Replays, and keys that are used twice."""
    receiver = book.seat(town, told.receiver)
    told = replace(told, wire=PRIVATE_MESSAGE)

    def words(generation: int | None = None, data: bytes = b"words") -> bytes:
        return told.forger.application(data, bytes(30), generation=generation)

    first = words(0)
    twin = book.twin("again/words", receiver, "receive", lambda: words(1), before=_texts(first))
    book.case("again/words", "MLS-9.2a", "words for the second time", twin, first)
    book.case(
        "again/key", "MLS-9.2a", "other words with a key that was used", twin, words(0, b"other")
    )
    removal = told.forger.commit([Remove(told.hears.session.own_leaf)])
    removed = book.twin("again/removed", receiver, "receive", lambda: removal)
    book.case(
        "again/removed",
        "MLS-12.4.2j",
        "words for one who was removed",
        removed,
        first,
        before=_texts(removal),
    )
    third = words(3)
    twin = book.twin("again/skipped", receiver, "receive", lambda: words(1), before=_texts(third))
    book.case(
        "again/after-skipping", "MLS-9.2a", "words for the second time, others skipped", twin, third
    )
    book.case(
        "again/skipped",
        "MLS-9.2a",
        "skipped words for the second time",
        twin,
        words(1),
        before=_texts(third, words(1)),
    )
    book.case(
        "again/two-skipped",
        "MLS-9.2a",
        "the middle of three, again",
        twin,
        words(2),
        before=_texts(third, words(1), words(2)),
    )
    book.case(
        "again/far",
        "MLS-15.3",
        "1,001 generations after the last",
        twin,
        told.forger.application(b"words", bytes(30), shown_generation=1005),
        before=_texts(third),
    )
    proposal = replace(told, wire=PRIVATE_MESSAGE).forger.message(EMPTY)
    twin = book.twin("again/proposal", receiver, "receive", lambda: proposal)
    book.case(
        "again/proposal",
        "MLS-9.2a",
        "a sealed proposal for the second time",
        twin,
        proposal,
        before=_texts(proposal),
    )
    for wire, name in ((PRIVATE_MESSAGE, "private"), (PUBLIC_MESSAGE, "public")):
        commit = replace(told, wire=wire).forger.commit(())
        twin = book.twin(f"again/commit-{name}", receiver, "receive", lambda m=commit: m)
        book.case(
            f"again/commit-{name}",
            "MLS-12.4.2a",
            "a commit for the second time",
            twin,
            commit,
            before=_texts(commit),
        )
        other = replace(told, wire=wire, key="second").forger.commit(())
        book.case(
            f"again/second-commit-{name}",
            "MLS-14e",
            "a second commit for one epoch",
            twin,
            other,
            before=_texts(commit),
        )


def cuts(message: bytes) -> Iterator[tuple[str, bytes]]:
    size = len(message)
    for name, length in (("quarter", size // 4), ("half", size // 2), ("last", size - 1)):
        yield name, message[:length]


def outside(book: Book, town: Town, told: Stage) -> None:
    """Bytes from those who hold no key."""
    receiver = book.seat(town, told.receiver)
    welcome = town.ways[receiver].welcome
    package = tls.u16(1) + tls.u16(5) + told.package().package
    swaps = (
        ("welcome", "MLS-6b", "a Welcome", welcome),
        ("key-package", "MLS-6b", "a key package", package),
        (
            "key-package-of-version-2",
            "MLS-10a",
            "a key package of another version",
            tls.u16(1) + tls.u16(5) + forged(told, Package(version=2)).raw,
        ),
        ("group-info", "MLS-6b", "a group info", told.sender.session.group_info()),
    )
    twins = []
    for kind, wire in (
        (COMMIT, PUBLIC_MESSAGE),
        (COMMIT, PRIVATE_MESSAGE),
        (PROPOSAL, PUBLIC_MESSAGE),
        (SAID, PRIVATE_MESSAGE),
    ):
        stage = replace(told, wire=wire, key=f"outside/{kind}")
        right = honest(stage, kind)
        twin = book.twin(f"outside/{kind}-{wire}", receiver, "receive", lambda m=right: m)
        twins.append(twin)
        for name, cut in cuts(right):
            book.case(f"outside/{kind}-{wire}-cut-{name}", "MLS-2.1", "cut short", twin, cut)
        book.case(
            f"outside/{kind}-{wire}-more", "MLS-2.1a", "a byte too many", twin, right + b"\x00"
        )
        book.case(f"outside/{kind}-{wire}-twice", "MLS-2.1a", "twice in one", twin, right + right)
        _tampered(book, twin, kind, wire, right)
    twin = twins[0]
    for name, clause, why, message in swaps:
        book.case(f"outside/swapped-{name}", clause, f"{why} in a commit's place", twin, message)
    book.case("outside/empty", "MLS-2.1", "nothing", twin, b"")
    book.case("outside/one-byte", "MLS-2.1", "one byte", twin, b"\x00")
    book.case("outside/version-only", "MLS-2.1", "a version and no more", twin, b"\x00\x01")
    book.case("outside/format-only", "MLS-2.1", "a version and a format", twin, b"\x00\x01\x00\x02")
    book.case("outside/zeros", "MLS-6", "zeros", twin, bytes(200))
    book.case("outside/text", "MLS-6", "text", twin, b"GET / HTTP/1.1\r\nHost: example\r\n\r\n")
    book.case(
        "outside/oversized",
        "MLS-2.1b",
        "a byte more than 4 MiB",
        twin,
        {"byte": "00", "times": 4 * 2**20 + 1},
    )


def _tampered(book: Book, twin: str, kind: str, wire: int, right: bytes) -> None:
    """Changed by one who cannot tag anew."""
    clause = "MLS-6.2b" if wire == PUBLIC_MESSAGE else "MLS-6.3.2c"
    book.case(
        f"outside/{kind}-{wire}-last-bit",
        clause if wire == 1 else "MLS-6.3.1b",
        "its last bit changed",
        twin,
        flip()(right),
    )
    if wire == PUBLIC_MESSAGE:
        body = framing.parse_message(right)
        assert isinstance(body, framing.PublicMessage)
        changed = replace(body, content=replace(body.content, authenticated_data=b"more"))
        book.case(
            f"outside/{kind}-{wire}-data",
            clause,
            "authenticated data put in",
            twin,
            framing.encode_message(changed),
        )
        stripped = replace(body, membership_tag=b"")
        book.case(
            f"outside/{kind}-{wire}-untagged",
            clause,
            "the membership tag taken out",
            twin,
            framing.encode_message(stripped),
        )
    else:
        private = framing.parse_message(right)
        assert isinstance(private, framing.PrivateMessage)
        for name, edit in (
            ("type", {"content_type": private.content_type % 3 + 1}),
            ("sender", {"encrypted_sender_data": bytes(28)}),
        ):
            book.case(
                f"outside/{kind}-{wire}-{name}",
                clause,
                f"its {name} changed",
                twin,
                framing.encode_message(replace(private, **edit)),
            )


def elsewhere(book: Book, town: Town, told: Stage) -> None:
    """Messages of another group with the same id and epoch: whose keys are others."""
    receiver = book.seat(town, told.receiver)
    twin_town = TOWNS[town.name](town.suite, "parallel ")
    sender = twin_town.devices[told.sender.name]
    for kind, wire, clause in (
        (COMMIT, PUBLIC_MESSAGE, "MLS-6.2b"),
        (SAID, 2, "MLS-6.3.2c"),
        (PROPOSAL, PUBLIC_MESSAGE, "MLS-6.2b"),
        (COMMIT, 2, "MLS-6.3.2c"),
        (PROPOSAL, 2, "MLS-6.3.2c"),
    ):
        stage = replace(told, wire=wire, key=f"elsewhere/{kind}")
        right = honest(stage, kind)
        twin = book.twin(f"elsewhere/{kind}-{wire}", receiver, "receive", lambda m=right: m)
        wrong = honest(replace(stage, sender=sender, town=twin_town), kind)
        book.case(
            f"elsewhere/{kind}-{wire}",
            clause,
            "of another group of the same id and epoch",
            twin,
            wrong,
        )


def floods(book: Book, town: Town, told: Stage) -> None:
    """Few bytes each, and too many of them."""
    receiver = book.seat(town, told.receiver)
    stage = replace(told, wire=PUBLIC_MESSAGE)
    right = stage.forger.commit((), path=True)
    twin = book.twin("flood/commit", receiver, "receive", lambda: right)
    many = [Remove(0)] * 6000
    book.case(
        "flood/removes",
        "MLS-2.1b",
        "6,000 Removes in one commit",
        twin,
        stage.forger.commit((), shown=many, path=True),
    )
    psks = [stage.psk(nonce=n.to_bytes(32, "big")) for n in range(257)]
    book.case(
        "flood/psks",
        "MLS-8.4d",
        "257 pre-shared keys in one commit",
        twin,
        stage.forger.commit(psks, path=True),
    )
    proposals = [
        stage.forger.message(
            EMPTY, Bend(content=lambda c, n=n: replace(c, authenticated_data=b"%d" % n))
        )
        for n in range(257)
    ]
    twin = book.twin("flood/proposal", receiver, "receive", lambda: proposals[0])
    book.case(
        "flood/proposals",
        "MLS-12.1a",
        "the 257th proposal of an epoch",
        twin,
        proposals[256],
        before=_texts(*proposals[:256]),
    )


def reinit_closed(book: Book, town: Town, told: Stage) -> None:
    """A group that a ReInit closed takes nothing more."""
    receiver = book.seat(town, told.receiver)
    now = town.devices[receiver].session.epoch
    past = town.then(now - 1, "bob" if receiver == "carol" else "carol")
    forger = Forger(past, f"closed/{town.suite}")
    twin = book.twin("closed/late", receiver, "receive", lambda: forger.application(b"late"))
    for kind in (COMMIT, PROPOSAL, SAID):
        for wire in (PUBLIC_MESSAGE, PRIVATE_MESSAGE):
            if kind != SAID or wire == PRIVATE_MESSAGE:
                message = honest(replace(told, wire=wire), kind)
                book.case(
                    f"closed/{kind}-{wire}",
                    "MLS-12.4.2b",
                    "in a group that a ReInit closed",
                    twin,
                    message,
                )


def surgeries(book: Book, town: Town, told: Stage) -> None:
    """Lengths and presence bytes in a commit and a key package, signed as they are."""
    receiver = book.seat(town, told.receiver)
    for wire in (PUBLIC_MESSAGE, PRIVATE_MESSAGE):
        s = replace(told, wire=wire, key="surgery")
        shown: list[bytes] = []

        def look(commit: Commit, shown: list[bytes] = shown) -> Commit:
            shown.append(commit.encode())
            return commit

        items = [s.new(), s.psk(), s.resumption()]
        right = s.forger.commit(items, Bend(commit=look), path=True)
        twin = book.twin(f"surgery/{wire}", receiver, "receive", lambda m=right: m)
        for turn, (name, clause, why, data) in enumerate(lies(shown[0], read_commit)):
            # One half of the places in clear, the other half sealed.
            if turn % 2 == wire - 1:
                message = s.forger.commit(
                    items,
                    Bend(commit=lambda c, d=data: RawCommit(c.proposals, c.path, d)),
                    path=True,
                )
                book.case(f"surgery/{wire}-{name}", clause, f"{why}, in a commit", twin, message)
    package = told.package()
    twin = book.twin("surgery/add", receiver, "receive", lambda: told.forger.message(told.new()))
    for name, clause, why, data in lies(package.package, read_key_package):
        message = told.forger.message(RawProposal(1, data))
        book.case(f"surgery/package-{name}", clause, f"{why}, in a key package", twin, message)
