"""The ports of a small shop on Northflank: an API behind a password and an allow-list, and the web front before it.

Needs the project `shop` with the services `api` and `web`, the verified domain `api.shop.example`, and a password:
`pulumi config set --secret opsPassword …`
"""

import pulumi

from nf_ports import (
    BasicAuth,
    IPRule,
    Port,
    SecurePath,
    SecurePathConfiguration,
    SecurePathRule,
    Security,
    ServicePorts,
)

config = pulumi.Config()

api = ServicePorts(
    "shop-api",
    project_id="shop",
    service_id="api",
    ports={
        "http": Port(
            internal_port=8080,
            protocol="HTTP",
            public=True,
            domains=["api.shop.example"],
            security=Security(
                credentials=[BasicAuth("ops", config.require_secret("opsPassword"))],
                policies=[IPRule(action="ALLOW", addresses=["203.0.113.0/24", "2001:db8::/48"])],
                verification_mode="and",
            ),
        ),
        "metrics": Port(internal_port=9090, protocol="TCP"),
    },
)

web = ServicePorts(
    "shop-web",
    project_id="shop",
    service_id="web",
    ports={
        "http": Port(
            internal_port=3000,
            protocol="HTTP",
            public=True,
            security=Security(
                secure_path_configuration=SecurePathConfiguration(
                    rules=[
                        SecurePathRule(
                            paths=[SecurePath(path="/status", routing_mode="exact", priority=10)],
                            access_mode="unprotected",
                        ),
                    ],
                ),
            ),
        ),
    },
)

pulumi.export("api", api.urls["http"])
pulumi.export("apiInside", api.addresses["http"])
pulumi.export("metricsInside", api.addresses["metrics"])
pulumi.export("web", web.urls["http"])
