"""Pure: what a device lends the library, and the limits that the RFC leaves to us."""

from dataclasses import dataclass, field

from node.e2ee.mls.private.entropy import Entropy
from node.e2ee.mls.private.psk import FindPsk
from node.e2ee.mls.private.secret_tree import Bounds
from node.e2ee.mls.public.credentials import Judge
from node.e2ee.mls.public.leaf import LONGEST_LIFETIME_SECONDS
from node.e2ee.mls.public.proposals import PreSharedKeyID


def no_psk(_: PreSharedKeyID) -> bytes | None:
    """There is none."""
    return None


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits that RFC 9420 leaves to the application, and our choice of them.

    `past_epochs` and `past_seconds` bound how long the messages of an older epoch still open;
    `resumption_epochs` how many resumption PSKs are kept (§8.6); `messages_per_epoch` what one
    ratchet may seal (§15.2: far below any bound, for each key seals one message). `known_commits`
    is how many ended epochs are remembered by their commit, so that a fork is seen. `applicants`
    lets newcomers propose themselves: not by default, for who knows the group's id and epoch, such
    as a relay, could. `public` sends handshakes as PublicMessage.
    """

    longest_lifetime_seconds: int = LONGEST_LIFETIME_SECONDS
    bounds: Bounds = field(default_factory=Bounds)
    past_epochs: int = 2
    past_seconds: int = 86400
    resumption_epochs: int = 4
    pending_proposals: int = 256
    messages_per_epoch: int = 2**20
    known_commits: int = 8
    applicants: bool = False
    public: bool = False


@dataclass(frozen=True, slots=True)
class Means:
    """`judge` has no default: somebody has to say whom to believe (MLS-5.3.1)."""

    entropy: Entropy
    judge: Judge
    psks: FindPsk = no_psk
    policy: Policy = field(default_factory=Policy)
