"""Puts the addresses at our own node into what a reader is told of posts and people (VID-9.1).

Around the routes, by what they answer: so no page of routes can forget it.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from node.ports import Clock
from node.video.links import Links
from node.video.through import is_shown
from node.web.routes import Call, Reply, Route
from node.wire.api.accounts import ActorView
from node.wire.api.graph import Relation, RelationList
from node.wire.api.inbox import NoticeList, Person, Post, PostList
from node.wire.api.mutes import MuteList, MuteView
from node.wire.api.reports import ReportList
from node.wire.ids import same_origin


class Shown(Struct, frozen=True):
    """What accounts are told, each with addresses of its own. `ours` are this node's origins."""

    links: Links
    clock: Clock
    ours: frozenset[str]

    def around(self, routes: Iterable[Route]) -> tuple[Route, ...]:
        """The same routes; what they answer of posts and people has the addresses."""
        dressers: Mapping[Any, Callable[[Any, str], Any]] = {
            Post: self._post,
            PostList: self._each(self._post),
            ReportList: self._each(lambda one, account: self._person(one.about, account)),
            MuteList: self._each(self._mute),
            NoticeList: self._each(lambda one, account: self._person(one.actor, account)),
            Relation: self._relation,
            RelationList: self._each(self._relation),
            ActorView: self._actor,
        }
        return tuple(
            self._dressed(route, dressers[route.answers]) if route.answers in dressers else route
            for route in routes
        )

    def _dressed(self, route: Route, dress: Callable[[Any, str], Any]) -> Route:
        @wraps(route.do)
        async def do(call: Call) -> Reply:
            reply = await route.do(call)
            return replace(reply, value=dress(reply.value, call.caller.account))

        return replace(route, do=do)

    def _each(self, dress: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
        def all_of(told: Any, account: str) -> Any:
            for one in told.items:
                dress(one, account)
            return told

        return all_of

    def _post(self, post: Post, account: str) -> Post:
        self._person(post.author, account)
        if post.shared_by is not None:
            self._person(post.shared_by, account)
        for place, file in enumerate(post.media):
            if is_shown(file.kind, file.media_type):
                file.here = self._at(account, "file", post.number, place, file.url)
                file.poster_here = self._at(account, "poster", post.number, place, file.poster)
        return post

    def _mute(self, mute: MuteView, account: str) -> MuteView:
        if mute.person is not None:
            self._person(mute.person, account)
        return mute

    def _relation(self, relation: Relation, account: str) -> Relation:
        self._person(relation.person, account)
        return relation

    def _person(self, person: Person, account: str) -> None:
        person.icon_here = self._icon(person.icon, person.number, account)

    def _actor(self, actor: ActorView, account: str) -> ActorView:
        here = self._icon(actor.icon, actor.number, account)
        header = self._icon(actor.header, actor.number, account, "header")
        return replace(actor, icon_here=here, header_here=header)

    def _icon(self, icon: str, number: str, account: str, kind: str = "icon") -> str:
        if any(same_origin(icon, one) for one in self.ours):
            return icon
        return self._at(account, kind, number, 0, icon)

    def _at(self, account: str, kind: str, number: str, place: int, url: str) -> str:
        ours = any(same_origin(url, one) for one in self.ours)
        if not number or not (ours or url.startswith("https://")):
            return ""
        return self.links.make(account, kind, int(number), place, url, self.clock.now())
