"""Every test runs as on a machine where nobody has set anything; those of the real engine are marked, and get one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from local_engine.engine import LocalEngine

_TESTS = Path(__file__).parent
_ENGINE = ("engine", "languages")
_MEASURED = ("unit", "faults", "hosts")
_KEPT = {"PULUMI_COMMAND"}
_OURS = ("NF_API_", "NORTHFLANK_", "PULUMI_")
_OTHERS = {"COLUMNS", "FORCE_COLOR", "NO_COLOR", "NO_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}


def pytest_configure(config: pytest.Config) -> None:
    """Clean the environment, which all processes of a test inherit; the live tests need their token."""
    if config.option.markexpr == "live":
        return
    for name in list(os.environ):
        if (name.startswith(_OURS) and name not in _KEPT) or name.upper() in _OTHERS:
            del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the engine tests, and those that coverage leaves out: it makes generated inputs twice as slow."""
    for item in items:
        if any(item.path.is_relative_to(_TESTS / folder) for folder in _ENGINE):
            item.add_marker(pytest.mark.engine)
        if item.path.is_relative_to(_TESTS / "languages"):
            # The first of them build what they need, from nothing for some minutes.
            item.add_marker(pytest.mark.timeout(1800))
        measured = any(item.path.is_relative_to(_TESTS / folder) for folder in _MEASURED)
        if not measured or getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture(scope="session")
def pulumi_cli() -> Path:
    """The `pulumi` binary, built first if this machine has none."""
    from local_engine.pulumi_cli import find_pulumi, report_on_stderr  # noqa: PLC0415 - no other test needs it

    return find_pulumi(report_on_stderr)


@pytest.fixture(scope="session")
def engine(pulumi_cli: Path) -> Iterator[LocalEngine]:
    """A home for stacks, one for each test process; each test names its own stack."""
    from quick_engine import QuickEngine  # noqa: PLC0415 - in engine/

    with QuickEngine(pulumi_cli) as engine:
        yield engine


@pytest.fixture(scope="session")
def plain_engine(pulumi_cli: Path) -> Iterator[LocalEngine]:
    """The same without a short cut, as the demo has it."""
    from local_engine.engine import LocalEngine  # noqa: PLC0415 - no other test needs it

    with LocalEngine(pulumi_cli) as engine:
        yield engine
