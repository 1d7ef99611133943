"""The host through which the tests of a module reach the core; they ask for it by `usefixtures("edge")`, or by name."""

from __future__ import annotations

import pytest
from edges import DynamicEdge, Edge, PackagedEdge
from plain_host import PlainHost


@pytest.fixture(params=[DynamicEdge, PackagedEdge], ids=["dynamic", "packaged"])
def edge(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[Edge]:
    """Each of Pulumi's hosts, which every stack of the test uses."""
    found: type[Edge] = request.param
    monkeypatch.setattr(PlainHost, "edge", found)
    return found
