"""The emulator answers requests to ports as their security has it. What is expected here is written down by hand."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from enforced_ports import SIDES, EnforcedPorts, WireRequest
from mapped_shop import CANARY
from world import fill, http_port

from nf_ports.cli.main import main
from nf_ports.emulator import Emulator, Settings

OPS = {"username": "ops", "password": CANARY, "type": "basic-auth"}
RULE = {
    "paths": [{"path": "/admin", "routingMode": "prefix", "priority": 5}],
    "accessMode": "protected",
    "securityPolicies": {"requiredPolicies": {"credentials": [OPS]}},
}


@pytest.fixture
def nf() -> Iterator[Emulator]:
    """An emulator with the project `shop` and every name of shop.example."""
    emulator = Emulator(Settings(era="2026b"))
    yield fill(emulator, ["api", "web"], wildcards=["shop.example"])
    emulator.stop()
    emulator.world.close()


def answer(nf: Emulator, host: str, path: str = "/", **more: Any) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer to a request."""
    login = more.pop("login", None)
    with EnforcedPorts(nf) as ports:
        return ports.ask(WireRequest(host=host, path=path, **more), login)


def status(nf: Emulator, host: str, path: str = "/", **more: Any) -> int:
    """The status of the answer to a request."""
    return answer(nf, host, path, **more)[0]


def dns(nf: Emulator, service: str = "api", port: str = "http") -> str:
    """The generated name of a port."""
    return next(str(one["dns"]) for one in nf.ports("shop", service) if one["name"] == port)


def public(**members: Any) -> dict[str, Any]:
    """A public port."""
    return http_port(public=True, **members)


def test_a_name_leads_to_its_port_and_every_other_name_to_none(nf: Emulator) -> None:
    nf.set_ports("shop", "api", [public(domains=["api.shop.example"]), http_port("inside", 9090)])
    nf.set_ports("shop", "web", [public(domains=["*.shop.example"])])

    reached = {host: answer(nf, host)[1] for host in ("api.shop.example", "API.shop.example.:443", "x.shop.example")}
    assert {host: (body["service"], body["port"], body["entry"]) for host, body in reached.items()} == {
        "api.shop.example": ("shop/api", "http", "internet"),
        "API.shop.example.:443": ("shop/api", "http", "internet"),
        "x.shop.example": ("shop/web", "http", "internet"),
    }
    assert status(nf, dns(nf)) == 200
    for nowhere in (
        "shop.example",
        "a.b.shop.example",
        "other.example",
        "",
        dns(nf).replace("http", "inside"),
        "[::1]",
    ):
        assert answer(nf, nowhere) == (404, {"error": {"status": 404, "message": "no port has this name"}})


def test_a_generated_name_that_is_off_is_not_found_until_no_domain_is_linked(nf: Emulator) -> None:
    nf.set_ports("shop", "api", [public(domains=["api.shop.example"], disableNfDomain=True)])
    assert (status(nf, dns(nf)), status(nf, "api.shop.example")) == (404, 200)

    nf.set_ports("shop", "api", [public(disableNfDomain=True)])
    assert (status(nf, dns(nf)), status(nf, "api.shop.example")) == (200, 404)


def test_a_private_name_leads_there_from_its_project_only(nf: Emulator) -> None:
    nf.add_project("lab")
    nf.set_ports("shop", "api", [http_port(security={"credentials": [OPS]})])

    assert answer(nf, "api:8080", project="shop")[1]["entry"] == "private"
    assert [status(nf, "api:8080", project=each) for each in (None, "lab", "", "team/shop")] == [404] * 4
    assert status(nf, "api:8081", project="shop") == 404


def test_a_project_that_may_enter_is_internal(nf: Emulator) -> None:
    paths = {"enabled": True, "skipSecurityPoliciesForInternalTrafficViaPublicDns": True, "rules": [RULE]}
    nf.set_ports("shop", "api", [public(security={"securePathConfiguration": paths})])
    nf.add_project("lab")
    headers = {"authorization": f"Bearer {nf.token}"}
    body = {"networking": {"allowedIngressProjects": ["lab"]}}

    assert [status(nf, dns(nf), "/admin", project=each) for each in (None, "shop", "lab")] == [401, 200, 401]
    with httpx.Client(transport=nf.transport(), base_url=nf.url, headers=headers) as http:
        assert http.patch("/v1/projects/shop", json=body).status_code == 200
    assert [status(nf, dns(nf), "/admin", project=each) for each in (None, "shop", "lab")] == [401, 200, 200]


def test_the_name_of_the_private_load_balancer(nf: Emulator) -> None:
    nf.set_ports("shop", "api", [public(vpcAccessible=True, security={"credentials": [OPS]})])
    vpc = dns(nf).replace(".", "--vpc.", 1)

    assert (status(nf, vpc), status(nf, vpc, login=("ops", CANARY))) == (401, 200)
    nf.settings = nf.settings.changed({"enforce_vpc": "nothing"})
    assert status(nf, vpc) == 200


def test_the_longest_path_of_a_host_goes_first(nf: Emulator) -> None:
    nf.set_ports("shop", "api", [public(domains=["app.shop.example/api"])])
    nf.set_ports("shop", "web", [public(domains=["app.shop.example"])])

    for path, service in (("/api", "api"), ("/api/x?y", "api"), ("/apis", "web"), ("/", "web")):
        assert answer(nf, "app.shop.example", path)[1]["service"] == f"shop/{service}"


@pytest.mark.parametrize(
    ("security", "refused", "caller", "wrong"),
    [
        ({"credentials": [OPS]}, 401, {"login": ("ops", CANARY)}, {"login": ("ops", CANARY.lower())}),
        (
            {"policies": [{"action": "ALLOW", "addresses": ["203.0.113.0/29", "2001:db8::/32"]}]},
            403,
            {"address": "2001:db8::7"},
            {"address": "203.0.113.8"},
        ),
        (
            {"ip": [{"action": "DENY", "addresses": ["0.0.0.0/1"]}], "policies": []},
            403,
            {"address": "203.0.113.7"},
            {"address": "127.255.255.255"},
        ),
        (
            {"headers": [{"name": "X-Key", "value": "a*c"}]},
            403,
            {"headers": (("x-key", "abbc"),)},
            {"headers": (("X-Key", "abb"),)},
        ),
        (
            {"headers": [{"name": "X-.", "value": "[0-9]+", "regexMode": True}]},
            403,
            {"headers": (("x-a", "12"),)},
            {"headers": (("X-A", "1a"),)},
        ),
        (
            {"sso": {"organizationId": "o,rg", "directoryGroupIds": ["g/ü"]}},
            401,
            {"organizations": frozenset({"o,rg"}), "groups": frozenset({"g/ü", "h"})},
            {"organizations": frozenset({"o,rg"}), "groups": frozenset({"h"})},
        ),
    ],
    ids=["login", "allowed", "denied", "header", "regex", "sso"],
)
def test_each_kind_of_check(nf: Emulator, security: Any, refused: int, caller: Any, wrong: Any) -> None:
    nf.set_ports("shop", "api", [public(security=security)])

    callers: list[Any] = [{}, wrong, caller]
    assert [status(nf, dns(nf), **each) for each in callers] == [refused, refused, 200]


def test_a_rule_of_higher_priority_goes_first_and_the_answer_names_it(nf: Emulator) -> None:
    free = {"paths": [{"path": "/admin/health", "routingMode": "exact", "priority": 9}], "accessMode": "unprotected"}
    paths = {"enabled": True, "rules": [RULE, free]}
    nf.set_ports("shop", "api", [public(security={"securePathConfiguration": paths})])

    assert answer(nf, dns(nf), "/admin/health?x=1")[1]["rules"] == ["exact /admin/health"]
    code, body = answer(nf, dns(nf), "/admin/users")
    assert (code, body["rules"], body["error"]["message"]) == (
        401,
        ["prefix /admin"],
        "a login is missing or not the right one",
    )
    assert answer(nf, dns(nf), "/")[1]["rules"] == []


@pytest.mark.parametrize("switch", SIDES)
def test_each_switch_makes_a_difference_and_is_named_where_it_does(nf: Emulator, switch: str) -> None:
    both = {"credentials": [OPS], "policies": [{"action": "DENY", "addresses": ["198.51.100.0/24"]}]}
    denies = {"policies": [{"action": "DENY", "addresses": ["127.0.0.1"]}]}
    empty = {"paths": [{"path": "/", "routingMode": "prefix", "priority": 5}], "accessMode": "protected"}
    free = {"paths": [{"path": "/admin/x", "routingMode": "exact", "priority": 5}], "accessMode": "unprotected"}
    regex = RULE | {"paths": [{"path": "/adm", "routingMode": "regex", "priority": 5}]}
    skip = {"enabled": False, "skipSecurityPoliciesForInternalTrafficViaPublicDns": True}
    cases: dict[str, tuple[Any, dict[str, Any]]] = {
        "enforce_mode": (both, {}),
        "enforce_sso": ({"sso": {"organizationId": "org"}}, {"organizations": frozenset({"org"})}),
        "enforce_empty_rule": (_paths(empty), {}),
        "enforce_same_priority": (_paths(RULE, free), {"path": "/admin/x"}),
        "enforce_prefix": (_paths(RULE), {"path": "/administrator"}),
        "enforce_regex": (_paths(regex), {"path": "/admin"}),
        "enforce_enabled": ({"securePathConfiguration": {"rules": [RULE]}}, {"path": "/admin"}),
        "enforce_skip": ({"credentials": [OPS], "securePathConfiguration": skip}, {"project": "shop"}),
        "enforce_private": ({"credentials": [OPS]}, {"host": "api:8080", "project": "shop"}),
        "enforce_vpc": (denies, {"host": "vpc"}),
        "enforce_passthrough": (denies, {}),
    }
    security, more = cases[switch]
    passthrough = {"enableTlsPassthrough": switch == "enforce_passthrough"}
    nf.set_ports("shop", "api", [public(security=security, vpcAccessible=True, advancedOptions=passthrough)])
    host = {"vpc": dns(nf).replace(".", "--vpc.", 1), "api:8080": "api:8080"}.get(more.pop("host", ""), dns(nf))
    found = set()
    for side in SIDES[switch]:
        nf.settings = nf.settings.changed({switch: side})
        code, body = answer(nf, host, **more)
        assert body["switches"] == {switch: side}
        found.add(code == 200)

    assert found == {True, False}


def _paths(*rules: Any) -> Any:
    return {"securePathConfiguration": {"enabled": True, "rules": list(rules)}}


def test_an_answer_has_no_secret(nf: Emulator) -> None:
    security = {"credentials": [OPS], "headers": [{"name": "X-Key", "value": CANARY}], "verificationMode": "or"}
    nf.set_ports("shop", "api", [public(security=security)])

    for login in (None, ("ops", CANARY), ("ops", "no")):
        assert CANARY not in str(answer(nf, dns(nf), login=login))


@pytest.mark.parametrize("address", ["", "nonsense", "203.0.113.0/24", "1.2.3", "fe80::%%"])
def test_an_address_that_is_none_is_one_sentence(nf: Emulator, address: str) -> None:
    nf.set_ports("shop", "api", [public()])

    code, body = answer(nf, dns(nf), address=address)

    assert (code, body["error"]["message"]) == (400, "X-Emulator-Address must be an IPv4 or IPv6 address")


@pytest.mark.parametrize(
    "authorization", ["", "Basic", "Basic %%%", "Basic b3Bz", "Bearer b3BzOnNlY3JldA==", "Basic /w=="]
)
def test_a_login_that_cannot_be_read_is_none(nf: Emulator, authorization: str) -> None:
    nf.set_ports("shop", "api", [public(security={"credentials": [OPS]})])

    assert status(nf, dns(nf), headers=(("Authorization", authorization),)) == 401


def test_ports_that_somebody_wrote_oddly_are_no_crash(nf: Emulator) -> None:
    rules = [
        {"paths": [{"path": "(", "routingMode": "regex", "priority": 9}], "accessMode": "protected"},
        {"paths": [], "accessMode": "protected"},
    ]
    security = {
        "policies": [{"action": "ALLOW", "addresses": ["nonsense"]}, {"action": "DENY", "addresses": []}],
        "sso": {},
        "credentials": [],
    }
    nf.set_ports("shop", "api", [public(security=security | _paths(*rules))])

    assert status(nf, dns(nf), "/%zz/../x?%") == 403


def test_it_is_off_until_asked_for_and_ends_and_begins_with_the_emulator(nf: Emulator) -> None:
    nf.set_ports("shop", "api", [public()])
    url, name = nf.enforce(), dns(nf)
    assert nf.enforce() == url
    nf.restart()
    assert httpx.get(url, headers={"host": name}, trust_env=False).status_code == 200
    nf.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_the_command_prints_a_second_url(tmp_path: Path) -> None:
    seed = tmp_path / "shop.json"
    port = public(domains=["api.shop.example"], security={"credentials": [OPS]})
    services = [{"id": "api", "ports": [port]}]
    domains = [{"domain": "shop.example", "subdomains": {"api": True}}]
    seed.write_text(json.dumps({"domains": domains, "projects": [{"id": "shop", "services": services}]}))
    command = [sys.executable, "-m", "nf_ports", "emulator", "--enforce", "0", "--seed", str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        api, enforcing = (process.stdout.readline().strip() for _line in range(2))
        assert httpx.get(f"{api}/_emulator", trust_env=False).status_code == 200
        answers = [
            httpx.get(enforcing, headers={"host": "api.shop.example"}, auth=auth, trust_env=False)
            for auth in (None, ("ops", CANARY))
        ]
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()

    assert [each.status_code for each in answers] == [401, 200]
    assert answers[0].headers["www-authenticate"].startswith("Basic ")
    assert (rest, process.returncode) == ("", 0)


def test_a_taken_port_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["emulator", "--enforce", str(port)]) == 2
    assert capsys.readouterr().err == f"error: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_the_example_of_the_documents_passes(northflank: Emulator) -> None:
    page = (Path(__file__).parents[2] / "docs" / "testing.md").read_text("utf-8")
    (block,) = [each for each in re.findall("```python\n(.*?)```", page, re.DOTALL) if ".enforce()" in each]
    names: dict[str, Any] = {}
    exec(block, names)  # noqa: S102 - the page is a part of the project

    names["test_only_the_office_gets_in"](northflank)
