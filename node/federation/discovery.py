"""Whom an id or a handle names: actor documents, their keys, WebFinger (spec FED-10)."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from cachetools import TTLCache
from msgspec.structs import replace

from node.errors import Forbidden, Malformed, Missing, NoRoom, Refused, Unproven, Unreachable
from node.federation.actors import ActorDocument, parse_actor
from node.federation.peers import Actor, Found
from node.federation.receiving import KeyGone
from node.federation.webfinger import Handle, WebFinger, handle
from node.ports import Clock, Fetch, Request, Response
from node.wire import ids, json
from node.wire.keydocs import begins_with_owner
from node.wire.keys import PublicKey

T = TypeVar("T")

ACTIVITY_JSON = "application/activity+json"
ACCEPT = f'{ACTIVITY_JSON}, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
FRESH = timedelta(hours=24)
COOL_DOWN_SECONDS = 300.0  # between two fetches of a key that did not fit (FED-7.6)
KEYS_KEPT = 20_000
KEY_SECONDS = 60.0  # how long a key that its owner took back may still be believed here


class Known(Protocol):
    """What is on disk about actors and servers."""

    async def actor(self, id: str) -> Actor | None: ...

    async def named(self, name: str, domain: str) -> Actor | None: ...

    async def keep(self, found: Found) -> Actor: ...

    async def confirm(self, id: str, name: str, domain: str) -> None: ...

    async def lost(self, actor: str) -> None: ...

    async def key(self, id: str) -> PublicKey | None: ...


class Once(Protocol):
    """Many who ask for one thing at a time share one answer (FED-10.8)."""

    async def __call__(self, key: str, make: Callable[[], Awaitable[T]]) -> T: ...


class Discovery:
    """Finds actors and keys; asks the network for what is unknown or old."""

    def __init__(self, fetch: Fetch, known: Known, once: Once, clock: Clock) -> None:
        self._fetch = fetch
        self._known = known
        self._webfinger = WebFinger(self._get)
        self._once = once
        self._clock = clock
        self._keys: TTLCache[str, PublicKey] = TTLCache(KEYS_KEPT, KEY_SECONDS, clock.ticks)
        self._refetched: TTLCache[str, bool] = TTLCache(KEYS_KEPT, COOL_DOWN_SECONDS, clock.ticks)

    async def document(self, url: str) -> Mapping[str, Any]:
        """What stands at `url`, from that origin and no other (FED-9.4). Raises as `actor`."""
        answer = await self._activity(url)
        if not ids.same_origin(url, answer.url):
            raise Forbidden("FED-10.7", "the document was sent from another origin")
        return _document(answer)

    # -- actors --------------------------------------------------------------------------------

    async def actor(self, id: str, fresh: bool = False) -> Actor:
        """The actor of this id. `fresh` asks its server even if we read it lately.

        Raises `Missing` (FED-10.7) when there is none, `Unreachable`, `Refused` for a bad document.
        """
        known = await self._known.actor(id)
        if known is not None and (known.local or known.gone):
            return known
        if known is not None and not fresh and self._is_fresh(known.fetched, FRESH):
            return known
        try:
            return await self._once(f"actor {id}", lambda: self._read_actor(id, fresh))
        except (Unreachable, NoRoom):
            if known is None or fresh:
                raise
            return known  # neither a silent server nor a full disk makes its people unknown

    async def find(self, text: str) -> Actor:
        """The actor that a handle names, confirmed by the actor's own server (FED-10.6).

        Raises `Malformed`, `Missing`, `Unreachable`.
        """
        wanted = handle(text)
        known = await self._known.named(wanted.name, wanted.domain)
        if known is not None and (known.local or self._is_fresh(known.fetched, FRESH)):
            return known
        try:
            return await self._find_anew(wanted, fresh=known is not None)
        except NoRoom:
            if known is None:
                raise
            return known

    async def _find_anew(self, wanted: Handle, fresh: bool) -> Actor:
        id, subject = await self._webfinger.find(wanted, wanted.domain)
        actor = await self.actor(id, fresh)
        domain = await self._confirmed(actor, wanted, subject)
        await self._known.confirm(actor.id, actor.name, domain)
        return replace(actor, domain=domain)

    async def _confirmed(self, actor: Actor, asked: Handle, subject: Handle) -> str:
        """The domain of the actor's handle. The name is the document's, never the asker's."""
        home = ids.origin(actor.id).authority
        for claim in dict.fromkeys((subject, Handle(actor.name, home))):
            if claim.name.lower() != actor.name.lower():
                continue
            # Both must say so: the handle's domain (which led here, if it was asked), and the
            # actor's own host, or anybody could give their own names to somebody else's people.
            at = {claim.domain, home} - ({asked.domain} if claim == asked else set())
            if all([await self._leads(claim, host, actor.id) for host in sorted(at)]):
                return claim.domain
        raise Forbidden("FED-10.6", "the actor's own server does not confirm this handle")

    async def _leads(self, handle: Handle, at: str, actor: str) -> bool:
        try:
            return (await self._webfinger.find(handle, at))[0] == actor
        except Refused:
            return False  # nobody of that name, or nonsense: the next may be true

    async def _read_actor(self, id: str, fresh: bool) -> Actor:
        known = await self._known.actor(id)
        if known is not None and not fresh and self._is_fresh(known.fetched, FRESH):
            return known  # another has read it between our look and this flight
        return await self._keep(await self._fetched(id))

    async def _keep(self, found: Found, asked: str = "") -> Actor:
        """Keep an actor with the keys that are certainly its own: those whose ids begin with the
        actor's, and the one at `asked`, whose document named the actor (FED-7.5)."""
        own = [key for key in found.keys if begins_with_owner(key) or key.id == asked]
        return await self._known.keep(replace(found, keys=tuple(own)))

    async def _fetched(self, id: str) -> Found:
        await self._check_foreign(id)
        answer = await self._activity(id)
        document = parse_actor(_document(answer))
        if document.id != id or not ids.same_origin(document.id, answer.url):
            # What was asked for was another name of it: the document's own id decides, once.
            await self._check_foreign(document.id)
            answer = await self._activity(document.id)
            again = parse_actor(_document(answer))
            if again.id != document.id or not ids.same_origin(again.id, answer.url):
                raise Forbidden("FED-10.7", "the document does not stand at its own id")
            document = again
        return Found(actor_row(document), document.keys, answer.body)

    async def _check_foreign(self, id: str) -> None:
        """Raises `Forbidden` (FED-10.9) for one of ours: read anew, they would be a stranger."""
        if await self._is_ours(id):
            raise Forbidden("FED-10.9", "an actor of this node is not read from the network")

    async def _is_ours(self, id: str) -> bool:
        known = await self._known.actor(id)
        return known is not None and known.local

    async def _activity(self, url: str) -> Response:
        answer = await self._get(url, ACCEPT)
        if answer.status == 410:
            raise KeyGone("FED-7.11", "the actor is gone, says its own server")
        if answer.status in (401, 403, 404):
            raise Missing("FED-10.7", f"the other server answered {answer.status}")
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in (ACTIVITY_JSON, "application/ld+json"):
            # Somebody's upload on that server is not the server's word.
            raise Malformed("FED-10.7", "the document is not served as ActivityPub")
        return answer

    async def _get(self, url: str, accept: str) -> Response:
        answer = await self._fetch.fetch(Request("GET", url, {"accept": accept}))
        if answer.status >= 500 or answer.status == 429:
            raise Unreachable(f"the other server answered {answer.status}")
        return answer

    # -- keys ----------------------------------------------------------------------------------

    async def key(self, id: str) -> PublicKey:
        """See `receiving.Keys`."""
        found = await self.held(id)
        if found is None:
            found = await self._once(f"key {id}", lambda: self._first_key(id))
            self._keys.setdefault(id, found)  # what is there keeps its age
        return found

    async def again(self, id: str) -> PublicKey | None:
        """See `receiving.Keys`."""
        if self._refetched.get(id) or await self._is_ours(id.partition("#")[0]):
            return None
        self._refetched[id] = True
        key = await self._once(f"key {id}", lambda: self._read_key(id))
        self._keys[id] = key
        return key

    async def held(self, id: str) -> PublicKey | None:
        """See `receiving.Keys`."""
        try:
            return self._keys[id]  # `get` takes five times as long, and every request asks
        except KeyError:
            found = await self._known.key(id)
        return None if found is None else self._keys.setdefault(id, found)

    async def _first_key(self, id: str) -> PublicKey:
        # Another may have read it between our look and this flight.
        return await self._known.key(id) or await self._read_key(id)

    async def _read_key(self, id: str) -> PublicKey:
        """The key, as the document of its owner lists it: never as another document claims."""
        owner = id.partition("#")[0]
        known = await self._known.key(id)
        if "#" not in id:
            owner = known.owner if known is not None else await self._owner_of(id)
        try:
            found = await self._fetched(owner)
        except KeyGone:
            await self._known.lost(owner)
            raise
        except Missing:
            raise Unproven("FED-7.5", "the key's document is not to be had") from None
        listed = {key.id: key for key in found.keys}
        if id not in listed or not ids.same_origin(found.actor.id, id):
            raise Unproven("FED-7.5", "the key's owner does not list it")
        await self._keep(found, id)
        return listed[id]

    async def _owner_of(self, id: str) -> str:
        """The actor that a key document of its own names as its owner: a hint of where to look."""
        document = _document(await self._activity(id))
        inner = document.get("publicKey")
        named = [document.get("owner"), document.get("controller"), document.get("id")]
        if isinstance(inner, Mapping):
            named = [inner.get("owner"), *named]
        owner = next((value for value in named if isinstance(value, str) and value != id), "")
        if not ids.same_origin(owner, id):
            raise Unproven("FED-7.5", "the key's owner is of another origin")
        return owner

    def _is_fresh(self, at: datetime | None, span: timedelta) -> bool:
        return at is not None and self._clock.now() - at < span


def _document(answer: Response) -> Mapping[str, Any]:
    if answer.status != 200:
        raise Missing("FED-10.7", f"the other server answered {answer.status}")
    return json.document(answer.body)


def actor_row(document: ActorDocument) -> Actor:
    """A foreign actor's row, as its document has it."""
    return Actor(
        id=document.id,
        kind=document.kind,
        inbox=document.inbox,
        name=document.name,
        display_name=document.display_name,
        summary=document.summary,
        icon=document.icon,
        header=document.header,
        links=document.links,
        url=document.url,
        shared_inbox=document.shared_inbox,
        outbox=document.outbox,
        followers=document.followers,
        following=document.following,
        friends=document.friends,
        key_packages=document.key_packages,
        capabilities=document.capabilities,
        manually_approves=document.manually_approves,
    )
