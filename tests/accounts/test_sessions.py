"""Sessions apart from devices: what a login asks for, and what ends with what."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import TypeVar

import pytest
from msgspec.structs import replace

from node.accounts import devices, passwords, sessions
from node.accounts.account import Account, Role, State, delete_account, suspend
from node.accounts.sessions import Session, Wanted, read_wanted
from node.store.unit import UnitContext
from node.testing.fakes import FakeClock, FakeEntropy
from node.testing.memory import MemoryTables
from node.testing.memory.accounts import AccountsUnit
from node.testing.memory.kinds import at_once
from node.testing.memory.tables import Actor

Refusal = Callable[[str], AbstractContextManager[None]]
T = TypeVar("T")
ORIGIN = "https://a.test"


class Place:
    """Two accounts on tables in memory; each deed is a unit of its own."""

    def __init__(self) -> None:
        self.tables = MemoryTables()
        self.clock = FakeClock()
        self._context = UnitContext(ORIGIN, self.clock, FakeEntropy(), lambda activity: b"")
        self.alice, self.eve = self._account("alice"), self._account("eve")

    def _account(self, name: str) -> Account:
        actor = f"{ORIGIN}/a/{name}"
        made = Account(
            name, name, actor, f"{actor}2", f"hash of {name}", Role.MEMBER, State.ACTIVE,
            self.clock.now(),
        )  # fmt: skip
        self.tables.accounts[name] = made
        self.tables.actors[actor] = Actor(actor, local=True, account=name)
        return made

    def do(self, work: Callable[[AccountsUnit], Awaitable[T]]) -> T:
        return at_once(work(AccountsUnit(self.tables, self._context)))

    def log_in(self, token: bytes, wanted: Wanted, account: Account | None = None) -> Session:
        who = account or self.alice
        return self.do(lambda unit: sessions.log_in(who, wanted, token, "read", unit))

    def holds(self, *tokens: bytes) -> list[bool]:
        return [self.do(lambda unit, t=token: unit.bearer(t)) is not None for token in tokens]

    def devices(self) -> list[str]:
        return [one.id for one in self.do(lambda unit: unit.devices("alice"))]


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.mark.clause("ACC-3.1")
@pytest.mark.parametrize(
    ("client", "device", "agent", "name"),
    [
        ("Tusky", None, "okhttp", "Tusky"),
        ("Tusky", "phone", "okhttp", "Tusky"),
        ("", "phone", "okhttp", "phone"),
        ("", None, "  Firefox\x00/200 ", "Firefox/200"),
        ("", None, "x" * 500, "x" * 64),
        ("", "", "okhttp", "unnamed"),
        ("", None, "\u202e", "unnamed"),
    ],
)
def test_what_a_session_is_called(client: str, device: str | None, agent: str, name: str) -> None:
    assert read_wanted(client, device, "", agent).name == name


@pytest.mark.clause("ACC-1.11")
@pytest.mark.parametrize("name", ["x" * 65, "a\x00b"])
def test_a_name_that_is_sent_is_fit_to_be_shown(name: str, refused: Refusal) -> None:
    with refused("ACC-1.11"):
        read_wanted(name, None, "", "")
    with refused("ACC-1.11"):
        read_wanted("", name, "", "")


@pytest.mark.clause("ACC-3.2", "ACC-4.1")
def test_a_session_has_a_device_only_when_it_asks_for_one(place: Place, refused: Refusal) -> None:
    app = place.log_in(b"app", Wanted("app"))
    assert app.device == "" and place.devices() == []
    phone = place.log_in(b"phone", Wanted("phone", new_device="phone"))
    assert place.devices() == [phone.device]
    again = place.log_in(b"again", Wanted("phone", device=phone.device))
    assert again.device == phone.device and again.id != phone.id
    assert place.devices() == [phone.device]
    with refused("ACC-3.2"):
        read_wanted("", "tablet", phone.device, "")


@pytest.mark.clause("ACC-3.2")
def test_nobody_logs_in_as_a_device_that_is_not_theirs(place: Place, refused: Refusal) -> None:
    phone = place.log_in(b"phone", Wanted("phone", new_device="phone"))
    with refused("ACC-3.2"):
        place.log_in(b"eve", Wanted("eve", device=phone.device), place.eve)
    with refused("ACC-3.2"):
        place.log_in(b"other", Wanted("other", device="unknown"))
    place.do(lambda unit: devices.revoke("alice", phone.device, unit))
    with refused("ACC-3.2"):
        place.log_in(b"back", Wanted("back", device=phone.device))
    assert place.holds(b"eve", b"other", b"back") == [False] * 3


@pytest.mark.clause("ACC-3.4", "ACC-3.5")
def test_a_session_ends_and_its_device_stays(place: Place, refused: Refusal) -> None:
    phone = place.log_in(b"phone", Wanted("phone", new_device="phone"))
    app = place.log_in(b"app", Wanted("app", device=phone.device))
    for who, what in (("eve", phone.id), ("alice", phone.device), ("alice", "unknown")):
        with refused("ACC-3.5"):
            place.do(lambda unit, w=who, s=what: sessions.end(w, s, unit))
    place.do(lambda unit: sessions.end("alice", phone.id, unit))
    assert place.holds(b"phone", b"app") == [False, True]
    assert place.devices() == [phone.device]
    assert [one.id for one in place.do(lambda unit: unit.sessions("alice"))] == [app.id]
    assert list(place.do(lambda unit: unit.sessions("eve"))) == []
    with refused("ACC-3.5"):
        place.do(lambda unit: sessions.end("alice", phone.id, unit))


@pytest.mark.clause("ACC-4.3")
def test_a_revoked_device_takes_its_sessions_along(place: Place, refused: Refusal) -> None:
    phone = place.log_in(b"phone", Wanted("phone", new_device="phone"))
    place.log_in(b"again", Wanted("again", device=phone.device))
    place.log_in(b"app", Wanted("app"))
    for who, what in (("eve", phone.device), ("alice", phone.id), ("alice", "")):
        with refused("ACC-4.3"):
            place.do(lambda unit, w=who, d=what: devices.revoke(w, d, unit))
    place.do(lambda unit: devices.revoke("alice", phone.device, unit))
    assert place.holds(b"phone", b"again", b"app") == [False, False, True]
    assert place.devices() == []
    with refused("ACC-4.3"):
        place.do(lambda unit: devices.revoke("alice", phone.device, unit))


@pytest.mark.clause("ACC-1.7")
def test_a_new_password_leaves_the_session_that_asked_and_its_device(place: Place) -> None:
    phone = place.log_in(b"phone", Wanted("phone", new_device="phone"))
    place.log_in(b"laptop", Wanted("laptop", new_device="laptop"))
    place.log_in(b"same", Wanted("same", device=phone.device))
    place.log_in(b"app", Wanted("app"))
    place.log_in(b"eve", Wanted("eve"), place.eve)
    place.do(lambda unit: passwords.change_password("alice", "new", phone.id, phone.device, unit))
    assert place.holds(b"phone", b"laptop", b"same", b"app", b"eve") == [
        True, False, False, False, True,
    ]  # fmt: skip
    assert place.devices() == [phone.device]


@pytest.mark.clause("ACC-1.6", "ACC-1.8")
@pytest.mark.parametrize("end", [suspend, delete_account])
def test_who_is_locked_out_or_gone_has_no_session_left(
    place: Place, end: Callable[[str, AccountsUnit], Awaitable[None]], refused: Refusal
) -> None:
    place.log_in(b"phone", Wanted("phone", new_device="phone"))
    place.log_in(b"app", Wanted("app"))
    place.do(lambda unit: end("alice", unit))
    assert place.holds(b"phone", b"app") == [False, False]
    assert place.devices() == []
    with refused("ACC-1.6" if end is suspend else "ACC-1.5"):
        place.log_in(b"late", Wanted("late"))


@pytest.mark.clause("ACC-1.5")
def test_a_password_that_changed_meanwhile_proves_nothing(place: Place, refused: Refusal) -> None:
    with refused("ACC-1.5"):
        place.log_in(b"late", Wanted("late"), replace(place.alice, password="an older one"))
