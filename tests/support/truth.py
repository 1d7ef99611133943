"""The meaning of a list of ports, told without any code of the package: what judges compare.

Written after the contract: the key of each list, what has no order, and what is the same as nothing. A port is a dict
by name, and so is all that has a name; what equals its default is left out.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any, Final

Json = dict[str, Any]
Ports = dict[str, Json]

_BY_NAME: Final = {"credentials": "username", "headers": "name"}
_SETS: Final = {"domains", "directoryGroupIds"}
_READ_ONLY: Final = {"id", "dns", "vpcDns"}
_ALWAYS: Final = {"public", "priority", "enabled", "value", "password"}
"""Said even where false, 0 or empty: public or private, the priority of a path rule, path rules on or off, a secret."""


def canonical_ports(ports: object) -> Ports:
    """The ports of a program, or of an answer, by name."""
    return {name: _port(port) for name, port in _named(ports, "name").items()}


def _port(port: Json) -> Json:
    said = _said({key: item for key, item in port.items() if key not in _READ_ONLY})
    return {"public": False} | said


def _said(item: Mapping[str, Any]) -> Json:
    """The members of an object that say something."""
    policies = [*_rules(item.get("policies")), *_rules(item.get("ip"))]
    found = {
        key: _value(key, value) for key, value in item.items() if key not in {"policies", "ip"} and value is not None
    }
    if policies:
        found["policies"] = _addresses(policies)
    return {key: value for key, value in found.items() if key in _ALWAYS or value not in (False, {}, [], "")}


def _value(key: str, value: Any) -> Any:
    if key in _SETS:
        return _set(value, hosts=key == "domains")
    if key in _BY_NAME:
        return {name: _check(key, entry) for name, entry in _named(value, _BY_NAME[key]).items()}
    if key == "rules":
        return {name: _said(rule) for name, rule in _path_rules(value)}
    if key == "securePathConfiguration":
        # On or off means something only with a rule or another switch.
        paths = _said(value)
        return paths if paths.keys() - {"enabled"} else {}
    return _said(value) if isinstance(value, Mapping) else value


def _check(key: str, entry: Json) -> Json:
    """A credential or header; every credential has the same type."""
    return _said({name: item for name, item in entry.items() if not (key == "credentials" and name == "type")})


def _named(value: Any, key: str) -> Json:
    if isinstance(value, Mapping):
        return dict(value)
    return {item[key]: {name: part for name, part in item.items() if name != key} for item in value}


def _set(value: Any, *, hosts: bool) -> Json:
    names = [item["name"] if isinstance(item, Mapping) else item for item in value]
    return {_host(name) if hosts else name: True for name in names}


def _host(name: str) -> str:
    """A host name has no case and no final dot; the path after it has."""
    host, slash, path = name.partition("/")
    return host.lower().rstrip(".") + (slash + path if path else "")


def _rules(value: Any) -> Iterable[tuple[str, Any]]:
    """IP rules as action and addresses."""
    if isinstance(value, Mapping):
        return value.items()
    return [(rule["action"], rule["addresses"]) for rule in value or ()]


def _addresses(rules: Iterable[tuple[str, Any]]) -> Json:
    found: dict[str, Json] = {}
    for action, addresses in rules:
        found.setdefault(action, {}).update({str(ipaddress.ip_network(each, strict=False)): True for each in addresses})
    return {action: addresses for action, addresses in found.items() if addresses}


def _path_rules(value: Any) -> Iterable[tuple[str, Json]]:
    """Path rules by mode and path: a rule with several paths is several rules."""
    if isinstance(value, Mapping):
        yield from value.items()
        return
    for rule in value:
        rest = {key: item for key, item in rule.items() if key != "paths"}
        for path in rule["paths"]:
            yield f"{path['routingMode']} {path['path']}", {"priority": path["priority"], **rest}
