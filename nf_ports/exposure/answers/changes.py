"""Changes of ports by their effect on access: the callers who gain and lose access, on which paths.

Undetermined points are read the same way before and after. If only the stricter reading changes, the change is
reported as well, and says so. An unknown value is never called unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Final, Literal, NamedTuple

from nf_ports.exposure.access import questions
from nf_ports.exposure.access.checks import Caller, is_private
from nf_ports.exposure.access.formula import Access, AnyOf, Holds, has_unknown, unknown, walk
from nf_ports.exposure.access.ports import PathAccess, PathSet, PublicNames, names_of, path_sets
from nf_ports.exposure.access.truth_table import Alternative, TooManyChecks
from nf_ports.exposure.access.words import MANY, either, in_words, listed, shown
from nf_ports.exposure.answers.differences import ChangeKind, Difference, difference
from nf_ports.exposure.answers.port_exposure import CALLERS, NOT_KNOWN, Protection, as_json, protection, why
from nf_ports.exposure.answers.sentences import Subject, access_sentence, new_secrets, prefix
from nf_ports.exposure.answers.targets import Target, TargetKind, lost_domains, moved_targets
from nf_ports.ports.canonical import Previewed, canonical_port, spelt_like, typed_ports
from nf_ports.ports.deferred import UNKNOWN, Unknown, holds_deferred
from nf_ports.ports.port import Port
from nf_ports.text import argument, printable

GENERATED: Final = "the generated name"
_WORSE: Final[tuple[Protection, ...]] = ("private", "protected", "unknown", "public")

Entrants = Literal["nobody", "somebody", "unknown"]
ABSENT: Final = canonical_port({"public": False})
"""The placeholder of a port that does not exist: it lets nobody in from the internet."""


@dataclass(frozen=True, slots=True)
class Change:
    """The change of one port, on some paths, for one kind of caller.

    Attributes:
        kind: ``opened`` (nobody got in before), ``closed`` (nobody does any more), ``widened``, ``narrowed``,
            ``changed`` (some gain and some lose, or a secret is new), ``new`` or ``removed`` (the port appears or goes,
            and nobody gets in from the internet), ``unchanged``, or ``unknown``.
        port: its name; empty if the names of the ports are unknown values.
        subject: ``access``; ``names`` if only the public names change; ``container port`` or ``domain`` if other ports
            lead there than before: then the access is that to the container port, or through the domain.
        target: the number of the container port, or the domain; empty otherwise.
        callers: where they come from, as in `PortExposure`.
        region: paths in words; empty for all of them.
        sentence: all of it in one line.
        gained: the callers who certainly gain access, in words; of names, the ones that lead to the port as well.
        lost: the callers who certainly lose access, in words.
        rotated: logins and headers that get a new secret, or may.
        patterns: headers whose value was or will be another pattern: it may match more, or less.
        before: the callers who got in, in words, by the less strict reading; by the stricter one if `by_reading`.
        after: the callers who get in, likewise.
        before_protection: the protection before.
        after_protection: the protection after.
        rules: path rules that may decide there, before or after, by their keys.
        by_reading: True if only the stricter reading of undetermined points changes.
        undetermined: undetermined points there, a sentence each.
        not_known: unknown values that make a difference, a sentence each.
        entrants: the answers whether anybody got in before, and gets in after.
        exact: True if the checks were few enough to compare.
    """

    kind: ChangeKind
    port: str
    subject: Literal["access", "names"] | TargetKind
    callers: Caller
    region: str
    sentence: str
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    rotated: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    before_protection: Protection = "private"
    after_protection: Protection = "private"
    rules: tuple[str, ...] = ()
    by_reading: bool = False
    undetermined: tuple[str, ...] = ()
    not_known: tuple[str, ...] = ()
    entrants: tuple[Entrants, Entrants] = ("nobody", "nobody")
    exact: bool = True
    target: str = ""

    def as_dict(self) -> dict[str, object]:
        """The same for a machine; lists for tuples. ``open`` is the former key of ``undetermined``."""
        plain = {key: item for key, item in as_json(asdict(self)).items() if key not in {"entrants", "exact"}}
        return plain | {"open": plain["undetermined"]}

    @property
    def access_alone(self) -> str:
        """The sentence without the part about new secrets, which are reported apart."""
        return self.sentence.replace(f"; {new_secrets(self.rotated)}", "") if self.rotated else self.sentence

    def widens(self) -> bool:
        """True if anybody gains access, or may, other than by a new secret; also if that is unknown."""
        if self.subject == "names":
            return GENERATED in self.gained and self.after_protection == "protected"
        cannot_tell = self.kind == "unknown" and self.not_known
        return bool(self.gained or cannot_tell or self.patterns or (self.kind == "changed" and not self.exact))


def compare(before: object, after: object) -> list[Change]:
    """The changes from some canonical ports to others.

    Of every port the internet comes first, with all its paths, unchanged ones too. Other callers are reported if their
    access changes otherwise than from the internet, by the less strict reading.

    Args:
        before: canonical ports by name; None if there were none.
        after: canonical ports by name; None if there will be none.
    """
    old, new = (typed_ports({} if side is None else side) for side in (before, after))
    if isinstance(old, Unknown) or isinstance(new, Unknown):
        accesses = [unknown("ports", questions.NO_PORTS) for _side in range(2)]
        return [_access(_Pair("", UNKNOWN, UNKNOWN), "internet", PathSet(tuple(map(PathAccess, accesses))))]
    pairs = {name: _pair(name, old, new) for name in new}
    moved = {pair.old_name for pair in pairs.values()}
    pairs |= {name: _Pair(name, old[name], None) for name in old if name not in new and name not in moved}
    found = [change for name in sorted(pairs) for change in _of_pair(pairs[name])]
    former = {name: pairs[name].old_name for name in new}
    found += [change for target in moved_targets(old, new, former) for change in _of_target(target, old, new)]
    lost = lost_domains(old, new)
    vague = [change for pair in pairs.values() for change in _to_unknown_target(pair, old, lost)]
    return found + vague


def moved_domains(before: Previewed, after: Previewed) -> list[Change]:
    """The changes of access through domains that go from one port to another, unchanged access left out.

    Args:
        before: canonical ports, of any number of services, by names that tell them apart.
        after: canonical ports by the same names.
    """
    former = dict(zip(after, after, strict=True))
    targets = (target for target in moved_targets(before, after, former) if target.kind == "domain")
    return [change for target in targets for change in _of_target(target, before, after)]


class _Pair(NamedTuple):
    """A port before and after; None if there is none."""

    name: str
    before: Port | Unknown | None
    after: Port | Unknown | None
    old_name: str = ""
    target: Target | None = None

    def both(self) -> tuple[Port | Unknown, Port | Unknown]:
        before, after = (ABSENT if port is None else port for port in (self.before, self.after))
        return before, after


def _pair(name: str, old: Previewed, new: Previewed) -> _Pair:
    port = new[name]
    was = port.renamed_from if isinstance(port, Port) and name not in old else None
    if isinstance(was, str) and was in old and was not in new:
        return _Pair(name, old[was], port, was)
    return _Pair(name, old.get(name), spelt_like(port, old.get(name)), name)


def _of_pair(pair: _Pair) -> list[Change]:
    found = _path_sets(pair, "internet")
    internet = [_access(pair, "internet", paths) for paths in found] or [_inexact(pair)]
    told_of = {change.region: (change.kind, change.gained, change.lost) for change in internet}
    said = {sentence for change in internet for sentence in change.not_known}
    others = []
    for caller in CALLERS[1:]:
        if caller == "private" and (pair.before is None or pair.after is None):
            continue
        for paths in _path_sets(pair, caller):
            before, after = (each.access for each in paths.accesses)
            if (before == after and not has_unknown(after)) or (caller == "internal" and _like(paths, found)):
                continue
            change = _access(pair, caller, paths)
            # New secrets and unknown values are said once, for the internet.
            tells = change.kind != "unchanged" and (change.gained or change.lost or set(change.not_known) - said)
            same = told_of.get(change.region) == (change.kind, change.gained, change.lost)
            if tells and (caller != "internal" or not same):
                others.append(change)
    return internet + others + list(_names(pair, internet))


def _of_target(target: Target, before: Previewed, after: Previewed) -> Iterator[Change]:
    """The changes of access from the internet to a container port, or through a domain."""
    old, new = ([ports[name] for name in names] for ports, names in ((before, target.before), (after, target.after)))
    pair = _Pair(target.after[0], _most_public(old), _most_public(new), target=target)
    told: set[tuple[ChangeKind, str, tuple[str, ...], tuple[str, ...]]] = set()
    for caller in CALLERS if target.kind == "container port" else CALLERS[:2]:
        for paths in _joined([*old, *new], len(old), caller):
            change = _access(pair, caller, paths)
            # What is said of the internet need not be said of callers of the same project.
            same = (change.kind, change.region, change.gained, change.lost)
            if change.kind != "unchanged" and (caller != "internal" or same not in told):
                yield change
            told |= {same} if caller == "internet" else set()


def _joined(ports: list[Port | Unknown], first: int, caller: Caller) -> list[PathSet]:
    """The paths of some ports, with the access by any of the first ones, and by any of the others."""
    try:
        found = list(path_sets(ports, caller))
    except TooManyChecks:
        found = [PathSet(tuple(PathAccess(unknown("ports", questions.NOT_COMPARED)) for _port in ports))]

    def by_any(side: tuple[PathAccess, ...]) -> PathAccess:
        access = AnyOf(tuple(each.access for each in side)) if len(side) > 1 else side[0].access
        return PathAccess(access, tuple(dict.fromkeys(key for each in side for key in each.rules)))

    return [
        replace(paths, accesses=tuple(map(by_any, (paths.accesses[:first], paths.accesses[first:])))) for paths in found
    ]


def _to_unknown_target(pair: _Pair, before: Previewed, lost: list[str]) -> Iterator[Change]:
    """A port whose container port or domains become unknown, where they may be those of another port."""
    was, now = pair.before, pair.after
    if not isinstance(now, Port) or is_private(now):
        return

    def change(kind: TargetKind, says: str, field: str) -> Change:
        where = questions.not_known(f"ports.{printable(pair.name)}.{field}")
        sentence = f"{prefix(pair.name, 'internet', '')}: {says}: {where}"
        return Change(
            "unknown",
            pair.name,
            kind,
            "internet",
            "",
            sentence,
            not_known=(where,),
            before_protection="unknown",
            after_protection="unknown",
        )

    known_before = isinstance(was, Port) and not holds_deferred(was.internal_port)
    if known_before and len(before) > 1 and holds_deferred(now.internal_port):
        yield change("container port", "it is unknown which container port it leads to", "internalPort")
    if lost and not names_of(now).known:
        domains = listed(map(shown, lost))
        yield change("domain", f"it is unknown whether it gets {domains}, which led to another port before", "domains")


def _most_public(ports: list[Port | Unknown]) -> Port | Unknown:
    """The port of several that is public, if one is."""
    return next((port for port in ports if not is_private(port)), ports[0])


def _path_sets(pair: _Pair, caller: Caller) -> list[PathSet]:
    """The paths of a port before and after; none if there are too many path rules."""
    try:
        return list(path_sets(pair.both(), caller))
    except TooManyChecks:
        return []


def _like(paths: PathSet, others: list[PathSet]) -> bool:
    accesses = [each.access for each in paths.accesses]
    return any(accesses == [each.access for each in other.accesses] for other in others)


def _access(pair: _Pair, caller: Caller, paths: PathSet) -> Change:
    before, after = (each.access for each in paths.accesses)
    found = difference(before, after, strict=caller != "private")
    old, new = pair.both()
    protections = [
        protection(access, port.public if isinstance(port, Port) else port) if caller == "internet" else "private"
        for access, port in ((before, old), (after, new))
    ]
    undetermined = (
        tuple(dict.fromkeys((*why(before, "undetermined"), *why(after, "undetermined")))) if found.depends else ()
    )
    not_known = _not_known(before, after) if found.kind == "unknown" else ()
    subject = Subject(
        port=pair.name,
        caller=caller,
        paths=paths.words(),
        before=pair.before,
        after=pair.after,
        old_name=pair.old_name,
        undetermined=undetermined,
        not_known=not_known,
        noun=pair.target.words() if pair.target else "",
    )
    return Change(
        kind=_kind(pair, found),
        port=pair.name,
        subject=pair.target.kind if pair.target else "access",
        target=pair.target.name if pair.target else "",
        callers=caller,
        region=paths.words(),
        sentence=access_sentence(subject, found),
        gained=tuple(in_words(found.gained)),
        lost=tuple(in_words(found.lost)),
        rotated=found.rotated,
        patterns=found.patterns,
        before=_words(found.before) if found.exact else MANY,
        after=_words(found.after) if found.exact else MANY,
        entrants=(_entrants(found, found.before), _entrants(found, found.after)),
        exact=found.exact,
        before_protection=protections[0],
        after_protection=protections[1],
        rules=tuple(dict.fromkeys(key for each in paths.accesses for key in each.rules)),
        by_reading=found.by_reading,
        undetermined=undetermined,
        not_known=not_known,
    )


def _kind(pair: _Pair, found: Difference) -> ChangeKind:
    """A port that nobody reaches from the internet is not unchanged when it appears or goes: others can reach it."""
    if found.kind != "unchanged" or (pair.before is None) == (pair.after is None):
        return found.kind
    return "new" if pair.before is None else "removed"


def _inexact(pair: _Pair) -> Change:
    """A port with too many regular expressions among its path rules to compare them all."""
    old, new = pair.both()
    not_known: tuple[str, ...] = ()
    kind: ChangeKind = "unchanged" if old == new else "changed"
    says = f"{kind}; it has too many path rules to compare exactly"
    if holds_deferred(old) or holds_deferred(new):
        not_known = (questions.NOT_COMPARED, questions.not_known("the port"))
        kind, says = "unknown", "it has too many path rules to compare while a value is unknown"
    sides: list[Protection] = ["private" if is_private(port) else "unknown" for port in (old, new)]
    return Change(
        kind,
        pair.name,
        "access",
        "internet",
        "",
        f"{prefix(pair.name, 'internet', '')}: {says}",
        before=MANY,
        after=MANY,
        entrants=("somebody", "somebody"),
        exact=False,
        before_protection=sides[0],
        after_protection=sides[1],
        not_known=not_known,
    )


def _not_known(*accesses: Access) -> tuple[str, ...]:
    """The reasons why an access is unknown, except secrets of a known name."""
    found = [sentence for access in accesses for sentence in why(access, "unknown")]
    leaves = [part for access in accesses for part in walk(access) if isinstance(part, Holds)]
    found += [questions.not_known(leaf.at) for leaf in leaves if any(factor.name is None for factor in leaf.factors)]
    return tuple(dict.fromkeys(found))


def _entrants(found: Difference, alternatives: tuple[Alternative, ...] | None) -> Entrants:
    if not found.exact:
        return "somebody"
    return "unknown" if alternatives is None else "somebody" if alternatives else "nobody"


def _words(alternatives: tuple[Alternative, ...] | None) -> str:
    return NOT_KNOWN if alternatives is None else either(in_words(alternatives))


def _of_names(
    was: PublicNames, now: PublicNames, former: str
) -> Iterator[tuple[ChangeKind, str, tuple[str, ...], tuple[str, ...]]]:
    """The changes of the names of a public port: kind, sentence, gained, lost; `former`: its earlier name."""
    if former and was.generated and now.generated:
        says = f'its generated name changes, because it is renamed from "{shown(former)}"'
        yield "changed", f"{says}; the former one leads nowhere", (), ()
    if gained := tuple(name for name in now.custom if name not in was.custom):
        yield "changed", f"is now also reachable as {listed(map(shown, gained), 'and')}", gained, ()
    if lost := tuple(name for name in was.custom if name not in now.custom):
        yield "changed", f"is no longer reachable as {listed(map(shown, lost), 'or')}", (), lost
    if was.generated is False and now.generated:
        beside = f", in addition to {listed(map(shown, now.custom), 'and')}" if now.custom else ""
        yield "widened", f"is reachable by the generated name again{beside}", (GENERATED,), ()
    if was.generated and now.generated is False:
        yield "narrowed", "is no longer reachable by the generated name", (), (GENERATED,)
    if not now.known or now.generated is None:
        yield "unknown", "its public names are unknown", (), ()


def _names(pair: _Pair, internet: list[Change]) -> Iterator[Change]:
    """Changes of the names of a port that stays public, and a generated name that stays on beside a new domain."""
    was, now = names_of(pair.before), names_of(pair.after)
    if not (isinstance(pair.after, Port) and pair.after.public is True):
        return
    before_worst = max((change.before_protection for change in internet), key=_WORSE.index)
    worst = max((change.after_protection for change in internet), key=_WORSE.index)
    where = prefix(pair.name, "internet", "")

    def change(kind: ChangeKind, says: str, gained: tuple[str, ...] = (), lost: tuple[str, ...] = ()) -> Change:
        return Change(
            kind,
            pair.name,
            "names",
            "internet",
            "",
            f"{where}: {says}",
            gained,
            lost,
            before_protection=before_worst,
            after_protection=worst,
        )

    before_public = isinstance(pair.before, Port) and pair.before.public is True
    if before_public:
        for each in _of_names(was, now, pair.old_name if pair.old_name != pair.name else ""):
            yield change(*each)
    known_before = before_public and (was.generated is False or (was.custom and before_worst == "protected"))
    if worst == "protected" and now.generated and now.custom and not known_before:
        says = (
            f"the generated name stays reachable in addition to {listed(map(shown, now.custom), 'and')};"
            f" the same checks apply there, and {argument('disable_nf_domain', value=True)} turns the generated name"
            " off"
        )
        yield change("changed", says, (GENERATED,))
