"""What the state machine draws: switches of the emulator, policies, faults, and ports that fit a service and an era."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import model
from examples import of_era
from hypothesis import strategies as st
from plain_ports import with_secrets
from truth import canonical_ports

CANARY = "Zk4vQxCanary"
"""A part of every secret."""
ERAS = ("2025", "2026a", "2026b", "gone")

POLICIES = st.none() | st.builds(
    model.Said,
    st.sampled_from(["fail", "remove", "keep"]),
    st.sampled_from(["fail", "fail", "overwrite"]),
    st.sampled_from([None, None, "clear", "keep", "restore"]),
)
"""What a program says beside the ports; None: what it said the last time."""
SWITCHES = st.fixed_dictionaries(
    {
        "era": st.sampled_from([*ERAS, "2026b"]),
        "gone_status": st.sampled_from([404, 405, 410]),
        "post_without_id": st.sampled_from(["new", "match_name"]),
        "security_omitted": st.sampled_from(["keep", "reset"]),
        "unknown_id": st.sampled_from(["reject", "new"]),
        "patch_security_omitted": st.sampled_from(["reset", "keep"]),
        "patch_ids": st.sampled_from(["keep", "new"]),
        # With nine, the name is not there yet when the wait for it ends.
        "dns_delay_reads": st.sampled_from([0, 0, 1, 2, 9]),
        "stale_reads": st.sampled_from([1, 0, 2]),
        "stale_view": st.sampled_from(["both", "both", "service", "ports"]),
        "sso_exclusivity": st.sampled_from(["accept", "reject"]),
        "rate_limit_retry_after": st.booleans(),
    }
)
_WHEN = st.sampled_from(["before", "after"])
_WRONG = st.one_of(
    st.fixed_dictionaries({"when": _WHEN, "drop": st.just(value=True)}),
    st.fixed_dictionaries({"when": _WHEN, "status": st.sampled_from([500, 502, 503])}),
    st.builds(lambda reset: {"status": 429, "headers": {"x-ratelimit-reset": reset}}, st.sampled_from(["1", "x", "9"])),
    st.sampled_from(
        [
            {"when": "after", "truncate": True},
            {"when": "after", "truncate": True, "drop": True},
            {"when": "after", "body": "<html>"},
        ]
    ),
    st.fixed_dictionaries({"stale": st.integers(1, 2)}),
)
FAULTS = st.builds(
    lambda fault, operations, skip, times: {
        **fault,
        # Only a write can be followed by a stale read.
        "operation": "[up]*service*" if "stale" in fault else operations,
        "skip": skip,
        "times": times,
    },
    _WRONG,
    st.sampled_from(["get.*service*", "update.*service*", "patch.*service*", "*service*"]),
    st.integers(0, 1),
    st.sampled_from([1, 1, 2, 5]),
)
ADDITIONS = ("add", "add, login", "add, login, path")
CHANGES = ("number", "name", "login", "open", "remove", "reverse")
_PATH_RULE: Any = {
    "enabled": True,
    "rules": [{"paths": [{"path": "/x", "routingMode": "exact", "priority": 7}], "accessMode": "unprotected"}],
}


def edited(ports: list[Any], change: str, which: int, number: int) -> list[Any]:
    """A list after an edit in the console; `number` is used once only."""
    login = {"username": "them", "password": f"{CANARY}{number}", "type": "basic-auth"}
    if change.startswith("add"):
        security: dict[str, Any] = {"credentials": [login]} if "login" in change else {}
        # Not every read shows this one.
        security |= {"securePathConfiguration": _PATH_RULE} if "path" in change else {}
        port = {"name": f"x{number}", "internalPort": number, "protocol": "HTTP", "public": which > 4}
        return [*ports, port | {"security": security}]
    if change == "reverse" or not ports:
        return ports[::-1]
    port = ports[which % len(ports)]
    paths = {key: item for key, item in port["security"].items() if key == "securePathConfiguration"}
    changes = {
        "number": {"internalPort": number},
        "name": {"name": f"r{number}"},
        "login": {"security": paths | {"credentials": [login]}},
        "open": {"security": paths},
    }
    return [*(other for other in ports if other is not port), *([port | changes[change]] if change in changes else [])]


def fitted(ports: model.Ports, service: str, era: str) -> dict[str, Any]:
    """Drawn ports for one service, without what the era does not know, with a canary in every secret."""
    fit: dict[str, Any] = of_era(dict(ports), era)
    fit = with_secrets(fit, lambda secret: f"{CANARY}{secret}")
    for port in fit.values():
        hosts = [host.partition(".") for host in port.pop("domains", {})]
        own = {f"{service}-{label[:50]}.{parent}": True for label, _dot, parent in hosts if label != "*"}
        if own:
            port["domains"] = own
    return canonical_ports(fit)


def with_paths(ports: model.Ports, paths: str) -> dict[str, Any]:
    """Ports with their path rules (``theirs``), with the switch of these turned (``other``), or without (``none``)."""
    changed = deepcopy(dict(ports))
    for port in changed.values():
        rules = port.get("security", {}).get("securePathConfiguration")
        if rules and paths == "other":
            rules["enabled"] = not rules["enabled"]
        elif rules and paths == "none":
            del port["security"]["securePathConfiguration"]
    return canonical_ports(changed)
