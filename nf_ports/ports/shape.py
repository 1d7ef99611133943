"""The shape of desired ports: everything named or unordered is a map.

Pulumi compares maps key by key and lists by position, and masks a list that holds a secret as a whole. So ports are
kept by name, credentials by user, headers by name, addresses under their action, path rules by mode and path, domains
by name. This module turns every accepted spelling into that shape and validates no value. A value that it does not
understand stays as it is, for the check to refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Final, NamedTuple, TypeGuard, cast

from nf_ports.errors import Fault, Location
from nf_ports.ports.deferred import UNKNOWN, is_deferred
from nf_ports.ports.fields import Field, Map, Object, fields_of
from nf_ports.ports.maps import NONE, PORTS, Maps, Shape, entry_at, numbered, without_refused
from nf_ports.ports.model import Model
from nf_ports.ports.port import READ_ONLY, PolicyGroup, Port, SecurePath, SecurePathConfiguration, SecurePathRule

_RULE_FIELDS: Final = tuple(field.name for field in fields_of(SecurePathRule))
_PATH_FIELDS: Final = tuple(field.name for field in fields_of(SecurePath))


class _IPRule(NamedTuple):
    action: str
    addresses: object
    path: Location


class Shaper(Maps):
    """The conversion of desired or live ports to maps."""

    def ports(self, value: object, path: Location = PORTS) -> object:
        """All ports, by name."""
        value = self._plain(value)
        if self._repeated == "drop":
            value = without_refused(value, path, self.violations)
        return self._keyed("ports", "name", self.port)(value, path)

    def port(self, value: object, path: Location) -> object:
        """One port, without its name."""
        return self._port(value, path)

    @cached_property
    def _port(self) -> Shape:
        return self._object(Port)

    def _object(self, model: type[Model]) -> Shape:
        inside = {field.name: shape for field in fields_of(model) if (shape := self._inside(field))}

        def then(item: dict[str, object], path: Location) -> dict[str, object]:
            if model is Port:
                return {name: part for name, part in item.items() if name not in READ_ONLY}
            if model is SecurePathConfiguration and self._repeated != "number":
                # Rules in a program are in force by default; of live rules without the switch nobody knows.
                return {"enabled": True} | item
            return self._with_policies(item, path) if issubclass(model, PolicyGroup) else item

        return lambda value, path: self._fields(value, path, inside, lambda item: then(item, path))

    def _inside(self, field: Field) -> Shape | None:
        form = field.form
        if isinstance(form, Object):
            return self._object(form.model)
        if not isinstance(form, Map):
            return None
        if isinstance(form.entry, Map):
            # The two spellings are one list, so they are shaped together.
            return lambda item, _path: item
        if not isinstance(form.entry, Object):
            return self._names(field.name)
        entry = self._object(form.entry.model)
        return self._keyed(field.name, form.key, entry) if form.key else lambda item, at: self._rules(item, at, entry)

    def _with_policies(self, group: dict[str, object], path: Location) -> dict[str, object]:
        written: dict[str, object] = {name: group.pop(name) for name in ("policies", "ip") if name in group}
        if not written:
            return group
        found = len(self.violations)
        policies = self._policies(written, path)
        refused = found < len(self.violations) and self._repeated == "keep the list"
        kept = {name: self._kept(item) for name, item in written.items()}
        return group | (kept if refused else {"policies": policies})

    def _policies(self, written: Mapping[str, object], path: Location) -> object:
        """IP rules in both of Northflank's spellings: a map by action, of maps by address."""
        written = {spelling: group for spelling, group in written.items() if group is not None}
        found = len(self.violations)
        rules: list[_IPRule] = []
        for spelling, group in written.items():
            some = self._ip_rules(group, path.to(spelling))
            if some is None:
                return self._policies_later(written, path)
            rules += some
        shaped: dict[str, object] = {}
        for rule in rules:
            if rule.action not in shaped:
                shaped[rule.action] = rule.addresses
            elif is_deferred(shaped[rule.action]) or is_deferred(rule.addresses):
                return self._policies_later(written, path)
            elif NONE in (shaped[rule.action], rule.addresses):
                shaped[rule.action] = NONE
            elif isinstance(there := shaped[rule.action], dict) and isinstance(rule.addresses, dict):
                shaped[rule.action] = there | rule.addresses
            else:
                self.violations.append(Fault(rule.path, "must be a list of addresses"))
        if found < len(self.violations) and self._repeated != "drop":
            both = [rule for group in written.values() if isinstance(group, list) for rule in group]
            return next(iter(written.values())) if len(written) == 1 else both or dict(written)
        return shaped

    def _policies_later(self, written: Mapping[str, object], path: Location) -> object:
        names = list(written)
        return self._defer(
            list(written.values()),
            lambda known: self._policies(dict(zip(names, cast("list[object]", known), strict=True)), path),
        )

    def _ip_rules(self, group: object, path: Location) -> list[_IPRule] | None:
        """The rules of one spelling; None if an action is an unknown value."""
        if is_deferred(group):
            return None
        rules: list[_IPRule] = []
        addresses = self._names("ALLOW")
        if isinstance(group, dict):
            if self._is_single(group, "action", path):
                return rules
            entry = self._entry("policies", addresses)
            for action, item in group.items():
                where = entry_at(path, "policies", action)
                rules.append(_IPRule(action, entry(item, where), where))
            return rules
        if not isinstance(group, list):
            self.violations.append(Fault(path, "must be a list of IP rules, or a map by action"))
            return rules
        for index, written in enumerate(group):
            rule = self._peek(written, path.to(index))
            if is_deferred(rule) or (isinstance(rule, dict) and is_deferred(rule.get("action"))):
                return None
            if self._is_ip_rule(rule, path.to(index)):
                where = path.to(index, "addresses")
                rules.append(_IPRule(str(rule["action"]), addresses(rule.get("addresses", []), where), where))
        return rules

    def _is_ip_rule(self, rule: object, path: Location) -> TypeGuard[dict[str, object]]:
        """True if `rule` has an action and addresses and no other field; a live one only has to be readable."""
        if rule is None:
            self.violations.append(self._none("policies", path))
            return False
        if not isinstance(rule, dict):
            self.violations.append(Fault(path, "must be an IP rule: an object with an action and addresses"))
            return False
        found = len(self.violations)
        required = ["action"] if self._repeated == "number" else ["action", "addresses"]
        self.violations += [Fault(path.to(name), "is required") for name in required if name not in rule]
        if not isinstance(rule.get("action", ""), str):
            self.violations.append(Fault(path.to("action"), "must be ALLOW or DENY"))
        self._only(("action", "addresses"), rule, path)
        return found == len(self.violations)

    def _rules(self, value: object, path: Location, inside: Shape) -> object:
        """Path rules as a map by routing mode and path; a rule for several paths is repeated under each of them."""
        if is_deferred(value):
            return self._defer(value, lambda known: self._rules(known, path, inside))
        if isinstance(value, dict):
            return self._rules_by_key(value, path, self._entry("rules", inside))
        if not isinstance(value, list):
            return self._kept(value)
        found = len(self.violations)
        rules = [self._peek(rule, path.to(index)) for index, rule in enumerate(self._with_paths(value))]
        if any(_has_unknown_path(rule) for rule in rules):
            return self._defer(value, lambda known: self._rules(known, path, inside))
        shaped: dict[str, object] = {}
        origin: dict[str, str] = {}
        for index, rule in enumerate(rules):
            places = rule.get("paths") if isinstance(rule, dict) else None
            if not isinstance(places, list) or not places:
                none = Fault(path.to(index, "paths"), "must list at least one path")
                self.violations.append(self._none("rules", path.to(index)) if rule is None else none)
                continue
            rest = self._only(_RULE_FIELDS, rule if isinstance(rule, dict) else {}, path.to(index))
            for number, item in enumerate(places):
                where = path.to(index, "paths", number)
                place = self._secure_path(item, where)
                if not place:
                    continue
                key = f"{place.pop('routingMode')} {place.pop('path')}"
                key = numbered(key, shaped) if self._repeated == "number" else key
                if key in origin:
                    self.violations.append(Fault(where, f"repeats the path of {origin[key]}"))
                    continue
                origin[key] = where
                made = inside(rest, entry_at(path, "rules", key))
                shaped[key] = place | made if isinstance(made, dict) else made
        return shaped if found == len(self.violations) or self._repeated == "drop" else self._kept(value)

    def _rules_by_key(self, value: Mapping[str, object], path: Location, entry: Shape) -> object:
        if self._is_single(value, "accessMode", path):
            return UNKNOWN
        return {key: entry(item, entry_at(path, "rules", key)) for key, item in value.items()}

    def _with_paths(self, rules: list[object]) -> list[object]:
        # The API may hold a rule without paths, which applies to no request. In a program it is a mistake.
        return [
            rule
            for rule in rules
            if self._repeated != "number" or not isinstance(rule, dict) or rule.get("paths", []) != []
        ]

    def _secure_path(self, item: object, path: Location) -> dict[str, object]:
        """A path with its routing mode and priority; empty if it has no path or no mode."""
        if item is None:
            self.violations.append(self._none("paths", path))
            return {}
        place = self._peek(item, path)
        fields = place if isinstance(place, dict) else {}
        missing = [name for name in _PATH_FIELDS[:2] if name not in fields]
        # A path with its mode is the name of the rule, and a name is quoted: an object there may hold a secret.
        wrong = [name for name in _PATH_FIELDS[:2] if name in fields and not isinstance(fields[name], str)]
        self.violations += [Fault(path.to(name), "is required") for name in missing]
        self.violations += [Fault(path.to(name), "must be text") for name in wrong]
        return {} if missing or wrong else self._only(_PATH_FIELDS, fields, path)


def _has_unknown_path(rule: object) -> bool:
    """True if a path or a routing mode of the rule is an unknown value."""
    places = rule.get("paths") if isinstance(rule, dict) else rule
    if not isinstance(places, list):
        return is_deferred(places)
    keys = [part for place in places if isinstance(place, dict) for key, part in place.items() if key != "priority"]
    return any(is_deferred(item) for item in (*places, *keys))
