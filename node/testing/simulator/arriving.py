"""A new device of somebody's: let in by one that they have, or by the recovery key alone."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from node.client import joining
from node.client.api_client import ApiClient
from node.client.device import Device
from node.client.joining import Joined
from node.client.linking import Approval, Linking, NewDevice
from node.client.local_device import LocalDevice
from node.client.messenger import Messenger
from node.client.profile import Profile
from node.client.rows import CLIENT
from node.client.sign_in import Server
from node.e2ee.mls.public.credentials import basic
from node.errors import Missing, NodeError
from node.testing.fakes import FakeEntropy
from node.testing.simulator.disk import Disk, Killed, OpenDisk
from node.testing.simulator.line import Line
from node.testing.simulator.phone import Phone
from node.testing.simulator.timeline import LoopClock

One = TypeVar("One")
Other = TypeVar("Other")


class Arriving(NewDevice):
    """As with `kith link start`, but that it has no files."""

    def __init__(self, name: str, old: Phone, clock: LoopClock) -> None:
        self._node, self._name = old.node, name
        self._entropy = FakeEntropy(f"{name} {old.node.entropy.draw(8).hex()}")
        here = LocalDevice(Path(), "of a device without files", clock, self._entropy)
        super().__init__(Server(old.node.origin), name, here)
        self._clock = clock
        self.phone: Phone | None = None

    def _api(self, token: str = "") -> ApiClient:
        return Line(self._node, self._entropy, token, self._name)

    async def _keep(self, own: Profile, joined: Joined) -> None:
        disk = Disk()
        vault = OpenDisk(disk, lambda: None)
        vault.step({CLIENT: self._client.of(basic(own.actor.encode())).dump()})
        joining.keep(Device(vault, self._entropy, own.actor).state, joined)
        self.phone = Phone(self._name, own.device, own.actor, self._node, own.token, self._clock)
        self.phone.disk, self.phone.entropy = disk, self._entropy


async def link(name: str, old: Phone, clock: LoopClock) -> Phone | None:
    """A new device that `old` lets in by its link; None where the weather was against it."""
    program = old.program
    if program is None or not program.lives:
        return None
    messenger, new = program.messenger, Arriving(name, old, clock)
    own = Profile(
        origin=old.node.origin,
        name=old.actor.rpartition("/")[2],
        handle=old.name,
        actor=old.actor,
        device=old.id,
        token=old.token,
    )

    async def talk() -> Messenger:
        return messenger

    approving = Linking(program.line, own, talk, old.clock, old.entropy)

    async def let_in() -> str:
        """The number that the old device shows."""
        found.append(await approving.read_link(new.link))
        return found[0].agreed.shown

    found: list[Approval] = []
    with suppress(NodeError, Killed):
        await new.show()
        agreed, shown = await _both(new.meet(), let_in())
        agreed.type(shown)
        await _both(new.join(agreed), approving.approve_link(found[0]))
    return new.phone


async def _both(one: Awaitable[One], other: Awaitable[Other]) -> tuple[One, Other]:
    """What comes of both: who fails does not end what the other one does."""
    first, second = await asyncio.gather(one, other, return_exceptions=True)
    if isinstance(first, BaseException):
        raise first
    if isinstance(second, BaseException):
        raise second
    return first, second


async def recover(name: str, old: Phone, clock: LoopClock) -> Phone:
    """A device that came by the password, and has the recovery key of `old`'s account by hand."""
    node, person = old.node, old.actor.rpartition("/")[2]
    id = str(UUID(bytes=node.entropy.draw(16), version=4))
    phone = Phone(name, id, old.actor, node, node.add_device(person, id), clock)
    rk = Device(
        OpenDisk(old.disk.copy(), lambda: None), FakeEntropy(name), old.actor
    ).recovery_key()
    program, gone = phone.start(), set[bytes]()
    messenger = program.messenger

    async def come_back() -> None:
        told = await messenger.keys.read()
        if told is None:
            raise Missing("DEV-12.7", "the account has no keys that could be recovered")
        now = int(clock.now().timestamp())
        # Tried again it takes nobody off who was taken off before.
        gone.update(messenger.device.recover(told, UUID(id).bytes, rk, now))

    async def end_sessions() -> None:
        """Of those that are off the list: what they did not fetch goes back (E2E-4.9)."""
        for one in sorted(gone):
            with suppress(Missing):
                await program.line.ask("DELETE", f"/devices/{UUID(bytes=one)}", object)

    await _until_done(lambda: messenger.keys.change(come_back))
    await _until_done(end_sessions)
    return phone


async def _until_done(work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            return await work()
        except NodeError:
            await asyncio.sleep(10.0)
