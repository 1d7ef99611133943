"""What the commands have in common: exit codes, progress on stderr, colours only where somebody looks."""

import argparse
import io
import os
import subprocess
import sys

import pytest

from nf_ports.cli.habits import Parser, Progress, carried_out, colourful
from nf_ports.errors import NorthflankPortsError


def _parser() -> Parser:
    return Parser("nf-ports test", "A command.", "examples: none")


def _interrupted(_options: argparse.Namespace) -> int:
    raise KeyboardInterrupt


def _failed(_options: argparse.Namespace) -> int:
    raise NorthflankPortsError("cannot do it.")


@pytest.mark.parametrize(
    ("run", "code", "said"),
    [(_interrupted, 130, "stopped.\n"), (_failed, 1, "error: cannot do it.\n"), (lambda _options: 3, 3, "")],
)
def test_every_end_has_its_exit_code(run: object, code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(run)
    assert carried_out(_parser(), [], run) == code
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", said)


def test_help_is_exit_code_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert carried_out(_parser(), ["--help"], _failed) == 0
    assert "examples: none" in capsys.readouterr().out


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
        "from nf_ports.cli.habits import Progress; times = iter([0, 0.5, 2, 3])\n"
        "shown = Progress(lambda: next(times))\n"
        "for text in ('one', 'two', 'three'): shown.at(text)\n"
        "shown.done()\n"
    )
    master, slave = os.openpty()
    subprocess.run([sys.executable, "-c", code], stderr=slave, check=True)
    os.close(slave)
    said = os.read(master, 1000)
    os.close(master)

    assert said == b"\r\x1b[Ktwo\r\x1b[Kthree\r\x1b[K"


@pytest.mark.parametrize(
    ("variables", "colours"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_are_for_terminals_whose_user_wants_them(
    variables: dict[str, str], colours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    master, slave = os.openpty()
    with open(slave, "w", encoding="utf-8") as terminal:  # noqa: PTH123 - a descriptor
        assert colourful(terminal) is colours
    os.close(master)

    assert not colourful(io.StringIO())
