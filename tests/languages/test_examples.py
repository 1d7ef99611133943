"""The examples of all languages are the same stack, and live the same life on the real engine."""

import json
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from language_project import EXAMPLES, HERE, Go, Project, Python, TypeScript, Yaml
from node_modules import LOCK
from world import shop

from local_engine.engine import LocalEngine
from nf_ports.emulator import Emulator

Json = dict[str, Any]
CANARY = "canary-Zk4vQx"


@pytest.fixture
def nf() -> Iterator[Emulator]:
    with shop(("api", "web"), served=True) as nf:
        yield nf


@pytest.fixture(params=[Yaml, Python, TypeScript, Go], ids=["yaml", "python", "typescript", "go"])
def project(request: pytest.FixtureRequest, plain_engine: LocalEngine, nf: Emulator, tmp_path: pathlib.Path) -> Project:
    """The example with a stack."""
    kind: type[Project] = request.param
    project = kind(plain_engine, nf, tmp_path)
    project.pulumi("config", "set", "--secret", "opsPassword", CANARY)
    return project


def live(nf: Emulator, service: str) -> dict[str, Json]:
    """The ports that a service has at Northflank, by name."""
    return {port["name"]: port for port in nf.ports("shop", service)}


def addresses(nf: Emulator) -> list[str]:
    """The allow-list of the API's port at Northflank."""
    [rule] = live(nf, "api")["http"]["security"]["policies"]
    assert rule["action"] == "ALLOW"
    return sorted(rule["addresses"])


def test_an_example_lives(project: Project, nf: Emulator) -> None:
    made = project.up()
    assert made.changes == {"create": 3}
    assert set(made.writes) == {"api", "web"}
    assert len(made.writes) == 2
    http = live(nf, "api")["http"]
    assert (http["internalPort"], http["public"], http["domains"]) == (8080, True, ["api.shop.example"])
    assert http["security"]["verificationMode"] == "and"
    [login] = http["security"]["credentials"]
    assert (login["username"], login["password"]) == ("ops", CANARY)
    [header] = http["security"]["headers"]
    assert (header["name"], header["value"]) == ("Origin", f"https://{live(nf, 'web')['http']['dns']}")
    assert live(nf, "api")["metrics"]["internalPort"] == 9090
    [rule] = live(nf, "web")["http"]["security"]["securePathConfiguration"]["rules"]
    assert rule["paths"][0]["path"] == "/admin"
    [login] = rule["securityPolicies"]["requiredPolicies"]["credentials"]
    assert login["password"] == CANARY
    shown = json.loads(project.pulumi("stack", "output", "--json").text)
    assert shown == {
        "web": header["value"],
        "api": "https://api.shop.example",
        "metricsInside": "api:9090",
    }

    again = project.up()
    assert (again.changes, again.asked) == ({"same": 3}, [])

    project.edit("203.0.113.0/24", "198.51.100.7")
    planned = project.preview()
    assert [line for line in planned.marked if line.startswith(("+ ", "- "))] == [
        "+ 198.51.100.7/32: true",
        "- 203.0.113.0/24: true",
    ]
    assert planned.lines(r"allow-list widened by 198\.51\.100\.7/32")
    assert planned.writes == []
    changed = project.up()
    assert (changed.changes, changed.writes) == ({"update": 1, "same": 2}, ["api"])
    assert addresses(nf) == ["198.51.100.7/32", "2001:db8::/48"]

    state = project.pulumi("stack", "export").text
    assert "northflank:index:ServicePorts" in state
    project.destroy()
    assert (live(nf, "api"), live(nf, "web")) == ({}, {})
    assert CANARY not in "".join(project.printed)


def test_the_lock_of_the_node_packages_names_no_registry() -> None:
    packages = json.loads(LOCK.read_text("utf-8"))["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_the_go_example_runs_with_the_sdk_that_it_pins() -> None:
    pins = [(folder / "go" / "go.mod").read_text("utf-8") for folder in (EXAMPLES, HERE)]
    assert len({re.findall(r"github\.com/pulumi/pulumi/sdk/v3 (v\S+)", text)[0] for text in pins}) == 1
