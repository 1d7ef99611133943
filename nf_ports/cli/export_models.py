"""From a port as the API shows it to the models that a program would declare, with only what is not the default.

Every password and header value becomes a `Secret` with a key of its own. What cannot be read as declared ports can
be written is left out here; whoever compares the result with the original finds it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any, Final

from nf_ports.canonical import CanonicalPort
from nf_ports.cli import export_names
from nf_ports.cli.export_secrets import Secret, Setting
from nf_ports.models import (
    SSO,
    AdvancedOptions,
    BasicAuth,
    HeaderRule,
    IPRule,
    PolicyGroup,
    Port,
    SecurePath,
    SecurePathConfiguration,
    SecurePathRule,
    Security,
    SecurityPolicies,
)
from nf_ports.record import Model

_SPELLING: Final[Mapping[type[Model], Mapping[str, str]]] = {
    model: {field.alias or name: name for name, field in model.model_fields.items()}
    for model in (Port, Security, SSO, SecurePathConfiguration, AdvancedOptions)
}


class Models:
    """Makes the models of services, one key for each secret of all of them.

    Attributes:
        settings: the secrets so far, in the order of the program.
    """

    def __init__(self) -> None:
        """No key is taken yet."""
        self._keys = export_names.keys()
        self.settings: list[Setting] = []

    def ports(self, service: str, ports: Mapping[str, CanonicalPort]) -> dict[str, Port]:
        """The ports of a service by name, in the order of their names: the API's order is nothing to rely on."""
        return {name: _Port(self, service, name).model(ports[name]) for name in sorted(ports)}

    def secret(self, value: Any, place: str, *words: str) -> Secret:
        """A secret with a key of its own."""
        key = self._keys.take(export_names.key(*words))
        shown = value if isinstance(value, str) else None
        self.settings.append(Setting(key, place, shown))
        return Secret(shown or "", key)


class _Port:
    """One port: where it is, for the keys of its secrets."""

    def __init__(self, models: Models, service: str, name: str) -> None:
        self._models = models
        self._service = service
        self._name = name

    def model(self, port: CanonicalPort) -> Port:
        fields = _written(Port, port, leave=("security", "advancedOptions", "domains"))
        if port.get("public") is False:
            del fields["public"]
        if "domains" in port:
            fields["domains"] = sorted(_map(port["domains"]))
        if security := _map(port.get("security")):
            fields["security"] = self._security(security)
        if options := _map(port.get("advancedOptions")):
            fields["advanced_options"] = AdvancedOptions(**_written(AdvancedOptions, options))
        return Port(**fields)

    def _security(self, security: Mapping[str, Any]) -> Security:
        fields = self._group(security)
        if "verificationMode" in security:
            fields["verification_mode"] = security["verificationMode"]
        if paths := _map(security.get("securePathConfiguration")):
            fields["secure_path_configuration"] = self._paths(paths)
        return Security(**fields)

    def _group(self, group: Mapping[str, Any], *path: str) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if credentials := _map(group.get("credentials")):
            fields["credentials"] = [
                BasicAuth(user, self._secret(_map(login).get("password"), path, "user", user, "password"))
                for user, login in sorted(credentials.items())
            ]
        if policies := _map(group.get("policies")):
            fields["policies"] = [
                IPRule(action=action, addresses=[_short(address) for address in sorted(_map(addresses), key=_by_range)])
                for action, addresses in sorted(policies.items())
            ]
        if sso := _map(group.get("sso")):
            fields["sso"] = _sso(sso)
        if headers := _map(group.get("headers")):
            fields["headers"] = [self._header(name, _map(rule), path) for name, rule in sorted(headers.items())]
        return fields

    def _header(self, name: str, rule: Mapping[str, Any], path: tuple[str, ...]) -> HeaderRule:
        value = self._secret(rule.get("value"), path, "header", name, "header")
        mode = {"regex_mode": True} if rule.get("regexMode") is True else {}
        return HeaderRule(name=name, value=value, **mode)

    def _secret(self, value: Any, path: tuple[str, ...], noun: str, name: str, kind: str) -> Secret:
        where = f', path rule "{path[0]}"' if path else ""
        place = f'{self._service}, port "{self._name}"{where}, {noun} "{name}"'
        words = [self._service.rpartition("/")[2], self._name, *(part.partition(" ")[2] for part in path), name]
        return self._models.secret(value, place, *words, kind)

    def _paths(self, paths: Mapping[str, Any]) -> SecurePathConfiguration:
        fields = _written(SecurePathConfiguration, paths, leave=("rules",))
        if paths.get("enabled") is not False:
            fields.pop("enabled", None)
        if rules := _map(paths.get("rules")):
            fields["rules"] = [self._rule(keys, rules) for keys in _alike(rules)]
        return SecurePathConfiguration(**fields)

    def _rule(self, keys: list[str], rules: Mapping[str, Any]) -> SecurePathRule:
        first = keys[0]
        fields: dict[str, Any] = {
            "paths": [
                SecurePath(path=path, routing_mode=mode, priority=_map(rules[key]).get("priority", 0))
                for key in keys
                for mode, _, path in [_map_key(key)]
            ],
            "access_mode": _map(rules[first]).get("accessMode"),
        }
        policies = _map(_map(rules[first]).get("securityPolicies"))
        groups = {
            name: PolicyGroup(**self._group(_map(policies[spelling]), first))
            for name, spelling in (("or_policies", "orPolicies"), ("required_policies", "requiredPolicies"))
            if spelling in policies
        }
        if groups:
            fields["security_policies"] = SecurityPolicies(**groups)
        return SecurePathRule(**fields)


def _sso(sso: Mapping[str, Any]) -> SSO:
    fields = _written(SSO, sso, leave=("directoryGroupIds",))
    if groups := _map(sso.get("directoryGroupIds")):
        fields["directory_group_ids"] = sorted(groups)
    return SSO(**fields)


def _alike(rules: Mapping[str, Any]) -> Iterator[list[str]]:
    """The paths of rules that ask for the same, together; by falling priority, as they are looked at."""
    left = sorted(rules, key=lambda key: (-_priority(rules[key]), key))
    while left:
        first = _asks(rules[left[0]])
        alike = [key for key in left if _asks(rules[key]) == first]
        left = [key for key in left if key not in alike]
        yield alike


def _map_key(key: str) -> tuple[Any, str, str]:
    return key.partition(" ")


def _asks(rule: Any) -> dict[str, Any]:
    return {name: item for name, item in _map(rule).items() if name != "priority"}


def _priority(rule: Any) -> int:
    priority = _map(rule).get("priority")
    return priority if isinstance(priority, int) else 0


def _by_range(address: Any) -> tuple[int, int, int, str]:
    """IPv4 before IPv6, and each in the order of numbers."""
    try:
        network = ipaddress.ip_network(str(address))
    except ValueError:
        return 9, 0, 0, str(address)
    return network.version, int(network.network_address), network.prefixlen, str(address)


def _short(address: str) -> str:
    """A range of one address as people write it."""
    return address.removesuffix("/128" if ":" in address else "/32")


def _written(model: type[Model], fields: Mapping[str, Any], leave: tuple[str, ...] = ()) -> dict[str, Any]:
    """The plain fields, in the program's spelling."""
    spelling = _SPELLING[model]
    return {spelling[name]: item for name, item in fields.items() if name in spelling and name not in leave}


def _map(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}
