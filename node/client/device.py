"""Pure: a device's side of sealed messages, without I/O but its vault (spec E2E-5).

Push in what the home node said (`receive`), pull out what is owed (`owed`), say what became of it
(`accepted`, `lost`). State is in the vault before anything is handed out to be sent.
"""

from collections.abc import Mapping, Sequence

import msgspec

from node.client import rows
from node.client.groups import between, merge, new_group_id
from node.client.hearing import Hearing
from node.client.rows import Changes, ConversationRow, OutRow, PackageRow, SaidRow, WelcomeRow
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.public import key_package
from node.e2ee.mls.public.proposals import Add
from node.errors import Forbidden, Missing

LAST_RESORT_KEPT_SECONDS = 7 * 86400


class Device(Hearing):
    """One device of `actor`. Conversations are named by their group id in hex."""

    # -- looking ---------------------------------------------------------------------------------

    def between(self, actor: str) -> list[str]:
        """The conversations of just us and `actor`, first the one to answer in (E2E-5.8)."""
        return between(self.conversations(), self.actor, actor, self.history)

    def history(self, *groups: str) -> list[SaidRow]:
        """What was said there, in the order in which this device read or wrote it."""
        names = [name for group in groups for name in self._rows.names(f"said/{group}/")]
        return sorted((self._get(name, SaidRow) for name in names), key=lambda row: row.number)

    def names(self) -> dict[str, str]:
        """The actors we talk with, by handle; so that nobody is asked who they are."""
        found = self._rows.names("name/")
        return {name.partition("/")[2]: (self._rows.read(name) or b"").decode() for name in found}

    def name(self, handle: str, actor: str) -> None:
        """Remember who `handle` is."""
        if self._rows.read(rows.name_row(handle)) != actor.encode():
            self._rows.step({rows.name_row(handle): actor.encode()})

    def authenticator(self, group: str) -> str:
        """Equal on all devices that see the same group."""
        return self._session(group).epoch_authenticator.hex()

    # -- key packages ----------------------------------------------------------------------------

    def new_packages(self, count: int, last_resort: bool, now: int) -> list[tuple[bytes, bool]]:
        """(package, is last resort): private halves are in the vault before they are published."""
        changes: Changes = {}
        made = []
        for number in range(count + last_resort):
            own = self._me.key_package(self._entropy, now)
            last = last_resort and number == count
            row = PackageRow(package=own.dump(), made=now, last_resort=last)
            changes[rows.package_row(own.reference)] = msgspec.json.encode(row)
            made.append((own.package, last))
        for name in self._rows.names("package/") if last_resort else ():
            old = self._get(name, PackageRow)
            if old.last_resort and now - old.made > LAST_RESORT_KEPT_SECONDS:
                changes[name] = None
        self._rows.step(changes)
        return made

    # -- starting ---------------------------------------------------------------------------------

    def start(self, packages: Mapping[str, Sequence[bytes]], now: int) -> str:
        """A new conversation with the devices whose key packages these are, by actor.

        The commit is owed then. Raises `Forbidden` (E2E-5.1) for a package of somebody else.
        """
        adds = []
        for actor, found in packages.items():
            for data in found:
                package = key_package.parse(data)
                if package.leaf.credential.identity != actor.encode():
                    raise Forbidden("E2E-5.1", f"a key package that is not of {actor}")
                adds.append(Add(package))
        if not adds:
            raise Missing("E2E-5.6", "they have no device that takes sealed messages yet")
        group_id = new_group_id(self._entropy)
        group = group_id.hex()
        first = Session.create(self._me, self._means, group_id, now)
        staged = first.session.stage(now, adds)
        row = ConversationRow(
            group_id=group_id, members=sorted({self.actor, *packages}), created=now
        )
        changes: Changes = {rows.conversation_row(group): msgspec.json.encode(row)}
        merge(changes, group, first.change)
        merge(changes, group, staged.change)
        welcome = staged.value.entrust() or b""
        invited = [WelcomeRow(to=actor, content=welcome) for actor in sorted(packages)]
        self._owe(
            changes, OutRow(group=group, commit=True, content=staged.value.commit, welcomes=invited)
        )
        self._rows.step(changes)
        self._sessions[group] = staged.session
        return group

    def created(self, group: str, ref: str, url: str) -> None:
        """The home node knows the conversation now."""
        row = self._get(rows.conversation_row(group), ConversationRow)
        row.ref, row.url = ref, url
        self._rows.step({rows.conversation_row(group): msgspec.json.encode(row)})
