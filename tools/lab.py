"""A lab of node processes on this machine: a throw-away CA, free ports, real TLS, real names."""

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp
import trustme

READY_SECONDS = 60.0
KITH = Path(sys.executable).with_name("kith")


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Place:
    """Where a node lives: its name, port, folders, and its process while it runs."""

    domain: str
    port: int
    data: Path
    log: Path
    environ: dict[str, str]
    ca: Path
    process: subprocess.Popen[bytes] | None = None
    wrapper: tuple[str, ...] = ()  # what starts the program, if it is not started bare
    more: tuple[str, ...] = ()  # further words for `kith serve`
    link: str = ""  # an invite that is at hand, where none can be made from outside

    @property
    def origin(self) -> str:
        return f"https://{self.domain}"

    @property
    def connect(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the process; `ready` waits for it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *self.wrapper,
                    str(KITH),
                    "serve",
                    "--data",
                    str(self.data),
                    "--domain",
                    self.domain,
                    "--listen",
                    self.connect,
                    *self.more,
                ],
                env=self.environ,
                stdout=log,
                stderr=log,
            )

    async def ready(self, path: str = "/readyz") -> float:
        """Wait until the node answers; the seconds it took.

        What it waited for its turn at the processor does not try our patience.
        """
        began, queued = time.perf_counter(), self._queued()
        context = ssl.create_default_context(cafile=str(self.ca))
        async with aiohttp.ClientSession() as session:
            while time.perf_counter() - began - (self._queued() - queued) < READY_SECONDS:
                if self.process is not None and self.process.poll() is not None:
                    raise RuntimeError(f"{self.domain} ended:\n{self.log.read_text()[-2000:]}")
                with suppress(aiohttp.ClientError, OSError):
                    async with session.get(
                        f"https://{self.connect}{path}", ssl=context, server_hostname=self.domain
                    ) as answer:
                        if answer.status == 200:
                            return time.perf_counter() - began
                await asyncio.sleep(0.01)
        raise RuntimeError(f"{self.domain} is not ready:\n{self.log.read_text()[-2000:]}")

    def _queued(self) -> float:
        """Seconds for which the thread of its loop waited for the processor; 0 if it is gone."""
        with suppress(OSError, AssertionError):
            return self.loop_seconds()[1]
        return 0.0

    def loop_seconds(self) -> tuple[float, float]:
        """How long the thread of the event loop has had the processor, and waited for it."""
        assert self.process is not None
        pid = self.process.pid
        had, waited, _ = Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()
        return int(had) / 1e9, int(waited) / 1e9

    def command(self, name: str, *words: str) -> str:
        """What `kith NAME` says to these words, on the node's own machine."""
        made = subprocess.run(
            [str(KITH), name, "--data", str(self.data), "--domain", self.domain, *words],
            env=self.environ,
            capture_output=True,
            text=True,
            check=True,
        )
        return made.stdout.strip()

    def invite(self) -> str:
        """A fresh invite link, as its operator makes it."""
        return self.command("invite")

    def rss_mib(self) -> float:
        """The resident memory of the process now."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return round(int(line.split()[1]) / 1024, 1)

    def stop(self) -> int:
        """Ask it to stop and wait; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def kill(self) -> None:
        """kill -9, as a power cut does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()


@dataclass(slots=True)
class Lab:
    """Nodes that trust one throw-away CA and find each other by `resolve`."""

    folder: Path
    places: dict[str, Place] = field(default_factory=dict)

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def build(self, *domains: str, peers: dict[str, int] | None = None, **settings: str) -> None:
        """Certificates, ports and environments for `domains`; `peers` are others by port."""
        self.folder.mkdir(parents=True, exist_ok=True)
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca)
        ports = {domain: free_port() for domain in domains} | (peers or {})
        resolve = ",".join(f"{name}=127.0.0.1:{port}" for name, port in ports.items())
        for domain in ports:
            certificate = authority.issue_cert(domain)
            key = self.folder / f"{domain}.key"
            certificate.private_key_pem.write_to_path(key)
            key.chmod(0o600)
            with (self.folder / f"{domain}.pem").open("wb") as file:
                for part in certificate.cert_chain_pems:
                    file.write(part.bytes())
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KITH_")}
        for domain in domains:
            environ = kept | {
                "KITH_RESOLVE": resolve,
                "KITH_EXTRA_CA_FILE": str(self.ca),
                "KITH_TLS_CERT_FILE": str(self.folder / f"{domain}.pem"),
                "KITH_TLS_KEY_FILE": str(self.folder / f"{domain}.key"),
                **{f"KITH_{name.upper()}": value for name, value in settings.items()},
            }
            self.places[domain] = Place(
                domain,
                ports[domain],
                self.folder / domain,
                self.folder / f"{domain}.log",
                environ,
                self.ca,
            )

    def another(self, place: Place, port: int) -> Place:
        """A further process of the node that lives at `place`."""
        log = place.log.with_name(f"{place.domain}-{port}.log")
        return replace(place, port=port, log=log, process=None)

    async def start(self) -> None:
        """Start all nodes and wait for them."""
        for place in self.places.values():
            place.start()
        await asyncio.gather(*(place.ready() for place in self.places.values()))

    def stop(self) -> None:
        """Stop all that still run."""
        for place in self.places.values():
            if place.process is not None and place.process.poll() is None:
                place.stop()
