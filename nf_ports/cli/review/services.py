"""From the steps of a preview to what a reviewer has to know of each service, the worst first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from nf_ports.cli.review.events import MASKS
from nf_ports.cli.review.findings import Finding, finding, headline_elsewhere, headline_next, rank, widens
from nf_ports.cli.review.preview import Drift, Preview, Side, Step
from nf_ports.cli.text import counted, some
from nf_ports.core.state import EXPOSURE
from nf_ports.exposure import compare, exceeds, moved_domains, stated, warnings
from nf_ports.exposure.access.words import shown
from nf_ports.exposure.findings.ignores import Ignore
from nf_ports.ports.canonical import Previewed, secrets_of
from nf_ports.ports.deferred import Unknown, is_deferred
from nf_ports.ports.differences import differences, rotations, secret_in_words
from nf_ports.ports.port import Port

_PAST: Final = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "replace": "replaced",
    "import": "imported",
}
_PROMISES: Final = {"clear": "the ports are removed", "keep": "the ports stay", "restore": "the former ports come back"}
_BY_PLACE: Final = (
    "a list whose resources are named by their place in it (0, 1, 2) does that when an entry is added, removed or"
    " moved: name each resource by its service, and nothing is replaced"
)
_BY_NAME: Final = (
    "where a resource only has another name, give it the former one as an alias, for without it a change of ports in"
    " the same run is refused"
)
_UNSEEN: Final = "what this service has now is not in the preview, because the stack does not own it yet"
_ADOPTS: Final = "if the service has ports already, equal ones are adopted without a write"
_STOPS: Final = f"{_ADOPTS}, and different ones stop the run, unless onConflict is overwrite"
_OVERWRITES: Final = f"{_ADOPTS}, and different ones are overwritten, because onConflict is overwrite"
_TO_EVERYONE: Final = re.compile(r"\b(everyone gets in|lets in everyone|(; |lets in )headers? [^;]* with any value)\b")
"""What the provider says of a port that everyone reaches: a masked header value may be one that anyone sends now."""
_OF_NEW: Final = frozenset({_UNSEEN, _STOPS, _OVERWRITES})


@dataclass(slots=True)
class Compared:
    """The ports of a service at two times.

    Attributes:
        service: its id, or which resource knows it.
        before: its ports at first, canonical; None where Pulumi does not know.
        after: its ports afterwards; None where it is no longer in the program.
        dns: generated host names by port, where they are known.
        findings: what happens to who gets in, the worst first.
        fields: which fields of the ports change, without their values.
    """

    service: str
    before: Previewed | Unknown | None = field(default=None, repr=False)
    after: Previewed | Unknown | None = field(default=None, repr=False)
    dns: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)

    @property
    def worst_effect(self) -> int:
        """The rank of its worst finding."""
        return min((rank(each.effect) for each in self.findings), default=rank("unchanged"))

    def former_name(self, name: str) -> str:
        """The name that a port had before: its own, unless it is renamed from another one."""
        before, after = (side if isinstance(side, Mapping) else {} for side in (self.before, self.after))
        now = after.get(name)
        renamed = now.renamed_from if isinstance(now, Port) else None
        return name if name in before or renamed not in before else str(renamed)

    def add(self, one: Finding) -> None:
        """Add a finding at its place."""
        self.findings = sorted([*self.findings, one], key=lambda each: rank(each.effect))

    def compare(self, known: Iterable[str], more: Iterable[Finding]) -> None:
        """Find what happens to who gets in.

        Args:
            known: further sentences that are said as well.
            more: what the provider says; it sees what is masked here.
        """
        found = [finding(change) for change in compare(self.before, self.after)]
        said = {*(each.sentence for each in found), *known}
        found += [
            Finding(
                "unprotected" if each.effect == "widened" and _TO_EVERYONE.search(each.sentence) else each.effect,
                f"the provider, which sees what is masked here, says: {each.sentence}",
            )
            for each in more
            if each.sentence not in said
        ]
        self.findings = sorted(found, key=lambda each: rank(each.effect))
        if isinstance(self.before, Mapping) and isinstance(self.after, Mapping):
            self.fields = [difference.field for difference in differences(self.before, self.after)]


def moved_domain_findings(
    services: Mapping[str, Compared], same: Mapping[str, object] = MappingProxyType({})
) -> Iterator[tuple[str, Finding]]:
    """The services that get a domain from another one through which others get in than before, each with a finding.

    Args:
        services: what is compared, by service.
        same: the ports of other services, which stay as they are.
    """
    before: dict[str, Port | Unknown] = {}
    after: dict[str, Port | Unknown] = {}
    places: dict[str, tuple[str, str]] = {}
    stay = {name: Compared(name, ports, ports) for name, ports in same.items() if isinstance(ports, Mapping)}
    for service, each in (stay | dict(services)).items():
        for side, ports in ((each.before, before), (each.after, after)):
            for name, port in side.items() if isinstance(side, Mapping) else ():
                ports[f"{service}/{name}"] = port
                places[f"{service}/{name}"] = (service, name)
    known = {
        (service, found.change.target)
        for service, each in services.items()
        for found in each.findings
        if found.change and found.change.subject == "domain"
    }
    for change in moved_domains(before, after):
        service, name = places[change.port]
        if (service, change.target) not in known:
            yield service, finding(replace(change, port=name))


@dataclass(slots=True)
class Reviewed(Compared):
    """One service: what would happen to it next, and what was changed elsewhere before.

    Attributes:
        operations: what happens to the resources that own it, such as ``shop-api is updated``.
        elsewhere: what the last run recorded, compared with what a refresh found; None where that is the same.
        new_secrets: whose secret is new for sure.
        perhaps_new: whose secret is masked, and may be new: the provider did not compare it, or may not have told.
        notes: what else there is to know, a sentence each.
        changes: whether anything would happen to it.
        moves: whether a resource leaves it for another service, or comes from one.
        compared: whether the provider compared the ports before and after.
        ignores: the findings that its resource ignores.
    """

    operations: list[str] = field(default_factory=list)
    elsewhere: Compared | None = None
    new_secrets: list[str] = field(default_factory=list)
    perhaps_new: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    changes: bool = True
    moves: bool = False
    compared: bool = False
    ignores: tuple[Ignore, ...] = ()

    @property
    def edits(self) -> list[Finding]:
        """The changes of access made elsewhere, the most severe first."""
        return self.elsewhere.findings if self.elsewhere else []

    @property
    def worst(self) -> tuple[int, int]:
        """Its place among services: what was opened elsewhere first."""
        opened = self.elsewhere.worst_effect if self.elsewhere and widens(self.edits) else rank("unchanged")
        return opened, self.worst_effect

    def as_dict(self) -> dict[str, object]:
        """The same for a machine."""
        return {
            "service": self.service,
            "operations": self.operations,
            "elsewhere": [each.as_dict() for each in self.edits],
            "findings": [each.as_dict() for each in self.findings],
            "newSecrets": self.new_secrets,
            "perhapsNewSecrets": self.perhaps_new,
            "fields": self.fields,
            "notes": self.notes,
            "changedElsewhere": [each.sentence for each in self.edits] or (self.elsewhere or Compared("")).fields,
        }


def reviewed(preview: Preview) -> list[Reviewed]:
    """Every service that a preview changes or that was changed elsewhere: what was opened elsewhere first."""
    found: dict[str, Reviewed] = {}
    for step in preview.steps:
        for part in _parts(step):
            _merge(found, part)
    for each in found.values():
        _judge(each, preview)
    for drift in preview.drift:
        _add_drift(found, drift, preview)
    for service in preview.elsewhere:
        # What was found is not in the document: the provider is the only one to tell.
        each = found.setdefault(service, Reviewed(service, operations=["refreshed"], changes=False))
        if each.elsewhere is None:
            _compare_elsewhere(each, Compared(service), preview)
    _add_moved_domains(found, preview)
    return sorted(found.values(), key=lambda each: (each.worst, each.service))


def _add_moved_domains(found: dict[str, Reviewed], preview: Preview) -> None:
    """Say which domains move between services, next and elsewhere, if others get in through them than before."""
    edited = {service: each.elsewhere for service, each in found.items() if each.elsewhere}
    now = {name: each.before for name, each in found.items()}
    for service, one in moved_domain_findings(edited, {**preview.same, **now}):
        ports = preview.same.get(service)
        each = found.setdefault(service, Reviewed(service, ports, ports, operations=["stays as it is"], changes=False))
        each.elsewhere = each.elsewhere or Compared(service)
        each.elsewhere.add(one)
    for service, one in moved_domain_findings(found, preview.same):
        ports = preview.same.get(service)
        found.setdefault(service, Reviewed(service, ports, ports, operations=["stays as it is"])).add(one)


def headline(preview: Preview, services: Sequence[Reviewed]) -> str:
    """The whole review in a sentence without a full stop: what was opened elsewhere first."""
    changing = [each for each in services if each.changes]
    edited = [each for each in services if each.elsewhere]
    parts = []
    if edited:
        parts.append(headline_elsewhere(len(edited), [edit for each in edited for edit in each.edits]))
    if preview.planned:
        nexts = headline_next(len(changing), [found for each in changing for found in each.findings], preview.read)
        parts.append(f"next: {nexts}" if edited else nexts)
    if preview.unseen:
        whose = "it was" if len(preview.unseen) == 1 else "they were"
        parts.append(f"not shown of {counted(len(preview.unseen), 'service')}: whether {whose} changed elsewhere")
    elif not edited and (preview.refreshed or not preview.planned):
        parts.append("nothing was changed elsewhere")
    return "; ".join(parts)


def not_shown(preview: Preview) -> Iterator[str]:
    """The drift that the preview does not show, a sentence each."""
    left_out = [each.service for each in preview.unseen if not each.masked]
    if left_out:
        reason = "Pulumi leaves out what stays as it is; use `pulumi preview --refresh --show-sames --json`"
        reason = "it failed" if preview.errors else reason
        yield f"what the refresh found of {some(left_out)} is not in this preview, because {reason}"
    for former, name, service in preview.renamed:
        yield f"{former} is renamed to {name} in the program; {service or 'its service'} stays as it is"
    for each in preview.unseen:
        if each.masked:
            yield (
                f"whether {some(each.masked)} of {each.service} was changed elsewhere is not in this preview, because"
                " the program marks that as a secret and Pulumi masks it"
            )


def _add_drift(found: dict[str, Reviewed], drift: Drift, preview: Preview) -> None:
    """Say of a service what was changed elsewhere since the last run."""
    name = drift.service or f"the service of {drift.resource}"
    each = found.setdefault(name, Reviewed(name, changes=False))
    each.ignores = each.ignores or drift.recorded.ignores
    live = drift.live
    if not each.changes:
        each.operations = [f"{drift.resource} {'stays as it is' if drift.operation else 'is refreshed'}"]
    if live is None:
        each.notes = [note for note in each.notes if note not in _OF_NEW]
        each.notes.append("the service is gone: it was removed elsewhere, and its ports with it")
    else:
        each.notes += [note for note in _masks(live) if note not in each.notes]
        each.notes += _exceeding(drift.recorded, live)
    ports, dns = ({}, {}) if live is None else (live.ports, dict(live.dns))
    _compare_elsewhere(each, Compared(name, drift.recorded.ports, ports, dict(drift.recorded.dns) | dns), preview)


def _compare_elsewhere(each: Reviewed, compared: Compared, preview: Preview) -> None:
    """Keep what was done elsewhere; of two resources that own a service, the worse."""
    said = preview.elsewhere.get(each.service, {})
    compared.compare((), (Finding("widened" if widening else "changed", line) for line, widening in said.items()))
    compared.findings = [edit for edit in compared.findings if edit.effect != "unchanged"]
    if each.elsewhere is None or compared.worst_effect < each.elsewhere.worst_effect:
        each.elsewhere = compared


def _exceeding(recorded: Side, live: Side) -> Iterator[str]:
    intent = stated(recorded.settings.get(EXPOSURE))
    if intent is not None:
        yield from (f"what is live exceeds what the resource states: {fault}" for fault in exceeds(live.ports, intent))


def _parts(step: Step) -> Iterator[Reviewed]:
    """A step by the services that it is about: two, where the resource moves from one to the other."""
    before, after = step.before, step.after
    # An update never leads to another service: at most a team is named that was understood before.
    if before and after and before.service != after.service and step.operation != "update":
        left = _left(step, before, f"{step.resource} goes to {_name(step, after)}")
        entered = _entered(step, after, f"{step.resource} comes from {_name(step, before)}")
        left.moves = entered.moves = True
        yield from (left, entered)
    elif before and after:
        past = _PAST.get(step.operation, f"changed ({step.operation})")
        part = Reviewed(_name(step, after), before.ports, after.ports, dict(before.dns))
        renamed = f" (it was {step.former} in the program before)" if step.former else ""
        part.operations = [f"{step.resource} is {past}{renamed}"]
        part.compared = step.compared
        part.ignores = after.ignores
        part.notes = [*_settings(before, after), *_masks(after)]
        yield part
    elif after:
        yield _entered(step, after, f"{step.resource} is {_PAST.get(step.operation, 'created')}")
    elif before:
        yield _left(step, before, f"{step.resource} is deleted")


def _entered(step: Step, after: Side, operation: str) -> Reviewed:
    part = Reviewed(_name(step, after), None, after.ports, operations=[operation])
    part.notes = [*_masks(after), _UNSEEN, *_adoption(step, after)]
    part.ignores = after.ignores
    return part


def _adoption(step: Step, after: Side) -> Iterator[str]:
    """The fate of the ports that the service has before the stack owns it."""
    if step.operation != "import":
        yield _OVERWRITES if after.settings.get("onConflict") == "overwrite" else _STOPS


def _left(step: Step, before: Side, operation: str) -> Reviewed:
    part = Reviewed(_name(step, before), before.ports, {}, dict(before.dns), operations=[operation])
    chosen = before.settings.get("onDelete")
    if step.retained or chosen == "keep":
        reason = "retainOnDelete is set" if step.retained else "onDelete is keep"
        part.after = before.ports
        part.notes.append(f"Pulumi forgets the service, and its ports stay as they are, because {reason}")
    elif chosen == "restore" and step.found is not None:
        part.after = step.found
        part.notes.append("the ports that were there before come back, because onDelete is restore")
    elif chosen == "restore":
        part.after = before.ports
        part.notes.append("this will stop: onDelete is restore, and the former ports were not kept")
    elif chosen is None and isinstance(before.ports, Mapping) and (stays := step.adopted & before.ports.keys()):
        part.after = {name: port for name, port in before.ports.items() if name in stays}
        part.notes.append(
            f"what the resource found and never wrote stays: {some(sorted(stays))}; onDelete clear removes such ports,"
            " too"
        )
    return part


def _name(step: Step, side: Side) -> str:
    return side.service or f"the service of {step.resource}"


def _merge(found: dict[str, Reviewed], part: Reviewed) -> None:
    """Add a part; where one resource gives its service to another, the two are one."""
    there = found.setdefault(part.service, part)
    if there is part:
        return
    there.ignores += part.ignores
    if (there.before is None) == (part.before is None):
        for each in (there, part):
            each.notes.append("more than one resource owns this service, and they undo each other: let one own it")
        found[f"{part.service} {len(found)}"] = part
        return
    gives, takes = (there, part) if part.before is None else (part, there)
    moves = gives.moves or takes.moves
    if gives.after != gives.before or moves or {"is created", "is deleted"} <= _verbs(gives, takes):
        note = (
            f"{'' if moves else 'the resource is renamed: '}{takes.operations[0]} and {gives.operations[0]}: the ports"
            f" stay meanwhile, because the program still declares this service; {_BY_PLACE if moves else _BY_NAME}"
        )
        gives.notes = [note]
    there.operations += part.operations
    there.before = gives.before
    there.after = takes.after
    there.dns |= part.dns
    there.notes = [note for note in (*takes.notes, *gives.notes) if note not in _OF_NEW]


def _verbs(*parts: Reviewed) -> set[str]:
    """What happens to resources, without their names."""
    return {operation.partition(" ")[2] for part in parts for operation in part.operations}


def _judge(each: Reviewed, preview: Preview) -> None:
    known = (*warnings(None, each.after), *warnings(each.before or {}, each.after, secrets=False))
    said = preview.warnings.get(each.service, [])
    each.compare(known, (Finding("widened", sentence) for sentence in said))
    if isinstance(each.before, Mapping) and isinstance(each.after, Mapping):
        sure = preview.rotations.get(each.service, [])
        each.new_secrets = list(dict.fromkeys([*sure, *rotations(each.before, each.after)]))
        told = each.compared and preview.names_secrets
        perhaps = preview.unknown_secrets.get(each.service, []) if told else _masked_secrets(each)
        each.perhaps_new = [whose for whose in perhaps if whose not in each.new_secrets]
    each.notes += _other_containers(each)


def _other_containers(each: Compared) -> Iterator[str]:
    """The ports that lead to another container port: who gets in is the same, and what is reached is not."""
    before, after = (side if isinstance(side, Mapping) else {} for side in (each.before, each.after))
    for name, now in after.items():
        was = before.get(each.former_name(name))
        if isinstance(now, Port) and isinstance(was, Port) and now.internal_port != was.internal_port:
            yield f'port "{shown(name)}" leads to another container port: whoever gets in reaches what listens there'


def _masked_secrets(each: Reviewed) -> Iterator[str]:
    """The owners of the secrets that are masked before and after."""
    before, after = (secrets_of(side) if isinstance(side, Mapping) else [] for side in (each.before, each.after))
    masked = {place for place, secret in after if secret in MASKS}
    for place, secret in before:
        if secret in MASKS and place in masked:
            yield secret_in_words(place)


def _masks(side: Side) -> list[str]:
    if not side.masked:
        return []
    where = ", ".join(side.masked)
    return [f"Pulumi masks {where}, because the program marks that as a secret: who gets in there cannot be reviewed"]


def _settings(before: Side, after: Side) -> Iterator[str]:
    for key in {**before.settings, **after.settings}:
        was, now = before.settings.get(key), after.settings.get(key)
        if was != now and not is_deferred(now):
            promise = f", so when it is destroyed {_PROMISES[now]}" if key == "onDelete" and now in _PROMISES else ""
            yield f"{key} was {was or 'not set'} and is {now or 'not set'}{promise}"
