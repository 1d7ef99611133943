"""The doctor's checks of what the API says of the token: owner, end, permissions, limits. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from nf_ports.cli.doctor.api_token import Check
from nf_ports.cli.text import row
from nf_ports.northflank import domains, listing, services, ways_in
from nf_ports.northflank.token import TokenInfo
from nf_ports.text import printable

_SOON: Final = dt.timedelta(days=14)
_RENEW: Final = "make a new one in Northflank (API tokens)"
_OWNERS: Final = {"team": "the team", "org": "the organisation"}
_NEEDED: Final = (listing.READ, services.UPDATE)
"""Without these, `pulumi up` fails."""
_USED: Final = {
    domains.READ: "previews do not check custom domains",
    domains.READ_SUBDOMAINS: "a refused domain is explained less",
    ways_in.READ_BALANCERS: "nf-ports exposure does not see load balancers",
    ways_in.READ_PATHS: "nf-ports exposure does not see paths of domains",
}
"""Without these, something is missed."""


def account_checks(info: TokenInfo, team: str | None, project: str | None, now: dt.datetime) -> Iterator[Check]:
    """The account, the role and the limits of a token.

    Args:
        info: what the API says of it.
        team: the team that is meant; None for the account of the token.
        project: the project that is meant; None for any.
        now: the time.
    """
    yield _account(info, team, now)
    yield _permissions(info)
    if project is not None and (project in info.barred or (info.projects is not None and project not in info.projects)):
        yield Check("limits", "fail", f"the token is not good for the project {project}", "take a token that is")
    elif info.projects is not None or info.barred:
        listed = f"all but {row(sorted(info.barred))}" if info.projects is None else row(sorted(info.projects))
        yield Check("limits", "warn", printable(f"the token is good for some projects only: {listed or 'none'}"))
    elif "limits" in info.unreadable:
        yield Check("limits", "warn", "the token is limited to projects in a form that nf_ports does not know")


def needs_a_team(info: TokenInfo, team: str | None) -> bool:
    """True if every further request fails: an organisation's token works with a team alone."""
    return info.kind == "org" and team is None


def _account(info: TokenInfo, team: str | None, now: dt.datetime) -> Check:
    whose = f"{_OWNERS.get(info.kind, info.kind or 'the account')} {info.id or info.uid}"
    within = f" of the organisation {info.organisation_id}" if info.organisation_id and info.kind != "org" else ""
    named = f'{info.token_kind or "API"} token "{info.name}"' if info.name else f"{info.token_kind or 'API'} token"
    role = f"role {info.role}" if info.role else "role not shown"
    workload = f" for the workload {info.workload}" if info.workload else ""
    text = printable(f"{named} of {whose}{within}{workload}, {role}, {_end(info, now)}")
    if info.ends is not None and info.ends <= now:
        return Check("account", "fail", text, _RENEW)
    if needs_a_team(info, team):
        return Check(
            "account",
            "fail",
            f"{text}; a token of an organisation works only with the id of a team, else Northflank refuses it (403)",
            "name the team with --team, and in the stack with northflank:teamId",
        )
    if info.ends is not None and info.ends - now < _SOON:
        return Check("account", "warn", text, f"{_RENEW} before that")
    return Check("account", "ok", text)


def _end(info: TokenInfo, now: dt.datetime) -> str:
    if info.ends is None:
        return "with an end that cannot be read" if "end" in info.unreadable else "without an end"
    return f"{'ended' if info.ends <= now else 'ends'} on {info.ends:%Y-%m-%d}"


def _permissions(info: TokenInfo) -> Check:
    every = (*_NEEDED, *_USED)
    not_shown = [each for each in every if info.may(each) is None]
    if len(not_shown) == len(every):
        shown = "shown in a form that nf_ports does not know" if info.permissions or info.unreadable else "not shown"
        return Check("role", "ok", f"its permissions are {shown}, so they were not compared")
    lacks = [each for each in _NEEDED if info.may(each) is False]
    misses = {each: lost for each, lost in _USED.items() if info.may(each) is False}
    parts = [f"the role lacks {row(lacks)}"] if lacks else []
    parts += [f"without {each}, {lost}" for each, lost in misses.items()]
    if not parts and not_shown:
        return Check("role", "ok", f"the role has what is shown of it; not shown: {row(not_shown)}")
    if not parts:
        return Check("role", "ok", "the role has all that nf_ports uses")
    todo = "give the role these permissions in Northflank, or use a token whose role has them"
    return Check("role", "fail" if lacks else "warn", "; ".join(parts), todo)
