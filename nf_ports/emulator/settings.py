"""The switches of the emulator: if no source states how Northflank behaves, a test chooses."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from nf_ports.emulator import contract

SecurityMember = Literal[
    "all", "credentials", "policies", "headers", "sso", "verificationMode", "securePathConfiguration"
]


def _switch(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A choice for every undetermined point, immutable; change with `dataclasses.replace`.

    The defaults are the stricter choices, so that a client that works with them works with the others, too. Raises
    ValueError, naming the switch, for a value outside its type or choices.
    """

    era: Literal["2025", "2026a", "2026b", "gone"] = _switch(
        "2026a",
        "API version; 'gone' is 2026b without GET and POST .../ports, whose removal is announced",
    )
    gone_status: Literal[404, 405, 410] = _switch(404, "status of the removed ports routes in API version 'gone'")
    post_without_id: Literal["new", "match_name"] = _switch(
        "new",
        "POST ports, item without id: a new port with a new id, or the stored port of the same name",
    )
    security_omitted: Literal["keep", "reset"] = _switch(
        "keep", "POST ports, item of a stored port without security: the stored one stays, or is reset to the default"
    )
    unknown_id: Literal["reject", "new"] = _switch("reject", "POST ports, id of no stored port: 400, or a new port")
    patch_security_omitted: Literal["reset", "keep"] = _switch(
        "reset", "PATCH service, port without security: it is reset to the default, or the stored one stays"
    )
    patch_ids: Literal["keep", "new"] = _switch(
        "keep", "PATCH service: a port of a stored name keeps its id, or gets a new one"
    )
    unknown_members: Literal["reject", "store"] = _switch(
        "reject",
        "members of a port that no documented schema has: a write or seed with one is refused, or they are stored"
        " and shown, as by a later API version",
    )
    atomic_400: bool = _switch(
        default=True,
        meaning="a refused list stores nothing; false: the ports before the first bad one are stored, none is removed",
    )
    dns_delay_reads: int = _switch(0, "number of reads after a port became public that do not show its dns yet")
    dns_delay_s: int = _switch(0, "seconds after a port became public before its dns is shown")
    stale_reads: int = _switch(0, "number of reads after a write that still show the list before it")
    stale_view: Literal["both", "service", "ports"] = _switch(
        "both", "which reads can be stale: GET service and GET ports, or one of them while the other is fresh"
    )
    certificates_ready_after_reads: int = _switch(
        1, "number of reads after a domain was linked that show its certificate in progress"
    )
    domain_pending_status: Literal[400, 404, 409] = _switch(
        400, "status for a domain that is registered but not verified"
    )
    domain_taken: Literal["reject", "move"] = _switch(
        "reject", "a domain linked to a port of another service: 409, or the link moves (within one account)"
    )
    wildcard_needs_subdomain: bool = _switch(
        default=False,
        meaning="sub-domains of a wildcard-redirect domain must be added before use, though never verified",
    )
    security_dropped: frozenset[SecurityMember] = _switch(
        frozenset(),
        "members of a written security that are accepted and not stored ('policies': also as `ip`); 'all': every"
        " member, as observed on a free plan",
    )
    ip_and_policies: Literal["both", "policies", "ip"] = _switch(
        "both", "security with both `policies` and `ip`: GET ports shows the rules of both, or of one only"
    )
    verification_mode_filled: Literal["none", "or", "and"] = _switch(
        "none", "a security that is written without verificationMode is shown without one, or with this one"
    )
    security_unset: Literal["absent", "empty", "null", "omitted"] = _switch(
        "absent",
        "members of security that nobody set are shown as they are stored, as empty, or as null; 'omitted': a"
        " security in which nothing is set is not shown at all",
    )
    advanced_options_unset: Literal["absent", "null", "empty"] = _switch(
        "absent", "advancedOptions that nobody set are not shown, or shown as null or as {}"
    )
    sso_exclusivity: Literal["accept", "reject"] = _switch(
        "accept", "SSO switches that exclude each other by the product guide: stored, or 400"
    )
    port_detection: Literal["none", "p01"] = _switch(
        "none", "a service created without ports stays so, or gets the public HTTP port p01 on 8080"
    )
    build_ports_status: Literal[404, 400] = _switch(404, "status of the ports routes on a build service")
    wrong_type_status: Literal[404, 400, 405, 409] = _switch(
        404, "status of PATCH .../services/<type>/<id> with the type of another kind of service"
    )
    not_found_text: Literal["noun", "id", "plain"] = _switch(
        "noun",
        "what the 404 of an unknown team, project, service, port or domain says: 'Service not found', the same with"
        " the identifier, 'Service api not found', or 'Not Found', as for an unknown route",
    )
    verify_fails: bool = _switch(default=False, meaning="verifying a domain or sub-domain answers the documented 400")
    rate_limit: int = _switch(1000, "requests per window and token")
    rate_limit_window_s: int = _switch(3600, "length of the window in seconds, from its first request on")
    rate_limit_retry_after: bool = _switch(
        default=True, meaning="a 429 has retry-after in addition to x-ratelimit-reset"
    )
    denied_permissions: frozenset[str] = _switch(
        frozenset(), "permissions that the token's role lacks, such as 'Project > Services > General > Update'"
    )
    hidden_projects: frozenset[str] = _switch(
        frozenset(), "ids of projects that the token does not see: 404 on all their routes, and in no list"
    )
    closed_projects: frozenset[str] = _switch(
        frozenset(), "ids of projects that the token sees in the list, but with 401 'Unauthorized' on all their routes"
    )
    organisation_token: bool = _switch(
        default=False, meaning="the token belongs to an organisation: every route needs its form under teams/{teamId}"
    )
    organisation_token_status: Literal[403, 401] = _switch(
        403, "status of a route without teams/{teamId} for an organisation's token"
    )
    enforce_mode: Literal["and", "or"] = _switch(
        "and", "enforced security without verificationMode: every kind of check must pass, or one is enough"
    )
    enforce_sso: Literal["nobody", "organization"] = _switch(
        "nobody",
        "enforced single sign-on with neither directoryGroupIds nor allowAnyOrgUsers: nobody passes, or members of"
        " organizationId do, and everyone where that is missing, too",
    )
    enforce_empty_rule: Literal["deny", "allow"] = _switch(
        "deny",
        "an enforced protected path rule without checks: callers from the internet are refused and those of the"
        " project pass, or all pass",
    )
    enforce_same_priority: Literal["every", "one"] = _switch(
        "every", "enforced path rules of equal priority: every one that matches must let the request in, or one"
    )
    enforce_prefix: Literal["segments", "letters"] = _switch(
        "segments", "an enforced path rule for the prefix /admin does not match /administrator, or does"
    )
    enforce_regex: Literal["whole", "part"] = _switch(
        "whole", "an enforced regular expression must match the whole path or header, or a part of it"
    )
    enforce_enabled: Literal["on", "off"] = _switch(
        "on", "enforced path rules where securePathConfiguration.enabled is not set"
    )
    enforce_skip: Literal["rules", "always"] = _switch(
        "rules",
        "skipSecurityPoliciesForInternalTrafficViaPublicDns is enforced with path rules only, or without them, too",
    )
    enforce_private: Literal["basic_auth", "nothing"] = _switch(
        "basic_auth",
        "enforced on the private name of a public port: logins, unless single sign-on is among the checks, or nothing"
        " but sso.validateInternalTraffic",
    )
    enforce_vpc: Literal["checks", "nothing"] = _switch(
        "checks", "enforced on the private load balancer: the port's security, or nothing"
    )
    enforce_passthrough: Literal["ip_rules", "nothing"] = _switch(
        "ip_rules", "enforced with TLS passthrough: the port's IP rules, or nothing"
    )

    def __post_init__(self) -> None:
        """Refuse a value that the switch does not have."""
        for name, hint in _hints().items():
            _check(name, hint, getattr(self, name))
        unknown = self.denied_permissions - contract.permissions()
        if unknown:
            raise ValueError(f"denied_permissions: {min(unknown)!r} is no permission of an emulated route")

    @property
    def contract_era(self) -> str:
        """The API version of schemas and views: 'gone' is 2026b without two routes."""
        return "2026b" if self.era == "gone" else self.era

    def changed(self, values: dict[str, Any]) -> Settings:
        """These settings with `values` (JSON) in their place; ValueError names an unknown switch or a bad value."""
        for name in values:
            if name not in _hints():
                raise ValueError(f"there is no switch {name!r}")
        known = {name: _from_json(_hints()[name], value) for name, value in values.items()}
        return dataclasses.replace(self, **known)

    def changed_by_text(self, assignments: list[str]) -> Settings:
        """These settings after `switch=value` texts, as a command line gives them; ValueError as in `changed`."""
        values: dict[str, Any] = {}
        for assignment in assignments:
            name, equals, text = assignment.partition("=")
            if not equals or name not in _hints():
                raise ValueError(f"{assignment!r} is not switch=value with a known switch")
            values[name] = _from_text(name, _hints()[name], text)
        return self.changed(values)

    def as_json(self) -> dict[str, Any]:
        """Every switch with its value, as JSON can carry it."""
        values = {name: getattr(self, name) for name in _hints()}
        return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in values.items()}


def describe_switches() -> list[tuple[str, str, str]]:
    """Name, values (the default first) and meaning of every switch, in order: for help texts."""
    rows = []
    for switch in dataclasses.fields(Settings):
        hint = _hints()[switch.name]
        default = ",".join(switch.default) if isinstance(switch.default, frozenset) else str(switch.default).lower()
        others = [
            str(choice).lower() if isinstance(choice, bool) else str(choice)
            for choice in _choices(hint) or _members(hint)
            if choice != switch.default
        ]
        rows.append((switch.name, "|".join([default or "(none)", *others]), switch.metadata["meaning"]))
    return rows


def _hints() -> dict[str, Any]:
    return typing.get_type_hints(Settings)


def _choices(hint: Any) -> tuple[Any, ...]:
    if hint is bool:
        return (True, False)
    return typing.get_args(hint) if typing.get_origin(hint) is Literal else ()


def _is_set(hint: Any) -> bool:
    return typing.get_origin(hint) is frozenset


def _members(hint: Any) -> tuple[str, ...]:
    """The members that a set may have; empty if any text is allowed."""
    return typing.get_args(typing.get_args(hint)[0]) if _is_set(hint) else ()


def _check(name: str, hint: Any, value: Any) -> None:
    if choices := _choices(hint):
        # True == 1 in Python, so the type counts as well.
        if not any(type(value) is type(choice) and value == choice for choice in choices):
            raise ValueError(f"{name} must be one of {', '.join(str(choice) for choice in choices)}")
    elif hint is int:
        if type(value) is not int or value < 0:
            raise ValueError(f"{name} must be a whole number of at least 0")
    elif not (isinstance(value, frozenset) and _are_texts(value) and value <= frozenset(_members(hint) or value)):
        raise ValueError(f"{name} must be a set of {', '.join(_members(hint)) or 'texts'}")


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(item, str) for item in values)


def _from_json(hint: Any, value: Any) -> Any:
    return frozenset(value) if _is_set(hint) and isinstance(value, list | tuple) and _are_texts(value) else value


def _from_text(name: str, hint: Any, text: str) -> Any:
    for choice in _choices(hint):
        if str(choice).lower() == text.lower():
            return choice
    if hint is int and text.isascii() and text.isdigit():
        return int(text)
    if _is_set(hint):
        return frozenset(part.strip() for part in text.split(",") if part.strip())
    _check(name, hint, text)
    raise ValueError(f"{name} cannot be {text!r}")
