"""What another resource only tells after it was made: previews go on with what is known, and up completes it."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from programs.later import later
from programs.shop import METRICS, api, guarded, http
from programs.stage import Stage

from local_engine.engine import LocalEngine
from nf_ports import BasicAuth, IPRule, Security

pytestmark = pytest.mark.both_hosts

PASSWORD = "made-up-password"
HTTP = {"internalPort": 8080, "protocol": "HTTP"}
LOGIN = {"credentials": {"ops": {"password": PASSWORD}}}
ALLOW = {"action": "ALLOW", "addresses": ["203.0.113.7"]}

LEAVES: dict[str, Callable[[], Any]] = {
    "password": lambda: {"http": guarded(password=later(PASSWORD, "password"))},
    "user": lambda: {"http": http(security=Security(credentials=[BasicAuth(later("ops", "user"), PASSWORD)]))},
    "header": lambda: {"http": guarded(header=later("made-up", "header"))},
    "address": lambda: {"http": guarded(allow=(later("203.0.113.7", "address"), "198.51.100.7"))},
    "domain": lambda: {"http": http(domains=[later("www.shop.example", "domain")])},
    "number": lambda: {"http": http(internal_port=later(8080, "number"))},
    "protocol": lambda: {"http": http(protocol=later("HTTP/2", "protocol"))},
}
TREES: dict[str, Callable[[], Any]] = {
    "range": lambda: {
        "http": http(security=Security(policies=[IPRule(action="ALLOW", addresses=later(["203.0.113.7"], "range"))]))
    },
    "rules": lambda: {"http": http(security=Security(policies=later([ALLOW], "rules")))},
    "security": lambda: {"http": http(security=later(LOGIN, "security"))},
    "port": lambda: {"http": later(HTTP, "port"), "metrics": METRICS},
    "map": lambda: later({"http": HTTP}, "map"),
    "list": lambda: later([{"name": "http", **HTTP}], "list"),
}


@pytest.mark.parametrize("cases", [LEAVES, TREES], ids=["leaves", "trees"])
def test_what_is_not_known_in_preview_is_written_by_up(
    engine: LocalEngine, cases: dict[str, Callable[[], Any]]
) -> None:
    def program() -> None:
        for name, ports in cases.items():
            api(ports(), name=f"{name}-ports", service_id=name)

    with Stage(engine) as stage:
        for name in cases:
            stage.nf.add_service("shop", name)
        preview = stage.preview(program)
        assert preview.changes == {"create": 2 * len(cases) + 1}
        assert "[unknown]" in preview.text

        stage.up()
        numbers = {name: stage.live(name)["http"]["internalPort"] for name in cases}
        assert numbers == dict.fromkeys(cases, 8080)
        assert stage.up(refresh=True, expect_no_changes=True).changes == {"same": 2 * len(cases) + 1}


def test_a_service_that_is_not_known_in_preview_gets_its_ports_by_up(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        preview = stage.preview(lambda: api(service_id=later("api"), project_id=later("shop", "project")))
        assert preview.changes == {"create": 4}

        stage.up()
        assert stage.live().keys() == {"http", "metrics"}
        assert stage.up(refresh=True).changes == {"same": 4}


def test_what_is_known_beside_an_unknown_is_judged_in_preview(engine: LocalEngine) -> None:
    def program() -> None:
        api({"http": guarded(password=later(PASSWORD), protocol="TCP"), "metrics": METRICS})

    with Stage(engine) as stage:
        text = stage.failure(lambda: stage.preview(program))
        assert "ports.http.protocol: must be HTTP or HTTP/2, because the port is public" in text


def test_what_was_unknown_in_preview_is_judged_by_up(engine: LocalEngine) -> None:
    def program() -> None:
        api({"http": http(internal_port=later(70000))})

    with Stage(engine) as stage:
        assert stage.preview(program).changes == {"create": 3}
        text = stage.failure(stage.up)
        assert "ports.http.internalPort: must be between 1 and 65535" in text
        assert stage.live() == {}


def test_an_update_that_is_not_known_yet_shows_the_known_change(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(lambda: api({"http": guarded(password=later("first"))}))
        preview = stage.preview(lambda: api({"http": guarded(password=later("second"), internal_port=8081)}))

        assert "~ internalPort: 8080 => 8081" in preview.marked
        stage.up()
        assert stage.live()["http"]["security"]["credentials"][0]["password"] == "second"


def test_a_service_that_may_move_is_shown_as_a_replacement(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(lambda: api(service_id=later("api")))
        preview = stage.preview(lambda: api(service_id=later("web")))

        assert preview.changes == {"same": 1, "update": 1, "replace": 1}
        stage.up()
        assert stage.live() == {}
        assert stage.live("web").keys() == {"http", "metrics"}


def test_what_turns_out_to_be_none_is_refused_by_up(engine: LocalEngine) -> None:
    """F49: a null under a name reaches no provider in this host, and an allow-list that vanishes lets everybody in."""

    def none(name: str) -> pulumi.Output[Any]:
        return later("made-up", name).apply(lambda _known: None)

    def program() -> None:
        allow = Security(policies={"ALLOW": none("allow")})
        api({"http": http(security=allow), "admin": none("port"), "metrics": METRICS})

    with Stage(engine) as stage:
        stage.preview(program)
        text = stage.failure(stage.up)

        assert "ports.admin: is None; declare the port, or leave its name out" in text
        assert "ports.http.security.policies.ALLOW: is None; declare the IP rule, or leave its name out" in text
        assert stage.live() == {}


@pytest.mark.parametrize("ports", [{"admin": None}, [http(name="http"), None]], ids=["map", "list"])
def test_a_port_that_is_none_is_refused_in_preview(engine: LocalEngine, ports: Any) -> None:
    with Stage(engine) as stage:
        assert "is None; declare the port, or leave" in stage.failure(lambda: stage.preview(lambda: api(ports)))
