"""A service by the generated SDK: by its classes, and by plain dictionaries."""

import pulumi
import pulumi_northflank as northflank  # type: ignore[import-not-found]  # made when the test runs

password = pulumi.Config().require_secret("opsPassword")

credentials = {"ops": northflank.BasicAuthArgs(password=password)}
rule = northflank.PathPolicyArgs(
    priority=10,
    access_mode=northflank.AccessMode.PROTECTED,
    security_policies=northflank.SecurityPoliciesArgs(
        required_policies=northflank.PolicyGroupArgs(credentials=credentials)
    ),
)

api = northflank.ServicePorts(
    "api",
    project_id="shop",
    service_id="api",
    on_delete=northflank.OnDelete.CLEAR,
    ports={
        "http": northflank.PortArgs(
            internal_port=8080,
            protocol=northflank.Protocol.HTTP2,
            public=True,
            security=northflank.SecurityArgs(
                headers={"X-Key": northflank.HeaderRuleArgs(value=password, regex_mode=True)},
                policies={"ALLOW": {"203.0.113.7": True}},
                secure_path_configuration=northflank.SecurePathConfigurationArgs(rules={"prefix /admin": rule}),
            ),
        ),
        "admin": {
            "internal_port": 8081,
            "protocol": "HTTP",
            "public": True,
            "domains": {"api.shop.example": True},
            "security": {
                "verification_mode": "and",
                "headers": {"X-Key": {"value": password, "regex_mode": True}},
                "secure_path_configuration": {
                    "rules": {
                        "prefix /admin": {
                            "priority": 10,
                            "access_mode": "protected",
                            "security_policies": {
                                "required_policies": {"credentials": {"ops": {"password": password}}}
                            },
                        }
                    }
                },
            },
        },
    },
)

pulumi.export("url", api.urls["admin"])
pulumi.export("number", api.ports["http"].internal_port)
