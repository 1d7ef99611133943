"""Where the hosts differ on the real engine; docs/hosts.md has the table."""

import json

import pulumi
import pytest
from programs import shop
from programs.later import Later
from programs.shop import METRICS, api, declares, guarded, http
from programs.stage import Stage, lines

from local_engine.engine import LocalEngine
from nf_ports import packaged
from nf_ports.core.state import PACKAGED_TYPE
from nf_ports.emulator import Emulator
from nf_ports.hosts.program.declaration import Declaration

pytestmark = pytest.mark.both_hosts

SERVICES = [f"s{number}" for number in range(12)]


def test_an_import_takes_a_service_over(engine: LocalEngine, host: type[Declaration]) -> None:
    """Pulumi has no reference to the dynamic provider when it imports (pulumi/pulumi#16175)."""
    imported = declares({"metrics": METRICS}, opts=pulumi.ResourceOptions(import_="shop/api"))
    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "api", [{"name": "metrics", "internalPort": 9090, "protocol": "TCP"}])
        text = stage.attempt(imported)
        assert ("api" in stage.resources()) is (host is shop.PACKAGED), text
        if host is shop.PACKAGED:
            assert not stage.up(declares({"metrics": METRICS}), expect_no_changes=True).calls
        assert stage.lists() == []


def test_a_change_of_a_secret_alone_is_marked_where_it_is(engine: LocalEngine, host: type[Declaration]) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": guarded("made-up-one")}))
        ran = stage.preview(declares({"http": guarded("made-up-two")}))

        assert ran.changes == {"same": 1, "update": 1}
        assert bool(lines("\n".join(ran.marked), "password", "secret")) is (host is shop.PACKAGED)


def test_a_preview_of_an_update_knows_the_outputs_that_stay(engine: LocalEngine, host: type[Declaration]) -> None:
    def program(number: int) -> None:
        Later("reader", api({"http": http(internal_port=number)}).dns)

    with Stage(engine) as stage:
        stage.up(lambda: program(8080))
        # The reader changes with whatever is not known.
        updated = 1 if host is shop.PACKAGED else 2
        assert stage.preview(lambda: program(8081)).changes == {"same": 3 - updated, "update": updated}


def test_a_warning_has_a_place(engine: LocalEngine, host: type[Declaration]) -> None:
    with Stage(engine) as stage:
        document = json.loads(stage.preview_json(declares({"http": http()})))
        (told,) = (one for one in document["diagnostics"] if "[exposure]" in one["message"])

        assert told.get("urn", "") == (
            f"urn:pulumi:{stage.stack.name}::local::{PACKAGED_TYPE}::api" if host is shop.PACKAGED else ""
        )


def test_a_violation_has_a_place(engine: LocalEngine, host: type[Declaration]) -> None:
    with Stage(engine) as stage:
        stage.failure(lambda: stage.preview(declares({"http": http(internal_port=0)})))
        (text,) = lines(stage.printed[-1], "must be between 1 and 65535")

        place = "ports.http.internalPort"
        said = f": property {place} value {{<nil>}} has a problem: shop/api: must be"
        assert (said if host is shop.PACKAGED else f" has a problem: shop/api: {place}: must be") in text


def test_so_many_operations_run_at_once(engine: LocalEngine, host: type[Declaration]) -> None:
    def program() -> None:
        for name in SERVICES:
            api({"metrics": METRICS}, name=name, service_id=name)

    with Stage(engine) as stage:
        for name in SERVICES:
            stage.nf.add_service("shop", name)
        stage.nf.fault(operation="get.service", times=None, delay=0.5)
        stage.up(program, parallel=12)

        most = max(request.in_flight for request in stage.nf.requests)
        assert (most > 4) is (host is shop.PACKAGED)


@pytest.mark.both_hosts("packaged")
def test_one_program_uses_two_accounts(engine: LocalEngine) -> None:
    """The dynamic provider has the one token of its process."""
    with Stage(engine) as stage, Emulator(token="nf-of-another-account") as other:
        other.add_project("shop")
        other.add_service("shop", "api")

        def program() -> None:
            api({"metrics": METRICS})
            second = packaged.Provider("second", api_token=other.token, api_url=other.url)
            api({"http": http()}, name="theirs", service_id="api", opts=pulumi.ResourceOptions(provider=second))

        stage.up(program)

        assert [port["name"] for port in other.ports("shop", "api")] == ["http"]
        assert stage.live().keys() == {"metrics"}
