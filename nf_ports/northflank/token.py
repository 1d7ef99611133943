"""What the API says of a token: whose it is, when it ends, and what its role may do.

Source: Northflank API reference 2026, *Get current authentication info*. The form of the permissions is not published.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Self, TypedDict

from nf_ports.errors import UnreadableAnswer
from nf_ports.northflank.client import Client
from nf_ports.northflank.failures import Attempt
from nf_ports.northflank.settings import ApiSettings

_ATTEMPT: Final = Attempt("ask whose the API token is", "")


class _Limits(TypedDict, total=False):
    projects: frozenset[str]
    barred: frozenset[str]


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
        permissions: of the role, in every scope, as the API writes them; None if it does not show them.
        projects: the ids of projects to which it is limited; None for no such limit.
        barred: the ids of projects for which it is not good.
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
    permissions: frozenset[str] | None = None
    projects: frozenset[str] | None = None
    barred: frozenset[str] = frozenset()

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
        return cls(
            kind=texts.get("entityType", ""),
            id=texts.get("entityId", ""),
            uid=texts.get("entityUid", ""),
            organisation=texts.get("orgUid") or texts.get("orgId") or "",
            organisation_id=texts.get("orgId", ""),
            token_kind=texts.get("tokenKind", ""),
            name=texts.get("name", ""),
            role=_text(_member(shown, "role"), "name"),
            ends=_time(texts.get("expiresAt", "")),
            permissions=_permissions(_member(shown, "permissions")),
            **_limits(_member(shown, "projectRestrictions")),
        )

    def may(self, permission: str) -> bool | None:
        """True if the role has a permission; None if the API does not show that in a form that is known.

        Args:
            permission: in Northflank's words, such as ``Project > Services > General > Read``.
        """
        if self.permissions is None:
            return None
        held = {_words(each) for each in self.permissions}
        return _words(permission) in held or (None if self.permissions and not any(held) else False)

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


def _member(data: object, key: str) -> object:
    return data.get(key) if isinstance(data, Mapping) else None


def _text(data: object, key: str) -> str:
    found = _member(data, key)
    return found if isinstance(found, str) else ""


def _time(text: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _permissions(data: object) -> frozenset[str] | None:
    lists = [each for each in data.values() if isinstance(each, list)] if isinstance(data, Mapping) else []
    return frozenset(each for found in lists for each in found if isinstance(each, str)) if lists else None


def _limits(data: object) -> _Limits:
    listed = _member(data, "projects")
    if _member(data, "enabled") is not True or not isinstance(listed, list):
        return {}
    ids = frozenset(str(_member(each, "id") or each) for each in listed)
    return {"barred": ids} if _member(data, "restrictionMode") == "notIn" else {"projects": ids}


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
