"""What Northflank's sources leave open about who gets in: a sentence each, shown wherever it makes a difference.

Sources: API reference 2025 and 2026, product guides; where they are silent, both readings are computed.
"""

from __future__ import annotations

from typing import Final

MODE: Final = (
    "Northflank does not say whether one kind of check is enough or all must pass where verificationMode is not given"
)
ORGANISATION_ALONE: Final = (
    "Northflank does not say whom single sign-on lets in that has neither directoryGroupIds nor allowAnyOrgUsers"
)
EMPTY_RULE: Final = "Northflank does not say who passes a protected path rule without policies"
SAME_PRIORITY: Final = "Northflank does not say which of several matching path rules of the same priority decides"
ANCHORS: Final = "Northflank does not say whether a regular expression has to match the whole path"
DIALECT: Final = "Northflank does not say which dialect its regular expressions are, and Python cannot read this one"
SWITCH: Final = "Northflank does not say whether path rules are in force without the switch enabled"
SKIP_SWITCH: Final = (
    "Northflank does not say whether internal callers skip the checks where path rules are not in force"
)
PASSTHROUGH: Final = "Northflank does not say whether IP rules apply where TLS is passed through"
PRIVATE_NAME: Final = "Northflank does not say whether logins, headers and IP rules apply on the private name"
VPC: Final = "Northflank does not say whether checks apply on the private load balancer"
DOMAIN_PATH: Final = "only some paths of this name lead to the port, and its list does not say which"
ADDRESS: Final = "there is an IP rule that nf_ports cannot read"

RULE_REPLACES: Final = "a path rule is taken to replace the port's own checks: the highest matching rule overrides"
"""Not a question but an assumption, from the product guide: "the highest matching rule overrides lower ones"."""


NOT_COMPARED: Final = "there is something among too many path rules that is not known yet"
NO_PORTS: Final = "the ports are not known yet"


def not_known(at: str) -> str:
    """The sentence for a value that a preview cannot know."""
    return f"{at} is not known yet"


def not_readable(at: str) -> str:
    """The sentence for a value that is not what it should be."""
    return f"{at} cannot be read"
