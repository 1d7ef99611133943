"""The desired ports of a preview against other ports: live ones, or those of another stack."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from nf_ports.cli.account import connect
from nf_ports.cli.budget import BudgetSpent, affords, shortage
from nf_ports.cli.live_ports import UNSEEN, read
from nf_ports.cli.review.events import MASK, quoted
from nf_ports.cli.review.findings import headline_next
from nf_ports.cli.review.preview import Declared, Side, declared, recorded
from nf_ports.cli.review.services import Reviewed, moved_domain_findings
from nf_ports.cli.streams import say
from nf_ports.cli.text import some
from nf_ports.errors import NotFound
from nf_ports.exposure import warnings
from nf_ports.northflank.service_id import ServiceId
from nf_ports.ports.canonical import Previewed, canonical_ports, secrets_of, with_secrets_marked
from nf_ports.ports.deferred import Unknown

LIVE: Final = "live"


class Told(NamedTuple):
    """A review, or a comparison with other ports.

    Attributes:
        headline: all of it in a sentence without a full stop.
        services: those that differ, the most severe first.
        notes: what is not compared, a sentence each.
    """

    headline: str
    services: list[Reviewed]
    notes: list[str]


class _Others(NamedTuple):
    """The other ports: of each desired service, None where there are none; and the services that only they have."""

    sides: Sequence[Side | None]
    more: Sequence[str] = ()
    notes: Sequence[str] = ()


def against_live(text: str, team: str | None, stack: str | None) -> Told:
    """The desired ports of a preview against live ones. One request for each service.

    Raises:
        UnreadablePreviewError: the text is no preview.
        NorthflankPortsError: a service cannot be read.
    """
    wanted, complete = declared(text)
    account = connect(team, stack, say)
    services, notes = account.services(), []
    sides: list[Side | None] = []
    with contextlib.closing(account.client) as client:
        for each in wanted:
            if not each.side.service:
                sides.append(None)
                continue
            if not affords(client.budget):
                raise BudgetSpent(f"stopped before {each.side.service}: {shortage(client.budget)}")
            try:
                live = read(services, ServiceId.parsed(each.side.service, account.team))
            except NotFound:
                sides.append(None)
                continue
            if not live.whole:
                notes.append(f"{each.side.service}: {UNSEEN}, so neither is compared")
            dns = {name: item.dns for name, item in live.live.items() if item.dns}
            ports = _managed(each.side, live.ports)
            if len(ports) < len(live.ports):
                more = [name for name in live.ports if name not in ports]
                notes.append(f"{each.side.service}: unmanaged ports stay: {some(more)}")
            sides.append(Side(each.side.service, ports, dns=dns))
        if summary := client.budget.summary():
            say(summary)
    return _compared(wanted, _Others(sides, notes=notes), LIVE, complete=complete)


def against_file(text: str, other: str, name: str) -> Told:
    """The desired ports of a preview against those of another stack.

    A service is compared with the one of the same id, else with the one whose resource has the same name.

    Args:
        text: the preview.
        other: what `pulumi stack export` prints, or another preview.
        name: of the other file, for the texts.

    Raises:
        UnreadablePreviewError: one of the texts is something else.
    """
    wanted, complete = declared(text)
    there, whole = recorded(other)
    by_id = {each.side.service: each for each in there if each.side.service}
    by_name = {each.resource: each for each in there}
    found = [by_id.get(each.side.service) or by_name.get(each.resource) for each in wanted]
    used = {each.resource for each in found if each}
    more = [each.side.service or each.resource for each in there if each.resource not in used]
    notes = [] if whole else [_incomplete(name)]
    return _compared(
        wanted, _Others([each.side if each else None for each in found], more, notes), name, complete=complete
    )


def _compared(wanted: Sequence[Declared], others: _Others, name: str, *, complete: bool) -> Told:
    found, lacking = [], []
    for each, side in zip(wanted, others.sides, strict=True):
        service = each.side.service or f"the service of {each.resource}"
        if side is None:
            lacking.append(service)
        found.append(_service(service, each, side or Side(service, {}), name))
    by_service = {each.service: each for each in found}
    for service, one in moved_domain_findings(by_service):
        by_service[service].add(one)
        by_service[service].changes = True
    notes = [f"not in {name}: {some(lacking)}"] if lacking else []
    notes += [f"only in {name}: {some(list(others.more))}"] if others.more else []
    notes += [*others.notes, *([] if complete else [_incomplete("the preview")])]
    if any(_has_secrets(each.side.ports) for each in wanted):
        notes.append("passwords and header values are not compared, because Pulumi masks them")
    differ = sorted((each for each in found if each.changes), key=lambda each: (each.worst, each.service))
    said = headline_next(len(differ), [finding for each in differ for finding in each.findings], 0)
    return Told(f"against {name}: {said if differ else 'no service differs'}", differ, notes)


def _service(service: str, wanted: Declared, other: Side, name: str) -> Reviewed:
    before, after = _masked(other.ports), _masked(wanted.side.ports)
    where = "" if other.service in {"", service} else f" as {other.service}"
    each = Reviewed(service, before, after, dict(other.dns), operations=[f"compared with {name}{where}"])
    each.compare(warnings(before, after, secrets=False), ())
    # What a port is renamed from says nothing about what it is.
    each.fields = [field for field in each.fields if not field.endswith(".renamedFrom")]
    each.changes = bool(each.fields) or any(found.effect != "unchanged" for found in each.findings)
    each.notes = [f"Pulumi masks {', '.join(side.masked)}" for side in (other, wanted.side) if side.masked]
    return each


def _managed(desired: Side, live: Mapping[str, object]) -> Previewed:
    """The live ports without the unmanaged ones, where those stay."""
    if desired.settings.get("unmanaged") != "keep" or isinstance(desired.ports, Unknown):
        return canonical_ports(dict(live))
    former = {getattr(port, "renamed_from", None) for port in desired.ports.values()}
    return canonical_ports({name: port for name, port in live.items() if name in desired.ports or name in former})


def _masked(ports: Previewed | Unknown) -> Previewed | Unknown:
    """The ports with the mask in place of every secret, as in a preview."""
    return ports if isinstance(ports, Unknown) else canonical_ports(quoted(with_secrets_marked(ports, _mask)))


def _mask(_value: object, _location: object) -> str:
    return MASK


def _has_secrets(ports: Previewed | Unknown) -> bool:
    return not isinstance(ports, Unknown) and bool(secrets_of(ports))


def _incomplete(name: str) -> str:
    return f"{name} may lack services that do not change; use `pulumi preview --show-sames --json`"
