"""The real engine runs from a temporary home, any number of programs per process, and leaves nothing behind."""

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pulumi
import pytest
from google.protobuf import empty_pb2
from idle import Idle
from pulumi import automation as auto
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc
from typing_extensions import override

from local_engine import engine as engine_room
from local_engine.engine import LocalEngine, export_raw, preview_json, preview_text, program_of

HANGING = """
import pathlib
import sys
from local_engine.engine import LocalEngine
from pulumi import automation as auto
from witness import Witness

try:
    with LocalEngine(pathlib.Path(sys.argv[1])) as engine:
        pathlib.Path("root").write_text(str(engine.root))
        engine.stack("hanging", lambda: Witness("one", {"hang": True}) and None).up()
except auto.CommandError:
    sys.exit(3)
except KeyboardInterrupt:
    sys.exit(4)
"""

FAILING = """
import gc
import pathlib
import sys
import pulumi
from local_engine.engine import LocalEngine
from pulumi import automation as auto
from witness import Witness

def program():
    refused = [Witness(name, {"refuse": True}) for name in ("one", "two")]
    pulumi.export("waits", pulumi.Output.all(*[one.id for one in refused]))

with LocalEngine(pathlib.Path(sys.argv[1])) as engine:
    try:
        engine.stack("failing", program).up()
    except auto.CommandError:
        failed = True
gc.collect()
sys.exit(3 if failed else 0)
"""

PROGRAM = """
import os
import pulumi
from idle import Idle

runs = globals().get("runs", 0) + 1
Idle("one", {"runs": runs, "greeting": pulumi.Config().require("greeting"), "seen": os.environ["SEEN"]})
pulumi.export("name", __name__)
"""


@pytest.fixture(scope="module")
def engine(plain_engine: LocalEngine) -> LocalEngine:
    """Here it is the engine itself that is looked at, so it takes no short cut."""
    return plain_engine


def test_a_second_up_changes_nothing_and_destroy_removes_all(engine: LocalEngine) -> None:
    stack = engine.stack("life", lambda: _idle({"value": 1}))
    assert stack.up().summary.resource_changes == {"create": 2}
    assert stack.up().summary.resource_changes == {"same": 2}
    assert stack.destroy().summary.resource_changes == {"delete": 2}
    assert engine.processes() == []


def test_a_stack_continues_under_its_name_with_another_program(engine: LocalEngine) -> None:
    engine.stack("continued", lambda: _idle({"value": 1})).up()
    stack = engine.stack("continued", lambda: _idle({"value": 2}))
    text = preview_text(stack)
    assert "~ value: 1 => 2" in text
    # The dynamic host of the test is the one the engine expects: it does not warn about it.
    assert "warning" not in text


def test_programs_of_one_process_do_not_see_each_other(engine: LocalEngine) -> None:
    def outputs(number: int) -> auto.OutputMap:
        def program() -> None:
            _idle({"value": number})
            pulumi.export("number", number)

        return engine.stack(f"side-{number}", program, project=f"side-{number}").up().outputs

    with concurrent.futures.ThreadPoolExecutor() as threads:
        found = list(threads.map(outputs, range(3)))
    assert [one["number"].value for one in found] == [0, 1, 2]


def test_the_raw_export_keeps_secrets_encrypted(engine: LocalEngine) -> None:
    stack = engine.stack("sealed", lambda: _idle({"open": "plain", "shut": pulumi.Output.secret("hush")}))
    stack.up()
    assert "hush" in json.dumps(stack.export_stack().deployment)
    raw = export_raw(stack)
    assert "hush" not in raw
    (resource,) = (one for one in json.loads(raw)["deployment"]["resources"] if one["type"].endswith(":Idle"))
    assert resource["inputs"]["open"] == "plain"
    assert "ciphertext" in resource["inputs"]["shut"]


def test_the_json_preview_is_the_text_of_the_cli(engine: LocalEngine) -> None:
    preview = json.loads(preview_json(engine.stack("json", lambda: _idle({"value": 1}))))
    assert preview["changeSummary"] == {"create": 2}
    assert preview["steps"][1]["newState"]["inputs"]["value"] == 1


def test_a_project_runs_from_its_directory_and_nothing_is_written_there(
    engine: LocalEngine, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "__main__.py").write_text(PROGRAM)
    settings = "name: from-file\nruntime:\n  name: python\n  options:\n    virtualenv: .venv\n"
    (tmp_path / "Pulumi.yaml").write_text(settings)
    stack = engine.stack(
        "dev",
        program_of(tmp_path),
        work_dir=tmp_path,
        env={"SEEN": "by the program"},
        config={"greeting": ("hello", False), "from-file:password": ("hush", True)},
    )
    result = stack.up()
    assert result.outputs["name"].value == "__main__"
    assert result.summary.resource_changes == {"create": 2}
    # Module variables begin anew with every run: `runs` is 1 again.
    assert stack.up().summary.resource_changes == {"same": 2}
    state = export_raw(stack)
    assert "urn:pulumi:dev::from-file::" in state
    assert '"seen": "by the program"' in state
    assert "SEEN" not in os.environ
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["Pulumi.yaml", "__main__.py"]
    assert (tmp_path / "Pulumi.yaml").read_text() == settings


def test_a_persons_own_account_and_stack_stay_out(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "https://api.pulumi.example")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "made-up")
    monkeypatch.setenv("PULUMI_STACK", "production")
    stack = engine.stack("apart", lambda: _idle({}))
    assert stack.up().summary.resource_changes == {"create": 2}
    assert stack.workspace.who_am_i().url == (engine.root / "state").as_uri()


def test_everything_is_gone_when_the_engine_is_left(
    pulumi_cli: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = dict(os.environ)
    with LocalEngine(pulumi_cli) as engine:
        root = engine.root
        engine.stack("gone", lambda: _idle({"value": 1}), env={"SEEN": "1"}).up()
        assert [entry.name for entry in tmp_path.iterdir()] == [root.name]
    assert list(tmp_path.iterdir()) == []
    assert _processes_of(root) == []
    assert dict(os.environ) == before


def test_a_plugin_that_outlives_its_engine_is_ended(hanging: "Hanging") -> None:
    os.kill(hanging.cli, signal.SIGKILL)
    # The engine puts its plugins into process groups of their own, so this one lives on until the home is left.
    assert hanging.run.wait() == 3
    assert _processes_of(hanging.root) == []
    assert not hanging.root.exists()


def test_ctrl_c_ends_the_operation_and_its_plugin(hanging: "Hanging") -> None:
    hanging.run.send_signal(signal.SIGINT)
    assert hanging.run.wait() == 4
    assert _processes_of(hanging.root) == []
    assert not hanging.root.exists()


@dataclasses.dataclass(frozen=True)
class Hanging:
    """A process whose `up` waits for ever in the plugin's create."""

    run: subprocess.Popen[bytes]
    root: pathlib.Path
    cli: int


@pytest.fixture
def hanging(pulumi_cli: pathlib.Path, tmp_path: pathlib.Path) -> Iterator[Hanging]:
    # A process of its own: the SDK leaves an event loop open when its engine dies, and would leave it in ours.
    log, script = tmp_path / "log", tmp_path / "hanging.py"
    script.write_text(HANGING)
    environment = {**os.environ, "WITNESS_LOG": str(log), "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, script, pulumi_cli], env=environment, cwd=tmp_path) as run:
        try:
            _until(lambda: (log.exists() and '"create"' in log.read_text()) or run.poll() is not None)
            plugin = json.loads(log.read_text().splitlines()[0])["pid"]
            root = pathlib.Path((tmp_path / "root").read_text())
            (cli,) = {int(pid) for pid in _processes_of(root)} - {plugin}
            yield Hanging(run, root, cli)
        finally:
            run.kill()


def test_a_run_that_fails_leaves_no_event_loop_open(pulumi_cli: pathlib.Path, tmp_path: pathlib.Path) -> None:
    script = tmp_path / "failing.py"
    script.write_text(FAILING)
    run = subprocess.run(
        [sys.executable, "-X", "dev", script, pulumi_cli],
        env={**os.environ, "WITNESS_LOG": str(tmp_path / "log"), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 3
    assert "Warning" not in run.stderr
    assert "Exception ignored" not in run.stderr


def test_an_engine_is_reached_on_a_port_where_an_earlier_one_has_just_ended() -> None:
    server, port = _engine_server(0)
    earlier = pulumi.runtime.Settings("project", "stack", engine=f"127.0.0.1:{port}").engine
    server.stop(None).wait()
    with pytest.raises(grpc.RpcError, match="UNAVAILABLE"):
        earlier.Log(engine_pb2.LogRequest())
    server, _ = _engine_server(port)
    later = pulumi.runtime.Settings("project", "stack", engine=f"127.0.0.1:{port}").engine
    assert later.Log(engine_pb2.LogRequest()) == empty_pb2.Empty()
    server.stop(None).wait()


class _Listening(engine_pb2_grpc.EngineServicer):
    @override
    def Log(self, request: Any, context: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()


def _engine_server(port: int) -> tuple[Any, int]:
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(1))
    engine_pb2_grpc.add_EngineServicer_to_server(_Listening(), server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, bound


def test_an_engine_that_is_not_open_says_so(pulumi_cli: pathlib.Path) -> None:
    with pytest.raises(RuntimeError, match="use it in a `with` statement"):
        LocalEngine(pulumi_cli).stack("none", lambda: None)


def test_a_failed_operation_shows_what_the_cli_said(engine: LocalEngine) -> None:
    stack = engine.stack("bare", lambda: None)
    with pytest.raises(auto.CommandError, match="unknown flag"):
        engine_room.run_cli(stack, "stack", "export", "--no-such-flag")


def _idle(inputs: dict[str, object]) -> None:
    Idle("one", inputs)


def _until(done: Callable[[], bool]) -> None:
    """Wait as long as it takes: the suite's time limit ends a wait that never does."""
    while not done():
        time.sleep(0.01)


def _processes_of(root: pathlib.Path) -> list[str]:
    """Every process of this machine that runs with the engine's home in its environment."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if str(root).encode() in (process / "environ").read_bytes():
                found.append(process.name)
        except OSError:  # it ended, or is another user's
            continue
    return found


def test_an_engine_in_the_background_heeds_interrupts(pulumi_cli: pathlib.Path, tmp_path: pathlib.Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import pathlib, signal, sys\n"
        "from local_engine.engine import LocalEngine\n"
        "before = signal.getsignal(signal.SIGINT)\n"
        "with LocalEngine(pathlib.Path(sys.argv[1])):\n"
        "    print(before is signal.SIG_IGN, signal.getsignal(signal.SIGINT) is signal.default_int_handler)\n"
    )
    background = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, str(script), str(pulumi_cli)]
    printed = subprocess.run(background, capture_output=True, text=True, check=True).stdout

    assert printed.split() == ["True", "True"]
