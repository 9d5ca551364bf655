"""A device of somebody: what it has on disk, and the program that runs over it now and then."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final

from node.client.content import FAILURE, TOMBSTONE
from node.client.conversation_events import ConversationEvent
from node.client.device import Device
from node.client.grouping import Grouping
from node.client.key_keeper import id_of
from node.client.messenger import Messenger
from node.client.rows import MessageRow
from node.client.words import Words
from node.errors import Conflict, NodeError, Unproven, will_pass
from node.testing.fakes import FakeEntropy
from node.testing.simulator.disk import Disk, Killed, OpenDisk
from node.testing.simulator.home import HomeNode
from node.testing.simulator.line import Line
from node.testing.simulator.timeline import LoopClock

LOOKS_AGAIN_SECONDS: Final = 45.0  # where nothing comes
STREAM_SECONDS: Final = 300.0  # so long a stream of events holds; then it begins anew


class Phone:
    """`name` is what the story calls it, `id` what its home node does."""

    def __init__(
        self, name: str, id: str, actor: str, node: HomeNode, token: str, clock: LoopClock
    ) -> None:
        self.name, self.id, self.actor = name, id, actor
        self.node, self.token, self.clock = node, token, clock
        self.disk = Disk()
        # Of the machine: what a program drew no later one draws again.
        self.entropy = FakeEntropy(f"{name} {id} {node.entropy.draw(8).hex()}")
        self.told: list[ConversationEvent] = []
        self.looks_again = LOOKS_AGAIN_SECONDS
        self.ended: NodeError | None = None  # what ended it for good: revoked, or left behind
        self.program: Program | None = None

    def start(self) -> "Program":
        """Its program runs from now on."""
        self.program = Program(self)
        return self.program

    async def read_back(self) -> None:
        """What the account's archive has and this device has not."""
        assert self.program is not None
        with suppress(NodeError):
            await self.program.messenger.archive.fetch(lambda _came: None)


class Program:
    """One run of it, until it is killed."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone
        self.disk = OpenDisk(phone.disk, self._died)
        self.ends = asyncio.Event()
        self._begun = asyncio.Event()
        node, id = phone.node, phone.id
        line = Line(node, phone.entropy, phone.token, phone.name, self.disk)
        self.line = line
        device = Device(self.disk, phone.entropy, phone.actor)
        self.messenger = Messenger(line, device, phone.clock, lambda: None, id)
        self._tasks = [asyncio.create_task(work) for work in (self._listen(), self._send())]

    def _died(self) -> None:
        self.ends.set()

    def kill(self) -> None:
        """As by SIGKILL, between two writes."""
        self.disk.dead = True
        self._died()

    @property
    def lives(self) -> bool:
        return not self.disk.dead

    async def _send(self) -> None:
        await self._begun.wait()
        await self.messenger.keep_sending()

    async def _listen(self) -> None:
        node, loop = self._phone.node, asyncio.get_running_loop()
        account = f"account-{self._phone.actor.rpartition('/')[2]}"
        begins = 0.0
        while self.lives:
            rung = node.wakeups.listen(f"events:{account}")
            try:
                if loop.time() >= begins:
                    await self.messenger.prepare()
                    begins = loop.time() + STREAM_SECONDS
                await self.messenger.pull()
            except NodeError as error:
                if isinstance(error, Unproven | Conflict) and not will_pass(error):
                    self._phone.ended = error
                    self.kill()
                elif not will_pass(error):
                    self._phone.node.faults.append(f"{self._phone.name} stopped: {error!r}")
                begins = 0.0
            self._begun.set()
            self._hear()
            await asyncio.wait([rung], timeout=self._phone.looks_again)
            rung.cancel()

    def _hear(self) -> None:
        heard = self.messenger.heard
        while not heard.empty():
            one = heard.get_nowait()
            if one is not None:
                self._phone.told.append(one)  # type: ignore[arg-type]

    async def say(self, actor: str, text: str) -> None:
        """Say it, as far as that can be done now."""
        messenger = self.messenger
        try:
            known = messenger.device.between(actor)
            group = known[0] if known else await messenger.with_actor(actor)
            await messenger.say(group, text)
        except (NodeError, Killed):
            return

    async def do(self, group: str, deed: Callable[[Words, int], MessageRow | None]) -> None:
        """Change, take back or react, as far as that can be done now."""
        with suppress(NodeError, Killed):
            await self.messenger.in_words(group, deed)

    def seen(self, actor: str) -> list[tuple[str, MessageRow]]:
        """What their person sees of the talk with `actor` and can do something to."""
        device = self.messenger.device
        found = [(group, row) for group in device.between(actor) for row in device.history(group)]
        return [one for one in found if one[1].kind not in (FAILURE, TOMBSTONE)]

    async def in_group(self, deed: Callable[[Grouping, str], Awaitable[object]]) -> None:
        """Do something in the group that this device is in, as far as that can be done now."""
        device = self.messenger.device
        rosters = (name.partition("/")[2] for name in device.state.names("roster"))
        for group in [one for one in rosters if not device.conversations()[one].left]:
            with suppress(NodeError, Killed):
                await deed(self.messenger.grouping, group)

    async def begin(self, actors: Iterable[str]) -> None:
        """Begin a group with these."""
        with suppress(NodeError, Killed):
            await self.messenger.grouping.begin("all of us", actors)

    async def say_to_all(self, text: str) -> bool:
        """Say it in the group; whether there is one."""
        device = self.messenger.device
        rosters = (name.partition("/")[2] for name in device.state.names("roster"))
        groups = [one for one in rosters if not device.conversations()[one].left]
        for group in groups:
            with suppress(NodeError, Killed):
                await self.messenger.say(group, text)
        return bool(groups)

    async def revoke(self, id: str, by_recovery_key: bool) -> None:
        """As `kith devices revoke`: off the list, and its session ends."""
        device, now = self.messenger.device, int(self._phone.clock.now().timestamp())

        async def unlist() -> None:
            device.unlist(id_of(id), device.recovery_key() if by_recovery_key else None, now)

        with suppress(NodeError, Killed):
            await self.messenger.keys.change(unlist)
        with suppress(NodeError, Killed):
            await self.line.ask("DELETE", f"/devices/{id}", object)
