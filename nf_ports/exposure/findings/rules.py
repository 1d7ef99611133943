"""Findings: what a reviewer has to know about the exposure of ports, each with the code of its rule.

NF1xx  who can reach a port as it is          NF3xx  who can reach a port after a change
NF2xx  checks and path rules without effect   NF4xx  what the resource states or expects
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from typing_extensions import override

from nf_ports.text import printable

Severity = Literal["error", "warning", "note"]
"""``error``: somebody may get in who should not; ``warning``: a rule probably does not do what it says; ``note``."""
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of finding.

    Attributes:
        code: its stable name, such as ``NF101``; never used again for something else.
        title: what is found, without a full stop.
        severity: how much it matters.
        reason: why it matters, in one or two sentences.
        remedy: what to do, in one or two sentences.
    """

    code: str
    title: str
    severity: Severity
    reason: str
    remedy: str


_ALL: Final = (
    Rule(
        "NF101",
        "a port is open to everyone",
        "error",
        "A third of the internet or more gets in without a check.",
        "Add a check to the port or to the path rule, or set public to false. If it is meant to be open, ignore the"
        " code with a reason; with the name of the port, this holds for the change that opens it (NF301), too.",
    ),
    Rule(
        "NF102",
        "a generated name stays reachable in addition to a custom domain",
        "note",
        "The same checks apply there, but a filter in front of the custom domain does not. Only ports with checks have"
        " this finding.",
        "Set disable_nf_domain to true.",
    ),
    Rule(
        "NF103",
        "a load balancer leads past the checks of a port, or to a private port",
        "error",
        "A load balancer forwards TCP or UDP, so no check of the port applies behind it (inferred from Northflank's"
        " pages). Where Northflank does not say whether it forwards now, the text says that it is undetermined.",
        "Take the port out of the load balancer, make the load balancer private, or let the service check its callers."
        " If it is meant to be reached so, ignore the code with a reason.",
    ),
    Rule(
        "NF104",
        "it is undetermined who gets in",
        "warning",
        "Northflank does not say what the settings mean there. The less strict meaning lets in more callers than the"
        " stricter one.",
        "State what is left out, or change the settings so that both meanings are the same. The text names the point.",
    ),
    Rule(
        "NF105",
        "a path of a host changes requests before the checks of the port, perhaps",
        "warning",
        "Northflank does not say whether path rules see the path that is asked for or the rewritten one, nor whether"
        " headers are changed before they are checked; here it makes a difference.",
        "Write the path rules so that both paths meet the same checks, or drop the rewriting.",
    ),
    Rule(
        "NF106",
        "a load balancer leads to a port that everyone reaches anyway",
        "note",
        "A check that is added to the port later will not apply behind the load balancer.",
        "Take the port out of the load balancer if its public names are enough.",
    ),
    Rule(
        "NF201",
        "an allowed range is denied as a whole",
        "warning",
        "DENY has precedence over ALLOW, so no address of the range gets in.",
        "Take the range out of ALLOW, or the addresses out of DENY.",
    ),
    Rule(
        "NF202",
        "a path rule decides for no path",
        "warning",
        "Rules of higher priority match every path that it matches, so its checks never apply.",
        "Give it a higher priority than the rules that match its paths, or remove it.",
    ),
    Rule(
        "NF203",
        "checks let nobody in",
        "warning",
        "No caller can pass them, from no address and with no login. The port or the paths are out of service.",
        "Correct the list that keeps everyone out. If nobody is meant to get in, set public to false.",
    ),
    Rule(
        "NF204",
        "one of several alternatives lets everyone in",
        "error",
        "One of the checks is enough, and everyone passes this one, so the others keep nobody out.",
        "Remove the check that everyone passes, or require all checks: verification_mode and, or required_policies.",
    ),
    Rule(
        "NF205",
        "TLS passthrough switches off checks",
        "error",
        "Only the container can read a request then, so Northflank cannot ask for a login, a header or single sign-on,"
        " and no path rule decides. Everyone gets in who can reach the port.",
        "Turn TLS passthrough off, or remove the checks and let the container check the callers.",
    ),
    Rule(
        "NF206",
        "path rules of the same priority match the same paths and let in different callers",
        "warning",
        "Northflank does not say which of them decides.",
        "Give them different priorities.",
    ),
    Rule(
        "NF301",
        "a change opens a port to everyone",
        "error",
        "After it a third of the internet or more gets in without a check, and before not.",
        "Add a check, or leave the port as it is. If it is meant to be open, ignore NF101 of this port with a reason.",
    ),
    Rule(
        "NF302",
        "a change opens a port",
        "warning",
        "After it some callers get in, and before nobody did.",
        "Make sure that the port and its paths are meant to be reached.",
    ),
    Rule(
        "NF303",
        "a change lets in more callers",
        "warning",
        "Callers gain access who had none.",
        "Make sure that the callers named are meant to get in.",
    ),
    Rule(
        "NF304",
        "a change may let in more callers",
        "warning",
        "It depends on an unknown value, on a secret that is masked, or on checks that are too many to compare.",
        "Review the values that are named, or run the review again once they are known.",
    ),
    Rule(
        "NF401",
        "an expectation is not met",
        "error",
        "A port lets in a request that it is expected to refuse, or refuses one that it is expected to let in.",
        "Change the rule that decides, which the sentence names; or change the expectation, if it is no longer meant.",
    ),
    Rule(
        "NF402",
        "an expectation is undetermined",
        "error",
        "Northflank does not say whether the request gets in, or this version of the API does not show what decides.",
        "Write the port so that the answer is certain, such as with a verification mode; the sentence names the point.",
    ),
    Rule(
        "NF403",
        "a port exceeds the stated exposure",
        "error",
        "The resource states the most exposure that its ports may have, and a port has more.",
        "Narrow the port, or state another exposure.",
    ),
)
RULES: Final[dict[str, Rule]] = {rule.code: rule for rule in _ALL}
"""Every rule by its code."""
NOT_MET: Final = "NF401"
UNDETERMINED: Final = "NF402"
EXCEEDED: Final = "NF403"
AS_THEY_ARE: Final = tuple(code for code in RULES if code.startswith(("NF1", "NF2")))
"""The codes of what is found in ports as they are, without a change."""
CHANGES: Final = tuple(code for code in RULES if code.startswith("NF3"))
"""The codes of changes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        code: of its rule.
        port: the port's name.
        at: the place in the port's declaration, as keys; empty for the whole port.
        text: what was found, without a full stop and without a secret.
    """

    code: str
    port: str
    at: tuple[str, ...]
    text: str

    @property
    def rule(self) -> Rule:
        """The rule of its code."""
        return RULES[self.code]

    @property
    def severity(self) -> Severity:
        """The severity of its rule."""
        return self.rule.severity

    @property
    def location(self) -> str:
        """The place in the resource's inputs: ``ports.http.security``."""
        return ".".join(printable(part) for part in ("ports", self.port, *self.at) if part)

    @override
    def __str__(self) -> str:
        """The finding in one line, with its code."""
        return f"{self.code} {self.location}: {self.text}"
