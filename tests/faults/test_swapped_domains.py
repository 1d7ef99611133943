"""Resources that take custom domains from one service to another: at the same time, and over a stale read."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest
from stack import POST, Stack, guarded, inputs
from truth import Ports, canonical_ports
from world import stale

pytestmark = pytest.mark.usefixtures("edge")

SLOW_S: Final = 0.6


def http(domain: str) -> Ports:
    return canonical_ports({"http": guarded(domains=[domain])})


@pytest.mark.parametrize("slow", ["api", "web"])
def test_f36_a_swap_of_domains_comes_to_rest_whichever_write_is_slow(
    slow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    was = {"api": http("api.shop.example"), "web": http("www.shop.example")}
    with Stack(socket=True) as stack:
        monkeypatch.setattr(stack.clock, "sleep", time.sleep)
        for service, ports in was.items():
            stack.host.up(service, inputs(ports, service))
        stack.nf.fault(operation=POST, service=slow, delay=SLOW_S)
        stack.host.run()

        def move(former: str, to: str) -> str:
            return stack.host.step(former, inputs(was[former], to, on_conflict="overwrite"))

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(move, "api", "web"), pool.submit(move, "web", "api")]:
                assert done.result(timeout=30) == "replace"

        assert stack.nf.ports("shop", "api")[0]["domains"] == ["www.shop.example"]
        assert stack.nf.ports("shop", "web")[0]["domains"] == ["api.shop.example"]


ADMIN: Final = {"internalPort": 9000, "protocol": "HTTP", "public": True}


@pytest.mark.parametrize("era", ["2025", "2026a", "2026b", "gone"])
def test_f36_a_stale_read_never_brings_back_what_the_former_service_had_before(era: str) -> None:
    was = canonical_ports(
        {"http": guarded(domains=["api.shop.example"]), "open": ADMIN, "gone": {**ADMIN, "internalPort": 1}}
    )
    now = canonical_ports(
        {"http": guarded(domains=["api.shop.example"]), "open": {**ADMIN, "security": guarded()["security"]}}
    )
    with Stack(era=era) as stack:
        stack.up(was)
        stack.set(stale_reads=1)
        # What it leaves behind is looked at.
        stack.up(now, on_delete="keep")
        stale(stack.nf, 1)
        stack.set(stale_reads=0)
        assert stack.host.up("api", inputs({"http": now["http"]}, "web")) == "replace"

        without_domain = {name: item for name, item in now["http"].items() if name != "domains"}
        assert stack.live == {"http": without_domain, "open": now["open"]}
