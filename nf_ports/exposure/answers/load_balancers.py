"""Load balancers: which ports they lead to, and whether they forward.

A load balancer forwards TCP or UDP, so no check of a port applies behind it (inferred: port security is about public
names and paths).

Source: Northflank API reference (load balancers 2026).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from nf_ports.exposure.access import questions
from nf_ports.exposure.access.words import shown
from nf_ports.exposure.answers.explanation import OPENNESS, Decision, Reason
from nf_ports.exposure.answers.other_ways import FORWARDS, OtherWay, State, decision
from nf_ports.ports.port import Port
from nf_ports.ports.ways_in import Backend, LoadBalancer

_STATES: Final[dict[str, State]] = {
    "provisioned": "now",
    "created": "now",
    "pending": "not yet",
    "provisioning": "not yet",
    "staging": "not yet",
    "loading": "not yet",
    "error": "not yet",
    "deleting": "no more",
    "deleted": "no more",
}
"""Both sets of words that the API has for the status of a load balancer."""
_PROTOCOLS: Final = {"tcp": ("TCP", "HTTP", "HTTP/2"), "udp": ("UDP",)}


def by_load_balancers(service: str, ports: Mapping[str, Port], balancers: Sequence[LoadBalancer]) -> list[OtherWay]:
    """The load balancers that lead to the ports of a service.

    Args:
        service: its id without the team, ``project/service``.
        ports: canonical ports by name.
        balancers: the load balancers of the account.
    """
    return [
        _balanced(name, balancer, backends)
        for name, port in sorted(ports.items())
        for balancer in balancers
        if (backends := [backend for backend in balancer.backends if leads_to(balancer, backend, service, port)])
    ]


def leads_to(balancer: LoadBalancer, backend: Backend, service: str, port: Port) -> bool:
    """True if a backend is a port of a service; a number or protocol that cannot be read may be any."""
    number, protocol = port.internal_port, port.protocol
    return (
        backend.service == service.lower()
        and (not isinstance(number, int) or number == backend.number)
        and (not isinstance(protocol, str) or protocol in _PROTOCOLS[balancer.protocol])
    )


def _balanced(name: str, balancer: LoadBalancer, backends: Sequence[Backend]) -> OtherWay:
    said = _STATES.get(balancer.status.lower())
    # One that is provisioned anew, or fails at that, may forward as before at the addresses that it still has.
    state: State = "undetermined" if said is None or (said == "not yet" and balancer.endpoints) else said
    listeners = list(dict.fromkeys(backend.listeners for backend in backends))
    named = [f"{backend.host}:{backend.listeners}" for backend in backends if backend.host]
    addresses = [
        *named,
        *(f"{_bracketed(end)}:{each}" for end in balancer.endpoints for each in listeners),
    ] or listeners
    where = "from the private side of the cluster" if balancer.private else "from the internet"
    does = {
        "now": f"forwards everyone {where}",
        "not yet": f"is to forward everyone {where}, and is not provisioned yet ({shown(balancer.status)}),",
        "no more": f"forwarded everyone {where}, and is being deleted,",
        "undetermined": f"forwards everyone {where}",
    }[state]
    doubt, still = "", ""
    if FORWARDS[state] == "undetermined":
        doubt = questions.FORWARDS if said else questions.STATUS
        still = f"; it is undetermined whether it forwards now ({shown(balancer.status or 'status not shown')})"
    heard = f"{balancer.protocol.upper()} {', '.join(map(shown, addresses))}"
    return OtherWay(
        port=name,
        kind="load-balancer",
        name=balancer.name,
        callers="vpc" if balancer.private else "internet",
        addresses=tuple(addresses),
        state=state,
        checks=False,
        says=f'load balancer "{shown(balancer.name)}" ({heard}) {does} to port {backends[0].number}, where no check of'
        f" the port applies{still}",
        open=tuple(filter(None, (questions.BALANCED, doubt))),
    )


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def explain_behind(name: str, ways: Sequence[OtherWay], unread: Sequence[str] = ()) -> Decision:
    """The decision about a request to a port through a load balancer.

    Args:
        name: the port's name.
        ways: the other ways to the ports of the service.
        unread: why the load balancers could not be read; empty if they were.
    """
    if unread:
        return decision(
            "unknown", name, "behind a load balancer", tuple(Reason("load balancers", each) for each in unread)
        )
    mine = [way for way in ways if way.port == name and way.kind == "load-balancer"]
    where = "behind a load balancer"
    if not mine:
        return decision("refused", name, where, (Reason("load balancers", "none of the account leads to the port"),))
    verdict = max((way.forwards for way in mine), key=OPENNESS.index)
    best = sorted((way for way in mine if way.forwards == verdict), key=lambda way: way.callers != "internet")
    reasons = tuple(Reason(f"load balancer {shown(way.name)}", way.says) for way in best)
    return decision(verdict, name, where, reasons, tuple(dict.fromkeys(each for way in best for each in way.open)))
