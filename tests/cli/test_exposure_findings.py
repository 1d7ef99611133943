"""`nf-ports exposure` shows findings by code, ignores what the list says, and fails on what it is asked to."""

import json
from pathlib import Path
from typing import Any

import pytest
from mapped_shop import CANARY

from nf_ports.cli.main import main
from nf_ports.emulator import Emulator

OPEN: dict[str, Any] = {"name": "http", "internalPort": 80, "protocol": "HTTP", "public": True}
SWALLOWED: dict[str, Any] = OPEN | {
    "name": "api",
    "internalPort": 81,
    "security": {
        "credentials": [{"username": "ops", "password": CANARY, "type": "basic-auth"}],
        "verificationMode": "and",
        "policies": [
            {"action": "ALLOW", "addresses": ["10.0.0.0/8", "203.0.113.0/24"]},
            {"action": "DENY", "addresses": ["10.0.0.0/7"]},
        ],
    },
}
IGNORES = """
[[ignore]]
code = "NF101"
reason = "the public site"
service = "shop/w*"
until = 2999-12-31

[[ignore]]
code = "NF102"
reason = "old"
"""


@pytest.fixture
def shop(northflank: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Emulator:
    """A service that is open, and one whose allow-list is denied in part."""
    monkeypatch.chdir(tmp_path)
    northflank.add_project("shop")
    northflank.add_service("shop", "web", ports=[OPEN])
    northflank.add_service("shop", "api", ports=[SWALLOWED])
    return northflank


def exposure(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["exposure", "shop", *arguments])
    captured = capsys.readouterr()
    assert CANARY not in captured.out + captured.err
    return code, captured.out, captured.err


@pytest.mark.usefixtures("shop")
@pytest.mark.northflank(era="2026b")
def test_findings_are_in_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    swallowed = "NF201 shop/api ports.api.security.policies.ALLOW.10.0.0.0/8"
    for form in ("terminal", "markdown", "html"):
        out = exposure(capsys, "--format", form)[1]
        assert "NF101" in out
        assert "NF201" in out
    assert "NF101 shop/web ports.http" in exposure(capsys)[1]
    assert swallowed in exposure(capsys)[1].replace('"', "")

    services = {each["id"]: each for each in json.loads(exposure(capsys, "--json")[1])["services"]}
    [web] = services["shop/web"]["findings"]
    assert (web["code"], web["severity"], web["port"], web["ignored"]) == ("NF101", "error", "http", None)
    assert [each["code"] for each in services["shop/api"]["findings"]] == ["NF201"]

    [run] = json.loads(exposure(capsys, "--format", "sarif")[1])["runs"]
    assert sorted(each["ruleId"] for each in run["results"]) == ["NF101", "NF201"]


@pytest.mark.usefixtures("shop")
@pytest.mark.northflank(era="2026b")
@pytest.mark.parametrize(
    ("asked", "code"),
    [("NF101", 4), ("NF201", 4), ("NF102,NF301", 0), ("error", 4), ("warning", 4), ("note", 4), ("NF102,error", 4)],
)
def test_it_fails_on_codes_and_severities(capsys: pytest.CaptureFixture[str], asked: str, code: int) -> None:
    found, _out, err = exposure(capsys, "--fail-on", asked)
    assert found == code
    assert ("--fail-on" in err) is bool(code)


@pytest.mark.usefixtures("shop")
@pytest.mark.northflank(era="2026b")
def test_what_is_ignored_does_not_count_and_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "nf-ports.toml").write_text(IGNORES)
    code, out, err = exposure(capsys, "--fail-on", "error")
    found = json.loads(exposure(capsys, "--json")[1])
    [run] = json.loads(exposure(capsys, "--format", "sarif")[1])["runs"]
    page = exposure(capsys, "--format", "html")[1]

    assert code == 0
    assert "NF101 ignored" in page
    assert "(ignored: the public site)" in page
    assert "NF101" not in out
    assert "1 finding ignored by nf-ports.toml" in err
    assert found["ignores"] == {
        "file": "nf-ports.toml",
        "ignored": 1,
        "ended": [],
        "unused": ["NF102 of every service"],
    }
    [web] = (each for each in found["services"] if each["id"] == "shop/web")
    assert [(each["code"], each["ignored"]) for each in web["findings"]] == [("NF101", "the public site")]
    assert [each["ruleId"] for each in run["results"] if each.get("suppressions")] == ["NF101"]


@pytest.mark.usefixtures("shop")
def test_a_file_that_is_wrong_is_told_before_any_request(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, shop: Emulator
) -> None:
    (tmp_path / "nf-ports.toml").write_text("[[ignore]]\ncode = 'NF999'\n")
    code, _out, err = exposure(capsys)
    assert code == 1
    assert "ignore.code, entry 1: must be the code of a finding, such as NF101, not NF999" in err
    assert "ignore.reason, entry 1: is required" in err
    assert shop.requests == []
