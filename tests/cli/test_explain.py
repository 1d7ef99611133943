"""The command `explain`: the verdict for a request to a live port, what it rests on, and how sure it is."""

import json
from typing import Any, Final

import pytest
from world import fill

from nf_ports.cli.main import main
from nf_ports.emulator import Emulator

NOT_SEEN: Final = "not seen: policies of team and organisation, network policies, ingress projects, harnesses, add-ons"
CANARY: Final = "C4nary"
OPS: Final = {"username": "ops", "password": CANARY, "type": "basic-auth"}
ADMIN: Final = {
    "paths": [{"path": "/admin", "routingMode": "prefix", "priority": 10}],
    "accessMode": "protected",
    "securityPolicies": {"requiredPolicies": {"credentials": [OPS]}},
}


def port(name: str = "http", number: int = 8080, *, public: bool = True, **members: Any) -> dict[str, Any]:
    """A port as on the wire."""
    return {"name": name, "internalPort": number, "protocol": "HTTP", "public": public, **members}


VIA = "generated, load-balancer, private, public or vpc"


@pytest.fixture
def shop(northflank: Emulator) -> Emulator:
    """A service with everything that is asked about here."""
    guarded = {
        "credentials": [OPS],
        "policies": [{"action": "ALLOW", "addresses": ["203.0.113.0/24"]}],
        "headers": [{"name": "X-Key", "value": CANARY}],
        "verificationMode": "and",
    }
    sso = {"organizationId": "acme", "directoryGroupIds": ["admins"], "allowInternalTrafficViaPublicDns": True}
    fill(northflank, [], subdomains={"api": True})
    northflank.add_service(
        "shop",
        "api",
        ports=[
            port(domains=["api.shop.example"], security=guarded),
            port("paths", 8081, security={"securePathConfiguration": {"enabled": True, "rules": [ADMIN]}}),
            port("sso", 8082, security={"sso": sso}),
            port("mixed", 8083, security={key: guarded[key] for key in ("credentials", "headers")}),
            port("metrics", 9090, public=False),
        ],
    )
    northflank.add_service("shop", "cron")
    return northflank


def explain(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The exit code, stdout and stderr of the command; never with a secret."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "120")
        code = main(["explain", *arguments])
    captured = capsys.readouterr()
    assert CANARY not in captured.out + captured.err
    return code, captured.out, captured.err


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """The JSON of the answer."""
    code, out, _err = explain(capsys, *arguments, "--json")
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.northflank(era="2026b")
@pytest.mark.parametrize(
    ("question", "verdict", "rule"),
    [
        ("http", "refused", "security.credentials"),
        ("http --user ops --header X-Key --from 203.0.113.7", "allowed", "security.credentials"),
        ("http --user ops --header X-Key --from 198.51.100.7", "refused", "security.policies.ALLOW"),
        ("http --user ops --header X-Key --from 203.0.113.7 --via api.shop.example", "allowed", "security.credentials"),
        ("http --user ops --header X-Key --from 203.0.113.7 --via other.example", "refused", "domains"),
        ("http --user ops --header X-Key --from 203.0.113.7 --via generated", "allowed", "security.credentials"),
        ("paths", "allowed", "security"),
        ("paths --path /admin/x", "refused", "security.securePathConfiguration.rules.prefix /admin"),
        ("paths --path /admin/x --user ops", "allowed", "security.securePathConfiguration.rules.prefix /admin"),
        ("sso --sso", "refused", "security.sso"),
        ("sso --sso acme", "refused", "security.sso.directoryGroupIds"),
        ("sso --sso acme --group admins", "allowed", "security.sso"),
        ("sso --internal", "allowed", "security.sso"),
        ("mixed --user ops", "undetermined", "security.verificationMode"),
        ("metrics", "refused", "public"),
        ("metrics --via private", "allowed", "public"),
        ("metrics --via vpc", "refused", "vpcAccessible"),
    ],
)
def test_the_verdict_and_the_rule_that_decides(
    question: str, verdict: str, rule: str, shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *options = question.split()

    found = answer(capsys, f"shop/api/{name}", *options)

    assert (found["verdict"], found["rule"]) == (verdict, rule)
    assert found["certain"]
    by_host = ["list.domains", "list.subdomain.path"] if "shop.example" in question else []
    assert [request.operation for request in shop.requests] == ["get.service", *by_host]


@pytest.mark.northflank(era="2026b")
def test_the_answer_is_a_sentence_and_the_place(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = explain(capsys, "shop/api/paths", "--path", "/admin", "--from", "203.0.113.7")

    assert code == 0
    assert out.splitlines() == [
        'shop/api, port "paths", /admin: refused: path rule prefix /admin: it asks for a login (ops)',
        "  decided by security.securePathConfiguration.rules.prefix /admin",
        "  note: nf_ports assumes that the path rule that decides replaces the port's own checks",
        "  not read: load balancers: --via load-balancer asks whether one leads to the port",
        NOT_SEEN,
    ]
    assert err.startswith("Northflank API requests: 1 used in this run")
    assert len(shop.requests) == 1


@pytest.mark.northflank(era="2026b")
def test_everything_that_is_missing_is_told(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    _code, out, _err = explain(capsys, "shop/api/http", "--from", "198.51.100.7")

    assert "  security.credentials: it asks for a login (ops)" in out.splitlines()
    assert "  security.policies.ALLOW: 198.51.100.7 is in no allowed range" in out.splitlines()
    assert "  security.headers: it asks for header X-Key" in out.splitlines()
    assert shop.requests


@pytest.mark.parametrize("era", ["2025", "2026a", "2026b", "gone"])
def test_what_an_api_does_not_show_makes_the_answer_uncertain(
    era: Any, northflank: Emulator, shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    northflank.settings = northflank.settings.changed({"era": era})
    whole = era in {"2026b", "gone"}

    public = answer(capsys, "shop/api/paths", "--path", "/admin")
    private = answer(capsys, "shop/api/metrics")
    inside = answer(capsys, "shop/api/metrics", "--via", "private")

    assert public["verdict"] == ("refused" if whole else "allowed")
    assert public["showsAll"] == public["certain"] == whole
    unseen = "this version of the API shows neither path rules nor TLS passthrough; if the port has any, "
    assert sum(note.startswith(unseen) for note in public["notes"]) == (not whole)
    assert private["certain"]
    assert inside["certain"]
    assert shop is northflank


@pytest.mark.northflank(era="2026b")
def test_a_name_that_no_check_asks_for_is_told(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    notes = answer(capsys, "shop/api/http", "--user", "opps", "--header", "y-key", "--group", "admins")["notes"]

    assert notes == [
        'the port asks for no user "opps"; it knows ops',
        'the port asks for no header "y-key"; it knows X-Key',
        'the port asks for no group "admins"; it knows none',
    ]
    assert shop.requests


@pytest.mark.northflank(era="2026b")
def test_json_is_as_the_help_says(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "shop/api/http", "--from", "203.0.113.7", "--user", "ops")
    _code, said, _err = explain(capsys, "--help")

    assert [key for key in found if f'"{key}"' not in said] == []
    assert found["version"] == 1
    assert found["request"] == {
        "path": "/",
        "from": "203.0.113.7",
        "users": ["ops"],
        "organisations": [],
        "groups": [],
        "headers": [],
        "via": "public",
        "internal": False,
    }
    assert found["reasons"][0] == {"at": "security.headers", "says": "it asks for header X-Key"}
    assert shop.requests


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["shop"], "name the port as PROJECT/SERVICE/PORT, such as shop/api/http"),
        (["shop/api"], "name the port as PROJECT/SERVICE/PORT, such as shop/api/http"),
        (["shop/a_b/http"], "name the port as PROJECT/SERVICE/PORT, such as shop/api/http"),
        (["shop/api/http", "--from", "203.0.113.0/24"], "--from takes an IPv4 or IPv6 address, such as 203.0.113.7"),
        (["shop/api/http", "--path", "admin"], "--path takes a path that begins with a slash, such as /admin"),
        (
            ["shop/api/http", "--via", "https://api.shop.example"],
            f"--via takes a host name alone, and its path is for --path; or {VIA}",
        ),
        (
            ["shop/api/http", "--via", "loadbalancer"],
            f"--via does not know loadbalancer; it takes a full host name, or {VIA}",
        ),
        (
            ["shop/api/http", "--via", "private", "--internal"],
            "--internal is about a public name, and --via private is none",
        ),
    ],
)
def test_wrong_usage_is_exit_code_2_and_asks_nothing(
    arguments: list[str], sentence: str, shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(capsys, *arguments) == (2, "", f"error: {sentence}; see nf-ports explain --help\n")
    assert not shop.requests


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("shop/api/web", 'shop/api has no port "web"; it has http, paths, sso, mixed and metrics'),
        ("shop/cron/http", 'shop/cron has no port "http"; it has no ports at all'),
        ("shop/nope/http", "cannot read the ports of shop/nope: "),
    ],
)
def test_what_is_not_there_is_a_sentence(
    target: str, sentence: str, shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = explain(capsys, target)

    assert (code, out) == (1, "")
    assert err.startswith(f"error: {sentence}")
    assert err.count("\n") == 1
    assert shop.requests


def test_without_a_token_it_says_how_to_give_one(
    shop: Emulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NORTHFLANK_API_TOKEN")

    code, _out, err = explain(capsys, "shop/api/http")

    assert code == 1
    assert err.startswith("error: no API token is set. Export NORTHFLANK_API_TOKEN")
    assert not shop.requests


@pytest.mark.northflank(era="2026b")
def test_a_team_is_asked_for_its_own_project(northflank: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    northflank.add_team("acme")
    fill(northflank, {"api": [port()]}, team="acme")

    found = answer(capsys, "shop/api/http", "--team", "acme")

    assert (found["service"], found["verdict"]) == ("acme/shop/api", "allowed")


@pytest.mark.parametrize("era", ["2026a", "2026b"])
def test_a_port_behind_a_path_of_a_domain_is_explained_by_the_paths_of_the_host(
    northflank: Emulator, capsys: pytest.CaptureFixture[str], era: str
) -> None:
    northflank.settings = northflank.settings.changed({"era": era})
    fill(northflank, [], subdomains={"app": True})
    behind = port(domains=["App.shop.example/api"], disableNfDomain=True)
    northflank.add_service("shop", "api", ports=[behind])

    assert answer(capsys, "shop/api/http", "--path", "/api")["verdict"] == "allowed"
    by_name = ["shop/api/http", "--via", "app.shop.example", "--path"]
    assert answer(capsys, *by_name, "/api")["verdict"] == "allowed"
    other = answer(capsys, *by_name, "/other")
    assert other["verdict"] == "refused"
    assert "the base path of app.shop.example leads to no port" in other["sentence"]
    alone = answer(capsys, *by_name, "/api", "--no-other-ways")
    assert (alone["verdict"], alone["certain"]) == ("undetermined", False)
    assert "only some paths of this domain lead to the port" in alone["sentence"]
    assert alone["notRead"] == ["the paths of app.shop.example: some may lead to another port, or be rewritten"]
    assert answer(capsys, "shop/api/http", "--via", "www.shop.example")["verdict"] == "refused"
    assert answer(capsys, "shop/api/http", "--via", "generated")["verdict"] == "refused"
    assert main(["exposure", "shop", "--format", "json"]) == 0
    (place,) = json.loads(capsys.readouterr().out)["services"][0]["ports"]
    assert place["surfaces"][0]["names"] == ["app.shop.example/api"]
