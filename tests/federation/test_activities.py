"""What each activity says, read from the shapes that peers really send, and what is refused."""

import base64
from datetime import UTC, datetime

import pytest

from node.errors import Refused
from node.federation.activities import parse, parse_note, render
from node.federation.activities.collections import parse_collection, render_collection, render_page
from node.federation.activities.deleting import render_tombstone
from node.federation.activities.shapes import (
    PUBLIC,
    Accept,
    Announce,
    CreateNote,
    CreateSealed,
    CreateVideo,
    Delete,
    EndFriendship,
    Follow,
    Like,
    Move,
    Note,
    OfferFriendship,
    SealedKind,
    Undo,
    UpdateActor,
    UpdateNote,
)
from node.wire import json

ANN = "https://a.example/a/ann"
BOB = "https://b.example/a/bob"
T = "https://a.example/t/1"
OURS = "https://a.example/o/1"
THEIRS = "https://b.example/o/9"
AT = datetime(2026, 8, 1, 12, tzinfo=UTC)
FRIEND_OF = "http://purl.org/vocab/relationship/friendOf"


def said(type, object, **more):
    return {"type": type, "id": T, "actor": ANN, "object": object, **more}


def note(**more):
    return {"type": "Note", "id": OURS, "attributedTo": ANN, "content": "hi", **more}


def relationship(subject=ANN, object=BOB, relationship=FRIEND_OF):
    return {
        "type": "Relationship",
        "subject": subject,
        "relationship": relationship,
        "object": object,
    }


@pytest.mark.clause("FED-6.1")
@pytest.mark.parametrize(
    "type",
    ["Dislike", "Add", "Remove", "View", "EmojiReact", "Listen", "Arrive", "Question", "Note"],
)
def test_what_is_not_in_the_set_is_refused(type, refused):
    with refused("FED-6.1"):
        parse(said(type, THEIRS))


@pytest.mark.clause("FED-6.1")
@pytest.mark.parametrize(
    "document",
    [
        said("Offer", {"type": "Note", "id": OURS}),
        said("Create", {"type": "Place", "id": OURS}),
        said("Update", {"type": "Place", "id": OURS}),
        said("Undo", {"type": "Dislike", "id": T, "actor": ANN, "object": THEIRS}),
        said("Accept", {"type": "Invite", "id": THEIRS, "actor": BOB, "object": ANN}),
        said("Announce", {"type": "Like", "id": THEIRS, "actor": BOB, "object": OURS}),
        said(["Create", "Delete"], note()),
    ],
)
def test_one_of_the_set_about_something_else_is_refused(document, refused):
    with refused("FED-6.1"):
        parse(document)


@pytest.mark.clause("FED-6.2")
def test_an_id_is_of_the_actors_origin(refused):
    with refused("FED-6.2"):
        parse(said("Follow", BOB) | {"id": "https://b.example/t/1"})
    with refused("FED-6.2"):
        parse({"type": "Follow", "id": T, "object": BOB})
    with refused("FED-6.3"):
        parse(said("Follow", BOB) | {"actor": [ANN, BOB]})


@pytest.mark.clause("FED-6.2")
def test_what_has_no_id_gets_the_same_one_each_time():
    anonymous = {"type": "Follow", "actor": ANN, "object": BOB}
    one, again = parse(anonymous), parse(dict(reversed(anonymous.items())))
    other = parse(anonymous | {"object": "https://c.example/a/1"})
    assert one == again
    assert one.id.startswith(f"{ANN}#")
    assert other.id != one.id


@pytest.mark.clause("FED-6.3")
@pytest.mark.parametrize(
    "wrong",
    [
        {"name": 1},
        {"summary": {"en": "x"}},
        {"content": 5},
        {"contentMap": {"de-419-DE": "x"}},
        {"contentMap": "x"},
        {"nameMap": "x"},
        {"contentMap": {"en": 5}},
    ],
)
def test_what_can_mean_nothing_is_refused(wrong, refused):
    with refused("FED-6.3"):
        parse(said("Create", note() | wrong))


@pytest.mark.clause("FED-6.3")
def test_a_type_is_needed(refused):
    with refused("FED-6.3"):
        parse({"id": T, "actor": ANN, "object": BOB})
    with refused("FED-2.6"):
        parse(said(16, BOB))
    with refused("FED-2.6"):
        parse(said("Follow", 23))
    with refused("FED-6.3"):
        parse(said("Follow", [BOB, ANN]))
    with refused("FED-6.3"):
        parse(said("Follow", None))


@pytest.mark.clause("FED-6.4")
def test_the_public_has_one_spelling_and_what_is_no_url_is_left_out():
    read = parse(said("Create", note(to="as:Public", cc=["Public", "followers", BOB])))
    assert isinstance(read, CreateNote)
    assert read.note.to == (PUBLIC,)
    assert read.note.cc == (PUBLIC, BOB)


def test_an_embedded_actor_is_its_id_and_a_list_of_one_its_member():
    read = parse(said(["Follow"], [{"type": "Person", "id": BOB}], actor=[{"id": ANN}]))
    assert read == Follow(T, ANN, BOB)


@pytest.mark.clause("FED-6.5")
@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "https://b.example/o/1"},
        {"attributedTo": BOB},
        {"attributedTo": [{"type": "Person", "id": "https://a.example/a/eve"}]},
        {"attributedTo": None, "actor": BOB},
        {"actor": BOB},
    ],
)
def test_nobody_speaks_for_another(wrong, refused):
    for verb in ("Create", "Update"):
        with refused("FED-6.5"):
            parse(said(verb, note() | wrong))
        with refused("FED-6.5"):
            parse(said(verb, {**note(), "type": "Video"} | wrong))


@pytest.mark.clause("FED-6.5")
def test_a_create_encloses_its_object(refused):
    with refused("FED-6.5"):
        parse(said("Create", OURS))
    with refused("FED-6.5"):
        parse_note(note(attributedTo=BOB))


def test_an_object_may_be_attributed_to_nobody_or_to_several():
    for named in (None, ANN, [ANN], [{"type": "Person", "id": ANN}, {"type": "Group", "id": BOB}]):
        assert isinstance(parse(said("Create", note(attributedTo=named))), CreateNote)


@pytest.mark.clause("FED-6.6")
@pytest.mark.parametrize("type", ["Follow", "Block"])
def test_nobody_follows_or_blocks_themselves(type, refused):
    with refused("FED-6.6"):
        parse(said(type, ANN))


@pytest.mark.clause("FED-6.7")
def test_friends_are_asked_for_in_two_dialects():
    asked = OfferFriendship(T, ANN, BOB, "It's me & you")
    words = {"content": "<p>It's me &amp; you</p><script>x</script>"}
    assert parse(said("Offer", relationship(), target=BOB, **words)) == asked
    follow = {"type": "Follow", "actor": BOB, "object": ANN}
    assert parse(said("Offer", follow, **words)) == asked


@pytest.mark.clause("FED-6.7")
@pytest.mark.parametrize(
    "document",
    [
        said("Offer", relationship(subject=BOB, object=ANN)),
        said("Offer", relationship(object=ANN)),
        said("Offer", relationship(relationship="http://purl.org/vocab/relationship/enemyOf")),
        said("Offer", relationship(), target=ANN),
        said("Offer", {"type": "Follow", "actor": ANN, "object": BOB}),
        said("Delete", relationship(subject=BOB, object="https://c.example/a/1")),
    ],
)
def test_a_friendship_of_others_is_refused(document, refused):
    with refused("FED-6.7"):
        parse(document)


@pytest.mark.clause("FED-6.7")
def test_a_long_word_is_cut():
    read = parse(said("Offer", relationship(), content="x" * 50_000))
    assert isinstance(read, OfferFriendship)
    assert len(read.text) == 2000


def test_either_of_the_two_ends_it():
    ended = EndFriendship(T, ANN, BOB)
    assert parse(said("Delete", relationship())) == ended
    assert parse(said("Undo", relationship(subject=BOB, object=ANN))) == ended


@pytest.mark.clause("FED-6.8")
def test_of_an_announce_only_the_id_is_kept(refused):
    foreign = {"type": "Note", "id": THEIRS, "attributedTo": BOB, "content": "I never said that"}
    assert parse(said("Announce", foreign), received=AT) == Announce(T, ANN, THEIRS, AT)
    forged = {**foreign, "attributedTo": ANN}
    with refused("FED-6.8"):
        parse(said("Announce", forged))
    with refused("FED-6.8"):
        parse(said("Announce", T))
    own = parse(said("Announce", note()))
    assert isinstance(own, Announce)
    assert own.object == OURS


def test_a_group_passes_on_what_was_created():
    inner = {"type": "Create", "actor": BOB, "object": {"type": "Page", "id": THEIRS, "name": "x"}}
    read = parse(said("Announce", inner), received=AT)
    assert read == Announce(T, ANN, THEIRS, AT)


@pytest.mark.clause("FED-6.21")
def test_who_moves_speaks_for_nobody_else(refused):
    assert parse(said("Move", ANN, target=BOB)) == Move(T, ANN, BOB)
    for moved, target in ((BOB, ANN), (ANN, ANN), (ANN, None), (ANN, [BOB, THEIRS]), (ANN, 7)):
        with pytest.raises(Refused):
            parse(said("Move", moved, target=target))
    with refused("FED-6.21"):
        parse(said("Move", BOB, target=ANN))


@pytest.mark.clause("FED-6.22")
@pytest.mark.parametrize(
    ("object", "meant"),
    [
        (BOB, (BOB,)),  # GoToSocial, Misskey
        ([BOB, THEIRS, None, BOB], (BOB, THEIRS)),  # Mastodon
        ([BOB, {"type": "Note", "id": THEIRS, "content": "x", "actor": BOB}], (BOB, THEIRS)),
        ({"type": "Video", "id": THEIRS}, (THEIRS,)),
        ([{"type": "Note"}, BOB], (BOB,)),
        ([f"{THEIRS}{n}" for n in range(30)], tuple(f"{THEIRS}{n}" for n in range(20))),
    ],
)
def test_a_flag_in_the_forms_of_others(object, meant):
    flag = parse(said("Flag", object, content="rude\r\n\u202eme" + "x" * 4000))
    assert flag.objects == meant
    assert flag.text.startswith("rude\nmexx") and 2990 < len(flag.text) <= 3000
    assert parse(said("Flag", object, content="x" * 3001)).text == "x" * 3000
    assert parse(said("Flag", object)).text == ""


@pytest.mark.clause("FED-6.22")
@pytest.mark.parametrize("object", [None, [], {}, [{"type": "Note"}]])
def test_a_flag_about_nothing_is_refused(object, refused):
    with refused("FED-6.22"):
        parse(said("Flag", object, content="rude"))


def test_of_a_like_only_the_id_is_kept():
    assert parse(said("Like", {"type": "Note", "id": THEIRS, "content": "x"})) == Like(
        T, ANN, THEIRS
    )


@pytest.mark.clause("FED-6.9")
@pytest.mark.parametrize(
    "wrong",
    [
        {"content": None},
        {"inReplyTo": OURS},
        {"quoteUrl": OURS},
        {"quote": {"type": "Note", "id": OURS}},
        {"tag": {"type": "Mention", "href": "https://a.example/a/eve", "name": "@eve"}},
    ],
)
def test_a_post_of_nothing_or_against_itself_is_refused(wrong, refused):
    with refused("FED-6.9"):
        parse(said("Create", note() | wrong))


@pytest.mark.clause("FED-6.9")
def test_what_is_no_note_is_understood_as_it_is_sent(refused):
    page = {
        "type": "Page",
        "content": None,
        "summary": "Two <b>lines</b><script>x</script>",
        "url": "https://a.example/p/1",
        "image": {"type": "Image", "url": "https://a.example/p/1.jpg"},
    }
    read = parse(said("Create", note() | page)).note
    assert (read.content, read.summary) == ("Two <b>lines</b>", "")
    assert [one.url for one in read.attachments] == ["https://a.example/p/1.jpg"]
    eve = {"type": "Mention", "href": "https://a.example/a/eve", "name": "@eve"}
    read = parse(said("Create", note(type="Article", tag=[eve]))).note
    assert read.mentions == ()
    options = [{"type": "Note", "name": name} for name in ("Cats", "<b>Dogs</b>", "")]
    for member in ("oneOf", "anyOf"):
        read = parse(
            said("Create", note(type="Question", content="<p>Who?</p>") | {member: options})
        )
        assert read.note.content == (
            "<p>Who?</p><ul><li>Cats</li><li>&lt;b&gt;Dogs&lt;/b&gt;</li></ul>"
        )
    with refused("FED-6.9"):
        parse(said("Create", note() | {"content": None, "summary": "a warning of nothing"}))


def test_a_post_is_read_with_all_that_belongs_to_it():
    document = note(
        content="<p onclick='x'>Hallo <script>alert(1)</script></p>",
        contentMap={"de": "<p onclick='x'>Hallo <script>alert(1)</script></p>", "en": "<p>Hi</p>"},
        published="2026-08-01T14:00:00+02:00",
        updated="never",
        url=["https://a.example/@ann/1", {"type": "Link", "href": "https://a.example/x"}],
        summary="a warning",
        sensitive="true",
        inReplyTo={"type": "Note", "id": THEIRS},
        to=[PUBLIC],
        cc=BOB,
        tag={"type": "Mention", "href": BOB, "name": "@bob@b.example"},
        attachment={
            "type": "Document",
            "mediaType": "video/mp4",
            "url": "https://a.example/v.mp4",
            "summary": "a cat",
            "duration": "PT12.3S",
            "width": 1280,
            "height": 720,
            "size": "99",
            "icon": {"type": "Image", "url": "https://a.example/v.jpg"},
        },
    )
    read = parse(said("Create", document))
    assert isinstance(read, CreateNote)
    post = read.note
    assert "script" not in post.content and "onclick" not in post.content
    assert (post.lang, dict(post.content_map)) == ("de", {"en": "<p>Hi</p>"})
    assert (post.published, post.updated) == (AT, None)
    assert post.url == "https://a.example/@ann/1"
    assert (post.summary, post.sensitive) == ("a warning", True)
    assert (post.in_reply_to, post.to, post.cc) == (THEIRS, (PUBLIC,), (BOB,))
    assert post.mentions == (BOB,)
    (file,) = post.attachments
    assert (file.name, file.duration_ms, file.size) == ("a cat", 12_300, 99)
    assert (file.width, file.height, file.poster) == (1280, 720, "https://a.example/v.jpg")


@pytest.mark.parametrize("type", ["Article", "Page", "Event", "Question"])
def test_other_posts_keep_title_and_text(type):
    read = parse(said("Update", note(name="A title") | {"type": type}))
    assert isinstance(read, UpdateNote)
    assert (read.note.kind, read.note.name, read.note.content) == (type, "A title", "hi")


def test_an_audio_is_a_post_with_a_file():
    url = [
        {"type": "Link", "mimeType": "text/html", "href": "https://a.example/t/74"},
        {"type": "Link", "mimeType": "audio/ogg", "href": "https://a.example/74.ogg"},
    ]
    read = parse_note({"type": "Audio", "id": OURS, "attributedTo": ANN, "name": "x", "url": url})
    assert read.attachments[0].url == "https://a.example/74.ogg"
    assert read.attachments[0].media_type == "audio/ogg"
    assert read.url == "https://a.example/t/74"


def test_markdown_is_shown_as_it_is_written():
    read = parse_note(note(content="**a** <b>\n\nc", mediaType="text/markdown"))
    assert read.content == "<p>**a** &lt;b&gt;</p><p>c</p>"


def test_content_may_stand_in_the_map_alone():
    read = parse_note(note(content=None, contentMap={"ja": "ねこ"}))
    assert (read.content, read.lang, dict(read.content_map)) == ("ねこ", "ja", {})


def test_nothing_is_published_after_it_came():
    late = parse(said("Create", note(published="2099-01-01T00:00:00Z")), received=AT)
    unsaid = parse(said("Create", note(published=5)), received=AT)
    assert isinstance(late, CreateNote) and isinstance(unsaid, CreateNote)
    assert late.note.published == unsaid.note.published == AT


@pytest.mark.clause("FED-6.10")
@pytest.mark.parametrize("verb", ["Accept", "Reject"])
def test_only_the_asked_one_answers(verb, refused):
    inner = {"type": "Follow", "id": "https://b.example/t/5", "actor": BOB, "object": ANN}
    read = parse(said(verb, inner))
    assert (read.object, read.of) == (inner["id"], Follow(inner["id"], BOB, ANN))
    assert parse(said(verb, inner["id"])).of is None
    other = {"object": "https://c.example/a/1"}
    read = parse(said(verb, inner | other))
    assert (read.object, read.of) == (inner["id"], None), "the id decides, not the copy"
    del inner["id"]
    with refused("FED-6.10"):
        parse(said(verb, inner | other))


@pytest.mark.clause("FED-6.10")
def test_only_who_said_it_takes_it_back(refused):
    like = {"type": "Like", "actor": ANN, "object": THEIRS}
    assert parse(said("Undo", like)) == Undo(T, ANN, "", Like("", ANN, THEIRS))
    with refused("FED-6.10"):
        parse(said("Undo", like | {"actor": BOB}))
    with refused("FED-6.10"):
        parse(said("Undo", "https://b.example/t/5"))
    answer = Accept("https://a.example/t/0", ANN, "", Follow("", BOB, ANN))
    assert parse(json.document(render(Undo(T, ANN, answer.id, answer)))).of == answer


@pytest.mark.clause("FED-6.11")
def test_an_attachment_of_a_type_that_does_not_exist_is_refused(refused):
    file = {"type": "NotDocument", "url": "https://a.example/x.jpg"}
    with refused("FED-6.11"):
        parse(said("Create", note(attachment=[file])))
    with refused("FED-6.11"):
        parse(said("Create", note(attachment=[7])))
    other = [{"type": "Link", "href": "https://a.example"}, {"type": "x:y"}, {"type": "Image"}]
    assert parse_note(note(attachment=other)).attachments == ()


@pytest.mark.parametrize(
    ("duration", "milliseconds"),
    [
        ("PT12.3S", 12_300),
        ("P0DT123S", 123_000),
        ("PT1H2M3S", 3_723_000),
        (123, 123_000),
        ("-PT5S", 0),
        ("PT", 0),
        (-1, 0),
        (True, 0),
        (1e300, 0),
        ("five", 0),
        (None, 0),
    ],
)
def test_durations(duration, milliseconds):
    file = {"type": "Video", "url": "https://a.example/x.mp4", "duration": duration}
    assert parse_note(note(attachment=[file])).attachments[0].duration_ms == milliseconds


@pytest.mark.clause("FED-6.13")
def test_nobody_deletes_what_is_another_origins(refused):
    assert parse(said("Delete", {"type": "Tombstone", "id": OURS})) == Delete(T, ANN, OURS)
    assert parse(said("Delete", ANN)) == Delete(T, ANN, ANN)
    with refused("FED-6.13"):
        parse(said("Delete", THEIRS))
    with refused("FED-6.13"):
        parse(said("Delete", note(attributedTo=BOB)))


def sealed(**more):
    return {
        "type": ["Object", "mls:PrivateMessage"],
        "id": OURS,
        "attributedTo": ANN,
        "to": [BOB],
        "mediaType": "message/mls",
        "content": base64.b64encode(b"\x00\x01sealed").decode(),
        **more,
    }


@pytest.mark.clause("FED-6.14")
@pytest.mark.parametrize(
    "wrong",
    [
        {"to": []},
        {"to": PUBLIC},
        {"to": [BOB, "as:Public"]},
        {"cc": ANN + "/followers"},
        {"to": [{"type": "Collection", "id": "https://a.example/c/1"}]},
        {"bcc": "Public"},
        {"encoding": "7bit"},
        {"content": "%%%"},
        {"content": ""},
        {"content": None},
        {"mediaType": "text/plain"},
        {"content": base64.b64encode(bytes(1024 * 1024 + 1)).decode()},
    ],
)
def test_a_sealed_message_names_each_recipient_and_holds_bytes(wrong, refused):
    with refused("FED-6.14"):
        parse(sealed() | wrong)


@pytest.mark.clause("FED-6.14")
def test_a_sealed_object_by_itself_is_wrapped():
    bare = parse(sealed(type="Welcome", conversation="https://a.example/c/1", encoding="Base64"))
    assert bare == CreateSealed(
        OURS, ANN, OURS, SealedKind.WELCOME, b"\x00\x01sealed", (BOB,), "https://a.example/c/1"
    )
    whole = parse(said("Create", sealed(), to=[BOB]))
    assert isinstance(whole, CreateSealed)
    assert (whole.id, whole.object, whole.kind) == (T, OURS, SealedKind.PRIVATE_MESSAGE)


def test_a_sealed_object_is_never_read_as_a_post():
    read = parse(said("Create", sealed(type=["Note", "PrivateMessage"])))
    assert isinstance(read, CreateSealed)


@pytest.mark.clause("FED-6.15")
@pytest.mark.parametrize(
    "much",
    [
        {"to": [f"https://b.example/{n}" for n in range(2001)]},
        {"tag": [{"type": "Hashtag", "name": "#x"}] * 201},
        {"attachment": [{"type": "Image", "url": "https://a.example/x.png"}] * 65},
    ],
)
def test_too_many_is_too_much(much, refused):
    with refused("FED-6.15"):
        parse(said("Create", note() | much))


@pytest.mark.clause("FED-6.15")
def test_long_texts_are_cut():
    read = parse_note(note(name="x" * 5000, content="y" * 300_000))
    assert (len(read.name), len(read.content)) == (2048, 262_144)


@pytest.mark.clause("FED-6.16")
@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "Collection", "orderedItems": []},
        {"type": "OrderedCollection", "items": []},
        {"type": "Collection", "first": {"type": "Create"}},
        {"type": "CollectionPage", "id": OURS, "next": OURS},
        {"type": "Collection", "items": [5]},
        {"type": "Collection", "id": OURS, "items": [OURS]},
        {"type": "Collection", "id": OURS, "first": OURS},
        {"type": "Note"},
    ],
)
def test_a_collection_that_is_none(wrong, refused):
    with refused("FED-6.16"):
        parse_collection(wrong)


def test_our_collections_and_pages_read_back():
    page = render_page(f"{OURS}?page=2", OURS, [THEIRS], 41, next=f"{OURS}?page=3")
    whole = parse_collection(render_collection(OURS, 41, first=f"{OURS}?page=1"))
    read = parse_collection(page)
    assert (whole.total, whole.first_id, whole.items) == (41, f"{OURS}?page=1", ())
    assert (read.items, read.next, read.part_of) == ((THEIRS,), f"{OURS}?page=3", OURS)
    assert render_tombstone(OURS, AT, "Note")["deleted"] == "2026-08-01T12:00:00Z"


@pytest.mark.clause("FED-6.17")
def test_an_actor_updates_only_itself(refused):
    person = {"type": "Person", "id": ANN, "name": "Ann"}
    assert parse(said("Update", person)) == UpdateActor(T, ANN, person)
    with refused("FED-6.17"):
        parse(said("Update", person | {"id": "https://a.example/a/eve"}))


def test_the_types_of_peers_come_with_prefixes():
    assert isinstance(parse(said("as:Create", note() | {"type": "as:Note"})), CreateNote)


def test_a_video_is_a_video_even_from_who_does_not_say_much():
    read = parse(said("Create", {"type": "Video", "id": OURS, "name": "x"}), received=AT)
    assert isinstance(read, CreateVideo)
    assert (read.video.author, read.video.published, read.video.files) == (ANN, AT, ())


def test_a_note_is_a_value():
    assert parse_note(note()) == Note(OURS, ANN, "hi", datetime(1970, 1, 1, tzinfo=UTC))


@pytest.mark.clause("FED-2.4")
def test_of_who_is_enclosed_by_whole_only_the_id_is_read(refused):
    """As servers made with Fedify enclose our own Follow in their Accept."""
    keys = {"sec:assertionMethod": [{"type": "sec:Multikey", "sec:controller": {"id": ANN}}]}
    whole = {"id": ANN, "type": "Person", **keys}
    accept = said("Accept", {"type": "Follow", "id": OURS, "actor": whole, "object": BOB})
    assert parse({**accept, "actor": {"id": ANN, **keys}}).object == OURS
    for hidden in ({"as:actor": BOB}, {"@graph": []}, {"as:to": BOB}):
        with refused("FED-2.4"):
            parse(said("Accept", {"type": "Follow", "id": OURS, "actor": {**whole, **hidden}}))
    with refused("FED-2.4"):
        parse(said("Update", {"id": ANN, "type": "Person", "inbox": f"{ANN}/inbox", **keys}))
