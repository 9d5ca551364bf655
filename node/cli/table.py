"""Which page serves which command, and in a sentence what the command does."""

import sys
from importlib import import_module

from msgspec import Struct

from node.cli.streams import put
from node.exit_codes import USAGE
from node.private_files import keep_to_oneself


class Command(Struct, frozen=True):
    """`page` is a module with `main(argv)`; `whole` hands it the command's own name as well."""

    page: str
    says: str
    whole: bool = False


OPERATORS = {
    "serve": Command("node.cli.serve", "Run a node."),
    "migrate": Command("node.cli.migrate", "Bring the database to this version, all phases."),
    "backup": Command("node.cli.backup", "Write all of a node into one encrypted file."),
    "restore": Command("node.cli.restore", "Bring a node back from a backup."),
    "doctor": Command("node.cli.doctor", "Say what is not as it should be, and what to do."),
    "admin": Command("node.cli.admin", "What administrators do, on the node's machine or away."),
    "invite": Command("node.cli.invite", "Make an invite link, on the machine of the node."),
}
TESTERS = {
    "vectors": Command("node.cli.vectors", "Run test vectors: kith vectors mls FILE…"),
    "inspect": Command("node.cli.inspect", "Say what this node understands of ActivityPub files."),
}
_PERSON = "node.client.cli"
PERSONS = {
    "signup": Command(_PERSON, "Make an account with an invite link.", whole=True),
    "login": Command(_PERSON, "Make this machine a device of your account.", whole=True),
    "new-password": Command(
        _PERSON, "Set a new password by a link of an administrator.", whole=True
    ),
    "link": Command(
        _PERSON, "Let a new device in: kith link start there, kith link approve here.", whole=True
    ),
    "logout": Command(_PERSON, "End this device's session.", whole=True),
    "delete-account": Command(_PERSON, "Delete your account for good.", whole=True),
    "whoami": Command(_PERSON, "Who you are here.", whole=True),
    "friend": Command(
        _PERSON, "Ask, accept, decline, cancel, end: kith friend add @bob@host.", whole=True
    ),
    "friends": Command(_PERSON, "Your friends, open requests, and whom you block.", whole=True),
    "block": Command(_PERSON, "Block somebody.", whole=True),
    "unblock": Command(_PERSON, "Take a block back.", whole=True),
    "mute": Command(_PERSON, "Hear no more of somebody, a thread or a word.", whole=True),
    "unmute": Command(_PERSON, "Take a mute back.", whole=True),
    "mutes": Command(_PERSON, "Whom and what you mute.", whole=True),
    "chat": Command(_PERSON, "Sealed messages with a friend: kith chat @bob.", whole=True),
    "group": Command(
        _PERSON, "A talk of several: kith group new NAME @bob @carol; add, leave.", whole=True
    ),
    "chats": Command(_PERSON, "Whom you talk with: groups and people.", whole=True),
    "history": Command(
        _PERSON, "Keep your history sealed at your server, fetch or export it.", whole=True
    ),
    "search": Command(_PERSON, "Find words in your messages: kith search sea.", whole=True),
    "post": Command(
        _PERSON, "Publish a video, pictures or a text: kith post clip.mp4 --to friends.", whole=True
    ),
    "uploads": Command(_PERSON, "Files that were begun and are not posted; cancel.", whole=True),
    "feed": Command(_PERSON, "What your friends posted, to the end.", whole=True),
    "watch": Command(_PERSON, "Play or save a video.", whole=True),
    "like": Command(_PERSON, "Like a post or video.", whole=True),
    "unlike": Command(_PERSON, "Take a like back.", whole=True),
    "comment": Command(_PERSON, "Comment on a post or video.", whole=True),
    "comments": Command(_PERSON, "Read the comments on a post or video.", whole=True),
    "edit": Command(_PERSON, "Change the words of a post of yours.", whole=True),
    "edits": Command(_PERSON, "Read what a post said before.", whole=True),
    "delete": Command(_PERSON, "Delete a post of yours.", whole=True),
    "report": Command(_PERSON, "Tell your administrators of somebody, or of a post.", whole=True),
    "notices": Command(_PERSON, "What happened lately.", whole=True),
    "profile": Command(
        _PERSON, "What everyone sees of you: kith profile set --avatar me.jpg.", whole=True
    ),
    "mentions": Command(_PERSON, "Who is heard when they mention you.", whole=True),
    "deliveries": Command(
        _PERSON, "What has not arrived at other servers, and why; retry it.", whole=True
    ),
    "devices": Command(_PERSON, "Your devices; rename or revoke one.", whole=True),
    "recovery": Command(
        _PERSON, "Your recovery key: show, confirm that it is on paper, use, renew.", whole=True
    ),
    "verify": Command(_PERSON, "The safety number with a friend.", whole=True),
    "sessions": Command(_PERSON, "Where you are logged in; end one.", whole=True),
    "events": Command(_PERSON, "Print events as they come, a JSON line each.", whole=True),
}
GROUPS = (
    ("Run a node", OPERATORS),
    ("Be a person", PERSONS),
    ("Test", TESTERS),
)
COMMANDS = {name: command for _, group in GROUPS for name, command in group.items()}


def help_text() -> str:
    """What `kith --help` prints."""
    lines = ["kith: friends, sealed messages and videos, on servers that friends own", ""]
    for title, group in GROUPS:
        lines.append(f"{title}:")
        lines += [f"  kith {name:10} {command.says}" for name, command in group.items()]
        lines.append("")
    lines.append("kith COMMAND --help says more of each.")
    return "\n".join(lines)


def run(argv: list[str]) -> int:
    """Run one command; 2 when there is no such command."""
    keep_to_oneself()
    name = argv[0] if argv else "--help"
    if name in ("--help", "-h", "help"):
        return put(help_text() + "\n")
    if name not in COMMANDS:
        print(f"kith: there is no command {name!r}; see kith --help", file=sys.stderr)
        return USAGE
    command = COMMANDS[name]
    return int(import_module(command.page).main(argv if command.whole else argv[1:]))
