"""The promises hold after every step of random programs, edits elsewhere, faults and restarts.

`NF_PORTS_SOAK=10000` goes so many steps, and others each time.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any

import model
import pytest
import strategies
from drawn import ADDITIONS, CANARY, CHANGES, ERAS, FAULTS, POLICIES, SWITCHES, edited, fitted, with_paths
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from plain_host import CheckFailed
from typing_extensions import override
from watched import SERVICES, Watched, tally
from world import fill

from nf_ports.emulator import Emulator, Settings

ASKED = os.environ.get("NF_PORTS_SOAK")
STEPS_OF_ONE = 40
TOKEN = "nf-Zk4vQxToken"
OUTCOMES = {"up: create", "up: update", "up: same", "up: refused", "refresh: kept", "destroy: done"}
"""Without each of these the run would not be worth its time."""
# Mostly the same, so that what happens meets what happened.
_SERVICE = st.sampled_from([SERVICES[0]] * 3 + [SERVICES[1]])
_WHICH = st.integers(0, 9)


class PortsMachine(RuleBasedStateMachine):
    """Two services, one stack."""

    steps = 0
    """Steps of all machines so far."""

    def __init__(self) -> None:
        """Nothing is there before the switches are known."""
        super().__init__()
        self.home = contextlib.ExitStack()
        self.number = 20000

    @initialize(
        switches=SWITCHES,
        dialect=st.sampled_from(["auto", "auto", "service"]),
        on_disk=st.sampled_from([False, False, False, True]),
    )
    def begin(self, switches: dict[str, Any], dialect: str, *, on_disk: bool) -> None:
        """Open a world."""
        state = None
        if on_disk:
            state = str(Path(self.home.enter_context(tempfile.TemporaryDirectory())) / "world.sqlite")
        # A restart opens another world, so the emulator itself is closed.
        self.nf = self.home.enter_context(Emulator(Settings(rate_limit=10**9, **switches), token=TOKEN, state=state))
        fill(self.nf, ["api", "web"], wildcards=strategies.DOMAINS)
        self.stack = Watched(self.nf, dialect)
        self.home.callback(self.stack.engine.close)

    @override
    def teardown(self) -> None:
        """Close the world."""
        self.home.close()

    @rule(service=_SERVICE, change=st.sampled_from(ADDITIONS), which=_WHICH)
    def somebody_adds_a_port(self, service: str, change: str, which: int) -> None:
        """Somebody adds a port in the console."""
        self.number += 1
        self.stack.edit(service, lambda ports: edited(ports, change, which, self.number))

    @rule(service=_SERVICE, change=st.sampled_from(CHANGES), which=_WHICH)
    def somebody_edits(self, service: str, change: str, which: int) -> None:
        """Somebody changes the list in the console: changes, renames, removes, or turns it round."""
        self.number += 1
        self.stack.edit(service, lambda ports: edited(ports, change, which, self.number))

    @rule(service=_SERVICE, which=_WHICH)
    def somebody_makes_a_port_again(self, service: str, which: int) -> None:
        """Somebody deletes a port and makes it again, as far as the console shows it."""
        self.stack.remake(service, which)

    @rule(service=_SERVICE, event=st.sampled_from(["delete", "restart", "restart", "era"]))
    def northflank_changes(self, service: str, event: str) -> None:
        """A service is deleted or made anew, the emulator ends and begins again, the API goes on to its next era."""
        later = ERAS[ERAS.index(self.nf.settings.era) + 1 :]
        if event == "delete" and self.stack.is_there(service):
            self.nf.delete_service("shop", service)
        elif event == "delete":
            self.nf.add_service("shop", service)
        elif event == "restart":
            self.nf.restart()
        elif later:
            self.nf.settings = self.nf.settings.changed({"era": later[0]})

    @rule(fault=FAULTS)
    def the_next_requests_go_wrong(self, fault: dict[str, Any]) -> None:
        """Something breaks, once or a few times."""
        self.nf.fault(**fault)

    @rule(service=_SERVICE, ports=strategies.canonical(), said=POLICIES)
    def up_with_new_ports(self, service: str, ports: model.Ports, said: model.Said | None) -> None:
        """A program with other ports."""
        self.stack.up(service, fitted(ports, service, self.nf.settings.era), said)

    @rule(service=_SERVICE, said=POLICIES, paths=st.sampled_from(["theirs", "theirs", "other", "none"]))
    def up_with_what_is_there(self, service: str, said: model.Said | None, paths: str) -> None:
        """The program declares what Northflank has, perhaps but for its path rules: adoption, or acceptance."""
        self.stack.up(service, with_paths(self.stack.truth(service), paths), said)

    @precondition(lambda self: self.stack.engine.state)
    @rule(service=_SERVICE, said=POLICIES)
    def up_as_before(self, service: str, said: model.Said | None) -> None:
        """The same ports, perhaps with other policies."""
        service = self._recorded(service)
        self.stack.up(service, self.stack.of[service].program, said)

    @precondition(lambda self: self.stack.engine.state)
    @rule(service=_SERVICE, which=_WHICH, renames=st.booleans(), said=POLICIES)
    def up_with_a_port_less(self, service: str, which: int, said: model.Said | None, *, renames: bool) -> None:
        """One port is taken out of the program, or gets another name."""
        service = self._recorded(service)
        ports = dict(self.stack.of[service].program)
        if ports:
            self.number += 1
            old = sorted(ports)[which % len(ports)]
            port = ports.pop(old)
            self.stack.up(service, ports | ({f"n{self.number}": port | {"renamedFrom": old}} if renames else {}), said)

    @precondition(lambda self: self.stack.engine.state)
    @rule(service=_SERVICE, destroys=st.booleans())
    def refresh_or_destroy(self, service: str, *, destroys: bool) -> None:
        """`pulumi refresh`, or `pulumi destroy`."""
        (self.stack.destroy if destroys else self.stack.refresh)(self._recorded(service))

    @rule(service=_SERVICE, ports=strategies.canonical(), broken=st.booleans())
    def preview(self, service: str, ports: model.Ports, *, broken: bool) -> None:
        """A preview asks for nothing but domains (P14), and what is broken asks for nothing at all (P3)."""
        before, engine = len(self.nf.requests), self.stack.engine
        inputs = self.stack.inputs(service, fitted(ports, service, self.nf.settings.era), model.Said())
        if broken:
            inputs["ports"]["broken"] = {"internalPort": 70000, "protocol": "HTTP", "public": False}
        engine.run()
        try:
            engine.changes(service, engine.check(service, inputs))
        except CheckFailed:
            assert broken
            assert len(self.nf.requests) == before
        else:
            assert not broken
        assert {request.operation for request in self.nf.requests[before:]} <= {"list.domains", "get.domain"}

    @invariant()
    def no_secret_is_told_or_kept_in_clear(self) -> None:
        """The canary (P8)."""
        PortsMachine.steps += 1
        if not hasattr(self, "stack"):
            return
        engine = self.stack.engine
        texts = "\n".join([*engine.told, *engine.raised, engine.export()])
        assert CANARY not in texts
        assert TOKEN not in texts
        engine.told.clear()
        engine.raised.clear()

    def _recorded(self, service: str) -> str:
        """This service, or the other where this one is not in the state."""
        return service if service in self.stack.engine.state else min(self.stack.engine.state)


def test_the_promises_hold_after_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    bounded = settings(
        max_examples=int(ASKED or 2400) // STEPS_OF_ONE,
        stateful_step_count=STEPS_OF_ONE,
        derandomize=ASKED is None,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(PortsMachine, settings=bounded)
    with capsys.disabled():
        print(f" {PortsMachine.steps} steps: {dict(tally)}", end=" ")  # noqa: T201 - how far it went is a figure to see

    assert tally.keys() >= OUTCOMES
    assert any(outcome.endswith("spoilt") for outcome in tally)
