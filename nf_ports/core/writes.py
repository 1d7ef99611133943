"""One write of a list, and what is looked at after it: generated names, protection, unmanaged ports.

A write whose answer is lost is looked for and sent again only if nothing happened. New protection that does not take
hold is an error, and what is newly public without it is made private again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from nf_ports.core import protection, unmanaged, views
from nf_ports.core.plan import Plan, comparable, shows, shows_but_protection
from nf_ports.errors import NorthflankPortsError, NotFound, NotInForce, OutcomeUnknown, UnsafeChange
from nf_ports.northflank.live import Entry, LivePort
from nf_ports.northflank.service_id import ServiceId
from nf_ports.northflank.services import Live, Services
from nf_ports.notices import Teller
from nf_ports.ports.canonical import Ports, domains_of, has_beyond
from nf_ports.ports.port import Port
from nf_ports.refusals import Refusal, ports_in_words

READ_BACK_PAUSES_S: Final = (0.5, 1.0, 2.0)
"""A list can be the one before the write for a moment: short waits, three at most."""

NAME_PAUSES_S: Final = (4.0, 8.0, 15.0)
"""A generated name can take longer (observed: up to 20 s): further waits, about 30 s in all."""

_NAP_S: Final = 2.0
_SAYS_SO: Final = len(READ_BACK_PAUSES_S)


@dataclass(frozen=True, slots=True)
class After:
    """The ports after a write, and what of them is still to be looked at."""

    live: Mapping[str, LivePort]
    pending: frozenset[str] = frozenset()
    unverified: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wanted:
    """The expectation of a read after a write.

    Attributes:
        names: ports whose generated names.
        guarded: ports whose protection is in force.
        held: ports whose protection was in force before the write, and which nobody would read again for.
        whole: whether all of the write, because the ids may be others.
        alike: whether a read undetermined from one of the list before the write: then the third one counts.
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


class Writes:
    """Writes to one API.

    Args:
        services: the API.
        teller: where notices go.
        sleep: how to wait, in seconds.
    """

    def __init__(self, services: Services, teller: Teller, sleep: Callable[[float], None] = time.sleep) -> None:
        """Do nothing yet."""
        self._services = services
        self._teller = teller
        self._sleep = sleep

    def rewrite(self, service: ServiceId, live: Live, ours: Ports, change: Callable[[str, Port], Port]) -> None:
        """Write the list of a service as it is, but for what `change` makes of the resource's own ports."""
        entries = tuple(
            Entry(name, change(name, comparable(item, ours[name])), item.id, was=item)
            if name in ours
            else Entry(name, kept=item)
            for name, item in live.ports.items()
        )
        plan = Plan(entries)
        self.write(plan, service, live, patch=has_options(ours))
        if unmanaged.any_in(plan):
            self.keep_unmanaged(plan, service, self.see(plan, service, Wanted()))

    def write(self, plan: Plan, service: ServiceId, live: Live, *, patch: bool) -> bool:
        """Write once. Where the fate of the write is not known, look, and send again only if nothing happened."""
        wanted = {entry.name: port for entry in plan.entries if (port := entry.written)}
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
                    self._teller.say(service, "the connection broke during the write, but the write has landed")
                    return self._services.patches(options=patch)
                if last:
                    raise
                if not shows(now, before):
                    raise UnsafeChange(Refusal("edited meanwhile", str(service))) from unknown
        raise AssertionError("the last try returns or raises")

    def _look(self, service: ServiceId, wanted: Ports, unknown: OutcomeUnknown) -> Mapping[str, LivePort]:
        """The list, read again for a while where it does not show the write: it may be stale."""
        now: Mapping[str, LivePort] = {}
        for pause_s in (0.0, *READ_BACK_PAUSES_S):
            self._sleep(pause_s)
            try:
                now = self._services.read(service).ports
            except NotFound:
                raise
            except NorthflankPortsError as error:
                raise OutcomeUnknown(f"{unknown} Reading the ports failed, too: {error}") from unknown
            if shows(now, wanted):
                break
        return now

    def after(self, plan: Plan, service: ServiceId, before: Live, wanted: Wanted) -> After:
        """The ports after a write: read back where something has to be learned, else known from the read before.

        Raises only where protection is not in force: the write has landed, and any other error here would make Pulumi
        forget that.
        """
        known = {entry.name: views.expected(entry, entry.port, before.ports) for entry in plan.entries if entry.port}
        nameless = frozenset(
            entry.name
            for entry in plan.entries
            if entry.port and views.makes_a_name(entry.port) and known[entry.name].dns is None
        )
        guarded, patched = wanted.guarded, wanted.whole
        if not (nameless or guarded or patched or unmanaged.any_in(plan)):
            return After(known)
        try:
            hides = (
                patched and unmanaged.shown(plan, before.ports) and any(item.named for item in before.ports.values())
            )
            seen = self.see(plan, service, replace(wanted, names=nameless, alike=hides))
            self.keep_unmanaged(plan, service, seen)
        except NotInForce:
            raise
        except NorthflankPortsError as error:
            self._teller.warn(service, f"the ports are written, but reading them back failed: {error}")
            # Patch service may have given other ids, and an old one would look like a port made again elsewhere.
            known = {name: replace(item, id=None) for name, item in known.items()} if patched else known
            return After(known, nameless | guarded.keys(), _newly_public(guarded, guarded))
        self.verify(plan, service, seen, wanted)
        live = {name: views.joined(item, seen.ports.get(name)) for name, item in known.items()}
        without_name = frozenset(name for name in nameless if name not in seen.ports) | views.nameless(live)
        self.tell_nameless(service, without_name)
        unseen = protection.unseen(_ports_of(guarded), seen.ports)
        self.tell_unseen(service, unseen)
        return After(live, without_name | unseen, _newly_public(guarded, unseen))

    def verify(self, plan: Plan, service: ServiceId, seen: Live, wanted: Wanted) -> None:
        """Make sure that new protection is in force; what is newly public without it is closed again.

        Raises:
            NotInForce: it is not.
        """
        guarded, ports = wanted.guarded, _ports_of(wanted.guarded)
        weak = protection.not_in_force(wanted.protected, seen.ports)
        if not weak:
            unverified = [n for n in ports if n in seen.ports and not seen.ports[n].complete]
            if protection.has_path_rules(ports[name] for name in unverified):
                self._teller.tally(
                    "path rules were written and are unverified: this API does not show them", str(service)
                )
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
                self.write(again, service, seen, patch=has_options(ports))
                if unmanaged.any_in(again):
                    self.keep_unmanaged(again, service, self.see(again, service, Wanted()))
            except NorthflankPortsError as error:
                raise NotInForce(protection.sentence(str(service), weak, closed=(), failed=str(error))) from error
        raise NotInForce(protection.sentence(str(service), weak, closed=closed))

    def tell_unseen(self, service: ServiceId, names: Collection[str]) -> None:
        """Tell of ports of which no view shows the write yet."""
        if names:
            self._teller.warn(
                service,
                f"Northflank does not show {ports_in_words(sorted(names))} as written yet, so"
                " the protection is not verified; the next 'pulumi up' checks again",
            )

    def tell_nameless(self, service: ServiceId, names: frozenset[str]) -> None:
        """Tell of ports whose generated name is still to come."""
        if names:
            self._teller.say(
                service,
                f"Northflank shows no generated name yet for {', '.join(sorted(names))};"
                " the next 'pulumi up' checks again",
            )

    def tell_of_stand_ins(self, service: ServiceId, live: Mapping[str, LivePort], pending: frozenset[str]) -> None:
        """Tell of ports whose generated name this API shows nowhere."""
        names = [n for n, item in live.items() if views.makes_a_name(item.port) and not item.dns and n not in pending]
        hidden = [name for name in names if not domains_of(live[name].port)]
        if hidden:
            self._teller.tally(
                f"this API version does not show the generated name of {ports_in_words(hidden)}, so urls has a"
                " placeholder that is no host name; give it a custom domain, or write the name where it is needed",
                str(service),
            )

    def see(self, plan: Plan, service: ServiceId, wanted: Wanted) -> Live:
        """The list after a write, read again for a while where it does not show everything yet."""
        seen = Live({})
        ports = _ports_of(wanted.guarded)
        for number, pause_s in enumerate((0.0, *READ_BACK_PAUSES_S, *NAME_PAUSES_S)):
            if number == _SAYS_SO + 1:
                span_s = sum(NAME_PAUSES_S)
                self._teller.say(
                    service,
                    f"is written; waiting up to {span_s:.0f} s for the generated name of"
                    f" {', '.join(sorted(wanted.names))}",
                )
            self._rest(pause_s)
            seen = self._services.look(
                service, names=bool(wanted.names) or wanted.whole, paths=protection.has_path_rules(ports.values())
            )
            there = wanted.names <= seen.ports.keys() and not protection.unseen(ports, seen.ports)
            named = there and not wanted.names & views.nameless(seen.ports)
            weak = protection.not_in_force(wanted.protected, seen.ports)
            settled = not (wanted.whole or unmanaged.any_in(plan)) or unmanaged.shown(plan, seen.ports)
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

    def keep_unmanaged(self, plan: Plan, service: ServiceId, live: Live) -> None:
        """Write back what the API did not keep of ports that are not ours.

        Raises:
            NotInForce: it does not keep what was written of them as a whole.
        """
        opened = unmanaged.opened(plan, live.ports)
        if opened:
            raise NotInForce(
                f"{service}: Northflank did not keep the security of {ports_in_words(opened)}, which the program leaves"
                " alone and which was written as read. It may be open now: check it in Northflank. The account's plan"
                " may not include port security."
            )
        if unmanaged.with_unknown_security(plan) and not unmanaged.shown(plan, live.ports):
            self._teller.warn(
                service,
                f"Northflank still shows the list before the write, so it is not verified that it"
                f" kept the security of {', '.join(unmanaged.with_unknown_security(plan))}; check it in Northflank",
            )
            return
        again, lost = unmanaged.rewritten(plan, live.ports)
        if again is not None:
            self._teller.warn(
                service,
                f"Northflank did not keep the security of {', '.join(lost)}, which this program"
                " leaves alone; it is written back at once, as far as the API shows it (without path rules)",
            )
            self.write(again, service, live, patch=False)
            self.see(again, service, Wanted())


def _closed(entry: Entry, guarded: protection.Guarded) -> Entry:
    """A port that was to become public: as it was before the write, name and all; a new one off the internet."""
    if guarded.former is None:
        return replace(entry, port=protection.closed(guarded.port))
    return replace(entry, name=guarded.former, port=guarded.was)


def _newly_public(guarded: Mapping[str, protection.Guarded], names: Collection[str]) -> frozenset[str]:
    return frozenset(name for name in names if guarded[name].newly_public)


def _ports_of(guarded: Mapping[str, protection.Guarded]) -> dict[str, Port]:
    return {name: one.port for name, one in guarded.items()}


def has_options(*lists: Ports) -> bool:
    """True if a port of some lists has a field that the ports endpoint does not accept."""
    return any(has_beyond(port, "ports") for ports in lists for port in ports.values())
