"""The exposure of ports, that is who can reach them, and its changes: exact and pure.

The input is canonical ports by name (`nf_ports.ports.canonical`), any part of which may be an unknown value. `explain`
answers for one request, `exposure` sums up, `compare` compares two states, `warnings` and `exceeds` are for a review,
`elsewhere` for a refresh, `outcomes` for expectations.
If Northflank does not state a point, both readings are computed, and the less strict one counts as reachable.
No text, and no field of a result, holds a password or the value of a header.

access    the formula of who gets in to a port: addresses, checks, path rules, names, undetermined points
findings  their rules by code, checks and path rules without effect, ignore lists
answers   one request, a summary, changes and their sentences, expectations, load balancers and paths of hosts

Sources: Northflank API reference (*Update service ports*, *Patch service*, 2025 and 2026) and product guides.
"""

from nf_ports.exposure.access.checks import Caller
from nf_ports.exposure.answers.advice import (
    INTENTS,
    Direction,
    Edit,
    coded_warnings,
    elsewhere,
    exceeds,
    findings_of,
    rules_without_effect,
    stated,
    warnings,
)
from nf_ports.exposure.answers.changes import GENERATED, Change, compare, moved_domains
from nf_ports.exposure.answers.expectations import Outcome, broken, expectations_of, outcomes
from nf_ports.exposure.answers.explanation import Decision, Reason, Request, Verdict, explain
from nf_ports.exposure.answers.port_exposure import CALLERS, PortExposure, Protection, exposure
from nf_ports.exposure.findings.resource_ignores import entries_of, ignores_of
from nf_ports.ports.values import StatedExposure

__all__ = [
    "CALLERS",
    "GENERATED",
    "INTENTS",
    "Caller",
    "Change",
    "Decision",
    "Direction",
    "Edit",
    "Outcome",
    "PortExposure",
    "Protection",
    "Reason",
    "Request",
    "StatedExposure",
    "Verdict",
    "broken",
    "coded_warnings",
    "compare",
    "elsewhere",
    "entries_of",
    "exceeds",
    "expectations_of",
    "explain",
    "exposure",
    "findings_of",
    "ignores_of",
    "moved_domains",
    "outcomes",
    "rules_without_effect",
    "stated",
    "warnings",
]
