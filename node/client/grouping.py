"""A person's deeds in groups, carried out: all who are meant are added, or nobody (spec DEV-19)."""

from collections.abc import Awaitable, Callable, Iterable

from node.client.conversation_events import ConversationEvent
from node.client.device import Device
from node.client.device_rosters import knows_groups
from node.client.following import Claim
from node.client.stops import handle_of
from node.errors import Missing, NodeError, Refused, Unreachable

NO_DEVICE = "has no device that takes sealed messages yet: nobody can be added before that"
TOO_OLD = (
    "has no device that knows groups yet: Kith has to be brought up to date there, and started once"
)


class Grouping:
    """Those of one device. What cannot go out now stays owed; what is refused is raised."""

    def __init__(
        self,
        device: Device,
        claim: Claim,
        change: Callable[[], Awaitable[None]],
        tell: Callable[[Iterable[ConversationEvent]], None],
        seconds: Callable[[], int],
    ) -> None:
        """`claim` gives one key package of each device of an actor that may be added, `change`
        sends what is owed."""
        self._device = device
        self._claim = claim
        self._change = change
        self._tell = tell
        self._seconds = seconds

    async def begin(self, name: str, actors: Iterable[str]) -> str:
        """A new group. Raises, before anything is made, what is in the way of any of them, with
        their name (DEV-19.2)."""
        packages = await self._packages(sorted({*actors} - {self._device.actor}))
        group = self._device.rosters.start(name, packages, self._seconds())
        await self._change()
        return group

    async def add(self, group: str, actors: Iterable[str]) -> None:
        """Take people in, all or none."""
        wanted = sorted({*actors})
        self._device.rosters.check_add(group, wanted)
        packages = await self._packages(wanted)
        self._device.rosters.add(group, packages, self._seconds())
        await self._change()

    async def remove(self, group: str, actors: Iterable[str]) -> None:
        """Take people out."""
        self._device.rosters.remove(group, actors, self._seconds())
        await self._change()

    async def rename(self, group: str, name: str) -> None:
        """Give it another name."""
        self._device.rosters.rename(group, name, self._seconds())
        await self._change()

    async def appoint(self, group: str, actor: str, role: str) -> None:
        """Give somebody another role."""
        self._device.rosters.appoint(group, actor, role, self._seconds())
        await self._change()

    async def quit(self, group: str) -> None:
        """Be in it no more, with all our devices."""
        self._tell(self._device.rosters.quit(group, self._seconds()))
        await self._change()

    async def _packages(self, actors: Iterable[str]) -> dict[str, list[bytes]]:
        found, wrong = dict[str, list[bytes]](), dict[str, NodeError]()
        for actor in actors:
            try:
                found[actor] = await self._packages_of(actor)
            except (Refused, Unreachable) as error:
                if isinstance(error, Unreachable) and not error.beyond:
                    raise  # our own node: it says nothing of them
                wrong[actor] = error
        if wrong:
            raise self._refusal(wrong)
        return found

    async def _packages_of(self, actor: str) -> list[bytes]:
        claimed = await self._claim(actor, ())
        if not claimed:
            raise Missing("E2E-5.6", NO_DEVICE)
        able = [package for package in claimed if knows_groups(package)]
        if not able:
            raise Missing("DEV-19.1", TOO_OLD)
        return able

    def _refusal(self, wrong: dict[str, NodeError]) -> NodeError:
        """The first of them, which names all."""
        lines = [f"{handle_of(self._device.state, a)}: {_said(e)}" for a, e in wrong.items()]
        first, said = next(iter(wrong.values())), "; ".join(lines)
        if isinstance(first, Refused):
            return type(first)(first.clause, said)
        return Unreachable(said, beyond=True)


def _said(error: NodeError) -> str:
    return error.reason if isinstance(error, Refused) else str(error)
