"""What all verbs of a person work with: who they are, how their node is asked, time and chance."""

from collections.abc import Callable
from pathlib import Path

from node.client.api_client import ApiClient
from node.client.profile import Profile
from node.ports import Clock, Entropy
from node.system import SystemClock, SystemEntropy

Passphrase = str | Callable[[], str]
CLOCK, ENTROPY = SystemClock(), SystemEntropy()


class ClientContext:
    """What the pages of verbs share. `passphrase` opens the vault, when a verb needs it."""

    def __init__(
        self,
        profile: Profile,
        home: Path | str,
        passphrase: Passphrase = "",
        clock: Clock = CLOCK,
        entropy: Entropy = ENTROPY,
    ) -> None:
        self.profile = profile
        self.home = Path(home)
        self.clock = clock
        self.entropy = entropy
        self.api = ApiClient(
            profile.origin, entropy, profile.token, profile.connect, profile.ca_file
        )
        self._passphrase = passphrase

    @property
    def handle(self) -> str:
        """Our own address, as @name@domain."""
        return self.profile.handle

    @property
    def actor(self) -> str:
        """Our own public id."""
        return self.profile.actor
