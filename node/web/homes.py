"""Where people log in from as a rule: strangers cannot make them wait there (LIM-5.4).

What is kept is a digest under a key that is not in the database: neither a name nor an address.
"""

import hashlib
from contextlib import suppress

from node.errors import NoRoom
from node.store.homes import HomesUnit
from node.store.unit import Units
from node.web.guesses import Guesses
from node.web.limits import neighbourhoods


class Homes:
    """Remembers them, in the database, so that a restart makes nobody a stranger."""

    def __init__(self, units: Units, guesses: Guesses, secret: bytes) -> None:
        self._units = units
        self._guesses = guesses
        self._secret = secret

    async def is_home(self, whom: str, address: str) -> bool:
        """Whether `whom` was proven from this network before."""
        if self._guesses.at_home(whom, address):
            return True
        digest = self._digest(whom, address)
        known = await self._units.look(HomesUnit, lambda unit: unit.is_home(digest))
        if known:
            self._guesses.know_home(whom, address)
        return known

    async def remember(self, whom: str, account: str, address: str) -> None:
        """`whom` was proven from there, who has this account. Another time, if there is no room."""
        digest = self._digest(whom, address)
        with suppress(NoRoom):  # what they came for may be done already
            await self._units.run(HomesUnit, lambda unit: unit.put_home(digest, account))

    def _digest(self, whom: str, address: str) -> bytes:
        ((network, _), *_) = neighbourhoods(address)
        said = f"{whom}\n{network}".encode()
        return hashlib.blake2b(said, key=self._secret, digest_size=32).digest()
