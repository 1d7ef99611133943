"""The ports of two Northflank services by the packaged provider."""

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
)
from nf_ports.packaged import ServicePorts

ops = BasicAuth("ops", pulumi.Config().require_secret("opsPassword"))

admin_pages = SecurePathRule(
    paths=[SecurePath(path="/admin", routing_mode="prefix", priority=10)],
    access_mode="protected",
    security_policies=SecurityPolicies(required_policies=PolicyGroup(credentials=[ops])),
)

web = ServicePorts(
    "web",
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
    "api",
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
pulumi.export("metricsInside", api.addresses["metrics"])
