"""One write of a list, and the verification after it: generated names, protection, unmanaged ports.

If the answer to a write is lost, the list is read, and the write is sent again only if nothing changed. New protection
that is not in force is an error, and a newly public port without it is made private again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from nf_ports.core import protection, unmanaged, views
from nf_ports.core.plan import Plan, comparable, shows, shows_but_protection
from nf_ports.core.records import WriteNotInForce
from nf_ports.errors import NorthflankPortsError, NotFound, NotInForce, OutcomeUnknown, UnsafeChange
from nf_ports.northflank.live import Entry, LivePort
from nf_ports.northflank.service_id import ServiceId
from nf_ports.northflank.services import Live, Services
from nf_ports.notices import Teller
from nf_ports.ports.canonical import Ports, domains_of, has_beyond
from nf_ports.ports.port import Port
from nf_ports.refusals import Refusal, ports_in_words

READ_BACK_PAUSES_S: Final = (0.5, 1.0, 2.0)
"""The API can show the list from before the write for a moment: short waits, three at most."""

NAME_PAUSES_S: Final = (4.0, 8.0, 15.0)
"""A generated name can take longer (observed: up to 20 s): further waits, about 30 s in all."""

_NAP_S: Final = 2.0
_WAIT_NOTICE: Final = len(READ_BACK_PAUSES_S)


@dataclass(frozen=True, slots=True)
class After:
    """The ports after a write, and the names of those to read again."""

    live: Mapping[str, LivePort]
    pending: frozenset[str] = frozenset()
    unverified: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ReadBack:
    """The facts that a read after a write has to show.

    Attributes:
        names: the ports that need a generated name.
        to_check: the ports whose protection has to be in force.
        resent: the ports whose protection was in force before the write; alone they cause no read.
        everything: True if the complete write has to be shown, because ids may have changed.
        may_be_old: True if a read cannot be distinguished from the list before the write: then the third one counts.
    """

    names: frozenset[str] = frozenset()
    to_check: Mapping[str, protection.PortToVerify] = field(default_factory=dict)
    resent: Ports = field(default_factory=dict)
    everything: bool = False
    may_be_old: bool = False

    @property
    def protected(self) -> Ports:
        """All ports whose protection has to be in force."""
        return {**self.resent, **_ports_of(self.to_check)}


class Writes:
    """Writes to one API.

    Args:
        services: the API.
        teller: takes notices.
        sleep: waits, in seconds.
    """

    def __init__(self, services: Services, teller: Teller, sleep: Callable[[float], None] = time.sleep) -> None:
        """Store the arguments; no request is sent."""
        self._services = services
        self._teller = teller
        self._sleep = sleep

    def rewrite(self, service: ServiceId, live: Live, owned: Ports, change: Callable[[str, Port], Port]) -> None:
        """Write the list of a service as it is, with `change` applied to the resource's own ports."""
        entries = tuple(
            Entry(name, change(name, comparable(item, owned[name])), item.id, before=item)
            if name in owned
            else Entry(name, kept=item)
            for name, item in live.ports.items()
        )
        plan = Plan(entries)
        self.write(plan, service, live, patch=has_options(owned))
        if unmanaged.any_in(plan):
            self.keep_unmanaged(plan, service, self.read_back(plan, service, ReadBack()))

    def write(self, plan: Plan, service: ServiceId, live: Live, *, patch: bool) -> bool:
        """Write once. If the outcome is unknown, read the list, and write again only if nothing changed."""
        written = {entry.name: port for entry in plan.entries if (port := entry.written)}
        before = {name: item.port for name, item in live.ports.items()}
        # A write of path rules alone may change nothing that a view shows; then a read cannot show its outcome.
        seen = not shows(live.ports, written)
        for last in (False, True):
            try:
                return self._services.write(service, plan.entries, live, patch=patch)
            except OutcomeUnknown as unknown:
                now = self._read_after_lost_answer(service, written, unknown)
                # Protection that Northflank did not keep is no edit of somebody else; the caller verifies it.
                if seen and (shows(now, written) or (not shows(now, before) and shows_but_protection(now, written))):
                    self._teller.say(service, "the connection broke during the write, but Northflank has applied it")
                    return self._services.patches(options=patch)
                if last:
                    raise
                if not shows(now, before):
                    raise UnsafeChange(Refusal("edited meanwhile", str(service))) from unknown
        raise AssertionError("the last try returns or raises")

    def _read_after_lost_answer(
        self, service: ServiceId, written: Ports, unknown: OutcomeUnknown
    ) -> Mapping[str, LivePort]:
        """The list, read again for a while if it does not show the write, because it may be old."""
        now: Mapping[str, LivePort] = {}
        for pause_s in (0.0, *READ_BACK_PAUSES_S):
            self._sleep(pause_s)
            try:
                now = self._services.read(service).ports
            except NotFound:
                raise
            except NorthflankPortsError as error:
                raise OutcomeUnknown(f"{unknown} Reading the ports failed, too: {error}") from unknown
            if shows(now, written):
                break
        return now

    def after(self, plan: Plan, service: ServiceId, before: Live, needed: ReadBack) -> After:
        """The ports after a write: read back if something has to be verified, else known from the read before.

        Raises only if protection is not in force: the write was applied, and after any other error here Pulumi would
        not record that.
        """
        known = {entry.name: views.expected(entry, entry.port, before.ports) for entry in plan.entries if entry.port}
        nameless = frozenset(
            entry.name
            for entry in plan.entries
            if entry.port and views.makes_a_name(entry.port) and known[entry.name].dns is None
        )
        to_check, patched = needed.to_check, needed.everything
        if not (nameless or to_check or patched or unmanaged.any_in(plan)):
            return After(known)
        try:
            hides = (
                patched and unmanaged.shown(plan, before.ports) and any(item.named for item in before.ports.values())
            )
            seen = self.read_back(plan, service, replace(needed, names=nameless, may_be_old=hides))
            self.keep_unmanaged(plan, service, seen)
        except NotInForce:
            raise
        except NorthflankPortsError as error:
            self._teller.warn(service, f"the ports are written, but reading them back failed: {error}")
            # Patch service may have given other ids, and an old id would look like a port created again elsewhere.
            known = {name: replace(item, id=None) for name, item in known.items()} if patched else known
            return After(known, nameless | to_check.keys(), _newly_public(to_check, to_check))
        self.verify(plan, service, seen, needed)
        live = {name: views.merged(item, seen.ports.get(name)) for name, item in known.items()}
        without_name = frozenset(name for name in nameless if name not in seen.ports) | views.nameless(live)
        self.tell_nameless(service, without_name)
        unseen = protection.unseen(_ports_of(to_check), seen.ports)
        self.tell_unseen(service, unseen)
        return After(live, without_name | unseen, _newly_public(to_check, unseen))

    def verify(self, plan: Plan, service: ServiceId, seen: Live, needed: ReadBack) -> None:
        """Make sure that new protection is in force; a newly public port without it is made private again.

        Raises:
            NotInForce: protection is not in force.
        """
        to_check, ports = needed.to_check, _ports_of(needed.to_check)
        weak = protection.not_in_force(needed.protected, seen.ports)
        if not weak:
            unverified = [n for n in ports if n in seen.ports and not seen.ports[n].complete]
            if protection.has_path_rules(ports[name] for name in unverified):
                self._teller.tally(
                    "path rules were written but not verified, because this API version does not show them",
                    str(service),
                )
            return
        closed = [name for name in weak if name in to_check and to_check[name].newly_public]
        left: Mapping[str, LivePort] | None = _own(plan, seen.ports)
        if closed:
            ids = {name: item.id for name, item in seen.ports.items()}
            entries = tuple(
                _made_private(known, to_check[known.name]) if known.name in closed else known
                for known in (replace(entry, id=ids.get(entry.name) or entry.id) for entry in plan.entries)
            )
            again = replace(plan, entries=entries)
            try:
                self.write(again, service, seen, patch=has_options(ports))
                if unmanaged.any_in(again):
                    self.keep_unmanaged(again, service, self.read_back(again, service, ReadBack()))
            except NorthflankPortsError as error:
                text = protection.sentence(str(service), weak, made_private=(), failed=str(error))
                raise WriteNotInForce(text, left) from error
            left = self._left(again, service)
        raise WriteNotInForce(protection.sentence(str(service), weak, made_private=closed), left)

    def _left(self, plan: Plan, service: ServiceId) -> Mapping[str, LivePort] | None:
        """The resource's own ports after a write, whatever their protection; None if no read shows them."""
        written = {entry.name: port for entry in plan.entries if (port := entry.written)}
        for pause_s in (0.0, *READ_BACK_PAUSES_S):
            self._rest(pause_s)
            try:
                seen = self._services.read_after_write(service, names=True, paths=True)
            except NorthflankPortsError:
                return None
            if shows_but_protection(seen.ports, written):
                return _own(plan, seen.ports)
        return None

    def tell_unseen(self, service: ServiceId, names: Collection[str]) -> None:
        """Warn of ports for which no view shows the write yet."""
        if names:
            self._teller.warn(
                service,
                f"Northflank does not show {ports_in_words(sorted(names))} as written yet, so"
                " the protection could not be verified; the next 'pulumi up' checks again",
            )

    def tell_nameless(self, service: ServiceId, names: frozenset[str]) -> None:
        """Show a notice on ports whose generated name is not shown yet."""
        if names:
            self._teller.say(
                service,
                f"Northflank shows no generated name yet for {', '.join(sorted(names))};"
                " the next 'pulumi up' reads it again",
            )

    def tell_of_placeholders(self, service: ServiceId, live: Mapping[str, LivePort], pending: frozenset[str]) -> None:
        """Show a notice on ports whose generated name this API version shows nowhere."""
        names = [n for n, item in live.items() if views.makes_a_name(item.port) and not item.dns and n not in pending]
        hidden = [name for name in names if not domains_of(live[name].port)]
        if hidden:
            self._teller.tally(
                f"this API version shows no generated name of {ports_in_words(hidden)}, so the output urls has a"
                " placeholder that no host can have; add a custom domain, or write the name where you need it",
                str(service),
            )

    def read_back(self, plan: Plan, service: ServiceId, needed: ReadBack) -> Live:
        """The list after a write, read again for a while if it does not show everything yet."""
        seen = Live({})
        ports = _ports_of(needed.to_check)
        for number, pause_s in enumerate((0.0, *READ_BACK_PAUSES_S, *NAME_PAUSES_S)):
            if number == _WAIT_NOTICE + 1:
                span_s = sum(NAME_PAUSES_S)
                self._teller.say(
                    service,
                    f"is written; waiting up to {span_s:.0f} s for the generated name of"
                    f" {', '.join(sorted(needed.names))}",
                )
            self._rest(pause_s)
            seen = self._services.read_after_write(
                service, names=bool(needed.names) or needed.everything, paths=protection.has_path_rules(ports.values())
            )
            there = needed.names <= seen.ports.keys() and not protection.unseen(ports, seen.ports)
            named = there and not needed.names & views.nameless(seen.ports)
            weak = protection.not_in_force(needed.protected, seen.ports)
            settled = not (needed.everything or unmanaged.any_in(plan)) or unmanaged.shown(plan, seen.ports)
            settled = settled and (number > 1 or not needed.may_be_old)
            if (named and settled and not weak) or (number >= _WAIT_NOTICE and (named or weak or not there)):
                break
        return seen

    def _rest(self, pause_s: float) -> None:
        # In short waits, because the dynamic host does not report an interrupt.
        while pause_s > 0:
            nap_s = min(pause_s, _NAP_S)
            self._sleep(nap_s)
            pause_s -= nap_s

    def keep_unmanaged(self, plan: Plan, service: ServiceId, live: Live) -> None:
        """Write back what the API did not keep of unmanaged ports.

        Raises:
            NotInForce: the API did not keep security that was sent completely.
        """
        opened = unmanaged.with_lost_security(plan, live.ports)
        if opened:
            raise WriteNotInForce(
                f"{service}: Northflank did not keep the security of {ports_in_words(opened)}, which this write sent"
                " unchanged. Everyone may be able to reach it now: check it in Northflank. The account's plan may not"
                " include port security.",
                _own(plan, live.ports),
            )
        if unmanaged.with_unknown_security(plan) and not unmanaged.shown(plan, live.ports):
            self._teller.warn(
                service,
                f"Northflank still shows the list from before the write, so the security of"
                f" {ports_in_words(unmanaged.with_unknown_security(plan))} could not be verified; check it in"
                " Northflank",
            )
            return
        again, lost = unmanaged.rewritten(plan, live.ports)
        if again is not None:
            self._teller.warn(
                service,
                f"Northflank did not keep the security of {ports_in_words(lost)}, which this program does not change;"
                " it is written back now, without path rules, which this API version does not show",
            )
            self.write(again, service, live, patch=False)
            self.read_back(again, service, ReadBack())


def _made_private(entry: Entry, to_check: protection.PortToVerify) -> Entry:
    """A port as it was before the write that made it public, with its former name; a new port off the internet."""
    if to_check.former is None:
        return replace(entry, port=protection.made_private(to_check.port))
    return replace(entry, name=to_check.former, port=to_check.before)


def _own(plan: Plan, live: Mapping[str, LivePort]) -> dict[str, LivePort]:
    """The live ports that are not unmanaged."""
    return {entry.name: live[entry.name] for entry in plan.entries if entry.port and entry.name in live}


def _newly_public(to_check: Mapping[str, protection.PortToVerify], names: Collection[str]) -> frozenset[str]:
    return frozenset(name for name in names if to_check[name].newly_public)


def _ports_of(to_check: Mapping[str, protection.PortToVerify]) -> dict[str, Port]:
    return {name: one.port for name, one in to_check.items()}


def has_options(*lists: Ports) -> bool:
    """True if a port of some lists has a field that the ports endpoint does not take."""
    return any(has_beyond(port, "ports") for ports in lists for port in ports.values())
