"""`make test-pythons` tests every supported Python that is here, and says which one is not."""

import importlib.util
import os
import pathlib
import sys
import tomllib
from typing import Any

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
HERE = "{}.{}".format(*sys.version_info)


def tool(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pythons = tool("pythons")


def test_the_supported_versions_are_those_of_the_classifiers() -> None:
    assert HERE in pythons.supported(PROJECT)
    assert pythons.supported({"classifiers": ["Programming Language :: Python :: 3", "Typing :: Typed"]}) == []


def test_a_python_is_found_by_its_version_and_not_by_its_name(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The shim of a version manager is there for versions that are not.
    shim = tmp_path / "python3.77"
    shim.write_text("#!/bin/sh\necho 'not installed' >&2; exit 127\n")
    shim.chmod(0o755)
    (tmp_path / "versions" / f"{HERE}.99" / "bin").mkdir(parents=True)
    kept = tmp_path / "versions" / f"{HERE}.99" / "bin" / "python3"
    kept.symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{tmp_path}:/nowhere")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))

    assert pythons.interpreter("3.77") is None
    assert pythons.interpreter(HERE) == kept


def test_the_table_names_what_is_not_tested() -> None:
    ok = dict.fromkeys(("sdist", "wheel", "example"), "ok")
    lines = pythons.table({"3.11": ok, "3.14": {}}).splitlines()

    assert [line.split() for line in lines[:2]] == [["Python", "sdist", "wheel", "example"], ["3.11", "ok", "ok", "ok"]]
    assert lines[2].split(maxsplit=1) == ["3.14", pythons.NOT_TESTED]


@pytest.mark.parametrize(("asked", "code"), [("3.77", 1), ("", 0)])
def test_a_python_that_is_asked_for_has_to_be_there(
    asked: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    monkeypatch.setenv("NF_PORTS_PYTHON", asked)
    # What main sets is taken back: the tests after this one ask for the engine by it.
    monkeypatch.setenv("PULUMI_COMMAND", "")
    monkeypatch.setattr(pythons, "find_pulumi", lambda _report: pathlib.Path(os.devnull))
    monkeypatch.setattr(pythons, "interpreter", lambda version: sys.executable if version == HERE else None)
    monkeypatch.setattr(pythons, "tried", lambda *_: dict.fromkeys(("sdist", "wheel", "example"), "ok"))

    assert pythons.main(tmp_path) == code
    assert f"{1 - code} tested, 0 failed, " in capsys.readouterr().out


def test_a_step_that_fails_is_told_by_its_last_line(tmp_path: pathlib.Path) -> None:
    bad = [sys.executable, "-c", "import sys; print('first', file=sys.stderr); sys.exit('the reason')"]
    good = [sys.executable, "-c", ""]

    assert pythons._steps(tmp_path, good, bad, good) == "failed: the reason"
    assert pythons._steps(tmp_path, good) == "ok"
