"""What is asked of other nodes: packages of their people, and the receipt of a relay there."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from msgspec import Struct

from node.e2ee import envelope, key_packages
from node.e2ee.chain import Item
from node.e2ee.envelope import EPOCHS, Sealed
from node.e2ee.key_packages import PublishedKeyPackage
from node.e2ee.members import MOST_MEMBERS, Invitation, Removed
from node.e2ee.relay import MOST_WELCOMES, Message
from node.errors import Conflict, Forbidden, Malformed, Missing, Refused, TooMuch, Unreachable
from node.wire.json import Document, Json

MOST_PACKAGES: Final = 20
MOST_NAMED: Final = 16  # devices of one claim: so many a list has (KEY-3.3)
_CLAUSE: Final = re.compile(r"(?:E2E|MLS|FED)-\d+(?:\.\d+)*[a-z]?")
_NOT_SPOKEN: Final = frozenset({404, 405, 501})


class Answer(Struct, frozen=True):
    """What a peer answered: its status, and the JSON object of its body (empty for any other)."""

    status: int
    document: Mapping[str, Json]


class Peers(Protocol):
    """Signed requests in the name of one of our actors. All raise `Unreachable`."""

    async def ask(self, actor: str, url: str, document: Document) -> Answer:
        """A signed POST of `document`, and the answer, whatever its status."""
        ...

    async def look(self, actor: str, url: str) -> Answer:
        """A signed GET, and the answer, whatever its status."""
        ...

    async def meet(self, actor: str) -> None:
        """Look an actor up and keep what was found. Raises `Refused` for what is no actor."""
        ...


# -- key packages ----------------------------------------------------------------------------------


class Wish(Struct, frozen=True):
    """What a claim asks for: packages of `suite`, of the devices `only` or, where none are named,
    of all."""

    suite: int = 1
    only: Sequence[str] = ()

    def document(self) -> Document:
        devices: list[Json] = [*self.only]
        return {"suite": self.suite} | ({"devices": devices} if devices else {})


def read_wish(document: Mapping[str, Json]) -> Wish:
    """The inverse of `Wish.document`. Raises `Malformed` (E2E-2.10)."""
    suite, devices = document.get("suite", 1), document.get("devices", [])
    if not isinstance(suite, int):
        raise Malformed("E2E-2.10", "suite is a number")
    return Wish(suite, check_named(devices))


def check_named(devices: Json) -> list[str]:
    """The devices that a claim names. Raises `Malformed` (E2E-2.10)."""
    if not isinstance(devices, list) or len(devices) > MOST_NAMED:
        raise Malformed("E2E-2.10", f"devices is a list of at most {MOST_NAMED} ids")
    named = [each for each in devices if isinstance(each, str)]
    if len(named) < len(devices):
        raise Malformed("E2E-2.10", "a device is named by its id, a text")
    return named


async def claim_abroad(
    peers: Peers, claimant: str, owner: str, address: str, wish: Wish, now: datetime
) -> list[PublishedKeyPackage]:
    """One package of each device of `owner` that is wished for, from their node; each is checked
    (E2E-2.10). A peer that does not know how to choose hands out one of every device."""
    suite = wish.suite
    answer = await peers.ask(claimant, f"{address}/claim", wish.document())
    if answer.status in _NOT_SPOKEN:
        return await _listed(peers, claimant, owner, address, suite, now)
    check_answer(answer, "E2E-2.7")
    return _offers(_items(answer.document), owner, suite, now)


async def _listed(
    peers: Peers, claimant: str, owner: str, address: str, suite: int, now: datetime
) -> list[PublishedKeyPackage]:
    """Of a peer that does not hand out: what its collection lists."""
    answer = await peers.look(claimant, address)
    check_answer(answer, "E2E-2.7")
    found: list[Json] = []
    for item in _items(answer.document):
        if isinstance(item, str):
            package = await peers.look(claimant, item)
            check_answer(package, "E2E-2.7")
            found.append(dict(package.document))
        else:
            found.append(item)
    return _offers(found, owner, suite, now)


def _items(document: Mapping[str, Json]) -> list[Json]:
    items = document.get("items", document.get("orderedItems", []))
    if not isinstance(items, list) or len(items) > MOST_PACKAGES:
        raise Malformed("E2E-2.10", f"a peer hands out a list of at most {MOST_PACKAGES} packages")
    return items


def _offers(
    items: Sequence[Json], owner: str, suite: int, now: datetime
) -> list[PublishedKeyPackage]:
    """Those that are right; where all are wrong it is said of the first why."""
    offers, refused = list[PublishedKeyPackage](), list[Refused]()
    for item in items:
        try:
            offers.append(key_packages.read_document(item, owner, now))
        except Refused as error:
            refused.append(error)
    if refused and not offers:
        raise refused[0]
    return [offer for offer in offers if offer.suite == suite]


# -- the relay -------------------------------------------------------------------------------------


def forward(message: Message, members: Iterable[str] = ()) -> Document:
    """What a member's node posts to the conversation's address (E2E-3.9)."""
    return {
        "to": list(members),
        "content": _text(message.sealed.body),
        "welcomes": [
            {"to": list(invitation.to), "content": _text(invitation.sealed.body)}
            for invitation in message.invitations
        ],
        "removed": [
            {"actor": removed.actor, "device": removed.device} for removed in message.removed
        ],
        "group_info": _text(message.group_info),
    }


def read_forward(document: Mapping[str, Json]) -> Message:
    """The inverse of `forward`. Raises `Malformed` (E2E-3.9), and as `envelope.read`."""
    welcomes, removed = document.get("welcomes", []), document.get("removed", [])
    to = document.get("to", [])
    if not isinstance(to, list) or len(to) > MOST_MEMBERS:
        raise Malformed("E2E-3.9", f"to names at most {MOST_MEMBERS} members")
    if not isinstance(welcomes, list) or not isinstance(removed, list):
        raise Malformed("E2E-3.9", "welcomes and removed are lists")
    if len(welcomes) > MOST_WELCOMES or len(removed) > MOST_WELCOMES:
        raise TooMuch("E2E-3.9", f"at most {MOST_WELCOMES} Welcomes in one request")
    return Message(
        sealed=envelope.read(_bytes(document.get("content"))),
        invitations=tuple(_invitation(welcome) for welcome in welcomes),
        removed=tuple(_removed(each) for each in removed),
        recipients=tuple(each for each in to if isinstance(each, str)),
        group_info=_bytes(document.get("group_info", "")),
    )


def _invitation(fields: Json) -> Invitation:
    to = fields.get("to") if isinstance(fields, dict) else None
    if not isinstance(fields, dict) or not isinstance(to, list) or len(to) > MOST_MEMBERS:
        raise Malformed("E2E-3.9", "a Welcome has content, and to: the actors whom it is for")
    return Invitation(tuple(map(str, to)), envelope.read(_bytes(fields.get("content"))))


def _removed(fields: Json) -> Removed:
    if not isinstance(fields, dict):
        raise Malformed("E2E-3.9", "who is removed is named by actor and device")
    actor, device = fields.get("actor"), fields.get("device", "")
    if not isinstance(actor, str) or not isinstance(device, str):
        raise Malformed("E2E-3.9", "who is removed is named by actor and device")
    return Removed(actor, device)


def read_receipt(answer: Answer, sealed: Sealed) -> Item:
    """The relay's item for `sealed`. Raises what it refused with, `Unreachable` for nonsense."""
    if answer.status == 404:
        # Put back from a copy, it has forgotten: until one of its own people tells it anew.
        raise Unreachable("the relay does not know the conversation now: its own people tell it")
    check_answer(answer, "E2E-3.9")
    fields = answer.document
    try:
        item = Item(
            group=_bytes(fields.get("group")),
            epoch=_count(fields.get("epoch"), EPOCHS),
            attempt=_count(fields.get("attempt"), 2**32),
            kind=str(fields.get("kind")),
            sha256=_bytes(fields.get("sha256")),
            seq=_count(fields.get("seq"), EPOCHS),
            prev=_bytes(fields.get("prev")),
            term=_count(fields.get("term"), 2**32),
            signature=_bytes(fields.get("signature")),
        )
    except Malformed:
        raise Unreachable("the relay's answer is not an item") from None
    about = (item.group, item.epoch, item.kind, item.sha256)
    if about != (sealed.group, sealed.epoch, str(sealed.kind), sealed.sha256):
        raise Unreachable("the relay answered about another message")
    return item


def check_answer(answer: Answer, clause: str) -> None:
    """Raise what a peer's problem document says; `clause` stands in where it names none."""
    if answer.status == 200:
        return
    named, params = answer.document.get("clause"), answer.document.get("params")
    if isinstance(named, str) and _CLAUSE.fullmatch(named):
        clause = named
    known = _params(params) if isinstance(params, dict) else {}
    kinds: dict[int, type[Refused]] = {
        400: Malformed,
        403: Forbidden,
        404: Missing,
        409: Conflict,
        413: TooMuch,
    }
    if answer.status == 429:
        raise TooMuch(clause, "the other server asks to wait", retry_after_seconds=3600)
    if answer.status not in kinds:
        raise Unreachable(f"the other server answered {answer.status}")
    raise kinds[answer.status](clause, "the other server refuses", **known)


def _params(fields: Mapping[str, Json]) -> dict[str, str | int]:
    """The head, as a conflict names it; nothing else is passed on."""
    found: dict[str, str | int] = {}
    for name in ("epoch", "seq"):
        if isinstance(value := fields.get(name), int):
            found[name] = value
    for name in ("head", "sha256"):
        value = fields.get(name)
        if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{0,64}", value):
            found[name] = value
    return found


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(fields: Json) -> bytes:
    try:
        return base64.b64decode(fields if isinstance(fields, str) else "!", validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("E2E-3.9", "bytes stand in base64") from None


def _count(fields: Json, end: int) -> int:
    if not isinstance(fields, int) or isinstance(fields, bool) or not 0 <= fields < end:
        raise Malformed("E2E-3.9", "a number is missing or out of range")
    return fields
