"""Long random histories in which every device has a mirror in TypeScript.

`SOAK_STEPS` (10,000) of them in both suites, from the seed `SOAK_SEED` (the date) on.
"""

import datetime
import os
import sys

from tests.browser.mirrored import Mirror, MirroredTown
from tests.browser.test_differential import MirroredHistory
from tests.e2ee.mls.histories import walk

WALK = 60
LARGEST = (3, 7, 12, 20)


def main() -> int:
    steps = int(os.environ.get("SOAK_STEPS", "10000"))
    first = int(os.environ.get("SOAK_SEED", f"{datetime.datetime.now(datetime.UTC):%Y%m%d}"))
    mirror, failed = Mirror(), 0
    for count in range(max(steps // WALK // 2, 1)):
        seed = first + count
        for suite in (1, 3):
            town = MirroredTown(suite, mirror)
            try:
                walk(MirroredHistory(town, seed, LARGEST[seed % len(LARGEST)]), WALK)
            except Exception as error:
                failed += 1
                print(f"seed {seed}, suite {suite}: {error} {getattr(error, '__notes__', '')}")
    mirror.close()
    print(f"mirrored: {steps} steps, {failed} histories failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
