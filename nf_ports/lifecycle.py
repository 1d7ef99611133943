"""What a `ServicePorts` does: check, diff, create, read, update, delete as plain functions. Knows no Pulumi.

Calls are the cost (1,000 an hour and account): an operation reads once, writes once, and reads back only where the
server makes something that nobody else can know, a new public name.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from nf_ports import foreign, views
from nf_ports.declared import Declared, Outcome, Ports
from nf_ports.errors import NorthflankPortsError, NotFound, OutcomeUnknown, UnsafeChange
from nf_ports.live import LivePort
from nf_ports.northflank.services import Live, Services
from nf_ports.plan import Plan, Policies, carried, plan_delete, plan_write, shows, unexpected
from nf_ports.service import Service

READ_BACK_PAUSES_S: Final = (0.5, 1.0, 2.0)
"""A generated name can be missing right after the write (observed): short waits, three at most."""

STALE_PAUSE_S: Final = 1.0
"""How long to wait before a list that is not the recorded one is believed: a last look, for one more call."""

_NOTHING: Final[Mapping[str, LivePort]] = MappingProxyType({})

Tell = Callable[[str], None]


class Lifecycle:
    """The operations, on one API.

    Args:
        services: the API.
        tell: where a sentence for the user goes.
        sleep: how to wait, in seconds.
    """

    def __init__(
        self, services: Services, tell: Tell = lambda _line: None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Do nothing yet."""
        self._services = services
        self._tell = tell
        self._sleep = sleep

    def create(self, desired: Declared) -> Outcome:
        """Take the ports of a service over, or make them.

        A list that equals the desired one is adopted without a write; whatever else is there is named, and nothing
        is dropped silently.

        Raises:
            UnsafeChange: other ports are there.
            NorthflankPortsError: see `nf_ports.errors`.
        """
        live = self._read(desired)
        plan = plan_write(str(desired.service), desired.ports, live.ports, None, desired.policies)
        if plan.write and live.ports and _has_path_rules(desired.ports):
            # The ports endpoint does not show path rules. Where *Get service* does, they decide, too: equal ones are
            # adopted, and others are not overwritten unseen.
            live = self._whole(live, desired.service)
            plan = plan_write(str(desired.service), desired.ports, live.ports, None, desired.policies)
        self._tell_of_unseen(desired, live, {})
        found = (
            {name: item.port for name, item in live.ports.items()} if desired.policies.on_delete == "restore" else None
        )
        return self._carry_out(plan, desired, live, found)

    def update(
        self,
        recorded: Ports,
        desired: Declared,
        found: Ports | None = None,
        known: Mapping[str, LivePort] = _NOTHING,
    ) -> Outcome:
        """Come from `recorded` to `desired`, unless the list was changed elsewhere meanwhile.

        Args:
            recorded: the ports after the last operation.
            desired: what to come to.
            found: the list that was there before the resource, where it is kept.
            known: ids and names as they were recorded, for views that do not show them.

        Raises:
            UnsafeChange: an edit elsewhere would be overwritten.
            NorthflankPortsError: see `nf_ports.errors`.
        """
        live = self._read(desired, recorded, known)
        plan = plan_write(str(desired.service), desired.ports, live.ports, recorded, desired.policies)
        self._tell_of_unseen(desired, live, recorded)
        return self._carry_out(plan, desired, live, found)

    def read(
        self,
        service: Service,
        recorded: Ports | None,
        policies: Policies = Policies(),
        known: Mapping[str, LivePort] = _NOTHING,
    ) -> Outcome | None:
        """What is there now; None where the service is gone.

        Others' ports are shown as drift, unless the resource leaves them alone.

        Args:
            service: which service.
            recorded: the ports after the last operation; None where the resource only looks.
            policies: what the resource leaves alone.
            known: ids and names as they were recorded, for views that do not show them.

        Raises:
            NorthflankPortsError: see `nf_ports.errors`.
        """
        try:
            live = self._services.read(service, whole=_has_options(recorded or {}))
        except NotFound:
            return None
        was = recorded or {}
        mine = {
            name: item
            for name, item in views.filled(live.ports, known).items()
            if recorded is None or policies.unmanaged != "keep" or name in recorded
        }
        ports = {name: views.with_rename(carried(item, was.get(name)), was.get(name)) for name, item in mine.items()}
        return Outcome(ports, mine)

    def delete(self, recorded: Declared, found: Ports | None) -> None:
        """Leave the service: without these ports, as it is, or with the list that was found.

        Raises:
            UnsafeChange: ports that were never declared would be dropped.
            NorthflankPortsError: see `nf_ports.errors`.
        """
        policies, service = recorded.policies, recorded.service
        if policies.on_delete == "keep":
            self._tell(f"{service}: its ports stay as they are (on_delete is keep)")
            return
        if policies.on_delete == "restore" and found is None:
            raise UnsafeChange(
                f"{service} cannot get its former ports back: on_delete was not restore when this resource took them"
                ' over. Set on_delete to "clear" or "keep", run up, and destroy again.'
            )
        try:
            live = self._read(recorded, recorded.ports)
            plan = plan_delete(str(service), live.ports, recorded.ports, policies, found or {})
            for note in plan.notes:
                self._tell(note)
            if plan.write:
                plan = foreign.completed(plan, self._services, service)
                self._write(plan, service, live)
                if foreign.beside(plan):
                    self._make_good(plan, service, self._see(plan, service))
        except NotFound:
            self._tell(f"{service}: is gone already, so there are no ports to remove")

    def _tell_of_unseen(self, desired: Declared, live: Live, recorded: Ports) -> None:
        taken_over = (item for name, item in live.ports.items() if name in desired.ports and name not in recorded)
        if any(not item.complete for item in taken_over):
            self._tell(
                f"{desired.service}: is taken over with the ports it has. The ports endpoint does not show path rules"
                " and advanced options: if it has some that the program does not declare, the first change removes them"
            )

    def _whole(self, live: Live, service: Service) -> Live:
        """`live`, with what *Get service* shows beyond it."""
        shown = self._services.specified(service)
        ports = {
            name: replace(shown[name], id=item.id, dns=item.dns, certificates=item.certificates)
            if name in shown and not item.complete
            else item
            for name, item in live.ports.items()
        }
        return replace(live, ports=ports)

    def _read(self, desired: Declared, recorded: Ports | None = None, known: Mapping[str, LivePort] = _NOTHING) -> Live:
        whole = _has_options(desired.ports) or _has_options(recorded or {})
        live = self._services.read(desired.service, whole=whole)
        if recorded is not None and unexpected(live.ports, recorded, desired.policies):
            # Edited elsewhere, or the list before the last write, should a read show that for a moment (open).
            self._sleep(STALE_PAUSE_S)
            live = self._services.read(desired.service, whole=whole)
        return replace(live, ports=views.filled(live.ports, known))

    def _carry_out(self, plan: Plan, desired: Declared, live: Live, found: Ports | None) -> Outcome:
        ports = live.ports
        if plan.write:
            plan = foreign.completed(plan, self._services, desired.service)
        for note in plan.notes:
            self._tell(note)
        if plan.write:
            self._write(plan, desired.service, live)
            ports = self._after(plan, desired, live)
        return Outcome(desired.ports, {name: ports[name] for name in desired.ports if name in ports}, found)

    def _write(self, plan: Plan, service: Service, live: Live) -> None:
        """Write once. Where the fate of the write is not known, look, and send again only if nothing happened."""
        wanted = {entry.name: entry.port or (entry.kept.port if entry.kept else {}) for entry in plan.entries}
        before = {name: item.port for name, item in live.ports.items()}
        # A write of path rules alone changes nothing that can be seen, so looking cannot tell whether it landed.
        seen = not shows(live.ports, wanted)
        for last in (False, True):
            try:
                self._services.write(service, plan.entries, live)
            except OutcomeUnknown as unknown:
                now = self._look(service, wanted, live, unknown)
                if seen and shows(now, wanted):
                    self._tell(f"{service}: the connection broke during the write, but the write has landed")
                    return
                if last:
                    raise
                if not shows(now, before):
                    raise UnsafeChange(
                        f"{service}: the connection broke during the write, and the list is now neither the former nor"
                        " the desired one, so somebody else changed it. Nothing more was written; run 'pulumi refresh'"
                        " to see what is there."
                    ) from unknown
            else:
                return

    def _look(self, service: Service, wanted: Ports, before: Live, unknown: OutcomeUnknown) -> Mapping[str, LivePort]:
        """The list in the view of before, read again for a while where it does not show the write: it may be stale."""
        now: Mapping[str, LivePort] = {}
        for pause_s in (0.0, *READ_BACK_PAUSES_S):
            self._sleep(pause_s)
            try:
                now = self._services.read(service, whole=before.service_type is not None).ports
            except NotFound:
                raise
            except NorthflankPortsError as error:
                raise OutcomeUnknown(f"{unknown} Looking failed, too: {error}") from unknown
            if shows(now, wanted):
                break
        return now

    def _after(self, plan: Plan, desired: Declared, before: Live) -> Mapping[str, LivePort]:
        """The ports after a write: read back where something has to be learned, else known from the read before.

        Never raises: the write has landed, and an error here would make Pulumi forget that.
        """
        service = desired.service
        known = {entry.name: views.expected(entry, before.ports) for entry in plan.entries}
        waiting = [name for name, port in desired.ports.items() if views.makes_a_name(port) and known[name].dns is None]
        if not waiting and not foreign.beside(plan):
            return known
        seen = Live({})
        try:
            seen = self._see(plan, service, waiting)
            self._make_good(plan, service, seen)
        except NorthflankPortsError as error:
            self._tell(f"warning: {service}: the ports are written, but looking after them failed: {error}")
        live = seen.ports
        nameless = [name for name in waiting if name not in live or not live[name].dns]
        if nameless:
            self._tell(
                f"{service}: the ports are written, but Northflank shows no generated name yet for"
                f" {', '.join(nameless)}; 'pulumi refresh' will fill it in, where the API reports it"
            )
        return {name: views.joined(item, live.get(name)) for name, item in known.items()}

    def _see(self, plan: Plan, service: Service, waiting: Sequence[str] = ()) -> Live:
        """The list after a write, read again for a while where it does not show everything yet."""
        seen = Live({})
        for pause_s in (0.0, *READ_BACK_PAUSES_S):
            self._sleep(pause_s)
            seen = self._services.read(service)
            named = all(name in seen.ports and (seen.ports[name].dns or seen.ports[name].complete) for name in waiting)
            if named and (foreign.shown(plan, seen.ports) or not foreign.beside(plan)):
                break
        return seen

    def _make_good(self, plan: Plan, service: Service, live: Live) -> None:
        """Write back what the API did not keep of ports that are not ours."""
        if foreign.unsure(plan) and not foreign.shown(plan, live.ports):
            self._tell(
                f"warning: {service}: Northflank still shows the list before the write, so nobody can see whether it"
                f" kept the security of {', '.join(foreign.unsure(plan))}; check it"
            )
            return
        again, lost = foreign.made_good(plan, live.ports)
        if again is not None:
            self._tell(
                f"warning: {service}: Northflank did not keep the security of {', '.join(lost)}, which this program"
                " leaves alone; it is written back at once, as far as it could be seen (path rules cannot)"
            )
            self._write(again, service, live)
            self._see(again, service)


def _has_options(ports: Ports) -> bool:
    return any("advancedOptions" in port for port in ports.values())


def _has_path_rules(ports: Ports) -> bool:
    return any("securePathConfiguration" in port.get("security", {}) for port in ports.values())
