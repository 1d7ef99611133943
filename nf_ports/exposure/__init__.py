"""The exposure of ports, that is who can reach them, and its changes: exact and pure.

The input is canonical ports by name (`nf_ports.ports.canonical`), any part of which may be an unknown value. `explain`
answers for one request, `exposure` sums up, `compare` compares two states, `warnings` and `exceeds` are for a review,
`elsewhere` for a refresh, `outcomes` for expectations.
If Northflank does not state a point, both readings are computed, and the less strict one counts as reachable.
No text, and no field of a result, holds a password or the value of a header.

addresses    exact sets of addresses             ports          the access to a port, by caller and path
access       the formula of who gets in          port_exposure  exposure: the summary
truth_table  accesses as truth tables            explanation    one request
checks       access by a list of checks          differences    two accesses compared
paths        path rules and classes of paths     changes        compare: two states of all ports
questions    undetermined points                 advice         warnings, edits elsewhere, stated exposure
words        access in words                     sentences      changes in words
private_name access on the private name          findings       Rule, Finding, every code
dead_rules   checks without effect               ignores        lists of ignored findings
ways_in      load balancers, and paths of hosts
expectations expectations and their outcomes     resource_ignores  the ignore list of a resource

Sources: Northflank API reference (*Update service ports*, *Patch service*, 2025 and 2026) and product guides.
"""

from nf_ports.exposure.advice import (
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
from nf_ports.exposure.changes import GENERATED, Change, compare
from nf_ports.exposure.checks import Caller
from nf_ports.exposure.expectations import Outcome, broken, expectations_of, outcomes
from nf_ports.exposure.explanation import Decision, Reason, Request, Verdict, explain
from nf_ports.exposure.port_exposure import CALLERS, PortExposure, Protection, exposure
from nf_ports.exposure.resource_ignores import entries_of, ignores_of
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
    "outcomes",
    "rules_without_effect",
    "stated",
    "warnings",
]
