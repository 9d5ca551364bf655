"""Pure: the first epoch of a group: one member, and a secret of its own (RFC 9420 §11)."""

from node.e2ee.mls.private.client import ISSUE_SECONDS, SKEW_SECONDS, Client
from node.e2ee.mls.private.epoch import Concluded, Epoch, begin_epoch
from node.e2ee.mls.private.hpke import fresh_key_pair
from node.e2ee.mls.private.key_schedule import confirmation_tag, epoch_secrets
from node.e2ee.mls.private.means import Means
from node.e2ee.mls.private.validation import check_extensions_for_all, check_senders_believed
from node.e2ee.mls.public.extensions import Extensions
from node.e2ee.mls.public.group_info import GroupContext
from node.e2ee.mls.public.leaf import KEY_PACKAGE, Lifetime
from node.e2ee.mls.public.tree import Tree


def first_epoch(
    me: Client, means: Means, group_id: bytes, now: int, extensions: Extensions
) -> Epoch:
    """Epoch 0 of a group that `me` creates."""
    suite, entropy = me.suite, means.entropy
    pair = fresh_key_pair(suite, entropy)
    lifetime = Lifetime(max(now - SKEW_SECONDS, 0), now + ISSUE_SECONDS)
    leaf = me.leaf(pair.public, lifetime, (KEY_PACKAGE, b"", 0))
    check_extensions_for_all([leaf], extensions)
    check_senders_believed(means.judge, extensions)
    tree = Tree.of(suite, (leaf,))
    context = GroupContext(suite.id, group_id, 0, tree.tree_hash(), b"", extensions)
    secrets = epoch_secrets(suite, entropy.draw(suite.nh))
    tag = confirmation_tag(suite, secrets, b"")
    concluded = Concluded(context, secrets, b"", b"", tag)
    return begin_epoch(concluded, tree, 0, {0: pair}, me.signature)
