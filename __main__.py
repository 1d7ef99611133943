"""The ports of a small shop on Northflank: the web front, and an API that lets in only whom it should.

Needs the project `shop` with the services `web` and `api`, the verified domain `api.shop.example`, and a password:
`pulumi config set --secret opsPassword …`
"""

import pulumi

from nf_ports import (
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
    ServicePorts,
)

ops = BasicAuth("ops", pulumi.Config().require_secret("opsPassword"))

admin_pages = SecurePathRule(
    paths=[SecurePath(path="/admin", routing_mode="prefix", priority=10)],
    access_mode="protected",
    security_policies=SecurityPolicies(required_policies=PolicyGroup(credentials=[ops])),
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
            security=Security(secure_path_configuration=SecurePathConfiguration(rules=[admin_pages])),
        ),
    },
)

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
                credentials=[ops],
                policies=[IPRule(action="ALLOW", addresses=["203.0.113.0/24", "2001:db8::/48"])],
                headers=[HeaderRule(name="Origin", value=web.urls["http"])],
                verification_mode="and",
            ),
        ),
        "metrics": Port(internal_port=9090, protocol="TCP"),
    },
)

pulumi.export("web", web.urls["http"])
pulumi.export("api", api.urls["http"])
pulumi.export("apiInside", api.addresses["http"])
pulumi.export("metricsInside", api.addresses["metrics"])
