"""Lies about an UpdatePath (RFC 9420 §7.4-7.6, §7.9.2, §12.4.2)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tools.mls_refuse.forge import Bend, Leaf
from tools.mls_refuse.leaves import flip
from tools.mls_refuse.lists import add_one, remove_third
from tools.mls_refuse.stage import THIRDS, Row, Stage

DEEP = ("three", "holes", "eight", "seventeen")


def _keys(edit: Callable[[Stage, list[bytes]], list[bytes]]) -> Callable[[Stage], Bend]:
    return lambda s: Bend(keys=lambda keys: edit(s, list(keys)))


def _put(at: int, key: Callable[[Stage], bytes]) -> Callable[[Stage], Bend]:
    def edit(s: Stage, keys: list[bytes]) -> list[bytes]:
        keys[at] = key(s)
        return keys

    return _keys(edit)


def _sealed(edit: Callable[[Any], Any], which: int | None = None) -> Callable[[Stage], Bend]:
    """Each ciphertext edited, or of one node only."""

    def nodes(found: tuple[Any, ...]) -> tuple[Any, ...]:
        chosen = range(len(found)) if which is None else [which % len(found)]
        return tuple(
            replace(node, encrypted_path_secret=tuple(map(edit, node.encrypted_path_secret)))
            if at in chosen
            else node
            for at, node in enumerate(found)
        )

    return lambda s: Bend(nodes=nodes)


def _counts(edit: Callable[[tuple[int, ...]], tuple[int, ...]], first: bool) -> Any:
    def targets(found: tuple[int, tuple[int, ...], tuple[int, ...]]) -> Any:
        place, everyone, wanted = found
        return place, everyone, edit(wanted) if (place == 0) == first else wanted

    return lambda s: Bend(targets=targets)


def _top(edit: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Callable[[Stage], Bend]:
    def bend(s: Stage) -> Bend:
        last = len(s.tree.filtered_direct_path(s.at)) - 1

        def targets(found: tuple[int, tuple[int, ...], tuple[int, ...]]) -> Any:
            place, everyone, wanted = found
            return place, everyone, edit(wanted) if place == last else wanted

        return Bend(targets=targets)

    return bend


def _leaf(**changes: Callable[[Stage], Any]) -> Callable[[Stage], Bend]:
    return lambda s: Bend(
        leaf=Leaf(fields=lambda f: f | {name: value(s) for name, value in changes.items()})
    )


def own_key(s: Stage) -> bytes:
    return s.sender.session.group.own.encryption_key


def their_key(s: Stage) -> bytes:
    return s.hears.session.group.own.encryption_key


def third_key(s: Stage) -> bytes:
    return s.third.session.group.own.encryption_key


def _own_leaf_key_in_path(s: Stage) -> Bend:
    """The leaf's new key stands at the top of the path too."""
    seen: list[bytes] = []
    keys = lambda k: seen.append(k[-1]) or k  # type: ignore[func-returns-value]  # noqa: E731
    return Bend(keys=keys, leaf=Leaf(fields=lambda f: f | {"encryption_key": seen[0]}))


def _newcomer_too(s: Stage) -> Bend:
    """A ciphertext for the one who is just added, whom the Welcome serves."""

    def targets(found: tuple[int, tuple[int, ...], tuple[int, ...]]) -> Any:
        place, everyone, _ = found
        return place, everyone, everyone

    return Bend(targets=targets)


PATH_ROWS = (
    *(
        Row(f"path/length-{name}", "MLS-7.6a", f"a path with {why}", bend=bend, spread=5)
        for name, why, bend in (
            ("none", "no nodes", lambda s: Bend(nodes=lambda n: ())),
            ("one-less", "a node too few", lambda s: Bend(nodes=lambda n: n[:-1])),
            ("one-more", "a node too many", _keys(lambda s, k: [*k, s.another().public])),
            ("first-missing", "its first node missing", lambda s: Bend(nodes=lambda n: n[1:])),
        )
    ),
    Row(
        "path/length-one-more-after-add",
        "MLS-7.6a",
        "a node too many, with an Add",
        add_one,
        bend=_keys(lambda s, k: [*k, s.another().public]),
        path=True,
        kind="add-path",
        spread=3,
    ),
    *(
        Row(
            f"path/parent-hash-{name}",
            "MLS-7.9.2b",
            f"a parent hash that is {name}",
            bend=lambda s, e=edit: Bend(parent_hash=e),
            spread=3,
        )
        for name, edit in (
            ("empty", lambda h: b""),
            ("zero", lambda h: bytes(32)),
            ("flipped", flip()),
            ("short", lambda h: h[:-1]),
            ("long", lambda h: h + b"\x00"),
        )
    ),
    Row(
        "path/parent-hash-after-remove",
        "MLS-7.9.2b",
        "a parent hash of the tree before the Remove",
        remove_third,
        bend=lambda s: Bend(parent_hash=lambda h: s.sender.session.group.own.parent_hash or b"old"),
        towns=DEEP,
        kind="remove",
        spread=3,
    ),
    *(
        Row(
            f"path/node-key-{n}-{name}",
            "MLS-5.1.1",
            f"a node's key of {n} bytes",
            bend=lambda s, n=n, at=at: Bend(
                keys=lambda k: [(x * 2)[:n] if i == at % len(k) else x for i, x in enumerate(k)]
            ),
            towns=("holes", "eight", "seventeen"),
            spread=2,
        )
        for n in (0, 31, 33)
        for name, at in (("first", 0), ("last", -1))
    ),
    Row(
        "path/leaf-key-kept",
        "MLS-12.4.2g",
        "the committer's old encryption key",
        bend=_leaf(encryption_key=own_key),
        spread=5,
    ),
    Row(
        "path/leaf-key-kept-with-remove",
        "MLS-12.4.2g",
        "the old encryption key, with a Remove",
        remove_third,
        bend=_leaf(encryption_key=own_key),
        towns=DEEP,
        kind="remove",
        spread=3,
    ),
    Row(
        "path/leaf-key-of-receiver",
        "MLS-12.4.2f",
        "the receiver's encryption key as leaf key",
        bend=_leaf(encryption_key=their_key),
        spread=5,
    ),
    Row(
        "path/leaf-key-of-parent",
        "MLS-12.4.2f",
        "a parent's key as leaf key",
        bend=_leaf(encryption_key=lambda s: s.parent_key),
        towns=("pair", "three", "eight"),
        spread=3,
    ),
    Row(
        "path/leaf-key-in-path",
        "MLS-12.4.2f",
        "the leaf's key at a node of the path too",
        bend=_own_leaf_key_in_path,
        spread=4,
    ),
    *(
        Row(
            f"path/node-key-of-{name}-{where}",
            "MLS-12.4.2f",
            f"a node with the key of {name}",
            bend=_put(at, key),
            towns=towns,
            spread=3,
        )
        for name, key, towns in (
            ("receiver", their_key, ("pair", *DEEP)),
            ("third", third_key, DEEP),
            ("parent", lambda s: s.parent_key, ("pair", "three", "eight", "seventeen")),
        )
        for where, at in (("first", 0), ("last", -1))
    ),
    Row(
        "path/node-key-twice",
        "MLS-12.4.2f",
        "two nodes with one key",
        bend=_keys(lambda s, k: [*k[:-1], k[0]]),
        towns=("holes", "eight", "seventeen"),
        spread=3,
    ),
    Row(
        "path/key-of-newcomer",
        "MLS-12.4.2f",
        "a node with the key of one just added",
        add_one,
        bend=_put(-1, lambda s: s.package().key_package.leaf.encryption_key),
        path=True,
        kind="add-path",
        spread=3,
    ),
    *(
        Row(
            f"path/count-{name}-{where}",
            "MLS-7.6b",
            f"{why} at the {where} node",
            bend=make(edit),
            spread=3,
        )
        for where, make in (("first", lambda e: _counts(e, True)), ("last", _top))
        for name, why, edit in (
            ("none", "no ciphertext", lambda w: ()),
            ("less", "a ciphertext too few", lambda w: w[:-1]),
            ("more", "a ciphertext too many", lambda w: (*w, w[0])),
        )
    ),
    Row(
        "path/count-for-newcomer",
        "MLS-7.6b",
        "a ciphertext for one who is just added",
        add_one,
        bend=_newcomer_too,
        path=True,
        kind="add-path",
        spread=4,
    ),
    *(
        Row(
            f"path/secret-length-{n}",
            "MLS-7.4",
            f"a path secret of {n} bytes",
            bend=lambda s, n=n: Bend(secret=lambda x: (x * 2)[:n]),
            spread=3,
        )
        for n in (0, 31, 33, 64)
    ),
    Row(
        "path/secret-other",
        "MLS-7.5a",
        "another path secret than the keys are of",
        bend=lambda s: Bend(secret=lambda x: bytes(32)),
        spread=5,
    ),
    Row(
        "path/secret-flipped",
        "MLS-7.5a",
        "a path secret with one bit changed",
        bend=lambda s: Bend(secret=flip()),
        spread=3,
    ),
    Row(
        "path/key-not-derived-last",
        "MLS-7.5a",
        "a last key that no secret gives",
        bend=_put(-1, lambda s: s.another().public),
        spread=5,
    ),
    Row(
        "path/key-zero",
        "MLS-5.1.1",
        "a last key of zeros",
        bend=_put(-1, lambda s: bytes(32)),
        spread=2,
    ),
    Row(
        "path/keys-swapped",
        "MLS-7.5a",
        "the keys of a path in reverse",
        bend=_keys(lambda s, k: k[::-1]),
        towns=("eight",),
        spread=2,
    ),
    *(
        Row(f"path/sealed-{name}", clause, why, bend=bend, spread=3)
        for name, clause, why, bend in (
            (
                "flipped",
                "MLS-5.1.3",
                "ciphertexts with a bit changed",
                _sealed(lambda c: replace(c, ciphertext=flip()(c.ciphertext))),
            ),
            (
                "cut",
                "MLS-5.1.3",
                "ciphertexts cut short",
                _sealed(lambda c: replace(c, ciphertext=c.ciphertext[:-1])),
            ),
            (
                "empty",
                "MLS-5.1.3",
                "empty ciphertexts",
                _sealed(lambda c: replace(c, ciphertext=b"")),
            ),
            ("label", "MLS-5.1.3", "sealed under another label", lambda s: Bend(label=b"Welcome")),
            (
                "old-context",
                "MLS-5.1.3",
                "sealed in the context of the epoch before",
                lambda s: Bend(sealed_context=lambda _: s.sender.session.group.context.encode()),
            ),
            (
                "no-context",
                "MLS-5.1.3",
                "sealed in no context",
                lambda s: Bend(sealed_context=lambda _: b""),
            ),
            (
                "other-key",
                "MLS-5.1.3",
                "sealed to keys of nobody",
                lambda s: Bend(sealed_key=lambda t, n: s.another("nobody").public),
            ),
            (
                "kem-zero",
                "MLS-5.1.1",
                "a KEM output of zeros",
                _sealed(lambda c: replace(c, kem_output=bytes(32))),
            ),
            (
                "kem-short",
                "MLS-5.1.1",
                "a KEM output of 31 bytes",
                _sealed(lambda c: replace(c, kem_output=c.kem_output[:-1])),
            ),
            (
                "kem-long",
                "MLS-5.1.1",
                "a KEM output of 33 bytes",
                _sealed(lambda c: replace(c, kem_output=c.kem_output + b"\x00")),
            ),
            (
                "kem-empty",
                "MLS-5.1.1",
                "no KEM output",
                _sealed(lambda c: replace(c, kem_output=b"")),
            ),
            (
                "kem-one",
                "MLS-5.1.1",
                "a KEM output of small order",
                _sealed(lambda c: replace(c, kem_output=b"\x01" + bytes(31))),
            ),
        )
    ),
    Row(
        "path/leaf-signature-key-of-third",
        "MLS-7.3j",
        "another member's signature key",
        bend=lambda s: Bend(
            leaf=Leaf(
                fields=lambda f: f | {"signature_key": s.third.me.signature.public},
                signer=s.third.me.signature,
            )
        ),
        towns=THIRDS,
        spread=4,
    ),
    Row(
        "path/leaf-signature-key-of-receiver",
        "MLS-7.3j",
        "the receiver's signature key",
        bend=lambda s: Bend(
            leaf=Leaf(
                fields=lambda f: f | {"signature_key": s.hears.me.signature.public},
                signer=s.hears.me.signature,
            )
        ),
        spread=3,
    ),
    Row(
        "path/leaf-signature-key-of-newcomer",
        "MLS-7.3j",
        "the signature key of one just added",
        add_one,
        bend=lambda s: Bend(
            leaf=Leaf(
                fields=lambda f: f | {"signature_key": s.newcomer().me.signature.public},
                signer=s.newcomer().me.signature,
            )
        ),
        path=True,
        kind="add-path",
        spread=3,
    ),
    Row(
        "commit/tag-without-path-secret",
        "MLS-6.1f",
        "a tag of an epoch without the path's secret",
        bend=lambda s: Bend(commit_secret=lambda x: bytes(32)),
        spread=4,
    ),
    Row(
        "commit/tag-of-other-tree",
        "MLS-6.1f",
        "a tag of an epoch with another tree hash",
        items=add_one,
        bend=lambda s: Bend(provisional=lambda c: replace(c, tree_hash=bytes(32))),
        path=False,
        kind="add",
        spread=3,
    ),
    Row(
        "commit/tag-of-other-epoch",
        "MLS-6.1f",
        "a tag of an epoch two numbers on",
        items=add_one,
        bend=lambda s: Bend(provisional=lambda c: replace(c, epoch=c.epoch + 1)),
        path=False,
        kind="add",
        spread=3,
    ),
    Row(
        "commit/tag-without-psk",
        "MLS-6.1f",
        "a tag of an epoch without its pre-shared key",
        items=lambda s: [s.psk()],
        bend=lambda s: Bend(psks=lambda p: ()),
        path=False,
        kind="psk",
        spread=3,
    ),
    Row(
        "commit/tag-of-psks-in-reverse",
        "MLS-6.1f",
        "a tag over the keys in another order",
        items=lambda s: [s.psk(), s.psk(b"other")],
        bend=lambda s: Bend(psks=lambda p: p[::-1]),
        path=False,
        kind="psks",
        spread=3,
    ),
)
