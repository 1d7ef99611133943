"""Two resources that swap their services and domains in one run, as Pulumi runs them: at the same time."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest
from clerk import API, POST, Clerk, guarded

from nf_ports.canonical import canonical_ports
from nf_ports.declared import Declared, Move, Ports
from nf_ports.plan import Policies
from nf_ports.service import Service

WEB: Final = Service("shop", "web")
SLOW_S: Final = 0.6


def http(domain: str) -> Ports:
    return canonical_ports({"http": guarded(domains=[domain])})


@pytest.mark.parametrize("slow", ["api", "web"])
def test_f36_a_swap_of_domains_comes_to_rest_whichever_write_is_slow(
    slow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    overwrite = Policies(on_conflict="overwrite")
    was = {API: http("api.shop.example"), WEB: http("www.shop.example")}
    with Clerk(socket=True) as clerk:
        monkeypatch.setattr(clerk.clock, "sleep", time.sleep)
        clerk.restart()
        left = {service: clerk.lifecycle.create(Declared(service, ports)) for service, ports in was.items()}
        clerk.nf.fault(operation=POST, service=slow, delay=SLOW_S)

        def move(former: Service, to: Service) -> None:
            domains = frozenset(was[former]["http"]["domains"])
            clerk.lifecycle.create(Declared(to, was[former], overwrite), Move(former, left[former], domains))

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(move, API, WEB), pool.submit(move, WEB, API)]:
                done.result(timeout=30)

        assert clerk.nf.ports("shop", "api")[0]["domains"] == ["www.shop.example"]
        assert clerk.nf.ports("shop", "web")[0]["domains"] == ["api.shop.example"]
