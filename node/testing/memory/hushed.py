"""What one of ours does not want to hear of, as in `store.hushed`."""

from node.inbox.mutes import UNMUTED, Mute, MuteKind
from node.testing.memory.unit import Unit


def live(unit: Unit, account: str) -> list[Mute]:
    """What the account mutes now."""
    kept = (one for key, one in unit.tables.mutes.items() if key[0] == account)
    return [one for one in kept if one.until is None or one.until > unit.now]


def muted(unit: Unit, account: str, kind: MuteKind) -> set[str]:
    return {one.ref for one in live(unit, account) if one.kind is kind}


def is_hushed(unit: Unit, account: str, kind: str, actor: str, object: str) -> bool:
    """Whether a notice of this kind tells of who or what is muted."""
    post = unit.tables.posts.get(object)
    in_thread = post is not None and post.thread in muted(unit, account, MuteKind.THREAD)
    return kind not in UNMUTED and (actor in muted(unit, account, MuteKind.PERSON) or in_thread)
