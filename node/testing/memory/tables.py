"""All that a node keeps, as dictionaries of values that never change: a copy of them is a cut."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime

from msgspec import Struct

from node.accounts.account import Account
from node.accounts.audit import Act
from node.accounts.devices import Device
from node.accounts.invites import Invite
from node.accounts.resets import Reset
from node.accounts.seats import Seat
from node.accounts.sessions import Session
from node.e2ee import archive as sealed
from node.e2ee.account_keys import KeptKeys
from node.e2ee.chain import Conversation, Item
from node.e2ee.envelope import Sealed
from node.e2ee.key_packages import PublishedKeyPackage
from node.e2ee.links import Link
from node.federation.activities.shapes import Activity, Note
from node.federation.profile_links import ProfileLink
from node.graph.friendship import Friendship
from node.graph.friendship_unit import Following
from node.graph.visibility import Audience
from node.inbox.mutes import Mute
from node.inbox.reports import Report
from node.store.idempotency import Kept


class Actor(Struct, frozen=True):
    """An actor, ours or known."""

    id: str
    kind: str = "Person"
    local: bool = False
    account: str | None = None
    name: str = ""
    domain: str = ""
    inbox: str = ""
    shared_inbox: str = ""
    followers: str = ""
    friends: str = ""
    key_packages: str = ""
    display_name: str = ""
    summary: str = ""
    icon: str = ""
    header: str = ""
    links: tuple[ProfileLink, ...] = ()
    capabilities: tuple[str, ...] = ()
    moved_to: str = ""
    move_told: str = ""
    move_told_at: datetime | None = None
    gone: bool = False
    suspended: bool = False
    number: int = 0


class Host(Struct, frozen=True):
    """What is known of a peer."""

    capabilities: tuple[str, ...] = ()
    suspended: bool = False
    success: datetime | None = None
    failing: datetime | None = None
    reason: str = ""
    leased_by: str = ""
    leased_until: datetime | None = None


class KeptSession(Struct, frozen=True):
    """A session, its token's digest, and whether it has ended."""

    account: str
    digest: bytes
    session: Session
    ended: bool = False


class Event(Struct, frozen=True):
    """One line of a stream. `data` is JSON; `item` is that of the mailbox that it tells of."""

    account: str
    device: str
    kind: str
    data: str
    at: int
    item: int | None = None
    about: str | None = None


class Notice(Struct, frozen=True):
    account: str
    kind: str
    actor: str
    object: str
    at: int
    read: bool = False


class Arrived(Struct, frozen=True):
    """An arrival: `state` is new, applied, refused or broken."""

    seq: int
    body: bytes
    received: datetime
    due: datetime
    state: str = "new"
    failures: int = 0
    reason: str = ""
    priority: int = 0


class Debt(Struct, frozen=True):
    """What was said to others. `object`: whose words it holds."""

    activity: Activity | None
    actor: str
    body: bytes
    object: str = ""
    public: bool = False


class Delivery(Struct, frozen=True):
    """One line of a lane: `state` is due, delivered, gave_up or needless."""

    activity: str
    host: str
    inbox: str
    actor: str
    due: datetime
    state: str = "due"
    failures: int = 0
    first_tried: datetime | None = None
    settled: datetime | None = None
    aside: bool = False
    reason: str = ""
    priority: int = 0
    named: tuple[str, ...] = ()  # INB-2.5


class Task(Struct, frozen=True):
    """A job with its lease."""

    kind: str
    subject: str
    due: datetime
    state: str = "due"
    failures: int = 0
    leased_until: datetime | None = None


class Written(Struct, frozen=True):
    """A post as it stands. `at` is when it was published, `updated` when it was last changed."""

    note: Note
    kind: str
    thread: str
    local: bool
    at: int
    updated: int | None = None
    deleted: bool = False
    number: int = 0


class Package(Struct, frozen=True):
    """A published key package, and who took it."""

    offer: PublishedKeyPackage
    created: int
    claimed: int | None = None
    claimed_by: str = ""
    claimed_on: str = ""


class Mail(Struct, frozen=True):
    """What waits for a device."""

    device: str
    conversation: str
    actor: str
    share: str
    sealed: Sealed
    at: int
    told: bool = False


@dataclass
class MemoryTables:
    """Everything, by its key. `cut` and `back` are a transaction's begin and undoing."""

    settings: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    account_keys: dict[str, KeptKeys] = field(default_factory=dict)  # by actor
    invites: dict[bytes, Invite] = field(default_factory=dict)
    resets: dict[bytes, Reset] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    sessions: dict[str, KeptSession] = field(default_factory=dict)
    devices: dict[str, tuple[str, Device]] = field(default_factory=dict)  # those not revoked
    seats: dict[str, Seat] = field(default_factory=dict)
    marks: dict[tuple[bytes, str], tuple[Kept, int]] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)
    friendships: dict[tuple[str, str], tuple[Friendship, int]] = field(default_factory=dict)
    follows: dict[tuple[str, str], tuple[Following, int]] = field(default_factory=dict)
    friend_codes: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    rests: dict[tuple[str, ...], datetime] = field(default_factory=dict)  # notices taken back
    graves: dict[tuple[str, str], None] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    post_versions: dict[str, list[tuple[int, Note]]] = field(default_factory=dict)  # newest first
    mutes: dict[tuple[str, str, str], Mute] = field(default_factory=dict)  # by account, kind
    reports: dict[str, Report] = field(default_factory=dict)
    admin_log: dict[str, Act] = field(default_factory=dict)
    events: dict[int, Event] = field(default_factory=dict)
    arrivals: dict[tuple[str, str], Arrived] = field(default_factory=dict)
    outbox: dict[str, Debt] = field(default_factory=dict)
    deliveries: dict[int, Delivery] = field(default_factory=dict)
    jobs: dict[str, Task] = field(default_factory=dict)
    posts: dict[str, Written] = field(default_factory=dict)
    audiences: dict[str, tuple[Audience, ...]] = field(default_factory=dict)
    timeline: dict[tuple[str, str], int] = field(default_factory=dict)
    shared: dict[tuple[str, str], None] = field(default_factory=dict)  # lines for that alone
    shares: dict[tuple[str, str], int] = field(default_factory=dict)  # when, by actor and post
    shares_taken: dict[tuple[str, str], datetime] = field(default_factory=dict)
    reactions: dict[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)
    packages: dict[str, Package] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    begun: dict[str, int] = field(default_factory=dict)  # when a conversation was known first
    group_infos: dict[str, bytes] = field(default_factory=dict)
    # Whether they are still there, and their share of a mailbox.
    participants: dict[tuple[str, str, str], tuple[bool, str]] = field(default_factory=dict)
    gone: dict[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)
    items: dict[tuple[str, int], Item] = field(default_factory=dict)
    let_go: set[tuple[str, int]] = field(default_factory=set)
    mail: dict[int, Mail] = field(default_factory=dict)
    # Sealed records by account and name; those of an empty body were deleted.
    archive: dict[tuple[str, bytes], sealed.Kept] = field(default_factory=dict)
    archives: dict[str, sealed.Shelf] = field(default_factory=dict)
    _count: int = 0

    def number(self) -> int:
        """A new number; as in a database, one that was drawn in vain is not used again."""
        self._count += 1
        return self._count

    def cut(self) -> Mapping[str, dict[object, object]]:
        """Everything as it is now."""
        named = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: dict(rows) for name, rows in named if isinstance(rows, dict)}

    def back(self, cut: Mapping[str, dict[object, object]]) -> None:
        """Everything as it was then."""
        for name, rows in cut.items():
            setattr(self, name, rows)
