"""A stack on the real engine whose every run is judged, and what is known of Northflank around it."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import judge
import specs
from edits import is_stranger
from observer import Observer
from programs.stage import TerseStack
from pulumi import automation as auto
from refactorings import Change
from specs import PROJECT, Declared, Program
from troubles import Struck, Trouble, troubled
from truth import Json, Ports, canonical_ports
from world import environment

from local_engine.engine import LocalEngine, export_raw, run_cli
from nf_ports.emulator import Emulator

_NOTHING: Final = Trouble()


class Violation(AssertionError):
    """Something happened that must not."""


class World:
    """A Northflank, and what its owners did to it."""

    def __init__(self, nf: Emulator, tally: Counter[str]) -> None:
        """Nobody has done anything yet; `tally` is for what happens."""
        self.nf = nf
        self.tally = tally
        self.observer = Observer(nf)
        self.stacks: list[Stack] = []
        self.edited: set[str] = set()
        """Services that were edited since a refresh has seen them."""
        self.theirs: dict[str, list[Json]] = {}
        """Every public port that an owner has ever left, or a program declared: what restoring may bring back."""
        self.reviewed: dict[str, set[str]] = {}
        """Unmanaged ports that a refresh has shown, by service."""

    def edit(self, service: str, ports: Sequence[dict[str, Any]]) -> None:
        """Somebody changes the list in the console."""
        self.nf.set_ports(PROJECT, service, ports)
        self.edited.add(service)
        self.tally["edit"] += 1
        self.left(service, canonical_ports(self.nf.ports(PROJECT, service)))

    def left(self, service: str, ports: Ports) -> None:
        """A service has, or is to have, these ports by somebody's will."""
        self.theirs.setdefault(service, []).extend(shape for shape in ports.values() if judge.is_public(shape))

    def show(self, services: Iterable[str]) -> None:
        """A refresh shows what is there."""
        lists = self.observer.lists()
        self.reviewed |= {service: {*filter(is_stranger, lists.get(service, {}))} for service in services}

    def review(self, services: Iterable[str]) -> None:
        """A refresh has recorded what is there."""
        self.show(services)
        self.edited.difference_update(services)


class Stack:
    """A stack of this world."""

    def __init__(self, engine: LocalEngine, world: World, name: str) -> None:
        """Declare nothing yet."""
        self.program: Program = {}
        self.recorded: list[tuple[str, Declared]] = []
        """Every resource that the state may have, with its name."""
        self.clean = True
        """Whether the state is what the program says, and no more."""
        self._wrote: dict[str, set[str] | None] = {}
        """The ports that the resource of a service has written itself; None where nobody can say."""
        self._engine = engine
        self._world = world
        self._said = ""
        made = engine.stack(name, lambda: specs.run(self.program), env=environment(world.nf))
        self._stack = TerseStack.of(made)
        world.stacks.append(self)

    def up(self, change: Change, trouble: Trouble = _NOTHING, *, refresh: bool = False) -> None:
        """`pulumi up`, and where nothing disturbs it, a preview that has to be empty.

        Raises:
            Violation: something must not have happened.
        """
        former, program = dict(self.recorded), change.program
        if self.clean:
            for name in change.tainted:
                if name in former:
                    run_cli(self._stack, "state", "taint", self._urn(name, former[name]), "--yes")
        options: dict[str, Any] = {"refresh": True} if refresh else {}
        # A resource that leaves a service is no target: the engine asks for none of the others then, so the provider
        # cannot know whether one of them declares that service by now. docs/limits.md says so.
        # Nor is one that the state has under another name, or whose component it may not have: the engine refuses that.
        targets = [
            name
            for name in change.targets
            if (not refresh or name in former)
            and self._stays(name, program[name])
            and self._has_group_of(program[name])
        ]
        for option, names in {"replace": change.replaced, "target": targets}.items():
            urns = [self._urn(name, program[name]) for name in names if name in program]
            # The engine replaces by this option only what the state has.
            urns = [urn for urn in urns if option != "replace" or urn in map(self._urn, former, former.values())]
            options |= {option: urns} if urns else {}
        excuses = list(self._excuses(program, {*change.replaced, *change.tainted}))
        self.program = program
        for one in program.values():
            self._world.left(one.service, one.shapes)
        known = self._services_in_state()
        run, struck, ended = self._run(program, trouble, "up", excuses, refreshes=refresh, **options)
        done = ended and "target" not in options
        if done and not struck.troubled:
            self._complain(judge.unfinished(run, self._world.edited))
            self._complain(judge.left_behind(run, known, self._wrote, self._world.edited))
        self._remember(run, done=done, sure=not struck.troubled, forced={*change.replaced, *change.tainted})
        if done and not struck.troubled:
            self._complain(self._next_preview())

    def destroy(self, trouble: Trouble = _NOTHING) -> None:
        """`pulumi destroy`.

        Raises:
            Violation: something must not have happened.
        """
        excuses = list(self._excuses({}, set()))
        known = self._services_in_state()
        run, struck, ended = self._run({}, trouble, "destroy", excuses)
        if ended and not struck.troubled:
            self._complain(judge.left_behind(run, known, self._wrote, self._world.edited))
        if ended:
            self.recorded, self.clean, self._wrote = [], not self.program, {}
        else:
            self._remember(run, done=False, sure=False)

    def refresh(self) -> None:
        """`pulumi refresh`: it asks, and writes nothing.

        Raises:
            Violation: it has written.
        """
        run, _struck, _ended = self._run(self.program, _NOTHING, "refresh", refreshes=True)
        self._complain(f"{stored.service}: a refresh wrote" for stored in run.stored)

    def _run(
        self,
        program: Program,
        trouble: Trouble,
        operation: str,
        excuses: Sequence[str] = (),
        *,
        refreshes: bool = False,
        **options: Any,
    ) -> tuple[judge.Run, Struck, bool]:
        world, ended = self._world, True
        before, stale = world.observer.lists(), world.observer.stale()
        world.observer.taken()
        world.nf.clear_requests()
        if refreshes:
            world.show(self._services())
        with troubled(self._engine, world.nf, trouble) as struck:
            try:
                getattr(self._stack, operation)(color="never", **options)
            except auto.CommandError as error:
                self._said, ended = str(error), False
        run = judge.Run(
            program=program,
            recorded=list(self.recorded),
            others=[one for stack in world.stacks if stack is not self for one in stack.program.values()],
            before=before,
            stored=world.observer.taken(),
            after=world.observer.lists(),
            theirs=world.theirs,
            reviewed=world.reviewed,
            spoilt=trouble.drops is not None,
        )
        # What a stale read shows may be adopted, or refused, or recorded: it cannot be known from one look.
        stale = {service for service in stale if run.declared(service) or run.owned(service)}
        struck.troubled |= bool(stale)
        how = "killed" if struck.killed else "troubled" if struck.troubled else "calm"
        world.tally[f"{operation}: {how}, {'done' if ended else 'failed'}"] += 1
        self._complain(judge.violations(run))
        if not ended:
            if not (struck.troubled or excuses):
                self._complain(["the run failed, and nothing had happened that excuses it"])
            self._do_what_pulumi_asks_for(killed=struck.killed)
        elif refreshes:
            world.review(self._services())
        world.edited |= stale
        if run.spoilt:
            # Protection that was sent again as it was is looked at only where the list is read anyway.
            world.edited |= {stored.service for stored in run.stored}
        return run, struck, ended

    def _do_what_pulumi_asks_for(self, *, killed: bool) -> None:
        """Give up the lock, and look where an operation was under way."""
        if killed:
            with contextlib.suppress(auto.CommandError):
                self._stack.cancel()
        if json.loads(export_raw(self._stack))["deployment"].get("pending_operations"):
            self._stack.refresh(color="never", clear_pending_creates=True)
            self._world.review(self._services())

    def _remember(self, run: judge.Run, *, done: bool, sure: bool, forced: Iterable[str] = ()) -> None:
        """What the state may hold from now on, and what each resource is known to have written itself."""
        former, wrote = dict(self.recorded), self._wrote
        if not done:
            self.clean = False
            self.recorded += [item for item in self.program.items() if item not in self.recorded]
        else:
            self.clean, self.recorded = True, list(self.program.items())
        self._wrote = dict.fromkeys(self._services())
        if not (done and sure):
            return
        for name, one in self.program.items():
            changed = {
                port
                for stored in run.stored
                for port in _changed(stored.before, stored.after)
                if stored.service == one.service
            }
            if not run.owned(one.service):
                self._wrote[one.service] = changed
            elif name in former and _same_resource(former[name], one) and name not in forced:
                known = wrote.get(one.service)
                self._wrote[one.service] = None if known is None else known | changed

    def _excuses(self, program: Program, forced: set[str]) -> Iterator[str]:
        """Why the run may be refused."""
        lists = self._world.observer.lists()
        if not self.clean:
            yield "the state is not known"
        for name, one in program.items():
            former = dict(self.recorded).get(name)
            if former is None or name in forced or not _same_resource(former, one):
                yield from _excuses_of_new(name, one, lists)
            elif any(
                lists.get(one.service, {}).get(port, shape) != shape for port, shape in _added(former, one).items()
            ):
                yield f"{one.service} has a port already that {name} adds"
            if one.on_delete == "restore":
                yield from _excuses_of_restoring(name, former, one, forced=name in forced)
        for name, one in (*self.recorded, *program.items()):
            if one.service in self._world.edited:
                yield f"{one.service} was edited"
            if one.unmanaged == "fail" and any(map(is_stranger, lists.get(one.service, {}))):
                yield f"{one.service} has a port that {name} does not declare"
            if one.on_delete == "restore" and not any(it.service == one.service for it in program.values()):
                yield f"{name} is to restore what it may never have seen, and what others may have by now"

    def _next_preview(self) -> Iterator[str]:
        preview = self._stack.preview(color="never")
        if set(preview.change_summary) - {auto.OpType.SAME}:
            self._said = preview.stdout
            yield f"the next preview is not empty: {preview.change_summary}"

    def _stays(self, name: str, one: Declared) -> bool:
        """Whether every resource of this name that the state may have is at the same service."""
        return all(former.service == one.service for recorded, former in self.recorded if recorded == name)

    def _has_group_of(self, one: Declared) -> bool:
        """Whether the component of a resource, if it is in one, is in the state."""
        return not one.group or (self.clean and one.group in {former.group for _name, former in self.recorded})

    def _services_in_state(self) -> set[str]:
        """The services of which Pulumi knows a resource: of a create that was killed it knows none."""
        resources = json.loads(export_raw(self._stack))["deployment"].get("resources", [])
        return {one["inputs"]["serviceId"] for one in resources if "serviceId" in one.get("inputs", {})}

    def _services(self) -> set[str]:
        return {one.service for _name, one in self.recorded}

    def _urn(self, name: str, one: Declared) -> str:
        return specs.urn(self._stack.name, name, one)

    def _complain(self, texts: Iterable[str]) -> None:
        found = list(dict.fromkeys(texts))
        if found:
            raise Violation("\n".join(found) + f"\n--- the last thing that Pulumi said:\n{self._said[-3000:]}")


def _excuses_of_new(name: str, one: Declared, lists: Mapping[str, Ports]) -> Iterator[str]:
    live, wanted = lists.get(one.service), one.shapes
    hosts = {host for port in one.ports.values() for host in port.domains}
    if live is None:
        yield f"{one.service} does not exist"
    elif live and {**live, **wanted} != live:
        yield f"{one.service} has other ports than {name} declares"
    elif live and any(port not in wanted and not is_stranger(port) for port in live):
        yield f"{one.service} has more ports than {name} declares"
    if any(hosts & _hosts(ports) for service, ports in lists.items() if service != one.service):
        yield f"a domain of {name} moves"


def _excuses_of_restoring(name: str, former: Declared | None, one: Declared, *, forced: bool) -> Iterator[str]:
    if former is None or former.on_delete != "restore":
        yield f"{name} is to restore what it may never have seen"
    elif forced or former.group != one.group or (former.trigger != one.trigger and not one.deletes_first):
        yield f"{name} is another resource to the engine, and one refresh hands over what it is to restore"


def _added(former: Declared, one: Declared) -> Ports:
    return {port: shape for port, shape in one.shapes.items() if port not in former.ports}


def _same_resource(former: Declared, one: Declared) -> bool:
    """Whether the engine sees the same resource, and the provider the same service."""
    return (former.service, former.group, former.trigger) == (one.service, one.group, one.trigger)


def _changed(before: Ports, after: Ports) -> set[str]:
    return {name for name, shape in after.items() if before.get(name) != shape}


def _hosts(ports: Ports) -> set[str]:
    return {host for shape in ports.values() for host in shape.get("domains", ())}
