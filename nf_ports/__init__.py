"""The ports of Northflank services as code: a Pulumi dynamic resource.

Names are loaded when they are first used, so that a tool that needs one of them does not wait for all.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nf_ports.errors import Fault, InvalidPorts, NorthflankPortsError
    from nf_ports.ports.expectation import Expectation, allows, denies
    from nf_ports.ports.ignore import Ignore
    from nf_ports.ports.port import (
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
    from nf_ports.ports.validation import validate_ports
    from nf_ports.resource import ServicePorts

__all__ = [
    "SSO",
    "AdvancedOptions",
    "BasicAuth",
    "Expectation",
    "Fault",
    "HeaderRule",
    "IPRule",
    "Ignore",
    "InvalidPorts",
    "NorthflankPortsError",
    "PolicyGroup",
    "Port",
    "SecurePath",
    "SecurePathConfiguration",
    "SecurePathRule",
    "Security",
    "SecurityPolicies",
    "ServicePorts",
    "allows",
    "denies",
    "validate_ports",
]

_HOME = {
    **dict.fromkeys(("Expectation", "allows", "denies"), "ports.expectation"),
    "Fault": "errors",
    "Ignore": "ports.ignore",
    "InvalidPorts": "errors",
    "NorthflankPortsError": "errors",
    "ServicePorts": "resource",
    "validate_ports": "ports.validation",
}


if not TYPE_CHECKING:  # or a name that does not exist would be Any to a type checker

    def __getattr__(name: str) -> Any:
        """Load a public name from its module."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"nf_ports.{_HOME.get(name, 'ports.port')}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted({*globals(), *__all__})
