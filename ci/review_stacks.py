"""Previews, applies or watches some stacks, and reviews who can reach their ports: the first half of action.yml.

Reads its inputs from the environment, because what stands in a shell script can be escaped from. Needs nothing but
Python and the pulumi CLI; `nf-ports` comes from the environment of the project.

COMMAND     preview, drift (also what was changed elsewhere), or up (applies what the review lets pass)
STACKS      names, with spaces or line breaks between
DIRECTORY   the folder of the Pulumi project
PYTHON      starts the Python that has nf_ports, such as `uv run python`; empty: looked for in DIRECTORY
BACKEND     for `pulumi login`; empty: as the environment says
FAIL_ON     conditions of `nf-ports review --fail-on`, with commas between; empty: none
REVIEW      the file for the review, Markdown

Ends with the worst code of all stacks: 0 done, 1 failed, 2 wrong inputs, 3 a condition is met.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

FAILED, WRONG, MET = 1, 2, 3
COMMANDS = ("preview", "drift", "up")
STACK = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9._-]+){0,2}")
PYTHONS = (".venv/bin/python", "venv/bin/python", ".venv/Scripts/python.exe")


def wrong(text: str) -> int:
    """Say what is wrong with the inputs."""
    print(f"error: {text}", file=sys.stderr)
    return WRONG


def main() -> int:
    """Run for every stack; the code of this process."""
    command, names = os.environ.get("COMMAND", "preview"), os.environ.get("STACKS", "").split()
    directory = Path(os.environ.get("DIRECTORY") or ".")
    review = Path(os.environ.get("REVIEW") or "review.md")
    if command not in COMMANDS:
        return wrong(f"the command must be one of {', '.join(COMMANDS)}, not {command!r}")
    if not names:
        return wrong("name at least one stack in the input stacks")
    if odd := next((name for name in names if not STACK.fullmatch(name)), None):
        return wrong(f"{odd!r} is not the name of a stack, such as dev or organisation/project/dev")
    if not (directory / "Pulumi.yaml").is_file() and not (directory / "Pulumi.yml").is_file():
        return wrong(f"there is no Pulumi.yaml in {str(directory)!r}; set the input working-directory")
    # One comment for each folder.
    review.write_text(f"<!-- nf-ports review: {directory.as_posix()} -->\n", encoding="utf-8")
    if backend := os.environ.get("BACKEND"):
        subprocess.run(["pulumi", "login", "--non-interactive", backend], cwd=directory, check=True)
    codes = []
    for name in names:
        codes.append(of_stack(command, name, directory, review))
        if command == "up" and codes[-1]:
            # What depends on this stack should not go on.
            break
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(review.read_text(encoding="utf-8"))
    return FAILED if FAILED in codes else max(codes)


def of_stack(command: str, name: str, directory: Path, review: Path) -> int:
    """Preview one stack, review it, and apply it if that is asked for and nothing speaks against it."""
    options = ["--refresh", "--show-sames", "--expect-no-changes"] if command == "drift" else []
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder, "preview.json")
        with found.open("w", encoding="utf-8") as file:
            # A preview that fails says so in its JSON, and the review passes it on.
            previewed = subprocess.run(
                ["pulumi", "preview", "--non-interactive", "--json", f"--stack={name}", *options],
                cwd=directory,
                stdout=file,
                check=False,
            ).returncode
        reviewed = subprocess.run(
            [*python(directory), "-m", "nf_ports", "review", str(found), "--format", "markdown", *conditions()],
            cwd=directory,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )
    said = without_marker(reviewed.stdout) or "There is no review of this stack; the log of the job says why."
    with review.open("a", encoding="utf-8") as file:
        file.write(f"\n## Stack {name}\n\n{said}\n")
    if reviewed.returncode:
        return reviewed.returncode
    if previewed or command != "up":
        return FAILED if previewed else 0
    applied = subprocess.run(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", f"--stack={name}"], cwd=directory, check=False
    )
    return FAILED if applied.returncode else 0


def conditions() -> list[str]:
    """The options for the conditions on which the review fails."""
    return [f"--fail-on={asked}"] if (asked := os.environ.get("FAIL_ON", "").replace(" ", "")) else []


def python(directory: Path) -> list[str]:
    """The command that starts the Python with nf_ports."""
    if said := os.environ.get("PYTHON"):
        return shlex.split(said)
    found = next((path for each in PYTHONS if (path := directory / each).is_file()), None)
    # Not resolved: the link is what makes it the virtualenv's.
    return [str(found.absolute())] if found else [sys.executable]


def without_marker(text: str) -> str:
    """The review without its first line, which marks a comment of one stack alone."""
    return re.sub(r"\A<!-- nf-ports review -->\n", "", text).strip()


if __name__ == "__main__":
    sys.exit(main())
