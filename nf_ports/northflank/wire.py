"""The API's JSON of a port, in both dialects, to canonical ports and back.

*Get service ports* shows a port as it runs (``id``, ``dns``, certificates) without path rules and advanced options;
*Get service* shows the same up to early 2026, and since then what was specified, path rules included but without
``id`` and ``dns``. Both are read by shape, not by date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from nf_ports.canonical import CanonicalPort, canonical_ports
from nf_ports.live import Entry, LivePort
from nf_ports.plain import Plain
from nf_ports.unknown_fields import PORT, joined, unknown_fields, without_nulls


def read_live(items: Any, *, running: bool = False) -> dict[str, LivePort] | None:
    """The ports of an answer by name, or None where it is not a list of ports.

    Args:
        items: the list.
        running: whether it comes from *Get service ports*; any other list shows what was specified, unless it has ids.
    """
    shown, items = items, Plain().of(items)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return None
    if not all(isinstance(item.get("name"), str) and "internalPort" in item for item in items):
        return None
    # canonical_ports numbers names that stand twice, in order, so the two go together.
    # It is the list that is of one kind or the other, and not the single port.
    running = running or any(item.get("id") is not None for item in items)
    ports = zip(canonical_ports(items).items(), items, map(without_nulls, shown), strict=True)
    return {name: _live(port, item, raw, running=running) for (name, port), item, raw in ports}


def _live(port: CanonicalPort, item: dict[str, Any], raw: dict[str, Any], *, running: bool) -> LivePort:
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
        complete=not running,
        named=running,
        raw=raw,
    )


def ports_body(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The list for *Update service ports*: every item with its id, where there is one, and its whole security."""
    return [_kept_item(entry.kept) if entry.kept else {**_id(entry), **_item(entry)} for entry in entries]


def not_sent(entry: Entry, item: Mapping[str, Any], *, service: bool) -> list[str]:
    """The paths of the fields that are not known and that the item of a list to write does not take along.

    What the dialect has no word for, and what it was asked to keep by leaving it out, is not lost.
    """
    apart = {"security" if entry.kept and "security" not in item else "", "" if service else "advancedOptions"}
    raw = {name: part for name, part in entry.raw.items() if name not in apart}
    sent = {unknown.names for unknown in unknown_fields(item)}
    return list(dict.fromkeys(unknown.path for unknown in unknown_fields(raw) if unknown.names not in sent))


def secrets_in(value: Any) -> Iterator[str]:
    """Every password and header value of a list to write, in the API's own words and wherever it stands."""
    if isinstance(value, Mapping):
        yield from (value[name] for name in ("password", "value") if isinstance(value.get(name), str))
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from secrets_in(item)


def service_body(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The list for *Patch service*: no ids, and the options that only this dialect knows."""
    return [_kept_item(entry.kept, service=True) if entry.kept else _item(entry, service=True) for entry in entries]


def _id(entry: Entry) -> dict[str, str]:
    return {"id": entry.id} if entry.id else {}


def _item(entry: Entry, *, service: bool = False) -> dict[str, Any]:
    port = entry.port or {}
    item: dict[str, Any] = {
        "name": entry.name,
        **{name: port[name] for name in ("internalPort", "public", "protocol") if name in port},
        "domains": _names(port.get("domains", {})),
        "disableNfDomain": port.get("disableNfDomain", False),
        "security": _security(port.get("security", {})),
    }
    if port.get("vpcAccessible"):
        item["vpcAccessible"] = True
    if service and "advancedOptions" in port:
        item["advancedOptions"] = port["advancedOptions"]
    raw = {name: part for name, part in entry.raw.items() if service or name != "advancedOptions"}
    return joined(item, raw)


def _security(security: Any) -> Any:
    if not isinstance(security, Mapping):
        return security
    # Everything is said, also what is empty: so nothing depends on what the API keeps of the former object.
    whole = {"credentials": [], "policies": [], "sso": {}, "headers": []} | _group(security)
    paths = security.get("securePathConfiguration", {})
    whole["securePathConfiguration"] = _paths(paths) if isinstance(paths, Mapping) else paths
    if "verificationMode" in security:
        whole["verificationMode"] = security["verificationMode"]
    return whole


def _paths(paths: Mapping[str, Any]) -> dict[str, Any]:
    skip = "skipSecurityPoliciesForInternalTrafficViaPublicDns"
    return {
        "enabled": paths.get("enabled", False),
        "rules": _listed(paths.get("rules", {}), _path_rule),
        **({skip: True} if paths.get(skip) else {}),
    }


def _listed(items: Any, form: Callable[[str, Any], Any]) -> Any:
    """A map by name as a list; what of the API's own words could not be read as such a map goes back as it came."""
    if not isinstance(items, Mapping):
        return items
    return [form(name, item) for name, item in sorted(items.items())]


def _names(names: Any) -> Any:
    return sorted(names) if isinstance(names, Mapping) else names


def _object(item: Any) -> Mapping[str, Any]:
    return item if isinstance(item, Mapping) else {}


def _group(group: Any) -> Any:
    if not isinstance(group, Mapping):
        return group
    forms: dict[str, Callable[[Any], Any]] = {
        "credentials": lambda logins: _listed(
            logins, lambda user, login: {"username": user, **_object(login), "type": "basic-auth"}
        ),
        "policies": lambda rules: _listed(
            rules, lambda action, addresses: {"action": action, "addresses": _names(addresses)}
        ),
        "sso": _sso,
        "headers": lambda rules: _listed(rules, lambda name, rule: {"name": name, **_object(rule)}),
    }
    return {name: form(group[name]) for name, form in forms.items() if name in group}


def _sso(sso: Any) -> Any:
    if not isinstance(sso, Mapping) or "directoryGroupIds" not in sso:
        return sso
    return {**sso, "directoryGroupIds": _names(sso["directoryGroupIds"])}


def _path_rule(key: str, rule: Any) -> Any:
    mode, _, path = key.partition(" ")
    rest = {name: item for name, item in _object(rule).items() if name not in {"priority", "securityPolicies"}}
    priority = {name: item for name, item in _object(rule).items() if name == "priority"}
    policies = _object(rule).get("securityPolicies")
    if isinstance(policies, Mapping):
        rest["securityPolicies"] = {name: _group(group) for name, group in policies.items()}
    return {"paths": [{"path": path, "routingMode": mode, **priority}], **rest}


def _kept_item(kept: LivePort, *, service: bool = False) -> dict[str, Any]:
    """Another's port, in the API's own words, so that nothing of it is lost that the API shows.

    *Update service ports* keeps the security of an item with an id that has none (API reference, 2025), path rules
    included, which its view does not show; so where not all is known, it is left out. *Patch service* is given all.
    """
    raw = kept.raw
    writable = ("name", "internalPort", "public", "protocol", "vpcAccessible", "disableNfDomain")
    item = {name: part for name, part in raw.items() if name in writable or name not in PORT}
    domains = raw["domains"] if isinstance(raw.get("domains"), list) else []
    names = [view.get("name") if isinstance(view, dict) else view for view in domains]
    item["domains"] = [name for name in names if isinstance(name, str)]
    if kept.id and not service:
        item["id"] = kept.id
    if service or kept.complete or not kept.id:
        item["security"] = raw.get("security", {"credentials": [], "policies": [], "sso": {}})
    if service and "advancedOptions" in raw:
        item["advancedOptions"] = raw["advancedOptions"]
    return item
