"""Load balancers of an account: seeded, listed and read. The routes that write them are not served."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nf_ports.emulator import contract
from nf_ports.emulator.errors import WireError, not_found
from nf_ports.emulator.world import World, slug

if TYPE_CHECKING:
    from nf_ports.emulator.calls import Call
    from nf_ports.emulator.errors import Details
    from nf_ports.emulator.ports import Json
    from nf_ports.emulator.service_operations import Operation

_WORKS = {"2026a": "provisioned", "2026b": "created"}
"""The status of a load balancer that works, in the words of each API version; of the seed's own status, one only."""


def faults_of(item: Json) -> Details:
    """The faults of a load balancer of a seed, by path: its members are those of the newest API."""
    state = {"status": _WORKS["2026b"], **item["state"]} if "state" in item else None
    dates = dict.fromkeys(("createdAt", "updatedAt"), "2026-01-01T00:00:00.000Z")
    shown = {**item, "id": slug(item["name"]), **({"state": state} if state else {}), **dates}
    return contract.faults_of("LoadBalancerListItem", shown)


def add(world: World, account: str, item: Json) -> None:
    """Add a load balancer: `name`, `spec` and perhaps `state`. 409 for a taken identifier (undetermined)."""
    made = {key: item[key] for key in ("name", "spec", "state") if key in item} | {"createdAt": world.timestamp()}
    if not world.add_load_balancer(account, slug(item["name"]), json.dumps(made)):
        raise WireError(409, "There is already a load balancer with the same derived identifier")


def stored(world: World, account: str) -> list[Json]:
    """Every load balancer of an account, as `add` takes it."""
    every = (json.loads(text) for _, _, text in world.load_balancers(account))
    return [{key: item[key] for key in ("name", "spec", "state") if key in item} for item in every]


def list_load_balancers(world: World, call: Call) -> Json:
    """GET load balancers, paged; since 2026b with their state, without the time of its last change."""
    era = world.settings.contract_era

    def show(row: tuple[str, str]) -> Json:
        view = _view(*row, era)
        return view | ({"state": _state(row[1], era)} if era == "2026b" else {})

    every = [(made, (name, text)) for made, name, text in world.load_balancers(call.account)]
    return call.page(every, show, "loadBalancers")


def get_load_balancer(world: World, call: Call) -> Json:
    """GET load balancer with its state."""
    era, wanted = world.settings.contract_era, call.params["loadBalancerId"]
    for _, name, text in world.load_balancers(call.account):
        if name == wanted:
            view = _view(name, text, era)
            return {"data": view | {"state": _state(text, era) | {"lastTransitionTime": view["createdAt"]}}}
    raise not_found("Load balancer", wanted)


OPERATIONS: dict[str, Operation] = {
    "list.loadBalancers": list_load_balancers,
    "get.loadBalancer": get_load_balancer,
}


def _view(name: str, text: str, era: str) -> Json:
    item = json.loads(text)
    # `visibility` is only in the newest types.
    spec = {key: value for key, value in item["spec"].items() if key != "visibility" or era == "2026b"}
    made = item["createdAt"]
    return {"id": name, "name": item["name"], "spec": spec, "createdAt": made, "updatedAt": made}


def _state(text: str, era: str) -> Json:
    state: Json = {"status": _WORKS.get(era, ""), **json.loads(text).get("state", {})}
    return state
