"""Pure: actors and servers as we know them (spec FED-7, FED-8, FED-10)."""

from datetime import datetime

from msgspec import Struct

from node.federation import capabilities
from node.federation.profile_links import ProfileLink
from node.wire.httpsig import Dialect
from node.wire.keys import Algorithm, PublicKey


class Actor(Struct, frozen=True):
    """An actor's row. `domain` is empty until WebFinger confirmed it; `fetched` None: ours."""

    id: str
    kind: str
    inbox: str
    name: str = ""
    domain: str = ""
    display_name: str = ""
    summary: str = ""
    icon: str = ""
    header: str = ""
    links: tuple[ProfileLink, ...] = ()
    url: str = ""
    shared_inbox: str = ""
    outbox: str = ""
    followers: str = ""
    following: str = ""
    friends: str = ""
    key_packages: str = ""
    capabilities: tuple[str, ...] = ()
    manually_approves: bool = False
    local: bool = False
    account: str | None = None
    fetched: datetime | None = None
    gone: datetime | None = None
    suspended: datetime | None = None
    number: int = 0  # what clients call it; given when the row is made

    @property
    def handle(self) -> str:
        """`@name@domain`, or empty while it is not confirmed."""
        return f"@{self.name}@{self.domain}" if self.name and self.domain else ""


class Found(Struct, frozen=True):
    """An actor as fetched: the row, its keys, and every byte of the document."""

    actor: Actor
    keys: tuple[PublicKey, ...]
    document: bytes


class Peer(Struct, frozen=True):
    """A server. `dialect` None: it has not shown which signatures it reads."""

    host: str
    dialect: Dialect | None = None
    capabilities: tuple[str, ...] = ()
    suspended: bool = False

    @property
    def speaks(self) -> Dialect:
        """How we sign to it: by RFC 9421 only when it showed that it reads that."""
        if self.dialect is not None:
            return self.dialect
        return Dialect.RFC9421 if capabilities.RFC9421 in self.capabilities else Dialect.CAVAGE

    @property
    def reads(self) -> Algorithm:
        """With which kind of key: Ed25519 only when it says so, else everybody's RSA."""
        able = self.speaks is Dialect.RFC9421 and capabilities.ED25519 in self.capabilities
        return Algorithm.ED25519 if able else Algorithm.RSA
