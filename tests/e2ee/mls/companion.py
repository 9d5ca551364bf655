"""What ts-mls 2.0.0-rc.10 does otherwise than RFC 9420, each foreseen from the group's state.

A difference has to happen exactly where it is foreseen: elsewhere it fails the test, and where it
is gone (a newer ts-mls) the test says so too. Besides, `peer/driver.mjs` puts right that
external_pub lacks the length of its key (repaired upstream in #449), that processMessage looks for
no external PSK in a PrivateMessage, and that there is no way to propose an own Update. Upstream has
since also repaired NEW_LEAF (#481) and OLD_KEY (#505), in versions that came after this one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from node.e2ee.mls.public.tree import ParentNode, Tree


@dataclass(frozen=True)
class Spoilt:
    """A commit that no member may take: whom it fails with (all or those updated), and how."""

    why: str
    clause: str
    only_updated: bool = False
    or_throws: str | None = None


NO_PATH = Spoilt("no path for one update or remove (§12.4)", "MLS-12.4.2e")
OLD_KEY = Spoilt("path sealed to the key before the Update (§7.5)", "MLS-5.1.3", True)
NEW_LEAF = Spoilt("path sealed for a newcomer too (§7.6)", "MLS-7.6b", or_throws="undefined")
ENDLESS = "no end for a removed member beyond the new tree"
UNEQUAL = "a tree with unequal unmerged leaves is refused (§12.4.3.1)"


def spoilt(kinds: Mapping[str, int]) -> Spoilt | None:
    """How a commit by ts-mls of so many proposals of each kind is wrong; None when it is right.

    It makes a path for two updates or two removes, not for one. And it seals that path to all
    below the copath in the new tree with their keys in the old one. So a member whose Update is in
    the commit cannot open it; and for a newcomer there is a ciphertext too many: sealed to the key
    of the member who was removed from that leaf (!), or with none there it throws.
    """
    updates, removes = kinds.get("update", 0), kinds.get("remove", 0)
    if updates + removes and max(updates, removes) < 2:
        return NO_PATH
    if updates + removes and kinds.get("add", 0):
        return NEW_LEAF
    return OLD_KEY if updates else None


def refuses_tree(tree: Tree) -> bool:
    """Whether ts-mls takes this good tree for bad when it joins.

    It wants all parents above an unmerged leaf to have equal lists of unmerged leaves; the RFC
    wants those between to list that leaf too.
    """
    for _, parent in tree.parents():
        for leaf in parent.unmerged_leaves:
            for node in tree.direct_path(leaf):
                above = tree.nodes[node]
                if (
                    isinstance(above, ParentNode)
                    and above.unmerged_leaves != parent.unmerged_leaves
                ):
                    return True
    return False


def survives_removal(leaf: int, tree: Tree) -> bool:
    """Whether the member who was at `leaf` can be given the commit that led to `tree`.

    ts-mls climbs from that leaf to the root of the new tree; when the tree has shrunk it never
    gets there, and its process dies when its memory is full. We would be `Removed` by then.
    """
    return leaf < tree.leaves
