"""Browsers are told by Web Push: what of, by which message, and what their push service answers."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import http_ece
import pytest

from node.accounts.push import Kind, Subscription
from node.client.api_client import ApiClient
from node.errors import Forbidden, Malformed, Missing, TooMuch
from node.net.push import Handed
from node.ports import Request, Response
from node.store import tables
from node.store.push import PushUnit
from node.testing.fakes import FakeEntropy
from node.testing.rows import Rows
from node.testing.town import Town, open_harness
from node.wire import webpush
from node.wire.api.accounts import Session
from node.wire.api.e2ee import Acknowledgement, Mailbox
from node.wire.api.graph import NewRequest, Relation
from node.wire.api.mutes import MuteView, NewMute
from node.wire.api.push import NewPush, PushKey, PushList, PushTried, PushView
from node.worker.push import Pusher
from tests.stories.people import Person, befriend, person
from tests.stories.test_sealed import texts

AWAY = timedelta(seconds=4)


@dataclass
class Service:
    """A push service, and the browsers that it reaches."""

    town: Town
    got: list[Request] = field(default_factory=list)
    status: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.town.strangers["push.social"] = self.answer

    async def answer(self, request: Request) -> Response:
        self.got.append(request)
        browser = request.url.rpartition("/")[2]
        status, headers = self.status.get(browser, (201, {}))
        return Response(status, request.url, headers, b"")

    def browser(self, name: str) -> "Browser":
        return Browser(self, name)

    def take(self) -> list[Request]:
        got, self.got = self.got, []
        return got


class Browser:
    """A browser with a subscription of its own."""

    def __init__(self, service: Service, name: str) -> None:
        self.service, self.name = service, name
        self.key = webpush.private_key(name.encode().ljust(64, b"-"))
        self.auth = name.encode().ljust(16, b"-")

    def asks(self, *kinds: str, **more: Any) -> NewPush:
        said: dict[str, Any] = {
            "endpoint": f"https://push.social/{self.name}",
            "p256dh": webpush.point(self.key),
            "auth": self.auth,
            "kinds": list(kinds) or None,
        }
        return NewPush(**{**said, **more})

    async def subscribe(self, line: ApiClient, *kinds: str) -> PushView:
        return await line.ask("PUT", "/push/subscription", PushView, self.asks(*kinds))

    def opened(self, request: Request) -> Any:
        assert request.url.endswith(f"/{self.name}")
        words = http_ece.decrypt(request.body, private_key=self.key, auth_secret=self.auth)
        return json.loads(words)

    @property
    def got(self) -> list[Any]:
        """What it was told, opened; then it is read."""
        mine = [one for one in self.service.got if one.url.endswith(f"/{self.name}")]
        self.service.got = [one for one in self.service.got if one not in mine]
        return [self.opened(one) for one in mine]


@dataclass
class Pair:
    """Two friends on two nodes; Bob has a browser that is told."""

    alice: Person
    bob: Person
    browser: Browser
    service: Service
    town: Town

    async def away(self) -> None:
        """Nobody looks for a while."""
        await self.town.settle()
        await self.town.settle(AWAY)

    async def say(self, words: str) -> None:
        group = await self.alice.talk.with_actor(self.bob.actor)
        await self.alice.talk.say(group, words)
        await self.away()

    async def subscriptions(self) -> list[PushView]:
        return (await self.bob.line.ask("GET", "/push/subscriptions", PushList)).items


@pytest.fixture
async def pair(town: Town) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        alice = await stack.enter_async_context(person(town, "alice", "alpha.test"))
        bob = await stack.enter_async_context(person(town, "bob", "beta.test"))
        await befriend(town, alice, bob)
        service = Service(town)
        browser = service.browser("bobs-phone")
        await browser.subscribe(bob.line)
        await town.settle(AWAY)
        yield Pair(alice, bob, browser, service, town)


@pytest.mark.clause("PSH-1.3", "PSH-2.1", "PSH-2.2", "PSH-2.3")
async def test_sealed_words_push_an_empty_message_of_the_usual_length(pair: Pair) -> None:
    assert pair.service.take() == [], "of what was there before nothing is told"
    await pair.say("the words of a message")
    [request] = pair.service.take()
    assert pair.browser.opened(request) == {}
    assert pair.alice.actor.encode() not in request.body
    said = request.headers
    assert (said["ttl"], said["urgency"]) == ("259200", "high")
    assert said["content-encoding"] == "aes128gcm"
    assert len(said["topic"]) <= 32
    assert "messages" not in said["topic"]
    claims = said["authorization"].split(".")[1]
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert (told["aud"], told["sub"]) == ("https://push.social", "https://beta.test")
    assert told["exp"] <= (pair.town.clock.now() + timedelta(hours=12)).timestamp()
    await pair.away()
    assert pair.service.take() == [], "each word is told of once"
    await pair.say("and more")
    [again] = pair.service.take()
    assert again.headers["topic"] == said["topic"]
    assert again.body != request.body


@pytest.mark.clause("PSH-2.1")
async def test_who_has_the_app_open_is_not_called_besides(pair: Pair) -> None:
    group = await pair.alice.talk.with_actor(pair.bob.actor)
    await pair.alice.talk.say(group, "are you there?")
    await pair.town.settle()
    mail = await pair.bob.line.ask("GET", "/mailbox", Mailbox)
    taken = Acknowledgement(seq=mail.items[-1].seq)
    await pair.bob.line.ask("POST", "/mailbox/ack", object, taken)
    await pair.away()
    assert pair.service.got == []


@pytest.mark.clause("PSH-2.1", "PSH-2.2")
async def test_a_notice_tells_its_kind_to_the_browser_alone(pair: Pair) -> None:
    async with person(pair.town, "carol", "alpha.test") as carol:
        asked = NewRequest(actor=pair.bob.handle, text="do you know me?")
        await carol.line.ask("POST", "/friends/requests", Relation, asked)
        await pair.away()
        [request] = pair.service.take()
        assert pair.browser.opened(request) == {"kind": "friends"}
        assert request.headers["urgency"] == "normal"
        await pair.say("a message is as long")
        [other] = pair.service.take()
        assert len(other.body) == len(request.body)
        assert other.headers["topic"] != request.headers["topic"]


@pytest.mark.clause("PSH-2.1")
async def test_a_browser_is_told_what_it_wants(pair: Pair) -> None:
    await pair.browser.subscribe(pair.bob.line, "likes")
    await pair.say("not this")
    assert pair.service.got == []
    await pair.browser.subscribe(pair.bob.line, "likes", "messages")
    await pair.say("but this")
    assert pair.browser.got == [{}]
    [mine] = await pair.subscriptions()
    assert mine.kinds == ["messages", "likes"]
    with pytest.raises(Malformed, match=r"PSH-1\.2"):
        await pair.browser.subscribe(pair.bob.line, "poetry")


@pytest.mark.clause("PSH-1.3", "PSH-1.4")
async def test_a_session_has_one_subscription_and_the_account_sees_all(pair: Pair) -> None:
    other = pair.service.browser("bobs-desk")
    await other.subscribe(pair.bob.line)
    [mine] = await pair.subscriptions()
    assert (mine.service, mine.current) == ("push.social", True)
    await pair.say("hello")
    assert (other.got, pair.browser.got) == ([{}], [])
    [mine] = await pair.subscriptions()
    assert mine.told == pair.town.clock.now()
    theirs = f"/push/subscriptions/{mine.id}"
    with pytest.raises(Missing, match=r"PSH-1\.4"):
        await pair.alice.line.ask("DELETE", theirs, object)
    await pair.bob.line.ask("DELETE", theirs, object)
    assert await pair.subscriptions() == []
    await pair.say("nobody is called")
    assert pair.service.got == []


async def log_in(one: Person, name: str = "browser") -> Session:
    asked = {"name": one.name, "password": f"{one.name} has a long password", "client_name": name}
    async with one.harness.line() as line:
        return await line.ask("POST", "/login", Session, asked)


@pytest.mark.clause("PSH-1.5")
async def test_a_subscription_ends_with_its_session(pair: Pair) -> None:
    session = await log_in(pair.bob)
    desk = pair.service.browser("bobs-desk")
    async with pair.bob.harness.line(session.token or "") as line:
        await desk.subscribe(line)
    assert len(await pair.subscriptions()) == 2
    await pair.bob.line.ask("DELETE", f"/sessions/{session.session}", object)
    assert [one.service for one in await pair.subscriptions()] == ["push.social"]
    node = pair.bob.harness.node
    rows = Rows()
    rows.database = node.stores.database
    assert len(await rows.rows(tables.push_subscriptions)) == 1
    # While the account is suspended nothing is told.
    bob = tables.accounts.c.actor == pair.bob.actor
    await rows.change(tables.accounts, bob, state="suspended")
    await rows.insert(
        tables.events, account=(await rows.rows(tables.push_subscriptions))[0].account,
        kind="notice", data='{"kind": "comment"}', created=0,
    )  # fmt: skip
    pair.bob.harness.node.stores.wakeups.wake({"push"})
    await pair.away()
    assert pair.service.got == []


@pytest.mark.clause("PSH-1.3")
async def test_an_account_has_so_many_and_the_oldest_goes(pair: Pair) -> None:
    first = [one.id for one in await pair.subscriptions()]
    for number in range(20):
        pair.town.clock.pass_(timedelta(minutes=1))
        session = await log_in(pair.bob)
        async with pair.bob.harness.line(session.token or "") as line:
            await pair.service.browser(f"desk-{number}").subscribe(line)
    found = [one.id for one in await pair.subscriptions()]
    assert len(found) == 20
    assert first[0] not in found


@pytest.mark.clause("PSH-2.4")
@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_is_gone_is_forgotten(pair: Pair, status: int) -> None:
    pair.service.status["bobs-phone"] = (status, {})
    await pair.say("hello")
    assert len(pair.service.take()) == 1
    assert await pair.subscriptions() == []
    await pair.say("hello again")
    assert pair.service.got == []


@pytest.mark.clause("PSH-2.5")
@pytest.mark.parametrize("status", [429, 500, 301])
async def test_a_push_service_that_takes_nothing_is_asked_less_and_less(
    pair: Pair, status: int
) -> None:
    pair.service.status["bobs-phone"] = (status, {})
    await pair.say("one")
    assert len(pair.service.take()) == 1
    await pair.say("two")
    assert pair.service.take() == [], "10 s are not over"
    await pair.town.settle(timedelta(seconds=15))
    assert len(pair.service.take()) == 1
    [mine] = await pair.subscriptions()
    assert mine.failing is not None
    await pair.town.settle(timedelta(seconds=15))
    assert pair.service.take() == [], "20 s are not over"
    pair.service.status.clear()
    await pair.town.settle(timedelta(seconds=30))
    assert pair.browser.got == [{}], "what was to be told is told once"
    [mine] = await pair.subscriptions()
    assert mine.failing is None


@pytest.mark.clause("PSH-2.5")
async def test_retry_after_is_kept_and_a_week_ends_it(pair: Pair) -> None:
    pair.service.status["bobs-phone"] = (429, {"retry-after": "7200"})
    await pair.say("one")
    await pair.town.settle(timedelta(minutes=119))
    assert len(pair.service.take()) == 1
    await pair.town.settle(timedelta(minutes=2))
    assert len(pair.service.take()) == 1
    pair.service.status["bobs-phone"] = (503, {})
    await pair.town.settle(timedelta(hours=3))
    await pair.town.settle(timedelta(days=7))
    assert await pair.subscriptions() == []


@pytest.mark.clause("PSH-2.9")
async def test_who_takes_one_message_and_refuses_another_is_not_called_for_ever(pair: Pair) -> None:
    async def every_second(request: Request) -> Response:
        pair.service.got.append(request)
        status = 201 if len(pair.service.got) % 2 else 500
        return Response(status, request.url, {}, b"")

    pair.town.strangers["push.social"] = every_second
    async with person(pair.town, "carol", "alpha.test") as carol:
        asked = NewRequest(actor=pair.bob.handle, text="do you know me?")
        await carol.line.ask("POST", "/friends/requests", Relation, asked)
        await pair.say("one")
    await pair.town.settle(timedelta(minutes=1))
    [mine] = await pair.subscriptions()
    assert mine.failing is not None
    since = mine.failing
    await pair.town.settle(timedelta(hours=2))
    [mine] = await pair.subscriptions()
    assert mine.failing == since, "what it took in between forgives nothing"
    await pair.town.settle(timedelta(days=8))
    assert await pair.subscriptions() == []


@pytest.mark.clause("PSH-2.6", "PSH-1.2")
@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.social/x", "https://127.0.0.1/x", "https://localhost/x", "https://[::1]/x",
        "https://push.social:8443/x", "push", "", "https://me:it@push.social/x",
        "https://push.social/" + "x" * 2048,
    ],
)  # fmt: skip
async def test_an_endpoint_that_may_not_be_called_is_refused(pair: Pair, endpoint: str) -> None:
    with pytest.raises((Forbidden, Malformed)):
        asked = pair.browser.asks(endpoint=endpoint)
        await pair.bob.line.ask("PUT", "/push/subscription", PushView, asked)
    [mine] = await pair.subscriptions()
    assert mine.service == "push.social"


@pytest.mark.clause("PSH-3.1", "PSH-2.4")
async def test_a_test_says_how_the_push_service_took_it(pair: Pair) -> None:
    async def tried() -> PushTried:
        return await pair.bob.line.ask("POST", "/push/test", PushTried)

    assert await tried() == PushTried(delivered=True, status=201)
    assert pair.browser.got == [{}]
    pair.service.status["bobs-phone"] = (403, {})
    assert await tried() == PushTried(delivered=False, status=403)
    pair.town.down.add("push.social")
    away = await tried()
    assert (away.delivered, away.status) == (False, None)
    assert "push.social" in away.reason
    pair.town.down.clear()
    pair.service.status["bobs-phone"] = (410, {})
    assert not (await tried()).delivered
    with pytest.raises(Missing, match=r"PSH-3\.1"):
        await tried()


@pytest.mark.clause("PSH-3.1")
async def test_tests_are_counted_as_logins_are(pair: Pair) -> None:
    with pytest.raises(TooMuch, match="too many requests"):
        for _ in range(200):
            await pair.bob.line.ask("POST", "/push/test", PushTried)


@pytest.mark.clause("PSH-1.1")
async def test_the_key_is_the_same_after_a_start_and_another_nodes_is_another(pair: Pair) -> None:
    bobs = await pair.bob.line.ask("GET", "/push/key", PushKey)
    alices = await pair.alice.line.ask("GET", "/push/key", PushKey)
    assert len(bobs.key) == 65
    assert bobs.key != alices.key
    assert bobs.kinds[0] == "messages"
    async with open_harness(
        pair.town,
        "beta.test",
        process="2",
        worker=False,
        database=pair.bob.harness.node.config.database,
    ) as again:
        token = (await log_in(pair.bob)).token or ""
        async with again.line(token) as line:
            assert (await line.ask("GET", "/push/key", PushKey)).key == bobs.key


class Still:
    """A push service that answers when it is let."""

    def __init__(self) -> None:
        self.let = asyncio.Event()
        self.asked: list[str] = []

    async def hand(self, subscription: Subscription, _kind: Kind) -> Handed:
        self.asked.append(subscription.account)
        await self.let.wait()
        return Handed(201)


@pytest.mark.clause("PSH-2.7")
async def test_a_slow_push_service_holds_up_nothing_else(town: Town) -> None:
    node = town.nodes["beta.test"].node
    rows, still, clock = Rows(), Still(), town.clock
    rows.database = node.stores.database
    key = webpush.point(webpush.private_key(b"k" * 64))
    for number in range(20):
        name = f"person-{number:02}"
        await rows.account(name, f"https://beta.test/a/{name}", f"https://beta.test/c/{name}")
        await rows.insert(
            tables.sessions, id=name, account=name, digest=name.encode(), created=0, last_seen=0
        )
        await rows.insert(
            tables.push_subscriptions, id=name, account=name, session=name, public=key,
            endpoint=f"https://push-{number}.social/x", auth=b"a" * 16, kinds="comments", created=0,
        )  # fmt: skip
        await rows.insert(
            tables.events, account=name, kind="notice", data='{"kind": "comment"}', created=0
        )
    stores = node.stores
    pusher = Pusher(stores.units, still, clock, FakeEntropy(), stores.wakeups)
    assert await pusher.look() == 16, "it begins, and waits for none"
    while len(still.asked) < 16:
        await asyncio.wait({asyncio.ensure_future(stores.units.look(PushUnit, _nothing))})
    assert await pusher.look() == 0
    assert pusher.next_due() is None
    still.let.set()
    await pusher.settle()
    assert await pusher.look() == 4
    await pusher.settle()
    assert sorted(still.asked) == [f"person-{number:02}" for number in range(20)]
    assert await pusher.look() == 0


async def _nothing(_unit: PushUnit) -> None:
    pass


@pytest.mark.clause("INB-11.4", "INB-11.3")
async def test_who_is_muted_calls_nobody_and_their_words_come_all_the_same(pair: Pair) -> None:
    muted = NewMute(kind="person", of=pair.alice.actor, seconds=3600)
    await pair.bob.line.ask("PUT", "/mutes", MuteView, muted)
    await pair.say("do you hear me?")
    assert pair.service.take() == []
    await pair.bob.talk.pull()
    assert texts(pair.bob) == ["do you hear me?"]
    query = {"kind": "person", "of": pair.alice.actor}
    await pair.bob.line.ask("DELETE", "/mutes", object, query=query)
    await pair.say("and now?")
    assert len(pair.service.take()) == 1
