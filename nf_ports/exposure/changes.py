"""What a change of ports does to who gets in: who gains access, who loses it, on which paths, and by which way.

The API's silence is read the same way on both sides. Where the looser reading changes nothing and the stricter does,
the change is reported as well, and said to depend on the reading. What is not known yet is never called unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Final, Literal, NamedTuple

from nf_ports.exposure import questions
from nf_ports.exposure.checks import Entry, is_private
from nf_ports.exposure.differences import Difference, Verb, difference, is_vague
from nf_ports.exposure.gates import Gate, Holds, unknown, walk
from nf_ports.exposure.ports import Door, Region, names_of, regions
from nf_ports.exposure.sentences import Case, access_sentence, new_secrets, prefix
from nf_ports.exposure.surfaces import ENTRIES, NOT_KNOWN, Protection, as_json, protection, why
from nf_ports.exposure.tables import Term, TooManyChecks
from nf_ports.exposure.words import MANY, either, in_words, listed, shown
from nf_ports.ports.canonical import Previewed, canonical_port, spelt_like, typed_ports
from nf_ports.ports.deferred import UNKNOWN, Unknown, holds_deferred
from nf_ports.ports.port import Port

GENERATED: Final = "the generated name"
_WORSE: Final[tuple[Protection, ...]] = ("private", "protected", "unknown", "public")

Entrants = Literal["nobody", "somebody", "unknown"]
ABSENT: Final = canonical_port({"public": False})
"""What stands for a port that does not exist: it lets nobody in from the internet."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one port, on some paths, for callers who come by one way.

    Attributes:
        kind: ``opened`` (nobody got in before), ``closed`` (nobody does any more), ``widened``, ``narrowed``,
            ``changed`` (some gain and some lose, or a secret is new), ``unchanged``, or ``unknown``.
        port: its name; empty where the names of the ports are not known yet.
        subject: ``access``, or ``names`` where only the public names change.
        callers: the way they come, as in `Surface`.
        region: paths in words; empty for all of them.
        sentence: all of it in one line.
        gained: who gains access for sure, in words; of names, the ones that lead to the port as well.
        lost: who loses access for sure, in words.
        rotated: logins and headers that get a new secret, or may.
        patterns: headers whose value was or will be another pattern: it may match more, or less.
        before: who got in, in words, by the looser reading; by the stricter one where `by_reading`.
        after: who gets in, likewise.
        before_protection: how well it was kept.
        after_protection: how well it will be kept.
        rules: path rules that may decide there, before or after, by their keys.
        by_reading: whether only the stricter reading of what the API leaves open changes.
        open: what the API leaves open there, a sentence each.
        not_known: what is not known yet and would tell, a sentence each.
        entrants: whether anybody got in before, and does after, as `before` and `after` put it in words.
        exact: whether the checks were few enough to compare.
    """

    kind: Verb
    port: str
    subject: Literal["access", "names"]
    callers: Entry
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
    open: tuple[str, ...] = ()
    not_known: tuple[str, ...] = ()
    entrants: tuple[Entrants, Entrants] = ("nobody", "nobody")
    exact: bool = True

    def as_dict(self) -> dict[str, object]:
        """The same for a machine; lists for tuples."""
        return {key: item for key, item in as_json(asdict(self)).items() if key not in {"entrants", "exact"}}

    @property
    def access_alone(self) -> str:
        """The sentence without whose secret is new, which is told of every secret apart."""
        return self.sentence.replace(f"; {new_secrets(self.rotated)}", "") if self.rotated else self.sentence

    def widens(self) -> bool:
        """Whether anybody gains access, or may, besides by a new secret; or whether it cannot be told."""
        if self.subject == "names":
            return GENERATED in self.gained and self.after_protection == "protected"
        cannot_tell = self.kind == "unknown" and self.not_known
        return bool(self.gained or cannot_tell or self.patterns or (self.kind == "changed" and not self.exact))


def compare(before: object, after: object) -> list[Change]:
    """What the change from some canonical ports to others does.

    Of every port the internet comes first, region by region, unchanged ones too. Other ways in are reported where
    they change otherwise than the internet, by the looser reading.

    Args:
        before: canonical ports by name; None where there were none.
        after: canonical ports by name; None where there will be none.
    """
    old, new = (typed_ports({} if side is None else side) for side in (before, after))
    if isinstance(old, Unknown) or isinstance(new, Unknown):
        gates = [unknown("ports", questions.NO_PORTS) for _side in range(2)]
        return [_access(_Pair("", UNKNOWN, UNKNOWN), "internet", Region(tuple(map(Door, gates))))]
    pairs = {name: _pair(name, old, new) for name in new}
    moved = {pair.old_name for pair in pairs.values()}
    pairs |= {name: _Pair(name, old[name], None) for name in old if name not in new and name not in moved}
    return [change for name in sorted(pairs) for change in _of_pair(pairs[name])]


class _Pair(NamedTuple):
    """A port before and after; None where there is none."""

    name: str
    before: Port | Unknown | None
    after: Port | Unknown | None
    old_name: str = ""

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
    found = _regions(pair, "internet")
    internet = [_access(pair, "internet", region) for region in found] or [_inexact(pair)]
    kinds = {change.region: change.kind for change in internet}
    said = {sentence for change in internet for sentence in change.not_known}
    others = []
    for entry in ENTRIES[1:]:
        if entry == "private" and (pair.before is None or pair.after is None):
            continue
        for region in _regions(pair, entry):
            before, after = (door.gate for door in region.doors)
            if (before == after and not is_vague(after)) or (entry == "internal" and _like(region, found)):
                continue
            change = _access(pair, entry, region)
            # A new secret, and what is not known yet, is said once, for the internet.
            tells = change.kind != "unchanged" and (change.gained or change.lost or set(change.not_known) - said)
            if tells and (entry != "internal" or change.kind != kinds.get(change.region)):
                others.append(change)
    return internet + others + list(_names(pair, internet))


def _regions(pair: _Pair, entry: Entry) -> list[Region]:
    """The regions of a port before and after; none where there are too many path rules."""
    try:
        return list(regions(pair.both(), entry))
    except TooManyChecks:
        return []


def _like(region: Region, others: list[Region]) -> bool:
    gates = [door.gate for door in region.doors]
    return any(gates == [door.gate for door in other.doors] for other in others)


def _access(pair: _Pair, entry: Entry, region: Region) -> Change:
    before, after = (door.gate for door in region.doors)
    found = difference(before, after, strict=entry in {"internet", "internal"})
    old, new = pair.both()
    protections = [
        protection(gate, port.public if isinstance(port, Port) else port) if entry == "internet" else "private"
        for gate, port in ((before, old), (after, new))
    ]
    opened = tuple(dict.fromkeys((*why(before, "open"), *why(after, "open")))) if found.depends else ()
    not_known = _not_known(before, after) if found.verb == "unknown" else ()
    case = Case(
        port=pair.name,
        entry=entry,
        region=region.words(),
        before=pair.before,
        after=pair.after,
        old_name=pair.old_name,
        open=opened,
        not_known=not_known,
    )
    return Change(
        kind=found.verb,
        port=pair.name,
        subject="access",
        callers=entry,
        region=region.words(),
        sentence=access_sentence(case, found),
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
        rules=tuple(dict.fromkeys(key for door in region.doors for key in door.rules)),
        by_reading=found.by_reading,
        open=opened,
        not_known=not_known,
    )


def _inexact(pair: _Pair) -> Change:
    """A port with more regular expressions among its path rules than are told apart."""
    old, new = pair.both()
    not_known: tuple[str, ...] = ()
    kind: Verb = "unchanged" if old == new else "changed"
    says = f"{kind}; it has too many path rules to compare exactly"
    if holds_deferred(old) or holds_deferred(new):
        not_known = (questions.NOT_COMPARED, questions.not_known("the port"))
        kind, says = "unknown", "it has too many path rules to compare while something is not known yet"
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


def _not_known(*gates: Gate) -> tuple[str, ...]:
    """Why a gate is not known, besides secrets of which it is known whose they are."""
    found = [sentence for gate in gates for sentence in why(gate, "unknown")]
    leaves = [part for gate in gates for part in walk(gate) if isinstance(part, Holds)]
    found += [questions.not_known(leaf.at) for leaf in leaves if any(atom.name is None for atom in leaf.atoms)]
    return tuple(dict.fromkeys(found))


def _entrants(found: Difference, terms: tuple[Term, ...] | None) -> Entrants:
    if not found.exact:
        return "somebody"
    return "unknown" if terms is None else "somebody" if terms else "nobody"


def _words(terms: tuple[Term, ...] | None) -> str:
    return NOT_KNOWN if terms is None else either(in_words(terms))


def _names(pair: _Pair, internet: list[Change]) -> Iterator[Change]:
    """The public names of a port that stays public, and the generated one that is left on beside a new domain."""
    was, now = names_of(pair.before), names_of(pair.after)
    if not (isinstance(pair.after, Port) and pair.after.public is True):
        return
    before_worst = max((change.before_protection for change in internet), key=_WORSE.index)
    worst = max((change.after_protection for change in internet), key=_WORSE.index)
    where = prefix(pair.name, "internet", "")

    def change(kind: Verb, says: str, gained: tuple[str, ...] = (), lost: tuple[str, ...] = ()) -> Change:
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

    beside = f", beside {listed(map(shown, now.custom), 'and')}" if now.custom else ""
    before_public = isinstance(pair.before, Port) and pair.before.public is True
    if before_public:
        if gained := tuple(name for name in now.custom if name not in was.custom):
            yield change("changed", f"is reachable as {listed(map(shown, gained), 'and')}, too", gained)
        if lost := tuple(name for name in was.custom if name not in now.custom):
            yield change("changed", f"is no longer reachable as {listed(map(shown, lost), 'or')}", (), lost)
        if was.generated is False and now.generated:
            yield change("widened", f"is reachable by the generated name again{beside}", (GENERATED,))
        if was.generated and now.generated is False:
            yield change("narrowed", "is no longer reachable by the generated name", (), (GENERATED,))
        if not now.known or now.generated is None:
            yield change("unknown", "its public names are not known yet")
    told = before_public and (was.generated is False or (was.custom and before_worst == "protected"))
    if worst == "protected" and now.generated and now.custom and not told:
        beside = f"the protected domain{'s' if len(now.custom) > 1 else ''} {listed(map(shown, now.custom), 'and')}"
        yield change("changed", f"the generated name stays reachable beside {beside}", (GENERATED,))
