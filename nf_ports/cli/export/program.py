"""The text of an exported program: what its reader has to know, the imports, and a `ServicePorts` for each service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from nf_ports.cli.export.printing import comment, group, imports, printed, quoted
from nf_ports.cli.export.reading import Exported
from nf_ports.cli.export.stack_secrets import Setting, command
from nf_ports.ports.model import Model

_SECRETS: Final = (
    "Secrets: set each before the first preview. Pulumi asks for the value, so it is in no shell's history."
)
_UNSEEN: Final = (
    "This version of the API does not show path rules and advanced options, so they are not declared here, should a"
    " port have any. `pulumi up` adopts the ports and leaves them as they are; but any later change of these ports"
    " writes the whole list, and removes path rules that are not declared. So look in Northflank, and declare here what"
    " it shows, before you change anything."
)


def program(call: str, exported: Sequence[Exported], settings: Sequence[Setting]) -> str:
    """The program.

    Args:
        call: the command that made it.
        exported: the services.
        settings: the secrets that it asks for.
    """
    head = [f'"""The ports of Northflank services, as `{call}` found them."""']
    blocks: list[list[str]] = [head]
    if settings:
        blocks.append([*comment(_SECRETS), *(line for setting in settings for line in _setting(setting))])
    unseen = [one.variable for one in exported if not one.whole]
    if unseen:
        which = "" if len(unseen) == len(exported) else f" This is about {', '.join(unseen)}."
        blocks.append(list(comment(_UNSEEN + which)))
    if settings:
        blocks.append(["import pulumi"])
    used = {name for one in exported for name in _model_names(one.ports)}
    blocks.append([imports({"ServicePorts", *used})])
    if settings:
        blocks.append(["config = pulumi.Config()"])
    blocks += [list(_statement(one)) for one in exported]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _setting(setting: Setting) -> Iterator[str]:
    yield from comment(f"{setting.place}:", indent="  ")
    yield f"#     {command(setting)}"


def _statement(one: Exported) -> Iterator[str]:
    for note in one.notes:
        yield from comment(note)
    service = one.service
    arguments: list[tuple[str, object]] = [
        ("", f"{service.project}-{service.service}"),
        ("project_id=", service.project),
        ("service_id=", service.service),
    ]
    if service.team:
        arguments.append(("team_id=", service.team))
    ports = [(f"{quoted(name)}: ", port) for name, port in one.ports.items()]
    arguments.append(("ports=", group("{", ports, "}", always_open=bool(ports))))
    yield printed(f"{one.variable} = ", group("ServicePorts(", arguments, ")", always_open=True))


def _model_names(value: object) -> Iterator[str]:
    """The models that `value` is made of."""
    if isinstance(value, Model):
        yield type(value).__name__
        yield from _model_names([getattr(value, name) for name in value.model_fields_set])
    elif isinstance(value, dict):
        yield from _model_names(list(value.values()))
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for item in value:
            yield from _model_names(item)
