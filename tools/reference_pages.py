"""Writes pages of docs/reference from code: `python tools/reference_pages.py`, or `make docs`.

Settings, arguments and outputs come from the schema of the packaged provider, errors from their docstrings, the command
line from click, and the emulator from its switches.
"""

import dataclasses
import inspect
import pathlib
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import click

from nf_ports import errors
from nf_ports.cli.command import SETTINGS
from nf_ports.cli.commands import COMMANDS, nf_ports
from nf_ports.core.state import CONFIG_KEYS
from nf_ports.emulator import help_text
from nf_ports.emulator.faults import Fault as Failure
from nf_ports.emulator.settings import describe_switches
from nf_ports.errors import Fault, NorthflankPortsError
from nf_ports.northflank.budget import LONGEST_WAIT_S
from nf_ports.northflank.settings import DEFAULT_URL, TOKEN_VARIABLES, URL_VARIABLES
from provider_schema import package

PLACE = pathlib.Path(__file__).parent.parent / "docs" / "reference"
COLUMNS = 80
_SCHEMA = package()
_RESOURCE = _SCHEMA["resources"]["northflank:index:ServicePorts"]
_DEFAULTS = {
    "apiToken": "none",
    "apiUrl": f"`{DEFAULT_URL}`",
    "teamId": "the token's own account",
    "dialect": "`auto`",
    "checkDomains": "`true`",
    "longestWait": f"{LONGEST_WAIT_S:.0f}",
    "unmanaged": "`fail`",
    "onConflict": "`fail`",
    "onDelete": "written ports are removed, adopted ports stay",
    "exposure": "not checked",
    "refreshBeforeUpdate": "`false`",
}
_VARIABLES = {"`northflank:apiToken`": TOKEN_VARIABLES, "`northflank:apiUrl`": URL_VARIABLES}


def settings() -> str:
    """The text of settings.md."""
    variables = [(key, ", ".join(f"`{name}`" for name in names)) for key, names in _VARIABLES.items()]
    rows = [
        (
            f"`northflank:{key}`",
            _values(one),
            _DEFAULTS[key],
            one["description"] + ("" if key in CONFIG_KEYS else " By the packaged provider only."),
        )
        for key, one in _SCHEMA["config"]["variables"].items()
    ]
    return _page(
        "Settings",
        """The stack's configuration (`pulumi config set northflank:KEY VALUE`) is for all resources of a stack. An
argument of a resource comes before it.""",
        _table(("setting", "values", "default", "meaning"), rows),
        "## Environment",
        "Token and address of the environment come before those of the stack's configuration. Of several variables the"
        " first one counts.",
        _table(("setting", "variables"), variables),
        """A provider that the program declares with a token or an address of its own uses that. The address must be
https; http is accepted for this machine only. Redirects are never followed.""",
    )


def outputs() -> str:
    """The text of outputs.md."""
    declared, all_of_it = _RESOURCE["inputProperties"], _RESOURCE["properties"]
    required = _RESOURCE["requiredInputs"]
    arguments = [
        (
            f"`{key}`",
            f"`{_snake(key)}`",
            _values(one),
            one["description"] + (" Required." if key in required else ""),
        )
        for key, one in declared.items()
    ]
    made = [
        (f"`{key}`", f"`{_snake(key)}`", _values(one), one["description"])
        for key, one in all_of_it.items()
        if key not in declared
    ]
    certificate = _SCHEMA["types"]["northflank:index:Certificate"]["properties"]
    facts = [(f"`{key}`", _values(one), one["description"]) for key, one in certificate.items()]
    head = ("in every language", "in Python", "type", "meaning")
    return _page(
        "Arguments and outputs",
        "Of the resource `northflank:ServicePorts`, which in Python is `ServicePorts`.",
        "## Arguments",
        _table(head, arguments),
        "## Outputs",
        _table(head, made),
        "## A certificate",
        _table(("member", "type", "meaning"), facts),
        "## `getServicePorts`",
        _SCHEMA["functions"]["northflank:index:getServicePorts"]["description"]
        + " It takes `projectId`, `serviceId` and `teamId` and returns `id`, `ports` and the outputs above.",
    )


def error_tree() -> str:
    """The text of errors.md."""
    return _page(
        "Errors",
        """Of `nf_ports.errors`. Every error is one complete sentence: what failed, where, and what to do next. None
holds a secret. `NorthflankPortsError`, `InvalidPorts` and `Fault` are public names of `nf_ports`, too.
[Troubleshooting by error text](../troubleshooting.md) has their sentences.""",
        *(part for kind in _kinds(NorthflankPortsError) for part in _error(kind)),
        f"## `{Fault.__name__}`",
        *_documented(Fault),
    )


def _kinds(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for one in vars(errors).values():
        if isinstance(one, type) and issubclass(one, kind) and one.__base__ is kind:
            yield from _kinds(one)


def _error(kind: type[Exception]) -> Iterator[str]:
    yield f"## `{kind.__name__}`"
    if kind is not NorthflankPortsError:
        base = kind.__base__
        assert base is not None  # noqa: S101 - every class but object has one
        yield f"A kind of [`{base.__name__}`](#{base.__name__.lower()})."
    yield from _documented(kind)


def _documented(kind: type) -> Iterator[str]:
    """A docstring: its text, and its attributes as a list."""
    text, _, attributes = (inspect.getdoc(kind) or "").partition("\n\nAttributes:\n")
    yield _markdown(text)
    if attributes:
        entries = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", attributes, re.MULTILINE)
        yield "\n".join(f"- `{name}`: {_markdown(' '.join(meaning.split()))}" for name, meaning in entries)


def command_line() -> str:
    """The text of cli.md."""
    context = click.Context(nf_ports, info_name="nf-ports", terminal_width=COLUMNS)
    parts = ["What each command says by `--help`. The emulator has [its own page](emulator.md)."]
    for name in COMMANDS:
        if name != "emulator":
            parts += [f"## `nf-ports {name}`", _help(context, name)]
    return _page("Command line", *parts)


def emulator() -> str:
    """The text of emulator.md."""
    context = click.Context(nf_ports, info_name="nf-ports", terminal_width=COLUMNS)
    members = [(f"`{one.name}`", one.metadata["meaning"]) for one in dataclasses.fields(Failure)]
    switches = [
        (f"`{name}`", ", ".join(f"`{value}`" for value in values.split("|")), meaning)
        for name, values, meaning in describe_switches()
    ]
    usage = _help(context, "emulator").partition("\n\nexamples:")[0] + "\n```"
    return _page(
        "Emulator",
        "`python -m nf_ports emulator` and `nf-ports emulator` are the same."
        " [Test your own stacks](../testing.md) has the way in.",
        "## Options",
        usage,
        *(
            part
            for title, text in (
                ("Examples", help_text.EXAMPLES),
                ("Seed", help_text.SEED),
                ("Control routes", help_text.ROUTES),
                ("Enforced security", help_text.ENFORCEMENT),
                ("API versions", help_text.VERSIONS),
                ("Fixture", help_text.FIXTURE),
            )
            for part in (f"## {title}", _block(text))
        ),
        "## Faults",
        "The members of a fault, as arguments of `fault(…)` and as JSON:",
        _table(("member", "meaning"), members),
        "## Switches",
        "`--set SWITCH=VALUE`, or `@pytest.mark.northflank(SWITCH=VALUE)`. The default is the first value.",
        _table(("switch", "values", "meaning"), switches),
    )


def _help(context: click.Context, name: str) -> str:
    command = nf_ports.get_command(context, name)
    assert command is not None  # noqa: S101 - a name of the table
    inner = click.Context(command, parent=context, info_name=name, **SETTINGS | {"terminal_width": COLUMNS})
    return _block(command.get_help(inner))


def _block(text: str) -> str:
    return f"```text\n{text.strip()}\n```"


def _values(one: dict[str, Any]) -> str:
    """The type of a property of the schema, in words."""
    if "$ref" in one:
        name = one["$ref"].rpartition(":")[2]
        choices = _SCHEMA["types"][f"northflank:index:{name}"].get("enum")
        if choices:
            return ", ".join(f"`{choice['value']}`" for choice in choices)
        return f"[`{name}`](fields.md#{name.lower()})" if name != "Certificate" else "[certificate](#a-certificate)"
    if one["type"] == "object":
        return f"map of {_values(one['additionalProperties'])}"
    if one["type"] == "array":
        return f"list of {_values(one['items'])}"
    return {"string": "text", "boolean": "`true`, `false`"}.get(one["type"], str(one["type"]))


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name)


def _markdown(text: str) -> str:
    return text.replace("``", "`")


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", "Written by `make docs` from the code.", *parts]) + "\n"


PAGES = {
    "settings.md": settings,
    "outputs.md": outputs,
    "errors.md": error_tree,
    "cli.md": command_line,
    "emulator.md": emulator,
}

if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else PLACE
    for page, made in PAGES.items():
        (folder / page).write_text(made(), encoding="utf-8")
