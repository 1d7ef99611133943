"""The API's JSON of a port, in both dialects, to canonical ports and back.

*Get service ports* shows a port as it runs (``id``, ``dns``, certificates) without path rules and advanced options;
*Get service* shows the same up to early 2026, and since then what was specified, path rules included but without
``id`` and ``dns``. Both are read by shape, not by date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nf_ports.canonical import CanonicalPort, canonical_ports
from nf_ports.live import Entry, LivePort
from nf_ports.maps import plain


def read_live(items: Any) -> dict[str, LivePort] | None:
    """The ports of an answer by name, or None where it is not a list of ports."""
    items = plain(items)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return None
    if not all(isinstance(item.get("name"), str) and "internalPort" in item for item in items):
        return None
    # canonical_ports numbers names that stand twice, in order, so the two go together.
    return {name: _live(port, item) for (name, port), item in zip(canonical_ports(items).items(), items, strict=True)}


def _live(port: CanonicalPort, item: dict[str, Any]) -> LivePort:
    domains = item.get("domains")
    views = [view for view in domains if isinstance(view, dict)] if isinstance(domains, list) else []
    certificates = {
        str(view["name"]): {key: state for key, state in view["certificate"].items() if state is not None}
        for view in views
        if "name" in view and isinstance(view.get("certificate"), dict)
    }
    identity, dns = item.get("id"), item.get("dns")
    return LivePort(
        port=port,
        id=identity if isinstance(identity, str) else None,
        dns=dns if isinstance(dns, str) and dns else None,
        certificates=certificates,
        complete="id" not in item,
        raw=item,
    )


def ports_body(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The list for *Update service ports*: every item with its id, where there is one, and its whole security."""
    return [_kept_item(entry.kept) if entry.kept else {**_id(entry), **_item(entry)} for entry in entries]


def service_body(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The list for *Patch service*: no ids, and the options that only this dialect knows."""
    return [_kept_item(entry.kept, service=True) if entry.kept else _item(entry, service=True) for entry in entries]


def _id(entry: Entry) -> dict[str, str]:
    return {"id": entry.id} if entry.id else {}


def _item(entry: Entry, *, service: bool = False) -> dict[str, Any]:
    port = entry.port or {}
    item = {
        "name": entry.name,
        "internalPort": port["internalPort"],
        "public": port["public"],
        "protocol": port["protocol"],
        "domains": sorted(port.get("domains", {})),
        "disableNfDomain": port.get("disableNfDomain", False),
        "security": _security(port.get("security", {})),
    }
    if port.get("vpcAccessible"):
        item["vpcAccessible"] = True
    if service and "advancedOptions" in port:
        item["advancedOptions"] = port["advancedOptions"]
    return item


def _security(security: Mapping[str, Any]) -> dict[str, Any]:
    # Everything is said, also what is empty: so nothing depends on what the API keeps of the former object.
    whole = {"credentials": [], "policies": [], "sso": {}, "headers": []} | _group(security)
    paths = security.get("securePathConfiguration", {})
    whole["securePathConfiguration"] = {"enabled": paths.get("enabled", False), "rules": _rules(paths.get("rules", {}))}
    skip = "skipSecurityPoliciesForInternalTrafficViaPublicDns"
    if paths.get(skip):
        whole["securePathConfiguration"][skip] = True
    if "verificationMode" in security:
        whole["verificationMode"] = security["verificationMode"]
    return whole


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    item: dict[str, Any] = {}
    if "credentials" in group:
        item["credentials"] = [
            {"username": user, "password": login["password"], "type": "basic-auth"}
            for user, login in sorted(group["credentials"].items())
        ]
    if "policies" in group:
        item["policies"] = [
            {"action": action, "addresses": sorted(addresses)}
            for action, addresses in sorted(group["policies"].items())
        ]
    if "sso" in group:
        sso = group["sso"]
        groups = {"directoryGroupIds": sorted(sso["directoryGroupIds"])} if "directoryGroupIds" in sso else {}
        item["sso"] = {**sso, **groups}
    if "headers" in group:
        item["headers"] = [{"name": name, **rule} for name, rule in sorted(group["headers"].items())]
    return item


def _rules(rules: Mapping[str, Any]) -> list[dict[str, Any]]:
    items = []
    for key, rule in sorted(rules.items()):
        mode, _, path = key.partition(" ")
        item = {
            "paths": [{"path": path, "routingMode": mode, "priority": rule["priority"]}],
            "accessMode": rule["accessMode"],
        }
        if "securityPolicies" in rule:
            item["securityPolicies"] = {name: _group(group) for name, group in rule["securityPolicies"].items()}
        items.append(item)
    return items


def _kept_item(kept: LivePort, *, service: bool = False) -> dict[str, Any]:
    """Another's port, in the API's own words, so that nothing of it is lost that the API shows.

    *Update service ports* keeps the security of an item with an id that has none (API reference, 2025), path rules
    included, which its view does not show; so where not all is known, it is left out. *Patch service* is given all.
    """
    raw = kept.raw
    writable = ("name", "internalPort", "public", "protocol", "vpcAccessible", "disableNfDomain")
    item = {name: raw[name] for name in writable if name in raw}
    item["domains"] = [view["name"] if isinstance(view, dict) else view for view in raw.get("domains", [])]
    if kept.id and not service:
        item["id"] = kept.id
    if service or kept.complete or not kept.id:
        item["security"] = raw.get("security", {"credentials": [], "policies": [], "sso": {}})
    if service and "advancedOptions" in raw:
        item["advancedOptions"] = raw["advancedOptions"]
    return item
