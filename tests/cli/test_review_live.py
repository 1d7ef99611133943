"""The command `review --against live`: what it reads, what it says of services that are not there, and its budget."""

import json
from pathlib import Path
from typing import Any

import pytest
from mapped_shop import CANARY, OPS, port

from nf_ports.cli.main import main
from nf_ports.emulator import Emulator

DYNAMIC = "pulumi-python:dynamic/northflank:ServicePorts"
OPEN = {"http": {"internalPort": 8080, "protocol": "HTTP", "public": True}}


def document(**services: Any) -> str:
    """A preview that creates these services' ports."""
    steps = [
        {
            "op": "create",
            "urn": f"urn:pulumi:dev::shop::{DYNAMIC}::{name}",
            "newState": {"inputs": {"projectId": "shop", "serviceId": name, **inputs}},
        }
        for name, inputs in services.items()
    ]
    return json.dumps({"steps": steps, "changeSummary": {"create": len(steps)}})


def against_live(capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, *more: str) -> tuple[int, str, str]:
    """The exit code, stdout and stderr; never with a secret."""
    file = tmp_path / "preview.json"
    file.write_text(text, encoding="utf-8")
    code = main(["review", str(file), "--against", "live", *more])
    captured = capsys.readouterr()
    assert CANARY not in captured.out + captured.err
    return code, captured.out, captured.err


@pytest.fixture
def shop(northflank: Emulator) -> Emulator:
    """The project `shop` with one service, which has a protected port and another one."""
    northflank.add_project("shop")
    northflank.add_service("shop", "api", ports=[port(security={"credentials": [OPS]}), port("other", 9000)])
    return northflank


@pytest.mark.northflank(era="2026b")
def test_a_service_that_is_not_there_is_said_and_the_rest_is_compared(
    shop: Emulator, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = document(api={"ports": OPEN, "unmanaged": "keep"}, gone={"ports": OPEN})

    code, out, _err = against_live(capsys, tmp_path, text, "--json", "--fail-on", "unprotected")

    found = json.loads(out)
    assert code == 3
    assert {each["service"]: each["findings"][0]["sentence"] for each in found["services"]} == {
        "shop/api": 'port "http": no longer asks for a login (ops); everyone gets in',
        "shop/gone": 'port "http": opened to the internet; it lets in everyone',
    }
    assert found["notShown"][:2] == ["not in live: shop/gone", "shop/api: unmanaged ports stay: other"]
    assert [request.operation for request in shop.requests] == ["get.service", "get.service"]


@pytest.mark.northflank(era="2026b")
@pytest.mark.usefixtures("shop")
def test_ports_that_the_program_does_not_have_are_removed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _code, out, _err = against_live(capsys, tmp_path, document(api={"ports": OPEN}), "--json")

    (api,) = json.loads(out)["services"]
    assert ("closed", 'port "other": removed; it let in everyone') in [
        (each["effect"], each["sentence"]) for each in api["findings"]
    ]


def test_a_token_that_is_refused_is_one_sentence(
    shop: Emulator, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORTHFLANK_API_TOKEN", "nf-another-token")

    code, out, err = against_live(capsys, tmp_path, document(api={"ports": OPEN}))

    assert (code, out) == (1, "")
    assert err.startswith("error: ")
    assert shop.requests


@pytest.mark.northflank(era="2026b", rate_limit=22)
def test_it_stops_before_the_hour_is_spent(shop: Emulator, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = document(**{name: {"ports": OPEN} for name in ("api", "b", "c", "d")})

    code, out, err = against_live(capsys, tmp_path, text)

    assert (code, out) == (1, "")
    assert err.startswith("error: stopped before shop/c: only 20 of the account's API requests are left in this hour")
    assert len(shop.requests) == 2
