"""Whom an id or a handle names, and who confirms it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from node.errors import Forbidden, Malformed, Missing, NoRoom, Refused, Unreachable
from node.federation import capabilities
from node.federation.webfinger import Handle, handle, read_host_meta
from node.ports import Response
from node.store.federation import FederationUnit
from node.wire.httpsig import Dialect
from node.wire.keys import Algorithm
from tests.federation.conftest import ALICE, Person, System

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
    "text",
    [
        "",
        "bob",
        "@bob",
        "@@b.test",
        "bob@",
        "b/b@b.test",
        "a@b@c.test",
        "x@" + "y" * 400,
        "a b@b.test",
        "a<b>@b.test",
        "a%41@b.test",
        "b\u00f6b@b.test",
        "x" * 65 + "@b.test",
        "\u202ebob@b.test",
    ],
)
def test_what_is_no_handle_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        handle(text)


@pytest.mark.clause("FED-10.6")
async def test_a_handle_leads_to_the_actor_that_its_server_confirms(
    system: System, bob: Person
) -> None:
    system.publish(bob)
    system.net.at[finger("bob", "b.test")] = jrd("bob@b.test", bob.id)
    found = await system.discovery.find("@bob@b.test")
    assert (found.id, found.handle) == (bob.id, "@bob@b.test")
    assert len(system.net.asked) == 2
    again = await system.discovery.find("@bob@b.test")
    assert again.id == bob.id
    assert len(system.net.asked) == 2, "known now"


@pytest.mark.clause("FED-10.6")
async def test_a_split_domain_is_confirmed_where_it_points(system: System) -> None:
    """@bob@example.social, whose server is at social.example.social."""
    bob = Person("https://s.b.test/a/bob", "bob")
    system.publish(bob)
    system.net.at[finger("bob", "b.test")] = jrd("bob@b.test", bob.id)
    system.net.at[finger("bob", "b.test", at="s.b.test")] = jrd("bob@b.test", bob.id)
    assert (await system.discovery.find("bob@b.test")).handle == "@bob@b.test"
    system.net.at[finger("bob", "s.b.test")] = jrd("bob@b.test", bob.id)
    assert (await system.discovery.find("bob@s.b.test")).handle == "@bob@b.test"


@pytest.mark.clause("FED-10.6")
@pytest.mark.parametrize("there", ["nothing", "no JRD", "another"])
async def test_where_the_first_claim_is_not_borne_out_the_next_one_counts(
    system: System, there: str
) -> None:
    """s.b.test calls its Bob @bob@b.test, and b.test knows nothing of it."""
    bob = Person("https://s.b.test/a/bob", "bob")
    system.publish(bob)
    system.net.at[finger("bob", "s.b.test")] = jrd("bob@b.test", bob.id)
    if there != "nothing":
        other = jrd("bob@b.test", "https://b.test/a/other") if there == "another" else {"x": 1}
        system.net.at[finger("bob", "b.test")] = other
    assert (await system.discovery.find("bob@s.b.test")).handle == "@bob@s.b.test"


@pytest.mark.clause("FED-10.6")
async def test_an_impostor_is_not_confirmed(system: System, bob: Person, refused: Refuses) -> None:
    """evil.test says that its @bank is somebody else's actor, or claims another's handle."""
    system.publish(bob)
    system.net.at[finger("bank", "evil.test")] = jrd("bank@evil.test", bob.id)
    with refused("FED-10.6"):
        await system.discovery.find("bank@evil.test")
    eve = Person("https://evil.test/a/eve", "bob", 2)
    system.publish(eve)
    system.net.at[finger("x", "evil.test")] = jrd("bob@b.test", eve.id)
    system.net.at[finger("bob", "b.test")] = jrd("bob@b.test", bob.id)
    with pytest.raises(Refused):
        await system.discovery.find("x@evil.test")


@pytest.mark.clause("FED-10.6")
async def test_nobody_gives_their_own_names_to_somebody_elses_people(
    system: System, bob: Person
) -> None:
    """evil.test leads @bob@evil.test to b.test's Bob, who has never heard of it."""
    system.publish(bob)
    system.net.at[finger("bob", "evil.test")] = jrd("bob@evil.test", bob.id)
    system.net.at[finger("bob", "b.test")] = jrd("bob@b.test", bob.id)
    assert (await system.discovery.find("bob@evil.test")).handle == "@bob@b.test"
    system.net.at[finger("bob", "evil.test", at="b.test")] = jrd("bob@b.test", f"{bob.id}/2")
    system.clock.pass_(timedelta(days=2))
    assert (await system.discovery.find("bob@evil.test")).handle == "@bob@b.test"


@pytest.mark.clause("FED-10.6")
@pytest.mark.parametrize(
    "body",
    [b"<html>", b"[]", b'{"links": 5}', b'{"links": [{"rel": "self", "href": "x"}]}',
     b'{"a":1,"a":2}', b'{"links":[{"rel":"self","type":"application/activity+json","href":"https://u@x/"}]}'],
)  # fmt: skip
async def test_a_domain_that_answers_nonsense_does_not_end_the_search(
    system: System, bob: Person, body: bytes
) -> None:
    """alias.test leads to Bob under a third domain, whose pages are all HTML, say."""
    system.publish(bob)
    system.net.at[finger("bob", "alias.test")] = jrd("bob@other.test", bob.id)
    nonsense = finger("bob", "other.test")
    system.net.at[nonsense] = Response(200, nonsense, {}, body)
    system.net.at[finger("bob", "b.test")] = jrd("bob@b.test", bob.id)
    assert (await system.discovery.find("bob@alias.test")).handle == "@bob@b.test"
    assert nonsense in system.net.asked


def xrd(template: str, rel: str = "lrdd") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'<Link rel="other"/><Link rel="{rel}" template="{template}"/></XRD>'
    ).encode()


@pytest.mark.clause("FED-10.10")
async def test_a_host_that_has_only_host_meta_says_where_to_ask(
    system: System, bob: Person
) -> None:
    system.publish(bob)
    meta = "https://b.test/.well-known/host-meta"
    body = xrd("https://social.b.test/.well-known/webfinger?resource={uri}")
    system.net.at[meta] = Response(200, meta, {}, body)
    system.net.at[finger("bob", "b.test", at="social.b.test")] = jrd("bob@b.test", bob.id)
    assert (await system.discovery.find("bob@b.test")).handle == "@bob@b.test"


@pytest.mark.clause("FED-10.10")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe<",
        b"<XRD>",
        xrd("http://b.test/?resource={uri}"),
        xrd("https://b.test/?resource="),
        xrd("https://b.test/?resource={uri}", rel="self"),
        xrd("https://b.test/?resource={uri}").replace(b"<XRD", b"<!DOCTYPE x><XRD"),
        xrd("https://b.test/?resource={uri}").replace(b"</XRD>", b" " * 16_384 + b"</XRD>"),
    ],
)  # fmt: skip
def test_a_host_meta_that_leads_nowhere(body: bytes) -> None:
    assert read_host_meta(body) == ""


@pytest.mark.parametrize("status", [404, 410])
async def test_nobody_of_that_name(system: System, status: int) -> None:
    system.net.at[finger("bob", "b.test")] = status
    with pytest.raises(Missing):
        await system.discovery.find("bob@b.test")


async def test_a_server_that_is_down_is_unreachable(system: System) -> None:
    system.net.at[finger("bob", "b.test")] = 503
    with pytest.raises(Unreachable):
        await system.discovery.find("bob@b.test")


@pytest.mark.clause("FED-10.7")
@pytest.mark.parametrize("kind", ["application/json", "text/html", "image/png", ""])
async def test_a_document_of_another_media_type_is_not_the_servers_word(
    system: System, bob: Person, kind: str, refused: Refuses
) -> None:
    body = b'{"id":"https://b.test/a/bob","type":"Person","inbox":"https://b.test/in"}'
    system.net.at[bob.id] = Response(200, bob.id, {"content-type": kind}, body)
    with refused("FED-10.7"):
        await system.discovery.actor(bob.id)


@pytest.mark.clause("FED-10.7")
async def test_an_id_of_another_origin_is_read_there_and_not_believed_here(
    system: System, bob: Person, eve: Person
) -> None:
    system.publish(bob)
    system.net.at["https://evil.test/a/bob"] = bob.document(name="Forged")
    found = await system.discovery.actor("https://evil.test/a/bob")
    assert (found.id, found.display_name) == (bob.id, "bob")
    system.net.at[bob.id] = eve.document()
    system.net.at["https://evil.test/a/2"] = bob.document(name="Forged")
    with pytest.raises(Forbidden):
        await system.discovery.actor("https://evil.test/a/2")


@pytest.mark.clause("FED-10.7")
async def test_after_a_redirect_the_last_server_speaks_only_for_itself(
    system: System, bob: Person, eve: Person
) -> None:
    forged = Response(
        200,
        "https://evil.test/forged",
        {"content-type": "application/activity+json"},
        b'{"id":"https://b.test/a/bob","type":"Person","inbox":"https://evil.test/in"}',
    )
    system.net.at[bob.id] = forged
    with pytest.raises(Forbidden):
        await system.discovery.actor(bob.id)


async def test_an_actor_is_read_again_after_a_day_and_kept_when_its_server_is_silent(
    system: System, bob: Person
) -> None:
    system.publish(bob)
    await system.discovery.actor(bob.id)
    system.publish(bob, name="Robert")
    assert (await system.discovery.actor(bob.id)).display_name == "bob"
    system.clock.pass_(timedelta(hours=25))
    assert (await system.discovery.actor(bob.id)).display_name == "Robert"
    system.clock.pass_(timedelta(hours=25))
    system.net.down(bob.id)
    assert (await system.discovery.actor(bob.id)).display_name == "Robert"
    with pytest.raises(Unreachable):
        await system.discovery.actor(bob.id, fresh=True)


@pytest.mark.clause("FED-12.8")
async def test_an_actor_that_was_read_lately_is_known_though_there_is_no_room_for_news_of_it(
    system: System, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_room(*_: object) -> None:
        raise NoRoom("the database has no room left on its disk")

    system.publish(bob)
    system.net.at[finger("bob", "b.test")] = jrd("bob@b.test", bob.id)
    await system.discovery.find("@bob@b.test")
    system.clock.pass_(timedelta(hours=25))
    monkeypatch.setattr(FederationUnit, "put_found", no_room)
    assert (await system.discovery.actor(bob.id)).id == bob.id
    assert (await system.discovery.find("@bob@b.test")).id == bob.id
    with pytest.raises(NoRoom):
        await system.discovery.actor(bob.id, fresh=True)


@pytest.mark.clause("FED-10.8")
async def test_many_who_ask_cause_one_fetch(system: System, bob: Person) -> None:
    system.publish(bob)
    found = await asyncio.gather(*(system.discovery.actor(bob.id) for _ in range(20)))
    assert {each.id for each in found} == {bob.id}
    assert system.net.asked == [bob.id]


async def test_one_of_ours_is_never_asked_for(system: System) -> None:
    assert (await system.discovery.actor(ALICE)).local
    assert (await system.discovery.find("@alice@a.test")).id == ALICE
    assert system.net.asked == []


@pytest.mark.clause("FED-8.10")
async def test_what_an_actors_software_can_do_decides_how_we_sign(
    system: System, bob: Person
) -> None:
    system.publish(bob)
    await system.discovery.actor(bob.id)
    peer = await system.directory.peer("b.test")
    assert (peer.speaks, peer.reads) == (Dialect.CAVAGE, Algorithm.RSA)
    system.publish(bob, generator=capabilities.generator())
    await system.discovery.actor(bob.id, fresh=True)
    peer = await system.directory.peer("b.test")
    assert (peer.speaks, peer.reads) == (Dialect.RFC9421, Algorithm.ED25519)
