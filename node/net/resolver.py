"""Names to addresses: those the operator wrote down, else the system's, and only public ones.

The connection is made to what is returned here, so a second answer of the DNS changes nothing.
"""

import socket
from collections.abc import Mapping

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from node.errors import Forbidden
from node.net.addresses import is_public


class CheckedResolver(AbstractResolver):
    """Raises `Forbidden` (FED-9.3) when a name leads anywhere but to the public network."""

    def __init__(
        self, table: Mapping[str, tuple[str, int]], system: AbstractResolver | None = None
    ) -> None:
        self._table = table
        self._system = system or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host in self._table:
            address, real_port = self._table[host]
            kind = socket.AF_INET6 if ":" in address else socket.AF_INET
            return [_result(host, address, real_port, kind)]
        found = await self._system.resolve(host, port, family)
        # One bad address spoils the answer: whoever mixes them means no good.
        if not all(is_public(each["host"]) for each in found):
            raise Forbidden("FED-9.3", "the name leads to an address that is not public")
        return found

    async def close(self) -> None:
        await self._system.close()


def _result(name: str, address: str, port: int, family: int) -> ResolveResult:
    return ResolveResult(
        hostname=name,
        host=address,
        port=port,
        family=family,
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
