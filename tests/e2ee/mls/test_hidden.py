"""No secret is shown: not by what a structure says of itself, nor in an error or a log."""

import ast
import hmac
import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import get_type_hints

import pytest

from node import errors
from node.e2ee.mls import private, public
from node.e2ee.mls.private import crypto
from node.e2ee.mls.public.framing import (
    FramedContent,
    PrivateMessage,
    PublicMessage,
    Sender,
    parse_message,
)
from node.wire import tls
from tests.e2ee.mls.people import NOW, People

# All bytes that a private structure shows, with the reason that they are no secret. Whatever else
# holds bytes is hidden (`field(repr=False)`): a structure inside another answers for itself.
SHOWN = {
    "Plan": {"authenticated_data": "everyone on the way reads it"},
    "SignatureKey": {"public": "the public half"},
    "KeyPair": {"public": "the public half"},
    "Kem": {"derive": "a function", "pair": "a function", "encap": "a function", "decap": "too"},
    "Group": {"interim_hash": "a hash of what was sent", "confirmation_tag": "is sent"},
    "Concluded": {"tag": "is sent"},
    "Member": {"signature_key": "a public key"},
    "ApplicationMessage": {"authenticated_data": "everyone on the way reads it"},
    "Proposed": {"reference": "a hash of what was sent"},
    "Committed": {"authenticated_data": "everyone on the way reads it"},
    "Joined": {"group_id": "everyone on the way reads it"},
    "Joining": {"commit": "is sent"},
    "Means": {"psks": "a function"},
    "Receiving": {"find": "a function"},
    "Listed": {"reference": "a hash of what was sent"},
    "Applied": {"kem_output": "is sent"},
    "Outcome": {"kept": "a hash of what was sent, and a structure"},
    "Staged": {"commit": "is sent"},
    "State": {"pending": "by hashes of what was sent", "ended": "hashes of what was sent"},
}


def _pages(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(package.__path__):
        yield importlib.import_module(f"{package.__name__}.{found.name}")


def _structures() -> Iterator[type]:
    for page in _pages(private):
        for value in vars(page).values():
            if isinstance(value, type) and value.__module__ == page.__name__:
                yield value


@pytest.mark.clause("MLS-2")
def test_structures_hide_their_secrets() -> None:
    seen = 0
    for structure in _structures():
        if not is_dataclass(structure):
            # Others say nothing of what they hold.
            assert structure.__repr__ is object.__repr__ or issubclass(structure, tuple), structure
            continue
        hints = get_type_hints(structure)
        showing = {
            f.name for f in fields(structure) if f.repr and _may_hold_bytes(repr(hints[f.name]))
        }
        assert showing == set(SHOWN.get(structure.__name__, ())), structure
        seen += 1
    assert seen > 30


def _may_hold_bytes(hint: str) -> bool:
    return "bytes" in hint or hint.startswith("~")


@pytest.mark.clause("MLS-2")
def test_words_are_not_shown() -> None:
    content = FramedContent(b"group", 1, Sender(1, 0), b"", b"the north window")
    assert "window" not in repr(content)


def _raised(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        call = node.exc if isinstance(node, ast.Raise) else None
        if isinstance(call, ast.Call) and getattr(errors, getattr(call.func, "id", ""), None):
            yield call


@pytest.mark.clause("MLS-2")
def test_errors_and_logs_have_no_bytes_in_their_words() -> None:
    """What is put into an error's words is a number or a word of ours; nothing is logged."""
    count = 0
    for page in [*_pages(private), *_pages(public), tls]:
        tree = ast.parse(Path(page.__file__ or "").read_text())
        imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        assert not imported & {"logging", "warnings", "traceback", "sys"}, page
        assert not any(getattr(node, "id", "") == "print" for node in ast.walk(tree)), page
        for call in _raised(tree):
            count += 1
            for given in [*call.args, *(keyword.value for keyword in call.keywords)]:
                names = {n.id for n in ast.walk(given) if isinstance(n, ast.Name)}
                known = {"when", "epoch", "current", "refusal", "type", "id", "now", "span"}
                assert names <= known, ast.unparse(call)
    assert count > 150


@pytest.mark.clause("MLS-6.1f", "MLS-6.2b")
def test_tags_are_compared_in_constant_time(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[bytes] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append(other)
        return hmac.compare_digest(one, other)

    alice, bob = people.group("alice", "bob", public=True)
    staged = alice.take(alice.session.stage(NOW))
    body = parse_message(staged.commit)
    assert isinstance(body, PublicMessage)
    seen = SimpleNamespace(digest=hmac.digest, compare_digest=compare)
    monkeypatch.setattr(crypto, "hmac", seen)
    bob.take(bob.session.receive(staged.commit, NOW))
    assert {body.membership_tag, body.auth.confirmation_tag} <= set(compared)
    for page in _pages(private):
        for node in ast.walk(ast.parse(Path(page.__file__ or "").read_text())):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                names = {getattr(n, "attr", getattr(n, "id", "")) for n in ast.walk(node)}
                secret = any(name.endswith(("tag", "secret", "private")) for name in names)
                assert "len" in names or not secret, ast.unparse(node)


def test_sizes_and_handshakes_are_hidden_unless_asked(people: People) -> None:
    alice, bob = people.group("alice", "bob")
    sizes = set()
    for count in (0, 1, 50, 120):
        sealed = alice.take(alice.session.seal(b"x" * count))
        sizes.add(len(sealed))
        bob.take(bob.session.receive(sealed, NOW))
    assert len(sizes) == 1
    assert len(alice.take(alice.session.seal(b"x" * 300))) not in sizes
    for message in (
        bob.take(bob.session.propose_update(NOW)),
        alice.take(alice.session.stage(NOW)).commit,
    ):
        assert isinstance(parse_message(message), PrivateMessage)
