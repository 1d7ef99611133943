"""Access by one list of checks: credentials, IP rules, single sign-on, headers.

The same list stands at a port, where `verificationMode` combines its kinds, and in a path rule, where all or one of
them must pass (Northflank API reference, *Update service ports*).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal

from nf_ports.exposure.access import questions
from nf_ports.exposure.access.addresses import block, union
from nf_ports.exposure.access.formula import (
    ANY_VALUE,
    EVERYONE,
    NOBODY,
    Access,
    All,
    AnyOf,
    Factor,
    Holds,
    Within,
    everyone,
    uncertain,
    unknown,
)
from nf_ports.exposure.access.patterns import needed_letters
from nf_ports.ports.deferred import UNKNOWN, holds_deferred, is_deferred
from nf_ports.ports.port import SSO, BasicAuth, HeaderRule, PolicyGroup, Port
from nf_ports.ports.values import compiled
from nf_ports.text import printable

Caller = Literal["internet", "internal", "vpc", "private"]
"""The place a request comes from: the internet, the same or a linked project (by a public name), the private load
balancer, or the private network."""

NamedItems = Mapping[str, object]

_KNOWN_WORDS: Final = re.compile(r"\b(bearer|basic|mozilla|true|false|yes|no|on|off|https?|[0-9])\b")
"""Words of header values that everyone knows: a pattern that asks for no others is no secret."""
_NUMBER: Final = re.compile(r" \([0-9]+\)\Z")


def is_private(port: object) -> bool:
    """True if a port is known to be off the internet."""
    return isinstance(port, Port) and port.public in (None, False)


def unread(value: object, at: str) -> Access:
    """Access by an unknown value, or by a value that cannot be read."""
    return unknown(at, (questions.not_known if is_deferred(value) else questions.not_readable)(at))


def switched(flag: object, at: str, on: Access, off: Access) -> Access:
    """The access of a switch: `on` if it is on, `off` if it is off."""
    if flag is True:
        return on
    if flag is None or flag is False:
        return off
    why = questions.not_known if is_deferred(flag) else questions.not_readable
    return uncertain((on, off), "unknown", why(at), at)


def checks_of(group: PolicyGroup, at: str, caller: Caller) -> tuple[Access, ...]:
    """The kinds of check that a list has, for one kind of caller who does not use the private name."""
    kinds: tuple[tuple[str, object, Callable[[NamedItems, str], Access]], ...] = (
        ("credentials", group.credentials, _credentials),
        ("policies", group.policies, ip_rules_access),
        ("headers", group.headers, _headers),
    )
    others = tuple(
        access(value, f"{at}.{kind}") if isinstance(value, Mapping) else unread(value, f"{at}.{kind}")
        for kind, value, access in kinds
        if value is not None
    )
    return others if group.sso is None else (*others, _sso(group.sso, f"{at}.sso", caller))


def logins_access(credentials: object, at: str) -> Access:
    """Access by credentials: one of them is enough."""
    return _credentials(credentials, at) if isinstance(credentials, Mapping) else unread(credentials, at)


def combined(kinds: tuple[Access, ...], mode: object, at: str) -> Access:
    """Access by the kinds of check of a port, as its `verificationMode` combines them."""
    if not kinds:
        return everyone(at, "no check is required")
    if len(kinds) == 1:
        return kinds[0]
    both, one = All(kinds, at), AnyOf(kinds, at)
    if mode == "and":
        return both
    if mode == "or":
        return one
    where = f"{at}.verificationMode"
    if mode is None:
        return uncertain((both, one), "undetermined", questions.MODE, where)
    why = questions.not_known if is_deferred(mode) else questions.not_readable
    return uncertain((both, one), "unknown", why(where), where)


def plain_name(name: str, names: NamedItems) -> str:
    """The name without the number that canonical form gives to the second of two equal names."""
    base = _NUMBER.sub("", name)
    return base if base in names else name


def _credentials(logins: NamedItems, at: str) -> Access:
    return Holds(frozenset(_login(plain_name(name, logins), item) for name, item in logins.items()), at=at)


def _headers(headers: NamedItems, at: str) -> Access:
    factors: set[Factor] = set()
    doubts: list[Access] = []
    for name, item in headers.items():
        plain = plain_name(name, headers)
        strict, loose = (_header(plain, item, readable=readable) for readable in (True, False))
        if strict == loose:
            factors.add(strict)
            continue
        # Whoever has the header with its value has it with any value, too.
        held = (Holds(each, every=True, at=at) for each in (frozenset({strict, loose}), frozenset({loose})))
        doubts.append(uncertain(tuple(held), "undetermined", questions.HEADER_PATTERN, f"{at}.{printable(name)}"))
    sure = Holds(frozenset(factors), every=True, at=at)
    return All((*([sure] if factors or not doubts else []), *doubts), at) if doubts else sure


def _login(user: str, item: object) -> Factor:
    password = item.password if isinstance(item, BasicAuth) else UNKNOWN
    return Factor("login", user, UNKNOWN if holds_deferred(password) else repr(password))


def _header(name: str, item: object, *, readable: bool) -> Factor:
    """The header that a rule asks for; `readable`: a regular expression that Python cannot read asks for a secret."""
    value, regex = (item.value, item.regex_mode) if isinstance(item, HeaderRule) else (UNKNOWN, UNKNOWN)
    if holds_deferred([value, regex]):
        return Factor("header", name, UNKNOWN)
    if _anyone_can_send(name, str(value), regex=regex is True, readable=readable):
        return Factor("header", name, ANY_VALUE, pattern=True, regex=regex is True)
    pattern = regex is True or "*" in str(value)
    return Factor("header", name, repr((value, regex is True)), pattern=pattern, regex=regex is True)


def _anyone_can_send(name: str, value: str, *, regex: bool, readable: bool) -> bool:
    """True if a caller needs to know nothing to send a matching value: by its form, or because all know its words."""
    if name.lower() == "host":
        # Whoever calls the port sends the name that is called.
        return True
    if not regex:
        # What is left beside the wildcards is known to everyone: ``*/*`` is what most clients accept.
        return "*" in value and _is_known(value)
    try:
        compiled(value)
        return any(map(_is_known, needed_letters(value)))
    except (re.error, OverflowError, RecursionError):
        # Northflank may read what Python cannot, and then anything may match.
        return not readable


def _is_known(letters: str) -> bool:
    return not any(letter.isalnum() for letter in _KNOWN_WORDS.sub("", letters.lower()))


def ip_rules_access(rules: NamedItems, at: str) -> Access:
    """Access by IP rules: not in DENY and, if there is an ALLOW, in ALLOW."""
    deny = _ranges(rules.get("DENY"), f"{at}.DENY", denied=True)
    allow = _ranges(rules.get("ALLOW"), f"{at}.ALLOW", denied=False)
    other = (
        [uncertain((NOBODY, EVERYONE), "undetermined", questions.ADDRESS, at)]
        if rules.keys() - {"ALLOW", "DENY"}
        else []
    )
    return All((*deny, *allow, *other), at)


def _ranges(value: object, at: str, *, denied: bool) -> Iterator[Access]:
    if value is None or value == {}:
        return
    if not isinstance(value, Mapping):
        yield unread(value, at)
        return
    sure = {text: block(text) for text, there in value.items() if not is_deferred(there)}
    known = union(each for each in sure.values() if each is not None)
    doubts: list[Access] = []
    if None in sure.values():
        doubts.append(uncertain((NOBODY, EVERYONE), "undetermined", questions.ADDRESS, at))
    if len(sure) < len(value):
        doubts.append(unknown(at, questions.not_known(at)))
    check = Within(~known if denied else known, at, tuple(sure), denied)
    # A range that is in doubt may keep out more than the known ones, or let in more.
    yield (All if denied else AnyOf)((check, *doubts), at) if doubts else check


def _sso(sso: object, at: str, caller: Caller) -> Access:
    if not isinstance(sso, SSO):
        return unread(sso, at)
    login = sso_login(sso, at)
    if caller != "internal":
        return login
    passes = everyone(at, "internal callers skip single sign-on")
    where = f"{at}.allowInternalTrafficViaPublicDns"
    return switched(sso.allow_internal_traffic_via_public_dns, where, passes, login)


def sso_login(sso: SSO, at: str) -> Access:
    """Access by single sign-on for callers who have to log in."""
    organisation = sso.organization_id
    name = None if is_deferred(organisation) else str(organisation or "")
    # Without an organisation it is the one that the team belongs to: single sign-on is set up there.
    member: Access = Holds(frozenset({Factor("organization", name)}), at=at)
    groups = sso.directory_group_ids
    some: Access
    if groups is None:
        # Where nothing at all is named, it may also be that nobody has to log in.
        some = uncertain((NOBODY, member if name != "" else EVERYONE), "undetermined", questions.ORGANISATION_ALONE, at)
    elif not isinstance(groups, Mapping) or holds_deferred(groups):
        doubt = unread(UNKNOWN if isinstance(groups, Mapping) else groups, f"{at}.directoryGroupIds")
        some = All((member, doubt), at) if name != "" else doubt
    else:
        factors = frozenset(Factor("group", str(each)) for each in groups)
        some = All((member, Holds(factors, at=f"{at}.directoryGroupIds")), at)
    return switched(sso.allow_any_org_users, f"{at}.allowAnyOrgUsers", member, some)
