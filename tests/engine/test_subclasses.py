"""A subclass of `ServicePorts` is the same resource; what carries our provider is never passed over in silence."""

import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import pulumi
import pytest
from programs.shop import METRICS, api, http, several
from programs.stage import Stage
from pulumi.dynamic import Resource
from test_review_engine import found, reviewed

from local_engine.engine import LocalEngine
from nf_ports import Port, ServicePorts
from nf_ports.provider import ServicePortsProvider

PACK: Final = pathlib.Path(__file__).parents[2] / "policy"
OURS: Final = "pulumi-python:dynamic/northflank:ServicePorts"
PORTS: Final = {"http": http(), "metrics": METRICS}
LISTED: Final = {
    "http": {"internalPort": 8080, "protocol": "HTTP", "public": True},
    "metrics": {"internalPort": 9090, "protocol": "TCP", "public": False},
}


class Mine(ServicePorts):
    """What a team adds to a resource: nothing."""


class Typed(Resource):
    """A resource of a team's own making, with our provider: as a subclass was until 0.1.0."""

    def __init__(self, name: str, provider: ServicePortsProvider | None = None) -> None:
        """Declare the ports of `shop/api`."""
        props = {"projectId": "shop", "serviceId": "api", "teamId": None, "ports": LISTED}
        super().__init__(provider or ServicePortsProvider(), name, props)


class Masked(ServicePortsProvider):
    """A provider that Pulumi masks."""

    serialize_as_secret_always = True


@pytest.fixture
def stage(engine: LocalEngine) -> Iterator[Stage]:
    with Stage(engine) as stage:
        yield stage


def test_a_resource_that_becomes_a_subclass_stays_what_it_is(stage: Stage) -> None:
    stage.up(lambda: api(PORTS))
    stage.nf.clear_requests()
    ran = stage.up(lambda: Mine("api", "shop", "api", PORTS))

    assert (ran.changes, ran.calls) == ({"same": 2}, {})
    assert stage.resources()["api"]["type"] == OURS


def test_a_subclass_of_until_now_comes_along(stage: Stage) -> None:
    stage.up(lambda: Typed("api"))
    assert stage.resources()["api"]["type"] == "pulumi-python:dynamic:Resource"
    stage.nf.clear_requests()
    ran = stage.up(lambda: Mine("api", "shop", "api", PORTS))

    assert (ran.changes, ran.writes) == ({"same": 2}, [])
    assert stage.resources()["api"]["type"] == OURS
    assert stage.live().keys() == {"http", "metrics"}
    assert stage.up().changes == {"same": 2}


@pytest.mark.parametrize(
    "program",
    [lambda: Mine("api", "shop", "api", PORTS), lambda: Typed("api"), lambda: Typed("api", Masked())],
    ids=["a subclass", "our provider", "our provider, masked"],
)
def test_review_and_pack_speak_of_whatever_carries_our_provider(stage: Stage, program: Callable[[], Any]) -> None:
    services = found(stage.preview_json(program))

    assert "unprotected" in [each["effect"] for each in services["shop/api"]["findings"]]
    assert "no-unprotected-port" in stage.preview(program, policy_packs=[stage._engine.policy_pack(PACK)]).text


def test_another_dynamic_resource_is_none_of_ours(stage: Stage) -> None:
    class Other(Resource):
        pass

    def program() -> None:
        props = {"projectId": "shop", "ports": LISTED}
        Other(pulumi.dynamic.ResourceProvider(), "other", props)

    _code, out, _err = reviewed(stage.preview_json(program))
    assert out.startswith("no service changes its ports")
    assert "no-unprotected-port" not in stage.preview(program, policy_packs=[stage._engine.policy_pack(PACK)]).text


def by_place(services: Sequence[str]) -> Callable[[], None]:
    return lambda: several({f"service-{index}": service for index, service in enumerate(services)})


@pytest.mark.parametrize(
    "services",
    [("web", "more"), ("more", "api", "web"), ("web", "api", "more")],
    ids=["the first leaves", "one is inserted", "two swap"],
)
def test_review_says_of_resources_named_by_their_place_what_to_do(stage: Stage, services: Sequence[str]) -> None:
    stage.nf.add_service("shop", "more")
    stage.up(by_place(("api", "web", "more")[: 2 if len(services) == 3 and services[0] == "more" else 3]))
    text = stage.preview_json(by_place(services))

    told = [note for each in found(text).values() for note in each["notes"] if "named by their place" in note]
    assert told
    assert all("name each resource by its service, and nothing is replaced" in note for note in told)
    assert not any("alias" in note for note in told)

    before = {service: stage.live(service) for service in services if stage.live(service)}
    stage.up(by_place(services))
    for service, ports in before.items():
        assert stage.live(service).keys() == ports.keys()
        assert set() not in stage.lists(service)


def test_options_that_name_properties_in_another_spelling_are_warned_of(stage: Stage) -> None:
    def program(**options: Any) -> Callable[[], object]:
        ports = {"http": Port(internal_port=8081, protocol="HTTP")}
        return lambda: api(ports, opts=pulumi.ResourceOptions(**options))

    stage.up(program())
    ran = stage.preview(
        program(
            ignore_changes=["ports.http.internal_port", 'ports["http"].security', "exposure"],
            additional_secret_outputs=["port_ids"],
        )
    )

    warned = ran.lines("warning: .*has no effect")
    named = ('ignore_changes names "ports.http.internal_port"', 'additional_secret_outputs names "port_ids"')
    right = ("internal_port is internalPort", "port_ids is portIds")
    assert warned == [
        f'warning: ServicePorts "api": {what}, which has no effect; use Northflank\'s names, as in the state ({names})'
        for what, names in zip(named, right, strict=True)
    ]


def test_ignored_changes_are_ignored_by_the_names_of_the_state(stage: Stage) -> None:
    def program(number: int) -> Callable[[], object]:
        ports = {"http": Port(internal_port=number, protocol="HTTP")}
        return lambda: api(ports, opts=pulumi.ResourceOptions(ignore_changes=["ports.http.internalPort"]))

    stage.up(program(8081))
    ran = stage.up(program(8082))

    assert ran.changes == {"same": 2}
    assert stage.live()["http"]["internalPort"] == 8081
