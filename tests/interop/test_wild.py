"""Documents captured from real servers, and documents made of them that nobody has seen."""

import copy
import json as standard
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.cli.inspect import Finding, inspect, main
from node.federation.activities import parse
from node.federation.activities.shapes import Announce

ROOT = Path(__file__).resolve().parents[2]
CLAUSES = set(re.findall(r"^\*\*(FED-[\d.]+)\*\*", (ROOT / "spec/federation.md").read_text(), re.M))
# Not documents of a server: fixtures with holes in the place of ids.
HOLES = ("` +", "`+", "{{", "SCRUBBED")
# What is said there is outside of the set that we understand (FED-6.1).
ELSEWHERE = {
    "fedify/example.com-invite.json",
    "friendica/activities-undo_dislike_page.json",
    "funkwhale/gts-resolve-1.json",
    "gotosocial/gts-internaltoas-27.json",
    "lemmy/activities-community-resolve_report_page.json",
    "pixelfed/pixelfed-test-StoryValidationTest-0.json",
}
# A document that was put where it does not belong: by itself it looks like any other. What gives
# it away is where it is fetched from (FED-10.7).
BY_PLACE = {"hostile/spoofed-object.json"}
# Only the id of what it encloses is read, so that nothing in it is believed (FED-6.8).
BY_ID = {"hostile/bogus-mastodon-announce.json"}


@pytest.fixture(scope="module")
def wild(vectors):
    return vectors / "wild"


@pytest.fixture(scope="module")
def manifest(wild):
    return standard.loads((wild / "MANIFEST.json").read_text())


def look(wild, file) -> Finding:
    return inspect(file, (wild / file).read_bytes())


def judged(finding: Finding) -> None:
    """A refusal names a clause that is written, and is never a fault of ours."""
    if finding.refused:
        clause, reason = finding.refused
        assert clause in CLAUSES, finding
        assert reason and "fault of this program" not in reason, finding


@pytest.mark.clause("FED-6.20")
def test_every_captured_document_is_understood_or_refused_by_a_clause(wild, manifest):
    assert len(manifest) > 90
    for entry in manifest:
        judged(look(wild, entry["file"]))


def test_documents_of_real_servers_are_understood(wild, manifest):
    for entry in manifest:
        file = entry["file"]
        folder = file.partition("/")[0]
        text = (wild / file).read_text()
        if folder in {"hostile", "w3c-as2", "w3c-as2-fail", "signed-requests"}:
            continue
        if any(hole in text for hole in HOLES) or "must be refused" in entry["note"]:
            continue
        finding = look(wild, file)
        if file in ELSEWHERE:
            assert finding.refused and finding.refused[0] == "FED-6.1", finding
        else:
            assert finding.refused is None, finding
            assert finding.type == entry["type"] or finding.type == "WebFinger"


def test_what_is_hostile_or_no_activitystreams_is_refused(wild, manifest):
    for entry in manifest:
        file = entry["file"]
        hostile = file.startswith(("hostile/", "w3c-as2-fail/"))
        if (hostile and file not in BY_PLACE | BY_ID) or "must be refused" in entry["note"]:
            assert look(wild, file).refused, file


@pytest.mark.clause("FED-6.5")
def test_a_document_from_another_place_than_its_id_is_refused(wild):
    document = standard.loads((wild / "hostile/spoofed-object.json").read_text())
    for at, refused in (("https://patch.cx/objects/spoof", False), ("https://evil.example", True)):
        wrapped = {"contextUrl": None, "document": document, "documentUrl": at}
        finding = inspect("x", standard.dumps(wrapped).encode())
        assert bool(finding.refused) is refused


@pytest.mark.clause("FED-6.8")
def test_of_a_forged_copy_in_a_share_nothing_but_the_id_is_kept(wild):
    (file,) = BY_ID
    document = standard.loads((wild / file).read_text())
    shared = parse(document)
    assert isinstance(shared, Announce)
    assert shared.object == document["object"]["id"]
    assert document["object"]["content"] not in str(shared)


AS2 = "http://www.w3.org/ns/activitystreams"
NO_AS2 = [
    [],
    "Note",
    {"@context": 3},
    {"@context": AS2, "type": "Note", "id": 1, "content": "x"},
    {"@context": AS2, "type": "Note", "name": 1},
    {"@context": AS2, "type": "Note", "content": 1},
    {"@context": AS2, "type": "Note", "name": "x", "contentMap": {"de-419-DE": "x"}},
    {"@context": AS2, "type": "Offer", "actor": "http://example.org/sally", "object": 23},
    {"@context": "http://schema.org", "@type": "Person", "name": "x"},
    {"@context": AS2, "type": "Collection", "first": {"type": "Offer", "object": "x"}},
    {"@context": AS2, "type": "Image", "url": "images/sally.jpg"},
]


@pytest.mark.clause("FED-6.3", "FED-6.16")
@pytest.mark.parametrize("document", NO_AS2)
def test_what_is_not_activitystreams_is_refused(document):
    finding = inspect("x", standard.dumps(document).encode())
    judged(finding)
    assert finding.refused


@pytest.mark.clause("FED-6.20")
@pytest.mark.parametrize(
    ("account", "actor", "understood"),
    [
        ("acct:ann@a.example", "https://a.example/a/ann", True),
        ("acct:ann@a.example", "https://social.a.example/a/ann", True),
        ("acct:ann@bank.example", "https://a.example/a/ann", False),
        ("acct:ann@a.example.evil.example", "https://a.example/a/ann", False),
        ("ann", "https://a.example/a/ann", False),
    ],
)
def test_a_webfinger_answer_is_of_the_actors_own_host(account, actor, understood):
    link = {"rel": "self", "type": "application/activity+json", "href": actor}
    finding = inspect("x", standard.dumps({"subject": account, "links": [link]}).encode())
    assert (finding.refused is None) is understood
    judged(finding)


ODD = st.sampled_from(
    [
        *(None, True, 0, -1, 1e308, 2**64, "", " ", "x" * 3000, "\u202e", "https://", "as:Public"),
        *([], {}, [None], [[]], [{}], {"id": None}, {"id": 5}, {"type": []}, ["a", 1, {}]),
        *("javascript:alert(1)", "https://[::1/", "https://a.example/\x00", "PT-1S"),
        *("9999-99-99T99:99:99Z", "https://b.example/x", {"type": "Collection"}, {"href": 5}),
        *({"@value": "x"}, ["x"] * 70),
    ]
)
TYPES = st.sampled_from(
    [
        *("Create", "Update", "Delete", "Undo", "Accept", "Offer", "Announce", "Note", "Video"),
        *("Person", "Collection", "PrivateMessage", "Relationship", "Follow", "Like", "Block"),
        *("Tombstone", "OrderedCollectionPage", "Question", "Group"),
    ]
)
NAMES = st.sampled_from(
    [
        *("id", "type", "actor", "object", "to", "cc", "tag", "attachment", "url", "icon", "first"),
        *("content", "contentMap", "name", "summary", "items", "orderedItems", "attributedTo"),
        *("inbox", "publicKey", "links", "subject", "@context", "published", "duration", "rel"),
        *("inReplyTo", "relationship", "encoding", "href", "mediaType", "target", "aliases"),
    ]
)


def places(value, at=()):
    """Every path in a document."""
    found = [at] if at else []
    if isinstance(value, dict):
        found += [path for name in value for path in places(value[name], (*at, name))]
    if isinstance(value, list):
        found += [path for n in range(min(len(value), 4)) for path in places(value[n], (*at, n))]
    return found


def change(document, path, value, way):
    inside = document
    for step in path[:-1]:
        inside = inside[step]
    old = inside[path[-1]]
    if way == "drop":
        del inside[path[-1]]
    elif way == "list":
        inside[path[-1]] = [old]
    elif way == "twice":
        inside[path[-1]] = [old, copy.deepcopy(old)]
    elif way == "object":
        inside[path[-1]] = {"id": old}
    else:
        inside[path[-1]] = value


@pytest.fixture(scope="module")
def corpus(wild, manifest):
    found = [standard.loads((wild / entry["file"]).read_text()) for entry in manifest]
    return [each for each in found if isinstance(each, dict)]


PLACE = st.integers(0, 10**6)  # which document, and where in it: taken modulo what there is
CHANGES = st.lists(
    st.tuples(PLACE, st.sampled_from(["drop", "list", "twice", "object", "odd"]), ODD | TYPES),
    min_size=1,
    max_size=4,
)


@pytest.mark.clause("FED-6.20")
@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(which=PLACE, changes=CHANGES)
def test_documents_that_nobody_has_seen(corpus, which, changes):
    """Real documents with members dropped, doubled, wrapped, renamed and replaced by nonsense."""
    document = copy.deepcopy(corpus[which % len(corpus)])
    for place, way, value in changes:
        found = places(document)
        if found:
            change(document, found[place % len(found)], copy.deepcopy(value), way)
    judged(inspect("x", standard.dumps(document).encode()))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | ODD,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=25,
)


@pytest.mark.clause("FED-6.20")
@settings(max_examples=300, deadline=None)
@given(JSON, TYPES)
def test_anything_that_is_json(value, type):
    document = {**value, "type": type} if isinstance(value, dict) else value
    judged(inspect("x", standard.dumps(document).encode()))


@pytest.mark.clause("FED-6.20")
@given(st.binary(max_size=200))
def test_anything_at_all(data):
    finding = inspect("x", data)
    judged(finding)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 200_000,
        b'{"type":' * 100_000,
        b'{"type":"Note","content":"' + b"x" * 2_000_000 + b'"}',
        b'{"type":"Note","size":' + b"9" * 10_000 + b"}",
        b'{"type":"Note","type":"Person"}',
        b'{"type":"Note","content":"\\ud800"}',
        b'{"type":"Note","content":NaN}',
        b"\xff\xfe{}",
        b"",
        b'{"type":"Note","content":"' + b"<b>" * 100_000 + b'"}',
        b'{"type":"Note","content":"x","to":[' + b'"https://a.example/",' * 40_000 + b'""]}',
    ],
)
def test_bombs(data):
    judged(inspect("x", data))


@pytest.mark.clause("FED-6.20")
def test_the_verb_says_one_line_a_file(wild, tmp_path, capsysbinary):
    (tmp_path / "folder").mkdir()
    files = [
        str(wild / "mastodon/activities-create_note.json"),
        str(wild / "hostile/minds-invalid-mention-post.json"),
        str(tmp_path / "absent.json"),
        str(tmp_path / "folder"),
        "\udcff",
    ]
    assert main(["--json", *files]) == 1
    lines = [standard.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    assert [line["understood"] for line in lines] == [True, False, False, False, False]
    assert lines[0] == {
        "file": files[0],
        "understood": True,
        "type": "Create",
        "actor": "https://mastodon.madrid/users/felix",
        "refused": None,
    }
    assert lines[1]["refused"]["clause"] == "FED-6.9"
    assert lines[1]["actor"].startswith("https://www.minds.com/api/activitypub/users/")
    assert main(files[:2]) == 0
    said = capsysbinary.readouterr().out.decode().splitlines()
    assert "understood: Create by" in said[0] and "refused (FED-6.9)" in said[1]
