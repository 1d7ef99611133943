"""What the engine and the dynamic host really do: every fact that the design rests on and no documentation states."""

import functools
import json
import pathlib
import re
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest
from idle import Idle
from programs.stage import TerseStack
from pulumi import automation as auto
from typing_extensions import override
from witness import Witness

from local_engine.engine import LocalEngine, export_raw, preview_text, run_cli


class CliWithPreview(auto.PulumiCommand):
    """Runs `pulumi up` as a person does: the Automation API leaves the preview out."""

    @override
    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: auto.OnOutput | None = None,
        on_error: auto.OnOutput | None = None,
    ) -> auto.CommandResult:
        """Run everything else unchanged."""
        args = [arg for arg in args if arg != "--skip-preview"]
        return super().run(args, cwd, additional_env, on_output, on_error)


class Watched:
    """A stack of one witness, whose inputs, program and world a test changes between operations."""

    def __init__(self, engine: LocalEngine, name: str, directory: pathlib.Path) -> None:
        """Begin with no inputs, and a world that says "first"."""
        self.inputs: Callable[[], dict[str, Any]] = dict
        self.program: Callable[[], object] = lambda: Witness("one", self.inputs())
        self.log = directory / "log"
        self.seen = directory / "seen"
        self.seen.write_text("first")
        environment = {"WITNESS_LOG": str(self.log), "WITNESS_SEEN": str(self.seen)}

        def program() -> None:
            self.program()

        self.stack = engine.stack(name, program, env=environment)
        self.terse = TerseStack.of(self.stack)

    def calls(self) -> list[dict[str, Any]]:
        """The provider's calls since this was last asked."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [json.loads(line) for line in lines]

    def order(self) -> list[str]:
        """The calls since this was last asked, each with its resource; a check is `anew` that gets no former inputs."""
        return [
            f"{call['call']}{' anew' if call['call'] == 'check' and not call['olds'] else ''} {who}"
            for call in self.calls()
            for who in [(call["news"] or call["olds"])["who"]]
        ]

    def urn(self, name: str) -> str:
        """The name that the engine has for a witness."""
        return f"urn:pulumi:{self.stack.name}::local::pulumi-python:dynamic/test:Witness::{name}"

    def resource(self) -> dict[str, Any]:
        """The witness as `pulumi stack export` shows it."""
        resources = json.loads(export_raw(self.stack))["deployment"]["resources"]
        return next(one for one in resources if one["type"].endswith(":Witness"))


@pytest.fixture
def watched(engine: LocalEngine, request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Watched:
    return Watched(engine, re.sub(r"\W+", "-", f"fact-{request.node.name}").strip("-"), tmp_path)


def test_outputs_that_change_while_inputs_do_not_are_no_change_but_are_stored(watched: Watched) -> None:
    watched.stack.up()
    watched.seen.write_text("second")
    preview = watched.stack.preview(refresh=True, diff=True, color="never", expect_no_changes=True)
    assert preview.change_summary == {"same": 2}
    # It is shown all the same, under the outputs.
    assert '~ seen: "first" => "second"' in preview.stdout
    refreshed = watched.stack.refresh(expect_no_changes=True)
    assert refreshed.summary.resource_changes == {"same": 2}
    assert watched.resource()["outputs"]["seen"] == "second"
    watched.seen.write_text("third")
    up = watched.stack.up(refresh=True, expect_no_changes=True)
    assert up.summary.resource_changes == {"same": 2}
    assert watched.resource()["outputs"]["seen"] == "third"


def _raise_directly() -> None:
    raise pulumi.RunError("the sentence")


def _raise_in_an_export() -> None:
    pulumi.export("one", pulumi.Output.from_input(1).apply(lambda _: _raise_directly()))


def _raise_in_an_input() -> None:
    Idle("one", {"value": pulumi.Output.from_input(1).apply(lambda _: _raise_directly())})


@pytest.mark.parametrize("program", [_raise_directly, _raise_in_an_export, _raise_in_an_input])
def test_a_run_error_of_the_program_is_shown_as_its_sentence_without_a_traceback(
    engine: LocalEngine, program: Callable[[], None]
) -> None:
    stack = engine.stack(program.__name__.strip("_"), program)
    with pytest.raises(auto.CommandError) as caught:
        stack.preview(color="never")
    said = str(caught.value)
    assert "    error: the sentence\n" in said
    # Only an inline program says it twice; with the real language host, its exit code says that all was said.
    assert "    error: an unhandled error occurred: the sentence\n" in said
    assert "Traceback" not in said


def test_any_other_error_of_the_program_is_shown_with_a_traceback(engine: LocalEngine) -> None:
    def program() -> None:
        raise ValueError("the sentence")

    with pytest.raises(auto.InlineSourceRuntimeError, match="Traceback"):
        engine.stack("value-error", program).preview()


def test_what_is_unknown_reaches_check_as_an_unknown_at_any_depth(watched: Watched) -> None:
    def inputs() -> dict[str, Any]:
        unknown = Idle("source", {}).id
        return {
            "leaf": unknown,
            "secret": pulumi.Output.secret(unknown),
            "tree": unknown.apply(lambda value: {"inside": value}),
            "list": unknown.apply(lambda value: [value]),
            "known": {"inside": [1, unknown], "number": 1},
        }

    watched.inputs = inputs
    watched.stack.preview()
    (check,) = watched.calls()
    assert check["call"] == "check"
    unknown = "<Unknown>"
    assert check["news"] == {
        "leaf": unknown,
        "secret": unknown,
        "tree": unknown,
        "list": unknown,
        "known": {"inside": [1.0, unknown], "number": 1.0},
    }


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(lambda hush: {"list": [{"password": hush, "user": "ops"}]}, id="list-to-map"),
        pytest.param(lambda hush: {"map": {"deeper": {"list": [hush]}}}, id="nested-list-to-map"),
        pytest.param(lambda _: {"list": pulumi.Output.secret([{"old_password": "hush"}])}, id="secret-list-to-map"),
    ],
)
def test_a_list_with_a_secret_that_check_makes_a_map_is_masked_as_a_whole(
    watched: Watched, value: Callable[[Any], dict[str, Any]]
) -> None:
    watched.inputs = lambda: {"fold": True, **value(pulumi.Output.secret("hush"))}
    assert "[secret]" in preview_text(watched.stack)
    watched.stack.up()
    resource = json.dumps(watched.resource())
    assert "hush" not in resource
    assert '"ciphertext"' in resource
    assert "item0" not in resource


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(lambda hush: {"old_password": hush}, id="top"),
        pytest.param(lambda hush: {"login": {"old_password": hush}}, id="nested"),
        pytest.param(lambda hush: {"old_login": {"password": hush}}, id="moved-sub-tree"),
    ],
)
def test_a_secret_under_a_key_that_check_renames_loses_its_mark(
    watched: Watched, value: Callable[[Any], dict[str, Any]]
) -> None:
    watched.inputs = lambda: {"fold": True, **value(pulumi.Output.secret("hush"))}
    # The engine puts marks back by the path of keys. Renaming is for the program's side, before registration.
    assert re.search(r'password\s*: "hush"', preview_text(watched.stack))
    watched.stack.up()
    assert "hush" in json.dumps(watched.resource())


def test_what_provider_code_says_is_information_of_the_stack_and_no_warning(watched: Watched) -> None:
    watched.inputs = lambda: {"say": "one"}
    events: list[auto.EngineEvent] = []
    preview = watched.stack.preview(color="never", on_event=events.append)
    said = {
        event.diagnostic_event.message.strip(): event.diagnostic_event
        for event in events
        if event.diagnostic_event and "in check" in event.diagnostic_event.message
    }
    # `pulumi.log.warn` has no engine to talk to in the plugin, so it prints.
    severities = {text: event.severity for text, event in said.items()}
    assert severities == {
        "one: printed in check": "info",
        "one: stderr in check": "info#err",
        "warning: one: warned in check": "info#err",
    }
    assert {event.urn for event in said.values()} == {None}
    assert "pulumi:pulumi:Stack (local-fact" in preview.stdout.partition("Diagnostics:")[2]
    assert "4 messages" in preview.stdout


def test_with_diff_the_cli_puts_what_provider_code_says_on_stderr(watched: Watched) -> None:
    watched.inputs = lambda: {"say": "one"}
    preview = watched.stack.preview(diff=True, color="never")
    assert "in check" not in preview.stdout
    assert "warning: one: warned in check" in preview.stderr
    up = watched.stack.up(color="never")
    assert "one: printed in create" in up.stdout.partition("Diagnostics:")[2]


def test_the_cli_previews_and_updates_in_two_plugins_and_the_automation_api_in_one(
    engine: LocalEngine, watched: Watched
) -> None:
    watched.inputs = lambda: {"value": 1}
    watched.stack.up()
    calls = watched.calls()
    assert [call["call"] for call in calls] == ["check", "create"]
    assert len({call["pid"] for call in calls}) == 1
    watched.inputs = lambda: {"value": 2}
    watched.stack.workspace.pulumi_command = CliWithPreview(root=str(engine.root))
    watched.stack.up()
    calls = watched.calls()
    assert [call["call"] for call in calls] == ["check", "diff", "check", "diff", "update"]
    preview, update = calls[0]["pid"], calls[-1]["pid"]
    assert preview != update
    assert [call["pid"] for call in calls] == [preview] * 2 + [update] * 3


def test_a_resource_that_is_replaced_is_checked_twice_the_second_time_as_a_new_one(watched: Watched) -> None:
    watched.inputs = lambda: {"where": "here"}
    watched.stack.up()
    watched.calls()
    watched.inputs = lambda: {"where": "there"}
    watched.stack.preview()
    assert [call["call"] for call in watched.calls()] == ["check", "diff", "check"]
    watched.stack.up()
    calls = watched.calls()
    assert [call["call"] for call in calls] == ["check", "diff", "check", "create", "delete"]
    first, second = (call for call in calls if call["call"] == "check")
    assert first["olds"] == {"where": "here"}
    assert second["olds"] == {}
    assert first["news"] == second["news"] == {"where": "there"}


def _witness(name: str, opts: pulumi.ResourceOptions | None = None, **inputs: Any) -> Witness:
    return Witness(name, {"who": name, **inputs}, opts)


@pytest.mark.parametrize("run_program", [False, True])
def test_destroy_calls_delete_only_and_dependents_come_first(watched: Watched, run_program: bool) -> None:
    watched.program = lambda: _witness("two", value=_witness("one").seen)
    watched.terse.up()
    watched.calls()
    watched.terse.destroy(run_program=run_program)
    assert watched.order() == ["delete two", "delete one"]


@pytest.mark.parametrize(("run_program", "word"), [(False, "old"), (True, "new")])
def test_a_destroy_has_the_configuration_of_the_last_up_unless_the_program_runs(
    watched: Watched, run_program: bool, word: str
) -> None:
    watched.stack.set_config("witness:word", auto.ConfigValue("old"))
    watched.terse.up()
    watched.calls()
    watched.stack.set_config("witness:word", auto.ConfigValue("new"))
    watched.terse.destroy(run_program=run_program)
    assert [call["word"] for call in watched.calls()] == [word]


def test_a_forced_replacement_is_checked_as_new_and_created_before_the_old_one_is_deleted(watched: Watched) -> None:
    watched.program = lambda: _witness("two", value=_witness("one").seen)
    watched.terse.up()
    forced = ["check anew one", "create one", "check two", "diff two", "delete one"]
    watched.calls()
    watched.terse.up(replace=[watched.urn("one")])
    assert watched.order() == forced
    run_cli(watched.terse, "state", "taint", watched.urn("one"), "--yes")
    watched.terse.up()
    assert watched.order() == forced


def test_a_replacement_trigger_and_replace_with_replace_without_a_diff(watched: Watched) -> None:
    def program(trigger: str) -> None:
        one = _witness("one", pulumi.ResourceOptions(replacement_trigger=trigger))
        _witness("two", pulumi.ResourceOptions(replace_with=[one]))

    for trigger in ("first", "second"):
        watched.calls()
        watched.program = functools.partial(program, trigger)
        watched.terse.up()
    calls = watched.order()
    assert calls[:-2] == ["check one", "check anew one", "create one", "check two", "check anew two", "create two"]
    assert set(calls[-2:]) == {"delete one", "delete two"}


@pytest.mark.parametrize("path", ["value", "*"])
def test_replace_on_changes_does_not_replace_a_dynamic_resource(watched: Watched, path: str) -> None:
    for value in (1, 2):
        watched.calls()
        opts = pulumi.ResourceOptions(replace_on_changes=[path])
        watched.program = functools.partial(_witness, "one", opts, value=value)
        watched.terse.up()
    assert watched.order() == ["check one", "diff one", "update one"]


def test_delete_before_replace_deletes_dependents_before_they_are_checked(watched: Watched) -> None:
    def program(where: str) -> None:
        one = _witness("one", pulumi.ResourceOptions(delete_before_replace=True), where=where)
        _witness("two", where=one.seen)

    for where in ("here", "there"):
        watched.calls()
        watched.program = functools.partial(program, where)
        watched.terse.up()
    assert watched.order() == [
        *("check one", "diff one", "check anew one"),
        # What is known of the dependent at this moment: its old inputs, with unknowns in them.
        *("diff two", "delete two", "delete one", "create one"),
        *("check anew two", "create two"),
    ]


def test_a_rename_without_an_alias_creates_and_then_deletes_with_the_same_id(watched: Watched) -> None:
    watched.program = lambda: _witness("old")
    watched.terse.up()
    watched.calls()
    watched.program = lambda: _witness("new")
    watched.terse.up()
    check, create, delete = watched.calls()
    assert (check["call"], create["call"], delete["call"]) == ("check", "create", "delete")
    assert (check["olds"], check["news"], delete["olds"]["who"]) == ({}, {"who": "new"}, "old")
    assert delete["id"] == watched.resource()["id"] == "witness"


def test_a_rename_whose_create_fails_deletes_nothing_unless_errors_do_not_stop_the_run(watched: Watched) -> None:
    watched.program = lambda: _witness("old")
    watched.terse.up()
    watched.calls()
    watched.program = lambda: _witness("new", broken=True)
    with pytest.raises(auto.CommandError):
        watched.terse.up()
    assert watched.order() == ["check anew new", "create new"]
    with pytest.raises(auto.CommandError):
        watched.terse.up(continue_on_error=True)
    assert watched.order() == ["check anew new", "create new", "delete old"]


def test_a_pending_delete_comes_after_the_checks_of_a_later_up(watched: Watched) -> None:
    watched.program = lambda: _witness("old", stuck=True)
    watched.terse.up()
    watched.program = lambda: _witness("new")
    with pytest.raises(auto.CommandError):
        watched.terse.up()
    watched.calls()
    with pytest.raises(auto.CommandError):
        watched.terse.up()
    assert watched.order() == ["check new", "diff new", "delete old"]
    watched.log.with_name(f"{watched.log.name}.loose").touch()
    watched.terse.up()
    assert watched.order() == ["check new", "diff new", "delete old"]


def test_a_targeted_run_checks_nothing_else_and_deletes_what_has_left_without_any_check(watched: Watched) -> None:
    def both() -> None:
        _witness("old")
        _witness("new")

    watched.program = both
    watched.terse.up()
    watched.calls()
    watched.terse.up(target=[watched.urn("new")])
    assert watched.order() == ["check new", "diff new"]
    watched.program = lambda: _witness("new")
    watched.terse.up(target=[watched.urn("old")])
    # For the provider this is the same as a destroy of the one.
    assert watched.order() == ["delete old"]


@pytest.mark.parametrize("run_program", [False, True])
def test_a_refresh_reads_and_then_compares_with_the_roles_reversed(watched: Watched, run_program: bool) -> None:
    watched.program = lambda: _witness("one", say="one")
    watched.terse.up()
    watched.calls()
    watched.seen.write_text("second")
    shown = watched.terse.refresh(run_program=run_program, color="never").stdout.partition("Diagnostics:")[2]
    read, diff = watched.calls()
    assert (read["call"], diff["call"]) == ("read", "diff")
    # Old is what read has just returned, new is what was recorded.
    assert diff["olds"]["seen"] == "second"
    assert "seen" not in diff["news"]
    # What is printed by a provider meanwhile, and on its way out, is shown.
    assert "one: stderr in read" in shown
    assert "one: stderr at exit" in shown


@pytest.mark.parametrize("listed", [["*"], ["aws", "pulumi-python"]])
def test_a_refused_default_provider_of_dynamic_resources_fails_with_advice_that_nobody_can_follow(
    engine: LocalEngine, listed: list[str]
) -> None:
    stack = engine.stack(f"disabled-{len(listed)}", _one_idle, config=_disabled(listed))
    with pytest.raises(auto.CommandError) as caught:
        stack.preview(color="never")

    urn = f"urn:pulumi:{stack.name}::local::pulumi-python:dynamic/test:Idle::one"
    # A dynamic resource takes no explicit provider.
    said = f"error: Default provider for 'pulumi-python' disabled. '{urn}' must use an explicit provider.\n"
    assert said in str(caught.value)


def test_default_providers_that_are_refused_by_name_leave_dynamic_resources_alone(engine: LocalEngine) -> None:
    stack = engine.stack("disabled-others", _one_idle, config=_disabled(["aws", "kubernetes"]))

    assert stack.up().summary.resource_changes == {"create": 2}


def _one_idle() -> None:
    Idle("one", {})


def _disabled(packages: list[str]) -> dict[str, tuple[str, bool]]:
    return {"pulumi:disable-default-providers": (json.dumps(packages), False)}
