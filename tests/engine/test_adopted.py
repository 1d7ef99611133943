"""What a resource found equal and never wrote is not its own: destroying it leaves that, unless `clear` is said."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pytest
from programs.shop import METRICS, api, declares, http, several
from programs.stage import Json, Ran, Stage, says_it_stays

from local_engine.engine import LocalEngine

pytestmark = pytest.mark.both_hosts

HTTP: Final[Json] = {"name": "http", "internalPort": 8080, "protocol": "HTTP", "public": True}
PRIVATE: Final[Json] = {"name": "metrics", "internalPort": 9090, "protocol": "TCP"}
FOREIGN: Final[Json] = {"name": "foreign", "internalPort": 7000, "protocol": "TCP"}
TWELVE: Final = [f"s{place}" for place in range(12)]

PORTS: Final[dict[str, list[Json]]] = {
    "made": [],
    "part": [HTTP],
    "beside": [HTTP, PRIVATE, FOREIGN],
    "over": [HTTP, PRIVATE | {"internalPort": 9999}],
}


def test_f40_a_second_stack_that_adopts_twelve_services_and_goes_leaves_their_ports(engine: LocalEngine) -> None:
    def both() -> None:
        several({service: service for service in TWELVE})

    with Stage(engine) as first, Stage(engine, beside=first) as second:
        for service in TWELVE:
            first.nf.add_service("shop", service)
        first.up(both)
        before = {service: first.live(service) for service in TWELVE}
        adopted = second.up(both)
        assert adopted.changes == {"create": 13}
        assert adopted.writes == []
        # One line for all of them, not one for each.
        assert len(adopted.lines(r"\bshop/s\d+\b", r"\badopted\b")) == 1
        assert len(adopted.lines(r"\bshop/s\d+\b", r"path rules|adopted")) <= 2
        gone = second.destroy()

        assert gone.writes == []
        assert {service: first.live(service) for service in TWELVE} == before
        assert gone.lines(r"\b(stays?|left|leaves?|kept|keeps?)\b")
        assert second.resources() == {}
        assert first.refresh(expect_no_changes=True).changes == {"same": 13}


@dataclass
class Lived:
    """What is left of services after a stack declared them and was destroyed, and what it said."""

    stage: Stage
    ids: dict[str, dict[str, str]]
    states: dict[str, Json]
    gone: Ran


@pytest.fixture(scope="module")
def lived(engine: LocalEngine) -> Iterator[Lived]:
    """A stack in which each service came to be declared in another way; it is destroyed in the end."""

    def declare(step: int) -> None:
        api(name="equal", service_id="equal")
        api(name="made", service_id="made")
        api(name="part", service_id="part")
        api(name="said", service_id="said", on_delete="clear")
        api(name="keep", service_id="keep", on_delete="keep")
        api(name="beside", service_id="beside", unmanaged="keep")
        api(name="over", service_id="over", on_conflict="overwrite")
        api(
            {"http": http(), "metrics": METRICS.model_copy(update={"internal_port": 9090 + step})},
            name="later",
            service_id="later",
        )
        api({"http": http()} if step else None, name="fewer", service_id="fewer")

    services = ("equal", "made", "part", "said", "keep", "beside", "over", "later", "fewer")
    with Stage(engine) as stage:
        for service in services:
            stage.nf.add_service("shop", service, ports=PORTS.get(service, [HTTP, PRIVATE]))
        stage.up(lambda: declare(0))
        stage.up(lambda: declare(1))
        assert stage.refresh().changes == {"same": 10}
        ids = {service: {name: port["id"] for name, port in stage.live(service).items()} for service in services}
        states = stage.resources()
        yield Lived(stage, ids, states, stage.destroy())


def test_f40_ports_that_were_only_adopted_stay_and_that_is_said(lived: Lived) -> None:
    assert {name: port["id"] for name, port in lived.stage.live("equal").items()} == lived.ids["equal"]
    assert lived.ids["equal"].keys() == {"http", "metrics"}
    assert says_it_stays(lived.gone.text, "shop/equal")
    assert "equal" not in lived.gone.writes


def test_f40_ports_that_the_resource_made_are_cleared(lived: Lived) -> None:
    assert lived.stage.live("made") == {}
    assert says_it_stays(lived.gone.text, "shop/made") == []


def test_f40_of_a_list_that_was_adopted_in_part_the_found_port_stays(lived: Lived) -> None:
    assert {name: port["id"] for name, port in lived.stage.live("part").items()} == {"http": lived.ids["part"]["http"]}
    assert says_it_stays(lived.gone.text, "shop/part", "http")


def test_f40_clear_that_is_said_clears_what_was_adopted(lived: Lived) -> None:
    assert lived.stage.live("said") == {}


def test_f40_keep_that_is_said_keeps_what_was_adopted(lived: Lived) -> None:
    assert lived.stage.live("keep").keys() == {"http", "metrics"}


def test_f40_adopted_ports_stay_beside_unmanaged_ones(lived: Lived) -> None:
    assert {name: port["id"] for name, port in lived.stage.live("beside").items()} == lived.ids["beside"]
    assert lived.ids["beside"].keys() == {"http", "metrics", "foreign"}


def test_f40_a_port_that_was_taken_over_by_a_write_is_cleared_and_an_equal_one_stays(lived: Lived) -> None:
    assert lived.stage.live("over").keys() == {"http"}


def test_f40_an_adopted_port_that_the_program_changed_later_is_cleared(lived: Lived) -> None:
    assert lived.stage.live("later").keys() == {"http"}


def test_f40_an_adopted_port_that_the_program_gave_up_is_removed_at_once(lived: Lived) -> None:
    assert lived.ids["fewer"].keys() == {"http"}
    assert lived.stage.live("fewer").keys() == {"http"}


def test_f40_the_state_tells_what_was_adopted_and_stays_that_of_0_1_0_where_nothing_was(lived: Lived) -> None:
    made, part = (lived.states[name]["outputs"] for name in ("made", "part"))

    assert part["adopted"] == {"http": True}
    assert part["stateVersion"] == 2
    assert "adopted" not in made
    assert made["stateVersion"] == 1


def test_f40_ports_that_leave_the_program_stay_where_they_were_adopted(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "api", [HTTP, PRIVATE])
        stage.up(declares())
        before = stage.live()
        ran = stage.up(lambda: None)

        assert ran.changes == {"same": 1, "delete": 1}
        assert stage.live() == before
        assert says_it_stays(ran.text)


@pytest.mark.parametrize(("recorded", "configured"), [(None, "keep"), ("keep", "clear")])
def test_a_stack_setting_that_is_not_recorded_does_not_count_at_destroy_and_that_is_said(
    engine: LocalEngine, recorded: str | None, configured: str
) -> None:
    config = {"northflank:onDelete": (recorded, False)} if recorded else {}
    with Stage(engine, config=config) as stage:
        stage.up(declares())
        stage.configure("northflank:onDelete", configured)
        ran = stage.destroy(run_program=True)

        assert stage.live().keys() == ({"http", "metrics"} if recorded == "keep" else set())
        assert ran.lines("shop/api", "onDelete", rf"\b{configured}\b", "recorded")


def test_a_destroy_that_cannot_see_the_stack_setting_says_which_one_counts(engine: LocalEngine) -> None:
    """Without the program the engine configures the provider as the last `up` did."""
    with Stage(engine) as stage:
        stage.up(declares())
        stage.configure("northflank:onDelete", "keep")
        ran = stage.destroy()

        assert stage.live() == {}
        assert ran.lines("on_?Delete", "recorded|last 'pulumi up'|last up")


def test_a_stack_setting_counts_at_destroy_once_up_has_recorded_it(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares())
        stage.configure("northflank:onDelete", "keep")
        ran = stage.up()
        assert ran.changes == {"same": 1, "update": 1}
        assert ran.writes == []
        gone = stage.destroy()

        assert stage.live().keys() == {"http", "metrics"}
        assert says_it_stays(gone.text)


@pytest.mark.parametrize("by", ["the program", "the configuration"])
def test_restore_without_a_remembered_list_is_refused_by_up(engine: LocalEngine, by: str) -> None:
    with Stage(engine) as stage:
        stage.up(declares())
        before = stage.live()
        if by == "the configuration":
            stage.configure("northflank:onDelete", "restore")
        program = declares(on_delete="restore") if by == "the program" else declares()
        text = stage.failure(lambda: stage.up(program))

        assert "restore" in text
        assert '"clear"' in text or '"keep"' in text
        assert "Traceback" not in text
        assert stage.live() == before
        if by == "the program":
            stage.up(declares())
            stage.destroy()
            assert stage.live() == {}


def test_a_list_that_was_remembered_is_brought_back(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "api", [HTTP, FOREIGN])
        stage.up(declares(unmanaged="remove", on_delete="restore"))
        stage.up(declares({"http": http(internal_port=8081)}, unmanaged="remove", on_delete="restore"))
        stage.destroy()

        assert stage.live().keys() == {"http", "foreign"}
        assert stage.live()["http"]["internalPort"] == 8080


def test_a_service_moves_from_one_stack_to_another_with_its_ports(engine: LocalEngine) -> None:
    """By `keep` and adoption, or by moving the state; nothing is written either way."""

    def both() -> None:
        several({"web": "web"})
        several({"api": "api"}, on_delete="keep")

    with Stage(engine) as first, Stage(engine, beside=first) as second:
        first.up(both)
        before = first.live(), first.live("web")
        left = first.up(lambda: several({"web": "web"}))
        taken = second.up(lambda: several({"api": "api"}))
        first.move("web", second)
        rests = second.up(lambda: several({"api": "api", "web": "web"}))

        assert left.writes == taken.writes == rests.writes == []
        assert rests.changes == {"same": 3}
        assert (first.live(), first.live("web")) == before
        assert first.resources() == {}
