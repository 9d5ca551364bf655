"""Members of mixed groups: devices of ours and devices on ts-mls behind one set of verbs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from node.e2ee.mls.private.client import Client
from node.e2ee.mls.private.events import ApplicationMessage, Committed, Proposed, Removed
from node.e2ee.mls.private.external import Joining, join_externally
from node.e2ee.mls.private.joining import join
from node.e2ee.mls.private.reinit import invite, succeed
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
    ReInit,
    Remove,
)
from node.e2ee.mls.public.suite import MLS10
from tests.e2ee.mls.peering import Peer
from tests.e2ee.mls.people import GROUP, NOW, Device


@dataclass(frozen=True)
class Item:
    """A proposal, for either side: `kind` is add, remove, psk or reinit."""

    kind: str
    key_package: bytes = b""
    leaf: int = 0
    psk: PreSharedKeyID | None = None
    group: bytes = b""
    suite: int = 0

    def ours(self) -> Proposal:
        if self.kind == "add":
            return Add(parse(self.key_package))
        if self.kind == "remove":
            return Remove(self.leaf)
        if self.kind == "reinit":
            return ReInit(self.group, MLS10, self.suite, ())
        assert self.psk is not None
        return PreSharedKey(self.psk)

    def theirs(self) -> dict[str, Any]:
        if self.kind == "add":
            return {"kind": "add", "keyPackage": self.key_package.hex()}
        if self.kind == "remove":
            return {"kind": "remove", "leaf": self.leaf}
        if self.kind == "reinit":
            return {"kind": "reinit", "group": self.group.hex(), "suite": self.suite}
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
    """Who may be believed, the group, and the peer that ts-mls runs in, where there is one."""

    def __init__(self, suite: int, seed: int, peer: Peer | None = None) -> None:
        self.peer = peer
        self.suite = suite
        self.group = GROUP
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
    def renewed(self) -> bytes: ...
    def found(self, packages: Sequence[bytes]) -> tuple[bytes, bytes | None]: ...
    def move(self, welcome: bytes, tree: bytes | None) -> None: ...


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
        self.take(Session.create(self.me, self.means, self.town.group, NOW))

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
        if isinstance(event, ApplicationMessage):
            return "said", event.data
        kinds = {Proposed: "proposal", Committed: "commit", Removed: "removed"}
        return kinds[type(event)], b""

    def seal(self, data: bytes) -> bytes:
        sealed: bytes = self.take(self.session.seal(data))
        return sealed

    def info(self) -> bytes:
        return self.session.group_info(external=True)

    def come(self, info: bytes, replaces: int | None) -> bytes:
        known = () if replaces is None else (self.town.group,)
        joining = join_externally(info, self.me, self.means, NOW, known=known, replaces=replaces)
        self._coming = Joining.load(joining.dump())
        return joining.commit

    def renewed(self) -> bytes:
        """A key package of a new client, of the suite that the town has by now."""
        self.me = Client.fresh(self.town.suite, self.identity, self.entropy)
        self.town.trust(self.identity, self.me.signature.public)
        return self.package()

    def found(self, packages: Sequence[bytes]) -> tuple[bytes, bytes | None]:
        """Create the group that the ReInit announced; its Welcome, and its tree if not in there."""
        former, self.records = self.session, {}
        self.take(succeed(former, self.me, self.means, NOW))
        self.take(invite(self.session, former, [*map(parse, packages)], self.means, NOW))
        self.reload()
        welcome = self.merge()
        assert welcome is not None
        return welcome, None

    def move(self, welcome: bytes, tree: bytes | None) -> None:
        """Join the group that takes the place of ours."""
        former, self.records = self.session, {}
        known = (former.group_id,)
        self.take(
            join(welcome, self.own, self.me, self.means, NOW, tree=tree, known=known, former=former)
        )


class Theirs:
    """A device on ts-mls."""

    is_ours = False

    def __init__(self, town: Town, name: str) -> None:
        self.name = name
        self.identity = f"https://{name}.example/a".encode()
        assert town.peer is not None
        self._peer = town.peer
        self._town = town
        self._client()

    def _client(self) -> None:
        identity = self.identity.hex()
        key = self._ask("client", identity=identity, suite=self._town.suite)["key"]
        self._town.trust(self.identity, bytes.fromhex(key))

    def _ask(self, do: str, **what: Any) -> dict[str, Any]:
        return self._peer.ask(do, name=self.name, **what)

    def create(self) -> None:
        self._ask("create", group=self._town.group.hex())

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

    def renewed(self) -> bytes:
        self._client()
        return self.package()

    def found(self, packages: Sequence[bytes]) -> tuple[bytes, bytes | None]:
        made = self._ask("found", packages=[package.hex() for package in packages])
        return bytes.fromhex(made["welcome"]), bytes.fromhex(made["tree"])

    def move(self, welcome: bytes, tree: bytes | None) -> None:
        self._ask("move", welcome=welcome.hex(), tree=None if tree is None else tree.hex())


def external_psk(id: bytes, nonce: bytes) -> PreSharedKeyID:
    return PreSharedKeyID(EXTERNAL_PSK, nonce, psk_id=id)


def resumption_psk(group: bytes, epoch: int, nonce: bytes) -> PreSharedKeyID:
    return PreSharedKeyID(RESUMPTION_PSK, nonce, usage=1, group_id=group, epoch=epoch)
