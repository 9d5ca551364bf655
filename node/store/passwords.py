"""Passwords as Argon2id: 64 MiB and three passes, one at a time in a thread (ACC-1.4)."""

import asyncio

import nacl.exceptions
from nacl.pwhash import argon2id

from node.ports import Entropy

MEMORY_BYTES = 64 * 1024 * 1024
PASSES = 3


class Passwords:
    """Hashes and compares. One at a time, so that a hundred logins do not need 6 GiB."""

    def __init__(self, entropy: Entropy) -> None:
        self._one_at_a_time = asyncio.Lock()
        self._entropy = entropy
        self._nobody: str = ""

    async def hash(self, password: str) -> str:
        """The string to keep."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(_hash, password)

    async def matches(self, hashed: str | None, password: str) -> bool:
        """Whether `password` is the one. Without a hash the work is the same, the answer no."""
        if not hashed and not self._nobody:
            self._nobody = await self.hash(self._entropy.draw(16).hex())
        async with self._one_at_a_time:
            right = await asyncio.to_thread(_matches, hashed or self._nobody, password)
        return right and bool(hashed)


def _hash(password: str) -> str:
    made = argon2id.str(password.encode(), opslimit=PASSES, memlimit=MEMORY_BYTES)
    return made.decode("ascii").rstrip("\0")


def _matches(hashed: str, password: str) -> bool:
    try:
        return bool(argon2id.verify(hashed.encode("ascii"), password.encode()))
    except nacl.exceptions.InvalidkeyError:
        return False
