"""Port lists as people really write them, from public files: hosts, secrets, ids and telling names are placeholders.

Shapes and missing members are as found: each file in `tests/wild` as it would stand under `ports`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from nf_ports.emulator import Emulator

Ports = list[dict[str, Any]]

LISTS: Final[dict[str, Ports]] = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted((Path(__file__).parents[1] / "wild").glob("*.json"))
}
NO_PATHS: Final = "02-header-guarded-empty-paths"
FREE_PLAN: Final = "03a-free-plan-declared"
READ_BACK: Final = "03b-free-plan-read-back"
HOST_PATH: Final = "14a-subdomain-path-as-domain"
"""Needs neither a generated name nor a check, so a write is not read back: the first refresh reads its id."""
PATH_RULES: Final = "01-header-guarded-path-rule"

REFUSED: Final = {
    NO_PATHS: "ports.p01.security.securePathConfiguration.rules.0.paths: must list at least one path",
}
"""What cannot be declared as it is written, and the reason that is given."""
DECLARABLE: Final = {name: ports for name, ports in LISTS.items() if name not in REFUSED}


def add_domains(nf: Emulator) -> None:
    """The domains that the lists name."""
    nf.add_domain(
        "shop.example", subdomains={"app": True, "www": True, "preview": True}, paths=["preview.shop.example/api"]
    )


def sent(ports: Ports) -> Ports:
    """A list as a write has it: what is null is not said."""
    return [{name: part for name, part in port.items() if part is not None} for port in ports]
