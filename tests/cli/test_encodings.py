"""Every command prints in any encoding, and into anything: a file, a closed pipe, a stream that is not there."""

import ast
import html
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from world import fill

from nf_ports.cli.commands import COMMANDS
from nf_ports.emulator import Emulator
from nf_ports.hosts.dynamic.host import show
from nf_ports.notices import Notice

ENCODINGS: dict[str, dict[str, str]] = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
}
PATH = "/prüfung/漢"
"""What a program, a page and a table show."""
RULE = {"paths": [{"path": PATH, "routingMode": "prefix", "priority": 1}], "accessMode": "protected"}
LOGINS = {"requiredPolicies": {"credentials": [{"username": "ops", "password": "pässwört", "type": "basic-auth"}]}}
PORT = {
    "id": "abcdef",
    "name": "http",
    "internalPort": 8080,
    "protocol": "HTTP",
    "public": True,
    "domains": [],
    "security": {"securePathConfiguration": {"rules": [{**RULE, "securityPolicies": LOGINS}]}},
}


@pytest.fixture(params=ENCODINGS)
def encoding(request: pytest.FixtureRequest) -> dict[str, str]:
    """What the environment says of the encoding."""
    return ENCODINGS[request.param]


@pytest.fixture
def _shop(northflank: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service whose path rules no contract allows, and a pulumi that speaks of a stack as little."""
    fill(northflank, {"api": []})
    shown = {"id": "api", "serviceType": "deployment", "ports": [PORT]}
    northflank.fault(operation="get.service", status=200, body={"data": shown}, times=None)
    northflank.fault(operation="get.service.ports", status=200, body={"data": {"ports": [PORT]}}, times=None)
    answer = json.dumps({"northflank:onDelete": {"value": "ü"}}, ensure_ascii=False)
    (tmp_path / "pulumi").write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n", encoding="utf-8")
    (tmp_path / "pulumi").chmod(0o755)
    monkeypatch.setenv("PULUMI_COMMAND", str(tmp_path / "pulumi"))


def ran(encoding: dict[str, str], *arguments: str, **how: Any) -> subprocess.CompletedProcess[bytes]:
    """A command that was run; none ends with a traceback."""
    streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | how
    run = subprocess.run(
        [sys.executable, "-m", "nf_ports", *arguments], env={**os.environ, **encoding}, check=False, **streams
    )
    assert b"Traceback" not in (run.stderr or b"")
    assert b"Exception ignored" not in (run.stderr or b"")
    return run


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_help_is_printed_in_the_strictest_encoding(command: str) -> None:
    run = ran(ENCODINGS["ascii"], *filter(None, [command]), "--help")

    assert (run.returncode, run.stderr) == (0, b"")
    assert run.stdout.startswith(b"Usage: ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_in_the_strictest_encoding(shell: str) -> None:
    assert ran(ENCODINGS["ascii"], "completion", shell).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        *(["ü"], ["doctor", "--project", "ü"], ["demo", "ü"], ["explain", "ü"], ["export", "ü"], ["exposure", "ü"]),
        *(["review", "ünbekannt"], ["review", "--fail-on", "ü"], ["completion", "ü"]),
        *(["emulator", "--port", "ü"], ["emulator", "--seed", "ü"], ["emulator", "--set", "ü=1"]),
        *(["emulator", "--state", "/ü/ü"], ["export", "shop", "--output", "/ü/ü"]),
    ],
)
def test_an_error_speaks_of_any_argument_in_any_encoding(arguments: list[str], encoding: dict[str, str]) -> None:
    run = ran(encoding, *arguments)

    assert run.returncode in {1, 2}
    assert run.stdout == b""
    assert run.stderr.isascii() or "latin-1" in encoding.values()
    assert b"error: " in run.stderr or b"emulator: " in run.stderr


@pytest.mark.northflank(era="2026b")
@pytest.mark.usefixtures("_shop")
@pytest.mark.parametrize(
    "arguments",
    [
        *(["doctor"], ["doctor", "--stack", "ü"], ["exposure", "shop", "--all"]),
        *(["exposure", "shop", "--format", "markdown"], ["explain", "shop/api/http", "--path", f"{PATH}/x"]),
    ],
)
def test_every_answer_is_printed_in_any_encoding(arguments: list[str], encoding: dict[str, str]) -> None:
    run = ran(encoding, *arguments)

    assert run.returncode in {0, 1}
    assert run.stdout


@pytest.mark.northflank(era="2026b")
@pytest.mark.usefixtures("_shop")
@pytest.mark.parametrize(
    "arguments",
    [
        *(["doctor", "--json", "--stack", "ü"], ["exposure", "shop", "--format", "json"]),
        *(["export", "shop", "--json"], ["explain", "shop/api/http", "--path", f"{PATH}/x", "--json"]),
    ],
)
def test_json_is_json_in_any_encoding(arguments: list[str], encoding: dict[str, str]) -> None:
    assert json.loads(ran(encoding, *arguments).stdout)


@pytest.mark.northflank(era="2026b")
@pytest.mark.usefixtures("_shop")
def test_a_program_says_the_same_in_any_encoding(encoding: dict[str, str]) -> None:
    usual = ran({"PYTHONIOENCODING": "utf-8"}, "export", "shop").stdout
    printed = ran(encoding, "export", "shop").stdout

    assert PATH in usual.decode()
    assert printed.isascii()
    assert ast.dump(ast.parse(printed)) == ast.dump(ast.parse(usual))


@pytest.mark.northflank(era="2026b")
@pytest.mark.usefixtures("_shop")
def test_a_page_says_the_same_in_any_encoding(encoding: dict[str, str]) -> None:
    usual = ran({"PYTHONIOENCODING": "utf-8"}, "exposure", "shop", "--format", "html").stdout.decode()
    printed = ran(encoding, "exposure", "shop", "--format", "html").stdout

    assert printed.isascii()
    at = re.compile(r"\d\d:\d\d(:\d\d)?")
    assert at.sub("", html.unescape(printed.decode())) == at.sub("", html.unescape(usual))
    assert not re.search(r"<(style|script)[^>]*>[^<]*&#\d", printed.decode())


@pytest.mark.parametrize("form", ["terminal", "markdown", "json"])
def test_a_review_is_printed_in_any_encoding(form: str, encoding: dict[str, str]) -> None:
    message = {"severity": "error", "message": "nö 漢 \u2028"}
    preview = json.dumps({"steps": [], "diagnostics": [message]}, ensure_ascii=False).encode()
    run = ran(encoding, "review", "--format", form, stdin=None, input=preview)

    assert run.stdout
    assert b"error: the preview failed" in run.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["doctor", "--help"], ["completion", "bash"], ["doctor"]])
def test_nobody_who_reads_is_no_error(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        run = ran({}, *arguments, stdout=closed)

    # What argparse prints may be lost in argparse.
    assert run.returncode in {0, 141}
    assert run.stderr == b""


@pytest.mark.parametrize("arguments", ["--help", "doctor", "review", "no-such-command", "review no-such-file"])
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_not_there_is_no_error(arguments: str, closed: str) -> None:
    command = f"{sys.executable} -m nf_ports {arguments} {closed}"
    run = subprocess.run(["bash", "-c", command], capture_output=True, check=False, input=b"{}")

    assert run.returncode in {0, 1, 2}
    assert b"Traceback" not in run.stderr


def test_a_line_of_the_provider_is_shown_in_any_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(shown, encoding="ascii", errors="strict"))
    show(Notice("a … \udcff"))

    assert shown.getvalue() == b"a \\u2026 \\ufffd\n"


def test_a_line_of_the_provider_without_a_stderr_ends_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.TextIOWrapper(io.BytesIO())
    closed.close()
    for stream in (None, closed):
        monkeypatch.setattr(sys, "stderr", stream)
        show(Notice("a line"))


def test_a_line_of_the_provider_that_nobody_reads_ends_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    pipe = os.fdopen(writing, "w", encoding="utf-8")
    monkeypatch.setattr(sys, "stderr", pipe)
    show(Notice("a line"))

    with pytest.raises(BrokenPipeError):
        pipe.close()
