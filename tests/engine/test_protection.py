"""Protection is read back: what did not take hold is an error, and nothing newly public stays open."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest
from programs import shop
from programs.shop import METRICS, api, declares, guarded, http, rules
from programs.stage import Ran, Stage, lines

from local_engine.engine import LocalEngine
from nf_ports import BasicAuth, Port, Security
from nf_ports.emulator import Settings
from nf_ports.hosts.program.declaration import Declaration

pytestmark = pytest.mark.both_hosts

NOTHING_KEPT: Final = Settings(security_dropped=frozenset({"all"}))
PRIVATE: Final = Port(internal_port=8080, protocol="HTTP")
WITH_RULES: Final = http(
    security=Security(credentials=[BasicAuth("ops", "made-up")], secure_path_configuration=rules())
)


def is_refused(text: str, *words: str) -> None:
    """The error names service, port and check, and says what may be behind it; no secret is in it."""
    assert all(word in text for word in ("shop/api", 'port "http"', "plan", *words))
    assert "made-up" not in text
    assert "Traceback" not in text


def is_open(stage: Stage, service: str = "api") -> bool:
    """Whether a public port of a service asks nothing of anyone."""
    return any(port["public"] and not any(port["security"].values()) for port in stage.live(service).values())


def test_f43_a_new_port_whose_protection_is_not_kept_is_made_private_again(
    engine: LocalEngine, host: type[Declaration]
) -> None:
    ports = {"http": guarded(domains=["api.shop.example"]), "metrics": METRICS}
    with Stage(engine, NOTHING_KEPT) as stage:
        for again in (False, True):
            text = stage.failure(lambda: stage.up(declares(ports)))
            assert not is_open(stage)
            assert stage.live()["http"]["public"] is False
            assert stage.live()["http"]["domains"] == []
            assert stage.live()["metrics"]["internalPort"] == 9090
            if host is shop.PACKAGED:
                (reason,) = stage.resources()["api"]["initErrors"]
                assert "are recorded as Northflank shows them" in reason
                assert stage.resources()["api"]["outputs"]["ports"]["http"]["public"] is False
            else:
                assert "api" not in stage.resources()
            if not again:
                is_refused(text)


def test_f43_a_port_that_becomes_public_without_its_protection_is_made_private_again(engine: LocalEngine) -> None:
    protected = declares({"http": guarded(), "metrics": METRICS})
    with Stage(engine, NOTHING_KEPT) as stage:
        stage.up(declares({"http": PRIVATE, "metrics": METRICS}))
        for _time in range(2):
            is_refused(stage.failure(lambda: stage.up(protected)))
            assert stage.live()["http"]["public"] is False
            assert stage.live().keys() == {"http", "metrics"}

        stage.nf.settings = Settings()
        stage.up()
        assert stage.live()["http"]["public"] is True
        assert stage.live()["http"]["security"]["credentials"][0]["username"] == "ops"
        assert not stage.up(expect_no_changes=True).calls


def test_f43_a_port_that_was_public_before_is_an_error_every_time(engine: LocalEngine) -> None:
    protected = declares({"http": guarded(), "metrics": METRICS})
    with Stage(engine, NOTHING_KEPT) as stage:
        stage.up(declares())
        for _time in range(2):
            is_refused(stage.failure(lambda: stage.up(protected)))
        assert stage.live()["http"]["public"] is True
        assert "security" not in stage.resources()["api"]["outputs"]["ports"]["http"]
        assert stage.preview().changes == {"same": 1, "update": 1}

        stage.nf.settings = Settings()
        assert stage.up().changes == {"same": 1, "update": 1}
        assert not is_open(stage)


@pytest.mark.parametrize(
    ("member", "word"),
    [("headers", "header"), ("policies", "allow|IP|polic"), ("credentials", "login|user|credential")],
)
def test_f43_a_part_of_the_protection_that_is_not_kept_is_named(engine: LocalEngine, member: Any, word: str) -> None:
    with Stage(engine, Settings(security_dropped=frozenset({member}))) as stage:
        stage.up(declares({"http": PRIVATE}))
        text = stage.failure(lambda: stage.up(declares({"http": guarded()})))

        is_refused(text)
        assert lines(text, 'port "http"', word)
        assert stage.live()["http"]["public"] is False

        # What this resource itself left there is no edit of somebody else.
        stage.nf.settings = Settings()
        stage.up()
        assert stage.live()["http"]["public"] is True


def test_f43_a_change_of_protection_that_is_not_kept_is_an_error(engine: LocalEngine, host: type[Declaration]) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": guarded()}))
        stage.nf.settings = Settings(security_dropped=frozenset({"policies"}))
        changed = declares({"http": guarded(allow=["198.51.100.7"])})
        is_refused(stage.failure(lambda: stage.up(changed)))
        assert "shop/api" in stage.failure(lambda: stage.up(changed))
        assert stage.live()["http"]["public"] is True
        security = stage.resources()["api"]["outputs"]["ports"]["http"]["security"]
        # The packaged provider records the ports as they are, the dynamic one nothing of a failed write.
        former = {} if host is shop.PACKAGED else {"policies": {"ALLOW": {"203.0.113.0/24": True}}}
        assert {key: security[key] for key in security.keys() & {"policies"}} == former


def test_f43_only_the_port_without_its_protection_is_made_private(engine: LocalEngine) -> None:
    open_port = Port(internal_port=8081, protocol="HTTP", public=True)
    with Stage(engine, NOTHING_KEPT) as stage:
        text = stage.failure(lambda: stage.up(declares({"http": guarded(), "open": open_port})))

        is_refused(text)
        assert {name: port["public"] for name, port in stage.live().items()} == {"http": False, "open": True}


@pytest.mark.parametrize("dialect", ["ports", "service"])
def test_f43_every_dialect_looks(engine: LocalEngine, dialect: str) -> None:
    config = {"northflank:dialect": (dialect, False)}
    with Stage(engine, replace(NOTHING_KEPT, era="2026b"), config=config) as stage:
        is_refused(stage.failure(lambda: stage.up(declares({"http": guarded()}))))
        assert stage.live()["http"]["public"] is False


def test_f43_an_api_without_the_ports_endpoint_is_looked_at_too(engine: LocalEngine) -> None:
    with Stage(engine, replace(NOTHING_KEPT, era="gone")) as stage:
        is_refused(stage.failure(lambda: stage.up(declares({"http": guarded()}))))
        assert stage.live()["http"]["public"] is False


@pytest.fixture(scope="module")
def seen(engine: LocalEngine) -> Iterator[tuple[Stage, Ran]]:
    """Path rules and other checks, written to an API that does not show path rules."""
    with Stage(engine, Settings(era="2026a")) as stage:
        yield stage, stage.up(_rules_and_checks)


def _rules_and_checks() -> None:
    api({"http": WITH_RULES})
    api({"http": guarded()}, name="web", service_id="web")


def test_f43_what_no_view_shows_is_said_once_to_be_unverified(seen: tuple[Stage, Ran]) -> None:
    _, ran = seen

    assert len(ran.lines("verif", "path rule")) == 1
    assert ran.lines("verif", "shop/web") == []
    assert ran.changes == {"create": 3}


def test_f43_a_look_after_the_write_is_one_read_that_serves_names_too(seen: tuple[Stage, Ran]) -> None:
    stage, ran = seen

    assert sum(count for operation, count in ran.calls.items() if operation.startswith("get.")) == 4
    assert len(ran.writes) == 2
    assert not stage.up(expect_no_changes=True).calls


def test_f43_path_rules_are_verified_where_get_service_shows_them(engine: LocalEngine) -> None:
    dropped = Settings(era="2026b", security_dropped=frozenset({"securePathConfiguration"}))
    with Stage(engine, dropped) as stage:
        text = stage.failure(lambda: stage.up(declares({"http": WITH_RULES})))

        is_refused(text)
        assert lines(text, 'port "http"', "path")
        assert stage.live()["http"]["public"] is False

        stage.nf.settings = Settings(era="2026b")
        ran = stage.up(declares({"http": WITH_RULES}, on_conflict="overwrite"))
        assert ran.lines("unverif|not verif") == []


def test_f43_protection_that_could_not_be_looked_at_is_looked_at_by_the_next_up(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": http()}))
        stage.nf.fault(operation="get.*", skip=1, status=500, times=None)
        first = stage.up(declares({"http": guarded()}))
        stage.nf.clear_faults()
        assert first.writes == ["api"]
        assert first.warnings
        second = stage.up()

        assert second.writes == []
        assert sum(second.calls.values()) == 1
        assert not stage.up(expect_no_changes=True).calls
