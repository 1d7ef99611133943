"""A project with services of every protection, for maps of it."""

from __future__ import annotations

from typing import Any, Final

import world

from nf_ports.emulator import Emulator

CANARY: Final = "C4nary"
NASTY: Final = "<script>alert(1)</script>\"'&amp;{{rows}}"
OPS: Final = {"username": "ops", "password": CANARY, "type": "basic-auth"}
MIXED: Final = {"credentials": [OPS], "headers": [{"name": "X-Key", "value": CANARY}]}
RULES: Final = [
    {
        "paths": [{"path": "/admin", "routingMode": "prefix", "priority": 10}],
        "accessMode": "protected",
        "securityPolicies": {"requiredPolicies": {"credentials": [OPS]}},
    },
]


def port(name: str = "http", number: int = 8080, *, public: bool = True, **members: Any) -> dict[str, Any]:
    """A port as on the wire."""
    return world.http_port(name, number, public=public, **members)


def fill(northflank: Emulator) -> None:
    """The project `shop`."""
    world.fill(northflank, [], wildcards=["shop.example"])
    northflank.add_service(
        "shop",
        "api",
        ports=[port(domains=["api.shop.example"], security=MIXED), port("metrics", 9090, public=False)],
    )
    paths = {"securePathConfiguration": {"enabled": True, "rules": RULES}}
    northflank.add_service("shop", "web", ports=[port(domains=["*.shop.example"], security=paths)])
    northflank.add_service(
        "shop", "admin", ports=[port(security={"sso": {"organizationId": NASTY, "directoryGroupIds": ["a"]}})]
    )
    northflank.add_service(
        "shop", "pay", ports=[port(security={"credentials": [OPS]}, advancedOptions={"enableTlsPassthrough": True})]
    )
    northflank.add_service("shop", "cron")
    northflank.add_service("shop", "images", service_type="build")
