"""The certificate that the node shows: taken anew when its files change, told when it ends."""

import logging
import ssl
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

from node.cli.starting import tls_context
from node.config import Config
from node.errors import Malformed

LOG = logging.getLogger("node")
SOON = timedelta(days=7)


def end_of(path: str) -> datetime:
    """When the first certificate of a PEM file ends. Raises `ValueError`."""
    # By name: a node behind a proxy has no certificate, and nobody waits for this at a start.
    certificate = import_module("cryptography.x509").load_pem_x509_certificate
    ends: datetime = certificate(Path(path).read_bytes()).not_valid_after_utc
    return ends


class Certificate:
    """The files of a certificate and the TLS context that shows it (FED-12.15)."""

    def __init__(self, config: Config, context: ssl.SSLContext) -> None:
        self._config = config
        self._context = context
        self._files = self._seen = self._look()
        self._warned = ""

    def _look(self) -> tuple[tuple[int, int, int], ...]:
        paths = (self._config.tls_cert_file, self._config.tls_key_file)
        found = [Path(path).stat() for path in paths if Path(path).exists()]
        return tuple((one.st_mtime_ns, one.st_ino, one.st_size) for one in found)

    def renew(self, asked: bool = False) -> bool:
        """Take the files if they changed, or when `asked`; whether others are shown from now on.

        Files that do not belong together, as while they are being written, change nothing.
        """
        files = self._look()
        if not asked and files in (self._files, self._seen):
            return False
        self._seen = files
        try:
            tls_context(self._config)
            self._context.load_cert_chain(self._config.tls_cert_file, self._config.tls_key_file)
        except (Malformed, OSError) as error:
            LOG.warning("the new certificate is not taken", extra={"reason": str(error)})
            return False
        self._files = files
        LOG.info("the certificate is renewed", extra={"ends": self._ends()})
        return True

    def warn(self, now: datetime) -> None:
        """Tell, once a day, that the certificate ends soon or has ended."""
        ends = self._ends()
        if ends is None or ends - now.astimezone(UTC) > SOON:
            return
        day = f"{now:%Y-%m-%d} {ends}"
        if day != self._warned:
            self._warned = day
            LOG.warning("the certificate ends: renew it", extra={"ends": str(ends)})

    def _ends(self) -> datetime | None:
        try:
            return end_of(self._config.tls_cert_file)
        except (OSError, ValueError):
            return None
