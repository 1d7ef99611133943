"""Access in words for a reviewer. No text holds a secret, and every text is one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from nf_ports.exposure.access.addresses import EVERY_ADDRESS, Addresses, union
from nf_ports.exposure.access.formula import Factor, FactorKind
from nf_ports.exposure.access.truth_table import Alternative, Requirement, TooManyChecks, TruthTable
from nf_ports.text import printable

MANY: Final = "callers whose checks are too many to put in words"
UNSPECIFIED: Final = Alternative(frozenset({Requirement("login", frozenset(), every=False)}), EVERY_ADDRESS)
"""Stands for too many alternatives: callers who meet some requirement."""
NOBODY_WORDS: Final = "nobody"
EVERYONE_WORDS: Final = EVERY_ADDRESS.words()
INSIDE: Final = "only callers inside the project"
"""The callers of a private port."""
_MOST_NAMED: Final = 6
_MOST_SHOWN: Final = 80
_ORDER: Final[tuple[FactorKind, ...]] = ("login", "organization", "group", "header")


def shown(text: str) -> str:
    """A name as one line of printable characters, cut off where it is long."""
    line = printable(text)
    return line if len(line) <= _MOST_SHOWN else line[: _MOST_SHOWN - 1] + "\N{HORIZONTAL ELLIPSIS}"


def listed(names: Iterable[str], join: str = "or") -> str:
    """Names in a row, the first six of them in order."""
    every = sorted(set(names))
    if len(every) > _MOST_NAMED:
        return f"{', '.join(every[:_MOST_NAMED])} {join} {len(every) - _MOST_NAMED} more"
    return f" {join} ".join(filter(None, (", ".join(every[:-1]), every[-1]))) if every else ""


def in_words(alternatives: Sequence[Alternative]) -> list[str]:
    """Some alternatives, each in words; those that differ in one name only are one."""
    return list(dict.fromkeys(map(_alternative, _merged(alternatives))))


def alternatives_of(table: TruthTable, rows: int) -> tuple[Alternative, ...]:
    """The callers of some rows; `UNSPECIFIED` if there are too many alternatives."""
    try:
        return tuple(table.alternatives(rows))
    except TooManyChecks:
        return (UNSPECIFIED,)


def either(parts: Sequence[str]) -> str:
    """Several alternatives in one phrase."""
    return ", or ".join(parts) if parts else NOBODY_WORDS


def _merged(alternatives: Sequence[Alternative]) -> list[Alternative]:
    """Two alternatives that differ in one requirement of a kind become one alternative with both."""
    merged: list[Alternative] = []
    for alternative in alternatives:
        for index, other in enumerate(merged):
            mine, theirs = alternative.requirements - other.requirements, other.requirements - alternative.requirements
            if other.addresses != alternative.addresses or len(mine) != 1 or len(theirs) != 1:
                continue
            (one,), (two,) = mine, theirs
            if one.kind == two.kind and not one.every:
                both = Requirement(one.kind, one.factors | two.factors, every=False)
                merged[index] = Alternative(
                    (alternative.requirements & other.requirements) | {both}, alternative.addresses
                )
                break
        else:
            merged.append(alternative)
    if len(merged) < len(alternatives):
        return _merged(merged)
    return merged


def _alternative(alternative: Alternative) -> str:
    if alternative == UNSPECIFIED:
        return MANY
    if not alternative.requirements:
        return alternative.addresses.words()
    headers = frozenset(
        factor for requirement in alternative.requirements if requirement.every for factor in requirement.factors
    )
    requirements = [requirement for requirement in alternative.requirements if not requirement.every]
    requirements += [Requirement("header", headers, every=True)] if headers else []
    requirements.sort(key=lambda requirement: (_ORDER.index(requirement.kind), _names(requirement)))
    kinds = [requirement.kind for requirement in requirements]
    parts = [
        requirement_words(requirement, beside_organisation="organization" in kinds) for requirement in requirements
    ]
    text = " and ".join(parts).replace(" and in group", " in group")
    if alternative.addresses == EVERY_ADDRESS:
        return text
    return f"{text} from {ranges(alternative.addresses, 'any address')}"


def ranges(addresses: Addresses, every: str = "all addresses") -> str:
    """A set of addresses in words that are about addresses, not about callers."""
    return addresses.words().replace(EVERYONE_WORDS, every)


def requirement_words(requirement: Requirement, *, beside_organisation: bool = False) -> str:
    """A requirement in words."""
    names = _names(requirement)
    if requirement.kind == "login":
        return f"a login ({names})"
    if requirement.kind == "organization":
        return f"SSO of {names}"
    if requirement.kind == "group":
        return f"in group {names}" if beside_organisation else f"SSO in group {names}"
    return f"header{'s' if len(_telling(requirement)) > 1 else ''} {names}"


def _names(requirement: Requirement) -> str:
    join = "and" if requirement.every else "or"
    return listed(map(_name, _telling(requirement)), join)


def _telling(requirement: Requirement) -> list[Factor]:
    """The factors without headers of any value that are asked for with their value as well."""
    exact = {factor.name for factor in requirement.factors if not factor.takes_any_value()}
    return [each for each in requirement.factors if not (each.takes_any_value() and each.name in exact)]


def _name(factor: Factor) -> str:
    if factor.name is None:
        return f"an unknown {factor.kind.replace('z', 's')}"
    if factor.kind == "organization":
        return f"organisation {shown(factor.name)}" if factor.name else "the account's organisation"
    return f"{shown(factor.name)} with any value" if factor.takes_any_value() else shown(factor.name)


def everywhere(alternatives: Sequence[Alternative]) -> bool:
    """True if a third of the internet gets in with nothing to show."""
    return union(alternative.addresses for alternative in alternatives if not alternative.requirements).is_internet()
