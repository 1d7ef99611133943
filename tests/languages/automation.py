"""Runs one operation of a stack with the program of the current folder: `python automation.py STACK up`."""

import pathlib
import runpy
import sys
from typing import Any

from pulumi import automation as auto


def main(name: str, operation: str) -> None:
    """Run the operation and print what the CLI prints."""
    folder = pathlib.Path.cwd()
    sys.path.insert(0, str(folder))

    def program() -> None:
        runpy.run_path(str(folder / "__main__.py"), run_name="__main__")

    def say(text: str) -> None:
        sys.stdout.write(f"{text}\n")

    stack = auto.select_stack(name, "shop", program, opts=auto.LocalWorkspaceOptions(work_dir=str(folder)))
    options: dict[str, Any] = {} if operation == "destroy" else {"diff": True}
    getattr(stack, operation)(color="never", on_output=say, on_error=say, **options)


if __name__ == "__main__":
    main(*sys.argv[1:])
