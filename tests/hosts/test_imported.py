"""What an import reads is what is live, and the inputs that it prints declare just that."""

from collections.abc import Iterator
from typing import Any

import pytest
from host_process import PackagedHost, bared
from hypothesis import given
from plain_host import PlainHost
from strategies import DOMAINS, canonical, examples
from truth import canonical_ports
from wild_lists import LISTS, sent
from world import environment, fill

from nf_ports.emulator import Emulator, Settings

Json = dict[str, Any]


@pytest.fixture(scope="module")
def plugin() -> Iterator[tuple[PackagedHost, Emulator]]:
    """A plugin and its Northflank, for all imports."""
    with Emulator(Settings(era="2026b")) as nf, PackagedHost(environment(fill(nf, wildcards=DOMAINS))) as host:
        yield host, nf


def imports(host: PackagedHost) -> Json:
    """The inputs of an import, which the engine checks and compares."""
    id_, state, inputs = host.read("shop/api", {})
    checked, failures = host.check(bared(inputs), {})

    assert id_ == "shop/api"
    assert failures == []
    assert bared(checked) == bared(inputs)
    assert not host.diff(bared(state), bared(checked)).changes
    found: Json = bared(inputs)
    return found


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_list_as_people_write_it_is_imported(plugin: tuple[PackagedHost, Emulator], name: str) -> None:
    host, nf = plugin
    nf.set_ports("shop", "api", sent(LISTS[name]))
    assert canonical_ports(imports(host)["ports"]) == canonical_ports(nf.ports("shop", "api"))


@given(ports=canonical())
@examples(40)
def test_any_ports_are_imported(plugin: tuple[PackagedHost, Emulator], ports: dict[str, Json]) -> None:
    host, nf = plugin
    nf.set_ports("shop", "api", [])
    writer = PlainHost(nf, {"northflank:checkDomains": "false"})
    writer.up("api", {"projectId": "shop", "serviceId": "api", "ports": ports})
    writer.close()

    assert canonical_ports(imports(host)["ports"]) == canonical_ports(nf.ports("shop", "api"))
