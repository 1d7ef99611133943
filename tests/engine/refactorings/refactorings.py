"""What people do to a program, drawn by dice: each refactoring makes a new program of the old one."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from specs import TEAM, Declared, PortSpec, Program

SERVICES: Final = ("s1", "s2", "s3", "s4", "s5")
ABSENT: Final = "nowhere"
"""A service that does not exist."""
_NUMBERS: Final = {"http": 8080, "grpc": 9000, "admin": 3000, "metrics": 9090}
_SETTINGS: Final = {
    "unmanaged": ("keep", "keep", "remove", "fail"),
    "on_conflict": ("overwrite", "fail"),
    "on_delete": ("clear", "clear", "keep", "restore"),
}
ACCEPTS: Final = {"unmanaged": "remove", "on_conflict": "overwrite"}


@dataclass(frozen=True)
class Change:
    """A new program, and how to run it.

    `replaced` and `targets` are names of resources; `tainted` is for `pulumi state taint` before the run.
    """

    program: Program
    replaced: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    tainted: tuple[str, ...] = ()
    words: tuple[str, ...] = field(default=())

    def then(self, program: Program, words: str) -> Change:
        """One refactoring more."""
        return replace(self, program=program, words=(*self.words, words))


class Drawer:
    """Draws programs and refactorings: the same ones from the same seed."""

    def __init__(self, dice: random.Random) -> None:
        """Nothing is drawn yet; other dice may be taken at any time."""
        self.dice = dice
        self._numbers = itertools.count(1)

    def number(self) -> int:
        """A number that was not there before."""
        return next(self._numbers)

    def program(self) -> Program:
        """The first program of a life."""
        return {f"r{index}": self._declared(service) for index, service in enumerate(SERVICES[:3])}

    def change(self, program: Program) -> Change:
        """One refactoring or two, perhaps with other ports in the same step."""
        change = Change(program)
        for _ in range(self.dice.choice((1, 1, 2))):
            change = self.dice.choice(_REFACTORINGS)(self, change)
        if self.dice.random() < 0.25:
            change = self.other_ports(change)
        if change.program and self.dice.random() < 0.12:
            target = self._name(change)
            change = replace(change, targets=(target,), words=(*change.words, f"--target: {target}"))
        return change

    def rename_one(self, change: Change) -> Change:
        """A resource gets another name, mostly without an alias."""
        if not change.program:
            return self.join(change)
        old, new = self._name(change), f"n{self.number()}"
        alias = self.dice.random() < 0.2
        one = replace(change.program[old], alias=old if alias else None)
        program = {new if name == old else name: one if name == old else it for name, it in change.program.items()}
        return change.then(program, f"rename{' with an alias' if alias else ''}: {old} to {new}")

    def rename_all(self, change: Change) -> Change:
        """Every resource gets another name."""
        program = {f"n{self.number()}": replace(one, alias=None) for one in change.program.values()}
        return change.then(program, "rename all")

    def swap_owners(self, change: Change) -> Change:
        """Two resources exchange everything but their names."""
        one, other = self._two(change)
        swapped = {one: change.program[other], other: change.program[one]} if one != other else {}
        return change.then({**change.program, **swapped}, f"swap names: {one}, {other}")

    def swap_places(self, change: Change) -> Change:
        """Two resources exchange their services only; their ports stay with them."""
        one, other = self._two(change)
        if one == other:
            return self.join(change)
        first, second = change.program[one], change.program[other]
        swapped = {one: replace(first, service=second.service), other: replace(second, service=first.service)}
        return change.then({**change.program, **swapped}, f"swap services: {one}, {other}")

    def shift(self, change: Change) -> Change:
        """Resources are named by index, and the list loses its first item, or turns."""
        names, values = list(change.program), list(change.program.values())
        turned = values[1:] + (values[:1] if self.dice.random() < 0.5 else [])
        return change.then(dict(zip(names, turned, strict=False)), "shift by index")

    def leave(self, change: Change) -> Change:
        """A resource is taken out of the program."""
        if not change.program:
            return self.join(change)
        left = self._name(change)
        return change.then({name: one for name, one in change.program.items() if name != left}, f"leave: {left}")

    def join(self, change: Change) -> Change:
        """A resource is added, at any place."""
        free = self._free(change)
        if not free:
            return self.other_ports(change)
        name, service = f"n{self.number()}", self.dice.choice(free)
        items = list(change.program.items())
        items.insert(self.dice.randint(0, len(items)), (name, self._declared(service)))
        return change.then(dict(items), f"join: {name} for {service}")

    def regroup(self, change: Change) -> Change:
        """A resource moves into a component, or out of it."""
        return self._one(change, lambda one: replace(one, group=None if one.group else "group"), "group")

    def name_team(self, change: Change) -> Change:
        """The team is named, or not any more: of one resource, or of all."""
        if self.dice.random() < 0.5:
            return self._one(change, _other_team, "team")
        program = {name: _other_team(one) for name, one in change.program.items()}
        return change.then(program, "team of all")

    def force(self, change: Change) -> Change:
        """A replacement without any change: by the command line, by a taint, or by a trigger."""
        if not change.program:
            return self.join(change)
        name, way = self._name(change), self.dice.choice(("--replace", "taint", "trigger", "trigger and delete first"))
        words = (*change.words, f"{way}: {name}")
        if way == "--replace":
            return replace(change, replaced=(*change.replaced, name), words=words)
        if way == "taint":
            return replace(change, tainted=(*change.tainted, name), words=words)
        one = change.program[name]
        one = replace(one, trigger=one.trigger + 1, deletes_first=way != "trigger")
        return change.then({**change.program, name: one}, words[-1])

    def settle_settings(self, change: Change) -> Change:
        """The program says something else beside the ports."""
        return self._one(change, self._with_settings, "settings")

    def move(self, change: Change) -> Change:
        """A resource moves to another service, now and then to one that is not there."""
        absent = self.dice.random() < 0.2
        places = [ABSENT] if absent else self._free(change)
        if not places or (absent and any(one.service == ABSENT for one in change.program.values())):
            return self.other_ports(change)
        place = self.dice.choice(places)
        return self._one(change, lambda one: replace(one, service=place), f"move to {place}")

    def other_ports(self, change: Change) -> Change:
        """The ports of a resource change."""
        return self._one(change, lambda one: replace(one, ports=self._ports(one.ports)), "ports")

    def _one(self, change: Change, new: Callable[[Declared], Declared], words: str) -> Change:
        if not change.program:
            return self.join(change)
        name = self._name(change)
        return change.then({**change.program, name: new(change.program[name])}, f"{words}: {name}")

    def _name(self, change: Change) -> str:
        return self.dice.choice(list(change.program))

    def _two(self, change: Change) -> tuple[str, str]:
        names = list(change.program)
        one, other = self.dice.sample(names, 2) if len(names) > 1 else ([*names, ""][0], [*names, ""][0])
        return one, other

    def _free(self, change: Change) -> list[str]:
        taken = {one.service for one in change.program.values()}
        return [service for service in SERVICES if service not in taken]

    def _declared(self, service: str) -> Declared:
        return self._with_settings(Declared(service, self._ports({})))

    def _with_settings(self, one: Declared) -> Declared:
        said = {name: self.dice.choice(choices) for name, choices in _SETTINGS.items() if self.dice.random() < 0.4}
        return replace(one, settings=said, says_exposure=self.dice.random() < 0.3)

    def _ports(self, ports: Mapping[str, PortSpec]) -> dict[str, PortSpec]:
        """Other ports than these: one more, one less, or one changed."""
        name = self.dice.choice(list(_NUMBERS))
        if not ports:
            others = self.dice.sample(list(_NUMBERS), self.dice.randint(1, 3))
            return {other: self.port(other) for other in others}
        if name in ports and len(ports) > 1 and self.dice.random() < 0.4:
            return {other: port for other, port in ports.items() if other != name}
        domains = ports[name].domains if name in ports else ()
        port = self.port(name)
        return {**ports, name: replace(port, domains=domains) if port.public else port}

    def port(self, name: str) -> PortSpec:
        """A port of this name, private or public, open or protected."""
        number = _NUMBERS[name] + self.dice.randint(0, 9)
        if name == "metrics" or self.dice.random() < 0.3:
            return PortSpec(number, self.dice.choice(("TCP", "HTTP")))
        guard = self.dice.choice(("login", "login", "allow", "none"))
        linked = self.dice.random() < 0.3
        return PortSpec(
            number,
            public=True,
            logins=(f"made-up-{self.number()}",) if guard == "login" else (),
            allowed=(f"203.0.113.{self.number() % 250}/32",) if guard == "allow" else (),
            domains=(f"d{self.number()}.shop.example",) if linked else (),
        )


def _other_team(one: Declared) -> Declared:
    return replace(one, team=None if one.team else TEAM)


_REFACTORINGS: Final[tuple[Callable[[Drawer, Change], Change], ...]] = (
    *(Drawer.rename_one, Drawer.rename_one, Drawer.rename_all, Drawer.swap_owners, Drawer.swap_places, Drawer.shift),
    *(Drawer.leave, Drawer.join, Drawer.regroup, Drawer.name_team, Drawer.force, Drawer.force, Drawer.move),
    *(Drawer.settle_settings, Drawer.other_ports),
)
