"""One list of checks (credentials, IP rules, single sign-on, headers) as a gate.

The same list stands at a port, where `verificationMode` combines its kinds, and in a path rule, where all or one of
them must pass (Northflank API reference, *Update service ports*).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal, NamedTuple

from nf_ports.exposure import questions
from nf_ports.exposure.addresses import block, joined
from nf_ports.exposure.gates import (
    ANY_VALUE,
    EVERYONE,
    NOBODY,
    All,
    AnyOf,
    Atom,
    Gate,
    Holds,
    Within,
    everyone,
    one_of,
    unknown,
)
from nf_ports.ports.deferred import UNKNOWN, holds_deferred, is_deferred
from nf_ports.ports.port import SSO, BasicAuth, HeaderRule, PolicyGroup, Port

Entry = Literal["internet", "internal", "vpc", "private"]
"""How a caller comes: from the internet, from a linked project by the public name, by the private load balancer, or
by the private name."""

Names = Mapping[str, object]

_ANY: Final = ("*", "**")
_ANY_BY_REGEX: Final = (".*", "^.*", ".*$", "^.*$", ".+", "^.+", ".+$", "^.+$")
"""Values of a header that every value matches: whoever calls can send one. They are no secret."""
_NUMBER: Final = re.compile(r" \([0-9]+\)\Z")


class Checks(NamedTuple):
    """A list of checks: its single sign-on, and its other kinds; None where there are none."""

    sso: Gate | None
    others: tuple[Gate, ...]

    @property
    def kinds(self) -> tuple[Gate, ...]:
        """All kinds that are there."""
        return self.others if self.sso is None else (*self.others, self.sso)


def is_private(port: object) -> bool:
    """Whether a port is known to be off the internet."""
    return isinstance(port, Port) and port.public in (None, False)


def unread(value: object, at: str) -> Gate:
    """The gate of something that is not known yet, or not what it should be."""
    return unknown(at, (questions.not_known if is_deferred(value) else questions.not_readable)(at))


def switched(flag: object, at: str, on: Gate, off: Gate) -> Gate:
    """One gate where a switch is on, the other where it is off."""
    if flag is True:
        return on
    if flag is None or flag is False:
        return off
    why = questions.not_known if is_deferred(flag) else questions.not_readable
    return one_of((on, off), "unknown", why(at), at)


def checks_of(group: PolicyGroup, at: str, entry: Entry) -> Checks:
    """The kinds of check that a list has, for callers who come by `entry`."""
    kinds: tuple[tuple[str, object, Callable[[Names, str], Gate]], ...] = (
        ("credentials", group.credentials, _credentials),
        ("policies", group.policies, addresses_gate),
        ("headers", group.headers, _headers),
    )
    others = (
        gate(value, f"{at}.{kind}") if isinstance(value, Mapping) else unread(value, f"{at}.{kind}")
        for kind, value, gate in kinds
        if value is not None
    )
    return Checks(_sso(group.sso, f"{at}.sso", entry), tuple(others))


def combined(kinds: tuple[Gate, ...], mode: object, at: str) -> Gate:
    """The kinds of check of a port, by its `verificationMode`."""
    if not kinds:
        return everyone(at, "nothing is asked")
    if len(kinds) == 1:
        return kinds[0]
    both, one = All(kinds, at), AnyOf(kinds, at)
    if mode == "and":
        return both
    if mode == "or":
        return one
    where = f"{at}.verificationMode"
    if mode is None:
        return one_of((both, one), "open", questions.MODE, where)
    why = questions.not_known if is_deferred(mode) else questions.not_readable
    return one_of((both, one), "unknown", why(where), where)


def plain_name(name: str, names: Names) -> str:
    """The name that `name` stands for: of a name that was reported twice the second is numbered in canonical form."""
    base = _NUMBER.sub("", name)
    return base if base in names else name


def _credentials(logins: Names, at: str) -> Gate:
    return Holds(frozenset(_login(plain_name(name, logins), item) for name, item in logins.items()), at=at)


def _headers(headers: Names, at: str) -> Gate:
    atoms = frozenset(_header(plain_name(name, headers), item) for name, item in headers.items())
    return Holds(atoms, every=True, at=at)


def _login(user: str, item: object) -> Atom:
    password = item.password if isinstance(item, BasicAuth) else UNKNOWN
    return Atom("login", user, UNKNOWN if holds_deferred(password) else repr(password))


def _header(name: str, item: object) -> Atom:
    value, regex = (item.value, item.regex_mode) if isinstance(item, HeaderRule) else (UNKNOWN, UNKNOWN)
    if holds_deferred([value, regex]):
        return Atom("header", name, UNKNOWN)
    if value in (_ANY_BY_REGEX if regex else _ANY):
        return Atom("header", name, ANY_VALUE, pattern=True, regex=regex is True)
    pattern = regex is True or "*" in str(value)
    return Atom("header", name, repr((value, regex is True)), pattern=pattern, regex=regex is True)


def addresses_gate(rules: Names, at: str) -> Gate:
    """Not in DENY, and, where there is an ALLOW, in ALLOW."""
    deny = _ranges(rules.get("DENY"), f"{at}.DENY", denied=True)
    allow = _ranges(rules.get("ALLOW"), f"{at}.ALLOW", denied=False)
    other = [one_of((NOBODY, EVERYONE), "open", questions.ADDRESS, at)] if rules.keys() - {"ALLOW", "DENY"} else []
    return All((*deny, *allow, *other), at)


def _ranges(value: object, at: str, *, denied: bool) -> Iterator[Gate]:
    if value is None or value == {}:
        return
    if not isinstance(value, Mapping):
        yield unread(value, at)
        return
    sure = {text: block(text) for text, there in value.items() if not is_deferred(there)}
    known = joined(each for each in sure.values() if each is not None)
    doubts: list[Gate] = []
    if None in sure.values():
        doubts.append(one_of((NOBODY, EVERYONE), "open", questions.ADDRESS, at))
    if len(sure) < len(value):
        doubts.append(unknown(at, questions.not_known(at)))
    check = Within(~known if denied else known, at, tuple(sure), denied)
    # A range that is in doubt may keep out more than the known ones, or let in more.
    yield (All if denied else AnyOf)((check, *doubts), at) if doubts else check


def _sso(sso: object, at: str, entry: Entry) -> Gate | None:
    if sso is None:
        return None
    if not isinstance(sso, SSO):
        return unread(sso, at)
    organisation = sso.organization_id
    name = None if is_deferred(organisation) else str(organisation or "")
    # Without an organisation it is the one that the team belongs to: single sign-on is set up there.
    member: Gate = Holds(frozenset({Atom("organization", name)}), at=at)
    groups = sso.directory_group_ids
    some: Gate
    if groups is None:
        # Where nothing at all is named, it may also be that nobody has to log in.
        some = one_of((NOBODY, member if name != "" else EVERYONE), "open", questions.ORGANISATION_ALONE, at)
    elif not isinstance(groups, Mapping) or holds_deferred(groups):
        doubt = unread(UNKNOWN if isinstance(groups, Mapping) else groups, f"{at}.directoryGroupIds")
        some = All((member, doubt), at) if name != "" else doubt
    else:
        atoms = frozenset(Atom("group", str(each)) for each in groups)
        some = All((member, Holds(atoms, at=f"{at}.directoryGroupIds")), at)
    login = switched(sso.allow_any_org_users, f"{at}.allowAnyOrgUsers", member, some)
    return _skipped(sso, at, entry, login)


def _skipped(sso: SSO, at: str, entry: Entry, login: Gate) -> Gate:
    """Internal callers pass without login: on the private name by default, on the public name where it is allowed."""
    passes = everyone(at, "callers inside skip single sign-on")
    if entry == "private":
        return switched(sso.validate_internal_traffic, f"{at}.validateInternalTraffic", login, passes)
    if entry == "internal":
        where = f"{at}.allowInternalTrafficViaPublicDns"
        return switched(sso.allow_internal_traffic_via_public_dns, where, passes, login)
    return login
