"""What only the packaged provider can do: say what changes, preview outputs, warn at a resource, be cancelled."""

import json
import os
import pathlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from host_process import PROVIDER, UNKNOWN, PackagedHost, Refused, bared, plain, secret
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, status_pb2
from world import environment, shop

import nf_ports
from nf_ports.core.state import PROVIDER as STATED
from nf_ports.emulator import Emulator

Json = dict[str, Any]
TCP: Json = {"internalPort": 9090, "protocol": "TCP", "public": False}
HTTP: Json = {"internalPort": 8080, "protocol": "HTTP", "public": True}
CANARY = "canary-Zk4vQx"
URN = "urn:pulumi:dev::shop::northflank:index:ServicePorts::api"
SCHEMA = pathlib.Path(nf_ports.__file__).parent / "hosts" / "packaged" / "schema.json"


@pytest.fixture
def nf() -> Iterator[Emulator]:
    with shop(served=True, era="2026b") as nf:
        yield nf


@pytest.fixture
def host(nf: Emulator) -> Iterator[PackagedHost]:
    with PackagedHost(environment(nf)) as host:
        yield host


def inputs(ports: Any, **more: Any) -> Json:
    return {"projectId": "shop", "serviceId": "api", "ports": ports, **more}


def guarded(password: Any = CANARY, **more: Any) -> Json:
    return HTTP | {"security": {"credentials": {"ops": {"password": password}}}} | more


def detailed(host: PackagedHost, olds: Json, news: Json) -> dict[str, str]:
    """The kind of every change that diff names, by its path."""
    answer = host.ask("Diff", provider_pb2.DiffRequest(), olds=olds, news=news)
    assert answer.hasDetailedDiff
    assert all(change.inputDiff for change in answer.detailedDiff.values())
    kinds = provider_pb2.PropertyDiff.Kind
    return {path: kinds.Name(change.kind) for path, change in answer.detailedDiff.items()}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (inputs({"http": HTTP}), inputs({"http": HTTP}), {}),
        (
            inputs({"http": guarded("old")}),
            inputs({"http": guarded("new")}),
            {"ports.http.security.credentials.ops.password": "UPDATE"},
        ),
        (inputs({"http": HTTP}), inputs({"http": HTTP, "metrics": TCP}), {"ports.metrics": "ADD"}),
        (inputs({"http": HTTP, "metrics": TCP}), inputs({"http": HTTP}), {"ports.metrics": "DELETE"}),
        (
            inputs({"http": HTTP | {"domains": {"a.shop.example": True}}}),
            inputs({"http": HTTP | {"domains": {"b.shop.example": True}}}),
            {'ports.http.domains["a.shop.example"]': "DELETE", 'ports.http.domains["b.shop.example"]': "ADD"},
        ),
        (
            inputs({"http": HTTP | {"security": {"policies": {"ALLOW": {"203.0.113.7": True}}}}}),
            inputs({"http": HTTP | {"security": {"policies": [{"action": "ALLOW", "addresses": ["203.0.113.7/32"]}]}}}),
            {},
        ),
        (
            inputs({"http": HTTP}),
            inputs({"http": HTTP | {"internalPort": UNKNOWN}}),
            {"ports.http.internalPort": "UPDATE"},
        ),
        (inputs({"http": HTTP}), inputs(UNKNOWN), {"ports": "UPDATE"}),
        (inputs({"http": HTTP}), inputs({"http": HTTP}, onDelete="keep"), {"onDelete": "ADD"}),
        (inputs({"http": HTTP}, onDelete="keep"), inputs({"http": HTTP}), {"onDelete": "DELETE"}),
        (inputs({"http": HTTP}), inputs({"http": HTTP}) | {"serviceId": "web"}, {"serviceId": "UPDATE_REPLACE"}),
        (inputs({"http": HTTP}), inputs({"http": HTTP}, teamId="acme"), {"teamId": "ADD_REPLACE"}),
    ],
    ids=[
        *("nothing", "a password", "a port more", "a port less", "a domain", "host bits and order", "an unknown leaf"),
        *("an unknown map", "a setting more", "a setting less", "another service", "another team"),
    ],
)
def test_diff_names_the_leaves_that_change(host: PackagedHost, before: Json, after: Json, expected: Json) -> None:
    assert detailed(host, before, after) == expected


def test_a_preview_of_a_create_knows_what_follows_from_the_desired_ports(host: PackagedHost, nf: Emulator) -> None:
    desired = inputs({"http": HTTP | {"domains": ["api.shop.example"]}, "open": HTTP | {"internalPort": 1}, "m": TCP})
    checked, _ = host.check(desired)
    answer = host.ask("Create", provider_pb2.CreateRequest(preview=True), properties=checked)

    assert answer.id == "shop/api"
    assert dict(answer.properties["urls"]) == {"http": "https://api.shop.example", "open": UNKNOWN}
    assert dict(answer.properties["addresses"]) == {"http": "api:8080", "open": "api:1", "m": "api:9090"}
    assert answer.properties["certificates"] == UNKNOWN
    assert {request.operation for request in nf.requests} <= {"list.domains", "get.domain"}


def test_a_preview_of_an_update_keeps_what_cannot_change(host: PackagedHost) -> None:
    _, made = host.create(host.check(inputs({"http": HTTP, "metrics": TCP}))[0])
    desired, _ = host.check(
        inputs({"http": HTTP | {"internalPort": 81}, "metrics": TCP, "new": TCP | {"internalPort": 5}})
    )
    olds = bared(made)
    answer = host.ask("Update", provider_pb2.UpdateRequest(preview=True), olds=olds, news=desired)

    assert dict(answer.properties["urls"]) == olds["urls"]
    assert dict(answer.properties["dns"]) == olds["dns"]
    assert dict(answer.properties["portIds"]) == {**olds["portIds"], "new": UNKNOWN}
    assert answer.properties["addresses"]["http"] == "api:81"


def test_a_preview_promises_nothing_that_the_operation_does_not_keep(host: PackagedHost) -> None:
    _, made = host.create(host.check(inputs({"http": HTTP, "metrics": TCP}))[0])
    ports = {"http": HTTP | {"domains": ["api.shop.example"]}, "metrics": TCP | {"internalPort": 7}}
    desired, _ = host.check(inputs(ports))
    promised = host.ask("Update", provider_pb2.UpdateRequest(preview=True), olds=made, news=desired).properties
    kept = bared(host.update(made, desired))

    for output in ("urls", "addresses", "dns", "portIds", "certificates"):
        known = {} if promised[output] == UNKNOWN else promised[output]
        assert {key: value for key, value in known.items() if value != UNKNOWN}.items() <= kept[output].items()
        assert not known or known.keys() == kept[output].keys()


def test_a_warning_stands_at_its_resource(host: PackagedHost) -> None:
    host.ask("Check", provider_pb2.CheckRequest(urn=URN), news=inputs({"http": HTTP}), olds={})

    (line,) = host.lines
    assert (line.urn, line.warning) == (URN, True)
    assert line.text == 'shop/api: port "http": is open to the internet and lets in everyone (NF101) [exposure]'


def test_checks_without_effect_are_told_of_ports_that_change_alone(host: PackagedHost) -> None:
    swallowed = {"policies": {"ALLOW": {"203.0.113.7/32": True}, "DENY": {"203.0.113.0/24": True}}}
    ports = {"http": HTTP | {"security": swallowed}}
    checked, _ = host.check(inputs(ports))
    first = [line.text for line in host.lines]
    assert "shop/api: ports.http.security lets nobody in (NF203)" in first

    host.ask("Check", provider_pb2.CheckRequest(urn=URN), news=inputs(ports), olds=checked)
    assert [line.text for line in host.lines] == first

    more = ports | {"admin": HTTP | {"internalPort": 9000, "security": swallowed}}
    host.ask("Check", provider_pb2.CheckRequest(urn=URN), news=inputs(more), olds=checked)
    assert [line.text for line in host.lines[len(first) :] if "NF203" in line.text] == [
        "shop/api: ports.admin.security lets nobody in (NF203)"
    ]


def test_a_second_resource_for_one_service_is_refused(host: PackagedHost) -> None:
    """A program that is not in Python has nothing else that looks at all of its resources."""
    elsewhere, again = URN.replace("::api", "::more"), URN
    for urn, refused in ((URN, False), (elsewhere, True), (again, False)):
        answer = host.ask("Check", provider_pb2.CheckRequest(urn=urn), news=inputs({"metrics": TCP}), olds={})
        said = [failure.reason for failure in answer.failures]
        expected = 'shop/api: serviceId: the resource "api" declares the ports of this service, too. One resource owns'
        assert [reason.startswith(expected) for reason in said] == [True] * refused
    assert not host.check(inputs({"metrics": TCP}) | {"serviceId": "web"})[1]


def test_a_violation_stands_at_its_property_without_the_value(host: PackagedHost) -> None:
    ports = {"http": guarded(domains={"no host": True}), "db": TCP | {"protocol": CANARY}}
    given = inputs(ports) | {"serviceId": 5}
    given["ports"]["db"]["protocol"] = secret(CANARY)
    request = provider_pb2.CheckRequest()
    request.news.update(given)
    failures = {one.property: one.reason for one in host.stub.Check(request).failures}

    assert failures.keys() == {"", 'ports.http.domains["no host"]', "ports.db.protocol"}
    assert failures["ports.db.protocol"].endswith("must be HTTP, HTTP/2, TCP or UDP, not [secret]")
    assert CANARY not in str(failures)


def test_a_place_is_named_without_a_password_in_it(host: PackagedHost) -> None:
    ports = {"http": HTTP | {"domains": {f"https://ops:{CANARY}@x.example": True, "a" * 500: True}}}
    named = [named for named, _reason in host.check(inputs(ports))[1]]

    assert CANARY not in str(named)
    assert 'ports.http.domains["https://…@x.example"]' in named
    assert max(map(len, named)) < 200


def test_a_value_that_the_program_marks_secret_stays_secret(host: PackagedHost) -> None:
    request = provider_pb2.CheckRequest()
    request.news.update(
        inputs({"db": {"internalPort": secret(5432), "protocol": "TCP"}}) | {"serviceId": secret("api")}
    )
    checked = plain(host.stub.Check(request).inputs)
    answer = host.stub.Create(provider_pb2.CreateRequest(properties=host.stub.Check(request).inputs))

    for bag in (checked, plain(answer.properties)):
        assert bag["serviceId"] == secret("api")
        assert bag["ports"]["db"]["internalPort"] == secret(5432)


HIDDEN: Json = {
    "a map": {"domains": secret({"api.shop.example": True})},
    "a list": {"domains": secret(["api.shop.example"])},
    "an item": {"domains": ["www.shop.example", secret("api.shop.example")]},
    "what holds it": {"security": secret({"policies": {"ALLOW": {"198.51.100.7": True}}})},
    "an address of a rule": {"security": {"policies": [{"action": "ALLOW", "addresses": [secret("198.51.100.7")]}]}},
}
"""What a program may mark of a port, where canonical form makes a name of it."""


@pytest.mark.parametrize("what", HIDDEN)
def test_a_name_that_the_program_marks_secret_is_within_a_secret(host: PackagedHost, what: str) -> None:
    given = inputs({"http": HTTP | HIDDEN[what]})
    request = provider_pb2.CheckRequest()
    request.news.update(given)
    checked = host.stub.Check(request).inputs
    made = host.stub.Create(provider_pb2.CreateRequest(properties=checked))
    read = host.stub.Read(provider_pb2.ReadRequest(id=made.id, properties=made.properties))
    after = provider_pb2.DiffRequest(olds=made.properties, news=checked)
    after.news.update(inputs({"http": HTTP}))
    changed = list(host.stub.Diff(after).detailedDiff)

    for bag in (checked, made.properties, read.properties, read.inputs):
        assert not [name for name in ("api.shop", "198.51") if name in str(masked(plain(bag)["ports"]))]
    assert changed
    assert not [name for name in ("api.shop", "198.51") if name in str(changed)]


@pytest.mark.parametrize(
    "security",
    [
        secret({"credentials": {CANARY: {"password": "made-up"}}}),
        {"credentials": [{"username": secret(CANARY), "password": "made-up"}]},
        {"headers": secret({CANARY: {"value": "made-up"}})},
        {"headers": [{"name": secret(CANARY), "value": "made-up"}]},
        {"sso": secret({"organizationId": CANARY, "directoryGroupIds": [CANARY]})},
    ],
    ids=["what holds a login", "a login's name", "headers", "a header's name", "an organisation"],
)
def test_no_sentence_shows_a_name_that_the_program_marks_secret(host: PackagedHost, security: Json) -> None:
    request = provider_pb2.CheckRequest()
    request.news.update(inputs({"http": HTTP | {"security": security}}))
    checked = host.stub.Check(request).inputs
    after = provider_pb2.DiffRequest(olds=checked)
    after.news.update(inputs({"http": HTTP}))
    host.stub.Diff(after)
    before = provider_pb2.DiffRequest(news=checked)
    before.olds.update(inputs({"http": HTTP}))
    host.stub.Diff(before)

    assert "no longer asks for" in str(host.lines)
    assert "[secret]" in str(host.lines)
    assert CANARY not in str(host.lines)


def masked(value: Any) -> Any:
    """A value as the engine shows it."""
    if not isinstance(value, dict):
        return value
    if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
        return "[secret]"
    return {key: masked(item) for key, item in value.items()}


def test_an_output_value_is_read_as_its_value(host: PackagedHost) -> None:
    output = {rpc._special_sig_key: rpc._special_output_value_sig, "value": "made-up", "secret": True}
    request = provider_pb2.CheckRequest()
    request.news.update(inputs({"http": guarded(output), "db": {rpc._special_sig_key: rpc._special_output_value_sig}}))
    ports = plain(host.stub.Check(request).inputs)["ports"]

    assert ports["http"]["security"]["credentials"]["ops"]["password"] == secret("made-up")
    assert ports["db"] == UNKNOWN


def test_a_write_without_its_protection_is_recorded_as_it_is(nf: Emulator) -> None:
    nf.settings = nf.settings.changed({"security_dropped": frozenset({"all"})})
    with PackagedHost(environment(nf)) as host:
        checked = host.check(inputs({"http": guarded()}))[0]
        request = provider_pb2.CreateRequest()
        request.properties.update(checked)
        with pytest.raises(grpc.RpcError) as raised:
            host.stub.Create(request)

    metadata = dict(raised.value.trailing_metadata())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    failed = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(failed)
    state = plain(failed.properties)
    assert failed.id == "shop/api"
    assert state["ports"]["http"]["public"] is False
    assert [port["public"] for port in nf.ports("shop", "api")] == [False]
    assert "not in force" in failed.reasons[0]
    assert "are recorded as Northflank shows them" in failed.reasons[0]
    assert CANARY not in str(raised.value) + failed.reasons[0]


def test_what_was_recorded_without_protection_is_written_again(nf: Emulator) -> None:
    nf.settings = nf.settings.changed({"security_dropped": frozenset({"all"})})
    with PackagedHost(environment(nf)) as host:
        checked = host.check(inputs({"http": guarded()}))[0]
        with pytest.raises(grpc.RpcError) as raised:
            host.stub.Create(_created(checked))
        status = status_pb2.Status.FromString(dict(raised.value.trailing_metadata())["grpc-status-details-bin"])
        failed = provider_pb2.ErrorResourceInitFailed()
        status.details[0].Unpack(failed)
    nf.settings = nf.settings.changed({"security_dropped": frozenset()})
    with PackagedHost(environment(nf)) as host:
        state = plain(failed.properties)
        news = host.check(inputs({"http": guarded()}), bared(checked))[0]
        assert host.diff(bared(state), news).changes
        host.update(bared(state), news)

    assert [port["public"] for port in nf.ports("shop", "api")] == [True]


def _created(checked: Json) -> Any:
    request = provider_pb2.CreateRequest()
    request.properties.update(checked)
    return request


def test_a_cancelled_wait_ends_at_once_and_a_finished_write_is_recorded(nf: Emulator) -> None:
    nf.settings = nf.settings.changed({"dns_delay_reads": 50})
    with PackagedHost(environment(nf)) as host:
        checked = host.check(inputs({"http": HTTP}))[0]
        answers: list[Any] = []
        thread = threading.Thread(target=lambda: answers.append(host.stub.Create(_created(checked))))
        thread.start()
        _until(lambda: any(request.method == "POST" for request in nf.requests))
        host.stub.Cancel(Empty())
        begun = time.monotonic()
        thread.join(5)
        assert time.monotonic() - begun < 5
        assert not thread.is_alive()

    state = plain(answers[0].properties)
    assert bared(state["pending"]) == {"http": True}
    assert [port["name"] for port in nf.ports("shop", "api")] == ["http"]


def _until(holds: Any) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_time_limit_ends_a_wait_in_one_sentence(nf: Emulator) -> None:
    nf.fault(operation="get.service", status=503, times=50)
    with PackagedHost(environment(nf)) as host:
        request = provider_pb2.CreateRequest(timeout=1)
        request.properties.update(host.check(inputs({"http": HTTP}))[0])
        begun = time.monotonic()
        with pytest.raises(grpc.RpcError) as raised:
            host.stub.Create(request)

    assert time.monotonic() - begun < 4
    assert "the time limit of 1 s (customTimeouts)" in raised.value.details()
    assert "\n" not in raised.value.details()


def test_a_time_limit_ends_a_request_that_gets_no_answer(nf: Emulator) -> None:
    nf.fault(operation="get.service", when="before", delay=20)
    with PackagedHost(environment(nf)) as host:
        request = provider_pb2.CreateRequest(timeout=1)
        request.properties.update(host.check(inputs({"http": HTTP}))[0])
        begun = time.monotonic()
        with pytest.raises(grpc.RpcError) as raised:
            host.stub.Create(request)

    assert time.monotonic() - begun < 5
    assert "shop/api" in raised.value.details() or "customTimeouts" in raised.value.details()


def test_the_configuration_marks_its_token_and_names_what_is_wrong(host: PackagedHost) -> None:
    answer = host.ask(
        "CheckConfig", provider_pb2.CheckRequest(), news={"apiToken": CANARY, "teamid": "x", "onDelete": "burn"}
    )

    assert plain(answer.inputs)["apiToken"] == secret(CANARY)
    assert {failure.property for failure in answer.failures} == {""}
    assert [failure.reason for failure in answer.failures] == [
        "northflank:teamid is not a key of the provider's configuration; did you mean teamId?",
        'northflank:onDelete: must be clear, keep or restore, not "burn"',
    ]


@pytest.mark.parametrize("token", [[CANARY], {"a": CANARY}, [secret(CANARY)]], ids=["a list", "a map", "a marked item"])
def test_a_token_of_a_wrong_type_is_refused_and_stays_secret(host: PackagedHost, token: Any) -> None:
    request = provider_pb2.CheckRequest()
    request.news.update({"apiToken": token})
    answer = host.stub.CheckConfig(request)
    assert masked(plain(answer.inputs)) == {"apiToken": "[secret]"}
    assert [failure.reason for failure in answer.failures] == [
        "northflank:apiToken must be a single value, not a list or a map"
    ]


def test_a_secret_in_the_place_of_a_setting_is_not_quoted(host: PackagedHost) -> None:
    request = provider_pb2.CheckRequest()
    request.news.update({"unmanaged": secret(CANARY), "teamId": secret(f"{CANARY} /")})
    assert CANARY not in str(host.stub.CheckConfig(request).failures)
    host.stub.Configure(provider_pb2.ConfigureRequest(args=request.news))
    refused = host.check(inputs({}))[1]
    assert refused
    assert CANARY not in str(refused)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (r"X-\d+", r'ports.http.security.headers["X-\d+"].value'),
        ('X-["a"]', r'ports.http.security.headers["X-[\"a\"]"].value'),
        ("X-\\", "ports.http.security.headers"),
        ("X-é.y", 'ports.http.security.headers["X-é.y"].value'),
    ],
)
def test_a_name_is_in_a_path_that_the_engine_can_read(host: PackagedHost, name: str, path: str) -> None:
    before, after = (
        inputs({"http": HTTP | {"security": {"headers": {name: {"value": value, "regexMode": True}}}}})
        for value in ("one", "two")
    )
    assert detailed(host, before, after) == {path: "UPDATE"}


def test_an_unknown_configuration_is_left_for_later(host: PackagedHost) -> None:
    answer = host.ask("CheckConfig", provider_pb2.CheckRequest(), news={"apiToken": UNKNOWN, "onDelete": UNKNOWN})
    assert list(answer.failures) == []
    assert answer.inputs["onDelete"] == UNKNOWN


@pytest.mark.parametrize(("news", "changes"), [({"teamId": "a"}, False), ({"teamId": "b"}, True), ({}, True)])
def test_a_change_of_the_configuration_is_told_and_replaces_nothing(
    host: PackagedHost, news: Json, changes: bool
) -> None:
    answer = host.ask("DiffConfig", provider_pb2.DiffRequest(), olds={"teamId": "a"}, news=news)
    assert (answer.changes == provider_pb2.DiffResponse.DIFF_SOME) is changes
    assert not answer.replaces


@pytest.mark.parametrize(("name", "accepted"), [("default_0_2_0", True), ("second", False)])
def test_a_provider_of_the_program_uses_its_own_token(nf: Emulator, name: str, accepted: bool) -> None:
    """The environment's token is right and the provider's is not, so the answer tells which one was used."""
    host = PackagedHost(environment(nf), {"northflank:apiToken": "another-token"})
    host.name = name
    with host:
        checked = host.check(inputs({"metrics": TCP}))[0]
        if accepted:
            assert host.create(checked)[0] == "shop/api"
        else:
            with pytest.raises(Refused, match="did not accept the API token") as refused:
                host.create(checked)
            assert "came from the apiToken of the provider resource second;" in str(refused.value)


def test_texts_name_arguments_as_the_schema_spells_them(host: PackagedHost, nf: Emulator) -> None:
    nf.set_ports("shop", "api", [{"name": "metrics", **TCP}])
    with pytest.raises(Refused) as refused:
        host.create(host.check(inputs({"metrics": TCP | {"internalPort": 9191}}))[0])
    assert 'set onConflict: "overwrite"; to accept' in str(refused.value)
    assert 'add an alias: aliases: [{name: "FORMER NAME"}], or an alias with' in str(refused.value)
    host.create(host.check(inputs({"metrics": TCP}))[0])
    host.stub.Cancel(Empty())
    assert 'destroy leaves them, unless onDelete is "clear"' in host.said
    exceeded = host.check(inputs({"http": HTTP}, exposure="private"))[1]
    said = 'because the resource states exposure: "private" (NF403)'
    assert [reason.rpartition(", ")[2] for _, reason in exceeded] == [said]


def test_the_function_tells_live_ports_without_secrets(host: PackagedHost, nf: Emulator) -> None:
    nf.set_ports(
        "shop",
        "api",
        [
            {
                "name": "http",
                **guarded(),
                "security": {"credentials": [{"username": "ops", "password": CANARY, "type": "basic-auth"}]},
            }
        ],
    )
    request = provider_pb2.InvokeRequest(tok="northflank:index:getServicePorts")
    request.args.update({"projectId": "shop", "serviceId": "api"})
    found = plain(getattr(host.stub.Invoke(request), "return"))

    assert found["id"] == "shop/api"
    assert found["ports"]["http"]["security"] == {"credentials": {"ops": {}}}
    assert found["urls"]["http"].startswith("https://http--api--")
    assert CANARY not in str(found)


@pytest.mark.parametrize(
    ("token", "args", "text"),
    [
        ("northflank:index:getPorts", {}, "there is no function northflank:index:getPorts"),
        (
            "northflank:index:getServicePorts",
            {"projectId": "shop", "serviceId": "gone"},
            "cannot read the ports of shop/gone",
        ),
        ("northflank:index:getServicePorts", {"projectId": "shop"}, "serviceId: is required"),
    ],
)
def test_the_function_says_what_is_wrong(host: PackagedHost, token: str, args: Json, text: str) -> None:
    request = provider_pb2.InvokeRequest(tok=token)
    request.args.update(args)
    with pytest.raises(grpc.RpcError) as raised:
        host.stub.Invoke(request)
    assert text in raised.value.details()


def test_a_state_can_be_taken_over_by_the_dynamic_host(host: PackagedHost) -> None:
    assert STATED == PROVIDER
    request = _created(host.check(inputs({"metrics": TCP}))[0])
    assert host.stub.Create(request).properties["__provider"] == PROVIDER


def test_a_mistake_of_ours_is_one_sentence_without_a_value(host: PackagedHost) -> None:
    """A state that no version of nf_ports has written."""
    with pytest.raises(Refused) as raised:
        host.delete({"password": CANARY})
    assert "KeyError" in raised.value.text
    assert "report this sentence" in raised.value.text
    assert CANARY not in raised.value.text


def test_the_schema_is_the_committed_one(host: PackagedHost) -> None:
    assert json.loads(host.stub.GetSchema(provider_pb2.GetSchemaRequest()).schema) == json.loads(
        SCHEMA.read_text("utf-8")
    )


def test_the_plugin_ends_with_the_process_that_started_it(nf: Emulator) -> None:
    program = (
        "import subprocess, sys, os\n"
        "command = [sys.executable, '-m', 'nf_ports.hosts.packaged']\n"
        "plugin = subprocess.Popen([*command, '127.0.0.1:9'], stdout=subprocess.PIPE)\n"
        "plugin.stdout.readline()\n"
        "print(plugin.pid, flush=True)\n"
        "os._exit(0)\n"
    )
    path = os.pathsep.join(entry for entry in sys.path if entry)
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**environment(nf), **os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        timeout=60,
    )
    plugin = pathlib.Path("/proc") / done.stdout.strip()
    _until(lambda: not plugin.exists())
