"""Every answer of every route in every era fits the JSON Schemas of the contract."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from contract import DOCUMENT, read
from emulated_shop import PORTS, SERVICE, Shop, credential, details, ok
from jsonschema import Draft202012Validator, FormatChecker
from world import fill, http_port

import nf_ports.emulator
from nf_ports.emulator import Settings
from nf_ports.emulator import contract as emulated

if TYPE_CHECKING:
    import httpx

_SHIPPED = Path(nf_ports.emulator.__file__).parent / "schemas.json"
_ERAS = ("2025", "2026a", "2026b", "gone")
_GET_SERVICE = {"2025": "2026a", "2026a": "2026a", "2026b": "2026b", "gone": "2026b"}

_FULL_PORT = http_port(
    public=True,
    domains=["api.shop.example"],
    disableNfDomain=True,
    security={
        "credentials": [credential()],
        "policies": [{"addresses": ["192.0.2.0/24"], "action": "ALLOW"}],
        "ip": [{"addresses": ["192.0.2.7"], "action": "DENY"}],
        "sso": {"organizationId": "org", "directoryGroupIds": ["ops"], "validateInternalTraffic": True},
        "headers": [{"name": "x-key", "value": "v*"}, {"regexMode": True, "name": "^x", "value": ".*"}],
        "verificationMode": "and",
        "securePathConfiguration": {
            "enabled": True,
            "rules": [
                {
                    "paths": [{"path": "/admin", "routingMode": "prefix", "priority": 5}],
                    "accessMode": "protected",
                    "securityPolicies": {"orPolicies": {"credentials": [credential()]}},
                }
            ],
        },
    },
)
_CREATE = {
    "name": "New One",
    "billing": {"deploymentPlan": "nf-compute-20"},
    "deployment": {"instances": 1},
    "ports": [http_port(advancedOptions={"enableTlsPassthrough": True})],
}
_BODIES: dict[str, Any] = {
    "update.service.ports": {"ports": [_FULL_PORT, http_port("raw", 9000, protocol="TCP")]},
    "patch.service.deployment": {"ports": [_FULL_PORT]},
    "patch.service.combined": {"ports": [http_port(public=True)]},
    "create.service.deployment": _CREATE,
    "create.project": {"name": "Second", "region": "europe-west", "networking": {"allowedIngressProjects": ["shop"]}},
    "patch.project": {"description": "of the shop", "networking": {"allowedIngressProjects": ["second"]}},
    "create.domain": {"domain": "other.example"},
    "add.domain.subdomain": {"subdomain": "more"},
    "assign.subdomain.service": {"serviceId": "api", "projectId": "shop", "portName": "http"},
}
# The order matters: what a later call needs is made by an earlier one, and deletions come last.
_ORDER = [
    "update.service.ports",
    "get.service.ports",
    "get.service",
    "list.services",
    "create.service.deployment",
    "patch.service.deployment",
    "patch.service.combined",
    "list.projects",
    "create.project",
    "patch.project",
    "get.project",
    "get.auth",
    "create.domain",
    "list.domains",
    "get.domain",
    "verify.domain",
    "add.domain.subdomain",
    "get.subdomain",
    "verify.subdomain",
    "assign.subdomain.service",
    "list.subdomain.path",
    "get.subdomain.path",
    "list.loadBalancers",
    "get.loadBalancer",
    "unassign.subdomain",
    "get.dnsId",
    "delete.subdomain",
    "delete.domain",
    "delete.service",
]
_NOT_SERVED = {
    "list.harnesses",
    "get.harness",
    "list.addons",
    "get.addon",
    "list.tokens",
    "get.networkPolicy",
    "add.subdomain.path",
    "update.subdomain.path",
    "delete.subdomain.path",
    "assign.subdomain.path",
    "unassign.subdomain.path",
}
# Answers that have more members in the newest era.
_NEWEST = {"get.project": "GetProjectResponse2026b", "get.subdomain": "GetSubdomainResponse2026b"}
_PARAMS = {"projectId": "shop", "serviceId": "api", "domain": "shop.example", "subdomain": "api", "teamId": "acme"} | {
    "harnessId": "one",
    "addonId": "one",
    "loadBalancerId": "one",
    "networkPolicyId": "one",
    "subdomainPath": "%2F",
}


def _fits(reference: dict[str, Any], body: Any) -> None:
    schema = {**reference, "$defs": DOCUMENT["$defs"]}
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(body)


def _call(shop: Shop, operation: str, template: str, **params: str) -> httpx.Response:
    values = _PARAMS | ({"serviceId": "web"} if operation == "patch.service.combined" else {}) | params
    path = re.sub(r"\{(\w+)\}", lambda found: values[found[1]], template)
    body = _BODIES.get(operation)
    method = DOCUMENT["x-routes"][operation]["method"]
    return shop.http.request(method, path, json=body) if body is not None else shop.http.request(method, path)


def _furnish_team(shop: Shop) -> None:
    fill(shop.nf, ["api", "web"], team="acme", subdomains={"api": True})
    shop.nf.delete_service("shop", "api")  # a sub-domain belongs to one account: the own one must not hold it


def test_the_shipped_schemas_are_the_recorded_contract() -> None:
    assert read(_SHIPPED) == emulated.document()


def test_a_contract_that_was_changed_judges_nothing(tmp_path: Path) -> None:
    changed = tmp_path / "schemas.json"
    changed.write_bytes(_SHIPPED.read_bytes().replace(b'"maxLength"', b'"maxlength"', 1))

    with pytest.raises(ValueError, match=r"schemas\.json is not the recorded contract"):
        read(changed)


def test_every_documented_route_is_exercised_here() -> None:
    assert set(_ORDER) | _NOT_SERVED == set(DOCUMENT["x-routes"])
    assert not set(_ORDER) & _NOT_SERVED


_BALANCED: dict[str, Any] = {
    "type": "tcp",
    "visibility": "private",
    "target": {"type": "region", "targetId": "europe-west"},
    "ports": [{"id": "port-1", "port": "443", "backends": [{"id": "shop/api", "type": "service", "port": 8080}]}],
}


def _is_of(era: str, operation: str) -> bool:
    eras = DOCUMENT["x-routes"][operation].get("eras", _ERAS)
    return ("2026b" if era == "gone" else era) in eras


@pytest.mark.parametrize("era", _ERAS)
@pytest.mark.parametrize("operation", sorted(_NOT_SERVED))
def test_a_documented_route_that_is_not_served_says_so_and_a_fault_can_answer_for_it(era: str, operation: str) -> None:
    with Shop(era=era) as shop:
        for template in DOCUMENT["x-routes"][operation]["paths"]:
            answer = _call(shop, operation, template)
            assert answer.status_code in ((501,) if _is_of(era, operation) else (404, 405))
            _fits({"$ref": "#/$defs/Error"}, answer.json())
        if _is_of(era, operation):
            assert operation in answer.json()["error"]["message"]
            shop.nf.fault(operation=operation, status=200, body={"data": {"mine": True}})
            assert _call(shop, operation, template).json() == {"data": {"mine": True}}


def test_the_newest_routes_are_unknown_before() -> None:
    with Shop(era="2026a") as shop:
        assert shop.http.get("/v1/auth").status_code == 404
        assert shop.http.get("/v1/tokens").status_code == 404
        shop.set(era="2026b")
        assert shop.http.get("/v1/auth").status_code == 200
        assert shop.http.get("/v1/teams/acme/auth").status_code == 404


@pytest.mark.parametrize("era", _ERAS)
@pytest.mark.parametrize("team", [False, True], ids=["own", "team"])
def test_every_success_fits_its_schema(era: str, team: bool) -> None:
    with Shop(era=era) as shop:
        if team:
            # The sub-domain belongs to one account; the own domain has to go first.
            shop.http.delete("/v1/domains/shop.example")
            _furnish_team(shop)
        shop.nf.add_load_balancer("one", _BALANCED, state={"endpoints": ["203.0.113.9"]}, team="acme" if team else None)
        for operation in _ORDER:
            route = DOCUMENT["x-routes"][operation]
            answer = _call(shop, operation, route["paths"][min(team, len(route["paths"]) - 1)])
            if not _is_of(era, operation) or (era == "gone" and operation.endswith("service.ports")):
                assert answer.status_code == 404
                continue
            assert answer.status_code == 200, (operation, answer.text)
            schema = route["responses"]["200"]
            if operation == "get.service":
                schema = {"$ref": f"#/$defs/GetServiceResponse{_GET_SERVICE[era]}"}
            elif operation in _NEWEST and _GET_SERVICE[era] == "2026b":
                schema = {"$ref": f"#/$defs/{_NEWEST[operation]}"}
            _fits(schema, answer.json())


@pytest.mark.parametrize("era", _ERAS)
@pytest.mark.parametrize("service", ["api", "web", "images"])
def test_every_type_of_service_fits_its_schema(era: str, service: str) -> None:
    with Shop(era=era) as shop:
        _fits(
            {"$ref": f"#/$defs/GetServiceResponse{_GET_SERVICE[era]}"},
            shop.get(f"/v1/projects/shop/services/{service}"),
        )


@pytest.mark.parametrize("era", _ERAS)
@pytest.mark.parametrize("operation", _ORDER)
def test_every_refusal_fits_the_error_schema(era: str, operation: str) -> None:
    route = DOCUMENT["x-routes"][operation]
    permission = route["permission"].partition(" (")[0]
    with Shop(era=era) as shop:
        answers = [
            _call(shop, operation, route["paths"][0], projectId="none", serviceId="none", domain="none.example"),
            _call(shop, operation, route["paths"][-1], teamId="nobody"),
            shop.http.request(route["method"], "/v1/nowhere"),
            shop.http.put(re.sub(r"\{\w+\}", "x", route["paths"][0])),
            shop.http.request(route["method"], "/v1/projects", headers={"authorization": "Bearer wrong"}),
        ]
        if era in {"2025", "2026a"} and permission:
            shop.set(denied_permissions=[permission])
            answers.append(_call(shop, operation, route["paths"][0]))
        refused = [answer for answer in answers if answer.status_code != 200]
        assert len(refused) >= (4 if len(route["paths"]) > 1 else 3)
        for answer in refused:
            _fits({"$ref": "#/$defs/Error"}, answer.json())
            assert answer.json()["error"]["status"] == answer.status_code


_FILLED = [
    {"verification_mode_filled": "or", "security_unset": "empty", "advanced_options_unset": "empty"},
    {"verification_mode_filled": "and", "security_unset": "omitted"},
    {"security_dropped": frozenset({"all"})},
    {"security_dropped": frozenset({"credentials", "policies", "sso"})},
]


@pytest.mark.parametrize("era", ["2025", "2026a", "2026b"])
@pytest.mark.parametrize("switches", _FILLED)
def test_what_northflank_fills_in_or_drops_leaves_every_view_in_its_schema(era: str, switches: dict[str, Any]) -> None:
    """Nulls aside: no published type has them."""
    with Shop(era=era, **switches) as shop:
        ports = [_FULL_PORT, http_port("raw", 9000, protocol="TCP")]
        answer = shop.patch(*ports)
        assert answer.status_code == 200, answer.text
        _fits({"$ref": "#/$defs/DeploymentServiceEcho"}, answer.json())
        _fits({"$ref": "#/$defs/GetServicePortsResponse"}, shop.get(PORTS))
        _fits({"$ref": f"#/$defs/GetServiceResponse{_GET_SERVICE[era]}"}, shop.get(SERVICE))


def test_vpc_members_are_shown_from_2026b_only() -> None:
    with Shop(era="2026b") as shop:
        assert shop.post(http_port(public=True, vpcAccessible=True)).status_code == 200
        (port,) = shop.ports()
        assert port["vpcDns"] == port["dns"].replace(".code.run", "--vpc.code.run")
        _fits({"$ref": "#/$defs/PortView"}, port)
        shop.set(era="2026a")
        assert {"vpcDns", "vpcAccessible"}.isdisjoint(shop.ports()[0])


def test_settings_name_only_permissions_of_the_contract() -> None:
    with pytest.raises(ValueError, match="no permission"):
        Settings(denied_permissions=frozenset({"Project > Everything"}))


def test_the_emulator_imports_nothing_else_of_nf_ports() -> None:
    """Otherwise the code would be tested with itself."""
    allowed = {"nf_ports.emulator", "starlette", "uvicorn", "jsonschema", "click", "httpx", "typing_extensions"}
    for file in _SHIPPED.parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert name is not None, f"{file.name} imports relatively"
                root = ".".join(name.split(".")[: 2 if name.startswith("nf_ports") else 1])
                assert root in allowed | set(sys.stdlib_module_names), (file.name, name)


def test_get_auth_tells_whose_the_token_is() -> None:
    with Shop(era="2026b", denied_permissions=frozenset({"Account > Networking > Domains > Read"})) as shop:
        shop.nf.add_team("shop-co", own=True)
        told = shop.get("/v1/auth")["data"]
        assert (told["entityType"], told["entityId"], told["expiresAt"]) == ("team", "shop-co", None)
        assert "ps_project_services_general_update" in told["permissions"]["projectScope"]
        assert "ps_account_networking_subdomains_read" in told["permissions"]["teamScope"]
        assert "ps_account_networking_domains_read" not in told["permissions"]["teamScope"]
        assert ok(shop.http.get(f"/v1/teams/{told['entityId']}/projects/shop"))
        shop.set(organisation_token=True)
        assert shop.get("/v1/auth")["data"]["entityType"] == "org"
        assert shop.http.get("/v1/auth", headers={"authorization": "Bearer wrong"}).status_code == 401


@pytest.mark.parametrize("era", _ERAS)
def test_only_the_answer_of_a_write_shows_what_a_project_lets_in(era: str) -> None:
    networking = {"allowedIngressProjects": ["other"]}
    body = {"name": "Second", "region": "europe-west", "networking": networking}
    with Shop(era=era) as shop:
        assert ok(shop.http.post("/v1/projects", json=body))["data"]["networking"] == networking
        changed = ok(shop.http.patch("/v1/projects/second", json={"color": "#abc"}))["data"]
        assert (changed["networking"], changed["color"]) == (networking, "#abc")
        changed = ok(shop.http.patch("/v1/projects/second", json={"networking": {}, "description": "new"}))["data"]
        assert changed["networking"] == {}
        shown = shop.get("/v1/projects/second")["data"]
        assert shown["description"] == "new"
        assert "networking" not in shown
        assert all("networking" not in one for one in shop.get("/v1/projects")["data"]["projects"])
        assert details(shop.http.patch("/v1/projects/second", json={"name": "x"})) == {"name": ["is not allowed"]}
        assert shop.http.patch("/v1/projects/none", json={}).status_code == 404


@pytest.mark.parametrize("protocol", ["TCP", "UDP"])
@pytest.mark.parametrize("member", ["public", "vpcAccessible"])
def test_only_http_is_public_or_on_the_private_load_balancer(member: str, protocol: str) -> None:
    port = http_port(protocol=protocol) | {member: True}
    with Shop(era="2026b") as shop:
        create = {**_CREATE, "ports": [port]}
        for answer in (
            shop.post(port),
            shop.patch(port),
            shop.http.post("/v1/projects/shop/services/deployment", json=create),
        ):
            assert details(answer) == {"ports.0.protocol": ["must be one of HTTP, HTTP/2"]}
        ok(shop.post(port | {member: False}))
