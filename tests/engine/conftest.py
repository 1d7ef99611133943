"""The host by which programs declare: the dynamic one, or each in turn in what is marked `both_hosts`.

Where the hosts differ a test is marked with the one that it is about: `both_hosts("packaged")`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from programs import shop

from local_engine.engine import LocalEngine
from nf_ports.hosts.program.declaration import Declaration

_HOSTS = {"dynamic": shop.DYNAMIC, "packaged": shop.PACKAGED}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a marked test by each host, or by those that its mark names."""
    mark = metafunc.definition.get_closest_marker("both_hosts")
    if mark is not None and "host" in metafunc.fixturenames:
        names = mark.args or tuple(_HOSTS)
        metafunc.parametrize("host", [_HOSTS[name] for name in names], ids=names, indirect=True, scope="module")


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
