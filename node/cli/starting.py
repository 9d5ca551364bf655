"""What is made sure of before a node touches its data, so that a failed start leaves nothing."""

import argparse
import fcntl
import os
import shutil
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from node import config as settings
from node.config import Config
from node.errors import Conflict, Malformed
from node.private_files import check_private

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

LOCK_FILE = "node.lock"


# Stands for the names that `kith serve` needs and other commands read from the database.
NAMELESS = "https://localhost"


class Parser(argparse.ArgumentParser):
    """As it is, but that its help which nobody reads is told to who prints (API-9.11)."""

    def print_help(self, file: "SupportsWrite[str] | None" = None) -> None:
        (file or sys.stdout).write(self.format_help())


def options(command: str, about: str | None) -> Parser:
    """What all commands for operators take."""
    parser = Parser(prog=f"kith {command}", description=about)
    add_options(parser)
    return parser


def said_word(said: str) -> str:
    """A word behind an option: an empty one would pass for one that was not said."""
    if not said.strip():
        raise argparse.ArgumentTypeError("it is empty")
    return said


def said_path(said: str) -> Path:
    """A path behind an option: an empty one would be the folder that one is in."""
    return Path(said_word(said))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which node is meant, and its settings."""
    parser.add_argument(
        "--data", help="folder of database, blobs and node key", dest="data_dir", type=said_word
    )
    parser.add_argument(
        "--domain", help="our public host name, such as kith.example.org", type=said_word
    )
    parser.add_argument("--listen", help="HOST:PORT", type=said_word)
    parser.add_argument(
        "--database", help="SQLAlchemy URL; default is SQLite in the data folder", type=said_word
    )
    parser.add_argument("--config", type=said_path, help="TOML file with settings")


def read_config(found: argparse.Namespace, named: bool = True) -> Config:
    """The configuration from the command line, the variables and the file.

    Not `named`: a node that stands already is meant, and its names need not be said.
    """
    origin = f"https://{found.domain.removeprefix('https://')}" if found.domain else None
    config = settings.load(
        os.environ,
        found.config,
        {} if named else {"origin": NAMELESS},
        data_dir=found.data_dir,
        origin=origin,
        listen=found.listen,
        database=found.database,
    )
    _check_private(config, found.config)
    return config


def _check_private(config: Config, file: Path | None) -> None:
    """Raises `Malformed` (FED-12.21) where others of this machine may open what is the node's."""
    folder = Path(config.data_dir)
    if folder.is_dir():
        check_private(folder, "FED-12.21")
    if file is not None and urlsplit(config.database).password:
        check_private(file, "FED-12.21")


def check_parts(config: Config) -> None:
    """Raises `Malformed` (FED-12.5) when the database has no place or ffmpeg is not there."""
    parent = Path(config.database_url.partition(":///")[2]).parent
    if config.database.startswith("sqlite") and not parent.is_dir():
        raise Malformed("FED-12.5", f"database: there is no folder {parent}: make it first")
    if config.ffmpeg and shutil.which(config.ffmpeg) is None:
        raise Malformed("FED-12.5", f"ffmpeg: {config.ffmpeg} is no program that can be run")


def tls_context(config: Config) -> ssl.SSLContext | None:
    """What the node speaks TLS with, if it does. Raises `Malformed` (FED-12.5)."""
    if config.extra_ca_file:
        _check_ca(config.extra_ca_file)
    if not config.tls_cert_file:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for name in ("tls_cert_file", "tls_key_file"):
        _readable(str(getattr(config, name)), name)
    _check_key(Path(config.tls_key_file))
    try:
        context.load_cert_chain(config.tls_cert_file, config.tls_key_file)
    except (ssl.SSLError, OSError):
        raise Malformed(
            "FED-12.5",
            f"{config.tls_cert_file} and {config.tls_key_file} are no certificate chain and "
            "its private key in PEM",
        ) from None
    return context


def _check_key(path: Path) -> None:
    """What another user lends, as a container's secrets are, is theirs to keep."""
    if path.stat().st_uid == os.geteuid():
        check_private(path, "FED-12.21")


def _readable(path: str, name: str) -> None:
    try:
        with Path(path).open("rb"):
            pass
    except OSError as error:
        raise Malformed("FED-12.5", f"{name}: {path} cannot be read: {error.strerror}") from None


def _check_ca(path: str) -> None:
    _readable(path, "extra_ca_file")
    try:
        ssl.create_default_context(cafile=path)
    except (ssl.SSLError, OSError):
        raise Malformed("FED-12.5", f"extra_ca_file: {path} holds no certificate in PEM") from None


def check_port(config: Config) -> None:
    """Raises `Malformed` (FED-12.5) when nobody may listen where the node is to."""
    for option, host, port in (
        ("--listen", config.host, config.port),
        ("KITH_METRICS_LISTEN", *(config.metrics_place or ("127.0.0.1", 0))),
    ):
        _check_free(option, host, port)


def _check_free(option: str, host: str, port: int) -> None:
    where = f"{host}:{port}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in found:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
    except OSError as error:
        raise Malformed(
            "FED-12.5",
            f"the node cannot listen on {where}: {error.strerror or error}. "
            f"Stop what runs there, or choose another address with {option}",
        ) from None


def make_folder(config: Config) -> Path:
    """The data folder, which can be written to. Raises `Malformed` (FED-12.5)."""
    folder = Path(config.data_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / LOCK_FILE).touch(mode=0o600)
    except OSError as error:
        raise Malformed(
            "FED-12.5", f"the data folder {folder} cannot be written to: {error.strerror}"
        ) from None
    return folder


@contextmanager
def holding(config: Config, alone: bool) -> Iterator[None]:
    """Hold the data folder, `alone` or beside others who hold it so.

    Raises `Conflict` (FED-12.4) when it is held. The lock ends with the process, however it ends.
    """
    path = make_folder(config) / LOCK_FILE
    with path.open("r+") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                "FED-12.4",
                f"another kith (process {file.read().strip() or 'unknown'}) works on "
                f"{config.data_dir}: stop it first, or choose another folder with --data",
            ) from None
        with suppress(OSError):  # on a full disk the lock holds, and only the number is not told
            file.truncate()
            file.write(f"{os.getpid()}\n")
            file.flush()
        yield
