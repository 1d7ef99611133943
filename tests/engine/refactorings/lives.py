"""The life of a program: refactored, killed, disturbed and edited around, on the real engine, and judged at every step.

All that happens is drawn from the seed. A violation tells the steps so far, and how to see them again.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import specs
from edits import edited
from refactorings import ABSENT, ACCEPTS, SERVICES, Change, Drawer
from specs import PROJECT, Declared, Program
from stacks import Stack, Violation, World
from troubles import drawn

from local_engine.engine import LocalEngine
from nf_ports.emulator import Emulator, Settings


class Life:
    """One Northflank, a stack that is refactored, and a second one that visits."""

    def __init__(self, engine: LocalEngine, seed: int) -> None:
        """Nothing runs yet."""
        self.seed = seed
        self.steps = 0
        self.tally: Counter[str] = Counter()
        """What happened how often."""
        self._engine = engine
        self._script: list[str] = []
        self._shown: Program = {}
        self._drawer = Drawer(random.Random(seed))  # noqa: S311 - a life, not a secret

    @property
    def _dice(self) -> random.Random:
        return self._drawer.dice

    def __enter__(self) -> Self:
        """Start the emulator, fill it, and make the stacks."""
        dice = self._dice
        switches: dict[str, Any] = {
            "era": dice.choice(("2025", "2026a", "2026b", "2026b", "gone")),
            "stale_reads": dice.choice((0, 0, 0, 1)),
            "patch_ids": dice.choice(("keep", "new")),
            "patch_security_omitted": dice.choice(("reset", "keep")),
            "post_without_id": dice.choice(("new", "match_name")),
        }
        self._nf = Emulator(Settings(rate_limit=10**6, **switches)).__enter__()
        self._nf.add_team(specs.TEAM, own=True)
        self._nf.add_project(PROJECT)
        self._nf.add_domain("shop.example", wildcard=True)
        for service in SERVICES:
            self._nf.add_service(PROJECT, service, service_type=dice.choice(("deployment", "combined")))
        self._world = World(self._nf, self.tally)
        self._first = Stack(self._engine, self._world, f"first-{self.seed}")
        self._second = Stack(self._engine, self._world, f"second-{self.seed}")
        self._note(f"begin: {', '.join(f'{name} {value}' for name, value in switches.items())}")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        """Stop the emulator."""
        self._nf.__exit__(kind, error, trace)

    def live(self, steps: int) -> None:
        """So many steps.

        Raises:
            Violation: something happened that must not; its text has the steps so far.
        """
        try:
            self._begin()
            while self.steps < steps:
                self.steps += 1
                # What is drawn in a step does not hang on how much was drawn before.
                self._drawer.dice = random.Random(f"{self.seed} {self.steps}")  # noqa: S311 - a life, not a secret
                self._step()
        except Violation as violation:
            again = f"NF_PORTS_SEEDS={self.seed} NF_PORTS_STEPS={self.steps} pytest tests/engine/refactorings"
            raise Violation("\n".join([str(violation), "--- the steps so far:", *self._script, again])) from None

    def _begin(self) -> None:
        program = self._drawer.program()
        for one in program.values():
            if self._dice.random() < 0.3:
                # Some ports are there before the program is.
                self._world.edit(one.service, one.wire)
        self._world.edited.clear()
        self._note("first up", program)
        self._first.up(Change(program))

    def _step(self) -> None:
        first, dice = self._first, self._dice
        kind = dice.choices(("change", "edit", "refresh", "visit", "destroy"), (60, 15, 6, 8, 5))[0]
        if not first.clean and dice.random() < 0.6:
            self._settle()
        elif kind == "edit":
            self._edit()
        elif kind == "refresh":
            self._note("refresh")
            first.refresh()
        elif kind == "visit" and first.clean and first.program and not self._world.edited:
            self._visit()
        elif kind == "destroy":
            trouble = drawn(dice, _services(first.program) or SERVICES)
            self._note(f"destroy{trouble}")
            first.destroy(trouble)
        else:
            self._change()

    def _change(self) -> None:
        former = self._first.program
        change = self._drawer.change(former)
        touched = {name: one for name, one in {**former, **change.program}.items() if one != former.get(name)}
        trouble = drawn(self._dice, _services(touched) or _services(change.program) or SERVICES)
        refresh = self._dice.random() < 0.1
        self._note(f"up{' --refresh' if refresh else ''}: {', '.join(change.words)}{trouble}", change.program)
        self.tally.update(words.partition(":")[0] for words in change.words)
        self._first.up(change, trouble, refresh=refresh)

    def _settle(self) -> None:
        """The owner looks at what is there, and has the program accept it."""
        program = {
            name: replace(one, settings={**one.settings, **ACCEPTS})
            for name, one in self._first.program.items()
            if one.service != ABSENT
        }
        self._note("settle: up --refresh, with everything accepted", program)
        self._first.up(Change(program), refresh=True)

    def _edit(self) -> None:
        service = self._dice.choice(SERVICES)
        ports, words = edited(self._nf.ports(PROJECT, service), self._dice, self._drawer.number())
        self._note(f"somebody edits {service}: {words}")
        self._world.edit(service, ports)

    def _visit(self) -> None:
        """A second stack declares what it finds, and goes."""
        # Who takes over what a read does not show yet counts it as its own: docs/limits.md says so.
        stale = self._world.observer.stale()
        first = [one for one in self._first.program.values() if one.service not in stale]
        chosen = self._dice.sample(first, self._dice.randint(min(1, len(first)), len(first)))
        program = {
            f"visitor-{one.service}": Declared(one.service, one.ports, settings={"unmanaged": "keep"}) for one in chosen
        }
        trouble = drawn(self._dice, _services(program))
        self._note(f"a second stack declares the same and is destroyed{trouble}", program)
        self._second.up(Change(program))
        self._second.program = {}
        self._second.destroy(trouble)
        while not self._second.clean:
            self._second.destroy()

    def _note(self, words: str, program: Program | None = None) -> None:
        self._script.append(f"{self.steps:3} {words}")
        if program is not None:
            self._script += [f"      {name} = {one}" for name, one in program.items() if one != self._shown.get(name)]
            self._shown = program


def _services(program: Program) -> list[str]:
    return [one.service for one in program.values() if one.service != ABSENT]
