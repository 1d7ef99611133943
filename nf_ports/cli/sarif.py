"""Findings as a SARIF 2.1.0 log: ignored ones as results with a suppression."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Iterable, Iterator
from typing import Any, Final

from nf_ports.exposure.findings.ignores import Applied, Ignore
from nf_ports.exposure.findings.rules import RULES, Finding
from nf_ports.text import printable

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_ARTIFACT: Final = "Pulumi.yaml"
"""Stands for the program: a finding is about a service and not about a line, and readers of SARIF ask for a file."""


def sarif(found: Applied, *, elsewhere: Iterable[tuple[str, Finding]] = ()) -> dict[str, Any]:
    """The log of some findings.

    Args:
        found: the findings after the ignore list.
        elsewhere: the findings that come from a change made elsewhere, each with its service.
    """
    made_elsewhere = list(elsewhere)
    results = [
        _result(service, finding, entry, elsewhere=(service, finding) in made_elsewhere)
        for service, finding, entry in _every(found)
    ]
    driver = {
        "name": "nf-ports",
        "version": importlib.metadata.version("nf-ports"),
        "rules": [
            {
                "id": rule.code,
                "shortDescription": {"text": f"{rule.title[:1].upper()}{rule.title[1:]}."},
                "fullDescription": {"text": rule.reason},
                "help": {"text": rule.remedy},
                "defaultConfiguration": {"level": rule.severity},
            }
            for rule in RULES.values()
        ],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _every(found: Applied) -> Iterator[tuple[str, Finding, Ignore | None]]:
    yield from ((service, finding, None) for service, finding in found.left)
    yield from found.ignored


def _result(service: str, finding: Finding, entry: Ignore | None, *, elsewhere: bool) -> dict[str, Any]:
    where = f"{printable(service)}/{finding.location}"
    text = f"{printable(service)}: {finding.location}: {printable(finding.text)}"
    print_ = "\0".join((service, finding.code, finding.port, *finding.at))
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": list(RULES).index(finding.code),
        "level": finding.severity,
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": _ARTIFACT}, "region": {"startLine": 1}},
                "logicalLocations": [{"fullyQualifiedName": where, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"finding/v1": hashlib.sha256(print_.encode("utf-8", "replace")).hexdigest()},
        "properties": {"service": printable(service), "port": printable(finding.port), "elsewhere": elsewhere},
    }
    if entry is not None:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": printable(entry.reason)}]
    return result
