"""Other ways in, by the commands `exposure` and `explain` on live data: in every format, and what cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from world import fill, http_port

from nf_ports.cli.main import main
from nf_ports.emulator import Emulator

CANARY: Final = "C4nary"
NOT_SEEN: Final = "not seen: policies of team and organisation, network policies, ingress projects, harnesses, add-ons"
BALANCERS: Final = "Account > LoadBalancers > General > Read"
LINE: Final = (
    "paths of api.shop.example: not readable with this token (HTTP 403); its role needs 'Account > SubdomainPaths >"
    " General > Read (since mid-2026: Account > Networking > SubdomainPaths > Read)'"
)
PATHS: Final = "Account > SubdomainPaths > General > Read"
DOMAINS: Final = "Account > Domains > General > Read"
ADMIN: Final[dict[str, Any]] = {
    "paths": [{"path": "/admin", "routingMode": "prefix", "priority": 10}],
    "accessMode": "protected",
    "securityPolicies": {
        "requiredPolicies": {"credentials": [{"username": "ops", "password": CANARY, "type": "basic-auth"}]}
    },
}
EDGE: Final = (
    'load balancer "edge" (TCP 192.0.2.9:5432) forwards everyone from the internet to port 5432, where no check of the'
    " port applies"
)


def balancer(name: str, service: str, port: int, kind: str = "tcp", **spec: Any) -> dict[str, Any]:
    """A load balancer of a seed, in front of one port."""
    backends = [{"id": service, "type": "service", "port": port}]
    ports = [{"id": "port-1", "port": str(port), "backends": backends}]
    return {"name": name, "spec": {"type": kind, "target": {"type": "region"}, "ports": ports, **spec}}


@pytest.fixture
def shop(northflank: Emulator) -> Emulator:
    """A database behind load balancers, and a host that serves two services, one of them by a rewritten path."""
    paths: list[str | dict[str, Any]] = [
        {"path": "api.shop.example/v1", "options": {"rewrite": {"uri": "/admin"}}},
        "api.shop.example/free",
    ]
    northflank.add_domain("shop.example", subdomains={"api": True, "www": True}, paths=paths)
    fill(northflank, {"web": [http_port(public=True, domains=["api.shop.example", "www.shop.example"])]})
    rules = {"securePathConfiguration": {"enabled": True, "rules": [ADMIN]}}
    northflank.add_service(
        "shop",
        "orders",
        ports=[http_port(public=True, domains=["api.shop.example/v1"], security=rules, disableNfDomain=True)],
    )
    northflank.add_service("shop", "db", ports=[http_port("pg", 5432, protocol="TCP", public=False)])
    northflank.seed(
        {
            "loadBalancers": [
                {**balancer("edge", "shop/db", 5432), "state": {"endpoints": ["192.0.2.9"]}},
                {**balancer("next", "shop/db", 5432), "state": {"status": "staging"}},
                balancer("inside", "shop/db", 5432, visibility="private"),
                balancer("wrong", "shop/db", 5432, kind="udp"),
                balancer("other", "shop/web", 9),
            ]
        }
    )
    northflank.clear_requests()
    return northflank


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The output of a command that succeeds; never with a secret."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "400")
        code = main([*arguments])
    captured = capsys.readouterr()
    assert (code, CANARY in captured.out + captured.err) == (0, False), captured.err
    return captured.out


def ports_of(found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The other ways of every port, by service and port."""
    return {
        f"{service['id']}/{port['port']}": port["otherWays"]
        for service in found["services"]
        for port in service["ports"]
    }


@pytest.mark.northflank(era="2026b")
def test_json_has_the_other_ways_of_every_port(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(run(capsys, "exposure", "shop", "--json"))

    ways = ports_of(found)
    assert shop.requests
    assert [(way["name"], way["callers"], way["state"], way["checks"]) for way in ways["shop/db/pg"]] == [
        ("edge", "internet", "now", False),
        ("next", "internet", "not yet", False),
        ("inside", "vpc", "now", False),
    ]
    assert ways["shop/db/pg"][0]["addresses"] == ["192.0.2.9:5432"]
    assert [(way["name"], way["checks"]) for way in ways["shop/web/http"]] == [("api.shop.example", True)]
    (orders,) = ways["shop/orders/http"]
    assert orders["says"] == "prefix /v1 of api.shop.example leads here, rewritten to /admin"
    assert orders["beside"] == ["the base path leads to shop/web, port http", "prefix /free leads to no port"]
    assert orders["open"] == [
        "Northflank does not say whether path rules match the path that is asked for or the rewritten one"
    ]
    assert found["headline"] == (
        "2 of 3 ports in shop are open to everyone; 1 is reached by a load balancer, without checks"
    )
    assert (found["notRead"], found["notSeen"]) == ([], NOT_SEEN)


@pytest.mark.northflank(era="2026b")
def test_the_requests_are_those_of_the_help(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "exposure", "shop")

    asked = [request.operation for request in shop.requests]
    assert asked[:4] == ["list.services", *["get.service"] * 3]
    # Of four paths of two hosts only one is among no port's domains.
    assert asked[4:] == [
        *("list.loadBalancers", "list.domains", "list.subdomain.path", "get.subdomain.path", "list.subdomain.path")
    ]
    shop.clear_requests()
    run(capsys, "exposure", "shop", "--no-other-ways")
    assert shop.count() == 4


@pytest.mark.northflank(era="2026b")
@pytest.mark.parametrize("form", ["terminal", "markdown", "html", "json"])
def test_every_format_has_the_other_ways_and_what_is_not_seen(
    form: str, shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    out = run(capsys, "exposure", "shop", "--format", form).replace("&#34;", '"').replace('\\"', '"')

    assert EDGE in out
    assert "rewritten to /admin" in out
    assert NOT_SEEN[1:] in out
    assert shop.requests


@pytest.mark.northflank(era="2026b")
@pytest.mark.parametrize("form", ["terminal", "markdown", "html", "json"])
def test_what_was_left_out_or_is_refused_is_a_line_in_every_format(
    form: str, shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    left_out = run(capsys, "exposure", "shop", "--format", form, "--no-other-ways")
    shop.fault(operation="list.loadBalancers", status=403, times=None)
    shop.fault(operation="list.subdomain.path", status=401, times=None)
    refused = run(capsys, "exposure", "shop", "--format", form).replace("&gt;", ">").replace("&#62;", ">")

    assert "load balancers and paths of hosts: left out by --no-other-ways" in left_out
    assert "load balancers: not readable with this token (HTTP 403); its role needs" in refused
    assert "paths of api.shop.example: not readable with this token (HTTP 401); its role needs" in refused


@pytest.mark.northflank(era="2026a", denied_permissions=frozenset({BALANCERS, PATHS, DOMAINS}))
def test_a_token_without_the_permissions_still_gets_the_answer(
    shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(run(capsys, "exposure", "shop", "--json"))

    assert [line.partition(":")[0] for line in found["notRead"]] == ["load balancers", "paths of hosts"]
    assert all("not readable with this token (HTTP 401)" in line for line in found["notRead"])
    assert found["complete"]
    assert not any(ports_of(found).values())
    assert shop.requests


@pytest.mark.northflank(era="2025")
def test_an_api_without_load_balancers_says_so(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(run(capsys, "exposure", "shop", "--json"))
    answer = json.loads(run(capsys, "explain", "shop/db/pg", "--via", "load-balancer", "--json"))

    line = "load balancers: this version of the API does not show them (HTTP 404)"
    assert found["notRead"] == [line]
    assert (answer["verdict"], answer["notRead"]) == ("unknown", [line])
    assert shop.requests


@pytest.mark.northflank(era="2026b", rate_limit=26)
def test_the_requests_for_others_are_left(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(run(capsys, "exposure", "shop", "--json"))

    assert found["complete"]
    assert found["notRead"][0].startswith("paths of api.shop.example: only 20 of the account's API requests are left")
    assert found["requests"] == {"used": 6, "left": 20}
    assert shop.count() == 6


@pytest.mark.parametrize(
    ("asked", "verdict", "says"),
    [
        ("2026b shop/db/pg", "allowed", EDGE),
        # The older list does not show the status.
        ("2026a shop/db/pg", "undetermined", 'load balancer "edge" (TCP 5432) forwards everyone'),
        ("2026b shop/web/http", "refused", "none of the account leads to the port"),
    ],
)
def test_a_request_through_a_load_balancer_is_explained(
    asked: str, verdict: str, says: str, shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    era, target = asked.split()
    shop.settings = shop.settings.changed({"era": era})
    found = json.loads(run(capsys, "explain", target, "--via", "load-balancer", "--json"))

    assert (found["verdict"], found["certain"]) == (verdict, False)
    assert says in found["sentence"]
    assert found["notSeen"] == NOT_SEEN
    assert [request.operation for request in shop.requests] == ["get.service", "list.loadBalancers"]


@pytest.mark.northflank(era="2026b")
@pytest.mark.parametrize(
    ("asked", "verdict", "says"),
    [
        ("shop/web/http /", "allowed", "no check is required"),
        ("shop/web/http /v1/x", "refused", "prefix /v1 of api.shop.example leads to shop/orders, port http"),
        ("shop/web/http /v1x", "undetermined", "whether the prefix of a path of a host ends at a segment"),
        ("shop/web/http /free", "refused", "prefix /free of api.shop.example leads to no port"),
        ("shop/orders/http /v1/x", "undetermined", "the path that is asked for or the rewritten one"),
        ("shop/orders/http /", "refused", "the base path of api.shop.example leads to shop/web, port http"),
    ],
)
def test_the_paths_of_a_host_choose_the_port_first(
    asked: str, verdict: str, says: str, shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    target, path = asked.split()
    found = json.loads(run(capsys, "explain", target, "--via", "api.shop.example", "--path", path, "--json"))

    assert found["verdict"] == verdict
    assert says in found["sentence"]
    assert found["notRead"] == []
    # The port of a path is asked for only where the path is for the request and the service does not have it.
    assert shop.count("get.subdomain.path") <= 2


@pytest.mark.northflank(era="2026b")
def test_paths_that_cannot_be_read_leave_the_answer_uncertain(
    shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.fault(operation="list.subdomain.path", status=403, times=None)
    found = json.loads(run(capsys, "explain", "shop/web/http", "--via", "api.shop.example", "--json"))

    assert (found["verdict"], found["certain"]) == ("allowed", False)
    assert found["notRead"] == [
        LINE,
        "the paths of api.shop.example: some may lead to another port, or be rewritten",
    ]


@pytest.mark.northflank(era="2026b")
@pytest.mark.parametrize(
    "body",
    [
        {"data": {"loadBalancers": [{"name": "edge"}]}},
        {"data": {"loadBalancers": [{"name": "edge", "spec": {"type": "http", "ports": []}}]}},
        {"data": {"loadBalancers": [{"name": "edge", "spec": {"type": "tcp", "ports": [{"port": "1"}]}}]}},
        {"data": {"loadBalancers": 7}},
        {"data": []},
    ],
)
def test_an_answer_of_another_form_is_a_line(
    body: dict[str, Any], shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.fault(
        operation="list.loadBalancers", body=body | {"pagination": {"hasNextPage": False, "count": 1}}, times=None
    )
    found = json.loads(run(capsys, "exposure", "shop", "--json"))

    assert found["notRead"][0].startswith("load balancers: cannot list the load balancers: the API's answer ")


@pytest.mark.northflank(era="2026b")
@pytest.mark.parametrize("uri", ["/\ud800", "(", "/\u202e\n| x", "/" + "a" * 5000])
@pytest.mark.parametrize("form", ["terminal", "markdown", "html", "json"])
def test_hostile_paths_are_shown_on_one_line_or_refused(
    uri: str, form: str, shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [{"subdomain": "x", "mode": mode, "uri": uri} for mode in ("prefix", "regex")]
    base = [{"subdomain": "x", "mode": "prefix", "uri": "/"}]
    body = {"data": {"paths": [*base, *paths]}, "pagination": {"hasNextPage": False, "count": 3}}
    shop.fault(operation="list.subdomain.path", body=body, times=None)
    out = run(capsys, "exposure", "shop", "--format", form)

    assert "\u202e" not in out
    assert "\ud800" not in out
    assert max(map(len, out.splitlines())) < 3000 or form in {"html", "json"}


@pytest.mark.parametrize(
    "options", ["--via load-balancer --internal", "--via load-balancer --no-other-ways", "--via load-balancer/x"]
)
def test_options_that_exclude_each_other_are_refused(
    options: str, northflank: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "shop/web/http", *options.split()]) == 2
    assert capsys.readouterr().err.startswith("error: --")
    assert not northflank.requests


@pytest.mark.northflank(era="2026b")
def test_the_other_ways_of_a_team_are_read_in_its_account(
    northflank: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    northflank.add_team("acme")
    northflank.add_domain("shop.example", subdomains={"api": True}, paths=["api.shop.example/v1"], team="acme")
    fill(northflank, {"web": [http_port(public=True, domains=["api.shop.example"])]}, team="acme")
    northflank.seed({"loadBalancers": [balancer("own", "shop/web", 8080), balancer("ours", "shop/web", 8080)]})
    northflank.seed({"loadBalancers": [balancer("theirs", "shop/web", 8080) | {"team": "acme"}]})

    found = json.loads(run(capsys, "exposure", "shop", "--team", "acme", "--json"))

    assert [way["name"] for way in ports_of(found)["acme/shop/web/http"]] == ["theirs", "api.shop.example"]
    assert {request.path.split("/")[2] for request in northflank.requests} == {"teams"}


@pytest.mark.northflank(era="2026b")
def test_a_name_below_two_registered_domains_is_looked_for_in_both(
    northflank: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    # The entry is in the domain that is further away.
    northflank.add_domain("shop.example", subdomains={"api.eu": True}, paths=["api.eu.shop.example/v1"])
    fill(northflank, {"web": [http_port(public=True, domains=["api.eu.shop.example"])]})
    northflank.add_domain("eu.shop.example")

    found = json.loads(run(capsys, "exposure", "shop", "--json"))

    assert [way["name"] for way in ports_of(found)["shop/web/http"]] == ["api.eu.shop.example"]
    assert (northflank.count("list.subdomain.path"), found["notRead"]) == (2, [])


@pytest.mark.northflank(era="2026b")
def test_a_name_by_a_wildcard_has_the_paths_of_the_wildcard(
    northflank: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    northflank.add_domain("shop.example", subdomains={"*": True}, paths=["*.shop.example/v1"])
    fill(northflank, {"web": [http_port(public=True, domains=["*.shop.example"])]})

    def verdict(path: str) -> str:
        asked = ["explain", "shop/web/http", "--via", "x.shop.example", "--path", path, "--json"]
        return str(json.loads(run(capsys, *asked))["verdict"])

    assert (verdict("/"), verdict("/v1")) == ("allowed", "refused")
    assert northflank.count("list.subdomain.path") == 2


@pytest.mark.northflank(era="2026b")
def test_any_public_name_is_not_certain_where_a_name_is_a_path(
    shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(run(capsys, "explain", "shop/orders/http", "--path", "/v1", "--json"))

    assert (found["verdict"], found["certain"]) == ("allowed", False)
    assert found["notRead"] == [
        "the paths of its hosts, of which only some lead to the port; name a host with --via",
        "load balancers: --via load-balancer asks whether one leads to the port",
    ]
    assert shop.count() == 1


@pytest.mark.northflank(era="2026b")
def test_a_rewritten_path_that_makes_a_difference_makes_json_uncertain(
    shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(run(capsys, "exposure", "shop", "--json"))

    certain = {
        f"{service['id']}/{port['port']}": {
            each["certain"] for each in port["surfaces"] if each["callers"] == "internet"
        }
        for service in found["services"]
        for port in service["ports"]
    }
    assert certain == {"shop/orders/http": {False}, "shop/web/http": {True}, "shop/db/pg": {True}}
    assert shop.requests


def expected(
    capsys: pytest.CaptureFixture[str], folder: Path, service: str, *expectations: dict[str, Any]
) -> list[dict[str, Any]]:
    """The expectations about the port http of a service, judged against live ports."""
    file = folder / "expectations.json"
    file.write_text(json.dumps({service: [{"port": "http", **each} for each in expectations]}), "utf-8")
    main(["exposure", "shop", "--expect", str(file), "--json"])
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["expectations"]
    return found


@pytest.mark.northflank(era="2026b")
@pytest.mark.parametrize(
    ("service", "path"),
    [
        *(("shop/web", path) for path in ("/", "/v1/x", "/v1x", "/free")),
        *(("shop/orders", path) for path in ("/", "/v1/x", "/v1x")),
    ],
)
def test_an_expectation_with_a_host_has_the_verdict_of_explain(
    service: str, path: str, shop: Emulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["explain", f"{service}/http", "--via", "api.shop.example", "--path", path, "--json"]
    explained = json.loads(run(capsys, *asked))
    request = {"path": path, "host": "API.shop.example"}
    allows, denies = expected(
        capsys, tmp_path, service, request | {"verdict": "allows"}, request | {"verdict": "denies"}
    )

    results = {"allowed": ("met", "notMet"), "refused": ("notMet", "met")}
    assert (allows["result"], denies["result"]) == results.get(explained["verdict"], ("undetermined",) * 2)
    assert all(explained["sentence"].lower() in each["sentence"].lower() for each in (allows, denies))
    assert shop.requests


@pytest.mark.northflank(era="2026b")
def test_a_denial_is_undetermined_where_a_path_of_some_host_may_let_the_request_in(
    northflank: Emulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = {
        "paths": [{"path": "/open", "routingMode": "prefix", "priority": 10}],
        "accessMode": "unprotected",
    }
    login = ADMIN["securityPolicies"]["requiredPolicies"]
    rules = {"securePathConfiguration": {"enabled": True, "rules": [opened]}}
    rewriting: list[str | dict[str, Any]] = [{"path": "api.shop.example/v1", "options": {"rewrite": {"uri": "/open"}}}]
    northflank.add_domain("shop.example", subdomains={"api": True}, paths=rewriting)
    domains = ["api.shop.example", "api.shop.example/v1"]
    fill(northflank, {"web": [http_port(public=True, domains=domains, security={**login, **rules})]})
    rewritten, elsewhere, allowed = expected(
        capsys,
        tmp_path,
        "shop/web",
        {"verdict": "denies", "path": "/v1/x"},
        {"verdict": "denies", "path": "/v2"},
        {"verdict": "allows", "path": "/v1/x", "login": "ops"},
    )

    assert (rewritten["result"], rewritten["code"], rewritten["rule"]) == ("undetermined", "NF402", "domains")
    assert "api.shop.example/v1/x: undetermined whether it gets in" in rewritten["sentence"]
    assert "the path that is asked for or the rewritten one" in rewritten["sentence"]
    assert (elsewhere["result"], allowed["result"]) == ("met", "met")
    assert CANARY not in str([rewritten, elsewhere, allowed])


@pytest.mark.northflank(era="2026b")
def test_an_allowance_is_not_met_where_no_name_of_the_port_leads_to_it_on_the_path(
    shop: Emulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere, here = expected(
        capsys,
        tmp_path,
        "shop/orders",
        {"verdict": "allows"},
        {"verdict": "allows", "path": "/v1/x", "login": "ops"},
    )
    (by_another_name,) = expected(capsys, tmp_path, "shop/web", {"verdict": "allows", "path": "/v1/x"})

    assert (nowhere["result"], nowhere["code"]) == ("notMet", "NF401")
    assert "the base path of api.shop.example leads to shop/web, port http" in nowhere["sentence"]
    assert (here["result"], by_another_name["result"]) == ("met", "met")
    assert shop.requests
