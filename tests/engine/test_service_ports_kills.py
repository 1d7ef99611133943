"""A run that is killed at any moment converges by running again (F1, F2), and an interrupt is heeded (F22).

`NF_PORTS_KILLS=100` kills a hundred times; each moment is drawn with the number of the test as the seed.
"""

import json
import os
import random
import signal
import time
from functools import partial

import pytest
from kills import end, is_provider, started, until
from programs import shop
from programs.shop import METRICS, api, guarded, http
from programs.stage import Stage
from pulumi import automation as auto

from local_engine.engine import LocalEngine
from nf_ports import Port
from nf_ports.hosts.program.declaration import Declaration

pytestmark = pytest.mark.both_hosts

KILLS = int(os.environ.get("NF_PORTS_KILLS", "6"))
LATENCY_S = 0.25
DESIRED = {
    "first": {"http": (8080, "made-up-first"), "metrics": (9090, None), "old": (7000, None)},
    "second": {"http": (8081, "made-up-second"), "metrics": (9090, None), "new": (7000, None)},
}


def declare(password: str, number: int, extra: str) -> None:
    """Two services; `extra` is a port more."""
    ports = {"http": guarded(password, internal_port=number), "metrics": METRICS}
    api(ports | {extra: Port(internal_port=7000, protocol="UDP")})
    api({"http": http(internal_port=number, public=False)}, name="web", service_id="web")


PROGRAMS = {
    "first": partial(declare, "made-up-first", 8080, "old"),
    "second": partial(declare, "made-up-second", 8081, "new"),
}


@pytest.fixture(scope="module")
def engine(plain_engine: LocalEngine, host: type[Declaration]) -> LocalEngine:
    """Here it is the engine itself that is looked at, so it takes no short cut."""
    assert shop.ServicePorts is host
    return plain_engine


@pytest.mark.parametrize("number", range(KILLS))
def test_one_up_converges_after_a_kill_at_any_moment(engine: LocalEngine, number: int) -> None:
    dice = random.Random(number)  # noqa: S311 - moments, not secrets
    kind = ("create", "update", "delete")[number % 3]
    wanted = "second" if kind == "update" else "first"
    with Stage(engine) as stage:
        if kind != "create":
            stage.up(PROGRAMS["first"])
        before = _ids(stage)
        stage.nf.fault(delay=LATENCY_S, when=dice.choice(("before", "after")), times=None)
        seen = len(stage.nf.requests)
        with started(engine, stage.destroy if kind == "delete" else partial(stage.up, PROGRAMS[wanted])) as run:
            until(lambda: len(stage.nf.requests) > seen or run.done())
            time.sleep(dice.uniform(0, 6 * LATENCY_S))
            with_plugin = number // 3 % 2 == 0
            end(engine, "both" if with_plugin else "engine")
            if not with_plugin:
                until(lambda: _is_done(stage, seen))
                time.sleep(1)
                until(lambda: _is_done(stage, seen))
            landed = _landed(stage)

            _do_what_pulumi_asks_for(stage, refresh=kind == "delete")
            stage.up(PROGRAMS[wanted])

        assert _shape(stage) == DESIRED[wanted]
        assert stage.live("web").keys() == {"http"}
        # Nothing that was there, before or after the kill, was made anew, unless it was on its way out.
        kept = landed if kind == "delete" else before | landed
        now = _ids(stage)
        assert {name: now[name] for name in kept if name in now} == {name: kept[name] for name in kept if name in now}
        assert stage.preview(refresh=True, expect_no_changes=True).changes == {"same": 3}


@pytest.mark.parametrize("interrupts", [1, 2], ids=["once", "twice"])
def test_an_interrupt_during_a_write_leaves_what_one_up_completes(engine: LocalEngine, interrupts: int) -> None:
    with Stage(engine) as stage:
        stage.nf.fault(operation="update.service.ports", delay=1, when="before", times=None)
        with started(engine, partial(stage.up, PROGRAMS["first"])) as run:
            until(lambda: stage.nf.count("update.service.ports") == 2)
            (cli,) = (pid for pid in engine.processes() if not is_provider(pid))
            for _ in range(interrupts):
                os.kill(cli, signal.SIGINT)
                time.sleep(0.1)
            with pytest.raises(auto.CommandError):
                run.result()
            landed = _landed(stage)

        # Once: what is under way is finished, and the state knows of it.
        if interrupts == 1:
            assert stage.resources().keys() == {"api", "web"}
        _do_what_pulumi_asks_for(stage)
        stage.nf.clear_requests()
        stage.up(PROGRAMS["first"])
        assert stage.nf.count("update.service.ports") == 0
        assert _shape(stage) == DESIRED["first"]
        assert _ids(stage) == landed


def _is_done(stage: Stage, seen: int) -> bool:
    """Whether a plugin that lives on has come to the end of what it has begun: every list that it read is written."""
    asked = stage.nf.requests[seen:]
    written = {request.service for request in asked if request.method != "GET" and request.ended is not None}
    return {request.service for request in asked} == written


def _landed(stage: Stage) -> dict[str, str]:
    """The ids of the ports once every request that is under way has had its effect."""
    until(lambda: all(request.ended is not None for request in stage.nf.requests))
    stage.nf.clear_faults()
    return _ids(stage)


def _do_what_pulumi_asks_for(stage: Stage, *, refresh: bool = False) -> None:
    """Give up the lock, and look where an operation was under way."""
    stage.stack.cancel()
    if json.loads(stage.raw_state())["deployment"].get("pending_operations") or refresh:
        stage.refresh(clear_pending_creates=True)


def _ids(stage: Stage) -> dict[str, str]:
    return {name: str(port["id"]) for name, port in stage.live().items()}


def _shape(stage: Stage) -> dict[str, tuple[int, str | None]]:
    """Number and password of every port that the service has."""
    shape = {}
    for name, port in stage.live().items():
        logins = port.get("security", {}).get("credentials", [])
        shape[name] = (int(port["internalPort"]), str(logins[0]["password"]) if logins else None)
    return shape
