"""The desired ports of a service as Pydantic models: fields, limits and meaning, of every API version.

Building a model records its fields and validates nothing: all violations of a program are reported together, each
with its location, when the resource is checked (`nf_ports.ports.validation`). Rules on two fields at once are in
`nf_ports.ports.rules`. Fields are written in either spelling (`internal_port` or Northflank's `internalPort`); any
value may be an unknown value.

Named or unordered values are written as a list or as a map, and validated as a map (`nf_ports.ports.shape`).

Sources: Northflank API reference, *Update service ports* (2025 and 2026) and *Patch deployment service* (2026).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar, Union

from pydantic import AfterValidator, Field, SecretStr

from nf_ports.ports.deferred import Maybe, Several
from nf_ports.ports.fields import Mark, models_in
from nf_ports.ports.model import Model, records
from nf_ports.ports.values import (
    AccessMode,
    Action,
    Address,
    Domain,
    Flag,
    NotEmpty,
    PathKey,
    PortName,
    PortNumber,
    Priority,
    Protocol,
    RoutingMode,
    Text,
    Username,
    violation,
)

K = TypeVar("K")
V = TypeVar("V")

if TYPE_CHECKING:
    Names = Maybe[Union[Several[Maybe[K]], Mapping[str, Any]]]  # noqa: UP007 - generic in K
    Keyed = Maybe[Union[Several[Maybe[V]], Mapping[str, Maybe[V]]]]  # noqa: UP007 - generic in V
else:

    class Names:
        """``Names[T]``: unordered texts, validated as a map from each to true."""

        def __class_getitem__(cls, item: Any) -> Any:  # noqa: D105 - the class says it
            return Maybe[dict[item, Maybe[Literal[True]]]]

    class Keyed:
        """``Keyed[key, T]``: objects with a name, validated as a map by that name."""

        def __class_getitem__(cls, item: Any) -> Any:  # noqa: D105 - the class says it
            key, value = item
            return Maybe[dict[key, Maybe[value]]]


def _at_least_one(value: dict[str, Any]) -> dict[str, Any]:
    # Northflank does not document whether an empty allow-list lets nobody in or everybody.
    if not value:
        raise violation("must list at least one address, or be left out")
    return value


# The names of entries: a program gives them, and in a map they are the keys.
if TYPE_CHECKING:
    _Login = Maybe[str]
    _HeaderName = Maybe[str]
else:
    _Login = Maybe[Username] | None
    _HeaderName = Maybe[NotEmpty] | None


class BasicAuth(Model):
    """One credential that a port accepts (HTTP basic authentication)."""

    username: Annotated[_Login, Mark(key=True), Field(default=None)]
    """3 to 39 characters: a letter first, then letters, digits and single hyphens."""
    password: Annotated[Maybe[NotEmpty], Mark(secret=True)] = Field(repr=False)
    """The password. A secret in Pulumi's state and output, whether or not it is marked as one."""
    type: Maybe[Literal["basic-auth"]] = "basic-auth"
    """The only kind that exists."""

    @records
    def __init__(self, username: Maybe[str], password: Maybe[str | SecretStr], **given: Any) -> None:
        """Record a credential."""
        super().__init__(username=username, password=password, **given)


class IPRule(Model):
    """Addresses that are allowed or denied. One ALLOW denies every other address; DENY has precedence over ALLOW."""

    action: Annotated[Maybe[Action], Mark(key=True)]
    """``ALLOW`` or ``DENY``."""
    addresses: Names[Address]
    """IPv4 and IPv6 addresses or CIDR blocks; at least one."""


class SSO(Model):
    """Single sign-on: callers must log in at the organisation's identity provider."""

    organization_id: Maybe[NotEmpty] | None = None
    """Organisation at the identity provider that the caller must belong to."""
    directory_group_ids: Names[NotEmpty] | None = None
    """Directory groups that are allowed; membership in one is enough."""
    allow_any_org_users: Maybe[Flag] = False
    """Allow every member of the organisation (API of 2026)."""
    validate_internal_traffic: Maybe[Flag] = False
    """Callers on the private network must log in, too."""
    set_cookie_on_root_domain: Maybe[Flag] = False
    """One login for sibling sub-domains."""
    noindex_redirect: Maybe[Flag] = False
    """Send ``X-Robots-Tag: noindex`` with the redirect to the login (API of mid-2026)."""
    allow_internal_traffic_via_public_dns: Maybe[Flag] = False
    """Callers of the same or linked projects pass without login when they use the public name."""


class HeaderRule(Model):
    """A request header that must be present with a certain value."""

    name: Annotated[_HeaderName, Mark(key=True), Field(default=None)]
    """Name of the header; a regular expression with `regex_mode`."""
    value: Annotated[Maybe[Text], Mark(secret=True)] = Field(repr=False)
    """Required value, ``*`` being a wildcard; a regular expression with `regex_mode`. Kept secret like a password."""
    regex_mode: Maybe[Flag] = False
    """Read name and value as regular expressions."""


if TYPE_CHECKING:
    _Policies = Maybe[Several[Maybe[IPRule]] | Mapping[str, Any]] | None
    _Credentials = Keyed[BasicAuth] | None
    _Headers = Keyed[HeaderRule] | None
else:
    _Policies = Keyed[Action, Annotated[dict[Address, Maybe[Literal[True]]], AfterValidator(_at_least_one)]] | None
    _Credentials = Keyed[Username, BasicAuth] | None
    _Headers = Keyed[NotEmpty, HeaderRule] | None


class PolicyGroup(Model):
    """Checks that belong together."""

    credentials: _Credentials = None
    """Accepted credentials; one of them is enough."""
    policies: Annotated[_Policies, Mark(listed_as=IPRule)] = None
    """IP rules."""
    ip: Annotated[_Policies, Mark(listed_as=IPRule, second="policies")] = None
    """Northflank's second spelling of `policies`: the two are one list."""
    sso: Maybe[SSO] | None = None
    """Single sign-on; one per group."""
    headers: Annotated[_Headers, Mark(caseless=True)] = None
    """Required request headers: all of them must be present."""


class SecurePath(Model):
    """A path of the port that a path rule applies to."""

    path: Maybe[NotEmpty]
    """A path such as ``/admin``; a regular expression with the routing mode ``regex``."""
    routing_mode: Maybe[RoutingMode]
    """``prefix``: the path and all below it; ``exact``: this path only; ``regex``."""
    priority: Maybe[Priority]
    """0 to 100; the highest matching rule overrides the others."""


class SecurityPolicies(Model):
    """The checks of a protected path."""

    or_policies: Maybe[PolicyGroup] | None = None
    """At least one of these checks must pass."""
    required_policies: Maybe[PolicyGroup] | None = None
    """All of these checks must pass."""


class SecurePathRule(Model):
    """A path rule: the checks for requests on some paths."""

    paths: Maybe[Sequence[Maybe[SecurePath]]]
    """At least one path."""
    access_mode: Maybe[AccessMode]
    """``protected``: the checks apply; ``unprotected``: everyone may reach the paths."""
    security_policies: Maybe[SecurityPolicies] | None = None
    """The checks of a protected path."""


class PathPolicy(Model):
    """A path rule in the form in which it is recorded: under its one routing mode and path, as ``prefix /admin``."""

    priority: Maybe[Priority]
    """As in `SecurePath`."""
    access_mode: Maybe[AccessMode]
    """As in `SecurePathRule`."""
    security_policies: Maybe[SecurityPolicies] | None = None
    """As in `SecurePathRule`."""


if TYPE_CHECKING:
    _Rules = Maybe[Several[Maybe[SecurePathRule]] | Mapping[str, Any]] | None
else:
    _Rules = Keyed[PathKey, PathPolicy] | None


class SecurePathConfiguration(Model):
    """Checks by path."""

    enabled: Annotated[Maybe[Flag], Mark(switch=True, always=True)] = True
    """Puts the rules in force. Northflank publishes no default; in a program the default is true."""
    skip_security_policies_for_internal_traffic_via_public_dns: Maybe[Flag] = False
    """Internal callers that use the public name skip every check."""
    rules: Annotated[_Rules, Mark(listed_as=SecurePathRule, always=True)] = None
    """The path rules, in any order: the priority decides."""


class Security(PolicyGroup):
    """The checks of a port, for all of its public names and paths."""

    verification_mode: Annotated[Maybe[Literal["or", "and"]] | None, Mark(filled_in=True, shown=False)] = None
    """``or``: one kind of check is enough; ``and``: all kinds must pass. Northflank publishes no default."""
    secure_path_configuration: Annotated[Maybe[SecurePathConfiguration] | None, Mark(shown=False)] = None
    """Checks by path. Before mid-2026 no view shows them, so a change of them elsewhere is not detected."""


class AdvancedOptions(Model):
    """Options that only *Patch service* knows."""

    enable_tls_passthrough: Maybe[Flag] = False
    """Pass TLS through to the container, so that no check of `Security` can read a request."""


class Port(Model):
    """One port of a service."""

    internal_port: Maybe[PortNumber]
    """The number that the container listens on: 1 to 65535, not 15000, 15020 or 65000."""
    protocol: Maybe[Protocol]
    """``HTTP``, ``HTTP/2``, ``TCP`` or ``UDP``; a public port uses one of the first two."""
    name: Annotated[Maybe[PortName] | None, Mark(key=True)] = None
    """1 to 8 characters; the first part of the generated public name. Needed in a list, implied in a map."""
    public: Annotated[Maybe[Flag], Mark(recorded=True)] = False
    """Puts the port on the internet."""
    vpc_accessible: Maybe[Flag] = False
    """Puts the port on the cluster's private load balancer (API of mid-2026)."""
    domains: Annotated[Names[Domain] | None, Mark(always=True, view=("name", "certificate"))] = None
    """Full host names, registered and verified in the account, or paths of them (app.example.com/api); on public ports
    only."""
    security: Annotated[Maybe[Security] | None, Mark(whole=True)] = None
    """The checks that a caller has to pass. Without it, there are none."""
    disable_nf_domain: Annotated[Maybe[Flag], Mark(always=True)] = False
    """Turn the generated code.run name off; needs a custom domain."""
    advanced_options: Annotated[Maybe[AdvancedOptions] | None, Mark(dialects=frozenset({"service"}), shown=False)] = (
        None
    )
    """Options that the ports endpoint does not have."""
    renamed_from: Annotated[Maybe[PortName] | None, Mark(program=True)] = None
    """The port's earlier name, so that a rename keeps its id and everything that Northflank links to it."""


READ_ONLY: Final = ("id", "dns", "vpcDns")
"""The fields that the API shows and does not take; they are dropped, so that JSON copied from the API works."""

FIELDS: Final[dict[str, str]] = {
    name: field.alias or name for model in models_in(Port).values() for name, field in model.model_fields.items()
}
"""Northflank's spelling of every field, by the program's spelling."""
