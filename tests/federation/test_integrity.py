"""Object proofs at the door: whose word they make it, and what they must not prove."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from node.errors import Refused
from node.federation.activities.shapes import PUBLIC
from node.federation.integrity import LARGEST
from node.store.federation import FederationUnit
from node.wire import proofs
from node.wire.keys import PrivateKey, ed25519_from_seed
from node.wire.times import rfc3339
from tests.federation.conftest import ALICE, Person, System

Refuses = Callable[[str], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def everyone(system: System, bob: Person, eve: Person) -> None:
    system.publish(bob)
    system.publish(eve)


def post(one: Person, **more: Any) -> dict[str, Any]:
    host = one.id.split("/")[2]
    note = {"id": f"https://{host}/o/1", "type": "Note", "content": "hello", "attributedTo": one.id}
    return one.says("Create", **{"object": note, "to": [PUBLIC], "cc": [ALICE], **more})


def proven(system: System, document: dict[str, Any], key: PrivateKey) -> dict[str, Any]:
    return dict(proofs.prove(document, key, system.clock.now()))


@pytest.mark.clause("FED-5.8")
@pytest.mark.parametrize("public", [True, False])
async def test_an_activity_of_its_actor_with_a_proof_is_taken(
    system: System, bob: Person, public: bool
) -> None:
    said = proven(system, post(bob, to=[PUBLIC] if public else []), bob.ed25519)
    assert (await system.receiver.receive(system.signed(bob.rsa, said))).stored


@pytest.mark.clause("FED-5.9")
async def test_what_another_server_brings_is_its_actors_word_by_the_proof(
    system: System, bob: Person, eve: Person
) -> None:
    said = proven(system, post(bob), bob.ed25519)
    receipt = await system.receiver.receive(system.signed(eve.rsa, said))
    assert receipt.stored
    assert (receipt.actor, receipt.sender) == (bob.id, eve.id)
    (arrival,) = await system.waits()
    assert (arrival.actor, arrival.activity) == (bob.id, said["id"])
    assert json.loads(arrival.body) == said


@pytest.mark.clause("FED-5.9")
async def test_a_neighbour_may_bring_it_too(system: System, bob: Person) -> None:
    carol = Person("https://b.test/a/carol", "carol", 3)
    system.publish(carol)
    said = proven(system, post(bob), bob.ed25519)
    assert (await system.receiver.receive(system.signed(carol.rsa, said))).stored


def forged(change: dict[str, Any]) -> Callable[[System, Person, Person], dict[str, Any]]:
    """Bob's post with a change after it was signed."""
    return lambda system, bob, _: {**proven(system, post(bob), bob.ed25519), **change}


def with_proof(change: dict[str, Any]) -> Callable[[System, Person, Person], dict[str, Any]]:
    def make(system: System, bob: Person, _: Person) -> dict[str, Any]:
        said = proven(system, post(bob), bob.ed25519)
        return {**said, "proof": {**said["proof"], **change}}

    return make


def by_another(system: System, bob: Person, eve: Person) -> dict[str, Any]:
    return proven(system, post(bob), eve.ed25519)


def by_a_neighbour(system: System, bob: Person, _: Person) -> dict[str, Any]:
    carol = Person("https://b.test/a/carol", "carol", 3)
    system.publish(carol)
    return proven(system, post(bob), carol.ed25519)


def by_a_key_nobody_lists(system: System, bob: Person, _: Person) -> dict[str, Any]:
    return proven(system, post(bob), ed25519_from_seed(b"x" * 32, f"{bob.id}#other", bob.id))


def by_a_key_under_anothers_id(system: System, bob: Person, _: Person) -> dict[str, Any]:
    return proven(system, post(bob), ed25519_from_seed(b"x" * 32, bob.ed25519.id, bob.id))


def one_good_and_one_bad(system: System, bob: Person, _: Person) -> dict[str, Any]:
    said = proven(system, post(bob), bob.ed25519)
    bad = by_a_key_under_anothers_id(system, bob, bob)["proof"]
    return {**said, "proof": [said["proof"], bad]}


def one_of_another_too(system: System, bob: Person, eve: Person) -> dict[str, Any]:
    said = proven(system, post(bob), bob.ed25519)
    return {**said, "proof": [said["proof"], by_another(system, bob, eve)["proof"]]}


def three(system: System, bob: Person, _: Person) -> dict[str, Any]:
    said = proven(system, post(bob), bob.ed25519)
    return {**said, "proof": [said["proof"]] * 3}


def of_the_future(system: System, bob: Person, _: Person) -> dict[str, Any]:
    return dict(proofs.prove(post(bob), bob.ed25519, system.clock.now() + timedelta(hours=2)))


BAD = {
    "altered": ("FED-5.2", forged({"summary": "more"})),
    "addressed to others": ("FED-5.2", forged({"to": [PUBLIC, ALICE]})),
    "of another purpose": ("FED-5.2", with_proof({"proofPurpose": "authentication"})),
    "with another time": ("FED-5.2", with_proof({"created": "2020-01-02T03:04:05Z"})),
    "expired": ("FED-5.3", with_proof({"expires": "2020-01-01T00:00:00Z"})),
    "of the future": ("FED-5.3", of_the_future),
    "of another context": ("FED-5.6", with_proof({"@context": "https://x.test/"})),
    "by another": ("FED-5.8", by_another),
    "by a neighbour": ("FED-5.8", by_a_neighbour),
    "by a key nobody lists": ("FED-7.5", by_a_key_nobody_lists),
    "by a key under another's id": ("FED-5.2", by_a_key_under_anothers_id),
    "one good and one bad": ("FED-5.2", one_good_and_one_bad),
    "one of another too": ("FED-5.8", one_of_another_too),
    "three": ("FED-5.8", three),
}


@pytest.mark.clause("FED-5.8")
@pytest.mark.parametrize("brought_by", ["bob", "eve"])
@pytest.mark.parametrize("name", BAD)
async def test_a_proof_that_does_not_hold_is_refused_whoever_brings_it(
    system: System, bob: Person, eve: Person, refused: Refuses, name: str, brought_by: str
) -> None:
    clause, make = BAD[name]
    said = make(system, bob, eve)
    sender = {"bob": bob, "eve": eve}[brought_by]
    with refused(clause):
        await system.receiver.receive(system.signed(sender.rsa, said))
    assert await system.stored() == []


@pytest.mark.clause("FED-5.8", "FED-7.1")
@pytest.mark.parametrize("name", ["expired", "of another context", "by another", "three"])
async def test_nothing_is_fetched_for_a_proof_that_is_refused_without(
    system: System, bob: Person, eve: Person, name: str
) -> None:
    said = BAD[name][1](system, bob, eve)
    with pytest.raises(Refused):
        await system.receiver.receive(system.signed(eve.rsa, said))
    assert system.net.asked == []


@pytest.mark.clause("FED-5.1", "FED-5.8", "FED-7.3")
@pytest.mark.parametrize(
    "change",
    [
        {"cryptosuite": "bbs-2023"},
        {"type": "RsaSignature2017"},
        {"verificationMethod": "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"},
    ],
)
async def test_a_proof_that_is_passed_over_neither_helps_nor_harms(
    system: System, bob: Person, eve: Person, refused: Refuses, change: dict[str, Any]
) -> None:
    said = with_proof(change)(system, bob, eve)
    with refused("FED-7.3"):
        await system.receiver.receive(system.signed(eve.rsa, said))
    assert (await system.receiver.receive(system.signed(bob.rsa, said))).stored


@pytest.mark.clause("FED-5.8")
async def test_a_document_too_large_to_be_checked_proves_nothing(
    system: System, bob: Person, eve: Person, refused: Refuses
) -> None:
    said = proven(system, post(bob, summary="x" * LARGEST), bob.ed25519)
    with refused("FED-7.3"):
        await system.receiver.receive(system.signed(eve.rsa, said))
    assert (await system.receiver.receive(system.signed(bob.rsa, said))).stored


@pytest.mark.clause("FED-5.10")
@pytest.mark.parametrize(
    "said",
    [
        {"kind": "Follow", "object": ALICE, "to": [PUBLIC]},
        {"kind": "Undo", "object": "https://b.test/t/2", "to": [PUBLIC, ALICE]},
        {"kind": "Accept", "object": f"{ALICE}/t/2", "to": [PUBLIC]},
        {"kind": "Like", "object": f"{ALICE}/o/1", "to": [ALICE]},
    ],
)
async def test_what_is_not_for_all_only_its_actor_may_bring(
    system: System, bob: Person, eve: Person, refused: Refuses, said: dict[str, Any]
) -> None:
    document = proven(system, bob.says(**said), bob.ed25519)
    with refused("FED-5.10"):
        await system.receiver.receive(system.signed(eve.rsa, document))
    assert system.net.asked == []  # told by its words alone, before any key is asked for
    assert (await system.receiver.receive(system.signed(bob.rsa, document))).stored


@pytest.mark.clause("FED-5.10")
async def test_an_old_proof_may_no_longer_be_brought_by_another(
    system: System, bob: Person, eve: Person, refused: Refuses
) -> None:
    said = proven(system, post(bob), bob.ed25519)
    timeless = proofs.prove(post(bob), bob.ed25519, system.clock.now())
    assert rfc3339(system.clock.now().replace(microsecond=0)) == said["proof"]["created"]
    system.clock.pass_(timedelta(days=7, seconds=1))
    with refused("FED-5.10"):
        await system.receiver.receive(system.signed(eve.rsa, dict(timeless)))
    assert (await system.receiver.receive(system.signed(bob.rsa, said))).stored


@pytest.mark.clause("FED-5.10")
async def test_what_is_brought_twice_is_applied_once(
    system: System, bob: Person, eve: Person
) -> None:
    """Its actor may say it again (FED-7.8), and whoever kept it may not."""
    said = proven(system, bob.says("Like", object=f"{ALICE}/o/1", to=[PUBLIC, ALICE]), bob.ed25519)
    await system.receiver.receive(system.signed(bob.rsa, said))
    (arrival,) = await system.waits()
    await system.arrivals_applied()
    assert await system.stored() == []
    await system.receiver.receive(system.signed(eve.rsa, said))
    assert await system.stored() == []
    await system.receiver.receive(system.signed(bob.rsa, said))
    assert await system.stored() == [arrival.activity]


@pytest.mark.clause("FED-5.9", "FED-7.7")
@pytest.mark.parametrize("host", ["b.test", "evil.test"])
async def test_a_suspended_server_neither_speaks_nor_brings(
    system: System, bob: Person, eve: Person, refused: Refuses, host: str
) -> None:
    await system.units.run(FederationUnit, lambda unit: unit.suspend(host, suspended=True))
    said = proven(system, post(bob), bob.ed25519)
    with refused("FED-7.7"):
        await system.receiver.receive(system.signed(eve.rsa, said))


@pytest.mark.clause("FED-5.9", "FED-7.10")
async def test_the_end_of_an_actor_of_whom_we_hold_no_key_is_not_fetched_for(
    system: System, bob: Person, eve: Person
) -> None:
    await system.receiver.receive(system.signed(eve.rsa, eve.says("Follow", object=ALICE)))
    system.net.asked.clear()
    said = proven(system, bob.says("Delete", object=bob.id, to=[PUBLIC]), bob.ed25519)
    receipt = await system.receiver.receive(system.signed(eve.rsa, said))
    assert (receipt.stored, receipt.sender, system.net.asked) == (False, "", [])


@pytest.mark.clause("FED-5.8", "FED-7.6")
async def test_a_key_that_was_exchanged_is_fetched_once_more(
    system: System, bob: Person, eve: Person
) -> None:
    await system.receiver.receive(system.signed(bob.rsa, bob.says("Follow", object=ALICE)))
    bob.ed25519 = ed25519_from_seed(b"n" * 32, bob.ed25519.id, bob.id)
    system.publish(bob)
    system.clock.pass_(timedelta(minutes=6))
    said = proven(system, post(bob), bob.ed25519)
    assert (await system.receiver.receive(system.signed(eve.rsa, said))).stored
