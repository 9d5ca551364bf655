"""The queries of friendship, blocks, following and visibility, for handlers and commands."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Row, and_, bindparam, delete, or_, select

from node.federation.capabilities import FRIENDSHIP
from node.graph.friendship import Friendship
from node.graph.friendship_states import Pair, Stance
from node.graph.friendship_unit import Following, FollowState
from node.graph.visibility import STRANGER, Viewer
from node.store.notices import Notices
from node.store.of_host import of_host
from node.store.pipeline import Step
from node.store.resent import may_be_resent
from node.store.tables import (
    accounts,
    actors,
    follows,
    friend_codes,
    friendships,
    notices,
    peers,
)
from node.store.tombstones import Tombstones
from node.store.unit import Unit
from node.store.upserts import put
from node.wire.ids import origin
from node.wire.times import micros


def read_friendship(row: "Row[Any]") -> Friendship:
    return Friendship(
        actor=row.actor,
        other=row.other,
        pair=Pair(Stance(row.ours), Stance(row.theirs)),
        our_offer=row.our_offer,
        confirmed=bool(row.confirmed),
        their_offers=tuple(row.their_offer.split()),
        our_block=row.our_block,
        their_blocks=tuple(row.their_block.split()),
        text=row.text,
    )


def _following(row: "Row[Any] | None") -> Following | None:
    if row is None:
        return None
    return Following(row.follower, row.followed, tuple(row.id.split()), FollowState(row.state))


_AUTHORS: BindParameter[Any] = bindparam("authors", expanding=True)
_VIEWER: BindParameter[str] = bindparam("viewer")
TOWARDS = select(friendships).where(
    or_(
        and_(friendships.c.other == _VIEWER, friendships.c.actor.in_(_AUTHORS)),
        and_(friendships.c.actor == _VIEWER, friendships.c.other.in_(_AUTHORS)),
    )
)
FOLLOWED = select(follows.c.followed).where(
    follows.c.follower == _VIEWER,
    follows.c.followed.in_(_AUTHORS),
    follows.c.state == FollowState.ACCEPTED.value,
)


class GraphUnit(Unit):
    """A transaction of the graph room."""

    # -- who is who ------------------------------------------------------------------------------

    async def person(self, actor: str) -> str | None:
        """The account of one of our active people; None for their channels and everyone else."""
        found = await self.connection.execute(
            select(accounts.c.id).where(accounts.c.actor == actor, accounts.c.state == "active")
        )
        account: str | None = found.scalar_one_or_none()
        return account

    async def owner(self, actor: str) -> str | None:
        """The active Person behind one of our actors: themselves, or whose channel it is."""
        found = await self.connection.execute(
            select(accounts.c.actor).where(
                or_(accounts.c.actor == actor, accounts.c.channel == actor),
                accounts.c.state == "active",
            )
        )
        owner: str | None = found.scalar_one_or_none()
        return owner

    async def channel(self, actor: str) -> str:
        """The video channel of one of our people; "" for everyone else."""
        found = await self.connection.execute(
            select(accounts.c.channel).where(accounts.c.actor == actor)
        )
        return str(found.scalar_one_or_none() or "")

    async def knows(self, actor: str) -> bool:
        """Whether the actor's document is here, and it is not gone."""
        found = await self.connection.execute(
            select(actors.c.id).where(actors.c.id == actor, actors.c.gone.is_(None))
        )
        return found.first() is not None

    async def named(self, name: str, domain: str) -> str | None:
        """The id of the actor that was last confirmed to be `name` @ `domain`."""
        found = await self.connection.execute(
            select(actors.c.id)
            .where(
                actors.c.name == name.lower(),
                actors.c.domain == domain.lower(),
                actors.c.gone.is_(None),
            )
            .order_by(actors.c.local.desc(), actors.c.id)
        )
        return found.scalars().first()

    async def named_here(self, name: str) -> str | None:
        """One of our people, by name alone."""
        found = await self.connection.execute(
            select(actors.c.id).where(
                actors.c.local.is_(True),
                actors.c.kind == "Person",
                actors.c.name == name.lower(),
                actors.c.gone.is_(None),
            )
        )
        return found.scalars().first()

    async def speaks_friendship(self, actor: str) -> bool:
        """Whether the actor's server takes an Offer of a Relationship; ours does."""
        found = await self.connection.execute(
            select(actors.c.local, actors.c.capabilities).where(actors.c.id == actor)
        )
        row = found.first()
        if row is None:
            return False
        if row.local or FRIENDSHIP in json.loads(row.capabilities):
            return True
        said = await self.connection.execute(
            select(peers.c.capabilities).where(peers.c.host == origin(actor).authority)
        )
        return FRIENDSHIP in json.loads(said.scalar_one_or_none() or "[]")

    # -- pairs ------------------------------------------------------------------------------------

    async def friendship(self, actor: str, other: str) -> Friendship:
        """How `actor` stands to `other`; strangers have no row."""
        found = await self.connection.execute(
            select(friendships).where(friendships.c.actor == actor, friendships.c.other == other)
        )
        row = found.first()
        return read_friendship(row) if row else Friendship(actor, other)

    async def friends_since(self, host: str, since: datetime, most: int) -> Sequence[Friendship]:
        """See `ConfirmingUnit`."""
        f, (above, below), stance = friendships.c, of_host(host), str(Stance.ACCEPTED)
        found = await self.connection.execute(
            select(friendships)
            .where(
                f.other > above,
                f.other < below,
                f.ours == stance,
                f.theirs == stance,
                f.updated >= micros(since),
            )
            .order_by(f.updated.desc())
            .limit(most)
        )
        return [read_friendship(row) for row in found]

    async def resent_lately(self, host: str) -> bool:
        """See `ConfirmingUnit`."""
        asked = select(peers.c.host).where(peers.c.host == host, ~may_be_resent(self.now))
        return (await self.connection.execute(asked)).first() is not None

    async def friendship_by_offer(self, id: str, other: str) -> Friendship | None:
        """The friendship whose open or accepted request of ours to `other` is `id`."""
        found = await self.connection.execute(
            select(friendships).where(friendships.c.other == other, friendships.c.our_offer == id)
        )
        row = found.first()
        return read_friendship(row) if row and id else None

    async def ties_by_statement(self, id: str, other: str) -> list[Friendship]:
        """The pairs in which a request or block `id` of `other` is live."""
        found = await self.connection.execute(
            select(friendships).where(
                friendships.c.other == other,
                or_(
                    friendships.c.their_offer.contains(id, autoescape=True),
                    friendships.c.their_block.contains(id, autoescape=True),
                ),
            )
        )
        pairs = [read_friendship(row) for row in found.all()]
        return [
            friendship
            for friendship in pairs
            if id in friendship.their_offers or id in friendship.their_blocks
        ]

    async def put_friendship(self, friendship: Friendship) -> None:
        await self.connection.execute(
            put(
                self.connection,
                friendships,
                actor=friendship.actor,
                other=friendship.other,
                ours=friendship.pair.ours.value,
                theirs=friendship.pair.theirs.value,
                our_offer=friendship.our_offer,
                confirmed=friendship.confirmed,
                their_offer=" ".join(friendship.their_offers),
                our_block=friendship.our_block,
                their_block=" ".join(friendship.their_blocks),
                text=friendship.text,
                updated=micros(self.now),
            )
        )

    # -- codes -----------------------------------------------------------------------------------

    async def put_code(self, actor: str, digest: bytes, expires: datetime) -> None:
        """The code of `actor` from now on, in the place of any earlier one."""
        row = put(
            self.connection, friend_codes, actor=actor, digest=digest, expires=micros(expires)
        )
        await self.connection.execute(row)

    async def use_code(self, actor: str, digest: bytes) -> bool:
        """Whether this was the code of `actor` and is still good: it is gone then."""
        found = await self.connection.execute(
            delete(friend_codes).where(
                friend_codes.c.actor == actor,
                friend_codes.c.digest == digest,
                friend_codes.c.expires > micros(self.now),
            )
        )
        return found.rowcount == 1

    # -- follows ---------------------------------------------------------------------------------

    async def following(self, follower: str, followed: str) -> Following | None:
        found = await self.connection.execute(
            select(follows).where(follows.c.follower == follower, follows.c.followed == followed)
        )
        return _following(found.first())

    async def following_by_id(self, id: str, follower: str) -> Following | None:
        """The row in which the Follow `id` of `follower` is live."""
        return await self._live(id, follows.c.follower == follower)

    async def following_to(self, id: str, followed: str) -> Following | None:
        """The row of our Follow `id` of `followed`."""
        ours = select(actors.c.id).where(actors.c.local.is_(True))
        return await self._live(
            id, and_(follows.c.followed == followed, follows.c.follower.in_(ours))
        )

    async def _live(self, id: str, also: Any) -> Following | None:
        found = await self.connection.execute(
            select(follows).where(follows.c.id.contains(id, autoescape=True), also)
        )
        rows = [_following(row) for row in found.all()]
        return next((row for row in rows if row and id in row.ids), None)

    async def put_following(self, row: Following) -> None:
        await self.connection.execute(
            put(
                self.connection,
                follows,
                follower=row.follower,
                followed=row.followed,
                id=" ".join(row.ids),
                state=row.state.value,
                updated=micros(self.now),
            )
        )

    async def drop_following(self, follower: str, followed: str) -> None:
        await self.connection.execute(
            delete(follows).where(follows.c.follower == follower, follows.c.followed == followed)
        )

    # -- what ended ------------------------------------------------------------------------------

    async def has_tombstone(self, id: str, actor: str) -> bool:
        """Whether `actor` is known to have ended the statement `id`."""
        return await Tombstones(self).has(id, actor)

    async def add_tombstone(self, id: str, actor: str) -> None:
        await Tombstones(self).add(id, actor)

    async def drop_tombstone(self, id: str, actor: str) -> None:
        await Tombstones(self).drop(id, actor)

    async def forget(self, actor: str) -> None:
        """Drop every friendship, Follow and code of an actor that is gone."""
        ours = select(accounts.c.id, accounts.c.actor).join(
            friendships, friendships.c.actor == accounts.c.actor
        )
        found = await self.connection.execute(ours.where(friendships.c.other == actor))
        for row in found.all():
            await self.tell(row.id, "friendship", {"actor": actor, "state": "none"})
        await self.connection.execute(
            delete(friendships).where(
                or_(friendships.c.actor == actor, friendships.c.other == actor)
            )
        )
        await self.connection.execute(
            delete(follows).where(or_(follows.c.follower == actor, follows.c.followed == actor))
        )
        await self.connection.execute(delete(friend_codes).where(friend_codes.c.actor == actor))
        await self.connection.execute(
            delete(notices).where(notices.c.actor == actor, notices.c.kind.in_(KINDS))
        )

    # -- notices of this room --------------------------------------------------------------------

    async def notify(self, account: str, kind: str, actor: str, object: str) -> None:
        """A notice and its event; one that is still unread is not said twice."""
        await Notices(self).add(account, kind, actor, object)

    async def unnotify(self, account: str, kind: str, actor: str) -> None:
        """Take a notice back that asks for something that is settled."""
        await Notices(self).take_back(
            notices.c.account == account,
            notices.c.kind == kind,
            notices.c.actor == actor,
            rests=True,
        )

    # -- who may see what ------------------------------------------------------------------------

    async def viewer(self, actor: str, author: str) -> Viewer:
        """The facts about `actor` towards `author`. At least one of the two is ours."""
        return (await self.viewers(actor, [author]))[author]

    async def viewers(self, actor: str, authors: Iterable[str]) -> dict[str, Viewer]:
        """As `viewer`, towards each of `authors`, with a fixed number of queries."""
        wanted = sorted(set(authors))
        if not actor or not wanted:
            return dict.fromkeys(wanted, STRANGER)
        return self.read_viewers(
            actor, wanted, *await self.connection.fetch_all(*self.ask_viewers(actor, wanted))
        )

    def ask_viewers(self, actor: str, authors: Sequence[str]) -> tuple[Step, Step]:
        """The questions behind `viewers`, to be asked together with others."""
        values = {"viewer": actor, "authors": list(authors)}
        return (TOWARDS, values), (FOLLOWED, values)

    def read_viewers(
        self, actor: str, authors: Iterable[str], ties: Sequence[Any], followed: Sequence[Any]
    ) -> dict[str, Viewer]:
        """What `ask_viewers` was answered."""
        pairs = {(row.actor, row.other): read_friendship(row) for row in ties}
        following = {row.followed for row in followed}
        return {author: self._towards(actor, author, pairs, following) for author in authors}

    def _towards(
        self,
        actor: str,
        author: str,
        pairs: Mapping[tuple[str, str], Friendship],
        following: set[str],
    ) -> Viewer:
        theirs, mine = pairs.get((author, actor)), pairs.get((actor, author))
        # Of two rows on this node, the author's decides who is their friend.
        decides = theirs if author.startswith(f"{self.context.origin}/") else mine
        return Viewer(
            actor=actor,
            is_author=actor == author,
            friend=decides is not None and decides.pair.ours is Stance.ACCEPTED,
            follower=author in following,
            blocked=any(
                friendship is not None and friendship.barred for friendship in (theirs, mine)
            ),
        )


KINDS = ("friend_request", "friend_accepted", "follow", "mutual")
