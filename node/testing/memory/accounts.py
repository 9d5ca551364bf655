"""Accounts, invites, streams and idempotency marks over a `MemoryTables`."""

import json
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from node.accounts.account import Account, Profile, Role, State
from node.accounts.actors import LocalActor, NewKey
from node.accounts.invites import Invite
from node.accounts.resets import Reset
from node.accounts.sign_up import Registration, watched
from node.e2ee import mailbox
from node.e2ee.mailbox import LARGEST_IN_EVENT_BYTES, Waiting
from node.federation import telling
from node.federation.activities.shapes import Activity
from node.graph.befriending import introduce
from node.store.idempotency import KEPT, Kept
from node.store.sessions import ADMIN_SEEN
from node.store.streams import KEPT as EVENTS_KEPT
from node.store.streams import MOST_AT_ONCE, Place, Told
from node.store.unit import VOID
from node.testing.memory.circles import Circles
from node.testing.memory.graph import GraphUnit
from node.testing.memory.sessions import SessionsUnit
from node.testing.memory.tables import Actor, Event
from node.testing.memory.unit import Unit
from node.wire.api.cursor import Cursor
from node.wire.ids import origin
from node.wire.times import from_micros, micros


class AccountsUnit(SessionsUnit):
    """Accounts, names and the actors of ours, beside sessions and devices."""

    async def by_id(self, account: str) -> Account | None:
        kept = self.tables.accounts.get(account)
        actor = self.tables.actors.get(kept.actor) if kept is not None else None
        if kept is None or actor is None:
            return kept
        return replace(kept, display_name=actor.display_name, summary=actor.summary)

    async def by_name(self, name: str) -> Account | None:
        found = [one.id for one in self.tables.accounts.values() if one.name == name]
        return await self.by_id(found[0]) if found else None

    async def in_state(self, state: State, after: Cursor | None, limit: int) -> Sequence[Account]:
        found = [await self.by_id(id) for id in self.tables.accounts]
        rows = [
            ((micros(one.created), one.id), one)
            for one in found
            if one is not None and one.state is state
        ]
        rows.sort(key=lambda row: row[0])
        return [one for at, one in rows if after is None or at > (after.at, after.id)][:limit]

    async def admins(self) -> int:
        wanted = (Role.ADMIN, State.ACTIVE)
        return sum((one.role, one.state) == wanted for one in self.tables.accounts.values())

    async def add_account(self, account: Account) -> None:
        self.tables.accounts[account.id] = account

    async def drop_account(self, account: str) -> None:
        del self.tables.accounts[account]

    def _set(self, account: Account) -> None:
        self.tables.accounts[account.id] = account
        self.wakes.add("tokens")

    async def put_state(self, account: str, state: State) -> None:
        self._set(replace(self.tables.accounts[account], state=state))

    async def put_password(self, account: str, password: str) -> None:
        self._set(replace(self.tables.accounts[account], password=password))

    async def put_mentions(self, account: str, mentions: str) -> None:
        self._set(replace(self.tables.accounts[account], mentions=mentions))

    async def put_profile(self, account: Account) -> None:
        self._set(replace(self.tables.accounts[account.id], locale=account.locale))
        said = replace(
            self.tables.actors[account.actor],
            display_name=account.display_name,
            summary=account.summary,
            links=account.links,
        )
        self.tables.actors[account.actor] = said
        for id, actor in self.tables.actors.items():
            if actor.local and actor.account == account.id:
                faces = replace(actor, icon=account.icon, header=account.header)
                self.tables.actors[id] = faces

    async def empty(self, account: Account) -> None:
        bare = replace(account, state=State.DELETED, password="", identity_key=None, reason="")
        self._set(replace(bare, display_name=""))
        self.tables.account_keys.pop(account.actor, None)
        for id in (account.actor, account.channel):
            actor = self.tables.actors.get(id)
            if actor is not None:
                gone = replace(
                    actor, display_name="", summary="", icon="", header="", links=(), gone=True
                )
                self.tables.actors[id] = gone

    async def drop_invites(self, account: str) -> None:
        made = self.tables.invites.items()
        self.tables.invites = {digest: one for digest, one in made if one.account != account}

    async def drop_friend_code(self, actor: str) -> None:
        self.tables.friend_codes.pop(actor, None)

    async def drop_media_grants(self, actor: str) -> None:
        """The video room has no fake: there are none."""

    async def reset(self, digest: bytes) -> Reset | None:
        return self.tables.resets.get(digest)

    async def put_reset(self, reset: Reset) -> None:
        await self.drop_reset(reset.account)
        self.tables.resets[reset.digest] = reset

    async def drop_reset(self, account: str) -> None:
        made = self.tables.resets.items()
        self.tables.resets = {digest: one for digest, one in made if one.account != account}

    async def drop_resets(self, account: str) -> None:
        await self.drop_reset(account)
        made = self.tables.resets.items()
        self.tables.resets = {digest: one for digest, one in made if one.maker != account}

    async def tell_all(self, activity: Activity, of: Iterable[str], home: bool = False) -> None:
        body = self.say(activity)
        for id, said in self.tables.outbox.items():
            if said.actor == said.object == activity.actor:
                self.tables.outbox[id] = replace(said, body=body)
        await telling.tell(telling.of_all(activity, of, home=home), Circles(self))

    async def profile(self, name: str) -> Profile | None:
        found = self.tables.actors.get(self.tables.names.get(name, ""))
        if found is None or found.gone or not found.local:
            return None
        account = self.tables.accounts.get(found.account or "")
        if account is not None and account.state is not State.ACTIVE:
            return None
        shown = (found.display_name, found.summary, found.icon, found.links)
        return Profile(found.id, found.kind, found.name, *shown)

    # -- names and actors ----------------------------------------------------------------------

    async def name_taken(self, name: str) -> bool:
        return name in self.tables.names

    async def reserve_name(self, name: str, actor: str) -> bool:
        return self.tables.names.setdefault(name, actor) == actor

    async def release_names(self, actors: Sequence[str]) -> None:
        names = self.tables.names.items()
        self.tables.names = {name: actor for name, actor in names if actor not in actors}

    async def add_actor(self, actor: LocalActor, keys: Sequence[NewKey]) -> None:
        self.tables.actors[actor.id] = Actor(
            id=actor.id,
            number=self.fresh_number(),
            kind=actor.kind,
            local=True,
            account=actor.account,
            name=actor.name,
            domain=actor.domain,
            display_name=actor.display_name,
            inbox=actor.inbox,
            shared_inbox=actor.shared_inbox,
            followers=actor.followers,
            friends=actor.friends,
            key_packages=actor.key_packages,
            capabilities=actor.capabilities,
        )


class InvitesUnit(AccountsUnit):
    """Invites, beside accounts."""

    async def domain(self) -> str:
        return self.tables.settings.get("account_domain") or origin(self.origin).authority

    async def registration(self) -> Registration:
        chosen = Registration(self.tables.settings.get("registration", Registration.INVITE))
        seen = self.tables.settings.get(ADMIN_SEEN)
        return watched(chosen, from_micros(int(seen)) if seen else None, self.now)

    async def put_registration(self, registration: Registration) -> None:
        self.tables.settings["registration"] = str(registration)
        if await self.admins():
            await self.admin_was_here()
        else:
            await self.miss_no_admin()

    async def miss_no_admin(self) -> None:
        self.tables.settings.pop(ADMIN_SEEN, None)

    async def invite(self, digest: bytes) -> Invite | None:
        return self.tables.invites.get(digest)

    async def invites(self, account: str | None) -> Sequence[Invite]:
        made = self.tables.invites.values()
        found = [one for one in made if one.account == account and one.uses_left > 0]
        return sorted(found, key=lambda one: (one.created, one.id), reverse=True)

    async def add_invite(self, invite: Invite) -> None:
        self.tables.invites[invite.digest] = invite

    async def use_invite(self, digest: bytes) -> bool:
        found = self.tables.invites.get(digest)
        if found is None or found.uses_left < 1 or found.expires <= self.now:
            return False
        self.tables.invites[digest] = replace(found, uses_left=found.uses_left - 1)
        return True

    async def drop_invite(self, account: str | None, id: str) -> bool:
        for digest, invite in self.tables.invites.items():
            if (invite.account, invite.id) == (account, id):
                del self.tables.invites[digest]
                return True
        return False

    async def befriend(self, inviter: str, newcomer: str) -> None:
        room = GraphUnit(self.tables, self.context)
        await introduce(room, inviter, newcomer)
        self.wakes |= room.wakes


class IdempotencyUnit(Unit):
    """Deeds and what was answered."""

    async def kept(self, token: bytes, key: str) -> Kept | None:
        found = self.tables.marks.get((token, key))
        if found is None:
            return None
        kept, at = found
        return replace(kept, old=at <= micros(self.now - KEPT))

    async def keep(self, token: bytes, key: str, kept: Kept) -> None:
        self.tables.marks[token, key] = kept, micros(self.now)

    async def forget(self, token: bytes, key: str) -> None:
        self.tables.marks.pop((token, key), None)


class StreamsUnit(Unit):
    """The event stream."""

    async def newest(self, account: str) -> Place:
        told = [seq for seq, one in self.tables.events.items() if one.account == account]
        return Place(max(told, default=0), micros(self.now))

    async def unbroken(self, after: Place) -> bool:
        restored = bool(self.tables.events) and max(self.tables.events) < after.seq
        return not restored and micros(self.now - EVENTS_KEPT) < after.at <= micros(self.now)

    async def behind(self, after: Place, account: str, device: str) -> Sequence[Told]:
        found = [
            Told(Place(seq, one.at), one.kind, self._data(one))
            for seq, one in sorted(self.tables.events.items())
            if one.account == account
            and seq > after.seq
            and one.kind != VOID
            and one.device in ("", device)
            and (one.item is None or one.item in self.tables.mail)
        ]
        return found[:MOST_AT_ONCE]

    def _data(self, one: Event) -> str:
        if one.item is None:
            return json.dumps(json.loads(one.data))
        kept = self.tables.mail[one.item]
        body = kept.sealed.body if len(kept.sealed.body) <= LARGEST_IN_EVENT_BYTES else None
        said = (kept.conversation, kept.actor, str(kept.sealed.kind), kept.at)
        return mailbox.event(Waiting(one.item, *said, body)).decode()
