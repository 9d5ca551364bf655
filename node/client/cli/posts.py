"""The verbs of posts: `kith feed`, `like`, `comment`, `edit`, `delete`, `report`, `notices` …"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from node.client.cli.command import CommandContext, verb
from node.client.cli.out import moment
from node.client.kith import Kith
from node.client.plain_text import plain
from node.wire.api.inbox import FeedPart, Notice, Post

T = TypeVar("T")
Which = Annotated[str, typer.Argument(help="Its id, or its number in the last list.")]
Count = Annotated[int, typer.Option("--count", "-n", help="How many at most.", min=1)]
USUAL_COUNT = 20
NOTICES = {
    "friend_request": "asks to be your friend",
    "friend_accepted": "is your friend now",
    "like": "likes your post",
    "share": "shared your post",
    "comment": "commented on your post",
    "follow": "follows you",
    "mention": "mentioned you",
    "mention_request": "mentioned you",
    "moved": "says that they moved to",
    "report": "was reported (kith admin reports)",
    "mutual": "and you follow each other (kith friend confirm)",
}
UNSENT = {
    "before": "Their server was told of it before: this is not sent there.",
    "suspended": "Their server is not told: they are, or it is, suspended here.",
}
OWN_NOTICES = {
    "video_failed": "A video of yours could not be made; its file can be posted again.",
    "restored": "Your server was put back from a copy of the time below. What came to it since is "
    "asked for again; what you yourself did since is lost here: look through your posts, friends "
    "and settings, and do it again. Posts that others say they have are listed one by one.",
    "post_lost": "This post of yours is lost here since then. Another server says that it has it:",
    "delivery_failed": "Some server did not take this: see kith deliveries, and retry.",
}
ABOUT = (
    "like",
    "share",
    "comment",
    "mention",
    "mention_request",
    "moved",
    "report",
    "delivery_failed",
    "restored",
    "post_lost",
)


def register(app: typer.Typer) -> None:
    """The commands of this page."""
    verb(app, "feed")(feed)
    verb(app, "like", help="Like a post or video.")(_on(Kith.like, "You like it."))
    verb(app, "unlike", help="Take a like back.")(_on(Kith.unlike, "Your like is taken back."))
    verb(app, "comment")(comment)
    verb(app, "comments")(comments)
    verb(app, "edit")(edit)
    verb(app, "edits")(edits)
    verb(app, "delete")(delete)
    verb(app, "report")(report)
    verb(app, "notices")(notices)


def _on(
    act: Callable[[Kith, str], Awaitable[Post]], says: str
) -> Callable[[CommandContext, str], Awaitable[None]]:
    async def work(context: CommandContext, which: Which) -> None:
        async with context.kith() as kith:
            context.out.done(says, await act(kith, context.id(which)))

    return work


async def feed(
    context: CommandContext,
    part: Annotated[
        FeedPart | None,
        typer.Argument(help="Only friends, those you follow, or the people of your server."),
    ] = None,
    count: Count = USUAL_COUNT,
    mine: Annotated[bool, typer.Option("--mine", help="What you posted yourself.")] = False,
) -> None:
    """What friends and those you follow posted, the newest first, to the end."""
    if mine and part:
        raise typer.BadParameter(f"choose {part} or --mine")
    async with context.kith() as kith:
        posts, more = await _some(kith.posts() if mine else kith.feed(part), count)
    if context.out.json:
        context.out.value({"items": posts, "more": more})
        return
    context.remember([post.id for post in posts])
    for number, post in enumerate(posts, 1):
        _show(context, post, number)
    if not posts:
        context.out.say("Nothing has been posted yet.", "dim")
        return
    context.out.say("There is more: -n 100" if more else "You are caught up.", "dim")


async def comment(
    context: CommandContext,
    which: Which,
    text: Annotated[str, typer.Argument(help="What you say.")],
) -> None:
    """Comment on a post or video."""
    async with context.kith() as kith:
        context.out.done("Said.", await kith.comment(context.id(which), text))


async def comments(context: CommandContext, which: Which, count: Count = USUAL_COUNT) -> None:
    """Read the comments on a post or video."""
    async with context.kith() as kith:
        found, more = await _some(kith.comments(context.id(which)), count)
    if context.out.json:
        context.out.value({"items": found, "more": more})
        return
    for one in found:
        context.out.say(f"{one.author.handle}  {moment(one.published)}", "bold")
        hidden = f"(hidden: {', '.join(one.filtered)})" if one.filtered else ""
        context.out.say(f"  {hidden or plain(one.content)}")
    if not found:
        context.out.say("Nobody has said anything yet.", "dim")


async def edit(
    context: CommandContext,
    which: Which,
    text: Annotated[str | None, typer.Argument(help="What it says from now on.")] = None,
    warning: Annotated[
        str | None, typer.Option("--cw", help='A content warning; "" takes it away.')
    ] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="Its language: de, pt-BR.")] = None,
) -> None:
    """Change the words of a post or comment of yours, here and at your friends' nodes."""
    if text is None and warning is None and lang is None:
        raise typer.BadParameter("say what it says from now on, or give --cw or --lang")
    async with context.kith() as kith:
        post = await kith.edit_post(context.id(which), text, warning, lang)
        context.out.done("Changed. Who sees it can read what it said before.", post)


async def edits(context: CommandContext, which: Which) -> None:
    """Read what a post says and what it said before, the newest first."""
    async with context.kith() as kith:
        found = await kith.post_edits(context.id(which))
    if context.out.json:
        context.out.value({"items": found})
        return
    for one in found:
        context.out.say(moment(one.said), "bold")
        if one.summary:
            context.out.say(f"  ({one.summary})")
        context.out.say(f"  {plain(one.content)}")
    if len(found) == 1:
        context.out.say("It was never changed.", "dim")


async def delete(context: CommandContext, which: Which) -> None:
    """Delete a post of yours, here and at your friends' nodes."""
    async with context.kith() as kith:
        id = context.id(which)
        await kith.delete(id)
        context.out.done("Deleted.", {"deleted": id})


async def report(
    context: CommandContext,
    whom: Annotated[str, typer.Argument(help="@name@server, a post's id, or its number.")],
    text: Annotated[str, typer.Option("--text", help="What is wrong.")] = "",
    forward: Annotated[
        bool,
        typer.Option(
            "--forward",
            help="Tell their server too; not who you are. "
            "On a node with few people it may guess that.",
        ),
    ] = False,
) -> None:
    """Tell the administrators of your node of somebody, or of a post; nobody else is told."""
    async with context.kith() as kith:
        made = await kith.report(context.id(whom), text, forward=forward)
    says = ["Added to what you reported before." if made.added else "Reported to your node."]
    if made.forwarded:
        says.append("Their server is told too.")
    if made.withheld:
        says.append(f"Not named to it: {made.withheld} that few people here can see.")
    if made.unsent:
        says.append(UNSENT[made.unsent])
    context.out.done(" ".join(says), made)


async def notices(
    context: CommandContext,
    count: Count = USUAL_COUNT,
    keep: Annotated[bool, typer.Option(help="Leave them unread.")] = False,
    requests: Annotated[bool, typer.Option("--requests", help="Strangers' mentions.")] = False,
) -> None:
    """What happened lately; it counts as read then. kith mentions says who is heard at once."""
    async with context.kith() as kith:
        found, more = await _some(kith.notices(requests), count)
        if found and not keep:
            await kith.read_notices(found[0].id)
    if context.out.json:
        context.out.value({"items": found, "more": more})
        return
    context.remember([one.object or one.actor.id for one in found])
    for number, one in enumerate(found, 1):
        _tell(context, one, number)
    if lost := sum(one.kind == "post_lost" for one in found):
        more_lost = "at least " if more else ""
        words = "Posts of yours that are lost here, and that other servers say they have"
        context.out.say(f"{words}: {more_lost}{lost}.")
    if not found:
        context.out.say("Nothing has happened yet.", "dim")


def _tell(context: CommandContext, notice: Notice, number: int) -> None:
    did = f"{notice.actor.handle} {NOTICES.get(notice.kind, notice.kind)}"
    line = f"{number:>3}  {moment(notice.created)}  {OWN_NOTICES.get(notice.kind, did)}"
    context.out.say(line, "" if notice.read else "bold")
    if notice.kind in ABOUT:
        context.out.say(f"     {notice.object}", "dim")


def _show(context: CommandContext, post: Post, number: int) -> None:
    context.out.say(f"{number:>3}  {post.author.handle}  {moment(post.published)}", "bold")
    if post.shared_by is not None:
        context.out.say(f"     shared by {post.shared_by.handle or post.shared_by.id}", "dim")
    for file in post.media:
        if not post.video and (file.media_type.startswith("image/") or file.kind == "Image"):
            context.out.say(f"     ▣ {file.name or 'a picture without a description'}")
            continue
        length = f", {file.duration_ms / 1000:.0f} s" if file.duration_ms else ""
        context.out.say(
            f"     ▶ {post.name or file.name or file.kind}{length}  (kith watch {number})"
        )
    if post.filtered:
        context.out.say(f"     (hidden: {', '.join(post.filtered)})  kith unmute --word", "dim")
        return
    if post.summary:
        context.out.say(f"     ({post.summary})")
    words = plain(post.content)
    if post.media:
        words = words.removeprefix(post.name).strip()  # peers that show no titles read it there
    if words:
        context.out.say("     " + words.replace("\n", "\n     "))
    counts = f"     {_some_of(post.likes, 'like')}, {_some_of(post.comments, 'comment')}"
    changed = f", changed {moment(post.updated)}  (kith edits {number})" if post.updated else ""
    context.out.say(counts + (", liked by you" if post.liked else "") + changed, "dim")


def _some_of(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


async def _some(items: AsyncIterator[T], count: int) -> tuple[list[T], bool]:
    """The first `count`, and whether there are more."""
    found: list[T] = []
    async for one in items:
        if len(found) == count:
            return found, True
        found.append(one)
    return found, False
