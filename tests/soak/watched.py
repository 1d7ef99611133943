"""A stack whose every operation is compared with the model, and whose every write and word is looked at."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import model
from drawn import ERAS
from plain_host import PlainHost
from truth import canonical_ports
from world import stale

from nf_ports.emulator import Emulator, Request, views
from nf_ports.errors import DomainRefused, InvalidRequest, NorthflankPortsError, NotFound, UnsafeChange

SERVICES = ("api", "web")
_VISIBLE, _ALL = model.Sight(complete=False), model.Sight(complete=True)

tally: Counter[str] = Counter()
"""How all operations ended."""


@dataclass
class Memory:
    """What is known of a service and of the resource that manages it."""

    program: model.Ports = field(default_factory=dict)
    said: model.Said = field(default_factory=model.Said)
    found: model.Ports | None = None
    adopted: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    """Ports of which a stale read, or a fault, leaves open whether they count as adopted."""
    remade: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    """Ports that a stale read left out of the state: whose they were is forgotten."""
    hidden_known: bool = False
    """Whether the state holds what no read shows, too."""


@dataclass
class Operation:
    """What became of an operation, known when it is over; `begun`: how many requests there were before it."""

    begun: int
    ended: bool = False
    struck: bool = False
    made_good: bool = False
    warned: bool = False
    has_to_write: bool = False


class Watched:
    """The stack of two services at one Northflank."""

    def __init__(self, nf: Emulator, dialect: str) -> None:
        """Begin with an empty state."""
        self.nf = nf
        self.engine = PlainHost(nf, {"northflank:dialect": dialect})
        self.of = {service: Memory() for service in SERVICES}
        self._dialect = dialect

    def up(self, service: str, desired: model.Ports, told: model.Said | None) -> None:
        """`pulumi up`; again where a stale read may have been in the way."""
        said = told or self.of[service].said
        for _again in range(3):
            if not self._is_stale(service):
                self._up(service, desired, said, stale=False)
                return
            if service not in self.engine.state:
                self._create_over_a_stale_read(service, desired, said)
            elif self._up(service, desired, said, stale=True):
                return
        raise AssertionError("reads stay stale")

    def _up(self, service: str, desired: model.Ports, said: model.Said, *, stale: bool) -> bool:
        """Whether it came to its end, or to the refusal of the model: over a stale read there may be another one."""
        truth, there, ids = self.truth(service), self.is_there(service), self._ids(service)
        memory, known, sight = self.of[service], self._known(service), self._sight()
        recorded, looks = known.recorded, bool(self._pending(service))
        patches = self._patches(desired, recorded or {})
        changed = recorded is None or said != memory.said
        changed = changed or model.without_renames(recorded or {}) != model.without_renames(desired)
        refused = changed and there and model.refused(sight, truth, known, desired, said, patches=patches)
        looks = looks and not changed
        forgotten = said.on_delete == "restore" and recorded is not None and known.found is None
        refused = refused or ((changed or looks) and forgotten)
        after = model.written(truth, recorded, desired, said) if changed and there else truth
        expected = _expected(refused=refused, gone=(changed or looks) and not there, after=after)
        how = "refused"
        with self._operation(expected, (UnsafeChange,) if stale else ()) as operation:
            how = self.engine.up(service, self.inputs(service, desired, said))
        operation.has_to_write = model.has_to_write(sight, truth, known, desired, said)
        writes = self._judge_writes(operation, service, set(after))
        tally[f"up: {how}{', over a stale read' if stale else ''}{', spoilt' if operation.struck else ''}"] += 1
        if not operation.ended:
            # Written or not, but never something between, and never something else.
            assert self.truth(service).keys() in (truth.keys(), after.keys())
            return refused
        memory.program, memory.said = desired, said
        if looks:
            assert not writes
        if not changed:
            return True
        memory.found = model.remembered(sight, truth, known, desired, said)
        adopted = model.adopted(sight, truth, known, desired)
        most = replace(known, adopted=known.adopted | memory.unsure)
        possible = model.adopted(sight, truth, most, desired)
        sure = not operation.struck and not stale
        memory.adopted, memory.unsure = (adopted, possible - adopted) if sure else (frozenset(), frozenset(desired))
        memory.remade = frozenset()
        if not stale:
            self._judge_need(operation, writes, service, known, desired)
        self._judge_ids(writes, ids, self._ids(service), desired)
        self._judge_list(
            operation, service, after, set(after) - set(desired), own=set(desired), writes=writes, stale=stale
        )
        assert model.without_renames(self.engine.ports(service)) == model.without_renames(desired)
        self._again(service)
        return True

    def _create_over_a_stale_read(self, service: str, desired: model.Ports, said: model.Said) -> None:
        """Right after another write, a first read may show what was there before it; no state tells otherwise.

        Nothing that neither was there nor is declared is there afterwards, and a refresh shows what is.
        """
        truth = self.truth(service)
        allowed = (UnsafeChange, InvalidRequest, DomainRefused)
        with self._operation((), allowed) as operation:
            self.engine.up(service, self.inputs(service, desired, said))
        tally[f"up: create over a stale read, {'done' if operation.ended else 'refused'}"] += 1
        now = self.truth(service)
        assert all(port in (truth.get(name), model.without_renames(desired).get(name)) for name, port in now.items())
        if operation.ended:
            memory = self.of[service]
            memory.program, memory.said, memory.found = desired, said, self.engine.found(service)
            memory.adopted, memory.unsure = frozenset(), frozenset(desired)
            # Once more, because the first may have shown what was there before this write.
            for _again in range(2):
                if service in self.engine.state:
                    self.refresh(service)

    def refresh(self, service: str) -> None:
        """`pulumi refresh`."""
        memory, recorded = self.of[service], self.engine.ports(service)
        truth, there = self.truth(service), self.is_there(service)
        stale, before = self._is_stale(service), self._before(service)
        sight, kept = self._sight(), False
        with self._operation() as operation:
            kept = self.engine.refresh(service)
        how = "failed" if not operation.ended else "kept" if kept else "gone"
        tally[f"refresh: {how}{', over a stale read' if stale else ''}"] += 1
        assert self.truth(service) == truth
        if not operation.ended:
            return
        assert kept == there
        if not there:
            self.of[service] = Memory()
            return
        ports = self.engine.ports(service)
        shown = [model.refreshed(sight, one, recorded, memory.said) for one in ([truth, before])[: 1 + stale]]
        assert sight.all(ports) in shown
        new = ports.keys() - recorded.keys()
        # What a stale read left out of the state, or showed for the last time, is found when it is seen again.
        memory.lost |= recorded.keys() - ports.keys() if stale else set()
        open_ = memory.unsure | memory.remade | (new if stale else new & memory.lost)
        memory.unsure = open_ & ports.keys()
        memory.adopted = (memory.adopted | new) & ports.keys() - memory.unsure
        if not sight.complete:
            memory.remade = frozenset()
        as_it_is = model.without_renames(ports) == {name: truth.get(name) for name in ports}
        memory.hidden_known = as_it_is and (sight.complete or memory.hidden_known)

    def destroy(self, service: str) -> None:
        """`pulumi destroy`."""
        truth, there, sight = self.truth(service), self.is_there(service), self._sight()
        known, said, stale = self._known(service), self.of[service].said, self._is_stale(service)
        unsure = self.of[service].unsure & set(known.recorded or {})
        if said.on_delete is None and unsure:
            # What a stale read left open is so here: these ports may stay.
            self._destroy_unsure(service, truth, known, said, unsure)
            return
        back = known.found or {} if said.on_delete == "restore" else {}
        patches = self._patches(back, {n: port for n, port in (known.recorded or {}).items() if n in back})
        refused = there and model.destroy_refused(sight, truth, known, said, patches=patches)
        refused = refused or (said.on_delete == "restore" and known.found is None)
        after = model.destroyed(truth, known, said) if there else {}
        expected = _expected(refused=refused, gone=False, after=after)
        with self._operation(expected, (UnsafeChange,) if stale else ()) as operation:
            self.engine.destroy(service)
        self._tally_destroy(operation, stale=stale, refused=refused)
        writes = self._judge_writes(operation, service, set(after))
        if operation.ended:
            found = set(back)
            self._judge_list(operation, service, after, set(after) - found, restored=found, writes=writes, stale=stale)
            self.of[service] = Memory()
        else:
            assert self.truth(service).keys() in (truth.keys(), after.keys())

    def _destroy_unsure(
        self, service: str, truth: model.Ports, known: model.Known, said: model.Said, unsure: frozenset[str]
    ) -> None:
        with self._operation((), (UnsafeChange,)) as operation:
            self.engine.destroy(service)
        self._tally_destroy(operation, stale=True, refused=False)
        now = self.truth(service)
        most = replace(known, adopted=known.adopted | unsure)
        stay = set(model.destroyed(truth, most, said)) if self.is_there(service) else set()
        least = set(model.destroyed(truth, known, said)) if self.is_there(service) else set()
        if operation.ended:
            assert least - unsure <= now.keys() <= stay | least
            self.of[service] = Memory()
        assert now.keys() <= truth.keys()

    @staticmethod
    def _tally_destroy(operation: Operation, *, stale: bool, refused: bool) -> None:
        how = "done" if operation.ended else "refused" if refused else "failed"
        tally[f"destroy: {how}{', over a stale read' if stale else ''}"] += 1

    def remake(self, service: str, which: int) -> None:
        """Delete a port and make it again in the console."""
        names = sorted(self.truth(service))
        if names:
            name = names[which % len(names)]
            self.nf.remake_port("shop", service, name)
            self.of[service].remade |= {name}
            self.of[service].hidden_known = False

    def _known(self, service: str) -> model.Known:
        recorded = self.engine.ports(service) if service in self.engine.state else None
        memory = self.of[service]
        return model.Known(recorded, memory.found, memory.adopted, memory.remade)

    def _pending(self, service: str) -> Any:
        return self.engine.state[service].outs.get("pending") if service in self.engine.state else None

    def _patches(self, *ports: model.Ports) -> bool:
        """Whether a write of these ports goes by PATCH service."""
        options = any("advancedOptions" in port for one in ports for port in one.values())
        return options or self._dialect == "service" or self.nf.settings.era == "gone"

    def _is_stale(self, service: str) -> bool:
        """Whether the next run may read what was there before the last write."""
        settings = self.nf.settings
        asked = settings.stale_view != "ports" or (settings.era == "2026b" and self._dialect != "service")
        return asked and self.is_there(service) and self._stored(service).stale_reads > 0

    def _before(self, service: str) -> dict[str, Any]:
        """What a stale read shows."""
        if not self.is_there(service):
            return {}
        stored = self._stored(service)
        return canonical_ports([views.full_port(stored, port) for port in stored.before])

    def _stored(self, service: str) -> Any:
        with self.nf.world.transaction():
            return self.nf.world.service("demo", "shop", service)

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
        said_so = {key: policy for key, policy in policies.items() if policy is not None}
        return {"projectId": "shop", "serviceId": service, "ports": deepcopy(dict(ports)), **said_so}

    def _again(self, service: str) -> None:
        """A second up changes nothing and asks nothing; nor does one after a refresh write anything (P1)."""
        pending, before = self._pending(service), len(self.nf.requests)
        inputs = self.inputs(service, self.of[service].program, self.of[service].said)
        assert self.engine.up(service, inputs) == ("update" if pending else "same")
        asked = [request.operation for request in self.nf.requests[before:]]
        # What is pending is looked at once, from one side or from both.
        looks = {"get.service", "get.service.ports"} if pending else set()
        assert set(asked) <= {"list.domains", "get.domain", ""} | looks
        assert len([operation for operation in asked if operation in looks]) <= (4 if self._is_stale(service) else 2)
        if self.of[service].hidden_known and not self._is_stale(service):
            recorded = model.without_renames(self.engine.ports(service))
            assert self.engine.refresh(service)
            assert model.without_renames(self.engine.ports(service)) == recorded
            pending = self._pending(service)
            assert self.engine.up(service, inputs) == ("update" if pending else "same")

    def _judge_writes(self, operation: Operation, service: str, names: set[str]) -> list[Request]:
        """Every write was of the whole list that was to come: no step between, and none of another service (P2)."""
        writes = [one for one in self.nf.requests[operation.begun :] if one.method in {"POST", "PATCH"}]
        # A route that is gone has no operation, and takes no list.
        writes = [write for write in writes if write.operation]
        assert all(write.service == service for write in writes)
        assert all({port["name"] for port in write.body["ports"]} == names for write in writes)
        # A second one only to make good what the API did not keep of others' ports, or after a lost answer.
        assert len(writes) <= (10 if operation.struck else 2 if operation.made_good else 1)
        return writes

    def _judge_need(
        self, operation: Operation, writes: list[Request], service: str, known: model.Known, desired: model.Ports
    ) -> None:
        """What is there already is not written; and whether the state now holds what no read shows."""
        if not (operation.struck or operation.has_to_write):
            assert not writes
        memory, truth, recorded = self.of[service], self.truth(service), known.recorded or {}
        if writes or self._sight().complete:
            memory.hidden_known = True
        elif any(truth[name] != _ALL.of(port) for name, port in desired.items() if name not in recorded):
            memory.hidden_known = False
        elif known.recorded is None:
            memory.hidden_known = True

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
        writes: list[Request],
        stale: bool,
    ) -> None:
        """Northflank has what it should; of others' ports, a fault may have cost the security, but not in silence."""
        truth = self.truth(service)
        assert truth.keys() == after.keys()
        if self.of[service].hidden_known:
            assert {name: truth[name] for name in own} == {name: after[name] for name in own}
        # Before mid-2026 the API may lose path rules of others' ports, of which nobody can see them.
        keeps = self.nf.settings.security_omitted == "keep" and not any(write.method == "PATCH" for write in writes)
        sight = model.Sight(complete=self._sight().complete or keeps or not writes)
        # Where it loses them, contrary to its reference, they are written back; a stale read between the two writes
        # shows others' ports without security, and the next write takes that for the truth: a known limit.
        loses = stale and not self._sight().complete and self.nf.settings.security_omitted == "reset"
        excused = others if loses or (operation.struck and operation.warned) else set()
        for name in set(after) - excused:
            # What was there before the resource comes back as a read had shown it; of its own, see above.
            shown = _VISIBLE if name in restored or name in own else sight
            assert shown.of(truth[name]) == shown.of(after[name]), (service, name)

    @contextlib.contextmanager
    def _operation(
        self, expected: tuple[type[Exception], ...] = (), allowed: tuple[type[Exception], ...] = ()
    ) -> Iterator[Operation]:
        """Carry out an operation. Only two faults, or what is `expected` or `allowed`, may keep it from its end."""
        told = len(self.engine.told)
        operation = Operation(len(self.nf.requests))
        try:
            yield operation
        except NorthflankPortsError as error:
            if not isinstance(error, (*expected, *allowed)) and self._fired() < 2:
                raise
        else:
            assert not expected or allowed, f"there was none of {expected}"
            operation.ended = True
        finally:
            operation.struck = self._fired() > 0
            operation.made_good = any("did not keep the security of" in line for line in self.engine.told[told:])
            operation.warned = any(line.startswith("warning") for line in self.engine.told[told:])
            self.nf.clear_faults()
            for service in filter(self._is_stale, SERVICES):
                # Between two runs some time passes: one read may still be stale, the one after a pause is not.
                stale(self.nf, 1, service)

    def _fired(self) -> int:
        return sum(fault.fired for fault in self.nf._faults)

    def edit(self, service: str, change: Callable[[list[Any]], list[Any]]) -> None:
        """Change the list in the console."""
        if self.is_there(service):
            self.nf.set_ports("shop", service, change(self.nf.ports("shop", service)))

    def _ids(self, service: str) -> dict[str, str]:
        ports = self.nf.ports("shop", service) if self.is_there(service) else []
        return {port["name"]: port["id"] for port in ports}

    def _sight(self) -> model.Sight:
        """What GET service shows."""
        return model.Sight(complete=ERAS.index(self.nf.settings.era) > 1)


def _expected(*, refused: bool, gone: bool, after: model.Ports) -> tuple[type[Exception], ...]:
    if refused:
        return (UnsafeChange,)
    if gone:
        return (NotFound,)
    return (InvalidRequest, DomainRefused) if model.clashing(after) else ()
