"""The lowest versions that pyproject.toml declares, one `name==version` a line, for `pip install --requirement`.

`python tools/lower_bounds.py EXTRA…` adds the named extras to the dependencies of the package itself.
"""

import pathlib
import sys
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

from packaging.requirements import Requirement

_LOWER = (">=", "==", "~=")


def lower_bounds(project: dict[str, Any], extras: Sequence[str] = ()) -> Iterator[str]:
    """Every dependency of the `[project]` table, and those of `extras`, at its lower bound.

    Raises:
        ValueError: a dependency states none, or an extra is not there.
    """
    optional = project.get("optional-dependencies", {})
    if unknown := sorted(set(extras) - optional.keys()):
        raise ValueError(f"pyproject.toml has no extra {unknown[0]!r}")
    for text in [*project["dependencies"], *(text for extra in extras for text in optional[extra])]:
        requirement = Requirement(text)
        bounds = [bound.version for bound in requirement.specifier if bound.operator in _LOWER]
        if len(bounds) != 1:
            raise ValueError(f"{text!r} states no lower bound, or more than one")
        yield f"{requirement.name}=={bounds[0]}"


def main(extras: Sequence[str]) -> None:
    """Print the bounds of the pyproject.toml of this checkout."""
    text = (pathlib.Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    for line in lower_bounds(tomllib.loads(text)["project"], extras):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
