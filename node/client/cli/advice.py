"""Pure: what a person reads when something was refused: the reason, what to do next, a number."""

from collections.abc import Mapping

from node.errors import (
    Conflict,
    Forbidden,
    Malformed,
    Missing,
    NodeError,
    NoRoom,
    Refused,
    TooMuch,
    Unproven,
    Unreachable,
)
from node.exit_codes import REFUSED, UNREACHABLE

CLOCK = "clock of this device"  # as `node.client.stops` has it, which commands need not load
# By clause where the clause knows more than the kind of error does.
CLAUSES: Mapping[str, str] = {
    "API-3.1": "This device is logged out. Log in again: kith login @you@server",
    "API-6.2": "See kith feed --mine, or kith comments; kith delete removes what is posted.",
    "API-6.5": "Look first whether it was done (kith feed --mine, kith friends, kith notices, "
    "kith devices), before you do it again.",
    "API-9.1": "Log in with kith login @you@server, or sign up with kith signup INVITE-LINK.",
    "API-9.3": "See kith login --help for how --server, --connect and --ca are written.",
    "API-9.6": "Tell your server's operator: the proxy must let 32 MB through "
    "(nginx: client_max_body_size 32m;).",
    "API-1.5": "Is this a Kith node, and new enough? Check --server.",
    "E2E-2.10": "They need a device that takes sealed messages; tell them to log in with kith.",
    "E2E-5.1": "Do not write to them now; ask their node's operator what happened to their keys.",
    "KEY-5.2": "See kith verify WHO for their number, and ask them by another way.",
    "E2E-5.6": "They need a device that takes sealed messages; tell them to log in with kith.",
    "E2E-6.2": "Type it again, or mend the file that KITH_VAULT_PASSPHRASE_FILE names.",
    "E2E-6.3": "Close the other kith (a chat, a bot) and try again.",
    "E2E-6.4": "Log in again to make this machine a device: kith login @you@server",
    "E2E-6.8": "Name a file with the passphrase in KITH_VAULT_PASSPHRASE_FILE, or use a terminal.",
    "INB-4.4": "It stays as it is; your own posts are in kith feed --mine.",
    "INB-13.1": "It stays as it is; your own posts are in kith feed --mine.",
    "E2E-2.7": "Only friends can be written to: kith friend add @name@server, and wait for a yes.",
    "FED-9.2": "Check the server's name: it is not one of the public network.",
    "FED-10.6": "Check the handle: it is @name@server.",
    "ACC-1.1": "Choose another name: small letters, digits and _ only.",
    "ACC-1.3": "Choose another name.",
    "ACC-1.4": "Choose a longer password, one that is not the name.",
    "ACC-1.5": "Check the name and the password, and that this is your server.",
    "ACC-1.6": "Ask an administrator of your node.",
    "ACC-2.1": "Ask somebody who lives there for an invite link.",
    "ACC-2.2": "Ask whoever sent the link for a new one.",
    "ACC-2.8": "Say why with --reason.",
    "ACC-3.3": "Make this machine a device: kith login @you@server",
    "ACC-3.5": "See kith sessions for those that there are.",
    "ACC-4.4": "Your history stays here to be read. Log in again: kith login @you@server",
    "ACC-4.5": "Your history stays here to be read. Log in again: kith login @you@server",
    "ACC-4.3": "See kith devices for those that there are.",
    "LNK-3.8": "Begin anew when the device is before you: kith link start, on the new one.",
    "LNK-3.9": "Look at kith devices on the device that is logged in: one that it let in meanwhile "
    "and that you do not hold is ended with kith devices revoke ID. Then begin anew.",
    "VID-1.1": "Give the path of a video file.",
    "VID-1.7": "Send the file again.",
    "VID-1.9": "See kith uploads: post the same file again to finish one, or cancel it. "
    "kith delete removes a video.",
    "VID-5.1": "See kith uploads for those that there are.",
    "VID-5.4": "See kith uploads for what is being made (cancel ends it), and kith feed --mine for "
    "what is posted (kith delete removes it).",
    "VID-5.6": "To post it once more: kith post --again FILE. kith delete removes what is posted.",
    "VID-2.1": "Give a video file, such as MP4, MOV, MKV or WebM.",
    "VID-2.2": "Does it play elsewhere? It needs a picture; a damaged file has to be made again.",
    "VID-2.3": "The file is cut off: copy it again from where it was made.",
}
KINDS: tuple[tuple[type[NodeError], str], ...] = (
    (NoRoom, "Make room on this machine, then do it again: what was not written is not done."),
    (Malformed, "Mend what you gave and try again; --help says how."),
    (Unproven, "Log in again: kith login @you@server"),
    (Forbidden, "Are you friends? See kith friends; ask with kith friend add @name@server."),
    (Missing, "Check the name or the id; it may also not be for you to see."),
    (Conflict, "Look at how things stand: kith friends, kith feed, kith devices."),
    (TooMuch, "Send less, or delete something first."),
    (
        Unreachable,
        "Check the address and the network. It may be down for a while: try again later.",
    ),
)


def advice(error: NodeError) -> str:
    """What to do next."""
    if isinstance(error, TooMuch) and error.retry_after_seconds is not None:
        return f"Try again in {error.retry_after_seconds} seconds."
    if isinstance(error, Refused) and error.params.get("seen") == CLOCK:
        return "Look at the date and the time of this machine; nothing is wrong with their keys."
    if isinstance(error, Refused) and error.clause in CLAUSES:
        return CLAUSES[error.clause]
    known = (text for kind, text in KINDS if isinstance(error, kind))
    return next(known, "Please report it to whoever gave you this program.")


def reason(error: NodeError) -> str:
    """What is the matter, in a sentence."""
    return error.reason if isinstance(error, Refused) else str(error)


def exit_code(error: NodeError) -> int:
    """The number that the command ends with."""
    return UNREACHABLE if isinstance(error, Unreachable) else REFUSED


def problem(error: NodeError) -> dict[str, object]:
    """The error as a program reads it."""
    refused = error if isinstance(error, Refused) else None
    return {
        "code": type(error).__name__.lower(),
        "detail": reason(error),
        "clause": refused.clause if refused else "",
        "params": dict(refused.params) if refused else {},
        "advice": advice(error),
    }


def plain_problem(code: str, detail: str, tip: str) -> dict[str, object]:
    """What is no clause's matter: a command that was not understood, a file that is not there."""
    return {"code": code, "detail": detail, "clause": "", "params": {}, "advice": tip}
