"""Reads what `pulumi preview --json` prints: which services would change, from what to what. Judges nothing.

Measured with Pulumi 3.259: a secret is the text ``[secret]``, an unknown value one of a few UUIDs; a
resource that stays the same is left out, unless `--show-sames` is given; a replacement is one step with both states.
Of a refresh the old state is what the last run recorded. What was found is not shown: it stands in the old state of the
step that follows, under the resource's former name where that changes. A resource that is gone is created anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from nf_ports.cli.review.documents import diagnostics, documents, exported
from nf_ports.cli.review.events import FOUND, FOUND_AS, MASK, Document, quoted
from nf_ports.core.state import SERVICE_KEYS, SETTINGS, is_ours
from nf_ports.exposure import entries_of, ignores_of
from nf_ports.exposure.findings.ignores import Ignore
from nf_ports.exposure.findings.rules import AS_THEY_ARE
from nf_ports.notices import notice_of
from nf_ports.ports.canonical import Previewed, canonical_ports
from nf_ports.ports.deferred import UNKNOWN, Unknown
from nf_ports.ports.values import SLUG

_NOT_KNOWN_YET: Final = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""A string, boolean, number, list or object that is unknown (pulumi, `sdk/go/common/resource/plugin/rpc.go`)."""
_SKIPPED: Final = frozenset({"same", "refresh", "discard", "discard-replaced", "remove-pending-replace"})
_HALVES: Final = frozenset({"create-replacement", "delete-replaced"})
_STACK: Final = "::pulumi:pulumi:Stack::"
_OLD_ROTATION: Final = " gets a new secret"
_SECRET_PLACES: Final = {"credentials": "password", "headers": "value"}


@dataclass(frozen=True, slots=True)
class Side:
    """A `ServicePorts` before or after.

    Attributes:
        service: ``project/service``, or ``team/project/service``; empty where it is unknown.
        ports: canonical, by name; UNKNOWN where the names are not known.
        settings: its other arguments.
        masked: places besides passwords and header values that Pulumi masks, so that nobody can review them.
        dns: generated host names, by port, as far as they are known.
        ignores: the findings that the resource ignores.
    """

    service: str
    ports: Previewed | Unknown = field(repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)
    masked: tuple[str, ...] = ()
    dns: Mapping[str, str] = field(default_factory=dict)
    ignores: tuple[Ignore, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """The step of one `ServicePorts` in the next run.

    Attributes:
        operation: as Pulumi calls it.
        resource: its name in the program.
        before: what it is now; None where it is new.
        after: what it would be; None where it is to be deleted.
        retained: whether Pulumi only forgets it.
        found: the ports that were there before it, where destroying it brings them back.
        adopted: the names of ports that it found as they are and never wrote; destroying it leaves them, unless told
            otherwise.
        former: its former name in the program, where an alias keeps it; else empty.
    """

    operation: str
    resource: str
    before: Side | None
    after: Side | None
    retained: bool = False
    found: Previewed | None = field(default=None, repr=False)
    adopted: frozenset[str] = frozenset()
    former: str = ""

    @property
    def compared(self) -> bool:
        """True if the provider compared both sides, and so told of each secret that changes."""
        return self.operation in {"update", "replace"} and self.before is not None and self.after is not None


@dataclass(frozen=True, slots=True)
class Drift:
    """The drift of one `ServicePorts`: live and recorded ports.

    Attributes:
        resource: its name in the program.
        service: the id by which the rest of the preview knows the service; empty where it is not known.
        operation: what Pulumi would do next, as it calls it; empty where only a refresh is shown.
        recorded: what the last run left.
        live: what was found; None where the service is gone.
    """

    resource: str
    service: str
    operation: str
    recorded: Side
    live: Side | None


@dataclass(frozen=True, slots=True)
class Unseen:
    """A `ServicePorts` of which a document does not show, or not in full, what a refresh found.

    Attributes:
        service: its id, or its resource.
        masked: the places that Pulumi masks; none where it leaves out what was found.
    """

    service: str
    masked: tuple[str, ...] = ()


@dataclass(slots=True)
class Preview:
    """One or more previews.

    Attributes:
        steps: what would happen, in Pulumi's order.
        planned: whether any of them says what would happen next, and is not of a refresh alone.
        refreshed: how many resources were looked at before.
        drift: what was found otherwise than recorded.
        unseen: where that undetermined.
        elsewhere: what the provider says was changed elsewhere, by service, and whether that widens.
        warnings: what the provider says that widens, by service: it sees what is masked here.
        rotations: whose secret is new, by service, as the provider says.
        unknown_secrets: whose new secret is unknown, likewise.
        names_secrets: whether it names every secret that changes where it compared.
        renamed: resources that only get another name: the former one, the new one and the service.
        errors: why a preview failed, the first line of each reason.
        read: resources that are only looked at.
        same: the ports of services that stay as they are, where the preview shows them.
    """

    steps: list[Step] = field(default_factory=list)
    planned: bool = False
    refreshed: int = 0
    drift: list[Drift] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)
    elsewhere: dict[str, dict[str, bool]] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    rotations: dict[str, list[str]] = field(default_factory=dict)
    unknown_secrets: dict[str, list[str]] = field(default_factory=dict)
    names_secrets: bool = True
    renamed: list[tuple[str, str, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    read: int = 0
    same: dict[str, Previewed] = field(default_factory=dict)


class Declared(NamedTuple):
    """A `ServicePorts` by its name in the program, and what it states."""

    resource: str
    side: Side


def declared(text: str) -> tuple[list[Declared], bool]:
    """The desired ports in one preview or several, and whether they show what does not change.

    Raises:
        UnreadablePreviewError: it is something else, or not all of it is there.
    """
    found: dict[str, Declared] = {}
    shown = documents(text)
    for document in shown:
        for step in document.get("steps") or ():
            state = step.get("newState")
            gone = step["op"].startswith(("delete", "read", "refresh", "discard"))
            if state and not gone and _is_ours(step):
                found[step["urn"]] = Declared(_resource(step), _side(state))
    return [*found.values()], all(map(_shows_all, shown))


def recorded(text: str) -> tuple[list[Declared], bool]:
    """The same of another stack: of its state as `pulumi stack export` prints it, or of previews.

    Raises:
        UnreadablePreviewError: it is something else, or not all of it is there.
    """
    resources = exported(text)
    if resources is None:
        return declared(text)
    steps = [{"op": "same", "urn": state["urn"], "newState": state} for state in resources if _is_owned(state)]
    return [Declared(_resource(step), _side(step["newState"])) for step in steps if _is_ours(step)], True


def previews(text: str) -> Preview:
    """One preview, or several after each other.

    Raises:
        UnreadablePreviewError: it is something else, or not all of it is there.
    """
    found = Preview()
    for document in documents(text):
        _add(document, found)
    return found


def _add(document: Document, found: Preview) -> None:
    every = _with_refreshes(document.get("steps") or ())
    steps = [step for step in every if _is_ours(step)]
    whole = {step["urn"] for step in steps if step["op"] == "replace"}
    for step in steps:
        operation = step["op"]
        if operation.startswith("read"):
            found.read += 1
            continue
        if operation == "same":
            stays = _side(step.get("newState") or {})
            if stays.service and not isinstance(stays.ports, Unknown):
                found.same[stays.service] = stays.ports
        if operation == "same" and (former := _former_name(step)):
            found.renamed.append((former, _resource(step), _side(step.get("newState") or {}).service))
        elif operation not in _SKIPPED and not (operation in _HALVES and step["urn"] in whole):
            found.steps.append(_step(step))
    found.planned = found.planned or not every or any(step["op"] != "refresh" for step in every)
    _listen(document, found)
    errors = [*_errors(document)]
    found.names_secrets = found.names_secrets and not errors
    found.errors += [message for message in dict.fromkeys(errors) if message not in found.errors]
    for step in steps:
        if step["op"] == "refresh" and _is_owned(step.get("oldState") or {}):
            found.refreshed += 1
            _look(step, steps, found, complete=_shows_all(document) and not errors)


def _listen(document: Document, found: Preview) -> None:
    """Note what the provider says."""
    for line in _told(document):
        notice = notice_of(line)
        if notice is None:
            # A provider before 0.2.0 tells it without a code.
            found.names_secrets = found.names_secrets and not line.endswith(_OLD_ROTATION)
            continue
        if notice.code == "new-secret":
            _note(found.rotations, notice.service, notice.text)
        elif notice.code == "unknown-secret":
            _note(found.unknown_secrets, notice.service, notice.text)
        elif notice.code == "exposure":
            # A finding about ports as they are is no change.
            if notice.rule not in AS_THEY_ARE:
                _note(found.warnings, notice.service, notice.text)
        else:
            found.elsewhere.setdefault(notice.service, {})[notice.text] = notice.code == "opened"


def _with_refreshes(steps: Sequence[Document]) -> Sequence[Document]:
    """The steps, those of a refresh alone as such: of a provider with a diff, Pulumi calls one by what it found.

    In the preview of a program a refresh comes before each of these steps.
    """
    looked = {step["urn"] for step in steps if step["op"] == "refresh"}
    whole = any(_STACK in urn for urn in looked)

    def is_found(step: Document) -> bool:
        return whole and step["op"] in {"update", "delete"} and _former(step) not in looked

    return [
        {**step, "op": "refresh", FOUND: step.get("newState"), FOUND_AS: step["op"]} if is_found(step) else step
        for step in steps
    ]


def _look(refresh: Document, steps: Sequence[Document], found: Preview, *, complete: bool) -> None:
    """Compare what the last run recorded with what a refresh found, as far as both are shown."""
    recorded = _side(refresh["oldState"])
    service = recorded.service or _resource(refresh)
    following = [step for step in steps if step["op"] != "refresh" and _former(step) == refresh["urn"]]
    nexts = [step for step in following if _is_owned(step.get("oldState") or {})]
    if FOUND in refresh:
        live = refresh[FOUND]
    elif nexts:
        live = nexts[0]["oldState"]
    elif complete or any(not step.get("oldState") for step in following):
        live = None
    else:
        found.unseen.append(Unseen(service))
        return
    operation = following[0]["op"] if following else ""
    side = _side(live) if live else None
    # What is masked may differ: an update says that something does.
    updated = "update" in {operation, refresh.get(FOUND_AS)}
    if side is None or side.ports != recorded.ports or (recorded.masked and updated):
        # An update never leads to another service: at most a team is named that was understood before.
        after = _side(following[0].get("newState") or {}) if operation == "update" else recorded
        found.drift.append(Drift(_resource(refresh), after.service or recorded.service, operation, recorded, side))
    elif recorded.masked and refresh.get(FOUND_AS) != "same":
        found.unseen.append(Unseen(service, recorded.masked))


def _is_owned(state: Document) -> bool:
    """True if a state is of a resource that the stack manages, not of one that it only reads or will delete."""
    return bool(state) and state.get("external") is not True and state.get("delete") is not True


def _former(step: Document) -> str:
    """The URN that a step's resource had until now: an alias changes it."""
    former: str = (step.get("oldState") or {}).get("urn") or step["urn"]
    return former


def _former_name(step: Document) -> str:
    """The name in the program that an alias leads from; empty where it stays."""
    former = _resource({"urn": _former(step)})
    return "" if former == _resource(step) else former


def _shows_all(document: Document) -> bool:
    """True if the preview has unchanged resources, too; the stack itself is always in it."""
    changes = document.get("changeSummary")
    same = changes.get("same") if isinstance(changes, dict) else None
    shown = sum(step["op"] == "same" for step in document.get("steps") or ())
    return isinstance(same, int) and 0 < same <= shown


def _resource(step: Document) -> str:
    name: str = step["urn"].split("::", 3)[-1]
    return name


def _is_ours(step: Document) -> bool:
    """True if a resource is a `ServicePorts` of the dynamic or the packaged provider, subclasses included."""
    urn = step["urn"]
    kind = urn.split("::")[2].rpartition("$")[2] if urn.count("::") > 1 else ""
    if kind.rpartition(":")[2] == "ServicePorts" and "northflank" in kind:
        return True
    states = [step.get("oldState") or {}, step.get("newState") or {}]
    return any(is_ours(kind, inputs) for state in states if isinstance(inputs := state.get("inputs"), dict))


def _step(step: Document) -> Step:
    old, new = step.get("oldState"), step.get("newState")
    before, after = (_side(state) if state else None for state in (old, new))
    outputs = (old or {}).get("outputs")
    found, adopted = (outputs.get(key) if isinstance(outputs, dict) else None for key in ("found", "adopted"))
    return Step(
        operation=step["op"],
        resource=_resource(step),
        before=before,
        after=None if step["op"] in {"delete", "delete-replaced"} else after,
        retained=(old or {}).get("retainOnDelete") is True,
        found=canonical_ports(quoted(_cleared(found, (), []))) if isinstance(found, dict) else None,
        adopted=frozenset(adopted if isinstance(adopted, dict) else ()),
        former=_former_name(step),
    )


def _side(state: Document) -> Side:
    inputs, outputs = (
        {} if not isinstance(each, dict) else each for each in (state.get("inputs"), state.get("outputs"))
    )
    masked: list[str] = []
    declared = inputs.get("ports", UNKNOWN)
    ports = quoted(_cleared(declared, ("ports",), masked))
    dns = outputs.get("dns")
    return Side(
        service=_service(inputs),
        ports=canonical_ports(ports) if isinstance(ports, dict | list) else UNKNOWN,
        settings={key: inputs[key] for key in SETTINGS if isinstance(inputs.get(key), str)},
        masked=tuple(masked),
        dns={name: host for name, host in (dns if isinstance(dns, dict) else {}).items() if isinstance(host, str)},
        ignores=tuple(_ignores(inputs)),
    )


def _ignores(inputs: Document) -> list[Ignore]:
    """The ignore list of a resource; none of it if it is not valid."""
    entries, violations = ignores_of(_cleared(inputs.get("ignore", []), ("ignore",), []))
    return [] if violations else entries_of(entries, _service(inputs) or "*")


def _service(inputs: Document) -> str:
    """The service's id; empty where any part of it is not known, or masked."""
    parts = [inputs[key] for key in ("teamId", *(key for key in SERVICE_KEYS if key != "teamId")) if inputs.get(key)]
    readable = len(parts) > 1 and all(isinstance(part, str) and SLUG.fullmatch(part) for part in parts)
    return "/".join(parts) if readable and not _NOT_KNOWN_YET.intersection(parts) else ""


def _cleared(value: object, path: tuple[str, ...], masked: list[str]) -> object:
    """The value with UNKNOWN in place of what Pulumi does not show.

    A masked password or header value stays as it is: who holds a login is told by its name, and its secret may be
    another one. What else is masked goes into `masked`.
    """
    if isinstance(value, dict):
        return {str(key): _cleared(item, (*path, str(key)), masked) for key, item in value.items()}
    if isinstance(value, list):
        return [_cleared(item, (*path, str(index)), masked) for index, item in enumerate(value)]
    if value == MASK:
        if path[-3:-2] and _SECRET_PLACES.get(path[-3]) == path[-1]:
            return value
        masked.append(".".join(path))
        return UNKNOWN
    return UNKNOWN if isinstance(value, str) and value in _NOT_KNOWN_YET else value


def _told(document: Document) -> Iterator[str]:
    for item in diagnostics(document):
        if str(item.get("severity")).startswith(("info", "warning")):
            yield from str(item.get("message", "")).splitlines()


def _errors(document: Document) -> Iterator[str]:
    for item in diagnostics(document):
        if item.get("severity") == "error":
            lines = str(item.get("message", "")).strip().splitlines()
            yield (lines[0] if lines else "").removeprefix("error: ")


def _note(found: dict[str, list[str]], service: str, sentence: str) -> None:
    if sentence not in found.setdefault(service, []):
        found[service].append(sentence)
