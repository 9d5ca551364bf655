"""The door: what is refused, what is stored, what is fetched on the way."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec.structs import replace as changed

from node.errors import Forbidden, NoRoom, Refused, Unreachable
from node.federation.activities.shapes import PUBLIC
from node.federation.actors import parse_actor
from node.federation.discovery import actor_row
from node.federation.peers import Actor as PeerActor
from node.federation.peers import Found
from node.federation.trust import Delivery
from node.ports import Request
from node.store import tables
from node.store.federation import FederationUnit
from node.store.keyring import public_row
from node.wire import httpsig, proofs
from node.wire.httpsig import Dialect
from node.wire.keydocs import multikey_document
from node.wire.keys import ed25519_from_seed
from tests.federation.conftest import ALICE, US, Person, System

Refuses = Callable[[str], AbstractContextManager[None]]


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize("key", ["rsa", "ed25519"])
@pytest.mark.clause("FED-7.8")
async def test_a_signed_activity_is_on_disk_when_it_is_accepted(
    system: System, bob: Person, dialect: Dialect, key: str
) -> None:
    system.publish(bob)
    follow = bob.says("Follow", object=ALICE)
    receipt = await system.receiver.receive(
        system.signed(getattr(bob, key), follow, dialect=dialect)
    )
    assert receipt.stored
    assert await system.stored() == [follow["id"]]
    assert system.net.asked == [bob.id], "one fetch for an unknown key"


@pytest.mark.clause("FED-7.8")
async def test_a_repeat_is_answered_like_the_first(system: System, bob: Person) -> None:
    system.publish(bob)
    delivery = system.signed(bob.rsa, bob.says("Follow", object=ALICE))
    receipts = [await system.receiver.receive(delivery) for _ in range(3)]
    assert all(receipt.stored for receipt in receipts)
    assert len(await system.stored()) == 1
    assert len(system.net.asked) == 1


@pytest.mark.clause("FED-7.1")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: changed(d, headers={k: v for k, v in d.headers.items() if k != "signature"}),
        lambda d: changed(d, body=d.body + b" "),
        lambda d: changed(d, target="/a/alice/inbox"),
        lambda d: changed(d, headers={**d.headers, "date": ["Mon, 01 Jan 2024 00:00:00 GMT"]}),
    ],
)
async def test_nothing_is_fetched_for_what_is_refused_without(
    system: System, bob: Person, spoil: Callable[[Delivery], Delivery]
) -> None:
    system.publish(bob)
    delivery = system.signed(bob.rsa, bob.says("Follow", object=ALICE))
    spoiled = spoil(delivery)
    with pytest.raises(Refused):
        await system.receiver.receive(spoiled)
    assert await system.stored() == []
    # A wrong target is seen only with the key; all else before any fetch.
    assert len(system.net.asked) <= (2 if spoiled.target != delivery.target else 0)


@pytest.mark.clause("FED-7.1")
async def test_a_stale_delivery_is_refused_with_our_time(system: System, bob: Person) -> None:
    system.publish(bob)
    delivery = system.signed(bob.rsa, bob.says("Follow", object=ALICE))
    system.clock.pass_(timedelta(hours=2))
    with pytest.raises(Refused) as caught:
        await system.receiver.receive(delivery)
    assert caught.value.clause == "FED-4.5"
    assert caught.value.params["server_time"] == int(system.clock.now().timestamp())
    assert system.net.asked == []


@pytest.mark.clause("FED-7.3")
async def test_one_may_not_speak_for_another(
    system: System, bob: Person, eve: Person, refused: Refuses
) -> None:
    carol = Person("https://b.test/a/carol", "carol", 3)
    for each in (bob, eve, carol):
        system.publish(each)
    with refused("FED-7.3"):  # of another server
        await system.receiver.receive(system.signed(eve.rsa, bob.says("Follow", object=ALICE)))
    assert system.net.asked == []
    with refused("FED-7.3"):  # of the same server
        await system.receiver.receive(system.signed(carol.rsa, bob.says("Follow", object=ALICE)))
    assert await system.stored() == []


@pytest.mark.clause("FED-7.4")
async def test_an_activity_with_an_id_of_another_server_is_refused(
    system: System, bob: Person
) -> None:
    system.publish(bob)
    said = bob.says("Follow", id="https://evil.test/t/1", object=ALICE)
    with pytest.raises(Forbidden):
        await system.receiver.receive(system.signed(bob.rsa, said))


@pytest.mark.clause("FED-7.5")
async def test_a_key_document_may_not_name_its_owner_at_will(
    system: System, bob: Person, eve: Person, refused: Refuses
) -> None:
    """keyId on the attacker's host; the document there claims that the victim owns the key."""
    system.publish(bob)
    key = replace(eve.rsa, public=replace(eve.rsa.public, id="https://evil.test/key"))
    system.net.at["https://evil.test/key"] = {
        "id": "https://evil.test/key",
        "owner": bob.id,
        "publicKeyPem": key.public.pem(),
    }
    with refused("FED-7.3"):
        await system.receiver.receive(system.signed(key, bob.says("Follow", object=ALICE)))
    with refused("FED-7.5"):  # and says it of itself, with that key
        await system.receiver.receive(system.signed(key, eve.says("Follow", object=ALICE)))
    assert await system.stored() == []


@pytest.mark.clause("FED-7.5")
async def test_an_upload_on_the_victims_server_is_not_its_word(
    system: System, bob: Person, refused: Refuses
) -> None:
    """A JSON file under the victim's host that lists the attacker's key for the victim."""
    mallory = ed25519_from_seed(b"m" * 32, "https://b.test/media/1.json#k", bob.id)
    forged = bob.document()
    forged["publicKey"] = {"id": mallory.id, "owner": bob.id, "publicKeyPem": mallory.public.pem()}
    system.publish(bob)
    system.net.at["https://b.test/media/1.json"] = forged
    with refused("FED-7.5"):
        await system.receiver.receive(system.signed(mallory, bob.says("Follow", object=ALICE)))


@pytest.mark.clause("FED-7.5")
async def test_a_key_with_a_url_of_its_own_is_found_through_its_owner(
    system: System, bob: Person
) -> None:
    """As GoToSocial has it: the key's id is no fragment of the actor's."""
    id = f"{bob.id}/main-key"
    key = replace(bob.rsa, public=replace(bob.rsa.public, id=id))
    document = bob.document()
    document["publicKey"]["id"] = id
    system.net.at[bob.id] = document
    system.net.at[id] = {"id": bob.id, "publicKey": document["publicKey"], "type": "Person"}
    receipt = await system.receiver.receive(system.signed(key, bob.says("Follow", object=ALICE)))
    assert receipt.stored
    assert len(system.net.asked) == 2


NEIGHBOURS = [
    "https://b.test/a/bob#main-key",
    "https://b.test/a/bob#ed25519-key",
    "https://b.test/a/bob/main-key",
    "https://b.test/keys/1",
]


@pytest.mark.clause("FED-7.5")
@pytest.mark.parametrize("taken", NEIGHBOURS)
@pytest.mark.parametrize("first", ["bob", "mallory"])
async def test_nobody_takes_the_id_of_a_neighbours_key(
    system: System, bob: Person, refused: Refuses, taken: str, first: str
) -> None:
    """Mallory lives on Bob's server and lists Bob's key id as her own, with her own key."""
    mallory = Person("https://b.test/a/mallory", "mallory", 7)
    bobs = replace(bob.ed25519, public=replace(bob.ed25519.public, id=taken))
    hers = replace(mallory.ed25519, public=replace(mallory.ed25519.public, id=taken))
    document = mallory.document()
    document["assertionMethod"].append(multikey_document(hers.public))
    system.net.at[mallory.id] = document
    document = bob.document()
    document |= {"publicKey": [], "assertionMethod": [multikey_document(bobs.public)]}
    system.net.at[bob.id] = document
    if "#" not in taken:
        system.net.at[taken] = multikey_document(bobs.public)

    async def bob_is_heard(number: int) -> None:
        said = bob.says("Follow", f"https://b.test/t/{number}", object=ALICE)
        assert (await system.receiver.receive(system.signed(bobs, said))).stored

    if first == "bob":
        await bob_is_heard(1)
    like = mallory.says("Like", "https://b.test/t/9", object=f"{US}/o/1")
    await system.receiver.receive(system.signed(mallory.ed25519, like))
    await system.discovery.actor(mallory.id, fresh=True)
    with refused("FED-7.3"):
        await system.receiver.receive(system.signed(bobs, like))
    for said in (like, bob.says("Follow", "https://b.test/t/8", object=ALICE)):
        with pytest.raises(Refused):
            await system.receiver.receive(system.signed(hers, said))
    system.clock.pass_(timedelta(minutes=6))
    await bob_is_heard(2)
    kept = await system.directory.key(taken)
    assert kept is not None and kept.owner == bob.id


@pytest.mark.clause("FED-7.6")
async def test_a_rotated_key_is_fetched_once_more_and_then_not_again(
    system: System, bob: Person, refused: Refuses
) -> None:
    system.publish(bob)
    await system.receiver.receive(system.signed(bob.ed25519, bob.says("Follow", object=ALICE)))
    system.net.asked.clear()
    rotated = Person(bob.id, "bob", seed=9)
    system.publish(rotated)
    said = bob.says("Like", id="https://b.test/t/2", object=f"{US}/o/1")
    assert (await system.receiver.receive(system.signed(rotated.ed25519, said))).stored
    assert system.net.asked == [bob.id]
    system.net.asked.clear()
    forged = Person(bob.id, "bob", seed=66)
    for _ in range(50):
        with refused("FED-4.7"):
            await system.receiver.receive(system.signed(forged.ed25519, said))
    assert system.net.asked == []
    system.clock.pass_(timedelta(minutes=5, seconds=1))
    with refused("FED-4.7"):
        await system.receiver.receive(system.signed(forged.ed25519, said))
    assert system.net.asked == [bob.id]


@pytest.mark.clause("FED-3.5")
async def test_a_key_that_its_owner_took_back_is_not_believed_for_long(
    system: System, bob: Person, refused: Refuses
) -> None:
    system.publish(bob)
    await system.receiver.receive(system.signed(bob.ed25519, bob.says("Follow", object=ALICE)))
    rotated = Person(bob.id, "bob", seed=9)
    system.publish(rotated)
    document = parse_actor(rotated.document())
    found = Found(actor_row(document), document.keys, b"{}")
    await system.units.run(FederationUnit, lambda unit: unit.put_found(found))  # as by its Update
    system.clock.pass_(timedelta(minutes=1, seconds=1))
    said = bob.says("Like", id="https://b.test/t/2", object=f"{US}/o/1")
    with refused("FED-4.7"):
        await system.receiver.receive(system.signed(bob.ed25519, said))


@pytest.mark.clause("FED-7.7")
@pytest.mark.parametrize("host", ["b.test", "test"])
async def test_a_suspended_server_is_not_heard(
    system: System, bob: Person, refused: Refuses, host: str
) -> None:
    system.publish(bob)
    await system.units.run(FederationUnit, lambda unit: unit.suspend(host, suspended=True))
    with refused("FED-7.7"):
        await system.receiver.receive(system.signed(bob.rsa, bob.says("Follow", object=ALICE)))
    await system.units.run(FederationUnit, lambda unit: unit.suspend(host, suspended=False))
    system.clock.pass_(timedelta(seconds=6))
    receipt = await system.receiver.receive(
        system.signed(bob.rsa, bob.says("Follow", object=ALICE))
    )
    assert receipt.stored


@pytest.mark.clause("FED-7.9")
async def test_what_concerns_nobody_here_is_accepted_and_stored_nowhere(
    system: System, bob: Person
) -> None:
    system.publish(bob)
    note = {"id": "https://b.test/o/1", "type": "Note", "attributedTo": bob.id, "content": "x"}
    for said in (
        bob.says("Create", object=note, to=["as:Public"]),
        bob.says("Like", object="https://c.test/o/1"),
        bob.says("Travel", object=ALICE),
    ):
        receipt = await system.receiver.receive(system.signed(bob.rsa, said))
        assert not receipt.stored
    assert await system.stored() == []


@pytest.mark.clause("FED-7.9")
async def test_a_public_post_of_one_whom_somebody_here_follows_is_kept(
    system: System, bob: Person
) -> None:
    system.publish(bob)
    note = {"id": "https://b.test/o/1", "type": "Note", "attributedTo": bob.id, "content": "x"}
    said = bob.says("Create", object=note, to=["as:Public"])
    assert not (await system.receiver.receive(system.signed(bob.rsa, said))).stored

    async def follow(unit: FederationUnit) -> None:
        await unit.connection.execute(
            tables.follows.insert().values(follower=ALICE, followed=bob.id, updated=0)
        )

    await system.units.run(FederationUnit, follow)
    assert (await system.receiver.receive(system.signed(bob.rsa, said))).stored


@pytest.mark.clause("FED-7.9")
async def test_a_video_of_a_channel_that_somebody_here_follows_is_kept(
    system: System, bob: Person
) -> None:
    """As PeerTube sends it: the channel announces, its account creates."""
    system.publish(bob)
    channel = "https://b.test/video-channels/bees"
    video = {
        "type": "Video",
        "id": "https://b.test/videos/1",
        "attributedTo": [{"type": "Person", "id": bob.id}, {"type": "Group", "id": channel}],
    }
    said = bob.says("Create", object=video, to=["https://www.w3.org/ns/activitystreams#Public"])
    assert not (await system.receiver.receive(system.signed(bob.rsa, said))).stored

    async def follow(unit: FederationUnit) -> None:
        await unit.connection.execute(
            tables.follows.insert().values(follower=ALICE, followed=channel, updated=0)
        )

    await system.units.run(FederationUnit, follow)
    await system.receiver.receive(system.signed(bob.rsa, said))
    assert await system.stored() == [said["id"]]


@pytest.mark.clause("FED-7.16", "FED-5.8")
@pytest.mark.parametrize("how", ["not to be had", "does not hold", "another's"])
async def test_a_false_proof_is_nobodys_whoever_brings_it(
    system: System, bob: Person, how: str
) -> None:
    """Or one with a key of their own makes us ask for a new false key each time."""
    eve = Person("https://b.test/a/eve", "eve", seed=2)
    for one in (bob, eve):
        system.publish(one)
    if how == "not to be had":
        system.net.at[eve.id] = 404
    said = eve.says("Create", object=f"{eve.id}/1", to=[PUBLIC])
    signer = bob.ed25519 if how == "another's" else eve.ed25519
    proven = dict(proofs.prove(said, signer, system.clock.now()))
    if how == "does not hold":
        proven["summary"] = "changed since"
    found = []
    for key in (bob.rsa, eve.rsa):
        with pytest.raises((Refused, Unreachable)) as raised:
            await system.receiver.receive(system.signed(key, proven))
        found.append(raised.value.sender)
    assert found == ["", ""]


@pytest.mark.clause("FED-7.16")
async def test_who_has_proven_nothing_is_nobody_though_others_wait_for_the_same_key(
    system: System, bob: Person
) -> None:
    """One error tells all of them; it says of each alone who has proven themselves."""
    system.publish(bob)
    full = NoRoom("the database has no room left on its disk")

    async def no_room(*_: object) -> None:
        raise full

    system.receiver._keep = no_room  # type: ignore[method-assign,assignment]
    keys = system.receiver._keys
    said = bob.says("Follow", object=ALICE)
    found = []
    for key in (keys.key, no_room):
        keys.key = key  # type: ignore[method-assign,assignment]
        with pytest.raises(NoRoom) as raised:
            await system.receiver.receive(system.signed(bob.rsa, said))
        found.append(raised.value.sender)
    assert found == [bob.id, ""]


@pytest.mark.clause("FED-7.10")
async def test_a_storm_of_deletes_of_strangers_costs_no_fetch(system: System) -> None:
    for n in range(20):
        stranger = Person(f"https://b.test/a/{n}", "x")
        said = stranger.says("Delete", object=stranger.id)
        receipt = await system.receiver.receive(system.signed(stranger.rsa, said))
        assert not receipt.stored
    assert system.net.asked == []
    assert await system.stored() == []


@pytest.mark.clause("FED-7.11")
@pytest.mark.parametrize(("status", "counts"), [(410, True), (404, False), (500, False)])
async def test_the_delete_of_an_actor_whose_key_is_gone(
    system: System, bob: Person, status: int, counts: bool
) -> None:
    system.publish(bob)
    await system.receiver.receive(system.signed(bob.rsa, bob.says("Follow", object=ALICE)))
    system.net.at[bob.id] = status
    rotated = Person(bob.id, "bob", seed=9)
    said = bob.says("Delete", id="https://b.test/t/9", object=bob.id)
    delivery = system.signed(rotated.ed25519, said)
    if not counts:
        with pytest.raises((Refused, Unreachable)):
            await system.receiver.receive(delivery)
        return
    assert (await system.receiver.receive(delivery)).stored
    gone = await system.directory.actor(bob.id)
    assert gone is not None
    assert gone.gone is not None


@pytest.mark.clause("FED-7.11")
async def test_nothing_else_counts_when_the_key_is_gone(system: System, bob: Person) -> None:
    system.publish(bob)
    await system.receiver.receive(system.signed(bob.rsa, bob.says("Follow", object=ALICE)))
    system.net.at[bob.id] = 410
    rotated = Person(bob.id, "bob", seed=9)
    said = bob.says("Undo", id="https://b.test/t/9", object=f"{US}/t/1")
    with pytest.raises(Refused):
        await system.receiver.receive(system.signed(rotated.ed25519, said))


@pytest.mark.clause("FED-7.11")
async def test_that_a_neighbour_is_gone_deletes_nobody_else(system: System, bob: Person) -> None:
    """Anyone may name the key of an actor who has left: it proves that one's end alone."""
    carol = Person("https://b.test/a/carol", "carol", 3)
    system.publish(bob)
    system.publish(carol)
    for each in (bob, carol):
        await system.receiver.receive(system.signed(each.rsa, each.says("Follow", object=ALICE)))
    system.net.at[carol.id] = 410
    said = bob.says("Delete", id="https://b.test/t/9", object=bob.id)
    forged = Person(carol.id, "carol", seed=66)
    with pytest.raises(Refused):
        await system.receiver.receive(system.signed(forged.ed25519, said))
    known = await system.directory.actor(bob.id)
    assert known is not None
    assert known.gone is None
    assert said["id"] not in await system.stored()


@pytest.mark.clause("FED-10.9")
async def test_a_wrong_signature_in_the_name_of_ours_reads_nothing_anew(
    system: System, refused: Refuses
) -> None:
    """Our own host would answer with the document, and ours would become a stranger."""
    alice, forged = Person(ALICE, "alice"), Person(ALICE, "alice", seed=66)
    system.publish(alice)
    row = dict(public_row(alice.ed25519.public), created=0, private=b"sealed")

    async def hold(unit: FederationUnit) -> None:
        await unit.connection.execute(tables.keys.insert().values(**row))

    await system.units.run(FederationUnit, hold)
    said = alice.says("Follow", object=f"{US}/a/bob")
    with refused("FED-4.7"):
        await system.receiver.receive(system.signed(forged.ed25519, said))
    with refused("FED-10.9"):  # a key that we have not: nor is it looked for
        await system.receiver.receive(system.signed(forged.rsa, said))
    assert system.net.asked == []
    assert await system.directory.local(ALICE) is not None


@pytest.mark.clause("FED-10.9")
async def test_no_document_elsewhere_leads_to_one_of_ours(system: System, eve: Person) -> None:
    alice = Person(ALICE, "alice")
    system.publish(alice)
    system.net.at[eve.id] = alice.document()
    with pytest.raises(Forbidden):
        await system.discovery.actor(eve.id)
    with pytest.raises(Forbidden):
        await system.units.run(
            FederationUnit,
            lambda unit: unit.put_found(Found(PeerActor(ALICE, "Person", "x"), (), b"{}")),
        )
    system.directory.forget(ALICE)
    assert await system.directory.local(ALICE) is not None


@pytest.mark.clause("FED-7.15")
async def test_a_peer_that_signs_by_rfc_9421_is_signed_to_in_it(
    system: System, bob: Person
) -> None:
    system.publish(bob)
    said = bob.says("Follow", object=ALICE)
    await system.receiver.receive(system.signed(bob.rsa, said))
    assert (await system.directory.peer("b.test")).speaks is Dialect.CAVAGE
    await system.receiver.receive(system.signed(bob.rsa, said, dialect=Dialect.RFC9421))
    assert (await system.directory.peer("b.test")).speaks is Dialect.RFC9421


@pytest.mark.clause("FED-10.8")
async def test_many_deliveries_of_a_stranger_cause_one_fetch(system: System, bob: Person) -> None:
    system.publish(bob)
    deliveries = [
        system.signed(bob.rsa, bob.says("Like", id=f"https://b.test/t/{n}", object=f"{US}/o/1"))
        for n in range(30)
    ]
    await asyncio.gather(*(system.receiver.receive(each) for each in deliveries))
    assert len(await system.stored()) == 30
    assert system.net.asked == [bob.id]


@pytest.mark.clause("FED-11.5")
async def test_a_signed_get_proves_who_asks_and_a_wrong_one_nobody(
    system: System, bob: Person, refused: Refuses
) -> None:
    system.publish(bob)
    request = httpsig.sign(
        Request("GET", f"{US}/o/1"), bob.ed25519, system.clock.now(), Dialect.RFC9421
    )
    headers = {name: [value] for name, value in request.items()}
    assert await system.receiver.viewer(Delivery("GET", "/o/1", headers)) == bob.id
    assert await system.receiver.viewer(Delivery("GET", "/o/1", {})) is None
    with refused("FED-4.7"):
        await system.receiver.viewer(Delivery("GET", "/o/2", headers))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b"[" * 100_000, b'{"id":1,"id":2}', b"\xff", b'{"a":NaN}']
)
async def test_what_is_no_document_is_refused_without_a_fetch(
    system: System, bob: Person, body: bytes
) -> None:
    with pytest.raises(Refused):
        await system.receiver.receive(system.signed(bob.rsa, body))
    assert system.net.asked == []
