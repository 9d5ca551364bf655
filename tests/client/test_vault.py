"""The vault keeps what it is given, and gives nothing away."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from node.client import journal, seals
from node.client.vault import Vault
from node.errors import Broken, NoRoom
from node.testing.fakes import FakeEntropy

SECRET = b"the blackbird sings at the north window"
CHANGES = st.dictionaries(st.text(max_size=6), st.none() | st.binary(max_size=40), max_size=5)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "vault.sqlite3"


@pytest.mark.clause("E2E-6.1")
def test_what_is_written_is_there_again(place: Path) -> None:
    vault = Vault.create(place, "correct horse", FakeEntropy())
    vault.step({"one": SECRET, "two": b"", "three": b"3"})
    vault.step({"three": None})
    vault.close()
    again = Vault.open(place, "correct horse", FakeEntropy("again"))
    assert again.names() == ["one", "two"]
    assert (again.read("one"), again.read("two"), again.read("three")) == (SECRET, b"", None)
    assert again.counter == 2
    again.close()


@pytest.mark.clause("E2E-6.1")
def test_neither_values_nor_names_stand_on_disk(place: Path) -> None:
    vault = Vault.create(place, "correct horse", FakeEntropy())
    vault.step({"conversation with bob": SECRET})
    everything = b"".join(p.read_bytes() for p in place.parent.iterdir())
    assert SECRET not in everything
    assert b"bob" not in everything
    vault.close()


@pytest.mark.clause("E2E-6.2")
def test_another_passphrase_is_refused_and_nothing_is_lost(place: Path, refused) -> None:
    Vault.create(place, "correct horse", FakeEntropy()).close()
    with refused("E2E-6.2"):
        Vault.open(place, "wrong horse", FakeEntropy())
    Vault.open(place, "correct horse", FakeEntropy()).close()


@pytest.mark.clause("E2E-6.3")
def test_a_second_process_is_kept_out(place: Path) -> None:
    vault = Vault.create(place, "correct horse", FakeEntropy())
    code = (
        "import sys; from pathlib import Path\n"
        "from node.client.vault import Vault\n"
        "from node.errors import Conflict\n"
        "from node.testing.fakes import FakeEntropy\n"
        "try: Vault.open(Path(sys.argv[1]), 'correct horse', FakeEntropy())\n"
        "except Conflict as e: sys.exit(7 if e.clause == 'E2E-6.3' else 1)\n"
    )
    found = subprocess.run([sys.executable, "-c", code, str(place)], check=False)
    assert found.returncode == 7
    vault.close()


@pytest.mark.clause("E2E-6.4")
def test_creating_over_a_vault_leaves_it_as_it_is(place: Path, refused) -> None:
    vault = Vault.create(place, "correct horse", FakeEntropy())
    vault.step({"one": SECRET})
    vault.close()
    with refused("E2E-6.4"):
        Vault.create(place, "other", FakeEntropy())
    again = Vault.open(place, "correct horse", FakeEntropy())
    assert again.read("one") == SECRET
    again.close()
    with refused("E2E-6.4"):
        Vault.open(place.with_name("none.sqlite3"), "x", FakeEntropy())


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A passphrase that costs nothing: the header says what it costs."""
    monkeypatch.setattr(seals, "OPSLIMIT", 1)
    monkeypatch.setattr(seals, "MEMLIMIT", 8192)


def filled(place: Path, rows: int = 300) -> None:
    vault = Vault.create(place, "correct horse", FakeEntropy())
    vault.step({f"row {at:04d}": b"old %d" % at for at in range(rows)})
    vault.close()


def everything_of(place: Path) -> None:
    """Open the vault and read all that it says it has."""
    vault = Vault.open(place, "correct horse", FakeEntropy("read"))
    try:
        for name in vault.names():
            vault.read(name)
    finally:
        vault.close()


DAMAGES = {
    "an old page among new rows": "UPDATE pages SET sealed = (SELECT sealed FROM old.pages o"
    " WHERE o.number = pages.number) WHERE number = 2",
    "all old pages": "UPDATE pages SET sealed = (SELECT sealed FROM old.pages o"
    " WHERE o.number = pages.number)",
    "old rows": "UPDATE rows SET sealed = (SELECT sealed FROM old.rows o"
    " WHERE o.number = rows.number)",
    "old pages and old rows": "UPDATE pages SET sealed = (SELECT sealed FROM old.pages o"
    " WHERE o.number = pages.number); UPDATE rows SET sealed = (SELECT sealed FROM old.rows o"
    " WHERE o.number = rows.number)",
    "an old top": "UPDATE header SET top = (SELECT top FROM old.header)",
    "an old header": "UPDATE header SET top = (SELECT top FROM old.header),"
    " counter = (SELECT counter FROM old.header)",
    "another counter": "UPDATE header SET counter = counter + 1",
    "two pages in each other's place": "UPDATE pages SET number = -number WHERE number IN (1, 2);"
    " UPDATE pages SET number = 3 + number WHERE number < 0",
    "two rows in each other's place": "UPDATE rows SET number = -number WHERE number IN (1, 2);"
    " UPDATE rows SET number = 3 + number WHERE number < 0",
    "a page is gone": "DELETE FROM pages WHERE number = 2",
    "a row is gone": "DELETE FROM rows WHERE number = 7",
    "a row without a key": "INSERT INTO rows SELECT 1000, sealed FROM rows WHERE number = 7",
    "a row exchanged for one without a key": "UPDATE rows SET number = 1000 WHERE number = 7",
    "a row cut short": "UPDATE rows SET sealed = substr(sealed, 1, 10) WHERE number = 7",
    "an empty page": "UPDATE pages SET sealed = x'' WHERE number = 2",
    "one byte of a page": "UPDATE pages SET sealed ="
    " CAST(x'00' || substr(sealed, 2) AS BLOB) WHERE number = 2",
}


@pytest.mark.clause("E2E-6.5")
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_file_restored_in_part_is_noticed(
    place: Path, tmp_path: Path, quick: None, damage: str
) -> None:
    filled(place)
    old = shutil.copy(place, tmp_path / "old.sqlite3")
    vault = Vault.open(place, "correct horse", FakeEntropy("2"))
    vault.step({f"row {at:04d}": b"new %d" % at for at in range(300)})
    vault.close()
    everything_of(place)
    db = sqlite3.connect(place)
    db.execute("ATTACH ? AS old", (str(old),))
    db.executescript(damage)
    db.close()
    with pytest.raises(Broken, match="whole"):
        everything_of(place)


@pytest.mark.clause("E2E-6.5")
@pytest.mark.parametrize("left", [0, 50, 4096, 20_000])
def test_a_file_cut_short_is_refused_in_plain_words(place: Path, quick: None, left: int) -> None:
    filled(place)
    assert place.stat().st_size > left
    os.truncate(place, left)
    with pytest.raises(Broken, match="vault"):
        everything_of(place)


@pytest.mark.clause("E2E-6.10")
def test_a_vault_of_another_version_is_refused_and_left_as_it_is(place: Path) -> None:
    """The header of version 1, which had no `top`."""
    with sqlite3.connect(place) as db:
        db.executescript(
            "CREATE TABLE header (version INTEGER, salt BLOB, opslimit INTEGER, memlimit INTEGER,"
            " wrapped BLOB, counter INTEGER);"
            "INSERT INTO header VALUES (1, x'00', 3, 67108864, x'00', 5);"
        )
    db.close()
    with pytest.raises(Broken, match="another version of kith"):
        Vault.open(place, "correct horse", FakeEntropy())
    with sqlite3.connect(place) as db:
        assert db.execute("SELECT version, counter FROM header").fetchall() == [(1, 5)]
    db.close()


@pytest.mark.clause("E2E-6.6")
def test_a_removed_value_cannot_be_opened_from_the_files(place: Path, tmp_path: Path) -> None:
    vault = Vault.create(place, "correct horse", FakeEntropy())
    vault.step({"one": SECRET})
    vault.settle()
    with sqlite3.connect(place) as db:
        (sealed,) = db.execute("SELECT sealed FROM rows").fetchone()
    vault.step({"one": None})
    vault.settle()
    everything = b"".join(p.read_bytes() for p in place.parent.iterdir())
    assert sealed[30:] not in everything
    vault.close()


@pytest.mark.clause("E2E-6.6")
def test_the_keys_of_what_was_replaced_open_no_longer(place: Path, quick: None) -> None:
    filled(place)
    with sqlite3.connect(place) as db:
        (page,) = db.execute("SELECT sealed FROM pages WHERE number = 1").fetchone()
        (top,) = db.execute("SELECT top FROM header").fetchone()
    vault = Vault.open(place, "correct horse", FakeEntropy("2"))
    vault.step({f"row {at:04d}": b"new" for at in range(300)})
    vault.settle()
    everything = b"".join(p.read_bytes() for p in place.parent.iterdir())
    assert page[30:] not in everything
    assert top[30:] not in everything
    vault.close()


@pytest.mark.clause("E2E-6.19")
def test_what_the_journal_held_opens_no_longer_once_it_is_settled(place: Path, quick: None) -> None:
    """Whoever kept the file as it was finds no key to it in what the file is now."""
    vault = Vault.create(place, "correct horse", FakeEntropy())
    vault.step({"one": SECRET})
    with sqlite3.connect(place) as db:
        (kept,) = db.execute("SELECT sealed FROM journal").fetchone()
    vault.step({"one": None})
    vault.settle()
    assert kept[30:] not in b"".join(p.read_bytes() for p in place.parent.iterdir())
    vault.step({"two": b"2"})
    vault.step({"three": b"3"})
    copied = shutil.copytree(place.parent, place.parent / "copy") / place.name
    vault.close()
    with sqlite3.connect(copied) as db:
        db.execute("UPDATE journal SET sealed = ? WHERE counter = 3", (kept,))
    with pytest.raises(Broken, match="whole"):
        Vault.open(copied, "correct horse", FakeEntropy())


JOURNAL_DAMAGES = {
    "the first step is gone": "DELETE FROM journal WHERE counter = 2",
    "one in the middle is gone": "DELETE FROM journal WHERE counter = 3",
    "the last is gone": "DELETE FROM journal WHERE counter = 4",
    "all are gone": "DELETE FROM journal",
    "two in each other's place": "UPDATE journal SET counter = -counter WHERE counter > 2;"
    " UPDATE journal SET counter = 7 + counter WHERE counter < 0",
    "one twice": "INSERT INTO journal SELECT 5, sealed FROM journal WHERE counter = 4;"
    " UPDATE header SET counter = 5",
    "one of before the last settling": "INSERT INTO journal SELECT 1, sealed FROM journal"
    " WHERE counter = 2",
    "one cut short": "UPDATE journal SET sealed = substr(sealed, 1, 10) WHERE counter = 3",
    "one byte": "UPDATE journal SET sealed = CAST(x'00' || substr(sealed, 2) AS BLOB)"
    " WHERE counter = 3",
    "the tail is cut, and the counter says so": "DELETE FROM journal WHERE counter > 2;"
    " UPDATE header SET counter = 2",
    "all are cut, and the counter says so": "DELETE FROM journal;"
    " UPDATE header SET counter = settled",
    "no proof": "UPDATE header SET tip = x''",
    "said to be settled": "UPDATE header SET settled = counter; DELETE FROM journal",
}


FILES = ("", "-wal", "-step")


def copied_to(folder: Path, place: Path, *names: str) -> Path:
    """The vault's file and what lies beside it, as after `kill -9`."""
    folder.mkdir(exist_ok=True)
    for name in names or FILES:
        shutil.copy(f"{place}{name}", folder / f"{place.name}{name}")
    return folder / place.name


@pytest.mark.clause("E2E-6.5")
@pytest.mark.clause("E2E-6.19", "E2E-6.20")
@pytest.mark.parametrize("damage", JOURNAL_DAMAGES.values(), ids=JOURNAL_DAMAGES)
def test_a_journal_that_is_not_whole_is_noticed_when_the_vault_is_opened(
    place: Path, tmp_path: Path, quick: None, damage: str
) -> None:
    """What lies beside it is as old as a loss of power can make it: the file itself shows it."""
    filled(place)
    vault = Vault.open(place, "correct horse", FakeEntropy("2"))
    beside = place.with_name(f"{place.name}-step").read_bytes()
    for number in range(3):
        vault.step({f"row {number:04d}": b"new", f"more {number}": b"more"})
    copied = copied_to(tmp_path / "killed", place)
    vault.close()
    copied.with_name(f"{place.name}-step").write_bytes(beside)
    with sqlite3.connect(copied) as db:
        db.executescript(damage)
    db.close()
    with pytest.raises(Broken, match="whole"):
        Vault.open(copied, "correct horse", FakeEntropy("read"))


@pytest.fixture
def moments(place: Path, tmp_path: Path, quick: None) -> Iterator[dict[str, Path]]:
    """Copies of one vault's files at four moments of its life."""
    filled(place, rows=5)
    vault = Vault.open(place, "correct horse", FakeEntropy("2"))
    found = {"opened": copied_to(tmp_path / "opened", place)}
    vault.step({"row 0001": b"new"})
    found["earlier"] = copied_to(tmp_path / "earlier", place)
    vault.settle()
    vault.step({"row 0002": b"new"})
    found["settled since"] = copied_to(tmp_path / "settled", place)
    vault.step({"row 0003": b"new"})
    found["last"] = copied_to(tmp_path / "last", place)
    yield found
    vault.close()


@pytest.mark.clause("E2E-6.7", "E2E-6.20")
@pytest.mark.parametrize(("when", "step"), [("opened", 1), ("earlier", 2), ("last", 4)])
@pytest.mark.parametrize("beside", ["the same", "of the opening"])
def test_a_vault_that_was_killed_opens_with_every_step(
    moments: dict[str, Path], when: str, step: int, beside: str
) -> None:
    """After a loss of power, what lies beside it may be what was awaited on disk at its opening."""
    if beside == "of the opening":
        old = moments["opened"].with_name("vault.sqlite3-step").read_bytes()
        moments[when].with_name("vault.sqlite3-step").write_bytes(old)
    for _ in range(2):
        vault = Vault.open(moments[when], "correct horse", FakeEntropy("read"))
        assert vault.counter == step
        vault.close()


REPLACED = {
    "the main file alone": {"-wal": "", "-step": ""},
    "no log": {"-wal": ""},
    "nothing beside the log": {"-step": ""},
    "an older log of the same opening": {"-wal": "settled since"},
    "an older log, of before the last settling": {"-wal": "earlier"},
    "an older main file and log": {"": "earlier", "-wal": "earlier"},
    "an older main file alone": {"": "opened", "-wal": ""},
}


@pytest.mark.clause("E2E-6.5", "E2E-6.20")
@pytest.mark.parametrize("replaced", REPLACED.values(), ids=REPLACED)
def test_files_of_different_moments_are_noticed(
    moments: dict[str, Path], replaced: dict[str, str]
) -> None:
    last = moments["last"]
    for name, when in replaced.items():
        file = last.with_name(f"{last.name}{name}")
        file.unlink()
        if when:
            shutil.copy(f"{moments[when]}{name}", file)
    with pytest.raises(Broken, match="whole"):
        Vault.open(last, "correct horse", FakeEntropy("read"))


@pytest.mark.clause("E2E-6.20")
@pytest.mark.parametrize("text", [b"", bytes(40), b"\xff" * 40], ids=["empty", "zeros", "ones"])
def test_what_another_wrote_beside_a_vault_is_noticed(
    moments: dict[str, Path], text: bytes
) -> None:
    moments["last"].with_name("vault.sqlite3-step").write_bytes(text)
    with pytest.raises(Broken, match="whole"):
        Vault.open(moments["last"], "correct horse", FakeEntropy("read"))


@pytest.mark.clause("E2E-6.20")
def test_a_closed_vault_is_one_file(place: Path, tmp_path: Path, quick: None) -> None:
    filled(place)
    assert sorted(each.suffix for each in place.parent.iterdir()) == [".lock", ".sqlite3"]
    everything_of(copied_to(tmp_path / "copy", place, ""))


@pytest.mark.clause("E2E-6.20")
def test_a_vault_that_could_not_be_closed_opens_with_every_step(
    place: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite itself puts the log into the main file when its last connection ends."""
    filled(place)
    vault = Vault.open(place, "correct horse", FakeEntropy("2"))
    vault.step({"row 0001": b"new"})
    with monkeypatch.context() as full:
        full.setattr(vault, "settle", lambda: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            vault.close()
    again = Vault.open(place, "correct horse", FakeEntropy("3"))
    assert (again.counter, again.read("row 0001")) == (2, b"new")
    again.close()


@pytest.mark.clause("E2E-6.21", "E2E-6.20")
def test_a_full_disk_changes_nothing_and_is_said(place: Path, quick: None) -> None:
    filled(place)
    vault = Vault.open(place, "correct horse", FakeEntropy("2"))
    vault.step({"row 0001": b"new"})
    disk = vault._connection  # a file that may not grow is refused as on a full disk
    (pages,) = disk.execute("PRAGMA page_count").fetchone()
    disk.execute(f"PRAGMA max_page_count = {pages}")
    for _ in range(2):
        with pytest.raises(NoRoom, match="no room left"):
            vault.step({"row 0001": b"newer", "large": bytes(100_000)})
    assert (vault.counter, vault.read("row 0001"), vault.read("large")) == (2, b"new", None)
    disk.execute(f"PRAGMA max_page_count = {pages + 1000}")
    vault.step({"large": bytes(100_000)})
    disk.execute(f"PRAGMA max_page_count = {pages}")
    vault.close()  # as it can be
    again = Vault.open(place, "correct horse", FakeEntropy("3"))
    found = again.counter, again.read("row 0001"), again.read("large")
    assert found == (3, b"new", bytes(100_000))
    again.close()


@pytest.mark.clause("E2E-6.4")
@pytest.mark.parametrize("left", ["-wal", "-step"])
def test_no_vault_is_made_beside_what_is_left_of_another(
    moments: dict[str, Path], refused, left: str
) -> None:
    last = moments["last"]
    last.unlink()
    last.with_name(f"{last.name}{left}").rename(last.parent / "aside")
    with refused("E2E-6.4"):
        Vault.create(last, "correct horse", FakeEntropy())
    assert not last.exists()


@pytest.mark.clause("E2E-6.19")
def test_a_long_journal_is_settled_by_the_step_that_makes_it_so(place: Path, quick: None) -> None:
    vault = Vault.create(place, "correct horse", FakeEntropy())
    vault.step({"small": b"1"})
    with sqlite3.connect(place) as db:
        assert db.execute("SELECT count(*) FROM journal").fetchone() == (1,)
        vault.step({"large": bytes(journal.MOST_BYTES)})
        assert db.execute("SELECT count(*) FROM journal").fetchone() == (0,)
    assert vault.names() == ["large", "small"]
    vault.close()


@pytest.mark.clause("E2E-6.7")
def test_a_step_that_fails_changes_nothing(place: Path) -> None:
    vault = Vault.create(place, "correct horse", FakeEntropy())
    vault.step({"one": b"1"})
    with pytest.raises(TypeError):
        vault.step({"one": b"2", "two": 2})  # type: ignore[dict-item]
    assert (vault.read("one"), vault.names(), vault.counter) == (b"1", ["one"], 1)
    vault.step({"two": b"2"})
    vault.close()


class Tired(FakeEntropy):
    """Chance that ends in the middle of a step."""

    left = -1

    def draw(self, count: int) -> bytes:
        if self.left == 0:
            raise OSError("no more chance")
        self.left -= 1
        return super().draw(count)


class AgainstADictionary(RuleBasedStateMachine):
    """Steps, steps that fail, kills and openings, in any order; a dictionary says what is right."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.opened = 0
        self.model: dict[str, bytes] = {}
        self.steps = 0
        self.entropy = Tired()
        self.vault = Vault.create(self.place, "p", self.entropy)

    @property
    def place(self) -> Path:
        return self.folder / f"{self.opened}" / "vault.sqlite3"

    def _open(self) -> None:
        self.entropy = Tired(f"{self.opened} {self.steps}")
        self.vault = Vault.open(self.place, "p", self.entropy)

    @rule(changes=CHANGES)
    def step(self, changes: dict[str, bytes | None]) -> None:
        self.vault.step(changes)
        self.steps += 1
        for name, value in changes.items():
            if value is None:
                self.model.pop(name, None)
            else:
                self.model[name] = value

    @rule(first=st.integers(0, 400), count=st.integers(0, 200), there=st.booleans())
    def many(self, first: int, count: int, there: bool) -> None:
        value = b"one of many" if there else None
        self.step({f"many/{at:03d}": value for at in range(first, first + count)})

    @rule(changes=CHANGES, draws=st.integers(0, 12))
    def fail(self, changes: dict[str, bytes | None], draws: int) -> None:
        self.entropy.left = draws
        try:
            self.step(changes)
        except OSError:
            pass
        finally:
            self.entropy.left = -1

    @rule()
    def kill(self) -> None:
        """The files as they stand, without a farewell, are what the next process finds."""
        there = self.place.parent
        self.opened += 1
        shutil.copytree(there, self.place.parent)
        self.vault.close()
        self._open()

    @rule()
    def settle(self) -> None:
        self.vault.settle()

    @rule()
    def reopen(self) -> None:
        self.vault.close()
        self._open()

    @rule(prefix=st.sampled_from(["", "a", "many/", "many/1", "x"]))
    def look(self, prefix: str) -> None:
        found = self.vault.names(prefix)
        assert found == sorted(name for name in self.model if name.startswith(prefix))

    @invariant()
    def agrees(self) -> None:
        assert self.vault.counter == self.steps
        assert {name: self.vault.read(name) for name in self.vault.names()} == self.model

    def teardown(self) -> None:
        self.vault.close()
        shutil.rmtree(self.folder)


@pytest.mark.clause("E2E-6.7")
@pytest.mark.clause("E2E-6.9")
@pytest.mark.clause("E2E-6.19")
def test_it_agrees_with_a_dictionary_whatever_happens(
    quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MOST_BYTES", 1000)
    run_state_machine_as_test(
        AgainstADictionary,
        settings=settings(max_examples=12, stateful_step_count=20, deadline=None),
    )


@pytest.mark.clause("E2E-6.9")
@pytest.mark.parametrize("most", [0, journal.MOST_BYTES], ids=["settled", "journal"])
def test_a_step_writes_as_much_among_many_rows_as_among_few(
    place: Path, quick: None, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Bytes of the write-ahead log, which no other load on the machine changes."""
    monkeypatch.setattr(journal, "MOST_BYTES", most)
    vault = Vault.create(place, "p", FakeEntropy())
    grown = []
    for rows in (100, 6_000):
        for start in range(0, rows, 2000):
            vault.step(
                {f"row {at:06d}": b"x" * 100 for at in range(start, min(start + 2000, rows))}
            )
        vault.settle()
        for at in range(0, 100, 10):
            vault.step({f"row {at * rows // 100:06d}": b"y" * 100})
        grown.append(place.with_name(place.name + "-wal").stat().st_size)
    vault.close()
    assert grown[1] <= 2 * grown[0]
