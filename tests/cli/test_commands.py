"""The common part of the commands: exit codes, one sentence for a mistake, help, missing extras, progress, colours."""

import io
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from nf_ports.cli import console
from nf_ports.cli.command import exit_code
from nf_ports.cli.commands import COMMANDS, nf_ports
from nf_ports.cli.console import Progress
from nf_ports.cli.main import main
from nf_ports.errors import NorthflankPortsError


def _interrupted() -> int:
    raise KeyboardInterrupt


def _failed() -> int:
    raise NorthflankPortsError("cannot do it.")


def _misused() -> int:
    raise click.UsageError("No such thing.")


@pytest.mark.parametrize(
    ("run", "code", "said"),
    [
        (_interrupted, 130, "stopped.\n"),
        (_failed, 1, "error: cannot do it.\n"),
        (_misused, 2, "error: no such thing; see nf-ports --help\n"),
        (lambda: 3, 3, ""),
        (lambda: None, 0, ""),
    ],
)
def test_every_end_has_its_exit_code(run: object, code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(run)
    assert exit_code(run) == code
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", said)


def test_a_sentence_is_one_line_without_anything_that_acts_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise NorthflankPortsError("no port \x1b[2J \u202eba\r\n  ::error::forged, nor [red]")

    assert exit_code(fail) == 1
    assert (
        capsys.readouterr().err
        == "error: no port \N{REPLACEMENT CHARACTER}[2J \N{REPLACEMENT CHARACTER}ba ::error::forged, nor [red]\n"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["completion"], "missing argument 'SHELL', which is one of bash, zsh, fish; see nf-ports completion --help"),
        (
            ["completion", "x"],
            "invalid value for 'SHELL': 'x' is not one of 'bash', 'zsh', 'fish'; see nf-ports completion --help",
        ),
        (["doctor", "--projct"], "no such option '--projct' (did you mean '--project'?); see nf-ports doctor --help"),
        (
            ["emulator", "--port", "x"],
            "invalid value for '--port': 'x' is not a whole number; see nf-ports emulator --help",
        ),
    ],
)
def test_what_click_says_is_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == f"error: {sentence}\n"


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["explain", "a/b/c", "--team", ""], "--team"),
        (["export", "a", "--stack="], "--stack"),
        (["export", "a", "--output", ""], "--output"),
        (["export", "a", "--secrets-file", ""], "--secrets-file"),
        (["exposure", "a", "--output", ""], "--output"),
        (["doctor", "--stack", ""], "--stack"),
    ],
)
def test_an_option_that_is_empty_is_not_taken_for_one_that_is_left_out(
    arguments: list[str], option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == (
        f"error: {option} is empty; give it a value, or leave it out; see nf-ports {arguments[0]} --help\n"
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")  # noqa: PTH110
@pytest.mark.parametrize("arguments", [["--help"], ["completion", "bash"], ["review", "--help"], ["demo", "--nope"]])
def test_an_output_that_takes_nothing_is_one_sentence(arguments: list[str]) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "nf_ports", *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert (done.returncode, done.stderr.count("\n")) == ((2, 1) if "--nope" in arguments else (1, 1))
    assert "--nope" in arguments or "reports: No space left on device; correct that" in done.stderr


@pytest.mark.parametrize("arguments", [["doctor"], ["export", "shop", "--output", "x.py"]])
def test_a_directory_that_is_gone_is_no_traceback(arguments: list[str], tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    program = (
        f"from nf_ports.cli.main import main; import os; os.mkdir({str(gone)!r}); os.chdir({str(gone)!r});"
        f" os.rmdir({str(gone)!r}); raise SystemExit(main({arguments!r}))"
    )
    environ = os.environ | {"NORTHFLANK_API_TOKEN": "", "NF_API_TOKEN": ""}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environ)

    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "the current directory does not exist any more" in done.stdout or "No such file" in done.stderr


@pytest.mark.parametrize("width", ["0", "1", "20"])
def test_a_narrow_terminal_loses_no_word(
    width: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    console.show(console.columns([("ok", "token", "nf-… from here")], (4, 10)))
    console.show(console.table(["PORT", "WHERE"], [("", ["http", "the internet"])], console.stdout().width))

    assert " ".join(capsys.readouterr().out.split()) == "ok token nf-… from here PORT http WHERE the internet"


@pytest.mark.parametrize("width", ["", "wide", "-1"])
def test_columns_that_are_no_number_break_no_line(
    width: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    console.show(console.line("word " * 100))

    assert capsys.readouterr().out.count("\n") == 1


def test_a_pipe_that_is_to_have_colours_breaks_no_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    console.show(console.line("word " * 100, "red"))
    shown = capsys.readouterr().out

    assert (shown.count("\n"), "\x1b[31m" in shown) == (1, True)


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_without_a_command_the_help_lists_them_all(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    for name, (_module, summary) in COMMANDS.items():
        assert f"{name:12}{summary}" in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_their_own_help_says(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with click.Context(nf_ports) as context:
        command = nf_ports.get_command(context, name)

    assert command is not None
    assert command.help is not None
    summary = " ".join(command.help.split("\n\n")[0].split())
    assert summary == COMMANDS[name][1] or name == "emulator"
    assert main([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: nf-ports {name} ")


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_no_line_of_help_has_more_than_100_columns(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    main([*filter(None, [name]), "--help"])

    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 100] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_option_is_one_sentence_and_exit_2(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--no-such"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"error: no such option '--no-such'; see nf-ports {name} --help\n"


def test_an_unknown_command_is_one_sentence_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reviews"]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: no such command 'reviews'")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("missing", "arguments", "sentence"),
    [
        ("click", [], "nf-ports needs click, which is not installed: pip install 'nf-ports[cli]'"),
        ("rich", ["review"], "nf-ports review needs rich, which is not installed: pip install 'nf-ports[cli]'"),
        ("jinja2", ["exposure", "x"], "nf-ports exposure needs jinja2, which is not installed: pip install"),
        ("starlette", ["emulator"], "nf-ports emulator needs starlette, which is not installed: pip install"),
    ],
)
def test_without_an_extra_the_command_names_it(missing: str, arguments: list[str], sentence: str) -> None:
    program = (
        "import sys\n"
        f"sys.modules[{missing!r}] = None\n"
        "import nf_ports\n"
        "from nf_ports.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    ran = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"error: {sentence}")
    assert ran.stderr.count("\n") == 1


def test_progress_is_a_line_now_and_then_where_it_goes_into_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    shown = Progress(lambda: now)
    for second in range(14):
        now = second * 1.0
        shown.at(f"at {second}")
    shown.done()

    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "at 1\nat 6\nat 11\n")


def test_progress_is_one_line_on_a_terminal_and_goes_away() -> None:
    code = (
        "from nf_ports.cli.console import Progress; times = iter([0, 0.5, 2])\n"
        "shown = Progress(lambda: next(times))\n"
        "for text in ('one', 'two'): shown.at(text)\n"
        "shown.done()\n"
        "import sys; sys.stderr.write('after')\n"
    )
    master, slave = os.openpty()
    subprocess.run(
        [sys.executable, "-c", code], stderr=slave, check=True, env={**os.environ, "TERM": "xterm", "NO_COLOR": ""}
    )
    os.close(slave)
    said = os.read(master, 10_000).decode()
    os.close(master)

    assert "one" not in said
    assert "two" in said
    assert said.endswith("\x1b[2Kafter")


@pytest.mark.parametrize(
    ("variables", "colours"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_are_for_terminals_whose_user_wants_them(variables: dict[str, str], colours: bool) -> None:
    code = "from nf_ports.cli import console; console.show(console.line('text', 'red'))"
    environment = {key: item for key, item in os.environ.items() if key not in {"NO_COLOR", "COLORTERM"}}
    master, slave = os.openpty()
    subprocess.run(
        [sys.executable, "-c", code], stdout=slave, check=True, env=environment | {"TERM": "xterm"} | variables
    )
    os.close(slave)
    said = os.read(master, 10_000).decode()
    os.close(master)

    assert ("\x1b[31m" in said) is colours


def test_a_pipe_has_no_colours_and_breaks_no_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    text = "word " * 100 + "http--api--abc.code.run"
    console.show(console.line(text, "red"), console.table(["A"], [("red", [text])], console.stdout().width))

    assert capsys.readouterr().out.splitlines() == [text, "A", text]


def test_a_file_has_no_colours() -> None:
    written = io.StringIO()
    console.show(console.line("text", "red"), console=console.of_file(written))

    assert written.getvalue() == "text\n"


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("nf-ports 0.")


def test_the_module_is_the_command() -> None:
    run = subprocess.run([sys.executable, "-m", "nf_ports", "--version"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
