"""The operations on services: each reads a call, changes the world, and returns the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nf_ports.emulator import ports, views
from nf_ports.emulator.calls import Call
from nf_ports.emulator.errors import WireError, not_found
from nf_ports.emulator.ports import Json, Port
from nf_ports.emulator.settings import Settings
from nf_ports.emulator.world import Service, World

Operation = Callable[[World, Call], Json]
Merge = Callable[[list[Port], list[Json], Settings], list[Port]]
_BAD_REQUEST, _NOT_FOUND = 400, 404
_DETECTED: Json = {"name": "p01", "internalPort": 8080, "protocol": "HTTP", "public": True}


def get_service_ports(world: World, call: Call) -> Json:
    """GET ports: the runtime view, passwords in clear text (stated)."""
    service = _with_ports(world, call)
    return {"data": {"ports": views.port_views(world, service, world.read_ports(service, "ports"))}}


def update_service_ports(world: World, call: Call) -> Json:
    """POST ports: the body is the whole desired list; the answer is empty (stated)."""
    service = _with_ports(world, call)
    _replace_ports(world, service, call, ports.posted)
    return {"data": {}}


def get_service(world: World, call: Call) -> Json:
    """GET service."""
    service = _service(world, call)
    return {"data": views.service_view(world, service, world.read_ports(service, "service"))}


def list_services(world: World, call: Call) -> Json:
    """GET services, paged, without ports."""
    items = world.services(call.account, call.params["projectId"])
    era = world.settings.contract_era
    return call.page(items, lambda service: views.service_summary(service, era), "services")


def create_service_deployment(world: World, call: Call) -> Json:
    """POST deployment service; every image path is taken, since there is no registry to ask."""
    world.project(call.account, call.params["projectId"])
    settings = world.settings
    body = call.body(settings.contract_era, lenient=settings.unknown_members == "store")
    items = body.pop("ports", []) or ([_DETECTED] if settings.port_detection == "p01" else [])
    made = ports.patched([], items, settings)
    service = world.add_service(call.account, call.params["projectId"], "deployment", body, made)
    return {"data": views.service_echo(service, settings)}


def patch_service(world: World, call: Call) -> Json:
    """PATCH deployment or combined service: a present member replaces the stored one, ports included."""
    service = _service(world, call)
    if call.operation != f"patch.service.{service.type}":
        raise _wrong_type(service, world.settings)
    body = _replace_ports(world, service, call, ports.patched)
    for name, value in body.items():
        if name == "deployment":
            # The combined service asks for nothing inside, so what is left out can only mean to stay.
            service.spec[name] = {**(service.spec.get(name, {}) if service.type == "combined" else {}), **value}
        elif name == "stageId" and value is None:
            service.spec.pop(name, None)
        elif name != "ports":
            service.spec[name] = value
    service.spec["updatedAt"] = world.timestamp()
    world.save_service(service)
    return {"data": views.service_echo(service, world.settings)}


def delete_service(world: World, call: Call) -> Json:
    """DELETE service; its domains become free."""
    service = _service(world, call)
    call.flag("delete_child_objects")
    world.delete_service(service)
    return {"data": {}}


OPERATIONS: dict[str, Operation] = {
    "get.service.ports": get_service_ports,
    "update.service.ports": update_service_ports,
    "get.service": get_service,
    "list.services": list_services,
    "create.service.deployment": create_service_deployment,
    "patch.service.deployment": patch_service,
    "patch.service.combined": patch_service,
    "delete.service": delete_service,
}


def _service(world: World, call: Call) -> Service:
    return world.service(call.account, call.params["projectId"], call.params["serviceId"])


def _with_ports(world: World, call: Call) -> Service:
    service = _service(world, call)
    if service.type == "build":
        # Build services have no ports (stated); the answer of the ports routes for them is undetermined.
        if world.settings.build_ports_status == _BAD_REQUEST:
            raise WireError(_BAD_REQUEST, "Build services do not have ports")
        raise not_found("Service", service.id)
    return service


def _wrong_type(service: Service, settings: Settings) -> WireError:
    if settings.wrong_type_status == _NOT_FOUND:
        return not_found("Service", service.id)
    return WireError(settings.wrong_type_status, "Service not found")


def _replace_ports(world: World, service: Service, call: Call, merge: Merge) -> Json:
    body: Any = None
    try:
        body = call.body(world.settings.contract_era, lenient=world.settings.unknown_members == "store")
        if "ports" in body:
            world.write_ports(service, merge(service.ports, body["ports"], world.settings))
    except WireError as error:
        if error.status == _BAD_REQUEST and not world.settings.atomic_400 and error.first_bad_port:
            items = call.wire.json()["ports"][: error.first_bad_port]
            prefix = merge(service.ports, items, world.settings)
            world.write_ports(service, ports.with_prefix(service.ports, prefix))
            error.keep = True
        raise
    valid: Json = body
    return valid
