"""Gives every test that asks for `northflank` a fresh local Northflank, and points the client's environment at it.

    @pytest.mark.northflank(era="2026b")
    def test_my_program(northflank):
        northflank.add_project("shop")
        ...

Pytest loads this module in every project where nf_ports is installed, so it imports the emulator, and with it
the web server, only when a test asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nf_ports.emulator import Emulator


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark."""
    config.addinivalue_line("markers", "northflank(**switches): switches of the emulator behind the northflank fixture")


@pytest.fixture
def northflank(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """A running emulator with a world of its own; the environment makes nf_ports and the official SDK talk to it.

    The nearest mark wins: one on the test replaces one on its class or module, switch by switch. An indirect
    parameter (a dict of switches) wins over all marks.
    """
    from nf_ports.emulator import Emulator, Settings  # noqa: PLC0415 (lazy: see above)

    switches: dict[str, object] = {}
    for mark in reversed(list(request.node.iter_markers("northflank"))):
        switches |= mark.kwargs
    switches |= getattr(request, "param", {})
    with Emulator(Settings().changed(switches)) as emulator:
        monkeypatch.setenv("NORTHFLANK_API_TOKEN", emulator.token)
        monkeypatch.setenv("NORTHFLANK_API_BASE_URL", emulator.url)
        yield emulator
