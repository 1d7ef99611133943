"""Finds the `pulumi` CLI, or gets one: from the environment, PATH, the cache, Pulumi's installer, or a build with Go.

`python -m local_engine.pulumi_cli` prints the path of the binary on stdout, and what it does meanwhile on stderr.
"""

import contextlib
import fcntl
import http.client
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator

from pulumi.automation import PulumiCommand
from pulumi.automation.errors import InvalidVersionError
from semver import VersionInfo

from local_engine import go_build
from local_engine.signals import Signals
from nf_ports.cli.doctor.machine import OLDEST, cache_home
from nf_ports.errors import NorthflankPortsError

Report = Callable[[str], None]

_VARIABLE = "PULUMI_COMMAND"
_INSTALLER = "https://get.pulumi.com/install.sh"
_PROBE_S = 3.0
_VERSION_S = 60.0
_LOCK_REPORT_S = 15.0


class PulumiNotFoundError(NorthflankPortsError):
    """No usable `pulumi` CLI is here, and none could be made; the text names every way tried."""


class _UnusableError(Exception):
    """One way led nowhere; the text is the reason, without a full stop."""


def find_pulumi(report: Report) -> pathlib.Path:
    """The path of a usable `pulumi` binary, made if need be.

    In this order: what `PULUMI_COMMAND` names (a path, or a name on PATH), PATH, the cache
    (`$XDG_CACHE_HOME/nf-ports`), Pulumi's own installer, a build from source with Go. The last two fill the cache.

    Args:
        report: takes a line now and then while something takes long.

    Raises:
        PulumiNotFoundError: `PULUMI_COMMAND` names no usable CLI, or no way led to one.
    """
    named = os.environ.get(_VARIABLE)
    if named:
        # Somebody who names a CLI wants that one: another in its place would be a surprise.
        try:
            return _on_path(named)
        except _UnusableError as reason:
            raise PulumiNotFoundError(
                f"{_VARIABLE} does not name a usable pulumi CLI: {reason}. Correct the variable, or unset it."
            ) from None
    faults: list[str] = []
    cache = cache_directory()
    found = _first({"PATH": lambda: _on_path("pulumi"), "cache": lambda: _cached(cache)}, faults)
    if found is None:
        found = _make(cache, report, faults)
    if found is None:
        reasons = "".join(f"\n  - {fault}." for fault in faults)
        raise PulumiNotFoundError(
            f"no usable pulumi CLI was found, and none could be made:{reasons}\n"
            f"Install the CLI (https://www.pulumi.com/docs/install/) or Go {go_build.CLI.required_go} or later, "
            f"or set {_VARIABLE} to the path of a pulumi binary."
        )
    return found


def cache_directory() -> pathlib.Path:
    """The directory of a CLI that was built; another pin of the sources is another directory."""
    return cache_home() / f"pulumi-{go_build.CLI.digest}"


def _first(ways: dict[str, Callable[[], pathlib.Path]], faults: list[str]) -> pathlib.Path | None:
    for name, way in ways.items():
        try:
            return way()
        except _UnusableError as reason:
            faults.append(f"{name}: {reason}")
    return None


def _make(cache: pathlib.Path, report: Report, faults: list[str]) -> pathlib.Path | None:
    try:
        with locked(cache, report, go_build.CLI.title):
            # Whoever held the lock may have made it meanwhile.
            ways = {"cache": lambda: _cached(cache)}
            return _first(ways, []) or _first(
                {"installer": lambda: _install(cache, report), "build with Go": lambda: _build(cache, report)}, faults
            )
    except OSError as error:
        faults.append(f"cache: {cache} cannot be written ({error})")
        return None


def _on_path(name: str) -> pathlib.Path:
    found = shutil.which(name)
    if found is None:
        raise _UnusableError(f"there is no program `{name}`")
    return _usable(pathlib.Path(found).absolute())


def _cached(cache: pathlib.Path) -> pathlib.Path:
    built, installed = cache / "pulumi", cache / "bin" / "pulumi"
    present = [path for path in (built, installed) if path.exists()]
    if not present:
        raise _UnusableError(f"{cache} holds no CLI")
    # Where neither is usable, the reason of the last one stands for both.
    for path in present[:-1]:
        with contextlib.suppress(_UnusableError):
            return _usable(path)
    return _usable(present[-1])


def _install(cache: pathlib.Path, report: Report) -> pathlib.Path:
    _probe(_INSTALLER)
    report("fetching the pulumi CLI with Pulumi's installer; about a minute, once")
    with tempfile.TemporaryDirectory(dir=cache, prefix=".installing-") as directory:
        try:
            PulumiCommand.install(root=directory)
        except (OSError, subprocess.SubprocessError, InvalidVersionError) as error:
            raise _UnusableError(f"Pulumi's installer failed ({error})") from error
        made = pathlib.Path(directory) / "bin"
        _usable(made / "pulumi")
        shutil.rmtree(cache / "bin", ignore_errors=True)
        made.rename(cache / "bin")
    return cache / "bin" / "pulumi"


def _build(cache: pathlib.Path, report: Report) -> pathlib.Path:
    try:
        go_build.build(go_build.CLI, cache / "pulumi", report)
    except go_build.BuildFailedError as error:
        raise _UnusableError(str(error)) from error
    return _usable(cache / "pulumi")


def _usable(path: pathlib.Path) -> pathlib.Path:
    """The path, when `pulumi version` works there and is new enough: a half-written binary has no version."""
    # The CLI writes a log even for `version`; it must not land in the user's own home.
    with tempfile.TemporaryDirectory(prefix="nf-ports-") as home:
        environment = {**os.environ, "PULUMI_HOME": home, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        try:
            answer = subprocess.run(  # noqa: S603 - the program that we were asked to use
                [path, "version"],
                env=environment,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_VERSION_S,
                check=True,
            ).stdout
            version = VersionInfo.parse(answer.strip().removeprefix("v"))
        except (OSError, subprocess.SubprocessError) as error:
            raise _UnusableError(f"`{path} version` failed ({error})") from error
        except ValueError as error:
            raise _UnusableError(f"`{path} version` answered no version") from error
    if version < OLDEST or version.major != OLDEST.major:
        raise _UnusableError(f"{path} is version {version}, and {OLDEST} or a later 3.x is needed")
    return path


def _probe(url: str) -> None:
    """Raise unless the site answers soon: the SDK's own download has no time limit, and neither has name resolution."""
    faults: list[str] = [f"no answer from {url} within {_PROBE_S:.0f} s"]

    def connect() -> None:
        try:
            # `urlopen` would keep the proxy of its first call.
            urllib.request.build_opener().open(url, timeout=_PROBE_S).close()
        except OSError as error:
            faults.append(f"no connection to {url} ({error})")
        except (ValueError, http.client.HTTPException) as error:
            # What urllib makes of a proxy of the environment that cannot be read; its text may hold a part of it.
            faults.append(f"no connection to {url} ({type(error).__name__}); check HTTPS_PROXY")
        else:
            faults.clear()

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(_PROBE_S + 1)
    if faults:
        raise _UnusableError(faults[-1])


@contextlib.contextmanager
def locked(cache: pathlib.Path, report: Report, title: str) -> Iterator[None]:
    """Only one process at a time makes a program; the others wait for it, and say so."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        waited = 0.0
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if waited % _LOCK_REPORT_S == 0:
                    report(f"waiting for another process that makes {title} ({waited:.0f} s)")
                time.sleep(0.5)
                waited += 0.5
        yield


def report_on_stderr(line: str) -> None:
    """A `Report` for commands: what they print on stdout stays clean."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main() -> int:
    """Print the path of the CLI; 0 when there is one, 1 when there is none, 128 + n when signal n ended the search."""
    with Signals() as signals:
        try:
            with signals.interruptible():
                path = find_pulumi(report_on_stderr)
        except PulumiNotFoundError as error:
            report_on_stderr(f"error: {error}")
            return 1
        except KeyboardInterrupt:
            report_on_stderr("stopped: no CLI was made; the next run goes on with what is fetched and built already.")
            return 128 + (signals.received or signal.SIGINT)
    # As the bytes that it has, whatever the encoding of stdout: this is for a shell.
    sys.stdout.buffer.write(os.fsencode(path) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
