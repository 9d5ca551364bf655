"""Pure: `Video` in `Create` and `Update`, the shape that PeerTube demands (spec FED-6.12)."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from node.errors import Forbidden
from node.federation.activities.attribution import (
    Envelope,
    check_form,
    check_owned_alone,
    check_owner,
)
from node.federation.activities.media import render_attachment, render_duration, render_picture
from node.federation.activities.prose import paragraphs, plain
from node.federation.activities.reading import (
    LONGEST_CONTENT,
    Doc,
    duration_ms,
    flag,
    id_of,
    instant,
    is_a,
    is_language,
    links,
    many,
    maybe_url,
    media_type,
    number,
    page_url,
    recipients,
    text,
)
from node.federation.activities.shapes import (
    Attachment,
    CreateVideo,
    UpdateVideo,
    Video,
    VideoFile,
)
from node.wire.html import clean, line
from node.wire.times import rfc3339

HLS = "application/x-mpegURL"
_HLS_SPELLINGS = frozenset({HLS.lower(), "application/vnd.apple.mpegurl"})
MOST_FILES = 64
LONGEST_UUID = 64
LEAST_TEXT, LONGEST_TITLE = 3, 120  # characters that PeerTube wants for a name; 3 for a content


def parse_create(document: Doc, envelope: Envelope, object: Doc) -> CreateVideo:
    """Raises `Malformed` (FED-6.3 …), `Forbidden` (FED-6.5, VID-8.5), `TooMuch` (FED-6.15)."""
    return CreateVideo(envelope.id, envelope.actor, _enclosed(document, envelope, object))


def parse_update(document: Doc, envelope: Envelope, object: Doc) -> UpdateVideo:
    """Raises as `parse_create`."""
    return UpdateVideo(envelope.id, envelope.actor, _enclosed(document, envelope, object))


def _enclosed(document: Doc, envelope: Envelope, object: Doc) -> Video:
    video = _read(object, check_owner(object, envelope.actor), envelope)
    if video.author != envelope.actor:
        raise Forbidden("VID-8.5", "a video is said by its author alone")
    if video.to or video.cc:
        return video
    return replace(video, to=recipients(document, "to"), cc=recipients(document, "cc"))


def parse_video(object: Doc) -> Video:
    """A video that came by itself: see `posts.parse_note`."""
    id, author = check_owned_alone(object)
    return _read(object, id, Envelope("", author))


def _read(object: Doc, id: str, envelope: Envelope) -> Video:
    check_form(object)
    author, channel = _makers(object, envelope.actor)
    published = envelope.at(instant(object, "published") or instant(object, "updated"))
    icon = _largest(object.get("icon"))
    return Video(
        id=id,
        uuid=text(object, "uuid", LONGEST_UUID),
        name=line(text(object, "name")),
        author=author,
        channel=channel,
        published=published,
        updated=instant(object, "updated") or published,
        duration_ms=duration_ms(object),
        content=_content(object),
        url=page_url(object),
        note=maybe_url(object.get("kith:note"), "the note"),
        views=number(object, "views"),
        sensitive=flag(object, "sensitive"),
        lang=_language(object),
        to=recipients(object, "to"),
        cc=recipients(object, "cc"),
        files=_files(object),
        hls=_playlist(object),
        poster=str(icon.get("href", "")),
        poster_width=number(icon, "width"),
        poster_height=number(icon, "height"),
        blurhash=text(icon, "blurhash", 200),
        comments=maybe_url(object.get("comments"), "comments"),
        likes=maybe_url(object.get("likes"), "likes"),
        shares=maybe_url(object.get("shares"), "shares"),
        dislikes=maybe_url(object.get("dislikes"), "dislikes"),
    )


def _makers(object: Doc, actor: str) -> tuple[str, str]:
    """(person, channel): by their types when they are said, else the speaker is the person."""
    named = many(object.get("attributedTo"))[:16]
    groups = [id_of(member, "attributedTo") for member in named if is_a(member, "Group")]
    people = [id_of(member, "attributedTo") for member in named if not is_a(member, "Group")]
    person = actor if actor in people or not people else people[0]
    others = groups or [id for id in people if id != person]
    return person, next((id for id in others if maybe_url(id, "the channel")), "")


def _content(object: Doc) -> str:
    written = text(object, "content", LONGEST_CONTENT)
    # PeerTube writes Markdown: shown as text it is readable, and nothing in it can act.
    return clean(written if media_type(object) == "text/html" else paragraphs(written))


def _language(object: Doc) -> str:
    language = object.get("language")
    tag = language.get("identifier") if isinstance(language, Mapping) else language
    return tag if isinstance(tag, str) and tag and is_language(tag) else ""


def _all_links(object: Doc) -> list[Doc]:
    """The Links of `url`, and those inside the HLS Link, where PeerTube puts the files."""
    found = links(object.get("url"))
    inner = [
        each
        for link in found
        if media_type(link) in _HLS_SPELLINGS
        for each in links([tag for tag in many(link.get("tag")) if is_a(tag, "Link")])
    ]
    return found + inner


def _files(object: Doc) -> tuple[VideoFile, ...]:
    found = [
        VideoFile(
            media_type(link),
            str(link["href"]),
            number(link, "width"),
            number(link, "height"),
            number(link, "size"),
            number(link, "fps"),
        )
        for link in _all_links(object)
        if media_type(link).startswith("video/")
    ]
    return tuple(dict.fromkeys(found))[:MOST_FILES]


def _playlist(object: Doc) -> str:
    found = (link for link in links(object.get("url")) if media_type(link) in _HLS_SPELLINGS)
    return next((str(link["href"]) for link in found), "")


def _largest(value: object) -> Doc:
    """The widest of the images of `icon`, its address as `href`; empty when there is none."""
    images = [image for image in many(value)[:16] if isinstance(image, Mapping | str)]
    found = links(images)
    return max(found, key=lambda image: number(image, "width"), default={})


def render_video(video: Video) -> dict[str, Any]:
    """The object as it is served at its id: every member that PeerTube's validator asks for."""
    largest = max(video.files, key=lambda file: file.height, default=VideoFile("", ""))
    icon = render_picture(video.poster, video.poster_width, video.poster_height, video.blurhash)
    document: dict[str, Any] = {
        "type": "Video",
        "id": video.id,
        "uuid": video.uuid,
        "name": _title(video.name),
        "attributedTo": _attributed(video),
        "duration": render_duration(video.duration_ms),
        "views": video.views,
        "published": rfc3339(video.published),
        "originallyPublishedAt": None,
        "updated": rfc3339(video.updated),
        "to": list(video.to),
        "cc": list(video.cc),
        "mediaType": "text/markdown",
        "content": plain(video.content).ljust(LEAST_TEXT, "\n") if video.content else None,
        "support": None,
        "sensitive": video.sensitive,
        "summary": None,
        "state": 1,
        "commentsPolicy": 1,
        "downloadEnabled": True,
        "waitTranscoding": False,
        "isLiveBroadcast": False,
        "aspectRatio": round(largest.width / largest.height, 4) if largest.height else None,
        "icon": [icon] if video.poster else [],
        "url": _urls(video),
        "subtitleLanguage": [],
        "tag": [],
        "attachment": [render_attachment(_attached(video, largest))] if largest.url else [],
    }
    for name in ("comments", "likes", "shares", "dislikes"):
        if getattr(video, name):
            document[name] = getattr(video, name)
    if video.lang:
        document["language"] = {"identifier": video.lang, "name": video.lang}
    if video.note:
        document["kith:note"] = video.note
    return document


def _title(name: str) -> str:
    """`name` in the length that PeerTube takes; spaces at the end are taken off by every reader."""
    return (name or "Video")[:LONGEST_TITLE].ljust(LEAST_TEXT)


def _attributed(video: Video) -> list[dict[str, str]]:
    channel = [{"type": "Group", "id": video.channel}] if video.channel else []
    return [{"type": "Person", "id": video.author}, *channel]


def _attached(video: Video, file: VideoFile) -> Attachment:
    """What Mastodon-like readers play inline."""
    return Attachment(
        "Video",
        file.media_type,
        file.url,
        video.name,
        file.width,
        file.height,
        video.duration_ms,
        file.size,
        video.blurhash,
        video.poster,
    )


def _urls(video: Video) -> list[dict[str, Any]]:
    """The page first, since readers take the first link; then files by falling height, then HLS."""
    page = {"type": "Link", "mediaType": "text/html", "href": video.url or video.id}
    files = [
        {
            "type": "Link",
            "mediaType": file.media_type,
            "href": file.url,
            "width": file.width,
            "height": file.height,
            "size": file.size,
            "fps": file.fps or -1,  # PeerTube's way to say that it is not known
        }
        for file in sorted(video.files, key=lambda file: -file.height)
    ]
    hls = {"type": "Link", "mediaType": HLS, "href": video.hls, "tag": files}
    return [page, *files, *([hls] if video.hls else [])]


def render_create(create: CreateVideo) -> dict[str, Any]:
    return _activity("Create", create)


def render_update(update: UpdateVideo) -> dict[str, Any]:
    return _activity("Update", update)


def _activity(verb: str, activity: CreateVideo | UpdateVideo) -> dict[str, Any]:
    object = render_video(activity.video)
    return {
        "type": verb,
        "id": activity.id,
        "actor": activity.actor,
        "published": object["published" if verb == "Create" else "updated"],
        "to": object["to"],
        "cc": object["cc"],
        "object": object,
    }
