"""Programs of Pulumi that are built once and cached like the CLI.

`python -m local_engine.built oldest-cli` prints the path of one on stdout, and what it does meanwhile on stderr.
"""

import os
import pathlib
import sys

from local_engine import go_build
from local_engine.pulumi_cli import Report, locked, report_on_stderr
from nf_ports.cli.doctor.machine import cache_home


def built(sources: go_build.Sources, name: str, report: Report) -> pathlib.Path:
    """The path of a program, built if need be.

    Args:
        sources: the program.
        name: the name of its binary.
        report: takes a line now and then while the build takes long.

    Raises:
        BuildFailedError: Go is missing or too old, or the build failed.
    """
    cache = cache_home() / f"{name}-{sources.digest}"
    with locked(cache, report, sources.title):
        if not (cache / name).is_file():
            go_build.build(sources, cache / name, report)
    return cache / name


_PROGRAMS = {
    "oldest-cli": (go_build.OLDEST_CLI, "pulumi"),
    "yaml-host": (go_build.YAML_HOST, "pulumi-language-yaml"),
}


if __name__ == "__main__":
    try:
        path = built(*_PROGRAMS[sys.argv[1]], report_on_stderr)
    except go_build.BuildFailedError as error:
        report_on_stderr(f"error: {error}")
        sys.exit(1)
    sys.stdout.buffer.write(os.fsencode(path) + b"\n")
