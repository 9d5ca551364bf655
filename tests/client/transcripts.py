"""What happened to a device, line by line, and the same once more (spec/vectors/device)."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from node import errors
from node.client import exchange
from node.client.account_keys import AccountKeys as OwnKeys
from node.client.archiving import Due, Erasing
from node.client.device import Device
from node.client.exchange import Carried, Outcome
from node.client.key_signing import SignedKeys
from node.client.looking import Shown
from node.client.restoring import ArchivedPage
from node.client.rows import Changes, MessageRow, ParkedRow, message_row
from node.client.untold import KEPT
from node.e2ee.keys.public.device_list import Device as ListedDevice
from node.e2ee.keys.public.device_list import SuiteKey
from node.e2ee.keys.public.published import check_published
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.public import proposals
from node.errors import NodeError, Refused, TooMuch, Unreachable
from node.ports import Entropy

FOLDER = Path(__file__).resolve().parents[2] / "spec" / "vectors" / "device"
BINARY = ("group/", "device/client", "archive_key/", "due/")
WORDS = ("reason", "words")
Line = dict[str, Any]


class ClearRows:
    """A vault in clear: what was written last, and all there is."""

    def __init__(self) -> None:
        self.counter = 0
        self.written: list[Changes] = []
        self._rows: dict[str, bytes] = {}

    def names(self, prefix: str = "") -> list[str]:
        return sorted(name for name in self._rows if name.startswith(prefix))

    def read(self, name: str) -> bytes | None:
        return self._rows.get(name)

    def step(self, changes: Changes) -> None:
        self.counter += 1
        self.written.append(dict(changes))
        for name, value in changes.items():
            if value is None:
                self._rows.pop(name, None)
            else:
                self._rows[name] = value


class Drawn:
    """Chance that remembers what it gave."""

    def __init__(self, source: Entropy) -> None:
        self._source = source
        self.draws: list[bytes] = []

    def draw(self, count: int) -> bytes:
        self.draws.append(self._source.draw(count))
        return self.draws[-1]


class Replayed:
    """The chance of a transcript: what is drawn has to be what was drawn."""

    def __init__(self) -> None:
        self.draws: list[bytes] = []

    def draw(self, count: int) -> bytes:
        assert self.draws, f"{count} bytes are drawn, and none were"
        drawn = self.draws.pop(0)
        assert len(drawn) == count, f"{count} bytes are drawn in place of {len(drawn)}"
        return drawn


def plain(value: object) -> Any:
    """A value of the client as JSON has it: what it is called is its `is`."""
    if isinstance(value, NodeError):
        return plain_error(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        fields = {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
        if "seen" in fields:  # the words for it are each program's own
            fields = {name: fields[name] for name in fields if name not in WORDS}
        return {"is": type(value).__name__, **fields}
    return msgspec.to_builtins(value)


def plain_error(error: NodeError) -> Line:
    found: Line = {"is": type(error).__name__}
    if isinstance(error, Refused) and "seen" in error.params:
        found |= {"clause": error.clause, **error.params}
    elif isinstance(error, Refused):
        found |= {"clause": error.clause, "reason": error.reason}
    if isinstance(error, TooMuch):
        found["retry_after_seconds"] = error.retry_after_seconds
    if isinstance(error, Unreachable):
        found |= {"reason": str(error), "beyond": error.beyond}
        if error.held:
            found["held"] = error.held
    return found


def outcome_of(told: Line) -> Outcome:
    """The inverse of `plain`, for what a device is told."""
    given = dict(told)
    name = given.pop("is")
    kind = getattr(exchange, name, None) or getattr(errors, name)
    made: Outcome = kind(**given)
    return made


def shown(changes: Changes) -> Line:
    """Rows as a transcript has them: text, and base64 for those of the MLS library."""
    return {
        name: value
        if value is None
        else plain(value)
        if name.startswith(BINARY)
        else value.decode()
        for name, value in changes.items()
    }


class Told:
    """A device that is told what to do by lines; each is done as one step."""

    def __init__(self, rows: ClearRows, entropy: Entropy, actor: str) -> None:
        self._rows, self._entropy, self._actor = rows, entropy, actor
        self._asked: Carried | None = None
        self._due, self._erasing = Due(), Erasing()
        self.open()

    def open(self) -> None:
        """Start from what is in the vault."""
        self.device = Device(self._rows, self._entropy, self._actor)

    @property
    def remembers(self) -> bool:
        """Whether there is something that a restart would forget (DEV-2.3, DEV-2.5)."""
        return self.device.waits or self.device.outbox.obstacles.some

    def do(self, name: str, given: Line) -> Any:
        """What the deed gives, as JSON; a refusal is given too."""
        try:
            return plain(self._do(name, given))
        except Refused as error:
            return {"raises": plain_error(error)}

    def _do(self, name: str, given: Line) -> object:
        given = dict(given)
        if name == "restart":
            return self.open()
        if name == "tell":
            assert self._asked is not None
            return self.device.tell(self._asked, outcome_of(given["outcome"]), given["now"])
        if name == "ask_missed":
            return self.device.repair.tend(given["now"])
        if name == "missed_rest":
            return self.device.repair.rest(given["now"])
        if name == "untold_events":
            return self.device.untold.events()
        if name == "untold_heard":
            events = [msgspec.convert(one, KEPT[one["is"]]) for one in given["events"]]
            return self.device.untold.heard(events)
        if name.startswith("archive_"):
            return self._archive(name.removeprefix("archive_"), given)
        if name.startswith("words_"):
            return self._words(name.removeprefix("words_"), given)
        if name.startswith("rosters_"):
            return self._rosters(name.removeprefix("rosters_"), given)
        if name == "history":
            return self.device.history(*given["groups"])
        if name.startswith("keys_"):
            return self._keys(name.removeprefix("keys_"), given)
        if name.startswith("trust_"):
            return self._trust(name.removeprefix("trust_"), given)
        if "packages" in given:
            given["packages"] = _packages(given["packages"])
        if "error" in given:
            given["error"] = outcome_of(given["error"])
        if "proof" in given:
            given["proof"] = base64.b64decode(given["proof"])
        if "items" in given:
            given["items"] = msgspec.convert(given["items"], list[ParkedRow])
        found = getattr(self.device, name)(**given)
        if name == "next":
            self._asked = found
        return found

    def _rosters(self, name: str, given: Line) -> object:
        """The deeds of E2E-8."""
        if name == "lines":
            return self.device.rosters.lines(given["group"])
        if "packages" in given:
            given["packages"] = _packages(given["packages"])
        return getattr(self.device.rosters, name)(**given)

    def _words(self, name: str, given: Line) -> object:
        """The deeds of DEV-18."""
        words = self.device.words
        if name == "reactions_to":
            row = self.device.state.get(
                message_row(given["group"], given["actor"], given["id"]), MessageRow
            )
            return words.reactions(given["group"], row)
        return getattr(words, name)(**given)

    def _archive(self, name: str, given: Line) -> object:
        archive = self.device.archive
        if name == "adopt":
            return archive.adopt(given["generation"], base64.b64decode(given["key"]))
        if name == "due":
            self._due = archive.due(given["now"])
            return self._due
        if name == "sent":
            return archive.sent(self._due)
        if name == "erasing":
            self._erasing = archive.erasing()
            return self._erasing
        if name == "erased":
            return archive.erased(self._erasing)
        if name == "take":
            return archive.take(msgspec.convert(given["page"], ArchivedPage), given["now"])
        return archive.switch(given["on"])

    def _keys(self, name: str, given: Line) -> object:
        """The deeds of DEV-12 and DEV-13; what is of bytes comes as base64."""
        device = self.device
        for part in ("id", "rk"):
            if given.get(part) is not None:
                given[part] = base64.b64decode(given[part])
        if given.get("told") is not None:
            given["told"] = SignedKeys(**_bytes(given["told"]))
        if name == "recover":
            given["keep"] = [base64.b64decode(one) for one in given["keep"]]
        if name == "see":
            parts = _bytes({part: given[part] for part in ("delegation", "list")})
            keys = check_published(parts["delegation"], parts["list"], given["actor"])
            line = device.see_keys(given["actor"], keys)
            return {"seen": line.seen, "deed": line.deed.value}
        if name == "admit":
            with device.state.step():
                OwnKeys(device.state).admit(_listed(given["device"]), given["now"])
            return None
        deeds: dict[str, Callable[..., object]] = {
            "may_begin": device.may_begin_keys,
            "await_none": device.await_no_keys,
            "begin": device.begin_keys,
            "begin_anew": device.begin_keys_anew,
            "meet": device.meet_keys,
            "drop": device.drop_keys,
            "owed": device.keys_owed,
            "recovery_key": device.recovery_key,
            "write_down": device.write_down,
            "unlist": device.unlist,
            "redelegate": device.redelegate,
            "recover": device.recover,
            "certify": device.certify,
            "verify": device.verify,
        }
        return deeds[name](**given)

    def _trust(self, name: str, given: Line) -> object:
        """The deeds of DEV-16 and DEV-17; what is of bytes comes as base64."""
        for part, value in given.items():
            if isinstance(value, list) and part != "former":  # conversations, by name
                given[part] = [base64.b64decode(one) for one in value]
            elif isinstance(value, dict):
                is_shown = value["is"] == "Shown"
                given[part] = Shown(**_bytes(value)) if is_shown else outcome_of(value)
            elif part == "root":
                given[part] = base64.b64decode(value)
        found = getattr(self.device.trust, name)
        found = found(**given) if callable(found) else found
        # By signature key; what a home node calls them is no part of it.
        return sorted(found) if isinstance(found, set) or name == "missing" else found


def _bytes(given: Line) -> dict[str, bytes]:
    return {name: base64.b64decode(each) for name, each in given.items() if name != "is"}


def _packages(given: Line) -> dict[str, list[bytes]]:
    return {actor: [base64.b64decode(one) for one in found] for actor, found in given.items()}


def _listed(given: Line) -> ListedDevice:
    return ListedDevice(
        base64.b64decode(given["id"]),
        base64.b64decode(given["seal"]),
        (SuiteKey(1, base64.b64decode(given["key"])),),
        0,
    )


class Recorder:
    """One device, and the transcript of all that is done to it."""

    def __init__(self, about: str, actor: str, entropy: Entropy) -> None:
        self.actor = actor
        self.seq = 0
        self._rows, self._entropy = ClearRows(), Drawn(entropy)
        self._told = Told(self._rows, self._entropy, actor)
        self.lines: list[Line] = [{"about": about, "do": "open", "actor": actor}]
        self._write(None)

    def do(self, name: str, /, **given: object) -> Any:
        """Do it, and write it down."""
        line: Line = {"do": name, "with": plain(given)}
        self.lines.append(json.loads(json.dumps(line)))
        gives = self._told.do(name, self.lines[-1]["with"])
        self._write(gives)
        return gives

    def _write(self, gives: Any) -> None:
        line = self.lines[-1]
        line["draws"] = [draw.hex() for draw in self._entropy.draws]
        assert len(self._rows.written) <= 1, "one happening is one step"
        line["rows"] = shown(self._rows.written[0]) if self._rows.written else {}
        line["gives"] = gives
        if self._told.remembers:
            line["remembers"] = True
        self._entropy.draws, self._rows.written = [], []

    @property
    def signature_key(self) -> bytes:
        """Of the device, as a list has it."""
        return self._told.device.state.groups.me.signature.public

    def commits_saying(self, group: str, data: bytes, now: int) -> str:
        """What another program could say with a commit; it is in no transcript of this device."""
        groups = self._told.device.state.groups
        step = groups.session(group).stage(now, [], authenticated_data=data)
        staged = groups.apply(group, step)
        groups.apply(group, groups.session(group).merge(now))
        self._entropy.draws = []
        return base64.b64encode(staged.commit).decode()

    def commits(
        self,
        group: str,
        wished: Callable[[Session], Iterable[proposals.Proposal]],
        now: int,
        goes_on: bool = True,
    ) -> tuple[str, str]:
        """What a device of another program could commit, and its Welcome; it is in no transcript
        of this device. Without `goes_on` it stays where it is."""
        groups = self._told.device.state.groups
        step = groups.session(group).stage(now, [*wished(groups.session(group))])
        staged = groups.apply(group, step)
        welcome = staged.entrust() or b""
        after = groups.session(group)
        groups.apply(group, after.merge(now) if goes_on else after.drop())
        groups.settle()
        self._entropy.draws = []
        return base64.b64encode(staged.commit).decode(), base64.b64encode(welcome).decode()

    def proposes(self, group: str, proposal: proposals.Proposal, now: int) -> str:
        """What such a device could propose."""
        groups = self._told.device.state.groups
        sent = groups.apply(group, groups.session(group).propose(proposal, now))
        groups.settle()
        self._entropy.draws = []
        return base64.b64encode(sent).decode()

    def seals(self, group: str, data: bytes) -> str:
        """What another program could say; it is in no transcript of this device."""
        groups = self._told.device.state.groups
        sealed = groups.apply(group, groups.session(group).seal(data))
        groups.settle()
        self._entropy.draws = []
        return base64.b64encode(sealed).decode()

    def text(self) -> str:
        return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in self.lines)


def replay(text: str, restarts: bool) -> Iterator[tuple[Line, Line]]:
    """Each line as it stands in a transcript, and as it comes out now.

    With `restarts` the device begins anew from its rows behind each line that allows it.
    """
    rows, entropy = ClearRows(), Replayed()
    told: Told | None = None
    for line in map(json.loads, text.splitlines()):
        entropy.draws = [bytes.fromhex(draw) for draw in line["draws"]]
        gives = None
        if told is None:
            told = Told(rows, entropy, line["actor"])
        else:
            gives = told.do(line["do"], line["with"])
        now = dict(line, rows=shown(rows.written[0]) if rows.written else {}, gives=gives)
        assert len(rows.written) <= 1 and not entropy.draws
        now.pop("remembers", None)
        if told.remembers:
            now["remembers"] = True
        yield line, now
        rows.written = []
        if restarts and not told.remembers:
            told.open()
