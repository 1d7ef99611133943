"""Two gates compared: who gains access and who loses it, exactly, by every reading of what is open or not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import Final, Literal

from nf_ports.exposure.gates import LOOSE, STRICT, Atom, Gate, Holds, Kind, OneOf, Reading, walk, with_atoms
from nf_ports.exposure.tables import Space, Term, TooManyChecks
from nf_ports.exposure.words import in_words, shown, terms_of

Verb = Literal["opened", "closed", "widened", "narrowed", "changed", "unchanged", "unknown"]
Fact = Literal["yes", "no", "maybe"]
_MOST_GUESSES: Final = 32

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
    guesses = list(islice(_identities(before, after, set(same.values())), _MOST_GUESSES + 1))
    try:
        found = [_compared(_guess(before, mine), _guess(after, theirs), strict=strict) for mine, theirs in guesses]
    except TooManyChecks:
        verb = "unchanged" if before == after and not rotated + patterns else "changed"
        if is_vague(before) or is_vague(after):
            verb = "unknown"
        return Difference(verb, rotated=rotated + perhaps, patterns=patterns, exact=False)
    first = found[0]
    verb = first.verb
    if len(guesses) > _MOST_GUESSES or any(each.verb != verb for each in found):
        verb = "unknown"
    if verb == "unchanged" and rotated + patterns + perhaps:
        verb = "unknown" if perhaps else "changed"
    return Difference(
        verb,
        first.before,
        first.after,
        tuple(term for term in first.gained if all(_says(term, each.gained) for each in found)),
        tuple(term for term in first.lost if all(_says(term, each.lost) for each in found)),
        rotated + perhaps,
        patterns,
        by_reading=all(each.by_reading for each in found),
        depends=any(each.depends for each in found),
    )


def is_vague(gate: Gate) -> bool:
    """Whether anything in a gate is not known yet."""
    return any(
        (isinstance(part, OneOf) and part.cause == "unknown")
        or (isinstance(part, Holds) and not all(atom.is_known() for atom in part.atoms))
        for part in walk(gate)
    )


def _says(term: Term, terms: tuple[Term, ...]) -> bool:
    return in_words([term])[0] in {in_words([each])[0] for each in terms}


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


def _identities(before: Gate, after: Gate, settled: set[Atom]) -> Iterator[tuple[Atoms, Atoms]]:
    """Every way in which atoms that are not known may be others, or be one of their own.

    Args:
        before: the one gate.
        after: the other.
        settled: atoms that are known to be the same on both sides, whatever they are.
    """
    sides = (_atoms(before), _atoms(after))
    known = [atom for atom in dict.fromkeys(sides[0] + sides[1]) if atom.is_known() or atom in settled]
    vague = [(side, atom) for side, atoms in enumerate(sides) for atom in atoms if atom not in known]
    own = [Atom(atom.kind, atom.name, f"? {number}") for number, (_side, atom) in enumerate(vague)]
    choices = [
        [own[number], *(other for other in (*known, *own[:number]) if _may_be(atom, other))]
        for number, (_side, atom) in enumerate(vague)
    ]
    for chosen in product(*choices):
        mine: dict[Atom, Atom] = {}
        theirs: dict[Atom, Atom] = {}
        for (side, atom), guess in zip(vague, chosen, strict=True):
            (theirs if side else mine)[atom] = guess
        yield mine, theirs


def _may_be(vague: Atom, other: Atom) -> bool:
    return vague.kind == other.kind and vague.name in {None, other.name} and not other.is_free()


def _guess(gate: Gate, atoms: Atoms) -> Gate:
    return with_atoms(gate, lambda held: frozenset(atoms.get(atom, atom) for atom in held))


def _free(before: Gate, after: Gate) -> tuple[Gate, Gate]:
    """Whoever sends a header with its value sends it with any value, too, where that is what the other side asks."""
    free = {atom.name: atom for atom in (*_atoms(before), *_atoms(after)) if atom.is_free()}

    def also(held: frozenset[Atom]) -> frozenset[Atom]:
        return held | {free[atom.name] for atom in held if atom.kind == "header" and atom.name in free}

    return with_atoms(before, also), with_atoms(after, also)
