"""Two accesses compared: the callers who gain and lose access, exactly, under every reading of uncertain parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from nf_ports.exposure.access import questions
from nf_ports.exposure.access.formula import (
    LOOSE,
    STRICT,
    Access,
    AnyOf,
    Factor,
    FactorKind,
    Holds,
    Reading,
    has_unknown,
    uncertain,
    walk,
    with_factors,
    with_holds,
)
from nf_ports.exposure.access.truth_table import Alternative, TooManyChecks, TruthTable
from nf_ports.exposure.access.words import alternatives_of, shown

ChangeKind = Literal["opened", "closed", "widened", "narrowed", "changed", "new", "removed", "unchanged", "unknown"]
Fact = Literal["yes", "no", "maybe"]

FactorMap = Mapping[Factor, Factor]


@dataclass(frozen=True, slots=True)
class Difference:
    """The change from one access to another.

    Attributes:
        kind: in one word; ``changed`` also where there are too many checks to compare.
        before: the callers who got in, by the less strict reading; None if that is unknown.
        after: the callers who get in, likewise.
        gained: the callers who certainly gain access.
        lost: the callers who certainly lose access.
        rotated: logins and headers, in words, that get another secret, or may.
        patterns: headers, in words, whose value was or will be another pattern: it may match more, or less.
        by_reading: True if only the stricter reading changes; then all the above is by that reading.
        depends: True if the readings differ, before or after.
        exact: True if the checks were few enough to compare.
    """

    kind: ChangeKind
    before: tuple[Alternative, ...] | None = None
    after: tuple[Alternative, ...] | None = None
    gained: tuple[Alternative, ...] = ()
    lost: tuple[Alternative, ...] = ()
    rotated: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    by_reading: bool = False
    depends: bool = False
    exact: bool = True


def difference(before: Access, after: Access, *, strict: bool = True) -> Difference:
    """Compare two accesses.

    A login or a header that has one secret before and another after is the same one with a new secret.

    Args:
        before: the access as it was.
        after: the access as it will be.
        strict: True if the stricter reading counts, too.
    """
    kind: ChangeKind
    same, rotated, patterns, perhaps = _rotations(before, after)
    before, after = _with_any_value(before, after)
    after = with_factors(after, lambda factors: frozenset(same.get(factor, factor) for factor in factors))
    settled = frozenset(same.values())
    try:
        found = _compared(*_bounded(before, after, settled), strict=strict)
    except TooManyChecks:
        kind = "unchanged" if before == after and not rotated + patterns else "changed"
        if has_unknown(before) or has_unknown(after):
            kind = "unknown"
        return Difference(kind, rotated=rotated + perhaps, patterns=patterns, exact=False)
    kind = found.kind
    if kind == "unchanged" and rotated + patterns + perhaps:
        kind = "unknown" if perhaps else "changed"
    return replace(found, kind=kind, rotated=rotated + perhaps, patterns=patterns)


def _compared(before: Access, after: Access, *, strict: bool) -> Difference:
    table = TruthTable([before, after])
    gains: list[Fact] = []
    losses: list[Fact] = []
    gained = lost = 0
    for loose in (True, False) if strict else (True,):
        least, most = Reading(loose, most=False), Reading(loose, most=True)
        old = {reading: table.rows(before, reading) for reading in (least, most)}
        new = {reading: table.rows(after, reading) for reading in (least, most)}
        sure_gain, sure_loss = new[least] & ~old[most], old[least] & ~new[most]
        gains.append(_fact(sure_gain, new[most] & ~old[least]))
        losses.append(_fact(sure_loss, old[most] & ~new[least]))
        gained, lost = gained or sure_gain, lost or sure_loss
    gain, loss = _worst(gains), _worst(losses)
    by_reading = gains[0] == losses[0] == "no" and (gain, loss) != ("no", "no")
    return Difference(
        _kind(gain, loss, new_=not table.rows(before, LOOSE), gone=not table.rows(after, LOOSE)),
        _alternatives(table, before, loose=not by_reading),
        _alternatives(table, after, loose=not by_reading),
        alternatives_of(table, gained),
        alternatives_of(table, lost),
        by_reading=by_reading,
        depends=any(table.rows(access, LOOSE) != table.rows(access, STRICT) for access in (before, after)),
    )


def _alternatives(table: TruthTable, access: Access, *, loose: bool) -> tuple[Alternative, ...] | None:
    least, most = (table.rows(access, Reading(loose, most)) for most in (False, True))
    return alternatives_of(table, most) if most == least else None


def _fact(sure: int, possible: int) -> Fact:
    if sure:
        return "yes"
    return "maybe" if possible else "no"


def _worst(facts: list[Fact]) -> Fact:
    return "yes" if "yes" in facts else "maybe" if "maybe" in facts else "no"


def _kind(gain: Fact, loss: Fact, *, new_: bool, gone: bool) -> ChangeKind:
    if "maybe" in {gain, loss}:
        return "unknown"
    if gain == "yes":
        if loss == "yes":
            return "changed"
        return "opened" if new_ else "widened"
    if loss == "yes":
        return "closed" if gone else "narrowed"
    return "unchanged"


def _factors(access: Access) -> list[Factor]:
    """All factors of an access, in the order of the declaration."""
    return list(
        dict.fromkeys(
            factor
            for leaf in walk(access)
            if isinstance(leaf, Holds)
            for factor in sorted(leaf.factors, key=lambda factor: (factor.kind, factor.name or "", str(factor.secret)))
        )
    )


def _rotations(before: Access, after: Access) -> tuple[FactorMap, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Factors of `after` that are those of `before` with a new secret.

    Then, in words: the factors with a new secret, with a new pattern, and perhaps with a new secret.
    """
    old, new = _by_name(before), _by_name(after)
    same: dict[Factor, Factor] = {}
    sure: list[str] = []
    patterns: list[str] = []
    perhaps: list[str] = []
    for key in sorted(old.keys() & new.keys()):
        if len(old[key]) != 1 or len(new[key]) != 1:
            continue
        (was,), (now,) = old[key], new[key]
        if was.takes_any_value() or now.takes_any_value() or (was == now and was.is_known()):
            continue
        same[now] = was
        known = was.is_known() and now.is_known()
        whose = perhaps if not known else patterns if was.pattern or now.pattern else sure
        whose.append(f"{key[0]} {shown(key[1])}")
    return same, tuple(sure), tuple(patterns), tuple(perhaps)


def _by_name(access: Access) -> dict[tuple[FactorKind, str], list[Factor]]:
    found: dict[tuple[FactorKind, str], list[Factor]] = {}
    for factor in _factors(access):
        if factor.kind in {"login", "header"} and factor.name is not None:
            found.setdefault((factor.kind, factor.name), []).append(factor)
    return found


def _bounded(before: Access, after: Access, settled: frozenset[Factor]) -> tuple[Access, Access]:
    """Two accesses in which an unknown factor is one of its own or, if it may be another one, uncertain.

    Args:
        before: the one access.
        after: the other.
        settled: factors that are the same on both sides, whatever they are.
    """
    every = [(side, factor) for side, access in enumerate((before, after)) for factor in _factors(access)]
    own = {
        (side, factor): replace(factor, secret=f"? {number}")
        for number, (side, factor) in enumerate(every)
        if not factor.is_known() and factor not in settled
    }
    all_factors = {own.get(key, key[1]) for key in every}

    def choice(side: int, held: Holds) -> Access:
        mine = {factor: own.get((side, factor), factor) for factor in held.factors}
        others = {
            made: {other for other in all_factors if other != made and _may_be(factor, other)}
            for factor, made in mine.items()
            if made != factor
        }
        open_ = {made: {made, *maybe} for made, maybe in others.items() if maybe}
        sure = frozenset(made for made in mine.values() if made not in open_)
        if not open_:
            return Holds(sure, held.every, held.at)
        possible = frozenset(one for maybe in open_.values() for one in maybe)
        if not held.every:
            least, most = Holds(sure, at=held.at), Holds(sure | possible, at=held.at)
            return uncertain((least, most), "unknown", questions.not_known(held.at), held.at)
        # A caller who shows all that an unknown one may be shows that one; a caller who shows none of it does not.
        strict = Holds(sure | possible, every=True, at=held.at)
        loose = tuple(Holds(sure | {one}, every=True, at=held.at) for one in possible)
        wide = AnyOf(loose, held.at) if len(open_) == 1 else Holds(sure, every=True, at=held.at)
        return uncertain((strict, wide), "unknown", questions.not_known(held.at), held.at)

    return with_holds(before, partial(choice, 0)), with_holds(after, partial(choice, 1))


def _may_be(vague: Factor, other: Factor) -> bool:
    names = {vague.name, other.name}
    return vague.kind == other.kind and (None in names or len(names) == 1) and not other.takes_any_value()


def _with_any_value(before: Access, after: Access) -> tuple[Access, Access]:
    """Two accesses in which a header with its value also counts as that header with any value, if one side asks so."""
    free = {factor.name: factor for factor in (*_factors(before), *_factors(after)) if factor.takes_any_value()}

    def also(held: frozenset[Factor]) -> frozenset[Factor]:
        return held | {free[factor.name] for factor in held if factor.kind == "header" and factor.name in free}

    return with_factors(before, also), with_factors(after, also)
