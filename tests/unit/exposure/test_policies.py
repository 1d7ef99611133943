"""The rules of the policy pack: what violates them, and what does not."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from typing_extensions import override

from nf_ports.policy_pack import known_properties, open_allow_lists, unprotected_ports, unstated_exposure
from nf_ports.ports.deferred import UNKNOWN

LOGIN = {"credentials": {"ops": {"password": "canary-password"}}}
Rule = Callable[[Mapping[str, Any]], Iterator[str]]


def service(port: Any, **more: Any) -> dict[str, Any]:
    """The properties of a resource with one port."""
    return {"projectId": "shop", "serviceId": "api", "ports": {"http": port}} | more


def port(security: Any = None, *, public: bool = True) -> dict[str, Any]:
    """A port on 8080, numbers as the engine has them."""
    port = {"internalPort": 8080.0, "protocol": "HTTP", "public": public}
    return port if security is None else port | {"security": security}


def allowed(*ranges: str) -> dict[str, Any]:
    """An allow-list."""
    return {"policies": {"ALLOW": dict.fromkeys(ranges, True)}}


def behind(group: Any) -> dict[str, Any]:
    """A path rule that asks for a group of checks."""
    rule = {"priority": 1.0, "accessMode": "protected", "securityPolicies": {"requiredPolicies": group}}
    return LOGIN | {"securePathConfiguration": {"enabled": True, "rules": {"prefix /admin": rule}}}


@pytest.mark.parametrize(
    ("rule", "properties", "count"),
    [
        pytest.param(unprotected_ports, service(port()), 1, id="a public port without checks"),
        pytest.param(unprotected_ports, service(port(LOGIN)), 0, id="a port behind a login"),
        pytest.param(unprotected_ports, service(port(public=False)), 0, id="a private port"),
        pytest.param(unprotected_ports, service(port(), exposure="public"), 0, id="meant to be public"),
        pytest.param(unprotected_ports, service(port(), exposure="protected"), 1, id="meant to be protected"),
        pytest.param(unprotected_ports, service(UNKNOWN), 0, id="an unknown port"),
        pytest.param(open_allow_lists, service(port(allowed("0.0.0.0/1", "128.0.0.0/1"))), 1, id="two halves are all"),
        pytest.param(open_allow_lists, service(port(allowed("::/0"))), 1, id="all of IPv6"),
        pytest.param(open_allow_lists, service(port(allowed("203.0.113.0/24"))), 0, id="an office"),
        pytest.param(open_allow_lists, service(port(behind(allowed("0.0.0.0/0")))), 1, id="everyone, on a path"),
        pytest.param(open_allow_lists, service(port(UNKNOWN)), 0, id="an unknown security"),
        pytest.param(unstated_exposure, service(port()), 1, id="nothing stated"),
        pytest.param(unstated_exposure, service(port(), exposure="protected"), 0, id="stated"),
        pytest.param(unstated_exposure, service(port(), exposure=UNKNOWN), 0, id="stated, not known yet"),
    ],
)
def test_a_rule_finds_what_violates_it(rule: Rule, properties: dict[str, Any], count: int) -> None:
    found = list(rule(properties))

    assert len(found) == count
    assert all(line.startswith("shop/api: ") for line in found)
    assert "canary" not in str(found)


def test_a_value_that_raises_because_it_is_not_known_is_unknown() -> None:
    class UnknownValueError(Exception):
        """As the policy SDK raises it."""

    class Raising(dict[str, Any]):
        """A map whose values cannot be looked at."""

        @override
        def __getitem__(self, key: str) -> Any:
            raise UnknownValueError(key)

    assert known_properties({"a": Raising(b=1), "c": [1]}) == {"a": {"b": UNKNOWN}, "c": [1]}
