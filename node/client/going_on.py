"""A conversation that ended goes on in a new one: by itself between two people (spec DEV-9.7)."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from node.client import ended
from node.client.conversation_events import ConversationEvent, ConversationWentOn
from node.client.device import Device
from node.client.following import Claim
from node.e2ee.mls.public import key_package
from node.errors import Refused, Unproven, Unreachable


class GoingOn:
    """What one device begins by itself. What fails is tried again, ever more seldom."""

    def __init__(
        self,
        device: Device,
        claim: Claim,
        send: Callable[[], Awaitable[object]],
        seconds: Callable[[], int],
        tell: Callable[[Iterable[ConversationEvent]], None],
    ) -> None:
        """`claim` gives one key package of each named device of an actor that may be added."""
        self._device = device
        self._claim = claim
        self._send = send
        self._seconds = seconds
        self._tell = tell

    @property
    def is_due(self) -> bool:
        """Whether some conversation ended in which this device would go on."""
        return bool(ended.unanswered(self._device))

    async def by_word(self, actor: str, flush: Callable[[], Awaitable[None]]) -> tuple[str, int]:
        """Go on with the device that `actor` has now, as their person said: a new conversation,
        unless they began one.

        What no device of theirs could read is said there: how many words that are.
        """
        device, known = self._device, self._device.between(actor)
        new = known[0] if known and not device.is_over(known[0]) else ""
        if not new:
            new = device.start({actor: await self._claim(actor, ())}, self._seconds())
            await flush()
        count = device.go_on(known, new)
        await flush()
        return new, count

    async def round(self) -> None:
        """Go on with everybody whose device was asked in vain. Raises `Unreachable` of our own
        node, and `Unproven`."""
        device = self._device
        for actor, group in ended.unanswered(device).items():
            begun = ended.successor(device, actor)
            new = begun or await self._begin(actor, group)
            former = ended.former(device, actor, new) if new else []
            kept = device.go_on(former, new) if former else 0
            if kept or new != begun:
                self._tell([ConversationWentOn(new, actor, kept)])

    async def _begin(self, actor: str, group: str) -> str:
        """A new conversation with the devices that stand in `group`; "" while it cannot be had."""
        standing = ended.standing(self._device, group, actor)
        keys = self._device.trust.to_ask(standing, self._seconds())
        if not keys:
            return ""
        packages = await self._packages(actor, keys)
        new = self._start(actor, packages) if packages else ""
        if new:
            await self._send()
        # One that was refused is forgotten, and was told; what was kept stays where it was.
        has_begun = new in self._device.conversations()
        came = packages.keys() if has_begun else set[bytes]()
        self._device.trust.claimed(came, keys - came, self._seconds())
        return new if has_begun else ""

    def _start(self, actor: str, packages: Mapping[bytes, bytes]) -> str:
        try:
            return self._device.start({actor: [*packages.values()]}, self._seconds())
        except Refused:
            return ""  # they are stopped at meanwhile, and that is told

    async def _packages(self, actor: str, keys: set[bytes]) -> dict[bytes, bytes]:
        """Of those devices alone: another one would be unproven (DEV-10.4)."""
        named = self._device.trust.named(actor)
        only = [named[key] for key in keys] if keys <= named.keys() else []
        found = dict[bytes, bytes]()
        try:
            for data in await self._claim(actor, only):
                found[key_package.parse(data).leaf.signature_key] = data
        except (Refused, Unreachable) as error:
            is_own = isinstance(error, Unreachable) and not error.beyond
            if is_own or isinstance(error, Unproven):
                raise
        return {key: found[key] for key in sorted(keys & found.keys())}
