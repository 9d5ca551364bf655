"""Pure: which conversations of two people ended, and what they go on in (spec DEV-9.7)."""

from node.client.behind import is_unanswered
from node.client.device import Device


def unanswered(device: Device) -> dict[str, str]:
    """The conversation of just us two in which this device was asked back in vain, by actor."""
    found = dict[str, str]()
    for group in device.state.groups_with("asked"):
        others = {*device.state.conversation(group).members} - {device.actor}
        if is_unanswered(device.state, group) and len(others) == 1:
            (actor,) = others
            here = [one for one in device.between(actor) if is_unanswered(device.state, one)]
            found |= {actor: here[0]} if here else {}
    return found


def standing(device: Device, group: str, actor: str) -> set[bytes]:
    """The signature keys of the actor's devices there, as this device saw the group last."""
    members = device.state.groups.session(group).members()
    return {one.signature_key for one in members if one.identity == actor.encode()}


def successor(device: Device, actor: str) -> str:
    """The conversation that already goes on with them, whoever began it; "" when there is none."""
    return next((group for group in device.between(actor) if not device.is_over(group)), "")


def former(device: Device, actor: str, new: str) -> list[str]:
    """Where words wait that may be said in `new`: no device is there that was not here."""
    keys = standing(device, new, actor)
    return [
        group
        for group in device.between(actor)
        if is_unanswered(device.state, group)
        and device.waiting(group)
        and keys <= standing(device, group, actor)
    ]
