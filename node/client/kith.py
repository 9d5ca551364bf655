"""Kith for programs: `async with Kith(profile, home) as kith` and its verbs (docs/clients.md).

Beside the class, all that a program needs to name stands here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from types import TracebackType
from typing import Concatenate, Generic, ParamSpec, Self, TypeVar

from node.client import sign_in
from node.client.accounts import Accounts
from node.client.api_client import ApiClient
from node.client.attached import Attachment, Files
from node.client.attaching import Attaching
from node.client.conversation_events import (
    ArchiveHeld,
    ArchiveMissing,
    ChangeDropped,
    ConversationBehind,
    ConversationCaughtUp,
    ConversationEvent,
    ConversationJoined,
    ConversationLeft,
    ConversationUnanswered,
    GroupChanged,
    GroupSpoilt,
    KeysHeld,
    MembersChanged,
    MessageChanged,
    MessageReceived,
    MessageUndelivered,
    MessageUnreadable,
    NodeRestored,
    ReactionChanged,
    WordsUnfetched,
)
from node.client.conversations import Conversations
from node.client.event_stream import Event
from node.client.group_talk import Chat, GroupTalk
from node.client.history import History
from node.client.keys import Keys
from node.client.linking import Linking, NewDevice
from node.client.local_device import CLOCK, ENTROPY, LocalDevice, Passphrase
from node.client.people import People
from node.client.pictures import Pictures
from node.client.posts import Posts
from node.client.profile import Profile, load
from node.client.rows import MessageRow
from node.client.saying import Message, Saying
from node.client.sign_in import Credentials, Server, parse_server
from node.client.videos import Videos
from node.client.written import Written
from node.errors import Conflict
from node.ports import Clock, Entropy

__all__ = [
    "ArchiveHeld",
    "ArchiveMissing",
    "Attachment",
    "ChangeDropped",
    "Chat",
    "ConversationBehind",
    "ConversationCaughtUp",
    "ConversationEvent",
    "ConversationJoined",
    "ConversationLeft",
    "ConversationUnanswered",
    "KeysHeld",
    "Event",
    "Files",
    "GroupChanged",
    "GroupSpoilt",
    "Kith",
    "MembersChanged",
    "Message",
    "MessageChanged",
    "MessageReceived",
    "MessageRow",
    "MessageUndelivered",
    "MessageUnreadable",
    "NodeRestored",
    "Profile",
    "ReactionChanged",
    "WordsUnfetched",
    "load",
]

Part = TypeVar("Part")
P = ParamSpec("P")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class _Verbs(Generic[Part]):
    """Makes methods of `Kith` out of the verbs of one of its parts."""

    part: Callable[["Kith"], Part]

    def __call__(
        self, verb: Callable[Concatenate[Part, P], Answer]
    ) -> Callable[Concatenate["Kith", P], Answer]:
        """`verb`, with its signature and its words, called on that part of a `Kith`."""

        @wraps(verb)
        def method(kith: "Kith", /, *args: P.args, **given: P.kwargs) -> Answer:
            return verb(self.part(kith), *args, **given)

        return method


_of_account = _Verbs(lambda kith: kith._account)
_of_people = _Verbs(lambda kith: kith._people)
_of_posts = _Verbs(lambda kith: kith._posts)
_of_videos = _Verbs(lambda kith: kith._videos)
_of_pictures = _Verbs(lambda kith: kith._pictures)
_of_talk = _Verbs(lambda kith: kith._talk)
_of_keys = _Verbs(lambda kith: kith._keys)
_of_linking = _Verbs(lambda kith: kith._linking)
_of_history = _Verbs(lambda kith: kith._history)
_of_saying = _Verbs(lambda kith: kith._saying)
_of_groups = _Verbs(lambda kith: kith._groups)
_of_attaching = _Verbs(lambda kith: kith._attaching)


class Kith:
    """One device of one person, with all its verbs. Use it as `async with`.

    The verbs raise `node.errors`: `Refused` kinds with the clause, `Unreachable` to try again.
    """

    _account: Accounts
    _people: People
    _posts: Posts
    _videos: Videos
    _pictures: Pictures
    _talk: Conversations
    _keys: Keys
    _history: History
    _saying: Saying
    _groups: GroupTalk
    _attaching: Attaching
    _linking: Linking

    def __init__(
        self,
        profile: Profile,
        home: Path | str,
        passphrase: Passphrase = "",
        clock: Clock = CLOCK,
        entropy: Entropy = ENTROPY,
    ) -> None:
        here = LocalDevice(Path(home), passphrase, clock, entropy)
        self.profile, self.home, self.clock, self.entropy = profile, here.home, clock, entropy
        self.api = ApiClient(
            profile.origin, entropy, profile.token, profile.connect, profile.ca_file
        )
        self._account = Accounts(self.api, profile, here.home)
        self._people = People(self.api, profile.handle)
        self._posts = Posts(self.api, Written(profile, here.home, clock, entropy))
        self._videos = Videos(self.api, profile)
        self._pictures = Pictures(self.api)
        opening = partial(sign_in.open_messenger, self.api, profile, here)
        self._talk = Conversations(self.api, profile, self._people, opening, clock)
        self._keys = Keys(self.api, profile, self._people, self._talk.talk, clock)
        self._history = History(self._talk)
        self._attaching = Attaching(self.api, self._talk, entropy)
        self._saying = Saying(self._talk, self._attaching.forget)
        self._groups = GroupTalk(self._talk)
        self._linking = Linking(self.api, profile, self._talk.talk, clock, entropy)

    async def __aenter__(self) -> Self:
        await self.api.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self._talk.close()
        finally:
            await self.api.__aexit__(kind, error, trace)

    @property
    def handle(self) -> str:
        """Our own address, as @name@domain."""
        return self.profile.handle

    @property
    def actor(self) -> str:
        """Our own public id."""
        return self.profile.actor

    me = _of_account(Accounts.me)
    change_profile = _of_account(Accounts.change_profile)
    choose_mentions = _of_account(Accounts.choose_mentions)
    sessions = _of_account(Accounts.sessions)
    end_session = _of_account(Accounts.end_session)
    devices = _of_account(Accounts.devices)
    rename_device = _of_account(Accounts.rename_device)
    revoke = _of_account(Accounts.revoke)
    invite = _of_account(Accounts.invite)
    deliveries = _of_account(Accounts.deliveries)
    retry_deliveries = _of_account(Accounts.retry_deliveries)
    log_out = _of_account(Accounts.log_out)
    remove = _of_account(Accounts.remove)
    delete_account = _of_account(Accounts.delete_account)

    find = _of_people(People.find)
    add_friend = _of_people(People.add_friend)
    show_code = _of_people(People.show_code)
    accept = _of_people(People.accept)
    decline = _of_people(People.decline)
    cancel = _of_people(People.cancel)
    unfriend = _of_people(People.unfriend)
    confirm = _of_people(People.confirm)
    block = _of_people(People.block)
    unblock = _of_people(People.unblock)
    mute = _of_people(People.mute)
    unmute = _of_people(People.unmute)
    mutes = _of_people(People.mutes)
    report = _of_people(People.report)
    relation = _of_people(People.relation)
    friends = _of_people(People.friends)
    requests = _of_people(People.requests)
    blocked = _of_people(People.blocked)

    make_picture = _of_pictures(Pictures.make_picture)
    drop_picture = _of_pictures(Pictures.drop_picture)
    post_pictures = _of_pictures(Pictures.post_pictures)

    post_text = _of_posts(Posts.post_text)
    unreached = _of_posts(Posts.unreached)
    feed = _of_posts(Posts.feed)
    posts = _of_posts(Posts.posts)
    post = _of_posts(Posts.post)
    like = _of_posts(Posts.like)
    unlike = _of_posts(Posts.unlike)
    edit_post = _of_posts(Posts.edit_post)
    post_edits = _of_posts(Posts.post_edits)
    comment = _of_posts(Posts.comment)
    comments = _of_posts(Posts.comments)
    delete = _of_posts(Posts.delete)
    notices = _of_posts(Posts.notices)
    read_notices = _of_posts(Posts.read_notices)

    post_video = _of_videos(Videos.post_video)
    uploads = _of_videos(Videos.uploads)
    cancel_upload = _of_videos(Videos.cancel_upload)
    watching = _of_videos(Videos.watching)
    watch = _of_videos(Videos.watch)
    stream = _of_videos(Videos.stream)

    talk = _of_talk(Conversations.talk)
    talk_to = _of_talk(Conversations.talk_to)
    id_of = _of_talk(Conversations.id_of)
    say = _of_talk(Conversations.say)
    in_the_way = _of_talk(Conversations.in_the_way)
    standings = _of_talk(Conversations.standings)
    next_try = _of_talk(Conversations.next_try)
    unfetched = _of_talk(Conversations.unfetched)
    catch_up = _of_talk(Conversations.catch_up)
    go_on = _of_talk(Conversations.go_on)
    told = _of_talk(Conversations.told)
    untold = _of_talk(Conversations.untold)
    conversations_with = _of_talk(Conversations.conversations_with)
    history = _of_talk(Conversations.history)
    conversations = _of_talk(Conversations.conversations)
    events = _of_talk(Conversations.events)
    listen = _of_talk(Conversations.listen)
    past_and_present = _of_talk(Conversations.past_and_present)
    names = _of_talk(Conversations.names)
    edit = _of_saying(Saying.edit)
    take_back = _of_saying(Saying.take_back)
    react = _of_saying(Saying.react)
    messages = _of_saying(Saying.messages)
    message = _of_saying(Saying.message)
    attach = _of_attaching(Attaching.attach)
    files = _of_attaching(Attaching.files)
    save = _of_attaching(Attaching.save)
    pieces = _of_attaching(Attaching.pieces)
    part = _of_attaching(Attaching.part)

    new_group = _of_groups(GroupTalk.new_group)
    add_people = _of_groups(GroupTalk.add_people)
    remove_people = _of_groups(GroupTalk.remove_people)
    leave_group = _of_groups(GroupTalk.leave_group)
    rename_group = _of_groups(GroupTalk.rename_group)
    give_role = _of_groups(GroupTalk.give_role)
    group = _of_groups(GroupTalk.group)
    group_lines = _of_groups(GroupTalk.group_lines)
    chats = _of_groups(GroupTalk.chats)

    recovery = _of_keys(Keys.recovery)
    written_down = _of_keys(Keys.written_down)
    recover = _of_keys(Keys.recover)
    start_keys_over = _of_keys(Keys.start_over)
    renew_keys = _of_keys(Keys.renew)
    published_devices = _of_keys(Keys.published_devices)
    listed = _of_keys(Keys.listed)
    unlist = _of_keys(Keys.unlist)
    safety = _of_keys(Keys.safety)
    verify = _of_keys(Keys.verify)
    accept_anew = _of_keys(Keys.accept_anew)
    read_link = _of_linking(Linking.read_link)
    approve_link = _of_linking(Linking.approve_link)
    keep_history = _of_history(History.keep_history)
    keeps_history = _of_history(History.keeps_history)
    archive_here = _of_history(History.archive_here)
    archive = _of_history(History.archive)
    fetch_history = _of_history(History.fetch_history)
    export_history = _of_history(History.export_history)
    search = _of_history(History.search)

    @classmethod
    def load(
        cls,
        home: Path | str,
        handle: str = "",
        passphrase: Passphrase = "",
        clock: Clock = CLOCK,
    ) -> "Kith":
        """Who is logged in at `home`: `handle`, or who was so last. Raises `Missing` (API-9.1)."""
        return cls(load(Path(home), handle), home, passphrase, clock)

    @classmethod
    async def sign_up(
        cls,
        origin: str,
        name: str,
        password: str,
        *,
        home: Path | str,
        invite: str = "",
        connect: str = "",
        ca_file: str = "",
        device_name: str = "kith",
        passphrase: Passphrase = "",
        clock: Clock = CLOCK,
    ) -> "Kith":
        """A new account, with this machine as its first device. `origin` may be an invite link.

        Raises `Conflict` (ACC-2.1) when an administrator has to say yes first.
        """
        server = _server(origin, invite, connect, ca_file)
        who = Credentials(name, password, device_name)
        _, made = await sign_in.sign_up(server, who, LocalDevice(Path(home), passphrase, clock))
        if made is None:
            raise Conflict("ACC-2.1", "the account waits for an administrator: log in later")
        return cls(made, home, passphrase, clock)

    @classmethod
    async def log_in(
        cls,
        origin: str,
        name: str,
        password: str,
        *,
        home: Path | str,
        connect: str = "",
        ca_file: str = "",
        device_name: str = "kith",
        passphrase: Passphrase = "",
        clock: Clock = CLOCK,
    ) -> "Kith":
        """Make this machine a new device of an account."""
        server = _server(origin, "", connect, ca_file)
        who = Credentials(name, password, device_name)
        made = await sign_in.log_in(server, who, LocalDevice(Path(home), passphrase, clock))
        return cls(made, home, passphrase, clock)

    @staticmethod
    def link(
        origin: str,
        *,
        home: Path | str,
        connect: str = "",
        ca_file: str = "",
        device_name: str = "kith",
        passphrase: Passphrase = "",
        clock: Clock = CLOCK,
    ) -> NewDevice:
        """This machine as a new device of an account there, once another device lets it in."""
        server = _server(origin, "", connect, ca_file)
        return NewDevice(server, device_name, LocalDevice(Path(home), passphrase, clock))


def _server(origin: str, invite: str, connect: str, ca_file: str) -> Server:
    found = parse_server(origin, connect, ca_file)
    return Server(found.origin, invite or found.invite, found.connect, found.ca_file)
