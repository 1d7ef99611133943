"""Gives every test here a fresh world and plain ways to talk to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from nf_ports.emulator import Emulator, Settings

PORTS = "/v1/projects/shop/services/api/ports"
SERVICE = "/v1/projects/shop/services/api"
PATCH = "/v1/projects/shop/services/deployment/api"
SECRET = "correct-horse-battery"


class Shop:
    """An emulator with one project, three services and one domain, and an in-process client for it."""

    def __init__(self, settings: Settings, token: str = "nf-demo-token") -> None:
        """Build the world; nothing listens."""
        self.nf = Emulator(settings, token=token)
        self.nf.add_project("shop")
        self.nf.add_service("shop", "api")
        self.nf.add_service("shop", "web", service_type="combined")
        self.nf.add_service("shop", "images", service_type="build")
        self.nf.add_domain("shop.example", subdomains={"api": True, "www": False})
        self.http = httpx.Client(
            base_url=self.nf.url,
            transport=self.nf.transport(),
            headers={"authorization": f"Bearer {token}"},
        )

    def get(self, path: str = PORTS, **query: Any) -> Any:
        """The body of a successful GET."""
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ports(self, path: str = PORTS) -> list[dict[str, Any]]:
        """What GET ports shows."""
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


def http_port(name: str = "http", number: int = 8080, **members: Any) -> dict[str, Any]:
    """A valid private HTTP port."""
    return {"name": name, "internalPort": number, "protocol": "HTTP", **members}


def credential(user: str = "operator") -> dict[str, str]:
    """A login whose password must never be quoted."""
    return {"username": user, "password": SECRET, "type": "basic-auth"}


@pytest.fixture
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A fresh shop; parametrise indirectly with the switches."""
    made = Shop(Settings().changed(getattr(request, "param", {})))
    with made.http:
        yield made
    made.nf.world.close()
