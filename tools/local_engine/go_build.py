"""Builds programs of Pulumi from pinned sources, with Go.

No package registry ships the binaries, but they are Go modules. A folder with a go.mod pins every module of one, and
its go.sum their checksums: Go refuses whatever does not match.
"""

import concurrent.futures
import contextlib
import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sources:
    """A program of Pulumi.

    Attributes:
        title: its name in reports.
        directory: the folder with the committed go.mod and go.sum.
        package: the Go package of its command.
        minutes: how long a build takes from nothing, on 2 cores.
        version_of: the module whose version the program states as its own; empty if it states none.
        instead: how a build is avoided, without a full stop; empty if it is not.
    """

    title: str
    directory: pathlib.Path
    package: str
    minutes: int
    version_of: str = ""
    instead: str = ""

    @property
    def required_go(self) -> str:
        """The oldest Go that can build it, for example "1.25.11"."""
        return self._from_go_mod(r"^go (\S+)")

    @property
    def version(self) -> str:
        """The version that go.mod pins, for example "v3.274.1"."""
        return self._from_go_mod(rf"^\s*{re.escape(self.version_of)} (v\S+)")

    @property
    def digest(self) -> str:
        """A text that another pin of the sources would change, and any change of our own."""
        own = sorted(path.name for path in self.directory.glob("*.go"))
        pins = b"".join((self.directory / name).read_bytes() for name in ("go.sum", "go.mod", *own))
        return hashlib.sha256(pins).hexdigest()[:12]

    def _from_go_mod(self, pattern: str) -> str:
        found = re.search(pattern, (self.directory / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
        if found is None:
            raise BuildFailedError(f"{self.directory / 'go.mod'} has no line like {pattern}")
        return found[1]


_HERE = pathlib.Path(__file__).parent
CLI = Sources(
    "the pulumi CLI",
    _HERE / "toolchain",
    "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    5,
    "github.com/pulumi/pulumi/pkg/v3",
    "to use a CLI of yours, stop here (Ctrl-C) and set PULUMI_COMMAND to its path",
)
OLDEST_CLI = Sources(
    "the oldest pulumi CLI that is supported",
    _HERE / "oldest_cli",
    CLI.package,
    5,
    CLI.version_of,
)
YAML_HOST = Sources(
    "Pulumi's language host for YAML",
    _HERE / "yaml_host",
    "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
    2,
)
SDKGEN = Sources("the generator of Pulumi's SDKs", _HERE / "sdkgen", ".", 2)

_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_REPORT_EVERY_S = 15.0
_FETCHING = "go: downloading "
_PACKAGE = re.compile(r"[\w.~/-]+")
"""A line of ``go build -v``: the path of a package."""
_LIMIT_S = 1800.0


class BuildFailedError(Exception):
    """A program could not be built; the text is the reason, without a full stop."""


def build(sources: Sources, target: pathlib.Path, report: Callable[[str], None]) -> None:
    """Build a program and put it at `target`, whole or not at all.

    What it fetches and compiles stays in Go's own caches, where a build that was stopped is taken up again.

    Args:
        sources: the program.
        target: where the binary goes; its directory exists.
        report: takes a line now and then about what happens and how long it takes.

    Raises:
        BuildFailedError: Go is missing or too old, or the build failed.
    """
    go = _find_go(sources.required_go)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".building-") as directory:
        binary = pathlib.Path(directory) / target.name
        # Without cgo no C compiler is needed; and a user's own Go flags (-mod=mod, say) must not loosen the build.
        environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
        command = [go, "build", "-C", str(sources.directory), "-v", "-trimpath", "-buildvcs=false"]
        flags = f"-s -w -X {_VERSION_VARIABLE}={sources.version}" if sources.version_of else "-s -w"
        command += ["-ldflags", flags, "-o", str(binary), sources.package]
        _run(sources, command, environment, pathlib.Path(directory) / "log", report)
        if not binary.is_file():
            raise BuildFailedError("`go build` wrote no binary")
        # In one step, and on one file system: nobody ever sees half a binary.
        binary.replace(target)


def _find_go(needed: str) -> str:
    go = shutil.which("go")
    if go is None:
        raise BuildFailedError(f"there is no `go` on PATH, and Go {needed} or later is needed")
    try:
        # "local": an older Go would otherwise download a newer one and call itself that.
        environment = {**os.environ, "GOTOOLCHAIN": "local"}
        answer = subprocess.run(  # noqa: S603 - the go of PATH
            [go, "version"],
            env=environment,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=30,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise BuildFailedError(f"`{go} version` failed ({error}), and Go {needed} or later is needed") from error
    version = re.search(r"go(\d+(?:\.\d+)*)", answer)
    if version is None or _numbers(version[1]) < _numbers(needed):
        raise BuildFailedError(
            f"{go} is {answer.strip() or 'of an unknown version'}, and Go {needed} or later is needed"
        )
    return go


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _run(
    sources: Sources,
    command: list[str],
    environment: dict[str, str],
    log: pathlib.Path,
    report: Callable[[str], None],
) -> None:
    instead = f"; {sources.instead}" if sources.instead else ""
    report(f"building {sources.title} from source: about {sources.minutes} minutes on 2 cores, once{instead}")
    started = time.monotonic()
    with _own_group(command, environment, log) as process:
        while True:
            try:
                code = process.wait(_REPORT_EVERY_S)
                break
            except subprocess.TimeoutExpired:
                elapsed = time.monotonic() - started
                if elapsed > _LIMIT_S:
                    raise BuildFailedError(f"`go build` was not done after {elapsed:.0f} s") from None
                report(f"building {sources.title}: {_progress(_lines(log))} ({elapsed:.0f} s)")
    if code != 0:
        said = [line for line in _lines(log) if not line.startswith(_FETCHING) and not _PACKAGE.fullmatch(line)]
        raise BuildFailedError(f"`go build` ended with {code}: {' / '.join(said[-3:]) or 'it said nothing'}")
    report(f"built {sources.title} in {time.monotonic() - started:.0f} s")


def _lines(log: pathlib.Path) -> list[str]:
    """What Go has said so far, without empty lines."""
    lines = map(str.strip, log.read_text(encoding="utf-8", errors="replace").splitlines())
    return [line for line in lines if line]


def _progress(lines: list[str]) -> str:
    """What is done: Go fetches modules, names each package that it compiles, and links in the end."""
    fetched = sum(line.startswith(_FETCHING) for line in lines)
    compiled = sum(_PACKAGE.fullmatch(line) is not None for line in lines)
    return f"{fetched} modules fetched, {compiled} packages compiled"


@contextlib.contextmanager
def _own_group(command: list[str], environment: dict[str, str], log: pathlib.Path) -> Iterator[subprocess.Popen[bytes]]:
    """The process, which ends with this context together with the compilers that it started."""

    def start() -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            return subprocess.Popen(  # noqa: S603 - the go of PATH with our arguments
                command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )

    # Started from another thread, because a Ctrl-C is raised in the main one: in the middle of `Popen` it would leave a
    # process that nobody knows.
    with concurrent.futures.ThreadPoolExecutor(1) as starter:
        starting = starter.submit(start)
        try:
            yield starting.result()
        finally:
            process = starting.result()
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
