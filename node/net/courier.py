"""Signs what goes out, in the dialect that the peer reads, and posts it (spec FED-8)."""

from collections.abc import Awaitable, Callable
from typing import Protocol
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from node.errors import Forbidden, NodeError
from node.federation.clocks import Clocks
from node.federation.discovery import ACTIVITY_JSON
from node.federation.peers import Peer
from node.federation.sending import ARRIVED
from node.net.fetcher import follow
from node.ports import Clock, Request, Response
from node.wire import httpsig
from node.wire.httpsig import Dialect
from node.wire.keys import Algorithm, PrivateKey

# What a peer answers that does not read our dialect.
NOT_READ = frozenset({400, 401})


class Keys(Protocol):
    async def private(self, actor: str, algorithm: Algorithm) -> PrivateKey: ...


class Peers(Protocol):
    async def peer(self, host: str) -> Peer: ...

    async def reads_only(self, host: str, dialect: Dialect) -> None:
        """The peer showed that it does not read another dialect."""
        ...


class Hops(Protocol):
    """One request out and its answer, without redirects: `Fetcher`."""

    async def hop(self, request: Request) -> Response: ...


class Prover(Protocol):
    """Puts a proof on what is for all: `federation.proving.Prover`."""

    async def activity(self, body: bytes, actor: str) -> bytes: ...


class ShunnedError(Forbidden):
    """A server that is suspended here: nothing is asked of it, and nothing sent (FED-7.7)."""


class Outcome(Struct, frozen=True):
    """How a delivery went. `status` None: no answer, `trouble` says why; else it says what a
    refusal may come from. `date` is what the peer's clock showed."""

    status: int | None
    retry_after: str | None = None
    trouble: str = ""
    never: bool = False
    date: str | None = None
    clock_in_doubt: bool = False


class Signer:
    """Puts an actor's signature on a request; hears what time others have."""

    def __init__(self, keys: Keys, peers: Peers, clock: Clock, clocks: Clocks) -> None:
        self._keys = keys
        self._peers = peers
        self._clock = clock
        self.clocks = clocks

    async def dialect(self, url: str) -> Dialect:
        """In which dialect a request to `url` would be signed."""
        return (await self._peers.peer(urlsplit(url).netloc)).speaks

    async def sign(self, request: Request, actor: str, dialect: Dialect | None = None) -> Request:
        """`request` with the headers that prove `actor`; `dialect` overrules what we know.

        Raises `Forbidden` (FED-7.7) for a server with which we have nothing to do.
        """
        peer = await self._peers.peer(urlsplit(request.url).netloc)
        if peer.suspended:
            raise ShunnedError("FED-7.7", "this node does not talk with that server")
        if dialect is not None:
            peer = replace(peer, dialect=dialect)
        key = await self._keys.private(actor, peer.reads)
        headers = httpsig.sign(request, key, self._clock.now(), peer.speaks)
        return replace(request, headers={**request.headers, **headers})

    async def shuns(self, url: str) -> bool:
        """Whether we have nothing to do with the server of `url`."""
        return (await self._peers.peer(urlsplit(url).netloc)).suspended

    async def reads_only(self, url: str, dialect: Dialect) -> None:
        await self._peers.reads_only(urlsplit(url).netloc, dialect)


class SignedFetch:
    """`ports.Fetch` in the name of one of our actors: each hop is signed anew (FED-9.4)."""

    def __init__(self, hops: Hops, signer: Signer, actor: str) -> None:
        self._hops = hops
        self._signer = signer
        self._actor = actor

    async def fetch(self, request: Request) -> Response:
        """See `ports.Fetch`."""
        return await follow(request, self._hop)

    async def _hop(self, request: Request) -> Response:
        return await send_signed(request, self._actor, self._signer, self._hops.hop)

    def named(self, actor: str) -> "SignedFetch":
        """The same, in the name of another actor of ours."""
        return SignedFetch(self._hops, self._signer, actor)


class Courier:
    """Carries one delivery to one inbox."""

    def __init__(self, hops: Hops, signer: Signer, prover: Prover) -> None:
        self._hops = hops
        self._signer = signer
        self._prover = prover

    async def carry(self, inbox: str, body: bytes, actor: str) -> Outcome:
        """Post `body` as `actor`. What the network does is told, not raised."""
        signer = self._signer
        try:
            proven = await self._prover.activity(body, actor)
            request = Request("POST", inbox, {"content-type": ACTIVITY_JSON}, proven)
            answer = await send_signed(request, actor, signer, self._hops.hop)
        except ShunnedError:
            return Outcome(None, trouble="the server is suspended here", never=True)
        except NodeError as error:
            doubt = signer.clocks.in_doubt(urlsplit(inbox).netloc)
            return Outcome(None, trouble=str(error), clock_in_doubt=doubt)
        said = answer.headers.get
        host = urlsplit(inbox).netloc
        return Outcome(
            answer.status,
            said("retry-after"),
            # Any other answer is no matter of time.
            trouble=signer.clocks.differs_from(host) if answer.status in NOT_READ else "",
            date=said("date"),
            # All clocks that were heard are compared for a failure alone.
            clock_in_doubt=answer.status not in ARRIVED and signer.clocks.in_doubt(host),
        )


async def send_signed(
    request: Request, actor: str, signer: Signer, hop: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Send `request` signed; once more by draft-cavage when the peer cannot read RFC 9421."""
    answer = await hop(await signer.sign(request, actor))
    signer.clocks.hear(urlsplit(request.url).netloc, answer.headers.get("date"))
    if answer.status not in NOT_READ or await signer.dialect(request.url) is Dialect.CAVAGE:
        return answer
    second = await hop(await signer.sign(request, actor, Dialect.CAVAGE))
    if second.status not in NOT_READ:
        await signer.reads_only(request.url, Dialect.CAVAGE)
    return second
