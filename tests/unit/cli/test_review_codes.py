"""The command `review`: codes of findings, the ignore list and SARIF."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from preview import Json, allow, http, login, preview, refresh, review, same, state, step, update

PROTECTED = {"http": http(security=login())}
OPEN = {"http": http()}
PRIVATE = {"http": http(public=False)}
SWALLOWED = {"http": http(security={"policies": {"ALLOW": {"10.0.0.0/8": True}, "DENY": {"10.0.0.0/7": True}}})}


def codes(text: str, *arguments: str) -> list[tuple[str, bool]]:
    """The codes of a review, each with the answer whether it is ignored."""
    found: Json = json.loads(review(text, "--json", *arguments)[1])
    return [(each["code"], each["ignored"] is not None) for each in found["codes"]]


def entries(directory: Path, *some: str) -> str:
    """An ignore list."""
    file = directory / "ignored.toml"
    file.write_text("".join(f"[[ignore]]\nreason = 'meant'\n{entry}\n" for entry in some))
    return str(file)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (PROTECTED, OPEN, ["NF101", "NF301"]),
        (PRIVATE, PROTECTED, ["NF302"]),
        ({"http": http(security=allow("10.0.0.0/8"))}, {"http": http(security=allow("10.0.0.0/7"))}, ["NF303"]),
        (PROTECTED, {"http": http(security="04da6b54-80e4-46f7-96ec-b56ff0331ba9")}, ["NF304"]),
        (PROTECTED, SWALLOWED, ["NF201", "NF203"]),
        (SWALLOWED, {"http": {**SWALLOWED["http"], "internalPort": 9}}, []),
        (OPEN, PROTECTED, []),
    ],
    ids=["to everyone", "opened", "widened", "unknown", "without effect", "without effect before", "narrowed"],
)
def test_changes_and_new_findings_have_codes(before: Json, after: Json, found: list[str]) -> None:
    told = [code for code, _ignored in codes(preview(update(before, after)))]

    assert sorted(told) == found


def test_an_application_that_loses_its_login_by_a_swap_of_container_ports_has_a_code() -> None:
    before = {"web": http(), "admin": http(security=login()) | {"internalPort": 9090}}
    after = {"web": http() | {"internalPort": 9090}, "admin": http(security=login())}

    found = json.loads(review(preview(update(before, after)), "--json")[1])["codes"]

    assert [(each["code"], each["location"]) for each in found] == [("NF301", "ports.web.internalPort")]
    assert review(preview(update(before, after)), "--fail-on", "unprotected")[0] == 3


def test_a_domain_that_moves_to_a_weaker_port_of_another_service_has_a_code() -> None:
    named = {"domains": {"app.example.com": True}}
    leaves = update({"http": http(security=login()) | named}, {"http": http(security=login())})
    enters = update({"http": http()}, {"http": http() | named}, "web")

    found = json.loads(review(preview(leaves, enters), "--json")[1])["codes"]

    assert [(each["service"], each["code"], each["location"], each["text"]) for each in found] == [
        (
            "shop/web",
            "NF301",
            "ports.http.domains.app.example.com",
            (
                'app.example.com (leads to port "shop/web/http", before to port "shop/api/http"): no longer asks for a'
                " login (ops); everyone gets in"
            ),
        )
    ]


def test_a_finding_is_all_that_a_machine_needs() -> None:
    (found,) = json.loads(review(preview(update(PRIVATE, PROTECTED)), "--json")[1])["codes"]

    assert found == {
        "service": "shop/api",
        "code": "NF302",
        "severity": "warning",
        "port": "http",
        "location": "ports.http",
        "text": 'port "http": opened to the internet; it lets in a login (ops)',
        "ignored": None,
        "elsewhere": False,
    }


@pytest.mark.parametrize(
    ("condition", "code"),
    [("NF301", 3), ("NF101", 3), ("NF302", 0), ("error", 3), ("warning", 3), ("note", 3), ("NF302,NF301", 3)],
)
def test_fail_on_takes_codes_and_severities(condition: str, code: int) -> None:
    text = preview(update(PROTECTED, OPEN))

    found, _out, err = review(text, "--fail-on", condition)

    assert found == code
    assert ("--fail-on" in err) == (code == 3)


def test_a_severity_counts_what_is_more_severe_and_nothing_less() -> None:
    text = preview(update(PRIVATE, PROTECTED))

    assert [review(text, "--fail-on", each)[0] for each in ("note", "warning", "error")] == [3, 3, 0]


def test_what_is_ignored_meets_no_condition_and_is_told_with_its_reason(tmp_path: Path) -> None:
    text = preview(update(PROTECTED, OPEN))
    file = entries(tmp_path, "code = 'NF301'\nservice = 'shop/a*'", "code = 'NF101'\nport = 'http'")

    for condition in ("unprotected", "widened", "error", "NF101"):
        code, out, err = review(text, "--config", file, "--fail-on", condition)
        assert (code, err) == (0, "")
        assert "2 findings ignored by" in out
    assert codes(text, "--config", file) == [("NF301", True), ("NF101", True)]
    found = json.loads(review(text, "--json", "--config", file)[1])
    assert [each["ignored"] for each in found["codes"]] == ["meant", "meant"]
    assert found["ignores"] == {"file": file, "ignored": 2, "ended": [], "unused": []}


def test_an_entry_of_another_service_or_day_ignores_nothing(tmp_path: Path) -> None:
    text = preview(update(PROTECTED, OPEN))
    file = entries(tmp_path, "code = 'NF301'\nservice = 'shop/web'", "code = 'NF301'\nuntil = 2020-01-01")

    code, out, _err = review(text, "--config", file, "--fail-on", "unprotected")

    assert code == 3
    assert "NF301 of every service, until 2020-01-01 has ended, so it no longer counts: meant" in " ".join(out.split())


def test_what_was_made_elsewhere_is_marked_in_json_and_sarif() -> None:
    text = preview(refresh(PROTECTED), same(OPEN))

    found = json.loads(review(text, "--json")[1])["codes"]
    (run,) = json.loads(review(text, "--format", "sarif")[1])["runs"]

    assert {(each["code"], each["elsewhere"]) for each in found} == {("NF101", True), ("NF301", True)}
    assert [each["properties"]["elsewhere"] for each in run["results"]] == [True, True]


@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_checks_without_effect_are_told_to_a_person(form: str) -> None:
    out = " ".join(review(preview(update(PROTECTED, SWALLOWED)), "--format", form)[1].split())

    assert "NF203 shop/api ports.http.security: lets nobody in" in out


def test_sarif_holds_no_secret_and_has_ignored_findings_suppressed(tmp_path: Path) -> None:
    secret = {"http": http(security=login(password="canary-9"))}
    file = entries(tmp_path, "code = 'NF302'")

    code, out, _err = review(preview(update(PRIVATE, secret)), "--format", "sarif", "--config", file)

    (run,) = json.loads(out)["runs"]
    assert (code, [each["ruleId"] for each in run["results"]]) == (0, ["NF302"])
    assert run["results"][0]["suppressions"][0]["justification"] == "meant"
    assert "canary" not in out


def test_a_finding_about_a_port_as_it_is_does_not_widen() -> None:
    before = {"http": http(domains={"api.shop.example": True})}
    after = {"http": http(domains={"api.shop.example": True}, security=allow("203.0.113.0/24"))}
    sentence = (
        'port "http": the generated name stays reachable in addition to api.shop.example; the same checks apply there,'
        " and disableNfDomain: true turns the generated name off"
    )
    text = preview(update(before, after), said=(f"warning: shop/api: {sentence} (NF102) [exposure]",))

    assert review(text, "--fail-on", "widened,NF303")[0] == 0
    assert "widened" not in review(text)[1]


@pytest.mark.parametrize(
    ("entry", "met"),
    [
        ({"code": "NF101", "port": "http", "reason": "a public site"}, False),
        ({"code": "NF101", "port": "http", "reason": "a public site", "until": "2020-01-01"}, True),
        ({"code": "NF101", "port": "other", "reason": "a public site"}, True),
        ({"code": "NF999", "reason": "no code"}, True),
    ],
)
def test_what_the_resource_ignores_is_ignored_and_so_is_the_change_that_opens_it(entry: Json, met: bool) -> None:
    text = preview(step("update", state(PROTECTED), state(OPEN, ignore=[entry])))

    for asked in ("NF101", "NF301", "unprotected"):
        assert review(text, "--fail-on", asked)[0] == (3 if met else 0)
    assert ("2 findings ignored by the resource" in review(text)[1]) is not met


def test_an_entry_without_a_port_does_not_cover_a_change() -> None:
    text = preview(step("update", state(PROTECTED), state(OPEN, ignore=[{"code": "NF101", "reason": "public"}])))

    assert review(text, "--fail-on", "NF101")[0] == 0
    assert review(text, "--fail-on", "unprotected")[0] == 3
