"""Pure: the GroupInfo that a member signs (RFC 9420 §12.4.3)."""

from dataclasses import replace

from node.e2ee.mls.private.crypto import sign_with_label
from node.e2ee.mls.private.epoch import Epoch
from node.e2ee.mls.private.key_schedule import external_key_pair
from node.e2ee.mls.public.extensions import EXTERNAL_PUB, RATCHET_TREE, Extension
from node.e2ee.mls.public.group_info import GroupInfo
from node.wire import tls


def group_info(epoch: Epoch, external: bool, tree: bool = True) -> GroupInfo:
    """The signed GroupInfo of an epoch; `external` adds the key for external commits."""
    group, extensions = epoch.group, []
    if tree:
        extensions.append(Extension(RATCHET_TREE, group.tree.encode()))
    if external:
        public = external_key_pair(group.suite, epoch.secrets).public
        extensions.append(Extension(EXTERNAL_PUB, tls.opaque(public)))
    info = GroupInfo(group.context, tuple(extensions), group.confirmation_tag, group.own_leaf)
    signature = sign_with_label(group.suite, epoch.signature, b"GroupInfoTBS", info.signed())
    return replace(info, signature=signature)
