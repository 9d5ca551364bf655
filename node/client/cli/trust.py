"""Pure: what a person reads of the keys behind those whom they write to (spec DEV-16)."""

from collections.abc import Callable, Mapping

from node.client.conversation_events import (
    ConversationEvent,
    DeviceDoubted,
    DoubtSettled,
    KeysChanged,
)
from node.client.device_trust import Standing

LINES: Mapping[str, str] = {
    "verified": "You compared numbers with {name}.",
    "unconfirmed": "The keys of {name} are not confirmed: their server has not answered yet.",
}
WHAT_TO_DO = (
    "It is kept here. kith verify {who} shows the number to compare; who began anew is accepted"
    " without with kith verify {who} --accept."
)


def line(name: str, standing: Standing) -> str:
    """What is to be known of somebody before one writes; nothing where all is as ever."""
    if standing.words:
        tail = " Nothing you say goes out until that ends." if is_stop(standing) else ""
        return f"{standing.words}.{tail}"
    return LINES.get(standing.state, "").format(name=name)


def is_stop(standing: Standing) -> bool:
    """Whether nothing is sealed to them."""
    return standing.state == "stopped"


def told(one: ConversationEvent, name_of: Callable[[str], str]) -> str:
    """An event of keys in a sentence; nothing of any other."""
    if isinstance(one, DeviceDoubted):
        return f"{one.reason}."
    if isinstance(one, DoubtSettled):
        name = name_of(one.actor)
        return f"Every device of {name} in the conversation is on their list again."
    return _changed(one, name_of(one.actor)) if isinstance(one, KeysChanged) else ""


def _changed(one: KeysChanged, name: str) -> str:
    came = f"{_devices(one.came)} came" if one.came else ""
    went = f"{_devices(one.went)} went" if one.went else ""
    return f"{name} changed their devices: {' and '.join(filter(None, (came, went)))}."


def _devices(count: int) -> str:
    return f"{count} devices" if count > 1 else "one"
