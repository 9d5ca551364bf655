"""Foreign documents: read as peers write them, refused where two readers would differ."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.errors import Malformed, NodeError
from node.wire import contexts, jsonld, keydocs
from node.wire.json import Document
from node.wire.json import document as parse_json
from tests.wire.conftest import ALICE

AS2 = "https://www.w3.org/ns/activitystreams"
BAD = "https://evil.test/ns#"


@pytest.mark.clause("FED-2.4")
@pytest.mark.parametrize(
    "context",
    [
        {"actor": f"{BAD}actor"},
        {"to": {"@id": "as:cc", "@type": "@id"}},
        {"object": {"@id": "as:target"}},
        {"actor": None},
        {"content": {"@id": f"{BAD}x", "@container": "@language"}},
        {"kanal": "as:actor"},
        {"sender": {"@id": f"{AS2}#actor", "@type": "@id"}},
        {"key": "https://w3id.org/security#publicKey"},
        {"Like": "as:Follow"},
        {"Gruss": "as:Create"},
        {"as": BAD},
        {"sec": {"@id": BAD, "@prefix": True}},
        {"id": f"{BAD}id"},
        {"type": "as:name"},
        {"url": "@id"},
        {"kind": "@type"},
        {"actor": {"@reverse": "as:actor"}},
        {"x": {"@reverse": "as:object"}},
        {"x": {"@id": "https://x.test/", "@nest": "y"}},
        {"@import": "https://evil.test/context"},
        {"x": {"@id": "https://x.test/", "@context": {"actor": BAD}}},
    ],
)
@pytest.mark.parametrize("inside", [False, True])
def test_a_context_that_turns_a_name(context: Document, inside: bool, refused) -> None:
    whole: Document = {"@context": [AS2, [context]], "type": "Like"}
    with refused("FED-2.4"):
        contexts.check({"@context": AS2, "type": "Create", "object": [whole]} if inside else whole)


@pytest.mark.clause("FED-2.4")
@pytest.mark.parametrize(
    "members",
    [
        {"@graph": []},
        {"object": {"@included": []}},
        {"@reverse": {"actor": "x"}},
        {"as:actor": "https://evil.test/a"},
        {f"{AS2}#actor": "https://evil.test/a"},
        {"object": {"sec:owner": "https://evil.test/a"}},
        {"id": "https://a.test/1", "@id": "https://a.test/2"},
        {"type": "Note", "@type": "Create"},
    ],
)
def test_a_name_that_is_hidden(members: Document, refused) -> None:
    with refused("FED-2.4"):
        contexts.check({"@context": AS2, **members})


@pytest.mark.clause("FED-2.4")
def test_contexts_as_peers_send_them() -> None:
    for context in (
        None,
        AS2,
        [AS2, "https://w3id.org/security/v1", {"@language": "und", "@vocab": "_:", "@base": None}],
        {"as": f"{AS2}#", "sec": "https://w3id.org/security#", "id": "@id", "type": "@type"},
        {"actor": "as:actor", "to": {"@id": "as:to", "@type": "@id"}, "inbox": "ldp:inbox"},
        {"icons": "as:icon", "likes": {"@id": "as:likes", "@type": "@id"}, "Hashtag": "as:Hashtag"},
        {"proofValue": "sec:proofValue", "owner": {"@id": "sec:owner", "@type": "@id"}},
        {"toot": "http://joinmastodon.org/ns#", "focalPoint": {"@container": "@list"}},
        {"quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"}, "x": None},
    ):
        contexts.check({"@context": context, "type": "Note", "diaspora:guid": "1", "as:x": 1})


def test_every_document_in_the_wild_is_read_or_refused(vectors: Path) -> None:
    """Not one real document trips over FED-2.4; those that must fail do."""
    refusals = {}
    pages = sorted((vectors / "wild").glob("*/*.json"))
    for page in pages:
        try:
            document = parse_json(page.read_bytes())
            jsonld.types(document)
            jsonld.id_of(document.get("actor"))
            jsonld.id_of(document)
            jsonld.items(document)
        except Malformed as refusal:
            refusals[f"{page.parent.name}/{page.name}"] = refusal.clause
    assert len(pages) >= 110
    assert {name for name in refusals if name.startswith("w3c-as2-fail/")} == {
        f"w3c-as2-fail/{page.name}" for page in (vectors / "wild" / "w3c-as2-fail").iterdir()
    }
    assert set(refusals.values()) == {"FED-2.6"}
    assert len(refusals) == 4


@pytest.mark.clause("FED-2.5")
def test_one_thing_in_many_ways() -> None:
    assert jsonld.one([]) is None and jsonld.one([1, 2]) == jsonld.one(1) == 1
    assert jsonld.many(None) == [] and jsonld.many("x") == jsonld.many(["x", None]) == ["x"]
    assert jsonld.many([1, 2, 3], limit=2) == [1, 2]
    for value in (ALICE, [ALICE], {"id": ALICE}, [{"@id": ALICE, "type": "Person"}]):
        assert jsonld.id_of(value) == ALICE
    for value in (None, "", [], {}, {"id": None}):
        assert jsonld.id_of(value) is None
    for value in ("as:Public", "Public", jsonld.PUBLIC):
        assert jsonld.id_of(value) == jsonld.PUBLIC
    assert jsonld.types({"type": "as:Note"}) == ("Note",)
    assert jsonld.types({"@type": ["Object", "mls:PrivateMessage"]}) == ("Object", "PrivateMessage")
    assert jsonld.types({}) == () and jsonld.is_a({"type": f"{AS2}#Note"}, "Note", "Page")
    assert jsonld.need_id({"@id": ALICE}, "id") == ALICE


@pytest.mark.clause("FED-2.5")
def test_small_things_as_peers_write_them() -> None:
    said: Document = {"yes": "true", "no": False, "odd": "maybe", "n": "12", "f": 3.0, "m": [7]}
    assert jsonld.flag(said, "yes") is True and jsonld.flag(said, "no") is False
    assert jsonld.flag(said, "odd") is None and jsonld.flag(said, "absent") is None
    assert [jsonld.whole(said, name) for name in ("n", "f", "m")] == [12, 3, 7]
    for value in (True, -1, 1.5, "x", 2**53, "9" * 17, None, {}):
        assert jsonld.whole({"n": value}, "n") is None  # type: ignore[dict-item]
    for text, length in (("PT12.3S", 12.3), ("PT1H2M3S", 3723.0), ("P1DT1S", 86401.0), ("PT0S", 0)):
        assert jsonld.seconds({"duration": text}) == length
    for text in ("-PT1S", "P", "PT", "P1Y", "12", "PT9999999999S", "", "PT1S\n"):
        assert jsonld.seconds({"duration": text}) is None
    instant = jsonld.instant({"published": ["2018-10-22T13:34:18Z"]}, "published")
    assert instant is not None and instant.year == 2018
    assert jsonld.instant({"published": 5}, "published") is None


@pytest.mark.clause("FED-2.6")
def test_what_is_no_id_and_no_type(refused) -> None:
    for value in (90, True, [1], {"id": 1}, "x" * 2049):
        with refused("FED-2.6"):
            jsonld.id_of(value)  # type: ignore[arg-type]
    for value in (16, [1], {"id": "Note"}):
        with refused("FED-2.6"):
            jsonld.types({"type": value})  # type: ignore[dict-item]
    with refused("FED-2.6"):
        jsonld.need_id({}, "actor")
    with refused("FED-2.6"):
        jsonld.items({"type": "OrderedCollection", "items": []})
    with refused("FED-2.6"):
        jsonld.items({"type": "Collection", "orderedItems": []})


@pytest.mark.clause("FED-3.3")
def test_the_keys_of_an_actor(rsa_key, ed_key) -> None:
    held = (rsa_key.public, ed_key.public)
    document: Document = {"id": ALICE, "type": "Person", **keydocs.key_members(held)}
    assert keydocs.keys_of(document) == held
    old = {"id": ALICE, "publicKey": [keydocs.key_document(rsa_key.public)]}
    assert keydocs.keys_of(old) == held[:1]  # type: ignore[arg-type]
    bare = {"id": rsa_key.id, "publicKeyPem": rsa_key.public.pem()}
    assert keydocs.keys_of({"id": ALICE, "publicKey": bare}) == held[:1]


@pytest.mark.clause("FED-3.3")
def test_keys_that_do_not_count_spoil_no_other(rsa_key, ed_key) -> None:
    good = keydocs.multikey_document(ed_key.public)
    foreign = {**good, "id": "https://evil.test/a/eve#key"}
    others = {**good, "id": f"{ALICE}#2", "controller": "https://beta.test/a/bob"}
    weak = {"id": f"{ALICE}#3", "owner": ALICE, "publicKeyPem": "-----BEGIN PUBLIC KEY-----"}
    odd = {**good, "id": f"{ALICE}#4", "publicKeyMultibase": 5}
    ended = {**good, "id": f"{ALICE}#5", "expires": "some day"}
    numbered = {**good, "id": 6}
    listed = [foreign, others, weak, odd, ended, numbered, "https://beta.test/keys/7", None, good]
    actor: Document = {"id": ALICE, "assertionMethod": listed}  # type: ignore[dict-item]
    assert keydocs.keys_of(actor) == (ed_key.public,)


@pytest.mark.clause("FED-3.3")
def test_captured_actors_and_a_hostile_one(vectors: Path) -> None:
    folder = vectors / "wild"
    for name in ("mastodon/admin@mastdon.example.org", "friendica/objects-person_1"):
        actor = json.loads((folder / f"{name}.json").read_text())
        [key] = keydocs.keys_of(actor)
        assert key.owner == actor["id"]
    name = "evil@remote.example_with_keyid_from_admin@mastdon.example.org.json"
    assert keydocs.keys_of(json.loads((folder / "hostile" / name).read_text())) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "@context",
                    "@id",
                    "id",
                    "type",
                    "actor",
                    "as:to",
                    "publicKey",
                    "assertionMethod",
                    "x",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
@settings(max_examples=300)
def test_whatever_comes_only_our_own_errors_are_raised(value) -> None:
    document: Document = value if isinstance(value, dict) else {"x": value, "id": "i"}
    for read in (contexts.check, jsonld.types, jsonld.id_of, keydocs.keys_of, jsonld.items):
        try:
            read(document)
        except NodeError as refusal:
            assert isinstance(refusal, Malformed)
