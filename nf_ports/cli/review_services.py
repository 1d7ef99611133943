"""From the steps of a preview to what a reviewer has to know of each service, the worst first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nf_ports.canonical import secrets_of
from nf_ports.cli.review_findings import Finding, finding, rank
from nf_ports.cli.review_preview import MASK, Preview, Side, Step
from nf_ports.deferred import is_deferred
from nf_ports.exposure import compare, warnings
from nf_ports.plan import differences, rotations

_NEW_SECRET: Final = re.compile(r"; [^;]* gets? a new secret\Z")
_PAST: Final = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "replace": "replaced",
    "import": "imported",
}
_PROMISES: Final = {"clear": "the ports are removed", "keep": "the ports stay", "restore": "the former ports come back"}
_UNSEEN: Final = "what this service has now is not in the preview, because the stack does not own it yet"


@dataclass(slots=True)
class Reviewed:
    """One service.

    Attributes:
        service: its id, or which resource knows it.
        operations: what happens to the resources that own it, such as ``shop-api is updated``.
        before: its ports as far as Pulumi knows them, canonical; None where Pulumi does not know.
        after: its ports afterwards; None where it is no longer in the program.
        dns: generated host names by port, where they are known.
        findings: what happens to who gets in, the worst first.
        new_secrets: whose secret is new for sure.
        perhaps_new: whose secret is masked, and so may be new.
        fields: which fields of the ports change, without their values.
        notes: what else there is to know, a sentence each.
        drift: what was changed elsewhere since the last run.
    """

    service: str
    operations: list[str] = field(default_factory=list)
    before: Any = field(default=None, repr=False)
    after: Any = field(default=None, repr=False)
    dns: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    new_secrets: list[str] = field(default_factory=list)
    perhaps_new: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)

    @property
    def worst(self) -> int:
        """The rank of its worst finding."""
        return min((rank(each.effect) for each in self.findings), default=rank("unchanged"))

    def as_dict(self) -> dict[str, Any]:
        """The same for a machine."""
        return {
            "service": self.service,
            "operations": self.operations,
            "findings": [each.as_dict() for each in self.findings],
            "newSecrets": self.new_secrets,
            "perhapsNewSecrets": self.perhaps_new,
            "fields": self.fields,
            "notes": self.notes,
            "changedElsewhere": self.drift,
        }


def reviewed(preview: Preview) -> list[Reviewed]:
    """Every service that a preview changes, the worst first."""
    found: dict[str, Reviewed] = {}
    for step in preview.steps:
        for part in _parts(step):
            _merge(found, part)
    for each in found.values():
        _judge(each, preview)
    return sorted(found.values(), key=lambda each: (each.worst, each.service))


def _parts(step: Step) -> Iterator[Reviewed]:
    """A step by the services that it is about: two, where the resource moves from one to the other."""
    before, after = step.before, step.after
    if before and after and before.service != after.service:
        yield _left(step, before, f"{step.resource} goes to {_name(step, after)}")
        yield _entered(step, after, f"{step.resource} comes from {_name(step, before)}")
    elif before and after:
        past = _PAST.get(step.operation, f"changed ({step.operation})")
        part = Reviewed(_name(step, after), [f"{step.resource} is {past}"], before.ports, after.ports, dict(before.dns))
        part.notes = [*_settings(before, after), *_masks(after)]
        if step.operation == "replace":
            part.notes.append("the resource is replaced: for a moment the service may be without these ports")
        if step.recorded:
            changes = compare(step.recorded.ports, before.ports)
            part.drift = [change.sentence for change in changes if change.kind != "unchanged"]
            part.drift = part.drift or [", ".join(map(str, differences(step.recorded.ports, before.ports)))]
        yield part
    elif after:
        yield _entered(step, after, f"{step.resource} is {_PAST.get(step.operation, 'created')}")
    elif before:
        yield _left(step, before, f"{step.resource} is deleted")


def _entered(step: Step, after: Side, operation: str) -> Reviewed:
    part = Reviewed(_name(step, after), [operation], None, after.ports)
    part.notes = [*_masks(after), _UNSEEN]
    return part


def _left(step: Step, before: Side, operation: str) -> Reviewed:
    part = Reviewed(_name(step, before), [operation], before.ports, {}, dict(before.dns))
    chosen = before.settings.get("onDelete", "clear")
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
    return part


def _name(step: Step, side: Side) -> str:
    return side.service or f"the service of {step.resource}"


def _merge(found: dict[str, Reviewed], part: Reviewed) -> None:
    """Add a part; where one resource gives its service to another, the two are one."""
    there = found.setdefault(part.service, part)
    if there is part:
        return
    if (there.before is None) == (part.before is None):
        for each in (there, part):
            each.notes.append("more than one resource owns this service, and they undo each other: let one own it")
        found[f"{part.service} {len(found)}"] = part
        return
    gives, takes = (there, part) if part.before is None else (part, there)
    if gives.after == {}:
        gives.notes.append(
            f"{takes.operations[0]} and {gives.operations[0]}: Pulumi deletes last, which removes the ports again; give"
            " the new resource the old one as an alias"
        )
    there.operations += part.operations
    there.before = gives.before
    there.after = takes.after
    there.dns |= part.dns
    there.notes = [note for note in (*takes.notes, *gives.notes) if note != _UNSEEN]
    there.drift += part.drift


def _judge(each: Reviewed, preview: Preview) -> None:
    findings = [finding(change) for change in compare(each.before, each.after)]
    known = {_without_secrets(found.sentence) for found in findings}
    known.update(map(_without_secrets, (*warnings(None, each.after), *warnings(each.before or {}, each.after))))
    findings += [
        Finding("widened", f"the provider, which sees what is masked here, says: {sentence}")
        for sentence in preview.warnings.get(each.service, [])
        if _without_secrets(sentence) not in known
    ]
    each.findings = sorted(findings, key=lambda found: rank(found.effect))
    if isinstance(each.before, Mapping) and isinstance(each.after, Mapping):
        sure = preview.rotations.get(each.service, [])
        each.new_secrets = list(dict.fromkeys([*sure, *rotations(each.before, each.after)]))
        each.perhaps_new = [whose for whose in _masked_secrets(each) if whose not in each.new_secrets]
        each.fields = [difference.field for difference in differences(each.before, each.after)]


def _masked_secrets(each: Reviewed) -> Iterator[str]:
    """Whose secret is masked before and after; in the words of `nf_ports.plan.rotations`, which the provider says."""
    after = {path: (holder, key) for holder, key, path in secrets_of(each.after)}
    for holder, key, path in secrets_of(each.before):
        if holder[key] == MASK and path in after and after[path][0][after[path][1]] == MASK:
            yield whose(path)


def whose(path: tuple[str, ...]) -> str:
    """A secret's place in words."""
    port, *rule, noun, name = path
    return f'port "{port}"' + (f', path rule "{rule[0]}"' if rule else "") + f', {noun} "{name}"'


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


def _without_secrets(sentence: str) -> str:
    return _NEW_SECRET.sub("", sentence)
