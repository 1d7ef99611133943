"""One resource owns the list of a service: a second one in one program is refused, in another program it is not."""

import concurrent.futures

import pytest
from programs.later import later
from programs.shop import METRICS, api, declares, http
from programs.stage import Stage

from nf_ports.cli.engine import LocalEngine

SENTENCE = "both declare the ports of shop/api. One resource owns the whole list of a service"


def test_two_resources_for_one_service_are_refused_before_any_call(engine: LocalEngine) -> None:
    def program() -> None:
        api({"http": http()}, name="one")
        api({"metrics": METRICS}, name="two")

    with Stage(engine) as stage:
        text = stage.failure(lambda: stage.preview(program))
        assert f'ServicePorts "two" and "one" {SENTENCE}' in text
        assert "Traceback" not in text
        assert not stage.nf.requests


def test_two_resources_for_one_service_are_refused_when_the_service_is_an_output(engine: LocalEngine) -> None:
    def program() -> None:
        api({"http": http()}, name="one")
        api({"metrics": METRICS}, name="two", service_id=later("api"))

    with Stage(engine) as stage:
        text = stage.failure(lambda: stage.up(program))
        assert SENTENCE in text
        assert "Traceback" not in text


def test_the_default_team_counts_in_who_owns_what(engine: LocalEngine) -> None:
    def program() -> None:
        api({"http": http()}, name="one")
        api({"metrics": METRICS}, name="two", team_id="acme")

    with Stage(engine, config={"northflank:teamId": ("acme", False)}) as stage:
        assert "One resource owns the whole list of a service" in stage.failure(lambda: stage.preview(program))


def test_the_same_names_in_another_team_are_another_service(engine: LocalEngine) -> None:
    def program() -> None:
        api({"http": http()}, name="one")
        api({"metrics": METRICS}, name="two", team_id="acme")

    with Stage(engine) as stage:
        assert stage.preview(program).changes == {"create": 3}


def test_two_programs_of_one_process_may_declare_the_same_service(engine: LocalEngine) -> None:
    with Stage(engine) as one, Stage(engine) as two, concurrent.futures.ThreadPoolExecutor() as threads:
        runs = list(threads.map(lambda stage: stage.up(declares({"http": http()})), (one, two)))
        assert [ran.changes for ran in runs] == [{"create": 2}, {"create": 2}]
        assert one.live().keys() == two.live().keys() == {"http"}


def test_a_program_that_runs_again_declares_its_service_again(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        assert stage.preview(declares()).changes == {"create": 2}
        assert stage.preview(declares()).changes == {"create": 2}


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one")])
def test_a_second_stack_meets_the_ports_of_the_first(engine: LocalEngine, order: tuple[str, str]) -> None:
    """F20: nothing is dropped or overwritten, whichever stack comes second."""
    programs = {"one": declares({"http": http()}), "two": declares({"metrics": METRICS})}
    with Stage(engine) as first, Stage(engine, env=first.env()) as second:
        first.up(programs[order[0]])
        before = first.live()
        text = second.failure(lambda: second.up(programs[order[1]]))
        assert "has ports that the program does not declare" in text
        assert first.live() == before
