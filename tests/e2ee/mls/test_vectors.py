"""The vectors of the working group, and the verb that runs them."""

import json
from pathlib import Path

import pytest

from node.cli.vectors import main
from node.e2ee.mls.vectors.run import KINDS, run, supported

FILES = {
    "crypto-basics": 2,
    "deserialization": 14,
    "key-schedule": 2,
    "message-protection": 2,
    "messages": 300,
    "passive-client-handling-commit": 26,
    "passive-client-welcome": 16,
    "psk_secret": 22,
    "secret-tree": 6,
    "transcript-hashes": 2,
    "tree-math": 10,
    "tree-operations": 5,
    "tree-validation": 28,
    "treekem": 22,
    "welcome": 2,
}


@pytest.mark.clause("MLS-7.8a")
@pytest.mark.parametrize("name", FILES)
def test_every_case_of_our_suites_passes(vectors: Path, name: str) -> None:
    tally = run("renamed.json", json.loads((vectors / "mls" / f"{name}.json").read_text()))
    assert (tally.passed, tally.failed, tally.why) == (FILES[name], 0, None)
    assert tally.passed + tally.unsupported == tally.cases


def _flipped(text: str) -> str:
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def test_a_changed_case_fails(
    vectors: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = json.loads((vectors / "mls" / "psk_secret.json").read_text())[:3]
    cases[1]["psk_secret"] = _flipped(cases[1]["psk_secret"])
    file = tmp_path / "x.json"
    file.write_text(json.dumps(cases))
    assert main(["mls", str(file)]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["cases"], said["passed"], said["failed"]) == (3, 2, 1)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "[1]", "null", '[{"psk_secret":3,"psks":4,"cipher_suite":1}]', "[" * 99999],
)
def test_rubbish_is_a_failed_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    file = tmp_path / "x.json"
    file.write_text(content)
    assert main(["mls", str(file), str(tmp_path / "not there.json")]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["failed"] > 0 for line in lines] == [True, True]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_takes_rubbish_for_a_failure(kind: object) -> None:
    name = getattr(kind, "name")  # noqa: B009
    for case in ({}, {"cipher_suite": 1}, {"n_leaves": 3}, [], "x"):
        tally = run(f"{name}.json", [case])
        assert tally.failed == 1


WRONG = (None, {}, [], [[]], -1, 2**40, 0.5, "", "zz", "00" * 40)


@pytest.mark.parametrize("name", FILES)
def test_a_case_with_any_member_wrong_is_never_a_traceback(vectors: Path, name: str) -> None:
    cases = json.loads((vectors / "mls" / f"{name}.json").read_text())
    case = min(filter(supported, cases), key=lambda case: len(json.dumps(case)))
    for member in case:
        without = {key: value for key, value in case.items() if key != member}
        for wrong in (without, *({**case, member: value} for value in WRONG)):
            tally = run(f"{name}.json", [wrong])
            assert tally.passed + tally.failed + tally.unsupported == 1


def test_a_leaf_beyond_the_tree_fails(vectors: Path) -> None:
    cases = json.loads((vectors / "mls" / "tree-operations.json").read_text())
    case = next(c for c in cases if supported(c) and c["proposal"].startswith("0003"))
    tally = run("x.json", [{**case, "proposal": "0003" + "0003" * 2}])
    assert (tally.failed, tally.why) == (1, "unreadable: IndexError")


def test_a_wrong_call_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
