"""`kith group`, `kith chats`: groups, and the list of all talks (spec DEV-19, API-9.16)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Annotated

import typer

from node.client.cli import said
from node.client.cli.command import CommandContext, verb
from node.client.cli.out import Out, moment_of_micros
from node.client.kith import Chat, GroupChanged, Kith, MembersChanged
from node.client.roster import ROLES, Roster
from node.client.roster_rows import LineRow
from node.exit_codes import KEPT, OK
from node.wire.times import from_micros

SHOWN = 60  # letters of what was said last


class GroupAction(StrEnum):
    """What is to be done."""

    NEW = "new"
    ADD = "add"
    REMOVE = "remove"
    LEAVE = "leave"
    RENAME = "rename"
    ROLE = "role"
    SHOW = "show"


def register(app: typer.Typer) -> None:
    """The commands of this page."""
    verb(app, "group")(group)
    verb(app, "chats")(chats)


async def group(
    context: CommandContext,
    action: Annotated[GroupAction, typer.Argument(help="What is to be done.")],
    name: Annotated[str, typer.Argument(help="The group: its name, or its id.")],
    words: Annotated[
        list[str] | None,
        typer.Argument(help="new, add, remove: @people; rename: its new name; role: @who ROLE."),
    ] = None,
) -> int:
    """Talk of several: kith group new "Sunday walk" @bob @carol; then kith chat "Sunday walk".

    Its owners and admins add, remove and rename; owners give roles: member, admin, owner.
    """
    given = words or []
    _check(action, given)
    async with context.kith() as kith:
        if action is GroupAction.SHOW:
            await _show(context, kith, name)
            return OK
        told, shown = await _do(kith, action, name, given)
        waits = await kith.in_the_way(shown) if shown else ""
        if not waits:
            context.out.done(told, {"group": shown, "state": "done"})
            return OK
        data = {"group": shown, "state": "kept", "reason": waits}
        context.out.done(f"Kept, not done yet: {waits}. It is done when that passes.", data)
        return KEPT


def _check(action: GroupAction, words: list[str]) -> None:
    many = action in (GroupAction.NEW, GroupAction.ADD, GroupAction.REMOVE)
    if many and not words:
        raise typer.BadParameter(f'say whom: kith group {action} "NAME" @a @b')
    if action is GroupAction.RENAME and len(words) != 1:
        raise typer.BadParameter('say one new name, in quotes: kith group rename "OLD" "NEW"')
    if action is GroupAction.ROLE and (len(words) != 2 or words[1] not in ROLES):
        raise typer.BadParameter('say who and which role: kith group role "NAME" @who admin')
    if action in (GroupAction.LEAVE, GroupAction.SHOW) and words:
        raise typer.BadParameter(f'kith group {action} "NAME" takes nothing more')


async def _do(kith: Kith, action: GroupAction, name: str, words: list[str]) -> tuple[str, str]:
    """What is told of it, and the group that it is about, "" where that is none any more."""
    people = ", ".join(words)
    if action is GroupAction.NEW:
        made = await kith.new_group(name, *words)
        return f"{name} begins, with {people}: kith chat {_quoted(name)}", made
    group = await kith.talk_to(name)
    match action:
        case GroupAction.ADD:
            await kith.add_people(name, *words)
            return f"{people} came in. What was said before is not shown to them.", group
        case GroupAction.REMOVE:
            await kith.remove_people(name, *words)
            return f"{people} is out, and reads nothing more.", group
        case GroupAction.RENAME:
            await kith.rename_group(name, words[0])
            return f"It is called {words[0]} now.", group
        case GroupAction.ROLE:
            await kith.give_role(name, words[0], words[1])
            return f"{words[0]} is {words[1]} now.", group
    await kith.leave_group(name)
    return f"You left {name}. What was said stays here.", ""


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name


async def _show(context: CommandContext, kith: Kith, name: str) -> None:
    found = await kith.group(name)
    if found is None:
        found = await kith.group(await kith.talk_to(name)) or Roster("", {})
    names = await kith.names()
    if context.out.json:
        people = [_person(actor, role, names) for actor, role in found.people.items()]
        context.out.value({"name": found.name, "people": people})
        return
    context.out.say(found.name, "bold")
    for actor, role in sorted(found.people.items(), key=lambda each: -ROLES.index(each[1])):
        context.out.say(f"  {role:7} {names.get(actor, actor)}")


def _person(actor: str, role: str, names: Mapping[str, str]) -> dict[str, str]:
    return {"handle": names.get(actor, actor), "actor": actor, "role": role}


async def chats(context: CommandContext) -> None:
    """Whom you talk with: groups and people, where something was said last first."""
    async with context.kith() as kith:
        found, names = await kith.chats(), await kith.names()
    if context.out.json:
        context.out.value({"items": [_as_json(one, names) for one in found]})
        return
    for one in found:
        title = one.group.name if one.group else ", ".join(names.get(a, a) for a in one.others)
        many = f" ({len(one.group.people)})" if one.group else ""
        gone = "" if one.open else "  (ended)" if one.spoilt else "  (you are out of it)"
        last = " ".join(said.words(one.last).split()) if one.last else ""
        last = last[:SHOWN] + ("…" if len(last) > SHOWN else "")
        context.out.say(f"{moment_of_micros(one.at)} {title}{many}{gone}  {last}".rstrip())
    if not found:
        context.out.say("You talk with nobody yet: kith chat @bob, or kith group new.", "dim")


def _as_json(one: Chat, names: Mapping[str, str]) -> dict[str, object]:
    people = one.group.people if one.group else dict.fromkeys(one.others, "")
    last = one.last
    return {
        "id": one.conversations[0],
        "kind": "group" if one.group else "talk",
        "name": one.group.name if one.group else "",
        "people": [_person(actor, role, names) for actor, role in people.items()],
        "open": one.open,
        "ended": one.spoilt.reason if one.spoilt else "",
        "at": from_micros(one.at),
        "last": last
        and {"id": last.id, "from": names.get(last.actor, last.actor), "text": said.words(last)},
    }


# -- who came and went, in a talk ----------------------------------------------------------------


def row(out: Out, one: LineRow, name_of: Callable[[str], str]) -> None:
    """A line of a group's history."""
    text = line_of(one, name_of)
    if not out.json:
        out.say(f"{moment_of_micros(one.at)} {text}", "dim")
        return
    roles = {name_of(each.actor): each.role for each in one.roles}
    out.value(
        {
            "id": "",
            "kind": "group",
            "from": name_of(one.by),
            "actor": one.by,
            "text": text,
            "at": from_micros(one.at),
            "came": [*map(name_of, one.came)],
            "went": [*map(name_of, one.went)],
            "name": one.name,
            "roles": roles,
        }
    )


def line_of(one: GroupChanged | MembersChanged | LineRow, name_of: Callable[[str], str]) -> str:
    """What became of a group, or of who takes part in a talk, in a line."""
    if isinstance(one, MembersChanged):
        came, went = ", ".join(map(name_of, one.added)), ", ".join(map(name_of, one.removed))
        lines = [f"{came} came in." if came else "", f"{went} left." if went else ""]
        return " ".join(filter(None, lines))
    if isinstance(one, GroupChanged):
        return " ".join(_parts(one.by, one.added, one.removed, one.name, one.roles, name_of))
    roles = [(each.actor, each.role) for each in one.roles]
    return " ".join(_parts(one.by, one.came, one.went, one.name, roles, name_of))


def _parts(
    by: str,
    came: Iterable[str],
    went: Iterable[str],
    name: str,
    roles: Iterable[tuple[str, str]],
    name_of: Callable[[str], str],
) -> Iterator[str]:
    who, new = name_of(by), [name_of(actor) for actor in came if actor != by]
    if new:
        yield f"{who} added {', '.join(new)}."
    for actor in went:
        yield f"{who} left." if actor == by else f"{who} removed {name_of(actor)}."
    if name:
        yield f"{who} called it {name}."
    for actor, role in roles:
        yield f"{who} made {name_of(actor)} {role}."
