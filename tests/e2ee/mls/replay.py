"""Reads the must-refuse corpus (`spec/vectors/mls-refuse`) and does what a case says."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from node.e2ee.mls.private.client import Client, OwnPackage
from node.e2ee.mls.private.crypto import signature_key
from node.e2ee.mls.private.external import join_externally
from node.e2ee.mls.private.hpke import key_pair
from node.e2ee.mls.private.joining import join
from node.e2ee.mls.private.means import Means
from node.e2ee.mls.private.session import Session, Step
from node.e2ee.mls.public import key_package
from node.e2ee.mls.public.credentials import Claim
from node.e2ee.mls.public.proposals import EXTERNAL_PSK, PreSharedKeyID
from node.e2ee.mls.public.suite import suite_of
from node.errors import NodeError, Refused
from tests.e2ee.mls.people import Seeded

CORPUS = Path(__file__).resolve().parents[3] / "spec" / "vectors" / "mls-refuse"


def raw(value: Any) -> bytes:
    """Bytes as the corpus writes them: base64, or a byte many times."""
    if isinstance(value, dict):
        return bytes.fromhex(value["byte"]) * int(value["times"])
    return base64.b64decode(value, validate=True)


def text(value: bytes) -> str:
    return base64.b64encode(value).decode()


class Receiver:
    """One who is asked: how it came into the group, and what it knows."""

    def __init__(self, data: Mapping[str, Any], now: int) -> None:
        self.data, self.now = data, now

    @property
    def own(self) -> OwnPackage:
        return _package(self.data)

    @property
    def guest(self) -> OwnPackage:
        """The key package with which it joins: another, if it is a member already."""
        return _package(self.data.get("joins_with", self.data))

    @property
    def me(self) -> Client:
        package = self.own.key_package
        suite, leaf = suite_of(package.suite_id), package.leaf
        signature = signature_key(suite, raw(self.data["signature_priv"]))
        return Client(suite, leaf.credential, signature, leaf.capabilities, leaf.extensions)

    def find(self, id: PreSharedKeyID) -> bytes | None:
        secret = self.data["psks"].get(id.psk_id.hex()) if id.type == EXTERNAL_PSK else None
        return None if secret is None else raw(secret)

    @property
    def is_member(self) -> bool:
        return "welcome" in self.data

    @cached_property
    def records(self) -> dict[str, bytes]:
        """The session, as it is once all messages since the Welcome are taken in."""
        means = Means(Seeded("replay"), lambda _: True, self.find)
        welcome = raw(self.data["welcome"])
        session = join(welcome, self.own, self.me, means, self.now).session
        for message in self.data["messages"]:
            session = session.receive(raw(message), self.now).session
        return session.dump()


def _package(data: Mapping[str, Any]) -> OwnPackage:
    package = key_package.parse(raw(data["key_package"]))
    suite = suite_of(package.suite_id)
    init = key_pair(suite, raw(data["init_priv"]))
    return OwnPackage(package, init, key_pair(suite, raw(data["encryption_priv"])))


@dataclass(frozen=True)
class IdempotencyMark:
    """What is asked of a receiver: a twin of the corpus, or a case laid over its twin."""

    receiver: Receiver
    what: Mapping[str, Any]
    now: int

    def judge(self, claim: Claim) -> bool:
        distrusted = self.what.get("distrusts", ())
        return claim.credential.encode().hex() not in distrusted

    def find(self, id: PreSharedKeyID) -> bytes | None:
        return None if self.what.get("without_psks") else self.receiver.find(id)

    @property
    def means(self) -> Means:
        return Means(Seeded("replay"), self.judge, self.find)

    @property
    def message(self) -> bytes:
        return raw(self.what["message"])

    def session(self) -> Session:
        """The receiver's session, with the messages that come before taken in."""
        session = Session.load(self.receiver.records, self.means)
        for message in self.what.get("before", ()):
            session = session.receive(raw(message), self.now).session
        return session

    def do(self, session: Session | None = None) -> Any:
        """Raises `Refused` when the message is refused; else what came of it."""
        return _DEEDS[self.what["do"]](self, session)


def _receive(deed: IdempotencyMark, session: Session | None) -> Step[Any]:
    session = deed.session() if session is None else session
    now = deed.what.get("later", 0) + deed.now
    return session.receive(deed.message, now)


def _known(deed: IdempotencyMark) -> list[bytes]:
    return [bytes.fromhex(id) for id in deed.what.get("known", ())]


def _tree(deed: IdempotencyMark) -> bytes | None:
    tree = deed.what.get("tree")
    return None if tree is None else raw(tree)


def _join(deed: IdempotencyMark, _: Session | None) -> Step[Any]:
    own, me = deed.receiver.guest, deed.receiver.me
    former = deed.session() if deed.receiver.is_member else None
    options: dict[str, Any] = {"tree": _tree(deed), "known": _known(deed), "former": former}
    return join(deed.message, own, me, deed.means, deed.now, **options)


def _enter(deed: IdempotencyMark, _: Session | None) -> Any:
    me = deed.receiver.me
    tree, known = _tree(deed), _known(deed)
    return join_externally(deed.message, me, deed.means, deed.now, tree=tree, known=known)


def _validate(deed: IdempotencyMark, _: Session | None) -> Any:
    identity = bytes.fromhex(deed.what["identity"])
    now = deed.what.get("later", 0) + deed.now
    return key_package.validate(deed.message, identity=identity, now=now)


_DEEDS = {"receive": _receive, "join": _join, "enter": _enter, "validate": _validate}


def outcome(value: Any) -> dict[str, Any]:
    """What an accepted message led to, to be compared."""
    if isinstance(value, Step):
        found: dict[str, Any] = {"event": type(value.value).__name__}
        if not value.session.over:
            found["epoch"] = value.session.epoch
            found["authenticator"] = value.session.epoch_authenticator.hex()
        return found
    return {"event": type(value).__name__}


def verdict(deed: IdempotencyMark, session: Session | None = None) -> str:
    """The clause by which the message is refused, or ``accepted``."""
    try:
        deed.do(session)
    except Refused as refusal:
        return refusal.clause
    except NodeError as error:
        return f"{type(error).__name__}: {error}"
    return "accepted"


@dataclass(frozen=True)
class MemoryTables:
    """One file of the corpus."""

    path: Path
    data: Mapping[str, Any]

    @cached_property
    def receivers(self) -> dict[str, Receiver]:
        now = self.data["now"]
        return {name: Receiver(data, now) for name, data in self.data["receivers"].items()}

    def twins(self) -> Iterator[IdempotencyMark]:
        for twin in self.data["twins"].values():
            yield self.deed(twin)

    def cases(self) -> Iterator[IdempotencyMark]:
        for case in self.data["cases"]:
            yield self.deed(self.data["twins"][case["twin"]] | case)

    def deed(self, what: Mapping[str, Any]) -> IdempotencyMark:
        return IdempotencyMark(self.receivers[what["receiver"]], what, self.data["now"])


def shelves() -> list[Path]:
    return sorted(CORPUS.glob("*.json"))


def open_shelf(path: Path) -> MemoryTables:
    return MemoryTables(path, json.loads(path.read_text()))
