"""The account of a command on live data: token, API address and team, from the environment or a stack."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from nf_ports.errors import InvalidConfiguration
from nf_ports.northflank.client import Client
from nf_ports.northflank.services import Services
from nf_ports.northflank.settings import api_settings
from nf_ports.notices import Tell
from nf_ports.ports.values import SLUG

F = TypeVar("F", bound=Callable[..., Any])

_CLI_S: Final = 60.0
ENVIRONMENT: Final = """\
The token comes from NORTHFLANK_API_TOKEN (or NF_API_TOKEN), the API address from NORTHFLANK_API_BASE_URL; with
--stack, what the environment does not say comes from the configuration of that Pulumi stack in this directory."""
"""The sentence of --help about token and address."""


@dataclass(frozen=True, slots=True)
class Account:
    """The API with a token for it.

    Attributes:
        client: what carries the calls.
        team: the team whose projects are meant; None for the account of the token.
        dialect: which endpoints the stack uses.
        configuration: the stack's ``northflank:…`` values by full key, secrets in clear; empty without --stack.
    """

    client: Client
    team: str | None = None
    dialect: str = "auto"
    configuration: Mapping[str, str] = field(default_factory=dict, repr=False)

    def services(self) -> Services:
        """The ports of services, as the stack would read them."""
        return Services(self.client, self.dialect)


def account_options(function: F) -> F:
    """Add the options that name the account."""
    function = click.option(
        "--stack",
        metavar="STACK",
        shell_complete=_stacks,
        help="Use the northflank:… configuration of this stack, too.",
    )(function)
    return click.option("--team", metavar="TEAM", help="Team of the project (default: the token's own account).")(
        function
    )


def _stacks(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    """The stacks with a configuration file in this directory, for completion."""
    names = (file.name.removeprefix("Pulumi.").rpartition(".")[0] for file in Path().glob("Pulumi.*.y*ml"))
    return sorted(name for name in names if name.startswith(incomplete))


def connect(team: str | None, stack: str | None, tell: Tell) -> Account:
    """The account that the options and the environment name. Sends nothing yet.

    Raises:
        InvalidConfiguration: something of it is missing or wrong.
    """
    configuration = stack_configuration(stack) if stack else {}
    settings = api_settings(os.environ, configuration.get)
    if settings.token is None:
        raise InvalidConfiguration(
            "no API token is set. Export NORTHFLANK_API_TOKEN, or name with --stack a Pulumi stack that has"
            " northflank:apiToken."
        )
    team = team or configuration.get("northflank:teamId") or None
    if team is not None and not SLUG.fullmatch(team):
        raise InvalidConfiguration("the team must be an id as Northflank shows it: letters, digits and hyphens")
    return Account(Client(settings, tell=tell), team, configuration.get("northflank:dialect") or "auto", configuration)


def pulumi_command() -> str | None:
    """The `pulumi` that a person would get: what PULUMI_COMMAND names, else that of PATH; None where neither is."""
    return shutil.which(os.environ.get("PULUMI_COMMAND") or "pulumi")


def stack_configuration(stack: str, directory: Path | None = None) -> dict[str, str]:
    """A stack's ``northflank:…`` configuration by full key, secrets in clear.

    Raises:
        InvalidConfiguration: it cannot be read.
    """
    command = pulumi_command()
    if command is None:
        raise InvalidConfiguration(
            "the configuration of a stack is read by the pulumi CLI, and there is none on PATH; install it, or leave"
            " --stack out and export NORTHFLANK_API_TOKEN"
        )
    # As one word, so that a name that begins with a hyphen is no option.
    arguments = [command, "config", "--json", "--show-secrets", "--non-interactive", f"--stack={stack}"]
    try:
        answer = subprocess.run(  # noqa: S603 - the user's own pulumi
            arguments,
            cwd=directory,
            env=os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_CLI_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InvalidConfiguration(
            f"the configuration of stack {stack} cannot be read: pulumi did not answer ({type(error).__name__})"
        ) from error
    if answer.returncode:
        said = [line for line in answer.stderr.splitlines() if line.strip()]
        reason = " ".join(said[-1].removeprefix("error: ").split()) if said else "pulumi gave no reason"
        raise InvalidConfiguration(f"the configuration of stack {stack} cannot be read: {reason}")
    return {
        key: str(item["value"])
        for key, item in _values(answer.stdout, stack).items()
        if key.startswith("northflank:") and isinstance(item, dict) and item.get("value") is not None
    }


def _values(text: str, stack: str) -> dict[str, Any]:
    try:
        values = json.loads(text or "{}")
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        # The text may hold secrets.
        raise InvalidConfiguration(
            f"the configuration of stack {stack} cannot be read: 'pulumi config --json' printed no JSON object; check"
            " that PULUMI_COMMAND and PATH lead to the pulumi CLI"
        )
    return values
