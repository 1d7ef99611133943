"""The table of API calls per operation, counted at the emulator: calls are the cost, 1,000 an hour and account."""

from collections.abc import Callable
from typing import Any

import pytest
from programs.shop import METRICS, api, declares, guarded, http
from programs.stage import Stage

from local_engine.engine import LocalEngine
from nf_ports.emulator import Settings

pytestmark = pytest.mark.both_hosts

READ, LOOK, WRITE = "get.service", "get.service.ports", "update.service.ports"
DOMAINS, DOMAIN = "list.domains", "get.domain"
PUBLIC = http()


def _services(count: int, port: Any = METRICS, changed: int = 0, number: int = 9191) -> Callable[[], None]:
    """A program with `count` services of one port, of which the first `changed` have one more."""

    def program() -> None:
        more = {"more": METRICS.model_copy(update={"internal_port": number})}
        for place in range(count):
            api({"main": port} | (more if place < changed else {}), name=f"s{place}", service_id=f"s{place}")

    return program


@pytest.mark.parametrize(("count", "changed"), [(1, 1), (10, 3), (100, 5)])
def test_the_calls_of_a_life_are_the_table(engine: LocalEngine, count: int, changed: int) -> None:
    with Stage(engine) as stage:
        for place in range(count):
            stage.nf.add_service("shop", f"s{place}")
        program = _services(count)

        assert stage.preview(program).calls == {}
        assert stage.up().calls == {READ: count, WRITE: count}
        assert stage.up().calls == {}
        assert stage.refresh().calls == {READ: count}
        assert stage.preview(_services(count, changed=changed)).calls == {}
        assert stage.up().calls == {READ: changed, WRITE: changed}
        again = stage.up(_services(count, changed=changed, number=9292), refresh=True)
        assert again.calls == {READ: count + changed, WRITE: changed}
        assert stage.destroy().calls == {READ: count, WRITE: count}


@pytest.mark.parametrize("count", [1, 10])
def test_a_new_public_name_costs_one_more_read(engine: LocalEngine, count: int) -> None:
    with Stage(engine) as stage:
        for place in range(count):
            stage.nf.add_service("shop", f"s{place}")

        assert stage.up(_services(count, PUBLIC)).calls == {READ: count, LOOK: count, WRITE: count}
        assert stage.up(_services(count, PUBLIC, changed=1)).calls == {READ: 1, WRITE: 1}


@pytest.mark.parametrize("count", [1, 10])
def test_an_adoption_reads_once_and_writes_nothing(engine: LocalEngine, count: int) -> None:
    ports = [{"name": "main", "internalPort": 8080, "protocol": "HTTP", "public": True}]
    with Stage(engine) as stage:
        for place in range(count):
            stage.nf.add_service("shop", f"s{place}", ports=ports)

        assert stage.up(_services(count, PUBLIC)).calls == {READ: count}


def test_new_protection_is_read_back_and_other_changes_are_not(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": guarded()}))

        assert stage.up(declares({"http": guarded(password="another")})).calls == {READ: 1, LOOK: 1, WRITE: 1}
        assert stage.up(declares({"http": guarded(password="another"), "metrics": METRICS})).calls == {
            READ: 1,
            WRITE: 1,
        }
        assert stage.up(declares({"http": http(), "metrics": METRICS})).calls == {READ: 1, WRITE: 1}


def test_since_mid_2026_an_update_reads_both_views_and_a_refresh_the_one_that_shows_path_rules(
    engine: LocalEngine,
) -> None:
    with Stage(engine, Settings(era="2026b")) as stage:
        assert stage.up(declares({"http": http()})).calls == {READ: 1, LOOK: 1, WRITE: 1}
        assert stage.refresh().calls == {READ: 1}
        assert stage.up(declares({"http": http(), "metrics": METRICS})).calls == {READ: 1, LOOK: 1, WRITE: 1}
        # The id of the new port is not known yet.
        assert stage.refresh().calls == {READ: 1, LOOK: 1}
        assert stage.refresh().calls == {READ: 1}
        assert stage.destroy().calls == {READ: 1, WRITE: 1}


def test_a_replacement_looks_at_the_new_service_once_more(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"metrics": METRICS}))

        assert stage.preview(declares({"metrics": METRICS}, service_id="web")).calls == {READ: 1}
        assert stage.up().calls == {READ: 3, WRITE: 2}


def test_new_domains_cost_one_list_of_them_and_a_look_at_each_domain_above_them_a_run(engine: LocalEngine) -> None:
    def program() -> None:
        for name in ("api", "web"):
            api({"http": http(domains=[f"{name}.d42.example"])}, name=name, service_id=name)

    with Stage(engine) as stage:
        for place in range(149):
            stage.nf.add_domain(f"d{place}.example", subdomains={"api": True, "web": True})

        assert stage.preview(program).calls == {DOMAINS: 2, DOMAIN: 1}
        assert stage.up().calls == {DOMAINS: 2, DOMAIN: 1, READ: 2, LOOK: 2, WRITE: 2}
        assert stage.preview().calls == {}
        assert stage.up(refresh=True).calls == {READ: 2}
        assert stage.destroy().calls == {READ: 2, WRITE: 2}
