"""The command `demo`: a review of a recorded preview, which needs neither an account nor Pulumi nor a network."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from nf_ports.cli import console
from nf_ports.cli.command import Command
from nf_ports.cli.review import terminal
from nf_ports.cli.review.preview import previews
from nf_ports.cli.review.services import headline, reviewed

RECORDED: Final = Path(__file__).with_name("demo.json")
"""What `pulumi preview --json` printed for the example project."""
_BEFORE: Final = """\
A pull request edits two lines of the example project: the path rule that asks for a login under
/admin goes, and an address is added to an allow-list. What `pulumi preview --json` printed was
recorded, with made-up services; this is what `nf-ports review` says of it:
"""
_AFTER: Final = """
With --fail-on unprotected a pipeline stops here, with exit code 3.
Next: `make demo` in a checkout runs the project on the real engine; `nf-ports doctor` looks at your
own account.
"""


@click.command(cls=Command)
def command() -> None:
    """Review a recorded preview of the example project: no account, no Pulumi, no network."""
    preview = previews(RECORDED.read_text("utf-8"))
    services = reviewed(preview)
    click.echo(_BEFORE)
    terminal.show(headline(preview, services), services, console.stdout())
    click.echo(_AFTER, nl=False)
