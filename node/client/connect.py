"""Where a client's connections lead to, and whom they trust: a lab's nodes share one machine."""

import socket
import ssl
from collections.abc import Mapping

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from node.errors import Malformed
from node.wire.digits import whole


class PinnedResolver(AbstractResolver):
    """Answers some names with addresses of our own."""

    def __init__(self, places: Mapping[str, tuple[str, int]]) -> None:
        self._places = places
        self._usual = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host not in self._places:
            return await self._usual.resolve(host, port, family)
        address, port = self._places[host]
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=kind,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        await self._usual.close()


def read_connect(connect: str, home: str) -> dict[str, tuple[str, int]]:
    """Where names lead to: `HOST:PORT` for `home`, or `NAME=HOST:PORT`, separated by commas.

    Raises `Malformed` (API-9.3).
    """
    found = {}
    for part in filter(None, connect.split(",")):
        name, _, address = part.rpartition("=")
        host, _, port = address.rpartition(":")
        if not host or not 0 < (whole(port) or 0) < 65536:
            raise Malformed("API-9.3", f"{part!r} is not HOST:PORT nor NAME=HOST:PORT")
        found[name.strip() or home] = (host.strip("[]"), int(port))
    return found


def trusting(ca_file: str) -> ssl.SSLContext:
    """Trust whom the machine trusts, and the CA in `ca_file` besides.

    Raises `Malformed` (API-9.3) for a file that holds no certificate.
    """
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError):
            raise Malformed("API-9.3", f"{ca_file} holds no certificate in PEM") from None
    return context
