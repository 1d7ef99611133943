"""Points about access that Northflank does not state: a sentence each, shown wherever it makes a difference.

Sources: API reference 2025 and 2026, product guides; if they do not state a point, both readings are computed.
"""

from __future__ import annotations

from typing import Final

MODE: Final = (
    "Northflank does not say whether one kind of check is enough or all must pass if verificationMode is not set"
)
ORGANISATION_ALONE: Final = (
    "Northflank does not say who passes single sign-on if neither directoryGroupIds nor allowAnyOrgUsers is set"
)
EMPTY_RULE: Final = (
    "Northflank says only of team policies, not of ports, that a protected path rule without checks refuses callers"
    " from outside and lets in the project's own"
)
SAME_PRIORITY: Final = "Northflank does not say which of several matching path rules of the same priority decides"
ANCHORS: Final = "Northflank does not say whether a regular expression has to match the whole path"
DIALECT: Final = "Northflank does not say which syntax its regular expressions have, and Python cannot read this one"
HEADER_PATTERN: Final = (
    "Northflank does not say which syntax the regular expression of a header has, and Python cannot read this one"
)
SWITCH: Final = "Northflank does not say whether path rules apply if securePathConfiguration.enabled is not set"
SKIP_SWITCH: Final = "Northflank does not say whether internal callers skip the checks if path rules are turned off"
PASSTHROUGH: Final = "Northflank does not say whether IP rules apply with TLS passthrough"
PRIVATE_NAME: Final = "Northflank says both that logins may apply on the private name and that everyone passes there"
PRIVATE_RULES: Final = (
    "Northflank says both that path rules may apply on the private name and that everyone passes there"
)
PRIVATE_VPC: Final = "Northflank does not say whether checks apply on the private name of a port that is not public"
VPC: Final = "Northflank does not say whether checks apply on the private load balancer"
DOMAIN_PATH: Final = "only some paths of this domain lead to the port, and the list of ports does not say which"
BALANCED: Final = "that no check of a port applies behind a load balancer is inferred; Northflank does not say it"
STATUS: Final = "the list of this API version does not show whether the load balancer is provisioned"
FORWARDS: Final = (
    "Northflank does not say whether a load balancer forwards while it is being deleted, or while it has addresses and"
    " is not provisioned"
)
REWRITTEN: Final = "Northflank does not say whether path rules match the path that is asked for or the rewritten one"
HEADERS_SET: Final = "Northflank does not say whether a path of a host changes headers before the port checks them"
SAME_PATH_PRIORITY: Final = (
    "Northflank does not say which of several matching paths of a host with the same priority gets the request"
)
PREFIX: Final = "Northflank does not say whether the prefix of a path of a host ends at a segment"
ADDRESS: Final = "nf_ports cannot read one of the IP rules"

RULE_REPLACES: Final = "nf_ports assumes that the path rule that decides replaces the port's own checks"
"""An assumption, from the product guide: "the highest matching rule overrides lower ones"."""

SEGMENTS: Final = (
    "nf_ports assumes that a prefix ends with a segment of the path: /admin is not for /administrator; Northflank does"
    " not say it"
)
"""An assumption, from the product guide: "the given path and all subpaths"."""

NOT_COMPARED: Final = "there are too many path rules to compare while a value is unknown"
NO_PORTS: Final = "the list of ports is an unknown value"


def not_known(at: str) -> str:
    """The sentence for an unknown value."""
    return f"{at} is an unknown value"


def not_readable(at: str) -> str:
    """The sentence for a value of the wrong form."""
    return f"{at} cannot be read"
