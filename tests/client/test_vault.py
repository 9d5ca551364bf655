"""The vault keeps what it is given, and gives nothing away."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.client.vault import Vault
from node.errors import Broken
from node.testing.fakes import FakeEntropy

SECRET = b"the blackbird sings at the north window"


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


@pytest.mark.clause("E2E-6.5")
def test_a_file_restored_in_part_is_noticed(place: Path, tmp_path: Path) -> None:
    vault = Vault.create(place, "correct horse", FakeEntropy())
    vault.step({"one": b"old"})
    vault.close()
    with sqlite3.connect(place) as db:
        old = db.execute("SELECT page, counter, sealed FROM pages").fetchall()
    vault = Vault.open(place, "correct horse", FakeEntropy("2"))
    vault.step({"one": b"new"})
    vault.close()
    with sqlite3.connect(place) as db:
        db.executemany("INSERT OR REPLACE INTO pages VALUES (?, ?, ?)", old)
    with pytest.raises(Broken):
        Vault.open(place, "correct horse", FakeEntropy("3"))


@pytest.mark.clause("E2E-6.6")
def test_a_removed_value_cannot_be_opened_from_the_files(place: Path, tmp_path: Path) -> None:
    vault = Vault.create(place, "correct horse", FakeEntropy())
    vault.step({"one": SECRET})
    with sqlite3.connect(place) as db:
        (sealed,) = db.execute("SELECT sealed FROM rows").fetchone()
    vault.step({"one": None})
    vault.settle()
    everything = b"".join(p.read_bytes() for p in place.parent.iterdir())
    assert sealed[30:] not in everything
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


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.dictionaries(st.text(max_size=6), st.none() | st.binary(max_size=40), max_size=5),
        max_size=8,
    )
)
def test_it_agrees_with_a_dictionary(tmp_path: Path, steps) -> None:
    place = tmp_path / "vault.sqlite3"
    shutil.rmtree(tmp_path, ignore_errors=True)
    vault = Vault.create(place, "p", FakeEntropy())
    model: dict[str, bytes] = {}
    for step in steps:
        vault.step(step)
        for name, value in step.items():
            if value is None:
                model.pop(name, None)
            else:
                model[name] = value
    vault.close()
    again = Vault.open(place, "p", FakeEntropy("x"))
    assert {name: again.read(name) for name in again.names()} == model
    again.close()
