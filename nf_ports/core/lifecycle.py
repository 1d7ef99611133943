"""The lifecycle of a `ServicePorts`: create, update, read and delete, on one API. Does not import Pulumi.

An account has 1,000 requests an hour, so requests are the cost: an operation reads, writes once, and reads back only
new generated names and new protection.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Final

from nf_ports.core import protection, unmanaged, views
from nf_ports.core.plan import Plan, Policies, comparable, plan_delete, plan_write, unexpected
from nf_ports.core.records import Desired, Move, Recorded, WriteNotInForce
from nf_ports.core.renames import unknown_former_names
from nf_ports.core.writes import READ_BACK_PAUSES_S, After, ReadBack, Writes, has_options
from nf_ports.errors import ApiError, NorthflankPortsError, NotFound, UnsafeChange
from nf_ports.northflank.live import LivePort
from nf_ports.northflank.service_id import ServiceId
from nf_ports.northflank.services import STALE_PAUSE_S, Live, Services
from nf_ports.notices import Tally, Tell, Teller, quiet
from nf_ports.ports.canonical import Ports, domains_of, replaced
from nf_ports.ports.differences import same
from nf_ports.ports.port import Port
from nf_ports.refusals import Refusal, ports_in_words
from nf_ports.text import argument

_NOTHING: Final = Recorded({})


class Lifecycle:
    """The operations, on one API.

    Args:
        services: the API.
        tell: takes notices.
        sleep: waits, in seconds.
        tally: takes a text that is shown once for all its services; by default it is shown for each.
    """

    def __init__(
        self,
        services: Services,
        tell: Tell = quiet,
        sleep: Callable[[float], None] = time.sleep,
        tally: Tally | None = None,
    ) -> None:
        """Store the arguments; no request is sent."""
        self._services = services
        self._tell = tell
        self._sleep = sleep
        self._teller = Teller(tell, tally)
        self._writes = Writes(services, self._teller, sleep)
        self._locks_lock = threading.Lock()
        self._locks: defaultdict[ServiceId, threading.Lock] = defaultdict(threading.Lock)
        self._restored: defaultdict[ServiceId, frozenset[str]] = defaultdict(frozenset)

    def create(self, desired: Desired, move: Move | None = None) -> Recorded:
        """Adopt the ports of a service, or create them.

        A list that equals the desired one is adopted without a write; unmanaged ports are named, and none is removed
        silently.

        Args:
            desired: the desired ports.
            move: the former service, if custom domains move along: they are unlinked there just before the write, and
                linked again if it fails.

        Raises:
            UnsafeChange: the service has unmanaged or different ports.
            NotInForce: protection that was written is not in force.
            NorthflankPortsError: see `nf_ports.errors`.
        """
        with self._locked(desired.service, *([move.former] if move else [])):
            return self._create(desired, move)

    def _create(self, desired: Desired, move: Move | None) -> Recorded:
        live = self._read(desired, _NOTHING)
        plan = plan_write(str(desired.service), desired.ports, live.ports, None, desired.policies)
        if plan.changes and unmanaged.any_in(plan):
            # Nothing is recorded yet, so a list from before somebody's last write cannot be recognised: read again.
            self._sleep(STALE_PAUSE_S)
            live = self._read(desired, _NOTHING)
            plan = plan_write(str(desired.service), desired.ports, live.ports, None, desired.policies)
        former_ports: Ports | None = None
        if desired.policies.on_delete == "restore":
            # Unmanaged ports that are kept are not restored by this resource.
            owned = desired.ports if desired.policies.unmanaged == "keep" else live.ports
            former_ports = {name: item.port for name, item in live.ports.items() if name in owned}
        with self._domains_moved(move if plan.changes else None):
            outcome = self._carry_out(plan, desired, live, replace(_NOTHING, former_ports=former_ports))
        if outcome.adopted and outcome.adopted == desired.ports.keys():
            self._teller.tally(
                f'adopted as they are, with no write; destroy leaves them, unless {argument("on_delete")} is "clear"',
                str(desired.service),
            )
        return outcome

    def update(self, recorded: Recorded, desired: Desired) -> Recorded:
        """Change the recorded ports to the desired ones, unless the list was changed elsewhere meanwhile.

        Args:
            recorded: the record of the last operation.
            desired: the desired ports.

        Raises:
            UnsafeChange: an edit elsewhere would be overwritten, or the former ports could not be restored later.
            NotInForce: protection that was written is not in force.
            NorthflankPortsError: see `nf_ports.errors`.
        """
        _refuse_restore(desired, recorded)
        with self._locked(desired.service):
            return self._update(recorded, desired)

    def _update(self, recorded: Recorded, desired: Desired) -> Recorded:
        live = self._read(desired, recorded)
        plan = plan_write(str(desired.service), desired.ports, live.ports, recorded.ports, desired.policies)
        if recorded.former_ports is not None:
            # A port that is adopted or overwritten only now is restored as it is now.
            adopted = {n: item.port for n, item in live.ports.items() if n in desired.ports and n not in recorded.ports}
            recorded = replace(recorded, former_ports={**recorded.former_ports, **adopted})
        return self._carry_out(plan, desired, live, recorded)

    def read_pending(self, recorded: Recorded, desired: Desired) -> Recorded:
        """Read the ports once that were pending after the last operation; nothing is written.

        Raises:
            NotInForce: the protection of the last write is not in force.
            NorthflankPortsError: see `nf_ports.errors`.
        """
        _refuse_restore(desired, recorded)
        with self._locked(desired.service):
            return self._read_pending(recorded, desired)

    def _read_pending(self, recorded: Recorded, desired: Desired) -> Recorded:
        ports = {name: port for name, port in recorded.ports.items() if name in recorded.pending}
        seen = self._services.read_after_write(
            desired.service, names=True, paths=protection.has_path_rules(ports.values())
        )
        weak = protection.not_in_force(ports, seen.ports)
        if weak:
            closed = recorded.unverified & weak.keys()
            if closed:
                self._writes.rewrite(
                    desired.service,
                    self._read(desired, recorded),
                    recorded.ports,
                    lambda name, port: protection.made_private(port) if name in closed else port,
                )
            raise WriteNotInForce(protection.sentence(str(desired.service), weak, sorted(closed)))
        live = views.with_recorded(seen.ports, recorded.live)
        known = {name: live.get(name, item) for name, item in recorded.live.items()}
        nameless = views.nameless(known) & recorded.pending
        self._writes.tell_nameless(desired.service, nameless)
        self._writes.tell_of_placeholders(desired.service, known, nameless)
        unseen = protection.unseen(ports, seen.ports)
        self._writes.tell_unseen(desired.service, unseen)
        return replace(recorded, live=known, pending=nameless | unseen, unverified=recorded.unverified & unseen)

    def is_there(self, service: ServiceId) -> bool:
        """Return True if this token sees the service, before anything moves to it: one read.

        Raises:
            NorthflankPortsError: see `nf_ports.errors`.
        """
        try:
            self._services.read(service)
        except NotFound:
            return False
        return True

    def whose(self, service: ServiceId) -> str:
        """A text that is the same for the same service of the same account only. One read.

        Raises:
            NorthflankPortsError: see `nf_ports.errors`.
        """
        own = self._services.own_id(service)
        return " ".join(sorted(own)) if isinstance(own, frozenset) else str(own)

    def are_same_service(self, one: ServiceId, other: ServiceId, left: Recorded = _NOTHING) -> bool:
        """Return True if two service ids are the same service; False if one of them does not exist.

        Args:
            one: a service id.
            other: another service id.
            left: the record of `one`, for a token that may not read it any more: equal port ids are the same service.

        Raises:
            NorthflankPortsError: see `nf_ports.errors`.
        """
        try:
            return self._services.are_same_service(one, other)
        except NotFound:
            return False
        except ApiError:
            known = {item.id for item in left.live.values() if item.id}
            if known and known == {item.id for item in self._services.read(other, names=True).ports.values()}:
                return True
            raise

    def read(self, service: ServiceId, recorded: Recorded | None, policies: Policies = Policies()) -> Recorded | None:
        """The live ports; None if the service does not exist any more.

        Unmanaged ports are shown as drift, unless the resource keeps them.

        Args:
            service: the service id.
            recorded: the record of the last operation; None if the resource only reads.
            policies: the access policy settings.

        Raises:
            NorthflankPortsError: see `nf_ports.errors`; also if it is unknown whether the service still exists.
        """
        last, names = recorded or _NOTHING, recorded is None or views.lacks_names(recorded)
        try:
            live = self._services.read(service, names=names).ports
            unseen = last.ports.keys() - {name for name, item in last.live.items() if item.id}
            if not unseen <= live.keys():
                # With a list from before the last write, the resource would forget its ports. A port with a recorded
                # id was read since that write, so if it is missing, it was removed.
                self._sleep(STALE_PAUSE_S)
                live = self._services.read(service, names=names).ports
        except NotFound:
            if not self._services.is_gone(service):
                raise
            return None
        owned = {
            name: item
            for name, item in views.with_recorded(live, last.live).items()
            if recorded is None or policies.unmanaged != "keep" or name in last.ports
        }
        ports = {
            name: views.with_rename(comparable(item, last.ports.get(name)), last.ports.get(name))
            for name, item in owned.items()
        }
        recreated = [name for name, item in owned.items() if item.recreated]
        if recreated:
            self._teller.say(
                service,
                f"was changed elsewhere: {ports_in_words(recreated)} was deleted and created again (another id);"
                " path rules and advanced options that no view shows are assumed to be gone",
            )
        return Recorded(
            ports,
            owned,
            last.former_ports,
            adopted=frozenset(n for n in ports if n in last.adopted or n not in last.ports or n in recreated),
            pending=views.nameless(owned),
            # A removed port without an id that a refresh still shows was created again by somebody else.
            removed={name: port_id for name, port_id in last.removed.items() if name in live and port_id},
        )

    def delete(self, recorded: Desired, left: Recorded) -> None:
        """Stop managing the service: remove its ports, keep them, or restore those from before the resource.

        Args:
            recorded: the recorded ports and settings.
            left: the record of the last operation.

        Raises:
            UnsafeChange: unmanaged ports would be removed.
            NorthflankPortsError: see `nf_ports.errors`; also if it is unknown whether the service still exists.
        """
        policies, service = recorded.policies, recorded.service
        if policies.on_delete == "keep":
            self._teller.say(service, "its ports stay as they are (on_delete is keep)")
            return
        stays = left.adopted if policies.on_delete is None else frozenset()
        if stays:
            self._teller.say(
                service,
                f"leaves {ports_in_words(sorted(stays))} unchanged: adopted by this resource and never written;"
                f" {argument('on_delete', 'clear')} removes adopted ports, too",
            )
        _refuse_restore(recorded, left)
        restore: Ports = {}
        if policies.on_delete == "restore":
            restore = left.former_ports or {}
            # Adopted ports that were never written stay: another resource of the same service may be deleted in the
            # same run, and the result must not depend on which of the two is deleted first.
            stays = frozenset(n for n in left.adopted if n in restore and same(restore[n], left.ports[n]))
            restore = {name: port for name, port in restore.items() if name not in stays}
        if policies.unmanaged == "keep":
            # Unmanaged ports stay as they are now, and none is restored.
            restore = {name: port for name, port in restore.items() if name in recorded.ports}
        if stays and stays >= recorded.ports.keys() and not restore:
            return
        try:
            with self._locked(service):
                self._leave(recorded, left, restore, stays)
        except NotFound:
            if not self._services.is_gone(service):
                raise
            self._teller.say(service, "does not exist any more, so there are no ports to remove")

    def _leave(self, recorded: Desired, left: Recorded, restore: Ports, stays: frozenset[str]) -> None:
        policies, service = recorded.policies, recorded.service
        live = self._read(recorded, left, names=bool(restore or stays) or policies.unmanaged == "keep")
        stays |= self._restored[service] - restore.keys()
        plan = plan_delete(str(service), live.ports, recorded.ports, policies, restore=restore, stays=stays)
        self._restored[service] |= restore.keys()
        for notice in plan.notices:
            self._tell(notice)
        unseen = [n for n, port in restore.items() if port.public and n in live.ports and not live.ports[n].complete]
        if unseen:
            self._teller.warn(
                service,
                f"restores {ports_in_words(unseen)} without path rules, because this API version does not show them;"
                " if there were any, add them in Northflank",
            )
        if plan.changes:
            # Removed ports need no fields in the write.
            options = has_options(restore, {name: recorded.ports[name] for name in restore if name in recorded.ports})
            self._writes.write(plan, service, live, patch=options)
            needed = ReadBack(to_check=protection.to_verify(restore, live.ports, recorded.ports))
            if needed.to_check or unmanaged.any_in(plan):
                seen = self._writes.read_back(plan, service, needed)
                self._writes.keep_unmanaged(plan, service, seen)
                self._writes.verify(plan, service, seen, needed)

    @contextmanager
    def _locked(self, *services: ServiceId) -> Iterator[None]:
        """Keep other operations of this run from `services` meanwhile.

        Pulumi runs four at a time, and a write replaces the list that was read before: of two on one service, one
        would be lost.
        """
        with ExitStack() as locks:
            # Always in the same order, or two resources that swap their services would wait for each other.
            for service in sorted(set(services), key=str):
                with self._locks_lock:
                    lock = self._locks[service]
                locks.enter_context(lock)
            yield

    @contextmanager
    def _domains_moved(self, move: Move | None) -> Iterator[None]:
        """Unlink domains from the service that the resource leaves, and link them again if the block fails."""
        if move is None or not move.domains:
            yield
            return
        try:
            # Only the domains change there; unmanaged ports are kept.
            stays = Desired(move.former, move.left.ports, Policies(unmanaged="keep"))
            live = self._read(stays, move.left)
        except NotFound:
            if not self._services.is_gone(move.former):
                raise
            # The links were deleted together with the service.
            live = Live({})
        if not any(move.domains & domains_of(item.port).keys() for item in live.ports.values()):
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
                self._teller.warn(move.former, f"custom domains could not be linked again ({domains}): {error}")
            raise

    def _read(self, desired: Desired, recorded: Recorded, *, names: bool = True) -> Live:
        """The live ports with recorded ids and names, read again if they may be from before the last write."""
        live = self._read_once(desired.service, recorded, names=names)
        if recorded is _NOTHING:
            return live
        if unexpected(live.ports, recorded.ports, desired.ports, desired.policies):
            self._sleep(STALE_PAUSE_S)
            live = self._read_once(desired.service, recorded, names=names)
        if desired.policies.unmanaged != "keep":
            return live
        for pause_s in READ_BACK_PAUSES_S:
            if not _still_shown(live.ports, recorded, desired):
                return live
            self._sleep(pause_s)
            live = self._read_once(desired.service, recorded, names=names)
        stuck = _still_shown(live.ports, recorded, desired)
        if stuck:
            raise UnsafeChange(Refusal("still shown", str(desired.service), tuple(stuck)))
        return live

    def _read_once(self, service: ServiceId, recorded: Recorded, *, names: bool) -> Live:
        live = self._services.read(service, names=names)
        return replace(live, ports=views.with_recorded(live.ports, recorded.live))

    def _carry_out(self, plan: Plan, desired: Desired, live: Live, recorded: Recorded) -> Recorded:
        kept = frozenset(
            name
            for name, port in desired.ports.items()
            if name in live.ports and same(port, comparable(live.ports[name], recorded.ports.get(name), port))
        )
        adopted = frozenset(name for name in kept if name in recorded.adopted or name not in recorded.ports)
        there = {name: item.port for name, item in live.ports.items() if name in desired.ports}
        options = has_options(desired.ports, recorded.ports, there)
        removed: dict[str, str] = {}
        after = After(live.ports, views.nameless(live.ports))
        for notice in plan.notices:
            self._tell(notice)
        if plan.changes:
            for warning in unknown_former_names(desired.ports, live.ports, recorded.ports):
                self._teller.warn(desired.service, warning)
        self._tell_of_hidden_fields(desired, live, recorded)
        if plan.changes:
            patched = self._writes.write(plan, desired.service, live, patch=options)
            to_check = protection.to_verify(desired.ports, live.ports, recorded.ports)
            resent = protection.resent(desired.ports, live.ports, to_check)
            needed = ReadBack(to_check=to_check, resent=resent, everything=patched)
            try:
                after = self._writes.after(plan, desired.service, live, needed)
            except WriteNotInForce as error:
                if error.left is not None:
                    error.outcome = _as_left(error.left, recorded)
                raise
            if desired.policies.unmanaged == "keep":
                written = {entry.name for entry in plan.entries}
                removed = {name: item.id or "" for name, item in live.ports.items() if name not in written}
        owned = {name: after.live[name] for name in desired.ports if name in after.live}
        self._writes.tell_of_placeholders(desired.service, owned, after.pending)
        return Recorded(
            desired.ports,
            owned,
            recorded.former_ports,
            adopted=adopted,
            pending=after.pending & desired.ports.keys(),
            unverified=after.unverified,
            removed=removed,
        )

    def _tell_of_hidden_fields(self, desired: Desired, live: Live, recorded: Recorded) -> None:
        found_before = (
            item for name, item in live.ports.items() if name in desired.ports and name not in recorded.ports
        )
        if any(not item.complete and item.port.protocol in ("HTTP", "HTTP/2") for item in found_before):
            self._teller.tally(
                "had ports before. This API version does not show their path rules and advanced options: if a port has"
                " some that the program does not declare, the first change removes them",
                str(desired.service),
            )

    def _write_former(self, move: Move, live: Live, without: frozenset[str]) -> None:
        """Write the list of the service that the resource leaves, without some custom domains."""
        left = move.left.ports
        self._writes.rewrite(move.former, live, left, lambda _name, port: _without_domains(port, without))
        ports = {name: _without_domains(port, without) for name, port in left.items() if name in live.ports}
        seen = self._services.read_after_write(
            move.former, names=False, paths=protection.has_path_rules(ports.values())
        )
        weak = protection.not_in_force(ports, seen.ports)
        if weak:
            raise WriteNotInForce(protection.sentence(str(move.former), weak, made_private=()))


def _as_left(left: Mapping[str, LivePort], recorded: Recorded) -> Recorded:
    """The record of ports that a write left without the desired protection: as they are live."""
    live = views.with_recorded(left, recorded.live)
    ports = {name: comparable(item, recorded.ports.get(name)) for name, item in live.items()}
    return Recorded(ports, live, recorded.former_ports, pending=views.nameless(live))


def _refuse_restore(desired: Desired, recorded: Recorded) -> None:
    if desired.policies.on_delete == "restore" and recorded.former_ports is None:
        raise UnsafeChange(Refusal("not restorable", str(desired.service)))


def _still_shown(live: Mapping[str, LivePort], recorded: Recorded, desired: Desired) -> list[str]:
    """Ports that this resource removed and that the API shows still or again."""
    return [
        name
        for name, port_id in recorded.removed.items()
        if name in live and name not in desired.ports and (not port_id or live[name].id in {port_id, None})
    ]


def _without_domains(port: Port, domains: frozenset[str]) -> Port:
    """A port without some of its custom domains."""
    left = {domain: True for domain in domains_of(port) if domain not in domains}
    if len(left) == len(domains_of(port)):
        return port
    rest = replaced(port, domains=left or None)
    # Without a domain, Northflank turns a disabled generated name on again, so the port is made private.
    return protection.made_private(rest) if rest.disable_nf_domain and not left else rest
