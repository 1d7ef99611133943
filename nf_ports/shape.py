"""The one shape of declared ports: whatever has a name, or has no order, is a map.

Pulumi compares maps key by key and lists by position, and masks a list that holds a secret as a whole. So ports are
kept by name, credentials by user, headers by name, addresses under their action, path rules by mode and path, domains
by name. This file turns every accepted spelling into that shape and judges nothing but names that stand twice, since
a map would lose one of them. What it does not understand it leaves as it is, for the check to refuse.

A key has to be known. Where one is not known yet, the smallest map that would need it is put off as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from nf_ports.deferred import UNKNOWN, holds_deferred, is_deferred
from nf_ports.errors import Fault
from nf_ports.models import FIELDS, READ_ONLY, Model

Shape = Callable[[Any, str], Any]
Defer = Callable[[Any, Callable[[Any], Any]], Any]
Seal = Callable[[Any], Any]
Repeated = Literal["keep the list", "drop", "number"]


def _put_off(_value: Any, _shape: Callable[[Any], Any]) -> Any:
    return UNKNOWN


def _as_it_is(value: Any) -> Any:
    return value


def plain(value: Any) -> Any:
    """`value` with its models as plain maps of the fields that were written; deferred values are left alone."""
    if isinstance(value, Model):
        value = value.given()
    if is_deferred(value):
        return value
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(item) for item in value]
    return value


class Shaper:
    """Turns declared ports into maps.

    Args:
        defer: how to go on once a value is known; a program waits for it, a check leaves it unknown.
        seal: what to do with a value that is always a secret.
        repeated: what becomes of a list in which a name stands twice. A program leaves it for the check to refuse;
            the check drops the second, to judge the rest; what the API reports is numbered, for nothing may vanish.
    """

    def __init__(self, defer: Defer = _put_off, seal: Seal = _as_it_is, repeated: Repeated = "keep the list") -> None:
        """Begin with no faults."""
        self._defer = defer
        self._seal = seal
        self._repeated = repeated
        self.faults: list[Fault] = []

    def ports(self, value: Any, path: str = "ports") -> Any:
        """All ports, by name."""
        return self._keyed("name", "port", self.port)(plain(value), path)

    def port(self, value: Any, path: str) -> Any:
        """One port, without its name."""
        inside: dict[str, Shape] = {"domains": self._names, "security": self._security, "advancedOptions": self._fields}
        port = self._fields(value, path, inside)
        if isinstance(port, dict):
            port = {key: item for key, item in port.items() if key not in READ_ONLY}
        return port

    def _security(self, value: Any, path: str) -> Any:
        return self._group(value, path, {"securePathConfiguration": self._paths})

    def _group(self, value: Any, path: str, more: dict[str, Shape] | None = None) -> Any:
        inside: dict[str, Shape] = {
            "credentials": self._keyed("username", "user", self._sealed("password")),
            "headers": self._keyed("name", "header", self._sealed("value")),
            "sso": lambda item, at: self._fields(item, at, {"directoryGroupIds": self._names}),
        }
        group = self._fields(value, path, inside | (more or {}))
        if isinstance(group, dict) and {"policies", "ip"} & group.keys():
            both = [group.pop(name) for name in ("policies", "ip") if name in group]
            group["policies"] = self._policies(both, f"{path}.policies")
        return group

    def _paths(self, value: Any, path: str) -> Any:
        paths = self._fields(value, path, {"rules": self._rules})
        if isinstance(paths, dict) and self._repeated != "number":
            # What a program declares is meant; what the API reports without the switch is not known to be on.
            paths.setdefault("enabled", True)
        return paths

    def _fields(self, value: Any, path: str, inside: dict[str, Shape] | None = None) -> Any:
        """An object: Northflank's spelling of its fields, and the shape of what is `inside`."""
        if is_deferred(value):
            return self._defer(value, lambda known: self._fields(plain(known), path, inside))
        if not isinstance(value, dict):
            return value
        shaped: dict[str, Any] = {}
        for key, item in value.items():
            name = str(FIELDS.get(key, key))
            if name in shaped:
                self.faults.append(Fault(f"{path}.{name}", "stands here in both spellings"))
            shape = (inside or {}).get(name)
            shaped[name] = shape(item, f"{path}.{name}") if shape else item
        return shaped

    def _sealed(self, secret: str) -> Shape:
        def shape(value: Any, path: str) -> Any:
            shaped = self._fields(value, path)
            if isinstance(shaped, dict) and secret in shaped:
                shaped[secret] = self._seal(shaped[secret])
            return shaped

        return shape

    def _keyed(self, key: str, noun: str, inside: Shape) -> Shape:
        """Objects with a name, as a list or a map: a map by name, the name not repeated inside."""

        def shape(value: Any, path: str) -> Any:
            if is_deferred(value):
                return self._defer(value, lambda known: shape(plain(known), path))
            if isinstance(value, dict):
                return {
                    name: self._unnamed(key, name, inside(item, f"{path}.{name}"), path) for name, item in value.items()
                }
            if not isinstance(value, list):
                return value
            items = [self._fields(item, path) for item in value]
            if any(is_deferred(item) or (isinstance(item, dict) and is_deferred(item.get(key))) for item in items):
                return self._defer(value, lambda known: shape(plain(known), path))
            shaped: dict[str, Any] = {}
            places: dict[str, int] = {}
            for index, item in enumerate(items):
                name = item.get(key) if isinstance(item, dict) else None
                if self._repeated == "number" and isinstance(item, dict):
                    name = _numbered(str(name or "(no name)"), shaped)
                if not isinstance(name, str):
                    reason = f"must be text: it is the {noun}'s name" if name is not None else "is required in a list"
                    self.faults.append(Fault(f"{path}.{index}.{key}", reason))
                elif name in places:
                    self.faults.append(Fault(f"{path}.{index}.{key}", f"repeats the {noun} of {path}.{places[name]}"))
                else:
                    places[name] = index
                    rest = {field: part for field, part in item.items() if field != key}
                    shaped[name] = inside(rest, f"{path}.{name}")
            return shaped if len(shaped) == len(value) or self._repeated == "drop" else value

        return shape

    def _unnamed(self, key: str, name: str, item: Any, path: str) -> Any:
        if not isinstance(item, dict) or key not in item:
            return item
        if item[key] != name:
            self.faults.append(
                Fault(f"{path}.{name}.{key}", "must be the name that the map has for it, or be left out")
            )
        return {field: part for field, part in item.items() if field != key}

    def _names(self, value: Any, path: str) -> Any:
        """Texts without an order, or the API's objects with a name: a map from each text to true."""
        if is_deferred(value):
            return self._defer(value, lambda known: self._names(plain(known), path))
        if not isinstance(value, list):
            return value
        names = [item.get("name") if isinstance(item, dict) else item for item in value]
        if any(is_deferred(name) for name in names):
            return self._defer(names, lambda known: self._names(plain(known), path))
        for index, name in enumerate(names):
            if not isinstance(name, str):
                self.faults.append(Fault(f"{path}.{index}", "must be text"))
        return dict.fromkeys(names, True) if all(isinstance(name, str) for name in names) else value

    def _policies(self, lists: list[Any], path: str) -> Any:
        """IP rules, of both of Northflank's spellings: a map by action, of maps by address."""
        if any(is_deferred(rules) for rules in lists):
            return self._defer(lists, lambda known: self._policies(plain(known), path))
        rules: list[tuple[Any, Any]] = []
        for group in lists:
            if isinstance(group, dict):
                rules += [(action, self._names(item, f"{path}.{action}")) for action, item in group.items()]
                continue
            for rule in group if isinstance(group, list) else [group]:
                item = self._fields(rule, path, {"addresses": self._names})
                known = isinstance(item, dict) and {"action", "addresses"} == item.keys()
                if is_deferred(rule) or (known and is_deferred(item["action"])):
                    return self._defer(lists, lambda known: self._policies(plain(known), path))
                if not known or not isinstance(item["action"], str):
                    self.faults.append(Fault(path, "must be IP rules, each with an action and addresses, and no more"))
                    return lists[0]
                rules.append((item["action"], item["addresses"]))
        shaped: dict[str, Any] = {}
        for action, addresses in rules:
            if action not in shaped:
                shaped[action] = addresses
            elif isinstance(addresses, dict) and isinstance(shaped[action], dict):
                shaped[action] = shaped[action] | addresses
            else:
                return self._defer(lists, lambda known: self._policies(plain(known), path))
        return shaped

    def _rules(self, value: Any, path: str) -> Any:  # noqa: C901 - one case per way to write a rule
        """Path rules: a map by routing mode and path; a rule for several paths stands under each of them."""
        policies: dict[str, Shape] = {"orPolicies": self._group, "requiredPolicies": self._group}
        inside: dict[str, Shape] = {"securityPolicies": lambda item, at: self._fields(item, at, policies)}
        if is_deferred(value):
            return self._defer(value, lambda known: self._rules(plain(known), path))
        if isinstance(value, dict):
            return {key: self._fields(item, f"{path}.{key}", inside) for key, item in value.items()}
        if not isinstance(value, list):
            return value
        shaped: dict[str, Any] = {}
        origin: dict[str, str] = {}
        found = len(self.faults)
        for index, written in enumerate(value):
            rule = self._fields(written, f"{path}.{index}", inside)
            places = rule.get("paths") if isinstance(rule, dict) else rule
            if is_deferred(places) or (isinstance(places, list) and holds_deferred(places)):
                return self._defer(value, lambda known: self._rules(plain(known), path))
            if not isinstance(rule, dict) or not isinstance(places, list) or not places:
                self.faults.append(Fault(f"{path}.{index}.paths", "must list at least one path"))
                continue
            rest = {name: item for name, item in rule.items() if name != "paths"}
            for number, item in enumerate(places):
                where = f"{path}.{index}.paths.{number}"
                place = self._fields(item, where)
                missing = {"path", "routingMode"} - (place.keys() if isinstance(place, dict) else set())
                if missing:
                    self.faults.append(Fault(f"{where}.{min(missing)}", "is required"))
                    continue
                key = f"{place.pop('routingMode')} {place.pop('path')}"
                if self._repeated == "number":
                    key = _numbered(key, shaped)
                elif key in origin:
                    self.faults.append(Fault(where, f"repeats the path of {origin[key]}"))
                    continue
                origin[key] = where
                shaped[key] = place | rest
        return shaped if found == len(self.faults) or self._repeated == "drop" else value


def _numbered(name: str, taken: Mapping[str, Any]) -> str:
    number = 2
    unique = name
    while unique in taken:
        unique = f"{name} ({number})"
        number += 1
    return unique
