"""A service that the program still declares keeps its ports, whatever becomes of the resource that declared it."""

import json
import pathlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pytest
from kills import end, started, until
from programs.later import Later
from programs.shop import METRICS, Group, api, declares, guarded, http, several
from programs.stage import Json, Ran, Stage, says_it_stays
from witness import Witness

from local_engine.engine import LocalEngine

pytestmark = pytest.mark.both_hosts

CHANGED: Final = {"http": http(internal_port=8081), "metrics": METRICS}
GUARDED: Final = {"http": guarded(domains=["api.shop.example"]), "metrics": METRICS}
LISTS: Final = {
    "shrunk": (["a", "b", "c"], ["b", "c"]),
    "grown": (["b", "c"], ["a", "b", "c"]),
    "turned": (["a", "b", "c"], ["c", "a", "b"]),
}
"""Services by their place in a list, before and after."""
FORCED: Final = ("tainted", "asked", "trigger", "trigger-delete-first")
SERVICES: Final = (
    *("renamed", "guarded", "entered", "left", "family", "right-hand", "left-hand", "changed", "beside", "source"),
    *(f"{case}-{letter}" for case in LISTS for letter in "abc"),
    *FORCED,
)


def _refactored(step: int) -> None:
    """The whole program before (0) and after (1) its refactoring."""
    trigger = str(step)
    several({("old", "new")[step]: "renamed"})
    api(GUARDED, name=("old-guarded", "new-guarded")[step], service_id="guarded")
    group = pulumi.ResourceOptions(parent=Group())
    several({"enters": "entered"}, opts=group if step else None)
    several({"leaves": "left"}, opts=None if step else group)
    several({"child": "family"}, opts=pulumi.ResourceOptions(parent=Group(("parent", "other-parent")[step])))
    several({"one": "right-hand", "two": "left-hand"} if step else {"one": "left-hand", "two": "right-hand"})
    for case, lists in LISTS.items():
        several({f"{case}-{place}": f"{case}-{letter}" for place, letter in enumerate(lists[step])})
    several({"tainted": "tainted", "asked": "asked"})
    several({"trigger": "trigger"}, opts=pulumi.ResourceOptions(replacement_trigger=trigger))
    delete_first = pulumi.ResourceOptions(replacement_trigger=trigger, delete_before_replace=True)
    several({"trigger-delete-first": "trigger-delete-first"}, opts=delete_first)
    source = Later("source", 1, pulumi.ResourceOptions(replacement_trigger=trigger))
    several({"beside": "beside"}, opts=pulumi.ResourceOptions(replace_with=[source]))
    api(CHANGED if step else None, name="changed", service_id="changed", on_conflict="overwrite")


def still_declared(text: str, service: str) -> list[str]:
    """The lines about one service that say that it is declared still, and so keeps its ports."""
    return says_it_stays(text, f"shop/{service}", rf"^(warning: )?shop/{service}: .*declare")


@dataclass
class Refactored:
    """What a refactoring did."""

    stage: Stage
    before: dict[str, dict[str, Json]]
    ran: Ran
    refreshed: Ran
    again: Ran

    def is_left_alone(self, service: str) -> bool:
        """Whether nothing was written to a service and all is as it was."""
        return service not in self.ran.writes and self.stage.live(service) == self.before[service] != {}

    def said(self, service: str) -> list[str]:
        """The lines that say that a service keeps its ports because it is declared."""
        return still_declared(self.ran.text, service)


@pytest.fixture(scope="module")
def refactored(engine: LocalEngine) -> Iterator[Refactored]:
    """The program, before and after its refactoring, and once more: one stack for every way to refactor it."""
    with Stage(engine) as stage:
        for service in SERVICES:
            stage.nf.add_service("shop", service)
        stage.up(lambda: _refactored(0))
        before = {service: stage.live(service) for service in SERVICES}
        stage.nf.clear_requests()
        stage.cli("state", "taint", "--yes", stage.urn("tainted"))
        forced = [stage.urn(name) for name in ("asked", "changed")]
        ran = stage.up(lambda: _refactored(1), replace=forced)
        refreshed, again = stage.refresh(), stage.up()
        yield Refactored(stage, before, ran, refreshed, again)


def test_f36_a_renamed_resource_leaves_the_ports_of_its_service(refactored: Refactored) -> None:
    assert refactored.is_left_alone("renamed")
    assert len(refactored.said("renamed")) == 1


def test_f36_ports_behind_checks_survive_a_rename(refactored: Refactored) -> None:
    assert refactored.is_left_alone("guarded")
    assert len(refactored.said("guarded")) == 1


@pytest.mark.parametrize("service", ["entered", "left"])
def test_f36_a_move_into_a_component_or_out_of_it_leaves_the_ports(refactored: Refactored, service: str) -> None:
    assert refactored.is_left_alone(service)
    assert len(refactored.said(service)) == 1


def test_f36_a_renamed_component_leaves_the_ports_of_its_children(refactored: Refactored) -> None:
    assert refactored.is_left_alone("family")


@pytest.mark.parametrize("service", FORCED)
def test_f36_a_forced_replacement_leaves_the_ports(refactored: Refactored, service: str) -> None:
    assert refactored.is_left_alone(service)
    assert len(refactored.said(service)) == 1


def test_f36_a_replacement_along_with_another_resource_leaves_the_ports(refactored: Refactored) -> None:
    assert refactored.is_left_alone("beside")
    assert len(refactored.said("beside")) == 1


def test_f36_a_forced_replacement_with_a_change_writes_once_and_never_clears(refactored: Refactored) -> None:
    assert refactored.ran.writes.count("changed") == 1
    assert refactored.stage.lists("changed") == [{"http", "metrics"}]
    assert refactored.stage.live("changed")["http"]["internalPort"] == 8081


def test_f36_resources_that_swap_their_services_leave_the_ports(refactored: Refactored) -> None:
    assert refactored.is_left_alone("left-hand")
    assert refactored.is_left_alone("right-hand")


@pytest.mark.parametrize("case", LISTS)
def test_f36_resources_that_shift_over_a_list_leave_what_is_still_in_it(refactored: Refactored, case: str) -> None:
    before, after = map(set, LISTS[case])

    assert all(refactored.is_left_alone(f"{case}-{letter}") for letter in before & after)
    assert all(refactored.stage.live(f"{case}-{letter}") == {} for letter in before - after)
    assert all(refactored.stage.live(f"{case}-{letter}").keys() == {"http", "metrics"} for letter in after - before)


def test_f36_a_refactored_program_comes_to_rest(refactored: Refactored) -> None:
    assert refactored.ran.changes["create"] >= 4
    assert refactored.refreshed.changes.keys() == {"same"}
    assert refactored.again.changes.keys() == {"same"}
    assert not refactored.again.calls


def test_f36_a_rename_with_a_change_is_refused_and_an_alias_is_the_way_out(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares(name="old"))
        before = stage.live()
        changed = stage.failure(lambda: stage.up(declares(CHANGED, name="new")))
        shorter = stage.failure(lambda: stage.up(declares({"http": http()}, name="new")))

        assert "add an alias" in changed
        assert "metrics" in shorter
        assert "add an alias" in shorter
        assert "Traceback" not in changed + shorter
        assert stage.live() == before

        opts = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old")])
        ran = stage.up(declares(CHANGED, name="new", opts=opts))
        assert ran.changes == {"same": 1, "update": 1}
        assert ran.writes == ["api"]
        assert stage.live()["http"]["internalPort"] == 8081


def test_f36_a_rename_of_a_target_alone_leaves_the_ports(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares(name="old"))
        before = stage.live()
        ran = stage.up(declares(name="new"), target=[stage.urn("old").replace("::old", "::new")])
        assert ran.writes == []

        assert stage.up().writes == []
        assert stage.resources().keys() == {"new"}
        assert stage.live() == before


def test_f36_a_rename_that_fails_and_goes_on_all_the_same_leaves_the_ports(engine: LocalEngine) -> None:
    """With --continue-on-error the old resource goes although the new one could not be made."""
    with Stage(engine) as stage:
        stage.up(declares(name="old"))
        before = stage.live()
        stage.failure(lambda: stage.up(declares(CHANGED, name="new"), continue_on_error=True))

        assert stage.lists() == [{"http", "metrics"}]
        assert stage.live() == before


def test_f36_a_rename_in_an_up_with_refresh_leaves_the_ports(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares(name="old"))
        before = stage.live()
        ran = stage.up(declares(name="new"), refresh=True)

        assert ran.writes == []
        assert stage.live() == before
        assert stage.destroy(refresh=True).changes == {"delete": 2}


def test_f36_a_service_id_whose_source_is_replaced_leaves_the_ports(engine: LocalEngine) -> None:
    """With delete_before_replace the engine asks for the delete before it knows the id, and before it checks it."""

    def declare(trigger: str) -> None:
        for service, delete_first in (("api", True), ("web", False)):
            opts = pulumi.ResourceOptions(replacement_trigger=trigger, delete_before_replace=delete_first)
            api(name=service, service_id=Later(f"{service}-id", service, opts).out)

    with Stage(engine) as stage:
        stage.up(lambda: declare("first"))
        before = stage.live(), stage.live("web")
        ran = stage.up(lambda: declare("second"))

        assert ran.writes == []
        assert (stage.live(), stage.live("web")) == before
        assert not stage.up(expect_no_changes=True).calls


def test_f36_replace_on_changes_never_takes_the_ports_away(engine: LocalEngine) -> None:
    opts = pulumi.ResourceOptions(replace_on_changes=["*"], delete_before_replace=True)
    with Stage(engine) as stage:
        stage.up(declares(opts=opts))
        stage.up(declares(CHANGED, opts=opts, on_conflict="overwrite"))

        assert all(names == {"http", "metrics"} for names in stage.lists())
        assert stage.live()["http"]["internalPort"] == 8081


def test_f36_two_services_that_swap_their_domains_come_to_rest(engine: LocalEngine) -> None:
    def declare(*services: str) -> None:
        for name, service, domain in zip(("one", "two"), services, ("api", "www"), strict=True):
            ports = {"http": http(domains=[f"{domain}.shop.example"]), "metrics": METRICS}
            api(ports, name=name, service_id=service, on_conflict="overwrite")

    with Stage(engine) as stage:
        stage.up(lambda: declare("api", "web"))
        stage.up(lambda: declare("web", "api"))

        assert stage.live()["http"]["domains"] == ["www.shop.example"]
        assert stage.live("web")["http"]["domains"] == ["api.shop.example"]
        for service in ("api", "web"):
            assert all(names == {"http", "metrics"} for names in stage.lists(service))
        assert stage.up(refresh=True).changes == {"same": 3}


def test_f36_a_replacement_that_deletes_first_hands_over_what_was_there_before(engine: LocalEngine) -> None:
    def declare(trigger: str) -> None:
        opts = pulumi.ResourceOptions(replacement_trigger=trigger, delete_before_replace=True)
        api(opts=opts, unmanaged="remove", on_delete="restore")

    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "api", [{"name": "foreign", "internalPort": 7000, "protocol": "TCP"}])
        stage.up(lambda: declare("first"))
        ran = stage.up(lambda: declare("second"))
        assert ran.writes == []
        assert stage.live().keys() == {"http", "metrics"}
        stage.destroy()

        assert stage.live().keys() == {"foreign"}
        # Nothing was lost, so nothing of the kind may be said.
        assert ran.lines("shop/api", "restore", "foreign", "forg") == []


def _cut(step: int) -> None:
    """Refactorings that are cut (1) before the engine comes to its deletes, and finished later (2)."""

    def fail(_known: Any) -> None:
        raise pulumi.RunError("cut here")

    several({("old", "new", "new")[step]: "renamed", "asked": "asked"})
    several({"enters": "entered"}, opts=pulumi.ResourceOptions(parent=Group()) if step else None)
    last = api(name="last", service_id="web", opts=pulumi.ResourceOptions(replacement_trigger=str(min(step, 1))))
    if step == 1:
        pulumi.export("cut", last.port_ids.apply(fail))


def test_f37_what_was_cut_in_the_middle_is_finished_without_a_write(engine: LocalEngine) -> None:
    services = ("renamed", "asked", "entered", "web")
    with Stage(engine) as stage:
        for service in services[:-1]:
            stage.nf.add_service("shop", service)
        stage.up(lambda: _cut(0))
        before = {service: stage.live(service) for service in services}
        stage.failure(lambda: stage.up(lambda: _cut(1), replace=[stage.urn("asked")]))
        ran = stage.up(lambda: _cut(2))

        assert ran.writes == []
        assert {service: stage.live(service) for service in services} == before
        assert [len(still_declared(ran.text, service)) for service in services] == [1] * 4
        assert not stage.up(expect_no_changes=True).calls


def test_f37_a_rename_that_was_killed_between_create_and_delete_is_finished_without_a_write(
    engine: LocalEngine, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "witness"
    monkeypatch.setenv("WITNESS_LOG", str(log))
    with Stage(engine, env={"WITNESS_LOG": str(log)}) as stage:
        stage.up(declares({"metrics": METRICS}, name="old"))
        before = stage.live()

        def recorded() -> int:
            """How often the state file has the service: the engine writes it after the create has answered."""
            states = (engine.root / "state").rglob(f"{stage.stack.name}.json")
            return sum(len(re.findall(r'"id":\s*"shop/api"', state.read_text())) for state in states)

        def renamed(*, hangs: bool) -> None:
            """The same under another name; with `hangs`, the run stands still before it deletes anything."""
            made = api({"metrics": METRICS}, name="renamed")
            if hangs:
                Witness("after", {"hang": True}, pulumi.ResourceOptions(depends_on=[made]))

        with started(engine, lambda: stage.up(lambda: renamed(hangs=True))) as run:
            until(lambda: run.done() or recorded() == 2)
            end(engine, "both")
        stage.stack.cancel()
        state = json.loads(stage.raw_state())["deployment"]["resources"]
        assert [one.get("id") for one in state].count("shop/api") == 2
        ran = stage.up(lambda: renamed(hangs=False))

        assert ran.writes == []
        assert stage.live() == before
        assert stage.resources().keys() == {"renamed"}
        assert not stage.up(expect_no_changes=True).calls


def test_f37_a_destroy_after_a_rename_that_was_cut_clears_the_ports(engine: LocalEngine) -> None:
    def fail(_known: Any) -> None:
        raise pulumi.RunError("cut here")

    with Stage(engine) as stage:
        stage.up(declares(name="old"))
        stage.failure(lambda: stage.up(lambda: pulumi.export("cut", api(name="new").port_ids.apply(fail))))
        stage.destroy()

        assert stage.live() == {}
        assert stage.resources() == {}


def test_destroy_clears_the_ports_even_where_the_program_runs(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares())
        stage.destroy(run_program=True)

        assert stage.live() == {}


def test_a_destroy_after_a_rename_clears_the_ports_or_says_that_they_stay(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares(name="old"))
        stage.up(declares(name="new"))
        ran = stage.destroy()

        assert stage.live() == {} or says_it_stays(ran.text)
