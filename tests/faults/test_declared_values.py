"""What programs declare: unknowns, large lists, doubles; and no secret in anything that is said or kept."""

import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from plain_host import Bag, CheckFailed, PlainHost, clear
from plain_ports import typed
from stack import API, PASSWORD, PATHS, SHOP, Stack, guarded, tcp
from world import fill

from nf_ports.core.records import Desired
from nf_ports.emulator import Emulator, Settings
from nf_ports.errors import NorthflankPortsError
from nf_ports.northflank.settings import api_settings
from nf_ports.ports.deferred import UNKNOWN, holds_deferred

pytestmark = pytest.mark.usefixtures("edge")

RULED = guarded(domains=["api.shop.example"], security={**guarded()["security"], "securePathConfiguration": PATHS})
INPUTS: Bag = {"projectId": "shop", "serviceId": "api", "ports": {"http": RULED, "metrics": tcp()}}
LOGIN = ("ports", "http", "security", "credentials", "ops", "password")


@pytest.fixture
def engine() -> Iterator[PlainHost]:
    """A stack beside a shop."""
    nf = Emulator(Settings())
    fill(nf, subdomains={"api": True})
    nf.add_domain("xn--bcher-kva.example", subdomains={"*": True})
    engine = PlainHost(nf)
    yield engine
    engine.close()
    nf.world.close()


def changed(value: Any, path: tuple[str, ...], leaf: Any) -> Any:
    """A copy of `value` with another leaf at `path`."""
    if not path:
        return leaf
    return {**value, path[0]: changed(value.get(path[0], {}), path[1:], leaf)}


UNKNOWNS: dict[str, tuple[tuple[str, ...], Any]] = {
    "a domain": (("ports", "http", "domains"), [UNKNOWN, "api.shop.example"]),
    "all domains": (("ports", "http", "domains"), UNKNOWN),
    "a password": (LOGIN, UNKNOWN),
    "a header": (("ports", "http", "security", "headers", "X-Key", "value"), UNKNOWN),
    "an address": (("ports", "http", "security", "policies"), [{"action": "ALLOW", "addresses": [UNKNOWN]}]),
    "the number": (("ports", "http", "internalPort"), UNKNOWN),
    "whether it is public": (("ports", "http", "public"), UNKNOWN),
    "the security": (("ports", "http", "security"), UNKNOWN),
    "the service": (("serviceId",), UNKNOWN),
    "the project": (("projectId",), UNKNOWN),
    "the team": (("teamId",), UNKNOWN),
    "a policy": (("unmanaged",), UNKNOWN),
    "a whole port": (("ports", "http"), UNKNOWN),
    "a port's name": (("ports",), [{"name": UNKNOWN, **tcp(9000)}, {"name": "metrics", **tcp()}]),
    "the whole map": (("ports",), UNKNOWN),
}


@pytest.mark.parametrize("what", UNKNOWNS)
def test_f26_an_unknown_is_no_fault_and_stays_unknown(engine: PlainHost, what: str) -> None:
    path, leaf = UNKNOWNS[what]
    checked = engine.check("api", changed(INPUTS, path, leaf))

    assert holds_deferred(clear(checked))


@pytest.mark.parametrize("what", UNKNOWNS)
def test_f26_an_unknown_in_an_update_is_a_change_and_no_crash(engine: PlainHost, what: str) -> None:
    path, leaf = UNKNOWNS[what]
    engine.up("api", INPUTS)
    checked = engine.check("api", changed(INPUTS, path, leaf))

    assert engine.changes("api", checked)
    assert engine.nf.count("update.service.ports") == 1


@pytest.mark.parametrize("what", [what for what in UNKNOWNS if UNKNOWNS[what][0] != ("ports",)])
def test_f26_what_is_known_beside_an_unknown_is_judged(engine: PlainHost, what: str) -> None:
    path, leaf = UNKNOWNS[what]
    inputs = changed(changed(INPUTS, path, leaf), ("ports", "metrics", "internalPort"), 70000)
    with pytest.raises(CheckFailed) as raised:
        engine.check("api", inputs)

    (reason,) = raised.value.reasons
    assert reason.endswith("ports.metrics.internalPort: must be between 1 and 65535, not 70000")


def test_f27_a_secret_is_in_nothing_that_is_said_kept_in_clear_or_logged(
    engine: PlainHost, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    broken = changed(INPUTS, ("ports", "http", "security", "credentials", "x"), {"password": [PASSWORD]})
    broken = changed(broken, ("ports", "http", "security", "credentials", "no name!"), {"password": PASSWORD})
    broken = changed(broken, ("ports", "http", "security", "headers", "no name"), {"value": PASSWORD})
    broken = changed(broken, ("ports", "http", "password"), PASSWORD)
    with pytest.raises(CheckFailed):
        engine.up("api", broken)
    engine.up("api", INPUTS)
    quoted = {"error": {"status": 400, "message": f"{PASSWORD} is no good, nor is {engine.nf.token}"}}
    engine.nf.fault(operation="update.service.ports", status=400, body=quoted)
    with pytest.raises(NorthflankPortsError):
        engine.up("api", changed(INPUTS, ("ports", "metrics", "internalPort"), 9191))
    engine.up("api", changed(INPUTS, LOGIN, f"{PASSWORD}-new"))
    engine.refresh("api")

    session = engine.session
    texts = {
        "said": "\n".join(engine.told + engine.raised),
        "state": engine.export(),
        "logs": caplog.text,
        "output": "".join(capfd.readouterr()),
        "reprs": f"{session!r}{vars(session)!r}{session.lifecycle!r}{vars(session.lifecycle)!r}{engine.nf.requests!r}",
    }
    assert {name: text for name, text in texts.items() if PASSWORD in text or engine.nf.token in text} == {}
    assert texts["state"].count("[secret]") == 2 * 3
    assert "gets a new secret" in texts["said"]


def test_f27_no_result_of_the_lifecycle_shows_a_secret_in_its_repr() -> None:
    with Stack() as stack:
        outcome = stack.host.session.lifecycle.create(Desired(API, typed(SHOP)))
        live = stack.services.read(API)
        settings = api_settings(stack.host.environ, stack.host.config.get)

        assert PASSWORD not in f"{outcome!r}{live!r}{stack.client!r}{vars(stack.client)!r}"
        assert settings.token == stack.nf.token not in f"{vars(stack.client)!r}{settings!r}"


def many() -> Bag:
    """200 ports; one has 5,000 addresses, one an international domain, all in spellings of their own."""
    ports = {f"p{number}": {"internalPort": 1000 + number, "protocol": "TCP"} for number in range(198)}
    allowed = [f"10.{n // 250}.{n % 250}.7/24" for n in range(4000)] + [f"2001:DB8:{n:x}::1/48" for n in range(1000)]
    rules = [{"action": "ALLOW", "addresses": allowed}]
    ports["wide"] = {"internalPort": 80, "protocol": "HTTP", "public": True, "security": {"ip": rules}}
    ports["books"] = {"internalPort": 81, "protocol": "HTTP", "public": True, "domains": ["API.Bücher.example."]}
    return {"projectId": "shop", "serviceId": "api", "ports": ports}


def test_f33_200_ports_and_5000_addresses_are_canonical_and_quick(engine: PlainHost) -> None:
    begun = time.process_time()
    assert engine.up("api", many()) == "create"
    assert engine.up("api", many()) == "same"
    assert engine.refresh("api")
    assert engine.up("api", many()) == "same"
    spent_s = time.process_time() - begun

    recorded = engine.ports("api")
    assert len(recorded) == 200
    assert len(recorded["wide"]["security"]["policies"]["ALLOW"]) == 5000
    assert recorded["wide"]["security"]["policies"]["ALLOW"].keys() >= {"10.0.0.0/24", "2001:db8:a::/48"}
    assert recorded["books"]["domains"] == {"api.xn--bcher-kva.example": True}
    assert engine.nf.count("update.service.ports") == 1
    assert spent_s < 20


def port(number: int = 80, **members: Any) -> Bag:
    """A public port."""
    return {"internalPort": number, "protocol": "HTTP", "public": True, **members}


USER = {"username": "ops", "password": PASSWORD, "type": "basic-auth"}
HEADER = {"name": "X-Key", "value": PASSWORD}
RULE = {"paths": [{"path": "/a", "routingMode": "exact", "priority": 1}], "accessMode": "unprotected"}
RULES = "ports.a.security.securePathConfiguration.rules"
DOUBLES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "a name of a port": (
        [{"name": "a", **port()}, {"name": "a", **port(81)}],
        ("ports.1.name: repeats the port of ports.0",),
    ),
    # The wire keeps no order of a map, so either may be called the second.
    "a number": (
        {"a": port(), "b": port()},
        (
            "ports.b.internalPort: repeats number and protocol of ports.a",
            "ports.a.internalPort: repeats number and protocol of ports.b",
        ),
    ),
    "a domain": (
        {"a": port(domains=["x.shop.example"]), "b": port(81, domains=["X.shop.example."])},
        (
            "ports.b.domains: has x.shop.example, which ports.a.domains has already",
            "ports.a.domains: has x.shop.example, which ports.b.domains has already",
        ),
    ),
    "a user": (
        {"a": port(security={"credentials": [USER, USER | {"password": "other"}]})},
        ("ports.a.security.credentials.1.username: repeats the user of ports.a.security.credentials.0",),
    ),
    "a header": (
        {"a": port(security={"headers": [HEADER, HEADER]})},
        ("ports.a.security.headers.1.name: repeats the header of ports.a.security.headers.0",),
    ),
    "a path": (
        {"a": port(security={"securePathConfiguration": {"rules": [RULE, RULE]}})},
        (f"{RULES}.1.paths.0: repeats the path of {RULES}.0.paths.0",),
    ),
}


@pytest.mark.parametrize("what", DOUBLES)
def test_f35_a_double_is_refused_with_both_places_named(engine: PlainHost, what: str) -> None:
    ports, reasons = DOUBLES[what]
    with pytest.raises(CheckFailed) as raised:
        engine.check("api", {"projectId": "shop", "serviceId": "api", "ports": ports})

    (told,) = raised.value.reasons
    assert told.endswith(reasons)
    assert PASSWORD not in told


def test_f35_one_number_with_two_protocols_is_no_double(engine: PlainHost) -> None:
    ports = {"tcp": tcp(53), "udp": {"internalPort": 53, "protocol": "UDP"}}
    engine.up("api", {"projectId": "shop", "serviceId": "api", "ports": ports})

    assert {item["protocol"] for item in engine.nf.ports("shop", "api")} == {"TCP", "UDP"}
