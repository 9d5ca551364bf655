"""Pure: which vectors a file holds, and what becomes of them.

A file's kind is told by its shape, so that it may have any name; where the shape is of no kind, the
name decides, and the cases fail.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from node.e2ee.mls.public.suite import SUITES
from node.e2ee.mls.vectors import basics, passive, trees
from node.e2ee.mls.vectors.basics import Case, Differs
from node.errors import NodeError


@dataclass(frozen=True, slots=True)
class Kind:
    """`marks` are members that each case of this kind has, and no case of another kind."""

    name: str
    marks: frozenset[str]
    run: Callable[[Case], None]


def _kind(name: str, run: Callable[[Case], None], *marks: str) -> Kind:
    return Kind(name, frozenset(marks), run)


KINDS: Final = (
    _kind("tree-math", basics.tree_math_case, "n_leaves", "root"),
    _kind("deserialization", basics.deserialization_case, "vlbytes_header"),
    _kind("crypto-basics", basics.crypto_basics_case, "ref_hash", "expand_with_label"),
    _kind("psk_secret", basics.psk_secret_case, "psks", "psk_secret"),
    _kind("key-schedule", basics.key_schedule_case, "initial_init_secret"),
    _kind("transcript-hashes", basics.transcript_hashes_case, "authenticated_content"),
    _kind("messages", basics.messages_case, "mls_welcome", "private_message"),
    _kind("secret-tree", trees.secret_tree_case, "sender_data", "leaves"),
    _kind("message-protection", trees.message_protection_case, "proposal_priv", "commit_pub"),
    _kind("tree-operations", trees.tree_operations_case, "proposal_sender"),
    _kind("tree-validation", trees.tree_validation_case, "resolutions"),
    _kind("treekem", trees.treekem_case, "update_paths"),
    _kind("welcome", trees.welcome_case, "signer_pub", "welcome"),
    _kind("passive-client", passive.passive_client_case, "initial_epoch_authenticator"),
)


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a file's cases. `why` is the first failure, in a word."""

    kind: str | None
    cases: int
    passed: int
    failed: int
    unsupported: int
    why: str | None = None


def kind_of(name: str, cases: list[Any]) -> Kind | None:
    """The kind of a file: by the shape of a case, else by the longest kind in its name."""
    for case in cases[:1]:
        if isinstance(case, Mapping):
            for kind in KINDS:
                if kind.marks <= case.keys():
                    return kind
    named = [kind for kind in KINDS if kind.name in name]
    return max(named, key=lambda kind: len(kind.name), default=None)


def supported(case: Any) -> bool:
    """Whether the case is of a suite that is spoken here, or of none."""
    suite = case.get("cipher_suite") if isinstance(case, Mapping) else None
    return not isinstance(suite, int) or suite in SUITES


def failure(kind: Kind, case: Any) -> str | None:
    """Why the case fails, or None when it passes."""
    try:
        kind.run(case)
    except Differs as difference:
        return f"differs: {difference}"
    except NodeError as refusal:
        return str(refusal)
    except Exception as broken:
        # Not a vector at all, or not of this kind: a failed case, never a traceback. A file may
        # break the code in any way, for nothing in it was read by a decoder of ours before.
        return f"unreadable: {type(broken).__name__}"
    return None


def run(name: str, data: Any) -> Tally:
    """Run all cases of the decoded file `data`, whose file is called `name`."""
    cases = data if isinstance(data, list) else [data]
    kind = kind_of(name, cases)
    if kind is None:
        return Tally(None, len(cases), 0, max(len(cases), 1), 0, "no known kind of vectors")
    ours = [case for case in cases if supported(case)]
    failures = [why for case in ours if (why := failure(kind, case)) is not None]
    failed = len(failures)
    return Tally(
        kind.name,
        len(cases),
        len(ours) - failed,
        failed,
        len(cases) - len(ours),
        failures[0] if failures else None,
    )
