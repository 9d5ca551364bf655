"""The frozen configuration, read once: `KITH_*` variables over a TOML file over the defaults.

Every field says what it is for (`help`) and carries its unit in its name; the page
`docs/configuration.md` is checked against this one.
"""

import dataclasses
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, get_origin, get_type_hints
from urllib.parse import urlsplit

from node.errors import Malformed

SPECIAL_USE = (".test", ".localhost", ".internal", ".home.arpa", ".local")
MIB = 1024 * 1024
# What belongs to the person's side, to backups and to the tests, not to a node that serves.
ELSEWHERE = {
    "KITH_VAULT_PASSPHRASE_FILE",
    "KITH_BACKUP_PASSPHRASE_FILE",
    "KITH_VECTORS",
    "KITH_HOME",
    "KITH_CONFIG",
}
LOG_LEVELS = ("debug", "info", "warning", "error")
DATABASES = ("sqlite+aiosqlite:///", "postgresql+asyncpg://")
LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
NUMBER = re.compile("[0-9]{1,18}")
HOST = re.compile(rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})*")
# A node may keep no video and no room; of everything else none is not a limit but a fault.
MAY_BE_NONE = ("quota_bytes", "disk_reserve_bytes", "remote_media_bytes")


def _setting(default: Any, help: str) -> Any:
    if isinstance(default, dict):
        return field(default_factory=lambda: dict(default), metadata={"help": help})
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, slots=True)
class Config:
    """What a node is told. Raises `Malformed` (FED-12) when a value contradicts another."""

    origin: str = _setting("", "Public https origin, fixed at the first start; never from headers.")
    account_domain: str = _setting("", "Domain in @name@domain; the default is the origin's host.")
    media_origin: str = _setting("", "Origin of all media addresses; the default is `origin`.")
    data_dir: str = _setting("data", "Folder of the database, the blobs and the node key.")
    listen: str = _setting("127.0.0.1:8420", "HOST:PORT to listen on.")
    database: str = _setting("", "SQLAlchemy URL; the default is SQLite inside `data_dir`.")
    blob_store: str = _setting("", "`s3://BUCKET/PREFIX` for videos; the default is a folder.")
    metrics_listen: str = _setting("", "HOST:PORT or PORT for Prometheus; the default is none.")
    tls_cert_file: str = _setting("", "PEM certificate chain; with it the node speaks TLS itself.")
    tls_key_file: str = _setting("", "PEM private key of `tls_cert_file`.")
    extra_ca_file: str = _setting("", "PEM file of further CAs to trust when calling peers.")
    resolve: dict[str, str] = _setting({}, "Private peers: host name to IP:PORT (a lab only).")
    lab_network: bool = _setting(False, "Allow `resolve` although our own domain is public.")
    trusted_proxies: tuple[str, ...] = _setting((), "Networks whose X-Forwarded-For is believed.")
    registration: str = _setting("invite", "At first start: `invite`, `approval` or `open`.")
    node_name: str = _setting("A Kith node", "Shown on the front page and in NodeInfo.")
    inbox_limit_bytes: int = _setting(MIB, "Largest body a peer may post.")
    api_limit_bytes: int = _setting(MIB, "Largest JSON body a client may post.")
    upload_limit_bytes: int = _setting(2048 * MIB, "Largest file a person may upload.")
    chunk_limit_bytes: int = _setting(16 * MIB, "Largest chunk of an upload.")
    quota_bytes: int = _setting(10240 * MIB, "What one account's videos may occupy.")
    mailbox_limit_bytes: int = _setting(256 * MIB, "What may wait for a device, sealed.")
    archive_limit_bytes: int = _setting(1024 * MIB, "What one account's archive may occupy.")
    attachment_limit_bytes: int = _setting(
        2048 * MIB, "Largest sealed file of a conversation; `upload_limit_bytes` bounds it too."
    )
    attachment_days: int = _setting(
        45, "How long sealed files of conversations are kept: ten years at most."
    )
    remote_media_bytes: int = _setting(
        1024 * MIB, "What pictures of other servers that were shown may occupy; 0 keeps none."
    )
    disk_reserve_bytes: int = _setting(512 * MIB, "Below this much free disk nothing is taken.")
    video_limit_seconds: int = _setting(3600, "Longest video that is accepted.")
    peer_timeout_seconds: int = _setting(30, "Total time one call to a peer may take.")
    api_requests_per_minute: int = _setting(600, "Client API requests an account may make.")
    login_attempts_per_minute: int = _setting(10, "Logins and sign-ups an address may try.")
    page_requests_per_minute: int = _setting(3000, "Pages, objects and files an address may ask.")
    inbox_requests_per_minute: int = _setting(60_000, "Deliveries a peer's domain may make.")
    peer_waiting_bytes: int = _setting(64 * MIB, "What may wait of one domain to be applied.")
    connections_limit: int = _setting(4096, "Connections that stand at the same time.")
    connections_per_address: int = _setting(128, "Connections of one address, or of an IPv6 /64.")
    ffmpeg: str = _setting(
        "", "Path of ffmpeg; the default is the system's, else imageio-ffmpeg's."
    )
    media_jobs: int = _setting(1, "Videos that are transcoded at the same time.")
    worker: bool = _setting(True, "`false`: this process serves, and leaves the work to another.")
    log_level: str = _setting("info", "`debug`, `info`, `warning` or `error`.")

    def __post_init__(self) -> None:
        object.__setattr__(self, "origin", _origin("origin", self.origin))
        domain = _domain(self.account_domain or urlsplit(self.origin).netloc)
        object.__setattr__(self, "account_domain", domain)
        media_origin = _origin("media_origin", self.media_origin or self.origin)
        object.__setattr__(self, "media_origin", media_origin)
        if self.registration not in ("invite", "approval", "open"):
            raise Malformed("FED-12.1", "registration must be invite, approval or open")
        if bool(self.tls_cert_file) != bool(self.tls_key_file):
            raise Malformed("FED-12.1", "tls_cert_file and tls_key_file go together")
        if self.blob_store and not self.blob_store.startswith("s3://"):
            raise Malformed("FED-12.1", "blob_store must begin with s3://")
        _check_words(self.log_level, self.database, self.trusted_proxies)
        _check_numbers(self)
        read_resolve(self.resolve)
        if self.resolve and not self.lab_network and not self.domain_is_special_use:
            raise Malformed(
                "FED-12.2",
                f"resolve entries reach private addresses, and {self.origin[8:]} is a public name: "
                "remove them, or set lab_network = true if this node is a lab",
            )

    @property
    def reached_at(self) -> str:
        """The origin, as links for people say it: plain HTTP for a trial on localhost.

        Browsers take that from localhost, and nobody else asks there.
        """
        trial = urlsplit(self.origin).hostname == "localhost" and not self.tls_cert_file
        return self.origin.replace("https://", "http://", 1) if trial else self.origin

    @property
    def domain_is_special_use(self) -> bool:
        """Whether our own host name can never be a public one (RFC 6761, RFC 8375)."""
        host = urlsplit(self.origin).hostname or ""
        return host == "localhost" or host.endswith(SPECIAL_USE)

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL that is really used."""
        path = (Path(self.data_dir) / "kith.sqlite3").resolve()
        return self.database or f"sqlite+aiosqlite:///{path}"

    @property
    def metrics_place(self) -> tuple[str, int] | None:
        """Where metrics are told: on this machine alone unless a host is named (OPS-4.1)."""
        if not self.metrics_listen:
            return None
        host, _, port = self.metrics_listen.rpartition(":")
        if not port.isdigit() or int(port) > 65535:
            raise Malformed(
                "FED-12.1", f"metrics_listen must be HOST:PORT, not {self.metrics_listen!r}"
            )
        return host.strip("[]") or "127.0.0.1", int(port)

    @property
    def host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]") or "127.0.0.1"

    @property
    def port(self) -> int:
        """The TCP port; 0 lets the system choose."""
        text = self.listen.rpartition(":")[2]
        if not NUMBER.fullmatch(text) or int(text) > 65535:
            raise Malformed("FED-12.1", f"listen must be HOST:PORT, not {self.listen!r}")
        return int(text)


def _origin(name: str, value: str) -> str:
    """`value` as an origin: `https`, a host name, perhaps a port, and nothing else."""
    if not value:
        raise Malformed("FED-12.1", f"{name} is missing: say it with --domain NAME or KITH_ORIGIN")
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
        rest = parts.path.rstrip("/") or parts.query or parts.fragment or "@" in parts.netloc
        good = parts.scheme == "https" and HOST.fullmatch(host) and not rest
    except ValueError:
        good = False
    if not good:
        raise Malformed(
            "FED-12.1",
            f"{name} must be https:// and a host name of letters, digits and hyphens "
            f"(other letters as xn--…), not {value!r}",
        )
    return f"https://{host}" if port is None else f"https://{host}:{port}"


def read_resolve(table: Mapping[str, str]) -> dict[str, tuple[str, int]]:
    """`name → ip:port`, taken apart. Raises `Malformed` (FED-12.1)."""
    found = {}
    for name, where in table.items():
        text, _, port = where.rpartition(":")
        try:
            address = str(ipaddress.ip_address(text.removeprefix("[").removesuffix("]")))
            good = bool(NUMBER.fullmatch(port)) and 0 < int(port) < 65536
        except ValueError:
            good = False
        if not good:
            raise Malformed("FED-12.1", f"resolve: {name} must lead to IP:PORT, not {where!r}")
        found[name.lower()] = (address, int(port))
    return found


MOST_DAYS = 3650  # a date that is further away can soon not be said


def _check_numbers(config: Config) -> None:
    for name, hint in get_type_hints(Config).items():
        least = 0 if name in MAY_BE_NONE else 1
        if hint is int and getattr(config, name) < least:
            raise Malformed("FED-12.1", f"{name} must be at least {least}")
    if config.attachment_days > MOST_DAYS:
        raise Malformed("FED-12.1", f"attachment_days must be at most {MOST_DAYS}")
    # Both are read here, so that a wrong one is refused like any other setting.
    if config.metrics_place == (config.host, config.port or None):
        raise Malformed("FED-12.1", "metrics_listen and listen name the same place")


def _domain(value: str) -> str:
    """`value` as what stands behind the @ of an address."""
    try:
        return _origin("account_domain", f"https://{value}").removeprefix("https://")
    except Malformed:
        raise Malformed("FED-12.1", f"account_domain must be a host, not {value!r}") from None


def _check_words(log_level: str, database: str, trusted_proxies: tuple[str, ...]) -> None:
    if log_level.lower() not in LOG_LEVELS:
        raise Malformed("FED-12.1", f"log_level must be one of {', '.join(LOG_LEVELS)}")
    if database and not database.startswith(DATABASES):
        raise Malformed("FED-12.1", f"database must begin with {' or '.join(DATABASES)}")
    if database.removeprefix(DATABASES[0]) in ("", ":memory:") and database:
        raise Malformed("FED-12.1", "database: a file must be named, such as …:////srv/kith.db")
    for network in trusted_proxies:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise Malformed(
                "FED-12.1", f"trusted_proxies: {network!r} is no address and no network"
            ) from None


def _read(name: str, hint: Any, value: Any) -> Any:
    """`value` from a variable or from TOML, as the field's type."""
    found = READERS[hint](value) if hint in READERS else value
    if found is None or not isinstance(found, get_origin(hint) or hint):
        raise Malformed("FED-12.1", f"{name} must be {KINDS[hint]}")
    return found


def _read_bool(value: Any) -> bool | None:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    return words.get(str(value).lower())


def _read_int(value: Any) -> int | None:
    text = str(value)
    return int(text) if not isinstance(value, bool) and NUMBER.fullmatch(text) else None


def _read_table(value: Any) -> Any:
    if isinstance(value, str):
        pairs = (part.partition("=") for part in value.split(",") if part.strip())
        return {key.strip(): address.strip() for key, _, address in pairs}
    if isinstance(value, dict):
        return {str(key): str(address) for key, address in value.items()}
    return None


def _read_list(value: Any) -> Any:
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list):
        return None
    return tuple(str(item).strip() for item in items if str(item).strip())


READERS: dict[Any, Callable[[Any], Any]] = {
    bool: _read_bool,
    int: _read_int,
    dict[str, str]: _read_table,
    tuple[str, ...]: _read_list,
}
KINDS: dict[Any, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    dict[str, str]: "a table of texts",
    tuple[str, ...]: "a list of texts",
}


def _read_file(path: Path) -> dict[str, Any]:
    toml = import_module("tomllib")  # most nodes have no such file
    try:
        found: dict[str, Any] = toml.loads(path.read_text())
        return found
    except OSError as error:
        raise Malformed("FED-12.1", f"{path} cannot be read: {error.strerror}") from None
    except (toml.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Malformed("FED-12.1", f"{path} is not TOML: {error}") from None


def load(
    environ: Mapping[str, str],
    toml_file: Path | None = None,
    otherwise: Mapping[str, Any] | None = None,
    **given: Any,
) -> Config:
    """The configuration: `given` (not None) over `KITH_*` over the file over the defaults.

    `otherwise` holds defaults of this call.

    Raises `Malformed` (FED-12.1) for an unknown key, in the file or as a variable.
    """
    hints = get_type_hints(Config)
    names = {f.name for f in dataclasses.fields(Config)}
    found: dict[str, Any] = dict(otherwise or {})
    if toml_file is not None:
        found.update(_read_file(toml_file))
    for variable, value in environ.items():
        if variable.startswith("KITH_") and variable not in ELSEWHERE:
            found[variable.removeprefix("KITH_").lower()] = value
    found.update({key: value for key, value in given.items() if value is not None})
    unknown = sorted(set(found) - names)
    if unknown:
        raise Malformed("FED-12.1", f"there is no setting {', '.join(unknown)}")
    return Config(**{key: _read(key, hints[key], value) for key, value in found.items()})
