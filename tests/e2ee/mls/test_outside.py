"""Those who come or speak from outside: external commits, external proposals; ReInit."""

from dataclasses import replace

import pytest

from node.e2ee.mls.private import protect
from node.e2ee.mls.private.client import Client
from node.e2ee.mls.private.crypto import fresh_signature_key
from node.e2ee.mls.private.events import Committed, Proposed, Removed
from node.e2ee.mls.private.external import (
    Joining,
    join_externally,
    propose_from_outside,
    propose_self,
)
from node.e2ee.mls.private.joining import join
from node.e2ee.mls.private.reinit import invite, succeed
from node.e2ee.mls.public.commit import Commit
from node.e2ee.mls.public.credentials import Occasion, basic
from node.e2ee.mls.public.extensions import EXTERNAL_SENDERS, Extension, ExternalSender
from node.e2ee.mls.public.framing import (
    EXTERNAL,
    PUBLIC_MESSAGE,
    AuthData,
    FramedContent,
    PublicMessage,
    Sender,
    encode_message,
)
from node.e2ee.mls.public.proposals import (
    EXTERNAL_PSK,
    RESUMPTION_PSK,
    PreSharedKey,
    PreSharedKeyID,
    ReInit,
    Remove,
    Update,
)
from node.wire import tls
from tests.e2ee.mls.people import GROUP, NOW, Device, People, add, agree, commit


@pytest.mark.clause("MLS-12.1.8b", "MLS-5.3.1")
def test_newcomers_do_not_invite_themselves(people: People, refused) -> None:
    alice, _bob = people.group("alice", "bob")
    dave = people.device("dave")
    asks = propose_self(dave.package(), dave.me, GROUP, alice.session.epoch)
    with refused("MLS-12.1.8b"):
        alice.session.receive(asks, NOW)
    alice.policy(applicants=True)
    alice.claims.clear()
    alice.take(alice.session.receive(asks, NOW))
    assert [claim.occasion for claim in alice.claims] == [Occasion.APPLICANT]


def joins(members: list[Device], newcomer: Device, **options: object) -> None:
    info = members[0].session.group_info(external=True)
    joining = join_externally(info, newcomer.me, newcomer.means, NOW, **options)  # type: ignore[arg-type]
    joining = Joining.load(joining.dump())
    for member in members:
        event = member.take(member.session.receive(joining.commit, NOW))
        assert isinstance(event, Committed) and event.external
    newcomer.take(joining.accepted(newcomer.means))
    agree([*members, newcomer])


def test_one_joins_by_the_info_of_a_staged_commit(people: People) -> None:
    alice, bob = people.group("alice", "bob")
    dave = people.device("dave")
    staged = alice.take(alice.session.stage(NOW))
    info = staged.group_info(external=True)
    bob.take(bob.session.receive(staged.commit, NOW))
    alice.take(alice.session.merge(NOW))
    joining = join_externally(info, dave.me, dave.means, NOW)
    for member in (alice, bob):
        member.take(member.session.receive(joining.commit, NOW))
    dave.take(joining.accepted(dave.means))
    agree([alice, bob, dave])


@pytest.mark.clause("MLS-8.3")
def test_one_joins_by_an_external_commit(people: People) -> None:
    members = people.group("alice", "bob", "carol")
    for name in ("dave", "erin"):
        newcomer = people.device(name)
        joins(members, newcomer)
        members.append(newcomer)
    commit(list(reversed(members)))
    agree(members)


def test_a_lost_device_replaces_itself_with_a_resumption_psk(people: People) -> None:
    alice, bob, carol = people.group("alice", "bob", "carol")
    leaf = bob.session.own_leaf
    nonce = bytes(range(32))
    psk = PreSharedKeyID(RESUMPTION_PSK, nonce, usage=1, group_id=GROUP, epoch=bob.session.epoch)
    info = alice.session.group_info(external=True)
    joining = join_externally(
        info,
        bob.me,
        bob.means,
        NOW,
        known=[GROUP],
        replaces=leaf,
        psks=[psk],
        find=bob.session.find_psk,
    )
    old = bob.session
    for one in (alice, carol):
        event = one.take(one.session.receive(joining.commit, NOW))
        assert isinstance(event, Committed)
        assert [m.leaf for m in event.removed] == [leaf]
    assert isinstance(old.receive(joining.commit, NOW).value, Removed)
    bob.records = {}
    bob.take(joining.accepted(bob.means))
    agree([alice, bob, carol])


def test_outsiders_propose_and_members_commit(people: People) -> None:
    service = people.device("service")
    key = fresh_signature_key(service.me.suite, service.entropy)
    sender = ExternalSender(key.public, basic(b"https://service.example"))
    extension = Extension(EXTERNAL_SENDERS, tls.vector([sender.encode()]))
    alice, bob, carol = people.group(
        "alice", "bob", "carol", extensions=(extension,), applicants=True
    )
    dave = people.device("dave")
    own = dave.package()
    asks = propose_self(own, dave.me, GROUP, alice.session.epoch)
    gone = Remove(carol.session.own_leaf)
    says = propose_from_outside(gone, 0, key, alice.session.group.context)
    for one in (alice, bob, carol):
        for message in (asks, says):
            event = one.take(one.session.receive(message, NOW))
            assert isinstance(event, Proposed) and event.sender is None
    staged = bob.take(bob.session.stage(NOW))
    alice.take(alice.session.receive(staged.commit, NOW))
    assert isinstance(carol.session.receive(staged.commit, NOW).value, Removed)
    welcome = bob.take(bob.session.merge(NOW)).welcome
    dave.take(join(welcome, own, dave.me, dave.means, NOW))
    agree([alice, bob, dave])


@pytest.mark.clause("MLS-12.1.8a", "MLS-6.1b", "MLS-6.1e")
def test_what_outsiders_may_not_propose(people: People, refused) -> None:
    service = people.device("service")
    key = fresh_signature_key(service.me.suite, service.entropy)
    sender = ExternalSender(key.public, basic(b"https://service.example"))
    extension = Extension(EXTERNAL_SENDERS, tls.vector([sender.encode()]))
    alice, bob = people.group("alice", "bob", extensions=(extension,))
    context = alice.session.group.context
    update = Update(bob.session.group.own)
    with refused("MLS-12.1.8a"):
        propose_from_outside(update, 0, key, context)
    content = FramedContent(GROUP, context.epoch, Sender(EXTERNAL, 0), b"", update)
    signed = protect.sign(alice.me.suite, key.private, PUBLIC_MESSAGE, content, b"")
    message = encode_message(PublicMessage(content, AuthData(signed, None), None))
    with refused("MLS-12.1.8a"):
        alice.session.receive(message, NOW)
    with refused("MLS-6.1b"):
        alice.session.receive(propose_from_outside(Remove(1), 1, key, context), NOW)
    with refused("MLS-6.1e"):
        alice.session.receive(propose_from_outside(Remove(1), 0, bob.me.signature, context), NOW)
    commit = Commit((), None)
    content = replace(content, content=commit)
    message = encode_message(PublicMessage(content, AuthData(signed, b""), None))
    with refused("MLS-6.1b"):
        alice.session.receive(message, NOW)


@pytest.mark.clause("MLS-11.2e")
@pytest.mark.parametrize("to_suite", [1, 3])
def test_a_group_goes_on_in_another_after_a_reinit(people: People, to_suite: int) -> None:
    alice, bob, carol = people.group("alice", "bob", "carol")
    reinit = ReInit(b"mls://g/bbbb", 1, to_suite, ())
    commit([alice, bob, carol], [reinit])
    assert bob.session.closed
    clients = [
        Client.fresh(to_suite, d.me.credential.identity, d.entropy) for d in (alice, bob, carol)
    ]
    owns = [c.key_package(d.entropy, NOW) for c, d in zip(clients, (alice, bob, carol))]  # noqa: B905
    successor = succeed(bob.session, clients[1], bob.means, NOW).session
    packages = [owns[0].key_package, owns[2].key_package]
    step = invite(successor, bob.session, packages, bob.means, NOW)
    done = step.session.merge(NOW)
    for place, device in ((0, alice), (2, carol)):
        joined = join(
            done.value.welcome or b"",
            owns[place],
            clients[place],
            device.means,
            NOW,
            former=device.session,
        )
        assert joined.session.epoch_authenticator == done.session.epoch_authenticator
        assert joined.session.group_id == b"mls://g/bbbb"


def test_psks_enter_the_epoch(people: People) -> None:
    alice, bob = people.group("alice", "bob")
    carol = people.device("carol")
    for device in (alice, bob, carol):
        device.psks[b"shared"] = b"s" * 32
    nonce = bytes(32)
    external = PreSharedKeyID(EXTERNAL_PSK, nonce, psk_id=b"shared")
    own = carol.package()
    from_before = PreSharedKeyID(RESUMPTION_PSK, nonce, usage=1, group_id=GROUP, epoch=1)
    commit([alice, bob], [PreSharedKey(external), PreSharedKey(from_before)])
    agree([alice, bob])
    add([alice, bob], [carol])
    assert own is not None
