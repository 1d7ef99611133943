"""Writes the SDK of a language for the packaged provider: `python -m local_engine.sdks python|nodejs|go FOLDER`.

`pulumi package gen-sdk` needs Pulumi's host of the language, which no package registry has; the generators are Go
packages.
"""

import pathlib
import subprocess
import sys

from local_engine.built import program
from local_engine.pulumi_cli import Report, report_on_stderr

SCHEMA = pathlib.Path(__file__).parents[2] / "nf_ports" / "hosts" / "packaged" / "schema.json"


def write_sdk(language: str, folder: pathlib.Path, report: Report) -> None:
    """Write the SDK.

    Args:
        language: ``python``, ``nodejs`` or ``go``.
        folder: where it goes.
        report: takes a line now and then while the generator is built.

    Raises:
        BuildFailedError: the generator could not be built.
        CalledProcessError: the schema is not valid.
    """
    generator = program("sdkgen", report)
    subprocess.run([generator, SCHEMA, language, folder], check=True)  # noqa: S603 - built from our own sources


if __name__ == "__main__":
    write_sdk(sys.argv[1], pathlib.Path(sys.argv[2]), report_on_stderr)
