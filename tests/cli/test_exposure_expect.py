"""`exposure --expect`: which expectations of a file live ports meet, in every form, and what a wrong file says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from mapped_shop import CANARY, fill, port

from nf_ports.cli.main import main
from nf_ports.emulator import Emulator

DENIES = {"verdict": "denies", "port": "http"}
OPS = {"verdict": "allows", "port": "http", "path": "/admin/x", "login": "ops"}
MET = {"shop/web": [{"verdict": "allows", "port": "http"}, DENIES | {"path": "/admin/x"}, OPS]}
OPEN = 'must deny a caller from the internet, but port "http", /: let in: no check is required'


@pytest.fixture
def shop(northflank: Emulator) -> Emulator:
    """The project `shop`."""
    fill(northflank)
    return northflank


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the expectations stand."""
    return tmp_path / "expectations.json"


def exposure(
    capsys: pytest.CaptureFixture[str], file: Path, expectations: object, *arguments: str
) -> tuple[int, str, str]:
    """The exit code, stdout and stderr of the command; never with a secret."""
    file.write_text(expectations if isinstance(expectations, str) else json.dumps(expectations), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "100")
        code = main(["exposure", "shop", "--expect", str(file), *arguments])
    captured = capsys.readouterr()
    assert CANARY not in captured.out + captured.err
    return code, captured.out, captured.err


def as_json(capsys: pytest.CaptureFixture[str], file: Path, expectations: object) -> list[dict[str, Any]]:
    """The expectations of the JSON output."""
    code, out, _err = exposure(capsys, file, expectations, "--json")
    found: list[dict[str, Any]] = json.loads(out)["expectations"]
    assert code == (4 if any(each["code"] for each in found) else 0)
    return found


def errors(text: str) -> list[str]:
    """The errors on stderr."""
    return [line.removeprefix("error: ") for line in text.splitlines() if line.startswith("error: ")]


@pytest.mark.northflank(era="2026b")
def test_expectations_that_are_met_are_told_and_cost_nothing(
    shop: Emulator, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["exposure", "shop"])
    alone = shop.count()
    code, out, err = exposure(capsys, file, MET)

    assert (code, errors(err)) == (0, [])
    shown = out[out.index("\nexpectations\n") :]
    assert shown.count("\nmet ") == 3
    assert "not met" not in shown
    assert max(map(len, shown.splitlines())) <= 100
    assert shop.count() == 2 * alone


@pytest.mark.northflank(era="2026b")
def test_one_that_is_not_met_ends_with_exit_code_4_in_every_form(
    shop: Emulator, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {"shop/web": [DENIES, OPS]}
    line = f"shop/web: {OPEN} (decided by ports.http.security) (NF401)"
    count = "1 of 2 expectations is not met or undetermined"

    code, out, err = exposure(capsys, file, wrong)
    assert (code, errors(err)) == (4, [count])
    assert " ".join(out.split()).count(f"not met {line} met shop/web: must allow") == 1

    for form in ("markdown", "json", "html"):
        code, out, err = exposure(capsys, file, wrong, "--format", form, "--output", str(file.parent / form))
        assert (code, out, errors(err)) == (4, "", [line, count])
    markdown = (file.parent / "markdown").read_text("utf-8")
    assert f"- **not met**: {line}\n- met: shop/web: must allow" in markdown
    assert shop.requests


@pytest.mark.northflank(era="2026b")
def test_json_has_every_expectation_with_its_rule(
    shop: Emulator, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unmet, met, nowhere = as_json(capsys, file, {"shop/web": [DENIES, OPS, DENIES | {"port": "htp"}]})

    assert unmet == {
        "service": "shop/web",
        "expectation": DENIES,
        "result": "notMet",
        "code": "NF401",
        "rule": "security",
        "sentence": f"{OPEN} (decided by ports.http.security)",
    }
    assert (met["expectation"], met["result"], met["code"]) == (OPS, "met", None)
    assert met["rule"] == "security.securePathConfiguration.rules.prefix /admin"
    assert (nowhere["result"], nowhere["rule"]) == ("notMet", None)
    assert nowhere["sentence"].endswith('there is no port "htp"; the ports are http')
    assert shop.requests


@pytest.mark.northflank(era="2026b")
def test_without_the_option_json_has_no_expectations(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exposure", "shop", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["expectations"] == []
    assert shop.requests


@pytest.mark.northflank(era="2026b")
def test_what_northflank_does_not_say_is_undetermined(
    shop: Emulator, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (found,) = as_json(capsys, file, {"shop/api": [DENIES | {"login": "ops"}]})

    assert (found["result"], found["code"]) == ("undetermined", "NF402")
    assert "Northflank does not say whether one kind of check is enough" in found["sentence"]
    assert shop.requests


@pytest.mark.northflank(era="2026a")
def test_what_an_api_does_not_show_is_undetermined(
    shop: Emulator, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    denied, private = as_json(capsys, file, {"shop/api": [DENIES, DENIES | {"port": "metrics"}]})

    assert (denied["result"], denied["code"]) == ("undetermined", "NF402")
    assert denied["sentence"].endswith("but this version of the API shows neither path rules nor TLS passthrough")
    assert private["result"] == "met"
    assert shop.requests


@pytest.mark.northflank(era="2026b")
def test_a_service_that_is_not_there_or_was_not_read_fails(
    shop: Emulator, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.fault(operation="get.service", service="pay", status=500, times=10)
    names = ["shop/cron", "shop/images", "shop/ghost", "lab/api", "acme/shop/web", "shop/pay"]
    found = as_json(capsys, file, {name: [DENIES] for name in names})

    told = {each["service"]: (each["code"], each["sentence"]) for each in found}
    missing = "is not among the services of shop; name its project, or correct the file"
    assert told["shop/cron"] == ("NF401", "has no ports")
    assert told["shop/images"] == ("NF401", "is a build service, and those have no ports")
    assert told["shop/ghost"] == told["lab/api"] == told["acme/shop/web"] == ("NF401", missing)
    assert told["shop/pay"][0] == "NF402"
    assert told["shop/pay"][1].startswith("could not be read: ")


@pytest.mark.northflank(era="2026b")
def test_a_service_of_a_team_is_named_with_or_without_it(
    northflank: Emulator, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    northflank.add_team("acme")
    northflank.add_project("shop", team="acme")
    northflank.add_service("shop", "web", team="acme", ports=[port()])
    wanted = {name: [{"verdict": "allows", "port": "http"}] for name in ("shop/web", "acme/shop/web")}

    code, out, _err = exposure(capsys, file, wanted, "--json", "--team", "acme")
    assert [each["result"] for each in json.loads(out)["expectations"]] == ["met", "met"]
    assert code == 0


@pytest.mark.northflank(era="2026b")
def test_toml_says_the_same(shop: Emulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = '[["shop/web"]]\nverdict = "denies"\nport = "http"\npath = "/admin/x"\n'
    (found,) = as_json(capsys, tmp_path / "expectations.toml", text)

    assert (found["service"], found["expectation"], found["result"]) == (
        "shop/web",
        DENIES | {"path": "/admin/x"},
        "met",
    )
    assert shop.requests


@pytest.mark.northflank(era="2026b")
def test_the_file_of_the_documents_is_one(shop: Emulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "access.md").read_text("utf-8")
    text = page.partition("<!-- toml: begin -->\n```toml\n")[2].partition("```")[0]
    (found,) = as_json(capsys, tmp_path / "expectations.toml", text)

    assert (found["service"], found["expectation"]["path"], found["result"]) == ("shop/web", "/admin/users", "met")
    assert shop.requests


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be read as JSON: "),
        ("[]", "must have lists of expectations by service id, such as shop/api"),
        ('{"shop": []}', "is not valid: shop: must be a service id, PROJECT/SERVICE or TEAM/PROJECT/SERVICE"),
        ('{"shop/api": {}}', "is not valid: shop/api: must be a list of expectations"),
        (
            '{"shop/api": [], "shop/api": []}',
            'cannot be read as JSON: the name "shop/api" is there twice in one object',
        ),
        (
            '{"shop/api": [{"verdict": "denies"}, 3]}',
            "is not valid: shop/api.0.port: is required; shop/api.1: must be an",
        ),
        ("[" * 100_000, "cannot be read as JSON: "),
        ('{"a\\nb\\u001b[31m": []}', "is not valid: a"),
    ],
    ids=["nothing", "a list", "no service", "no list", "twice", "two mistakes", "too deep", "a hostile name"],
)
def test_a_wrong_file_is_one_sentence_before_any_request(
    northflank: Emulator, file: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    code, out, err = exposure(capsys, file, text)

    assert (code, out) == (1, "")
    assert err.startswith(f"error: {file} {said}")
    assert err.count("\n") == 1
    assert err[:-1].isprintable()
    assert not northflank.requests


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exposure", "shop", "--expect", str(tmp_path / "none.json")]) == 1
    assert capsys.readouterr().err == f"error: {tmp_path / 'none.json'} cannot be read: No such file or directory\n"


@pytest.mark.northflank(era="2026b")
@pytest.mark.usefixtures("shop")
def test_the_page_has_each_expectation_at_its_port_and_the_others_at_the_top(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = {
        "shop/api": [
            {"verdict": "allows", "port": "http", "headers": ["nobody-asks-for-this"]},
            {"verdict": "denies", "port": "nowhere"},
        ]
    }
    code, out, _err = exposure(capsys, file, wanted, "--format", "html")

    assert code == 4
    [port] = re.findall(r'<article class="port" id="shop/api/http".*?</article>', out, re.DOTALL)
    assert "<h5>Expectations</h5>" in port
    assert "not met, NF401" in port
    [warning] = re.findall(r'<div class="warning" role="note"><p>(.*?)</p>', out)
    assert warning.startswith("shop/api: not met, NF401: ")
    assert "nowhere" in warning


EDGE = {
    "type": "tcp",
    "target": {"type": "region", "targetId": "europe-west"},
    "ports": [
        {
            "id": "port-1",
            "port": "9090",
            "backends": [{"id": "shop/api", "type": "service", "port": 9090, "weight": 100}],
        }
    ],
}


@pytest.mark.northflank(era="2026b")
def test_a_load_balancer_before_a_port_that_has_to_refuse_makes_it_undetermined(
    shop: Emulator, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = {
        "shop/api": [
            {"verdict": "denies", "port": "metrics"},
            {"verdict": "allows", "port": "metrics", "caller": "private"},
        ]
    }
    before = as_json(capsys, file, wanted)
    shop.add_load_balancer("edge", EDGE)
    refused, inside = as_json(capsys, file, wanted)

    assert [each["result"] for each in before] == ["met", "met"]
    assert (refused["result"], refused["code"], inside["result"]) == ("undetermined", "NF402", "met")
    assert 'but load balancer "edge"' in refused["sentence"]
    assert "forwards everyone from the internet" in refused["sentence"]


@pytest.mark.northflank(era="2026b")
@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        ({"status": "deleting"}, "undetermined"),
        ({"status": "error", "endpoints": ["192.0.2.9"]}, "undetermined"),
        ({"status": "error"}, "refused"),
        ({"status": "pending"}, "refused"),
    ],
)
def test_explain_findings_and_expectations_agree_whether_a_load_balancer_forwards(
    state: dict[str, Any], verdict: str, shop: Emulator, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.add_load_balancer("edge", EDGE, state=state)
    assert main(["explain", "shop/api/metrics", "--via", "load-balancer", "--json"]) == 0
    explained = json.loads(capsys.readouterr().out)
    _code, out, _err = exposure(capsys, file, {"shop/api": [DENIES | {"port": "metrics"}]}, "--json")
    found = json.loads(out)
    findings = [each for service in found["services"] for each in service["findings"] if each["code"] == "NF103"]
    told = [explained["sentence"], *(each["text"] for each in findings), found["expectations"][0]["sentence"]]

    assert explained["verdict"] == verdict
    assert len(findings) == 1
    doubtful = verdict == "undetermined"
    assert found["expectations"][0]["code"] == ("NF402" if doubtful else None)
    assert ["it is undetermined whether it forwards now" in each for each in told] == [doubtful] * len(told)
