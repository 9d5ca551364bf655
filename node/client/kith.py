"""Kith for programs: `async with Kith(profile, home) as kith` and its verbs (docs/clients.md).

Beside the class, all that a program needs to name stands here.
"""

from pathlib import Path

from node.client import entering
from node.client.accounts import Accounts
from node.client.chatting import Chatting
from node.client.entering import Door, Machine, Wish, read_door
from node.client.happenings import Changed, Happening, Joined, Left, Said, Unreadable, Unsent
from node.client.line import Event
from node.client.posts import Posts
from node.client.profile import Profile, load
from node.client.rows import SaidRow
from node.client.seat import CLOCK, Passphrase
from node.client.videos import Videos
from node.errors import Conflict
from node.ports import Clock

__all__ = [
    "Changed",
    "Event",
    "Happening",
    "Joined",
    "Kith",
    "Left",
    "Profile",
    "Said",
    "SaidRow",
    "Unreadable",
    "Unsent",
    "load",
]


class Kith(Chatting, Posts, Videos, Accounts):
    """One device of one person, with all its verbs. Use it as `async with`.

    The verbs raise `node.errors`: `Refused` kinds with the clause, `Unreachable` to try again.
    """

    @classmethod
    def load(
        cls,
        home: Path | str,
        handle: str = "",
        passphrase: Passphrase = "",
        clock: Clock = CLOCK,
    ) -> "Kith":
        """Who is logged in at `home`: `handle`, or who was so last. Raises `Missing` (API-9.1)."""
        return cls(load(Path(home), handle), home, passphrase, clock)

    @classmethod
    async def sign_up(
        cls,
        origin: str,
        name: str,
        password: str,
        *,
        home: Path | str,
        invite: str = "",
        connect: str = "",
        ca_file: str = "",
        device_name: str = "kith",
        passphrase: Passphrase = "",
        clock: Clock = CLOCK,
    ) -> "Kith":
        """A new account, with this machine as its first device. `origin` may be an invite link.

        Raises `Conflict` (ACC-2.1) when an administrator has to say yes first.
        """
        door = _door(origin, invite, connect, ca_file)
        wish = Wish(name, password, device_name)
        _, made = await entering.sign_up(door, wish, Machine(Path(home), passphrase, clock))
        if made is None:
            raise Conflict("ACC-2.1", "the account waits for an administrator: log in later")
        return cls(made, home, passphrase, clock)

    @classmethod
    async def log_in(
        cls,
        origin: str,
        name: str,
        password: str,
        *,
        home: Path | str,
        connect: str = "",
        ca_file: str = "",
        device_name: str = "kith",
        passphrase: Passphrase = "",
        clock: Clock = CLOCK,
    ) -> "Kith":
        """Make this machine a new device of an account."""
        door = _door(origin, "", connect, ca_file)
        wish = Wish(name, password, device_name)
        made = await entering.log_in(door, wish, Machine(Path(home), passphrase, clock))
        return cls(made, home, passphrase, clock)


def _door(origin: str, invite: str, connect: str, ca_file: str) -> Door:
    found = read_door(origin, connect, ca_file)
    return Door(found.origin, invite or found.invite, found.connect, found.ca_file)
