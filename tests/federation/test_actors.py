"""Actor documents: what peers say of themselves, and what we say of ours."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from node.federation.actors import (
    ActorDocument,
    actor_page,
    parse_actor,
    render_actor,
)
from node.federation.capabilities import NAMES, VIDEOS
from node.wire import json
from node.wire.keys import ed25519_from_seed, private_from_material

ANN = "https://a.example/a/ann"
EVE = "https://eve.example/a/eve"


@pytest.fixture(scope="module")
def keys():
    material = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return (
        private_from_material(material, f"{ANN}#main-key", ANN).public,
        ed25519_from_seed(bytes(32), f"{ANN}#ed25519-key", ANN).public,
    )


@pytest.fixture
def ann(keys):
    return ActorDocument(
        id=ANN,
        kind="Person",
        name="ann",
        inbox=f"{ANN}/inbox",
        shared_inbox="https://a.example/inbox",
        outbox=f"{ANN}/outbox",
        followers=f"{ANN}/followers",
        following=f"{ANN}/following",
        friends=f"{ANN}/friends",
        key_packages=f"{ANN}/keyPackages",
        display_name="Ann",
        summary="<p>about me</p>",
        icon="https://a.example/m/ann.png",
        url="https://a.example/@ann",
        keys=keys,
        capabilities=tuple(NAMES),
        manually_approves=True,
        webfinger="ann@a.example",
        channel="https://a.example/a/channel",
    )


def person(**more):
    return {"type": "Person", "id": EVE, "inbox": f"{EVE}/inbox", **more}


@pytest.mark.clause("FED-6.19")
def test_our_person_reads_back(ann):
    page = actor_page(ann)
    assert parse_actor(json.document(json.encode(page))) == ann
    hosts = {each.split("/")[2] for each in page["@context"] if isinstance(each, str)}
    assert hosts == {"www.w3.org", "w3id.org"}, "every other term stands inline"
    assert "keyPackages" in page["@context"][-1]
    assert page["publicKey"]["owner"] == ANN, "one object, for those who take no list"


@pytest.mark.clause("FED-6.19")
def test_our_channel_and_our_node_read_back(keys):
    channel = ActorDocument(
        id=ANN,
        kind="Group",
        name="ann_channel",
        inbox=f"{ANN}/inbox",
        display_name="Ann's videos",
        url=ANN,
        keys=keys,
        owner="https://a.example/a/person",
        capabilities=tuple(NAMES),
    )
    assert parse_actor(actor_page(channel)) == channel
    node = ActorDocument(
        id=ANN,
        kind="Application",
        name="a.example",
        inbox=f"{ANN}/inbox",
        display_name="Kith",
        url="https://a.example",
        keys=keys,
        capabilities=tuple(NAMES),
    )
    assert parse_actor(actor_page(node)) == node
    assert "generator" not in render_actor(node)


@pytest.mark.clause("FED-6.17")
@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "Note"},
        {"type": None},
        {"id": None},
        {"id": "eve"},
        {"inbox": None},
        {"inbox": 5},
        {"inbox": ["https://eve.example/1", "https://eve.example/2"]},
        {"name": 5},
        {"@context": {"inbox": "https://www.w3.org/ns/activitystreams#outbox"}},
    ],
)
def test_what_is_no_actor(wrong):
    with pytest.raises(Exception) as caught:
        parse_actor(person() | wrong)
    assert caught.value.clause.startswith(("FED-6.", "FED-2.", "FED-1."))


def test_null_everywhere_is_nothing_said():
    said = ("name", "summary", "icon", "url", "endpoints", "publicKey", "assertionMethod")
    more = ("followers", "following", "outbox", "generator", "webfinger", "attributedTo")
    empty = dict.fromkeys((*said, *more, "preferredUsername", "attachment"))
    read = parse_actor(person(**empty))
    assert read == ActorDocument(EVE, "Person", "eve.example", f"{EVE}/inbox")


def test_a_summary_is_cleaned():
    read = parse_actor(person(summary="<p>x</p><script>y</script>", name="a\u202eb\x00"))
    assert (read.summary, read.display_name) == ("<p>x</p>", "ab")


@pytest.mark.clause("FED-6.18")
@pytest.mark.parametrize(
    "claim",
    [{"owner": ANN}, {"id": f"{ANN}#main-key"}, {"controller": ANN, "owner": ANN}],
)
def test_a_key_of_somebody_else_is_not_claimed(keys, claim, refused):
    key = {"id": f"{EVE}#main-key", "owner": EVE, "publicKeyPem": keys[0].pem()}
    with refused("FED-6.18"):
        parse_actor(person(publicKey=key | claim))
    # Beside a key of one's own it is left out.
    assert len(parse_actor(person(publicKey=[key, key | claim])).keys) == 1


@pytest.mark.clause("FED-6.18")
def test_a_key_that_cannot_be_used_spoils_nothing(keys):
    good = {"id": f"{EVE}#main-key", "owner": EVE, "publicKeyPem": keys[0].pem()}
    bad = {"id": f"{EVE}#2", "owner": EVE, "publicKeyPem": "-----BEGIN PUBLIC KEY-----\n..."}
    assert [key.id for key in parse_actor(person(publicKey=[bad, good, "x", None])).keys] == [
        good["id"]
    ]
    assert parse_actor(person(publicKey=bad)).keys == ()


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (["https://x.example/1"], ("https://x.example/1",)),
        ({"href": "https://x.example/1"}, ("https://x.example/1",)),
        ([{"href": "https://x.example/1", "name": "x"}, 5, None], ("https://x.example/1",)),
        (None, ()),
    ],
)
def test_capabilities_are_read_in_all_their_forms(said, read):
    assert parse_actor(person(generator={"implements": said})).capabilities == read


@pytest.mark.parametrize("handle", ["bob", "@bob@", 5, {}, "a@b@c", "@", "acct:@x"])
def test_an_odd_webfinger_is_nothing(handle):
    document = person(webfinger=handle) if isinstance(handle, str) else person()
    assert parse_actor(document).webfinger == ""


def test_real_actors_of_many_servers(vectors):
    wild = vectors / "wild"
    named = {
        "smithereen/smithereen_user.json": ("grishka", 1),
        "mastodon/gts-converter-2.json": ("Gargron", 1),
        "misskey/7even.json": ("7even", 1),
        "discourse/objects-person.json": ("angus", 1),
        "bridgy-fed/bridgy-actor.json": ("jk.nipponalba.scot", 0),  # a key of 1,024 bits
        "mbin/objects-instance.json": ("fedia.io", 1),
    }
    for file, (name, count) in named.items():
        read = parse_actor(json.document(Path(wild / file).read_bytes()))
        assert (read.name, len(read.keys)) == (name, count), file


@pytest.mark.clause("FED-6.17a")
@pytest.mark.parametrize("name", ["outbox", "followers", "following", "friends", "keyPackages"])
def test_an_actor_does_not_claim_the_collections_of_others(name: str) -> None:
    """A comment for "the followers" of the host would go to those of its own author."""
    said = {"id": ANN, "type": "Person", "inbox": f"{ANN}/inbox"}
    field = "key_packages" if name == "keyPackages" else name
    assert getattr(parse_actor({**said, name: f"{ANN}/x"}), field) == f"{ANN}/x"
    assert getattr(parse_actor({**said, name: "https://elsewhere.test/a/bob/x"}), field) == ""


@pytest.mark.clause("VID-8.2")
def test_peertube_is_known_by_the_context_of_its_actors():
    base = "https://www.w3.org/ns/activitystreams"
    tube = [base, {"pt": VIDEOS, "playlists": {"@id": "pt:playlists", "@type": "@id"}}]
    assert parse_actor(person(**{"@context": tube})).capabilities == (VIDEOS,)
    for other in (base, [base, {"pt": {"@id": VIDEOS}}], [VIDEOS], {"x": ["https://x.test"]}):
        assert parse_actor(person(**{"@context": other})).capabilities == ()
