"""Messages, wrong in one place of their frame and rightly sealed, are refused for that place."""

from dataclasses import replace

import pytest

from node.e2ee.mls.private import protect
from node.e2ee.mls.private.events import ApplicationMessage, Proposed
from node.e2ee.mls.private.secret_tree import LAST_GENERATION, Bounds, Ratchet, SecretTree
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.framing import (
    LONGEST_MESSAGE,
    PRIVATE_MESSAGE,
    PUBLIC_MESSAGE,
    AuthData,
    PrivateMessage,
    PublicMessage,
    Sender,
    encode_message,
    header,
    parse_message,
)
from node.e2ee.mls.public.proposals import Add, Remove
from node.e2ee.mls.public.suite import suite_of
from node.errors import Broken, Refused
from node.wire import tls
from tests.e2ee.mls.insider import Insider, Lie
from tests.e2ee.mls.people import GROUP, NOW, Device, People, commit, remove

OPEN = Lie(wire_format=PUBLIC_MESSAGE)


@pytest.fixture
def pair(people: People) -> list[Device]:
    return people.group("alice", "bob")


def refuse(device: Device, message: bytes, clause: str, refused) -> None:
    """`device` refuses `message` by this clause, and nothing of it has moved."""
    before = device.session.dump()
    with refused(clause):
        device.session.receive(message, NOW)
    assert device.session.dump() == before


def flip(data: bytes, at: int = -1) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def test_the_twins_are_accepted(pair: list[Device]) -> None:
    alice, bob = pair
    insider = Insider(alice)
    hello = insider.application(b"hello", bytes(300))
    said = replace_session(bob).receive(hello, NOW).value
    assert isinstance(said, ApplicationMessage) and said.data == b"hello"
    for lie in (Lie(), OPEN):
        for message in (insider.message(Remove(0), lie), insider.commit([], lie)):
            replace_session(bob).receive(message, NOW)


def replace_session(device: Device):
    """The session as it is on disk, so that a test can spend it."""
    return type(device.session).load(device.session.dump(), device.means)


@pytest.mark.clause("MLS-6")
def test_unknown_versions_and_kinds(pair: list[Device], refused) -> None:
    alice, bob = pair
    message = Insider(alice).application(b"x")
    refuse(bob, tls.u16(2) + message[2:], "MLS-6", refused)
    for wire_format in (0, 6, 0xFFFF):
        refuse(bob, message[:2] + tls.u16(wire_format) + message[4:], "MLS-6", refused)
    at = 4 + len(tls.opaque(GROUP)) + 8
    for content_type in (0, 4):
        refuse(bob, message[:at] + bytes([content_type]) + message[at + 1 :], "MLS-6", refused)
    public = Insider(alice).message(Remove(0), OPEN)
    for sender_type in (0, 5):
        wrong = public[:at] + bytes([sender_type]) + public[at + 1 :]
        refuse(bob, wrong, "MLS-6", refused)
    at += 5 + 1  # the sender, and no authenticated data
    for content_type in (0, 4):
        wrong = public[:at] + bytes([content_type]) + public[at + 1 :]
        refuse(bob, wrong, "MLS-6", refused)


@pytest.mark.clause("MLS-2.1b")
def test_a_message_that_is_too_large(pair: list[Device], refused) -> None:
    refuse(pair[1], bytes(LONGEST_MESSAGE + 1), "MLS-2.1b", refused)
    with refused("MLS-2.1b"):
        pair[0].session.seal(bytes(LONGEST_MESSAGE))


@pytest.mark.clause("MLS-6a")
def test_application_data_in_clear(pair: list[Device], refused) -> None:
    refuse(pair[1], Insider(pair[0]).message(b"clear", OPEN), "MLS-6a", refused)


@pytest.mark.clause("MLS-6b")
def test_what_is_not_of_this_group(pair: list[Device], refused) -> None:
    alice, bob = pair
    for lie in (Lie(), OPEN):
        other = replace(lie, content=lambda c: replace(c, group_id=GROUP + b"x"))
        refuse(bob, Insider(alice).message(Remove(0), other), "MLS-6b", refused)
    refuse(bob, encode_message(bob.package().key_package), "MLS-6b", refused)
    refuse(bob, alice.session.group_info(), "MLS-6b", refused)


@pytest.mark.clause("MLS-6.1a")
def test_a_message_from_a_blank_leaf(pair: list[Device], refused) -> None:
    alice, bob = pair
    for index in (2, 7, 2**32 - 1):
        lie = replace(OPEN, content=lambda c, i=index: replace(c, sender=Sender(1, i)))
        refuse(bob, Insider(alice).message(Remove(0), lie), "MLS-6.1a", refused)


@pytest.mark.clause("MLS-6.1b")
def test_an_external_sender_that_nobody_named(pair: list[Device], refused) -> None:
    lie = replace(OPEN, content=lambda c: replace(c, sender=Sender(framing.EXTERNAL, 0)))
    refuse(pair[1], Insider(pair[0]).message(Remove(0), lie), "MLS-6.1b", refused)


@pytest.mark.clause("MLS-6.1c", "MLS-6.1d")
def test_new_members_send_what_new_members_send(pair: list[Device], refused) -> None:
    alice, bob = pair
    for kind, clause in ((framing.NEW_MEMBER_COMMIT, "MLS-6.1c"), (3, "MLS-6.1d")):
        lie = replace(OPEN, content=lambda c, k=kind: replace(c, sender=Sender(k)))
        refuse(bob, Insider(alice).message(Remove(0), lie), clause, refused)


@pytest.mark.clause("MLS-6.1e")
def test_signatures(pair: list[Device], refused) -> None:
    alice, bob = pair
    insider = Insider(alice)
    for lie in (Lie(), OPEN):
        for edit in (flip, lambda s: b"", lambda s: s[:-1], lambda s: s + b"\x00"):
            wrong = replace(lie, signature=edit)
            refuse(bob, insider.message(Remove(0), wrong), "MLS-6.1e", refused)
            refuse(bob, insider.commit([], wrong), "MLS-6.1e", refused)
    refuse(bob, insider.message(b"data", Lie(signature=flip)), "MLS-6.1e", refused)


@pytest.mark.clause("MLS-6.1e")
def test_a_signature_is_of_one_wire_format(pair: list[Device], refused) -> None:
    alice, bob = pair
    insider = Insider(alice)
    content = insider.content(Remove(0))
    signed = insider.sign(content, PRIVATE_MESSAGE)
    message = insider.protect(content, AuthData(signed, None), OPEN)
    refuse(bob, message, "MLS-6.1e", refused)


@pytest.mark.clause("MLS-6.1f")
def test_confirmation_tags(pair: list[Device], refused) -> None:
    alice, bob = pair
    for lie in (Lie(), OPEN):
        for edit in (flip, lambda t: b"", lambda t: t[:-1]):
            message = Insider(alice).commit([], replace(lie, tag=edit))
            refuse(bob, message, "MLS-6.1f", refused)


@pytest.mark.clause("MLS-6.2b")
def test_membership_tags(pair: list[Device], refused) -> None:
    alice, bob = pair
    for edit in (flip, lambda t: b"", lambda t: t + t):
        lie = replace(OPEN, membership_tag=edit)
        refuse(bob, Insider(alice).message(Remove(0), lie), "MLS-6.2b", refused)
        refuse(bob, Insider(alice).commit([], lie), "MLS-6.2b", refused)


@pytest.mark.clause("MLS-6.3.1a")
@pytest.mark.parametrize("padding", [b"\x01", bytes(99) + b"\x01", b"\x80" + bytes(20)])
def test_padding_is_zero(pair: list[Device], refused, padding: bytes) -> None:
    alice, bob = pair
    refuse(bob, Insider(alice).application(b"x", padding), "MLS-6.3.1a", refused)


@pytest.mark.clause("MLS-6.3.1b")
def test_a_changed_ciphertext(pair: list[Device], refused) -> None:
    alice, bob = pair
    message = alice.session.seal(b"x" * 100).value
    refuse(bob, flip(message), "MLS-6.3.1b", refused)
    body = parse_message(message)
    assert isinstance(body, PrivateMessage)
    changed = replace(body, authenticated_data=b"other")
    refuse(bob, encode_message(changed), "MLS-6.3.1b", refused)
    bob.session.receive(message, NOW)


@pytest.mark.clause("MLS-6.3.1c")
def test_each_message_has_its_own_guard(pair: list[Device]) -> None:
    alice, _bob = pair
    epoch = alice.session._live.epoch
    guards = set()
    for _ in range(20):
        body = parse_message(alice.take(alice.session.seal(b"x")))
        assert isinstance(body, PrivateMessage)
        suite, secret = epoch.group.suite, epoch.secrets.sender_data
        guards.add(protect.open_sender_data(suite, secret, body).reuse_guard)
    assert len(guards) == 20


@pytest.mark.clause("MLS-6.3.2a")
def test_sender_data_of_a_blank_leaf(pair: list[Device], refused) -> None:
    alice, bob = pair
    for leaf in (2, 3, 2**32 - 1):
        refuse(bob, Insider(alice).application(b"x", leaf=leaf), "MLS-6.3.2a", refused)


@pytest.mark.clause("MLS-6.3.2b")
def test_only_members_encrypt(pair: list[Device], refused) -> None:
    lie = Lie(content=lambda c: replace(c, sender=Sender(framing.NEW_MEMBER_COMMIT)))
    with refused("MLS-6.3.2b"):
        Insider(pair[0]).message(Remove(0), lie)


@pytest.mark.clause("MLS-6.3.2c")
def test_changed_sender_data(pair: list[Device], refused) -> None:
    alice, bob = pair
    body = parse_message(Insider(alice).application(b"x"))
    assert isinstance(body, PrivateMessage)
    for change in (
        {"encrypted_sender_data": flip(body.encrypted_sender_data)},
        {"encrypted_sender_data": b""},
        {"content_type": framing.PROPOSAL},
        {"ciphertext": flip(body.ciphertext, 0)},
    ):
        refuse(bob, encode_message(replace(body, **change)), "MLS-6.3.2c", refused)


@pytest.mark.clause("MLS-2.1", "MLS-2.1a")
def test_sender_data_has_one_length(pair: list[Device], refused) -> None:
    alice, bob = pair
    insider = Insider(alice)
    longer = insider.application(b"x", sender_data=lambda d: d + b"\x00")
    refuse(bob, longer, "MLS-2.1a", refused)
    shorter = insider.application(b"x", sender_data=lambda d: d[:-1])
    refuse(bob, shorter, "MLS-2.1", refused)


@pytest.mark.clause("MLS-9.1a")
def test_a_message_of_ours_comes_back(pair: list[Device], refused) -> None:
    alice, bob = pair
    sealed = alice.take(alice.session.seal(b"x"))
    refuse(alice, sealed, "MLS-9.1a", refused)
    refuse(alice, Insider(bob).application(b"x", leaf=0), "MLS-9.1a", refused)
    own = alice.take(alice.session.stage(NOW)).commit
    alice.take(alice.session.drop())
    refuse(alice, own, "MLS-9.1a", refused)
    refuse(alice, Insider(alice).commit([], OPEN), "MLS-9.1a", refused)


@pytest.mark.clause("MLS-9.1b")
def test_a_session_steps_once(pair: list[Device]) -> None:
    alice, bob = pair
    sealed = Insider(bob).application(b"x")
    deeds = (
        lambda s: s.seal(b"x"),
        lambda s: s.stage(NOW),
        lambda s: s.receive(sealed, NOW),
        lambda s: s.propose(Remove(1), NOW),
        lambda s: s.tidy(NOW),
        lambda s: s.dump(),
        lambda s: s.epoch_authenticator,
    )
    for deed in deeds[:5]:
        session = replace_session(alice)
        deed(session)
        for again in deeds:
            with pytest.raises(Broken):
                again(session)


@pytest.mark.clause("MLS-9.2a")
def test_a_message_opens_once(pair: list[Device], refused) -> None:
    alice, bob = pair
    sealed = [alice.take(alice.session.seal(b"%d" % n)) for n in range(5)]
    for n in (3, 1, 4, 0, 2):
        assert bob.take(bob.session.receive(sealed[n], NOW)).data == b"%d" % n
        refuse(bob, sealed[n], "MLS-9.2a", refused)
    bob.reload()
    for message in sealed:
        refuse(bob, message, "MLS-9.2a", refused)


@pytest.mark.clause("MLS-9.2a")
def test_the_keys_of_a_used_path_are_gone(refused) -> None:
    tree = SecretTree.begin(suite_of(1), 4, b"s" * 32)
    bounds = Bounds()
    tree.take(tree.ahead((1, 1), 1, bounds), bounds)
    # D, F, G of the RFC's example; what opens the others and the skipped message stays.
    assert sorted(tree.dump()) == ["k/1/1/0", "n/0", "n/5", "r/1/0", "r/1/1"]
    with refused("MLS-9.2a"):
        tree.ahead((1, 1), 1, bounds)
    with refused("MLS-9.2a"):
        tree.ahead((4, 1), 0, bounds)


@pytest.mark.clause("MLS-15.3")
def test_a_jump_that_is_too_far(pair: list[Device], refused) -> None:
    alice, bob = pair
    message = Insider(alice).application(b"x", generation=1000)
    Insider(bob)
    replace_session(bob).receive(message, NOW)
    tree = alice.session._live.epoch.messages
    place = (0, 1)
    far = tree.ahead(place, 1001, Bounds(forward=2**20))
    assert far.key.generation == 1001
    bob.policy(bounds=Bounds(forward=999))
    refuse(bob, message, "MLS-15.3", refused)


@pytest.mark.clause("MLS-15.3")
def test_skipped_keys_are_bounded() -> None:
    tree, bounds = SecretTree.begin(suite_of(1), 2, b"s" * 32), Bounds(100, 10, 15)
    for place in ((0, 1), (1, 1)):
        tree.take(tree.ahead(place, 50, bounds), bounds)
        tree.take(tree.ahead(place, 100, bounds), bounds)
    kept = [name for name in tree.dump() if name.startswith("k/")]
    assert len([name for name in kept if name.startswith("k/0/")]) == 10
    assert len(kept) == 15
    assert "k/0/1/99" in kept and "k/0/1/89" not in kept


@pytest.mark.clause("MLS-15.2")
def test_a_ratchet_ends(pair: list[Device], refused) -> None:
    alice, _ = pair
    alice.policy(messages_per_epoch=3)
    for _ in range(3):
        alice.take(alice.session.seal(b"x"))
    with refused("MLS-15.2"):
        alice.session.seal(b"x")
    tree = SecretTree.begin(suite_of(1), 2, b"s" * 32)
    tree._ratchets[0, 1] = Ratchet(LAST_GENERATION, b"r" * 32)
    with refused("MLS-15.2"):
        tree.ahead((0, 1), None, Bounds())


@pytest.mark.clause("MLS-15.3a")
def test_late_messages_open_for_a_while(pair: list[Device], refused) -> None:
    alice, bob = pair
    late = [alice.take(alice.session.seal(b"late %d" % n)) for n in range(3)]
    commit([bob, alice])
    assert bob.take(bob.session.receive(late[0], NOW)).data == b"late 0"
    refuse(bob, late[0], "MLS-9.2a", refused)
    commit([alice, bob])
    bob.reload()
    said = bob.take(bob.session.receive(late[2], NOW + 86400))
    assert (said.data, said.epoch, said.sender.leaf) == (b"late 2", 1, 0)
    with refused("MLS-15.3a"):
        bob.session.receive(late[1], NOW + 86401)
    commit([alice, bob])
    refuse(bob, late[1], "MLS-15.3a", refused)
    bob.take(bob.session.tidy(NOW + 86401))
    assert not [name for name in bob.records if name.startswith(("past/", "m/2", "m/3"))]


@pytest.mark.clause("MLS-6.3.2a", "MLS-6.1e")
def test_late_messages_are_proven_too(people: People, refused) -> None:
    alice, bob, carol = people.group("alice", "bob", "carol")
    insider = Insider(alice)
    blank, unsigned = insider.application(b"x", leaf=3), insider.message(b"x", Lie(signature=flip))
    good = insider.application(b"good")
    remove([bob, carol], alice)
    refuse(bob, blank, "MLS-6.3.2a", refused)
    refuse(bob, unsigned, "MLS-6.1e", refused)
    assert bob.take(bob.session.receive(good, NOW)).data == b"good"


@pytest.mark.clause("MLS-9.2a")
def test_our_own_keys_of_a_past_epoch_are_gone(pair: list[Device], refused) -> None:
    alice, bob = pair
    as_bob = Insider(alice).application(b"x", leaf=1)
    commit([bob, alice])
    refuse(bob, as_bob, "MLS-9.2a", refused)
    assert not {"m/1/n/1", "m/1/n/2", "m/1/r/1/0", "m/1/r/1/1"} & bob.records.keys()


@pytest.mark.clause("MLS-12.4.2a")
def test_handshakes_of_another_epoch(pair: list[Device], refused) -> None:
    alice, bob = pair
    insider = Insider(alice)
    old = [insider.message(Remove(0), lie) for lie in (Lie(), OPEN)]
    old += [insider.commit([], lie) for lie in (Lie(), OPEN)]
    ahead = Lie(content=lambda c: replace(c, epoch=c.epoch + 1))
    coming = [
        insider.message(b"x", ahead),
        insider.message(Remove(0), replace(ahead, wire_format=PUBLIC_MESSAGE)),
    ]
    for message in coming:
        refuse(bob, message, "MLS-12.4.2a", refused)
    commit([bob, alice])
    for message, clause in zip(old, ["MLS-12.4.2a"] * 2 + ["MLS-14e"] * 2, strict=True):
        refuse(bob, message, clause, refused)


def test_a_relay_reads_the_header(pair: list[Device]) -> None:
    alice, _bob = pair
    insider = Insider(alice)
    read = header(insider.commit([]))
    assert (read.wire_format, read.group_id, read.epoch, read.content_type) == (
        PRIVATE_MESSAGE,
        GROUP,
        1,
        framing.COMMIT,
    )
    read = header(insider.message(Remove(0), OPEN))
    assert (read.wire_format, read.epoch, read.content_type) == (1, 1, framing.PROPOSAL)
    assert header(alice.session.group_info()).group_id == GROUP


def test_a_proposal_twice_is_one_proposal(pair: list[Device]) -> None:
    alice, bob = pair
    own = Device("carol", alice.me.suite.id).package()
    message = Insider(alice).message(Add(own.key_package), OPEN)
    for _ in range(2):
        event = bob.take(bob.session.receive(message, NOW))
        assert isinstance(event, Proposed)
    assert len(bob.session.pending()) == 1


def test_nothing_but_typed_refusals(pair: list[Device]) -> None:
    alice, bob = pair
    message = Insider(alice).commit([], OPEN)
    assert isinstance(parse_message(message), PublicMessage)
    for at in range(0, len(message), 3):
        session = replace_session(bob)
        try:
            session.receive(flip(message, at), NOW)
        except Refused:
            continue
        raise AssertionError(f"byte {at} is not protected")
