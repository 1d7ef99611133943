"""Whatever people do to a program: nothing that it declares goes dark, nothing opens, nothing of ours stays behind."""

import pytest
from lives import Life

from nf_ports.cli.engine import LocalEngine

STEPS = 15


@pytest.mark.parametrize("seed", [1, 2])
def test_the_promises_hold_around_every_run(engine: LocalEngine, seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    with Life(engine, seed) as life:
        life.live(STEPS)
    with capsys.disabled():
        print(f" {dict(life.tally)}", end=" ")  # noqa: T201 - what happened is to be seen
