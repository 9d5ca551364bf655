"""The verbs of groups, and the list of all chats (spec E2E-8, DEV-19, API-9.16)."""

from dataclasses import dataclass

from node.client import group_names
from node.client.conversations import Conversations
from node.client.device import Device
from node.client.group_names import is_meant
from node.client.intents import Say
from node.client.roster import Roster
from node.client.roster_rows import LineRow, SpoiltRow
from node.client.rows import MessageRow
from node.errors import Missing

NO_SUCH = "there is no group called {who} here: kith chats lists those that there are"


@dataclass(frozen=True, slots=True)
class Chat:
    """A talk as a list shows it: with `others`, in `conversations`, the one to speak in first.

    `group` is its name and roles, where it is a group; `open`: something can be said there.
    `spoilt`: who ended the group, and why. `at` (microseconds) is when something was said last.
    """

    conversations: tuple[str, ...]
    others: tuple[str, ...]
    group: Roster | None
    open: bool
    last: MessageRow | None
    at: int
    spoilt: SpoiltRow | None = None


class GroupTalk:
    """`who` names a group: its name, or its id. Each verb raises `Missing` (DEV-19.3) for none, and
    `Forbidden` (E2E-8.3) without the right, before anything is sent."""

    def __init__(self, talk: Conversations) -> None:
        self._talk = talk

    async def new_group(self, name: str, *people: str) -> str:
        """Begin a group with these, by handle; its id. Nothing is made where one of them cannot be
        added (DEV-19.2)."""
        messenger = await self._talk.talk()
        messenger.device.check_seat()
        actors = [await self._talk.id_of(one) for one in people]
        return await messenger.grouping.begin(name, actors)

    async def add_people(self, who: str, *people: str) -> None:
        """Take people in, all or none."""
        messenger, group = await self._talk.talk(), await self._group(who)
        actors = [await self._talk.id_of(one) for one in people]
        await messenger.grouping.add(group, actors)

    async def remove_people(self, who: str, *people: str) -> None:
        """Take people out: from then on they read nothing."""
        messenger, group = await self._talk.talk(), await self._group(who)
        actors = [await self._person(group, one) for one in people]
        await messenger.grouping.remove(group, actors)

    async def leave_group(self, who: str) -> None:
        """Be in it no more, with all our devices; the history stays."""
        group = await self._group(who)
        await (await self._talk.talk()).grouping.quit(group)

    async def rename_group(self, who: str, name: str) -> None:
        """Give it another name."""
        group = await self._group(who)
        await (await self._talk.talk()).grouping.rename(group, name)

    async def give_role(self, who: str, person: str, role: str) -> None:
        """`role` is member, admin or owner."""
        group = await self._group(who)
        actor = await self._person(group, person)
        await (await self._talk.talk()).grouping.appoint(group, actor, role)

    async def group(self, who: str) -> Roster | None:
        """Its name and people as this device saw them last; None for a talk that is no group."""
        device = (await self._talk.talk()).device
        return device.rosters.of(group_names.meant(device.state, who))

    async def group_id(self, who: str) -> str:
        """The id of a group that this device is in. Raises `Missing` (DEV-19.3): with nobody a
        talk is begun by that."""
        return await self._group(who)

    async def waits_there(self, group: str) -> str:
        """Why what was meant there has not gone out yet, in a sentence; "" where no more than words
        wait."""
        owed = (await self._talk.talk()).device.outbox.owed(group)
        if all(isinstance(row.intent, Say) for _, row in owed):
            return ""
        return await self._talk.in_the_way(group) or "others are first"

    async def group_lines(self, who: str) -> list[LineRow]:
        """Who came and went there, what it was called, who got which role; the oldest first."""
        device = (await self._talk.talk()).device
        return device.rosters.lines(group_names.meant(device.state, who))

    async def chats(self) -> list[Chat]:
        """Every talk, where something was said last first."""
        device = (await self._talk.talk()).device
        rows, pairs = device.conversations(), dict[tuple[str, ...], list[str]]()
        found: list[Chat] = []
        for group, row in rows.items():
            others = tuple(one for one in row.members if one != device.actor)
            if device.rosters.of(group) is not None:
                found.append(_chat(device, [group], others))
            elif others:
                pairs.setdefault(others, []).append(group)
        for others, groups in pairs.items():
            stand = [group for group in groups if not rows[group].left]
            if len(others) == 1:
                stand = device.between(others[0])
            found.append(_chat(device, [*stand, *({*groups} - {*stand})], others))
        return sorted(found, key=lambda one: one.at, reverse=True)

    async def _person(self, group: str, who: str) -> str:
        """Somebody of the group, who may be no friend of ours."""
        shape = (await self._talk.talk()).device.rosters.of(group)
        people = shape.people if shape else {}
        named = await self._talk.names()
        meant = [actor for actor in people if is_meant(named.get(actor, actor), who)]
        return meant[0] if len(meant) == 1 else await self._talk.id_of(who)

    async def _group(self, who: str) -> str:
        device = (await self._talk.talk()).device
        device.check_seat()
        found = group_names.meant(device.state, who)
        if not found or device.conversations()[found].left or not device.rosters.of(found):
            raise Missing("DEV-19.3", NO_SUCH.format(who=who))
        return found


def _chat(device: Device, groups: list[str], others: tuple[str, ...]) -> Chat:
    rows = device.conversations()
    last = next(iter(device.history(*groups)[-1:]), None)
    created = max(rows[group].created for group in groups) * 1_000_000
    line = next(iter(device.rosters.lines(*groups)[-1:]), None)
    at = max(created, last.at if last else 0, line.at if line else 0)
    shape = device.rosters.of(groups[0])
    is_open = any(not rows[group].left for group in groups)
    spoilt = device.rosters.spoilt(groups[0])
    return Chat(tuple(groups), others, shape, is_open, last, at, spoilt)
