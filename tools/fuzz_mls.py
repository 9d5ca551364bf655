"""Coverage-guided fuzzing of every MLS decoder, by atheris (`tools/soak` installs it).

The first byte of an input picks the decoder. Nothing but `Refused` may come out of what peers send
and `Broken` out of our own records; what was read is written back the same.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["node"]):
    from node.e2ee.mls.private.client import Client, OwnPackage
    from node.e2ee.mls.private.external import Joining
    from node.e2ee.mls.private.protect import read_sender_data
    from node.e2ee.mls.private.session import Session
    from node.e2ee.mls.private.state import Staged
    from node.e2ee.mls.private.welcome import read_group_secrets
    from node.e2ee.mls.public import commit, framing, group_info, key_package, leaf, proposals, tree
    from node.e2ee.mls.public.credentials import read_credential
    from node.e2ee.mls.public.extensions import read_extensions
    from node.e2ee.mls.public.suite import suite_of
    from node.wire import tls

from node.errors import Broken, Refused
from node.wire.tls import Item
from tests.e2ee.mls.people import NOW, Device, People


def _item(read: Item[object]) -> Callable[[bytes], object]:
    return lambda data: tls.parse(data, read)


def _message(data: bytes) -> None:
    assert framing.encode_message(framing.parse_message(data)) == data


def _key_package(data: bytes) -> None:
    assert key_package.parse(data).raw == data


def _tree(data: bytes) -> None:
    assert tree.parse_tree(suite_of(1), data).encode() == data


FROM_PEERS: tuple[Callable[[bytes], object], ...] = (
    _message,
    _key_package,
    _tree,
    framing.header,
    _item(framing.read_authenticated_content),
    _item(commit.read_commit),
    _item(commit.read_update_path),
    _item(group_info.read_group_info),
    _item(group_info.read_group_context),
    _item(group_info.read_welcome),
    _item(leaf.read_leaf),
    _item(proposals.read_proposal_or_ref),
    _item(proposals.read_psk_id),
    _item(read_credential),
    _item(read_extensions),
    _item(read_group_secrets),
    _item(read_sender_data),
)
OF_OURS: tuple[Callable[[bytes], object], ...] = (
    Client.load,
    OwnPackage.load,
    Staged.load,
    Joining.load,
)


class Target:
    """What is run on each input; a session too, that takes in what the input says."""

    def __init__(self) -> None:
        self._bob = People(1).group("alice", "bob")[1]
        self._session = Session.load(self._bob.records, self._bob.means)

    def __call__(self, data: bytes) -> None:
        which, data = (data[0] if data else 0), data[1:]
        if which < len(FROM_PEERS):
            with suppress(Refused):
                FROM_PEERS[which](data)
        elif which < len(FROM_PEERS) + len(OF_OURS):
            with suppress(Broken):
                OF_OURS[which - len(FROM_PEERS)](data)
        else:
            with suppress(Refused):
                step = self._session.receive(data, NOW)
                self._session = Session.load(self._bob.records, self._bob.means)
                assert step.session is not self._session


def corpus(folder: Path) -> None:
    """One good input of each kind to begin with."""
    alice, bob = People(1).group("alice", "bob")
    carol = Device("carol", 1)
    own = carol.package()
    staged = alice.session.stage(NOW, [proposals.Add(own.key_package)]).value
    group = bob.session.group
    messages = [staged.commit, staged.entrust() or b"", bob.session.group_info(external=True)]
    good = [(0, m) for m in messages] + [(255, m) for m in messages]
    good += [(1, own.package), (2, group.tree.encode()), (8, group.context.encode())]
    good += [(10, group.own.raw), (13, carol.me.credential.encode())]
    own_part = len(FROM_PEERS)
    good += [(own_part, carol.me.dump()), (own_part + 1, own.dump()), (own_part + 2, staged.dump())]
    for number, (which, data) in enumerate(good):
        (folder / str(number)).write_bytes(bytes([which]) + data)


def main() -> None:
    """What is found stays: inputs that reach new code in the corpus, crashes beside it."""
    seconds = os.environ.get("SOAK_FUZZ_SECONDS", "300")
    kept = Path("build/fuzz/corpus")
    kept.mkdir(parents=True, exist_ok=True)
    corpus(kept)
    options = [f"-max_total_time={seconds}", "-max_len=4096", "-rss_limit_mb=1024"]
    options += ["-timeout=10", f"-artifact_prefix={kept.parent}/", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", str(kept)], Target())
    atheris.Fuzz()


if __name__ == "__main__":
    main()
