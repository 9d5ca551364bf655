"""Pure: under whose keys the devices of a group stand, as all its members see it (spec E2E-8.9)."""

from collections.abc import Iterable
from functools import lru_cache

from node.client import roster
from node.client.device_state import SUITE
from node.client.roster import Made, NewLeaf
from node.e2ee.keys.public.certificate import EXTENSION, check_leaf
from node.e2ee.keys.public.device_list import SuiteKey
from node.e2ee.mls.private.client import Client
from node.e2ee.mls.public import key_package
from node.e2ee.mls.public.extensions import Extensions, find
from node.e2ee.mls.public.leaf import LeafNode
from node.e2ee.mls.public.tree import Tree
from node.errors import Forbidden, Refused


def root_of(leaf: LeafNode) -> str:
    """The root under which a leaf is certified, in hex; empty where it is under none. Whether that
    has ended is not asked: clocks differ, and all have to judge alike."""
    return _root(leaf.extensions, leaf.credential.identity, leaf.signature_key)


def own_root(me: Client) -> str:
    """The same of the leaves that this device makes."""
    return _root(me.extensions, me.credential.identity, me.signature.public)


def _root(extensions: Extensions, identity: bytes, key: bytes) -> str:
    data = find(extensions, EXTENSION)
    return "" if data is None else _chain(data, identity, key)


@lru_cache(1024)
def _chain(data: bytes, identity: bytes, key: bytes) -> str:
    try:
        return check_leaf(data, identity.decode(), SuiteKey(SUITE, key)).delegation.root.hex()
    except Refused:
        return ""


def root_of_all(actor: str, packages: Iterable[bytes]) -> str:
    """The one root of these devices; some may have none, and are not added then. Raises
    `Forbidden` (E2E-8.9) for several."""
    found = {root_of(key_package.parse(data).leaf) for data in packages} - {""}
    if len(found) > 1:
        raise Forbidden("E2E-8.9", f"the devices of {actor} are under several keys")
    return next(iter(found), "")


def made(
    before: Tree,
    after: Tree,
    by: int,
    added: Iterable[int],
    is_outside: bool = False,
    is_path_known: bool = True,
) -> Made:
    """What a commit of the leaf `by` did. Without its path its new leaf is not known."""
    stood = {(leaf.credential.identity, leaf.signature_key) for _, leaf in before.members()}
    leaves = [leaf for _, leaf in after.members()]
    own = before.leaf(by) or after.leaf(by)
    made_after = after.leaf(by) if is_path_known else own
    assert own is not None and made_after is not None, "who commits has a leaf"
    new = [leaf for index in added if (leaf := after.leaf(index)) is not None]
    return Made(
        by=own.credential.identity.decode(),
        added=[
            NewLeaf(
                leaf.credential.identity.decode(),
                root_of(leaf),
                (leaf.credential.identity, leaf.signature_key) in stood,
            )
            for leaf in new
        ],
        present={leaf.credential.identity.decode() for leaf in leaves},
        is_outside=is_outside,
        roots=(root_of(own), root_of(made_after)),
        devices=len(leaves),
    )


def is_of(package: key_package.KeyPackage, shape: roster.Roster) -> bool:
    """Whether it may be added to the group of these people by its name and keys."""
    actor = package.leaf.credential.identity.decode()
    root = shape.roots.get(actor, "")
    return shape.rank(actor) > 0 and (not root or root_of(package.leaf) == root)
