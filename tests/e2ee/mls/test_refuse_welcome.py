"""Invitations, trees and external commits, wrong in one place and all else made anew."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from node.e2ee.mls.private.client import Client, OwnPackage, choose_suite
from node.e2ee.mls.private.commit import Plan, make_commit
from node.e2ee.mls.private.crypto import sign_with_label
from node.e2ee.mls.private.external import Joining, join_externally
from node.e2ee.mls.private.hpke import fresh_key_pair
from node.e2ee.mls.private.joining import join
from node.e2ee.mls.private.key_schedule import confirmation_tag, member_secret, secrets_of
from node.e2ee.mls.private.proposal_list import Listed
from node.e2ee.mls.private.psk import psk_secret, resumption_psk
from node.e2ee.mls.private.reinit import announced, invite, succeed
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.private.welcome import GroupSecrets, seal_welcome
from node.e2ee.mls.public.commit import Commit
from node.e2ee.mls.public.credentials import Occasion
from node.e2ee.mls.public.extensions import RATCHET_TREE, Extension
from node.e2ee.mls.public.framing import (
    MEMBER,
    NEW_MEMBER_COMMIT,
    PUBLIC_MESSAGE,
    AuthData,
    PublicMessage,
    Sender,
    encode_message,
    parse_message,
)
from node.e2ee.mls.public.group_info import GroupInfo, Welcome
from node.e2ee.mls.public.leaf import COMMIT, LeafNode
from node.e2ee.mls.public.proposals import (
    Add,
    ExternalInit,
    GroupContextExtensions,
    PreSharedKeyID,
    ProposalRef,
    ReInit,
    Remove,
)
from node.e2ee.mls.public.suite import suite_of
from node.e2ee.mls.public.tree import ParentNode, Tree, parse_tree
from node.e2ee.mls.public.tree_math import common_ancestor
from node.wire import tls
from tests.e2ee.mls.insider import resign_leaf, same
from tests.e2ee.mls.people import GROUP, NOW, Device, People, add, agree, commit, remove


@dataclass(frozen=True)
class Lie:
    """Where an invitation is wrong."""

    tree: Callable[[Tree], Tree] = same
    shown_tree: Callable[[bytes], bytes | None] = same
    context: Callable[[Any], Any] = same
    info: Callable[[GroupInfo], GroupInfo] = same
    signature: Callable[[bytes], bytes] = same
    tag: Callable[[bytes], bytes] = same
    secrets: Callable[[GroupSecrets], GroupSecrets] = same
    welcome: Callable[[Welcome], Welcome] = same
    path: bool = True


def invitation(alice: Device, owns: list[OwnPackage], lie: Lie) -> bytes:
    """A Welcome of alice's for `owns`, with the lie in it."""
    epoch = alice.session._live.epoch
    suite, entropy = alice.me.suite, alice.entropy
    items = [Listed(Add(own.key_package), Sender(MEMBER, epoch.group.own_leaf)) for own in owns]
    plan = Plan(items, lie.path, PUBLIC_MESSAGE)
    made = make_commit(epoch, plan, alice.means, alice.session.find_psk, NOW)
    tree = lie.tree(made.next.group.tree)
    context = lie.context(replace(made.next.group.context, tree_hash=tree.tree_hash()))
    newcomers = []
    psks: tuple[PreSharedKeyID, ...] = ()
    for index, package in made.applied.added:
        meeting = common_ancestor(epoch.group.own_leaf, index)
        path = None if made.path is None else made.path.at(meeting)
        secrets = lie.secrets(GroupSecrets(made.concluded.joiner, path, ()))
        psks = secrets.psks
        newcomers.append((package, secrets))
    found = [(psk, alice.psks.get(psk.psk_id, b"r" * 32)) for psk in psks]
    member = member_secret(suite, made.concluded.joiner, psk_secret(suite, found))
    keys = secrets_of(suite, member, context)
    tag = lie.tag(confirmation_tag(suite, keys, context.confirmed_transcript_hash))
    shown = lie.shown_tree(tree.encode())
    extensions = () if shown is None else (Extension(RATCHET_TREE, shown),)
    info = lie.info(GroupInfo(context, extensions, tag, epoch.group.own_leaf))
    private = epoch.signature.private
    signed = sign_with_label(suite, private, b"GroupInfoTBS", info.signed())
    info = replace(info, signature=lie.signature(signed))
    return encode_message(lie.welcome(seal_welcome(suite, info, member, newcomers, entropy)))


def come(device: Device, data: bytes, own: OwnPackage, **options: Any) -> Any:
    return join(data, own, device.me, device.means, NOW, **options)


@pytest.fixture
def trio(people: People) -> list[Device]:
    """Alice and bob in a group; carol is not yet."""
    return [*people.group("alice", "bob"), people.device("carol")]


@pytest.fixture
def flat(people: People) -> list[Device]:
    """The same, with no parent set: so no parent hash covers a leaf."""
    alice, bob, carol = map(people.device, ("alice", "bob", "carol"))
    alice.take(Session.create(alice.me, alice.means, GROUP, NOW))
    add([alice], [bob], path=False)
    return [alice, bob, carol]


def lied(trio: list[Device], lie: Lie, **options: Any) -> Any:
    alice, _, carol = trio
    own = carol.package()
    return come(carol, invitation(alice, [own], lie), own, **options)


def test_the_twins_are_accepted(trio: list[Device]) -> None:
    for lie in (Lie(), Lie(path=False)):
        assert lied(trio, lie).value.group_id == GROUP


@pytest.mark.clause("MLS-5.3.1")
def test_all_of_a_tree_are_judged(trio: list[Device], refused) -> None:
    carol = trio[2]
    lied(trio, Lie())
    asked = [c.credential.identity for c in carol.claims if c.occasion is Occasion.TREE]
    assert asked == [d.me.credential.identity for d in trio]
    carol.believes = False
    with refused("MLS-5.3.1"):
        lied(trio, Lie())


@pytest.mark.clause("MLS-6")
def test_another_version(trio: list[Device], refused) -> None:
    with refused("MLS-6"):
        lied(trio, Lie(context=lambda c: replace(c, version=2)))


@pytest.mark.clause("MLS-6.1f")
def test_the_tag_of_a_group_info(trio: list[Device], refused) -> None:
    for wrong in (lambda t: b"", lambda t: bytes(32)):
        with refused("MLS-6.1f"):
            lied(trio, Lie(tag=wrong))


@pytest.mark.clause("MLS-8.4b")
def test_nonces_in_a_welcome(trio: list[Device], refused) -> None:
    psk = PreSharedKeyID(1, bytes(31), psk_id=b"psk")
    with refused("MLS-8.4b"):
        lied(trio, Lie(secrets=lambda s: replace(s, psks=(psk,))))


@pytest.mark.clause("MLS-12.4.2c")
def test_a_psk_of_a_welcome_that_we_lack(trio: list[Device], refused) -> None:
    psk = PreSharedKeyID(1, bytes(32), psk_id=b"psk")
    lie = Lie(secrets=lambda s: replace(s, psks=(psk,)))
    with refused("MLS-12.4.2c"):
        lied(trio, lie)
    trio[0].psks[b"psk"] = trio[2].psks[b"psk"] = b"p" * 32
    lied(trio, lie)


@pytest.mark.clause("MLS-12.4.3.1c")
def test_special_psks_of_a_welcome(trio: list[Device], refused) -> None:
    suite, entropy = trio[0].me.suite, trio[0].entropy
    two = tuple(resumption_psk(suite, GROUP, n, entropy, usage=2) for n in (1, 2))
    with refused("MLS-12.4.3.1c"):
        lied(trio, Lie(secrets=lambda s: replace(s, psks=two)))


@pytest.mark.clause("MLS-11.3a", "MLS-11.2a", "MLS-12.4.3.1n")
def test_a_welcome_that_resumes_what_we_were_not_in(trio: list[Device], refused) -> None:
    suite, entropy, carol = trio[0].me.suite, trio[0].entropy, trio[2]
    carol.means = replace(carol.means, psks=lambda _: b"r" * 32)
    for usage, epoch, clause in ((3, 1, "MLS-11.3a"), (2, 2, "MLS-12.4.3.1n"), (2, 1, "MLS-11.2a")):
        psk = resumption_psk(suite, b"old", 1, entropy, usage)
        lie = Lie(
            secrets=lambda s, p=psk: replace(s, psks=(p,)),
            context=lambda c, e=epoch: replace(c, epoch=e),
        )
        with refused(clause):
            lied(trio, lie)


@pytest.mark.clause("MLS-12.4.3a")
def test_a_group_we_are_in(trio: list[Device], refused) -> None:
    with refused("MLS-12.4.3a"):
        lied(trio, Lie(), known=[b"other", GROUP])
    lied(trio, Lie(), known=[b"other"])


@pytest.mark.clause("MLS-12.4.3b")
def test_the_signature_of_a_group_info(trio: list[Device], refused) -> None:
    for wrong in (lambda s: b"", lambda s: bytes(64), lambda s: s + b"\x00"):
        with refused("MLS-12.4.3b"):
            lied(trio, Lie(signature=wrong))
    with refused("MLS-12.4.3b"):
        lied(trio, Lie(info=lambda i: replace(i, signer=1)))


@pytest.mark.clause("MLS-12.4.3.1k")
def test_the_signer_of_a_group_info(trio: list[Device], refused) -> None:
    for signer in (3, 9, 2**32 - 1):
        with refused("MLS-12.4.3.1k"):
            lied(trio, Lie(info=lambda i, s=signer: replace(i, signer=s)))


@pytest.mark.clause("MLS-12.4.3c")
def test_unknown_extensions_of_a_group_info(trio: list[Device]) -> None:
    strange = (Extension(0x0A0A, b"grease"), Extension(0xF123, b""))
    lied(trio, Lie(info=lambda i: replace(i, extensions=(*i.extensions, *strange))))


@pytest.mark.clause("MLS-12.4.3.1a", "MLS-12.4.3.1b")
def test_a_welcome_for_others(trio: list[Device], refused) -> None:
    alice, _, carol = trio
    own, other = carol.package(), carol.package()
    data = invitation(alice, [own], Lie())
    with refused("MLS-12.4.3.1a"):
        come(carol, data, other)
    with refused("MLS-12.4.3.1b"):
        lied(trio, Lie(welcome=lambda w: replace(w, suite_id=4 - w.suite_id)))


@pytest.mark.clause("MLS-12.4.3.1d", "MLS-5.1.3")
def test_a_welcome_that_does_not_open(trio: list[Device], refused) -> None:
    with refused("MLS-5.1.3"):
        lied(trio, Lie(welcome=lambda w: replace(w, encrypted_group_info=bytes(99))))
    with refused("MLS-12.4.3.1d"):
        lied(trio, Lie(secrets=lambda s: replace(s, joiner_secret=bytes(32))))


@pytest.mark.clause("MLS-12.4.3.1e")
def test_a_tree_of_another_group(trio: list[Device], refused) -> None:
    other = People(trio[0].me.suite.id).group("alice", "bob", "eve")[0].session.group.tree
    with refused("MLS-12.4.3.1e"):
        lied(trio, Lie(shown_tree=lambda t: other.encode()))
    with refused("MLS-12.4.3.1e"):
        lied(trio, Lie(shown_tree=lambda t: None), tree=other.encode())


@pytest.mark.clause("MLS-12.4.3.1j")
def test_a_tree_that_is_not_there(trio: list[Device], refused) -> None:
    alice, _, carol = trio
    own = carol.package()
    data = invitation(alice, [own], Lie(shown_tree=lambda t: None, path=False))
    with refused("MLS-12.4.3.1j"):
        come(carol, data, own)


def test_a_tree_from_elsewhere(trio: list[Device]) -> None:
    alice, _, carol = trio
    own, seen = carol.package(), []
    lie = Lie(shown_tree=lambda t: seen.append(t))
    data = invitation(alice, [own], lie)
    assert come(carol, data, own, tree=seen[0]).value.epoch == 2


@pytest.mark.clause("MLS-12.4.3.1i")
def test_a_group_of_another_suite(trio: list[Device], refused) -> None:
    with refused("MLS-12.4.3.1i"):
        lied(trio, Lie(context=lambda c: replace(c, suite_id=4 - c.suite_id)))


@pytest.mark.clause("MLS-12.4.3.1l")
def test_our_leaf_is_not_there(trio: list[Device], refused) -> None:
    alice, _, carol = trio
    other = carol.package().key_package.leaf
    with refused("MLS-12.4.3.1l"):
        lied(trio, Lie(tree=lambda t: t.with_nodes({4: other}), path=False))
    assert alice is not None


@pytest.mark.clause("MLS-12.4.3.1m")
def test_the_path_secret_of_a_welcome(trio: list[Device], refused) -> None:
    with refused("MLS-12.4.3.1m"):
        lied(trio, Lie(secrets=lambda s: replace(s, path_secret=bytes(32))))
    with refused("MLS-12.4.3.1m"):
        lied(trio, Lie(secrets=lambda s: replace(s, path_secret=bytes(32)), path=False))


@pytest.mark.clause("MLS-7.4")
def test_the_length_of_a_path_secret(trio: list[Device], refused) -> None:
    with refused("MLS-7.4"):
        lied(trio, Lie(secrets=lambda s: replace(s, path_secret=bytes(31))))


@pytest.mark.clause("MLS-12.4.3.1o")
def test_only_a_welcome_invites(trio: list[Device], refused) -> None:
    alice, _, carol = trio
    with refused("MLS-12.4.3.1o"):
        come(carol, alice.session.group_info(), carol.package())


@pytest.mark.clause("MLS-13.4c", "MLS-13.5b")
def test_extensions_that_we_do_not_support(flat: list[Device], refused) -> None:
    grease = next(e for e in flat[2].me.capabilities.extensions)
    for type in (grease, 0xF0F1):
        extension = Extension(type, b"")
        lie = Lie(
            context=lambda c, e=extension: replace(c, extensions=(e,)),
            tree=lambda t, n=type: _all_list(flat, t, n),
            path=False,
        )
        with refused("MLS-13.4c" if type == grease else "MLS-13.4b"):
            lied(flat, lie)


def _all_list(trio: list[Device], tree: Tree, type: int) -> Tree:
    """The tree with leaves that list an extension, signed anew; but the newcomer's."""
    alice, bob, _ = trio
    for index, device in ((0, alice), (1, bob)):
        leaf = tree.leaf(index)
        assert leaf is not None
        listed = replace(leaf.capabilities, extensions=(type,))
        place = leaf.source, GROUP, index
        tree = tree.with_nodes({2 * index: resign_leaf(device, leaf, place, capabilities=listed)})
    return tree


@pytest.mark.clause("MLS-7.3b", "MLS-7.3g", "MLS-7.2a", "MLS-7.2b")
def test_each_leaf_of_a_tree_is_checked(flat: list[Device], refused) -> None:
    bob = flat[1]

    def with_bob(edit: Callable[[LeafNode], LeafNode]) -> Callable[[Tree], Tree]:
        return lambda tree: tree.with_nodes({2: edit(tree.leaf(1))})  # type: ignore[arg-type]

    def signed(**changes: Any) -> Callable[[LeafNode], LeafNode]:
        return lambda leaf: resign_leaf(bob, leaf, (leaf.source, GROUP, 1), **changes)

    listed = bob.me.capabilities
    cases = (
        (lambda leaf: resign_leaf(flat[0], leaf, (leaf.source, GROUP, 1)), "MLS-7.3b"),
        (signed(extensions=(Extension(0xF1C0, b""),)), "MLS-7.3g"),
        (signed(capabilities=replace(listed, cipher_suites=())), "MLS-7.2a"),
        (signed(capabilities=replace(listed, credentials=())), "MLS-7.3d"),
    )
    for edit, clause in cases:
        with refused(clause):
            lied(flat, Lie(tree=with_bob(edit), path=False))


@pytest.fixture
def eight(people: People) -> list[Device]:
    """Seven members whose parents are all set, and an eighth who will be unmerged in two."""
    members = people.group(*"abcdefg")
    for turn in range(7):
        commit(members[turn:] + members[:turn])
    return [*members, people.device("h")]


def with_parent(node: int, **changes: Any) -> Callable[[Tree], Tree]:
    def edit(tree: Tree) -> Tree:
        value = tree.nodes[node]
        assert isinstance(value, ParentNode)
        return tree.with_nodes({node: replace(value, **changes)})

    return edit


def lied_in_eight(eight: list[Device], lie: Lie) -> Any:
    own = eight[7].package()
    return come(eight[7], invitation(eight[0], [own], replace(lie, path=False)), own)


def test_an_unmerged_twin(eight: list[Device]) -> None:
    session = lied_in_eight(eight, Lie()).session
    unmerged = {node: p.unmerged_leaves for node, p in session.group.tree.parents()}
    assert unmerged == {1: (), 3: (), 5: (), 7: (7,), 9: (), 11: (7,)}


@pytest.mark.clause("MLS-7.1")
@pytest.mark.parametrize("leaves", [(7, 7), (7, 6), (6, 7, 5)])
def test_unmerged_leaves_rise(eight: list[Device], refused, leaves: tuple[int, ...]) -> None:
    with refused("MLS-7.1"):
        lied_in_eight(eight, Lie(tree=with_parent(11, unmerged_leaves=leaves)))


@pytest.mark.clause("MLS-12.4.3.1f")
@pytest.mark.parametrize("leaf", [0, 8, 2**32 - 1])
def test_unmerged_leaves_are_below(eight: list[Device], refused, leaf: int) -> None:
    leaves = tuple(sorted((leaf, 7)))
    with refused("MLS-12.4.3.1f"):
        lied_in_eight(eight, Lie(tree=with_parent(11, unmerged_leaves=leaves)))


@pytest.mark.clause("MLS-12.4.3.1f")
def test_unmerged_leaves_are_members(eight: list[Device], refused) -> None:
    remove(eight[:6], eight[6])
    own = eight[7].package()
    edit = with_parent(9, unmerged_leaves=(7,))
    with refused("MLS-12.4.3.1f"):
        come(eight[7], invitation(eight[0], [own], Lie(tree=edit, path=False)), own)


@pytest.mark.clause("MLS-12.4.3.1g")
def test_parents_between_know_too(eight: list[Device], refused) -> None:
    with refused("MLS-12.4.3.1g"):
        lied_in_eight(eight, Lie(tree=with_parent(11, unmerged_leaves=())))


@pytest.mark.clause("MLS-12.4.3.1h")
def test_a_parents_key_is_its_own(eight: list[Device], refused) -> None:
    key = eight[0].session.group.own.encryption_key
    with refused("MLS-12.4.3.1h"):
        lied_in_eight(eight, Lie(tree=with_parent(7, encryption_key=key)))


@pytest.mark.clause("MLS-7.9.2a")
def test_parents_are_chained(eight: list[Device], refused) -> None:
    key = fresh_key_pair(eight[0].me.suite, eight[0].entropy).public
    for node in (1, 3, 5, 7, 9, 11):
        with refused("MLS-7.9.2a"):
            lied_in_eight(eight, Lie(tree=with_parent(node, encryption_key=key)))
        with refused("MLS-7.9.2a"):
            lied_in_eight(eight, Lie(tree=with_parent(node, parent_hash=bytes(32))))
    with refused("MLS-7.9.2a"):
        lied_in_eight(eight, Lie(tree=lambda t: t.with_nodes({13: ParentNode(key, b"", (7,))})))
    with refused("MLS-7.9.2a"):
        lied_in_eight(eight, Lie(tree=with_parent(11, unmerged_leaves=(6, 7))))


@pytest.mark.clause("MLS-7.8", "MLS-12.4.3.3a", "MLS-12.4.3.3b", "MLS-12.4.3.3c")
def test_trees_that_cannot_be(trio: list[Device], refused) -> None:
    tree = trio[0].session.group.tree
    suite, nodes = suite_of(1), tree.encode()
    items = [b"\x01\x01" + leaf.raw for _, leaf in tree.members()]
    parent = b"\x01\x02" + ParentNode(b"k" * 32, b"", ()).encode()
    assert parse_tree(suite, nodes).encode() == nodes
    for wrong, clause in (
        ([], "MLS-12.4.3.3a"),
        ([items[0], b"\x00"], "MLS-12.4.3.3a"),
        ([b"\x00"], "MLS-12.4.3.3a"),
        ([items[0], items[1]], "MLS-12.4.3.3b"),
        ([parent], "MLS-12.4.3.3b"),
        ([b"\x01\x03" + items[0][2:]], "MLS-7.8"),
    ):
        with refused(clause):
            parse_tree(suite, tls.vector(wrong))
    wide = parse_tree(suite, tls.vector([items[0], parent, items[1], b"\x00", items[0]]))
    assert len(wide.nodes) == 7
    assert wide.with_nodes({4: None}).encode() == tls.vector([items[0], parent, items[1]])


@dataclass(frozen=True)
class ExternalLie:
    commit: Callable[[Any], Any] = same
    leaf: Callable[[LeafNode], LeafNode] = same


def forged_join(members: list[Device], dave: Device, edit: Callable[[Commit], Commit]) -> bytes:
    """An external commit of dave's, edited and signed again: the tag is left as it was."""
    joining = join_externally(members[0].session.group_info(True), dave.me, dave.means, NOW)
    body = parse_message(joining.commit)
    assert isinstance(body, PublicMessage) and isinstance(body.content.content, Commit)
    content = replace(body.content, content=edit(body.content.content))
    context = members[0].session.group.context.encode()
    tbs = tls.u16(1) + tls.u16(PUBLIC_MESSAGE) + content.encode() + context
    suite, key = dave.me.suite, dave.me.signature.private
    signature = sign_with_label(suite, key, b"FramedContentTBS", tbs)
    auth = AuthData(signature, body.auth.confirmation_tag)
    return encode_message(PublicMessage(content, auth, None))


@pytest.mark.clause(
    "MLS-12.2k", "MLS-12.2l", "MLS-12.2m", "MLS-12.4.3.2a", "MLS-12.4.3.2b", "MLS-6.1f"
)
def test_external_commits(people: People, refused) -> None:
    alice, bob, carol = people.group("alice", "bob", "carol")
    dave = people.device("dave")
    init = ExternalInit(bytes(32))
    add_erin = Add(people.device("erin").package().key_package)
    own = Add(dave.package().key_package)
    edits: list[tuple[Callable[[Commit], Commit], str]] = [
        (lambda c: replace(c, path=None), "MLS-12.4.3.2a"),
        (lambda c: replace(c, proposals=()), "MLS-12.2k"),
        (lambda c: replace(c, proposals=(*c.proposals, init)), "MLS-12.2k"),
        (lambda c: replace(c, proposals=(*c.proposals, Remove(1), Remove(2))), "MLS-12.2l"),
        (lambda c: replace(c, proposals=(*c.proposals, add_erin)), "MLS-12.2m"),
        (lambda c: replace(c, proposals=(*c.proposals, own)), "MLS-12.2m"),
        (lambda c: replace(c, proposals=(*c.proposals, GroupContextExtensions(()))), "MLS-12.2m"),
        (lambda c: c, ""),
        (lambda c: replace(c, proposals=c.proposals[::-1]), ""),
    ]
    for edit, clause in edits:
        message = forged_join([alice, bob, carol], dave, edit)
        if not clause:
            Session.load(bob.session.dump(), bob.means).receive(message, NOW)
            continue
        with refused(clause):
            bob.session.receive(message, NOW)
    pending = alice.take(alice.session.propose(Remove(2), NOW))
    bob.take(bob.session.receive(pending, NOW))
    ref = ProposalRef(next(iter(bob.session.pending())))
    message = forged_join([alice], dave, lambda c: replace(c, proposals=(*c.proposals, ref)))
    with refused("MLS-12.4.3.2b"):
        bob.session.receive(message, NOW)


@pytest.mark.clause("MLS-5.3.1", "MLS-12.4.2g", "MLS-12.4.2d")
def test_who_joins_from_outside_is_judged(people: People, refused) -> None:
    alice, bob, carol = people.group("alice", "bob", "carol")
    dave = people.device("dave")
    message = forged_join([alice], dave, same)
    bob.claims.clear()
    Session.load(bob.session.dump(), bob.means).receive(message, NOW)
    assert [c.occasion for c in bob.claims] == [Occasion.EXTERNAL_JOIN]
    bob.believes = False
    with refused("MLS-5.3.1"):
        bob.session.receive(message, NOW)
    bob.believes = True
    back = join_externally(alice.session.group_info(True), carol.me, carol.means, NOW, replaces=2)
    bob.claims.clear()
    Session.load(bob.session.dump(), bob.means).receive(back.commit, NOW)
    assert bob.claims[0].occasion is Occasion.RESYNC
    assert bob.claims[0].predecessor == carol.me.credential
    old = carol.session.group.own.encryption_key

    def keeps(c: Commit) -> Commit:
        assert c.path is not None
        leaf = resign_leaf(dave, c.path.leaf, (COMMIT, GROUP, 2), encryption_key=old)
        path = replace(c.path, leaf=leaf)
        return replace(c, proposals=(*c.proposals, Remove(2)), path=path)

    with refused("MLS-12.4.2g"):
        bob.session.receive(forged_join([alice], dave, keeps), NOW)


@pytest.mark.clause("MLS-12.4.3.2c", "MLS-12.4.3.2d", "MLS-12.4.3a", "MLS-12.4.3.1i")
def test_what_gives_no_way_in(people: People, refused) -> None:
    alice, _bob = people.group("alice", "bob")
    dave = people.device("dave")
    other = Client.fresh(4 - people.suite, b"x", dave.entropy)
    info, way = alice.session.group_info(), alice.session.group_info(True)
    with refused("MLS-12.4.3.2c"):
        join_externally(info, dave.me, dave.means, NOW)
    with refused("MLS-12.4.3.2d"):
        join_externally(encode_message(dave.package().key_package), dave.me, dave.means, NOW)
    with refused("MLS-12.4.3a"):
        join_externally(way, dave.me, dave.means, NOW, known=[GROUP])
    with refused("MLS-12.4.3.1i"):
        join_externally(way, other, dave.means, NOW)
    assert Joining.load(join_externally(way, dave.me, dave.means, NOW).dump()).commit


@pytest.mark.clause("MLS-11.2a", "MLS-11.2b", "MLS-11.2c", "MLS-11.2d", "MLS-11.2e")
def test_the_group_after_a_reinit(people: People, refused) -> None:
    alice, bob, carol = people.group("alice", "bob", "carol")
    with refused("MLS-11.2d"):
        announced(alice.session)
    other = People(people.suite).group("alice", "bob", "eve")
    for three in ([alice, bob, carol], other):
        commit(three, [ReInit(b"new", 1, people.suite, ())])
    owns = [bob.package(), carol.package()]
    packages = [own.key_package for own in owns]

    def start() -> Session:
        return succeed(alice.session, alice.me, alice.means, NOW).session

    with refused("MLS-11.2b"):
        wrong = Client.fresh(4 - people.suite, b"x", alice.entropy)
        succeed(alice.session, wrong, alice.means, NOW)
    with refused("MLS-11.2c"):
        invite(start(), alice.session, packages[:1], alice.means, NOW)
    done = invite(start(), alice.session, packages, alice.means, NOW).session.merge(NOW)
    welcome = done.value.welcome
    assert welcome is not None
    come(bob, welcome, owns[0], former=bob.session)
    with refused("MLS-12.4.2c"):
        come(bob, welcome, owns[0])
    bob.means = replace(bob.means, psks=bob.session.find_psk)
    stranger = other[2].session
    stranger._means = bob.means
    with refused("MLS-11.2a"):
        come(bob, welcome, owns[0])
    fewer = Session.create(alice.me, alice.means, b"new", NOW).session
    psk = resumption_psk(alice.me.suite, GROUP, alice.session.epoch, alice.entropy, usage=2)
    from node.e2ee.mls.public.proposals import PreSharedKey

    staged = fewer.stage(NOW, [Add(packages[0]), PreSharedKey(psk)], resumes=alice.session)
    without = staged.session.merge(NOW).value.welcome
    with refused("MLS-11.2c"):
        come(bob, without or b"", owns[0], former=bob.session)
    unlinked = Session.create(alice.me, alice.means, b"new", NOW).session
    staged = unlinked.stage(NOW, list(map(Add, packages)))
    welcome = staged.session.merge(NOW).value.welcome
    with refused("MLS-11.2e"):
        come(bob, welcome or b"", owns[0], former=bob.session)
    renamed = Session.create(alice.me, alice.means, b"other", NOW).session
    staged = renamed.stage(NOW, [*map(Add, packages), PreSharedKey(psk)], resumes=alice.session)
    welcome = staged.session.merge(NOW).value.welcome
    with refused("MLS-11.2b"):
        come(bob, welcome or b"", owns[0], former=bob.session)


@pytest.mark.clause("MLS-11a")
def test_the_best_suite_in_common(people: People, refused) -> None:
    ours = people.device("alice").me.capabilities
    assert choose_suite([ours, replace(ours, cipher_suites=(3, 0x0A0A, 1))]) == 1
    assert choose_suite([ours, replace(ours, cipher_suites=(2, 3))]) == 3
    with refused("MLS-11a"):
        choose_suite([ours, replace(ours, cipher_suites=(2, 4))])


@pytest.mark.clause("MLS-8.4a", "MLS-12.4.1a")
def test_a_welcome_is_for_all_with_the_psks_of_the_commit(people: People) -> None:
    alice, bob = people.group("alice", "bob")
    carol, dave = people.device("carol"), people.device("dave")
    from node.e2ee.mls.private.psk import external_psk
    from node.e2ee.mls.public.proposals import PreSharedKey

    ids = []
    for name in (b"one", b"two"):
        for device in (alice, bob, carol, dave):
            device.psks[name] = name * 11
        ids.append(PreSharedKey(external_psk(alice.me.suite, name, alice.entropy)))
    owns = [carol.package(), dave.package()]
    adds = [Add(own.key_package) for own in owns]
    welcome = commit([alice, bob], [ids[1], adds[0], ids[0], adds[1]])
    body = parse_message(welcome or b"")
    assert isinstance(body, Welcome)
    assert [s.new_member for s in body.secrets] == [own.reference for own in owns]
    for device, own in zip((carol, dave), owns, strict=True):
        device.take(come(device, welcome or b"", own))
    agree([alice, bob, carol, dave])


def test_someone_comes_back_later(people: People) -> None:
    alice, bob, carol = people.group("alice", "bob", "carol")
    remove([alice, carol], bob)
    bob.records = {}
    add([carol, alice], [bob])
    assert bob.session.own_leaf == 1
    assert NEW_MEMBER_COMMIT == 4
