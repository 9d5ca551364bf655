"""Pure: what a device means to do in a group (spec DEV-4).

An intent stays in the vault until it has come true. The message that carries it is made when its
turn has come, and made anew when others changed the group meanwhile: no wish is lost with a race.
"""

from typing import TypeAlias

import msgspec


class Say(msgspec.Struct, frozen=True, tag=True):
    """Say the words whose MessageRow is called `message`."""

    message: str


class Add(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """Take these devices in: their key packages, by actor. `listed`: no person wished it, they are
    on a list (DEV-17)."""

    packages: dict[str, list[bytes]]
    listed: bool = False


class Remove(msgspec.Struct, frozen=True, tag=True):
    """Take all devices of these actors out, but this one."""

    actors: list[str]


class Leave(msgspec.Struct, frozen=True, tag=True):
    """Be taken out: a device proposes that, and another member commits it (RFC 9420 §12.2)."""


class Refresh(msgspec.Struct, frozen=True, tag=True):
    """Commit what others proposed, with fresh keys of ours."""


class Readmit(msgspec.Struct, frozen=True, tag=True):
    """Take a device back that is behind: `package` in the place of the leaf with the encryption key
    `stale` (DEV-9.3)."""

    package: bytes
    stale: bytes


class Rename(msgspec.Struct, frozen=True, tag=True):
    """Give a group another name (E2E-8.3)."""

    name: str


class Appoint(msgspec.Struct, frozen=True, tag=True):
    """Give somebody of a group another role."""

    actor: str
    role: str


class Quit(msgspec.Struct, frozen=True, tag=True):
    """Be in a group no more, with all devices: a commit says so, another takes the leaf out."""


Intent: TypeAlias = Say | Add | Remove | Leave | Refresh | Readmit | Rename | Appoint | Quit


def is_commit(intent: Intent) -> bool:
    """Whether it is carried by a commit, of which a group has one at a time."""
    return not isinstance(intent, Say | Leave)


def name_of(intent: Intent) -> str:
    """The intent in a word."""
    return type(intent).__name__.lower()


def concerned(intent: Intent) -> tuple[str, ...]:
    """The actors whom it adds or removes."""
    match intent:
        case Add():
            return tuple(sorted(intent.packages))
        case Remove():
            return tuple(intent.actors)
        case Appoint():
            return (intent.actor,)
    return ()
