"""What an evil server says to a node, by name: each attack returns how it was answered.

Alice lives on alpha; Bob, her friend, on beta; Mallory and Eve on evil. Alice has a post for all
and one for friends, Bob wrote to her, he and Eve liked her post, and Alice and Bob have a
conversation.

What is tried elsewhere is not tried here again:

- key documents that name their owner at will, uploads on a victim's server, rotated and withdrawn
  keys, keys of actors that are gone, suspended servers: `test_receiving`;
- oversized bodies, announced or not, and reads by who is blocked: `test_pages`;
- handles and documents of other origins, also behind redirects: `test_discovery`;
- redirects to private addresses, names that lead inside, bombs, answers that trickle: `tests/net`;
- signatures over too little, twice, half, of another algorithm: `tests/wire/test_httpsig`;
- forged ends of friendships and blocks, requests without end: `tests/graph/test_hearing`;
- swapped, spoilt and expired key packages: `tests/e2ee/test_keydir`, `tests/client/test_device`;
- commits lost, doubled or out of order, hostile epochs, replays: `tests/e2ee/test_relay`;
- what MLS itself refuses of a member: `tests/e2ee/mls/test_refuse_*`.
"""

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from node.e2ee.mls.public.framing import PROPOSAL
from node.federation.activities.shapes import PUBLIC
from node.federation.discovery import ACTIVITY_JSON
from node.ports import Request
from node.store.e2ee import E2eeUnit
from node.testing.town import Town, TownNode
from node.testing.weather import Character, Heard, Stranger
from node.wire import httpsig, proofs
from node.wire.httpsig import Dialect
from tests.e2ee.harness import commit, sealed, welcome, words

GROUP = b"mls://alpha.test/talk"
EPOCH = 3


@dataclass
class Scene:
    """The town at the moment of the attack."""

    town: Town
    alpha: TownNode
    evil: Stranger
    beta: Stranger
    alice: str
    bob: Character
    mallory: Character
    eve: Character
    public: str  # a post of alice's for all
    secret: str  # and one for friends
    offer: str  # bob's request, by which they are friends
    note: str  # a post of bob's
    like: str  # bob's like of the public post
    eves: str  # and eve's
    talk: str  # the address of the conversation
    carol: Character  # a friend of alice's on beta, who was in that conversation and was removed

    @property
    def inbox(self) -> str:
        return "https://alpha.test/inbox"

    async def mallory_says(self, type: str, object: Any, id: str = "", **more: Any) -> Heard:
        said = self.mallory.says(type, object, id, to=[self.alice], **more)
        return await self.evil.say(self.alpha, self.mallory, said)

    async def bob_says(self, type: str, object: Any, **more: Any) -> Heard:
        said = self.bob.says(type, object, to=[self.alice], **more)
        return await self.beta.say(self.alpha, self.bob, said)

    async def altered(self, change: Callable[[Request], Request], key: Any = None) -> Heard:
        """A like of Mallory's whose signed request was changed afterwards."""
        said = self.mallory.says("Like", self.public, to=[self.alice])
        request = self.evil.signed(key or self.mallory.ed25519, said, self.inbox)
        return await self.evil.send(self.alpha, change(request))

    def letter(self, one: Character, body: bytes, kind: str = "PrivateMessage") -> dict[str, Any]:
        """The sealed object as it stands on the wire."""
        return {
            "type": ["Object", kind],
            "id": f"https://{one.host}/o/sealed",
            "attributedTo": one.id,
            "to": [self.alice],
            "mediaType": "message/mls",
            "encoding": "base64",
            "content": base64.b64encode(body).decode(),
            "conversation": self.talk,
        }

    async def package_of_alice(self) -> bytes:
        """The reference of the package that anyone may see."""
        units = self.alpha.node.stores.units
        (offer,) = await units.look(E2eeUnit, lambda unit: unit.last_resorts(self.alice))
        return offer.ref

    async def forward(self, one: Character, body: bytes) -> Heard:
        """What a member's node asks of the relay (E2E-3.9)."""
        said = {"content": base64.b64encode(body).decode(), "welcomes": [], "removed": []}
        server = self.beta if one is self.bob else self.evil
        request = server.signed(one.ed25519, {**said, "group_info": ""}, self.talk)
        return await server.send(self.alpha, request)


Attack = Callable[[Scene], Awaitable[Heard]]
ATTACKS: dict[str, tuple[str, Attack]] = {}


def attack(clause: str) -> Callable[[Attack], Attack]:
    """Enter an attack that is refused with `clause` ("": it is answered as any, and dropped)."""

    def enter(do: Attack) -> Attack:
        ATTACKS[do.__name__] = clause, do
        return do

    return enter


# -- the signature ---------------------------------------------------------------------------------


@attack("FED-4.1")
async def no_signature(s: Scene) -> Heard:
    return await s.altered(
        lambda r: replace_request(r, drop=("signature", "signature-input", "authorization"))
    )


@attack("FED-4.4")
async def a_body_altered_on_the_way(s: Scene) -> Heard:
    return await s.altered(lambda r: Request(r.method, r.url, r.headers, r.body + b" "))


@attack("FED-4.4")
async def a_wrong_digest(s: Scene) -> Heard:
    wrong = base64.b64encode(bytes(32)).decode()
    return await s.altered(lambda r: replace_request(r, **{"content-digest": f"sha-256=:{wrong}:"}))


@attack("FED-4.5")
async def a_stale_date(s: Scene) -> Heard:
    said = s.mallory.says("Like", s.public, to=[s.alice])
    then = s.town.clock.now() - timedelta(hours=2)
    return await s.evil.send(s.alpha, s.evil.signed(s.mallory.ed25519, said, s.inbox, then))


@attack("FED-4.5")
async def a_date_to_come(s: Scene) -> Heard:
    said = s.mallory.says("Like", s.public, to=[s.alice])
    then = s.town.clock.now() + timedelta(hours=2)
    request = s.evil.signed(s.mallory.rsa, said, s.inbox, then, Dialect.CAVAGE)
    return await s.evil.send(s.alpha, request)


@attack("FED-4.7")
async def a_key_under_the_id_of_anothers(s: Scene) -> Heard:
    said = s.bob.says("Like", s.public, id="https://beta.test/t/forged", to=[s.alice])
    plain = Request("POST", s.inbox, {"content-type": ACTIVITY_JSON}, json.dumps(said).encode())
    # The words are Bob's, the key is Mallory's.
    made = httpsig.sign(plain, s.mallory.ed25519, s.town.clock.now(), Dialect.RFC9421)
    named = {k: v.replace(s.mallory.ed25519.id, s.bob.ed25519.id) for k, v in made.items()}
    headers = {**plain.headers, **named}
    return await s.evil.send(s.alpha, Request("POST", s.inbox, headers, plain.body))


@attack("FED-4.7")
async def a_request_replayed_to_another_inbox(s: Scene) -> Heard:
    said = s.mallory.says("Like", s.public, to=[s.alice])
    request = s.evil.signed(s.mallory.ed25519, said, s.inbox)
    return await s.evil.send(
        s.alpha, Request("POST", f"{s.alice}/inbox", request.headers, request.body)
    )


@attack("FED-7.3")
async def a_key_of_another_server(s: Scene) -> Heard:
    said = s.bob.says("Follow", s.alice, id="https://beta.test/t/forged", to=[s.alice])
    request = s.evil.signed(s.mallory.ed25519, said, s.inbox)
    return await s.evil.send(s.alpha, request)


@attack("FED-7.3")
async def a_key_of_a_neighbour(s: Scene) -> Heard:
    said = s.eve.says("Follow", s.alice, to=[s.alice])
    return await s.evil.send(s.alpha, s.evil.signed(s.mallory.ed25519, said, s.inbox))


def proven(s: Scene, document: dict[str, Any], key: Any) -> dict[str, Any]:
    return dict(proofs.prove(document, key, s.town.clock.now()))


def shout(s: Scene) -> dict[str, Any]:
    """A post of Bob's for all, as his own server would send it around."""
    note = s.bob.note("2", to=[PUBLIC], cc=[s.alice])
    return s.bob.says("Create", note, to=[PUBLIC], cc=[s.alice])


@attack("FED-5.8")
async def a_proof_of_ones_own_for_anothers_words(s: Scene) -> Heard:
    return await s.evil.say(s.alpha, s.mallory, proven(s, shout(s), s.mallory.ed25519))


@attack("FED-5.2")
async def a_post_altered_under_its_proof(s: Scene) -> Heard:
    said = proven(s, shout(s), s.bob.ed25519)
    said["object"] = {**said["object"], "content": "<p>send me money</p>"}
    return await s.evil.say(s.alpha, s.mallory, said)


@attack("FED-5.10")
async def a_friendships_end_kept_and_brought_by_another(s: Scene) -> Heard:
    said = s.bob.says("Undo", s.offer, to=[s.alice, PUBLIC])
    return await s.evil.say(s.alpha, s.mallory, proven(s, said, s.bob.ed25519))


@attack("FED-5.10")
async def a_post_of_last_month_brought_anew(s: Scene) -> Heard:
    said = proven(s, shout(s), s.bob.ed25519)
    s.town.clock.pass_(timedelta(days=30))
    return await s.evil.say(s.alpha, s.mallory, said)


# -- the document ----------------------------------------------------------------------------------


@attack("FED-2.1")
async def a_document_without_bottom(s: Scene) -> Heard:
    body = b'{"object":' * 5000 + b"{}" + b"}" * 5000
    return await s.evil.send(s.alpha, s.evil.signed(s.mallory.ed25519, body, s.inbox))


@attack("FED-2.2")
async def a_name_that_stands_twice(s: Scene) -> Heard:
    said = json.dumps(s.mallory.says("Like", s.public, to=[s.alice]))
    body = said[:-1].encode() + b', "actor": "https://beta.test/a/bob"}'
    return await s.evil.send(s.alpha, s.evil.signed(s.mallory.ed25519, body, s.inbox))


@attack("FED-6.2")
async def an_activity_id_of_another_server(s: Scene) -> Heard:
    return await s.mallory_says("Like", s.public, id="https://beta.test/t/1")


@attack("FED-6.5")
async def words_put_into_anothers_mouth(s: Scene) -> Heard:
    return await s.mallory_says("Create", s.mallory.note(attributedTo=s.bob.id))


@attack("FED-6.5")
async def a_post_under_our_own_id(s: Scene) -> Heard:
    return await s.mallory_says("Create", s.mallory.note(id="https://alpha.test/o/1"))


@attack("FED-6.5")
async def an_update_of_anothers_post(s: Scene) -> Heard:
    return await s.mallory_says("Update", s.bob.note("1", content="<p>I owe Mallory money</p>"))


@attack("FED-7.5")
async def an_actor_who_stands_elsewhere(s: Scene) -> Heard:
    liar = Character("https://evil.test/a/liar", "liar")
    s.evil.put(liar.id, {**s.bob.document(), "publicKey": liar.document()["publicKey"]})
    said = liar.says("Follow", s.alice, to=[s.alice])
    return await s.evil.say(s.alpha, liar, said)


# -- what people said ------------------------------------------------------------------------------


@attack("GRA-3.4")
async def an_accept_nobody_asked_for(s: Scene) -> Heard:
    return await s.mallory_says("Accept", "https://alpha.test/t/never")


@attack("GRA-3.4")
async def an_accept_of_what_another_was_asked(s: Scene) -> Heard:
    offer = {"type": "Offer", "id": "https://alpha.test/t/1", "actor": s.alice}
    relationship = {
        "type": "Relationship", "subject": s.alice, "object": s.bob.id,
        "relationship": "http://purl.org/vocab/relationship/friendOf",
    }  # fmt: skip
    return await s.mallory_says("Accept", {**offer, "object": relationship, "target": s.bob.id})


@attack("FED-6.7")
async def a_request_in_anothers_name(s: Scene) -> Heard:
    relationship = {
        "type": "Relationship", "subject": s.bob.id, "object": s.alice,
        "relationship": "http://purl.org/vocab/relationship/friendOf",
    }  # fmt: skip
    return await s.mallory_says("Offer", relationship, target=s.alice)


@attack("FED-6.10")
async def an_undo_of_anothers_request(s: Scene) -> Heard:
    return await s.mallory_says("Undo", s.offer)


@attack("FED-6.10")
async def an_undo_of_anothers_like(s: Scene) -> Heard:
    return await s.mallory_says("Undo", s.like)


@attack("")
async def an_undo_of_a_neighbours_like(s: Scene) -> Heard:
    return await s.mallory_says("Undo", s.eves)


@attack("FED-6.13")
async def a_delete_of_anothers_post(s: Scene) -> Heard:
    return await s.mallory_says("Delete", s.note)


@attack("FED-6.13")
async def a_delete_of_one_of_ours(s: Scene) -> Heard:
    return await s.mallory_says("Delete", s.alice)


@attack("INB-1.3")
async def a_comment_on_what_one_may_not_see(s: Scene) -> Heard:
    said = s.mallory.note(inReplyTo=s.secret, to=[s.alice])
    return await s.mallory_says("Create", said)


@attack("INB-3.2")
async def a_like_of_what_one_may_not_see(s: Scene) -> Heard:
    return await s.mallory_says("Like", s.secret)


@attack("")
async def a_create_replayed(s: Scene) -> Heard:
    note = s.bob.note("1", to=[s.alice, f"{s.bob.id}/friends"])
    return await s.bob_says("Create", note)


# -- sealed messages -------------------------------------------------------------------------------


@attack("E2E-4.4")
async def a_sealed_message_by_a_stranger(s: Scene) -> Heard:
    body = words(0, group=b"mls://evil.test/unheard-of")
    return await s.mallory_says("Create", s.letter(s.mallory, body))


@attack("E2E-3.2")
async def a_stranger_in_the_conversation(s: Scene) -> Heard:
    body = words(EPOCH, b"psst", group=GROUP)
    return await s.mallory_says("Create", s.letter(s.mallory, body))


@attack("E2E-4.2")
async def a_welcome_to_nobody(s: Scene) -> Heard:
    return await s.mallory_says("Create", s.letter(s.mallory, welcome(b"no such"), "Welcome"))


@attack("E2E-3.7")
async def a_welcome_of_a_stranger(s: Scene) -> Heard:
    body = welcome(await s.package_of_alice())
    said = {**s.letter(s.mallory, body, "Welcome"), "conversation": "https://evil.test/o/talk"}
    return await s.mallory_says("Create", said)


@attack("E2E-3.2")
async def a_welcome_into_anothers_conversation(s: Scene) -> Heard:
    body = welcome(await s.package_of_alice())
    return await s.mallory_says("Create", s.letter(s.mallory, body, "Welcome"))


@attack("FED-6.14")
async def a_sealed_message_to_a_collection(s: Scene) -> Heard:
    object = s.letter(s.mallory, words(EPOCH, group=GROUP))
    return await s.mallory_says("Create", {**object, "to": [f"{s.alice}/followers"]})


@attack("E2E-3.2")
async def a_commit_by_who_takes_no_part(s: Scene) -> Heard:
    return await s.forward(s.mallory, commit(EPOCH, b"mine now", group=GROUP))


async def carol_says(s: Scene, content: bytes, kind: str = "PrivateMessage") -> Heard:
    said = s.carol.says("Create", s.letter(s.carol, content, kind), to=[s.alice])
    return await s.beta.say(s.alpha, s.carol, said)


@attack("E2E-3.2")
async def a_junk_commit_of_a_removed_friend(s: Scene) -> Heard:
    return await carol_says(s, commit(EPOCH, b"junk", group=GROUP))


@attack("E2E-3.2")
async def a_junk_commit_of_a_later_epoch(s: Scene) -> Heard:
    return await carol_says(s, commit(EPOCH + 1, b"junk", group=GROUP))


@attack("E2E-3.2")
async def a_proposal_of_a_removed_friend(s: Scene) -> Heard:
    return await carol_says(s, sealed(PROPOSAL, EPOCH, b"let me in", GROUP))


@attack("E2E-3.2")
async def words_of_a_removed_friend(s: Scene) -> Heard:
    return await carol_says(s, words(EPOCH, b"still here", group=GROUP))


@attack("E2E-3.2")
async def a_welcome_by_a_removed_friend(s: Scene) -> Heard:
    return await carol_says(s, welcome(await s.package_of_alice()), "Welcome")


@attack("E2E-3.2")
async def a_forwarded_commit_of_a_removed_friend(s: Scene) -> Heard:
    said = {"content": base64.b64encode(commit(EPOCH, b"junk", group=GROUP)).decode()}
    document = {**said, "welcomes": [], "removed": [], "group_info": ""}
    request = s.beta.signed(s.carol.ed25519, document, s.talk)
    return await s.beta.send(s.alpha, request)


@attack("E2E-3.3")
async def an_epoch_rolled_back(s: Scene) -> Heard:
    return await s.forward(s.bob, commit(EPOCH - 1, b"again", group=GROUP))


@attack("E2E-3.3")
async def an_epoch_from_the_future(s: Scene) -> Heard:
    return await s.forward(s.bob, commit(EPOCH + 9, b"soon", group=GROUP))


@attack("E2E-3.2")
async def a_commit_of_another_group(s: Scene) -> Heard:
    return await s.forward(s.bob, commit(EPOCH, b"x", group=b"mls://beta.test/other"))


@attack("E2E-3.5")
async def a_proposal_withheld_until_it_is_old(s: Scene) -> Heard:
    return await s.forward(s.bob, sealed(PROPOSAL, EPOCH - 1, b"late", GROUP))


@attack("E2E-2.7")
async def key_packages_for_a_stranger(s: Scene) -> Heard:
    url = f"{s.alice}/key_packages/claim"
    return await s.evil.send(s.alpha, s.evil.signed(s.mallory.ed25519, {"suite": 1}, url))


def replace_request(request: Request, drop: tuple[str, ...] = (), **headers: str) -> Request:
    """The request with other headers."""
    kept = {k: v for k, v in request.headers.items() if k.lower() not in {*drop, *headers}}
    return Request(request.method, request.url, {**kept, **headers}, request.body)
