"""Pure: what a session tells its device: who said what, who came, who left."""

from dataclasses import dataclass, field

from node.e2ee.mls.public.credentials import Credential
from node.e2ee.mls.public.extensions import Extensions
from node.e2ee.mls.public.proposals import Proposal, ReInit
from node.e2ee.mls.public.tree import Tree
from node.wire import tls


@tls.structure
class Member:
    """Who sits at a leaf. `identity` is the basic credential's: the UTF-8 of the actor's id."""

    leaf: int
    credential: Credential
    signature_key: bytes

    @property
    def identity(self) -> bytes:
        return self.credential.identity


def member_at(tree: Tree, index: int) -> Member:
    """The member at a leaf that is not blank."""
    leaf = tree.leaf(index)
    assert leaf is not None
    return Member(index, leaf.credential, leaf.signature_key)


@dataclass(frozen=True, slots=True)
class ApplicationMessage:
    """Application data, from the member who signed it."""

    sender: Member
    data: bytes = field(repr=False)
    authenticated_data: bytes
    epoch: int
    generation: int


@dataclass(frozen=True, slots=True)
class Proposed:
    """A valid proposal, kept until the epoch ends. `sender` is None for one from outside."""

    sender: Member | None
    proposal: Proposal
    reference: bytes


@dataclass(frozen=True, slots=True)
class Committed:
    """The group is in `epoch` now.

    `sender` is the committer, as it is in the new epoch. `own`: it was our staged commit; then
    `welcome` is the MLSMessage for those whom it added. `lost`: a staged commit of ours was
    dropped for it. `reinit` closes the group. `authenticated_data` of another's is signed, and
    in clear to who carries it.
    """

    sender: Member
    epoch: int
    added: tuple[Member, ...]
    removed: tuple[Member, ...]
    updated: tuple[Member, ...]
    own: bool = False
    external: bool = False
    lost: bool = False
    welcome: bytes | None = field(default=None, repr=False)
    reinit: ReInit | None = None
    authenticated_data: bytes = b""


@dataclass(frozen=True, slots=True)
class Removed:
    """A commit took us out: the session is over. `by` is None where a joiner replaced us.

    `again`: the same commit adds our signature key anew, so that a Welcome is on its way.
    `extensions` of the GroupContext, and the `tree`, are those after it, but for its path; `added`
    are the leaves that are new there.
    """

    by: Member | None
    epoch: int
    again: bool
    extensions: Extensions
    tree: Tree
    added: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """We are in the group, since `epoch`, invited by `by` (None: by our own external commit)."""

    group_id: bytes
    epoch: int
    by: Member | None


Event = ApplicationMessage | Proposed | Committed | Removed
