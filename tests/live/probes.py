"""One probe for each switch of the emulator that requests on a service of one's own can settle.

A probe asks an API and returns the value of the switch that the API shows. It raises `NotShown` with the reason where
this account or this revision does not show it, and `Unclassified` where the API does what no value stands for.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Final, TypeVar

import httpx
from live_api import GONE, Api, Json, NotShown, Unclassified, told

from nf_ports.emulator.settings import describe_switches

Value = str | int | frozenset[str]
Probe = Callable[[Api], Value]
_Value = TypeVar("_Value")

_DENY: Final[Json] = {"addresses": ["203.0.113.7"], "action": "DENY"}
_DENY_2: Final[Json] = {"addresses": ["203.0.113.8"], "action": "DENY"}
_ROUNDS: Final = 5
_MANY: Final = 30

NOT_PROBED: Final[dict[str, str]] = {
    "certificates_ready_after_reads": "needs a custom domain with its DNS records",
    "domain_pending_status": "needs a domain in the account, which is more than a service",
    "domain_taken": "needs a verified custom domain",
    "wildcard_needs_subdomain": "needs a verified custom domain with wildcard redirect",
    "verify_fails": "depends on the DNS records of a domain",
    "build_ports_status": "needs a build service, and that needs a repository with code",
    "rate_limit_retry_after": "would use up the account's requests for an hour",
    "denied_permissions": "is a choice of the token's role and not of the API",
    "hidden_projects": "needs a project that the token may not see",
    "closed_projects": "needs a project that the token may list and not read",
} | {
    name: "is about requests to a port, and needs a running service and callers inside its project"
    for name, _values, _meaning in describe_switches()
    if name.startswith("enforce_")
}


def era(api: Api) -> Value:
    """By the routes of ports, the form of GET service, and a field of single sign-on that 2026a added."""
    if not api.has_ports_route:
        return "gone"
    port = api.port()
    api.write(port)
    if "id" not in api.shown(port, api.of_service):
        return "2026b"
    answer = api.post(api.port(public=True, security={"sso": {"allowAnyOrgUsers": False}}))
    value: str = _by_status(answer.status_code, {200: "2026a", 400: "2025"})
    if value == "2025" and "allowAnyOrgUsers" not in answer.text:
        raise NotShown(f"single sign-on cannot be written with this account: {told(answer)}")
    return value


def gone_status(api: Api) -> Value:
    """By GET ports of a service that is there."""
    status = api.request("GET", api.own("/ports")).status_code
    if status not in GONE:
        raise NotShown(f"GET ports answers, with HTTP {status}")
    return status


def _keeps_id(api: Api, send: Callable[[Json], httpx.Response]) -> bool:
    """True if a port has its id still after a write that changes it and names no id."""
    port = api.port()
    api.write(port)
    before = api.shown(port, api.runtime)["id"]
    again = api.changed(port)
    _accepted(send(again))
    return bool(api.shown(again, api.runtime)["id"] == before)


def post_without_id(api: Api) -> Value:
    """By the id of a port before and after a POST without it."""
    return "match_name" if _keeps_id(api, api.post) else "new"


def security_omitted(api: Api) -> Value:
    """By the IP rules of a port after a POST with its id and without security."""
    port = _protected(api)
    known = api.changed({**port, "id": api.shown(port, api.runtime)["id"]})
    del known["security"]
    _accepted(api.post(known))
    return "keep" if _security(api.shown(known)).get("policies") else "reset"


def unknown_id(api: Api) -> Value:
    """By the answer to a POST with an id that no port has."""
    status = api.post(api.port(id=f"zz{secrets.token_hex(6)}")).status_code
    return _by_status(status, {200: "new", 400: "reject"})


def patch_security_omitted(api: Api) -> Value:
    """By the IP rules of a port after a PATCH without security."""
    port = api.changed(_protected(api))
    del port["security"]
    _accepted(api.patch(port))
    return "keep" if _security(api.shown(port)).get("policies") else "reset"


def patch_ids(api: Api) -> Value:
    """By the id of a port before and after a PATCH."""
    return "keep" if _keeps_id(api, api.patch) else "new"


def unknown_members(api: Api) -> Value:
    """By the answer to a PATCH with a member that no schema has, and by what is shown after it."""
    port = api.port(madeUpMember=True)
    answer = api.patch(port)
    if _by_status(answer.status_code, {200: "taken", 400: "reject"}) == "reject":
        return "reject"
    if "madeUpMember" not in api.specified(port):
        raise Unclassified("a member that no schema has is accepted and not stored")
    return "store"


def atomic_400(api: Api) -> Value:
    """By whether the first port of a list is stored that is refused for another: by the schema, or for a name twice."""
    api.write(api.port())
    twice = api.port()
    refused = 0
    for others in ([api.port(internalPort=70000)], [twice, api.changed(twice)]):
        first = api.port()
        if api.patch(first, *others).status_code == 400:
            refused += 1
            if first["name"] in {one["name"] for one in (api.runtime() if api.has_ports_route else api.of_service())}:
                return False
    if not refused:
        raise Unclassified("no list that breaks a rule is refused with the status 400")
    return True


def dns_delay_reads(api: Api) -> Value:
    """By the reads without a host name of a port that was not read until it should have one."""
    return _dns_delay(api)[0]


def dns_delay_s(api: Api) -> Value:
    """By the seconds until a port has its host name, where reading it does not bring that nearer."""
    return _dns_delay(api)[1]


def _dns_delay(api: Api) -> tuple[int, int]:
    port = api.port(public=True)
    _accepted(api.post(port))
    start = api.clock()
    _host(api, port)
    seconds = int(api.clock() - start)
    other = api.port(public=True)
    _accepted(api.post(other))
    api.sleep(2 * seconds)
    reads = _host(api, other)
    return (reads, 0) if reads else (0, seconds)


def _host(api: Api, port: Json) -> int:
    """The number of reads that did not show the host name of a port; the next one did."""
    for reads, _ in enumerate(api.waits()):
        if any("dns" in one for one in api.runtime() if one["name"] == port["name"]):
            return reads
    raise NotShown("a public port has no host name within the time limit")


def stale_reads(api: Api) -> Value:
    """By the reads that still show the list before a write."""
    port = api.port()
    api.write(port)
    again = api.changed(port)
    view = api.runtime if api.has_ports_route else api.of_service
    _accepted(api.patch(again))
    for reads in range(_MANY):
        if any(one["internalPort"] == again["internalPort"] for one in view()):
            return reads
    raise Unclassified(f"{_MANY} reads after a write show the list before it")


def stale_view(api: Api) -> Value:
    """By the views that show the list before a write, the first time they are asked."""
    views = {"ports": api.runtime, "service": api.of_service}
    stale = set()
    for _ in range(_ROUNDS):
        for name, view in views.items():
            port = api.port()
            _accepted(api.patch(port))
            if port["name"] not in {one["name"] for one in view()}:
                stale.add(name)
            for other in views.values():
                api.shown(port, other)
    if not stale:
        raise NotShown("no read was stale")
    return "both" if len(stale) == len(views) else stale.pop()


def security_dropped(api: Api) -> Value:
    """By each member of security alone: what is accepted and then not shown."""
    login = {"username": "probe", "password": secrets.token_urlsafe(16), "type": "basic-auth"}
    path = {"path": "/probe", "routingMode": "prefix", "priority": 1}
    paths = {"enabled": True, "rules": [{"paths": [path], "accessMode": "unprotected"}]}
    # What is written, and what of it is looked for: a view may hide a password or the value of a header.
    written: list[tuple[str, Any, Any]] = [
        ("credentials", [login], [{"username": "probe"}]),
        ("policies", [_DENY], [_DENY]),
        ("headers", [{"name": "X-Probe", "value": "probe"}], [{"name": "X-Probe"}]),
        ("sso", {"validateInternalTraffic": True}, {"validateInternalTraffic": True}),
        # Both, for the other one may be filled in.
        ("verificationMode", "and", "and"),
        ("verificationMode", "or", "or"),
        ("securePathConfiguration", paths, paths),
    ]
    dropped, taken = set(), set()
    for name, value, wanted in written:
        port = api.port(public=True, security={name: value})
        if api.patch(port).status_code == 200:
            taken.add(name)
            if not _holds(_security(api.specified(port)).get(name), wanted):
                dropped.add(name)
    if not taken:
        raise NotShown("no member of security can be written with this account")
    return frozenset({"all"} if dropped == taken else dropped)


def ip_and_policies(api: Api) -> Value:
    """By the IP rules that GET ports shows of a port with both spellings."""
    port = api.port(public=True, security={"policies": [_DENY], "ip": [_DENY_2]})
    _accepted(api.post(port))
    shown = _security(api.shown(port, api.runtime)).get("policies") or []
    found = {address for rule in shown for address in rule["addresses"]}
    names = {"policies": "203.0.113.7", "ip": "203.0.113.8"}
    winners = [name for name, address in names.items() if any(one.startswith(address) for one in found)]
    if not winners:
        raise NotShown("IP rules are not shown")
    return "both" if len(winners) == len(names) else winners[0]


def verification_mode_filled(api: Api) -> Value:
    """By the verification mode of a port that states none."""
    port = _protected(api)
    found = _security(api.shown(port)).get("verificationMode") or "none"
    if found not in {"none", "or", "and"}:
        raise Unclassified(f"the verification mode that is filled in is {found!r}")
    return str(found)


def security_unset(api: Api) -> Value:
    """By the headers of a port that has none beside its IP rules, and by a port without any security."""
    bare = api.port(public=True)
    api.write(bare)
    if "security" not in api.shown(bare):
        return "omitted"
    security = _security(api.shown(_protected(api)))
    if "headers" not in security:
        return "absent"
    return "null" if security["headers"] is None else "empty"


def advanced_options_unset(api: Api) -> Value:
    """By the specification of a port without advanced options."""
    port = api.port()
    api.write(port)
    found = api.specified(port).get("advancedOptions", "absent")
    values: list[tuple[Any, str]] = [("absent", "absent"), (None, "null"), ({}, "empty")]
    for one, value in values:
        if found == one:
            return value
    raise Unclassified("advanced options that nobody set have members")


def sso_exclusivity(api: Api) -> Value:
    """By the answer to two switches of single sign-on that exclude each other, where one alone is taken."""
    one = api.patch(api.port(public=True, security={"sso": {"validateInternalTraffic": True}}))
    if one.status_code != 200:
        raise NotShown(f"single sign-on cannot be written with this account: {told(one)}")
    both = {"validateInternalTraffic": True, "allowInternalTrafficViaPublicDns": True}
    status = api.patch(api.port(public=True, security={"sso": both})).status_code
    return _by_status(status, {200: "accept", 400: "reject"})


def port_detection(api: Api) -> Value:
    """By the ports of a service that was made without any, from a public image that exposes one."""
    service, answer = api.create(deployment={"instances": 0, "external": {"imagePath": "nginx:stable-alpine"}})
    if answer.status_code != 200:
        raise NotShown(f"no service can be made from a public image: {told(answer)}")
    for _ in api.waits():
        found = api.request("GET", f"{api.services}/{service}")
        if found.status_code == 200 and found.json()["data"].get("ports"):
            return "p01"
    return "none"


def wrong_type_status(api: Api) -> Value:
    """By a PATCH of the service as if it were a combined one."""
    status = api.request("PATCH", api.own(kind="combined"), {"description": "A test of the API."}).status_code
    return _by_status(status, {404: 404, 400: 400, 405: 405, 409: 409})


def not_found_text(api: Api) -> Value:
    """By the message of the 404 of a service that is not there."""
    name = f"nfp-none-{secrets.token_hex(4)}"
    answer = api.request("GET", f"{api.services}/{name}")
    _by_status(answer.status_code, {404: "refused"})
    message = told(answer).partition(", ")[2]
    if name in message:
        return "id"
    for words, value in (("not found", "plain"), ("service not found", "noun")):
        if message.lower() == words:
            return value
    raise Unclassified(f"the message is {message!r}")


def rate_limit(api: Api) -> Value:
    """By the header that every answer carries."""
    return _number(api, "x-ratelimit-limit")


def rate_limit_window_s(api: Api) -> Value:
    """By the seconds until the reset, where the first request of this run was the first one of the window."""
    reset = _number(api, "x-ratelimit-reset")
    if _number(api, "x-ratelimit-remaining") != _number(api, "x-ratelimit-limit") - 1:
        raise NotShown(f"the window had begun before this run, which began {reset} seconds before its end")
    return reset


def organisation_token(api: Api) -> Value:
    """By what GET auth says of the token."""
    answer = api.request("GET", "/v1/auth")
    if answer.status_code != 200:
        raise NotShown(f"GET auth does not tell: {told(answer)}")
    return bool(answer.json()["data"].get("entityType") == "org")


def organisation_token_status(api: Api) -> Value:
    """By a route without the team, asked with a token of an organisation."""
    if not organisation_token(api):
        raise NotShown("the token is not an organisation's")
    return _by_status(api.request("GET", api.short_project).status_code, {401: 401, 403: 403})


PROBES: Final[dict[str, Probe]] = {
    probe.__name__: probe
    for probe in (
        # First, while the window of requests may be new.
        rate_limit,
        rate_limit_window_s,
        era,
        gone_status,
        post_without_id,
        security_omitted,
        unknown_id,
        patch_security_omitted,
        patch_ids,
        unknown_members,
        atomic_400,
        dns_delay_reads,
        dns_delay_s,
        stale_reads,
        stale_view,
        security_dropped,
        ip_and_policies,
        verification_mode_filled,
        security_unset,
        advanced_options_unset,
        sso_exclusivity,
        port_detection,
        wrong_type_status,
        not_found_text,
        organisation_token,
        organisation_token_status,
    )
}


def as_text(switch: str, value: Value) -> str:
    """The line `switch=value`, as the emulator's --set takes it."""
    return f"{switch}={','.join(sorted(value)) if isinstance(value, frozenset) else str(value).lower()}"


def _by_status(status: int, values: dict[int, _Value]) -> _Value:
    if status not in values:
        raise Unclassified(f"the answer has the status {status}")
    return values[status]


def _accepted(answer: Any) -> None:
    if answer.status_code != 200:
        raise NotShown(f"a valid list of ports was refused: {told(answer)}")


def _protected(api: Api) -> Json:
    """A public port that is shown with the IP rule that was written. Raises NotShown where protection is not kept."""
    port = api.port(public=True, security={"policies": [_DENY]})
    api.write(port)
    if not _security(api.shown(port)).get("policies"):
        raise NotShown("IP rules that are written are not shown")
    return port


def _security(port: Json) -> Json:
    """The security of a port that is shown; in the specification form, either spelling of the IP rules."""
    security: Json = dict(port.get("security") or {})
    if not security.get("policies") and security.get("ip"):
        security["policies"] = security["ip"]
    return security


def _holds(shown: Any, written: Any) -> bool:
    """True where all that was written is shown; more may be shown, and an address as a range."""
    if isinstance(written, dict):
        return isinstance(shown, dict) and all(_holds(shown.get(name), value) for name, value in written.items())
    if isinstance(written, list):
        return isinstance(shown, list) and all(any(_holds(one, value) for one in shown) for value in written)
    return bool(shown == written or (isinstance(written, str) and str(shown).startswith(f"{written}/")))


def _number(api: Api, header: str) -> int:
    if api.first_headers is None:
        api.request("GET", api.services)
    text = api.first_headers.get(header, "") if api.first_headers else ""
    if not text.isdecimal():
        raise NotShown(f"the answers have no header {header}")
    return int(text)
