"""The answer for one request: who it is from, what it shows, which rule decides, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Final, Literal, NamedTuple

from nf_ports.exposure import questions
from nf_ports.exposure.addresses import block, point
from nf_ports.exposure.checks import Entry, is_private
from nf_ports.exposure.gates import (
    EVERYONE,
    READINGS,
    All,
    AnyOf,
    Atom,
    Gate,
    Holds,
    OneOf,
    Reading,
    Within,
    evaluate,
    nobody,
)
from nf_ports.exposure.ports import Names, front, names_of
from nf_ports.exposure.surfaces import as_json
from nf_ports.exposure.tables import Claim, Space
from nf_ports.exposure.words import claim_words, printable, shown
from nf_ports.ports.canonical import typed_ports
from nf_ports.ports.deferred import Unknown

Verdict = Literal["allowed", "refused", "open", "unknown"]
"""``open``: the API does not say, and it makes a difference; ``unknown``: it depends on what is not known yet."""


_SAYS: Final[dict[Verdict, str]] = {
    "allowed": "let in",
    "refused": "refused",
    "open": "open whether it gets in",
    "unknown": "not known yet whether it gets in",
}


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a port.

    Attributes:
        path: its path, as it is sent; a query counts only for rules that have a question mark themselves.
        address: the IPv4 or IPv6 address that it comes from; None for one that no IP rule of the port names.
        users: the logins that the caller holds, by user; with their right passwords.
        organizations: organisations that the caller is logged in to by single sign-on.
        groups: directory groups that the caller is in.
        headers: headers that the request has with the wanted values, by the names of the rules; in any case.
        via: ``public`` for any public name, ``generated`` for the code.run name, ``private`` for the private name,
            ``vpc`` for the private load balancer, or a custom domain.
        internal: whether a call to a public name comes from the same or a linked project.
    """

    path: str = "/"
    address: str | None = None
    users: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    headers: frozenset[str] = frozenset()
    via: str = "public"
    internal: bool = False


class Reason(NamedTuple):
    """Why: the place in the port's declaration, and what it says about the request."""

    at: str
    says: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a request.

    Attributes:
        verdict: the answer.
        port: the port's name.
        rule: the place in the port's declaration that decides.
        sentence: the answer in one line.
        reasons: why, in the order of the declaration.
        notes: what is taken for granted.
    """

    verdict: Verdict
    port: str
    rule: str
    sentence: str
    reasons: tuple[Reason, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, object]:
        """The same for a machine."""
        plain = asdict(self)
        return as_json(plain | {"reasons": [reason._asdict() for reason in self.reasons]})


def explain(port_name: str, port: object, request: Request) -> Decision:
    """Whether a port lets a request in, and why.

    Args:
        port_name: for the texts.
        port: in canonical form; any part of it may be not known yet.
        request: the request.

    Raises:
        ValueError: the request's address is none.
    """
    typed = typed_ports({port_name: port})
    port = typed if isinstance(typed, Unknown) else typed[port_name]
    path = request.path or "/"
    entry = _entry(request)
    before = front(port, entry)
    found = before.door(lambda rule: rule.matches(path))
    gate = _at_the_name(port, request, found.gate) if entry in {"internet", "internal"} else found.gate
    caller = _Caller(request, gate)
    verdict = caller.verdict(gate)
    reasons = tuple(dict.fromkeys(caller.reasons(gate, verdict)))
    decides = next((rule for rule in found.rules if f"{reasons[0].at}.".startswith(f"{_at(rule)}.")), None)
    by = f"path rule {shown(decides)}: " if decides else ""
    says = "; ".join(dict.fromkeys(reason.says for reason in reasons))
    own = before.door(lambda _rule: "no").gate
    return Decision(
        verdict,
        port_name,
        _at(decides) if decides else reasons[0].at,
        f'port "{shown(port_name)}", {_where(entry, path)}: {_SAYS[verdict]}: {by}{says}',
        reasons,
        (questions.RULE_REPLACES,) if found.rules and own != found.gate else (),
    )


def _at(rule: str) -> str:
    return f"security.securePathConfiguration.rules.{printable(rule)}"


def _where(entry: Entry, path: str) -> str:
    return {
        "internet": shown(path),
        "internal": f"{shown(path)}, from the same or a linked project",
        "vpc": f"{shown(path)}, on the private load balancer",
        "private": "on the private name",
    }[entry]


def _entry(request: Request) -> Entry:
    if request.via == "private":
        return "private"
    if request.via == "vpc":
        return "vpc"
    return "internal" if request.internal else "internet"


def _at_the_name(port: object, request: Request, gate: Gate) -> Gate:
    """The gate, if the name that is called leads to it."""
    names = names_of(port)
    leads = _leads_here(names, request.via)
    if leads or is_private(port):
        return gate
    generated = request.via == "generated"
    at = "disableNfDomain" if generated else "domains"
    closed = nobody(at, f"{'the generated name' if generated else shown(request.via)} does not lead to the port")
    if names.lead_here_by_path(request.via):
        return All((OneOf((closed, EVERYONE), "open", questions.DOMAIN_PATH, at), gate))
    if leads is False:
        return closed
    return All((OneOf((closed, EVERYONE), "unknown", questions.not_known(at), at), gate))


def _leads_here(names: Names, via: str) -> bool | None:
    if via == "public":
        return True
    if via == "generated":
        return names.generated
    return names.lead_here(via) or (False if names.known else None)


class _Caller:
    """Who sends a request, before the parts of a gate."""

    def __init__(self, request: Request, gate: Gate) -> None:
        self._request = request
        self._says = shown(request.address or "an address that no IP rule names")
        found = Space([gate], claims=False).stranger() if request.address is None else point(request.address)
        if found is None:
            raise ValueError("the address of the request must be an IPv4 or IPv6 address, such as 203.0.113.7")
        self._point = found

    def verdict(self, gate: Gate) -> Verdict:
        """What becomes of the request before a gate."""
        bits = {reading: evaluate(gate, reading, self._leaf, 1) for reading in READINGS}
        if all(bits.values()):
            return "allowed"
        if not any(bits.values()):
            return "refused"
        unclear = any(bits[Reading(loose, most=True)] != bits[Reading(loose, most=False)] for loose in (True, False))
        return "unknown" if unclear else "open"

    def reasons(self, gate: Gate, verdict: Verdict) -> Iterator[Reason]:
        """Why a gate comes to its verdict; parts that would not change it are left out."""
        if isinstance(gate, Within):
            yield self._by_address(gate)
        elif isinstance(gate, Holds):
            yield Reason(gate.at, _by_holding(gate, verdict))
        elif isinstance(gate, OneOf):
            if verdict in {"open", "unknown"}:
                yield Reason(gate.at, gate.why)
            else:
                # The strictest part is the first: who passes it passes all; who fails the last fails all.
                yield from self.reasons(gate.parts[0 if verdict == "allowed" else -1], verdict)
        elif not gate.parts:
            yield Reason(gate.at, gate.says)
        else:
            telling = [part for part in gate.parts if self.verdict(part) == verdict]
            # One part is enough to be let in; of what is missing all is told.
            enough = verdict == "allowed" and isinstance(gate, AnyOf)
            for part in telling[:1] if enough else telling:
                yield from self.reasons(part, verdict)

    def _leaf(self, leaf: Within | Holds, reading: Reading) -> int:
        if isinstance(leaf, Within):
            return self._point in leaf.addresses
        held = [self._holds(atom, reading) for atom in leaf.atoms]
        return all(held) if leaf.every else any(held)

    def _holds(self, atom: Atom, reading: Reading) -> bool:
        request = self._request
        shown_ = {
            "login": request.users,
            "organization": request.organizations,
            "group": request.groups,
            "header": request.headers,
        }[atom.kind]
        if atom.name is None:
            return bool(shown_) and reading.most
        if atom.kind == "organization" and not atom.name:
            return bool(request.organizations or request.groups)
        if atom.kind == "header" and not atom.regex:
            return atom.name.lower() in {name.lower() for name in shown_}
        return atom.name in shown_

    def _by_address(self, check: Within) -> Reason:
        around = [(text, found) for text in check.listed if (found := block(text)) and self._point in found]
        if not around:
            return Reason(check.at, f"{self._says} is in no {'denied' if check.denied else 'allowed'} range")
        text = min(around, key=lambda each: each[1].count(self._point[0]))[0]
        return Reason(
            f"{check.at}.{printable(text)}",
            f"{self._says} is {'denied' if check.denied else 'allowed'} by {shown(text)}",
        )


def _by_holding(check: Holds, verdict: Verdict) -> str:
    what = claim_words(Claim(next(iter(check.atoms)).kind, check.atoms, check.every))
    return {
        "allowed": f"the caller has {what}",
        "refused": f"it asks for {what}",
        "open": f"it asks for {what}",
        "unknown": f"it asks for {what}",
    }[verdict]
