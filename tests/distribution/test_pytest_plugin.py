"""The plugin as a user's project meets it: in a pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

pytest_plugins = ["pytester"]


def _run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, text: str) -> pytest.RunResult:
    # Loaded by name alone, whether or not the installed package registers it as well.
    monkeypatch.delenv("NORTHFLANK_API_BASE_URL", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(text)
    return pytester.runpytest_subprocess("-p", "nf_ports.pytest_plugin", "--strict-markers", "-W", "error")


def test_a_test_gets_a_fresh_northflank_that_the_environment_points_at(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = _run(
        pytester,
        monkeypatch,
        """
        import os
        import httpx
        import pytest

        def projects():
            headers = {"authorization": "Bearer " + os.environ["NORTHFLANK_API_TOKEN"]}
            answer = httpx.get(os.environ["NORTHFLANK_API_BASE_URL"] + "/v1/projects", headers=headers)
            return [project["id"] for project in answer.json()["data"]["projects"]]

        @pytest.mark.parametrize("name", ["one", "two"])
        def test_world(northflank, name):
            assert projects() == []
            northflank.add_project(name)
            assert projects() == [name]
            assert northflank.count("list.projects") == 2

        def test_environment_is_put_back():
            assert "NORTHFLANK_API_BASE_URL" not in os.environ
        """,
    )
    result.assert_outcomes(passed=3)


def test_marks_and_parameters_choose_the_switches(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    result = _run(
        pytester,
        monkeypatch,
        """
        import pytest

        pytestmark = pytest.mark.northflank(era="2025", stale_reads=1)

        def test_module(northflank):
            assert (northflank.settings.era, northflank.settings.stale_reads) == ("2025", 1)

        @pytest.mark.northflank(era="2026b")
        def test_nearest(northflank):
            assert (northflank.settings.era, northflank.settings.stale_reads) == ("2026b", 1)

        @pytest.mark.parametrize("northflank", [{"era": "gone"}], indirect=True)
        def test_parameter(northflank):
            assert northflank.settings.era == "gone"

        @pytest.mark.northflank(era="1999")
        def test_wrong(northflank):
            raise AssertionError
        """,
    )
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*ValueError: era must be one of 2025, 2026a, 2026b, gone"])


def test_loading_the_plugin_loads_no_server() -> None:
    check = "import sys, nf_ports.pytest_plugin; print({'starlette', 'uvicorn', 'jsonschema'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
