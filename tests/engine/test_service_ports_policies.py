"""Ports that others made, and edits that the program has not seen: what each policy does about them."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from programs.shop import METRICS, declares, guarded, http
from programs.stage import Stage

from local_engine.engine import LocalEngine

pytestmark = pytest.mark.both_hosts

HTTP = {"name": "http", "internalPort": 8080, "protocol": "HTTP", "public": True}
FOREIGN: Final[dict[str, Any]] = {
    "name": "foreign",
    "internalPort": 7000,
    "protocol": "HTTP",
    "public": True,
    "security": {"credentials": [{"username": "eve", "password": "eves-password", "type": "basic-auth"}]},
}


def test_equal_ports_are_adopted_without_a_write(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "api", [HTTP])
        ids = {name: port["id"] for name, port in stage.live().items()}
        ran = stage.up(declares({"http": http()}))

        assert ran.changes == {"create": 2}
        assert ran.calls == {"get.service": 1}
        assert {name: port["id"] for name, port in stage.live().items()} == ids
        assert stage.up(refresh=True).changes == {"same": 2}


def test_other_values_of_a_declared_port_stop_its_adoption(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "api", [HTTP | {"internalPort": 8088}])
        text = stage.failure(lambda: stage.up(declares({"http": http()})))

        assert 'shop/api has ports that differ from the declared ones: port "http" (internalPort changed)' in text
        assert stage.live()["http"]["internalPort"] == 8088
        assert stage.up(declares({"http": http()}, on_conflict="overwrite")).changes == {"same": 1, "create": 1}
        assert stage.live()["http"]["internalPort"] == 8080


def test_a_port_that_the_program_does_not_declare_stops_up(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "api", [FOREIGN])
        text = stage.failure(lambda: stage.up(declares()))

        assert "shop/api has ports that the program does not declare: foreign. Nothing was written." in text
        assert stage.live().keys() == {"foreign"}


def test_a_port_added_since_the_last_run_stops_an_update(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": http()}))
        stage.edit(foreign=FOREIGN)
        text = stage.failure(lambda: stage.up(declares({"http": guarded()})))

        assert "has ports that the program does not declare: foreign" in text
        assert stage.live().keys() == {"http", "foreign"}


def test_undeclared_ports_are_removed_where_that_is_said(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "api", [FOREIGN])
        ran = stage.up(declares(unmanaged="remove"))

        assert "removes ports that the program does not declare: foreign" in ran.text
        assert stage.live().keys() == {"http", "metrics"}


def test_undeclared_ports_are_kept_through_a_whole_life(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "api", [FOREIGN])
        foreign = stage.live()["foreign"]

        stage.up(declares(unmanaged="keep"))
        assert stage.live()["foreign"] == foreign
        assert stage.up(refresh=True).changes == {"same": 2}
        stage.up(declares({"http": guarded()}, unmanaged="keep"))
        assert stage.live().keys() == {"http", "foreign"}
        assert stage.live()["foreign"] == foreign
        stage.destroy()
        assert stage.live() == {"foreign": foreign}


def test_the_stack_configuration_has_the_defaults(engine: LocalEngine) -> None:
    config = {"northflank:unmanaged": ("keep", False), "northflank:onDelete": ("keep", False)}
    with Stage(engine, config=config) as stage:
        stage.nf.set_ports("shop", "api", [FOREIGN])
        stage.up(declares())
        assert stage.live().keys() == {"http", "metrics", "foreign"}
        stage.destroy()
        assert stage.live().keys() == {"http", "metrics", "foreign"}


def test_an_argument_comes_before_the_stack_configuration(engine: LocalEngine) -> None:
    with Stage(engine, config={"northflank:onConflict": ("overwrite", False)}) as stage:
        stage.nf.set_ports("shop", "api", [HTTP | {"internalPort": 8088}])
        assert "(internalPort changed)" in stage.failure(
            lambda: stage.up(declares({"http": http()}, on_conflict="fail"))
        )
        stage.up(declares({"http": http()}))
        assert stage.live()["http"]["internalPort"] == 8080


def test_a_policy_that_does_not_exist_is_refused_in_preview(engine: LocalEngine) -> None:
    with Stage(engine, config={"northflank:unmanaged": ("ignore", False)}) as stage:
        text = stage.failure(lambda: stage.preview(declares()))
        assert "northflank:unmanaged: must be fail, remove or keep" in text


def test_destroy_leaves_the_ports_where_that_is_said(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares(on_delete="keep"))
        ran = stage.destroy()

        assert not ran.calls
        assert "its ports stay as they are" in ran.text
        assert stage.live().keys() == {"http", "metrics"}


def test_destroy_brings_back_what_was_there_where_that_is_said(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "api", [FOREIGN])
        stage.up(declares(unmanaged="remove", on_delete="restore"))
        stage.up(declares({"http": guarded()}, unmanaged="remove", on_delete="restore"), refresh=True)
        stage.destroy()

        (port,) = stage.live().values()
        assert {key: port[key] for key in ("name", "internalPort", "protocol", "public")} == {
            key: FOREIGN[key] for key in ("name", "internalPort", "protocol", "public")
        }
        assert port["security"]["credentials"] == FOREIGN["security"]["credentials"]


def test_what_was_never_kept_cannot_be_brought_back_and_that_is_said_by_up(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares())
        text = stage.failure(lambda: stage.up(declares(on_delete="restore")))

        assert "shop/api: the former ports cannot be restored" in text
        assert stage.live().keys() == {"http", "metrics"}


def test_a_changed_policy_alone_is_an_update_without_a_write(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares())
        ran = stage.up(declares(unmanaged="keep"))

        assert ran.changes == {"same": 1, "update": 1}
        assert "update.service.ports" not in ran.calls


def _took_over(stage: Stage) -> None:
    stage.up(declares({"http": guarded(), "metrics": METRICS}, on_conflict="overwrite"))
    assert stage.live()["metrics"]["internalPort"] == 9090
    assert "security" in stage.live()["http"]


def _accepted(stage: Stage) -> None:
    stage.refresh()
    assert "~ internalPort: 9091 => 9090" in stage.preview().marked
    stage.up()
    assert stage.live()["metrics"]["internalPort"] == 9090


def _gave_up(stage: Stage) -> None:
    stage.cli("state", "delete", "--yes", stage.resources()["api"]["urn"])
    ran = stage.up(lambda: None)
    assert ran.changes == {"same": 1}
    assert stage.live()["metrics"]["internalPort"] == 9091


@pytest.mark.parametrize("way_out", [_took_over, _accepted, _gave_up], ids=["take over", "accept", "give up"])
def test_an_edit_between_preview_and_up_stops_and_each_way_out_works(
    engine: LocalEngine, way_out: Callable[[Stage], Any]
) -> None:
    with Stage(engine) as stage:
        stage.up(declares())
        stage.preview(declares({"http": guarded(), "metrics": METRICS}))
        stage.edit(metrics={"internalPort": 9091})
        text = stage.failure(stage.up)

        assert 'shop/api was changed elsewhere since the last run: port "metrics" (internalPort changed)' in text
        assert 'on_conflict="overwrite"' in text or 'onConflict: "overwrite"' in text
        assert all(word in text for word in ("pulumi refresh", "pulumi state delete"))
        assert "Traceback" not in text
        assert stage.live()["metrics"]["internalPort"] == 9091
        way_out(stage)


def test_an_edit_that_is_just_what_the_program_wants_is_no_conflict(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares())
        stage.edit(http={"internalPort": 8081})
        ran = stage.up(declares({"http": http(internal_port=8081), "metrics": METRICS}))

        assert ran.changes == {"same": 1, "update": 1}
        assert "update.service.ports" not in ran.calls


def test_a_conflict_over_a_password_does_not_tell_it(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": guarded(password="first-password")}))
        security = stage.live()["http"]["security"]
        security["credentials"][0]["password"] = "edited-password"
        stage.edit(http={"security": security})
        text = stage.failure(lambda: stage.up(declares({"http": guarded(password="third-password")})))

        assert 'port "http" (security.credentials.ops.password changed)' in text
        assert "edited-password" not in text
