"""What the engine and the dynamic host really do: every fact that the design rests on and no documentation states."""

import json
import pathlib
import re
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest
from idle import Idle
from pulumi import automation as auto
from typing_extensions import override
from witness import Witness

from nf_ports.cli.engine import LocalEngine, export_raw, preview_text


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
    """A stack of one witness, whose inputs and whose world a test changes between operations."""

    def __init__(self, engine: LocalEngine, name: str, directory: pathlib.Path) -> None:
        """Begin with no inputs, and a world that says "first"."""
        self.inputs: Callable[[], dict[str, Any]] = dict
        self.log = directory / "log"
        self.seen = directory / "seen"
        self.seen.write_text("first")
        environment = {"WITNESS_LOG": str(self.log), "WITNESS_SEEN": str(self.seen)}

        def program() -> None:
            Witness("one", self.inputs())

        self.stack = engine.stack(name, program, env=environment)

    def calls(self) -> list[dict[str, Any]]:
        """The provider's calls since this was last asked."""
        lines = self.log.read_text().splitlines()
        self.log.unlink()
        return [json.loads(line) for line in lines]

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
    assert "3 messages" in preview.stdout


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
