"""Pure: posts and comments: `Note` and what is read as one, in `Create` and `Update` (FED-6.9)."""

from collections.abc import Mapping
from html import escape
from typing import Any

from msgspec.structs import replace

from node.errors import Malformed, TooMuch
from node.federation.activities.attribution import (
    Envelope,
    check_form,
    check_owned_alone,
    check_owner,
)
from node.federation.activities.linking import hashtags
from node.federation.activities.media import parse_attachments, read_media, render_attachment
from node.federation.activities.prose import paragraphs
from node.federation.activities.reading import (
    LONGEST_CONTENT,
    LONGEST_NAME,
    MOST_TAGS,
    Doc,
    by_language,
    flag,
    id_of,
    instant,
    is_a,
    is_language,
    many,
    maybe_url,
    media_type,
    page_url,
    picture,
    recipients,
    text,
    types,
)
from node.federation.activities.shapes import Attachment, CreateNote, Note, UpdateNote
from node.wire import ids
from node.wire.html import clean, line
from node.wire.times import rfc3339

# What other software posts under another name than Note: title, text and link are kept.
KINDS = ("Note", "Article", "Page", "Event", "Question", "Audio", "Image", "Document")
_FILES = {"Audio", "Image", "Document"}
# An answer and, in all their spellings, quotes.
_LOOKS_BACK = ("inReplyTo", "quote", "quoteUrl", "quoteUri", "_misskey_quote")
MOST_OPTIONS = 64
_PLAIN = frozenset({"text/plain", "text/markdown"})


def parse_create(document: Doc, envelope: Envelope, object: Doc) -> CreateNote:
    """Raises `Malformed` (FED-6.3 …), `Forbidden` (FED-6.5), `TooMuch` (FED-6.15)."""
    return CreateNote(envelope.id, envelope.actor, _enclosed(document, envelope, object))


def parse_update(document: Doc, envelope: Envelope, object: Doc) -> UpdateNote:
    """Raises as `parse_create`."""
    return UpdateNote(envelope.id, envelope.actor, _enclosed(document, envelope, object))


def _enclosed(document: Doc, envelope: Envelope, object: Doc) -> Note:
    note = _read(object, check_owner(object, envelope.actor), envelope)
    if note.to or note.cc:
        return note
    # Some peers address only the activity.
    return replace(note, to=recipients(document, "to"), cc=recipients(document, "cc"))


def parse_note(object: Doc) -> Note:
    """A post that came by itself. Nobody has said it yet: what fetched it must know from where."""
    id, author = check_owned_alone(object)
    return _read(object, id, Envelope("", author))


def _read(object: Doc, id: str, envelope: Envelope) -> Note:
    check_form(object)
    kind = next((name for name in types(object) if name in KINDS), "Note")
    content, lang, others = _content(object)
    summary = line(text(object, "summary"))
    if kind != "Note" and not (content or _said_so(object)):
        # Of what is no Note the summary is a summary, and all that some servers send.
        content, summary = _markup(text(object, "summary", LONGEST_CONTENT), object), ""
    content += _options(object, kind)
    attachments = _attachments(object, kind)
    video = maybe_url(object.get("kith:video"), "the video")
    name = line(text(object, "name")) or (_title(attachments) if video else "")
    if not (content or name or attachments or _said_so(object)):
        raise Malformed("FED-6.9", "the post has neither text nor title nor attachment")
    return Note(
        id=id,
        author=envelope.actor,
        content=content,
        published=envelope.at(instant(object, "published") or instant(object, "updated")),
        updated=instant(object, "updated"),
        url=page_url(object),
        summary=summary,
        sensitive=flag(object, "sensitive"),
        in_reply_to=_in_reply_to(object, id),
        lang=lang or _declared(object),
        content_map=others,
        to=recipients(object, "to"),
        cc=recipients(object, "cc"),
        mentions=_mentions(object, envelope.actor),
        attachments=attachments,
        name=name,
        video=video,
        kind=kind,
    )


def _title(attachments: tuple[Attachment, ...]) -> str:
    """The title of a linked video: its Note has none of its own (FED-6.12), the file carries it."""
    return next((each.name for each in attachments if each.kind == "Video"), "")


def _said_so(object: Doc) -> bool:
    """Whether the content is there but empty: a post of nothing is odd, not wrong."""
    return any(isinstance(object.get(name), str | dict) for name in ("content", "contentMap"))


def _attachments(object: Doc, kind: str) -> tuple[Attachment, ...]:
    found = parse_attachments(object)
    if not found and kind in _FILES:
        own = read_media(object, kind)
        return (own,) if own and not own.media_type.startswith("text/") else ()
    image = picture(object.get("image")) if not found and kind != "Note" else ""
    return (Attachment("Image", "", image),) if image else found


def _options(object: Doc, kind: str) -> str:
    """The options of a question, as a list below its words."""
    if kind != "Question":
        return ""
    options = [*many(object.get("oneOf")), *many(object.get("anyOf"))][:MOST_OPTIONS]
    names = [line(text(option, "name")) for option in options if isinstance(option, Mapping)]
    listed = "".join(f"<li>{escape(name, quote=False)}</li>" for name in names if name)
    return f"<ul>{listed}</ul>" if listed else ""


def _content(object: Doc) -> tuple[str, str, dict[str, str]]:
    """Cleaned content, its language, and the content in other languages.

    The language is that of the `contentMap` entry with the same text, or of the only entry.
    """
    contents = {
        tag: _markup(words, object) for tag, words in by_language(object, "contentMap").items()
    }
    content = _markup(text(object, "content", LONGEST_CONTENT), object)
    if not content and contents:
        content = next(iter(contents.values()))
    same = [tag for tag, words in contents.items() if words == content]
    lang = next(iter(same or (contents if len(contents) == 1 else ())), "")
    contents.pop(lang, None)
    return content, lang, contents


def _markup(words: str, object: Doc) -> str:
    return clean(paragraphs(words) if media_type(object) in _PLAIN else words)


def _declared(object: Doc) -> str:
    """`language` as Lemmy and PeerTube say it: `{"identifier": "ko", "name": …}`."""
    language = object.get("language")
    tag = language.get("identifier") if isinstance(language, dict) else language
    return tag if isinstance(tag, str) and tag not in ("", "und") and is_language(tag) else ""


def _in_reply_to(object: Doc, id: str) -> str:
    for name in _LOOKS_BACK:
        if id and id in (maybe_url(member, name) for member in many(object.get(name))[:16]):
            raise Malformed("FED-6.9", "the post answers or quotes itself")
    answered = many(object.get("inReplyTo"))
    return maybe_url(answered[0], "inReplyTo") if answered else ""


def _mentions(object: Doc, author: str) -> tuple[str, ...]:
    """Who is mentioned, each once. Raises `Malformed` (FED-6.9), `TooMuch` (FED-6.15)."""
    tags = many(object.get("tag"))
    if len(tags) > MOST_TAGS:
        raise TooMuch("FED-6.15", f"the post has more than {MOST_TAGS} tags", most=MOST_TAGS)
    named = [maybe_url(tag.get("href"), "a mention") for tag in tags if is_a(tag, "Mention")]
    mentions = tuple(dict.fromkeys(id for id in named if id))
    odd = _odd_mentions(mentions, object, author)
    if odd and (is_a(object, "Note") or not is_a(object, *KINDS)):
        raise Malformed("FED-6.9", "the post mentions someone it is not addressed to")
    # Blogs address their articles to followers alone.
    return tuple(id for id in mentions if id not in odd)


def _odd_mentions(mentions: tuple[str, ...], object: Doc, author: str) -> set[str]:
    """A server knows its own people: if it mentions one, it addresses that one too (FED-6.9).

    Where it does not, the mention names someone else than the text shows to its readers.
    """
    addressed = {*_all_ids(object, "to"), *_all_ids(object, "cc")}
    unaddressed = [id for id in mentions if id != author and id not in addressed]
    return {id for id in unaddressed if ids.same_origin(id, author) and _bare(object, id)}


def _bare(object: Doc, id: str) -> bool:
    """Whether the mention of `id` is by a name without host, as for a neighbour."""
    tags = (tag for tag in many(object.get("tag")) if is_a(tag, "Mention"))
    names = [tag.get("name") for tag in tags if tag.get("href") == id]
    return any(isinstance(name, str) and "@" not in name.lstrip("@") for name in names)


def _all_ids(object: Doc, name: str) -> list[str]:
    return [id_of(member, name) for member in many(object.get(name))]


def render_note(note: Note) -> dict[str, Any]:
    """The object as it is served at its id and enclosed in `Create` and `Update`."""
    document: dict[str, Any] = {
        "type": note.kind,
        "id": note.id,
        "attributedTo": note.author,
        "content": note.content,
        "mediaType": "text/html",
        "published": rfc3339(note.published),
        "to": list(note.to),
        "cc": list(note.cc),
        "sensitive": note.sensitive,
        "summary": note.summary or None,
        "inReplyTo": note.in_reply_to or None,
        "url": note.url or note.id,
        "tag": _tags(note),
        "attachment": [render_attachment(attachment) for attachment in note.attachments],
    }
    if note.lang or note.content_map:
        own = {note.lang: note.content} if note.lang else {}
        document["contentMap"] = {**own, **note.content_map}
    if note.updated:
        document["updated"] = rfc3339(note.updated)
    if note.name and note.kind != "Note":
        # A Note with a name is a vote in a poll to Mastodon and to snac.
        document["name"] = note.name[:LONGEST_NAME]
    if note.video:
        document["kith:video"] = note.video
    return document


def _tags(note: Note) -> list[dict[str, str]]:
    mentions = [mention(id) for id in note.mentions]
    tags = hashtags(note.content)[: MOST_TAGS - len(mentions)]
    return [*mentions, *({"type": "Hashtag", "href": href, "name": name} for href, name in tags)]


def mention(id: str) -> dict[str, str]:
    """The tag by which a post mentions an actor."""
    return {"type": "Mention", "href": id, "name": _handle(id)}


def _handle(id: str) -> str:
    """Who reads this id only knows its host; the reader's server finds the name by the id."""
    return f"@{id.rstrip('/').rpartition('/')[2].lstrip('@')}@{ids.origin(id).authority}"


def render_create(create: CreateNote) -> dict[str, Any]:
    return _activity("Create", create)


def render_update(update: UpdateNote) -> dict[str, Any]:
    return _activity("Update", update)


def _activity(verb: str, activity: CreateNote | UpdateNote) -> dict[str, Any]:
    object = render_note(activity.note)
    return {
        "type": verb,
        "id": activity.id,
        "actor": activity.actor,
        "published": object.get("updated", object["published"])
        if verb == "Update"
        else object["published"],
        "to": object["to"],
        "cc": object["cc"],
        "object": object,
    }
