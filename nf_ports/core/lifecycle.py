"""Create, update, read and delete the ports of a service, on one API. Knows no Pulumi.

Calls are the cost (1,000 an hour and account): an operation reads, writes once, and reads back only what nobody else
can know: a new public name, and whether new protection is in force.
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
from nf_ports.core.records import Desired, Move, Recorded
from nf_ports.core.renames import unknown_former_names
from nf_ports.core.writes import READ_BACK_PAUSES_S, After, Wanted, Writes, has_options
from nf_ports.errors import ApiError, NorthflankPortsError, NotFound, NotInForce, UnsafeChange
from nf_ports.northflank.live import LivePort
from nf_ports.northflank.service_id import ServiceId
from nf_ports.northflank.services import STALE_PAUSE_S, Live, Services
from nf_ports.notices import Tally, Tell, Teller, quiet
from nf_ports.ports.canonical import Ports, domains_of, replaced
from nf_ports.ports.differences import same
from nf_ports.ports.port import Port
from nf_ports.refusals import Refusal, ports_in_words

_NOTHING: Final = Recorded({})


class Lifecycle:
    """The operations, on one API.

    Args:
        services: the API.
        tell: where notices go.
        sleep: how to wait, in seconds.
        tally: where a text goes that is told once for all services that it is true of; by default it is told for
            each.
    """

    def __init__(
        self,
        services: Services,
        tell: Tell = quiet,
        sleep: Callable[[float], None] = time.sleep,
        tally: Tally | None = None,
    ) -> None:
        """Do nothing yet."""
        self._services = services
        self._tell = tell
        self._sleep = sleep
        self._teller = Teller(tell, tally)
        self._writes = Writes(services, self._teller, sleep)
        self._locks_lock = threading.Lock()
        self._locks: defaultdict[ServiceId, threading.Lock] = defaultdict(threading.Lock)
        self._brought_back: defaultdict[ServiceId, frozenset[str]] = defaultdict(frozenset)

    def create(self, desired: Desired, move: Move | None = None) -> Recorded:
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

    def _create(self, desired: Desired, move: Move | None) -> Recorded:
        live = self._read(desired, _NOTHING)
        plan = plan_write(str(desired.service), desired.ports, live.ports, None, desired.policies)
        if plan.changes and unmanaged.any_in(plan):
            # No state tells a list from before the last write, and its ports must not come back with this one.
            self._sleep(STALE_PAUSE_S)
            live = self._read(desired, _NOTHING)
            plan = plan_write(str(desired.service), desired.ports, live.ports, None, desired.policies)
        found: Ports | None = None
        if desired.policies.on_delete == "restore":
            # Others' ports that stay are not this resource's to bring back.
            ours = desired.ports if desired.policies.unmanaged == "keep" else live.ports
            found = {name: item.port for name, item in live.ports.items() if name in ours}
        with self._handed_over(move if plan.changes else None):
            outcome = self._carry_out(plan, desired, live, replace(_NOTHING, found=found))
        if outcome.adopted and outcome.adopted == desired.ports.keys():
            self._teller.tally(
                'adopted as they are, with no write; destroy leaves them, unless on_delete is "clear"',
                str(desired.service),
            )
        return outcome

    def update(self, recorded: Recorded, desired: Desired) -> Recorded:
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

    def _update(self, recorded: Recorded, desired: Desired) -> Recorded:
        live = self._read(desired, recorded)
        plan = plan_write(str(desired.service), desired.ports, live.ports, recorded.ports, desired.policies)
        if recorded.found is not None:
            # A port that is taken over only now comes back as it is now.
            taken = {n: item.port for n, item in live.ports.items() if n in desired.ports and n not in recorded.ports}
            recorded = replace(recorded, found={**recorded.found, **taken})
        return self._carry_out(plan, desired, live, recorded)

    def look_again(self, recorded: Recorded, desired: Desired) -> Recorded:
        """Look once at the ports that were pending after the last operation; nothing is written.

        Raises:
            NotInForce: the protection of the last write is not in force.
            NorthflankPortsError: see `nf_ports.errors`.
        """
        _refuse_restore(desired, recorded)
        with self._alone(desired.service):
            return self._look_again(recorded, desired)

    def _look_again(self, recorded: Recorded, desired: Desired) -> Recorded:
        ports = {name: port for name, port in recorded.ports.items() if name in recorded.pending}
        seen = self._services.look(desired.service, names=True, paths=protection.has_path_rules(ports.values()))
        weak = protection.not_in_force(ports, seen.ports)
        if weak:
            closed = recorded.unverified & weak.keys()
            if closed:
                self._writes.rewrite(
                    desired.service,
                    self._read(desired, recorded),
                    recorded.ports,
                    lambda name, port: protection.closed(port) if name in closed else port,
                )
            raise NotInForce(protection.sentence(str(desired.service), weak, sorted(closed)))
        live = views.compared(seen.ports, recorded.live)
        known = {name: live.get(name, item) for name, item in recorded.live.items()}
        nameless = views.nameless(known) & recorded.pending
        self._writes.tell_nameless(desired.service, nameless)
        self._writes.tell_of_stand_ins(desired.service, known, nameless)
        unseen = protection.unseen(ports, seen.ports)
        self._writes.tell_unseen(desired.service, unseen)
        return replace(recorded, live=known, pending=nameless | unseen, unverified=recorded.unverified & unseen)

    def is_there(self, service: ServiceId) -> bool:
        """True if this token sees the service, asked before anything moves to it: one read.

        Raises:
            NorthflankPortsError: see `nf_ports.errors`.
        """
        try:
            self._services.read(service)
        except NotFound:
            return False
        return True

    def are_one(self, one: ServiceId, other: ServiceId, left: Recorded = _NOTHING) -> bool:
        """True if two routes lead to one service; False if one of them leads nowhere.

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

    def read(self, service: ServiceId, recorded: Recorded | None, policies: Policies = Policies()) -> Recorded | None:
        """The live ports; None if the service is gone.

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
        owned = {
            name: item
            for name, item in views.compared(live, was.live).items()
            if recorded is None or policies.unmanaged != "keep" or name in was.ports
        }
        ports = {
            name: views.with_rename(comparable(item, was.ports.get(name)), was.ports.get(name))
            for name, item in owned.items()
        }
        remade = [name for name, item in owned.items() if item.remade]
        if remade:
            self._teller.say(
                service,
                f"was changed elsewhere: {ports_in_words(remade)} was deleted and made again (another id);"
                " path rules and advanced options that no view shows count as gone",
            )
        return Recorded(
            ports,
            owned,
            was.found,
            adopted=frozenset(n for n in ports if n in was.adopted or n not in was.ports or n in remade),
            pending=views.nameless(owned),
            # A port without an id that a refresh still shows is somebody else's by now.
            removed={name: port_id for name, port_id in was.removed.items() if name in live and port_id},
        )

    def delete(self, recorded: Desired, left: Recorded) -> None:
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
            self._teller.say(service, "its ports stay as they are (on_delete is keep)")
            return
        stays = left.adopted if policies.on_delete is None else frozenset()
        if stays:
            self._teller.say(
                service,
                f"{ports_in_words(sorted(stays))} stays as it is, because this resource adopted it and"
                ' never wrote it; on_delete="clear" removes such ports, too',
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
            self._teller.say(service, "is gone already, so there are no ports to remove")

    def _leave(self, recorded: Desired, left: Recorded, restore: Ports, stays: frozenset[str]) -> None:
        policies, service = recorded.policies, recorded.service
        live = self._read(recorded, left, names=bool(restore or stays) or policies.unmanaged == "keep")
        stays |= self._brought_back[service] - restore.keys()
        plan = plan_delete(str(service), live.ports, recorded.ports, policies, restore=restore, stays=stays)
        self._brought_back[service] |= restore.keys()
        for notice in plan.notices:
            self._tell(notice)
        unseen = [n for n, port in restore.items() if port.public and n in live.ports and not live.ports[n].complete]
        if unseen:
            self._teller.warn(
                service,
                f"{ports_in_words(unseen)} is restored without path rules, because this API version"
                " does not show them: add them in Northflank if there were any",
            )
        if plan.changes:
            # Of ports that go, nothing is to be written.
            options = has_options(restore, {name: recorded.ports[name] for name in restore if name in recorded.ports})
            self._writes.write(plan, service, live, patch=options)
            wanted = Wanted(guarded=protection.to_verify(restore, live.ports, recorded.ports))
            if wanted.guarded or unmanaged.any_in(plan):
                seen = self._writes.see(plan, service, wanted)
                self._writes.keep_unmanaged(plan, service, seen)
                self._writes.verify(plan, service, seen, wanted)

    @contextmanager
    def _alone(self, *services: ServiceId) -> Iterator[None]:
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
            stays = Desired(move.former, move.left.ports, Policies(unmanaged="keep"))
            live = self._read(stays, move.left)
        except NotFound:
            if not self._services.is_gone(move.former):
                raise
            # With the service its links are gone, too.
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
                self._teller.warn(move.former, f"{domains} could not be linked again: {error}")
            raise

    def _read(self, desired: Desired, recorded: Recorded, *, names: bool = True) -> Live:
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
            raise UnsafeChange(Refusal("still shown", str(desired.service), tuple(stuck)))
        return live

    def _compared(self, service: ServiceId, recorded: Recorded, *, names: bool) -> Live:
        live = self._services.read(service, names=names)
        return replace(live, ports=views.compared(live.ports, recorded.live))

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
        self._tell_of_unseen(desired, live, recorded)
        if plan.changes:
            patched = self._writes.write(plan, desired.service, live, patch=options)
            guarded = protection.to_verify(desired.ports, live.ports, recorded.ports)
            held = protection.held(desired.ports, live.ports, guarded)
            after = self._writes.after(plan, desired.service, live, Wanted(guarded=guarded, held=held, whole=patched))
            if desired.policies.unmanaged == "keep":
                written = {entry.name for entry in plan.entries}
                removed = {name: item.id or "" for name, item in live.ports.items() if name not in written}
        owned = {name: after.live[name] for name in desired.ports if name in after.live}
        self._writes.tell_of_stand_ins(desired.service, owned, after.pending)
        return Recorded(
            desired.ports,
            owned,
            recorded.found,
            adopted=adopted,
            pending=after.pending & desired.ports.keys(),
            unverified=after.unverified,
            removed=removed,
        )

    def _tell_of_unseen(self, desired: Desired, live: Live, recorded: Recorded) -> None:
        taken_over = (item for name, item in live.ports.items() if name in desired.ports and name not in recorded.ports)
        if any(not item.complete and item.port.protocol in ("HTTP", "HTTP/2") for item in taken_over):
            self._teller.tally(
                "adopted with their live ports. This API version does not show path rules and advanced options: if a"
                " port has any that the program does not declare, the first change removes them",
                str(desired.service),
            )

    def _write_former(self, move: Move, live: Live, without: frozenset[str]) -> None:
        """Write the list of the service that the resource leaves as it is, without some custom domains."""
        left = move.left.ports
        self._writes.rewrite(move.former, live, left, lambda _name, port: _without(port, without))
        ports = {name: _without(port, without) for name, port in left.items() if name in live.ports}
        seen = self._services.look(move.former, names=False, paths=protection.has_path_rules(ports.values()))
        weak = protection.not_in_force(ports, seen.ports)
        if weak:
            raise NotInForce(protection.sentence(str(move.former), weak, closed=()))


def _refuse_restore(desired: Desired, recorded: Recorded) -> None:
    if desired.policies.on_delete == "restore" and recorded.found is None:
        raise UnsafeChange(Refusal("not restorable", str(desired.service)))


def _lingering(live: Mapping[str, LivePort], recorded: Recorded, desired: Desired) -> list[str]:
    """Ports that this resource removed and that the API still, or again, shows."""
    return [
        name
        for name, port_id in recorded.removed.items()
        if name in live and name not in desired.ports and (not port_id or live[name].id in {port_id, None})
    ]


def _without(port: Port, domains: frozenset[str]) -> Port:
    """A port without some of its custom domains."""
    left = {domain: True for domain in domains_of(port) if domain not in domains}
    if len(left) == len(domains_of(port)):
        return port
    rest = replaced(port, domains=left or None)
    # Without a domain Northflank turns the generated name on again, where the program has turned it off.
    return protection.closed(rest) if rest.disable_nf_domain and not left else rest
