"""`make demo` shows its eight steps, and leaves nothing behind however it ends."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from local_engine.recorded_preview import recorded
from nf_ports.cli.demo import RECORDED

CHECKOUT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def demo(pulumi_cli: pathlib.Path, tmp_path: pathlib.Path) -> Iterator[subprocess.Popen[str]]:
    """The running demo; whatever it starts inherits a TMPDIR of its own."""
    (tmp_path / "temporary").mkdir()
    environment = {**os.environ, "PULUMI_COMMAND": str(pulumi_cli), "TMPDIR": str(tmp_path / "temporary")}
    before = {entry.name for entry in CHECKOUT.iterdir()}
    with subprocess.Popen(
        [sys.executable, "-m", "local_engine.demo"],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        yield run
        run.kill()
    assert list((tmp_path / "temporary").iterdir()) == []
    assert _processes_with(str(tmp_path / "temporary")) == []
    # The stack's own settings, with the encrypted password, stay out of the checkout.
    assert {name for name in {entry.name for entry in CHECKOUT.iterdir()} - before if "Pulumi" in name} == set()


def test_the_demo_shows_every_step(demo: subprocess.Popen[str]) -> None:
    out, err = demo.communicate()
    assert (demo.returncode, err) == (0, "")
    assert re.findall(r"^== (\d/\d)", out, re.MULTILINE) == [f"{step}/8" for step in range(1, 9)]
    for line in (
        "+ 3 to create",
        "password: [secret]",
        "api            https://api.shop.example",
        "3 unchanged",
        "opened elsewhere: 1 widened; next: 1 service changes, nothing widens: 1 narrowed",
        "+ 198.51.100.7/32: true",
        "- 198.51.100.7/32: true",
        "- 3 deleted",
    ):
        assert line in out
    assert out.index("opened elsewhere: ") < out.index("+ 198.51.100.7/32: true")
    assert "correct horse" not in out
    # Nobody watches: no colour.
    assert "\033" not in out


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["terminated", "ctrl-c"])
@pytest.mark.parametrize("line", ["Updating (demo):", "== 5/8"])
def test_a_stopped_demo_cleans_up(demo: subprocess.Popen[str], number: signal.Signals, line: str) -> None:
    assert demo.stdout
    for said in demo.stdout:
        if line in said:
            break
    demo.send_signal(number)
    _, err = demo.communicate()
    assert (demo.returncode, err) == (128 + number, "stopped: what the demo made is removed.\n")


def test_a_demo_that_nobody_reads_cleans_up(demo: subprocess.Popen[str]) -> None:
    assert demo.stdout
    demo.stdout.readline()
    demo.stdout.close()
    assert demo.stderr
    assert demo.stderr.read() == "stopped: what the demo made is removed.\n"
    assert demo.wait() == 128 + signal.SIGTERM


def _processes_with(text: str) -> list[str]:
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if text.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text())
        except OSError:  # it ended, or is another user's
            continue
    return found


def test_the_recorded_preview_is_reviewed_as_one_of_today_is(pulumi_cli: pathlib.Path, tmp_path: pathlib.Path) -> None:
    today = tmp_path / "preview.json"
    today.write_text(recorded(pulumi_cli), "utf-8")
    found = [_reviewed(file) for file in (RECORDED, today)]

    # The emulator makes up its generated names anew.
    assert found[0] == found[1]
    assert found[0]["headline"] == "2 services change: 1 opened to everyone, 1 widened"


def _reviewed(file: pathlib.Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "nf_ports", "review", str(file), "--json"]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found
