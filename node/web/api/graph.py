"""Routes of friends: requests and answers, blocks, following (spec GRA-3 to GRA-5)."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias

from node.errors import Malformed
from node.graph import befriending, blocking, following, friend_codes
from node.graph.friendship_unit import FriendshipUnit
from node.ports import Entropy
from node.store.friends import STATES, FriendsUnit
from node.store.unit import Units
from node.web.api.scopes import Scope
from node.web.routes import Call, Reply, Route
from node.wire.api.graph import FriendCode, NewRequest, Relation, RelationList, Whom

# From @name@domain or an id to an actor's id, by discovery where it is not known here.
Find: TypeAlias = Callable[[str], Awaitable[str]]
Command: TypeAlias = Callable[[FriendshipUnit, str, str], Coroutine[Any, Any, None]]
LONGEST_NAME = 2048


class Friends:
    """The verbs of friendship, as the routes call them."""

    def __init__(self, units: Units, find: Find) -> None:
        self._units = units
        self._find = find

    async def whom(self, text: str) -> str:
        """The actor that `text` names. Raises `Malformed` (GRA-3.12) and what discovery does."""
        name = text.strip()
        if not name or len(name) > LONGEST_NAME:
            raise Malformed("GRA-3.12", "say who: @name@domain or an actor's id")

        async def known(unit: FriendsUnit) -> str | None:
            if name.startswith(("https://", "http://")):
                return name if await unit.knows(name) else None
            local, _, domain = name.removeprefix("@").partition("@")
            return await (unit.named(local, domain) if domain else unit.named_here(local))

        # Whom we know is not looked for again: their server may be away just now.
        return await self._units.look(FriendsUnit, known) or await self._find(name)

    async def _relation(self, actor: str, other: str) -> Reply:
        return Reply(await self._units.look(FriendsUnit, lambda unit: unit.relation(actor, other)))

    async def _done(self, call: Call, text: str, command: Command) -> Reply:
        actor, other = call.caller.actor, await self.whom(text)
        await self._units.run(FriendsUnit, lambda unit: command(unit, actor, other), once=call.once)
        return await self._relation(actor, other)

    def named_in_body(self, command: Command) -> Callable[[Call], Awaitable[Reply]]:
        """The answer to a route whose body names the other one."""

        async def do(call: Call) -> Reply:
            return await self._done(call, call.body.actor, command)

        return do

    def named_in_query(self, command: Command) -> Callable[[Call], Awaitable[Reply]]:
        """The answer to a route whose parameter `actor` names the other one."""

        async def do(call: Call) -> Reply:
            return await self._done(call, call.query.get("actor", ""), command)

        return do

    async def request(self, call: Call) -> Reply:
        asked: NewRequest = call.body
        code = friend_codes.read_code(asked.code)

        async def command(unit: FriendshipUnit, actor: str, other: str) -> None:
            await befriending.request(unit, actor, other, asked.text, code)

        return await self._done(call, asked.actor, command)

    async def relation(self, call: Call) -> Reply:
        return await self._relation(call.caller.actor, await self.whom(call.query.get("actor", "")))

    async def friends(self, call: Call) -> Reply:
        return await self._standing(call, call.query.get("state", "friend"))

    async def requests(self, call: Call) -> Reply:
        direction = call.query.get("direction", "incoming")
        states = {"incoming": "incoming", "outgoing": "requested"}
        if direction not in states:
            raise Malformed("GRA-3.12", "direction is incoming or outgoing")
        return await self._standing(call, states[direction])

    async def blocks(self, call: Call) -> Reply:
        return await self._standing(call, "blocked")

    async def _standing(self, call: Call, state: str) -> Reply:
        if state != "mutual" and state not in STATES:
            raise Malformed("GRA-3.12", "state is mutual, " + ", ".join(sorted(STATES)))
        actor = call.caller.actor

        async def look(unit: FriendsUnit) -> Reply:
            if state == "mutual":
                items, after = await unit.mutuals(actor, call.limit, call.after)
            else:
                items, after = await unit.standing(actor, state, call.limit, call.after)
            return Reply(RelationList(items=items), after=after)

        return await self._units.look(FriendsUnit, look)

    async def follows(self, call: Call) -> Reply:
        direction = call.query.get("direction", "following")
        if direction not in ("following", "followers"):
            raise Malformed("GRA-3.12", "direction is following or followers")
        actor = call.caller.actor

        async def look(unit: FriendsUnit) -> Reply:
            page = unit.followed if direction == "following" else unit.followers
            items, after = await page(actor, call.limit, call.after)
            return Reply(RelationList(items=items), after=after)

        return await self._units.look(FriendsUnit, look)


WHO = "@name@domain, or the id of an actor"
# The one who is meant stands in the body as `actor`, never in the path: ids are addresses.
DEEDS: tuple[tuple[str, Command, str], ...] = (
    ("accept", befriending.accept, "Say yes to a friend request."),
    ("decline", befriending.decline, "Say no to a friend request."),
    ("cancel", befriending.cancel, "Take your open friend request back."),
    ("unfriend", befriending.unfriend, "End a friendship."),
    ("confirm", befriending.confirm, "Take a mutual follow with a foreign server as a friend."),
)


def routes(units: Units, find: Find, entropy: Entropy) -> tuple[Route, ...]:
    """The routes of this room. `find` looks for people who are not known here."""
    friends = Friends(units, find)

    async def make_code(call: Call) -> Reply:
        actor, code = call.caller.actor, friend_codes.new_code(entropy)
        expires = await units.run(
            FriendsUnit, lambda unit: friend_codes.make_code(unit, actor, code), once=call.once
        )
        return Reply(FriendCode(code=code, expires=expires))

    write, who = Scope.WRITE, {"actor": WHO}
    deeds = [
        Route("POST", f"/friends/{name}", friends.named_in_body(do), says, write, Whom, Relation)
        for name, do, says in DEEDS
    ]
    return (
        *_lists(friends),
        Route(
            "POST",
            "/friends/requests",
            friends.request,
            "Ask someone to be friends; if they asked you, this says yes.",
            write,
            NewRequest,
            Relation,
        ),
        Route(
            "POST",
            "/friends/code",
            make_code,
            "A code to be shown: who brings it is a friend at once. Earlier ones are void.",
            write,
            answers=FriendCode,
            status=201,
        ),
        *deeds,
        Route(
            "POST",
            "/blocks",
            friends.named_in_body(blocking.block),
            "Block someone: ends all between you, here and at their server.",
            write,
            Whom,
            Relation,
        ),
        Route(
            "DELETE",
            "/blocks",
            friends.named_in_query(blocking.unblock),
            "Take a block back; what it ended stays ended.",
            write,
            answers=Relation,
            query=who,
        ),
        Route(
            "POST",
            "/follows",
            friends.named_in_body(following.follow),
            "Follow someone: their posts for followers come to your feed.",
            write,
            Whom,
            Relation,
        ),
        Route(
            "DELETE",
            "/follows",
            friends.named_in_query(following.unfollow),
            "Stop following someone.",
            write,
            answers=Relation,
            query=who,
        ),
        Route(
            "DELETE",
            "/followers",
            friends.named_in_query(following.remove_follower),
            "Send a follower away.",
            write,
            answers=Relation,
            query=who,
        ),
    )


def _lists(friends: Friends) -> tuple[Route, ...]:
    def listing(
        path: str, do: Callable[[Call], Awaitable[Reply]], says: str, **query: str
    ) -> Route:
        return Route(
            "GET", path, do, says, Scope.READ, answers=RelationList, paged=True, query=query
        )

    return (
        listing(
            "/friends",
            friends.friends,
            "Your friends, or others by how you stand to them.",
            state="friend (the usual), mutual, " + ", ".join(sorted(set(STATES) - {"friend"})),
        ),
        listing(
            "/friends/requests",
            friends.requests,
            "Open friend requests.",
            direction="incoming (the usual) or outgoing",
        ),
        listing("/blocks", friends.blocks, "Whom you block."),
        listing(
            "/follows",
            friends.follows,
            "Whom you follow, or who follows you.",
            direction="following (the usual) or followers",
        ),
        Route(
            "GET",
            "/relationships",
            friends.relation,
            "How you stand to one person.",
            Scope.READ,
            answers=Relation,
            query={"actor": WHO},
        ),
    )
