"""The host by which programs declare: the dynamic one, or each in turn in what is marked `both_hosts`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from programs import shop

from local_engine.engine import LocalEngine
from nf_ports.hosts.program.declaration import Declaration


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a marked test by each host."""
    if "host" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both_hosts"):
        hosts = [shop.DYNAMIC, shop.PACKAGED]
        metafunc.parametrize("host", hosts, ids=["dynamic", "packaged"], indirect=True, scope="module")


@pytest.fixture(scope="module")
def host(request: pytest.FixtureRequest) -> Iterator[type[Declaration]]:
    """The `ServicePorts` that the programs of the test declare."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shop, "ServicePorts", getattr(request, "param", shop.DYNAMIC))
        yield shop.ServicePorts


@pytest.fixture(scope="module")
def engine(engine: LocalEngine, host: type[Declaration]) -> LocalEngine:
    """The engine, for programs of this host: what holds a stack is made anew for the other one."""
    assert shop.ServicePorts is host
    return engine
