"""Builds Pulumi's language host for YAML, which runs a YAML program by plain `pulumi up`; cached like the CLI.

`python -m local_engine.yaml_host` prints the path of the binary on stdout, and what it does meanwhile on stderr.
"""

import os
import pathlib
import sys

from local_engine import go_build
from local_engine.pulumi_cli import Report, locked, report_on_stderr
from nf_ports.cli.doctor.machine import cache_home

NAME = "pulumi-language-yaml"


def find_yaml_host(report: Report) -> pathlib.Path:
    """The path of the language host, built if need be.

    Args:
        report: takes a line now and then while the build takes long.

    Raises:
        BuildFailedError: Go is missing or too old, or the build failed.
    """
    cache = cache_home() / f"{NAME}-{go_build.YAML_HOST.digest}"
    with locked(cache, report, go_build.YAML_HOST.title):
        if not (cache / NAME).is_file():
            go_build.build(go_build.YAML_HOST, cache / NAME, report)
    return cache / NAME


if __name__ == "__main__":
    try:
        sys.stdout.buffer.write(os.fsencode(find_yaml_host(report_on_stderr)) + b"\n")
    except go_build.BuildFailedError as error:
        report_on_stderr(f"error: {error}")
        sys.exit(1)
