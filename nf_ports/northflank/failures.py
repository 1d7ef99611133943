"""From an answer that is not a success to the error that says what failed, what the API said and what to do next.

By route and body, never by status alone: 404 may mean that the service is gone, that a domain is not registered, or
that the endpoint itself does not exist any more; 401 may mean the token or a permission of its role.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from nf_ports.errors import (
    ApiError,
    DomainRefused,
    InvalidRequest,
    NotFound,
    RateLimited,
    RouteGone,
    ServerError,
    Unauthorized,
)
from nf_ports.northflank.budget import words

_MISSING = re.compile(r"\b(team|project|service)s?\b", re.IGNORECASE)
_DOMAIN = re.compile(r"\b(sub)?-?domains?\b", re.IGNORECASE)
_LONGEST = 300
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was tried.

    Attributes:
        action: in words, for example ``update the ports of shop/api``.
        permission: the permission that the route needs, in Northflank's words.
        secrets: values that may not stand in a text, should the API quote one.
        names_a_service: whether a 404 can mean that the service is gone.
        ports: the names of the ports of the body, in its order: the API counts them.
        domains: the custom domains that may be refused, each with its port, in words: the API does not tell which.
    """

    action: str
    permission: str
    secrets: frozenset[str] = frozenset()
    names_a_service: bool = True
    ports: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


def error_of(  # noqa: PLR0911 - one return per kind of answer
    status: int, body: bytes, attempt: Attempt, token_source: str, reset_s: float | None
) -> ApiError:
    """The typed error for an answer."""
    said = _Said(body, attempt)
    failed = f"cannot {attempt.action}: "
    told = f"{said.sentence} (HTTP {status}{said.kind})"
    identity: dict[str, Any] = {"status": status, "error_id": said.error_id}
    if status in (401, 403):
        return Unauthorized(failed + _refused(said, attempt, token_source, told), **identity)
    if status == 429:  # noqa: PLR2004 - too many requests
        when = "at an unknown time" if reset_s is None else f"in {words(reset_s)}"
        return RateLimited(
            f"{failed}the account's API requests for this hour are used up (HTTP 429). The window ends {when};"
            " run again then. Nothing was changed by this request.",
            reset_s=reset_s,
            **identity,
        )
    if status in (404, 400, 409) and _DOMAIN.search(said.sentence + said.details):
        return DomainRefused(failed + _domain(told + said.details, said.sentence, attempt.domains), **identity)
    if status in (405, 410):
        return RouteGone(f"{failed}the endpoint does not exist any more: {told}", **identity)
    if status == 404:  # noqa: PLR2004 - not found
        if attempt.names_a_service and _MISSING.search(said.sentence):
            return NotFound(
                f"{failed}{told}. Check project, service and team, and that the token belongs to that account.",
                **identity,
            )
        return RouteGone(f"{failed}{told}", **identity)
    if status == 400:  # noqa: PLR2004 - bad request
        return InvalidRequest(f"{failed}{told}{said.details}. Correct the field and run again.", **identity)
    if status >= 500:  # noqa: PLR2004 - server errors
        return ServerError(f"{failed}{told}. The fault is on Northflank's side; run again later.", **identity)
    return ApiError(f"{failed}{told}. Run again, and report it if it stays.", **identity)


class _Said:
    """What an error body says, as far as it can be read, without secrets and in one line."""

    def __init__(self, body: bytes, attempt: Attempt) -> None:
        self._secrets = _any_of(attempt.secrets)
        self._ports = attempt.ports
        try:
            error = json.loads(body)["error"]
        except (ValueError, TypeError, KeyError, RecursionError):
            error = {}
        error = error if isinstance(error, dict) else {}
        message, error_id = error.get("message"), error.get("id")
        self.sentence = self._clean(message).rstrip(".") if isinstance(message, str) else ""
        self.sentence = self.sentence or "the API gave no reason"
        kind = self._clean(error_id) if isinstance(error_id, str) else ""
        self.error_id = kind if re.fullmatch(r"[\w-]{1,64}", kind) else None
        self.kind = f", {self.error_id}" if self.error_id else ""
        details = error.get("details")
        details = details if isinstance(details, dict) else {}
        permission = details.get("requiredPermission")
        self.permission = self._clean(permission) if isinstance(permission, str) else None
        self.details = "".join(
            f"; {self._clean(self._named(field))}: {', '.join(map(self._clean, filter(_is_text, reasons)))}"
            for field, reasons in details.items()
            if isinstance(reasons, list)
        )[:_LONGEST]

    def _named(self, field: str) -> str:
        """``ports.http.domains`` for ``ports.0.domains``: nobody can count the ports of a map."""
        head, _, rest = field.partition(".")
        index, dot, rest = rest.partition(".")
        known = head == "ports" and index.isdecimal() and int(index) < len(self._ports)
        return f"ports.{self._ports[int(index)]}{dot}{rest}" if known else field

    def _clean(self, text: str) -> str:
        text = " ".join(self._secrets.sub("[secret]", text).split())
        return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _any_of(secrets: frozenset[str]) -> re.Pattern[str]:
    """Finds every secret, also as JSON would quote it, the longest first; nothing where there is none."""
    quoted = {json.dumps(text, ensure_ascii=pure)[1:-1] for text in secrets for pure in (True, False)}
    spellings = sorted((text for text in quoted | secrets if text), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, spellings)) or r"(?!)")


def _refused(said: _Said, attempt: Attempt, token_source: str, told: str) -> str:
    if said.permission or "permission" in said.sentence.lower():
        named = f" ({said.permission})" if said.permission else ""
        return (
            f"the role of the API token lacks a permission{named}: {told}. Give the role"
            f" '{attempt.permission}' in Northflank; the token came from {token_source}."
        )
    return (
        f"Northflank did not accept the API token: {told}. The token came from {token_source};"
        " check that it is current and belongs to this account."
    )


def _domain(told: str, sentence: str, domains: tuple[str, ...]) -> str:
    if "registered" in sentence.lower():
        remedy = "Register the domain in Northflank and verify it, or take it out of domains."
    elif "verif" in sentence.lower():
        remedy = "Add the DNS records that Northflank shows for it and verify it, or take it out of domains."
    else:
        remedy = "Unlink the domain where it is in use, or take it out of domains."
    more = f" and {len(domains) - _MOST_NAMED} more" if len(domains) > _MOST_NAMED else ""
    which = (
        f" It is {'one of ' if len(domains) > 1 else ''}{', '.join(domains[:_MOST_NAMED])}{more}." if domains else ""
    )
    return f"{told}.{which} {remedy}"
