"""What the package depends on: `python tools/supply_chain.py audit`, `outdated` or `sbom FILE`.

`audit` asks pip-audit for known vulnerabilities of the pinned versions, and fails if it could not ask for one of them.
`outdated` lists the pins behind the newest version, says where pyproject.toml does not allow that one, and fails if a
package is installed that is not pinned.
`sbom` checks that a CycloneDX document names every dependency.
"""

import importlib.metadata
import json
import pathlib
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = pathlib.Path(__file__).parents[1]
EXTRAS: Final = ("cli", "emulator", "policy")


def requirements(project: dict[str, Any], extras: Sequence[str] = EXTRAS) -> dict[str, Requirement]:
    """What a `[project]` table and its extras ask for, by name."""
    optional = project["optional-dependencies"]
    texts = [*project["dependencies"], *(text for extra in extras for text in optional[extra])]
    return {canonicalize_name(one.name): one for one in map(Requirement, texts)}


def audited(report: dict[str, Any], pinned: int) -> tuple[int, str]:
    """The code to exit with, and what a report of pip-audit says: 1 for a vulnerability, 2 for an audit in part."""
    packages = report["dependencies"]
    lines = [
        f"{one['name']} {one['version']}: {found['id']}, fixed in {', '.join(found['fix_versions']) or 'no version'}"
        for one in packages
        for found in one.get("vulns", [])
    ]
    asked = [one for one in packages if "skip_reason" not in one]
    head = f"{len(asked)} of {pinned} pinned packages were audited, {len(lines)} known vulnerabilities"
    code = 1 if lines else 2 if len(asked) < pinned else 0
    if len(asked) < pinned:
        head += "; the rest could not be audited here, so this is no clean audit"
    return code, "\n".join([*lines, head])


def behind(outdated: list[dict[str, str]], wanted: dict[str, Requirement]) -> Iterator[str]:
    """A line for each pin with a newer version, from the JSON of `pip list --outdated`."""
    for one in outdated:
        asked = wanted.get(canonicalize_name(one["name"]))
        allowed = asked is None or asked.specifier.contains(one["latest_version"])
        note = "" if allowed else f" (pyproject.toml asks for {asked})"
        yield f"{one['name']} {one['version']} -> {one['latest_version']}{note}"


def missing(document: dict[str, Any], wanted: dict[str, Requirement]) -> list[str]:
    """The dependencies that a CycloneDX document does not name with a version."""
    named = {canonicalize_name(one["name"]) for one in document.get("components", []) if one.get("version")}
    return sorted(wanted.keys() - named)


def unpinned(pins: str, installed: Iterable[str]) -> list[str]:
    """The installed packages that the lines of constraints.txt do not name."""
    named = {canonicalize_name(line.partition("==")[0]) for line in pins.splitlines()}
    return sorted({canonicalize_name(one) for one in installed} - named - {"nf-ports", "pip", "setuptools"})


def _audit() -> tuple[int, str]:
    constraints = ROOT / "constraints.txt"
    pinned = sum("==" in line for line in constraints.read_text("utf-8").splitlines())
    command = ["pip-audit", "--requirement", str(constraints), "--no-deps", "--disable-pip", "--format", "json"]
    ran = subprocess.run([*command, "--progress-spinner", "off"], capture_output=True, text=True, check=False)
    try:
        return audited(json.loads(ran.stdout), pinned)
    except ValueError:
        return 2, f"no package was audited: {ran.stderr.strip()}"


def _outdated(wanted: dict[str, Requirement]) -> tuple[int, str]:
    command = [sys.executable, "-m", "pip", "list", "--outdated", "--format", "json", "--disable-pip-version-check"]
    ran = subprocess.run([*command, "--exclude", "pip", "--exclude", "setuptools"], stdout=subprocess.PIPE, check=True)
    lines = [*behind(json.loads(ran.stdout), wanted)]
    pins = (ROOT / "constraints.txt").read_text("utf-8")
    loose = unpinned(pins, (one.metadata["Name"] for one in importlib.metadata.distributions()))
    head = f"{len(lines)} pins are behind; installed and not pinned: {', '.join(loose) or 'none'}"
    return 1 if loose else 0, "\n".join([*lines, head])


def main(command: str, *names: str) -> int:
    """Print the answer."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    if command == "audit":
        code, text = _audit()
    elif command == "outdated":
        code, text = _outdated(requirements(project, tuple(project["optional-dependencies"])))
    else:
        document = json.loads(pathlib.Path(names[0]).read_text("utf-8"))
        left = missing(document, requirements(project))
        code = 1 if left else 0
        text = f"{names[0]}: {len(document['components'])} components; not named: {', '.join(left) or 'none'}"
    sys.stdout.write(text + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
