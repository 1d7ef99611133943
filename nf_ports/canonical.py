"""The canonical form of a port: the one spelling that both sides of every comparison go through.

A canonical port is plain data in the shape of `nf_ports.shape`: names in Northflank's spelling, defaults and empty
parts absent, domains in lower case, addresses as CIDR blocks. It is what Pulumi's state holds and its preview shows.
It takes what the API reports as well as what a program declares, so it refuses nothing: what it cannot read it keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeGuard

from pydantic_core import PydanticCustomError

from nf_ports.deferred import UNKNOWN, is_deferred
from nf_ports.shape import Shaper
from nf_ports.values import canonical_address, canonical_domain

CanonicalPort = dict[str, Any]
"""One port in canonical form, without its name."""

Form = Callable[[Any], Any]

PolicyLists: Final = ("credentials", "policies", "headers")


def canonical_ports(value: Any) -> dict[str, CanonicalPort]:
    """All ports by name, as recorded or as the API reports them; a port that is not known yet is UNKNOWN."""
    return _canonical(Shaper(repeated="number").ports(value))


def declared_ports(value: Any) -> dict[str, CanonicalPort]:
    """All ports by name, from a declaration in any accepted spelling that has passed the check.

    Differs from `canonical_ports` in what is left out: path rules that are declared are meant to be in force.
    """
    return _canonical(Shaper(repeated="drop").ports(value))


def _canonical(shaped: Any) -> dict[str, CanonicalPort]:
    return {name: canonical_port(port) for name, port in shaped.items()} if isinstance(shaped, dict) else {}


def canonical_port(port: Any) -> Any:
    """One port, in the shape of `nf_ports.shape`."""
    return (
        _object(_PORT, keep=("internalPort", "protocol", "public"))({"public": False} | port) if _is_map(port) else port
    )


def spelt_like(value: Any, said: Any) -> Any:
    """A port, or a part of one, with header names spelt as in `said` where only their case differs: HTTP has none."""
    if not (_is_map(value) and _is_map(said)):
        return value
    return {
        key: (_headers_like if key == "headers" else spelt_like)(item, said.get(key)) for key, item in value.items()
    }


def _headers_like(headers: Any, said: Any) -> Any:
    if not (_is_map(headers) and _is_map(said)):
        return headers
    names = {folded_header(name, rule): name for name, rule in said.items()}
    spelt: dict[str, Any] = {}
    for name, rule in headers.items():
        other = names.get(folded_header(name, rule), name)
        spelt[name if other in spelt or other in headers else other] = rule
    return spelt


def folded_header(name: str, rule: Any) -> tuple[str, bool]:
    """What two names of headers have in common that are one; a regular expression is only like itself."""
    regex = rule.get("regexMode") if _is_map(rule) else None
    return (name, True) if regex else (name.lower(), False)


def secrets_of(ports: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str, tuple[str, ...]]]:
    """Every place in canonical ports where a secret stands: the map, the key in it, and the path in words."""
    for name, port in ports.items():
        security = port.get("security") if _is_map(port) else None
        yield from _secrets_of_group(security, (name,))
        paths = security.get("securePathConfiguration") if _is_map(security) else None
        rules = paths.get("rules") if _is_map(paths) else None
        for key, rule in (rules if _is_map(rules) else {}).items():
            policies = rule.get("securityPolicies") if _is_map(rule) else None
            for group in (policies if _is_map(policies) else {}).values():
                yield from _secrets_of_group(group, (name, key))


def _secrets_of_group(group: Any, path: tuple[str, ...]) -> Iterator[tuple[dict[str, Any], str, tuple[str, ...]]]:
    for kind, noun, secret in (("credentials", "user", "password"), ("headers", "header", "value")):
        if not _is_map(group) or kind not in group:
            continue
        if not _is_map(group[kind]):
            yield group, kind, (*path, noun)
            continue
        for name, item in group[kind].items():
            if not _is_map(item):
                yield group[kind], name, (*path, noun, name)
            elif secret in item:
                yield item, secret, (*path, noun, name)


def _is_map(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _as_it_is(value: Any) -> Any:
    return UNKNOWN if is_deferred(value) else value


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else _as_it_is(value)


def _object(forms: Mapping[str, Form], keep: tuple[str, ...] = ()) -> Form:
    """An object of known fields; a field that is false, empty or absent is left out, unless it is in `keep`."""

    def form(value: Any) -> Any:
        if not _is_map(value):
            return _as_it_is(value)
        fields = {name: shape(value[name]) for name, shape in forms.items() if name in value}
        return {name: item for name, item in fields.items() if name in keep or item not in (False, None, {}, [], "")}

    return form


def _map(form: Form, key: Callable[[str], str] = str) -> Form:
    def each(value: Any) -> Any:
        return (
            {_readable(key, name): form(item) for name, item in value.items()} if _is_map(value) else _as_it_is(value)
        )

    return each


def _readable(spell: Callable[[str], str], name: str) -> str:
    try:
        return spell(name)
    except (PydanticCustomError, AttributeError):
        return str(name)


def _policies(value: Any) -> Any:
    rules = _map(_map(_as_it_is, canonical_address))(value)
    # The API may hold a rule without addresses; it lets nobody in and keeps nobody out.
    return {action: at for action, at in rules.items() if at != {}} if _is_map(rules) else rules


def _secret_object(secret: str, *others: str) -> Form:
    return _object(dict.fromkeys((secret, *others), _as_it_is), keep=(secret,))


def _path_configuration(value: Any) -> Any:
    form = _object(
        {
            "enabled": _as_it_is,
            "skipSecurityPoliciesForInternalTrafficViaPublicDns": _as_it_is,
            "rules": _map(_PATH_POLICY),
        },
        keep=("enabled",),
    )
    configuration = form(value)
    # A switch with nothing behind it does nothing.
    return {} if _is_map(configuration) and configuration.keys() <= {"enabled"} else configuration


_SSO: Final = _object(
    {
        "organizationId": _as_it_is,
        "directoryGroupIds": _map(_as_it_is),
        "allowAnyOrgUsers": _as_it_is,
        "validateInternalTraffic": _as_it_is,
        "setCookieOnRootDomain": _as_it_is,
        "noindexRedirect": _as_it_is,
        "allowInternalTrafficViaPublicDns": _as_it_is,
    }
)
_GROUP_FIELDS: Final = {
    "credentials": _map(_secret_object("password")),
    "policies": _policies,
    "sso": _SSO,
    "headers": _map(_secret_object("value", "regexMode")),
}
_PATH_POLICY: Final = _object(
    {
        "priority": _number,
        "accessMode": _as_it_is,
        "securityPolicies": _object(dict.fromkeys(("orPolicies", "requiredPolicies"), _object(_GROUP_FIELDS))),
    },
    keep=("priority", "accessMode"),
)
_PORT: Final = {
    "internalPort": _number,
    "protocol": _as_it_is,
    "public": _as_it_is,
    "vpcAccessible": _as_it_is,
    "domains": _map(_as_it_is, canonical_domain),
    "security": _object(
        _GROUP_FIELDS | {"verificationMode": _as_it_is, "securePathConfiguration": _path_configuration}
    ),
    "disableNfDomain": _as_it_is,
    "advancedOptions": _object({"enableTlsPassthrough": _as_it_is}),
    "renamedFrom": _as_it_is,
}
