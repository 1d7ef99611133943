"""The command `review`: `--fail-on`, exit codes and usage."""

import pytest
from preview import Json, http, login, preview, review, update

from nf_ports.cli.review.findings import CONDITIONS

PROTECTED = {"http": http(security=login())}
OPEN = {"http": http()}
PRIVATE = {"http": http(public=False)}


@pytest.mark.parametrize(
    ("before", "after", "met"),
    [
        (PRIVATE, OPEN, {"opened", "widened", "unprotected"}),
        (PRIVATE, PROTECTED, {"opened", "widened"}),
        (PROTECTED, OPEN, {"widened", "unprotected"}),
        (OPEN, PROTECTED, set()),
        (PROTECTED, PRIVATE, set()),
        (OPEN, {"http": {**http(), "internalPort": 9999}}, set()),
        (PRIVATE, {"http": http(public="04da6b54-80e4-46f7-96ec-b56ff0331ba9")}, {"opened", "widened", "unprotected"}),
        (
            PROTECTED,
            {"http": http(security="04da6b54-80e4-46f7-96ec-b56ff0331ba9")},
            {"widened", "unprotected"},
        ),
        (OPEN, {"http": http(security="04da6b54-80e4-46f7-96ec-b56ff0331ba9")}, {"widened"}),
    ],
    ids=["everyone", "login", "check gone", "check new", "closed", "number", "public?", "security?", "open already"],
)
def test_fail_on_is_exit_code_3_and_says_where_on_stderr(before: Json, after: Json, met: set[str]) -> None:
    text = preview(update(before, after))

    for condition in CONDITIONS:
        code, out, err = review(text, "--fail-on", condition)

        assert code == (3 if condition in met else 0)
        assert out == review(text)[1]
        assert all(line.startswith(f"--fail-on {condition}: shop/api: ") for line in err.splitlines())
        assert bool(err) == (condition in met)


def test_conditions_can_be_given_together() -> None:
    text = preview(update(PRIVATE, PROTECTED))

    for arguments in (["--fail-on", "unprotected,opened"], ["--fail-on", "opened", "--fail-on", "unprotected"]):
        code, _out, err = review(text, *arguments)

        assert (code, err) == (
            3,
            '--fail-on opened: shop/api: port "http": opened to the internet; it lets in a login (ops)\n',
        )


def test_many_reasons_are_cut_off() -> None:
    text = preview(*(update(PRIVATE, OPEN, f"s{number}") for number in range(30)))

    err = review(text, "--fail-on", "opened")[2].splitlines()

    assert len(err) == 21
    assert err[-1] == "--fail-on: and 10 more sentences"


TAKES = "it takes widened, opened, unprotected, error, warning, note or the code of a finding, such as NF101"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fail-on", "narrowed"], f"--fail-on does not know narrowed; {TAKES}"),
        (["--fail-on", "NF999"], f"--fail-on does not know NF999; {TAKES}"),
        (["--fail-on", "opened,"], f"--fail-on lacks a condition; {TAKES}"),
        (["--format", "xml"], "invalid value for '--format': 'xml' is not one of 'terminal', 'markdown', 'json'"),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str], sentence: str) -> None:
    code, out, err = review(preview(), *arguments)

    assert (code, out) == (2, "")
    assert err.startswith(f"error: {sentence}")
    assert err.endswith("; see nf-ports review --help\n")
