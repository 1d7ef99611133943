"""The command `demo`: a review that needs neither an account nor Pulumi nor a network."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nf_ports.cli.demo import RECORDED
from nf_ports.cli.main import main


def test_the_demo_is_the_review_of_the_recorded_preview(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", str(RECORDED)]) == 0
    review = capsys.readouterr().out
    assert main(["demo"]) == 0
    shown = capsys.readouterr().out

    assert review in shown
    assert "opened to everyone" in review
    assert main(["review", str(RECORDED), "--fail-on", "unprotected"]) == 3
    assert max(map(len, shown.replace(review, "").splitlines())) <= 100


def test_the_demo_needs_no_account_and_no_pulumi(tmp_path: Path) -> None:
    env = {"PATH": str(tmp_path), "HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-m", "nf_ports", "demo"], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (run.returncode, run.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_the_recorded_preview_has_no_secret_and_nothing_of_a_machine() -> None:
    text = RECORDED.read_text("utf-8")

    assert "correct horse" not in text
    assert not any(f'"{member}"' in text for member in ("sourcePosition", "stackTrace", "created"))
    assert json.loads(text)["steps"]
