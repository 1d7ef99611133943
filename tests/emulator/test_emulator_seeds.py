"""Seeds: their form, additions to a world that exists, and domains that a later write would refuse."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from emulated_shop import PORTS, Shop, ok
from world import http_port

from nf_ports.cli.main import main
from nf_ports.emulator import Emulator
from nf_ports.emulator.help_text import SEED_EXAMPLE
from nf_ports.emulator.seed import InvalidSeedError, dump
from nf_ports.emulator.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def _public(*domains: str) -> dict[str, Any]:
    return http_port(public=True, domains=list(domains))


def _seed(*domains: str, service: str = "pay") -> dict[str, Any]:
    return {"projects": [{"id": "shop", "services": [{"id": service, "ports": [_public(*domains)]}]}]}


def test_a_seed_adds_services_to_a_project_that_exists() -> None:
    with Shop() as shop:
        ok(shop.http.post("/_emulator/world", json={"projects": [{"name": "shop", "services": [{"name": "pay"}]}]}))

        assert [one["id"] for one in shop.get("/v1/projects")["data"]["projects"]] == ["shop"]
        assert shop.nf.ports("shop", "pay") == []
        assert shop.get(PORTS)["data"]["ports"] == []


def test_two_projects_of_one_seed_with_the_same_id_are_one_project() -> None:
    with Emulator() as nf:
        nf.seed({"projects": [{"id": "shop", "services": [{"id": "a"}]}, {"name": "Shop", "services": [{"id": "b"}]}]})

        assert [service.id for _, service in nf.world.services(nf.world.account(None), "shop")] == ["a", "b"]


def test_a_project_of_another_account_is_another_project() -> None:
    with Shop() as shop:
        shop.nf.seed({"projects": [{"id": "shop", "team": "acme", "services": [{"id": "pay"}]}]})

        assert shop.nf.ports("shop", "pay", team="acme") == []
        assert shop.http.get("/v1/projects/shop/services/pay/ports").status_code == 404


def test_a_service_that_exists_is_refused_and_nothing_is_added() -> None:
    with Shop() as shop:
        seed = {"projects": [{"id": "shop", "services": [{"id": "pay"}, {"id": "api"}]}]}
        assert shop.http.post("/_emulator/world", json=seed).status_code == 409

        assert shop.http.get("/v1/projects/shop/services/pay").status_code == 404


@pytest.mark.parametrize(
    "names",
    [{"id": "my-shop"}, {"name": "My Shop"}, {"id": "my-shop", "name": "My Shop"}],
    ids=["id", "name", "both"],
)
def test_a_project_and_a_service_have_an_id_or_a_name_or_both(names: dict[str, str]) -> None:
    with Emulator() as nf:
        nf.seed({"projects": [{**names, "services": [{**names, "ports": [http_port()]}]}]})

        assert [port["name"] for port in nf.ports("my-shop", "my-shop")] == ["http"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"projects": [{}]}, "projects.0.name: is required"),
        ({"projects": [{"id": "My Shop"}]}, "projects.0.id: is not the id of this name, which is my-shop"),
        (
            {"projects": [{"id": "other", "name": "My Shop"}]},
            "projects.0.id: is not the id of this name, which is my-shop",
        ),
        (
            {"projects": [{"id": "shop", "services": [{"id": "a"}, {"id": "b", "name": "c"}]}]},
            "projects.0.services.1.id: is not the id of this name, which is c",
        ),
        ({"projects": [{"id": "***"}]}, "projects.0.id: has no letter or digit"),
        (
            {"projects": [{"id": "shop", "services": [{"name": "_"}]}]},
            "projects.0.services.0.name: has no letter or digit",
        ),
    ],
)
def test_names_that_do_not_fit_are_refused_by_their_place(content: dict[str, Any], sentence: str) -> None:
    with Emulator() as nf:
        with pytest.raises(InvalidSeedError) as caught:
            nf.seed(content)

        assert str(caught.value) == f"the seed is not valid: {sentence}"
        assert dump(nf.world)["projects"] == []


_PLACE = "the seed is not valid: projects.0.services.0.ports.0.domains"


@pytest.mark.parametrize(
    ("domains", "sentence"),
    [
        (["pay.other.example"], f"{_PLACE}.0: pay.other.example is not registered; add it to `domains` of the seed"),
        (["new.shop.example"], f"{_PLACE}.0: new.shop.example is not registered; add it to `domains` of the seed"),
        (["api.shop.example", "www.shop.example"], f"{_PLACE}.1: www.shop.example is not verified"),
        (["linked.shop.example"], f"{_PLACE}.0: linked.shop.example is linked to another service"),
    ],
    ids=["no domain", "no sub-domain", "not verified", "linked elsewhere"],
)
def test_a_domain_that_every_later_write_would_refuse_is_refused(domains: list[str], sentence: str) -> None:
    with Shop() as shop:
        domain = shop.nf.world.domains.get(shop.nf.world.account(None), "shop.example")
        with shop.nf.world.transaction():
            shop.nf.world.domains.add_subdomain(domain, {"subdomain": "linked"}, verified=True)
        ok(shop.post(_public("linked.shop.example")))
        before = dump(shop.nf.world)

        with pytest.raises(InvalidSeedError) as caught:
            shop.nf.seed(_seed(*domains))
        answer = shop.http.post("/_emulator/world", json=_seed(*domains))

        assert str(caught.value) == sentence
        assert (answer.status_code, answer.json()["error"]["message"]) == (400, sentence)
        assert dump(shop.nf.world) == before


def test_a_domain_of_two_services_of_one_seed_is_refused_at_the_second() -> None:
    seed = _seed("api.shop.example")
    seed["projects"] += _seed("api.shop.example", service="bill")["projects"]
    with Shop() as shop:
        with pytest.raises(
            InvalidSeedError, match=r"projects\.1\.services\.0\.ports\.0\.domains\.0: api\.shop\.example"
        ):
            shop.nf.seed(seed)

        assert shop.http.get("/v1/projects/shop/services/pay").status_code == 404


def test_a_service_of_a_project_that_is_not_there_is_refused() -> None:
    sentence = r"^there is no project 'shop' for service 'api'; add the project first$"
    with Emulator() as nf, pytest.raises(InvalidSeedError, match=sentence):
        nf.add_service("shop", "api")


def test_a_build_service_with_ports_is_refused() -> None:
    seed = {"projects": [{"id": "new", "services": [{"id": "images", "type": "build", "ports": [http_port()]}]}]}
    with Emulator() as nf:
        with pytest.raises(InvalidSeedError, match=r"^the seed is not valid: projects\.0\.services\.0\.ports: a build"):
            nf.seed(seed)

        assert dump(nf.world)["projects"] == []


def test_a_seed_that_is_taken_can_be_written_back() -> None:
    seed = _seed("api.shop.example", "api.shop.example/v1", "x.wild.example")
    seed["domains"] = [{"domain": "wild.example", "wildcard": True}]
    with Shop() as shop:
        shop.nf.seed(seed)

        shown = shop.nf.ports("shop", "pay")
        ok(shop.post(*[{**_public(*port["domains"]), "id": port["id"]} for port in shown], path=_PAY))
        assert shop.nf.ports("shop", "pay") == shown


_PAY = "/v1/projects/shop/services/pay/ports"


def test_the_example_of_the_help_is_a_seed() -> None:
    with Emulator(Settings(era="2026b")) as nf:
        nf.seed(json.loads(SEED_EXAMPLE))

        (port,) = nf.ports("shop", "api")
        assert port["domains"] == ["api.shop.example"]


def test_the_help_explains_seeds_control_routes_versions_and_the_fixture(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["emulator", "--help"]) == 0
    shown = capsys.readouterr().out

    assert textwrap.indent(SEED_EXAMPLE, "  ") in shown
    with Shop() as shop:
        routes = shop.get("/_emulator")["routes"]
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert all(any(line.startswith(route) for line in lines) for route in routes)
    for era in ("2025", "2026a", "2026b", "gone"):
        assert any(line.startswith(f"{era} ") for line in lines)
    methods = {name for name in vars(Emulator) if not name.startswith("_")} - {"start", "stop", "transport"}
    assert [method for method in methods if method not in shown] == []
    assert max(map(len, shown.splitlines())) <= 100


def test_a_bad_seed_of_the_command_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(_seed("api.shop.example")))

    assert main(["emulator", "--seed", str(seed)]) == 2

    assert capsys.readouterr().err == (
        f"error: the seed file {seed} cannot be added: {_PLACE}.0: api.shop.example is not registered;"
        " add it to `domains` of the seed\n"
    )
