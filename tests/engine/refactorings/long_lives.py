"""The long run: lives of programs on the real engine, for so many steps; prints the seed first.

python tests/engine/refactorings/long_lives.py                         1,000 steps, from any seed
python tests/engine/refactorings/long_lives.py --seed 7 --steps 12     one life, as far as its twelfth step
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "support")]

from lives import Life  # noqa: E402 - after its way is known
from quick_engine import QuickEngine  # noqa: E402 - after its way is known

from local_engine.pulumi_cli import find_pulumi, report_on_stderr  # noqa: E402 - after its way is known

STEPS_OF_ONE = 30


def main() -> int:
    """Run; a violation ends it with everything that is needed to see it again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1000, help="steps of all lives (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9), help="begin here (default: anywhere)")
    options = parser.parse_args()
    _say(f"seed {options.seed}")
    begun, done, seed, tally = time.monotonic(), 0, options.seed, Counter[str]()
    with QuickEngine(find_pulumi(report_on_stderr)) as engine:
        while done < options.steps:
            steps = min(STEPS_OF_ONE, options.steps - done)
            with Life(engine, seed) as life:
                life.live(steps)
            tally += life.tally
            done, seed = done + steps, seed + 1
            _say(f"{done} steps, {time.monotonic() - begun:.0f} s, next seed {seed}")
    for what, count in sorted(tally.items()):
        _say(f"{count:6} {what}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
