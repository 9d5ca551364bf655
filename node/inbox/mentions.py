"""Who may mention one of our people, and what becomes of those who may not (spec INB-8)."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, Protocol

from msgspec import Struct

from node.graph.visibility import Viewer
from node.inbox.known import Known

MENTION: Final = "mention"
REQUEST: Final = "mention_request"  # kept among the requests, and told to no device
MOST_WAITING: Final = 100  # requests of one account that nobody has read
MOST_OF_DOMAIN: Final = 10  # of those, from all servers of one owner
MOST_HEARD: Final = 50  # of ours, of all whom one post mentions


class WhoMentions(StrEnum):
    """Who is heard at once; all others are kept as requests."""

    EVERYONE = "everyone"
    FOLLOWING = "following"  # whom one follows, friends, and who lives here too
    FRIENDS = "friends"
    NOBODY = "nobody"


class Mentioning(Struct, frozen=True):
    """One of ours towards who mentions them.

    `waiting`: their requests that nobody has read; `of_domain`: those of the author's domain.
    """

    choice: WhoMentions
    viewer: Viewer
    neighbour: bool = False
    waiting: int = 0
    of_domain: int = 0

    @property
    def heard(self) -> bool:
        """Whether they are told at once."""
        if self.choice is WhoMentions.EVERYONE:
            return True
        if self.choice is WhoMentions.NOBODY:
            return False
        near = self.viewer.follower or self.neighbour
        return self.viewer.friend or (self.choice is WhoMentions.FOLLOWING and near)

    @property
    def has_room(self) -> bool:
        """Whether a request may be kept."""
        room = self.waiting < MOST_WAITING and self.of_domain < MOST_OF_DOMAIN
        return room and not self.viewer.blocked

    @property
    def listens(self) -> bool:
        """Whether they are told at once, or find it among the requests."""
        return (self.heard and not self.viewer.blocked) or self.has_room


class MentionsUnit(Protocol):
    """What this page asks of its transaction."""

    async def account_of(self, actor: str) -> str | None: ...

    async def sees(self, actor: str, post: str) -> bool: ...

    async def mentioning(self, account: str, actor: str, author: str) -> Mentioning: ...

    async def notify(self, account: str, kind: str, actor: str, object: str) -> None: ...

    async def note_quietly(self, account: str, kind: str, actor: str, object: str) -> None:
        """A notice that is told to no device."""
        ...


async def tell(unit: MentionsUnit, post: Known, actors: Iterable[str]) -> None:
    """Each of ours who may see the post is told, or finds it among the requests."""
    for actor in sorted(actors)[:MOST_HEARD]:
        account = await unit.account_of(actor)
        if account is None or not await unit.sees(actor, post.id):
            continue
        mentioning = await unit.mentioning(account, actor, post.author)
        if mentioning.heard:
            await unit.notify(account, MENTION, post.author, post.id)
        elif mentioning.has_room:
            await unit.note_quietly(account, REQUEST, post.author, post.id)


async def has_listener(unit: MentionsUnit, author: str, mentions: Iterable[str]) -> bool:
    """Whether one of ours is mentioned who is told of it, or has room for a request."""
    for actor in sorted(set(mentions))[:MOST_HEARD]:
        account = await unit.account_of(actor)
        if account is not None and (await unit.mentioning(account, actor, author)).listens:
            return True
    return False
