"""The command `review`: what was changed elsewhere comes first, apart from what happens next, and counts."""

from __future__ import annotations

import json
import re

import pytest
from preview import Json, allow, http, login, preview, refresh, review, same, state, step, stream, update

from nf_ports.cli.main import main
from nf_ports.cli.review.findings import CONDITIONS, EFFECTS

PRIVATE = {"http": http(public=False)}
PROTECTED = {"http": http(security=login())}
OPEN = {"http": http()}
OFFICE = {"http": http(security=login() | allow("203.0.113.0/24") | {"verificationMode": "and"})}
ANYWHERE = {"http": http(security=login() | allow("203.0.113.0/24", "0.0.0.0/0") | {"verificationMode": "and"})}
HIDDEN = {"http": http(security=login() | {"policies": {"ALLOW": "[secret]"}})}
ALL = ",".join(CONDITIONS)


def drift(recorded: Json, live: Json, service: str = "api") -> tuple[Json, Json]:
    """Recorded, found otherwise, and to be brought back."""
    return refresh(recorded, service), update(live, recorded, service)


@pytest.mark.parametrize(
    ("recorded", "live", "effect", "met"),
    [
        (PRIVATE, OPEN, "unprotected", {"opened", "widened", "unprotected"}),
        (PRIVATE, PROTECTED, "opened", {"opened", "widened"}),
        ({}, OPEN, "unprotected", {"opened", "widened", "unprotected"}),
        (PROTECTED, OPEN, "unprotected", {"widened", "unprotected"}),
        (OFFICE, ANYWHERE, "widened", {"widened"}),
        (OPEN, PROTECTED, "narrowed", set()),
        (PROTECTED, {}, "closed", set()),
    ],
    ids=["made public", "made public with a login", "a port more", "a login gone", "list", "narrowed", "closed"],
)
def test_what_was_opened_elsewhere_meets_a_condition_in_its_own_direction(
    recorded: Json, live: Json, effect: str, met: set[str]
) -> None:
    text = preview(*drift(recorded, live))

    (each,) = json.loads(review(text, "--json")[1])["services"]
    assert [found["effect"] for found in each["elsewhere"]] == [effect]
    for condition in CONDITIONS:
        code, _out, err = review(text, "--fail-on", condition)

        # Next comes the way back: it widens what was narrowed.
        elsewhere = [line for line in err.splitlines() if "shop/api: changed elsewhere: port " in line]
        assert bool(elsewhere) == (condition in met)
        assert code == (3 if err else 0)


def test_the_headline_says_first_what_was_opened_elsewhere() -> None:
    answer = review.json(*drift(OFFICE, ANYWHERE), *drift(PRIVATE, OPEN, "web"))

    assert answer["headline"] == (
        "opened elsewhere: 1 opened to everyone, 1 widened; next: 2 services change, nothing widens: 1 narrowed,"
        " 1 closed"
    )
    assert {effect: count for effect, count in answer["effectsElsewhere"].items() if count} == {
        "unprotected": 1,
        "widened": 1,
    }
    assert {effect: count for effect, count in answer["effects"].items() if count} == {"narrowed": 1, "closed": 1}
    assert answer["refreshed"] == 2


@pytest.mark.parametrize(
    ("steps", "headline"),
    [
        (
            drift(OPEN, PROTECTED),
            "changed elsewhere, nothing widened: 1 narrowed; next: 1 service changes: 1 opened to everyone",
        ),
        (
            drift(OPEN, {"http": {**http(), "internalPort": 9090}}),
            "1 service was changed elsewhere, but not who gets in; next: 1 service changes, but not who gets in",
        ),
        ((refresh(PRIVATE), same(OPEN)), "opened elsewhere: 1 opened to everyone; next: no service changes its ports"),
        ((refresh(OPEN), same(OPEN)), "no service changes its ports; nothing was changed elsewhere"),
    ],
    ids=["narrowed", "another number", "the program agrees", "nothing"],
)
def test_every_direction_has_its_headline(steps: tuple[Json, ...], headline: str) -> None:
    assert review.json(*steps)["headline"] == headline


def test_what_was_opened_elsewhere_stands_before_what_opens_next() -> None:
    wide = update(PRIVATE, OPEN, "aaa")

    assert list(review.findings(wide, *drift(OFFICE, ANYWHERE, "zzz"))) == ["shop/zzz", "shop/aaa"]
    assert list(review.findings(wide, *drift(OPEN, PROTECTED, "bbb"))) == ["shop/aaa", "shop/bbb"]


def test_a_port_that_is_called_like_a_condition_meets_none() -> None:
    for name in ("open", "opened", "everyone", "unprotected", "widened"):
        text = preview(refresh({name: http()}), same({name: http(security=login())}))

        assert review(text, "--fail-on", ALL)[0] == 0


def test_a_terminal_says_that_an_edit_elsewhere_left_access_as_it_was() -> None:
    out = review(preview(*drift(OPEN, {"http": {**http(), "internalPort": 9090}})))[1].splitlines()

    place = out.index("  changed elsewhere since the last run:")
    assert out[place + 1 : place + 3] == ["  unchanged: who gets in", "  what happens next:"]


def test_a_terminal_shows_two_tables() -> None:
    out = review(preview(*drift(OFFICE, ANYWHERE)))[1].splitlines()

    assert out[0].startswith("opened elsewhere: 1 widened; next: ")
    assert out[2:] == [
        "shop/api  shop-api is updated",
        "  changed elsewhere since the last run:",
        '  widened elsewhere: port "http": the allow-list now allows everyone on IPv4 (NF303)',
        "",
        "  PORT  PUBLIC NAMES        WHO GOT IN AT THE LAST RUN         WHO GETS IN NOW",
        "  http  the generated name  a login (ops) from 203.0.113.0/24  a login (ops) from any address on IPv4",
        "",
        "  what happens next:",
        '  narrowed: port "http": allow-list narrowed by all addresses on IPv4 except 203.0.113.0/24',
        "",
        "  PORT  PUBLIC NAMES        WHO GETS IN NOW                         WHO GETS IN AFTER",
        "  http  the generated name  a login (ops) from any address on IPv4  a login (ops) from 203.0.113.0/24",
        "",
        "  fields that were changed elsewhere: http.security.policies.ALLOW.0.0.0.0/0",
        "  fields that change: http.security.policies.ALLOW.0.0.0.0/0",
    ]


def test_markdown_lists_it_first_and_draws_both() -> None:
    out = review(preview(update({}, OPEN, "web"), *drift(PRIVATE, OPEN)), "--format", "markdown")[1]

    loud = [line for line in out.splitlines() if line.startswith("- \N{LARGE RED CIRCLE}")]
    assert [re.findall(r"\*\*(.*?)\*\*: (\S+):", line)[0] for line in loud] == [
        ("opened to everyone elsewhere", "shop/api"),
        ("opened to everyone", "shop/web"),
    ]
    api = out[out.index("<details><summary><b>shop/api") :].partition("</details>")[0]
    before, _title, after = api.partition("**what happens next**")
    assert "**changed elsewhere since the last run**" in before
    assert (
        "| **opened to everyone** | http | none → the generated name | only callers inside the project | everyone |"
        in before
    )
    assert '|"#128275; everyone"| p0' in before
    assert '|"no longer#58; everyone"| p0' in after


def test_what_is_live_and_exceeds_the_stated_exposure_is_noted() -> None:
    recorded = state(PRIVATE, exposure="private")
    steps = (step("refresh", recorded, recorded), step("update", state(OPEN, exposure="private"), recorded))

    (each,) = review.json(*steps)["services"]

    (note,) = each["notes"]
    assert note.startswith("what is live exceeds what the resource states: ports.http.public: must be false, because ")


def test_a_service_that_was_removed_elsewhere_is_closed() -> None:
    (each,) = review.json(refresh(OPEN), step("create", None, state(OPEN)))["services"]

    assert [(found["effect"], found["sentence"]) for found in each["elsewhere"]] == [
        ("closed", 'port "http": removed; it let in everyone')
    ]
    assert each["notes"] == ["the service is gone: it was removed elsewhere, and its ports with it"]
    # It left the program, too: nothing follows, and nothing else is left out.
    assert review.elsewhere(refresh(OPEN))["shop/api"][0][0] == "closed"


def test_a_resource_that_gets_another_name_is_followed() -> None:
    old = {**state(OPEN), "urn": refresh(PRIVATE)["urn"]}

    assert review.elsewhere(refresh(PRIVATE), step("update", old, state(PRIVATE), name="other")) == {
        "shop/api": [("unprotected", 'port "http": opened to the internet; it lets in everyone')]
    }


@pytest.mark.parametrize(
    "steps",
    [
        (step("delete", state(OPEN)),),
        (step("create", None, state(PRIVATE), name="other"), step("delete", state(OPEN))),
        (step("replace", state(OPEN), state(OPEN, "web")),),
        (
            step("create-replacement", state(OPEN), state(PRIVATE)),
            step("replace", state(OPEN), state(PRIVATE)),
            step("delete-replaced", state(OPEN)),
        ),
    ],
    ids=["deleted", "renamed without an alias", "moved", "replaced"],
)
def test_whatever_happens_next_an_edit_elsewhere_is_told(steps: tuple[Json, ...]) -> None:
    assert review.elsewhere(refresh(PRIVATE), *steps)["shop/api"] == [
        ("unprotected", 'port "http": opened to the internet; it lets in everyone')
    ]


def test_what_waits_for_its_deletion_or_is_only_read_was_not_edited() -> None:
    waiting, read = {**state(OPEN), "delete": True}, {**state(OPEN), "external": True}
    steps = (step("refresh", waiting, waiting), step("delete", waiting), refresh(PRIVATE), same(PRIVATE))

    assert review.elsewhere(*steps)["shop/api"] == []
    assert review.elsewhere(step("refresh", read, read), step("read", read, read)) == {}


def test_what_a_preview_leaves_out_is_said_and_not_called_unchanged() -> None:
    text = preview(refresh(PRIVATE), refresh(OPEN, "web"), left_out=2)

    code, out, _err = review(text, "--fail-on", ALL)

    assert code == 0
    assert " ".join(out.split()).startswith(
        "no service changes its ports; not shown of 2 services: whether they were changed elsewhere"
    )
    (sentence,) = json.loads(review(text, "--json")[1])["notShown"]
    assert sentence.startswith("what the refresh found of shop/api, shop/web is not in this preview")
    assert sentence.endswith("use `pulumi preview --refresh --show-sames --json`")
    assert "--show-sames" in review(text, "--format", "markdown")[1]
    # What is there is told all the same.
    both = preview(*drift(PRIVATE, OPEN), refresh(OPEN, "web"), left_out=1)
    assert review(both)[1].startswith("opened elsewhere: 1 opened to everyone; next: ")
    assert "; not shown of 1 service: whether it was changed elsewhere " in " ".join(review(both)[1].split())


def test_a_preview_that_failed_does_not_tell_what_is_gone() -> None:
    _code, out, _err = review(preview(refresh(OPEN), errors=("boom",)))

    assert "not shown of 1 service" in " ".join(out.split())
    assert "what the refresh found of shop/api is not in this preview, because it failed" in " ".join(out.split())
    assert "gone" not in out


def test_a_preview_whose_refresh_failed_says_why() -> None:
    said = [{"message": "error: Preview failed: Northflank did not accept the API token\n", "severity": "error"}]
    text = json.dumps({"steps": [refresh(OPEN)], "diagnostics": said, "changeSummary": None})

    code, out, err = review(text)

    assert code == 1
    assert " ".join(out.split()) == (
        "the preview failed, so this is not all of it; not shown of 1 service: whether it was changed elsewhere"
        " note: what the refresh found of shop/api is not in this preview, because it failed"
    )
    assert err.endswith("not everything is in it: Preview failed: Northflank did not accept the API token\n")


def test_of_two_resources_that_own_a_service_the_worse_edit_is_told() -> None:
    mild, worse = refresh(OPEN), step("refresh", state(PRIVATE), state(PRIVATE), name="other")
    found_ = step("same", state(PROTECTED), state(PROTECTED), name="other")

    for steps in ((mild, worse), (worse, mild)):
        assert [effect for effect, _said in review.elsewhere(*steps, same(PROTECTED), found_)["shop/api"]] == ["opened"]


def test_what_pulumi_masks_may_have_been_opened_or_is_not_shown() -> None:
    changed = review.json(refresh(HIDDEN), update(HIDDEN, HIDDEN))
    unchanged = review.json(refresh(HIDDEN), same(HIDDEN))

    (each,) = changed["services"]
    assert [found["effect"] for found in each["elsewhere"]] == ["unclear"]
    assert changed["headline"].startswith("perhaps opened elsewhere: 1 undetermined; next: ")
    assert each["notes"][0].startswith("Pulumi masks ports.http.security.policies.ALLOW, ")
    assert review(preview(refresh(HIDDEN), update(HIDDEN, HIDDEN)), "--fail-on", "opened")[0] == 3
    assert unchanged["services"] == []
    (sentence,) = unchanged["notShown"]
    assert sentence.startswith("whether ports.http.security.policies.ALLOW of shop/api was changed elsewhere is not in")


def test_what_only_the_provider_saw_changed_elsewhere_is_told_as_well() -> None:
    said = (
        'warning: shop/api: changed elsewhere: port "http": opened to the internet; it lets in everyone [opened]',
        'shop/api: changed elsewhere: port "http": login ops gets a new secret [edited]',
        'warning: shop/web: changed elsewhere: port "http": allow-list widened by 192.0.2.1/32 [opened]',
    )

    assert review.elsewhere(*drift(PRIVATE, OPEN), said=said) == {
        "shop/api": [
            ("unprotected", 'port "http": opened to the internet; it lets in everyone'),
            (
                "changed",
                'the provider, which sees what is masked here, says: port "http": login ops gets a new secret',
            ),
        ],
        "shop/web": [
            (
                "widened",
                'the provider, which sees what is masked here, says: port "http": allow-list widened by 192.0.2.1/32',
            )
        ],
    }


def found(recorded: Json, live: Json | None, as_: str, service: str = "api") -> Json:
    """The step of a refresh in a stream."""
    return refresh(recorded, service) | {"found": state(live, service) if live is not None else None, "as": as_}


def test_the_events_of_a_refresh_tell_what_it_found() -> None:
    text = stream(found(PRIVATE, OPEN, "update"), found(OPEN, OPEN, "same", "web"), found(OPEN, None, "delete", "old"))

    code, out, err = review(text, "--fail-on", "unprotected")

    assert code == 3
    assert out.splitlines()[0] == "opened elsewhere: 1 opened to everyone, 1 closed"
    assert "shop/api  shop-api is refreshed" in out
    assert "what happens next" not in out
    assert err == (
        '--fail-on unprotected: shop/api: changed elsewhere: port "http": opened to the internet; it lets in everyone\n'
    )


def test_the_events_of_a_preview_tell_both() -> None:
    text = stream(
        found(PRIVATE, OPEN, "refresh"),
        found(OPEN, PROTECTED, "refresh", "web"),
        update(OPEN, PRIVATE),
        update(PROTECTED, OPEN, "web"),
    )

    assert json.loads(review(text, "--json")[1])["headline"] == (
        "opened elsewhere: 1 opened to everyone, 1 narrowed; next: 2 services change: 1 opened to everyone, 1 closed"
    )


def test_events_that_found_nothing_say_so_even_of_what_is_masked() -> None:
    assert review(stream(found(HIDDEN, HIDDEN, "same")))[1] == "nothing was changed elsewhere\n"
    assert review(stream(found(HIDDEN, HIDDEN, "update")), "--fail-on", "widened")[0] == 3


def test_a_plan_and_the_events_of_what_was_done_are_one() -> None:
    done = stream(found(PRIVATE, OPEN, "update"), done=True)
    blind = json.dumps({"steps": [refresh(PRIVATE)], "changeSummary": {"update": 1}})

    for plan in (blind, stream(found(PRIVATE, OPEN, "update"))):
        (each,) = json.loads(review(f"{plan}\n{done}", "--json")[1])["services"]

        assert each["notes"] == []
        assert each["elsewhere"][0]["effect"] == "unprotected"
    # Of another stack it is no plan.
    assert review(f"{blind.replace(':dev::', ':prod::')}\n{done}")[0] == 1


def test_events_that_are_cut_anywhere_are_never_taken_for_all() -> None:
    text = stream(found(PRIVATE, OPEN, "update"), found(OPEN, OPEN, "same", "web"))
    summary = text.index('"summaryEvent"')

    for length in range(0, summary, 97):
        code, out, err = review(text[:length])

        assert (code, out) == (1, "")
        assert err.count("\n") == 1


def test_secrets_in_events_are_masked_whatever_is_in_them() -> None:
    envelope = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": "C4nary"}
    ports = {"http": http(security={"credentials": {"ops": {"password": envelope}}, "policies": {"ALLOW": envelope}})}

    code, out, _err = review(stream(found(PRIVATE, ports, "update")))

    assert code == 0
    assert "C4nary" not in out
    assert "Pulumi masks ports.http.security.policies.ALLOW, because" in out


def test_the_json_of_an_edit_elsewhere_is_as_the_help_says(capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(review(preview(*drift(PRIVATE, OPEN)), "--json", "--fail-on", "opened")[1])
    assert main(["review", "--help"]) == 0
    said = capsys.readouterr().out

    (each,) = answer["services"]
    (edit,) = each["elsewhere"]
    (met,) = answer["failOn"]["met"]
    parts = (answer, each, edit, edit["change"], answer["failOn"], met)
    assert [key for part in parts for key in part if f'"{key}"' not in said] == []
    assert list(answer["effectsElsewhere"]) == list(EFFECTS)
    assert met == {"condition": "opened", "service": "shop/api", "elsewhere": True, "sentence": edit["sentence"]}
    assert each["changedElsewhere"] == [edit["sentence"]]
