"""One resource owns the list of a service: a second one in one program is refused, in another program it is not."""

import concurrent.futures
import re
from collections.abc import Callable

import pulumi
import pytest
from programs.later import later
from programs.shop import METRICS, api, declares, http
from programs.stage import Stage

from local_engine.engine import LocalEngine

pytestmark = pytest.mark.both_hosts

SENTENCE = "both declare the ports of shop/api. One resource owns the complete list of a service"


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


def in_a_component() -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(parent=pulumi.ComponentResource("test:index:Group", "group"))


def same_name_elsewhere() -> None:
    api({"http": http()}, name="ports")
    api({"metrics": METRICS}, name="ports", opts=in_a_component())


def team_of_none() -> None:
    api({"http": http()}, name="ports")
    api({"metrics": METRICS}, name="more", team_id=pulumi.Output.from_input(None))


def service_ignored() -> None:
    api({"http": http()}, name="ports", service_id="web", opts=pulumi.ResourceOptions(ignore_changes=["serviceId"]))
    api({"metrics": METRICS}, name="more")


def service_transformed() -> None:
    def to_api(given: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult:
        return pulumi.ResourceTransformResult({**given.props, "serviceId": "api"}, given.opts)

    api({"http": http()}, name="ports")
    api({"metrics": METRICS}, name="more", service_id="web", opts=pulumi.ResourceOptions(transforms=[to_api]))


@pytest.mark.parametrize("program", [same_name_elsewhere, team_of_none, service_ignored, service_transformed])
@pytest.mark.parametrize("settled", [True, False])
def test_a_second_resource_that_no_program_can_see_drops_nothing_of_the_first(
    engine: LocalEngine, program: Callable[[], None], *, settled: bool
) -> None:
    with Stage(engine) as stage:
        if settled or program is service_ignored:
            stage.up(declares({"http": http()}, name="ports"))
        for _ in range(3):
            text = stage.failure(lambda: stage.up(program))
            # Where the second one comes first, the ports of the first are those of a stranger.
            assert re.search(
                "One resource owns the complete list of a service|has ports that the program does not", text
            )

        assert [names for names in stage.lists("api") if names] == [set(stage.live())] * bool(stage.live())
        assert len(stage.live()) == 1 or program is team_of_none


def test_ids_that_are_numbers_are_a_fault_and_no_traceback(engine: LocalEngine) -> None:
    def program() -> None:
        api({"http": http()}, name="one", service_id=5)
        api({"http": http()}, name="two", service_id=5)

    with Stage(engine) as stage:
        assert "Traceback" not in stage.failure(lambda: stage.up(program))


def test_the_default_team_counts_in_who_owns_what(engine: LocalEngine) -> None:
    def program() -> None:
        api({"http": http()}, name="one")
        api({"metrics": METRICS}, name="two", team_id="acme")

    with Stage(engine, config={"northflank:teamId": ("acme", False)}) as stage:
        assert "One resource owns the complete list of a service" in stage.failure(lambda: stage.preview(program))


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
