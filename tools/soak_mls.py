"""Random histories of MLS groups for as many steps as asked, each with its own seed."""

import os
import sys
import time
import traceback
from collections import Counter

from tests.e2ee.mls.histories import History, walk
from tests.e2ee.mls.mixed import Town
from tests.e2ee.mls.peering import Peer, why_absent

STEPS_EACH = 80


class Run:
    """Histories until the steps are done; those that fail are told and counted."""

    def __init__(self, what: str, steps: int, seed: int) -> None:
        self.what, self.steps, self.seed = what, steps, seed
        self.failed = 0
        self.done: Counter[str] = Counter()
        self.differences: Counter[str] = Counter()

    def go(self, theirs: float) -> None:
        """Walk; `theirs` is the chance of a member to be on ts-mls."""
        start, seed = time.monotonic(), self.seed
        while self.done.total() < self.steps:
            for suite in (1, 3):
                self._one(seed, suite, theirs)
            seed += 1
        took = time.monotonic() - start
        steps, failed = self.done.total(), self.failed
        print(f"{self.what}: {steps} steps, {failed} failed, {took:.0f} s, {dict(self.done)}")
        for why, count in self.differences.items():
            print(f"  {count} x {why}")

    def _one(self, seed: int, suite: int, theirs: float) -> None:
        # Mostly small groups, for speed; now and then a large one.
        largest = 30 if seed % 10 == 0 and not theirs else 6 + seed % 7
        peer = Peer() if theirs else None
        history = None
        try:
            history = History(Town(suite, seed, peer), seed, largest, theirs)
            walk(history, STEPS_EACH)
        except Exception:
            self.failed += 1
            traceback.print_exc()
            print(f"FAILED {self.what}: {(seed, suite, theirs, largest, STEPS_EACH)}", flush=True)
        finally:
            if peer is not None:
                peer.close()
        if history is not None:
            self.done += history.done
            self.differences += history.differences


def main() -> int:
    """Zero when nothing failed."""
    steps = int(os.environ.get("SOAK_STEPS", "10000"))
    seed = int(os.environ.get("SOAK_SEED", int(time.time())))
    print(f"seeds from {seed}", flush=True)
    runs = [(Run("ours alone", steps, seed), 0.0)]
    reason = why_absent()
    if reason is None:
        runs.append((Run("ours and ts-mls", steps, seed), 0.5))
    else:
        print(f"no mixed groups: {reason}", file=sys.stderr)
    for run, theirs in runs:
        run.go(theirs)
    return int(any(run.failed for run, _ in runs))


if __name__ == "__main__":
    sys.exit(main())
