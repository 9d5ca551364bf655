"""Routes of linking a new device, which has no token yet (LNK-5)."""

from typing import Final

from cachetools import TTLCache

from node.accounts.tokens import digest_of, new_token
from node.e2ee import links
from node.e2ee.linking.public.code import is_code, new_code
from node.e2ee.links import MOST_GRANT_BYTES, Approver
from node.errors import Missing, TooMuch
from node.ports import Clock, Entropy
from node.store.links import LinksUnit
from node.store.unit import Units
from node.web.api.scopes import Scope
from node.web.limits import neighbourhoods
from node.web.routes import Call, Reply, Route
from node.wire.api.links import (
    ApproveLink,
    LinkCommitment,
    LinkOpened,
    LinkRead,
    LinkState,
    LookAtLink,
    NewLink,
    ReadLink,
    ShowLink,
)

MOST_AN_HOUR: Final = 10
HOUR_SECONDS: Final = 3600
MOST_NETWORKS: Final = 50_000
SIDE_BODY_BYTES: Final = 8192


class Opened:
    """How many linkings each network opened in an hour, which begins with its first one."""

    def __init__(self, clock: Clock) -> None:
        self._counts: TTLCache[str, list[None]] = TTLCache(MOST_NETWORKS, HOUR_SECONDS, clock.ticks)

    def count(self, address: str) -> None:
        """One more. Raises `TooMuch` (LNK-5.7)."""
        found = [
            (self._counts.setdefault(network, []), MOST_AN_HOUR * times)
            for network, times in neighbourhoods(address)
        ]
        if any(len(opened) >= most for opened, most in found):
            reason = "too many devices were linked from here in an hour: try again later"
            raise TooMuch("LNK-5.7", reason, HOUR_SECONDS)
        for opened, _ in found:
            opened.append(None)


class Links:
    """The verbs of linking, as the routes call them."""

    def __init__(self, units: Units, entropy: Entropy, clock: Clock) -> None:
        self._units = units
        self._entropy = entropy
        self._opened = Opened(clock)

    async def start(self, call: Call) -> Reply:
        asked: NewLink = call.body
        self._opened.count(call.address)
        code, token = new_code(self._entropy), new_token(self._entropy)
        await self._units.run(
            LinksUnit,
            lambda unit: links.start(unit, code, asked.commit, token.digest),
            once=call.once,
        )
        return Reply(LinkOpened(code=code, secret=token.secret))

    async def find(self, call: Call) -> Reply:
        code = _code(call)
        found = await self._units.look(LinksUnit, lambda unit: links.find(unit, code))
        return Reply(LinkCommitment(commit=found.commit))

    async def read(self, call: Call) -> Reply:
        asked: ReadLink = call.body
        code, token = _code(call), new_token(self._entropy)
        await self._units.run(
            LinksUnit,
            lambda unit: links.read(unit, code, asked.side, token.digest),
            once=call.once,
        )
        return Reply(LinkRead(secret=token.secret))

    async def show(self, call: Call) -> Reply:
        asked: ShowLink = call.body
        code, digest = _code(call), digest_of(asked.secret)
        await self._units.run(LinksUnit, lambda unit: links.show(unit, code, digest, asked.side))
        return Reply()

    async def look(self, call: Call) -> Reply:
        asked: LookAtLink = call.body
        code, digest = _code(call), digest_of(asked.secret)
        found = await self._units.look(LinksUnit, lambda unit: links.look(unit, code, digest))
        _, side = found.of_other(digest)
        return Reply(LinkState(side=side, grant=found.grant))

    async def approve(self, call: Call) -> Reply:
        asked: ApproveLink = call.body
        caller = call.device_caller
        code, digest = _code(call), digest_of(asked.secret)
        who = Approver(caller.account, caller.actor, " ".join(sorted(caller.scopes)))
        await self._units.run(
            LinksUnit, lambda unit: links.approve(unit, who, code, digest, asked.grant)
        )
        return Reply()


def _code(call: Call) -> str:
    code = call.path["code"]
    if not is_code(code):
        raise Missing("LNK-5.5", links.NOT_GOOD)
    return code


def routes(units: Units, entropy: Entropy, clock: Clock) -> tuple[Route, ...]:
    """The routes of this room."""
    own = Links(units, entropy, clock)
    return (
        Route("POST", "/links", own.start,
              "Begin to link a new device, on either of the two: a code to be shown.",
              None, NewLink, LinkOpened, 201, sensitive=True),
        Route("GET", "/links/{code}", own.find,
              "What the device that shows a code has committed to.",
              None, answers=LinkCommitment, sensitive=True),
        Route("POST", "/links/{code}/read", own.read,
              "Read a code: say one's side, and get a secret. Nobody else may then.",
              None, ReadLink, LinkRead, 201, sensitive=True, limit_bytes=SIDE_BODY_BYTES),
        Route("POST", "/links/{code}/show", own.show,
              "The side of the device that shows, once the code was read.",
              None, ShowLink, None, 204, idempotent=False, limit_bytes=SIDE_BODY_BYTES),
        Route("POST", "/links/{code}/look", own.look,
              "What the other device wrote, and the grant.",
              None, LookAtLink, LinkState, idempotent=False),
        Route("POST", "/links/{code}/approve", own.approve,
              "Let the new device in: it becomes one of the account's, its secret a token.",
              Scope.MESSAGES, ApproveLink, None, 204, idempotent=False,
              limit_bytes=2 * MOST_GRANT_BYTES),
    )  # fmt: skip
