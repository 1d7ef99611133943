"""What a YAML program does with plain commands alone: import, look up, and add the package."""

import pathlib
from collections.abc import Iterator

import pytest
from language_project import Yaml
from world import http_port, shop

from local_engine.engine import LocalEngine
from nf_ports.emulator import Emulator

HEAD = "name: shop\nruntime: yaml\n"
ALLOWED = {"policies": [{"action": "ALLOW", "addresses": ["203.0.113.0/24"]}]}
EXPECTED = """
resources:
  web:
    type: northflank:ServicePorts
    properties:
      projectId: shop
      serviceId: web
      ports:
        http: {internalPort: 3000, protocol: HTTP, public: true}
      expect:
        - {verdict: denies, port: http}
        - {verdict: allows, port: http, caller: private}
      ignore:
        - {code: NF101, port: http, reason: a public site, until: "2999-12-31"}
"""
TOKEN = "northflank:index:ServicePorts"
LOOK_UP = """
variables:
  api:
    fn::invoke:
      function: northflank:getServicePorts
      arguments: {projectId: shop, serviceId: api}
outputs:
  number: ${api.ports["http"].internalPort}
  url: ${api.urls["http"]}
  inside: ${api.addresses["http"]}
"""


@pytest.fixture
def nf() -> Iterator[Emulator]:
    ports = [http_port(public=True, domains=["api.shop.example"], security=ALLOWED), http_port("admin", 8081)]
    with shop({"api": ports, "web": []}, served=True) as nf:
        yield nf


@pytest.fixture
def project(plain_engine: LocalEngine, nf: Emulator, tmp_path: pathlib.Path) -> Yaml:
    """A project without resources."""
    project = Yaml(plain_engine, nf, tmp_path)
    project.program.write_text(HEAD, "utf-8")
    return project


def test_the_code_that_import_writes_previews_empty(project: Yaml, nf: Emulator) -> None:
    before = nf.ports("shop", "api")
    project.pulumi("import", TOKEN, "api", "shop/api", "--yes", "--protect=false", "--out", "imported.yaml")
    project.program.write_text(HEAD + (project.folder / "imported.yaml").read_text("utf-8"), "utf-8")

    planned = project.preview()
    assert (planned.changes, planned.asked) == ({"same": 2}, [])
    done = project.up()
    assert (done.changes, done.asked) == ({"same": 2}, [])
    assert nf.ports("shop", "api") == before

    project.edit("203.0.113.0/24: true", "198.51.100.7/32: true")
    assert [line for line in project.preview().marked if line.startswith(("+ ", "- "))] == [
        "+ 198.51.100.7/32: true",
        "- 203.0.113.0/24: true",
    ]


def test_a_second_resource_for_one_service_is_refused(project: Yaml) -> None:
    place = "{projectId: shop, serviceId: api, ports: {}}"
    one, two = (f"  {name}:\n    type: northflank:ServicePorts\n    properties: {place}\n" for name in ("one", "two"))
    project.program.write_text(f"{HEAD}resources:\n{one}{two}", "utf-8")

    with pytest.raises(AssertionError, match="declares the ports of this service, too"):
        project.preview()


def test_expectations_of_a_program_fail_its_preview_and_pass(project: Yaml) -> None:
    project.program.write_text(HEAD + EXPECTED, "utf-8")

    with pytest.raises(AssertionError, match=r"must deny a caller from the internet, but port .*, /: let in"):
        project.preview()

    project.edit("public: true", "public: false")
    done = project.up()
    assert done.changes == {"create": 2}
    assert project.preview().changes == {"same": 2}


def test_a_program_looks_up_a_service_that_it_does_not_own(project: Yaml, nf: Emulator) -> None:
    project.program.write_text(HEAD + LOOK_UP, "utf-8")
    before = nf.ports("shop", "api")

    shown = project.up()

    assert shown.lines(r"number\s*: 8080")
    assert shown.lines(r"url\s*: \"https://api.shop.example\"")
    assert shown.lines(r"inside\s*: \"api:8080\"")
    assert shown.writes == []
    project.destroy()
    assert nf.ports("shop", "api") == before


@pytest.mark.parametrize("by", ["name", "path"])
def test_the_package_can_be_added(project: Yaml, plain_engine: LocalEngine, by: str) -> None:
    project.program.write_text(HEAD + LOOK_UP, "utf-8")
    [executable] = (plain_engine.root / "home" / "plugins").glob("*/pulumi-resource-northflank")

    added = project.pulumi("package", "add", "northflank" if by == "name" else str(executable))

    assert added.lines("added package northflank service ports")
    assert "packages:\n  northflank: northflank@" in project.program.read_text("utf-8")
    assert list((project.folder / "sdks" / "northflank").iterdir())
    assert project.up().lines(r"number\s*: 8080")


def test_a_project_can_name_the_plugin_of_its_own_environment(project: Yaml, plain_engine: LocalEngine) -> None:
    [installed] = (plain_engine.root / "home" / "plugins").glob("*/pulumi-resource-northflank")
    own = project.folder / "bin" / installed.name
    own.parent.mkdir()
    own.write_text(f'#!/bin/sh\ntouch "{own.parent}/ran"\nexec "{installed}" "$@"\n', "utf-8")
    own.chmod(0o755)
    project.program.write_text(
        f"{HEAD}plugins:\n  providers:\n    - name: northflank\n      path: bin\n{LOOK_UP}", "utf-8"
    )

    assert project.up().lines(r"number\s*: 8080")
    assert (own.parent / "ran").is_file()
