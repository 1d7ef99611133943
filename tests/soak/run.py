"""The long run: the state machine for so many steps, and the fuzz for so many inputs; prints the seed first.

python tests/soak/run.py                          10,000 steps and 20,000 inputs
python tests/soak/run.py --steps 50000 --inputs 0 --seed 7
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import get_state_machine_test

sys.path[:0] = [str(Path(__file__).parents[1] / name) for name in ("support", "contract")]

from fuzz import Fuzz  # noqa: E402 - after its way is known
from machine import PortsMachine  # noqa: E402 - after its way is known
from watched import tally  # noqa: E402

STEPS_OF_ONE = 50


def main() -> int:
    """Run; an exception ends it with everything that is needed to see it again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=10_000, help="steps of the state machine (default: %(default)s)")
    parser.add_argument("--inputs", type=int, default=20_000, help="inputs of the fuzz (default: %(default)s)")
    parser.add_argument("--as-found", action="store_true", help="do not look for a smaller example of a failure")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9), help="begin here (default: anywhere)")
    options = parser.parse_args()
    _say(f"seed {options.seed}")
    begun, first = time.monotonic(), options.seed
    while PortsMachine.steps < options.steps:
        left = options.steps - PortsMachine.steps
        _run_machine(first, max(1, min(40, left // STEPS_OF_ONE)), shrink=not options.as_found)
        first += 1
        _say(f"{PortsMachine.steps} steps, {time.monotonic() - begun:.0f} s, next seed {first}")
    if options.inputs:
        fuzz = Fuzz()
        fuzz.run(options.inputs, first=options.seed)
        fuzz.close()
        tally.update(fuzz.tally)
    for what, count in sorted(tally.items()):
        _say(f"{count:6} {what}")
    _say(f"done in {time.monotonic() - begun:.0f} s")
    return 0


def _run_machine(first: int, examples: int, *, shrink: bool) -> None:
    test = get_state_machine_test(
        PortsMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS_OF_ONE,
            database=None,
            deadline=None,
            print_blob=True,
            phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
            suppress_health_check=list(HealthCheck),
        ),
    )
    seed(first)(test)()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
