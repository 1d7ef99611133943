"""The command `export`: what it prints where, its exit codes, its files, and that it stops before the hour is spent."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from exported_project import EVERYTHING, SECRETS
from strategies import DOMAINS
from world import fill

from nf_ports.cli.main import main
from nf_ports.emulator import Emulator

HTTP: Final = {"name": "http", "internalPort": 8080, "protocol": "HTTP", "public": True}


@pytest.fixture
def shop(northflank: Emulator) -> Emulator:
    """The project `shop`: two services with ports, one without, one build service."""
    fill(northflank, {"api": EVERYTHING, "web": [HTTP], "cron": None, "images": None}, wildcards=DOMAINS)
    return northflank


def export(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The exit code, stdout and stderr of the command."""
    code = main(["export", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.northflank(era="2026b")
def test_a_project_is_exported_to_stdout_and_told_about_on_stderr(
    shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = export(capsys, "shop")

    assert code == 0
    assert out.startswith('"""The ports of Northflank services, as `nf-ports export shop` found them."""\n')
    assert [line for line in out.splitlines() if "ServicePorts(" in line] == [
        "api = ServicePorts(",
        "web = ServicePorts(",
    ]
    assert err.splitlines()[:4] == [
        "exported 3 ports of 2 services",
        "left out: cron (has no ports)",
        "left out: images (is a build service, and those have no ports)",
        "6 secrets to set before the first preview; the program begins with the commands",
    ]
    assert err.splitlines()[4].startswith("Northflank API requests: ")
    assert {request.method for request in shop.requests} == {"GET"}


@pytest.mark.northflank(era="2026b")
def test_an_export_takes_a_request_a_page_and_up_to_three_a_service(
    shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    export(capsys, "shop")

    # One for cron, which has no ports; none for the build service. `up` reads two views, for path rules and for ids.
    assert len(shop.requests) == 1 + 2 * 3 + 1


@pytest.mark.usefixtures("shop")
def test_two_exports_of_the_same_are_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert export(capsys, "shop")[1] == export(capsys, "shop")[1]


@pytest.mark.usefixtures("shop")
def test_one_service_is_exported_even_without_ports(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = export(capsys, "shop/cron")

    assert code == 0
    assert "ports={}," in out
    assert "exported 0 ports of 1 service\n" in err


def test_services_of_a_team_say_so(northflank: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    northflank.add_team("acme")
    fill(northflank, {"api": [HTTP]}, team="acme")
    code, out, _err = export(capsys, "shop", "--team", "acme")

    assert code == 0
    assert '    team_id="acme",\n' in out
    assert "`nf-ports export shop --team acme`" in out


@pytest.mark.northflank(era="2026b")
@pytest.mark.usefixtures("shop")
def test_files_are_written_and_the_values_only_where_they_are_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    program, secrets = tmp_path / "__main__.py", tmp_path / "secrets.sh"
    code, out, err = export(capsys, "shop", "--output", str(program), "--secrets-file", str(secrets))

    assert (code, out) == (0, "")
    assert not [secret for secret in SECRETS if secret in program.read_text("utf-8") + err]
    assert all(secret in secrets.read_text("utf-8") for secret in SECRETS)
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert f"{secrets} sets the secrets and holds them in clear text: run it, then delete it" in err


@pytest.mark.usefixtures("shop")
def test_a_file_that_is_there_is_left_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    program = tmp_path / "__main__.py"
    program.write_text("mine", "utf-8")
    code, _out, err = export(capsys, "shop", "--output", str(program))

    assert code == 2
    assert f"{program} is there already; name another file, or replace it with --force" in err
    assert program.read_text("utf-8") == "mine"
    assert export(capsys, "shop", "--output", str(program), "--force")[0] == 0
    assert "ServicePorts" in program.read_text("utf-8")


@pytest.mark.usefixtures("shop")
def test_a_replaced_file_with_secrets_is_for_its_owner_alone(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    secrets, elsewhere = tmp_path / "secrets.sh", tmp_path / "elsewhere"
    elsewhere.write_text("mine", "utf-8")
    secrets.symlink_to(elsewhere)
    export(capsys, "shop", "--secrets-file", str(secrets), "--force")

    assert stat.S_IMODE(secrets.lstat().st_mode) == 0o600
    assert elsewhere.read_text("utf-8") == "mine"


@pytest.mark.northflank(era="2026b")
@pytest.mark.usefixtures("shop")
def test_json_has_the_documented_shape_and_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _err = export(capsys, "shop", "--json")
    found: dict[str, Any] = json.loads(out)

    assert code == 0
    assert not [secret for secret in SECRETS if secret in out]
    program = found.pop("program")
    assert program.startswith('"""The ports')
    assert found == {
        "version": 1,
        "complete": True,
        "output": None,
        "secretsFile": None,
        "services": [
            {
                "id": f"shop/{name}",
                "variable": name,
                "ports": ports,
                "adoption": "without a write",
                "showsAll": True,
                "notes": [],
            }
            for name, ports in (("api", ["http", "metrics"]), ("web", ["http"]))
        ],
        "leftOut": [
            {"id": "cron", "reason": "has no ports"},
            {"id": "images", "reason": "is a build service, and those have no ports"},
        ],
        "secrets": [
            {"key": key, "place": f'shop/api, port "http", {place}', "shown": True}
            for key, place in (
                ("apiHttpOpsPassword", 'user "ops"'),
                ("apiHttpRoot2Password", 'user "root-2"'),
                ("apiHttpXKeyHeader", 'header "X-Key"'),
                ("apiHttpXABHeader", 'header "^X-(A|B)$"'),
                ("apiHttpAdminOpsPassword", 'path rule "prefix /admin", user "ops"'),
                ("apiHttpAdminXPathHeader", 'path rule "prefix /admin", header "X-Path"'),
            )
        ],
        "goOn": None,
        "requests": {"used": 8, "left": 992},
    }


def _many(northflank: Emulator, count: int) -> None:
    northflank.add_project("shop")
    for number in range(count):
        northflank.add_service("shop", f"s{number:03}", ports=[HTTP])


@pytest.mark.northflank(rate_limit=60)
def test_an_export_stops_before_the_hour_is_spent_and_goes_on_in_the_next(
    northflank: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    _many(northflank, 25)
    code, first, err = export(capsys, "shop")

    assert code == 3
    assert first.count("= ServicePorts(") == 19
    assert (
        "warning: stopped before shop/s019: only 21 of the account's API requests are left in this hour, and 20 are"
        " kept free for others. The hour ends in 59 min" in err
    )
    assert " Then go on with --after s018.\n" in err

    northflank.settings = northflank.settings.changed({"rate_limit": 1000})
    code, rest, _err = export(capsys, "shop", "--after", "s018")
    assert code == 0
    assert rest.count("= ServicePorts(") == 6


@pytest.mark.northflank(rate_limit=60)
def test_where_it_stopped_is_in_the_json(northflank: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    _many(northflank, 25)
    found = json.loads(export(capsys, "shop", "--json")[1])

    assert found["complete"] is False
    assert found["goOn"]["after"] == "s018"
    assert len(found["services"]) == 19


@pytest.mark.northflank(rate_limit=20)
def test_with_an_hour_that_is_nearly_spent_nothing_is_begun(
    northflank: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    _many(northflank, 2)
    code, out, err = export(capsys, "shop")

    assert (code, out) == (1, "")
    assert "error: cannot list the services of shop: only 19 of the account's API requests are left" in err
    assert len(northflank.requests) == 1


def test_a_long_list_is_read_page_by_page(northflank: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    northflank.add_project("shop")
    for number in range(205):
        northflank.add_service("shop", f"s{number:03}", service_type="build")
    northflank.add_service("shop", "web", ports=[HTTP])
    code, out, _err = export(capsys, "shop")

    assert code == 0
    assert out.count("= ServicePorts(") == 1
    assert northflank.count("list.services") == 3


def test_a_service_that_goes_meanwhile_is_left_out(northflank: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    _many(northflank, 2)
    message = {"error": {"status": 404, "message": "Service not found"}}
    northflank.fault(operation="get.service", service="s000", status=404, body=message)
    code, out, err = export(capsys, "shop")

    assert code == 0
    assert out.count("= ServicePorts(") == 1
    assert "left out: s000 (is gone since the list was read)" in err


@pytest.mark.northflank(denied_permissions=["Project > Services > General > Read"])
def test_a_missing_permission_is_a_sentence(northflank: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    northflank.add_project("shop")
    code, out, err = export(capsys, "shop")

    assert (code, out) == (1, "")
    assert err.startswith("error: cannot list the services of shop: the role of the API token lacks a permission")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "missing argument 'PROJECT[/SERVICE]'"),
        (["a b"], "name what to export as PROJECT or PROJECT/SERVICE, by the ids that Northflank shows"),
        (["shop/"], "name what to export as PROJECT or PROJECT/SERVICE, by the ids that Northflank shows"),
        (["shop/api", "--after", "a"], "--after goes on with a project, so it does not go with PROJECT/SERVICE"),
        (["shop", "--output", "x", "--secrets-file", "./x"], "--output and --secrets-file must be two files"),
        (["shop", "--output", "no/where"], "no/where cannot be written: there is no directory no"),
        (["shop", "--jsn"], "no such option '--jsn' (did you mean '--json'?)"),
    ],
)
def test_wrong_usage_is_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str], northflank: Emulator
) -> None:
    code, out, err = export(capsys, *arguments)

    assert (code, out) == (2, "")
    assert err == f"error: {sentence}; see nf-ports export --help\n"
    assert northflank.requests == []


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("nowhere", "error: cannot list the services of nowhere: "),
        ("shop/nothing", "error: cannot read the ports of shop/nothing: "),
        ("shop/images", "error: shop/images is a build service, and build services have no ports"),
    ],
)
def test_what_is_not_there_is_a_sentence(
    shop: Emulator, target: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = export(capsys, target)

    assert (code, out) == (1, "")
    assert err.startswith(sentence)
    assert "Traceback" not in err
    assert shop.requests


def test_a_project_without_ports_is_a_sentence(northflank: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    northflank.add_project("shop")

    assert export(capsys, "shop") == (
        1,
        "",
        "error: project shop has no service with ports, so there is nothing to export\n",
    )


def test_without_a_token_it_says_where_one_comes_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("NORTHFLANK_API_TOKEN", "NF_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    code, _out, err = export(capsys, "shop")

    assert code == 1
    assert err.startswith("error: no API token is set. Export NORTHFLANK_API_TOKEN, or name with --stack ")


@pytest.mark.usefixtures("shop")
def test_a_reader_that_leaves_early_is_no_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "nf_ports", "export", "shop"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ,
        text=True,
    ) as run:
        assert run.stdout
        run.stdout.close()
        assert run.stderr
        err = run.stderr.read()
        code = run.wait()

    assert code == 141
    assert "Traceback" not in err
    assert "Exception" not in err


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("name", ["platform", "pulumi", "nf_ports", "json"])
def test_a_file_that_would_hide_a_module_is_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"{name}.py"
    code, out, err = export(capsys, "shop", "--output", str(file))

    assert (code, out) == (2, "")
    assert err.startswith(f"error: {file} would hide the Python module {name} from the programs in its directory;")
    assert not file.exists()
    assert export(capsys, "shop", "--output", str(file), "--force")[0] == 0


@pytest.mark.usefixtures("shop")
def test_the_main_program_of_a_project_hides_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(capsys, "shop", "--output", str(tmp_path / "__main__.py"))[0] == 0
