"""Whom an id or a handle names, and who confirms it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from node.errors import Forbidden, Malformed, Missing, Refused, Unreachable
from node.federation import capabilities
from node.federation.discovery import Handle, handle
from node.ports import Response
from node.wire.httpsig import Dialect
from node.wire.keys import Algorithm
from tests.federation.conftest import ALICE, Person, World

Refuses = Callable[[str], AbstractContextManager[None]]


def finger(name: str, host: str, at: str = "") -> str:
    return f"https://{at or host}/.well-known/webfinger?resource=acct%3A{name}%40{host}"


def jrd(subject: str, href: str) -> dict[str, Any]:
    link = {"rel": "self", "type": "application/activity+json", "href": href}
    return {"subject": f"acct:{subject}", "links": [{"rel": "other"}, link]}


@pytest.mark.parametrize("text", ["@bob@b.test", "bob@b.test", "acct:bob@B.test", " @bob@b.test "])
def test_a_handle_is_read_in_the_forms_in_which_people_write_it(text: str) -> None:
    assert handle(text) == Handle("bob", "b.test")


@pytest.mark.parametrize(
    "text", ["", "bob", "@bob", "@@b.test", "bob@", "b/b@b.test", "a@b@c.test", "x@" + "y" * 400]
)
def test_what_is_no_handle_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        handle(text)


@pytest.mark.clause("FED-10.6")
async def test_a_handle_leads_to_the_actor_that_its_server_confirms(
    world: World, bob: Person
) -> None:
    world.publish(bob)
    world.net.at[finger("bob", "b.test")] = jrd("bob@b.test", bob.id)
    found = await world.discovery.find("@bob@b.test")
    assert (found.id, found.handle) == (bob.id, "@bob@b.test")
    assert len(world.net.asked) == 2
    again = await world.discovery.find("@bob@b.test")
    assert again.id == bob.id
    assert len(world.net.asked) == 2, "known now"


@pytest.mark.clause("FED-10.6")
async def test_a_split_domain_is_confirmed_where_it_points(world: World) -> None:
    """@bob@example.social, whose server is at social.example.social."""
    bob = Person("https://s.b.test/a/bob", "bob")
    world.publish(bob)
    world.net.at[finger("bob", "b.test")] = jrd("bob@b.test", bob.id)
    assert (await world.discovery.find("bob@b.test")).handle == "@bob@b.test"
    world.net.at[finger("bob", "s.b.test")] = jrd("bob@b.test", bob.id)
    assert (await world.discovery.find("bob@s.b.test")).handle == "@bob@b.test"


@pytest.mark.clause("FED-10.6")
async def test_an_impostor_is_not_confirmed(world: World, bob: Person, refused: Refuses) -> None:
    """evil.test says that its @bank is somebody else's actor, or claims another's handle."""
    world.publish(bob)
    world.net.at[finger("bank", "evil.test")] = jrd("bank@evil.test", bob.id)
    with refused("FED-10.6"):
        await world.discovery.find("bank@evil.test")
    eve = Person("https://evil.test/a/eve", "bob", 2)
    world.publish(eve)
    world.net.at[finger("x", "evil.test")] = jrd("bob@b.test", eve.id)
    world.net.at[finger("bob", "b.test")] = jrd("bob@b.test", bob.id)
    with pytest.raises(Refused):
        await world.discovery.find("x@evil.test")


@pytest.mark.parametrize("status", [404, 410])
async def test_nobody_of_that_name(world: World, status: int) -> None:
    world.net.at[finger("bob", "b.test")] = status
    with pytest.raises(Missing):
        await world.discovery.find("bob@b.test")


async def test_a_server_that_is_down_is_unreachable(world: World) -> None:
    world.net.at[finger("bob", "b.test")] = 503
    with pytest.raises(Unreachable):
        await world.discovery.find("bob@b.test")


@pytest.mark.clause("FED-10.7")
@pytest.mark.parametrize("kind", ["application/json", "text/html", "image/png", ""])
async def test_a_document_of_another_media_type_is_not_the_servers_word(
    world: World, bob: Person, kind: str, refused: Refuses
) -> None:
    body = b'{"id":"https://b.test/a/bob","type":"Person","inbox":"https://b.test/in"}'
    world.net.at[bob.id] = Response(200, bob.id, {"content-type": kind}, body)
    with refused("FED-10.7"):
        await world.discovery.actor(bob.id)


@pytest.mark.clause("FED-10.7")
async def test_an_id_of_another_origin_is_read_there_and_not_believed_here(
    world: World, bob: Person, eve: Person
) -> None:
    world.publish(bob)
    world.net.at["https://evil.test/a/bob"] = bob.document(name="Forged")
    found = await world.discovery.actor("https://evil.test/a/bob")
    assert (found.id, found.display_name) == (bob.id, "bob")
    world.net.at[bob.id] = eve.document()
    world.net.at["https://evil.test/a/2"] = bob.document(name="Forged")
    with pytest.raises(Forbidden):
        await world.discovery.actor("https://evil.test/a/2")


@pytest.mark.clause("FED-10.7")
async def test_after_a_redirect_the_last_server_speaks_only_for_itself(
    world: World, bob: Person, eve: Person
) -> None:
    forged = Response(
        200,
        "https://evil.test/forged",
        {"content-type": "application/activity+json"},
        b'{"id":"https://b.test/a/bob","type":"Person","inbox":"https://evil.test/in"}',
    )
    world.net.at[bob.id] = forged
    with pytest.raises(Forbidden):
        await world.discovery.actor(bob.id)


async def test_an_actor_is_read_again_after_a_day_and_kept_when_its_server_is_silent(
    world: World, bob: Person
) -> None:
    world.publish(bob)
    await world.discovery.actor(bob.id)
    world.publish(bob, name="Robert")
    assert (await world.discovery.actor(bob.id)).display_name == "bob"
    world.clock.pass_(timedelta(hours=25))
    assert (await world.discovery.actor(bob.id)).display_name == "Robert"
    world.clock.pass_(timedelta(hours=25))
    world.net.down(bob.id)
    assert (await world.discovery.actor(bob.id)).display_name == "Robert"
    with pytest.raises(Unreachable):
        await world.discovery.refresh(bob.id)


@pytest.mark.clause("FED-10.8")
async def test_many_who_ask_cause_one_fetch(world: World, bob: Person) -> None:
    world.publish(bob)
    found = await asyncio.gather(*(world.discovery.actor(bob.id) for _ in range(20)))
    assert {each.id for each in found} == {bob.id}
    assert world.net.asked == [bob.id]


async def test_one_of_ours_is_never_asked_for(world: World) -> None:
    assert (await world.discovery.actor(ALICE)).local
    assert (await world.discovery.find("@alice@a.test")).id == ALICE
    assert world.net.asked == []


@pytest.mark.clause("FED-8.10")
async def test_what_an_actors_software_can_do_decides_how_we_sign(
    world: World, bob: Person
) -> None:
    world.publish(bob)
    await world.discovery.actor(bob.id)
    peer = await world.directory.peer("b.test")
    assert (peer.speaks, peer.reads) == (Dialect.CAVAGE, Algorithm.RSA)
    world.publish(bob, generator=capabilities.generator())
    await world.discovery.refresh(bob.id)
    peer = await world.directory.peer("b.test")
    assert (peer.speaks, peer.reads) == (Dialect.RFC9421, Algorithm.ED25519)


async def test_nodeinfo_is_read_once_a_week(world: World) -> None:
    url = "https://b.test/nodeinfo/2.1"
    link = {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": url}
    world.net.at["https://b.test/.well-known/nodeinfo"] = {"links": [link]}
    world.net.at[url] = {"software": {"name": "Mastodon", "version": "4.5.0"}}
    for _ in range(2):
        peer = await world.discovery.peer("b.test")
        assert (peer.software, peer.version) == ("mastodon", "4.5.0")
    assert len(world.net.asked) == 2
    silent = await world.discovery.peer("c.test")
    assert silent.software == ""
    assert silent.described is not None
