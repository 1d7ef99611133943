"""What must hold around every run, said of the lists that Northflank stored, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from edits import is_stranger
from observer import Stored
from specs import Declared, Program
from truth import Json, Ports

Lists = Mapping[str, Ports]


@dataclass(frozen=True)
class Run:
    """What is known of a run when it is over.

    Attributes:
        program: what the stack declares in this run; empty in a destroy.
        recorded: every resource that the state may have had before it, by name.
        others: what other stacks declare.
        before: the lists of all services before it.
        stored: every list that was stored meanwhile.
        after: the lists of all services now.
        theirs: every public port that an owner ever left or a program ever declared, by service.
        reviewed: strangers that a refresh has shown, by service.
        spoilt: Northflank kept no security in this run.
    """

    program: Program
    recorded: Sequence[tuple[str, Declared]]
    others: Sequence[Declared]
    before: Lists
    stored: Sequence[Stored]
    after: Lists
    theirs: Mapping[str, Sequence[Json]]
    reviewed: Mapping[str, set[str]]
    spoilt: bool = False

    def declared(self, service: str) -> list[Declared]:
        """Whatever declares the service in this run or beside it."""
        return [one for one in (*self.program.values(), *self.others) if one.service == service]

    def owned(self, service: str) -> list[Declared]:
        """Whatever the state may have had for the service."""
        return [one for _name, one in self.recorded if one.service == service]


def violations(run: Run) -> Iterator[str]:
    """What was wrong at any moment of a run, however it ended."""
    for stored in run.stored:
        yield from (f"{stored.service}: {text}" for text in _dark(run, stored))
        yield from (f"{stored.service}: {text}" for text in _lost_strangers(run, stored))
        yield from (f"{stored.service}: {text}" for text in _left_too_early(run, stored))
        if not run.spoilt:
            yield from (f"{stored.service}: {text}" for text in _opened(run, stored))
    if run.spoilt:
        for service, after in run.after.items():
            new = {name: shape for name, shape in after.items() if not is_public(run.before[service].get(name, {}))}
            yield from (f"{service}: {text}" for text in _opened(run, Stored(service, run.before, new)))


def _dark(run: Run, stored: Stored) -> Iterator[str]:
    """A declared service was without a port that it had, or with one between the former and the declared."""
    declared = [one.shapes for one in run.declared(stored.service)]
    for name, before in stored.before.items():
        wanted, after = [ports[name] for ports in declared if name in ports], stored.after.get(name)
        if not wanted:
            continue
        if after is None:
            yield f"the declared port {name} was taken away"
            continue
        missing = _domains(before) & set.intersection(*map(_domains, wanted)) - _domains(after)
        if run.spoilt:
            # A port that this run made public, and whose protection is not kept, is made private again.
            missing &= _domains(run.before[stored.service].get(name, {}))
        if missing:
            yield f"the declared port {name} lost {sorted(missing)}"
        if not run.spoilt and without_domains(after) not in map(without_domains, (before, *wanted)):
            yield f"the declared port {name} became neither the former nor the declared one: {after}"


def _lost_strangers(run: Run, stored: Stored) -> Iterator[str]:
    """A port that no program declares is not as its owner left it, and no program said to remove it."""
    involved = [*run.declared(stored.service), *run.owned(stored.service)]
    allowed = run.reviewed.get(stored.service, set()) if any(one.unmanaged == "fail" for one in involved) else set()
    if any(one.unmanaged == "remove" for one in involved):
        return
    for name, before in stored.before.items():
        if is_stranger(name) and name not in allowed and stored.after.get(name) != before:
            yield f"the unmanaged port {name} was {before} and is {stored.after.get(name)}"
    for name in stored.after:
        if is_stranger(name) and name not in stored.before:
            yield f"the unmanaged port {name}, which its owner has removed, is back"


def _left_too_early(run: Run, stored: Stored) -> Iterator[str]:
    """A service whose resource moves to another one loses ports before the other has them."""
    if run.declared(stored.service):
        return
    dropped = stored.before.keys() - stored.after.keys()
    there = [(name, old, run.program.get(name)) for name, old in run.recorded if old.service == stored.service]
    if any(one is not None and one.deletes_first for _name, *pair in there for one in pair):
        # What the program wants to have deleted first is.
        return
    for name, old, new in there:
        if new is not None and dropped & old.ports.keys():
            missing = new.ports.keys() - stored.world.get(new.service, {}).keys()
            if missing:
                yield f"lost {sorted(dropped)} before {new.service}, where {name} moves to, had {sorted(missing)}"


def _opened(run: Run, stored: Stored) -> Iterator[str]:
    """Something became reachable that no program and no edit has opened."""
    declared = [shape for one in run.declared(stored.service) for shape in one.shapes.values()]
    restored = run.theirs.get(stored.service, ()) if _restores(run.owned(stored.service)) else ()
    allowed = [without_domains(shape) for shape in (*declared, *stored.before.values(), *restored)]
    for name, shape in stored.after.items():
        if is_public(shape) and without_domains(shape) not in allowed:
            yield f"the port {name} became reachable as nobody has opened it: {shape}"


def is_public(shape: Json) -> bool:
    """Whether the internet gets to the port at all."""
    return bool(shape.get("public"))


def without_domains(shape: Json) -> Json:
    """A port apart from its links."""
    return {key: value for key, value in shape.items() if key != "domains"}


def _domains(shape: Json) -> set[str]:
    return set(shape.get("domains", ()))


def _restores(owned: Iterable[Declared]) -> bool:
    return any(one.on_delete == "restore" for one in owned)


def unfinished(run: Run, edited: set[str]) -> Iterator[str]:
    """What a run without any fault that said it was done has not done; `edited` services may differ by drift."""
    for one in run.program.values():
        if one.service in edited:
            continue
        for name, wanted in one.shapes.items():
            there = run.after.get(one.service, {}).get(name)
            if there != wanted:
                yield f"{one.service}: the declared port {name} is {there}, not {wanted}"


def left_behind(run: Run, known: set[str], wrote: Mapping[str, set[str] | None], edited: set[str]) -> Iterator[str]:
    """What a run that succeeded has left wrong at services that are not declared any more.

    Args:
        run: the run.
        known: the services of which the state had a resource.
        wrote: the ports that the resource of a service itself wrote; None where nobody can say.
        edited: services that were changed elsewhere meanwhile.
    """
    linked = {domain for one in run.program.values() for shape in one.shapes.values() for domain in _domains(shape)}
    for service in {one.service for _name, one in run.recorded}:
        owned, after = run.owned(service), run.after.get(service, {})
        if run.declared(service) or service not in known or len(owned) != 1:
            continue
        (one,) = owned
        if one.on_delete == "clear":
            ours = {*one.ports}
        elif one.on_delete is None:
            ours = wrote.get(service) or set()
            found = set(one.ports) - ours if wrote.get(service) is not None and service not in edited else set()
            for name in sorted(found):
                # A domain that moved along with the resource is declared elsewhere now.
                was, left = (shapes.get(name, {}) for shapes in (run.before.get(service, {}), after))
                if without_domains(was) != without_domains(left) or _domains(was) - linked != _domains(left) - linked:
                    yield f"{service}: the port {name} was found, not made, and is not left as it was"
        elif one.on_delete == "keep":
            ours = set()
            if any(stored.service == service for stored in run.stored):
                yield f"{service}: was to be kept as it is, and was written"
        else:
            continue
        if there := ours & after.keys():
            yield f"{service}: left the program, and still has {sorted(there)}"
