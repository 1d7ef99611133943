"""Path rules: the rules that a path matches, and the one that decides.

A prefix is the path and all below it, by segment: `/admin` holds for `/admin/` and `/admin/x`, not for
`/administrator`; `/admin/` does not hold for `/admin`. Letters count as they are, escapes too. The query of a request
is looked at only by a rule whose own path has a question mark.

There is no limit to the number of paths, but rules divide them into few classes: below a prefix, one exact path, or
any other, and of these the paths that some regular expressions match. A class may be empty: it is not computed
whether a path exists that two patterns match at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations
from typing import Final, Literal

from nf_ports.exposure.access import questions
from nf_ports.exposure.access.checks import Caller, checks_of, plain_name, unread
from nf_ports.exposure.access.formula import (
    EVERYONE,
    NOBODY,
    Access,
    All,
    AnyOf,
    Holds,
    everyone,
    nobody,
    uncertain,
    with_holds,
)
from nf_ports.exposure.access.private_name import CheckList, on_private_name
from nf_ports.exposure.access.truth_table import TooManyChecks
from nf_ports.exposure.access.words import shown
from nf_ports.ports.deferred import is_deferred
from nf_ports.ports.port import PathPolicy, PolicyGroup, SecurePathConfiguration, SecurityPolicies
from nf_ports.ports.values import compiled
from nf_ports.text import printable

_MOST_COMBINED: Final = 6
_MOST_TIED: Final = 12
_MOST_PAIRED: Final = 40

Mode = Literal["prefix", "exact", "regex"]
Match = Literal["yes", "no", "undetermined"]
_MODES: Final[dict[str, Mode]] = {"prefix": "prefix", "exact": "exact", "regex": "regex"}


@dataclass(frozen=True, slots=True)
class PathRule:
    """A path rule.

    Attributes:
        key: its name in canonical form, such as ``prefix /admin``.
        mode: its routing mode; None if that cannot be read.
        path: the path or the pattern.
        priority: the highest decides; None for an unknown value.
        access: the access by its checks.
    """

    key: str
    mode: Mode | None
    path: str
    priority: int | None
    access: Access

    def matches_by_letters(self, path: str) -> bool:
        """True if a path begins with the letters of a prefix, and goes on within a segment: /administrator for /admin.

        The product guide says "the given path and all subpaths", so `matches` says no; the API reference is silent.
        """
        return self.mode == "prefix" and path.startswith(self.path) and self.matches(path) == "no"

    def matches(self, path: str) -> Match:
        """The answer whether the rule is for a path."""
        subject = path if "?" in self.path else path.partition("?")[0]
        if self.mode == "exact":
            return "yes" if subject == self.path else "no"
        if self.mode == "prefix":
            below = subject.startswith(self.path.rstrip("/") + "/") and subject.startswith(self.path)
            return "yes" if below or subject == self.path else "no"
        return _search(self.path, subject) if self.mode == "regex" else "undetermined"


@dataclass(frozen=True, slots=True)
class PathClass:
    """Some paths that all rules treat alike.

    Attributes:
        mode: below `path`, `path` alone, or every path that no other class has.
        path: a path.
        patterns: of these, only the paths that match all of these regular expressions and no other.
        example: a path that prefixes and exact paths match as they match all of the class.
    """

    mode: Literal["prefix", "exact", "other"]
    path: str
    example: str
    patterns: frozenset[str] = field(default=frozenset())

    def match(self, rule: PathRule) -> Match:
        """The answer whether a rule is for these paths."""
        if self.mode == "exact" or rule.mode != "regex":
            return rule.matches(self.example)
        return "yes" if rule.path in self.patterns else "no"

    def words(self) -> str:
        """The paths for a person; empty for every other path."""
        base = {"prefix": f"{shown(self.path)} and below", "exact": shown(self.path), "other": ""}[self.mode]
        if not self.patterns:
            return base
        patterns = " and ".join(map(shown, sorted(self.patterns)))
        return f"{base}, where the path matches {patterns}" if base else f"paths that match {patterns}"


def rules_of(configuration: SecurePathConfiguration, at: str, caller: Caller) -> list[PathRule] | None:
    """The rules of a configuration that is in force; None for an unknown value."""
    rules = configuration.rules if configuration.rules is not None else {}
    if not isinstance(rules, Mapping):
        return None
    found = []
    for key, rule in rules.items():
        mode, _, path = plain_name(key, rules).partition(" ")
        priority = rule.priority if isinstance(rule, PathPolicy) else None
        number = priority if isinstance(priority, int) else None
        found.append(
            PathRule(key, _MODES.get(mode), path, number, _rule_access(rule, f"{at}.rules.{printable(key)}", caller))
        )
    return found


def decided(
    rules: Sequence[PathRule], match: Callable[[PathRule], Match], otherwise: Access, at: str
) -> tuple[Access, tuple[str, ...]]:
    """The access on some paths, and the keys of the rules that may decide there.

    Args:
        rules: all rules.
        match: tells if a rule is for these paths.
        otherwise: the access if no rule is.
        at: the location of the rules.
    """
    matching = [(rule, match(rule)) for rule in rules]
    known = [(rule, found) for rule, found in matching if found != "no" and rule.priority is not None]
    vague = [(rule, found) for rule, found in matching if found != "no" and rule.priority is None]
    choices: list[Access] = []
    keys: list[str] = []
    why: list[str] = []
    ends = False
    for priority in sorted({rule.priority or 0 for rule, _found in known}, reverse=True):
        level = [(rule, found) for rule, found in known if rule.priority == priority]
        keys += [rule.key for rule, _found in level]
        choices += [rule.access for rule, _found in level]
        doubts = [rule for rule, found in level if found == "undetermined"]
        why += [_doubt(rule) for rule in doubts]
        why += [questions.SAME_PRIORITY] if len(level) > 1 else []
        ends = len(doubts) < len(level)
        if ends:
            break
    if not ends and not any(found == "yes" for _rule, found in vague):
        choices.append(otherwise)
    accesses = [uncertain(tuple(choices), "undetermined", "; ".join(dict.fromkeys(why)), at)] if choices else []
    accesses += [rule.access for rule, _found in vague]
    keys += [rule.key for rule, _found in vague]
    return uncertain(tuple(accesses), "unknown", questions.not_known(f"{at}: a priority"), at), tuple(keys)


def path_classes(rules: Iterable[PathRule], ports: int) -> Iterator[PathClass]:
    """All paths, divided into classes; those with fewer patterns first.

    Of more than 6 regular expressions two are taken at once: one decides for each port, or two of the same priority for
    one port. Of more than 12 only as many as there are ports, so that two of the same priority are not taken together.

    Args:
        rules: the path rules of all ports.
        ports: the number of ports.

    Raises:
        TooManyChecks: two ports have too many regular expressions to take all pairs.
    """
    every = list(rules)
    fixed = sorted({(rule.mode, rule.path) for rule in every if rule.mode in {"prefix", "exact"}}, key=str)
    patterns = sorted({rule.path for rule in every if rule.mode == "regex"})
    if len(patterns) > _MOST_PAIRED and ports > 1:
        raise TooManyChecks
    at_once = len(patterns) if len(patterns) <= _MOST_COMBINED else max(ports, 2 if len(patterns) <= _MOST_TIED else 1)
    # No rule has this segment, and none is a beginning of it.
    fresh = "~" * (1 + max((len(path) for _mode, path in fixed), default=0))
    wide = [PathClass("other", "", f"/{fresh}")]
    narrow = [PathClass("exact", path, path) for mode, path in fixed if mode == "exact"]
    for path in (path for mode, path in fixed if mode == "prefix"):
        below = PathClass("prefix", path, f"{path.removesuffix('/')}/{fresh}")
        itself = PathClass("exact", path, path)
        wide.append(below)
        fewer = any(rule.matches(path) != rule.matches(below.example) for rule in every if rule.mode != "regex")
        if fewer and itself not in narrow:
            narrow.append(itself)
    for count in range(at_once + 1):
        for chosen in combinations(patterns, count):
            yield from (replace(each, patterns=frozenset(chosen)) for each in wide)
    yield from narrow


def _rule_access(rule: object, at: str, caller: Caller) -> Access:
    if not isinstance(rule, PathPolicy):
        return unread(rule, at)
    mode = rule.access_mode
    free = everyone(f"{at}.accessMode", "the path is unprotected")
    if mode == "unprotected":
        return free
    guarded = _policy_groups_access(rule.security_policies, f"{at}.securityPolicies", caller)
    if mode == "protected":
        return guarded
    why = questions.not_known if is_deferred(mode) else questions.not_readable
    return uncertain((guarded, free), "unknown", why(f"{at}.accessMode"), at)


def _policy_groups_access(policies: object, at: str, caller: Caller) -> Access:
    """Access by policy groups: all of `requiredPolicies`, and at least one of `orPolicies`."""
    if policies is not None and not isinstance(policies, SecurityPolicies):
        return unread(policies, at)
    if caller == "private":
        return _on_private_name(policies, at)
    parts: list[Access] = []
    if policies is not None:
        parts += _group_access(policies.required_policies, f"{at}.requiredPolicies", caller, All)
        either = [*_group_access(policies.or_policies, f"{at}.orPolicies", caller, AnyOf)]
        parts += [_with_required_login(access, parts) for access in either]
    if not parts:
        return uncertain((NOBODY, EVERYONE), "undetermined", questions.EMPTY_RULE, at)
    return parts[0] if len(parts) == 1 else All(tuple(parts), at)


def _on_private_name(policies: SecurityPolicies | None, at: str) -> Access:
    joins: tuple[tuple[object, str, type[All | AnyOf]], ...] = (
        ()
        if policies is None
        else (
            (policies.required_policies, f"{at}.requiredPolicies", All),
            (policies.or_policies, f"{at}.orPolicies", AnyOf),
        )
    )
    unreadable = [(group, where) for group, where, _join in joins if not isinstance(group, PolicyGroup | None)]
    if unreadable:
        return unread(*unreadable[0])
    lists = [
        CheckList(group, where, partial(join, at=where))
        for group, where, join in joins
        if isinstance(group, PolicyGroup)
    ]
    return on_private_name(lists, at)


def _group_access(group: object, at: str, caller: Caller, join: type[All | AnyOf]) -> Iterator[Access]:
    if isinstance(group, PolicyGroup):
        kinds = checks_of(group, at, caller)
        yield from [join(kinds, at)] if len(kinds) > 1 else kinds
    elif group is not None:
        yield unread(group, at)


def _with_required_login(either: Access, required: Iterable[Access]) -> Access:
    """Alternatives beside required logins, of whose logins only the required ones count: a request has one login.

    Northflank checks logins by HTTP basic authentication (product guide).
    """
    kinds = (kind for access in required for kind in (access.parts if isinstance(access, All) else (access,)))
    logins = next((kind.factors for kind in kinds if isinstance(kind, Holds) and _is_login(kind)), None)

    def with_login(held: Holds) -> Access:
        if logins is None or not _is_login(held) or not all(each.is_known() for each in held.factors | logins):
            return held
        both = held.factors & logins
        says = "none of these logins is a required one, and a request has one login"
        return Holds(both, at=held.at) if both else nobody(held.at, says)

    return with_holds(either, with_login)


def _is_login(held: Holds) -> bool:
    return all(factor.kind == "login" for factor in held.factors)


def _doubt(rule: PathRule) -> str:
    if rule.mode != "regex":
        return questions.not_readable(f"the path rule {shown(rule.key)}")
    return questions.ANCHORS if _compiled(rule.path) else questions.DIALECT


def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return compiled(pattern)
    except (re.error, OverflowError, RecursionError):
        return None


def _search(pattern: str, path: str) -> Match:
    """The answer whether a pattern matches a path: yes for the whole path, undetermined for a part of it."""
    found = _compiled(pattern)
    if found is None:
        return "undetermined"
    if found.fullmatch(path):
        return "yes"
    return "undetermined" if found.search(path) else "no"
