"""The state of every earlier version previews empty, with and without refresh, and can be destroyed."""

import json
import pathlib
from typing import Any

import pytest
from programs import golden, shop
from programs.stage import Stage
from pulumi import automation as auto

from local_engine.engine import LocalEngine
from nf_ports.core.state import DYNAMIC_TYPE, PACKAGED_TYPE

DIRECTORY = pathlib.Path(__file__).parents[1] / "golden"
RECORDED = sorted(DIRECTORY.glob("*/*.json"))


def test_there_is_a_recorded_state_of_every_case() -> None:
    assert {file.stem for file in RECORDED} == set(golden.CASES)


@pytest.mark.parametrize("file", RECORDED, ids=[f"{file.parent.name} {file.stem}" for file in RECORDED])
def test_a_recorded_state_previews_empty(engine: LocalEngine, file: pathlib.Path) -> None:
    recorded: dict[str, Any] = json.loads(file.read_text())
    state = recorded["state"]
    name = state["deployment"]["resources"][0]["urn"].split("::")[0].removeprefix("urn:pulumi:")
    program = golden.CASES[recorded["case"]]
    with Stage(engine, golden.SETTINGS, name=name, shop=False) as stage:
        stage.nf.seed(recorded["northflank"])
        stage.stack.import_stack(auto.Deployment(**state))

        owned = [one for one in state["deployment"]["resources"] if not one.get("external")]
        count = sum(one["type"] != "pulumi:providers:pulumi-python" for one in owned)
        assert stage.preview(program, expect_no_changes=True).changes == {"same": count}
        assert stage.preview(program, refresh=True, expect_no_changes=True).changes == {"same": count}
        assert stage.up(program, refresh=True, expect_no_changes=True).changes == {"same": count}
        stage.destroy()
        assert stage.resources() == {}


@pytest.mark.parametrize("file", RECORDED, ids=[f"{file.parent.name} {file.stem}" for file in RECORDED])
def test_a_recorded_state_is_taken_over_by_the_packaged_provider_and_back(
    engine: LocalEngine, file: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded: dict[str, Any] = json.loads(file.read_text())
    state = recorded["state"]
    name = state["deployment"]["resources"][0]["urn"].split("::")[0].removeprefix("urn:pulumi:")
    program = golden.CASES[recorded["case"]]
    with Stage(engine, golden.SETTINGS, name=name, shop=False) as stage:
        stage.nf.seed(recorded["northflank"])
        stage.stack.import_stack(auto.Deployment(**state))
        for declared, kind in ((shop.PACKAGED, PACKAGED_TYPE), (shop.DYNAMIC, DYNAMIC_TYPE)):
            monkeypatch.setattr(golden, "ServicePorts", declared)
            previewed, ran = (run(program, expect_no_changes=True) for run in (stage.preview, stage.up))
            # A service that is only read is looked at in every run.
            assert {request.service for request in (*previewed.asked, *ran.asked)} <= {"seen"}
            refreshed = stage.up(program, refresh=True, expect_no_changes=True)
            assert previewed.changes.keys() == ran.changes.keys() == refreshed.changes.keys() == {"same"}
            assert refreshed.writes == []
            assert {one["type"] for one in stage.resources().values()} == {kind}


def test_what_was_adopted_stays_when_a_recorded_state_is_destroyed(engine: LocalEngine) -> None:
    (file,) = DIRECTORY.glob("0.2.0/owned.json")
    recorded: dict[str, Any] = json.loads(file.read_text())
    with Stage(engine, golden.SETTINGS, name="golden-0-2-0-owned", shop=False) as stage:
        stage.nf.seed(recorded["northflank"])
        stage.stack.import_stack(auto.Deployment(**recorded["state"]))
        stage.destroy()

        assert stage.live("adopted").keys() == {"internal"}
        assert stage.live("partly").keys() == {"internal"}
        assert stage.live("shrunk").keys() == {"internal"}


def test_destroy_of_a_recorded_state_brings_back_what_it_found(engine: LocalEngine) -> None:
    (file,) = DIRECTORY.glob("0.1.0/every-state.json")
    recorded: dict[str, Any] = json.loads(file.read_text())
    with Stage(engine, golden.SETTINGS, name="golden-0-1-0-every-state", shop=False) as stage:
        stage.nf.seed(recorded["northflank"])
        stage.stack.import_stack(auto.Deployment(**recorded["state"]))
        assert stage.live("over").keys() == {"http"}
        stage.destroy()

        assert stage.live("over").keys() == {"internal"}
        assert stage.live("beside").keys() == {"internal"}
        assert stage.live("seen").keys() == {"internal"}
        assert stage.live("renamed") == {}
