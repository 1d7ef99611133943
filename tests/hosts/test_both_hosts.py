"""The provider inside the process of either host: what arrives from the engine, and what goes back to it."""

from collections.abc import Iterator
from typing import Any

import pytest
from host_process import PROVIDER, UNKNOWN, Diffed, DynamicHost, HostProcess, PackagedHost, Refused, bared, secret
from pulumi.dynamic.dynamic import serialize_provider
from world import environment, shop

from nf_ports.emulator import Emulator
from nf_ports.provider import ServicePortsProvider

Json = dict[str, Any]
TCP: Json = {"internalPort": 9090.0, "protocol": "TCP"}
HTTP: Json = {"internalPort": 8080.0, "protocol": "HTTP", "public": True}


@pytest.fixture
def nf() -> Iterator[Emulator]:
    with shop(served=True) as nf:
        yield nf


@pytest.fixture(params=[DynamicHost, PackagedHost])
def kind(request: pytest.FixtureRequest) -> type[HostProcess]:
    """Which host."""
    found: type[HostProcess] = request.param
    return found


@pytest.fixture
def host(nf: Emulator, kind: type[HostProcess]) -> Iterator[HostProcess]:
    env = environment(nf)
    config = {"northflank:unmanaged": "fail"}
    with kind(env, config) as host:
        yield host


def _inputs(ports: Any, **more: Any) -> Json:
    return {"projectId": "shop", "serviceId": "api", "ports": ports, **more}


def _guarded(password: Any) -> Json:
    return HTTP | {"security": {"credentials": {"ops": {"password": password}}}}


def test_the_reference_to_the_provider_is_pinned() -> None:
    """It stands in every state: the module's path and the class's name must never change."""
    assert serialize_provider(ServicePortsProvider()) == PROVIDER
    assert len(PROVIDER) < 100


def test_numbers_arrive_as_floats_and_are_written_whole(host: HostProcess, nf: Emulator) -> None:
    inputs, failures = host.check(_inputs({"metrics": TCP}))
    assert not failures
    _, state = host.create(inputs)

    (number,) = [port["internalPort"] for request in nf.requests if request.body for port in request.body["ports"]]
    assert type(number) is int
    assert state["addresses"] == {"metrics": "api:9090"}


def test_a_number_that_is_not_whole_is_refused(host: HostProcess) -> None:
    _, failures = host.check(_inputs({"metrics": TCP | {"internalPort": 9090.5}}))
    ((prop, reason),) = failures
    named = "" if prop else "ports.metrics.internalPort: "
    assert prop in {"", "ports.metrics.internalPort"}
    assert reason.endswith(f"shop/api: {named}must be a whole number, not 9090.5")


@pytest.mark.parametrize(
    "ports",
    [
        {"http": HTTP | {"internalPort": UNKNOWN}},
        {"http": HTTP | {"domains": UNKNOWN}},
        {"http": HTTP | {"domains": {"api.shop.example": UNKNOWN}}},
        {"http": HTTP | {"security": UNKNOWN}},
        {"http": HTTP | {"security": {"policies": {"ALLOW": UNKNOWN}}}},
        {"http": UNKNOWN, "metrics": TCP},
        UNKNOWN,
    ],
    ids=["leaf", "domains", "mark", "security", "rule", "port", "map"],
)
def test_what_is_not_known_passes_check_and_shows_as_a_change(host: HostProcess, ports: Any) -> None:
    inputs, failures = host.check(_inputs(ports))
    assert not failures
    assert UNKNOWN in str(inputs)
    assert host.diff(_inputs({"http": HTTP}), inputs).changes


def test_an_unknown_password_stays_unknown_and_secret(host: HostProcess) -> None:
    inputs, failures = host.check(_inputs({"http": _guarded(UNKNOWN)}))
    assert not failures
    assert inputs["ports"]["http"]["security"]["credentials"]["ops"]["password"] == secret(UNKNOWN)


@pytest.mark.parametrize("key", ["projectId", "serviceId", "teamId"])
def test_an_unknown_identity_may_be_another_service(host: HostProcess, key: str) -> None:
    inputs, failures = host.check(_inputs({"metrics": TCP}, **{key: UNKNOWN}))
    assert not failures
    assert host.diff(_inputs({"metrics": TCP}), inputs).replaces == [key]


def test_every_secret_leaf_is_marked_on_the_way_back(host: HostProcess, nf: Emulator) -> None:
    inputs, _ = host.check(_inputs({"http": _guarded("hush")}))
    _, created = host.create(inputs)
    nf.set_ports("shop", "api", [{**port, "internalPort": 8081} for port in nf.ports("shop", "api")])
    _, read, read_inputs = host.read("shop/api", created)
    updated = host.update(read, inputs)

    for state in (inputs, created, read, read_inputs, updated):
        assert state["ports"]["http"]["security"]["credentials"]["ops"]["password"] == secret("hush")


def test_check_of_its_own_result_is_the_same_result(host: HostProcess) -> None:
    ports = {
        "http": HTTP
        | {
            "domains": {"API.shop.example.": True},
            "security": {
                "policies": {"ALLOW": {"203.0.113.9/24": True}},
                "headers": {"X-Key": {"value": "hush", "regexMode": False}},
            },
        },
        "metrics": TCP | {"public": False, "domains": {}},
    }
    first, failures = host.check(_inputs(ports, onDelete="keep"))
    assert not failures
    again, failures = host.check(bared(first), first)
    assert not failures
    assert again == first
    assert first["ports"]["http"]["domains"] == {"api.shop.example": True}
    assert list(first["ports"]["http"]["security"]["policies"]["ALLOW"]) == ["203.0.113.0/24"]


def test_a_failed_check_names_no_input_and_tells_all_violations(host: HostProcess) -> None:
    """The engine prints the whole value of an input that a failure names, secrets in clear."""
    ports = {"http": _guarded("hush") | {"internalPort": 0}, "toolongname": TCP | {"protocol": "SCTP"}}
    _, failures = host.check({"projectId": "shop", "ports": ports, "onDelete": "burn"})

    assert {prop for prop, _ in failures} & {"ports", "serviceId", "onDelete"} == set()
    assert [prop or reason.split(": ")[1] for prop, reason in failures] == [
        "onDelete",
        "ports.http.internalPort",
        "ports.toolongname",
        "ports.toolongname.protocol",
        "serviceId",
    ]
    assert "hush" not in str(failures)


def test_defaults_of_the_stack_become_inputs(nf: Emulator, kind: type[HostProcess]) -> None:
    config = {"northflank:teamId": "acme", "northflank:onDelete": "keep", "northflank:unmanaged": "remove"}
    with kind({"NORTHFLANK_API_BASE_URL": nf.url}, config) as host:
        inputs, _ = host.check(_inputs({"metrics": TCP}, unmanaged="fail"))
    assert {key: inputs.get(key) for key in ("teamId", "onDelete", "unmanaged", "onConflict")} == {
        "teamId": "acme",
        "onDelete": "keep",
        "unmanaged": "fail",
        "onConflict": None,
    }


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        (_inputs({"http": HTTP}), Diffed(changes=False)),
        (_inputs({"http": HTTP | {"public": False}}), Diffed(changes=True)),
        (_inputs({"http": HTTP, "metrics": TCP}), Diffed(changes=True)),
        (_inputs({}), Diffed(changes=True)),
        (_inputs({"http": HTTP}, onDelete="keep"), Diffed(changes=True)),
        (_inputs({"http": HTTP}, teamId="acme"), Diffed(changes=True, replaces=["teamId"])),
        (_inputs({"http": HTTP}) | {"serviceId": "web"}, Diffed(changes=True, replaces=["serviceId"])),
    ],
    ids=["same", "leaf", "added", "none", "policy", "team", "service"],
)
def test_diff_tells(host: HostProcess, news: Json, expected: Diffed) -> None:
    state = _inputs({"http": HTTP}, urls={"http": "https://x.code.run"}, stateVersion=1.0)
    assert host.diff(state, news) == expected


def test_diff_lets_another_service_be_written_before_the_former_one_is_cleared(host: HostProcess) -> None:
    ports = {"http": HTTP | {"domains": {"api.shop.example": True}}}
    assert host.diff(_inputs(ports), _inputs(ports) | {"projectId": "depot"}) == Diffed(
        changes=True, replaces=["projectId"], delete_before_replace=False
    )


def test_a_rotation_is_told_once_a_run(host: HostProcess) -> None:
    for _ in range(3):
        assert host.diff(_inputs({"http": _guarded("old")}), _inputs({"http": _guarded("new")})).changes
    (line,) = host.said.splitlines()
    assert line.endswith('shop/api: port "http", user "ops" gets a new secret [new-secret]')


def test_a_service_that_is_gone_has_no_id(host: HostProcess, nf: Emulator) -> None:
    _, state = host.create(host.check(_inputs({"metrics": TCP}))[0])
    nf.delete_service("shop", "api")

    assert host.read("shop/api", state) == ("", {}, {})
    host.delete(state)


def test_a_read_of_an_id_alone_finds_the_service(host: HostProcess, nf: Emulator) -> None:
    nf.set_ports("shop", "api", [{"name": "metrics", "internalPort": 9090, "protocol": "TCP"}])
    id_, state, inputs = host.read("shop/api", {})
    assert id_ == "shop/api"
    assert inputs == _inputs({"metrics": TCP | {"public": False}})
    assert state["addresses"] == {"metrics": "api:9090"}


def test_an_error_is_one_sentence_without_a_traceback(host: HostProcess, nf: Emulator) -> None:
    inputs, _ = host.check(_inputs({"metrics": TCP}))
    nf.delete_service("shop", "api")
    with pytest.raises(Refused) as create:
        host.create(inputs)
    nf.add_service("shop", "api")
    nf.set_ports("shop", "api", [{"name": "other", "internalPort": 1, "protocol": "TCP"}])
    with pytest.raises(Refused) as update:
        host.update(_inputs({}), inputs)
    with pytest.raises(Refused) as read:
        host.read("no-service", {})

    for refused in (create, update, read):
        assert "\n" not in refused.value.text
        assert "Traceback" not in refused.value.text
    assert create.value.text.startswith("cannot read the ports of shop/api: ")
    assert update.value.text.startswith("shop/api has ports that the program does not declare: other.")
    assert read.value.text == "the id of a ServicePorts must be PROJECT/SERVICE or TEAM/PROJECT/SERVICE"


def test_what_is_no_argument_is_refused_by_name(host: HostProcess) -> None:
    _, failures = host.check(_inputs({"metrics": TCP}, portz={}))
    ((prop, reason),) = failures
    assert not prop
    assert reason.endswith("shop/api: portz: is not an argument of ServicePorts")
