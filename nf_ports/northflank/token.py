"""A token as the API describes it: its owner, its end, and the permissions of its role.

Source: Northflank API reference 2026, *Get current authentication info*. The form of the permissions is not published.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

from nf_ports.errors import UnreadableAnswer
from nf_ports.northflank.client import Client, member
from nf_ports.northflank.failures import Attempt
from nf_ports.northflank.settings import ApiSettings

_ATTEMPT: Final = Attempt("ask whose the API token is", "")


class _Limits(NamedTuple):
    projects: frozenset[str] | None = None
    barred: frozenset[str] = frozenset()
    readable: bool = True


_SCOPES_OF: Final = {"Project": ("projectScope",), "Account": ("teamScope", "orgScope")}
"""The scopes in which the API lists a permission, by the first word that Northflank gives it (inferred)."""


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """A token and its owner. A text that the API does not show is empty.

    Attributes:
        kind: of the owner: ``team`` or ``org``; whatever else the API says.
        id: the id of that team or organisation, as people write it.
        uid: its id that never changes.
        organisation: the uid, or else the id, of the organisation that owns the team.
        organisation_id: the id of that organisation, as people write it.
        token_kind: ``api``, ``session`` or ``workload``; whatever else the API says.
        name: of the token, as its creator wrote it.
        role: the name of its role.
        ends: its last moment; None for no end, or if it is not shown.
        permissions: of the role, by scope, as the API writes them; a scope that is not shown is not there.
        projects: the ids of projects to which it is limited; None for no such limit.
        barred: the ids of projects for which it is not good.
        workload: the name or id of the workload that it is for.
        unreadable: what the API shows in a form that is not known: ``end``, ``permissions``, ``limits``.
    """

    kind: str
    id: str
    uid: str = ""
    organisation: str = ""
    organisation_id: str = ""
    token_kind: str = ""
    name: str = ""
    role: str = ""
    ends: dt.datetime | None = None
    permissions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    projects: frozenset[str] | None = None
    barred: frozenset[str] = frozenset()
    workload: str = ""
    unreadable: frozenset[str] = frozenset()

    @classmethod
    def of(cls, data: object) -> Self:
        """The owner in an answer.

        Raises:
            UnreadableAnswer: it names none.
        """
        shown = data if isinstance(data, Mapping) else {}
        texts = {key: value for key, value in shown.items() if isinstance(value, str)}
        if not (texts.get("entityUid") or texts.get("entityId")):
            raise UnreadableAnswer(
                f"cannot {_ATTEMPT.action}: the API's answer does not name the owner, as it documents", status=200
            )
        ends = _time(texts.get("expiresAt", ""))
        permissions = _permissions(member(shown, "permissions"))
        limits = _limits(member(shown, "projectRestrictions"))
        return cls(
            kind=texts.get("entityType", ""),
            id=texts.get("entityId", ""),
            uid=texts.get("entityUid", ""),
            organisation=texts.get("orgUid") or texts.get("orgId") or "",
            organisation_id=texts.get("orgId", ""),
            token_kind=texts.get("tokenKind", ""),
            name=texts.get("name", ""),
            role=_text(member(shown, "role"), "name"),
            ends=ends,
            permissions={scope: held for scope, held in permissions.items() if held is not None},
            projects=limits.projects,
            barred=limits.barred,
            workload=_text(member(shown, "workload"), "name") or _text(member(shown, "workload"), "id"),
            unreadable=frozenset(
                what
                for what, is_so in (
                    ("end", ends is None and shown.get("expiresAt") is not None),
                    ("permissions", None in permissions.values()),
                    ("limits", not limits.readable),
                )
                if is_so
            ),
        )

    def may(self, permission: str) -> bool | None:
        """True if the role has a permission; None if the API does not show that in a form that is known.

        Args:
            permission: in Northflank's words, such as ``Project > Services > General > Read``.
        """
        held = {_words(each) for scope in self.permissions.values() for each in scope}
        if _words(permission) in held:
            return True
        scopes = _SCOPES_OF[permission.partition(" ")[0]]
        shown = any(scope in self.permissions for scope in scopes) and "permissions" not in self.unreadable
        return False if shown and () not in held else None

    @property
    def owner(self) -> str:
        """The id that tells two owners apart."""
        return self.uid or self.id

    def may_use_the_account_of(self, other: Self) -> bool:
        """True if both tokens may be used for the same services: of one owner, or of a team and its organisation."""
        return self.owner == other.owner or self._may_own(other) or other._may_own(self)

    def _may_own(self, team: Self) -> bool:
        return self.kind == "org" and team.kind != "org" and team.organisation in {self.uid, self.id, ""}


_SCOPES: Final = ("ps", "project", "account", "team", "org", "networking")
_ACTIONS: Final = ("read", "create", "update", "delete")


def _words(permission: str) -> tuple[str, ...]:
    """The words that tell a permission from others, in every known form; none if it is of no known form.

    ``Account > Networking > Domains > Read`` and ``Account > Domains > General > Read`` are the same at two times.
    """
    words = [word for word in re.split(r"[^a-z]+", permission.partition("(")[0].lower()) if word and word != "general"]
    while words and words[0] in _SCOPES:
        del words[0]
    return tuple(words) if len(words) > 1 and words[-1] in _ACTIONS else ()


def _text(data: object, key: str) -> str:
    found = member(data, key)
    return found if isinstance(found, str) else ""


def _time(text: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _permissions(data: object) -> dict[str, frozenset[str] | None]:
    """The permissions by scope; None for what is no list of texts."""
    return {
        str(scope): frozenset(held) if isinstance(held, list) and all(isinstance(each, str) for each in held) else None
        for scope, held in (data.items() if isinstance(data, Mapping) else ())
    }


def _limits(data: object) -> _Limits:
    if member(data, "enabled") is not True:
        return _Limits()
    listed, mode = member(data, "projects"), member(data, "restrictionMode")
    if not isinstance(listed, list) or mode not in {"in", "notIn"}:
        return _Limits(readable=False)
    ids = frozenset(str(member(each, "id") or each) for each in listed)
    return _Limits(barred=ids) if mode == "notIn" else _Limits(projects=ids)


Ask = Callable[[ApiSettings], TokenInfo]
"""Asks the API whose a token is; raises a `NorthflankPortsError` if that cannot be told."""


def is_another_account(former: ApiSettings, now: ApiSettings, ask: Ask) -> bool:
    """True if the token of `now` is certainly of another account than that of `former`. Two requests at most.

    Raises:
        NorthflankPortsError: one of the tokens is refused, or the API does not say whose it is.
    """
    if None in {former.token, now.token} or (former.token, former.base_url) == (now.token, now.base_url):
        return False
    return not ask(former).may_use_the_account_of(ask(now))


def token_info(client: Client) -> TokenInfo:
    """The owner of the client's token. One request; no permission is needed.

    Raises:
        RouteGone: this version of the API does not say it: it is so since 2026.
        NorthflankPortsError: the token is refused, or the answer cannot be read.
    """
    return TokenInfo.of(client.get("/v1/auth", _ATTEMPT))
