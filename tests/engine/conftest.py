"""One real engine per test process; every test in this folder is marked `engine`."""

import pathlib
from collections.abc import Iterator

import pytest
from quick_engine import QuickEngine

from local_engine.engine import LocalEngine
from local_engine.pulumi_cli import find_pulumi, report_on_stderr


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = pathlib.Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.engine)


@pytest.fixture(scope="session")
def pulumi_cli() -> pathlib.Path:
    """The `pulumi` binary, built first if this machine has none."""
    return find_pulumi(report_on_stderr)


@pytest.fixture(scope="session")
def engine(pulumi_cli: pathlib.Path) -> Iterator[LocalEngine]:
    """A home for stacks; each test names its own."""
    with QuickEngine(pulumi_cli) as engine:
        yield engine


@pytest.fixture(scope="session")
def plain_engine(pulumi_cli: pathlib.Path) -> Iterator[LocalEngine]:
    """The same without a short cut, as the demo has it."""
    with LocalEngine(pulumi_cli) as engine:
        yield engine
