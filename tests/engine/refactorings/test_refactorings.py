"""Whatever people do to a program: nothing it declares goes dark, nothing opens, nothing of ours is left behind.

`NF_PORTS_SEEDS=7 NF_PORTS_STEPS=12` is one life, as far as its twelfth step; several seeds are separated by spaces.
"""

import os
from collections import Counter

import pytest
from lives import Life

from local_engine.engine import LocalEngine

SEEDS = [int(seed) for seed in os.environ.get("NF_PORTS_SEEDS", "97 258").split()]
STEPS_OF_ONE = int(os.environ.get("NF_PORTS_STEPS", "15"))
KINDS = {
    *("rename", "rename all", "rename with an alias", "swap names", "swap services", "shift by index", "leave", "join"),
    *("group", "team", "team of all", "--replace", "--target", "taint", "trigger", "trigger and delete first", "ports"),
    *("settings", "edit"),
}
"""What a program goes through: most of it, if the run is to be worth its time."""


def test_the_promises_hold_around_every_run(engine: LocalEngine, capsys: pytest.CaptureFixture[str]) -> None:
    tally: Counter[str] = Counter()
    for seed in SEEDS:
        with Life(engine, seed) as life:
            life.live(STEPS_OF_ONE)
        tally += life.tally
    with capsys.disabled():
        print(f" {dict(tally)}", end=" ")  # noqa: T201 - what happened is a thing to see

    # One life, seen again, need not have everything.
    if len(SEEDS) > 1:
        assert len(KINDS - tally.keys()) < 4
        assert any("killed" in what for what in tally)
