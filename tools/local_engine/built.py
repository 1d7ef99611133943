"""Programs of Pulumi that are built once and cached like the CLI."""

import pathlib

from local_engine import go_build
from local_engine.pulumi_cli import Report, locked
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
