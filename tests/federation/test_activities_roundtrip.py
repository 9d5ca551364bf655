"""Whatever we send reads back as the very same value."""

import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import TooMuch
from node.federation.activities import parse, render
from node.federation.activities.context import (
    AS2,
    INTEGRITY,
    MULTIKEY,
    SECURITY,
    with_integrity,
)
from node.federation.activities.flagging import lines
from node.federation.activities.posts import KINDS
from node.federation.activities.prose import paragraphs, plain
from node.federation.activities.resending import MOST_HELD
from node.federation.activities.sealed import RETURNS, UNFETCHED
from node.federation.activities.shapes import (
    PUBLIC,
    Accept,
    Announce,
    Attachment,
    Block,
    CreateNote,
    CreateSealed,
    CreateVideo,
    Delete,
    EndFriendship,
    Flag,
    Follow,
    Held,
    Like,
    Move,
    Note,
    OfferFriendship,
    Reject,
    RejectSealed,
    Resend,
    Resent,
    SealedKind,
    Undo,
    UpdateActor,
    UpdateNote,
    UpdateVideo,
    Video,
    VideoFile,
)
from node.wire import json
from node.wire.html import clean, line

ANN, BOB = "https://a.example/a/ann", "https://b.example/a/bob"
NAMES = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=12)
THEIRS_ONE = "https://b.example/o/one"
OURS = NAMES.map("https://a.example/o/{}".format)
THEIRS = NAMES.map("https://b.example/o/{}".format)
T = NAMES.map("https://a.example/t/{}".format)
URLS = NAMES.map("https://a.example/m/{}.mp4".format)
PICTURES = NAMES.map("https://a.example/m/{}.jpg".format)
SINCE_1990 = st.integers(0, 10**9).map(lambda seconds: timedelta(seconds=seconds, microseconds=7))
INSTANTS = SINCE_1990.map(lambda span: datetime(1990, 1, 1, tzinfo=UTC) + span)
PEOPLE = st.lists(st.sampled_from([PUBLIC, BOB, ANN + "/followers"]), unique=True).map(tuple)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "))
# Whatever a person wrote, as it stands in the database: brought into form before it gets there.
LINES = WORDS.map(line)
PROSE = WORDS.map(lambda text: clean(paragraphs(text)))
NUMBERS = st.integers(0, 2**40)
LENGTHS = st.integers(0, 10**9)
HASHES = st.text(string.ascii_letters, max_size=20)

follows = st.builds(Follow, T, st.just(ANN), st.just(BOB))
offers = st.builds(
    OfferFriendship,
    T,
    st.just(ANN),
    st.just(BOB),
    WORDS.map(lambda text: plain(paragraphs(text))),
    st.sampled_from(["", "a" * 32]),  # a code that BOB showed
)
likes = st.builds(Like, T, st.just(ANN), THEIRS)
announces = st.builds(Announce, T, st.just(ANN), THEIRS, INSTANTS, PEOPLE, PEOPLE)
blocks = st.builds(Block, T, st.just(ANN), st.just(BOB))
asked = st.one_of(
    st.builds(Follow, THEIRS, st.just(BOB), st.just(ANN)),
    st.builds(OfferFriendship, THEIRS, st.just(BOB), st.just(ANN)),
)


def answers(kind):
    enclosed = st.builds(lambda t, of: kind(t, ANN, of.id, of), T, asked)
    return st.one_of(enclosed, st.builds(kind, T, st.just(ANN), THEIRS))


undone = st.one_of(follows, offers, likes, announces, blocks, answers(Accept))
undos = st.one_of(
    st.builds(lambda t, of: Undo(t, ANN, of.id, of), T, undone),
    st.builds(Undo, T, st.just(ANN), OURS),
)
attachments = st.builds(
    Attachment,
    st.sampled_from(["Document", "Image", "Video", "Audio"]),
    st.sampled_from(["", "video/mp4", "image/png"]),
    URLS,
    LINES,
    NUMBERS,
    NUMBERS,
    LENGTHS,
    NUMBERS,
    HASHES,
    st.just("") | PICTURES,
    HASHES,
)


@st.composite
def notes(draw):
    content = draw(PROSE)
    lang = draw(st.sampled_from(["", "de", "zh-Hans"]))
    others = draw(st.dictionaries(st.sampled_from(["en", "pt-BR", "ja"]), PROSE)) if lang else {}
    id = draw(OURS)
    kind = draw(st.sampled_from(["Note", "Article", "Page", "Event", "Question"]))
    video = draw(st.just("") | OURS)
    media = tuple(draw(st.lists(attachments, max_size=3)))
    title = next((each.name for each in media if video and each.kind == "Video"), "")
    return Note(
        id=id,
        author=ANN,
        content=content,
        published=draw(INSTANTS),
        updated=draw(st.none() | INSTANTS),
        url=draw(URLS),
        summary=draw(LINES),
        sensitive=draw(st.booleans()),
        in_reply_to=draw(st.just("") | THEIRS),
        lang=lang,
        content_map={tag: words for tag, words in others.items() if words != content},
        to=draw(PEOPLE),
        cc=draw(PEOPLE),
        mentions=draw(st.sampled_from([(), (BOB,), (BOB, "https://c.example/a/1")])),
        attachments=media,
        name=title if kind == "Note" else draw(LINES) or title,
        video=video,
        kind=kind,
    )


files = st.builds(
    VideoFile, st.just("video/mp4"), URLS, NUMBERS, NUMBERS, NUMBERS, st.integers(0, 240)
)


@st.composite
def videos(draw):
    found = draw(st.lists(files, max_size=3, unique_by=lambda file: file.url))
    poster = draw(st.just("") | PICTURES)
    sides = draw(st.integers(1, 4096)) if poster else 0
    return Video(
        id=draw(OURS),
        uuid=draw(st.uuids().map(str)),
        name=line(draw(LINES)[:100]) or "a cat",
        author=ANN,
        channel=draw(st.sampled_from(["", "https://a.example/a/channel"])),
        published=draw(INSTANTS),
        updated=draw(INSTANTS),
        duration_ms=draw(LENGTHS),
        content=draw(PROSE),
        url=draw(URLS),
        note=draw(st.just("") | OURS),
        views=draw(NUMBERS),
        sensitive=draw(st.booleans()),
        lang=draw(st.sampled_from(["", "de"])),
        to=draw(PEOPLE),
        cc=draw(PEOPLE),
        files=tuple(sorted(found, key=lambda file: -file.height)),
        hls=draw(st.sampled_from(["", "https://a.example/m/x.m3u8"])),
        poster=poster,
        poster_width=sides,
        poster_height=sides,
        blurhash=draw(HASHES) if poster else "",
        comments=draw(st.just("") | OURS),
        likes=draw(st.just("") | OURS),
        shares=draw(st.just("") | OURS),
        dislikes=draw(st.just("") | OURS),
    )


OF_WORDS = (T, st.just(ANN), st.just(BOB), THEIRS, st.binary(min_size=32, max_size=32))
returned = st.builds(
    RejectSealed, *OF_WORDS, st.sampled_from([why for why in RETURNS if why != UNFETCHED])
) | st.builds(RejectSealed, *OF_WORDS, st.just(UNFETCHED), INSTANTS)
sealed = st.builds(
    CreateSealed,
    T,
    st.just(ANN),
    OURS,
    st.sampled_from(SealedKind),
    st.binary(min_size=1),
    st.sampled_from([(BOB,), (BOB, "https://c.example/a/1"), (ANN,)]),
    st.just("") | OURS,
    st.none() | INSTANTS,
)
documents = st.dictionaries(NAMES, WORDS).map(lambda more: {**more, "type": "Person", "id": ANN})
activities = st.one_of(
    follows,
    offers,
    answers(Accept),
    answers(Reject),
    undos,
    blocks,
    likes,
    announces,
    st.builds(
        EndFriendship,
        T,
        st.just(ANN),
        st.just(BOB),
        st.lists(OURS | THEIRS, max_size=2, unique=True).map(tuple),
    ),
    st.builds(Delete, T, st.just(ANN), OURS | st.just(ANN)),
    st.builds(Move, T, st.just(ANN), st.just(BOB)),
    st.builds(
        Flag, T, st.just(ANN), st.just((BOB,)) | st.just((BOB, THEIRS_ONE)), LINES.map(lines)
    ),
    st.builds(Resend, T, st.just(ANN), st.just(BOB), INSTANTS),
    st.builds(
        Resent,
        T,
        st.just(ANN),
        st.just(BOB),
        THEIRS,
        st.lists(st.builds(Held, THEIRS, st.just(BOB), INSTANTS), max_size=3).map(tuple),
    ),
    st.builds(CreateNote, T, st.just(ANN), notes()),
    st.builds(UpdateNote, T, st.just(ANN), notes()),
    st.builds(CreateVideo, T, st.just(ANN), videos()),
    st.builds(UpdateVideo, T, st.just(ANN), videos()),
    sealed,
    returned,
    st.builds(UpdateActor, T, st.just(ANN), documents),
)


@pytest.mark.clause("FED-6.19")
@given(activities)
def test_what_we_send_reads_back(activity):
    data = render(activity)
    assert parse(json.document(data)) == activity
    context = json.document(data)["@context"]
    assert context == AS2 or context[0] == AS2
    assert b'": ' not in data[:40], "compact"


@pytest.mark.clause("FED-6.12")
def test_the_note_of_a_video_has_no_name_and_keeps_its_title():
    """With a name snac and Mastodon take a Note for a vote in a poll."""
    film = Attachment("Video", "video/mp4", "https://a.example/m/1.mp4", name="My cat")
    at = datetime(2026, 1, 1, tzinfo=UTC)
    note = Note(
        "https://a.example/o/1",
        ANN,
        "<p>My cat</p>",
        at,
        url="https://a.example/o/1",
        attachments=(film,),
        name="My cat",
        video="https://a.example/o/2",
    )
    for kind in (CreateNote, UpdateNote):
        activity = kind("https://a.example/t/1", ANN, note)
        document = json.document(render(activity))
        assert "name" not in document["object"]
        assert parse(document) == activity


FETCHED = {AS2, SECURITY, MULTIKEY, INTEGRITY}


@pytest.mark.clause("FED-6.19")
@given(activities)
def test_no_reader_has_to_fetch_a_context_of_a_small_host(activity):
    context = json.document(render(activity))["@context"]
    listed = context if isinstance(context, list) else [context]
    assert {each for each in listed if isinstance(each, str)} <= FETCHED
    if isinstance(activity, CreateSealed):
        assert any(activity.kind.value in each for each in listed if isinstance(each, dict))


# What https://w3id.org/security/data-integrity/v1 defines for all: `@protected`.
PROTECTED = {
    "id": "@id",
    "type": "@type",
    "digestMultibase": {
        "@id": "https://w3id.org/security#digestMultibase",
        "@type": "https://w3id.org/security#multibase",
    },
}


@pytest.mark.clause("FED-6.19")
@given(activities)
def test_no_protected_name_is_given_another_definition(activity):
    """Whoever does has the whole document refused by JSON-LD readers, as Fedify is one."""
    context = with_integrity(json.document(render(activity)))["@context"]
    inline = {
        name: each for part in context if isinstance(part, dict) for name, each in part.items()
    }
    for name in {*PROTECTED, "proof", "DataIntegrityProof", "Multikey"} & set(inline):
        assert inline[name] == PROTECTED[name]


@given(WORDS)
def test_prose_reads_back(text):
    shown = paragraphs(text)
    assert paragraphs(plain(shown)) == shown
    assert clean(shown) == shown


def test_every_kind_of_post_is_in_the_context():
    for kind in KINDS:
        note = Note("https://a.example/o/1", ANN, "x", datetime(2026, 1, 1, tzinfo=UTC), kind=kind)
        document = json.document(render(CreateNote("https://a.example/t/1", ANN, note)))
        assert isinstance(document["@context"], list)


def test_instants_keep_their_microseconds():
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=1)
    announce = Announce("https://a.example/t/1", ANN, BOB, at)
    assert parse(json.document(render(announce))) == announce


@pytest.mark.clause("FED-13.9", "LIM-3.1")
def test_a_full_answer_to_a_resend_is_one_that_is_taken():
    """An activity of its kind has at most 64 KiB at the door."""
    home = f"https://{'a' * 60}.{'b' * 60}.{'c' * 60}.example"
    held = Held(f"{home}/o/{'0' * 36}", f"{home}/a/{'x' * 26}", datetime(2026, 1, 1, tzinfo=UTC))
    said = Resent("https://a.example/t/1", ANN, BOB, f"{home}/t/2", (held,) * MOST_HELD)
    assert parse(json.document(data := render(said))) == said and len(data) < 63 * 1024
    more = Resent(said.id, ANN, BOB, said.object, (held,) * (MOST_HELD + 1))
    with pytest.raises(TooMuch, match=r"FED-13\.9"):
        parse(json.document(render(more)))
