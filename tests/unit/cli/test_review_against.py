"""The command `review --against`: desired ports beside those of another stack, or beside live ones."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from preview import DYNAMIC, STACK, Json, allow, http, login, preview, review, same, state, step, update

from nf_ports.cli.main import main

PROTECTED = {"http": http(security=login())}
OPEN = {"http": http()}
PRIVATE = {"http": http(public=False)}
_SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:made-up"}


SETTINGS: tuple[dict[str, Any], ...] = ({}, {"onConflict": "overwrite"})


def exported(**services: Any) -> str:
    """What `pulumi stack export` prints of a stack with these services, by the names of their resources."""
    resources = [
        {"urn": f"urn:pulumi:prod::shop::{DYNAMIC}::shop-{name}", "type": DYNAMIC, **state(ports, name)}
        for name, ports in services.items()
    ]
    return json.dumps({"version": 3, "deployment": {"resources": [{"urn": STACK["urn"]}, *resources]}})


def against(other: Path, *steps: Json, left_out: int = 0) -> Json:
    """The JSON of a comparison with a file."""
    code, out, _err = review(preview(*steps, left_out=left_out), "--against", str(other), "--json")
    assert code == 0
    found: Json = json.loads(out)
    return found


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The file of the other stack."""
    return tmp_path / "other.json"


def test_desired_ports_are_compared_with_the_state_of_another_stack(other: Path) -> None:
    other.write_text(exported(api={"http": http(security=login("ops", _SECRET))}, web=OPEN), encoding="utf-8")

    found = against(other, same(OPEN), same(OPEN, "web"))

    assert found["headline"] == f"against {other}: 1 service changes: 1 opened to everyone"
    (api,) = found["services"]
    assert api["service"] == "shop/api"
    assert [each["sentence"] for each in api["findings"]] == [
        'port "http": no longer asks for a login (ops); everyone gets in'
    ]


def test_the_preview_before_does_not_matter(other: Path) -> None:
    other.write_text(exported(api=OPEN), encoding="utf-8")

    found = against(other, update(PRIVATE, OPEN))

    assert (found["headline"], found["services"]) == (f"against {other}: no service differs", [])


def test_another_preview_counts_by_what_it_desires(other: Path) -> None:
    other.write_text(preview(update(OPEN, PRIVATE)), encoding="utf-8")

    (api,) = against(other, same(OPEN))["services"]

    assert [each["effect"] for each in api["findings"]] == ["unprotected"]


def test_a_service_of_another_id_is_found_by_the_name_of_its_resource(other: Path) -> None:
    text = exported(api=PROTECTED).replace('"projectId": "shop"', '"projectId": "prod"')
    other.write_text(text, encoding="utf-8")

    (api,) = against(other, same(OPEN))["services"]

    assert api["operations"] == [f"compared with {other} as prod/api"]
    assert [each["effect"] for each in api["findings"]] == ["unprotected"]


def test_what_one_side_lacks_is_said(other: Path) -> None:
    other.write_text(exported(web=OPEN, old=OPEN), encoding="utf-8")

    found = against(other, same(OPEN, "web"), same(PRIVATE), left_out=1)

    assert found["notShown"] == [
        f"not in {other}: shop/api",
        f"only in {other}: shop/old",
        "the preview may lack services that do not change; use `pulumi preview --show-sames --json`",
    ]
    assert [each["effect"] for each in found["services"][0]["findings"]] == ["new"]


def test_secrets_are_not_compared_and_that_is_said(other: Path) -> None:
    other.write_text(exported(api={"http": http(security=login("ops", _SECRET))}), encoding="utf-8")

    found = against(other, same({"http": http(security=login("ops", "in clear"))}))

    assert found["services"] == []
    assert found["notShown"] == ["passwords and header values are not compared, because Pulumi masks them"]


def test_a_condition_counts_the_comparison_alone(other: Path) -> None:
    other.write_text(exported(api={"http": http(security=allow("203.0.113.0/24"))}), encoding="utf-8")
    wider = {"http": http(security=allow("203.0.113.0/24", "198.51.100.7/32"))}

    met = review(preview(same(wider)), "--against", str(other), "--fail-on", "widened")
    not_met = review(preview(update({}, wider)), "--against", str(other), "--fail-on", "opened")

    assert met[0] == 3
    assert met[2] == '--fail-on widened: shop/api: port "http": allow-list widened by 198.51.100.7/32\n'
    assert not_met[0] == 0


@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_every_format_has_it(other: Path, form: str) -> None:
    other.write_text(exported(api=PRIVATE), encoding="utf-8")

    _code, out, _err = review(preview(same(OPEN)), "--against", str(other), "--format", form)

    assert "no service differs" not in out
    assert "opened to everyone" in out
    assert "only callers inside the project" in out


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "there is nothing to read: pulumi printed no preview"),
        ('{"version": 3, "deployment": {"resources": [1]}}', "the resources of the state are not what `pulumi stack"),
        ('{"version": 3, "deployment": {"resources": "x"}}', "the resources of the state are not what `pulumi stack"),
        ('{"version": 3, "deployment": {"resources": [{"urn": 1}]}}', "the resources of the state are not what"),
    ],
)
def test_what_is_no_other_stack_is_one_sentence(other: Path, text: str, sentence: str) -> None:
    other.write_text(text, encoding="utf-8")

    code, out, err = review(preview(same(OPEN)), "--against", str(other))

    assert (code, out) == (1, "")
    assert err.startswith(f"error: {sentence}")
    assert err.count("\n") == 1


def test_an_empty_state_lacks_every_service(other: Path) -> None:
    other.write_text('{"version": 3, "deployment": {}}', encoding="utf-8")

    assert against(other, same(OPEN))["notShown"][0] == f"not in {other}: shop/api"


def test_a_file_that_is_not_there_is_named() -> None:
    assert review(preview(), "--against", "/nowhere/x")[2].startswith("error: /nowhere/x cannot be read: ")


def test_stdin_is_one_side_alone() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO(preview()))
        assert main(["review", "-", "--against", "-"]) == 2


def test_a_former_name_that_stays_in_the_program_is_no_difference(other: Path) -> None:
    other.write_text(exported(api=OPEN), encoding="utf-8")

    assert against(other, same({"http": http(renamedFrom="web")}))["services"] == []


def test_the_account_is_for_live_ports_alone() -> None:
    assert review(preview(), "--team", "acme")[0] == 2


def test_a_create_says_what_happens_to_ports_that_are_there() -> None:
    fails, overwrites = (
        review.json(step("create", None, state(OPEN, **settings)))["services"][0]["notes"][-1] for settings in SETTINGS
    )

    adopts = "if the service has ports already, equal ones are adopted without a write"
    assert fails == f"{adopts}, and different ones stop the run, unless onConflict is overwrite"
    assert overwrites == f"{adopts}, and different ones are overwritten, because onConflict is overwrite"


def test_a_renamed_port_shows_both_names() -> None:
    old = state(OPEN, outputs={"dns": {"http": "http--api--abc.code.run"}})
    new = state({"web": http(renamedFrom="http")})

    out = review(preview(step("update", old, new)), "--format", "markdown")[1]

    assert "http--api--abc.code.run → a new generated name" in out
    assert "its generated name changes, because it is renamed from" in out


def test_a_new_private_port_meets_no_condition_and_is_not_unchanged() -> None:
    text = preview(update({}, PRIVATE), update(PRIVATE, {}, "web"))

    code, out, err = review(text, "--fail-on", "widened,opened,unprotected")

    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "2 services change, nothing widens: 1 new, 1 removed"
