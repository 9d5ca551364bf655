"""Linking: this machine is let in by a device of the account, or lets another one in (LNK)."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from node.client import passphrases, profile, sign_in
from node.client.account_keys import AccountKeys as OwnKeys
from node.client.api_client import ApiClient
from node.client.joining import Joined, take
from node.client.key_keeper import PATH
from node.client.key_rows import AccountKeysRow
from node.client.key_signing import SignedKeys
from node.client.local_device import LocalDevice
from node.client.messenger import Messenger
from node.client.profile import Profile
from node.client.rows import ACCOUNT_KEYS, CLIENT
from node.client.sign_in import Server
from node.client.vault import Vault
from node.e2ee.keys.private.recovery import SigningKey
from node.e2ee.keys.public.device_list import Device as ListedDevice
from node.e2ee.keys.public.device_list import SuiteKey
from node.e2ee.linking.private.grant import GrantSecret, seal_grant
from node.e2ee.linking.private.linking import Agreed, Shower, read
from node.e2ee.linking.public.code import link, read_code_or_link
from node.e2ee.linking.public.sides import NewSide, OldSide
from node.e2ee.mls.private import hpke
from node.e2ee.mls.private.client import Client
from node.e2ee.mls.public.credentials import basic
from node.e2ee.mls.public.suite import X25519_AES128_SHA256_ED25519 as SUITE
from node.errors import Forbidden, NodeError, Refused
from node.ports import Clock, Entropy
from node.wire.api.accounts import AccountView
from node.wire.api.keys import AccountKeys
from node.wire.api.links import (
    ApproveLink,
    LinkCommitment,
    LinkOpened,
    LinkRead,
    LinkState,
    LookAtLink,
    NewLink,
    ReadLink,
    ShowLink,
)

LOOK_SECONDS = 1.0
Part = TypeVar("Part")


async def _wait(look: Callable[[], Awaitable[Part]]) -> Part:
    """What the other device writes, once it did. Raises `Missing` (LNK-5.5) when time is up."""
    while True:
        found = await look()
        if found:
            return found
        await asyncio.sleep(LOOK_SECONDS)


async def _look(api: ApiClient, code: str, secret: str) -> LinkState:
    return await api.ask("POST", f"/links/{code}/look", LinkState, LookAtLink(secret=secret))


class NewDevice:
    """This machine, while it is let in: `show`, `meet`, the number typed, `join`."""

    def __init__(self, server: Server, name: str, here: LocalDevice) -> None:
        self._server = server
        self._here = here
        draw = here.entropy.draw
        self._seal, self._once = draw(32), hpke.key_pair(SUITE, draw(32))
        self._client = Client.fresh(SUITE.id, b"", here.entropy)
        signs = SuiteKey(SUITE.id, self._client.signature.public)
        seal = hpke.key_pair(SUITE, self._seal).public
        device = ListedDevice(UUID(bytes=draw(16), version=4).bytes, seal, (signs,), 0)
        self._mine = NewSide(draw(32), device, self._once.public, name)
        self._opened = LinkOpened(code="", secret="")

    @property
    def code(self) -> str:
        return self._opened.code

    @property
    def link(self) -> str:
        return link(self._server.origin.lower(), self.code, Shower(self._mine).commit)

    def _api(self, token: str = "") -> ApiClient:
        server = self._server
        return ApiClient(server.origin, self._here.entropy, token, server.connect, server.ca_file)

    async def show(self) -> None:
        """Get a code. Raises `TooMuch` (LNK-5.7)."""
        # Before anything is made elsewhere: nobody is let in who could not keep it.
        self._passphrase = passphrases.read(self._here.passphrase, os.environ)
        async with self._api() as api:
            body = NewLink(commit=Shower(self._mine).commit)
            self._opened = await api.ask("POST", "/links", LinkOpened, body)

    async def meet(self) -> Agreed:
        """Wait until the other device has read the code. Then its number has to be typed."""
        code, secret = self.code, self._opened.secret
        async with self._api() as api:

            async def theirs() -> bytes:
                return (await _look(api, code, secret)).side

            shower, there = Shower(self._mine), await _wait(theirs)
            body = ShowLink(secret=secret, side=shower.answer(there))
            await api.ask("POST", f"/links/{code}/show", object, body)
        return shower.meet(code, there)

    async def join(self, agreed: Agreed) -> Profile:
        """Wait until we are let in, and become a device of the account.

        Raises `Forbidden` (LNK-3.8) before the number was right, and `Refused` with the clause for
        what is not to be believed: nothing of it is kept then, and the device is revoked.
        """
        agreed.check_sure()
        code, secret = self.code, self._opened.secret
        async with self._api() as api:

            async def granted() -> bytes:
                return (await _look(api, code, secret)).grant

            grant = await _wait(granted)
        async with self._api(secret) as api:
            try:
                return await self._take(api, agreed, grant)
            except Refused:
                id = UUID(bytes=self._mine.device.id)
                with suppress(NodeError):
                    await api.ask("DELETE", f"/devices/{id}", object)
                raise

    async def _take(self, api: ApiClient, agreed: Agreed, grant: bytes) -> Profile:
        account = await api.ask("GET", "/account", AccountView)
        if account.actor != agreed.old.actor:
            raise Forbidden("LNK-4.4", "the server let us into another account than the device's")
        found = await api.ask("GET", PATH, AccountKeys)
        told = SignedKeys(found.delegation, found.list, found.box)
        joined = take(told, agreed, grant, self._seal, self._once)
        own = self._profile(account)
        await self._keep(own, joined)
        return own

    async def _keep(self, own: Profile, joined: Joined) -> None:
        """What was checked comes on disk, and the account's friends can reach this device."""
        self._here.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        profile.save(self._here.home, own)
        path = profile.vault_of(self._here.home, own)
        vault = await asyncio.to_thread(Vault.create, path, self._passphrase, self._here.entropy)
        try:
            vault.step({CLIENT: self._client.of(basic(own.actor.encode())).dump()})
            await sign_in.publish_packages(own, vault, self._here, joined)
        except Refused:
            profile.forget(self._here.home, own)
            raise
        finally:
            vault.close()

    def _profile(self, account: AccountView) -> Profile:
        return Profile(
            origin=self._server.origin,
            name=account.name,
            handle=account.address,
            actor=account.actor,
            device=str(UUID(bytes=self._mine.device.id)),
            token=self._opened.secret,
            connect=self._server.connect,
            ca_file=self._server.ca_file,
        )


@dataclass(frozen=True, slots=True)
class Approval:
    """A new device that asks to be let in; its number has to be typed unless `agreed.is_sure`."""

    agreed: Agreed
    code: str
    secret: str


class Linking:
    """The old device's verbs."""

    def __init__(
        self,
        api: ApiClient,
        own: Profile,
        talk: Callable[[], Awaitable[Messenger]],
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._api = api
        self._own = own
        self._talk = talk
        self._clock = clock
        self._entropy = entropy

    async def read_link(self, text: str, *, is_vouched: bool = False) -> Approval:
        """Read a new device's code or link; its number has to be typed then, or a no said.

        `is_vouched` is for a script whose person took the link off the new device themselves: then
        no number is needed. Any other may have been sent to them, also one that a camera scanned,
        by somebody who wants to be them (LNK-3.8, LNK-3.10). Raises `Missing` (LNK-5.5), `Unproven`
        (LNK-3.2, LNK-3.4), `Conflict` (LNK-3.5), `Forbidden` (LNK-2.4) for a link of another
        server.
        """
        found = read_code_or_link(text)
        if found.is_link and found.origin != self._own.origin.lower():
            raise Forbidden("LNK-2.4", f"that link is of {found.origin}, not of your server")
        there = (await self._talk()).device.account_keys()
        mine = OldSide(
            self._entropy.draw(32),
            self._own.actor,
            there.delegation.root,
            *there.number,
            there.signed_list.hash(),
        )
        path = f"/links/{found.code}"
        commit = (await self._api.ask("GET", path, LinkCommitment)).commit
        reader = read(mine, found, commit, is_vouched=is_vouched)
        body = ReadLink(side=reader.mine)
        secret = (await self._api.ask("POST", f"{path}/read", LinkRead, body)).secret

        async def theirs() -> bytes:
            return (await _look(self._api, found.code, secret)).side

        agreed = reader.meet(await _wait(theirs))
        return Approval(agreed, found.code, secret)

    async def approve_link(self, approval: Approval) -> None:
        """Let the device in. Raises `Forbidden` (LNK-3.8) before its number was typed.

        Where the home node refuses it in the end the device goes off the list again.
        """
        approval.agreed.check_sure()
        device = approval.agreed.new.device
        messenger = await self._talk()
        await _look(self._api, approval.code, approval.secret)  # is there time left?

        async def admit() -> None:
            state = messenger.device.state
            with state.step():
                OwnKeys(state).admit(device, self._seconds())

        await messenger.keys.change(admit)
        row = messenger.device.state.get(ACCOUNT_KEYS, AccountKeysRow)
        list_key = SigningKey(row.list_private)
        grant = seal_grant(approval.agreed, list_key, GrantSecret(), self._entropy)
        body = ApproveLink(secret=approval.secret, grant=grant)
        try:
            await self._api.ask("POST", f"/links/{approval.code}/approve", object, body)
        except Refused:

            async def unlist() -> None:
                messenger.device.unlist(device.id, None, self._seconds())

            await messenger.keys.change(unlist)
            raise

    def _seconds(self) -> int:
        return int(self._clock.now().timestamp())
