"""Access on the private name of a public port, by lists of checks.

IP rules and headers do not apply there, and single sign-on only with `validateInternalTraffic`: without it, a list that
has single sign-on asks for nothing. Whether a login applies is undetermined: one guide says that it may, another one
that everyone passes (Northflank product guides: network, security policies).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from nf_ports.exposure.access import questions
from nf_ports.exposure.access.checks import logins_access, sso_login, switched, unread
from nf_ports.exposure.access.formula import Access, All, everyone, uncertain
from nf_ports.ports.port import SSO, PolicyGroup

Join = Callable[[tuple[Access, ...]], Access]
"""Joins the kinds of check of a list."""
_SKIPPED: Final = "IP rules and headers do not apply on the private name"


class CheckList(NamedTuple):
    """A list of checks, where it stands, and how its kinds are joined."""

    group: PolicyGroup
    at: str
    join: Join


def on_private_name(lists: Sequence[CheckList], at: str) -> Access:
    """Access on the private name of a public port, if all of some lists have to pass.

    Args:
        lists: the lists of checks.
        at: their location.
    """
    with_sso = [each for each in lists if each.group.sso is not None]
    strict = _all([_joined(each, logins=True) for each in lists], at)
    loose = _all([_joined(each, logins=False) for each in lists], at)
    either = uncertain((strict, loose), "undetermined", questions.PRIVATE_NAME, at)
    if not with_sso:
        return either
    access = everyone(f"{with_sso[0].at}.sso", "internal callers skip single sign-on")
    for each in with_sso:
        sso = each.group.sso
        where = f"{each.at}.sso"
        validated = sso.validate_internal_traffic if isinstance(sso, SSO) else sso
        access = switched(validated, f"{where}.validateInternalTraffic", either, access)
    return access


def _joined(each: CheckList, *, logins: bool) -> Access:
    """Access by a list: without its IP rules and headers, or else with everything but single sign-on as passed."""
    group = each.group
    passes = everyone(each.at, _SKIPPED)
    kinds: list[Access] = []
    if logins and group.credentials is not None:
        kinds.append(logins_access(group.credentials, f"{each.at}.credentials"))
    elif not logins and any(check is not None for check in (group.credentials, group.policies, group.headers)):
        kinds.append(passes)
    if isinstance(group.sso, SSO):
        where = f"{each.at}.sso"
        login = sso_login(group.sso, where)
        kinds.append(switched(group.sso.validate_internal_traffic, f"{where}.validateInternalTraffic", login, passes))
    elif group.sso is not None:
        kinds.append(unread(group.sso, f"{each.at}.sso"))
    return each.join(tuple(kinds)) if kinds else passes


def _all(parts: Sequence[Access], at: str) -> Access:
    return parts[0] if len(parts) == 1 else All(tuple(parts), at)
