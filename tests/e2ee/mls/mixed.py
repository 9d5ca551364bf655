"""Members of mixed groups: devices of ours and devices on ts-mls behind one set of verbs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from node.e2ee.mls.private.events import Committed, Proposed, Removed, Said
from node.e2ee.mls.private.external import Joining, join_externally
from node.e2ee.mls.private.joining import join
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.public.credentials import Claim
from node.e2ee.mls.public.key_package import parse
from node.e2ee.mls.public.proposals import (
    EXTERNAL_PSK,
    RESUMPTION_PSK,
    Add,
    PreSharedKey,
    PreSharedKeyID,
    Proposal,
    Remove,
)
from tests.e2ee.mls.peering import Peer
from tests.e2ee.mls.people import GROUP, NOW, Device


@dataclass(frozen=True)
class Item:
    """A proposal, for either side: `kind` is add, remove or psk."""

    kind: str
    key_package: bytes = b""
    leaf: int = 0
    psk: PreSharedKeyID | None = None

    def ours(self) -> Proposal:
        if self.kind == "add":
            return Add(parse(self.key_package))
        if self.kind == "remove":
            return Remove(self.leaf)
        assert self.psk is not None
        return PreSharedKey(self.psk)

    def theirs(self) -> dict[str, Any]:
        if self.kind == "add":
            return {"kind": "add", "keyPackage": self.key_package.hex()}
        if self.kind == "remove":
            return {"kind": "remove", "leaf": self.leaf}
        assert self.psk is not None
        id = {"nonce": self.psk.nonce.hex(), "id": self.psk.psk_id.hex()}
        if self.psk.type == RESUMPTION_PSK:
            id |= {"group": self.psk.group_id.hex(), "epoch": self.psk.epoch}  # type: ignore[dict-item]
        return {"kind": "psk", "psk": id}


@dataclass(frozen=True)
class View:
    """What has to be equal for all members."""

    epoch: int
    authenticator: bytes
    exported: bytes
    tree: bytes
    roster: tuple[tuple[int, bytes, bytes], ...]


class Town:
    """Who may be believed, and the peer that ts-mls runs in, where there is one."""

    def __init__(self, suite: int, seed: int, peer: Peer | None = None) -> None:
        self.peer = peer
        self.suite = suite
        self.directory: set[tuple[bytes, bytes]] = set()
        self.psks: dict[bytes, bytes] = {}
        self._tell("reset", suite=suite, now=NOW, seed=seed)

    def _tell(self, do: str, **what: Any) -> None:
        if self.peer is not None:
            self.peer.ask(do, **what)

    def trust(self, identity: bytes, key: bytes) -> None:
        self.directory.add((identity, key))
        self._tell("trust", identity=identity.hex(), key=key.hex())

    def know(self, id: bytes, secret: bytes) -> None:
        self.psks[id] = secret
        self._tell("know", id=id.hex(), secret=secret.hex())


class Member(Protocol):
    """One device in a mixed group."""

    name: str
    identity: bytes
    is_ours: bool

    def create(self) -> None: ...
    def package(self) -> bytes: ...
    def join(self, welcome: bytes) -> None: ...
    def view(self) -> View: ...
    def propose(self, item: Item | None, open: bool) -> bytes: ...
    def stage(self, items: Sequence[Item], open: bool, path: bool) -> bytes: ...
    def merge(self) -> bytes | None: ...
    def drop(self) -> None: ...
    def receive(self, message: bytes) -> tuple[str, bytes]: ...
    def seal(self, data: bytes) -> bytes: ...
    def info(self) -> bytes: ...
    def come(self, info: bytes, replaces: int | None) -> bytes: ...


class Ours(Device):
    """A device of this library. `propose(None)` proposes an update."""

    is_ours = True

    def __init__(self, town: Town, name: str) -> None:
        super().__init__(name, town.suite)
        self.town = town
        self.psks = town.psks
        self.means = replace(self.means, judge=self._believed)
        self.identity = self.me.credential.identity
        self._coming: Joining | None = None
        town.trust(self.identity, self.me.signature.public)

    def _believed(self, claim: Claim) -> bool:
        return (claim.credential.identity, claim.signature_key) in self.town.directory

    def create(self) -> None:
        self.take(Session.create(self.me, self.means, GROUP, NOW))

    def package(self) -> bytes:  # type: ignore[override]
        self.own = self.me.key_package(self.entropy, NOW)
        return self.own.package

    def join(self, welcome: bytes) -> None:
        self.records = {}
        self.take(join(welcome, self.own, self.me, self.means, NOW))

    def view(self) -> View:
        session = self.session
        return View(
            session.epoch,
            session.epoch_authenticator,
            session.export(b"test", b"", 32),
            session.group.context.tree_hash,
            tuple((m.leaf, m.identity, m.signature_key) for m in session.members()),
        )

    def propose(self, item: Item | None, open: bool) -> bytes:
        self.policy(public=open)
        session = self.session
        step = session.propose_update(NOW) if item is None else session.propose(item.ours(), NOW)
        message: bytes = self.take(step)
        return message

    def stage(self, items: Sequence[Item], open: bool, path: bool) -> bytes:
        self.policy(public=open)
        proposals = [item.ours() for item in items]
        commit: bytes = self.take(self.session.stage(NOW, proposals, path=path)).commit
        return commit

    def merge(self) -> bytes | None:
        if self._coming is not None:
            self.records = {}
            self.take(self._coming.accepted(self.means))
            self._coming = None
            return None
        welcome: bytes | None = self.take(self.session.merge(NOW)).welcome
        return welcome

    def drop(self) -> None:
        self.take(self.session.drop())

    def receive(self, message: bytes) -> tuple[str, bytes]:
        event = self.take(self.session.receive(message, NOW))
        if isinstance(event, Said):
            return "said", event.data
        kinds = {Proposed: "proposal", Committed: "commit", Removed: "removed"}
        return kinds[type(event)], b""

    def seal(self, data: bytes) -> bytes:
        sealed: bytes = self.take(self.session.seal(data))
        return sealed

    def info(self) -> bytes:
        return self.session.group_info(external=True)

    def come(self, info: bytes, replaces: int | None) -> bytes:
        known = () if replaces is None else (GROUP,)
        joining = join_externally(info, self.me, self.means, NOW, known=known, replaces=replaces)
        self._coming = Joining.load(joining.dump())
        return joining.commit


class Theirs:
    """A device on ts-mls."""

    is_ours = False

    def __init__(self, town: Town, name: str) -> None:
        self.name = name
        self.identity = f"https://{name}.example/a".encode()
        assert town.peer is not None
        self._peer = town.peer
        key = self._ask("client", identity=self.identity.hex())["key"]
        town.trust(self.identity, bytes.fromhex(key))

    def _ask(self, do: str, **what: Any) -> dict[str, Any]:
        return self._peer.ask(do, name=self.name, **what)

    def create(self) -> None:
        self._ask("create", group=GROUP.hex())

    def package(self) -> bytes:
        return bytes.fromhex(self._ask("package")["keyPackage"])

    def join(self, welcome: bytes) -> None:
        self._ask("join", welcome=welcome.hex())

    def view(self) -> View:
        seen = self._ask("view")
        roster = tuple(
            (i, bytes.fromhex(who), bytes.fromhex(key)) for i, who, key in seen["roster"]
        )
        authenticator, exported = seen["authenticator"], seen["exported"]
        return View(
            seen["epoch"],
            bytes.fromhex(authenticator),
            bytes.fromhex(exported),
            bytes.fromhex(seen["tree"]),
            roster,
        )

    def propose(self, item: Item | None, open: bool) -> bytes:
        what = {"kind": "update"} if item is None else item.theirs()
        return bytes.fromhex(self._ask("propose", open=open, **what)["message"])

    def stage(self, items: Sequence[Item], open: bool, path: bool) -> bytes:
        given = [item.theirs() for item in items]
        return bytes.fromhex(self._ask("commit", items=given, open=open)["commit"])

    def merge(self) -> bytes | None:
        welcome = self._ask("merge")["welcome"]
        return None if welcome is None else bytes.fromhex(welcome)

    def drop(self) -> None:
        self._ask("drop")

    def receive(self, message: bytes) -> tuple[str, bytes]:
        answer = self._ask("receive", message=message.hex())
        return answer["kind"], bytes.fromhex(answer.get("data", ""))

    def seal(self, data: bytes) -> bytes:
        return bytes.fromhex(self._ask("seal", data=data.hex())["message"])

    def info(self) -> bytes:
        return bytes.fromhex(self._ask("info")["info"])

    def come(self, info: bytes, replaces: int | None) -> bytes:
        asked = self._ask("external", info=info.hex(), resync=replaces is not None)
        return bytes.fromhex(asked["commit"])


def external_psk(id: bytes, nonce: bytes) -> PreSharedKeyID:
    return PreSharedKeyID(EXTERNAL_PSK, nonce, psk_id=id)


def resumption_psk(epoch: int, nonce: bytes) -> PreSharedKeyID:
    return PreSharedKeyID(RESUMPTION_PSK, nonce, usage=1, group_id=GROUP, epoch=epoch)
