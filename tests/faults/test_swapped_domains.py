"""Resources that take custom domains from one service to another: at the same time, and over a stale read."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest
from plain_ports import typed
from stack import API, POST, Stack, guarded
from truth import Ports, canonical_ports

from nf_ports.core.plan import Policies
from nf_ports.core.records import Desired, Move
from nf_ports.northflank.service_id import ServiceId

WEB: Final = ServiceId("shop", "web")
SLOW_S: Final = 0.6


def http(domain: str) -> Ports:
    return canonical_ports({"http": guarded(domains=[domain])})


@pytest.mark.parametrize("slow", ["api", "web"])
def test_f36_a_swap_of_domains_comes_to_rest_whichever_write_is_slow(
    slow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    overwrite = Policies(on_conflict="overwrite")
    was = {API: http("api.shop.example"), WEB: http("www.shop.example")}
    with Stack(socket=True) as stack:
        monkeypatch.setattr(stack.clock, "sleep", time.sleep)
        stack.restart()
        left = {service: stack.lifecycle.create(Desired(service, typed(ports))) for service, ports in was.items()}
        stack.nf.fault(operation=POST, service=slow, delay=SLOW_S)

        def move(former: ServiceId, to: ServiceId) -> None:
            domains = frozenset(was[former]["http"]["domains"])
            stack.lifecycle.create(Desired(to, typed(was[former]), overwrite), Move(former, left[former], domains))

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(move, API, WEB), pool.submit(move, WEB, API)]:
                done.result(timeout=30)

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
        left = stack.lifecycle.create(Desired(API, typed(was)))
        stack.set(stale_reads=1)
        left = stack.lifecycle.update(left, Desired(API, typed(now)))
        with stack.nf.world.transaction():
            service = stack.nf.world.service(stack.nf.world.account(None), "shop", "api")
            service.stale_reads = 1
            stack.nf.world.save_service(service)
        stack.set(stale_reads=0)
        move = Move(API, left, frozenset({"api.shop.example"}))
        stack.lifecycle.create(Desired(WEB, typed({"http": now["http"]})), move)

        without_domain = {name: item for name, item in now["http"].items() if name != "domains"}
        assert stack.live == {"http": without_domain, "open": now["open"]}
