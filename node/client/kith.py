"""Kith for programs: `async with Kith(profile, home) as kith` and its verbs (docs/clients.md).

Beside the class, all that a program needs to name stands here.
"""

from pathlib import Path

from node.client import sign_in
from node.client.accounts import Accounts
from node.client.client_context import CLOCK, Passphrase
from node.client.conversation_events import (
    ChangeDropped,
    ConversationEvent,
    ConversationJoined,
    ConversationLeft,
    MembersChanged,
    MessageReceived,
    MessageUndelivered,
    MessageUnreadable,
)
from node.client.conversations import Conversations
from node.client.event_stream import Event
from node.client.posts import Posts
from node.client.profile import Profile, load
from node.client.rows import MessageRow
from node.client.sign_in import Credentials, LocalDevice, Server, parse_server
from node.client.videos import Videos
from node.errors import Conflict
from node.ports import Clock

__all__ = [
    "ChangeDropped",
    "ConversationEvent",
    "ConversationJoined",
    "ConversationLeft",
    "Event",
    "Kith",
    "MembersChanged",
    "MessageReceived",
    "MessageRow",
    "MessageUndelivered",
    "MessageUnreadable",
    "Profile",
    "load",
]


class Kith(Conversations, Posts, Videos, Accounts):
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
        server = _server(origin, invite, connect, ca_file)
        who = Credentials(name, password, device_name)
        _, made = await sign_in.sign_up(server, who, LocalDevice(Path(home), passphrase, clock))
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
        server = _server(origin, "", connect, ca_file)
        who = Credentials(name, password, device_name)
        made = await sign_in.log_in(server, who, LocalDevice(Path(home), passphrase, clock))
        return cls(made, home, passphrase, clock)


def _server(origin: str, invite: str, connect: str, ca_file: str) -> Server:
    found = parse_server(origin, connect, ca_file)
    return Server(found.origin, invite or found.invite, found.connect, found.ca_file)
