"""The promises hold after every step of random programs, edits elsewhere, faults and restarts."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from machine import PortsMachine
from watched import tally

OUTCOMES = {"up: create", "up: update", "up: same", "up: refused", "refresh: kept", "destroy: done"}
"""Without each of these the run would not be worth its time."""


def test_the_promises_hold_after_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    bounded = settings(
        max_examples=60,
        stateful_step_count=40,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(PortsMachine, settings=bounded)
    with capsys.disabled():
        print(f" {PortsMachine.steps} steps", end=" ")  # noqa: T201 - how far it went is a figure to see

    assert tally.keys() >= OUTCOMES
    assert any(outcome.endswith("spoilt") for outcome in tally)
