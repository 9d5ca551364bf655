"""What a server may read of a sealed message, and what it refuses to carry."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as some

from node.e2ee import envelope
from node.e2ee.envelope import Kind
from node.e2ee.mls.public.framing import (
    MEMBER,
    AuthData,
    FramedContent,
    PublicMessage,
    Sender,
    encode_message,
)
from node.errors import Refused
from node.federation.activities.shapes import SealedKind
from tests.e2ee.harness import GROUP, commit, proposal, welcome, words


@pytest.mark.clause("E2E-1.2", "E2E-1.5")
@pytest.mark.parametrize(
    ("body", "kind", "label"),
    [
        (commit(3), Kind.COMMIT, SealedKind.PRIVATE_MESSAGE),
        (proposal(3), Kind.PROPOSAL, SealedKind.PRIVATE_MESSAGE),
        (words(3), Kind.APPLICATION, SealedKind.PRIVATE_MESSAGE),
    ],
)
def test_the_header_says_what_it_is(body: bytes, kind: Kind, label: SealedKind) -> None:
    seen = envelope.read(body)
    assert (seen.kind, seen.label, seen.group, seen.epoch) == (kind, label, GROUP, 3)
    assert seen.sha256 == hashlib.sha256(body).digest()
    assert str(body) not in repr(seen)


def test_a_welcome_shows_whom_it_is_for() -> None:
    seen = envelope.read(welcome(b"one", b"two"))
    assert (seen.kind, seen.invites, seen.group) == (Kind.WELCOME, (b"one", b"two"), b"")


@pytest.mark.clause("E2E-1.3")
def test_too_large_is_refused(refused) -> None:
    room = envelope.LONGEST_BYTES - len(words(1, b"x" * 700_000)) + 700_000
    assert envelope.read(words(1, b"x" * room)).kind is Kind.APPLICATION
    with refused("E2E-1.3"):
        envelope.read(words(1, b"x" * (room + 1)))


def _spoken_aloud() -> bytes:
    content = FramedContent(GROUP, 1, Sender(MEMBER, 0), b"", b"hello")
    return encode_message(PublicMessage(content, AuthData(b"sig", None), b"tag"))


@pytest.mark.clause("E2E-1.4")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"\x00\x01\x00\x02",
        words(1) + b"\x00",
        words(1)[:-1],
        words(2**53),
        b"\x00\x02" + words(1)[2:],
        b"\x00\x01\x00\x09" + words(1)[4:],
        _spoken_aloud(),
    ],
)
def test_what_is_not_one_message_is_refused(body: bytes, refused) -> None:
    with refused("E2E-1.4"):
        envelope.read(body)


@given(some.binary(max_size=200), some.sampled_from([commit(1), welcome(b"ref"), b"\x00\x01\x00"]))
def test_no_bytes_do_more_than_be_refused(noise: bytes, start: bytes) -> None:
    for body in (noise, start + noise, start[: len(noise)] + noise):
        try:
            envelope.read(body)
        except Refused as error:
            assert error.clause in {"E2E-1.3", "E2E-1.4"}
