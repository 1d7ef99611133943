"""The least that a dynamic provider of the same work costs: the same calls with bare httpx, and nothing else.

It checks nothing, compares nothing and keeps no secret: a floor to measure against, not a provider.
"""

import os
from collections.abc import Mapping
from typing import Any

import httpx
from pulumi import ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider
from typing_extensions import override

_CLIENTS: dict[str, httpx.Client] = {}


def _client() -> httpx.Client:
    """One client for a process: a connection is used again."""
    base = os.environ["NORTHFLANK_API_BASE_URL"]
    if base not in _CLIENTS:
        headers = {"Authorization": f"Bearer {os.environ['NORTHFLANK_API_TOKEN']}"}
        _CLIENTS[base] = httpx.Client(base_url=base, headers=headers, timeout=60)
    return _CLIENTS[base]


def _call(method: str, path: str, body: object = None) -> dict[str, Any]:
    answer = _client().request(method, path, json=body)
    answer.raise_for_status()
    data: dict[str, Any] = answer.json()["data"]
    return data


def _path(props: Mapping[str, Any]) -> str:
    return f"/v1/projects/{props['projectId']}/services/{props['serviceId']}"


def _listed(name: str, port: Mapping[str, Any]) -> dict[str, Any]:
    """A port as the API has it, for the inputs of this measurement."""
    security = port.get("security", {})
    logins = [
        {"username": user, "type": "basic-auth", **item} for user, item in security.get("credentials", {}).items()
    ]
    rules = [{"action": action, "addresses": list(found)} for action, found in security.get("policies", {}).items()]
    return {"name": name, **port, "security": {"credentials": logins, "policies": rules}}


class FloorProvider(ResourceProvider):
    """Makes the calls of nf_ports, in its order."""

    serialize_as_secret_always = False

    @override
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Nothing ever changes here."""
        return DiffResult(changes=False)

    @override
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Read the service, write its ports, read them back."""
        path = _path(props)
        _call("GET", path)
        _call("POST", f"{path}/ports", {"ports": [_listed(name, port) for name, port in props["ports"].items()]})
        return CreateResult(path, {**props, "live": _call("GET", f"{path}/ports")["ports"]})

    @override
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read the service."""
        live = _call("GET", id_)
        return ReadResult(id_, {**props, "live": live["ports"]}, inputs=props)

    @override
    def delete(self, id_: str, _props: dict[str, Any]) -> None:
        """Read the service, and empty its ports."""
        _call("GET", id_)
        _call("POST", f"{id_}/ports", {"ports": []})


class Floor(Resource, module="test", name="Floor"):
    """The ports of a service, without any care."""

    def __init__(self, name: str, inputs: Mapping[str, Any], opts: ResourceOptions | None = None) -> None:
        """Declare it with the inputs of `ServicePorts`, as the engine has them."""
        super().__init__(FloorProvider(), name, dict(inputs), opts)
