"""Which domains the account has, asked once a run, so that a missing one is found in the preview.

One paged list tells which domains are registered and verified; sub-domains are not in it (API reference, 2025), so a
name that is linked elsewhere, or a sub-domain that was never added, only comes to light at the write.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from nf_ports.errors import NorthflankPortsError, UnreadableAnswer
from nf_ports.northflank.client import Client
from nf_ports.northflank.failures import Attempt

READ: Final = "Account > Domains > General > Read (since mid-2026: Account > Networking > Domains > Read)"
PAGE: Final = 100
_MOST_PAGES: Final = 50


class Domains:
    """The registered domains of each account that is asked about.

    Args:
        client: what carries the calls.
    """

    def __init__(self, client: Client) -> None:
        """Nothing is asked yet."""
        self._client = client
        self._lock = threading.Lock()
        self._known: dict[str | None, Mapping[str, str] | NorthflankPortsError] = {}

    def registered(self, team: str | None) -> Mapping[str, str]:
        """Status by name of every domain of the account: ``verified`` or ``pending``.

        Raises:
            NorthflankPortsError: the list could not be read; asked once all the same.
        """
        with self._lock:
            if team not in self._known:
                try:
                    self._known[team] = self._read(team)
                except NorthflankPortsError as error:
                    self._known[team] = error
            known = self._known[team]
        if isinstance(known, NorthflankPortsError):
            raise known
        return known

    def _read(self, team: str | None) -> dict[str, str]:
        root = f"/v1/teams/{quote(team, safe='')}/domains" if team else "/v1/domains"
        attempt = Attempt("read the list of domains", READ)
        found: dict[str, str] = {}
        cursor: str | None = None
        for _page in range(_MOST_PAGES):
            query = {"per_page": str(PAGE)} | ({"cursor": cursor} if cursor else {})
            data, pagination = self._client.get_page(f"{root}?{urlencode(query)}", attempt)
            items = data.get("domains") if isinstance(data, dict) else None
            if not isinstance(items, list) or not all(isinstance(_name(item), str) for item in items):
                break
            found |= {item["name"].lower(): str(item.get("status")) for item in items}
            if pagination.get("hasNextPage") is not True:
                return found
            cursor = pagination.get("cursor")
            if not isinstance(cursor, str) or not cursor:
                break
        # A part of the list would refuse domains that stand in the other.
        raise UnreadableAnswer(f"cannot {attempt.action}: the API's answer cannot be read to its end.", status=200)


def refusal(domain: str, registered: Mapping[str, str]) -> str | None:
    """Why `domain` cannot be linked, as far as the list of domains tells; None where nothing speaks against it."""
    labels = domain.removeprefix("*.").split(".")
    parents = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    known = [parent for parent in parents if parent in registered]
    if not known:
        return (
            f"{domain} is not registered to this account, nor is a domain above it; register and verify"
            f" {parents[-1]} in Northflank (Domains), or take the name out"
        )
    if not any(registered[parent] == "verified" for parent in known):
        return (
            f"{domain} belongs to {known[0]}, which is registered but not verified yet; add the TXT record that"
            " Northflank shows for it and verify it, or take the name out"
        )
    return None


def _name(item: Any) -> Any:
    return item.get("name") if isinstance(item, dict) else None
