"""Who on the internet can reach what, and how a change alters that: exact, pure, and honest about what nobody says.

The input is canonical ports by name (`nf_ports.ports.canonical`), any part of which may be not known yet. `explain`
answers for one request, `exposure` sums up, `compare` tells two states apart, `warnings` and `exceeds` are for a
review, `elsewhere` for a refresh.
Where Northflank's sources leave something open both readings are computed, and the looser one counts as reachable.
No text, and no field of what is returned, holds a password or the value of a header.

addresses  exact sets of addresses            ports         a port as gates, by way in and path
gates      who gets in, as a formula          surfaces      exposure: the summary
tables     gates as truth tables              explanation   one request
checks     a list of checks as a gate         differences   two gates compared
paths      path rules and places              changes       compare: two states of all ports
questions  what the sources leave open        advice        warnings, edits elsewhere, stated intents
words      gates in words                     sentences     changes in words

Sources: Northflank API reference (*Update service ports*, *Patch service*, 2025 and 2026) and product guides.
"""

from nf_ports.exposure.advice import INTENTS, Direction, Edit, elsewhere, exceeds, stated, warnings
from nf_ports.exposure.changes import GENERATED, Change, compare
from nf_ports.exposure.checks import Entry
from nf_ports.exposure.explanation import Decision, Reason, Request, Verdict, explain
from nf_ports.exposure.surfaces import CALLERS, Protection, Surface, exposure
from nf_ports.ports.values import StatedExposure

__all__ = [
    "CALLERS",
    "GENERATED",
    "INTENTS",
    "Change",
    "Decision",
    "Direction",
    "Edit",
    "Entry",
    "Protection",
    "Reason",
    "Request",
    "StatedExposure",
    "Surface",
    "Verdict",
    "compare",
    "elsewhere",
    "exceeds",
    "explain",
    "exposure",
    "stated",
    "warnings",
]
