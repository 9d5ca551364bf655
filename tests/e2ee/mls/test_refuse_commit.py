"""Commits and proposals, wrong in one place and all else made anew, are refused for that place."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from node.e2ee.mls.private.crypto import fresh_signature_key
from node.e2ee.mls.private.events import Committed
from node.e2ee.mls.private.hpke import fresh_key_pair
from node.e2ee.mls.private.proposal_list import Listed
from node.e2ee.mls.private.psk import external_psk, look_up, resumption_psk
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.public.commit import Commit, HPKECiphertext
from node.e2ee.mls.public.credentials import Credential, Occasion, basic
from node.e2ee.mls.public.extensions import (
    EXTERNAL_SENDERS,
    REQUIRED_CAPABILITIES,
    Extension,
    ExternalSender,
    RequiredCapabilities,
)
from node.e2ee.mls.public.framing import PUBLIC_MESSAGE, Sender
from node.e2ee.mls.public.leaf import COMMIT, KEY_PACKAGE, UPDATE, LeafNode, Lifetime
from node.e2ee.mls.public.proposals import (
    Add,
    ExternalInit,
    GroupContextExtensions,
    PreSharedKey,
    PreSharedKeyID,
    Proposal,
    ProposalRef,
    ReInit,
    Remove,
    Update,
    read_proposal,
    read_proposal_or_ref,
    read_psk_id,
)
from node.wire import tls
from tests.e2ee.mls.insider import Insider, Lie, resign_leaf, sign_fields
from tests.e2ee.mls.people import GROUP, NOW, Device, People, add, agree, commit

PUBLIC = Lie(wire_format=PUBLIC_MESSAGE)
REQUIRES = Extension(REQUIRED_CAPABILITIES, RequiredCapabilities(credentials=(2,)).encode())
STRANGE = Extension(0xF0F1, b"strange")


@pytest.fixture
def three(people: People) -> list[Device]:
    devices = people.group("alice", "bob", "carol")
    for device in devices:
        device.claims.clear()
    return devices


def again(device: Device) -> Session:
    return Session.load(device.session.dump(), device.means)


def refuse(device: Device, message: bytes, clause: str, refused: Any) -> None:
    before = device.session.dump()
    with refused(clause):
        device.session.receive(message, NOW)
    assert device.session.dump() == before


def accept(device: Device, message: bytes) -> Any:
    return again(device).receive(message, NOW).value


def new(name: str, by: Device) -> Add:
    return Add(Device(name, by.me.suite.id).package().key_package)


def update_of(device: Device, **changes: Any) -> Update:
    group = device.session.group
    key = fresh_key_pair(group.suite, device.entropy).public
    place = UPDATE, group.context.group_id, group.own_leaf
    fields = {"encryption_key": key, "source": None} | changes
    return Update(resign_leaf(device, group.own, place, **fields))


def from_(device: Device, proposal: Proposal) -> bytes:
    return Insider(device).message(proposal, PUBLIC)


def shared(devices: list[Device]) -> PreSharedKeyID:
    for device in devices:
        device.psks[b"psk"] = b"p" * 32
    return external_psk(devices[0].me.suite, b"psk", devices[0].entropy)


def test_the_twins_are_accepted(three: list[Device]) -> None:
    alice, bob, carol = three
    psk = PreSharedKey(shared(three))
    for proposals in (
        [],
        [new("dave", alice)],
        [new("dave", alice), new("erin", alice), psk],
        [Remove(carol.session.own_leaf)],
        [GroupContextExtensions(())],
        [ReInit(b"new", 1, 3, ())],
        [Remove(carol.session.own_leaf), replace_client(carol)],
    ):
        for lie in (Lie(), PUBLIC):
            event = accept(bob, Insider(alice).commit(proposals, lie))
            assert isinstance(event, Committed) and event.sender.leaf == 0


def replace_client(device: Device) -> Add:
    return Add(device.package().key_package)


@pytest.mark.clause("MLS-5.3.1")
def test_every_credential_is_judged(three: list[Device], refused) -> None:
    alice, bob, carol = three
    insider = Insider(alice)
    dave = new("dave", alice)
    cases = [
        (insider.commit([dave]), Occasion.ADD, b"https://dave.example/a", None),
        (insider.message(dave, PUBLIC), Occasion.ADD, b"https://dave.example/a", None),
        (insider.commit([]), Occasion.COMMIT, alice.me.credential.identity, alice),
        (from_(carol, update_of(carol)), Occasion.UPDATE, carol.me.credential.identity, carol),
    ]
    for message, occasion, identity, predecessor in cases:
        bob.claims.clear()
        bob.believes = True
        accept(bob, message)
        claim = next(c for c in bob.claims if c.occasion == occasion)
        assert claim.credential.identity == identity
        assert claim.predecessor == (predecessor and predecessor.me.credential)
        bob.believes = False
        refuse(bob, message, "MLS-5.3.1", refused)
    alice.believes = False
    with refused("MLS-5.3.1"):
        alice.session.stage(NOW, [dave])
    assert alice.claims[-1].occasion is Occasion.KEY_PACKAGE


@pytest.mark.clause("MLS-5.3.1")
def test_only_true_is_true(three: list[Device], refused) -> None:
    alice, bob, _ = three
    message = Insider(alice).commit([])
    bob.believes = 1  # type: ignore[assignment]
    refuse(bob, message, "MLS-5.3.1", refused)


@pytest.mark.clause("MLS-5.3.1a")
def test_external_senders_are_judged(three: list[Device], refused) -> None:
    alice, bob, _ = three
    key = fresh_signature_key(alice.me.suite, alice.entropy).public
    sender = ExternalSender(key, basic(b"service"))
    extension = Extension(EXTERNAL_SENDERS, tls.vector([sender.encode()]))
    message = Insider(alice).message(GroupContextExtensions((extension,)), PUBLIC)
    accept(bob, message)
    assert bob.claims[-1].occasion is Occasion.EXTERNAL_SENDER
    bob.believes = False
    refuse(bob, message, "MLS-5.3.1a", refused)


@pytest.mark.clause("MLS-7.3b")
def test_a_path_leaf_is_signed_for_its_place(three: list[Device], refused) -> None:
    alice, bob, _ = three
    for place in ((COMMIT, b"other", 0), (COMMIT, GROUP, 1), (KEY_PACKAGE, b"", 0)):
        lie = Lie(leaf_signed_for=place)
        refuse(bob, Insider(alice).commit([], lie), "MLS-7.3b", refused)
    for place in ((UPDATE, b"other", 2), (UPDATE, GROUP, 0)):
        carol = three[2]
        update = update_of(carol)
        leaf = sign_fields(carol, update.leaf.raw[: update.leaf.tbs_end], place)
        refuse(bob, from_(carol, Update(leaf)), "MLS-7.3b", refused)


@pytest.mark.clause("MLS-7.3c", "MLS-12.1.7", "MLS-12.3a")
def test_required_capabilities(three: list[Device], refused) -> None:
    alice, bob, _ = three
    extensions = GroupContextExtensions((REQUIRES,))
    # The members lack it; so does the newcomer, for whom the new extensions hold already.
    refuse(bob, Insider(alice).commit([extensions]), "MLS-7.3c", refused)
    lie = Lie(path_wanted=False)
    refuse(bob, Insider(alice).commit([new("dave", alice), extensions], lie), "MLS-7.3c", refused)


@pytest.mark.clause("MLS-7.3c")
@pytest.mark.parametrize(
    "required",
    [
        RequiredCapabilities(extensions=(0xF0F1,)),
        RequiredCapabilities(proposals=(0xF0F1,)),
        RequiredCapabilities(credentials=(2,)),
    ],
)
def test_a_leaf_lacks_what_is_required(
    people: People, refused, required: RequiredCapabilities
) -> None:
    able = {"extensions": (0xF0F1,), "proposals": (0xF0F1,), "credentials": (1, 2)}
    alice, bob = people.device("alice"), people.device("bob")
    for device in (alice, bob):
        listed = replace(device.me.capabilities, **able)
        device.me = replace(device.me, capabilities=listed)
    extension = Extension(REQUIRED_CAPABILITIES, required.encode())
    alice.take(Session.create(alice.me, alice.means, GROUP, NOW, (extension,)))
    add([alice], [bob])
    refuse(bob, Insider(alice).commit([new("dave", alice)]), "MLS-7.3c", refused)
    lacks = replace(alice.me.capabilities, extensions=(), proposals=(), credentials=(1,))
    lie = Lie(leaf=lambda f: f | {"capabilities": lacks})
    refuse(bob, Insider(alice).commit([], lie), "MLS-7.3c", refused)
    accept(bob, Insider(alice).commit([]))


@pytest.mark.clause("MLS-12.1.7")
def test_new_extensions_are_for_all(three: list[Device], refused) -> None:
    alice, bob, carol = three
    able = replace(alice.me.capabilities, extensions=(0xF0F1,))
    insider = Insider(alice)
    lie = Lie(leaf=lambda f: f | {"capabilities": able})
    message = insider.commit([GroupContextExtensions((STRANGE,))], lie)
    refuse(bob, message, "MLS-12.1.7", refused)
    garbage = Extension(REQUIRED_CAPABILITIES, b"\x01")
    message = insider.commit([GroupContextExtensions((garbage,))], lie)
    assert carol is not None
    refuse(bob, message, "MLS-2.1", refused)


@pytest.mark.clause("MLS-13.4b")
def test_members_support_the_extensions_in_use(people: People, refused) -> None:
    alice, bob = people.device("alice"), people.device("bob")
    for device in (alice, bob):
        listed = replace(device.me.capabilities, extensions=(0xF0F1,))
        device.me = replace(device.me, capabilities=listed)
    alice.take(Session.create(alice.me, alice.means, GROUP, NOW, (STRANGE,)))
    add([alice], [bob])
    refuse(bob, Insider(alice).commit([new("dave", alice)]), "MLS-13.4b", refused)
    lacks = replace(alice.me.capabilities, extensions=())
    lie = Lie(leaf=lambda f: f | {"capabilities": lacks})
    refuse(bob, Insider(alice).commit([], lie), "MLS-13.4b", refused)


@pytest.mark.clause("MLS-7.3d")
def test_credential_types_are_for_all(three: list[Device], refused) -> None:
    alice, bob, _ = three
    lacks = replace(alice.me.capabilities, credentials=(1,))
    accept(bob, Insider(alice).commit([], Lie(leaf=lambda f: f | {"capabilities": lacks})))
    both = replace(alice.me.capabilities, credentials=(1, 2))
    x509 = Credential(2, certificates=(certificate(alice),))
    lie = Lie(leaf=lambda f: f | {"capabilities": both, "credential": x509})
    refuse(bob, Insider(alice).commit([], lie), "MLS-7.3d", refused)


def certificate(device: Device) -> bytes:
    """A self-signed certificate of the device's signature key."""
    import datetime as dt

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
    )

    key = Ed25519PrivateKey.from_private_bytes(device.me.signature.private)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, device.name)])
    day = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(day)
        .not_valid_after(day + dt.timedelta(1))
        .sign(key, None)
    )
    from cryptography.hazmat.primitives.serialization import Encoding

    return built.public_bytes(Encoding.DER)


@pytest.mark.clause("MLS-5.3a")
def test_a_certificate_is_of_the_signature_key(three: list[Device], refused) -> None:
    alice, bob, carol = three
    both = replace(alice.me.capabilities, credentials=(1, 2))
    for certificates in ((), (b"garbage",), (certificate(carol),)):
        x509 = Credential(2, certificates=certificates)
        lie = Lie(leaf=lambda f, c=x509: f | {"capabilities": both, "credential": c})
        refuse(bob, Insider(alice).commit([], lie), "MLS-5.3a", refused)


@pytest.mark.clause("MLS-7.3i", "MLS-7.3j", "MLS-12.4.3.1h")
def test_keys_are_of_one_member(three: list[Device], refused) -> None:
    alice, bob, carol = three
    twin = update_of(carol, encryption_key=bob.session.group.own.encryption_key)
    update = from_(carol, twin)
    bob.take(bob.session.receive(update, NOW))
    listed = Listed(twin, Sender(1, 2), Insider(carol).reference(update))
    refuse(bob, Insider(alice).commit([listed]), "MLS-7.3i", refused)
    dave, erin = Device("dave", alice.me.suite.id), Device("erin", alice.me.suite.id)
    own = dave.package()
    both = [Add(own.key_package), Add(_with_key(erin, own.encryption.public))]
    refuse(bob, Insider(alice).commit(both, Lie(path_wanted=False)), "MLS-7.3i", refused)
    commit(three)
    parent = next(node for _, node in bob.session.group.tree.parents())
    stolen = Add(_with_key(erin, parent.encryption_key))
    refuse(bob, Insider(alice).commit([stolen], Lie(path_wanted=False)), "MLS-12.4.3.1h", refused)
    imposter = update_of(carol, signature_key=bob.me.signature.public)
    with refused("MLS-7.3b"):
        again(alice).receive(from_(carol, imposter), NOW)


@pytest.mark.clause("MLS-16.7")
def test_a_key_is_of_one_kind(three: list[Device], refused) -> None:
    alice, bob, _ = three
    dave = Device("dave", alice.me.suite.id)
    both = Add(_with_key(dave, dave.me.signature.public))
    refuse(bob, Insider(alice).commit([both], Lie(path_wanted=False)), "MLS-16.7", refused)


@pytest.mark.clause("MLS-7.3j")
def test_a_signature_key_is_of_one_member(three: list[Device], refused) -> None:
    alice, bob, carol = three
    carol.me = replace(carol.me, signature=bob.me.signature)
    twin = update_of(carol, signature_key=bob.me.signature.public)
    carol.me = replace(carol.me, signature=carol.session._live.epoch.signature)
    update = from_(carol, twin)
    bob.take(bob.session.receive(update, NOW))
    listed = Listed(twin, Sender(1, 2), Insider(carol).reference(update))
    refuse(bob, Insider(alice).commit([listed]), "MLS-7.3j", refused)


def _with_key(device: Device, key: bytes) -> Any:
    from node.e2ee.mls.public.key_package import parse
    from tests.e2ee.mls.test_refuse_leaf import forged

    return parse(forged(device, encryption_key=key))


@pytest.mark.clause("MLS-7.3k", "MLS-7.3l", "MLS-12.1.2")
def test_updates(three: list[Device], refused) -> None:
    alice, bob, carol = three
    own = carol.session.group.own
    for source, place in ((Lifetime(0, NOW), (1, b"", 0)), (b"hash", (COMMIT, GROUP, 2))):
        key = fresh_key_pair(alice.me.suite, alice.entropy).public
        leaf = resign_leaf(carol, own, place, source=source, encryption_key=key)
        refuse(bob, from_(carol, Update(leaf)), "MLS-7.3k", refused)
    same = update_of(carol, encryption_key=own.encryption_key)
    refuse(bob, from_(carol, same), "MLS-7.3l", refused)
    accept(bob, from_(carol, update_of(carol)))
    lie = replace(PUBLIC, content=lambda c: replace(c, sender=Sender(3)))
    refuse(bob, Insider(carol).message(update_of(carol), lie), "MLS-6.1d", refused)
    listed = Listed(update_of(carol), Sender(1, 3), None)
    scene = Insider(alice)
    with refused("MLS-12.1.2"):
        _check(scene, listed, alice)


def _check(insider: Insider, listed: Listed, device: Device) -> None:
    from node.e2ee.mls.private.proposal_list import Scene, check_individual

    group = insider.epoch.group
    check_individual(listed, Scene(group.context, group.tree, device.means, NOW, False))


@pytest.mark.clause("MLS-7.4", "MLS-7.5a", "MLS-5.1.3", "MLS-5.1.1")
def test_path_secrets(three: list[Device], refused) -> None:
    alice, bob, _ = three
    for length in (0, 31, 33):
        lie = Lie(path_secret=lambda s, n=length: bytes(n))
        refuse(bob, Insider(alice).commit([], lie), "MLS-7.4", refused)
    lie = Lie(path_secret=lambda s: bytes(32))
    refuse(bob, Insider(alice).commit([], lie), "MLS-7.5a", refused)

    def broken(sealed: HPKECiphertext) -> HPKECiphertext:
        return replace(sealed, ciphertext=sealed.ciphertext[:-1] + b"\x00")

    def other(sealed: HPKECiphertext) -> HPKECiphertext:
        return replace(sealed, ciphertext=bytes(48))

    def zero(sealed: HPKECiphertext) -> HPKECiphertext:
        return replace(sealed, kem_output=bytes(32))

    for edit, clause in ((other, "MLS-5.1.3"), (zero, "MLS-5.1.1")):
        lie = Lie(path=_each_sealed(edit))
        refuse(bob, Insider(alice).commit([], lie), clause, refused)
    assert broken is not None


def _each_sealed(edit: Callable[[HPKECiphertext], HPKECiphertext]) -> Callable[[Any], Any]:
    def change(path: Any) -> Any:
        nodes = tuple(
            replace(node, encrypted_path_secret=tuple(map(edit, node.encrypted_path_secret)))
            for node in path.nodes
        )
        return replace(path, nodes=nodes)

    return change


@pytest.mark.clause("MLS-7.6a")
def test_the_length_of_a_path(three: list[Device], refused) -> None:
    alice, bob, _ = three
    extra = fresh_key_pair(alice.me.suite, alice.entropy).public
    for edit in (
        lambda p: replace(p, nodes=()),
        lambda p: replace(p, nodes=p.nodes[:-1]),
        lambda p: replace(p, nodes=(*p.nodes, replace(p.nodes[0], encryption_key=extra))),
    ):
        refuse(bob, Insider(alice).commit([], Lie(path=edit)), "MLS-7.6a", refused)


@pytest.mark.clause("MLS-7.6b")
def test_a_ciphertext_for_each(three: list[Device], refused) -> None:
    alice, bob, _ = three

    def counts(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def edit(path: Any) -> Any:
            first = path.nodes[0]
            sealed = change(first.encrypted_path_secret)
            return replace(
                path, nodes=(replace(first, encrypted_path_secret=sealed), *path.nodes[1:])
            )

        return edit

    for change in (lambda s: (), lambda s: s + s, lambda s: s[:-1]):
        refuse(bob, Insider(alice).commit([], Lie(path=counts(change))), "MLS-7.6b", refused)
        message = Insider(alice).commit(
            [new("dave", alice)], Lie(path=counts(change), path_wanted=True)
        )
        refuse(bob, message, "MLS-7.6b", refused)


@pytest.mark.clause("MLS-7.6b")
def test_newcomers_get_no_ciphertext(three: list[Device]) -> None:
    alice, bob, carol = three
    lie = Lie(path_wanted=True)
    message = Insider(alice).commit([new("dave", alice), new("erin", alice)], lie)
    for one in (bob, carol):
        assert accept(one, message).added[0].identity == b"https://dave.example/a"


@pytest.mark.clause("MLS-7.6c")
def test_a_path_with_nothing_for_us(three: list[Device], refused) -> None:
    alice, bob, _ = three
    state = bob.session._live
    bare = replace(state, epoch=replace(state.epoch, keys={}))
    bob.session = Session(bare, bob.means)
    refuse(bob, Insider(alice).commit([]), "MLS-7.6c", refused)


@pytest.mark.clause("MLS-7.9.2b")
def test_the_parent_hash_of_a_path(three: list[Device], refused) -> None:
    alice, bob, _ = three
    for wrong in (b"", bytes(32)):
        lie = Lie(leaf=lambda f, w=wrong: f | {"source": w})
        refuse(bob, Insider(alice).commit([], lie), "MLS-7.9.2b", refused)


@pytest.mark.clause("MLS-8.4", "MLS-12.4", "MLS-13.2")
def test_what_cannot_be_read(refused) -> None:
    for data in (b"\x00\x01", b"\x03\x01", b"\x02\x00", b"\x02\x04"):
        with refused("MLS-8.4"):
            tls.parse(data + bytes(20), read_psk_id)
    for kind in (0, 3):
        with refused("MLS-12.4"):
            tls.parse(bytes([kind]) + bytes(8), read_proposal_or_ref)
    for type in (0, 8, 0x0A0A, 0xF123):
        with refused("MLS-13.2"):
            tls.parse(tls.u16(type) + bytes(4), read_proposal)


@pytest.mark.clause("MLS-8.4c")
def test_psk_nonces_are_fresh(three: list[Device]) -> None:
    alice = three[0]
    suite, entropy = alice.me.suite, alice.entropy
    ids = [external_psk(suite, b"x", entropy) for _ in range(9)]
    ids += [resumption_psk(suite, GROUP, 1, entropy) for _ in range(9)]
    assert len({id.nonce for id in ids}) == 18
    assert {len(id.nonce) for id in ids} == {suite.nh}


@pytest.mark.clause("MLS-10.1a")
def test_a_package_for_another_suite(three: list[Device], refused) -> None:
    alice, bob, _ = three
    other = Device("dave", 4 - alice.me.suite.id).package().key_package
    refuse(bob, Insider(alice).commit([Add(other)]), "MLS-10.1a", refused)
    with refused("MLS-10.1a"):
        alice.session.stage(NOW, [Add(other)])


@pytest.mark.clause("MLS-12.1a")
def test_proposals_are_bounded(three: list[Device], refused) -> None:
    alice, bob, carol = three
    bob.policy(pending_proposals=2)
    for index in (0, 2):
        bob.take(bob.session.receive(from_(alice, Remove(index)), NOW))
    refuse(bob, from_(carol, Remove(0)), "MLS-12.1a", refused)
    with refused("MLS-12.1a"):
        bob.session.propose(Remove(0), NOW)


@pytest.mark.clause("MLS-12.1.3")
def test_a_remove_of_nobody(three: list[Device], refused) -> None:
    alice, bob, _ = three
    for index in (3, 4, 2**32 - 1):
        refuse(bob, Insider(alice).message(Remove(index)), "MLS-12.1.3", refused)
        with refused("MLS-12.1.3"):
            alice.session.stage(NOW, [Remove(index)])


@pytest.mark.clause("MLS-12.1.4a")
def test_special_psks(three: list[Device], refused) -> None:
    alice, bob, _ = three
    for usage in (2, 3):
        psk = resumption_psk(alice.me.suite, GROUP, 1, alice.entropy, usage)
        refuse(bob, Insider(alice).commit([PreSharedKey(psk)]), "MLS-12.1.4a", refused)
        refuse(bob, Insider(alice).message(PreSharedKey(psk)), "MLS-12.1.4a", refused)


@pytest.mark.clause("MLS-12.1.4b")
def test_psk_nonces_have_a_length(three: list[Device], refused) -> None:
    alice, bob, _ = three
    psk = shared(three)
    for length in (0, 31, 33):
        wrong = replace(psk, nonce=bytes(length))
        refuse(bob, Insider(alice).commit([PreSharedKey(wrong)]), "MLS-12.1.4b", refused)


@pytest.mark.clause("MLS-12.1.5")
def test_a_reinit_to_an_older_version(three: list[Device], refused) -> None:
    alice, bob, _ = three
    reinit = ReInit(b"new", 0, 1, ())
    refuse(bob, Insider(alice).commit([reinit]), "MLS-12.1.5", refused)


@pytest.mark.clause("MLS-12.1.6", "MLS-12.2j")
def test_external_init_of_a_member(three: list[Device], refused) -> None:
    alice, bob, _ = three
    init = ExternalInit(bytes(32))
    refuse(bob, Insider(alice).message(init), "MLS-12.1.6", refused)
    lie = Lie(path_wanted=True)
    refuse(bob, Insider(alice).commit([init], lie), "MLS-12.2j", refused)


@pytest.mark.clause("MLS-12.2b")
def test_an_own_update(three: list[Device], refused) -> None:
    alice, bob, _ = three
    update = update_of(alice)
    refuse(bob, Insider(alice).commit([update]), "MLS-12.2b", refused)
    message = from_(alice, update)
    bob.take(bob.session.receive(message, NOW))
    listed = Listed(update, Sender(1, 0), Insider(alice).reference(message))
    refuse(bob, Insider(alice).commit([listed]), "MLS-12.2b", refused)


@pytest.mark.clause("MLS-12.2c")
def test_an_own_removal(three: list[Device], refused) -> None:
    alice, bob, _ = three
    lie = Lie(tree=lambda t: alice.session.group.tree)
    refuse(bob, Insider(alice).commit([Remove(0)], lie), "MLS-12.2c", refused)
    with refused("MLS-12.2c"):
        alice.session.stage(NOW, [Remove(0)])


@pytest.mark.clause("MLS-12.2d")
def test_two_changes_of_a_leaf(three: list[Device], refused) -> None:
    alice, bob, carol = three
    refuse(bob, Insider(alice).commit([Remove(2), Remove(2)]), "MLS-12.2d", refused)
    update = update_of(carol)
    message = from_(carol, update)
    bob.take(bob.session.receive(message, NOW))
    listed = Listed(update, Sender(1, 2), Insider(carol).reference(message))
    accept(bob, Insider(alice).commit([listed]))
    refuse(bob, Insider(alice).commit([listed, Remove(2)]), "MLS-12.2d", refused)


@pytest.mark.clause("MLS-12.2e")
def test_one_client_twice(three: list[Device], refused) -> None:
    alice, bob, _ = three
    dave = Device("dave", alice.me.suite.id)
    twice = [Add(dave.package().key_package) for _ in range(2)]
    refuse(bob, Insider(alice).commit(twice), "MLS-12.2e", refused)


@pytest.mark.clause("MLS-12.2f")
def test_a_client_that_is_here(three: list[Device], refused) -> None:
    alice, bob, carol = three
    here = replace_client(carol)
    refuse(bob, Insider(alice).commit([here]), "MLS-12.2f", refused)
    accept(bob, Insider(alice).commit([here, Remove(2)]))
    refuse(carol, Insider(alice).commit([here, Remove(1)]), "MLS-12.2f", refused)


@pytest.mark.clause("MLS-12.2g", "MLS-12.4.2c")
def test_psks_of_a_commit(three: list[Device], refused) -> None:
    alice, bob, _ = three
    psk = PreSharedKey(shared(three))
    refuse(bob, Insider(alice).commit([psk, psk]), "MLS-12.2g", refused)
    del bob.psks[b"psk"]
    refuse(bob, Insider(alice).commit([psk]), "MLS-12.4.2c", refused)


@pytest.mark.clause("MLS-8.4d")
def test_too_many_psks(three: list[Device], refused) -> None:
    alice, bob, _ = three
    shared(three)
    ids = [external_psk(alice.me.suite, b"psk", alice.entropy) for _ in range(257)]
    accept(bob, Insider(alice).commit(list(map(PreSharedKey, ids[:256]))))
    with refused("MLS-8.4d"):
        alice.session.stage(NOW, list(map(PreSharedKey, ids)))
    with refused("MLS-8.4d"):
        look_up(bob.session.find_psk, ids)


@pytest.mark.clause("MLS-8.1")
def test_epochs_are_counted(three: list[Device], refused) -> None:
    alice, bob, _ = three
    event = accept(bob, Insider(alice).commit([]))
    assert event.epoch == bob.session.epoch + 1
    last = replace(bob.session.group.context, epoch=2**64 - 1)
    with refused("MLS-8.1"):
        last.next(b"", ())


@pytest.mark.clause("MLS-12.2h", "MLS-12.2i")
def test_what_stands_alone(three: list[Device], refused) -> None:
    alice, bob, _ = three
    extensions, reinit = GroupContextExtensions(()), ReInit(b"new", 1, 1, ())
    refuse(bob, Insider(alice).commit([extensions, extensions]), "MLS-12.2h", refused)
    refuse(bob, Insider(alice).commit([reinit, new("dave", alice)]), "MLS-12.2i", refused)
    refuse(bob, Insider(alice).commit([reinit, reinit]), "MLS-12.2i", refused)


@pytest.mark.clause("MLS-12.3a")
def test_the_order_of_a_list(three: list[Device]) -> None:
    alice, bob, _ = three
    adds = [new("dave", alice), new("erin", alice)]
    for proposals in ([*adds, Remove(2)], [Remove(2), *adds], [adds[0], Remove(2), adds[1]]):
        event = accept(bob, Insider(alice).commit(proposals))
        assert [(m.leaf, m.identity) for m in event.added] == [
            (2, b"https://dave.example/a"),
            (3, b"https://erin.example/a"),
        ]


@pytest.mark.clause("MLS-12.4.2b")
def test_a_closed_group_is_closed(three: list[Device], refused) -> None:
    alice, bob, _ = three
    commit(three, [ReInit(b"new", 1, 3, ())])
    insider = Insider(alice)
    for message in (insider.application(b"x"), insider.commit([], PUBLIC), insider.commit([])):
        refuse(bob, message, "MLS-12.4.2b", refused)
    for deed in (
        lambda s: s.seal(b"x"),
        lambda s: s.stage(NOW),
        lambda s: s.propose(Remove(1), NOW),
    ):
        with refused("MLS-12.4.2b"):
            deed(bob.session)


@pytest.mark.clause("MLS-12.4.2d")
def test_the_source_of_a_path_leaf(three: list[Device], refused) -> None:
    alice, bob, _ = three
    for source in (Lifetime(NOW, NOW + 9), None):
        lie = Lie(leaf=lambda f, s=source: f | {"source": s})
        refuse(bob, Insider(alice).commit([], lie), "MLS-12.4.2d", refused)


@pytest.mark.clause("MLS-12.4.2e")
def test_a_path_that_is_missing(three: list[Device], refused) -> None:
    alice, bob, _ = three
    lie = Lie(path_wanted=False)
    for proposals in ([], [Remove(2)], [GroupContextExtensions(())]):
        refuse(bob, Insider(alice).commit(proposals, lie), "MLS-12.4.2e", refused)
    accept(bob, Insider(alice).commit([new("dave", alice)], lie))


@pytest.mark.clause("MLS-12.4.2f")
def test_path_keys_are_new(three: list[Device], refused) -> None:
    alice, bob, carol = three
    commit(three)
    parent = next(node for _, node in bob.session.group.tree.parents()).encryption_key
    for key in (carol.session.group.own.encryption_key, parent):
        lie = Lie(leaf=lambda f, k=key: f | {"encryption_key": k})
        refuse(bob, Insider(alice).commit([], lie), "MLS-12.4.2f", refused)
        lie = Lie(path=_top_key(key))
        refuse(bob, Insider(alice).commit([], lie), "MLS-12.4.2f", refused)
    lie = Lie(path=lambda p: _top_key(p.nodes[0].encryption_key)(p))
    refuse(bob, Insider(alice).commit([], lie), "MLS-12.4.2f", refused)


def _top_key(key: bytes) -> Callable[[Any], Any]:
    return lambda p: replace(p, nodes=(*p.nodes[:-1], replace(p.nodes[-1], encryption_key=key)))


@pytest.mark.clause("MLS-12.4.2g")
def test_a_committer_brings_a_new_key(three: list[Device], refused) -> None:
    alice, bob, _ = three
    old = alice.session.group.own.encryption_key
    lie = Lie(leaf=lambda f: f | {"encryption_key": old})
    refuse(bob, Insider(alice).commit([], lie), "MLS-12.4.2g", refused)


@pytest.mark.clause("MLS-12.4.2h")
def test_a_proposal_that_nobody_saw(three: list[Device], refused) -> None:
    alice, bob, _ = three
    lie = Lie(commit=lambda c: Commit((ProposalRef(bytes(32)),), c.path))
    refuse(bob, Insider(alice).commit([], lie), "MLS-12.4.2h", refused)


@pytest.mark.clause("MLS-12.4.2j")
def test_who_was_removed_is_out(three: list[Device], refused) -> None:
    alice, bob, _ = three
    message = Insider(alice).commit([Remove(1)])
    bob.take(bob.session.receive(message, NOW))
    assert bob.records == {}
    for deed in (lambda s: s.seal(b"x"), lambda s: s.receive(message, NOW), lambda s: s.epoch):
        with refused("MLS-12.4.2j"):
            deed(bob.session)


@pytest.mark.clause("MLS-5.1.1")
def test_keys_that_are_none(three: list[Device], refused) -> None:
    alice, bob, _ = three
    for edit in (_top_key(bytes(31)), _top_key(b"")):
        refuse(bob, Insider(alice).commit([], Lie(path=edit)), "MLS-5.1.1", refused)
    short: LeafNode = alice.session.group.own
    lie = Lie(leaf=lambda f: f | {"encryption_key": short.encryption_key[:-1]})
    refuse(bob, Insider(alice).commit([], lie), "MLS-5.1.1", refused)


def test_by_reference_all_kinds(three: list[Device]) -> None:
    alice, bob, carol = three
    psk = PreSharedKey(shared(three))
    for one, proposal in ((bob, new("dave", bob)), (carol, psk)):
        message = one.take(one.session.propose(proposal, NOW))
        for other in three:
            if other is not one:
                other.take(other.session.receive(message, NOW))
    message = carol.take(carol.session.propose_update(NOW))
    carol.reload()
    for other in (alice, bob):
        other.take(other.session.receive(message, NOW))
    staged = alice.take(alice.session.stage(NOW))
    for other in (bob, carol):
        event = other.take(other.session.receive(staged.commit, NOW))
        assert [m.leaf for m in event.updated] == [2]
    alice.take(alice.session.merge(NOW))
    agree(three)
