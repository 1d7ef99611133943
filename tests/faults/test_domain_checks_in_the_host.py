"""The check of domains in Pulumi's real host: one list for all threads of a run, and a preview that needs no token."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from host_process import DynamicHost, Json
from stack import SHOP
from world import environment

from nf_ports.emulator import Emulator


@pytest.fixture
def nf() -> Iterator[Emulator]:
    """A Northflank that listens, with one domain."""
    with Emulator() as nf:
        nf.add_domain("wild.example", wildcard=True)
        yield nf


def linking(domain: str, service: str) -> Json:
    """The inputs of a resource with one domain."""
    port = {**SHOP["http"], "domains": {domain: True}}
    return {"projectId": "shop", "serviceId": service, "ports": {"http": port}}


def test_f16_one_list_serves_all_services_and_threads_of_a_run(nf: Emulator) -> None:
    nf.fault(operation="list.domains", delay=0.1)
    env = environment(nf)
    with DynamicHost(env) as host, ThreadPoolExecutor(8) as threads:

        def reasons(number: int) -> list[tuple[str, str]]:
            domain = f"n{number}.{'wild' if number % 2 else 'other'}.example"
            return host.check(linking(domain, f"s{number}"))[1]

        found = list(threads.map(reasons, range(24)))

    assert [bool(one) for one in found] == [number % 2 == 0 for number in range(24)]
    assert [request.operation for request in nf.requests] == ["list.domains", "get.domain"]
    assert "Northflank API requests: 2 used in this run" in host.said


def test_f16_without_a_token_a_preview_goes_on_with_one_warning(nf: Emulator) -> None:
    env = {"NORTHFLANK_API_TOKEN": "", "NF_API_TOKEN": "", "NORTHFLANK_API_BASE_URL": nf.url}
    with DynamicHost(env) as host:
        assert host.check(linking("x.other.example", "api"))[1] == []
        assert host.check(linking("y.other.example", "web"))[1] == []

    assert nf.requests == []
    assert host.said.count("warning: custom domains were not checked: ") == 1
    assert "no API token is set; export NORTHFLANK_API_TOKEN" in host.said


def test_f16_the_configuration_turns_the_check_off(nf: Emulator) -> None:
    env = environment(nf)
    with DynamicHost(env, {"northflank:checkDomains": "false"}) as host:
        assert host.check(linking("x.other.example", "api"))[1] == []

    assert nf.requests == []
    # Who gets in is told of every new resource.
    assert [line for line in host.said.splitlines() if not line.endswith("[exposure]")] == []
