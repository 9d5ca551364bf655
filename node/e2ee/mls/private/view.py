"""Pure: what a device can see of one of its groups, changing nothing."""

from collections.abc import Iterator

from node.e2ee.mls.private import protect
from node.e2ee.mls.private.epoch import Group
from node.e2ee.mls.private.events import Member, member_at
from node.e2ee.mls.private.info import group_info
from node.e2ee.mls.private.key_schedule import export
from node.e2ee.mls.private.means import Means
from node.e2ee.mls.private.state import Pending, Staged, State
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.framing import encode_message
from node.e2ee.mls.public.proposals import RESUMPTION_PSK, PreSharedKeyID
from node.errors import Broken, Conflict


class View:
    """The group as it is now, until its session takes the next step."""

    __slots__ = ("_means", "_spent", "_state")

    def __init__(self, state: State | None, means: Means) -> None:
        """`state` is None once we are no member any more."""
        self._state = state
        self._means = means
        self._spent = False

    def dump(self) -> dict[str, bytes]:
        """All records of this group."""
        return {} if self.over else self._live.records()

    @property
    def _live(self) -> State:
        if self._spent:
            raise Broken("a session was used after its next step")
        if self._state is None:
            raise Conflict("MLS-12.4.2j", "this device is no longer a member of the group")
        return self._state

    @property
    def over(self) -> bool:
        """Whether we were removed."""
        return self._state is None

    @property
    def group(self) -> Group:
        """All that is public of the group now."""
        return self._live.epoch.group

    @property
    def group_id(self) -> bytes:
        return self.group.context.group_id

    @property
    def epoch(self) -> int:
        return self.group.context.epoch

    @property
    def own_leaf(self) -> int:
        return self.group.own_leaf

    @property
    def closed(self) -> bool:
        """Whether a ReInit closed the group: then another takes its place (§11.2)."""
        return self.group.reinit is not None

    @property
    def staged(self) -> Staged | None:
        """The commit of ours that is neither merged nor dropped yet."""
        return self._live.staged

    @property
    def must_commit(self) -> bool:
        """Whether a proposal waits, so that nothing may be said before a commit (§12.4)."""
        return bool(self._live.pending)

    @property
    def generation(self) -> int:
        """How many application messages we sent in this epoch."""
        place = protect.place_of(self.own_leaf, framing.APPLICATION)
        return self._live.epoch.messages.next_generation(place)

    @property
    def epoch_authenticator(self) -> bytes:
        """Equal for all members of an epoch that see the same group (§8.7)."""
        return self._live.epoch.secrets.epoch_authenticator

    def members(self) -> Iterator[Member]:
        """Who is in the group, by leaf."""
        tree = self.group.tree
        return (member_at(tree, index) for index, _ in tree.members())

    def pending(self) -> dict[bytes, Pending]:
        """The proposals of this epoch by reference, in the order of arrival."""
        return dict(self._live.pending)

    def export(self, label: bytes, context: bytes, length: int) -> bytes:
        """A secret of this epoch for another use (§8.5); `label` should be of that use alone."""
        epoch = self._live.epoch
        return export(epoch.group.suite, epoch.secrets, label, context, length)

    def group_info(self, external: bool = False) -> bytes:
        """The signed GroupInfo with its tree, as an MLSMessage: for external commits only if so."""
        return encode_message(group_info(self._live.epoch, external))

    def find_psk(self, id: PreSharedKeyID) -> bytes | None:
        """A resumption PSK of this group, or what the device's own store has."""
        if id.type == RESUMPTION_PSK and id.group_id == self.group_id:
            return self._live.resumption.get(id.epoch)
        return self._means.psks(id)
