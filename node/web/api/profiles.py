"""A changed profile, and the `Update` that tells those elsewhere who know the person (ACC-1.12)."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from node.accounts.account import (
    Account,
    Change,
    account_of,
    change_profile,
    choose_mentions,
)
from node.federation.activities.shapes import UpdateActor
from node.federation.actors import render_actor
from node.store.accounts import AccountsUnit
from node.store.federation import FederationUnit
from node.store.pictures import PicturesUnit
from node.store.unit import Units
from node.video.pictures import LARGE, SMALL, PictureUrls, Use, wear
from node.web.actor_documents import document_of
from node.wire.keys import PublicKey


class PublicKeys(Protocol):
    """The keys that an actor of ours shows (`store/keyring`)."""

    async def public(self, actor: str) -> Sequence[PublicKey]: ...


class Faces(Struct, frozen=True):
    """Pictures by their ids; empty takes one away, None leaves it as it is."""

    avatar: str | None = None
    header: str | None = None


AS_THEY_ARE = Faces()


class Profiles(Struct, frozen=True):
    """Changes profiles."""

    units: Units
    keys: PublicKeys
    urls: PictureUrls

    async def change(
        self,
        account: str,
        actor: str,
        change: Change,
        faces: Faces = AS_THEY_ARE,
        mentions: str | None = None,
    ) -> Account:
        """The account with its new profile; the change and what it owes are one commit."""
        shown = await self.keys.public(actor)
        channels = await self._channel(account) if faces != AS_THEY_ARE else ()

        async def work(unit: AccountsUnit) -> Account:
            wears = await self._worn(unit.beside(PicturesUnit), account, faces)
            if mentions is not None:
                await choose_mentions(account, mentions, unit)
            after = await change_profile(account, replace(change, **wears), unit)
            for one, keys in ((actor, shown), *channels):
                document = await _document(one, after, keys, unit)
                update = UpdateActor(unit.mint_activity(), one, document)
                await unit.tell_all(update, [after.actor, after.channel])
            return after

        if faces == AS_THEY_ARE and mentions is None:
            await self.units.rehearse(AccountsUnit, work)
        return await self.units.run(AccountsUnit, work)

    async def _channel(self, account: str) -> tuple[tuple[str, Sequence[PublicKey]], ...]:
        """The channel, which has the same face, and its keys (PIC-3.2)."""
        found = await self.units.look(AccountsUnit, lambda unit: account_of(account, unit))
        channel = found.channel
        return ((channel, await self.keys.public(channel)),) if channel else ()

    async def _worn(self, unit: PicturesUnit, account: str, faces: Faces) -> dict[str, str]:
        """Where the new pictures are, by what they are to the profile (PIC-3.1, PIC-3.3)."""
        worn: dict[str, str] = {}
        for id, use, name, size in (
            (faces.avatar, Use.AVATAR, "icon", SMALL),
            (faces.header, Use.HEADER, "header", LARGE),
        ):
            if id is not None:
                new = await wear(unit, account, id, use)
                worn[name] = self.urls.open(new, new.still(size).name) if new else ""
        return worn


async def _document(
    id: str, account: Account, keys: Sequence[PublicKey], unit: AccountsUnit
) -> dict[str, object]:
    """The actor document as it is served from now on."""
    federation = FederationUnit(unit.connection, unit.context)
    actor = await federation.actor(id)
    assert actor is not None, "an active account has its actor"
    return render_actor(document_of(actor, keys, await federation.family(account.id)))
