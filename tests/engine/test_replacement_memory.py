"""What a resource remembers survives the replacement of the resource, by whatever way it comes."""

import pytest
from programs.shop import METRICS, api, declares
from programs.stage import Program, Stage

from local_engine.engine import LocalEngine

pytestmark = pytest.mark.both_hosts

OLD = {"name": "old", "internalPort": 7000, "protocol": "TCP"}
TAKES_OVER = declares({"metrics": METRICS}, on_delete="restore", unmanaged="remove")


def renamed() -> None:
    """The same ports under another name."""
    api({"metrics": METRICS}, name="renamed", on_delete="restore", unmanaged="remove")


@pytest.mark.parametrize("how", ["forced", "renamed"])
def test_what_restore_remembers_is_handed_over_by_one_run_with_a_refresh(engine: LocalEngine, how: str) -> None:
    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "api", [OLD])
        stage.up(TAKES_OVER)
        urn = stage.resources()["api"]["urn"]
        program, options = (TAKES_OVER, {"replace": [urn]}) if how == "forced" else (renamed, {})
        text = stage.failure(lambda: stage.up(program, **options))

        assert "Run 'pulumi up --refresh' once, which records them for the new resource." in text
        assert stage.live().keys() == {"metrics"}
        stage.up(refresh=True)
        assert stage.up().changes == {"same": 2}
        stage.destroy()
        assert stage.live().keys() == {"old"}


def test_what_was_handed_over_brings_a_port_of_the_same_name_back_as_it_was(engine: LocalEngine) -> None:
    def opens(name: str) -> Program:
        web = {"internal_port": 7100, "protocol": "HTTP", "public": True}
        return declares({"web": web}, name=name, on_conflict="overwrite", on_delete="restore")

    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "api", [{"name": "web", "internalPort": 7100, "protocol": "HTTP"}])
        stage.up(opens("one"))
        stage.failure(lambda: stage.up(opens("two")))
        stage.up(refresh=True)
        assert stage.live()["web"]["public"] is True
        stage.destroy()

        assert stage.live()["web"]["public"] is False


def test_a_destroy_in_between_brings_back_what_was_remembered(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "api", [OLD])
        stage.up(TAKES_OVER)
        stage.failure(lambda: stage.up(renamed))
        stage.destroy()

        assert stage.live().keys() == {"old"}


def test_a_rename_with_a_refresh_hands_over_at_once(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "api", [OLD])
        stage.up(TAKES_OVER)
        stage.up(renamed, refresh=True)
        assert stage.live().keys() == {"metrics"}
        stage.destroy()

        assert stage.live().keys() == {"old"}


def test_nothing_is_to_be_handed_over_where_nothing_was_there_before(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"metrics": METRICS}, on_delete="clear"))
        stage.up(lambda: api({"metrics": METRICS}, name="renamed", on_delete="clear"))
        assert stage.live().keys() == {"metrics"}
        stage.destroy()

        assert stage.live() == {}
