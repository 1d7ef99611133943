"""Gates in words: who gets in, as a reviewer would say it. No secret is ever part of it, and every text is one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from nf_ports.exposure.addresses import EVERY_ADDRESS, joined
from nf_ports.exposure.gates import Atom, Kind
from nf_ports.exposure.tables import Claim, Space, Term, TooManyChecks

MANY: Final = "callers whose checks are too many to put in words"
SOME: Final = Term(frozenset({Claim("login", frozenset(), every=False)}), EVERY_ADDRESS)
"""In place of terms that are too many: those who hold something that is not said."""
NOBODY_WORDS: Final = "nobody"
EVERYONE_WORDS: Final = EVERY_ADDRESS.words()
_MOST_NAMED: Final = 6
_MOST_SHOWN: Final = 80
_ORDER: Final[tuple[Kind, ...]] = ("login", "organization", "group", "header")


def printable(text: str) -> str:
    """A name as one line of printable characters."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


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


def in_words(terms: Sequence[Term]) -> list[str]:
    """Some terms, each in words; terms that differ in one name only are one."""
    return list(dict.fromkeys(map(_term, _merged(terms))))


def terms_of(space: Space, table: int) -> tuple[Term, ...]:
    """Who is in a table; `SOME` where that is too much to say."""
    try:
        return tuple(space.terms(table))
    except TooManyChecks:
        return (SOME,)


def either(parts: Sequence[str]) -> str:
    """Several ways in, in one phrase."""
    return ", or ".join(parts) if parts else NOBODY_WORDS


def _merged(terms: Sequence[Term]) -> list[Term]:
    """Holders of one claim and holders of another are holders of one of the two, if all else is the same."""
    merged: list[Term] = []
    for term in terms:
        for index, other in enumerate(merged):
            mine, theirs = term.claims - other.claims, other.claims - term.claims
            if other.addresses != term.addresses or len(mine) != 1 or len(theirs) != 1:
                continue
            (one,), (two,) = mine, theirs
            if one.kind == two.kind and not one.every:
                both = Claim(one.kind, one.atoms | two.atoms, every=False)
                merged[index] = Term((term.claims & other.claims) | {both}, term.addresses)
                break
        else:
            merged.append(term)
    if len(merged) < len(terms):
        return _merged(merged)
    return merged


def _term(term: Term) -> str:
    if term == SOME:
        return MANY
    if not term.claims:
        return term.addresses.words()
    headers = frozenset(atom for claim in term.claims if claim.every for atom in claim.atoms)
    claims = [claim for claim in term.claims if not claim.every]
    claims += [Claim("header", headers, every=True)] if headers else []
    claims.sort(key=lambda claim: (_ORDER.index(claim.kind), _names(claim)))
    kinds = [claim.kind for claim in claims]
    parts = [claim_words(claim, beside_organisation="organization" in kinds) for claim in claims]
    text = " and ".join(parts).replace(" and in group", " in group")
    return text if term.addresses == EVERY_ADDRESS else f"{text} from {term.addresses.words()}"


def claim_words(claim: Claim, *, beside_organisation: bool = False) -> str:
    """What is held, in words."""
    names = _names(claim)
    if claim.kind == "login":
        return f"a login ({names})"
    if claim.kind == "organization":
        return f"SSO of {names}"
    if claim.kind == "group":
        return f"in group {names}" if beside_organisation else f"SSO in group {names}"
    return f"header{'s' if len(claim.atoms) > 1 else ''} {names}"


def _names(claim: Claim) -> str:
    join = "and" if claim.every else "or"
    return listed(map(_name, claim.atoms), join)


def _name(atom: Atom) -> str:
    if atom.name is None:
        return f"{'an organisation' if atom.kind == 'organization' else 'one'} that is not known yet"
    if atom.kind == "organization":
        return f"organisation {shown(atom.name)}" if atom.name else "the account's organisation"
    return f"{shown(atom.name)} with any value" if atom.is_free() else shown(atom.name)


def everywhere(terms: Sequence[Term]) -> bool:
    """Whether a third of the internet gets in with nothing to show."""
    return joined(term.addresses for term in terms if not term.claims).is_internet()
