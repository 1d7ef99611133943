"""Resource options behave as everywhere in Pulumi, and a rename of a port keeps its identity."""

from typing import Any

import pulumi
import pytest
from programs.later import Later
from programs.shop import METRICS, api, declares, guarded, http
from programs.stage import Stage

from local_engine.engine import LocalEngine
from nf_ports import Port

pytestmark = pytest.mark.both_hosts


def test_protected_ports_are_not_destroyed(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares(opts=pulumi.ResourceOptions(protect=True)))

        assert "protect" in stage.failure(stage.destroy)
        assert stage.live().keys() == {"http", "metrics"}


def test_retained_ports_stay_when_the_resource_goes(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares(opts=pulumi.ResourceOptions(retain_on_delete=True)))
        ran = stage.destroy()

        assert ran.changes == {"delete": 2}
        assert not ran.calls
        assert stage.live().keys() == {"http", "metrics"}


def test_an_ignored_change_is_no_change(engine: LocalEngine) -> None:
    opts = pulumi.ResourceOptions(ignore_changes=["ports.http.internalPort"])
    with Stage(engine) as stage:
        stage.up(declares())
        preview = stage.preview(declares({"http": http(internal_port=8081), "metrics": METRICS}, opts=opts))

        assert preview.changes == {"same": 2}


def test_ignored_ports_leave_an_edit_elsewhere_alone(engine: LocalEngine) -> None:
    opts = pulumi.ResourceOptions(ignore_changes=["ports"])
    with Stage(engine) as stage:
        stage.up(declares(opts=opts))
        stage.edit(metrics={"internalPort": 9091})
        stage.up(refresh=True)

        assert stage.live()["metrics"]["internalPort"] == 9091


def test_an_alias_keeps_the_resource(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares(name="old"))
        ran = stage.up(declares(name="new", opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old")])))

        assert ran.changes == {"same": 2}
        assert not ran.calls


def test_a_parent_is_taken(engine: LocalEngine) -> None:
    def program() -> None:
        shop = pulumi.ComponentResource("test:index:Shop", "shop")
        api(opts=pulumi.ResourceOptions(parent=shop))

    with Stage(engine) as stage:
        stage.up(program)
        assert stage.resources()["api"]["parent"].endswith("test:index:Shop::shop")
        assert stage.up(refresh=True).changes == {"same": 3}


def test_what_it_depends_on_comes_first(engine: LocalEngine) -> None:
    def program() -> None:
        front = api({"http": http()}, name="front", service_id="web")
        api({"http": http()}, opts=pulumi.ResourceOptions(depends_on=[front]))

    with Stage(engine) as stage:
        stage.up(program)
        writes = [request for request in stage.nf.requests if request.operation == "update.service.ports"]
        assert [write.service for write in writes] == ["web", "api"]


def test_others_may_depend_on_the_ports(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(lambda: Later("after", 1, pulumi.ResourceOptions(depends_on=[api()])))
        assert stage.resources()["after"]["dependencies"] == [stage.resources()["api"]["urn"]]


def test_a_transform_changes_what_is_declared(engine: LocalEngine) -> None:
    def private(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult:
        props: dict[str, Any] = dict(args.props)
        props["ports"] = {name: {**port, "public": False} for name, port in props["ports"].items()}
        return pulumi.ResourceTransformResult(props=props, opts=args.opts)

    with Stage(engine) as stage:
        stage.up(declares(opts=pulumi.ResourceOptions(transforms=[private])))
        assert stage.live()["http"]["public"] is False
        assert stage.up(refresh=True).changes == {"same": 2}


def test_a_rename_keeps_the_id_and_what_is_tied_to_it(engine: LocalEngine) -> None:
    renamed = {"web": guarded(domains=["api.shop.example"], renamed_from="http"), "metrics": METRICS}
    with Stage(engine) as stage:
        stage.up(declares({"http": guarded(domains=["api.shop.example"]), "metrics": METRICS}))
        before = stage.live()
        stage.up(declares(renamed))

        live = stage.live()
        assert live.keys() == {"web", "metrics"}
        assert live["web"]["id"] == before["http"]["id"]
        assert stage.up(refresh=True).changes == {"same": 2}


def test_the_word_of_a_rename_may_go_without_a_change(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": http()}))
        stage.up(declares({"web": http(renamed_from="http")}))

        assert stage.preview(declares({"web": http()})).changes == {"same": 2}
        assert not stage.up().calls
        assert stage.up(refresh=True).changes == {"same": 2}


def test_a_rename_and_a_new_port_of_the_old_name_are_refused(engine: LocalEngine) -> None:
    ports = {"web": http(renamed_from="http"), "http": Port(internal_port=8081, protocol="HTTP")}
    with Stage(engine) as stage:
        text = stage.failure(lambda: stage.preview(declares(ports)))
        assert "ports.web.renamedFrom: must not be http, because a port of that name is declared" in text
