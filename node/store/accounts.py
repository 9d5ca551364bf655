"""Accounts, names, tokens, devices, as rows (ACC-1)."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import BindParameter, Select, bindparam, func, select, update

from node.accounts.account import Account, Profile, Role, State
from node.accounts.actors import LocalActor, NewKey
from node.accounts.resets import Reset
from node.federation import telling
from node.federation.activities.shapes import Activity
from node.federation.profile_links import ProfileLink
from node.store import tables
from node.store.circles import Circles
from node.store.grant_ends import end_grants
from node.store.paging import newer
from node.store.sessions import SessionsUnit
from node.store.upserts import insert_ignore
from node.wire.api.cursor import Cursor
from node.wire.times import from_micros, micros


def _selected() -> "Select[Any]":
    table, actors = tables.accounts, tables.actors
    # An applicant has no actor yet: their display name waits in the row of the account.
    a = actors.c
    said = (a.display_name.label("shown"), a.summary, a.icon, a.header, a.links)
    return select(table, *said).join(actors, a.id == table.c.actor, isouter=True)


_ID: BindParameter[str] = bindparam("which")
BY_ID = _selected().where(tables.accounts.c.id == _ID)
LOCALE = update(tables.accounts).where(tables.accounts.c.id == _ID).values(locale=bindparam("said"))
PROFILE = (
    update(tables.actors)
    .where(tables.actors.c.id == _ID)
    .values(display_name=bindparam("called"), summary=bindparam("about"), links=bindparam("led"))
)
FACES = (
    update(tables.actors)
    .where(tables.actors.c.account == _ID, tables.actors.c.local.is_(True))
    .values(icon=bindparam("face"), header=bindparam("behind"))
)
SAID_OF_ITSELF = (
    update(tables.outbox)
    .where(tables.outbox.c.object == _ID, tables.outbox.c.actor == _ID)
    .values(body=bindparam("now_said"))
)


def _links(text: str) -> tuple[ProfileLink, ...]:
    return msgspec.json.decode(text, type=tuple[ProfileLink, ...])


def _account(row: Any) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        actor=row.actor,
        channel=row.channel,
        password=row.password,
        role=Role(row.role),
        state=State(row.state),
        created=from_micros(row.created),
        display_name=row.display_name if row.shown is None else row.shown,
        summary=row.summary or "",
        icon=row.icon or "",
        header=row.header or "",
        links=_links(row.links or "[]"),
        locale=row.locale,
        mentions=row.mentions,
        identity_key=row.identity_key,
        invited_by=row.invited_by,
        reason=row.reason,
    )


class AccountsUnit(SessionsUnit):
    """Queries over `accounts`, `names` and the actors of ours, beside those over sessions."""

    @property
    def origin(self) -> str:
        return self.context.origin

    # -- accounts ------------------------------------------------------------------------------

    async def by_id(self, account: str) -> Account | None:
        found = await self.connection.fetch(BY_ID, {"which": account})
        return _account(found[0]) if found else None

    async def by_name(self, name: str) -> Account | None:
        found = await self.connection.execute(_selected().where(tables.accounts.c.name == name))
        row = found.one_or_none()
        return _account(row) if row else None

    async def in_state(self, state: State, after: Cursor | None, limit: int) -> Sequence[Account]:
        """Accounts of that state, the oldest first."""
        table = tables.accounts
        later = newer(table.c.created, table.c.id, after)
        query = _selected().where(table.c.state == state, later)
        found = await self.connection.execute(
            query.order_by(table.c.created, table.c.id).limit(limit)
        )
        return [_account(row) for row in found]

    async def admins(self) -> int:
        """How many active administrators there are."""
        table = tables.accounts
        found = await self.connection.execute(
            select(func.count()).where(table.c.role == Role.ADMIN, table.c.state == State.ACTIVE)
        )
        return int(found.scalar_one())

    async def add_account(self, account: Account) -> None:
        await self.connection.execute(
            tables.accounts.insert().values(
                id=account.id,
                name=account.name,
                actor=account.actor,
                channel=account.channel,
                password=account.password,
                role=account.role,
                state=account.state,
                display_name=account.display_name,
                locale=account.locale,
                identity_key=account.identity_key,
                invited_by=account.invited_by,
                reason=account.reason,
                created=micros(account.created),
            )
        )

    async def drop_account(self, account: str) -> None:
        table = tables.accounts
        await self.connection.execute(table.delete().where(table.c.id == account))

    async def _set(self, account: str, **values: object) -> None:
        table = tables.accounts
        await self.connection.execute(update(table).where(table.c.id == account).values(**values))
        self.wakes.add("tokens")  # what a token proves may have changed

    async def put_state(self, account: str, state: State) -> None:
        await self._set(account, state=state)

    async def put_password(self, account: str, password: str) -> None:
        await self._set(account, password=password)

    async def put_mentions(self, account: str, mentions: str) -> None:
        await self._set(account, mentions=mentions)

    async def put_profile(self, account: Account) -> None:
        self.connection.later(LOCALE, {"which": account.id, "said": account.locale})
        self.wakes.add("tokens")
        links = msgspec.json.encode(account.links).decode()
        said = {"called": account.display_name, "about": account.summary, "led": links}
        self.connection.later(PROFILE, {"which": account.actor, **said})
        faces = {"face": account.icon, "behind": account.header}
        self.connection.later(FACES, {"which": account.id, **faces})

    async def empty(self, account: Account) -> None:
        """Nothing of the person stays but the name, so that nobody takes it again."""
        await self._set(
            account.id, state=State.DELETED, password="", identity_key=None, reason="",
            display_name="",
        )  # fmt: skip
        keys = tables.account_keys
        await self.connection.execute(keys.delete().where(keys.c.account == account.id))
        actors = tables.actors
        await self.connection.execute(
            update(actors)
            .where(actors.c.id.in_((account.actor, account.channel)))
            .values(
                display_name="", summary="", icon="", header="", links="[]", gone=micros(self.now)
            )
        )
        homes = tables.homes
        await self.connection.execute(homes.delete().where(homes.c.account == account.id))

    async def drop_invites(self, account: str) -> None:
        """All that `account` made."""
        table = tables.invites
        await self.connection.execute(table.delete().where(table.c.account == account))

    async def drop_friend_code(self, actor: str) -> None:
        table = tables.friend_codes
        await self.connection.execute(table.delete().where(table.c.actor == actor))

    async def drop_media_grants(self, actor: str) -> None:
        table, videos = tables.media_grants, tables.videos
        theirs = select(videos.c.id).where(videos.c.author == actor)
        for which in (table.c.actor == actor, table.c.video.in_(theirs)):
            await self.connection.execute(table.delete().where(which))
        await end_grants(self, actor)

    # -- new passwords -------------------------------------------------------------------------

    async def reset(self, digest: bytes) -> Reset | None:
        table = tables.resets
        found = await self.connection.execute(select(table).where(table.c.digest == digest))
        row = found.one_or_none()
        if row is None:
            return None
        span = from_micros(row.created), from_micros(row.expires)
        return Reset(row.digest, row.account, row.maker, *span)

    async def put_reset(self, reset: Reset) -> None:
        await self.drop_reset(reset.account)
        await self.connection.execute(
            tables.resets.insert().values(
                digest=reset.digest,
                account=reset.account,
                maker=reset.maker,
                created=micros(reset.created),
                expires=micros(reset.expires),
            )
        )

    async def drop_reset(self, account: str) -> None:
        """The one that sets the password of `account`."""
        table = tables.resets
        await self.connection.execute(table.delete().where(table.c.account == account))

    async def drop_resets(self, account: str) -> None:
        """Those that it made, and the one for it."""
        await self.drop_reset(account)
        table = tables.resets
        await self.connection.execute(table.delete().where(table.c.maker == account))

    # -- what is told --------------------------------------------------------------------------

    async def tell_all(self, activity: Activity, of: Iterable[str], home: bool = False) -> None:
        """See `AccountUnit`. What its actor said of itself before, and is still owed, becomes this:
        else an old profile could come behind a new one.
        """
        body = self.say(activity)
        self.connection.later(SAID_OF_ITSELF, {"which": activity.actor, "now_said": body})
        await telling.tell(telling.of_all(activity, of, home=home), Circles(self))

    async def profile(self, name: str) -> Profile | None:
        """What anyone may see of an actor of ours, unless it is suspended or gone."""
        names, actors, accounts = tables.names, tables.actors, tables.accounts
        found = await self.connection.execute(
            select(actors, accounts.c.state)
            .join_from(names, actors, actors.c.id == names.c.actor)
            .join(accounts, accounts.c.id == actors.c.account, isouter=True)
            .where(names.c.name == name, actors.c.local.is_(True), actors.c.gone.is_(None))
        )
        row = found.one_or_none()
        if row is None or row.state not in (None, State.ACTIVE):
            return None
        said = (row.display_name, row.summary, row.icon, _links(row.links))
        return Profile(row.id, row.kind, row.name, *said)

    # -- names and actors ----------------------------------------------------------------------

    async def name_taken(self, name: str) -> bool:
        table = tables.names
        found = await self.connection.execute(select(table.c.name).where(table.c.name == name))
        return found.first() is not None

    async def reserve_name(self, name: str, actor: str) -> bool:
        """False when somebody has it, or had it."""
        done = await self.connection.execute(
            insert_ignore(self.connection, tables.names).values(
                name=name, actor=actor, created=micros(self.now)
            )
        )
        return bool(done.rowcount == 1)

    async def release_names(self, actors: Sequence[str]) -> None:
        table = tables.names
        await self.connection.execute(table.delete().where(table.c.actor.in_(actors)))

    async def add_actor(self, actor: LocalActor, keys: Sequence[NewKey]) -> None:
        at = micros(self.now)
        await self.connection.execute(
            tables.actors.insert().values(
                id=actor.id,
                number=self.fresh_number(),
                kind=actor.kind,
                local=True,
                account=actor.account,
                name=actor.name,
                domain=actor.domain,
                display_name=actor.display_name,
                url=actor.url,
                inbox=actor.inbox,
                shared_inbox=actor.shared_inbox,
                outbox=actor.outbox,
                followers=actor.followers,
                following=actor.following,
                friends=actor.friends,
                key_packages=actor.key_packages,
                capabilities=json.dumps(actor.capabilities),
                manually_approves=actor.manually_approves,
                fetched=at,
            )
        )
        for key in keys:
            await self.connection.execute(
                tables.keys.insert().values(
                    id=key.id,
                    actor=actor.id,
                    algorithm=str(key.algorithm),
                    public=key.public,
                    private=key.private,
                    created=at,
                )
            )
