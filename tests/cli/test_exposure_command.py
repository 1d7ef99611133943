"""The command `exposure`: what it reads and at what cost, and what it says in each form."""

import json
import stat
from pathlib import Path
from typing import Any, Final

import pytest
from mapped_shop import CANARY, fill, port

from nf_ports.cli.main import main
from nf_ports.emulator import Emulator

NOT_SEEN: Final = "not seen: policies of team and organisation, network policies, ingress projects, harnesses, add-ons"
HEADLINE: Final = "2 of 5 ports in shop are open to everyone"


@pytest.fixture
def shop(northflank: Emulator) -> Emulator:
    """The project `shop`."""
    fill(northflank)
    return northflank


def exposure(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The exit code, stdout and stderr of the command; never with a secret."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "120")
        code = main(["exposure", *arguments])
    captured = capsys.readouterr()
    assert CANARY not in captured.out + captured.err
    return code, captured.out, captured.err


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """The JSON of the map."""
    code, out, _err = exposure(capsys, *arguments, "--json")
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.northflank(era="2026b")
def test_a_map_on_a_terminal_begins_with_what_is_open(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = exposure(capsys, "shop")

    lines = out.splitlines()
    assert code == 0
    assert lines[0] == HEADLINE
    assert lines[2].split()[:3] == ["PROTECTION", "SERVICE", "PORT"]
    rows = [line.split("  ")[0] for line in lines if line.startswith(("open to everyone", "protected"))]
    assert rows == ["open to everyone"] * 2 + ["protected"] * 3
    assert "inside the project: shop/api metrics" in lines
    assert "left out: shop/cron (has no ports)" in lines
    assert "left out: shop/images (is a build service, and those have no ports)" in lines
    assert lines[-1] == NOT_SEEN
    assert err.startswith("Northflank API requests: 10 used in this run")
    assert shop.requests


@pytest.mark.northflank(era="2026b")
def test_it_costs_one_request_a_page_and_one_a_service(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    exposure(capsys, "shop", "--no-other-ways")

    assert shop.count("list.services") == 1
    assert shop.count("get.service") == 5
    assert shop.count() == 6
    assert {request.method for request in shop.requests} == {"GET"}


@pytest.mark.northflank(era="2026b")
def test_host_names_cost_one_more_for_each_service_that_has_one(
    shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    found = as_json(capsys, "shop", "--hosts")

    hosts = {(each["id"], one["port"]): one["dns"] for each in found["services"] for one in each["ports"]}
    assert str(hosts["shop/web", "http"]).endswith(".code.run")
    assert hosts["shop/api", "metrics"] is None
    assert shop.count("get.service.ports") == 4
    assert "http--web--" in exposure(capsys, "shop", "--hosts")[1]


@pytest.mark.northflank(era="2026b")
def test_long_lists_are_read_page_by_page(northflank: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    northflank.add_project("lab")
    for number in range(205):
        northflank.add_service("lab", f"s{number:03}", service_type="build")
    northflank.add_service("lab", "z", ports=[port()])

    found = as_json(capsys, "lab")

    assert [each["id"] for each in found["services"]] == ["lab/z"]
    assert len(found["leftOut"]) == 205
    assert northflank.count("list.services") == 3


@pytest.mark.northflank(era="2026b")
def test_several_projects_are_one_map(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    shop.add_project("lab")
    shop.add_service("lab", "x", ports=[port()])

    found = as_json(capsys, "shop", "lab", "shop")

    assert found["projects"] == ["shop", "lab"]
    assert found["headline"] == "3 of 6 ports in shop and lab are open to everyone"
    assert found["counts"] == {"public": 3, "unknown": 0, "protected": 2, "private": 1}


@pytest.mark.northflank(era="2026b")
def test_json_is_as_the_help_says(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, "shop")
    said = exposure(capsys, "--help")[1]

    services = {each["id"]: each for each in found["services"]}
    (web,) = services["shop/web"]["ports"]
    parts = (found, services["shop/web"], web, web["surfaces"][0], found["leftOut"][0], found["requests"])
    assert [key for part in parts for key in part if f'"{key}"' not in said] == []
    assert (found["version"], found["complete"], found["stopped"]) == (1, True, None)
    assert [(each["region"], each["gate"], each["protection"]) for each in web["surfaces"]] == [
        ("all other paths", "everyone", "public"),
        ("/admin and below", "a login (ops)", "protected"),
        ("all other paths", "everyone", "private"),
        ("/admin and below", "everyone", "private"),
    ]
    assert web["protection"] == "public"
    assert found["readAt"].endswith("Z")
    assert shop.requests


@pytest.mark.northflank(era="2026b")
def test_the_looser_reading_counts_and_the_stricter_is_told(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    out = " ".join(exposure(capsys, "shop")[1].split())

    assert "note: in the stricter case: a login (ops) and header X-Key (shop/api http)" in out
    assert shop.requests


@pytest.mark.northflank(era="2025")
def test_what_the_api_does_not_show_is_not_called_protected_for_sure(
    shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _err = exposure(capsys, "shop")
    found = as_json(capsys, "shop")

    assert code == 0
    assert "protected, incomplete" in out
    assert "incomplete view: this version of the API shows neither path rules nor TLS passthrough" in out
    services = {each["id"]: each for each in found["services"]}
    assert not services["shop/pay"]["showsAll"]
    assert not services["shop/pay"]["ports"][0]["surfaces"][0]["certain"]
    assert services["shop/web"]["ports"][0]["surfaces"][0]["certain"]
    assert shop.requests


@pytest.mark.northflank(era="2026b")
def test_markdown_is_a_table_and_a_part_that_opens(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    out = exposure(capsys, "shop", "--format", "markdown")[1]

    assert out.startswith(
        f"### Who can reach what: {HEADLINE}\n\n2 open to everyone, 2 protected, 1 inside the project\n"
    )
    assert (
        "| **open to everyone** | shop/web | http | all other paths | &#42;.shop.example, the generated name |" in out
    )
    assert "<script" not in out
    assert out.count("<details>") == out.count("</details>") == 1
    assert shop.requests


@pytest.mark.northflank(era="2026b")
def test_all_shows_ways_in_from_inside(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    plain, everything = (exposure(capsys, "shop", *more)[1] for more in ([], ["--all"]))

    assert "private network" not in plain
    assert "private network" in everything
    assert shop.requests


@pytest.mark.northflank(era="2026b", rate_limit=24)
def test_it_stops_before_the_hour_is_spent_and_shows_what_it_has(
    shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = exposure(capsys, "shop", "--json")

    found = json.loads(out)
    assert code == 3
    assert (found["complete"], [each["id"] for each in found["services"]]) == (False, ["shop/admin", "shop/api"])
    assert "warning: stopped before shop/pay: only 20 of the account's API requests are left in this hour" in err
    assert shop.count() == 4


@pytest.mark.northflank(era="2026b", rate_limit=20)
def test_too_few_requests_for_anything_is_a_failure(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = exposure(capsys, "shop")

    assert (code, out) == (1, "")
    assert err.startswith("error: stopped before the list of services: only 19 of the account's API requests are left")
    assert shop.count() == 1


@pytest.mark.northflank(era="2026b")
def test_a_service_that_cannot_be_read_is_named_and_the_rest_is_shown(
    shop: Emulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    shop.fault(operation="get.service", service="pay", status=500, times=99)

    code, out, err = exposure(capsys, "shop", "--json")

    found = json.loads(out)
    assert code == 3
    assert [each["id"] for each in found["unread"]] == ["shop/pay"]
    assert [each["id"] for each in found["services"]] == ["shop/admin", "shop/api", "shop/web"]
    assert "warning: shop/pay could not be read: " in err
    assert found["headline"].endswith("; 1 service could not be read")


@pytest.mark.northflank(era="2026b")
def test_a_service_that_goes_meanwhile_is_left_out(shop: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    shop.fault(operation="get.service", service="pay", status=404, times=1)

    found = as_json(capsys, "shop")

    assert {"id": "shop/pay", "reason": "is gone since the list was read"} in found["leftOut"]


@pytest.mark.northflank(era="2026b")
@pytest.mark.parametrize("form", ["terminal", "markdown", "json", "html"])
def test_a_file_is_for_its_owner_and_not_replaced_unasked(
    form: str, shop: Emulator, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "map"

    code, out, err = exposure(capsys, "shop", "--format", form, "--output", str(file))
    assert (code, out) == (0, "")
    assert err.startswith(f"wrote {file}: {HEADLINE}\n")
    assert HEADLINE in file.read_text(encoding="utf-8")
    assert CANARY not in file.read_text(encoding="utf-8")
    assert "\033" not in file.read_text(encoding="utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    before = shop.count()
    code, _out, err = exposure(capsys, "shop", "--output", str(file))
    assert code == 2
    assert err.startswith(f"error: {file} is there already; name another file, or replace it with --force")
    assert shop.count() == before
    assert exposure(capsys, "shop", "--output", str(file), "--force")[0] == 0


@pytest.mark.northflank(era="2026b")
def test_a_project_without_ports_has_a_map_as_well(northflank: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    northflank.add_project("lab")

    for form in ("terminal", "markdown", "json", "html"):
        code, out, _err = exposure(capsys, "lab", "--format", form)
        assert code == 0
        assert "no service in lab has ports" in out.lower().replace("\n", " ") or form == "html"


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["nope"], 1, "error: cannot list the services of nope: "),
        (
            ["shop/api"],
            2,
            "error: name projects by the ids that Northflank shows, such as shop, without team (--team) and",
        ),
        ([], 2, "error: missing argument 'PROJECT...'; see nf-ports exposure --help"),
        (["shop", "--output", "no/such/map"], 2, "error: no/such/map cannot be written: there is no directory no/such"),
    ],
)
def test_mistakes_are_one_sentence(
    arguments: list[str], code: int, sentence: str, shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    found, out, err = exposure(capsys, *arguments)

    assert (found, out) == (code, "")
    assert err.startswith(sentence)
    assert err.count("\n") == 1
    assert shop.world
