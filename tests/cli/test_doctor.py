"""The doctor: a line for each thing, what to do about it, no secret, no write, and no need of a network or a token."""

import base64
import json
import os
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from world import fill

from nf_ports.cli.doctor.api_token import claims_of, masked, token_check
from nf_ports.cli.main import main
from nf_ports.emulator import Emulator
from nf_ports.northflank.settings import ApiSettings

CERTIFICATE = Path(__file__).parents[1] / "faults" / "self_signed.pem"
UPDATE = "Project > Services > General > Update"
SERVICES_READ = "Project > Services > General > Read"
PROJECTS_READ = "Project > Projects > Manage > Read"
DOMAINS_READ = "Account > Domains > General > Read"
HTTP = {"name": "http", "internalPort": 8080, "protocol": "HTTP", "public": True}


def executable(path: Path, does: str) -> None:
    """A program of one line of shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Pulumi project whose interpreter is this one; and a pulumi that tells a version."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n", encoding="utf-8")
    for name, does in (("pulumi", "echo v3.250.1"), ("python3", f'exec {sys.executable} "$@"')):
        executable(tmp_path / "bin" / name, does)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    for name in ("PULUMI_COMMAND", "NF_API_TOKEN", "NF_API_HOST", "NF_HOST"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def shop(northflank: Emulator) -> Emulator:
    """A project with a service that has a port."""
    fill(northflank, {"api": [HTTP]})
    return northflank


@pytest.fixture
def plain_network(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A token for Northflank's own API, and an environment that says nothing of the way to it."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy") or name.startswith("SSL_CERT_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("NORTHFLANK_API_BASE_URL", raising=False)
    monkeypatch.setenv("NORTHFLANK_API_TOKEN", "nf-made-up")
    return monkeypatch


class Found:
    """What the doctor says, by check."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        """Run it."""
        self.code = main(["doctor", "--json", *arguments])
        captured = capsys.readouterr()
        self.err = captured.err
        self.answer: dict[str, Any] = json.loads(captured.out)
        self.status = {check["name"]: check["status"] for check in self.answer["checks"]}
        self.text = {check["name"]: check["text"] for check in self.answer["checks"]}
        self.todo = {check["name"]: check["todo"] for check in self.answer["checks"]}


@pytest.mark.northflank(era="2026b")
def test_where_all_is_well_every_line_is_ok(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    found = Found(capsys)

    assert (found.code, found.answer["version"], found.answer["ok"]) == (0, 1, True)
    assert set(found.status.values()) == {"ok"}
    assert list(found.status) == [
        *(
            "token",
            "address",
            "tls",
            "proxy",
            "account",
            "role",
            "connection",
            "services",
            "update",
            "domains",
            "endpoints",
            "budget",
        ),
        *("pulumi", "python", "packages", "plugin", "project"),
    ]
    assert found.text["services"] == "can be read: 1 in project shop of account demo"
    assert found.text["endpoints"].endswith("GET service shows path rules and advanced options")
    assert found.text["budget"].startswith("994 of 1000 API requests left for the next 59 min")
    assert found.text["pulumi"].startswith("3.250.1 by PATH: ")
    assert {request.method for request in shop.requests} == {"GET"}
    assert len(shop.requests) == 6
    assert shop.requests[0].operation == "get.auth"


@pytest.mark.usefixtures("shop")
def test_lines_are_aligned_and_without_colour_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out

    assert "\033" not in out
    assert out.splitlines()[0].startswith("ok    token       nf-… from the environment variable NORTHFLANK_API_TOKEN")
    assert out.splitlines()[-1] == "16 ok, 0 to look at, 0 failed"


@pytest.mark.northflank(era="gone")
def test_a_ports_endpoint_that_is_gone_is_told(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    found = Found(capsys)

    assert shop.settings.era == "gone"
    assert found.status["endpoints"] == "ok"
    assert found.text["endpoints"].startswith("the ports endpoint is gone, so auto goes over to GET and PATCH service")
    assert found.todo["endpoints"].startswith("set northflank:dialect to service")


def test_without_a_token_and_a_network_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NORTHFLANK_API_TOKEN", raising=False)
    monkeypatch.delenv("NORTHFLANK_API_BASE_URL", raising=False)
    found = Found(capsys)

    assert found.code == 1
    assert (found.status["token"], found.text["token"]) == ("fail", "none is set")
    assert found.todo["token"].startswith("export NORTHFLANK_API_TOKEN")
    assert found.text["address"] == "https://api.northflank.com, the default"
    assert found.text["connection"] == "not checked, because token or address are not usable"
    assert "services" not in found.status
    assert found.status["python"] == "ok"


def test_an_api_that_cannot_be_reached_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NORTHFLANK_API_TOKEN", "nf-made-up")
    monkeypatch.setenv("NORTHFLANK_API_BASE_URL", "http://127.0.0.1:9")
    found = Found(capsys)

    assert (found.code, found.status["connection"]) == (1, "fail")
    assert "no connection (ConnectError) at http://127.0.0.1:9" in found.text["connection"]
    assert "Traceback" not in found.err


@pytest.mark.usefixtures("shop")
def test_a_token_that_is_refused_is_told_with_its_source(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NORTHFLANK_API_TOKEN", "nf-" + "wrong" * 20)
    found = Found(capsys)

    assert (found.code, found.status["connection"]) == (1, "fail")
    assert "The token came from the environment variable NORTHFLANK_API_TOKEN" in found.text["connection"]
    assert "wrongwrong" not in json.dumps(found.answer)


@pytest.mark.northflank(era="2026b", organisation_token=True)
def test_a_token_of_an_organisation_needs_a_team_and_nothing_more_is_asked(
    shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    found = Found(capsys)

    assert (found.code, found.status["account"], found.status["connection"]) == (1, "fail", "warn")
    assert "of the organisation demo-org" in found.text["account"]
    assert "works only with the id of a team, else Northflank refuses it (403)" in found.text["account"]
    assert found.todo["account"] == "name the team with --team, and in the stack with northflank:teamId"
    assert [request.operation for request in shop.requests] == ["get.auth"]

    shop.add_team("acme")
    shop.add_project("shop", team="acme")
    assert Found(capsys, "--team", "acme").status["account"] == "ok"


@pytest.mark.northflank(era="2026b", denied_permissions=[UPDATE, "Account > Networking > LoadBalancers > Read"])
@pytest.mark.usefixtures("shop")
def test_permissions_that_the_role_lacks_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    found = Found(capsys)

    assert (found.code, found.status["role"], found.status["services"]) == (1, "fail", "ok")
    assert found.text["role"].startswith(f"the role lacks {UPDATE}; without Account > LoadBalancers > General > Read")
    assert "nf-ports exposure does not see load balancers" in found.text["role"]
    assert "Domains" not in found.text["role"]


@pytest.mark.northflank(era="2026a")
@pytest.mark.usefixtures("shop")
def test_an_api_that_does_not_know_the_token_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    found = Found(capsys)

    assert (found.code, found.status["account"]) == (0, "ok")
    assert found.text["account"] == "this version of the API does not say whose the token is"
    assert "role" not in found.status
    assert found.status["services"] == "ok"


@pytest.mark.northflank(era="2026b")
def test_a_question_about_the_token_that_is_refused_alone_is_a_warning(
    shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.fault(operation="get.auth", status=403, times=None)
    found = Found(capsys)

    assert (found.code, found.status["account"], found.status["connection"]) == (0, "warn", "ok")
    assert "cannot ask whose the API token is" in found.text["account"]


@pytest.mark.northflank(denied_permissions=[SERVICES_READ])
@pytest.mark.usefixtures("shop")
def test_a_role_that_cannot_read_services_fails(capsys: pytest.CaptureFixture[str]) -> None:
    found = Found(capsys)

    assert (found.code, found.status["connection"], found.status["services"]) == (1, "ok", "fail")
    assert f"Give the role '{SERVICES_READ}'" in found.text["services"]
    assert found.status["endpoints"] == "warn"


@pytest.mark.northflank(denied_permissions=[PROJECTS_READ])
@pytest.mark.usefixtures("shop")
def test_a_role_that_cannot_list_projects_needs_only_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    found = Found(capsys)

    assert (found.code, found.status["connection"], found.status["services"]) == (0, "ok", "warn")
    assert found.todo["services"] == "name a project that has a service with --project"
    assert set(Found(capsys, "--project", "shop").status.values()) == {"ok"}


@pytest.mark.northflank(denied_permissions=[DOMAINS_READ])
@pytest.mark.usefixtures("shop")
def test_a_role_that_cannot_read_domains_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    found = Found(capsys)

    assert (found.code, found.status["domains"]) == (0, "warn")
    assert "northflank:checkDomains" in found.todo["domains"]


@pytest.mark.northflank(rate_limit=50)
@pytest.mark.usefixtures("shop")
def test_an_hour_that_is_nearly_spent_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    found = Found(capsys)

    assert (found.code, found.status["budget"]) == (0, "warn")
    assert found.text["budget"].startswith("44 of 50 API requests left")


@pytest.mark.northflank(rate_limit=0)
@pytest.mark.usefixtures("shop")
def test_an_hour_that_is_spent_fails(capsys: pytest.CaptureFixture[str]) -> None:
    found = Found(capsys)

    assert (found.code, found.status["budget"]) == (1, "fail")
    assert "are used up (HTTP 429)" in found.text["budget"]


@pytest.mark.usefixtures("shop")
def test_a_project_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    found = Found(capsys, "--project", "nowhere")

    assert (found.code, found.status["connection"], found.status["services"]) == (1, "ok", "fail")
    assert "cannot list the services of nowhere" in found.text["services"]


def test_an_account_without_a_project_is_no_failure(northflank: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    found = Found(capsys)

    assert northflank.requests
    assert (found.code, found.status["services"], found.status["endpoints"]) == (0, "warn", "warn")


@pytest.mark.usefixtures("northflank")
def test_an_address_that_a_token_may_not_be_sent_to_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NORTHFLANK_API_BASE_URL", "http://api.example.com")
    found = Found(capsys)

    assert (found.code, found.status["token"], found.status["address"]) == (1, "ok", "fail")
    assert "NORTHFLANK_API_BASE_URL uses http to another machine" in found.text["address"]


@pytest.mark.parametrize(
    ("variable", "value", "check"),
    [
        ("SSL_CERT_FILE", "/no/such/file", "tls"),
        ("SSL_CERT_DIR", "/no/such/directory", "tls"),
        ("HTTPS_PROXY", "http://somebody:hunter2@[", "proxy"),
        ("all_proxy", "socks5h://somebody:hunter2@proxy.example:1080", "proxy"),
    ],
)
def test_a_variable_that_bars_the_way_to_the_api_is_told_by_its_name(
    variable: str, value: str, check: str, plain_network: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain_network.setenv(variable, value)
    found = Found(capsys)

    assert (found.code, found.status[check]) == (1, "fail")
    assert variable in found.text[check]
    assert "hunter2" not in json.dumps(found.answer)
    assert found.text["connection"] == "not checked, because TLS certificates or proxy are not usable"


@pytest.mark.parametrize(
    ("environ", "tls", "proxy"),
    [
        ({}, "trusts the certificates of the package certifi", "none is set"),
        (
            {"SSL_CERT_FILE": str(CERTIFICATE), "HTTPS_PROXY": "http://somebody:hunter2@127.0.0.1:9"},
            "trusts the certificates of SSL_CERT_FILE in the environment",
            "http://127.0.0.1:9 from the environment variable HTTPS_PROXY, with a login",
        ),
        (
            {"all_proxy": "127.0.0.1:9", "no_proxy": "[::1],.northflank.com"},
            "trusts the certificates of the package certifi",
            "none: NO_PROXY names the host, so the environment variable all_proxy does not count",
        ),
    ],
)
def test_what_is_trusted_and_which_way_is_taken_is_told(
    environ: dict[str, str],
    tls: str,
    proxy: str,
    plain_network: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plain_network.delenv("NORTHFLANK_API_TOKEN")
    for name, value in environ.items():
        plain_network.setenv(name, value)
    found = Found(capsys)

    assert (found.status["tls"], found.text["tls"]) == ("ok", tls)
    assert (found.status["proxy"], found.text["proxy"]) == ("ok", proxy)
    assert "hunter2" not in json.dumps(found.answer)


def jwt(**claims: Any) -> str:
    """A token as Northflank's look."""
    parts = ({"alg": "HS256"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return f"nf-{'.'.join(encoded)}.{'s' * 39}1234"


@pytest.mark.parametrize(
    ("token", "status", "text"),
    [
        (jwt(exp=1_000_000 + 30 * 86400, entityId="acme"), "ok", "nf-…1234 from X; entityId acme; it ends in 30 days"),
        (jwt(exp=1_000_000 + 3 * 3600), "warn", "nf-…1234 from X; it ends in 3 hours"),
        (jwt(exp=1_000_000 + 90), "warn", "nf-…1234 from X; it ends in 1 min 30 s"),
        (jwt(exp=999_999, sub="a b"), "fail", "nf-…1234 from X; it has expired"),
        (jwt(iat=1), "ok", "nf-…1234 from X; it does not tell when it ends"),
        *(
            (jwt(exp=end), "ok", "nf-…1234 from X; it does not tell when it ends")
            for end in (float("inf"), float("nan"), -float("inf"), 1e300, 10**400)
        ),
        (jwt(exp=True), "ok", "nf-…1234 from X; it does not tell when it ends"),
        ("nf-short", "ok", "nf-… from X; it is no JWT, so it does not tell when it ends"),
        ("nf-a.!.c", "ok", "nf-… from X; it is no JWT, so it does not tell when it ends"),
        ("something-else", "warn", "… from X; Northflank's tokens begin with nf-"),
    ],
)
def test_a_token_tells_when_it_ends_and_not_itself(token: str, status: str, text: str) -> None:
    check = token_check(ApiSettings(token, "https://x", "X"), {}, 1_000_000)

    assert (check.status, check.text) == (status, text)


def test_a_second_token_in_the_environment_is_told() -> None:
    environ = {"NORTHFLANK_API_TOKEN": "nf-one", "NF_API_TOKEN": "nf-two"}
    check = token_check(ApiSettings("nf-one", "https://x", "NORTHFLANK_API_TOKEN"), environ, 0)

    assert check.status == "warn"
    assert check.todo == "unset NF_API_TOKEN"


def test_a_short_token_shows_nothing_of_itself() -> None:
    assert masked("nf-secret") == "nf-…"
    assert claims_of("nf-secret") is None


def test_no_pulumi_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "bin" / "pulumi").unlink()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = Found(capsys)

    assert (found.status["pulumi"], found.text["pulumi"]) == ("fail", "none on PATH")
    assert found.todo["pulumi"] == "install the CLI: https://www.pulumi.com/docs/install/"


def test_an_old_pulumi_fails(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    executable(tmp_path / "bin" / "pulumi", "echo v3.100.0")
    found = Found(capsys)

    assert found.status["pulumi"] == "fail"
    assert "3.193.0 or a later 3.x is needed" in found.text["pulumi"]


def test_a_pulumi_that_does_not_work_fails(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    executable(tmp_path / "bin" / "pulumi", "exit 3")

    assert Found(capsys).text["pulumi"].endswith("does not tell its version (CalledProcessError)")


@pytest.mark.parametrize(
    ("settings", "status", "text"),
    [
        (None, "warn", "there is no Pulumi.yaml here"),
        ("name: shop\nruntime: nodejs\n", "fail", "has the runtime nodejs: it needs the packaged provider"),
        ("name: shop\n", "fail", "names no runtime"),
        ("{", "fail", "cannot be read"),
        ("[" * 5000, "fail", "cannot be read (RecursionError)"),
        ("name: s\nruntime: {name: python, options: {toolchain: null}}\n", "ok", "has nf_ports and pulumi 3."),
        ("name: s\nruntime: {name: python, options: {virtualenv: venv}}\n", "fail", "venv, which is not there"),
        ("name: s\nruntime: {name: python, options: {toolchain: uv}}\n", "ok", "uv's and were not looked into"),
        ("name: s\nruntime: {name: python, options: {virtualenv: bare}}\n", "fail", "has no package pulumi"),
        ("name: s\nruntime: {name: python}\n", "ok", "has nf_ports and pulumi 3."),
    ],
)
def test_the_project_is_looked_at(
    settings: str | None, status: str, text: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "Pulumi.yaml"
    if settings is None:
        file.unlink()
    else:
        file.write_text(settings, encoding="utf-8")
    executable(tmp_path / "bare" / "bin" / "python", f'exec {sys.base_prefix}/bin/python3 -S -E "$@"')
    found = Found(capsys)

    assert found.status["project"] == status
    assert text in found.text["project"]


def test_a_project_is_found_from_a_directory_below(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")

    assert str(tmp_path / "Pulumi.yaml") in Found(capsys).text["project"]


@pytest.mark.usefixtures("shop")
def test_a_stack_has_token_and_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, northflank: Emulator
) -> None:
    monkeypatch.delenv("NORTHFLANK_API_TOKEN")
    values = {
        "northflank:apiToken": {"value": northflank.token, "secret": True},
        "northflank:dialect": {"value": "service"},
        "shop:opsPassword": {"value": "correct horse", "secret": True},
    }
    answer = f"if [ $1 = version ]; then echo v3.250.1; else cat <<'END'\n{json.dumps(values)}\nEND\nfi"
    executable(tmp_path / "bin" / "pulumi", answer)
    found = Found(capsys, "--stack", "dev")

    assert found.code == 0
    assert found.text["stack"] == "dev has northflank settings: apiToken, dialect"
    assert "from the stack configuration northflank:apiToken" in found.text["token"]
    assert found.text["endpoints"].startswith("northflank:dialect is service")
    assert "correct horse" not in json.dumps(found.answer)


def test_a_stack_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    executable(tmp_path / "bin" / "pulumi", "echo \"error: no stack named 'x' found\" >&2; exit 1")
    found = Found(capsys, "--stack", "x")

    assert (found.code, found.status["stack"]) == (1, "fail")
    assert found.text["stack"] == "the configuration of stack x cannot be read: no stack named 'x' found"


@pytest.mark.parametrize("said", ["nonsense", "[]", "{", "[" * 100_000], ids=range(4))
def test_a_configuration_that_is_no_json_is_not_taken_for_an_empty_one(
    said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "said").write_text(said)
    executable(tmp_path / "bin" / "pulumi", f"cat {tmp_path}/said")

    assert (
        Found(capsys, "--stack", "x")
        .text["stack"]
        .startswith(
            "the configuration of stack x cannot be read: 'pulumi config --json' printed no JSON object; check that"
        )
    )


def test_a_variable_that_names_no_pulumi_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PULUMI_COMMAND", "/none")
    found = Found(capsys)

    assert found.text["pulumi"] == "the environment variable PULUMI_COMMAND names no program: /none"
    assert found.todo["pulumi"].startswith("let it name the pulumi CLI, or unset it")


@pytest.mark.parametrize(
    ("there", "todo"),
    [
        (True, "see 'pulumi stack ls' for the stacks that are here"),
        (False, "go to the project's directory, or begin with 'pulumi new python'"),
    ],
    ids=["in a project", "elsewhere"],
)
def test_a_stack_that_is_not_there_has_a_next_step(
    there: bool,
    todo: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    executable(tmp_path / "bin" / "pulumi", 'echo "error: no" >&2; exit 1')
    if there:
        (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n", encoding="utf-8")
    else:
        (tmp_path / "Pulumi.yaml").unlink(missing_ok=True)

    checks = Found(capsys, "--stack", "x").answer["checks"]

    assert next(check["todo"] for check in checks if check["name"] == "stack") == todo


@pytest.mark.parametrize("arguments", [["--project", "a b"], ["--team", "/"], ["--no"], ["extra"]])
def test_wrong_usage_is_a_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.endswith("; see nf-ports doctor --help\n")


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_a_terminal_gets_colours_unless_its_user_does_not_want_them(no_color: str, coloured: bool) -> None:
    master, slave = os.openpty()
    environment = {**os.environ, "NO_COLOR": no_color, "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-m", "nf_ports", "doctor"], stdout=slave, stderr=slave, env=environment
    ) as run:
        os.close(slave)
        shown = b""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                part = os.read(master, 65536)
            except OSError:
                break
            shown += part
            if not part:
                break
        run.wait()
    os.close(master)

    assert b"python" in shown
    assert (b"\033[32mok  \033[0m" in shown) is coloured


def _plugin(directory: Path, version: str, python: str) -> None:
    executable(directory / f"resource-northflank-v{version}" / "pulumi-resource-northflank", f"exec {python} -m x")


def test_the_plugin_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi"))
    plugins = tmp_path / "pulumi" / "plugins"
    assert Found(capsys).text["plugin"].startswith("the packaged provider is not installed")

    _plugin(plugins, "0.0.1", sys.executable)
    other = Found(capsys)
    assert (other.status["plugin"], other.todo["plugin"][:30]) == ("warn", "run 'nf-ports plugin install' ")

    _plugin(plugins, version("nf-ports"), "/none/python")
    gone = Found(capsys)
    assert (gone.status["plugin"], "needs /none/python" in gone.text["plugin"]) == ("fail", True)

    _plugin(plugins, version("nf-ports"), sys.executable)
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: yaml\n", encoding="utf-8")
    there = Found(capsys)
    assert (there.status["plugin"], there.status["project"]) == ("ok", "ok")
    assert there.text["project"].endswith("has the runtime yaml, which the packaged provider serves")


def test_a_plugin_that_the_project_names_is_looked_at(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plugins = "plugins:\n  providers:\n    - {name: other, path: x}\n    - {name: northflank, path: .venv/bin}\n"
    (tmp_path / "Pulumi.yaml").write_text(f"name: shop\nruntime: yaml\n{plugins}", encoding="utf-8")
    missing = Found(capsys)
    assert missing.status["project"] == "fail"
    assert missing.text["project"].endswith(".venv/bin, which has no pulumi-resource-northflank")

    executable(tmp_path / ".venv" / "bin" / "pulumi-resource-northflank", "exit 0")
    there = Found(capsys)
    assert there.status["project"] == "ok"
    assert there.text["project"].endswith(".venv/bin serves")
