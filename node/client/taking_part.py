"""Pure: who takes part in a conversation once its group is in another epoch (DEV-16.8, E2E-8.2)."""

from collections.abc import Collection
from typing import Final

from msgspec.structs import replace

from node.client import absent, put_out, rosters, rows
from node.client.conversation_events import ConversationLeft, GroupChanged, MembersChanged
from node.client.device_state import DeviceState
from node.client.groups import actors_of
from node.client.rows import GoneRow
from node.e2ee.mls.private.events import Committed

KINDS: Final = (
    "owed", "asked", "readmission", "returned", "absent", "forgotten", "gone",
    "invited", "met", "stopped", "declined", "unfetched",
)  # fmt: skip


def entered(
    state: DeviceState, group: str, event: Committed, now: int, wished: Collection[str]
) -> tuple[MembersChanged, list[GroupChanged]]:
    """Who is in it now, as rows and as it is told. `wished`: whom our person put out by it."""
    session, before = state.groups.session(group), state.conversation(group)
    shape, present = rosters.here(session), actors_of(session.members())
    if shape is None:
        out = {*wished, *put_out.told(event, before.members)}
    else:  # that is all that counts
        present = [actor for actor in present if shape.rank(actor)]
        out = {*before.members} - shape.actors
    grown = event.epoch if set(present) - set(before.members) else before.grown
    stay = absent.who_stays(state, group, event, out, now, by_leaves=shape is None)
    members = sorted({*present, *stay})
    name = rows.conversation_row(group)
    state.put(name, replace(before, members=members, grown=grown))
    went = {*actors_of(event.removed)} | ({*before.members} - {*members})
    changed = MembersChanged(group, tuple(actors_of(event.added)), tuple(sorted(went)))
    if shape is None:
        return changed, []
    return changed, rosters.entered(state, group, shape, event.sender.identity.decode(), now)


def forget(state: DeviceState, group: str) -> None:
    """This device is out of the group: its keys go, and what is owed."""
    for name in [each for kind in KINDS for each in state.names(kind, group)]:
        state.delete(name)
    state.groups.forget(group)
    row = state.conversation(group)
    state.put(rows.conversation_row(group), replace(row, left=True))


def quit(state: DeviceState, group: str, now: int) -> ConversationLeft:
    """It said that it is in the group no more: its node gives it nothing from there now."""
    rosters.left(state, group, state.actor, now)
    forget(state, group)
    if state.conversation(group).ref:
        state.put(rows.gone_row(group), GoneRow(actors=[state.actor]))
    return ConversationLeft(group, state.actor)
