"""The command `review`: what it takes for a preview, and the sentence for what is none."""

import codecs
import io
import json
import sys
from pathlib import Path

import pytest
from preview import PACKAGED, UNKNOWN, Json, allow, http, login, preview, review, state, step, update

from nf_ports.cli.main import main

WIDER = preview(update({"http": http(security=allow("192.0.2.1/32"))}, {"http": http()}))

PRINTED = "what `pulumi preview --json` prints"
REFRESH = "use `pulumi preview --refresh --show-sames --json`"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "there is nothing to read: pulumi printed no preview"),
        (" \n", "there is nothing to read: pulumi printed no preview"),
        ("Previewing update (dev):\n", "the input is a preview as text; use `pulumi preview --json`"),
        ("error: no\n", "the input is not JSON; pass on what `pulumi preview --json` prints"),
        ("{}", "the preview is empty: pulumi failed before it began, and says why on its stderr"),
        (
            '{"version": 3, "deployment": {}}',
            f"the input is the state of a stack; name it with --against, and pass on {PRINTED}",
        ),
        (
            '{"result": "succeeded", "duration": 1, "summary": {"same": 1}, "resources": []}',
            "the input is what `pulumi preview --output json` prints, which has no ports; use `pulumi preview --json`",
        ),
        ('{"steps": {}}', "the steps of the preview are not what `pulumi preview --json` prints"),
        ('{"steps": [{"op": "create"}]}', "the steps of the preview are not what `pulumi preview --json` prints"),
        ('{"steps": [1]}', "the steps of the preview are not what `pulumi preview --json` prints"),
        (
            '{"steps": [{"op": "same", "urn": "u", "oldState": 1}]}',
            "the steps of the preview are not what `pulumi preview --json` prints",
        ),
        (WIDER[:-1], "the preview ends in the middle; run `pulumi preview --json` again"),
        (WIDER[:400], "the preview ends in the middle; run `pulumi preview --json` again"),
        (WIDER[:12], "the preview ends in the middle; run `pulumi preview --json` again"),
        ('{"steps": no}', "the preview is not JSON from end to end; run `pulumi preview --json` again"),
        ('{"a":' * 100_000, "the input is no preview: it is nested too deeply"),
        (
            '{"sequence": 1, "timestamp": 2, "preludeEvent": {}}',
            "the stream of events ends in the middle; run the command again",
        ),
        (
            json.dumps({"steps": [step("refresh", state({}), state({}))]}),
            f"the input is the preview of a refresh alone, which does not say what was found; {REFRESH}",
        ),
        (b"\xff\x00\xfe", "the input is not text; pass on what `pulumi preview --json` prints"),
    ],
    ids=range(19),
)
def test_what_is_no_preview_is_one_sentence(text: str | bytes, sentence: str) -> None:
    assert review(text) == (1, "", f"error: {sentence}\n")


def test_a_preview_that_is_cut_anywhere_is_never_taken_for_a_whole_one() -> None:
    for length in range(0, len(WIDER), 7):
        code, out, err = review(WIDER[:length])

        assert (code, out) == (1, "")
        assert err.count("\n") == 1


def test_a_preview_that_failed_says_so_and_fails() -> None:
    text = preview(update({}, {"http": http()}), errors=("shop/api: ports.x: is wrong\n  more", "boom"))

    code, out, err = review(text, "--fail-on", "opened")

    assert code == 1
    assert out.startswith("the preview failed, so this is not all of it; 1 service changes: 1 opened to everyone")
    assert err.splitlines() == [
        "error: the preview failed, so not everything is in it: shop/api: ports.x: is wrong",
        "error: the preview failed, so not everything is in it: boom",
    ]


def test_a_file_that_is_not_there_is_a_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["review", str(tmp_path / "no")]) == 1
    assert capsys.readouterr().err == f"error: {tmp_path / 'no'} cannot be read: No such file or directory\n"


@pytest.mark.parametrize("arguments", [[], ["-"]], ids=["nothing", "hyphen"])
def test_stdin_is_read(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WIDER.encode())))

    assert main(["review", *arguments]) == 0
    assert capsys.readouterr().out.startswith("1 service changes: 1 opened to everyone\n")


@pytest.mark.parametrize(
    "text",
    [
        codecs.BOM_UTF8 + WIDER.encode(),
        codecs.BOM_UTF16_LE + WIDER.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + WIDER.encode("utf-16-be"),
        ("warning: using an old plugin\n" + WIDER).encode(),
        (WIDER + "\n\n").encode(),
        (WIDER + "\nwarning: a new version of Pulumi is available\n").encode(),
    ],
    ids=["utf-8 with a mark", "utf-16", "utf-16 from the other end", "a line before", "lines after", "a line after"],
)
def test_what_shells_and_cli_put_around_a_preview_does_no_harm(text: bytes) -> None:
    assert review(text)[:2] == review(WIDER)[:2]


def test_previews_of_several_stacks_are_one_review() -> None:
    other = preview(update({"http": http()}, {}, "web"))

    _code, out, _err = review(f"{WIDER}\n{other}", "--json")

    assert [each["service"] for each in json.loads(out)["services"]] == ["shop/api", "shop/web"]


@pytest.mark.parametrize(
    "between", ["", "\n", "\nwarning: a new version is available\n", "warning: no {line} of its own\n\n"]
)
def test_no_preview_is_passed_over_whatever_stands_before_it(between: str) -> None:
    nothing = json.dumps({"steps": []})
    code, _out, err = review(f"{nothing}{between}{WIDER}", "--fail-on", "widened")

    assert (code, err.count("--fail-on widened: shop/api")) == (3, 1)


def test_a_preview_that_is_cut_is_refused_whatever_stands_before_it() -> None:
    assert review(f"{WIDER}\nwarning: a new version is available\n{WIDER[:400]}") == (
        1,
        "",
        "error: the preview ends in the middle; run `pulumi preview --json` again\n",
    )


def test_other_resources_are_no_services() -> None:
    others = [step("create", None, state({}), kind=kind) for kind in ("aws:s3:Bucket", "acme:index:ServicePorts")]

    assert review(preview(*others))[:2] == (0, "no service changes its ports\n")


@pytest.mark.parametrize("kind", [PACKAGED, "my:Shop$pulumi-python:dynamic/northflank:ServicePorts"])
def test_packaged_resources_and_children_are_reviewed(kind: str) -> None:
    found = review.findings(step("create", None, state({"http": http()}), kind=kind))

    assert found == {"shop/api": [("unprotected", 'port "http": opened to the internet; it lets in everyone')]}


def test_ports_as_a_list_with_names_are_read_as_well() -> None:
    port: Json = {
        "name": "http",
        **http(),
        "security": {"credentials": [{"username": "ops", "password": "[secret]"}]},
    }

    found = review.findings(step("create", None, state([port]), kind=PACKAGED))

    assert found["shop/api"] == [("opened", 'port "http": opened to the internet; it lets in a login (ops)')]


def test_a_value_that_is_not_known_yet_is_not_guessed() -> None:
    found = review.findings(
        update({"http": http(security=login())}, UNKNOWN, "web"),
        update({"http": http(public=False)}, {"http": http(public=UNKNOWN)}),
    )

    assert found["shop/web"] == [("unclear", "all ports: it is unknown who gets in")]
    assert found["shop/api"][0] == ("unclear", 'port "http": it is unknown who gets in: public is an unknown value')


def test_a_service_that_is_not_known_yet_goes_by_its_resource() -> None:
    (service,) = review.findings(step("create", None, state({}, UNKNOWN), name="mine"))

    assert service == "the service of mine"


def test_what_a_program_hides_besides_passwords_cannot_be_reviewed_and_that_is_said() -> None:
    answer = review.json(update({"http": http(security=login())}, {"http": http(security="[secret]")}))

    (service,) = answer["services"]
    assert service["findings"][0]["effect"] == "unclear"
    (note,) = service["notes"]
    assert note.startswith("Pulumi masks ports.http.security, because the program marks that as a secret")


def test_resources_that_are_only_read_change_nothing() -> None:
    text = preview(step("read", None, state({"http": http()})))

    assert review(text)[:2] == (0, "no service changes its ports; 1 is only read\n")
