"""Path rules: which of them a path matches, and which one decides.

A prefix is the path and all below it, by segment: `/admin` holds for `/admin/` and `/admin/x`, not for
`/administrator`; `/admin/` does not hold for `/admin`. Letters count as they are, escapes too. The query of a request
is looked at only by a rule whose own path has a question mark.

The paths of the internet are without number, but rules divide them into few places: below a prefix, one exact path,
or any other, and of these the paths that some regular expressions match. Whether a path of such a place exists that
two patterns match at once is not computed: a place may be empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final, Literal

from nf_ports.exposure import questions
from nf_ports.exposure.checks import Entry, checks_of, plain_name, unread
from nf_ports.exposure.gates import EVERYONE, NOBODY, All, AnyOf, Gate, everyone, one_of
from nf_ports.exposure.tables import TooManyChecks
from nf_ports.exposure.words import printable, shown
from nf_ports.ports.deferred import is_deferred
from nf_ports.ports.port import PathPolicy, PolicyGroup, SecurePathConfiguration, SecurityPolicies
from nf_ports.ports.values import compiled

_MOST_COMBINED: Final = 6
_MOST_PAIRED: Final = 40

Mode = Literal["prefix", "exact", "regex"]
Match = Literal["yes", "no", "open"]
_MODES: Final[dict[str, Mode]] = {"prefix": "prefix", "exact": "exact", "regex": "regex"}


@dataclass(frozen=True, slots=True)
class Rule:
    """A path rule.

    Attributes:
        key: its name in canonical form, such as ``prefix /admin``.
        mode: how its path is meant; None where that cannot be read.
        path: the path or the pattern.
        priority: the highest decides; None where it is not known.
        gate: who passes.
    """

    key: str
    mode: Mode | None
    path: str
    priority: int | None
    gate: Gate

    def matches(self, path: str) -> Match:
        """Whether the rule is for a path."""
        subject = path if "?" in self.path else path.partition("?")[0]
        if self.mode == "exact":
            return "yes" if subject == self.path else "no"
        if self.mode == "prefix":
            below = subject.startswith(self.path.rstrip("/") + "/") and subject.startswith(self.path)
            return "yes" if below or subject == self.path else "no"
        return _search(self.path, subject) if self.mode == "regex" else "open"


@dataclass(frozen=True, slots=True)
class Place:
    """Some paths that all rules treat alike.

    Attributes:
        mode: below `path`, `path` alone, or every path that no other place has.
        path: a path.
        patterns: of these, only the paths that match all of these regular expressions and no other.
        example: a path that prefixes and exact paths match as they match all of the place.
    """

    mode: Literal["prefix", "exact", "other"]
    path: str
    example: str
    patterns: frozenset[str] = field(default=frozenset())

    def match(self, rule: Rule) -> Match:
        """Whether a rule is for the place."""
        if self.mode == "exact" or rule.mode != "regex":
            return rule.matches(self.example)
        return "yes" if rule.path in self.patterns else "no"

    def holds(self, other: Place) -> bool:
        """Whether the paths of another place are among those that are called like this one's."""
        below = other.path == self.path or other.path.startswith(self.path.rstrip("/") + "/")
        return self.mode == "other" or (self.mode == "prefix" and other.mode != "other" and below)

    def words(self) -> str:
        """The place for a person; empty for every other path."""
        base = {"prefix": f"{shown(self.path)} and below", "exact": shown(self.path), "other": ""}[self.mode]
        if not self.patterns:
            return base
        patterns = " and ".join(map(shown, sorted(self.patterns)))
        return f"{base}, where the path matches {patterns}" if base else f"paths that match {patterns}"


def rules_of(configuration: SecurePathConfiguration, at: str, entry: Entry) -> list[Rule] | None:
    """The rules of a configuration that is in force; None where they are not known yet."""
    rules = configuration.rules if configuration.rules is not None else {}
    if not isinstance(rules, Mapping):
        return None
    found = []
    for key, rule in rules.items():
        mode, _, path = plain_name(key, rules).partition(" ")
        priority = rule.priority if isinstance(rule, PathPolicy) else None
        number = priority if isinstance(priority, int) else None
        found.append(Rule(key, _MODES.get(mode), path, number, _rule_gate(rule, f"{at}.rules.{printable(key)}", entry)))
    return found


def decided(
    rules: Sequence[Rule], match: Callable[[Rule], Match], otherwise: Gate, at: str
) -> tuple[Gate, tuple[str, ...]]:
    """The gate of some paths, and the keys of the rules that may decide there.

    Args:
        rules: all rules.
        match: whether a rule is for these paths.
        otherwise: the gate where no rule is.
        at: where the rules stand.
    """
    matching = [(rule, match(rule)) for rule in rules]
    known = [(rule, found) for rule, found in matching if found != "no" and rule.priority is not None]
    vague = [(rule, found) for rule, found in matching if found != "no" and rule.priority is None]
    choices: list[Gate] = []
    keys: list[str] = []
    why: list[str] = []
    ends = False
    for priority in sorted({rule.priority or 0 for rule, _found in known}, reverse=True):
        level = [(rule, found) for rule, found in known if rule.priority == priority]
        keys += [rule.key for rule, _found in level]
        choices += [rule.gate for rule, _found in level]
        doubts = [rule for rule, found in level if found == "open"]
        why += [_doubt(rule) for rule in doubts]
        why += [questions.SAME_PRIORITY] if len(level) - len(doubts) > 1 else []
        ends = len(doubts) < len(level)
        if ends:
            break
    if not ends and not any(found == "yes" for _rule, found in vague):
        choices.append(otherwise)
    gates = [one_of(tuple(choices), "open", "; ".join(dict.fromkeys(why)), at)] if choices else []
    gates += [rule.gate for rule, _found in vague]
    keys += [rule.key for rule, _found in vague]
    return one_of(tuple(gates), "unknown", questions.not_known(f"{at}: a priority"), at), tuple(keys)


def places(rules: Iterable[Rule], ports: int) -> Iterator[Place]:
    """All paths, divided into places; the ones with fewer patterns first.

    Of many regular expressions only as many are taken at once as there are ports, because one rule decides for each.

    Args:
        rules: the path rules of all ports.
        ports: of how many.

    Raises:
        TooManyChecks: two ports have too many regular expressions to take all pairs.
    """
    every = list(rules)
    fixed = sorted({(rule.mode, rule.path) for rule in every if rule.mode in {"prefix", "exact"}}, key=str)
    patterns = sorted({rule.path for rule in every if rule.mode == "regex"})
    if len(patterns) > _MOST_PAIRED and ports > 1:
        raise TooManyChecks
    at_once = len(patterns) if len(patterns) <= _MOST_COMBINED else ports
    # No rule has this segment, and none is a beginning of it.
    fresh = "~" * (1 + max((len(path) for _mode, path in fixed), default=0))
    wide = [Place("other", "", f"/{fresh}")]
    narrow = [Place("exact", path, path) for mode, path in fixed if mode == "exact"]
    for path in (path for mode, path in fixed if mode == "prefix"):
        below = Place("prefix", path, f"{path.removesuffix('/')}/{fresh}")
        itself = Place("exact", path, path)
        wide.append(below)
        fewer = any(rule.matches(path) != rule.matches(below.example) for rule in every if rule.mode != "regex")
        if fewer and itself not in narrow:
            narrow.append(itself)
    for count in range(at_once + 1):
        for chosen in combinations(patterns, count):
            yield from (Place(place.mode, place.path, place.example, frozenset(chosen)) for place in wide)
    yield from narrow


def _rule_gate(rule: object, at: str, entry: Entry) -> Gate:
    if not isinstance(rule, PathPolicy):
        return unread(rule, at)
    mode = rule.access_mode
    free = everyone(f"{at}.accessMode", "the path is unprotected")
    if mode == "unprotected":
        return free
    guarded = _policies_gate(rule.security_policies, f"{at}.securityPolicies", entry)
    if mode == "protected":
        return guarded
    why = questions.not_known if is_deferred(mode) else questions.not_readable
    return one_of((guarded, free), "unknown", why(f"{at}.accessMode"), at)


def _policies_gate(policies: object, at: str, entry: Entry) -> Gate:
    """All of `requiredPolicies`, and at least one of `orPolicies`."""
    if policies is not None and not isinstance(policies, SecurityPolicies):
        return unread(policies, at)
    parts: list[Gate] = []
    if policies is not None:
        parts += _group_gates(policies.required_policies, f"{at}.requiredPolicies", entry, All)
        parts += _group_gates(policies.or_policies, f"{at}.orPolicies", entry, AnyOf)
    if not parts:
        return one_of((NOBODY, EVERYONE), "open", questions.EMPTY_RULE, at)
    return parts[0] if len(parts) == 1 else All(tuple(parts), at)


def _group_gates(group: object, at: str, entry: Entry, join: type[All | AnyOf]) -> Iterator[Gate]:
    if isinstance(group, PolicyGroup):
        kinds = checks_of(group, at, entry).kinds
        yield from [join(kinds, at)] if len(kinds) > 1 else kinds
    elif group is not None:
        yield unread(group, at)


def _doubt(rule: Rule) -> str:
    if rule.mode != "regex":
        return questions.not_readable(f"the path rule {shown(rule.key)}")
    return questions.ANCHORS if _compiled(rule.path) else questions.DIALECT


def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return compiled(pattern)
    except (re.error, OverflowError, RecursionError):
        return None


def _search(pattern: str, path: str) -> Match:
    """Whether a pattern matches a path: for sure where all of it does, openly where a part does."""
    found = _compiled(pattern)
    if found is None:
        return "open"
    if found.fullmatch(path):
        return "yes"
    return "open" if found.search(path) else "no"
