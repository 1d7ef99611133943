"""What a `ServicePorts` does to a service: create, update, read and delete, on one API. Knows no Pulumi.

Calls are the cost (1,000 an hour and account): an operation reads, writes once, and reads back only what nobody else
can know: a new public name, and whether new protection is in force.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from nf_ports.core import protection, unmanaged, views
from nf_ports.core.plan import (
    Plan,
    Policies,
    carried,
    plan_delete,
    plan_write,
    same,
    shows,
    shows_but_protection,
    unexpected,
)
from nf_ports.core.records import Declared, Move, Ports, Recorded
from nf_ports.core.renames import unknown_former_names
from nf_ports.errors import ApiError, NorthflankPortsError, NotFound, NotInForce, OutcomeUnknown, UnsafeChange
from nf_ports.northflank.live import Entry, LivePort
from nf_ports.northflank.service_id import Service
from nf_ports.northflank.services import STALE_PAUSE_S, Live, Services
from nf_ports.ports.canonical import CanonicalPort, has_beyond

READ_BACK_PAUSES_S: Final = (0.5, 1.0, 2.0)
"""A list can be the one before the write for a moment: short waits, three at most."""

NAME_PAUSES_S: Final = (4.0, 8.0, 15.0)
"""A generated name can take longer (observed: up to 20 s): further waits, about 30 s in all."""

_NOTHING: Final = Recorded({})
_NAP_S: Final = 2.0
_SAYS_SO: Final = len(READ_BACK_PAUSES_S)

Tell = Callable[[str], None]
Tally = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class _After:
    """The ports after a write, and what of them is still to be looked at."""

    live: Mapping[str, LivePort]
    pending: frozenset[str] = frozenset()
    unverified: frozenset[str] = frozenset()


class Lifecycle:
    """The operations, on one API.

    Args:
        services: the API.
        tell: where a sentence for the user goes.
        sleep: how to wait, in seconds.
        tally: where a sentence goes that is said once for all services that it is true of; by default it is told for
            each.
    """

    def __init__(
        self,
        services: Services,
        tell: Tell = lambda _line: None,
        sleep: Callable[[float], None] = time.sleep,
        tally: Tally | None = None,
    ) -> None:
        """Do nothing yet."""
        self._services = services
        self._tell = tell
        self._sleep = sleep
        self._tally: Tally = tally or (lambda sentence, service: tell(f"{service}: {sentence}"))
        self._locks_lock = threading.Lock()
        self._locks: defaultdict[Service, threading.Lock] = defaultdict(threading.Lock)
        self._brought_back: defaultdict[Service, frozenset[str]] = defaultdict(frozenset)

    def create(self, desired: Declared, move: Move | None = None) -> Recorded:
        """Take the ports of a service over, or make them.

        A list that equals the desired one is adopted without a write; whatever else is there is named, and nothing
        is dropped silently.

        Args:
            desired: what to come to.
            move: where the resource comes from, if domains move along: they are taken off the former service just
                before the write, and given back should it fail.

        Raises:
            UnsafeChange: other ports are there.
            NotInForce: protection that was written does not take hold.
            NorthflankPortsError: see `nf_ports.errors`.
        """
        with self._alone(desired.service, *([move.former] if move else [])):
            return self._create(desired, move)

    def _create(self, desired: Declared, move: Move | None) -> Recorded:
        live = self._read(desired, _NOTHING)
        plan = plan_write(str(desired.service), desired.ports, live.ports, None, desired.policies)
        if plan.write and unmanaged.beside(plan):
            # No state tells a list from before the last write, and its ports must not come back with this one.
            self._sleep(STALE_PAUSE_S)
            live = self._read(desired, _NOTHING)
            plan = plan_write(str(desired.service), desired.ports, live.ports, None, desired.policies)
        found: Ports | None = None
        if desired.policies.on_delete == "restore":
            # Others' ports that stay are not this resource's to bring back.
            ours = desired.ports if desired.policies.unmanaged == "keep" else live.ports
            found = {name: item.port for name, item in live.ports.items() if name in ours}
        with self._handed_over(move if plan.write else None):
            outcome = self._carry_out(plan, desired, live, replace(_NOTHING, found=found))
        if outcome.adopted and outcome.adopted == desired.ports.keys():
            self._tally(
                'adopted as they are, with no write; destroy leaves them, unless on_delete is "clear"',
                str(desired.service),
            )
        return outcome

    def update(self, recorded: Recorded, desired: Declared) -> Recorded:
        """Come from `recorded` to `desired`, unless the list was changed elsewhere meanwhile.

        Args:
            recorded: what the last operation left.
            desired: what to come to.

        Raises:
            UnsafeChange: an edit elsewhere would be overwritten, or former ports cannot be brought back one day.
            NotInForce: protection that was written does not take hold.
            NorthflankPortsError: see `nf_ports.errors`.
        """
        _refuse_restore(desired, recorded)
        with self._alone(desired.service):
            return self._update(recorded, desired)

    def _update(self, recorded: Recorded, desired: Declared) -> Recorded:
        live = self._read(desired, recorded)
        plan = plan_write(str(desired.service), desired.ports, live.ports, recorded.ports, desired.policies)
        if recorded.found is not None:
            # A port that is taken over only now comes back as it is now.
            taken = {n: item.port for n, item in live.ports.items() if n in desired.ports and n not in recorded.ports}
            recorded = replace(recorded, found={**recorded.found, **taken})
        return self._carry_out(plan, desired, live, recorded)

    def look_again(self, recorded: Recorded, desired: Declared) -> Recorded:
        """Look once at the ports that were pending after the last operation; nothing is written.

        Raises:
            NotInForce: the protection of the last write is not in force.
            NorthflankPortsError: see `nf_ports.errors`.
        """
        _refuse_restore(desired, recorded)
        with self._alone(desired.service):
            return self._look_again(recorded, desired)

    def _look_again(self, recorded: Recorded, desired: Declared) -> Recorded:
        ports = {name: port for name, port in recorded.ports.items() if name in recorded.pending}
        seen = self._services.look(desired.service, names=True, paths=protection.has_path_rules(ports.values()))
        weak = protection.not_in_force(ports, seen.ports)
        if weak:
            closed = recorded.unverified & weak.keys()
            if closed:
                self._rewrite(
                    desired.service,
                    self._read(desired, recorded),
                    recorded.ports,
                    lambda name, port: protection.closed(port) if name in closed else port,
                )
            raise NotInForce(protection.sentence(str(desired.service), weak, sorted(closed)))
        live = views.compared(seen.ports, recorded.live)
        known = {name: live.get(name, item) for name, item in recorded.live.items()}
        nameless = views.nameless(known) & recorded.pending
        self._tell_nameless(desired.service, nameless)
        self._tell_of_stand_ins(desired.service, known, nameless)
        unseen = protection.unseen(ports, seen.ports)
        self._tell_unseen(desired.service, unseen)
        return replace(recorded, live=known, pending=nameless | unseen, unverified=recorded.unverified & unseen)

    def is_there(self, service: Service) -> bool:
        """Whether a service is there for this token, before anything moves to it: one read.

        Raises:
            NorthflankPortsError: see `nf_ports.errors`.
        """
        try:
            self._services.read(service)
        except NotFound:
            return False
        return True

    def are_one(self, one: Service, other: Service, left: Recorded = _NOTHING) -> bool:
        """Whether two routes lead to one service; False where one of them leads nowhere.

        Args:
            one: a service.
            other: the same, or another one.
            left: what was recorded of `one`, for a token that may not go its way any more: equal ids are one service.

        Raises:
            NorthflankPortsError: see `nf_ports.errors`.
        """
        try:
            return self._services.are_one(one, other)
        except NotFound:
            return False
        except ApiError:
            known = {item.id for item in left.live.values() if item.id}
            if known and known == {item.id for item in self._services.read(other, names=True).ports.values()}:
                return True
            raise

    def read(self, service: Service, recorded: Recorded | None, policies: Policies = Policies()) -> Recorded | None:
        """What is there now; None where the service is gone.

        Others' ports are shown as drift, unless the resource leaves them alone.

        Args:
            service: which service.
            recorded: what the last operation left; None where the resource only looks.
            policies: what the resource leaves alone.

        Raises:
            NorthflankPortsError: see `nf_ports.errors`; also where nobody can say that the service is gone.
        """
        was, names = recorded or _NOTHING, recorded is None or views.lacks_names(recorded)
        try:
            live = self._services.read(service, names=names).ports
            unseen = was.ports.keys() - {name for name, item in was.live.items() if item.id}
            if not unseen <= live.keys():
                # A list from before the last write would make the resource forget which ports are its own. A port with
                # an id was seen since, so it really is missing.
                self._sleep(STALE_PAUSE_S)
                live = self._services.read(service, names=names).ports
        except NotFound:
            if not self._services.is_gone(service):
                raise
            return None
        mine = {
            name: item
            for name, item in views.compared(live, was.live).items()
            if recorded is None or policies.unmanaged != "keep" or name in was.ports
        }
        ports = {
            name: views.with_rename(carried(item, was.ports.get(name)), was.ports.get(name))
            for name, item in mine.items()
        }
        remade = [name for name, item in mine.items() if item.remade]
        if remade:
            self._tell(
                f"{service}: was changed elsewhere: {_ports_in_words(remade)} was deleted and made again (another id);"
                " path rules and advanced options that no view shows are taken to be gone"
            )
        return Recorded(
            ports,
            mine,
            was.found,
            adopted=frozenset(n for n in ports if n in was.adopted or n not in was.ports or n in remade),
            pending=views.nameless(mine),
            # A port without an id that a refresh still shows is somebody else's by now.
            removed={name: port_id for name, port_id in was.removed.items() if name in live and port_id},
        )

    def delete(self, recorded: Declared, left: Recorded) -> None:
        """Leave the service: without these ports, as it is, or with those that were there before.

        Args:
            recorded: what was declared.
            left: what the last operation left.

        Raises:
            UnsafeChange: ports that were never declared would be dropped.
            NorthflankPortsError: see `nf_ports.errors`; also where nobody can say that the service is gone.
        """
        policies, service = recorded.policies, recorded.service
        if policies.on_delete == "keep":
            self._tell(f"{service}: its ports stay as they are (on_delete is keep)")
            return
        stays = left.adopted if policies.on_delete is None else frozenset()
        if stays:
            self._tell(
                f"{service}: {_ports_in_words(sorted(stays))} stays as it is, because this resource found it so and"
                ' never wrote it; on_delete="clear" removes such ports, too'
            )
        _refuse_restore(recorded, left)
        restore: Ports = {}
        if policies.on_delete == "restore":
            restore = left.found or {}
            # What was there before and was never written is its owner's: another resource of the same service may go in
            # the same run, and what that brings back or removes must not depend on which of the two goes first.
            stays = frozenset(n for n in left.adopted if n in restore and same(restore[n], left.ports[n]))
            restore = {name: port for name, port in restore.items() if name not in stays}
        if policies.unmanaged == "keep":
            # What the program does not declare is its owner's: it stays as it is now, and what is gone stays gone.
            restore = {name: port for name, port in restore.items() if name in recorded.ports}
        if stays and stays >= recorded.ports.keys() and not restore:
            return
        try:
            with self._alone(service):
                self._leave(recorded, left, restore, stays)
        except NotFound:
            if not self._services.is_gone(service):
                raise
            self._tell(f"{service}: is gone already, so there are no ports to remove")

    def _leave(self, recorded: Declared, left: Recorded, restore: Ports, stays: frozenset[str]) -> None:
        policies, service = recorded.policies, recorded.service
        live = self._read(recorded, left, names=bool(restore or stays) or policies.unmanaged == "keep")
        stays |= self._brought_back[service] - restore.keys()
        plan = plan_delete(str(service), live.ports, recorded.ports, policies, restore=restore, stays=stays)
        self._brought_back[service] |= restore.keys()
        for note in plan.notes:
            self._tell(note)
        unseen = [
            n for n, port in restore.items() if port.get("public") and n in live.ports and not live.ports[n].complete
        ]
        if unseen:
            self._tell(
                f"warning: {service}: {_ports_in_words(unseen)} comes back without path rules, because this API shows"
                " none: add them in Northflank, if there were some"
            )
        if plan.write:
            # Of ports that go, nothing is to be written.
            options = _has_options(restore, {name: recorded.ports[name] for name in restore if name in recorded.ports})
            self._write(plan, service, live, patch=options)
            wanted = _Wanted(guarded=protection.to_verify(restore, live.ports, recorded.ports))
            if wanted.guarded or unmanaged.beside(plan):
                seen = self._see(plan, service, wanted)
                self._make_good(plan, service, seen)
                self._verify(plan, service, seen, wanted)

    @contextmanager
    def _alone(self, *services: Service) -> Iterator[None]:
        """Keep the other operations of this run off `services`.

        Pulumi runs four at a time, and a write sends what was read before: two on one service would lose one of them.
        """
        with ExitStack() as held:
            # In one order, or two resources that swap their services would wait for each other.
            for service in sorted(set(services), key=str):
                with self._locks_lock:
                    lock = self._locks[service]
                held.enter_context(lock)
            yield

    @contextmanager
    def _handed_over(self, move: Move | None) -> Iterator[None]:
        """Take domains off the service that the resource leaves, and give them back if the block fails."""
        if move is None or not move.domains:
            yield
            return
        try:
            # The others' ports stay there, and so does all but the domains.
            stays = Declared(move.former, move.left.ports, Policies(unmanaged="keep"))
            live = self._read(stays, move.left)
        except NotFound:
            if not self._services.is_gone(move.former):
                raise
            # With the service its links are gone, too.
            live = Live({})
        if not any(move.domains & _domains(item.port).keys() for item in live.ports.values()):
            yield
            return
        self._write_former(move, live, move.domains)
        try:
            yield
        except NorthflankPortsError:
            try:
                self._write_former(move, live, frozenset())
            except NorthflankPortsError as error:
                domains = ", ".join(sorted(move.domains))
                self._tell(f"warning: {move.former}: {domains} could not be linked again: {error}")
            raise

    def _read(self, desired: Declared, recorded: Recorded, *, names: bool = True) -> Live:
        """The live ports beside the recorded ones, read again where they may be the list before the last write."""
        live = self._compared(desired.service, recorded, names=names)
        if recorded is _NOTHING:
            return live
        if unexpected(live.ports, recorded.ports, desired.ports, desired.policies):
            self._sleep(STALE_PAUSE_S)
            live = self._compared(desired.service, recorded, names=names)
        if desired.policies.unmanaged != "keep":
            return live
        for pause_s in READ_BACK_PAUSES_S:
            if not _lingering(live.ports, recorded, desired):
                return live
            self._sleep(pause_s)
            live = self._compared(desired.service, recorded, names=names)
        stuck = _lingering(live.ports, recorded, desired)
        if stuck:
            raise UnsafeChange(
                f"{desired.service}: Northflank still shows {_ports_in_words(stuck)}, which this resource has removed,"
                " so nothing was written. Run again in a minute; if it is a new port of somebody else, run 'pulumi"
                " refresh' before."
            )
        return live

    def _compared(self, service: Service, recorded: Recorded, *, names: bool) -> Live:
        live = self._services.read(service, names=names)
        return replace(live, ports=views.compared(live.ports, recorded.live))

    def _carry_out(self, plan: Plan, desired: Declared, live: Live, recorded: Recorded) -> Recorded:
        kept = frozenset(
            name
            for name, port in desired.ports.items()
            if name in live.ports and same(port, carried(live.ports[name], recorded.ports.get(name), port))
        )
        adopted = frozenset(name for name in kept if name in recorded.adopted or name not in recorded.ports)
        there = {name: item.port for name, item in live.ports.items() if name in desired.ports}
        options = _has_options(desired.ports, recorded.ports, there)
        removed: dict[str, str] = {}
        after = _After(live.ports, views.nameless(live.ports))
        for note in plan.notes:
            self._tell(note)
        if plan.write:
            for warning in unknown_former_names(desired.ports, live.ports, recorded.ports):
                self._tell(f"warning: {desired.service}: {warning}")
        self._tell_of_unseen(desired, live, recorded)
        if plan.write:
            patched = self._write(plan, desired.service, live, patch=options)
            guarded = protection.to_verify(desired.ports, live.ports, recorded.ports)
            held = protection.held(desired.ports, live.ports, guarded)
            after = self._after(plan, desired.service, live, _Wanted(guarded=guarded, held=held, whole=patched))
            if desired.policies.unmanaged == "keep":
                written = {entry.name for entry in plan.entries}
                removed = {name: item.id or "" for name, item in live.ports.items() if name not in written}
        mine = {name: after.live[name] for name in desired.ports if name in after.live}
        self._tell_of_stand_ins(desired.service, mine, after.pending)
        return Recorded(
            desired.ports,
            mine,
            recorded.found,
            adopted=adopted,
            pending=after.pending & desired.ports.keys(),
            unverified=after.unverified,
            removed=removed,
        )

    def _tell_of_unseen(self, desired: Declared, live: Live, recorded: Recorded) -> None:
        taken_over = (item for name, item in live.ports.items() if name in desired.ports and name not in recorded.ports)
        if any(not item.complete and item.port.get("protocol") in {"HTTP", "HTTP/2"} for item in taken_over):
            self._tally(
                "taken over with the ports they have. This API does not show path rules and advanced options: if a port"
                " has some that the program does not declare, the first change removes them",
                str(desired.service),
            )

    def _write_former(self, move: Move, live: Live, without: frozenset[str]) -> None:
        """Write the list of the service that the resource leaves as it is, without some custom domains."""
        left = move.left.ports
        self._rewrite(move.former, live, left, lambda _name, port: _without(port, without))
        ports = {name: _without(port, without) for name, port in left.items() if name in live.ports}
        seen = self._services.look(move.former, names=False, paths=protection.has_path_rules(ports.values()))
        weak = protection.not_in_force(ports, seen.ports)
        if weak:
            raise NotInForce(protection.sentence(str(move.former), weak, closed=()))

    def _rewrite(
        self, service: Service, live: Live, ours: Ports, change: Callable[[str, CanonicalPort], CanonicalPort]
    ) -> None:
        """Write the list of a service as it is, but for what `change` makes of the resource's own ports."""
        entries = tuple(
            Entry(name, change(name, carried(item, ours[name])), item.id, was=item)
            if name in ours
            else Entry(name, kept=item)
            for name, item in live.ports.items()
        )
        plan = Plan(entries, write=True)
        self._write(plan, service, live, patch=_has_options(ours))
        if unmanaged.beside(plan):
            self._make_good(plan, service, self._see(plan, service, _Wanted()))

    def _write(self, plan: Plan, service: Service, live: Live, *, patch: bool) -> bool:
        """Write once. Where the fate of the write is not known, look, and send again only if nothing happened."""
        wanted = {entry.name: entry.port or (entry.kept.port if entry.kept else {}) for entry in plan.entries}
        before = {name: item.port for name, item in live.ports.items()}
        # A write of path rules alone may change nothing that can be seen, so looking cannot tell whether it landed.
        seen = not shows(live.ports, wanted)
        for last in (False, True):
            try:
                return self._services.write(service, plan.entries, live, patch=patch)
            except OutcomeUnknown as unknown:
                now = self._look(service, wanted, unknown)
                # Protection that is not kept is judged by who wrote it, not taken for an edit of somebody else.
                if seen and (shows(now, wanted) or (not shows(now, before) and shows_but_protection(now, wanted))):
                    self._tell(f"{service}: the connection broke during the write, but the write has landed")
                    return self._services.patches(options=patch)
                if last:
                    raise
                if not shows(now, before):
                    raise UnsafeChange(
                        f"{service}: the connection broke during the write, and the list is now neither the former nor"
                        " the desired one, so somebody else changed it. Nothing more was written; run 'pulumi refresh'"
                        " to see what is there."
                    ) from unknown
        raise AssertionError("the last try returns or raises")

    def _look(self, service: Service, wanted: Ports, unknown: OutcomeUnknown) -> Mapping[str, LivePort]:
        """The list, read again for a while where it does not show the write: it may be stale."""
        now: Mapping[str, LivePort] = {}
        for pause_s in (0.0, *READ_BACK_PAUSES_S):
            self._sleep(pause_s)
            try:
                now = self._services.read(service).ports
            except NotFound:
                raise
            except NorthflankPortsError as error:
                raise OutcomeUnknown(f"{unknown} Looking failed, too: {error}") from unknown
            if shows(now, wanted):
                break
        return now

    def _after(self, plan: Plan, service: Service, before: Live, wanted: _Wanted) -> _After:
        """The ports after a write: read back where something has to be learned, else known from the read before.

        Raises only where protection is not in force: the write has landed, and any other error here would make Pulumi
        forget that.
        """
        known = {entry.name: views.expected(entry, before.ports) for entry in plan.entries}
        nameless = frozenset(
            entry.name
            for entry in plan.entries
            if entry.port and views.makes_a_name(entry.port) and known[entry.name].dns is None
        )
        guarded, patched = wanted.guarded, wanted.whole
        if not (nameless or guarded or patched or unmanaged.beside(plan)):
            return _After(known)
        try:
            hides = (
                patched and unmanaged.shown(plan, before.ports) and any(item.named for item in before.ports.values())
            )
            seen = self._see(plan, service, replace(wanted, names=nameless, alike=hides))
            self._make_good(plan, service, seen)
        except NotInForce:
            raise
        except NorthflankPortsError as error:
            self._tell(f"warning: {service}: the ports are written, but looking after them failed: {error}")
            # Patch service may have given other ids, and an old one would look like a port made again elsewhere.
            known = {name: replace(item, id=None) for name, item in known.items()} if patched else known
            return _After(known, nameless | guarded.keys(), _newly_public(guarded, guarded))
        self._verify(plan, service, seen, wanted)
        live = {name: views.joined(item, seen.ports.get(name)) for name, item in known.items()}
        without_name = frozenset(name for name in nameless if name not in seen.ports) | views.nameless(live)
        self._tell_nameless(service, without_name)
        unseen = protection.unseen(_ports_of(guarded), seen.ports)
        self._tell_unseen(service, unseen)
        return _After(live, without_name | unseen, _newly_public(guarded, unseen))

    def _verify(self, plan: Plan, service: Service, seen: Live, wanted: _Wanted) -> None:
        """Make sure that new protection is in force; what is newly public without it is closed again.

        Raises:
            NotInForce: it is not.
        """
        guarded, ports = wanted.guarded, _ports_of(wanted.guarded)
        weak = protection.not_in_force(wanted.protected, seen.ports)
        if not weak:
            unverified = [n for n in ports if n in seen.ports and not seen.ports[n].complete]
            if protection.has_path_rules(ports[name] for name in unverified):
                self._tally("path rules were written and are unverified: this API does not show them", str(service))
            return
        closed = [name for name in weak if name in guarded and guarded[name].newly_public]
        if closed:
            ids = {name: item.id for name, item in seen.ports.items()}
            entries = tuple(
                _closed(known, guarded[known.name]) if known.name in closed else known
                for known in (replace(entry, id=ids.get(entry.name) or entry.id) for entry in plan.entries)
            )
            try:
                again = replace(plan, entries=entries)
                self._write(again, service, seen, patch=_has_options(ports))
                if unmanaged.beside(again):
                    self._make_good(again, service, self._see(again, service, _Wanted()))
            except NorthflankPortsError as error:
                raise NotInForce(protection.sentence(str(service), weak, closed=(), failed=str(error))) from error
        raise NotInForce(protection.sentence(str(service), weak, closed=closed))

    def _tell_unseen(self, service: Service, names: Collection[str]) -> None:
        if names:
            self._tell(
                f"warning: {service}: Northflank does not show {_ports_in_words(sorted(names))} as written yet, so"
                " nobody can see whether the protection is in force; the next 'pulumi up' looks again"
            )

    def _tell_nameless(self, service: Service, names: frozenset[str]) -> None:
        if names:
            self._tell(
                f"{service}: Northflank shows no generated name yet for {', '.join(sorted(names))};"
                " the next 'pulumi up' looks again"
            )

    def _tell_of_stand_ins(self, service: Service, live: Mapping[str, LivePort], pending: frozenset[str]) -> None:
        names = [n for n, item in live.items() if views.makes_a_name(item.port) and not item.dns and n not in pending]
        hidden = [name for name in names if not _domains(live[name].port)]
        if hidden:
            self._tally(
                f"this API shows no generated name of {_ports_in_words(hidden)}, so urls has a stand-in that no host"
                " can have; give it a custom domain, or write the name where it is needed",
                str(service),
            )

    def _see(self, plan: Plan, service: Service, wanted: _Wanted) -> Live:
        """The list after a write, read again for a while where it does not show everything yet."""
        seen = Live({})
        ports = _ports_of(wanted.guarded)
        for number, pause_s in enumerate((0.0, *READ_BACK_PAUSES_S, *NAME_PAUSES_S)):
            if number == _SAYS_SO + 1:
                span_s = sum(NAME_PAUSES_S)
                self._tell(
                    f"{service}: is written; waiting up to {span_s:.0f} s for the generated name of"
                    f" {', '.join(sorted(wanted.names))}"
                )
            self._rest(pause_s)
            seen = self._services.look(
                service, names=bool(wanted.names) or wanted.whole, paths=protection.has_path_rules(ports.values())
            )
            there = wanted.names <= seen.ports.keys() and not protection.unseen(ports, seen.ports)
            named = there and not wanted.names & views.nameless(seen.ports)
            weak = protection.not_in_force(wanted.protected, seen.ports)
            settled = not (wanted.whole or unmanaged.beside(plan)) or unmanaged.shown(plan, seen.ports)
            settled = settled and (number > 1 or not wanted.alike)
            if (named and settled and not weak) or (number >= _SAYS_SO and (named or weak or not there)):
                break
        return seen

    def _rest(self, pause_s: float) -> None:
        # In short naps: the dynamic host does not tell us about an interrupt.
        while pause_s > 0:
            nap_s = min(pause_s, _NAP_S)
            self._sleep(nap_s)
            pause_s -= nap_s

    def _make_good(self, plan: Plan, service: Service, live: Live) -> None:
        """Write back what the API did not keep of ports that are not ours.

        Raises:
            NotInForce: it does not keep what was written of them as a whole.
        """
        opened = unmanaged.opened(plan, live.ports)
        if opened:
            raise NotInForce(
                f"{service}: Northflank did not keep the security of {_ports_in_words(opened)}, which stays as it is"
                " and was written as it was read. It may be open now: look at it in Northflank. The account's plan may"
                " not include port security."
            )
        if unmanaged.unsure(plan) and not unmanaged.shown(plan, live.ports):
            self._tell(
                f"warning: {service}: Northflank still shows the list before the write, so nobody can see whether it"
                f" kept the security of {', '.join(unmanaged.unsure(plan))}; check it"
            )
            return
        again, lost = unmanaged.made_good(plan, live.ports)
        if again is not None:
            self._tell(
                f"warning: {service}: Northflank did not keep the security of {', '.join(lost)}, which this program"
                " leaves alone; it is written back at once, as far as it could be seen (path rules cannot)"
            )
            self._write(again, service, live, patch=False)
            self._see(again, service, _Wanted())


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a read after a write has to show.

    Attributes:
        names: ports whose generated names.
        guarded: ports whose protection is in force.
        held: ports whose protection was in force before the write, and which nobody would read again for.
        whole: whether all of the write, because the ids may be others.
        alike: whether a read cannot be told from one of the list before the write: then the third one counts.
    """

    names: frozenset[str] = frozenset()
    guarded: Mapping[str, protection.Guarded] = field(default_factory=dict)
    held: Ports = field(default_factory=dict)
    whole: bool = False
    alike: bool = False

    @property
    def protected(self) -> Ports:
        """All ports whose protection has to be in force."""
        return {**self.held, **_ports_of(self.guarded)}


def _refuse_restore(desired: Declared, recorded: Recorded) -> None:
    if desired.policies.on_delete == "restore" and recorded.found is None:
        raise UnsafeChange(
            f"{desired.service} cannot get its former ports back: on_delete was not restore when this resource took"
            ' them over. Nothing was written. Set on_delete to "clear" or "keep", and run up.'
        )


def _lingering(live: Mapping[str, LivePort], recorded: Recorded, desired: Declared) -> list[str]:
    """Ports that this resource removed and that the API still, or again, shows."""
    return [
        name
        for name, port_id in recorded.removed.items()
        if name in live and name not in desired.ports and (not port_id or live[name].id in {port_id, None})
    ]


def _domains(port: CanonicalPort) -> Mapping[str, object]:
    domains = port.get("domains")
    return domains if isinstance(domains, Mapping) else {}


def _without(port: CanonicalPort, domains: frozenset[str]) -> CanonicalPort:
    """A port without some of its custom domains."""
    left = {domain: True for domain in _domains(port) if domain not in domains}
    if len(left) == len(_domains(port)):
        return port
    rest = {name: item for name, item in port.items() if name != "domains"} | ({"domains": left} if left else {})
    # Without a domain Northflank turns the generated name on again, where the program has turned it off.
    return protection.closed(rest) if rest.get("disableNfDomain") and not left else rest


def _closed(entry: Entry, guarded: protection.Guarded) -> Entry:
    """A port that was to become public: as it was before the write, name and all; a new one off the internet."""
    if guarded.former is None:
        return replace(entry, port=protection.closed(guarded.port))
    return replace(entry, name=guarded.former, port=guarded.was)


def _newly_public(guarded: Mapping[str, protection.Guarded], names: Collection[str]) -> frozenset[str]:
    return frozenset(name for name in names if guarded[name].newly_public)


def _ports_of(guarded: Mapping[str, protection.Guarded]) -> dict[str, CanonicalPort]:
    return {name: one.port for name, one in guarded.items()}


def _has_options(*lists: Ports) -> bool:
    return any(has_beyond(port, "ports") for ports in lists for port in ports.values())


def _ports_in_words(names: list[str]) -> str:
    return ("port " if len(names) == 1 else "ports ") + ", ".join(names)
