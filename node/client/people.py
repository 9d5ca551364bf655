"""The verbs of people: find, befriend, answer, part, block, mute, report."""

import re
from collections.abc import Sequence
from datetime import datetime

from node.client.api_client import ApiClient
from node.errors import Malformed
from node.wire.api.accounts import ActorView
from node.wire.api.graph import FriendCode, NewRequest, Relation, RelationList, Whom
from node.wire.api.mutes import MuteList, MuteOf, MuteView, NewMute
from node.wire.api.reports import NewReport, ReportMade

# What stands behind a dot is for devices.
_LINK = re.compile(
    r"https?://([^/@#?]+)(?:/app/code)?/@([^/@#?]+)(?:@([^/@#?]+))?/?#f=([a-z2-7]+)(?:\..*)?"
)


class People:
    """Whoever is meant is `@name@domain`, an actor's id, or a friend's bare `@name`.

    `own` is our own handle.
    """

    def __init__(self, api: ApiClient, own: str) -> None:
        self._api = api
        self._own = own

    async def find(self, handle: str) -> ActorView:
        """Who is behind a handle or an actor's id; our node may ask theirs."""
        query = {"acct": await self._full(handle)}
        return await self._api.ask("GET", "/accounts/lookup", ActorView, query=query)

    async def add_friend(self, handle: str, text: str = "") -> Relation:
        """Ask to be friends; when they asked first, this says yes.

        `handle` may be the link of a code that they show: then they need not answer (GRA-7).
        """
        handle, code = read_link(handle)
        body = NewRequest(actor=await self._full(handle), text=text, code=code)
        return await self._api.ask("POST", "/friends/requests", Relation, body)

    async def show_code(self) -> tuple[str, datetime]:
        """A link for somebody who stands beside us, and until when one person is let in by it."""
        made = await self._api.ask("POST", "/friends/code", FriendCode)
        name = self._own.lstrip("@").partition("@")[0]
        return f"{self._api.origin}/app/code/@{name}#f={made.code}", made.expires

    async def accept(self, handle: str) -> Relation:
        """Say yes to a request."""
        return await self._do("/friends/accept", handle)

    async def decline(self, handle: str) -> Relation:
        """Say no to a request."""
        return await self._do("/friends/decline", handle)

    async def cancel(self, handle: str) -> Relation:
        """Take our open request back."""
        return await self._do("/friends/cancel", handle)

    async def unfriend(self, handle: str) -> Relation:
        """End a friendship."""
        return await self._do("/friends/unfriend", handle)

    async def confirm(self, handle: str) -> Relation:
        """Take a mutual follow with a foreign server as a friendship."""
        return await self._do("/friends/confirm", handle)

    async def block(self, handle: str) -> Relation:
        """End all that is between us, here and at their server."""
        return await self._do("/blocks", handle)

    async def unblock(self, handle: str) -> Relation:
        """Take a block back; what it ended stays ended."""
        query = {"actor": await self._full(handle)}
        return await self._api.ask("DELETE", "/blocks", Relation, query=query)

    async def report(
        self, about: str, text: str = "", posts: Sequence[str] = (), forward: bool = False
    ) -> ReportMade:
        """Tell our node's administrators of `about`: @name@server, or the id of an actor or a post.

        `posts` are more by the same person. `forward`: their server is told too, not by whom;
        where few people are on our node it may guess that.
        """
        whom = await self._full(about)
        body = NewReport(about=whom, text=text, posts=list(posts), forward=forward)
        return await self._api.ask("POST", "/reports", ReportMade, body)

    async def mute(self, of: str, kind: MuteOf = "person", seconds: int | None = None) -> MuteView:
        """Hear no more of a person, of the `thread` of a post, or of a `word`; nobody learns of it.

        For so many `seconds`, or for good.
        """
        named = await self._full(of) if kind == "person" else of
        body = NewMute(kind=kind, of=named, seconds=seconds)
        return await self._api.ask("PUT", "/mutes", MuteView, body)

    async def unmute(self, of: str, kind: MuteOf = "person") -> None:
        """Take a mute back."""
        named = await self._full(of) if kind == "person" else of
        await self._api.ask("DELETE", "/mutes", object, query={"kind": kind, "of": named})

    async def mutes(self) -> list[MuteView]:
        """Whom and what we mute, the newest first."""
        return (await self._api.ask("GET", "/mutes", MuteList)).items

    async def relation(self, handle: str) -> Relation:
        """How we stand to one person."""
        query = {"actor": await self._full(handle)}
        return await self._api.ask("GET", "/relationships", Relation, query=query)

    async def friends(self) -> list[Relation]:
        """All our friends, the latest first."""
        return await self._relations("/friends", {})

    async def requests(self, outgoing: bool = False) -> list[Relation]:
        """Open requests: those that wait for our answer, or our own."""
        direction = "outgoing" if outgoing else "incoming"
        return await self._relations("/friends/requests", {"direction": direction})

    async def blocked(self) -> list[Relation]:
        """Whom we block."""
        return await self._relations("/blocks", {})

    async def _do(self, path: str, handle: str) -> Relation:
        body = Whom(actor=await self._full(handle))
        return await self._api.ask("POST", path, Relation, body)

    async def _relations(self, path: str, query: dict[str, str]) -> list[Relation]:
        pages = self._api.pages(path, RelationList, query)
        return [one async for page in pages for one in page.items]

    async def _full(self, handle: str) -> str:
        """A bare name is a friend's, or of somebody with an open request, else of our node.

        Raises `Malformed` (GRA-3.12) when two could be meant.
        """
        name = handle.strip().removeprefix("@")
        if not name or handle.startswith("https://") or "@" in name:
            return handle.strip()
        close = [*await self.friends(), *await self.requests()]
        found = sorted({one.person.handle for one in close if _named(one, name)})
        if len(found) > 1:
            raise Malformed("GRA-3.12", f"say which one: {' or '.join(found)}")
        home = self._own.rpartition("@")[2]
        return found[0] if found else f"@{name}@{home}"


def read_link(text: str) -> tuple[str, str]:
    """Who is meant by the link of a code, and the code; any other text, and ""."""
    found = _LINK.fullmatch(text.strip())
    if found is None:
        return text, ""
    host, name, domain, code = found.groups()
    return f"@{name}@{domain or host}", code


def _named(one: Relation, name: str) -> bool:
    return one.person.handle.lstrip("@").partition("@")[0].casefold() == name.casefold()
