"""What actors say of themselves."""

import pytest

from node.errors import Refused
from node.federation.activities.shapes import Delete, UpdateActor
from node.federation.changing import on_delete_actor, on_update_actor
from node.federation.peers import Actor
from node.store.federation import FederationUnit
from tests.federation.conftest import ALICE, Person, System


async def hear(system: System, update: UpdateActor) -> Actor | None:
    async def work(unit: FederationUnit) -> Actor | None:
        await on_update_actor(update, unit)
        return await unit.actor(update.actor)

    return await system.units.run(FederationUnit, work)


async def test_an_update_brings_the_new_name_and_the_new_keys(system: System, bob: Person) -> None:
    system.publish(bob)
    await system.discovery.actor(bob.id)
    rotated = Person(bob.id, "bob", seed=9)
    document = rotated.document(name="Robert")
    actor = await hear(system, UpdateActor("https://b.test/t/1", bob.id, document))
    assert actor is not None
    assert actor.display_name == "Robert"
    key = await system.units.look(FederationUnit, lambda unit: unit.key(rotated.ed25519.id))
    assert key == rotated.ed25519.public


async def test_an_update_of_a_stranger_or_of_ours_changes_nothing(
    system: System, bob: Person
) -> None:
    assert await hear(system, UpdateActor("https://b.test/t/1", bob.id, bob.document())) is None
    forged = {**bob.document(name="Forged"), "id": ALICE}
    alice = await hear(system, UpdateActor("https://a.test/t/1", ALICE, forged))
    assert alice is not None
    assert alice.display_name == ""


async def test_an_update_that_is_no_actor_is_refused(system: System, bob: Person) -> None:
    system.publish(bob)
    await system.discovery.actor(bob.id)
    with pytest.raises(Refused):
        await hear(system, UpdateActor("https://b.test/t/1", bob.id, {"id": bob.id, "type": "x"}))


async def test_only_the_delete_of_oneself_makes_one_gone(system: System, bob: Person) -> None:
    system.publish(bob)
    await system.discovery.actor(bob.id)

    async def gone(object: str) -> bool:
        async def work(unit: FederationUnit) -> bool:
            await on_delete_actor(Delete("https://b.test/t/1", bob.id, object), unit)
            actor = await unit.actor(bob.id)
            return actor is not None and actor.gone is not None

        return await system.units.run(FederationUnit, work)

    assert not await gone("https://b.test/o/1")
    assert await gone(bob.id)
