"""Two gates compared: who gains access and who loses it, exactly, by every reading of what is open or not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from nf_ports.exposure import questions
from nf_ports.exposure.gates import (
    LOOSE,
    STRICT,
    AnyOf,
    Atom,
    Gate,
    Holds,
    Kind,
    OneOf,
    Reading,
    one_of,
    walk,
    with_atoms,
    with_holds,
)
from nf_ports.exposure.tables import Space, Term, TooManyChecks
from nf_ports.exposure.words import shown, terms_of

Verb = Literal["opened", "closed", "widened", "narrowed", "changed", "unchanged", "unknown"]
Fact = Literal["yes", "no", "maybe"]

Atoms = Mapping[Atom, Atom]


@dataclass(frozen=True, slots=True)
class Difference:
    """What changes from one gate to another.

    Attributes:
        verb: in one word; ``changed`` also where there are too many checks to compare.
        before: who got in, by the looser reading; None where that is not known.
        after: who gets in, likewise.
        gained: who gains access for sure.
        lost: who loses access for sure.
        rotated: logins and headers, in words, that get another secret, or may.
        patterns: headers, in words, whose value was or will be another pattern: it may match more, or less.
        by_reading: whether only the stricter reading changes; then all the above is by that reading.
        depends: whether the readings differ, before or after.
        exact: whether the checks were few enough to compare.
    """

    verb: Verb
    before: tuple[Term, ...] | None = None
    after: tuple[Term, ...] | None = None
    gained: tuple[Term, ...] = ()
    lost: tuple[Term, ...] = ()
    rotated: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    by_reading: bool = False
    depends: bool = False
    exact: bool = True


def difference(before: Gate, after: Gate, *, strict: bool = True) -> Difference:
    """Compare two gates.

    A login or a header that has one secret before and another after is the same one with a new secret.

    Args:
        before: the gate as it was.
        after: the gate as it will be.
        strict: whether the stricter reading counts, too.
    """
    verb: Verb
    same, rotated, patterns, perhaps = _rotations(before, after)
    before, after = _free(before, after)
    after = with_atoms(after, lambda atoms: frozenset(same.get(atom, atom) for atom in atoms))
    settled = frozenset(same.values())
    try:
        found = _compared(*_bounded(before, after, settled), strict=strict)
    except TooManyChecks:
        verb = "unchanged" if before == after and not rotated + patterns else "changed"
        if is_vague(before) or is_vague(after):
            verb = "unknown"
        return Difference(verb, rotated=rotated + perhaps, patterns=patterns, exact=False)
    verb = found.verb
    if verb == "unchanged" and rotated + patterns + perhaps:
        verb = "unknown" if perhaps else "changed"
    return replace(found, verb=verb, rotated=rotated + perhaps, patterns=patterns)


def is_vague(gate: Gate) -> bool:
    """Whether anything in a gate is not known yet."""
    return any(
        (isinstance(part, OneOf) and part.cause == "unknown")
        or (isinstance(part, Holds) and not all(atom.is_known() for atom in part.atoms))
        for part in walk(gate)
    )


def _compared(before: Gate, after: Gate, *, strict: bool) -> Difference:
    space = Space([before, after])
    gains: list[Fact] = []
    losses: list[Fact] = []
    gained = lost = 0
    for loose in (True, False) if strict else (True,):
        least, most = Reading(loose, most=False), Reading(loose, most=True)
        old = {reading: space.table(before, reading) for reading in (least, most)}
        new = {reading: space.table(after, reading) for reading in (least, most)}
        sure_gain, sure_loss = new[least] & ~old[most], old[least] & ~new[most]
        gains.append(_fact(sure_gain, new[most] & ~old[least]))
        losses.append(_fact(sure_loss, old[most] & ~new[least]))
        gained, lost = gained or sure_gain, lost or sure_loss
    gain, loss = _worst(gains), _worst(losses)
    by_reading = gains[0] == losses[0] == "no" and (gain, loss) != ("no", "no")
    return Difference(
        _verb(gain, loss, new_=not space.table(before, LOOSE), gone=not space.table(after, LOOSE)),
        _terms(space, before, loose=not by_reading),
        _terms(space, after, loose=not by_reading),
        terms_of(space, gained),
        terms_of(space, lost),
        by_reading=by_reading,
        depends=any(space.table(gate, LOOSE) != space.table(gate, STRICT) for gate in (before, after)),
    )


def _terms(space: Space, gate: Gate, *, loose: bool) -> tuple[Term, ...] | None:
    least, most = (space.table(gate, Reading(loose, most)) for most in (False, True))
    return terms_of(space, most) if most == least else None


def _fact(sure: int, possible: int) -> Fact:
    if sure:
        return "yes"
    return "maybe" if possible else "no"


def _worst(facts: list[Fact]) -> Fact:
    return "yes" if "yes" in facts else "maybe" if "maybe" in facts else "no"


def _verb(gain: Fact, loss: Fact, *, new_: bool, gone: bool) -> Verb:
    if "maybe" in {gain, loss}:
        return "unknown"
    if gain == "yes":
        if loss == "yes":
            return "changed"
        return "opened" if new_ else "widened"
    if loss == "yes":
        return "closed" if gone else "narrowed"
    return "unchanged"


def _atoms(gate: Gate) -> list[Atom]:
    """All atoms of a gate, in the order of the declaration."""
    return list(
        dict.fromkeys(
            atom
            for leaf in walk(gate)
            if isinstance(leaf, Holds)
            for atom in sorted(leaf.atoms, key=lambda atom: (atom.kind, atom.name or "", str(atom.secret)))
        )
    )


def _rotations(before: Gate, after: Gate) -> tuple[Atoms, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Atoms of `after` that are those of `before` with a new secret.

    In words follows whose secret changes, whose pattern does, and whose secret may change.
    """
    old, new = _by_name(before), _by_name(after)
    same: dict[Atom, Atom] = {}
    sure: list[str] = []
    patterns: list[str] = []
    perhaps: list[str] = []
    for key in sorted(old.keys() & new.keys()):
        if len(old[key]) != 1 or len(new[key]) != 1:
            continue
        (was,), (now,) = old[key], new[key]
        if was.is_free() or now.is_free() or (was == now and was.is_known()):
            continue
        same[now] = was
        known = was.is_known() and now.is_known()
        whose = perhaps if not known else patterns if was.pattern or now.pattern else sure
        whose.append(f"{key[0]} {shown(key[1])}")
    return same, tuple(sure), tuple(patterns), tuple(perhaps)


def _by_name(gate: Gate) -> dict[tuple[Kind, str], list[Atom]]:
    found: dict[tuple[Kind, str], list[Atom]] = {}
    for atom in _atoms(gate):
        if atom.kind in {"login", "header"} and atom.name is not None:
            found.setdefault((atom.kind, atom.name), []).append(atom)
    return found


def _bounded(before: Gate, after: Gate, settled: frozenset[Atom]) -> tuple[Gate, Gate]:
    """Two gates in which an atom that is not known is one of its own, or, where it may be another one, a choice.

    Args:
        before: the one gate.
        after: the other.
        settled: atoms that are the same on both sides, whatever they are.
    """
    every = [(side, atom) for side, gate in enumerate((before, after)) for atom in _atoms(gate)]
    own = {
        (side, atom): replace(atom, secret=f"? {number}")
        for number, (side, atom) in enumerate(every)
        if not atom.is_known() and atom not in settled
    }
    all_atoms = {own.get(key, key[1]) for key in every}

    def choice(side: int, held: Holds) -> Gate:
        mine = {atom: own.get((side, atom), atom) for atom in held.atoms}
        others = {
            made: {other for other in all_atoms if other != made and _may_be(atom, other)}
            for atom, made in mine.items()
            if made != atom
        }
        open_ = {made: {made, *maybe} for made, maybe in others.items() if maybe}
        sure = frozenset(made for made in mine.values() if made not in open_)
        if not open_:
            return Holds(sure, held.every, held.at)
        possible = frozenset(one for maybe in open_.values() for one in maybe)
        if not held.every:
            least, most = Holds(sure, at=held.at), Holds(sure | possible, at=held.at)
            return one_of((least, most), "unknown", questions.not_known(held.at), held.at)
        # Who holds all that an unknown one may be holds that one; who holds none of it does not.
        strict = Holds(sure | possible, every=True, at=held.at)
        loose = tuple(Holds(sure | {one}, every=True, at=held.at) for one in possible)
        wide = AnyOf(loose, held.at) if len(open_) == 1 else Holds(sure, every=True, at=held.at)
        return one_of((strict, wide), "unknown", questions.not_known(held.at), held.at)

    return with_holds(before, partial(choice, 0)), with_holds(after, partial(choice, 1))


def _may_be(vague: Atom, other: Atom) -> bool:
    names = {vague.name, other.name}
    return vague.kind == other.kind and (None in names or len(names) == 1) and not other.is_free()


def _free(before: Gate, after: Gate) -> tuple[Gate, Gate]:
    """Whoever sends a header with its value sends it with any value, too, where that is what the other side asks."""
    free = {atom.name: atom for atom in (*_atoms(before), *_atoms(after)) if atom.is_free()}

    def also(held: frozenset[Atom]) -> frozenset[Atom]:
        return held | {free[atom.name] for atom in held if atom.kind == "header" and atom.name in free}

    return with_atoms(before, also), with_atoms(after, also)
