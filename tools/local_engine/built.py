"""Programs of Pulumi that are built once and cached like the CLI.

`python -m local_engine.built NAME…` prints the path of each on stdout, and what it does meanwhile on stderr.
"""

import os
import pathlib
import sys

from local_engine import go_build
from local_engine.pulumi_cli import Report, locked, report_on_stderr
from nf_ports.cli.doctor.machine import cache_home

PROGRAMS = {
    "oldest-cli": (go_build.OLDEST_CLI, "pulumi"),
    "sdkgen": (go_build.SDKGEN, "sdkgen"),
    "yaml-host": (go_build.YAML_HOST, "pulumi-language-yaml"),
}
"""The sources of each program, and the name of its binary."""


def program(name: str, report: Report) -> pathlib.Path:
    """The path of a program, built if need be.

    Args:
        name: one of `PROGRAMS`.
        report: takes a line now and then while the build takes long.

    Raises:
        BuildFailedError: Go is missing or too old, or the build failed.
    """
    sources, binary = PROGRAMS[name]
    cache = cache_home() / f"{name}-{sources.digest}"
    with locked(cache, report, sources.title):
        if not (cache / binary).is_file():
            go_build.build(sources, cache / binary, report)
    return cache / binary


if __name__ == "__main__":
    try:
        paths = [program(name, report_on_stderr) for name in sys.argv[1:]]
    except go_build.BuildFailedError as error:
        report_on_stderr(f"error: {error}")
        sys.exit(1)
    sys.stdout.buffer.write(b"\n".join(map(os.fsencode, paths)) + b"\n")
