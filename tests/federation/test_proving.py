"""What we say to all goes out with a proof that holds; what we say to some does not."""

import json
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from node.federation.activities.context import INTEGRITY
from node.federation.activities.shapes import PUBLIC
from node.federation.proving import Prover
from node.testing.fakes import FakeClock
from node.testing.town import open_town
from node.testing.weather import Stranger
from node.wire import proofs
from node.wire.keydocs import keys_of
from node.wire.keys import Algorithm, PrivateKey, ed25519_from_seed
from tests.stories.people import person

KEY = ed25519_from_seed(b"k" * 32, "https://a.test/a/1#ed25519-key", "https://a.test/a/1")


class Keys:
    asked = 0

    async def private(self, actor: str, algorithm: Algorithm) -> PrivateKey:
        assert (actor, algorithm) == (KEY.public.owner, Algorithm.ED25519)
        self.asked += 1
        return KEY


def body(**more: Any) -> bytes:
    said = {"@context": "https://www.w3.org/ns/activitystreams", "type": "Like", "object": "x"}
    return json.dumps({**said, **more}).encode()


@pytest.mark.clause("FED-5.11")
@pytest.mark.parametrize("field", ["to", "cc"])
@pytest.mark.parametrize("context", ["one", ["one", {"two": "https://two.test/"}]])
async def test_what_is_for_all_is_signed_once(field: str, context: Any) -> None:
    keys, clock = Keys(), FakeClock()
    prover, said = Prover(keys, clock), body(**{field: [PUBLIC], "@context": context})
    proven = await prover.activity(said, KEY.public.owner)
    document = json.loads(proven)
    [proof] = proofs.proofs(document)
    proofs.verify(proof, KEY.public, clock.now())
    del document["proof"]
    first, integrity, *others = document.pop("@context")
    assert (first, integrity) == ("one", INTEGRITY)
    assert others == ([] if context == "one" else context[1:])
    assert document == {k: v for k, v in json.loads(said).items() if k != "@context"}
    clock.pass_(timedelta(minutes=1))
    assert await prover.activity(said, KEY.public.owner) == proven
    assert keys.asked == 1


@pytest.mark.clause("FED-5.11")
@pytest.mark.parametrize(
    "said",
    [
        body(),
        body(to=["https://b.test/a/1"]),
        body(to=["https://a.test/a/1/followers"], content=f"about {PUBLIC}"),
    ],
)
async def test_what_is_for_some_goes_out_as_it_is(said: bytes) -> None:
    keys = Keys()
    assert await Prover(keys, FakeClock()).activity(said, KEY.public.owner) is said
    assert keys.asked == 0


@pytest.mark.clause("FED-5.11")
async def test_a_server_that_follows_can_check_what_it_is_sent(tmp_path: Path) -> None:
    async with (
        AsyncExitStack() as closing,
        open_town(tmp_path, "alpha.test") as town,
        person(town, "alice", "alpha.test") as alice,
    ):
        alpha, beta = town.nodes["alpha.test"], Stranger(town, "beta.test")
        closing.push_async_callback(beta.close)
        bob = beta.character("bob")
        await beta.say(alpha, bob, bob.says("Follow", alice.actor, to=[alice.actor]))
        await town.settle()
        for audience in ("public", "friends"):
            content = {"content": f"for {audience}", "audience": audience}
            await alice.line.ask("POST", "/posts", dict, content)
        await town.settle()
        sent = [json.loads(each.body) for each in beta.asked if each.method == "POST"]
        (create,) = [each for each in sent if each["type"] == "Create"]
        (accept,) = [each for each in sent if each["type"] == "Accept"]
        assert "proof" not in accept
        answer = await beta.send(alpha, beta.asks(bob, alice.actor))
        actor: Any = dict(answer.document)
        held = {key.id: key for key in keys_of(actor)}
        listed = [method["id"] for method in actor["assertionMethod"]]
        there = await beta.send(alpha, beta.asks(bob, create["id"]))
        for document in (create, dict(there.document), actor):
            [proof] = proofs.proofs(document)
            assert proof.method in listed
            proofs.verify(proof, held[proof.method], town.clock.now())
