"""Whatever a program hands over: harmless values are converted, the others are refused at their place, none leaks."""

import asyncio
import dataclasses
import enum
import ipaddress
import json
import types
from collections import OrderedDict, UserDict, deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final, NamedTuple

import pulumi
import pytest
from programs import shop
from programs.shop import api, http
from programs.stage import Stage
from pydantic import SecretBytes, SecretStr

from local_engine.engine import LocalEngine
from nf_ports import BasicAuth, IPRule, Port, Security

pytestmark = pytest.mark.both_hosts

CANARY: Final = "canary-8fW2"
LOGIN: Final = {"username": "ops", "password": CANARY}


class Verb(enum.Enum):
    """What a team writes for the action of an IP rule."""

    ALLOW = "ALLOW"


class Speaks(enum.StrEnum):
    """A protocol that is text, too."""

    HTTP = "HTTP"


class Number(enum.IntEnum):
    """The number of a port."""

    WEB = 8080


@dataclasses.dataclass
class Login:
    """A login of somebody else's making."""

    username: str
    password: str = dataclasses.field(repr=False)


class Pair(NamedTuple):
    """A login as a tuple."""

    username: str
    password: str


@pytest.fixture(scope="module")
def stage(engine: LocalEngine) -> Iterator[Stage]:
    with Stage(engine) as stage:
        yield stage


def output(value: Any) -> pulumi.Output[Any]:
    return pulumi.Output.from_input(None).apply(lambda _none: value)


def around(security: Any, **fields: Any) -> dict[str, Any]:
    return {"http": {"internalPort": 8080, "protocol": "HTTP", "public": True, "security": security, **fields}}


def itself() -> dict[str, Any]:
    ring: dict[str, Any] = {"credentials": [LOGIN]}
    ring["sso"] = ring
    return ring


def is_clean(stage: Stage) -> None:
    assert not [text for text in stage.printed if CANARY in text]
    assert CANARY not in stage.raw_state()
    # No frame of Python, no words of Pulumi's about what it cannot serialise.
    assert not [text for text in stage.printed if "Traceback" in text or "serializ" in text or 'File "' in text]


WHOLE: Final = "ports.http.security"
REFUSED: Final[dict[str, tuple[Callable[[], Any], str]]] = {
    "a generator of logins": (
        lambda: around({"credentials": (BasicAuth("ops", CANARY) for _ in "x")}),
        f"{WHOLE}.credentials: is a generator, which can be read only once; make it a list",
    ),
    "a map object": (
        lambda: around({"credentials": map(dict, [LOGIN])}),
        f"{WHOLE}.credentials: is a map, which can be read only once; make it a list",
    ),
    "a dataclass": (
        lambda: around({"credentials": [Login("ops", CANARY)]}),
        f"{WHOLE}.credentials.0: is of the type Login;",
    ),
    "a named tuple": (lambda: around({"credentials": [Pair("ops", CANARY)]}), f"{WHOLE}.credentials.0: must be "),
    "bytes": (
        lambda: around({"credentials": {"ops": {"password": CANARY.encode()}}}),
        f"{WHOLE}.credentials.ops.password: is of the type bytes;",
    ),
    "secret bytes": (
        lambda: around({"credentials": {"ops": {"password": SecretBytes(CANARY.encode())}}}),
        f"{WHOLE}.credentials.ops.password: is of the type bytes;",
    ),
    "bytes in an output": (
        lambda: around({"credentials": {"ops": {"password": output(CANARY.encode())}}}),
        f"{WHOLE}.credentials.ops.password: is of the type bytes;",
    ),
    "an object in a secret output": (
        lambda: around({"credentials": {"ops": {"password": pulumi.Output.secret(Login("ops", CANARY))}}}),
        f"{WHOLE}.credentials.ops.password: is of the type Login;",
    ),
    "a password that is half a character": (
        lambda: around({"credentials": {"ops": {"password": f"{CANARY}\ud800"}}}),
        f"{WHOLE}.credentials.ops.password: is text that cannot be written as UTF-8",
    ),
    "one login twice beside a set of addresses": (
        lambda: around({"credentials": [LOGIN, LOGIN], "policies": {"ALLOW": {"192.0.2.1"}}}),
        f"{WHOLE}.credentials.1.username: repeats the user of {WHOLE}.credentials.0",
    ),
    "an unknown key beside an address": (
        lambda: around({"credentials": [LOGIN], "polices": ipaddress.ip_address("192.0.2.1")}),
        f"{WHOLE}.polices: is not a field here; did you mean policies?",
    ),
    "an unnamed port beside an enumeration": (
        lambda: [around({"credentials": [LOGIN]}, protocol=Speaks.HTTP)["http"], {"name": "other"}],
        "ports.0.name: is required in a list",
    ),
    "a field in both spellings beside a set": (
        lambda: around({"credentials": {"ops": {"password": CANARY}}}, internal_port=80, domains={"a.shop.example"}),
        "ports.http.internalPort: is given in both spellings",
    ),
    "a login that is only its password": (
        lambda: around({"credentials": {"ops": CANARY}}, other=object()),
        f"{WHOLE}.credentials.ops: must be an object with fields",
    ),
    "a misspelt password": (
        lambda: around({"credentials": {"ops": {"pasword": CANARY}}}, other=b""),
        f"{WHOLE}.credentials.ops.pasword: is not a field here; did you mean password?",
    ),
    "logins beside the security": (
        lambda: {"http": {"internalPort": 80, "protocol": "HTTP", "credentials": [LOGIN], "x": Decimal(1)}},
        "ports.http.credentials: is not a field here",
    ),
    "security that is text": (lambda: around(f"ops:{CANARY}"), f"{WHOLE}: must be an object with fields"),
    "security that holds itself": (lambda: around(itself()), "holds itself, or is nested too deeply"),
    "a number as the name of a port": (
        lambda: {8080: http(security=Security(credentials=[BasicAuth("ops", CANARY)]))},
        'ports."8080": has a name of the type int; a name must be text',
    ),
    "a number that is none": (
        lambda: around({"credentials": [LOGIN]}, internalPort=float("nan")),
        "ports.http.internalPort: is a number that Pulumi cannot store",
    ),
    "a number that is too large": (
        lambda: around({"credentials": [LOGIN]}, internalPort=10**400),
        "ports.http.internalPort: is a number that Pulumi cannot store",
    ),
    "a class": (lambda: around({"credentials": [LOGIN]}, protocol=Speaks), "ports.http.protocol: is of the type "),
    "the ports as a generator": (
        lambda: (port for port in [around({"credentials": [LOGIN]})]),
        "ports: is a generator",
    ),
    "one port": (
        lambda: http(security=Security(credentials=[BasicAuth("ops", CANARY)])),
        "ports: is one port; write a map",
    ),
    "a resource": (lambda: around({"credentials": [LOGIN], "sso": pulumi.ComponentResource}), f"{WHOLE}.sso: is of "),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_pulumi_cannot_keep_is_refused_at_its_place_and_tells_no_secret(stage: Stage, case: str) -> None:
    ports, sentence = REFUSED[case]
    stage.printed.clear()
    text = stage.failure(lambda: stage.preview(lambda: api(ports(), name=f"case-{len(case)}")))

    # The CLI prints a long sentence on one line.
    assert sentence in text
    is_clean(stage)


def test_an_up_refuses_it_as_a_preview_does(stage: Stage) -> None:
    stage.printed.clear()
    text = stage.failure(lambda: stage.up(lambda: api(around({"credentials": iter([LOGIN])}))))

    assert f"{WHOLE}.credentials: is a list_iterator, which can be read only once; make it a list" in text
    is_clean(stage)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"project_id": b"shop"}, "projectId: is of the type bytes;"),
        ({"project_id": 5}, "projectId: must be an id as Northflank shows it: letters, digits and hyphens, not 5"),
        ({"service_id": {"api"}}, "serviceId: must be an id"),
        (
            {"service_id": "my api"},
            'serviceId: must be an id as Northflank shows it: letters, digits and hyphens, not "my',
        ),
        ({"team_id": lambda: output(object())}, "teamId: is of the type object;"),
        ({"unmanaged": "drop"}, 'unmanaged: must be fail, remove or keep, not "drop"'),
        ({"exposure": ["public"]}, "exposure: must be private, protected or public"),
        ({"on_delete": object()}, "onDelete: is of the type object;"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_the_other_arguments_are_judged_alike(stage: Stage, arguments: dict[str, Any], sentence: str) -> None:
    def program() -> None:
        made = {name: value() if callable(value) else value for name, value in arguments.items()}
        api(around({"credentials": [LOGIN]}), **made)

    stage.printed.clear()
    text = stage.failure(lambda: stage.preview(program))

    assert sentence in text
    is_clean(stage)


def test_harmless_values_are_converted_and_come_to_rest(engine: LocalEngine) -> None:
    users = {"a": BasicAuth("ops", SecretStr(CANARY)), "b": BasicAuth("dev", f"{CANARY}-b")}

    async def later() -> str:
        await asyncio.sleep(0)
        return f"{CANARY}-c"

    def program(order: int = 1) -> None:
        addresses = ["192.0.2.1", ipaddress.ip_network("198.51.100.0/24"), ipaddress.IPv6Address("2001:db8::1")]
        security = {
            "credentials": users.values(),
            "policies": [{"action": Verb.ALLOW, "addresses": frozenset(addresses[::order])}],
            "headers": deque([{"name": "X-Key", "value": later()}]),
            "sso": types.MappingProxyType({"directoryGroupIds": output({"b", "a"})}),
        }
        ports = OrderedDict(
            http={
                "internalPort": Number.WEB,
                "protocol": Speaks.HTTP,
                "public": True,
                "domains": dict.fromkeys(["www.shop.example", "api.shop.example"][::order], None).keys(),
                "security": output(security),
            },
            metrics=UserDict(internal_port=9090.0, protocol="TCP"),
        )
        api(ports.items(), service_id=output(Speaks.HTTP).apply(lambda _known: "api"), unmanaged="remove")

    with Stage(engine) as stage:
        stage.up(program)
        there = stage.live()
        assert there["http"]["domains"] == ["api.shop.example", "www.shop.example"]
        assert {one["username"]: one["password"] for one in there["http"]["security"]["credentials"]} == {
            "ops": CANARY,
            "dev": f"{CANARY}-b",
        }
        assert [one["value"] for one in there["http"]["security"]["headers"]] == [f"{CANARY}-c"]
        assert there["http"]["security"]["policies"] == [
            {"action": "ALLOW", "addresses": ["192.0.2.1/32", "198.51.100.0/24", "2001:db8::1/128"]}
        ]
        assert there["http"]["security"]["sso"]["directoryGroupIds"] == ["a", "b"]
        assert (there["http"]["internalPort"], there["metrics"]["internalPort"]) == (8080, 9090)

        again = stage.up(lambda: program(-1))
        assert (again.changes, again.calls) == ({"same": 2}, {})
        assert stage.refresh().changes == {"same": 2}
        is_clean(stage)
        json.loads(stage.preview_json())
        is_clean(stage)


def test_a_subclass_of_port_is_written_with_its_defaults(engine: LocalEngine) -> None:
    office = Security(policies=[IPRule(action="ALLOW", addresses=["192.0.2.0/24"])])

    class OfficePort(Port):
        security: Any = office

    class OfficeHttp(OfficePort):
        internal_port: Any = 8080
        protocol: Any = "HTTP"
        public: Any = True

    with Stage(engine) as stage:
        stage.up(lambda: api({"http": OfficeHttp(), "admin": OfficeHttp(internal_port=81, security=None)}))

        there = stage.live()
        assert there["http"]["security"]["policies"] == [{"action": "ALLOW", "addresses": ["192.0.2.0/24"]}]
        assert there["admin"]["security"]["policies"] == []


@pytest.mark.parametrize("written", [5, b"shop/api", ["shop/api"]])
def test_an_id_that_is_no_text_is_refused(stage: Stage, written: Any) -> None:
    text = stage.failure(lambda: stage.preview(lambda: shop.ServicePorts.get("got", written)))

    assert 'ServicePorts "got": the id must be text, PROJECT/SERVICE' in text
    assert "Traceback" not in text


def test_an_output_that_comes_out_as_none_is_a_field_that_is_left_out(engine: LocalEngine) -> None:
    def program() -> None:
        nothing = {name: output(None) for name in ("credentials", "headers", "policies", "sso", "verificationMode")}
        paths = {"securePathConfiguration": output(None)}
        ports = {
            "http": http(security=nothing | paths, domains=output(None), advanced_options=output(None)),
            "other": Port(internal_port=81, protocol="HTTP", security=output(None), public=output(None)),
        }
        api(ports, team_id=output(None), exposure=output(None))

    with Stage(engine) as stage:
        stage.up(program)
        assert stage.resources()["api"]["inputs"]["ports"] == {
            "http": {"internalPort": 8080, "protocol": "HTTP", "public": True},
            "other": {"internalPort": 81, "protocol": "HTTP", "public": False},
        }
        again = stage.up()
        assert (again.changes, again.calls) == ({"same": 2}, {})
