"""What the API says of a token: whose it is (Northflank API reference 2026, *Get current authentication info*)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from nf_ports.errors import UnreadableAnswer
from nf_ports.northflank.client import Client
from nf_ports.northflank.failures import Attempt
from nf_ports.northflank.settings import ApiSettings

_ATTEMPT: Final = Attempt("ask whose the API token is", "")


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """The owner of a token.

    Attributes:
        kind: ``team`` or ``org``; whatever else the API says.
        id: the id of that team or organisation, as people write it.
        uid: its id that never changes; empty if the API does not show it.
        organisation: the uid, or else the id, of the organisation that owns the team; empty if it is not shown.
    """

    kind: str
    id: str
    uid: str = ""
    organisation: str = ""

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
        )

    @property
    def owner(self) -> str:
        """The id that tells two owners apart."""
        return self.uid or self.id

    def may_use_the_account_of(self, other: Self) -> bool:
        """True if both tokens may be used for the same services: of one owner, or of a team and its organisation."""
        return self.owner == other.owner or self._may_own(other) or other._may_own(self)

    def _may_own(self, team: Self) -> bool:
        return self.kind == "org" and team.kind != "org" and team.organisation in {self.uid, self.id, ""}


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
