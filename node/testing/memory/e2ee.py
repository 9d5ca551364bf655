"""The sealed messages' unit over a `MemoryTables`. Ciphertext only."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from node.e2ee.chain import Conversation, Item
from node.e2ee.envelope import Kind, Sealed
from node.e2ee.key_packages import PublishedKeyPackage, Stock
from node.e2ee.mailbox import SENDERS_SHARE, Box, Room, Waiting
from node.e2ee.members import Entry, Member
from node.e2ee.returning import Unread
from node.graph.friendship_states import FRIENDS
from node.store.e2ee import CATCHING_UP_MICROS, TOLD_LATELY_MICROS, named
from node.store.incarnation import RESTORED
from node.store.key_packages import CLAIMED_KEPT
from node.store.mailbox import MAIL_KEPT, SEALED, UNFETCHED_AFTER
from node.testing.memory.tables import Event, Mail, Package
from node.testing.memory.unit import Unit
from node.wire.times import day_of, micros


class KeyPackagesUnit(Unit):
    """A transaction of the key directory."""

    async def befriended(self, ours: str, other: str) -> bool:
        kept = self.tables.friendships.get((ours, other))
        return kept is not None and kept[0].pair == FRIENDS

    async def befriended_by(self, ours: Iterable[str], others: Iterable[str]) -> set[str]:
        asked = [*ours]
        return {two for two in others for one in asked if await self.befriended(one, two)}

    async def devices_of(self, actor: str) -> list[str]:
        owners = {one.id for one in self.tables.accounts.values() if one.actor == actor}
        return sorted(id for id, (owner, _) in self.tables.devices.items() if owner in owners)

    def _offers(self, device: str = "", suite: int = 0) -> list[Package]:
        """Packages that may be handed out, the oldest first."""
        found = [
            one
            for one in self.tables.packages.values()
            if one.claimed is None
            and one.offer.device in self.tables.devices
            and one.offer.expires > micros(self.now)
            and device in ("", one.offer.device)
            and suite in (0, one.offer.suite)
        ]
        return sorted(found, key=lambda one: (one.created, one.offer.id))

    async def holder_of(self, ref: bytes) -> str | None:
        packages = self.tables.packages.values()
        return next((one.offer.device for one in packages if one.offer.ref == ref), None)

    async def stock_of(self, device: str) -> list[Stock]:
        offers = [one.offer for one in self._offers(device)]
        stocks = []
        for suite in sorted({one.suite for one in offers}):
            last = [one for one in offers if one.suite == suite and one.last_resort]
            single = sum(one.suite == suite and not one.last_resort for one in offers)
            id, expires = (
                (max(o.id for o in last), max(o.expires for o in last)) if last else ("", 0)
            )
            stocks.append(Stock(suite, single, id, expires))
        return stocks

    async def sample(self, device: str, suite: int) -> bytes | None:
        offers = (one.offer for one in self.tables.packages.values())
        return next((o.body for o in offers if (o.device, o.suite) == (device, suite)), None)

    async def put_package(self, offer: PublishedKeyPackage) -> None:
        self.tables.packages[offer.id] = Package(offer, micros(self.now))

    async def retire_last_resort(self, device: str, suite: int) -> None:
        for id, one in self.tables.packages.items():
            mine = (one.offer.device, one.offer.suite) == (device, suite)
            if mine and one.offer.last_resort and one.claimed is None:
                self.tables.packages[id] = replace(one, claimed=micros(self.now))

    async def take_single_use(
        self, device: str, suite: int, claimant: str, by: str
    ) -> PublishedKeyPackage | None:
        for one in self._offers(device, suite):
            if not one.offer.last_resort:
                at = micros(self.now)
                taken = replace(one, claimed=at, claimed_by=claimant, claimed_on=by)
                self.tables.packages[one.offer.id] = taken
                return one.offer
        return None

    async def last_resorts(self, actor: str) -> list[PublishedKeyPackage]:
        offers = [one.offer for one in self._offers()]
        return [one for one in offers if one.actor == actor and one.last_resort]

    async def claims_of(self, device: str, claimant: str, since: int, by: str | None = None) -> int:
        return sum(
            (one.offer.device, one.claimed_by) == (device, claimant)
            and (one.claimed or 0) > since
            and by in (None, one.claimed_on)
            for one in self.tables.packages.values()
        )

    async def readable_package(self, id: str) -> PublishedKeyPackage | None:
        found = self.tables.packages.get(id)
        if found is None:
            return None
        if found.claimed is None:
            return found.offer if found.offer.last_resort else None
        return found.offer if found.claimed > micros(self.now - CLAIMED_KEPT) else None

    async def key_packages_of(self, actor: str) -> str | None:
        found = self.tables.actors.get(actor)
        return found.key_packages if found is not None else None


class MailboxUnit(Unit):
    """A transaction of the mailbox."""

    async def put_mail(
        self, boxes: Sequence[Box], conversation: str, actor: str, sealed: Sealed, share: str = ""
    ) -> None:
        held = {(one.device, one.sealed.sha256) for one in self.tables.mail.values()}
        for box in boxes:
            if (box.device, sealed.sha256) in held:
                continue
            seq, at = self.tables.number(), micros(self.now)
            self.tables.mail[seq] = Mail(
                box.device, conversation, actor, share or actor, sealed, at
            )
            told = Event(box.account, box.device, SEALED, "{}", at, item=seq)
            self.tables.events[self.tables.number()] = told
            self.wakes.add(f"events:{box.account}")

    async def mail_of(self, device: str, after: int, count: int, most: int) -> list[Waiting]:
        kept = micros(self.now - MAIL_KEPT)
        found: list[Waiting] = []
        total = 0
        for seq, one in sorted(self.tables.mail.items()):
            if one.device != device or seq <= after or one.at <= kept:
                continue
            total += len(one.sealed.body)
            if len(found) == count or (found and total > most):
                break
            found.append(_waiting(seq, one))
        return found

    async def full(self, actors: Iterable[str], sender: str) -> bool:
        return any(room.none for room in (await self.rooms(actors, sender)).values())

    async def rooms(self, actors: Iterable[str], sender: str) -> dict[str, Room]:
        owners = {one.id: one.actor for one in self.tables.accounts.values()}
        limit = self.context.mailbox_limit_bytes
        found = {actor: Room(limit, limit // SENDERS_SHARE) for actor in actors}
        shares = {sender} | {
            share for (_, actor, _), (_, share) in self.tables.participants.items()
            if actor == sender
        }  # fmt: skip
        for device, (owner, _) in self.tables.devices.items():
            mail = [m for m in self.tables.mail.values() if m.device == device]
            theirs = sum(len(m.sealed.body) for m in mail if m.share in shares)
            every = sum(len(m.sealed.body) for m in mail)
            if (actor := owners.get(owner, "")) in found:
                room = Room(limit - every, limit // SENDERS_SHARE - theirs)
                found[actor] = found[actor].least(room)
        return found

    async def changes_wait(self, device: str, conversation: str, after: int) -> bool:
        return any(
            seq > after
            and (one.device, one.conversation) == (device, conversation)
            and one.sealed.kind in (Kind.COMMIT, Kind.WELCOME)
            for seq, one in self.tables.mail.items()
        )

    async def holders(self, sha256: bytes, devices: Sequence[str]) -> set[str]:
        mail = self.tables.mail.values()
        return {m.device for m in mail if m.sealed.sha256 == sha256 and m.device in devices}

    async def much_returned(
        self, devices: Sequence[str], conversation: str, actor: str, most: int
    ) -> bool:
        kind = Kind.RETURNED
        waiting = [
            one.device
            for one in self.tables.mail.values()
            if (one.conversation, one.actor, one.sealed.kind) == (conversation, actor, kind)
        ]
        return any(waiting.count(device) >= most for device in devices)

    async def unread_of(self, device: str, count: int) -> list[Unread]:
        mail = sorted(self.tables.mail.items())
        return [self._unread(seq, one) for seq, one in mail if one.device == device][:count]

    async def expired_mail(self, count: int) -> list[Unread]:
        kept = micros(self.now - MAIL_KEPT)
        mail = sorted(self.tables.mail.items())
        return [self._unread(seq, one) for seq, one in mail if one.at < kept][:count]

    async def unfetched_mail(self, count: int) -> list[Unread]:
        kept = micros(day_of(self.now) - UNFETCHED_AFTER)
        waiting: dict[tuple[str, str, str], list[tuple[int, Mail]]] = {}
        for seq, one in sorted(self.tables.mail.items()):
            if one.sealed.kind is Kind.APPLICATION and one.at < kept:
                waiting.setdefault((one.device, one.conversation, one.actor), []).append((seq, one))
        heads = [
            replace(
                self._unread(*mail[-1]),
                received=mail[0][1].at,
                told=any(one.told for _, one in mail),
            )
            for mail in waiting.values()
            if not mail[-1][1].told
        ]
        heads.sort(key=lambda one: (one.told, one.seq))
        return [one for one in heads if one.box.account][:count]

    async def keep_told(self, seqs: Sequence[int]) -> None:
        for seq in self.tables.mail.keys() & set(seqs):
            self.tables.mail[seq] = replace(self.tables.mail[seq], told=True)

    def _unread(self, seq: int, one: Mail) -> Unread:
        account, _ = self.tables.devices.get(one.device, ("", None))
        there = self.tables.participants
        actor = next((actor for _, actor, device in there if device == one.device), "")
        box, kind = Box(one.device, account, actor), str(one.sealed.kind)
        return Unread(seq, box, one.conversation, one.actor, kind, one.sealed.sha256, one.at)

    async def drop_mail(self, box: Box, upto: int) -> None:
        for seq, one in list(self.tables.mail.items()):
            if one.device == box.device and seq <= upto:
                del self.tables.mail[seq]
        tail = max(self.tables.events, default=0)
        for seq, event in list(self.tables.events.items()):
            mine = (event.account, event.device) == (box.account, box.device)
            if mine and event.item is not None and event.item <= upto and seq < tail:
                del self.tables.events[seq]


class E2eeUnit(KeyPackagesUnit, MailboxUnit):
    """A transaction of sealed messages."""

    def name_activity(self, digest: bytes) -> str:
        return f"{self.origin}/t/{named(b'activity', digest)}"

    def name_object(self, digest: bytes) -> str:
        return f"{self.origin}/o/{named(b'object', digest)}"

    async def owed(self, activity: str) -> bool:
        return activity in self.tables.outbox

    async def locals_of(self, ids: Iterable[str]) -> set[str]:
        known = ((id, self.tables.actors.get(id)) for id in ids)
        return {id for id, actor in known if actor is not None and actor.local}

    async def strangers(self, ids: Iterable[str]) -> list[str]:
        return sorted(set(ids) - set(self.tables.actors))

    async def entry(self, id: str, sha256: bytes = b"") -> Entry | None:
        conversation = self.tables.conversations.get(id)
        if conversation is None:
            return None
        there = sorted(
            (*key[1:], share)
            for key, (here, share) in self.tables.participants.items()
            if here and key[0] == id
        )
        members, lost = [], set()
        for actor, device, share in there:
            owner = self.tables.devices.get(device)
            if not device or owner is not None:
                known = actor in self.tables.actors
                gone = self.tables.gone.get((id, actor, device), ())
                account = owner[0] if owner else ""
                members.append(Member(actor, device, account, known, share, gone))
            else:
                lost.add(actor)
        lost -= {member.actor for member in members}
        items = (item for (whose, _), item in self.tables.items.items() if whose == id)
        item = next((one for one in items if one.sha256 == sha256), None)
        return Entry(conversation, tuple(members), item, tuple(sorted(lost)))

    async def entries_of(self, group: bytes, sha256: bytes = b"") -> list[Entry]:
        own = [one for one in self.tables.conversations.values() if group and one.group == group]
        own.sort(key=lambda one: one.beside)
        return [entry for one in own if (entry := await self.entry(one.id, sha256))]

    async def entries_at(self, url: str) -> list[Entry]:
        own = sorted(id for id, one in self.tables.conversations.items() if one.address == url)
        return [entry for id in own if (entry := await self.entry(id))]

    async def open_conversation(self, conversation: Conversation) -> None:
        self.tables.begun.setdefault(conversation.id, micros(self.now))
        self.tables.conversations[conversation.id] = conversation

    async def keep_head(self, conversation: Conversation) -> None:
        self.tables.conversations[conversation.id] = conversation

    async def keep_group_info(self, conversation: str, group_info: bytes) -> None:
        self.tables.group_infos[conversation] = group_info

    async def group_info(self, conversation: str) -> bytes:
        return self.tables.group_infos.get(conversation, b"")

    async def conversations_of(self, device: str) -> list[Conversation]:
        there = self.tables.participants.items()
        mine = {key[0] for key, (here, _) in there if here and key[2] == device}
        return [one for id, one in self.tables.conversations.items() if id in mine]

    async def join(self, conversation: str, actor: str, device: str, share: str = "") -> None:
        self.tables.participants[conversation, actor, device] = (True, share or actor)
        self.tables.gone.pop((conversation, actor, device), None)

    async def tell_gone(self, conversation: str, actor: str, by: Sequence[str]) -> None:
        for key in self.tables.participants:
            if key[:2] == (conversation, actor):
                self.tables.gone[key] = tuple(by)

    async def leave(self, conversation: str, actor: str, device: str = "") -> None:
        for key, (_, share) in self.tables.participants.items():
            if key[:2] == (conversation, actor) and device in ("", key[2]):
                self.tables.participants[key] = (False, share)

    async def restored(self) -> bool:
        return bool(self._restored)

    @property
    def _restored(self) -> int:
        return int(self.tables.settings.get(RESTORED, "0"))

    async def restored_lately(self) -> bool:
        return await self.restored() and micros(self.now) - self._restored < CATCHING_UP_MICROS

    async def may_be_named(self, conversation: str) -> bool:
        created = self.tables.begun.get(conversation, 0)
        if created < self._restored:
            return micros(self.now) - self._restored < CATCHING_UP_MICROS
        return micros(self.now) - created < TOLD_LATELY_MICROS

    async def expect(self, conversation: str, actor: str) -> None:
        self.tables.participants[conversation, actor, ""] = (False, actor)

    async def expected(self, conversation: str, actor: str) -> bool:
        return (conversation, actor, "") in self.tables.participants

    async def boxes_for(self, refs: Sequence[bytes], actor: str) -> list[Box]:
        offers = (one.offer for one in self.tables.packages.values())
        found = {one.device for one in offers if one.ref in refs and one.actor == actor}
        standing = sorted(found & set(self.tables.devices))
        return [Box(device, self.tables.devices[device][0], actor) for device in standing]

    async def published(self, refs: Sequence[bytes], actor: str) -> bool:
        offers = (one.offer for one in self.tables.packages.values())
        return any(one.ref in refs and one.actor == actor for one in offers)

    async def items(self, conversation: str, after: int, count: int) -> list[Item]:
        rows = sorted(self.tables.items.items())
        found = [item for (id, seq), item in rows if id == conversation and seq > after]
        return found[:count]

    async def add_item(self, conversation: str, item: Item, actor: str) -> None:
        self.tables.items[conversation, item.seq] = item

    async def let_go(self, conversation: str, epoch: int) -> None:
        for (id, seq), item in self.tables.items.items():
            if id == conversation and item.epoch > epoch:
                self.tables.let_go.add((id, seq))

    async def forgetful(self, conversation: Conversation) -> bool:
        if not self._restored or conversation.term:
            return bool(self._restored)
        return self.tables.begun.get(conversation.id, 0) <= self._restored

    async def winner(self, conversation: str, epoch: int) -> bytes:
        for place, item in self.tables.items.items():
            won = item.kind == Kind.COMMIT and place not in self.tables.let_go
            if won and (place[0], item.epoch) == (conversation, epoch):
                return item.sha256
        return b""


def _waiting(seq: int, one: Mail) -> Waiting:
    return Waiting(seq, one.conversation, one.actor, str(one.sealed.kind), one.at, one.sealed.body)
