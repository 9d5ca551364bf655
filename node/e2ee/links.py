"""Linking at the home node: what two devices have for each other, each written once (spec LNK-5).

Nobody is logged in on the new device, so all that is known of either is the secret it was given.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from node.accounts.account import Account, account_of
from node.accounts.devices import Device
from node.accounts.sessions import Session
from node.e2ee import account_keys
from node.e2ee.account_keys import KeptKeys
from node.e2ee.keys.public.device_list import Device as ListedDevice
from node.e2ee.linking.public.sides import NewSide, OldSide, commitment, parse_side
from node.errors import Conflict, Forbidden, Malformed, Missing, TooMuch

COMMIT_BYTES: Final = 32
MOST_GRANT_BYTES: Final = 262144
UNREAD: Final = timedelta(minutes=5)
IN_ALL: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Link:
    """A linking as it stands; what was not written yet is empty.

    `shower` and `reader` are the digests of their secrets, `shown` and `read` their sides.
    """

    code: str
    commit: bytes
    shower: bytes = field(repr=False)
    created: datetime
    expires: datetime
    reader: bytes = field(default=b"", repr=False)
    read: bytes = b""
    shown: bytes = b""
    grant: bytes = field(default=b"", repr=False)

    def of_other(self, digest: bytes) -> tuple[bytes, bytes]:
        """The other one's digest and side."""
        return (self.reader, self.read) if digest == self.shower else (self.shower, self.shown)

    def of_mine(self, digest: bytes) -> bytes:
        """The side of who has that secret."""
        return self.shown if digest == self.shower else self.read


@dataclass(frozen=True, slots=True)
class Approver:
    """The session of a device that lets another one in."""

    account: str
    actor: str
    scopes: str  # separated by spaces


class LinkFinder(Protocol):
    """What it takes to read a linking."""

    @property
    def now(self) -> datetime: ...

    async def link(self, code: str, hold: bool = False) -> Link | None:
        """`hold`: until the unit ends nobody else changes it."""
        ...


class LinkUnit(LinkFinder, Protocol):
    """What the commands of this page ask of a unit."""

    def fresh(self) -> str: ...
    async def add_link(self, link: Link) -> bool:
        """False where the code is taken."""
        ...

    async def put_link(self, link: Link) -> None: ...
    async def is_device(self, id: str) -> bool:
        """Whether that is, or was, a device of anybody."""
        ...

    async def by_id(self, account: str) -> Account | None: ...
    async def account_keys(self, actor: str) -> KeptKeys | None: ...
    async def add_device(self, account: Account, device: Device) -> None: ...
    async def add_session(self, account: str, session: Session, digest: bytes) -> None: ...


async def start(unit: LinkUnit, code: str, commit: bytes, digest: bytes) -> Link:
    """Open a linking. Raises `Malformed` (LNK-5.1), `Conflict` for a code that is taken."""
    if len(commit) != COMMIT_BYTES:
        raise Malformed("LNK-5.1", f"a commitment has {COMMIT_BYTES} bytes")
    made = Link(code, commit, digest, unit.now, unit.now + UNREAD)
    if not await unit.add_link(made):
        raise Conflict("LNK-5.1", "that code was given a moment ago: try again")
    return made


async def find(unit: LinkFinder, code: str) -> Link:
    """What whoever has the code may begin to read. Raises `Missing` (LNK-5.5)."""
    found = await _open(unit, code)
    if found.read:
        raise _absent()
    return found


async def read(unit: LinkUnit, code: str, side: bytes, digest: bytes) -> None:
    """Somebody reads the code: nobody else may. Raises `Missing` (LNK-5.5), `TooMuch` (LNK-1.2)."""
    found = await _open(unit, code, hold=True)
    if found.read:
        raise _absent()
    parse_side(side)
    until = found.created + IN_ALL
    await unit.put_link(replace(found, reader=digest, read=side, expires=until))


async def show(unit: LinkUnit, code: str, digest: bytes, side: bytes) -> None:
    """Who shows says their side, once the reader has. Raises `Missing` (LNK-5.5), `Conflict`
    (LNK-5.3, LNK-5.4), `Forbidden` (LNK-5.3)."""
    found = await look(unit, code, digest, hold=True)
    if digest != found.shower:
        raise _absent()
    if not found.read:
        raise Conflict("LNK-5.3", "nobody has read the code yet")
    if commitment(side) != found.commit:
        raise Forbidden("LNK-5.3", "that is not the side that was committed to")
    if found.shown != side:
        parse_side(side)
        await unit.put_link(replace(found, shown=side))


async def look(unit: LinkFinder, code: str, digest: bytes, hold: bool = False) -> Link:
    """The linking, for one of the two. Raises `Missing` (LNK-5.5)."""
    found = await _open(unit, code, hold)
    if digest not in (found.shower, found.reader):
        raise _absent()
    return found


async def approve(unit: LinkUnit, who: Approver, code: str, digest: bytes, grant: bytes) -> None:
    """Let the other device in. Raises `Missing` (LNK-5.5), `Conflict` (LNK-5.4, LNK-5.6),
    `Forbidden` (LNK-5.6), `TooMuch` (LNK-5.7)."""
    if len(grant) > MOST_GRANT_BYTES:
        raise TooMuch("LNK-5.7", f"a grant has at most {MOST_GRANT_BYTES} bytes")
    if not grant:
        raise Malformed("LNK-5.6", "whoever approves hands over a grant")
    found = await look(unit, code, digest, hold=True)
    if found.grant:
        if found.grant != grant:
            raise Conflict("LNK-5.4", "this linking was approved already")
        return
    new, secret = _new_device(found, digest, who.actor)
    await _check_listed(unit, who.actor, new.device)
    id = str(UUID(bytes=new.device.id))
    if await unit.is_device(id):
        raise Conflict("LNK-5.6", "there is a device with that id already: begin anew")
    account = await account_of(who.account, unit)
    await unit.add_device(account, Device(id, new.name, unit.now))
    session = Session(unit.fresh(), new.name, who.scopes, unit.now, unit.now, id)
    await unit.add_session(account.id, session, secret)
    await unit.put_link(replace(found, grant=grant))


def _new_device(found: Link, digest: bytes, actor: str) -> tuple[NewSide, bytes]:
    """What the new device said to one of `actor`, and the digest of its secret."""
    secret, theirs = found.of_other(digest)
    if not theirs or not found.of_mine(digest):
        raise Conflict("LNK-5.6", "the two devices have not spoken to each other yet")
    new, old = parse_side(theirs), parse_side(found.of_mine(digest))
    if not isinstance(new, NewSide) or not isinstance(old, OldSide):
        raise Forbidden("LNK-5.6", "only a device that is logged in lets a new one in")
    if old.actor != actor:
        raise Forbidden("LNK-5.6", "this linking is of another account")
    return new, secret


async def _check_listed(unit: LinkUnit, actor: str, device: ListedDevice) -> None:
    kept = await unit.account_keys(actor)
    listed = account_keys.published(kept.keys, actor).devices.devices if kept is not None else ()
    if not any(replace(each, added=device.added) == device for each in listed):
        raise Forbidden("LNK-5.6", "put the new device on the account's list before approving it")


async def _open(unit: LinkFinder, code: str, hold: bool = False) -> Link:
    found = await unit.link(code, hold)
    if found is None or found.expires <= unit.now:
        raise _absent()
    return found


def _absent() -> Missing:
    return Missing("LNK-5.5", NOT_GOOD)


NOT_GOOD: Final = "this code is not good (any more): begin anew on the device that showed it"
