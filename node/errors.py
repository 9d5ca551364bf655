"""Every error of the program: whose turn it is, and the clause that says so.

`Refused` is theirs (a peer or a person sent what the clause forbids), `Unreachable` is the
network's (try again), `Broken` is ours. `Refused` is caught at two places only: the HTTP edge
and the worker. The text never holds a secret nor a person's words.
"""

from typing import Literal, TypeAlias


class NodeError(Exception):
    """The root of all that this program raises on purpose.

    `sender`: the actor of another server who had proven who they are before this was raised.
    """

    sender = ""


class Refused(NodeError):
    """What was asked is against `clause` (such as ``FED-4.2``); `reason` says how, in a sentence.

    `params` are the values a translated message needs: plain numbers, names and ids only.
    """

    def __init__(self, clause: str, reason: str, **params: str | int) -> None:
        super().__init__(f"{clause}: {reason}")
        self.clause = clause
        self.reason = reason
        self.params = params


class Malformed(Refused):
    """The bytes are not what the clause describes."""


class Unproven(Refused):
    """Nobody has shown who says this: no signature, a wrong one, no token, a wrong password."""


class Forbidden(Refused):
    """We know who asks, and they may not."""


class Missing(Refused):
    """There is no such thing, or the asker may not know that there is: one answer for both."""


class Gone(Missing):
    """There was such a thing, and the asker knows it: it is over."""


class Conflict(Refused):
    """Right in itself, but not in the present state; asking again after a look may succeed."""


class Outdated(Conflict):
    """What was to be replaced is not there any more, or something newer is."""


class TooMuch(Refused):
    """Over a limit: size, quota or rate. `retry_after_seconds` is set when waiting helps."""

    def __init__(
        self, clause: str, reason: str, retry_after_seconds: int | None = None, **params: str | int
    ) -> None:
        super().__init__(clause, reason, **params)
        self.retry_after_seconds = retry_after_seconds


class Full(TooMuch):
    """No room is left for it: a quota is used up, or the disk is full."""


# What a device itself waits for, though every server answers (DEV-2.3).
Held: TypeAlias = Literal["", "behind", "unanswered", "busy", "unread", "no_device", "new_device"]


class Unreachable(NodeError):
    """The network or a peer did not answer as it should; the same call may succeed later.

    `beyond`: to a client, its own node does answer, and another server does not; or, with `held`,
    its device waits. `never_sent`: there was no connection, so that nothing can have been done.
    """

    def __init__(
        self, reason: str, beyond: bool = False, held: Held = "", never_sent: bool = False
    ) -> None:
        super().__init__(reason)
        self.beyond = beyond
        self.held = held
        self.never_sent = never_sent


def will_pass(error: NodeError) -> bool:
    """Whether waiting helps: the same call may succeed later. A full disk always passes."""
    waits = isinstance(error, TooMuch) and error.retry_after_seconds is not None
    return waits or isinstance(error, Full | Unreachable)


class Broken(NodeError):
    """A fault of this program or of its disk. Please report it."""


class NoRoom(Broken):
    """The database's disk is full: nothing was changed, and the same call may succeed later."""
