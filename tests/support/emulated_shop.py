"""Gives the tests here a small world and plain ways to talk to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Self

import httpx
from world import fill

from nf_ports.emulator import Emulator, Settings

PORTS = "/v1/projects/shop/services/api/ports"
SERVICE = "/v1/projects/shop/services/api"
PATCH = "/v1/projects/shop/services/deployment/api"
SECRET = "correct-horse-battery"


class Shop:
    """An emulator with one project, three services and one domain, and an in-process client for it.

    `with Shop(era="2026b") as shop:` takes the switches of `Settings`; `clock` is the emulator's.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, **switches: Any) -> None:
        """Build the world; nothing listens."""
        self.nf = Emulator(Settings(**switches), clock=clock)
        self.nf.add_team("acme")
        fill(self.nf, ["api", "web", "images"], subdomains={"api": True, "www": False})
        headers = {"authorization": f"Bearer {self.nf.token}"}
        self.http = httpx.Client(base_url=self.nf.url, transport=self.nf.transport(), headers=headers)

    def __enter__(self) -> Self:
        """Use it as a context."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the client and the world."""
        self.http.close()
        self.nf.world.close()

    def get(self, path: str = PORTS, **query: Any) -> Any:
        """The body of a successful GET."""
        return ok(self.http.get(path, params=query))

    def ports(self, path: str = PORTS) -> list[dict[str, Any]]:
        """The ports that GET ports shows."""
        shown: list[dict[str, Any]] = self.get(path)["data"]["ports"]
        return shown

    def post(self, *ports: dict[str, Any], path: str = PORTS) -> httpx.Response:
        """POST a list of ports."""
        return self.http.post(path, json={"ports": list(ports)})

    def patch(self, *ports: dict[str, Any], path: str = PATCH) -> httpx.Response:
        """PATCH the ports of a service."""
        return self.http.patch(path, json={"ports": list(ports)})

    def set(self, **switches: Any) -> None:
        """Change switches at run time."""
        self.nf.settings = self.nf.settings.changed(switches)


def credential(user: str = "operator") -> dict[str, str]:
    """A login whose password must never be quoted."""
    return {"username": user, "password": SECRET, "type": "basic-auth"}


def ok(answer: httpx.Response) -> Any:
    """The body of a success."""
    assert answer.status_code == 200, answer.text
    return answer.json()


def details(answer: httpx.Response) -> dict[str, list[str]]:
    """The faults by path of a 400 that breaks the schema or a rule between ports."""
    error = answer.json()["error"]
    assert (answer.status_code, error["status"], error["id"]) == (400, 400, "nf-invalid-request-body")
    assert error["message"] == "Request failed payload validation - see details."
    found: dict[str, list[str]] = error["details"]
    return found
