"""Connections are taken or refused before anything is done for them (LIM-1)."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import cast

from aiohttp import web

from node.web.connections import Bounds, Connection, Connections, Place

SWEEP_SECONDS = 1.0
SHUTDOWN_SECONDS = 5.0  # for a peer's word that TLS ends
LINGER_SECONDS = 1.0  # what is still read of a body that was refused
BACKLOG = 1024
AT_ONCE = 128  # connections taken before others have their turn
NO_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Handshake:
    """A connection before it speaks HTTP: with TLS, while keys are agreed upon."""

    def __init__(self, since: float, task: "asyncio.Task[None]") -> None:
        self._since = since
        self._task = task

    def waiting_since(self) -> float | None:
        return self._since

    def overdue(self, now: float, bounds: Bounds) -> str:
        return "LIM-1.1" if now - self._since >= bounds.handshake_seconds else ""

    def end(self, _clause: str) -> None:
        self._task.cancel()


class Listener:
    """Listening sockets whose connections pass `connections` first."""

    def __init__(
        self,
        server: web.Server,
        connections: Connections,
        sockets: Sequence[socket.socket],
        tls: ssl.SSLContext | None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._server = server
        self._connections = connections
        self._tls = tls
        self._opening: set[asyncio.Task[None]] = set()
        self.sockets = list(sockets)
        for each in self.sockets:
            self._loop.add_reader(each, self._accept, each)

    def close(self) -> None:
        """Take no more connections; those that stand go on."""
        for each in self.sockets:
            self._loop.remove_reader(each)
            each.close()
        self.sockets = []
        for task in list(self._opening):
            task.cancel()

    async def wait_closed(self) -> None:
        """Until nothing is opening any more."""
        await asyncio.gather(*self._opening, return_exceptions=True)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(AT_ONCE):
            try:
                arrived, address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as fault:
                if fault.errno not in NO_DESCRIPTORS:
                    raise
                self._rest(listening)
                return
            self._take(arrived, str(address[0]))

    def _rest(self, listening: socket.socket) -> None:
        """The system has no descriptor left: give one back, and do not spin until it is."""
        self._connections.starve()
        self._loop.remove_reader(listening)
        self._loop.call_later(SWEEP_SECONDS, self._listen_again, listening)

    def _listen_again(self, listening: socket.socket) -> None:
        if listening in self.sockets:
            self._loop.add_reader(listening, self._accept, listening)

    def _take(self, arrived: socket.socket, address: str) -> None:
        place = self._connections.enter(address)
        if place is None:
            arrived.close()
            return
        arrived.setblocking(False)
        task = self._loop.create_task(self._open(arrived, place))
        place.held = Handshake(self._connections.ticks(), task)
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, arrived: socket.socket, place: Place) -> None:
        times = {}
        if self._tls is not None:
            times = {
                "ssl_handshake_timeout": self._connections.bounds.handshake_seconds,
                "ssl_shutdown_timeout": SHUTDOWN_SECONDS,
            }

        def connection() -> Connection:
            return Connection(
                self._server,
                place,
                self._connections,
                loop=self._loop,
                access_log=None,
                lingering_time=LINGER_SECONDS,
            )

        try:
            await self._loop.connect_accepted_socket(connection, arrived, ssl=self._tls, **times)
        except (OSError, asyncio.CancelledError):
            # They went away, spoke no TLS, or were too slow: there is nobody to tell.
            self._connections.leave(place)
            with suppress(OSError):
                arrived.close()


class GuardedSite(web.BaseSite):
    """Like aiohttp's `TCPSite`, with bounds."""

    def __init__(
        self,
        runner: web.AppRunner,
        connections: Connections,
        host: str,
        port: int,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(runner, ssl_context=tls)
        self.connections = connections
        self._where = (host, port)

    @property
    def name(self) -> str:
        host, port = self._where
        return f"{'https' if self._ssl_context else 'http'}://{host}:{port}"

    async def start(self) -> None:
        """Listen on every address of the host."""
        await super().start()
        server = self._runner.server
        assert server is not None
        sockets = await _listening(*self._where)
        listener = Listener(server, self.connections, sockets, self._ssl_context)
        self._server = cast(
            asyncio.AbstractServer, listener
        )  # a runner asks its sockets, and ends it

    async def watch(self) -> None:
        """Close what is overdue, again and again, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.connections.sweep()


async def _listening(host: str, port: int) -> list[socket.socket]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            each = socket.socket(family, kind, protocol)
            sockets.append(each)
            each.setblocking(False)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            each.bind(address)
            each.listen(BACKLOG)
    except OSError:
        for each in sockets:
            each.close()
        raise
    return sockets
