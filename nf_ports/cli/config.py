"""The file `nf-ports.toml`: the findings that are ignored, each with a reason."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import click
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from nf_ports.errors import NorthflankPortsError
from nf_ports.exposure.findings.ignores import Ignore
from nf_ports.exposure.findings.rules import RULES
from nf_ports.text import printable

NAME: Final = "nf-ports.toml"
_Text = Annotated[str, StringConstraints(strict=True, min_length=1, strip_whitespace=True)]


def _known_code(code: str) -> str:
    if code not in RULES:
        raise PydanticCustomError("code", "must be the code of a finding, such as NF101")
    return code


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    code: Annotated[_Text, AfterValidator(_known_code)]
    reason: _Text
    service: _Text = "*"
    port: _Text | None = None
    until: dt.date | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    ignore: list[_Entry] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration of a command.

    Attributes:
        file: the file that it is from; empty if there is none.
        ignores: the entries of its ignore list.
    """

    file: str = ""
    ignores: tuple[Ignore, ...] = ()


def config_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option `--config` of a command."""
    return click.option(
        "--config",
        metavar="FILE",
        type=click.Path(),
        help=f"File with the findings to ignore (default: {NAME} in the working directory, if it is there).",
    )(command)


def read_config(file: str | None) -> Config:
    """The configuration in a file; without a name, that of the working directory.

    Raises:
        NorthflankPortsError: it cannot be read, or is not valid; each mistake is a sentence.
    """
    path = Path(file if file is not None else NAME)
    if file is None and not path.is_file():
        return Config()
    name = printable(str(path))
    try:
        found = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise NorthflankPortsError(f"{name} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise NorthflankPortsError(f"{name} cannot be read: it is not UTF-8 text") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise NorthflankPortsError(
            f"{name} is not TOML: {printable(str(error)) or 'it is nested too deeply'}"
        ) from None
    except ValidationError as error:
        mistakes = "".join(f"\n  - {_mistake(each)}" for each in error.errors())
        raise NorthflankPortsError(f"{name} is not valid:{mistakes}") from None
    return Config(str(path), tuple(Ignore(**dict(entry)) for entry in found.ignore))


_SAYS: Final = {
    "missing": "is required",
    "extra_forbidden": "is not known",
    "string_type": "must be a text",
    "string_too_short": "must not be empty",
    "list_type": "must be a list of tables: begin each entry with [[ignore]]",
    "model_type": "must be a table: begin each entry with [[ignore]]",
}


def _mistake(error: ErrorDetails) -> str:
    """A mistake in a sentence: the place, with the number of the entry, and the reason."""
    first, *rest = error["loc"]
    number = f", entry {int(rest[0]) + 1}" if rest and isinstance(rest[0], int) else ""
    place = ".".join(str(part) for part in (first, *rest) if not isinstance(part, int))
    reason = "must be a date such as 2027-01-31" if "date" in error["type"] else _SAYS.get(error["type"], error["msg"])
    given = error["input"]
    quoted = (
        f", not {printable(str(given))[:80]}" if reason.startswith("must be") and not isinstance(given, dict) else ""
    )
    return f"{printable(place)}{number}: {reason}{quoted}"
