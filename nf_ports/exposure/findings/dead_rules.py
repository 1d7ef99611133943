"""Checks and path rules without effect, or with a dangerous one, found from exact sets of addresses and paths.

A finding holds whatever the unknown values turn out to be. Of regular expressions only what is certain counts: a path
that one matches as a whole, and patterns that match every path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Final, NamedTuple

from nf_ports.errors import Location
from nf_ports.exposure.access.addresses import EVERY_ADDRESS, NO_ADDRESS, Addresses, block, union
from nf_ports.exposure.access.checks import checks_of, combined
from nf_ports.exposure.access.formula import READINGS, Access, All, AnyOf, Holds, Within, has_unknown
from nf_ports.exposure.access.paths import PathClass, PathRule, path_classes, rules_of
from nf_ports.exposure.access.truth_table import TooManyChecks, TruthTable
from nf_ports.exposure.access.words import listed, shown
from nf_ports.exposure.findings.rules import Finding
from nf_ports.ports.deferred import is_deferred
from nf_ports.ports.groups import groups_of
from nf_ports.ports.port import SSO, AdvancedOptions, PolicyGroup, Port, SecurePathConfiguration, Security

_EVERY_PATH: Final = frozenset(
    f"{start}{rest}{end}" for start in ("", "^") for rest in (".*", "/.*") for end in ("", "$")
)
"""Regular expressions that match every path as a whole."""
_SAMPLES: Final = ((".*", ""), (".*", "x"), (".*", "/x"), (".+", "x"), ("[^/]+", "x"), (r"\d+", "1"))
"""Parts of a regular expression, and texts that they match."""
_MOST_RULES: Final = 200
_RULES: Final = ("security", "securePathConfiguration", "rules")


def dead_rules(name: str, port: Port) -> list[Finding]:
    """The findings about the checks of a port in canonical form; none unless it is certain that they apply."""
    options = port.advanced_options
    passthrough = options.enable_tls_passthrough if isinstance(options, AdvancedOptions) else options
    if True not in (port.public, port.vpc_accessible) or is_deferred(passthrough):
        return []
    rules = _rules_of(port)
    if passthrough is True:
        return [*_switched_off(name, port, rules)]
    found = [*_swallowed(name, port), *_moot(name, port), *_closed(name, port, rules)]
    return found if len(rules) > _MOST_RULES else [*found, *_unreachable(name, rules), *_ties(name, rules)]


def _rules_of(port: Port) -> list[PathRule]:
    """The path rules that are in force, as far as they are known."""
    configuration = port.security.secure_path_configuration if isinstance(port.security, Security) else None
    if not isinstance(configuration, SecurePathConfiguration) or configuration.enabled not in (True, None):
        return []
    return rules_of(configuration, ".".join(_RULES[:2]), "internet") or []


def _groups(name: str, port: Port) -> Iterator[tuple[tuple[str, ...], PolicyGroup]]:
    """Every list of checks that is in force, with its place in the port."""
    in_force = {rule.key for rule in _rules_of(port)}
    for location, group in groups_of(port, Location.of("ports", "ports", name)):
        at = tuple(map(str, location.parts[2:]))
        if at[:3] != _RULES or at[3] in in_force:
            yield at, group


def _switched_off(name: str, port: Port, rules: Sequence[PathRule]) -> Iterator[Finding]:
    """Checks that TLS passthrough leaves without effect; whether IP rules are among them is undetermined."""
    security = port.security
    if not isinstance(security, Security):
        return
    off = ["single sign-on"] if isinstance(security.sso, SSO) else []
    off += ["logins"] if isinstance(security.credentials, Mapping) and security.credentials else []
    off += ["headers"] if isinstance(security.headers, Mapping) and security.headers else []
    off += ["path rules"] if rules else []
    if off:
        text = f"switches off {listed(off, 'and')}, because only the container can read a request"
        yield Finding("NF205", name, ("advancedOptions", "enableTlsPassthrough"), text)


def _swallowed(name: str, port: Port) -> Iterator[Finding]:
    """Allowed ranges of which every address is denied."""
    for at, group in _groups(name, port):
        policies = group.policies if isinstance(group.policies, Mapping) else {}
        allowed, denied = _ranges(policies.get("ALLOW")), _ranges(policies.get("DENY"))
        rest = ~union(denied.values())
        for text, addresses in allowed.items():
            if (addresses & rest) == NO_ADDRESS:
                over = [other for other, each in denied.items() if (each & addresses) != NO_ADDRESS]
                says = f"is allowed, and denied as a whole by {listed(map(shown, over), 'and')}"
                yield Finding("NF201", name, (*at, "policies", "ALLOW", text), says)


def _ranges(value: object) -> dict[str, Addresses]:
    items = value.items() if isinstance(value, Mapping) else ()
    found = {text: block(text) for text, there in items if not is_deferred(there)}
    return {text: addresses for text, addresses in found.items() if addresses is not None}


def _moot(name: str, port: Port) -> Iterator[Finding]:
    """Checks that everyone passes, where one of several checks is enough."""
    for at, group in _groups(name, port):
        one_is_enough = group.verification_mode == "or" if isinstance(group, Security) else at[-1] == "orPolicies"
        kinds = checks_of(group, ".".join(at), "internet")
        if not one_is_enough or len(kinds) == 1:
            continue
        for kind in kinds:
            if _let_in(kind, shows=False, loose=False) == EVERY_ADDRESS:
                which = kind.at.rpartition(".")[2]
                yield Finding("NF204", name, (*at, which), "lets everyone in, so the other checks keep nobody out")


def _closed(name: str, port: Port, rules: Sequence[PathRule]) -> Iterator[Finding]:
    """Lists of checks that nobody passes."""
    if isinstance(port.security, Security):
        kinds = checks_of(port.security, "security", "internet")
        if _nobody(combined(kinds, port.security.verification_mode, "security")):
            yield Finding("NF203", name, ("security",), "lets nobody in")
    for rule in rules:
        if _nobody(rule.access):
            yield Finding("NF203", name, (*_RULES, rule.key), "lets nobody in")


def _nobody(access: Access) -> bool:
    return _let_in(access, shows=True, loose=True) == NO_ADDRESS


def _let_in(access: Access, *, shows: bool, loose: bool) -> Addresses:
    """The addresses from which a caller gets in.

    Args:
        access: the access.
        shows: True for a caller who can show everything, False for one who shows nothing.
        loose: True if uncertain parts are taken as admitting most, False as admitting least.
    """
    if isinstance(access, Within):
        return access.addresses
    if isinstance(access, Holds):
        passes = [
            shows or factor.takes_any_value() or (loose and factor.kind == "header" and not factor.is_known())
            for factor in access.factors
        ]
        return EVERY_ADDRESS if (all(passes) if access.every else any(passes)) else NO_ADDRESS
    parts = [_let_in(part, shows=shows, loose=loose) for part in access.parts]
    if isinstance(access, AnyOf) or (loose and not isinstance(access, All)):
        return union(parts)
    return reduce(Addresses.__and__, parts, EVERY_ADDRESS)


def _unreachable(name: str, rules: Sequence[PathRule]) -> Iterator[Finding]:
    """Path rules all of whose paths are matched by rules of higher priority."""
    classes = [*path_classes([rule for rule in rules if rule.mode in {"prefix", "exact"}], 1)]
    for rule in rules:
        above = [other for other in rules if _priority(other) > _priority(rule) >= 0]
        over = [_covering(above, paths) for paths in classes if rule.mode != "regex" and paths.match(rule) == "yes"]
        if rule.mode == "regex":
            over = [next((other for other in above if _matches_all(other) or other.path == rule.path), None)]
        covering = [other.key for other in over if other is not None]
        if over and len(covering) == len(over):
            says = f"decides for no path, because {listed(map(shown, covering), 'and')} "
            says += "goes first" if len(set(covering)) == 1 else "go first"
            yield Finding("NF202", name, (*_RULES, rule.key), says)


def _covering(above: Sequence[PathRule], paths: PathClass) -> PathRule | None:
    """One of some rules that certainly matches all paths of a class."""
    return next((rule for rule in above if _matches_all(rule) or _covers(rule, paths)), None)


def _covers(rule: PathRule, paths: PathClass) -> bool:
    # What a regular expression says of one path below a prefix, it may not say of the others.
    return (paths.mode == "exact" or rule.mode != "regex") and rule.matches(paths.example) == "yes"


def _matches_all(rule: PathRule) -> bool:
    return (rule.mode == "regex" and rule.path in _EVERY_PATH) or (rule.mode, rule.path) == ("prefix", "/")


def _priority(rule: PathRule) -> int:
    """The priority; -1 for an unknown value."""
    return -1 if rule.priority is None else rule.priority


class _Sample(NamedTuple):
    """A path, and the paths that it stands for in words."""

    path: str
    words: str


def _ties(name: str, rules: Sequence[PathRule]) -> Iterator[Finding]:
    """Path rules of one priority, the highest that matches, of which not all let in the same callers."""
    found: dict[tuple[str, ...], str] = {}
    for sample in _samples(rules):
        matching = [(rule, match) for rule in rules if (match := rule.matches(sample.path)) != "no"]
        top = max((_priority(rule) for rule, match in matching if match == "yes"), default=-1)
        doubtful = any(rule.priority is None or (rule.priority > top and match != "yes") for rule, match in matching)
        tied = [rule for rule, match in matching if match == "yes" and rule.priority == top]
        keys = tuple(sorted(one.key for one in tied if any(_differ(one.access, other.access) for other in tied)))
        if keys and not doubtful:
            partly = any(one.mode == "regex" for one in tied) and sample.path != sample.words
            found.setdefault(keys, f"some of {sample.words}" if partly else sample.words)
    for keys, words in found.items():
        if any(set(keys) < set(other) for other in found):
            continue
        first, *others = keys
        says = f"has the same priority as {listed(map(shown, others), 'and')} and lets in other callers"
        yield Finding("NF206", name, (*_RULES, first), f"{says}; they all match {words}")


def _samples(rules: Sequence[PathRule]) -> Iterator[_Sample]:
    """Paths that some rules certainly match, one of every kind that prefixes and exact paths tell apart."""
    for paths in path_classes([rule for rule in rules if rule.mode in {"prefix", "exact"}], 1):
        if paths.mode != "other":
            yield _Sample(paths.example, paths.words())
    for rule in rules:
        if rule.mode == "regex":
            text = rule.path.removeprefix("^").removesuffix("$")
            for path in dict.fromkeys(text.replace(*replacement) for replacement in _SAMPLES):
                if path.startswith("/") and rule.matches(path) == "yes":
                    yield _Sample(path, shown(path))


def _differ(one: Access, other: Access) -> bool:
    """True if two accesses certainly differ in who gets in, by one reading of undetermined points at least."""
    if one == other:
        return False
    if has_unknown(one) or has_unknown(other):
        return _opens_alone(one, other) or _opens_alone(other, one)
    try:
        table = TruthTable([one, other])
    except TooManyChecks:
        return False
    return any(table.rows(one, reading) != table.rows(other, reading) for reading in READINGS)


def _opens_alone(one: Access, other: Access) -> bool:
    """True if everyone gets in by one access, and certainly not everyone by the other."""
    strangers = _let_in(other, shows=False, loose=True)
    return _let_in(one, shows=False, loose=False) == EVERY_ADDRESS and strangers != EVERY_ADDRESS
