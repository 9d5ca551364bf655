"""The keys that an actor anywhere publishes, read anew as seldom as may be (spec KEY-7.7)."""

from typing import Final

from cachetools import TTLCache

from node.e2ee import account_keys
from node.e2ee.keys.public.published import Published
from node.e2ee.peers import Peers, check_answer
from node.errors import Forbidden, Malformed, Missing, NodeError
from node.net.once import SingleFlight
from node.ports import Clock
from node.store.account_keys import AccountKeysUnit
from node.store.unit import Units
from node.wire import ids, multibase

ED25519_MULTIKEY: Final = b"\xed\x01"
KEPT_SECONDS: Final = 600
MOST_KEPT: Final = 256
REST_SECONDS: Final = 5  # for so long what came of a read stands, whatever is asked
MOST_RESTING: Final = 4096


class ActorKeysReader:
    """Reads the keys of actors; those of other servers from there, and keeps them a while."""

    def __init__(self, units: Units, peers: Peers, clock: Clock, origin: str) -> None:
        self._units = units
        self._peers = peers
        self._origin = origin
        self._once = SingleFlight()
        self._kept: TTLCache[str, Published] = TTLCache(MOST_KEPT, KEPT_SECONDS, clock.ticks)
        # What came of the last read, also when nothing did: who asks cannot have it done again.
        self._resting: TTLCache[str, Published | NodeError] = TTLCache(
            MOST_RESTING, REST_SECONDS, clock.ticks
        )

    async def read(self, asker: str, actor: str, least: tuple[int, int]) -> Published:
        """The keys of `actor`, read anew where we know of older ones than `least`.

        Raises `Missing` (KEY-7.5), `Forbidden` (KEY-7.7) and what the keys break, `Unreachable`.
        """
        if ids.same_origin(actor, self._origin):
            ours = await self._units.look(
                AccountKeysUnit, lambda unit: account_keys.show(unit, actor)
            )
            return account_keys.published(ours.keys, actor)
        kept = self._kept.get(actor)
        if kept is not None and kept.number >= least:
            return kept
        came = self._resting.get(actor)
        if came is None:
            came = await self._once(actor, lambda: self._look(asker, actor))
        if isinstance(came, NodeError):
            raise came
        return came

    async def _look(self, asker: str, actor: str) -> Published | NodeError:
        came: Published | NodeError
        try:
            came = self._kept[actor] = await self._fetch(asker, actor)
        except NodeError as error:
            came = error
        self._resting[actor] = came
        return came

    async def _fetch(self, asker: str, actor: str) -> Published:
        said = await self._peers.look(asker, actor)
        check_answer(said, "KEY-7.7")
        if said.document.get("id") != actor:
            raise Forbidden("KEY-7.7", "another actor's document stands at that id")
        root, address = said.document.get("kith:identityKey"), said.document.get("kith:devices")
        if not isinstance(root, str) or not isinstance(address, str):
            raise Missing("KEY-7.5", "the account has published no keys")
        if not ids.same_origin(address, actor):
            raise Forbidden("KEY-7.7", "an actor's keys are said to stand on another server")
        answer = await self._peers.look(asker, address)
        check_answer(answer, "KEY-7.7")
        return account_keys.read_document(answer.document, actor, _root(root))


def _root(text: str) -> bytes:
    raw = multibase.decode(text)
    if len(raw) != 34 or not raw.startswith(ED25519_MULTIKEY):
        raise Malformed("KEY-7.6", "an identity key is an Ed25519 Multikey")
    return raw[2:]
