"""Lets `pytest -m live` ask the real API, with a token and a project, and no other run; tells what it showed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

import pytest
from live_api import Api, Stopped, services_of
from probes import NOT_PROBED

SHOWN: Final = pytest.StashKey[dict[str, str]]()
"""By switch, the line for the summary."""
_LEFT_OUT: Final = pytest.StashKey[int]()
_NEEDED: Final = ("NORTHFLANK_API_TOKEN", "NF_PORTS_LIVE_PROJECT")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the live tests out, unless they alone are asked for; then their variables must be set."""
    live = [item for item in items if item.get_closest_marker("live")]
    if config.option.markexpr == "live":
        missing = [name for name in _NEEDED if not os.environ.get(name)]
        if live and missing:
            raise pytest.UsageError(
                f"the live tests need {' and '.join(missing)}: a token, and a project of its own for the tests, as"
                " `project` or `team/project`."
            )
    elif live:
        config.stash[_LEFT_OUT] = len(live)
        config.hook.pytest_deselected(items=live)
        items[:] = [item for item in items if item not in live]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what the API showed, switch by switch, or that it was not asked."""
    left_out = config.stash.get(_LEFT_OUT, 0)
    if left_out:
        terminalreporter.write_line(f"{left_out} live tests are left out; `make test-live` asks the real API.")
    shown = config.stash.get(SHOWN, {})
    if shown:
        terminalreporter.section(f"switches of the emulator, as {_url()} shows them")
        for line in [*shown.values(), *(f"{name}: not probed, {why}" for name, why in NOT_PROBED.items())]:
            terminalreporter.write_line(line)


def _url() -> str:
    return os.environ.get("NORTHFLANK_API_BASE_URL", "https://api.northflank.com").rstrip("/")


@pytest.fixture(scope="session")
def live_api() -> Iterator[Api]:
    """The API of the environment; every service that the run made is removed."""
    api = Api(
        _url(),
        os.environ["NORTHFLANK_API_TOKEN"],
        os.environ["NF_PORTS_LIVE_PROJECT"],
        plan=os.environ.get("NF_PORTS_LIVE_PLAN", "nf-compute-20"),
    )
    try:
        with services_of(api):
            yield api
    except Stopped as stopped:
        pytest.fail(str(stopped), pytrace=False)
