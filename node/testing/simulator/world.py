"""Tells a story to real devices and real rooms, lets all heal, and has it judged."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Final
from uuid import UUID

from node.client.rows import MessageRow
from node.client.words import Words
from node.testing.simulator import arriving, grouped, judging
from node.testing.simulator.disk import Killed
from node.testing.simulator.home import HomeNode
from node.testing.simulator.phone import Phone
from node.testing.simulator.sky import Sky
from node.testing.simulator.story import (
    AFTER_ALL,
    BEGIN,
    EDIT,
    KILL,
    LINK,
    NAME,
    PART,
    PUT_BACK,
    REACT,
    RECOVER,
    RESTORE,
    REVOKE,
    ROLE,
    SAY,
    SKEW,
    STOP,
    STORM,
    TAKE_BACK,
    Step,
    Story,
)
from node.testing.simulator.timeline import LoopClock, Timeline, run

# So long all is fair weather before somebody looks; what needs longer is looked at again.
# After a day keys are asked for again, before the next words (DEV-16.1).
HEALING_SECONDS: Final = (180.0, 600.0, 7200.0, 90_000.0, 1800.0)
EMOJIS: Final = ("\N{SPARKLES}", "\N{THUMBS UP SIGN}")
LOOKS: Final = 150  # of each device while one of these passes, where it looks seldom enough


def play(story: Story, healing: Sequence[float] = HEALING_SECONDS) -> list[str]:
    """What is wrong at its end; nothing when all is as it should be."""
    loop = Timeline()
    return run(World(story, loop).play(healing), loop)


def _is_kill(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return error.split(Killed)[1] is None
    return isinstance(error, Killed)


class World:
    """The people of one story."""

    def __init__(self, story: Story, loop: Timeline) -> None:
        self._loop = loop
        self._story = story
        self.sky = Sky(f"{story.seed}")
        self.nodes: dict[str, HomeNode] = {}
        self.phones: dict[str, Phone] = {}
        self.said: set[str] = set()  # all that anybody meant to say
        self.talks: set[frozenset[str]] = set()  # the pairs who said anything to each other
        self.changed: dict[str, set[str]] = {}  # by a message's id, the phones that did something
        self.recovered: set[str] = set()  # phones that came by the recovery key
        self._later: set[asyncio.Task[None]] = set()
        self._deeds: Mapping[str, Callable[[Step], Coroutine[object, object, None]]] = {
            SAY: self._say,
            KILL: self._kill,
            STORM: self._storm,
            PART: self._part,
            STOP: self._stop,
            SKEW: self._skew,
            LINK: self._link,
            REVOKE: self._revoke,
            RESTORE: self._restore,
            RECOVER: self._recover,
            EDIT: self._edit,
            TAKE_BACK: self._take_back,
            REACT: self._react,
            PUT_BACK: self._put_back,
            BEGIN: self._begin_group,
            NAME: self._rename,
            ROLE: self._appoint,
        }

    async def play(self, healing: Sequence[float]) -> list[str]:
        """The whole story, and what is wrong once the last span of `healing` is over."""
        self._begin()
        for step in self._story.steps:
            await asyncio.sleep(max(step.at - self._loop.time(), 0.0))
            self._at_once(self._deeds[step.kind](step))
        await asyncio.sleep(1.0)
        self._heal()
        found: list[str] = []
        for span in healing:
            # What is missed shows with the next words, and so do devices that are on no list.
            for phone in self.living():
                phone.looks_again = max(phone.looks_again, span / LOOKS)
                for other in self._partners(phone.actor):
                    await self._speak(phone, f"{phone.name} {AFTER_ALL} {span} {other}", other)
            await asyncio.sleep(span)
            for phone in self.living():
                await phone.read_back()
            found = grouped.judge_group(self) if self._is_group else judging.judge(self)
            if not found:
                break
        return found + self._faults()

    def living(self) -> list[Phone]:
        """Those whose programs run, and are a device still."""
        found = self.phones.values()
        return [one for one in found if one.program is not None and one.program.lives]

    def _faults(self) -> list[str]:
        found = [fault for node in self.nodes.values() for fault in node.faults]
        ended = (error for error in self._loop.ended if not _is_kill(error))
        return found + [f"a task ended: {error!r}" for error in ended]

    def _begin(self) -> None:
        for device in self._story.devices:
            name, _, domain = device.partition("@")
            person, _, _ = name.partition("-")
            node = self.nodes.get(domain) or self._node(domain)
            actor = f"{node.origin}/a/{person}"
            if actor not in node.tables.actors:
                node.add_person(person)
            id = str(UUID(bytes=node.entropy.draw(16), version=4))
            token = node.add_device(person, id)
            clock = LoopClock(self._loop)
            self.phones[name] = phone = Phone(name, id, actor, node, token, clock)
            phone.start()
        actors = {phone.actor: phone.node for phone in self.phones.values()}
        for actor, node in actors.items():
            for other in actors:
                if other != actor:
                    node.befriend(actor, other)

    def _node(self, domain: str) -> HomeNode:
        node = HomeNode(domain, LoopClock(self._loop), self.sky, f"{self._story.seed}")
        self.nodes[domain] = node
        for each in self.nodes.values():
            each.neighbours = self.nodes
        self._at_once(node.work())
        return node

    def _at_once(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    def _heal(self) -> None:
        self.sky.clear()
        for phone in self.phones.values():
            phone.clock.ahead = 0.0
            if phone.program is not None:
                phone.program.disk.killed_in = -1
                if not phone.program.lives and phone.ended is None:
                    phone.start()

    # -- what happens ----------------------------------------------------------------------------

    async def _say(self, step: Step) -> None:
        """`who` says something to the person of `other`, or to the only other one."""
        if (phone := self._living(step.who)) is not None:
            other = self._other(phone, step)
            self.talks.add(frozenset({phone.actor, other}))
            await self._speak(phone, f"{phone.name} at {step.at:.3f}", other)

    def _other(self, phone: Phone, step: Step) -> str:
        if step.other:
            name, _, domain = step.other.partition("@")
            return f"https://{domain}/a/{name.partition('-')[0]}"
        return min({one.actor for one in self.phones.values()} - {phone.actor})

    def _partners(self, actor: str) -> list[str]:
        return sorted({one for pair in self.talks if actor in pair for one in pair - {actor}})

    async def _edit(self, step: Step) -> None:
        """`who` changes the `count`th message of their own."""
        if (it := self._one_of(step, own=True)) is not None:
            phone, group, row = it
            text = f"{row.text.partition(' ')[0]} changed by {phone.name} at {step.at:.3f}"
            self.said.add(text)
            await self._do(it, lambda words, now: words.edit(group, row.id, text, now))

    async def _take_back(self, step: Step) -> None:
        """`who` takes the `count`th message of their own back."""
        if (it := self._one_of(step, own=True)) is not None:
            _, group, row = it
            await self._do(it, lambda words, now: words.delete(group, row.id, now))

    async def _react(self, step: Step) -> None:
        """`who` puts an emoji under the `count`th message, or takes it away."""
        if (it := self._one_of(step)) is not None:
            phone, group, row = it
            emoji = EMOJIS[step.count % len(EMOJIS)]

            def deed(words: Words, now: int) -> MessageRow | None:
                shown = words.reactions(group, row)
                is_there = any((r.actor, r.emoji) == (phone.actor, emoji) for r in shown)
                return words.react(group, row.id, emoji, now, row.actor, not is_there)

            await self._do(it, deed)

    def _one_of(self, step: Step, own: bool = False) -> tuple[Phone, str, MessageRow] | None:
        phone = self._living(step.who)
        if phone is None or phone.program is None:
            return None
        rows = phone.program.seen(self._other(phone, step))
        found = [(group, row) for group, row in rows if not own or row.actor == phone.actor]
        return (phone, *found[step.count % len(found)]) if found else None

    async def _do(
        self,
        it: tuple[Phone, str, MessageRow],
        deed: Callable[[Words, int], MessageRow | None],
    ) -> None:
        phone, group, row = it
        self.changed.setdefault(row.id, set()).add(phone.name)
        assert phone.program is not None
        await phone.program.do(group, deed)

    async def _put_back(self, step: Step) -> None:
        """The node `who` is put back `span` later from a copy that is made now."""
        node = self.nodes[step.who]
        copy, made = node.copy(), node.clock.now()
        await asyncio.sleep(step.span)
        node.put_back(copy, made)

    def _living(self, device: str) -> Phone | None:
        phone = self.phones.get(device.partition("@")[0])
        return phone if phone is not None and phone in self.living() else None

    async def _speak(self, phone: Phone, text: str, other: str) -> None:
        assert phone.program is not None
        if not self._is_group:
            self.said.add(text)
            await phone.program.say(other, text)
            return
        self.said.add(text)  # before it may be kept
        if not await phone.program.say_to_all(text):
            self.said.discard(text)

    @property
    def _is_group(self) -> bool:
        return any(step.kind == BEGIN for step in self._story.steps)

    async def _begin_group(self, step: Step) -> None:
        """`who` begins a group with everybody, as soon as that can be done."""
        others = sorted({one.actor for one in self.phones.values()})
        for _ in range(60):
            phone = self._living(step.who)
            if phone is not None and phone.program is not None:
                if grouped.group_of(phone.program.messenger.device):
                    return
                await phone.program.begin(others)
            await asyncio.sleep(5.0)

    async def _rename(self, step: Step) -> None:
        """`who` gives the group another name, if they may."""
        if (phone := self._living(step.who)) is not None and phone.program is not None:
            name = f"{phone.name} {step.count}"
            await phone.program.in_group(lambda by, group: by.rename(group, name))

    async def _appoint(self, step: Step) -> None:
        """`who` makes `other` an admin, if they may."""
        phone, other = self._living(step.who), self.phones[step.other.partition("@")[0]]
        if phone is not None and phone.program is not None:
            actor = other.actor
            await phone.program.in_group(lambda by, group: by.appoint(group, actor, "admin"))

    async def _kill(self, step: Step) -> None:
        """The program of `who` dies at its write `count` from now; `span` later it begins anew."""
        phone = self._living(step.who)
        if phone is None or (program := phone.program) is None:
            return
        program.disk.killed_in, program.disk.after = step.count // 2, bool(step.count % 2)
        await program.ends.wait()
        await asyncio.sleep(step.span)
        if phone.program is program and phone.ended is None:
            phone.start()

    async def _storm(self, step: Step) -> None:
        """Of a hundred requests `count` are lost, unanswered, doubled or late, for `span`."""
        self.sky.storm = step.count
        await asyncio.sleep(step.span)
        self.sky.storm = 0

    async def _part(self, step: Step) -> None:
        """The nodes `who` and `other` do not reach each other for `span`."""
        pair = frozenset({step.who, step.other})
        self.sky.apart.add(pair)
        await asyncio.sleep(step.span)
        self.sky.apart.discard(pair)

    async def _stop(self, step: Step) -> None:
        """The node `who` stops, and begins anew after `span`."""
        self.sky.down.add(step.who)
        await asyncio.sleep(step.span)
        self.sky.down.discard(step.who)
        self.nodes[step.who].begin()

    async def _skew(self, step: Step) -> None:
        """The clock of `who` is `count` seconds ahead from now on."""
        if (phone := self._living(step.who)) is not None:
            phone.clock.ahead = float(step.count)

    async def _link(self, step: Step) -> None:
        """`other` lets the new device `who` in."""
        old, name = self._living(step.other), step.who.partition("@")[0]
        if old is None or name in self.phones:
            return
        new = await arriving.link(name, old, LoopClock(self._loop))
        if new is not None:
            self.phones[name] = new
            new.start()

    async def _revoke(self, step: Step) -> None:
        """`other` revokes `who`: with `count` 1 by the recovery key, else without it."""
        by, gone = self._living(step.other), self.phones.get(step.who.partition("@")[0])
        if by is None or gone is None or gone is by or by.program is None:
            return
        await by.program.revoke(gone.id, bool(step.count))

    async def _restore(self, step: Step) -> None:
        """The files of `who`, which begins anew now, are put back `span` later as they are now.

        A copy of files that nobody opened since is no older one (DEV-8.1).
        """
        if (phone := self._living(step.who)) is None or phone.program is None:
            return
        copy = phone.disk.copy()
        phone.program.kill()
        phone.start()
        await asyncio.sleep(step.span)
        if phone.program is not None and phone.program.lives:
            phone.program.kill()
            phone.disk = copy
            phone.start()

    async def _recover(self, step: Step) -> None:
        """Whoever has lost `other` comes back with `who`, by the recovery key."""
        old, name = self.phones.get(step.other.partition("@")[0]), step.who.partition("@")[0]
        if old is None or old.ended is None or name in self.phones:
            return
        self.recovered.add(name)
        self.phones[name] = await arriving.recover(name, old, LoopClock(self._loop))
