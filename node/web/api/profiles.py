"""A changed profile, and the `Update` that tells those elsewhere who know the person (ACC-1.12)."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from node.accounts.account import Account, change_profile
from node.federation.activities.shapes import UpdateActor
from node.federation.actors import render_actor
from node.store.accounts import AccountsUnit
from node.store.federation import FederationUnit
from node.store.unit import Units
from node.web.actor_documents import document_of
from node.wire.keys import PublicKey


class PublicKeys(Protocol):
    """The keys that an actor of ours shows (`store/keyring`)."""

    async def public(self, actor: str) -> Sequence[PublicKey]: ...


class Change(Struct, frozen=True):
    """What becomes of a profile; None leaves it as it is. `summary` is HTML that we made."""

    display_name: str | None = None
    summary: str | None = None
    locale: str | None = None


class Profiles(Struct, frozen=True):
    """Changes profiles."""

    units: Units
    keys: PublicKeys

    async def change(self, account: str, actor: str, change: Change) -> Account:
        """The account with its new profile; the change and what it owes are one commit."""
        shown = await self.keys.public(actor)

        async def work(unit: AccountsUnit) -> Account:
            after = await change_profile(
                account, change.display_name, change.summary, change.locale, unit
            )
            document = await _document(after, shown, unit)
            update = UpdateActor(unit.mint_activity(), actor, document)
            await unit.tell_all(update, [after.actor, after.channel])
            return after

        await self.units.rehearse(AccountsUnit, work)
        return await self.units.run(AccountsUnit, work)


async def _document(
    account: Account, keys: Sequence[PublicKey], unit: AccountsUnit
) -> dict[str, object]:
    """The actor document as it is served from now on."""
    federation = FederationUnit(unit.connection, unit.context)
    actor = await federation.actor(account.actor)
    assert actor is not None, "an active account has its actor"
    return render_actor(document_of(actor, keys, await federation.family(account.id)))
