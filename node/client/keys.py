"""The verbs of keys: the recovery key, one's devices on the list, whom one has verified."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from node.client.api_client import ApiClient
from node.client.key_keeper import NO_KEYS, NO_PATH, id_of
from node.client.looking import Shown
from node.client.messenger import Messenger
from node.client.people import People
from node.client.profile import Profile
from node.e2ee.keys.private import recovery_words
from node.e2ee.keys.private.pins import FORKED
from node.e2ee.keys.private.recovery import from_qr_text, is_qr_text, qr_text
from node.e2ee.keys.private.safety_number import read_number, safety_number
from node.e2ee.keys.public.published import check_published
from node.errors import Forbidden, Missing, Refused
from node.ports import Clock
from node.wire.api.keys import ActorKeys


@dataclass(frozen=True, slots=True)
class Paper:
    """What is written down of a recovery key: its words, or the text of its QR code."""

    words: list[str]
    code: str


@dataclass(frozen=True, slots=True)
class Safety:
    """The number that both people's devices show, and whether it was compared here, and agreed:
    then every device that this one speaks to as theirs is on a list under that key (KEY-5.2).

    `began_anew`: it is of other keys than those that this device goes by (KEY-5.1).
    """

    actor: str
    number: str
    compared: bool
    began_anew: bool = False


def read_paper(text: str) -> bytes:
    """The recovery key in words or code. Raises `Malformed` (KEY-2.3, KEY-2.4)."""
    return from_qr_text(text) if is_qr_text(text) else recovery_words.key_of(text)


class Keys:
    """What one does with the keys of one's account, and with those of others."""

    def __init__(
        self,
        api: ApiClient,
        own: Profile,
        people: People,
        talk: Callable[[], Awaitable[Messenger]],
        clock: Clock,
    ) -> None:
        self._api = api
        self._own = own
        self._people = people
        self._talk = talk
        self._clock = clock

    def _seconds(self) -> int:
        return int(self._clock.now().timestamp())

    async def recovery(self) -> Paper:
        """The recovery key, to be written down. Raises `Missing` (DEV-12.4) once it was."""
        key = (await self._talk()).device.recovery_key()
        return Paper(recovery_words.words_of(key), qr_text(key))

    async def written_down(self) -> None:
        """It is on paper: all devices forget it (DEV-12.4)."""
        messenger = await self._talk()
        messenger.device.write_down()
        await messenger.keys.put()  # where others were quicker the key goes out of theirs

    async def recover(self, paper: str, keep: Iterable[str] = ()) -> list[str]:
        """Put this device on the account's list by the recovery key (DEV-12.7).

        Of the others only those in `keep` stay on it: the ids of who was taken off are returned.

        Raises `Malformed` (KEY-2.3, KEY-2.4), `Forbidden` for the key of another account.
        """
        rk, messenger = read_paper(paper), await self._talk()
        id, kept = id_of(self._own.device), {id_of(one) for one in keep}
        gone: list[str] = []

        async def come_back() -> None:
            told = await messenger.keys.read()
            if told is None:
                raise Missing("DEV-12.7", "the account has no keys that could be recovered")
            off = messenger.device.recover(told, id, rk, self._seconds(), kept)
            gone[:] = [str(UUID(bytes=one)) for one in off]

        await messenger.keys.change(come_back)
        return gone

    async def start_over(self, password: str) -> None:
        """Begin the account's keys, or begin them anew under another root (DEV-12.10).

        Where the home node has none, and this device has, these are put again.

        Raises `Forbidden` (ACC-1.7) for a wrong password: then nothing changed.
        """
        messenger = await self._talk()
        id = id_of(self._own.device)

        async def begin() -> None:
            told = await messenger.keys.read()
            if told is None and messenger.device.is_listed:
                messenger.device.meet_keys(None, self._seconds())  # ours are put again
            else:
                messenger.device.begin_keys_anew(told, id, self._seconds())

        try:
            await messenger.keys.change(begin, password)
        except Refused:
            messenger.device.drop_keys()
            raise

    async def renew(self, paper: str) -> None:
        """Another list key: who had the old one signs no lists any more (DEV-12.6)."""
        rk, messenger = read_paper(paper), await self._talk()

        async def redelegate() -> None:
            messenger.device.redelegate(rk, self._seconds())

        await messenger.keys.change(redelegate)

    async def published_devices(self) -> set[bytes]:
        """The ids on the list that the home node shows to all; the vault stays closed."""
        try:
            query = {"actor": self._own.actor}
            found = await self._api.ask("GET", "/keys", ActorKeys, query=query)
        except Missing as error:
            if error.clause not in (NO_KEYS, NO_PATH):
                raise
            return set()
        keys = check_published(found.delegation, found.list, self._own.actor)
        return {device.id for device in keys.devices.devices}

    async def listed(self) -> set[bytes]:
        """The ids on the account's list. Raises `Missing` (DEV-12.1) where this device has none."""
        devices = (await self._talk()).device.account_keys().devices.devices
        return {device.id for device in devices}

    async def unlist(self, device: str, paper: str = "") -> None:
        """Take a device off the account's list (DEV-12.6).

        With the recovery key nobody who has that device can sign lists any more.
        """
        rk, messenger = read_paper(paper) if paper else None, await self._talk()

        async def unlist() -> None:
            messenger.device.unlist(id_of(device), rk, self._seconds())

        await messenger.keys.change(unlist)

    async def safety(self, who: str) -> Safety:
        """The safety number with somebody, by the keys that they publish now (KEY-6.1).

        Raises `Forbidden` (KEY-5.1) when these are not to be believed, `Missing` when they publish
        none, or this device has none of its own account.
        """
        return (await self._seen(who))[0]

    async def _seen(self, who: str) -> tuple[Safety, bytes]:
        """`safety`, and the root whose number it is."""
        messenger = await self._talk()
        ours = messenger.device.account_keys().delegation.root
        actor = (await self._people.find(who)).id
        found = await self._api.ask("GET", "/keys", ActorKeys, query={"actor": actor})
        keys = check_published(found.delegation, found.list, actor)
        shown = Shown(found.delegation, found.list)
        messenger.tell(messenger.device.trust.answered(actor, shown, self._seconds()))
        anew = messenger.device.trust.anew(actor)
        pin = messenger.device.pin_of(actor)
        if pin is not None and pin.forked and anew is None:
            raise Forbidden("KEY-5.1", f"{who} {FORKED}")
        root = (keys if pin is None else anew or pin.keys).delegation.root
        number = safety_number((self._own.actor, ours), (actor, root))
        compared = anew is None and pin is not None and pin.verified
        return Safety(actor, number, compared, anew is not None), root

    async def verify(self, who: str, number: str) -> Safety:
        """Compare the number that the other reads out or shows. Raises `Forbidden` (KEY-6.3).

        Of who began anew it accepts the new keys, and calls them verified.
        """
        told = read_number(number)
        safety, root = await self._seen(who)
        if told != safety.number:
            raise Forbidden("KEY-6.3", DIFFERENT)
        messenger = await self._talk()
        if safety.began_anew:
            self._accept(messenger, safety.actor, root)
        messenger.device.verify(safety.actor)
        return Safety(safety.actor, safety.number, True)

    async def accept_anew(self, who: str) -> Safety:
        """Go on with who began anew, without having compared (DEV-13.3).

        Raises `Missing` (DEV-13.3) where they did not.
        """
        (safety, root), messenger = await self._seen(who), await self._talk()
        self._accept(messenger, safety.actor, root)
        return Safety(safety.actor, safety.number, False)

    def _accept(self, messenger: Messenger, actor: str, root: bytes) -> None:
        messenger.tell(messenger.device.trust.accept(actor, root, self._seconds()))


DIFFERENT = (
    "the two numbers differ: look whether both of you looked at each other's, and at all digits; if"
    " they still differ somebody stands between you, so say nothing here that they must not read"
)
