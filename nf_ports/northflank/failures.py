"""Errors for failed requests: each says what failed, what the API said and what to do next.

The type of an error is decided by route and error id first, by words last, and never by the status alone: 404 may mean
that the service does not exist, that a domain is not registered, or that the endpoint itself does not exist any more;
401 may mean the token or a permission of its role. Words from the id of a service, project, team or port are ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

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
from nf_ports.northflank.route import Route
from nf_ports.text import argument, printable

UNREGISTERED: Final = "One of the provided domains has not been registered to this account"
"""The documented sentence for a write with a domain that the account does not have."""
INVALID_BODY: Final = "nf-invalid-request-body"
"""The id of an error whose details name the wrong fields."""

# A separate word: not a part of a host name, a path or an id.
_ALONE: Final = r"(?<![\w./-])(?:{})(?![\w/-]|\.\w)"
_DOMAIN: Final = re.compile(_ALONE.format(r"(?:sub-?)?domains?"), re.IGNORECASE)
_PERMISSION: Final = re.compile(_ALONE.format(r"permissions?"), re.IGNORECASE)
_NOUN: Final = _ALONE.format(r"team|project|service")
_MISSING: Final = re.compile(
    rf"{_NOUN}(?:\W+(?!ports?\b|routes?\b|endpoints?\b)\w+){{0,3}}?"
    r"\W+(?:(?:can)?not\s+(?:be\s+)?found|(?:not|\w*n't|no\s+longer)\s+exists?|unknown)\b"
    rf"|\b(?:no|no\s+such|unknown|(?:not|\w*n't)\s+find)\s+(?:(?:the|a|any|such)\s+)?{_NOUN}",
    re.IGNORECASE,
)
_PORT: Final = re.compile(r"ports\.(\d{1,6})(?:$|(?=\.))")
_DOMAINS: Final = re.compile(r"\.domains(?:$|\.(?:(\d{1,6})(?:$|\.))?)")
_IN_USE: Final = re.compile(r"\b(?:already|another|assigned|linked|taken|use)\b", re.IGNORECASE)
_IDS: Final[dict[str, str]] = {"domain": "domain and team", "account": "the team"}
"""The ids to check, by kind of route, if it is not the route of a service."""
_NO_ROUTE: Final = "Check that the API address is Northflank's; if it is, upgrade nf_ports."
_LONGEST: Final = 300
_MOST_NAMED: Final = 8


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request, described for error texts.

    Attributes:
        action: in words, for example ``update the ports of shop/api``.
        permission: the permission that the route needs, in Northflank's words.
        secrets: values that are masked in a text if the API quotes them.
        ports: the names of the ports of the body, in its order: the API refers to them by number.
        domains: the new custom domains of the body, of which one may be refused, each alone or with words after it;
            empty if any of them may be.
        route: the route of the request; set by the client.
        sent: the custom domains of the body by the number of their port; set by the client.
    """

    action: str
    permission: str
    secrets: frozenset[str] = frozenset()
    ports: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    route: Route = field(default_factory=Route)
    sent: tuple[tuple[str, ...], ...] = ()


def error_of(  # noqa: PLR0911 - one return per kind of answer
    status: int, body: bytes, attempt: Attempt, token_source: str, reset_s: float | None
) -> ApiError:
    """The typed error for a failed request."""
    error_body = _ErrorBody(body, attempt)
    failed = f"cannot {attempt.action}: "
    reason = f"{error_body.sentence} (HTTP {status}{error_body.kind})"
    error_id = error_body.error_id
    if status in (401, 403):
        return Unauthorized(
            failed + _refused(error_body, attempt, token_source, reason), status=status, error_id=error_id
        )
    if status == 429:  # noqa: PLR2004 - too many requests
        when = "at an unknown time" if reset_s is None else f"in {words(reset_s)}"
        return RateLimited(
            f"{failed}the account's API requests for this hour are used up (HTTP 429). The window ends {when};"
            " run again then. Nothing was changed by this request.",
            reset_s=reset_s,
            status=status,
            error_id=error_id,
        )
    if status in (404, 400, 409) and _is_about_domains(error_body, attempt):
        suspects = _suspects(error_body, attempt)
        return DomainRefused(
            failed + _domain(reason + error_body.details, error_body.bare, _named(suspects, attempt)),
            domains=suspects,
            status=status,
            error_id=error_id,
        )
    if status in (405, 410):
        text = f"{failed}the endpoint does not exist any more: {reason}. {_NO_ROUTE}"
        return RouteGone(text, status=status, error_id=error_id)
    if status == 404:  # noqa: PLR2004 - not found
        route = attempt.route
        if route.ids and (route.lasting or _MISSING.search(error_body.bare)):
            return NotFound(
                f"{failed}{reason}. Check {_IDS.get(route.kind, 'project, service and team')}, and that the token"
                " belongs to that account.",
                status=status,
                error_id=error_id,
            )
        return RouteGone(f"{failed}{reason}. {_NO_ROUTE}", status=status, error_id=error_id)
    if status == 400:  # noqa: PLR2004 - bad request
        text = f"{failed}{reason}{error_body.details}. Correct the field and run again."
        return InvalidRequest(text, fields=error_body.fields, status=status, error_id=error_id)
    if status >= 500:  # noqa: PLR2004 - server errors
        return ServerError(
            f"{failed}{reason}. The error is on Northflank's side; run again later.", status=status, error_id=error_id
        )
    return ApiError(f"{failed}{reason}. Run again; if the error stays, report it.", status=status, error_id=error_id)


class _ErrorBody:
    """The content of an error body, as far as it can be read, without secrets and in one line."""

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
        fields = {field: reasons for field, reasons in details.items() if isinstance(reasons, list)}
        self.details = "".join(
            f"; {self._clean(self._named(field))}: {', '.join(map(self._clean, filter(_is_text, reasons)))}"
            for field, reasons in fields.items()
        )[:_LONGEST]
        self.fields = tuple(map(self._clean, fields))
        self.domain_fields = tuple(filter(None, map(_domain_field, fields)))
        names = (*attempt.route.ids, *attempt.ports, *chain.from_iterable(attempt.sent))
        self.bare = _names(names).sub(" ", self.sentence + self.details)
        """Sentence and details without the names in the request."""

    def _named(self, field: str) -> str:
        """``ports.http.domains`` for ``ports.0.domains``: the ports of a map have no numbers."""
        match = _PORT.match(field)
        known = match and int(match[1]) < len(self._ports)
        return f"ports.{self._ports[int(match[1])]}{field[match.end() :]}" if match and known else field

    def _clean(self, text: str) -> str:
        text = " ".join(self._secrets.sub("[secret]", text).split())
        # An escape would act on a terminal, also through Pulumi.
        text = printable(text)
        return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _any_of(secrets: frozenset[str]) -> re.Pattern[str]:
    """A pattern for every secret, also as JSON would quote it, the longest first; it matches nothing without one."""
    quoted = {json.dumps(text, ensure_ascii=pure)[1:-1] for text in secrets for pure in (True, False)}
    spellings = sorted((text for text in quoted | secrets if text), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, spellings)) or r"(?!)")


def _names(names: Iterable[str]) -> re.Pattern[str]:
    """A pattern for ids and the names that they are made of ("My App" for ``my-app``); nothing without one."""
    spellings = (r"[\s_-]+".join(map(re.escape, re.split(r"[\s_-]+", name))) for name in set(names) if name)
    either = "|".join(sorted(spellings, key=len, reverse=True))
    return re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])" if either else r"(?!)", re.IGNORECASE)


def _domain_field(field: str) -> tuple[int, int | None] | None:
    """The numbers of port and domain that a field of the details names; None if it names no domains."""
    port = _PORT.match(field)
    domains = _DOMAINS.match(field, port.end()) if port else None
    return (int(port[1]), int(domains[1]) if domains[1] else None) if port and domains else None


def _is_about_domains(error_body: _ErrorBody, attempt: Attempt) -> bool:
    """True if a write was refused because of a custom domain; a request without domains never is."""
    if not (attempt.route.writes and any(attempt.sent)):
        return False
    if error_body.sentence.lower() == UNREGISTERED.lower() or error_body.domain_fields:
        return True
    return (
        not (error_body.error_id == INVALID_BODY and error_body.fields) and _DOMAIN.search(error_body.bare) is not None
    )


def _suspects(error_body: _ErrorBody, attempt: Attempt) -> tuple[str, ...]:
    """The domains that may be refused: those of the details, else the new ones."""
    named = (
        attempt.sent[port] if domain is None else attempt.sent[port][domain : domain + 1]
        for port, domain in error_body.domain_fields
        if port < len(attempt.sent)
    )
    every = dict.fromkeys(chain.from_iterable(attempt.sent))
    # A host name has no space, so the words that may follow it are cut off.
    new = {domain.partition(" ")[0] for domain in attempt.domains}
    return tuple(dict.fromkeys(chain.from_iterable(named)) or [domain for domain in every if domain in new] or every)


def _named(domains: tuple[str, ...], attempt: Attempt) -> list[str]:
    ports = {domain: name for name, sent in zip(attempt.ports, attempt.sent, strict=False) for domain in sent}
    return [f'{domain} (port "{ports[domain]}")' if domain in ports else domain for domain in domains]


def _refused(error_body: _ErrorBody, attempt: Attempt, token_source: str, reason: str) -> str:
    team = (
        ""
        if attempt.route.team
        else " If it is the token of an organisation, name the team as well: northflank:teamId or"
        f" {argument('team_id')}."
    )
    if error_body.permission or _PERMISSION.search(error_body.bare):
        named = f" ({error_body.permission})" if error_body.permission else ""
        return (
            f"the role of the API token lacks a permission{named}: {reason}. Give the role"
            f" '{attempt.permission}' in Northflank; the token came from {token_source}.{team}"
        )
    return (
        f"Northflank did not accept the API token: {reason}. The token came from {token_source};"
        " check that it is current, that it belongs to this account and that its role has"
        f" '{attempt.permission}', because the answer can be the same for each of these.{team}"
    )


def _domain(answer: str, reason: str, domains: list[str]) -> str:
    if "registered" in reason.lower():
        remedy = (
            "Register the domain in Northflank and verify it (a sub-domain is added to its domain and verified), or"
            " take it out of domains."
        )
    elif "verif" in reason.lower():
        remedy = "Add the DNS records that Northflank shows for it and verify it, or take it out of domains."
    elif _IN_USE.search(reason):
        remedy = "Unlink the domain where it is in use, or take it out of domains."
    else:
        remedy = "Correct it, or take it out of domains."
    more = f" and {len(domains) - _MOST_NAMED} more" if len(domains) > _MOST_NAMED else ""
    which = f"{'one of ' if len(domains) > 1 else ''}{', '.join(domains[:_MOST_NAMED])}{more}"
    return f"{answer}. The domain is {which}. {remedy}"
