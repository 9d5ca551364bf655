"""What the handlers of many posts ask, read for all of them in two trips."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from sqlalchemy import BindParameter, bindparam, or_, select

from node.federation.activities.shapes import Note
from node.federation.telling import PAGE, Page
from node.inbox.audiences import Author, audience_of
from node.inbox.known import Known
from node.store.pipeline import Pipeline, Step
from node.store.tables import actors, posts, tombstones
from node.store.visibility import AWAY, REFUSED, ask_people_of, known_post, read_readers
from node.wire.ids import covering, origin

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
POSTS = select(
    posts.c.id, posts.c.author, posts.c.local, posts.c.thread, posts.c.deleted,
    posts.c.in_reply_to, posts.c.video,
).where(or_(posts.c.id.in_(_IDS), posts.c.video.in_(_IDS)))  # fmt: skip
ENDED = select(tombstones.c.id, tombstones.c.actor).where(tombstones.c.id.in_(_IDS))
AUTHORS = select(actors.c.id, actors.c.followers, actors.c.friends).where(actors.c.id.in_(_IDS))


class PostFacts(Struct):
    """As long as nothing but posts is written; those are put in here too."""

    posts: dict[str, Known | None]
    ended: set[tuple[str, str]]
    authors: dict[str, Author]
    hidden: dict[str, bool]
    readers: dict[tuple[Any, ...], Page] = field(default_factory=dict)


async def read_facts(connection: Pipeline, notes: Sequence[Note]) -> PostFacts:
    """The facts about these posts and their authors."""
    ids, authors = _unique(note.id for note in notes), _unique(note.author for note in notes)
    hosts = {author: covering(origin(author).authority) for author in authors}
    there, ended, known, away, refused = await connection.fetch_all(
        (POSTS, {"ids": ids}),
        (ENDED, {"ids": ids}),
        (AUTHORS, {"ids": authors}),
        (AWAY, {"actors": authors}),
        (REFUSED, {"hosts": _unique(name for names in hosts.values() for name in names)}),
    )
    found: dict[str, Known | None] = dict.fromkeys(ids)
    for row in sorted(there, key=lambda row: str(row.id), reverse=True):
        if row.video in found:
            found[row.video] = known_post(row)
    found |= {row.id: known_post(row) for row in there if row.id in found}
    by_id = {author: Author(author) for author in authors}
    by_id |= {row.id: Author(row.id, row.followers, row.friends) for row in known}
    gone, shut = {row.id for row in away}, {row.host for row in refused}
    return PostFacts(
        posts=found,
        ended={(row.id, row.actor) for row in ended},
        authors=by_id,
        hidden={author: author in gone or not shut.isdisjoint(hosts[author]) for author in authors},
        readers=await _read_readers(connection, notes, by_id),
    )


async def _read_readers(
    connection: Pipeline, notes: Sequence[Note], authors: Mapping[str, Author]
) -> dict[tuple[Any, ...], Page]:
    """The first page of those in whose feeds these posts come, once for each kind of post."""
    found: dict[tuple[Any, ...], Page] = {}
    asked: dict[tuple[Any, ...], Step] = {}
    for note in notes:
        if note.in_reply_to:
            continue  # comments are in no feed
        key = (note.author, audience_of(authors[note.author], (*note.to, *note.cc)), "", PAGE)
        step = ask_people_of(False, *key)
        if step is None:
            found[key] = [], ""
        else:
            asked[key] = step
    answers = await connection.fetch_all(*asked.values())
    for key, rows in zip(asked, answers, strict=True):
        found[key] = read_readers(key[0], rows, PAGE)
    return found


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
