"""The operations on projects and on the token: each reads a call, changes the world, and returns the answer."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from nf_ports.emulator import contract, views
from nf_ports.emulator.errors import invalid, permission_word
from nf_ports.emulator.world import OWN_ACCOUNT

if TYPE_CHECKING:
    from nf_ports.emulator.calls import Call
    from nf_ports.emulator.ports import Json
    from nf_ports.emulator.service_operations import Operation
    from nf_ports.emulator.world import World


def login(_world: World, _call: Call) -> Json:
    """GET login: the official command line checks the token with it."""
    return {"data": {}}


def get_auth(world: World, _call: Call) -> Json:
    """GET auth: the owner and the permissions of the token; the first own team stands for the account."""
    settings = world.settings
    kind = "org" if settings.organisation_token else "team"
    entity = "demo-org" if settings.organisation_token else next(iter(world.own_teams()), OWN_ACCOUNT)
    role: Json = {"name": "Admin", "roleId": "admin", "roleType": kind, "entityType": kind}
    return {
        "data": {
            "tokenKind": "api",
            "id": "demo-token",
            "name": "Demo token",
            "entityType": kind,
            "entityId": entity,
            "entityUid": hashlib.sha256(entity.encode()).hexdigest()[:24],
            "role": role,
            "permissions": {"teamScope": _granted(world, "Account"), "projectScope": _granted(world, "Project")},
            "createdAt": "2026-01-01T00:00:00.000Z",
            "expiresAt": None,
        }
    }


def _granted(world: World, scope: str) -> list[str]:
    granted = {row.permission_2026b for row in contract.operations()} - world.settings.denied_permissions
    return sorted(permission_word(one) for one in granted if one.startswith(scope))


def list_projects(world: World, call: Call) -> Json:
    """GET projects, paged."""
    era, hidden = world.settings.contract_era, world.settings.hidden_projects
    seen = [(place, one) for place, one in world.projects(call.account) if one["id"] not in hidden]
    return call.page(seen, lambda one: views.project_summary(one, era), "projects")


def create_project(world: World, call: Call) -> Json:
    """POST project: with a region or with a cluster, the two published alternatives."""
    body = call.body(world.settings.contract_era)
    if ("region" in body) == ("clusterId" in body):
        raise invalid({"region": ["is required when there is no clusterId, and excludes it"]})
    made = world.add_project(call.account, body)
    return {"data": {**made, "updatedAt": made["createdAt"]}}


def get_project(world: World, call: Call) -> Json:
    """GET project with its services; its `networking` is never shown (stated)."""
    project = world.project(call.account, call.params["projectId"])
    services = [service for _, service in world.services(call.account, project["id"])]
    return {"data": views.project_view(project, services, world.settings.contract_era)}


def patch_project(world: World, call: Call) -> Json:
    """PATCH project: present members replace the stored ones, and the answer shows all, `networking` too."""
    project = world.project(call.account, call.params["projectId"])
    changed = {**project, **call.body(world.settings.contract_era), "updatedAt": world.timestamp()}
    world.save_project(call.account, changed)
    return {"data": changed}


OPERATIONS: dict[str, Operation] = {
    "login": login,
    "get.auth": get_auth,
    "list.projects": list_projects,
    "create.project": create_project,
    "get.project": get_project,
    "patch.project": patch_project,
}
