"""The packaged provider on the real engine: import, several accounts, a refresh before each run, functions, cancel."""

import json
import os
import signal
import time
from typing import Any

import pulumi
import pytest
from kills import started, until
from programs import shop
from programs.shop import METRICS, guarded, http
from programs.stage import Stage
from pulumi import automation as auto
from truth import canonical_ports
from wild_lists import DECLARABLE, LISTS, sent

from local_engine.engine import LocalEngine
from nf_ports.emulator import Emulator, Settings
from nf_ports.packaged import Provider, ServicePorts

Json = dict[str, Any]
CANARY = "canary-Zk4vQx"


def declare(name: str = "api", ports: Any = None, opts: pulumi.ResourceOptions | None = None, **more: Any) -> None:
    """The ports of a service of the shop."""
    declared = {"metrics": METRICS} if ports is None else ports
    ServicePorts(name, **{"project_id": "shop", "service_id": "api", "ports": declared, "opts": opts, **more})


def by(provider: pulumi.ProviderResource) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(provider=provider)


def test_every_feature_is_imported_as_it_is_live(engine: LocalEngine) -> None:
    names = sorted(DECLARABLE)
    with Stage(engine, Settings(era="2026b")) as stage:
        stage.nf.add_domain("more.example", wildcard=True)
        services = {f"wild-{number}": sent(LISTS[name]) for number, name in enumerate(names)}
        for service, ports in services.items():
            stage.nf.add_service("shop", service)
            stage.nf.set_ports("shop", service, json.loads(json.dumps(ports).replace("shop.example", "more.example")))
        live = {service: stage.nf.ports("shop", service) for service in services}

        def program(*, adopt: bool) -> None:
            for service, ports in live.items():
                opts = pulumi.ResourceOptions(import_=f"shop/{service}" if adopt else None)
                declare(service, ports, opts, service_id=service)

        imported = stage.up(lambda: program(adopt=True))
        recorded = {name: one["inputs"]["ports"] for name, one in stage.resources().items()}
        again = stage.preview(lambda: program(adopt=False), expect_no_changes=True)

    assert not imported.writes
    assert not again.asked
    assert {name: set(ports) for name, ports in recorded.items()} == {
        name: set(canonical_ports(ports)) for name, ports in live.items()
    }


def test_a_service_that_is_not_there_is_not_imported(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        opts = pulumi.ResourceOptions(import_="shop/gone")
        text = stage.failure(lambda: stage.up(lambda: declare(ports={}, opts=opts, service_id="gone")))
    assert "cannot read the ports of shop/gone: there is no such service" in text


def test_two_accounts_in_one_program(engine: LocalEngine) -> None:
    with Stage(engine) as stage, Emulator(token="nf-second-token") as second:
        second.add_project("shop")
        second.add_service("shop", "api")

        def program() -> None:
            declare()
            other = Provider("second", api_token=second.token, api_url=second.url)
            declare("second-api", {"http": http(public=False)}, by(other))

        stage.up(program)
        there = (list(stage.live()), [port["name"] for port in second.ports("shop", "api")])
        again = stage.up(expect_no_changes=True)
        state = stage.raw_state()
        stage.destroy()

        assert there == (["metrics"], ["http"])
        assert not again.asked
        assert stage.live() == {}
        assert second.ports("shop", "api") == []
        assert second.token not in "".join(stage.printed) + state


def test_a_wrong_configuration_is_told_by_its_key_and_without_the_token(engine: LocalEngine) -> None:
    with Stage(engine) as stage:

        def program() -> None:
            declare(opts=by(Provider("mine", api_token=f"{CANARY} with a space", on_delete="burn")))  # type: ignore[arg-type]

        text = stage.failure(lambda: stage.up(program))

    assert 'northflank:onDelete: must be clear, keep or restore, not "burn"' in text
    assert "northflank:apiToken holds characters that are not allowed in a token" in text
    assert CANARY not in text
    assert "Traceback" not in text


def test_a_preview_reads_first_where_that_is_asked_for(engine: LocalEngine) -> None:
    with Stage(engine) as stage:

        def program() -> None:
            declare(opts=by(Provider("mine", refresh_before_update=True)))

        stage.up(program)
        assert stage.preview().calls == {"get.service": 1}
        stage.edit(metrics={"internalPort": 9191})
        shown = stage.preview()

    assert "~ internalPort: 9191 => 9090" in shown.text
    assert shown.calls == {"get.service": 1}


def test_a_setting_to_read_first_holds_after_a_refresh(engine: LocalEngine) -> None:
    """The engine keeps the setting with each resource."""
    with Stage(engine) as stage:

        def program(first: bool = True) -> None:
            declare(opts=by(Provider("mine", refresh_before_update=first)))

        stage.up(lambda: program(first=False))
        stage.up(program)
        assert stage.preview().calls == {}
        stage.refresh()
        assert stage.preview().calls == {"get.service": 1}


def test_a_function_shows_a_service_of_somebody_else(engine: LocalEngine) -> None:
    with Stage(engine, Settings(era="2026b")) as stage:
        stage.nf.set_ports("shop", "web", [_with_password("http")])

        def program() -> None:
            found = pulumi.runtime.invoke_output(
                "northflank:index:getServicePorts", {"projectId": "shop", "serviceId": "web"}
            )
            pulumi.export("ports", found["ports"])
            pulumi.export("inside", found["addresses"]["http"])

        stage.up(program)
        outputs, state = stage.outputs(), stage.raw_state()

    assert outputs["inside"] == "web:8080"
    assert outputs["ports"]["http"]["security"] == {"credentials": {"ops": {}}}
    assert CANARY not in state + "".join(stage.printed)


def _with_password(name: str) -> Json:
    credentials = [{"username": "ops", "password": CANARY, "type": "basic-auth"}]
    member = {"internalPort": 8080, "protocol": "HTTP", "public": True}
    return {"name": name, **member, "security": {"credentials": credentials}}


def test_a_rotated_password_is_marked_at_its_leaf_and_not_shown(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(lambda: declare(ports={"http": guarded("first-password")}))
        shown = stage.preview(lambda: declare(ports={"http": guarded(f"{CANARY}-new")}))

    assert shown.marked[-1] == "~ password: [secret] => [secret]"
    assert CANARY not in shown.text


def test_a_replacement_is_shown_at_the_key_that_causes_it(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declare)
        shown = stage.preview(lambda: declare(service_id="web"))

    assert '~ serviceId: "api" => "web"' in shown.marked
    assert shown.changes == {"replace": 1, "same": 1}


def test_protection_that_is_not_in_force_is_recorded_with_its_error(engine: LocalEngine) -> None:
    with Stage(engine, Settings(security_dropped=frozenset({"all"}))) as stage:
        text = stage.failure(lambda: stage.up(lambda: declare(ports={"http": guarded(CANARY)})))
        first = (stage.resources()["api"].get("initErrors"), stage.live()["http"]["public"])
        again = stage.failure(stage.up)
        stage.nf.settings = stage.nf.settings.changed({"security_dropped": frozenset()})
        stage.up()
        last = (stage.resources()["api"].get("initErrors"), stage.live()["http"]["public"])
        quiet = stage.up(expect_no_changes=True)

    assert "The ports are recorded as Northflank shows them." in text
    assert "not in force" in again
    assert first[0]
    assert first[1] is False
    assert last == (None, True)
    assert not quiet.asked
    assert CANARY not in "".join(stage.printed)


def test_an_interrupt_ends_a_wait_and_records_the_write(engine: LocalEngine) -> None:
    with Stage(engine, Settings(dns_delay_reads=60)) as stage:
        with started(engine, lambda: stage.up(lambda: declare(ports={"http": http()}))) as running:
            until(lambda: any(request.method == "POST" for request in stage.nf.requests))
            begun = time.monotonic()
            for pid in engine.processes():
                if b"--exec-kind" in _command_line(pid):
                    os.kill(pid, signal.SIGINT)
            error = running.exception(30)
            took_s = time.monotonic() - begun
        state = stage.resources()["api"]["outputs"]
        stage.nf.settings = stage.nf.settings.changed({"dns_delay_reads": 0})
        stage.up()
        settled = stage.up(expect_no_changes=True)

    assert isinstance(error, auto.CommandError | None)
    assert took_s < 10
    assert state["pending"] == {"http": True}
    assert not settled.asked


def _command_line(pid: int) -> bytes:
    with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123 - a process has no better path
        return file.read()


def test_a_state_moves_between_the_hosts_without_a_call(engine: LocalEngine) -> None:

    ports = {"http": guarded(CANARY), "metrics": METRICS}
    with Stage(engine) as stage:
        stage.up(lambda: shop.api(ports))
        for program in (lambda: declare(ports=ports), lambda: shop.api(ports)):
            assert not stage.preview(program, expect_no_changes=True).asked
            assert not stage.up(expect_no_changes=True).asked
            assert not stage.up(expect_no_changes=True).asked
            assert stage.refresh().changes["same"] == 2
        stage.up(lambda: declare(ports=ports))
        stage.destroy()
        assert stage.live() == {}


ANOTHER_NAME: dict[str, Any] = {
    "another provider": (declare, lambda: declare("new", opts=by(Provider("mine")))),
    "the packaged one instead of the dynamic": (lambda: shop.api({"metrics": METRICS}), lambda: declare("new")),
    "the dynamic one instead of the packaged": (declare, lambda: shop.api({"metrics": METRICS}, name="new")),
}
"""The same service by another name, and by a provider in another process."""


@pytest.mark.parametrize("case", ANOTHER_NAME)
def test_a_service_that_another_provider_of_the_run_declares_keeps_its_ports(engine: LocalEngine, case: str) -> None:
    before, after = ANOTHER_NAME[case]
    with Stage(engine) as stage:
        stage.up(before)
        moved = stage.up(after)
        assert list(stage.live()) == ["metrics"]
        assert not moved.writes
        assert moved.lines(
            "is still declared by this program, with another provider, so its ports stay", "destroy will leave them"
        )
        assert not stage.up(expect_no_changes=True).asked


def test_a_service_of_the_same_ids_in_another_account_is_cleared(engine: LocalEngine) -> None:
    """Both by address and by team."""
    with Stage(engine) as stage, Emulator() as second:
        second.add_project("shop")
        second.add_service("shop", "api")
        stage.nf.add_team("acme")
        stage.nf.add_project("shop", team="acme")
        stage.nf.add_service("shop", "api", team="acme")

        def others() -> None:
            declare("second-api", opts=by(Provider("second", api_token=second.token, api_url=second.url)))
            declare("acme-api", opts=by(Provider("acme", team_id="acme")))

        def all_three() -> None:
            declare()
            others()

        stage.up(all_three)
        stage.up(others)
        assert stage.live() == {}
        assert [port["name"] for port in second.ports("shop", "api")] == ["metrics"]
        assert [port["name"] for port in stage.nf.ports("shop", "api", team="acme")] == ["metrics"]


def test_a_service_whose_team_another_provider_names_keeps_its_ports(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.add_team("acme", own=True)
        stage.up(declare)
        stage.up(lambda: declare("new", opts=by(Provider("acme", team_id="acme"))))
        assert list(stage.live()) == ["metrics"]


def test_ports_that_only_the_former_provider_restores_are_not_forgotten(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(lambda: declare(on_delete="restore"))
        text = stage.failure(lambda: stage.up(lambda: declare("new", opts=by(Provider("mine")), on_delete="restore")))
        assert "To give them up, run 'pulumi state delete' for the former resource." in text
        assert list(stage.live()) == ["metrics"]


@pytest.mark.parametrize("name", [r"X-\d+", 'X-"a"', "X-a\\", 'X-["a.b"]\\"', "X y", "ü"])
def test_a_header_of_any_name_is_shown_in_a_preview(engine: LocalEngine, name: str) -> None:
    def program(value: str) -> None:
        headers = {name: {"value": value, "regexMode": True}}
        declare(
            ports={"http": {"internalPort": 80, "protocol": "HTTP", "public": True, "security": {"headers": headers}}}
        )

    with Stage(engine, Settings(era="2026b")) as stage:
        stage.up(lambda: program(f"{CANARY}-1"))
        shown = stage.preview(lambda: program(f"{CANARY}-2"))
        assert shown.changes == {"update": 1, "same": 1}
        assert shown.marked
        assert CANARY not in shown.text
