"""The programs beside the tests find their modules: they run for hours, and nobody starts them with the suite."""

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_the_benchmark_can_be_started(tmp_path: Path) -> None:
    command = [sys.executable, str(TESTS / "bench" / "measure.py"), "--help"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("usage: ")


def test_the_recorder_of_golden_states_can_be_started() -> None:
    code = f"import runpy; print(*sorted(runpy.run_path({str(TESTS / 'golden' / 'record.py')!r}, run_name='record')))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert "main" in ran.stdout.split()
