"""A stack whose every operation is compared with the model, and whose every write and word is looked at."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import model
from drawn import ERAS
from little_engine import LittleEngine

from nf_ports.canonical import canonical_ports
from nf_ports.emulator import Emulator, Request
from nf_ports.errors import DomainRefused, InvalidRequest, NorthflankPortsError, NotFound, UnsafeChange

SERVICES = ("api", "web")
_VISIBLE, _ALL = model.Sight(complete=False), model.Sight(complete=True)

tally: Counter[str] = Counter()
"""How all operations ended."""


class Watched:
    """The stack of two services at one Northflank."""

    def __init__(self, nf: Emulator, dialect: str) -> None:
        """Begin with an empty state."""
        self.nf = nf
        self.engine = LittleEngine(nf, {"northflank:dialect": dialect})
        self.programs: dict[str, model.Ports] = {}
        self._dialect = dialect
        self._said: dict[str, model.Said] = {}
        self._found: dict[str, model.Ports] = {}
        self._hidden_known: set[str] = set()
        """Services whose state holds what no read shows, too."""

    def up(self, service: str, desired: model.Ports, told: model.Said | None) -> None:
        """`pulumi up`."""
        said = told or self._said.get(service, model.Said())
        truth, there, ids = self.truth(service), self.is_there(service), self._ids(service)
        recorded = self.engine.ports(service) if service in self.engine.state else None
        sight = self._sight({**desired, **{f"was {name}": port for name, port in (recorded or {}).items()}})
        changed = recorded is None or said != self._said[service]
        changed = changed or model.without_renames(recorded or {}) != model.without_renames(desired)
        sights = [sight]
        if recorded is None and truth and self.nf.settings.era == "2026b" and model.has_paths(desired):
            # What is taken over is looked at from both sides, where path rules are declared.
            sights.append(model.Sight(complete=True))
        refused = changed and there and any(model.refused(one, truth, recorded, desired, said) for one in sights)
        after = model.written(truth, recorded, desired, said) if changed and there else truth
        how = "refused"
        with self._operation(_expected(refused=refused, gone=changed and not there, after=after)) as operation:
            how = self.engine.up(service, self.inputs(service, desired, said))
        writes = self._judge_writes(operation, service, set(after))
        tally[f"up: {how}{', spoilt' if operation.struck else ''}"] += 1
        if not operation.ended:
            # Written or not, but never something between, and never something else.
            assert self.truth(service).keys() in (truth.keys(), after.keys())
            return
        if recorded is None and said.on_delete == "restore":
            self._found[service] = sight.all(truth)
        self.programs[service], self._said[service] = desired, said
        self._judge_need(operation, writes, service, recorded, desired, truth == after)
        self._judge_ids(writes, ids, self._ids(service), desired)
        if changed:
            self._judge_list(operation, service, after, set(after) - set(desired), own=set(desired))
            assert model.without_renames(self.engine.ports(service)) == model.without_renames(desired)
            self._again(service)

    def refresh(self, service: str) -> None:
        """`pulumi refresh`."""
        recorded, truth, there = self.engine.ports(service), self.truth(service), self.is_there(service)
        sight, kept = self._sight(recorded), False
        with self._operation() as operation:
            kept = self.engine.refresh(service)
        tally[f"refresh: {'failed' if not operation.ended else 'kept' if kept else 'gone'}"] += 1
        assert self.truth(service) == truth
        if not operation.ended:
            return
        assert kept == there
        if not there:
            self._forget(service)
            return
        ports = self.engine.ports(service)
        assert sight.all(ports) == model.refreshed(sight, truth, recorded, self._said[service])
        if model.without_renames(ports) != {name: truth[name] for name in ports}:
            self._hidden_known.discard(service)

    def destroy(self, service: str) -> None:
        """`pulumi destroy`."""
        truth, recorded, there = self.truth(service), self.engine.ports(service), self.is_there(service)
        said, found = self._said[service], self._found.get(service)
        refused = there and model.destroy_refused(truth, recorded, found, said)
        refused = refused or (said.on_delete == "restore" and found is None)
        after = model.destroyed(truth, recorded, found, said) if there else {}
        with self._operation(_expected(refused=refused, gone=False, after=after)) as operation:
            self.engine.destroy(service)
        tally[f"destroy: {'done' if operation.ended else 'refused' if refused else 'failed'}"] += 1
        self._judge_writes(operation, service, set(after))
        if operation.ended:
            self._judge_list(operation, service, after, set(after) - set(found or {}), restored=set(found or {}))
            self._forget(service)
        else:
            assert self.truth(service).keys() in (truth.keys(), after.keys())

    def truth(self, service: str) -> dict[str, Any]:
        """What Northflank really has."""
        return canonical_ports(self.nf.ports("shop", service)) if self.is_there(service) else {}

    def is_there(self, service: str) -> bool:
        """Whether the service exists."""
        with self.nf.world.transaction():
            return any(one.id == service for _, one in self.nf.world.services("demo", "shop"))

    def inputs(self, service: str, ports: model.Ports, said: model.Said) -> dict[str, Any]:
        """What the program hands over."""
        policies = {"unmanaged": said.unmanaged, "onConflict": said.on_conflict, "onDelete": said.on_delete}
        return {"projectId": "shop", "serviceId": service, "ports": deepcopy(dict(ports)), **policies}

    def _again(self, service: str) -> None:
        """A second up changes nothing and asks nothing; nor does one after a refresh write anything (P1)."""
        before = len(self.nf.requests)
        inputs = self.inputs(service, self.programs[service], self._said[service])
        assert self.engine.up(service, inputs) == "same"
        assert {request.operation for request in self.nf.requests[before:]} <= {"list.domains", "get.domain"}
        if service in self._hidden_known:
            recorded = model.without_renames(self.engine.ports(service))
            assert self.engine.refresh(service)
            assert model.without_renames(self.engine.ports(service)) == recorded
            assert self.engine.up(service, inputs) == "same"

    def _judge_writes(self, operation: Operation, service: str, names: set[str]) -> list[Request]:
        """Every write was of the whole list that was to come: no step between, and none of another service (P2)."""
        writes = [one for one in self.nf.requests[operation.begun :] if one.method in {"POST", "PATCH"}]
        assert all(write.service == service for write in writes)
        # A route that is gone has no operation, and takes no list.
        writes = [write for write in writes if write.operation]
        assert all({port["name"] for port in write.body["ports"]} == names for write in writes)
        # A second one only to make good what the API did not keep of others' ports, or after a lost answer.
        assert len(writes) <= (10 if operation.struck else 2 if operation.made_good else 1)
        return writes

    def _judge_need(  # noqa: PLR0913, PLR0917 - it is one question
        self,
        operation: Operation,
        writes: list[Request],
        service: str,
        recorded: model.Ports | None,
        desired: model.Ports,
        same: bool,
    ) -> None:
        """What is there already is not written; what no read shows of a port that is new to the state is."""
        known = all(name in (recorded or {}) or _VISIBLE.of(port) == port for name, port in desired.items())
        if same and known and not operation.struck and (recorded is None or service in self._hidden_known):
            assert not writes
        taken_over = {name: port for name, port in desired.items() if name not in (recorded or {})}
        truth = self.truth(service)
        if writes:
            self._hidden_known.add(service)
        elif recorded is None or any(truth[name] != _ALL.of(port) for name, port in taken_over.items()):
            self._hidden_known.discard(service)

    def _judge_ids(
        self, writes: list[Request], before: dict[str, str], now: dict[str, str], desired: model.Ports
    ) -> None:
        """A port keeps its id, and so does a renamed one, where Northflank lets it."""
        patched = any(write.method == "PATCH" for write in writes)
        if self.nf.settings.patch_ids == "keep" or not patched:
            both = before.keys() & now.keys()
            assert {name: now[name] for name in both} == {name: before[name] for name in both}
        renamed = {name: port["renamedFrom"] for name, port in desired.items() if "renamedFrom" in port}
        for name, old in renamed.items():
            assert patched or name in before or old not in before or now[name] == before[old]

    def _judge_list(  # noqa: PLR0913 - it is one question
        self,
        operation: Operation,
        service: str,
        after: model.Ports,
        others: set[str],
        *,
        own: frozenset[str] | set[str] = frozenset(),
        restored: frozenset[str] | set[str] = frozenset(),
    ) -> None:
        """Northflank has what it should; of others' ports, a fault may have cost the security, but not in silence."""
        truth = self.truth(service)
        assert truth.keys() == after.keys()
        if service in self._hidden_known:
            assert {name: truth[name] for name in own} == {name: after[name] for name in own}
        # Before mid-2026 the API may lose path rules of others' ports, of which nobody can see them.
        sight = model.Sight(complete=ERAS.index(self.nf.settings.era) > 1 and service in self._hidden_known)
        for name in set(after) - (others if operation.struck and operation.warned else set()):
            # What was there before the resource comes back as a read had shown it.
            shown = _VISIBLE if name in restored else sight
            assert shown.of(truth[name]) == shown.of(after[name]), (service, name)

    @contextlib.contextmanager
    def _operation(self, expected: tuple[type[Exception], ...] = ()) -> Iterator[Operation]:
        """Carry out an operation. Only two faults and more, or what is `expected`, may keep it from its end."""
        told = len(self.engine.told)
        operation = Operation(len(self.nf.requests))
        try:
            yield operation
        except NorthflankPortsError as error:
            if not isinstance(error, expected) and self._fired() < 2:
                raise
        else:
            assert not expected, f"there was none of {expected}"
            operation.ended = True
        finally:
            operation.struck = self._fired() > 0
            operation.made_good = any("did not keep the security of" in line for line in self.engine.told[told:])
            operation.warned = any(line.startswith("warning") for line in self.engine.told[told:])
            self.nf.clear_faults()
            for service in SERVICES:
                # What a later run reads is not stale any more.
                self.edit(service, lambda ports: ports)

    def _fired(self) -> int:
        return sum(fault.fired for fault in self.nf._faults)

    def edit(self, service: str, change: Callable[[list[Any]], list[Any]]) -> None:
        """Change the list in the console."""
        if self.is_there(service):
            self.nf.set_ports("shop", service, change(self.nf.ports("shop", service)))

    def _ids(self, service: str) -> dict[str, str]:
        ports = self.nf.ports("shop", service) if self.is_there(service) else []
        return {port["name"]: port["id"] for port in ports}

    def _sight(self, ports: model.Ports) -> model.Sight:
        """What the read of an operation shows, given all ports that it knows of."""
        era = self.nf.settings.era
        options = any("advancedOptions" in port for port in ports.values())
        return model.Sight(complete=era == "gone" or (era == "2026b" and (options or self._dialect == "service")))

    def _forget(self, service: str) -> None:
        self._said.pop(service, None)
        self._found.pop(service, None)
        self._hidden_known.discard(service)


class Operation:
    """What became of an operation, known when it is over."""

    def __init__(self, begun: int) -> None:
        """`begun`: how many requests there were before it."""
        self.begun = begun
        self.ended = self.struck = self.made_good = self.warned = False


def _expected(*, refused: bool, gone: bool, after: model.Ports) -> tuple[type[Exception], ...]:
    if refused:
        return (UnsafeChange,)
    if gone:
        return (NotFound,)
    return (InvalidRequest, DomainRefused) if model.clashing(after) else ()
