"""The decision of a port's security about one request, by the published rules. No HTTP, no store.

Where these say nothing, a switch `enforce_…` decides; `Decision.switches` names those that the answer looked at.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from nf_ports.emulator.settings import Settings

Json = dict[str, Any]
Entry = Literal["internet", "internal", "vpc", "private"]
"""Where a request enters: a public name, the same from the project or a linked one, the private load balancer's name,
or the private name."""
_LOGIN = {"credentials", "sso"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PortRequest:
    """A request as far as security looks at it; `path` is as sent, with its query."""

    entry: Entry
    path: str
    address: str
    login: tuple[str, str] | None = field(default=None, repr=False)
    organizations: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """The status (200, 401 or 403), the path rules that decided, and the switches that were looked at."""

    status: int
    rules: tuple[str, ...]
    switches: tuple[str, ...]


def decide(spec: Json, request: PortRequest, settings: Settings) -> Decision:
    """The decision about a request that has reached a port; `spec` is the port as it was written."""
    security = _Security(spec, request, settings)
    admitted = security.admits()
    status = 200 if admitted else 401 if security.failed & _LOGIN else 403
    return Decision(status, tuple(security.rules), tuple(sorted(security.switches)))


class _Security:
    """One decision in the making."""

    def __init__(self, spec: Json, request: PortRequest, settings: Settings) -> None:
        self._spec, self._request, self._settings = spec, request, settings
        self._own: Json = spec.get("security") or {}
        self.failed: set[str] = set()
        self.rules: list[str] = []
        self.switches: set[str] = set()

    def _is(self, switch: str, value: str) -> bool:
        self.switches.add(f"enforce_{switch}")
        return bool(getattr(self._settings, f"enforce_{switch}") == value)

    def admits(self) -> bool:
        """True if the port lets the request in."""
        if self._request.entry == "private":
            return self._by_private_name()
        if self._request.entry == "vpc" and self._is("vpc", "nothing"):
            return True
        if (self._spec.get("advancedOptions") or {}).get("enableTlsPassthrough"):
            rules = _ip_rules(self._own)
            return not rules or self._is("passthrough", "nothing") or self._address(rules)
        return self._by_paths(self._own.get("securePathConfiguration") or {})

    def _by_private_name(self) -> bool:
        if not self._spec.get("public"):
            return True  # stated: a port that is private only has no policies at all
        passes = self._kinds(self._own)
        if _sso(self._own):
            # Single sign-on lets them skip every check, logins too, unless it is wanted from inside as well.
            if not _sso(self._own).get("validateInternalTraffic"):
                return True
            kinds = {kind: passed for kind, passed in passes.items() if kind in _LOGIN}
            return self._by_mode(kinds) or (passes["sso"] and self._is("private", "nothing"))
        if "credentials" not in passes or self._is("private", "nothing"):
            return True
        return self._by_mode({kind: passed or kind != "credentials" for kind, passed in passes.items()})

    def _by_paths(self, paths: Json) -> bool:
        enabled = self._is("enabled", "on") if paths and paths.get("enabled") is None else bool(paths.get("enabled"))
        skips = self._request.entry == "internal" and paths.get("skipSecurityPoliciesForInternalTrafficViaPublicDns")
        if skips and (enabled or self._is("skip", "always")):
            return True
        found = self._matching(paths.get("rules") or []) if enabled else []
        if not found:
            return self._by_mode(self._kinds(self._own))
        top = max(path["priority"] for path, _rule in found)
        deciding = [(path, rule) for path, rule in found if path["priority"] == top]
        self.rules += [f"{path['routingMode']} {path['path']}" for path, _rule in deciding]
        passes = {self._by_rule(rule) for _path, rule in deciding}
        return passes.pop() if len(passes) == 1 else self._is("same_priority", "one")

    def _by_mode(self, passes: dict[str, bool]) -> bool:
        if len(set(passes.values())) < 2:  # noqa: PLR2004 (all alike)
            return all(passes.values())
        mode = self._own.get("verificationMode")
        return mode == "or" or (mode is None and self._is("mode", "or"))

    def _matching(self, rules: Iterable[Json]) -> list[tuple[Json, Json]]:
        return [(path, rule) for rule in rules for path in rule["paths"] if self._matches(path)]

    def _matches(self, path: Json) -> bool:
        mode, wanted = path["routingMode"], path["path"]
        asked = self._request.path if "?" in wanted else self._request.path.partition("?")[0]
        if mode == "exact":
            return bool(asked == wanted)
        if mode == "regex":
            return self._fits(wanted, asked)
        if not asked.startswith(wanted):
            return False
        rest = asked.removeprefix(wanted)
        return not rest or wanted.endswith("/") or rest.startswith("/") or self._is("prefix", "letters")

    def _fits(self, pattern: str, text: str, flags: int = 0) -> bool:
        try:
            compiled = re.compile(pattern, flags)
        except (re.error, OverflowError, RecursionError):
            return False
        if compiled.fullmatch(text):
            return True
        return compiled.search(text) is not None and self._is("regex", "part")

    def _by_rule(self, rule: Json) -> bool:
        if rule["accessMode"] == "unprotected":
            return True
        policies = rule.get("securityPolicies") or {}
        required = self._kinds(policies.get("requiredPolicies") or {})
        one = self._kinds(policies.get("orPolicies") or {})
        if not required and not one:
            return self._request.entry == "internal" or self._is("empty_rule", "allow")
        return all(required.values()) and (not one or any(one.values()))

    def _kinds(self, group: Json) -> dict[str, bool]:
        """The kinds of check of a group, and whether the request passes each."""
        passes: dict[str, bool] = {}
        if credentials := group.get("credentials"):
            passes["credentials"] = self._request.login in [(one["username"], one["password"]) for one in credentials]
        if rules := _ip_rules(group):
            passes["ip"] = self._address(rules)
        if headers := group.get("headers"):
            passes["headers"] = all(self._header(one) for one in headers)
        if sso := _sso(group):
            passes["sso"] = self._sso(sso)
        self.failed |= {kind for kind, passed in passes.items() if not passed}
        return passes

    def _address(self, rules: list[tuple[str, str]]) -> bool:
        inside = {action for action, network in rules if _inside(self._request.address, network)}
        allows = any(action == "ALLOW" for action, _network in rules)
        return "DENY" not in inside and (not allows or "ALLOW" in inside)

    def _header(self, rule: Json) -> bool:
        name, value = rule.get("name", ""), rule["value"]
        if rule.get("regexMode"):
            return any(
                self._fits(name, sent, re.IGNORECASE) and self._fits(value, text)
                for sent, text in self._request.headers
            )
        pattern = re.compile(".*".join(re.escape(part) for part in value.split("*")), re.DOTALL)
        return any(sent.lower() == name.lower() and pattern.fullmatch(text) for sent, text in self._request.headers)

    def _sso(self, sso: Json) -> bool:
        request = self._request
        if request.entry == "private" and not sso.get("validateInternalTraffic"):
            return True
        if request.entry == "internal" and sso.get("allowInternalTrafficViaPublicDns"):
            return True
        organization = sso.get("organizationId")
        logged_in = bool(request.organizations | request.groups)
        member = organization in request.organizations if organization else logged_in
        if sso.get("allowAnyOrgUsers"):
            return member
        if groups := sso.get("directoryGroupIds"):
            return member and bool(request.groups.intersection(groups))
        return (member or not organization) and self._is("sso", "organization")


def _sso(group: Json) -> Json:
    """Single sign-on of a group; empty if nothing is set in it."""
    sso: Json = group.get("sso") or {}
    return sso if any(sso.values()) else {}


def _ip_rules(group: Json) -> list[tuple[str, str]]:
    rules = [*(group.get("policies") or []), *(group.get("ip") or [])]
    return [(rule["action"], address) for rule in rules for address in rule["addresses"]]


def _inside(address: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
