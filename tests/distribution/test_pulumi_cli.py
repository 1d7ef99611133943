"""Where the `pulumi` CLI comes from, told with real programs on a real PATH."""

import functools
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from local_engine import go_build
from local_engine.pulumi_cli import PulumiNotFoundError, cache_directory, find_pulumi

# A port of loopback on which nothing listens: the installer's site is out of reach, at once and everywhere.
CLOSED = "http://127.0.0.1:9"

WRITES_A_CLI = """
for argument; do
  if [ "$before" = -o ]; then out="$argument"; fi
  before="$argument"
done
echo once >> "$BUILDS"
printf '#!/bin/sh\\necho v3.259.0\\n' > "$out"
/bin/chmod +x "$out"
"""


class Machine:
    """A PATH, a home and a cache that hold nothing but what the test puts there."""

    def __init__(self, root: pathlib.Path) -> None:
        """Begin with an empty directory on PATH."""
        self.path = root / "bin"
        self.cache = root / "cache"
        self.builds = root / "builds"
        self.lines: list[str] = []
        self.path.mkdir()

    def program(self, path: pathlib.Path, script: str) -> pathlib.Path:
        """Write an executable."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    def pulumi(self, path: pathlib.Path, version: str = "v3.259.0") -> pathlib.Path:
        """Write a CLI that knows its version."""
        return self.program(path, f"echo {version}")

    def go(self, version: str = "go1.99.1", build: str = WRITES_A_CLI) -> pathlib.Path:
        """Put a Go on PATH that runs the script `build` for `go build`."""
        script = f'if [ "$1" = version ]; then echo "go version {version} linux/amd64"; exit; fi\n{build}'
        return self.program(self.path / "go", script)

    def find(self) -> pathlib.Path:
        """Look the CLI up in this process, and keep what is reported."""
        return find_pulumi(self.lines.append)

    def command(self) -> subprocess.Popen[str]:
        """Start the look-up as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "local_engine.pulumi_cli"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )


@pytest.fixture
def machine(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    monkeypatch.delenv("PULUMI_COMMAND", raising=False)
    monkeypatch.setenv("PATH", str(machine.path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(machine.cache))
    monkeypatch.setenv("BUILDS", str(machine.builds))
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, CLOSED)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return machine


def test_a_named_path_wins_over_the_path_variable(
    machine: Machine, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.pulumi(machine.path / "pulumi")
    named = machine.pulumi(tmp_path / "elsewhere" / "my-pulumi")
    monkeypatch.setenv("PULUMI_COMMAND", str(named))
    assert machine.find() == named


def test_a_bare_name_is_looked_up_on_the_path(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.pulumi(machine.path / "pulumi")
    named = machine.pulumi(machine.path / "pulumi-beta", "v3.260.0-alpha.1")
    monkeypatch.setenv("PULUMI_COMMAND", "pulumi-beta")
    assert machine.find() == named


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        pytest.param(None, "there is no program", id="missing"),
        pytest.param("exit 3", "exit status 3", id="failing"),
        pytest.param("echo hello", "answered no version", id="not-pulumi"),
        pytest.param("echo v3.192.0", "is version 3.192.0, and 3.193.0 or a later 3.x is needed", id="too-old"),
        pytest.param("echo v4.0.0", "is version 4.0.0", id="next-major"),
    ],
)
def test_an_unusable_named_cli_is_an_error_and_no_other_is_taken(
    machine: Machine, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, script: str | None, reason: str
) -> None:
    machine.pulumi(machine.path / "pulumi")
    named = tmp_path / "named"
    if script is not None:
        machine.program(named, script)
    monkeypatch.setenv("PULUMI_COMMAND", str(named))
    with pytest.raises(PulumiNotFoundError) as caught:
        machine.find()
    assert str(caught.value).startswith("PULUMI_COMMAND does not name a usable pulumi CLI: ")
    assert reason in str(caught.value)
    assert str(caught.value).endswith("Correct the variable, or unset it.")


@pytest.mark.parametrize("proxy", ["http://proxy:abc", f"http://{'a' * 64}:3128", "http://u:hunter2/@proxy:x"])
def test_a_proxy_that_cannot_be_read_is_no_connection(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    # What was asked before, through another proxy, must not count any more.
    with pytest.raises(PulumiNotFoundError):
        machine.find()
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy)
    with pytest.raises(PulumiNotFoundError, match="check HTTPS_PROXY") as caught:
        machine.find()
    assert "hunter2" not in str(caught.value)


def test_the_path_is_asked_before_the_cache(machine: Machine) -> None:
    machine.pulumi(cache_directory() / "pulumi")
    on_path = machine.pulumi(machine.path / "pulumi")
    assert machine.find() == on_path


@pytest.mark.parametrize("place", ["pulumi", "bin/pulumi"], ids=["built", "installed"])
def test_the_cache_is_used_where_the_path_has_none(machine: Machine, place: str) -> None:
    cached = machine.pulumi(cache_directory() / place)
    assert machine.find() == cached
    assert machine.lines == []


def test_a_cli_on_the_path_that_is_too_old_is_passed_over(machine: Machine) -> None:
    machine.pulumi(machine.path / "pulumi", "v3.1.0")
    cached = machine.pulumi(cache_directory() / "pulumi")
    assert machine.find() == cached


def test_the_cache_has_a_place_of_its_own_for_each_pin_of_the_sources(machine: Machine) -> None:
    assert cache_directory().parent == machine.cache / "nf-ports"
    assert len(cache_directory().name) == len("pulumi-") + 12


def test_a_missing_cli_is_built_once_and_said_so(machine: Machine) -> None:
    machine.go()
    built = machine.find()
    assert built == cache_directory() / "pulumi"
    assert machine.lines[0] == (
        "building the pulumi CLI from source: about 5 minutes on 2 cores, once; to use a CLI of yours, stop here"
        " (Ctrl-C) and set PULUMI_COMMAND to its path"
    )
    assert machine.lines[-1].startswith("built the pulumi CLI in ")
    assert machine.find() == built
    assert machine.builds.read_text().splitlines() == ["once"]
    assert sorted(entry.name for entry in built.parent.iterdir()) == ["lock", "pulumi"]


def test_a_build_tells_how_far_it_is(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(go_build, "_REPORT_EVERY_S", 0.5)
    fetched = "go: downloading example.com/a v1.0.0\\ngo: downloading example.com/b v1.0.0\\n"
    machine.go(build=f"printf '{fetched}errors\\nexample.com/a/c-d\\nfmt\\n' >&2; /bin/sleep 1.2\n{WRITES_A_CLI}")
    machine.find()
    assert machine.lines[1].startswith("building the pulumi CLI: 2 modules fetched, 3 packages compiled (")


@pytest.mark.parametrize("script", ["exit 1", "kill -9 $$", "echo"], ids=["failing", "crashing", "mute"])
def test_a_broken_binary_in_the_cache_is_replaced(machine: Machine, script: str) -> None:
    broken = machine.program(cache_directory() / "pulumi", script)
    machine.go()
    assert machine.find() == broken
    assert "v3.259.0" in broken.read_text()


def test_half_a_binary_in_the_cache_is_replaced(machine: Machine) -> None:
    half = cache_directory() / "pulumi"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"\x7fELF\x02\x01\x01")
    half.chmod(0o755)
    machine.go()
    assert machine.find() == half
    assert "v3.259.0" in half.read_text()


def test_two_processes_that_need_a_cli_build_one(machine: Machine) -> None:
    machine.go()
    commands = [machine.command(), machine.command()]
    answers = [command.communicate() for command in commands]
    assert [command.returncode for command in commands] == [0, 0]
    assert [out for out, _ in answers] == [f"{cache_directory() / 'pulumi'}\n"] * 2
    assert machine.builds.read_text().splitlines() == ["once"]


def test_the_build_cannot_be_loosened_from_outside(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFLAGS", "-mod=mod")
    machine.go(build=f'echo "$GOFLAGS $GOWORK" > "$BUILDS.flags"\n{WRITES_A_CLI}')
    machine.find()
    assert machine.builds.with_suffix(".flags").read_text() == "-mod=readonly off\n"


@pytest.mark.parametrize(
    ("go", "reason"),
    [
        pytest.param(None, "build with Go: there is no `go` on PATH, and Go 1.26.6 or later is needed", id="none"),
        pytest.param({"version": "go1.25.2"}, "go1.25.2 linux/amd64, and Go 1.26.6 or later is needed", id="too-old"),
        pytest.param({"build": "echo no route to proxy; exit 1"}, "ended with 1: no route to proxy", id="failing"),
        pytest.param({"build": "exit 0"}, "`go build` wrote no binary", id="writes-nothing"),
    ],
)
def test_where_nothing_works_every_way_is_named_with_its_reason(
    machine: Machine, go: dict[str, str] | None, reason: str
) -> None:
    if go is not None:
        machine.go(**go)
    with pytest.raises(PulumiNotFoundError) as caught:
        machine.find()
    lines = str(caught.value).splitlines()
    assert lines[0] == "no usable pulumi CLI was found, and none could be made:"
    assert [line.split(":")[0] for line in lines[1:-1]] == [
        "  - PATH",
        "  - cache",
        "  - installer",
        "  - build with Go",
    ]
    assert reason in lines[4]
    assert lines[-1].startswith("Install the CLI (")
    # What was begun is gone again.
    assert [entry.name for entry in cache_directory().iterdir()] == ["lock"]


def test_a_cache_that_cannot_be_written_is_a_reason_too(machine: Machine) -> None:
    machine.cache.write_text("a file where the directory should be")
    with pytest.raises(PulumiNotFoundError, match="cannot be written"):
        machine.find()


def test_the_command_says_what_is_wrong_without_a_traceback(machine: Machine) -> None:
    command = machine.command()
    out, err = command.communicate()
    assert (command.returncode, out) == (1, "")
    assert err.startswith("error: no usable pulumi CLI was found")
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
def test_a_stopped_build_ends_its_compilers_too(machine: Machine, number: signal.Signals) -> None:
    machine.go(build='/bin/sleep 600 &\necho $$ $! > "$BUILDS.new"\n/bin/mv "$BUILDS.new" "$BUILDS"\nwait')
    command = machine.command()
    _until(machine.builds.exists)
    command.send_signal(number)
    _, err = command.communicate()
    assert command.returncode == 128 + number
    assert "Traceback" not in err
    for pid in machine.builds.read_text().split():
        _until(functools.partial(_is_gone, int(pid)))


def _until(done: Callable[[], bool]) -> None:
    """Wait as long as it takes: the suite's time limit ends a wait that never does."""
    while not done():
        time.sleep(0.01)


def _is_gone(pid: int) -> bool:
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return True
    # "Z": it ended, and nobody has asked for its exit code yet.
    return stat.rpartition(")")[2].split()[0] == "Z"
