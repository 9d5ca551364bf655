"""The two shapes of a video, against the rules of those who read them, written anew from facts.

Each checker answers what it would refuse. They know nothing of the pages that render.
"""

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest

from node.federation.activities import parse_video, render, render_note, render_video
from node.federation.activities.shapes import (
    PUBLIC,
    Announce,
    Attachment,
    CreateVideo,
    Note,
    Video,
    VideoFile,
)
from node.wire import json

ANN, CHANNEL = "https://a.example/a/ann", "https://a.example/a/channel"
NOTE, VIDEO = "https://a.example/o/note", "https://a.example/o/video"
AT = datetime(2026, 8, 1, 12, tzinfo=UTC)
MP4 = "https://a.example/m/720p.mp4"


def n() -> Note:
    file = Attachment(
        "Video",
        "video/mp4",
        MP4,
        "a cat on a roof",
        1280,
        720,
        12_300,
        2_000_000,
        "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
        "https://a.example/m/poster.jpg",
        "zQmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n",
    )
    return Note(
        id=NOTE,
        author=ANN,
        content='<p>Look! <a href="https://a.example/v/1">the cat</a></p>',
        published=AT,
        url="https://a.example/v/1",
        lang="en",
        to=(PUBLIC,),
        cc=(ANN + "/followers",),
        attachments=(file,),
        video=VIDEO,
    )


def v() -> Video:
    return Video(
        id=VIDEO,
        uuid="019fae5e-9d70-7c4a-8c42-2f1b4d3a7a11",
        name="A cat on a roof",
        author=ANN,
        channel=CHANNEL,
        published=AT,
        updated=AT,
        duration_ms=12_300,
        content="<p>The cat &amp; the roof.</p>",
        url="https://a.example/v/1",
        note=NOTE,
        views=3,
        lang="en",
        to=(PUBLIC,),
        files=(
            VideoFile("video/mp4", MP4, 1280, 720, 2_000_000, 30),
            VideoFile("video/mp4", "https://a.example/m/360p.mp4", 640, 360, 500_000, 30),
        ),
        hls="https://a.example/m/master.m3u8",
        poster="https://a.example/m/poster.jpg",
        poster_width=1280,
        poster_height=720,
        blurhash="LEHV6nWB2yk8pyo0adR*.7kCMdnj",
        comments=VIDEO + "/comments",
        likes=VIDEO + "/likes",
        shares=VIDEO + "/shares",
        dislikes=VIDEO + "/dislikes",
    )


URL = re.compile(r"https?://(?:localhost|[a-z0-9.-]+\.[a-z]{2,})(?::\d+)?/\S*")
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
PICTURES = {"image/jpeg", "image/png", "image/webp"}


def whole(value, least=0):
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def peertube_link(link):
    kind = link.get("mediaType")
    if link.get("type") != "Link" or not URL.fullmatch(link.get("href", "")):
        return False
    if kind in {"video/mp4", "video/webm", "video/ogg", "audio/mp4"}:
        return whole(link.get("height")) and whole(link.get("size")) and whole(link["fps"], -1)
    return kind == "application/x-mpegURL" and isinstance(link.get("tag"), list)


def peertube_icon(icon):
    return (
        icon.get("type") == "Image"
        and isinstance(icon.get("url"), str)
        and icon.get("mediaType") in PICTURES
        and whole(icon.get("width"), 1)
        and whole(icon.get("height"), 1)
    )


def peertube_refuses(video):
    """PeerTube 8: the members that it would name in its log."""
    named = {each["type"] for each in video["attributedTo"] if URL.fullmatch(each["id"])}
    links = [link for link in video["url"] if peertube_link(link)]
    inner = [each for link in links for each in link.get("tag", ()) if peertube_link(each)]
    rules = {
        "type": video["type"] == "Video",
        "id": URL.fullmatch(video["id"]),
        "name": isinstance(video["name"], str) and 3 <= len(video["name"]) <= 120,
        "duration": re.fullmatch(r"PT\d+(\.\d+)?S", video["duration"]),
        "uuid": str(UUID(video["uuid"])) == video["uuid"],
        "views": whole(video["views"]),
        "published": ISO.fullmatch(video["published"]),
        "updated": ISO.fullmatch(video["updated"]),
        "originallyPublishedAt": video.get("originallyPublishedAt") is None,
        "icon": isinstance(video["icon"], list) and any(map(peertube_icon, video["icon"])),
        "url": isinstance(video["url"], list) and bool(links),
        "hls": any(link["mediaType"] == "application/x-mpegURL" for link in links) and inner,
        "attributedTo": named >= {"Person", "Group"},
        "content": video["content"] is None
        or (video["mediaType"] in {"text/markdown", "text/html"} and len(video["content"]) >= 3),
        "language": isinstance(video["language"]["identifier"], str),
        "comments": video["commentsPolicy"] in {1, 2, 3},
        "state": video["state"] == 1,
        "captions": isinstance(video["subtitleLanguage"], list),
        "flags": all(
            isinstance(video[name], bool)
            for name in ("waitTranscoding", "downloadEnabled", "isLiveBroadcast", "sensitive")
        ),
        "preview": isinstance(video.get("preview", []), list),
    }
    return [name for name, kept in rules.items() if not kept]


def mastodon_refuses(object):
    """Mastodon 4.7: a Note as it is; a Video is converted, its first HTML link is the link."""
    media = [
        each
        for each in object["attachment"]
        if isinstance(each.get("url"), str) and each.get("mediaType") == "video/mp4"
    ]
    links = object["url"] if isinstance(object["url"], list) else [{"href": object["url"]}]
    rules = {
        "type": object["type"] in {"Note", "Question", "Video", "Article", "Page", "Event"},
        "link": links[0].get("mediaType", "text/html") == "text/html",
        "media": len(media) == 1,
        "size": all(
            each["width"] * each["height"] <= 3840 * 2160 and each["size"] <= 99_000_000
            for each in media
        ),
        "alt": all(each.get("summary") or each.get("name") for each in media),
        "blurhash": all(len(each["blurhash"]) > 5 for each in media),
        "duration": all(each["duration"].startswith("PT") for each in media),
        "thumbnail": all(URL.fullmatch(each["icon"]["url"]) for each in media),
        "to": isinstance(object["to"], list) and isinstance(object["cc"], list),
    }
    return [name for name, kept in rules.items() if not kept]


def misskey_refuses(object):
    rules = {
        "type": object["type"]
        in {"Note", "Question", "Article", "Audio", "Document", "Image"}
        | {"Page", "Video", "Event"},
        "attachment": all(
            isinstance(each["url"], str)
            and each["url"].startswith("https://")
            and each["type"] in {"Audio", "Document", "Image", "Page", "Video"}
            for each in object["attachment"]
        ),
    }
    return [name for name, kept in rules.items() if not kept]


def pixelfed_refuses(note):
    rules = {
        "type": note["type"] == "Note",
        "attachment": isinstance(note["attachment"], list),
        "media": all(
            each["type"] in {"Document", "Image", "Video"}
            and each["mediaType"] in {"video/mp4", "image/jpeg", "image/png"}
            and isinstance(each["url"], str)
            for each in note["attachment"]
        ),
    }
    return [name for name, kept in rules.items() if not kept]


def loops_refuses(note):
    rules = {
        "type": note["type"] == "Note",
        "inReplyTo": not note.get("inReplyTo"),
        "attachment": any(
            each["type"] in {"Document", "Video"}
            and each["mediaType"] == "video/mp4"
            and isinstance(each["url"], str)
            for each in note["attachment"]
        ),
        "attributedTo": isinstance(note["attributedTo"], str),
        "content": isinstance(note["content"], str),
    }
    return [name for name, kept in rules.items() if not kept]


@pytest.mark.clause("FED-6.12")
def test_peertube_takes_the_video():
    assert peertube_refuses(render_video(v())) == []
    create = json.document(render(CreateVideo("https://a.example/t/1", ANN, v())))
    assert peertube_refuses(create["object"]) == []
    assert create["actor"] in [each["id"] for each in create["object"]["attributedTo"]]


@pytest.mark.clause("FED-6.12")
@pytest.mark.parametrize(
    "refuses", [mastodon_refuses, misskey_refuses, pixelfed_refuses, loops_refuses]
)
def test_microblogs_take_the_note(refuses):
    assert refuses(render_note(n())) == []


@pytest.mark.clause("FED-6.12")
@pytest.mark.parametrize("refuses", [mastodon_refuses, misskey_refuses])
def test_who_fetches_the_video_plays_it_too(refuses):
    assert refuses(render_video(v())) == []


@pytest.mark.clause("FED-6.12")
def test_links_stand_in_the_order_that_readers_need():
    kinds = [(link["mediaType"], link.get("height")) for link in render_video(v())["url"]]
    assert kinds == [
        ("text/html", None),
        ("video/mp4", 720),
        ("video/mp4", 360),
        ("application/x-mpegURL", None),
    ]


@pytest.mark.clause("FED-6.12")
def test_note_and_video_name_each_other():
    assert render_note(n())["kith:video"] == VIDEO
    assert render_video(v())["kith:note"] == NOTE
    assert render_note(n())["url"] == render_video(v())["url"][0]["href"]


def test_short_titles_are_long_enough_for_peertube():
    for name, content in (("", ""), ("x", "<p>y</p>"), ("x" * 200, "")):
        video = Video(**{field: getattr(v(), field) for field in v().__slots__} | {"name": name})
        rendered = render_video(
            Video(**{f: getattr(video, f) for f in video.__slots__} | {"content": content})
        )
        assert peertube_refuses(rendered) == []


def test_the_checker_does_refuse():
    broken = render_video(v()) | {"icon": [], "uuid": "019fae5e-9d70-7c4a-8c42-2f1b4d3a7a1A"}
    assert peertube_refuses(broken) == ["uuid", "icon"]


def test_peertubes_own_video_is_read(vectors):
    data = (vectors / "wild/peertube/objects-video.json").read_bytes()
    video = parse_video(json.document(data))
    assert video.name and video.uuid and video.duration_ms > 0
    assert video.channel and video.author != video.channel
    assert video.files and all(file.height > 0 for file in video.files)
    assert video.poster and video.poster_width > 0
    assert video.hls


def test_the_channel_announces_it():
    document = json.document(render(Announce("https://a.example/t/2", CHANNEL, VIDEO, AT)))
    assert (document["actor"], document["object"]) == (CHANNEL, VIDEO)
