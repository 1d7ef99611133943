"""Builds Pulumi's language host for YAML, which runs a YAML program by plain `pulumi up`; cached like the CLI.

`python -m local_engine.yaml_host` prints the path of the binary on stdout, and what it does meanwhile on stderr.
"""

import os
import pathlib
import sys

from local_engine import go_build
from local_engine.built import built
from local_engine.pulumi_cli import Report, report_on_stderr

NAME = "pulumi-language-yaml"


def find_yaml_host(report: Report) -> pathlib.Path:
    """The path of the language host; see `built`."""
    return built(go_build.YAML_HOST, NAME, report)


if __name__ == "__main__":
    try:
        sys.stdout.buffer.write(os.fsencode(find_yaml_host(report_on_stderr)) + b"\n")
    except go_build.BuildFailedError as error:
        report_on_stderr(f"error: {error}")
        sys.exit(1)
