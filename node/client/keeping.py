"""Pure: a device's state, one step of its vault after the other (spec E2E-5.4)."""

import msgspec

from node.client import rows
from node.client.groups import believe
from node.client.rows import Changes, OutRow, Rows
from node.e2ee.mls.private.client import Client
from node.e2ee.mls.private.means import Means
from node.e2ee.mls.private.session import Session
from node.errors import Conflict, Missing
from node.ports import Entropy

SUITE = 1


class Keeping:
    """What the pages of a device share: who it is, its vault, its groups.

    `stirred`: something may go out that could not before. Who sends it sets that back.
    """

    def __init__(self, vault: Rows, entropy: Entropy, actor: str) -> None:
        self._rows = vault
        self._entropy = entropy
        self.actor = actor
        self.stirred = False
        self._means = Means(entropy, believe)
        self._sessions: dict[str, Session] = {}
        self._words: dict[str, dict[bytes, str]] = {}
        kept = vault.read(rows.CLIENT)
        if kept is None:
            self._me = Client.fresh(SUITE, actor.encode(), entropy)
            vault.step({rows.CLIENT: self._me.dump()})
        else:
            self._me = Client.load(kept)

    def _takes_part(self, group: str) -> bool:
        return group in self._sessions or bool(self._rows.names(f"group/{group}/"))

    def _session(self, group: str) -> Session:
        if group not in self._sessions:
            names = self._rows.names(f"group/{group}/")
            if not names:
                raise Missing("E2E-5.6", "this device is not in that conversation")
            head = len(f"group/{group}/")
            records = {name[head:]: self._rows.read(name) or b"" for name in names}
            self._sessions[group] = Session.load(records, self._means)
        return self._sessions[group]

    def _done(self, group: str, session: Session, changes: Changes) -> None:
        """Write first; a session whose step is not on disk is read again from what is."""
        self._sessions.pop(group, None)
        self._rows.step(changes)
        if not session.over:
            self._sessions[group] = session

    def _owe(self, changes: Changes, out: OutRow, place: str = "") -> None:
        made = [name for name, value in changes.items() if name.startswith("out/") and value]
        names = sorted([*self._rows.names("out/"), *made])
        number = int(names[-1].partition("/")[2]) + 1 if names else self._rows.counter
        name = place or rows.out_row(max(number, self._rows.counter))
        changes[name] = msgspec.json.encode(out)

    def _get(self, name: str, kind: type[rows.Row]) -> rows.Row:
        value = self._rows.read(name)
        if value is None:
            raise Conflict("E2E-5.6", f"the vault has no {name.partition('/')[0]} of that name")
        return msgspec.json.decode(value, type=kind)
