"""The contract of the API as JSON Schemas: whether a value fits one of them.

The emulator ships the one copy, so the product could change what judges it. The digest of the file is recorded here.
Every test that reads the contract fails when the file is another one, until the change was compared with what
Northflank publishes and the new digest is written down.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

CONTRACT: Final = Path(__file__).parents[2] / "nf_ports" / "emulator" / "schemas.json"
DIGEST: Final = "908a2aa7fcf72d604d530561477f7cf1b177bbddeb69e93436200a5f4fc48c16"


def read(path: Path) -> dict[str, Any]:
    """The schemas and routes of a contract file. Raises ValueError for a file other than the recorded one."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != DIGEST:
        raise ValueError(f"{path.name} is not the recorded contract: its SHA-256 is {digest}, recorded is {DIGEST}.")
    document: dict[str, Any] = json.loads(content)
    return document


DOCUMENT: Final = read(CONTRACT)
ERAS: Final = ("2025", "2026a", "2026b")


@cache
def _pattern(source: str) -> re.Pattern[str]:
    # The schemas speak JavaScript, where a $ at the end is the very end; Python's would let a line break pass.
    return re.compile(re.sub(r"\$$", r"\\Z", source))


def _check_pattern(_validator: Any, source: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and not _pattern(source).search(value):
        yield ValidationError("does not match")


_Validator: Any = extend(Draft202012Validator, {"pattern": _check_pattern})  # type: ignore[no-untyped-call]


@cache
def _validator(name: str) -> Any:
    return _Validator({"$ref": f"#/$defs/{name}", "$defs": DOCUMENT["$defs"]})


def fits(name: str, value: Any) -> bool:
    """Whether a value fits the definition of that name."""
    return bool(_validator(name).is_valid(value))


def misfits(name: str, value: Any) -> list[str]:
    """What does not fit, for the eyes of whoever reads a failing test."""
    return [f"{error.json_path}: {error.message}" for error in _validator(name).iter_errors(value)]


def reachable(*names: str) -> set[str]:
    """The definitions of these names and all that they use."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += re.findall(r'"#/\$defs/(\w+)"', json.dumps(DOCUMENT["$defs"][name]))
    return found
