"""Who delivers too much is asked to wait, before anything is spent on the delivery."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from msgspec.structs import replace

from node.federation.activities.shapes import PUBLIC
from node.testing.town import Town, TownNode, open_town
from node.testing.weather import Character, Stranger
from node.wire import proofs
from node.wire.api.accounts import NodeSettings, NodeView
from node.wire.api.servers import ActorChoice, ActorList
from node.wire.suffixes import Suffixes

LIMIT = 5  # and so one false signature


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    domains = ("alpha.test", "one.beta.test", "two.beta.test")
    async with open_town(tmp_path, *domains, inbox_requests_per_minute=LIMIT) as town:
        yield town


async def person(town: Town, domain: str) -> str:
    return (await town.sign_up("alice", domain)).account.actor


async def deliver(harness: TownNode, actor: str, number: int) -> tuple[int, int | None]:
    """A signed delivery to alpha: the status, and how long to wait."""
    about = "https://alpha.test/o/1"
    body = {"id": f"{actor}#{number}", "type": "Like", "actor": actor, "object": about}
    inbox = "https://alpha.test/inbox"
    outcome = await harness.node.lines.courier.carry(inbox, json.dumps(body).encode(), actor)
    return outcome.status or 0, int(outcome.retry_after) if outcome.retry_after else None


async def forge(harness: TownNode, actor: str, number: int) -> int:
    """A delivery under a signature that does not hold."""
    body = {"id": f"{actor}#{number}", "type": "Like", "actor": actor, "object": "https://c.test/o"}
    content = json.dumps(body).encode()
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    fields = "(request-target) host date digest"
    headers = {
        "Host": "alpha.test",
        "Content-Type": "application/activity+json",
        "Date": harness.system.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "Digest": f"SHA-256={digest}",
        "Signature": f'keyId="{actor}#main-key",headers="{fields}",signature="AAAA"',
    }
    async with (
        aiohttp.ClientSession() as http,
        http.post(harness.url + "/inbox", data=content, headers=headers) as answer,
    ):
        return answer.status


@pytest.mark.clause("FED-7.16")
async def test_a_domain_that_delivers_too_much_waits_and_others_do_not(town: Town) -> None:
    alpha, one, two = town.nodes.values()
    first, second = await person(town, one.domain), await person(town, two.domain)
    for number in range(LIMIT):
        sender, actor = ((one, first), (two, second))[number % 2]
        assert await deliver(sender, actor, number) == (202, None)
    wait = 60 // LIMIT
    assert await deliver(one, first, 10) == (429, wait)
    assert await deliver(two, second, 10) == (429, wait), "one share for all of beta.test"
    sent = len(town.sent)
    assert await forge(alpha, first, 11) == 429, "refused before its signature was looked at"
    assert len(town.sent) == sent, "and before anything was fetched"
    town.clock.pass_(timedelta(seconds=wait))
    assert await deliver(one, first, 12) == (202, None)
    assert await deliver(two, second, 12) == (429, wait)


@pytest.mark.clause("FED-7.16")
async def test_false_signatures_use_up_their_senders_share_and_nobody_elses(town: Town) -> None:
    alpha, one, _ = town.nodes.values()
    actor = await person(town, one.domain)
    assert await deliver(one, actor, 0) == (202, None)
    assert await forge(alpha, actor, 1) == 401
    assert await forge(alpha, actor, 2) == 429
    town.clock.pass_(timedelta(minutes=1))
    for number in range(3, 3 + LIMIT):
        assert await deliver(one, actor, number) == (202, None), "its share is whole"


@pytest.mark.clause("FED-7.16")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/o/1"),
        ("GET", "/a/x/messages"),
        ("POST", "/o/1"),
        ("POST", "/a/x/key_packages/claim"),
        ("POST", "/o/01890a5d-ac96-774b-bcce-b302099a8057/watch"),
        ("GET", "/media/signed/01890a5d-ac96-774b-bcce-b302099a8057/video.mp4"),
    ],
)
async def test_signed_questions_make_us_fetch_no_more_than_deliveries_do(
    town: Town, method: str, path: str
) -> None:
    alpha = town.nodes["alpha.test"]

    async def ask(number: int) -> int:
        made = alpha.system.clock.now()
        key = f"https://one.beta.test/a/{number}#main-key"
        fields = "(request-target) host date digest"
        body = b"{}" if method == "POST" else b""
        headers = {
            "Host": "alpha.test",
            "Date": made.strftime("%a, %d %b %Y %H:%M:%S GMT"),
            "Digest": "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode(),
            "Signature": f'keyId="{key}",headers="{fields}",signature="AAAA"',
        }
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, alpha.url + path, data=body, headers=headers) as answer,
        ):
            return answer.status

    assert await ask(1) == 401
    sent = len(town.sent)
    assert await ask(2) == 429
    assert len(town.sent) == sent, "nothing is fetched for it"


@pytest.mark.clause("FED-7.16")
@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("another's", 403),  # FED-7.3
        ("another's, proven, for some", 403),  # FED-5.10
        ("nobody's end", 202),  # FED-7.10
        ("to nobody", 404),  # FED-7.14
        ("a text", 415),  # FED-7.2
        ("a proof from elsewhere", 403),  # FED-5.8
    ],
)
async def test_every_refusal_before_proof_counts_where_it_came_from(
    town: Town, how: str, status: int
) -> None:
    alpha = town.nodes["alpha.test"]
    evil = Stranger(town, "evil.test")
    mallory = Character("https://evil.test/a/mallory", "mallory")  # whose key nobody can have
    bob = Character("https://bob.test/a/bob", "bob")
    inbox = (
        "https://alpha.test/a/nobody/inbox" if how == "to nobody" else "https://alpha.test/inbox"
    )
    said = bob.says("Like", "https://alpha.test/o/1")
    if how == "another's, proven, for some":
        said = dict(proofs.prove(said, bob.ed25519, town.clock.now()))
    elif how == "a proof from elsewhere":
        said = mallory.says("Like", "https://alpha.test/o/1")
        said = dict(proofs.prove(said, bob.ed25519, town.clock.now()))
    elif how != "another's":
        said = mallory.says("Delete", mallory.id)
    request = evil.signed(mallory.ed25519, said, inbox)
    if how == "a text":
        request = replace(request, headers={**request.headers, "content-type": "text/plain"})
    try:
        sent = len(town.sent)
        assert (await evil.send(alpha, request)).status == status
        assert (await evil.send(alpha, request)).status == 429
        assert len(town.sent) == sent and not evil.asked, "and nothing is fetched for either"
    finally:
        await evil.close()


@pytest.mark.clause("FED-7.16", "FED-5.8")
async def test_who_has_a_key_makes_us_ask_for_no_false_ones_of_others(town: Town) -> None:
    alpha = town.nodes["alpha.test"]
    evil, victim = Stranger(town, "evil.test"), Stranger(town, "victim.test")
    mallory = evil.character("mallory")
    try:
        for number in range(LIMIT):
            nobody = Character(f"https://victim.test/a/{number}", "nobody")
            said = nobody.says("Like", "https://alpha.test/o/1", to=[PUBLIC])
            said = dict(proofs.prove(said, nobody.ed25519, town.clock.now()))
            request = evil.signed(mallory.ed25519, said, "https://alpha.test/inbox")
            assert (await evil.send(alpha, request)).status == (401 if number == 0 else 429)
        assert len(victim.asked) == 1
        town.clock.pass_(timedelta(minutes=1))
        for number in range(LIMIT):
            like = mallory.says("Like", "https://alpha.test/o/1", f"{mallory.id}#{number}")
            assert (await evil.say(alpha, mallory, like)).status == 202, "its share is whole"
    finally:
        await evil.close()
        await victim.close()


@pytest.mark.clause("FED-7.16", "FED-7.7")
async def test_a_suspended_server_uses_up_its_share_and_nobody_elses(town: Town) -> None:
    alpha, one, two = town.nodes.values()
    bad, good = await person(town, one.domain), await person(town, two.domain)
    await person(town, alpha.domain)
    async with alpha.line(town.admin_tokens[alpha.domain]) as line:
        choice = ActorChoice(actor=bad, suspended=True)
        assert await deliver(one, bad, 0) == (202, None)
        await line.ask("PUT", "/admin/actors", ActorList, choice)
    town.clock.pass_(timedelta(minutes=1))
    said = [(await deliver(one, bad, number))[0] for number in range(1, LIMIT + 3)]
    assert said == [403] * LIMIT + [429] * 2
    assert (await deliver(two, good, 1))[0] == 429, "one share for all of beta.test"


@pytest.mark.clause("FED-7.16")
async def test_proven_questions_use_up_the_share_of_their_domain(town: Town) -> None:
    one = town.nodes["one.beta.test"]
    actor = await person(town, one.domain)
    for _ in range(LIMIT):
        said = await one.node.lines.asking.look(actor, "https://alpha.test/o/1")
        assert said.status == 404
    assert (await one.node.lines.asking.look(actor, "https://alpha.test/o/1")).status == 429


def test_registrable_domains() -> None:
    suffixes = Suffixes()
    for host, domain in {
        "a.b.example.co.uk": "example.co.uk",
        "social.example.org": "example.org",
        "alice.github.io": "alice.github.io",
        "co.uk": "co.uk",
        "localhost": "localhost",
        "192.0.2.1": "192.0.2.1",
        "a.alpha.test": "alpha.test",
        "a.b.xn--55qx5d.cn": "b.xn--55qx5d.cn",  # 公司.cn is a public suffix
        "a.xn--mnchen-3ya.de": "xn--mnchen-3ya.de",
        "xn--\udcff.test": "xn--\udcff.test",
        "": "",
    }.items():
        assert suffixes.registrable(host) == domain, host


@pytest.mark.clause("FED-10.5")
async def test_nodeinfo_says_what_the_administrator_switched(town: Town) -> None:
    harness = town.nodes["alpha.test"]
    await person(town, harness.domain)

    async def said() -> bool:
        async with (
            aiohttp.ClientSession() as http,
            http.get(harness.url + "/nodeinfo/2.1") as answer,
        ):
            return bool((await answer.json())["openRegistrations"])

    assert not await said()
    async with harness.line(town.admin_tokens[harness.domain]) as line:
        await line.ask("PUT", "/admin/settings", NodeSettings, NodeSettings(registration="open"))
        assert (await line.ask("GET", "/node", NodeView)).registration == "open"
    assert await said()
