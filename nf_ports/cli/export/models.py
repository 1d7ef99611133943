"""From a port as the API shows it to the models that a program would declare, with only what is not the default.

Every password and header value becomes a `Secret` with a key of its own. What cannot be read as declared ports can
be written is left out here; whoever compares the result with the original finds it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from nf_ports.cli.export import names
from nf_ports.cli.export.stack_secrets import Secret, Setting
from nf_ports.ports.canonical import Ports, replaced, stated_fields
from nf_ports.ports.fields import Field, Map, Object, PlainValue, fields_of
from nf_ports.ports.maps import NOUNS
from nf_ports.ports.model import Model
from nf_ports.ports.port import IPRule, PathPolicy, Port, SecurePath, SecurePathRule
from nf_ports.ports.values import RoutingMode

_SECRET_WORDS: Final = {"value": "header"}
"""The word for a secret in its key, if it is not the field."""


class Models:
    """Makes the models of services, one key for each secret of all of them.

    Attributes:
        settings: the secrets so far, in the order of the program.
    """

    def __init__(self) -> None:
        """No key is taken yet."""
        self._keys = names.keys()
        self.settings: list[Setting] = []

    def ports(self, service: str, ports: Ports) -> dict[str, Port]:
        """The ports of a service by name, in the order of their names: the API's order is nothing to rely on."""
        return {name: _Port(self, service, name).model(ports[name]) for name in sorted(ports)}

    def secret(self, value: object, place: str, *words: str) -> Secret:
        """A secret with a key of its own."""
        key = self._keys.take(names.key(*words))
        shown = value if isinstance(value, str) else None
        self.settings.append(Setting(key, place, shown))
        return Secret(shown or "", key)


class _Port:
    """One port: where it is, for the keys of its secrets."""

    def __init__(self, models: Models, service: str, name: str) -> None:
        self._models = models
        self._service = service
        self._name = name

    def model(self, port: Port) -> Port:
        return Port(**self._fields(Port, port))

    def _fields(
        self, model: type[Model], part: object, path: tuple[str, ...] = (), owner: tuple[str, str] = ("", "")
    ) -> dict[str, Any]:
        """The fields that are not the default, in the program's spelling.

        Args:
            model: of which model.
            part: their canonical form.
            path: the path rule that they belong to, if any.
            owner: noun and name of the entry that has a secret.
        """
        given = {field.name: value for field, value in stated_fields(part)} if isinstance(part, Model) else {}
        made: dict[str, Any] = {}
        for field in fields_of(model):
            value = given.get(field.name)
            if field.mark.secret:
                made[field.python] = self._secret(value, path, *owner, _SECRET_WORDS.get(field.name, field.name))
            elif isinstance(field.form, PlainValue):
                made |= {field.python: value} if field.name in given and value != field.default else {}
            elif inside := self._part(field, value, path):
                made[field.python] = inside
        return made

    def _part(self, field: Field, value: object, path: tuple[str, ...]) -> object:
        form = field.form
        if isinstance(form, Object):
            fields = self._fields(form.model, value, path)
            return form.model(**fields) if fields else None
        if not isinstance(form, Map) or not isinstance(value, Mapping):
            return None
        if isinstance(form.entry, Map):
            return [IPRule(action=action, addresses=_ranges(addresses)) for action, addresses in sorted(value.items())]
        if not isinstance(form.entry, Object):
            return sorted(value)
        if form.key is None:
            return [self._rule(keys, value) for keys in _alike(value)]
        model, noun = form.entry.model, NOUNS[field.name]
        return [
            model(**{form.key: name, **self._fields(model, item, path, (noun, name))})
            for name, item in sorted(value.items())
        ]

    def _secret(self, value: object, path: tuple[str, ...], noun: str, name: str, kind: str) -> Secret:
        where = f', path rule "{path[0]}"' if path else ""
        place = f'{self._service}, port "{self._name}"{where}, {noun} "{name}"'
        words = [self._service.rpartition("/")[2], self._name, *(part.partition(" ")[2] for part in path), name]
        return self._models.secret(value, place, *words, kind)

    def _rule(self, keys: list[str], rules: Mapping[str, object]) -> SecurePathRule:
        paths = [
            SecurePath(path=path, routing_mode=mode, priority=_priority(rules[key]))
            for key in keys
            for mode, _, path in [_map_key(key)]
        ]
        fields = self._fields(PathPolicy, rules[keys[0]], (keys[0],))
        fields.pop("priority", None)
        return SecurePathRule(**{"paths": paths, "access_mode": None, **fields})


def _alike(rules: Mapping[str, object]) -> Iterator[list[str]]:
    """The paths of rules that ask for the same, together; by falling priority, as they are looked at."""
    left = sorted(rules, key=lambda key: (-_priority(rules[key]), key))
    while left:
        first = _asks(rules[left[0]])
        alike = [key for key in left if _asks(rules[key]) == first]
        left = [key for key in left if key not in alike]
        yield alike


def _map_key(key: str) -> tuple[RoutingMode, str, str]:
    mode, blank, path = key.partition(" ")
    return cast("RoutingMode", mode), blank, path


def _asks(rule: object) -> object:
    return replaced(rule, priority=0) if isinstance(rule, PathPolicy) else rule


def _priority(rule: object) -> int:
    priority = rule.priority if isinstance(rule, PathPolicy) else 0
    return priority if isinstance(priority, int) else 0


def _by_range(address: object) -> tuple[int, int, int, str]:
    """IPv4 before IPv6, and each in the order of numbers."""
    try:
        network = ipaddress.ip_network(str(address))
    except ValueError:
        return 9, 0, 0, str(address)
    return network.version, int(network.network_address), network.prefixlen, str(address)


def _ranges(addresses: object) -> list[str]:
    return [_short(each) for each in sorted(addresses, key=_by_range)] if isinstance(addresses, Mapping) else []


def _short(address: str) -> str:
    """A range of one address as people write it."""
    return address.removesuffix("/128" if ":" in address else "/32")
