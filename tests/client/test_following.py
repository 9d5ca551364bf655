"""Listed devices are added one way or the other, whatever one of them does (spec DEV-17)."""

import asyncio
from collections.abc import AsyncIterator, Collection
from typing import Any, cast
from uuid import UUID

import pytest
from msgspec.structs import replace

from node.client import behind, declined, rows, silence
from node.client.conversation_events import ChangeDropped
from node.client.conversations import READY, Conversations
from node.client.device_trust import DeviceTrust
from node.client.event_stream import Event
from node.client.following import Following
from node.client.key_rows import AccountKeysRow
from node.client.rows import AskedRow
from node.errors import Conflict, Forbidden, Full, NodeError, TooMuch, Unproven, Unreachable
from tests.client.certified import Light, Owner
from tests.client.conftest import Square
from tests.client.devices import ALICE, BOB, NOW, befriend
from tests.client.test_lists import has_a_part, quietly

LATER = NOW + 30 * 86_400 + 7200  # what was made now has ended


class Home:
    """Alice with two more devices on her list, and what her node answers to each claim."""

    def __init__(self) -> None:
        self.alice, self.bob = Light("alice", ALICE), Light("bob", BOB)
        self.phone, self.tablet = Light("phone", ALICE), Light("tablet", ALICE)
        self.now = NOW
        self.group = befriend(self.alice, self.bob)
        self.owner = Owner(ALICE).lists(*(one.device for one in self.all))
        has_a_part(self.owner, self.alice)
        self.packages = {self.id(one): one.packages() for one in (self.phone, self.tablet)}
        self.fails: dict[str, NodeError] = {}
        self.asked = list[list[str]]()
        self.kept = 0
        self.away: NodeError | None = None
        self.following = Following(self.alice.device, self.claim, self.keep, lambda: self.now)

    @property
    def all(self) -> tuple[Light, ...]:
        return self.alice, self.phone, self.tablet

    @property
    def trust(self) -> Any:
        return self.alice.device.trust

    def key(self, one: Light) -> bytes:
        return one.device.state.groups.me.signature.public

    def id(self, one: Light) -> str:
        named: dict[bytes, str] = self.trust._lists.named(ALICE)
        return named[self.key(one)]

    async def claim(self, actor: str, devices: Collection[str]) -> list[bytes]:
        self.asked.append(sorted(devices))
        for id in devices:
            if id in self.fails:
                raise self.fails[id]
        return [data for id in devices for data in self.packages.get(id, ())]

    async def keep(self) -> None:
        self.kept += 1
        if self.away is not None:
            raise self.away
        has_a_part(self.owner, self.alice)

    def is_in(self, one: Light) -> bool:
        """Whether an Add of it is accepted."""
        session = self.alice.device.state.groups.session(self.group)
        return self.key(one) in {member.signature_key for member in session.members()}

    def row(self, one: Light) -> int:
        """How often its Add was refused."""
        name = declined.row(self.group, self.key(one))
        return silence.tried(self.alice.device.state, name).tries


@pytest.mark.clause("DEV-17.4")
@pytest.mark.parametrize(
    "says",
    [
        TooMuch("E2E-2.8", "at most 200 in an hour"),
        Forbidden("KEY-5.2", "it is not spoken to"),
        Unproven("MLS-10.1b", "the signature of a key package is wrong"),
    ],
)
async def test_a_device_whose_claim_is_refused_keeps_no_other_one_out(says: NodeError) -> None:
    home = Home()
    home.fails[home.id(home.phone)] = says
    await home.following.round()
    home.alice.send()
    assert home.is_in(home.tablet) and not home.is_in(home.phone)
    assert len(home.asked) == 3 and home.asked[0] == sorted(home.packages)
    await home.following.round()
    assert len(home.asked) == 3, "it is asked for ever more seldom"


@pytest.mark.clause("DEV-17.4")
@pytest.mark.parametrize(
    "says",
    [
        Unreachable("our node is away"),
        Unproven("API-3.1", "log in again"),
        TooMuch("API-4.2", "too many requests", 30),
        Full("LIM-1.1", "the disk is full"),
        Conflict("ACC-4.4", "another copy is the device"),
        Conflict("ACC-4.5", "another seat"),
    ],
)
async def test_what_our_node_says_of_us_is_said_of_nobodys_devices(says: NodeError) -> None:
    home = Home()
    home.fails[home.id(home.phone)] = says
    await home.following.round()
    assert home.asked == [sorted(home.packages)], "nor is each asked for alone"
    assert not home.alice.device.state.groups_with("packageless")
    home.fails.clear()
    await home.following.round()
    home.alice.send()
    assert home.is_in(home.phone) and home.is_in(home.tablet)


@pytest.mark.clause("DEV-17.4")
async def test_a_device_that_cannot_be_added_keeps_no_other_one_out() -> None:
    home = Home()
    home.now = LATER
    tablet = home.tablet.device.new_packages(1, False, LATER)
    home.packages[home.id(home.tablet)] = [data for data, _ in tablet]
    home.owner.account = home.owner.renews(LATER).account
    home.trust.seen_own(home.owner.shown, LATER)
    with home.alice.device.state.step():
        part = home.alice.device.state.get(rows.ACCOUNT_KEYS, AccountKeysRow)
        new = replace(part, delegation=home.owner.shown.delegation, list=home.owner.shown.list)
        home.alice.device.state.put(rows.ACCOUNT_KEYS, new)
    await home.following.round()
    home.alice.send()
    assert home.is_in(home.tablet) and home.row(home.phone) == 1 and home.row(home.tablet) == 0
    assert home.asked == [sorted(home.packages)], "what was claimed is used"


@pytest.mark.clause("DEV-17.4", "DEV-4.6")
async def test_after_an_add_was_refused_each_of_its_devices_is_added_alone() -> None:
    home = Home()
    refused = Forbidden("E2E-3.8", "one of them is nobody")
    await home.following.round()
    assert home.alice.device.tell(home.alice.next(), refused, home.now) == [], "nobody wished it"
    assert home.row(home.phone) == home.row(home.tablet) == 1
    home.now += 60
    await home.following.round()
    assert sorted(home.asked[1:]) == sorted([id] for id in home.packages)
    for _ in range(2):
        sent = home.alice.next()
        is_phone = home.phone.device.state.names("package") and _invites(home.phone, sent)
        if is_phone:
            assert home.alice.device.tell(sent, refused, home.now) == []
        else:
            home.alice.accept(sent)
    assert home.is_in(home.tablet) and home.row(home.phone) == 2 and home.row(home.tablet) == 0


def _invites(one: Light, sent: Any) -> bool:
    return one.get(sent.welcomes[0].content) != [] and bool(one.device.conversations())


@pytest.mark.clause("DEV-17.4", "DEV-4.6")
def test_what_a_person_wished_is_told_when_it_is_refused() -> None:
    home = Home()
    home.alice.device.add(home.group, {ALICE: home.phone.packages()}, NOW)
    told = home.alice.device.tell(home.alice.next(), Forbidden("E2E-3.8", "no"), NOW)
    assert [type(one) for one in told] == [ChangeDropped]


@pytest.mark.clause("DEV-17.1", "DEV-4.5")
async def test_who_came_in_during_the_claim_was_not_refused() -> None:
    home = Home()

    async def claim(actor: str, devices: Collection[str]) -> list[bytes]:
        packages = [data for each in home.packages.values() for data in each]
        home.alice.device.add(home.group, {ALICE: packages}, NOW)
        home.alice.send()
        return [data for one in (home.phone, home.tablet) for data in one.packages()]

    await Following(home.alice.device, claim, quietly, lambda: NOW).round()
    assert home.alice.device.state.names("declined", home.group) == []


@pytest.mark.clause("DEV-17.5")
async def test_rounds_take_turns() -> None:
    home = Home()
    at_once, most = 0, 0

    async def claim(actor: str, devices: Collection[str]) -> list[bytes]:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        return []

    follower = Following(home.alice.device, claim, quietly, lambda: NOW)
    await asyncio.gather(*(follower.round() for _ in range(3)))
    tries = [
        silence.tried(home.alice.device.state, rows.packageless_row(home.key(one))).tries
        for one in (home.phone, home.tablet)
    ]
    assert most == 1 and tries == [1, 1]


@pytest.mark.clause("DEV-17.5", "E2E-2.11")
async def test_what_is_said_during_a_round_is_heard_behind_it() -> None:
    home = Home()
    has, home.packages = home.packages, {}

    async def claim(actor: str, devices: Collection[str]) -> list[bytes]:
        found = await home.claim(actor, devices)
        if not home.packages:  # it came too late for this answer
            home.packages = has
            follower.ready(home.id(home.phone))
        return found

    follower = Following(home.alice.device, claim, quietly, lambda: NOW)
    await follower.round()
    home.alice.send()
    assert home.is_in(home.phone) and home.asked[1:] == [[home.id(home.phone)]]


@pytest.mark.clause("DEV-17.5")
async def test_a_device_is_heard_once_a_minute_and_only_where_it_was_asked_for_in_vain() -> None:
    home = Home()
    packages, home.packages = home.packages, {}
    phone, tablet, own = home.id(home.phone), home.id(home.tablet), home.id(home.alice)
    await home.following.round()
    assert len(home.asked) == 1
    for _ in range(5):
        for id in (own, "00000000-0000-4000-8000-000000000000", phone):
            home.following.ready(id)
        await home.following.round()
    assert home.asked[1:] == [[phone]]
    row = rows.packageless_row(home.key(home.phone))
    assert silence.tried(home.alice.device.state, row).tries == 2, "it counts as before"
    home.following.ready(tablet)
    await home.following.round()
    assert home.asked[2:] == [[tablet]], "each for itself"
    home.now += 60
    home.following.ready(phone)
    await home.following.round()
    assert (
        home.asked[3:] == [[phone]]
        and home.trust.to_ask(home.group, [home.key(home.phone)], home.now + 239) == []
    )
    home.now += 240
    home.packages = packages
    await home.following.round()
    home.alice.send()
    assert home.is_in(home.phone) and home.is_in(home.tablet)
    home.following.ready(phone)
    await home.following.round()
    assert not home.alice.device.state.groups_with("packageless")


@pytest.mark.clause("DEV-17.1", "DEV-17.4")
@pytest.mark.parametrize("away", [None, Unreachable("our node is away")])
async def test_what_came_before_the_rest_was_cut_off_is_used(
    away: NodeError | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.client.following.PATIENCE_SECONDS", 0.01)
    home = Home()
    befriend(home.alice, home.bob)
    home.group = home.trust.lacking(NOW)[0][0]

    async def claim(actor: str, devices: Collection[str]) -> list[bytes]:
        home.asked.append(sorted(devices))
        if len(devices) == 2:
            raise TooMuch("E2E-2.8", "at most 200 in an hour")
        if len(home.asked) == 3:
            if away is not None:
                raise away
            await asyncio.Event().wait()
        return home.packages[home.asked[-1][0]]

    await Following(home.alice.device, claim, quietly, lambda: NOW).round()
    home.alice.send()
    first, second = (
        one for id in home.asked[1:] for one in (home.phone, home.tablet) if [home.id(one)] == id
    )
    assert len(home.asked) == 3 and home.is_in(first) and not home.is_in(second)
    in_vain = home.alice.device.state.names("packageless")
    assert in_vain == ([] if away else [rows.packageless_row(home.key(second))])


NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.mark.clause("DEV-17.5", "E2E-2.11")
async def test_who_is_ready_by_a_list_that_is_not_known_yet_is_added_at_once() -> None:
    """Another device linked it, and what is rested from is not this."""
    home = Home()
    packages, home.packages = home.packages, {}
    await home.following.round()
    assert home.asked == [sorted(packages)] and home.kept == 0
    watch = Light("watch", ALICE)
    home.owner.lists(*(one.device for one in (*home.all, watch)))
    id = str(UUID(bytes=home.owner._of(watch.device).device.id))
    home.packages[id] = watch.packages()
    home.following.ready(id)
    await home.following.round()
    home.alice.send()
    assert home.is_in(watch) and home.asked[1:] == [[id]] and home.kept == 1


@pytest.mark.clause("DEV-17.5")
async def test_for_who_is_on_no_list_it_is_read_once_a_minute_whatever_the_node_says() -> None:
    home = Home()
    home.packages = {}
    await home.following.round()
    assert home.following.rest() == silence.LONGEST_WAIT
    for at in range(5):
        home.following.ready(f"{at}{NOBODY[1:]}")
        await home.following.round()
    assert home.kept == 1 and len(home.asked) == 1, "the list is as it was"
    assert home.following.rest() == 60
    home.away, home.now = Unreachable("our node is away"), NOW + 60
    assert home.following.rest() == 0
    with pytest.raises(Unreachable):
        await home.following.round()
    assert home.kept == 2 and home.following.rest() == 60, "it is still to be read"
    home.away, home.now = None, NOW + 120
    await home.following.round()
    assert home.kept == 3 and home.following.rest() == silence.LONGEST_WAIT


@pytest.mark.clause("DEV-17.5")
async def test_a_program_rests_until_somebody_may_be_asked_for_again() -> None:
    home = Home()
    home.packages = {}
    await home.following.round()
    assert home.trust.rest(NOW) == home.trust.rest(NOW + 59) + 59 == 60
    assert home.trust.rest(NOW + 60) == 60, "now, and again soon"
    home.now += 60
    await home.following.round()
    assert home.trust.rest(home.now) == 120
    asked = AskedRow(noticed=NOW, sent=NOW)
    with home.alice.device.state.step():
        home.alice.device.state.put(rows.asked_row(home.group), asked)
    assert home.trust.rest(home.now) == silence.LONGEST_WAIT, "nothing can be added there"
    home.trust.followed()
    assert not home.trust.is_followed
    with home.alice.device.state.step():
        home.alice.device.state.put(rows.asked_row(home.group), replace(asked, over=True))
    home.trust.followed()
    assert home.trust.is_followed and behind.is_over(home.alice.device.state, home.group)


@pytest.mark.clause("DEV-17.5")
def test_rows_of_refused_adds_go() -> None:
    home = Home()
    state, keys = home.alice.device.state, [home.key(home.phone)]
    home.trust.declined(home.group, keys, NOW)
    home.trust.seen_own(home.owner.shown, NOW + 86_400)
    assert state.names("declined", home.group)
    home.trust.seen_own(home.owner.shown, NOW + 86_401)
    assert not state.names("declined", home.group)
    home.trust.declined(home.group, keys, NOW)
    home.bob.device.remove(home.group, [ALICE], NOW)
    (removed,) = home.bob.send()
    home.alice.get(removed.content)
    assert home.alice.device.conversations()[home.group].left
    assert not state.names("declined", home.group)


@pytest.mark.clause("DEV-17.5", "DEV-9.4")
def test_who_is_taken_back_begins_anew_with_whom_to_add() -> None:
    home = Home()
    state = home.alice.device.state
    home.trust.declined(home.group, [home.key(home.phone)], NOW)
    with state.step():
        state.write(rows.FOLLOWED, b"1.1")
        home.alice.device.outbox.taken_back(home.group)
    assert not state.names("declined", home.group) and not home.trust.is_followed


@pytest.mark.clause("DEV-17.5")
async def test_that_a_device_is_ready_reads_no_mailbox() -> None:
    """What is asked for then is another round, beside whoever listens."""
    done = list[str]()

    class Stream:
        async def event_bursts(self, after: str) -> AsyncIterator[list[Event]]:
            yield [Event("1", READY, {"device": "one"})]

    class Talk:
        heard = asyncio.Queue[Any]()

        def ready(self, device: str) -> None:
            done.append(device)

        async def prepare(self) -> None:
            done.append("prepared")

    api, none, talk = cast("Any", Stream()), cast("Any", None), cast("Any", Talk())
    await Conversations(api, none, none, none, none)._read(talk, "")
    assert done == ["one"] and talk.heard.qsize() == 1


@pytest.mark.clause("DEV-17.5")
async def test_a_program_that_runs_adds_who_says_that_it_has_packages(square: Square) -> None:
    async with await square.join("alice", "alpha.test") as alice:
        messenger = await alice.talk()
        device = messenger.device
        rounds = asyncio.Event()

        class Round(Following):
            async def round(self) -> None:
                assert self._ready == {"one"}
                rounds.set()

        messenger._following = Round(device, messenger._claim, quietly, messenger._seconds)
        running = asyncio.create_task(messenger.keep_sending())
        messenger.ready("one")
        await rounds.wait()
        running.cancel()
        await asyncio.wait([running])


@pytest.mark.clause("DEV-17.5")
@pytest.mark.parametrize("whose", [DeviceTrust, Following])
async def test_a_program_that_runs_goes_on_when_its_rest_is_over(
    square: Square, monkeypatch: pytest.MonkeyPatch, whose: type
) -> None:
    async with await square.join("alice", "alpha.test") as alice:
        messenger = await alice.talk()
        rests, rounds = iter([0.0, 0.0, 3600.0]), asyncio.Queue[int]()

        class Round(Following):
            async def round(self) -> None:
                rounds.put_nowait(1)

        monkeypatch.setattr(whose, "rest", lambda self, *now: next(rests))
        messenger._following = Round(
            messenger.device, messenger._claim, quietly, messenger._seconds
        )
        messenger._work.clear()
        running = asyncio.create_task(messenger.keep_sending())
        for _ in range(2):
            await rounds.get()
        running.cancel()
        await asyncio.wait([running])
        assert rounds.empty()
