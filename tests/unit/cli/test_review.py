"""The command `review`: what it says of a change, in which order, and which conditions it meets."""

import json
from pathlib import Path
from typing import Final

import pytest
from preview import Json, allow, http, login, preview, review, state, step, update

from nf_ports.cli.main import main
from nf_ports.cli.review.findings import EFFECTS

PROTECTED = {"http": http(security=login())}
OPEN = {"http": http()}
PRIVATE = {"http": http(public=False)}


@pytest.mark.parametrize(
    ("before", "after", "effect", "sentence"),
    [
        (PRIVATE, OPEN, "unprotected", 'port "http": opened to the internet; it lets in everyone'),
        (PROTECTED, OPEN, "unprotected", 'port "http": no longer asks for a login (ops); everyone gets in'),
        (PRIVATE, PROTECTED, "opened", 'port "http": opened to the internet; it lets in a login (ops)'),
        (
            {"http": http(security=allow("192.0.2.0/24"))},
            {"http": http(security=allow("192.0.2.0/24", "198.51.100.7/32"))},
            "widened",
            'port "http": allow-list widened by 198.51.100.7/32',
        ),
        (OPEN, PROTECTED, "narrowed", 'port "http": now asks for a login (ops)'),
        (PROTECTED, PRIVATE, "closed", 'port "http": closed to the internet; it let in a login (ops)'),
        (PROTECTED, PROTECTED, "unchanged", 'port "http": unchanged: a login (ops)'),
    ],
    ids=["everyone", "no check left", "opened", "wider list", "narrowed", "closed", "unchanged"],
)
def test_a_change_is_one_word_and_one_sentence(before: Json, after: Json, effect: str, sentence: str) -> None:
    assert review.findings(update(before, after))["shop/api"][0] == (effect, sentence)


def test_the_worst_stands_first_of_services_and_within_them() -> None:
    two = {"a": http(security=login()), "b": http(public=False)}

    found = review.findings(
        update(OPEN, PROTECTED, "calm"),
        update({**two, "c": http()}, {"a": http(security=login()), "b": http(security=login())}, "mixed"),
        update(PRIVATE, OPEN, "wide"),
    )

    assert list(found) == ["shop/wide", "shop/mixed", "shop/calm"]
    assert [effect for effect, _sentence in found["shop/mixed"]] == ["opened", "closed", "unchanged"]


def test_the_headline_counts_effects() -> None:
    assert review.json(update(PRIVATE, OPEN), update(OPEN, PROTECTED, "web"))["headline"] == (
        "2 services change: 1 opened to everyone, 1 narrowed"
    )
    assert review.json(update(OPEN, PROTECTED))["headline"] == "1 service changes, nothing widens: 1 narrowed"
    numbers = update({"http": http()}, {"http": {**http(), "internalPort": 8081}})
    assert review.json(numbers)["headline"] == "1 service changes, but not who gets in"
    assert review.json()["headline"] == "no service changes its ports"


MASKED: Final = {
    "http": http(security=login() | {"headers": {"X-Key": {"value": "[secret]"}}, "verificationMode": "and"})
}


def test_other_fields_that_change_are_named_without_their_values() -> None:
    (service,) = review.json(update(OPEN, {"http": {**http(), "internalPort": 9999}}))["services"]

    assert service["fields"] == ["http.internalPort"]
    assert "9999" not in json.dumps(service)


def test_a_created_resource_says_that_the_service_may_have_more() -> None:
    text = preview(step("create", None, state(OPEN)))

    _code, out, _err = review(text)

    assert "(not in the stack)  everyone" in out
    assert "note: what this service has now is not in the preview, because the stack does not own it yet" in out


def test_a_masked_secret_is_new_where_the_provider_says_so_and_else_the_same() -> None:
    said = ('shop/api: port "http", user "ops" gets a new secret [new-secret]',)

    (before,) = review.json(update(MASKED, MASKED))["services"]
    (after,) = review.json(update(MASKED, MASKED), said=said)["services"]

    assert (before["newSecrets"], before["perhapsNewSecrets"]) == ([], [])
    assert (after["newSecrets"], after["perhapsNewSecrets"]) == (['port "http", user "ops"'], [])


def test_a_masked_secret_is_perhaps_new_where_no_provider_compared_it() -> None:
    both = ['port "http", user "ops"', 'port "http", header "X-Key"']
    older = ('shop/api: port "http", user "ops" gets a new secret',)

    (of_older,) = review.json(update(MASKED, MASKED), said=older)["services"]
    (handed_over,) = review.json(
        step("create", None, state(MASKED), name="new"), step("delete", state(MASKED), name="old")
    )["services"]
    failed = json.loads(review(preview(update(MASKED, MASKED), errors=("made up",)), "--json")[1])["services"][0]

    assert of_older["perhapsNewSecrets"] == both
    assert handed_over["perhapsNewSecrets"] == both
    assert failed["perhapsNewSecrets"] == both


def test_what_only_the_provider_can_see_is_told_and_widens() -> None:
    masked = {"http": http(security={"headers": {"X": {"value": "[secret]"}}})}
    said = (
        'warning: shop/api: port "http": no longer asks for header X; header X with any value is enough [exposure]',
    )

    text = preview(update(masked, masked), said=said)

    told = 'opened to everyone: the provider, which sees what is masked here, says: port "http": no longer asks'
    assert told in review(text)[1]
    assert review(text, "--fail-on", "widened")[0] == 3
    # The value is one that anyone can send, so there is no check any more.
    assert review(text, "--fail-on", "unprotected")[0] == 3
    assert review(preview(update(masked, masked)), "--fail-on", "widened")[0] == 0


@pytest.mark.parametrize("name", ["open", "everyone", "opened", "warning", "elsewhere"])
def test_no_exit_code_hangs_on_what_a_port_is_called(name: str) -> None:
    masked = {name: http(security={"headers": {"X": {"value": "[secret]"}}})}
    said = (f'warning: shop/api: port "{name}": header X has another pattern, which may match more [exposure]',)
    narrowed = update({name: http()}, {name: http(security=login())})

    assert review(preview(update(masked, masked), said=said), "--fail-on", "opened,unprotected")[0] == 0
    assert review(preview(narrowed), "--fail-on", "opened,unprotected,widened")[0] == 0


def test_what_the_provider_says_as_well_is_told_once() -> None:
    wider = {"http": http(security=login() | allow("192.0.2.1/32", "192.0.2.9/32") | {"verificationMode": "and"})}
    narrow = {"http": http(security=login() | allow("192.0.2.1/32") | {"verificationMode": "and"})}
    said = (
        'warning: shop/api: port "http": allow-list widened by 192.0.2.9/32 [exposure]',
        'warning: shop/web: port "http": is open to the internet and lets in everyone [exposure]',
        "warning: shop/web: ports.http.security: is something that the check finds odd",
    )

    found = review.findings(update(narrow, wider), step("create", None, state(OPEN, "web"), name="web"), said=said)

    assert found == {
        "shop/web": [("unprotected", 'port "http": opened to the internet; it lets in everyone')],
        "shop/api": [("widened", 'port "http": allow-list widened by 192.0.2.9/32')],
    }


def test_json_is_as_the_help_says(capsys: pytest.CaptureFixture[str]) -> None:
    text = preview(update(PRIVATE, OPEN))
    answer = json.loads(review(text, "--format", "json", "--fail-on", "opened")[1])
    assert main(["review", "--help"]) == 0
    said = capsys.readouterr().out

    (service,) = answer["services"]
    (found,) = service["findings"]
    parts = (answer, service, found, found["change"], answer["failOn"], *answer["failOn"]["met"])
    assert [key for part in parts for key in part if f'"{key}"' not in said] == []
    assert [effect for effect in EFFECTS if effect not in said] == []
    assert list(answer["effects"]) == list(EFFECTS)
    assert (answer["version"], answer["read"]) == (1, 0)


def test_a_preview_is_not_asked_for_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)

    assert main(["review"]) == 2
    assert capsys.readouterr().err.startswith("error: name a file, or pipe what `pulumi preview --json` prints into it")


@pytest.mark.parametrize("form", ["terminal", "markdown", "json"])
def test_no_secret_is_printed_even_if_the_preview_shows_it(form: str, tmp_path: Path) -> None:
    canary = "C4nary"
    shown = {
        "credentials": {"ops": {"password": f"{canary}1"}},
        "headers": {"X": {"value": f"{canary}2"}},
        "verificationMode": "and",
        "securePathConfiguration": {
            "enabled": True,
            "rules": {
                "prefix /a": {
                    "priority": 1,
                    "accessMode": "protected",
                    "securityPolicies": {"requiredPolicies": {"credentials": {"ops": {"password": f"{canary}3"}}}},
                }
            },
        },
    }
    new = json.loads(json.dumps(shown).replace(canary, f"{canary}-new"))
    outputs = {"found": {"http": http(security=shown)}, "ports": {"http": http(security=shown)}}
    text = preview(
        update({"http": http(security=shown)}, {"http": http(security=new)}),
        step("create", None, state({"http": http(security=shown)}, "web"), name="web"),
        step("delete", state({"http": http(security=shown)}, "old", outputs=outputs, onDelete="restore"), name="old"),
    )

    code, out, err = review(text, "--format", form, "--fail-on", "widened")

    assert code == 3
    assert canary not in out + err
    assert "ops" in out
    assert tmp_path.name not in out


def test_names_that_come_go_or_stay_are_told_and_widen_only_where_one_comes_back() -> None:
    both = http(security=login(), domains={"a.shop.example": True})
    alone = {**both, "disableNfDomain": True}

    assert review.findings(update({"http": alone}, {"http": both}))["shop/api"][0] == (
        "widened",
        'port "http": is reachable by the generated name again, in addition to a.shop.example',
    )
    assert [effect for effect, _said in review.findings(update(OPEN, {"http": both}))["shop/api"]] == [
        "changed",
        "changed",
        "narrowed",
    ]


def test_a_port_that_leads_to_another_container_port_is_told() -> None:
    before = {"http": http(), "admin": http(security=login()) | {"internalPort": 9000}}
    after = {"http": http() | {"internalPort": 9000}, "admin": http(security=login())}
    (service,) = review.json(update(before, after))["services"]

    assert [note for note in service["notes"] if "container port" in note] == [
        'port "http" leads to another container port: whoever gets in reaches what listens there',
        'port "admin" leads to another container port: whoever gets in reaches what listens there',
    ]
