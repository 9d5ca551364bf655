"""Passwords: what one may be, whom it proves, and how it is changed (spec ACC-1.4 to ACC-1.7).

They come in hashed: hashing takes long, so it is done before the unit.
"""

import unicodedata
from typing import Protocol

from node.accounts.account import Account, State
from node.errors import Forbidden, Malformed, Unproven

SHORTEST, LONGEST = 10, 256  # characters


class PasswordUnit(Protocol):
    """What a new password asks of a unit."""

    async def put_password(self, account: str, password: str) -> None: ...
    async def drop_reset(self, account: str) -> None: ...
    async def end_sessions(self, account: str, only: str | None = None, but: str = "") -> int: ...
    async def revoke_devices(self, account: str, only: str | None = None, but: str = "") -> int: ...


def read_password(text: str, name: str) -> str:
    """A password that is fit for `name`. Raises `Malformed` (ACC-1.4)."""
    if not SHORTEST <= len(text) <= LONGEST or "\0" in text:
        raise Malformed(
            "ACC-1.4",
            f"choose a password of {SHORTEST} to {LONGEST} characters",
            shortest=SHORTEST,
            longest=LONGEST,
        )
    if text.lower() == name:
        raise Malformed("ACC-1.4", "choose a password that is not your name")
    return normal(text)


def normal(password: str) -> str:
    """What is hashed: one spelling of what different keyboards write for the same letters."""
    return unicodedata.normalize("NFC", password[:LONGEST])


def proven(account: Account | None, matches: bool) -> Account:
    """The account, if its password was right; one answer for all else (ACC-1.5)."""
    if account is None or account.state is State.DELETED or not matches:
        raise Unproven("ACC-1.5", "the name or the password is wrong")
    return account


def may_enter(account: Account) -> None:
    """Whether an account whose password was right may log in. Raises `Forbidden` (ACC-1.6)."""
    if account.state is State.PENDING:
        raise Forbidden("ACC-1.6", "this account waits for an administrator to approve it")
    if account.state is State.SUSPENDED:
        raise Forbidden("ACC-1.6", "this account is suspended: ask the node's administrator")


async def change_password(
    account: str, new: str, session: str, device: str, unit: PasswordUnit
) -> None:
    """Replace the hashed password; only `session` and its `device` stay logged in (ACC-1.7)."""
    await unit.put_password(account, new)
    await unit.drop_reset(account)
    await unit.end_sessions(account, but=session)
    await unit.revoke_devices(account, but=device)
