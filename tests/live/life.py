"""The life of a service, every answer of which the contract describes."""

from __future__ import annotations

from live_api import GONE, Api, Json, told, unlike_the_contract

_PATHS: Json = {
    "enabled": True,
    "rules": [{"paths": [{"path": "/a", "routingMode": "prefix", "priority": 1}], "accessMode": "unprotected"}],
}


def misfits_of_a_life(api: Api) -> dict[str, list[str]]:
    """By operation, every difference from the published schemas, and every refusal of what they allow."""
    rules = [{"addresses": ["203.0.113.0/24"], "action": "DENY"}]
    ports = [api.port(public=True, security={"policies": rules, "verificationMode": "and"})]
    service, created = api.made(ports=ports)
    path = f"{api.services}/{service}"
    patched = [api.port(public=True, security={"securePathConfiguration": _PATHS})]
    update = "update.service.ports", "POST", f"{path}/ports"
    patch = "patch.service.deployment", "PATCH", f"{api.services}/deployment/{service}"
    calls: list[tuple[str, str, str, Json | None, bool]] = [
        ("get.service", "GET", path, None, True),
        ("list.services", "GET", api.services, None, True),
        ("get.service.ports", "GET", f"{path}/ports", None, True),
        (*update, {"ports": [api.port(), api.port(protocol="UDP")]}, True),
        (*update, {"ports": [{"name": "a port without a number"}]}, False),
        (*patch, {"ports": patched}, True),
        ("get.service", "GET", path, None, True),
        ("get.service", "GET", f"{path}-none", None, False),
        ("delete.service", "DELETE", path, None, True),
    ]
    found = {"create.service.deployment": unlike_the_contract("create.service.deployment", created)}
    for operation, method, where, body, is_taken in calls:
        answer = api.request(method, where, body)
        if where.endswith("/ports") and answer.status_code in GONE:
            continue
        found.setdefault(operation, []).extend(unlike_the_contract(operation, answer))
        if answer.is_success is not is_taken:
            found[operation].append(told(answer))
    return {operation: misfits for operation, misfits in found.items() if misfits}
