"""What only mutants of the library showed to be untested: what we would not send ourselves."""

from dataclasses import replace

import pytest

from node.e2ee.mls.private import client
from node.e2ee.mls.private.crypto import fresh_signature_key
from node.e2ee.mls.private.external import join_externally
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.public.credentials import basic
from node.e2ee.mls.public.extensions import (
    EXTERNAL_SENDERS,
    REQUIRED_CAPABILITIES,
    Extension,
    ExternalSender,
    RequiredCapabilities,
)
from node.e2ee.mls.public.framing import PUBLIC_MESSAGE, Sender
from node.e2ee.mls.public.proposals import Add, ExternalInit, GroupContextExtensions
from node.e2ee.mls.public.tree import Tree
from node.errors import Broken
from node.wire import tls
from tests.e2ee.mls.people import GROUP, NOW, Device, People, add, agree, commit

STRANGE = Extension(0xF0F1, b"strange")


@pytest.mark.clause("MLS-12.1.7")
@pytest.mark.parametrize("type", [EXTERNAL_SENDERS, REQUIRED_CAPABILITIES])
def test_a_group_does_not_begin_with_extensions_that_cannot_be_read(
    people: People, refused, type: int
) -> None:
    alice = people.device("alice")
    with refused("MLS-12.1.7"):
        Session.create(alice.me, alice.means, GROUP, NOW, (Extension(type, b"\x09"),))


@pytest.mark.clause("MLS-5.3.1a")
def test_a_group_does_not_begin_with_senders_whom_we_distrust(people: People, refused) -> None:
    alice = people.device("alice")
    alice.believes = False
    key = fresh_signature_key(alice.me.suite, alice.entropy).public
    sender = ExternalSender(key, basic(b"service"))
    extension = Extension(EXTERNAL_SENDERS, tls.vector([sender.encode()]))
    with refused("MLS-5.3.1a"):
        Session.create(alice.me, alice.means, GROUP, NOW, (extension,))


@pytest.mark.clause("MLS-12.1.7")
def test_we_do_not_commit_extensions_that_others_lack(people: People, refused) -> None:
    alice, bob = people.device("alice"), people.device("bob")
    listed = replace(alice.me.capabilities, extensions=(STRANGE.type,))
    alice.me = replace(alice.me, capabilities=listed)
    alice.take(Session.create(alice.me, alice.means, GROUP, NOW))
    add([alice], [bob])
    with refused("MLS-12.1.7"):
        alice.session.stage(NOW, [GroupContextExtensions((STRANGE,))])


@pytest.mark.clause("MLS-7.3g")
def test_we_sign_no_leaf_with_extensions_that_it_does_not_list(people: People, refused) -> None:
    alice = people.device("alice")
    me = replace(alice.me, extensions=(Extension(0xF1C0, b""),))
    with refused("MLS-7.3g"):
        me.key_package(alice.entropy, NOW)


def outside(people: People, extension: Extension) -> tuple[bytes, Device]:
    """The way into a group with an extension that its one member has, and one outside."""
    alice = people.device("alice")
    listed = replace(alice.me.capabilities, extensions=(extension.type,), credentials=(1, 2))
    alice.me = replace(alice.me, capabilities=listed)
    alice.take(Session.create(alice.me, alice.means, GROUP, NOW, (extension,)))
    return alice.session.group_info(external=True), people.device("dave")


@pytest.mark.clause("MLS-7.3c")
def test_we_do_not_enter_where_more_is_required_than_we_have(people: People, refused) -> None:
    required = RequiredCapabilities(credentials=(2,)).encode()
    way, dave = outside(people, Extension(REQUIRED_CAPABILITIES, required))
    with refused("MLS-7.3c"):
        join_externally(way, dave.me, dave.means, NOW)


@pytest.mark.clause("MLS-13.4c", "MLS-13.5b")
def test_we_do_not_enter_where_our_grease_is_in_use(people: People, refused) -> None:
    grease = people.device("dave").me.capabilities.extensions[0]
    way, dave = outside(people, Extension(grease, b""))
    assert dave.me.capabilities.extensions == (grease,)
    with refused("MLS-13.4c"):
        join_externally(way, dave.me, dave.means, NOW)


@pytest.mark.clause("MLS-7.3j", "MLS-12.1.3")
def test_we_enter_once_and_remove_only_who_is_there(people: People, refused) -> None:
    alice, bob = people.group("alice", "bob")
    way = alice.session.group_info(external=True)
    with refused("MLS-7.3j"):
        join_externally(way, bob.me, bob.means, NOW)
    with refused("MLS-12.1.3"):
        join_externally(way, people.device("dave").me, bob.means, NOW, replaces=3)


def test_who_is_a_sender_decides_about_the_tag(people: People) -> None:
    alice, bob = people.group("alice", "bob", public=True)
    message = alice.session.propose(GroupContextExtensions(()), NOW).value
    event = bob.session.receive(message, NOW).value
    assert event.sender.leaf == 0 and Sender(1, 0).encode() == b"\x01" + bytes(4)
    assert int.from_bytes(message[2:4], "big") == PUBLIC_MESSAGE


def test_a_tree_is_cut_to_the_least_that_holds_all(people: People) -> None:
    tree = people.group("a", "b", "c", "d", "e")[0].session.group.tree
    assert tree.leaves == 8
    for gone, leaves in (((4,), 4), ((4, 3), 4), ((4, 3, 2), 2), ((4, 3, 2, 1), 1)):
        cut = tree.with_nodes({2 * leaf: None for leaf in gone}).truncated()
        assert cut.leaves == leaves
        assert len(cut.nodes) == 2 * leaves - 1
        again = Tree.of(cut.suite, cut.nodes)
        assert again.tree_hash() == cut.tree_hash()


def test_a_tree_is_not_cut_where_one_is_left(people: People) -> None:
    tree = people.group(*"abcdefgh")[0].session.group.tree
    for kept in (4, 5, 6, 7):
        gone = {2 * leaf: None for leaf in range(4, 8) if leaf != kept}
        assert tree.with_nodes(gone).truncated().leaves == 8


def test_who_entered_opens_what_is_sealed_to_the_new_leaf(people: People) -> None:
    alice, bob, carol = people.group("alice", "bob", "carol")
    dave = people.device("dave")
    joining = join_externally(alice.session.group_info(True), dave.me, dave.means, NOW)
    for one in (alice, bob, carol):
        one.take(one.session.receive(joining.commit, NOW))
    dave.take(joining.accepted(dave.means))
    assert dave.session.own_leaf == 3
    # Carol stands beside: her path is sealed to the leaf itself.
    commit([carol, alice, bob, dave])
    agree([alice, bob, carol, dave])


@pytest.mark.clause("MLS-7.3f")
def test_we_add_nobody_whose_package_has_run_out(people: People, refused) -> None:
    alice, bob = people.device("alice"), people.device("bob")
    alice.take(Session.create(alice.me, alice.means, GROUP, NOW))
    package = Add(bob.package().key_package)
    for when in (NOW - 3601, NOW + 30 * 86400 + 1):
        with refused("MLS-7.3f"):
            alice.session.stage(when, [package])
        with refused("MLS-7.3f"):
            alice.session.propose(package, when)
    alice.session.stage(NOW + 30 * 86400, [package])


def test_skipped_messages_open_after_a_restart(people: People) -> None:
    alice, bob = people.group("alice", "bob")
    for one, other in ((alice, bob), (bob, alice)):
        sealed = [one.take(one.session.seal(b"%d" % n)) for n in range(4)]
        other.take(other.session.receive(sealed[3], NOW))
        for n in (1, 0, 2):
            other.reload()
            assert other.take(other.session.receive(sealed[n], NOW)).data == b"%d" % n


def test_long_lists_of_numbers_are_honest() -> None:
    numbers = tuple(range(3000))
    assert tls.parse(tls.u32s(numbers), tls.Reader.u32s) == numbers
    assert tls.parse(tls.u16s(numbers), tls.Reader.u16s) == numbers


@pytest.mark.clause("MLS-12.1.6")
def test_we_propose_no_external_init(people: People, refused) -> None:
    alice, _ = people.group("alice", "bob")
    with refused("MLS-12.1.6"):
        alice.session.propose(ExternalInit(bytes(32)), NOW)


def test_a_proposal_that_has_run_out_is_not_committed(people: People) -> None:
    alice, bob = people.group("alice", "bob")
    message = bob.session.propose(Add(people.device("zoe").package().key_package), NOW).value
    alice.take(alice.session.receive(message, NOW))
    alice.reload()
    assert alice.session.stage(NOW, []).value.added == (2,)
    alice.reload()
    assert alice.session.stage(NOW + 31 * 86400, []).value.added == ()


class Stuck:
    """Chance that has come to a halt."""

    def draw(self, count: int) -> bytes:
        return b"\x07" * count


@pytest.mark.clause("MLS-7.3l")
def test_a_key_is_new_even_where_chance_is_not(people: People, refused) -> None:
    alice, dave = people.group("alice")[0], people.device("dave")
    means = replace(dave.means, entropy=Stuck())
    joining = join_externally(alice.session.group_info(True), dave.me, means, NOW)
    alice.take(alice.session.receive(joining.commit, NOW))
    with refused("MLS-7.3l"):
        join_externally(alice.session.group_info(True), dave.me, means, NOW, replaces=1)


@pytest.mark.clause("MLS-7.2d")
def test_a_client_never_lists_what_all_support(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = people.device("alice")
    listed = replace(alice.me.capabilities, extensions=(1,))
    monkeypatch.setattr(client, "capabilities", lambda extensions, entropy: listed)
    with pytest.raises(Broken):
        client.Client.fresh(people.suite, b"alice", alice.entropy)
