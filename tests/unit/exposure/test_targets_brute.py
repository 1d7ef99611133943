"""Container ports that change places, against the evaluator of its own: whoever gains one, or a domain, is told."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from test_exposure_brute import PATHS, PORTS, callers, loose, times

from nf_ports.exposure import compare

Json = dict[str, Any]
_NUMBERS = st.sampled_from([80, 90, 53])
_DOMAINS = st.sampled_from(["", "a.example.com", "*.example.com", "b.example.org"])


def _placed(port: Json, number: int, domain: str) -> Json:
    return port | {"internalPort": number, "protocol": "HTTP"} | ({"domains": {domain: True}} if domain else {})


_LISTS = st.lists(st.builds(_placed, PORTS, _NUMBERS, _DOMAINS), min_size=1, max_size=2).filter(
    # A domain is linked to one port.
    lambda ports: (
        len({*(key for each in ports for key in each.get("domains", {}))})
        == sum(len(each.get("domains", {})) for each in ports)
    )
)


def _reaches(ports: Json, caller: Any, number: int) -> bool:
    return any(loose(port, caller) for port in ports.values() if port["internalPort"] == number)


def _leads(ports: Json, domain: str) -> str | None:
    """The port that gets the requests to a host."""
    wild = f"*.{domain.partition('.')[2]}"
    return next(
        (name for each in (domain, wild) for name, port in ports.items() if each in port.get("domains", {})), None
    )


@given(_LISTS, _LISTS, st.sampled_from(PATHS))
@times(3)
def test_whoever_gains_a_container_port_or_a_domain_is_told(first: list[Json], second: list[Json], path: str) -> None:
    before, after = ({f"p{index}": port for index, port in enumerate(ports)} for ports in (first, second))
    changes = compare(before, after)
    told = {change.port for change in changes if change.widens()}
    targets = {(change.subject, change.target) for change in changes if change.widens()}
    for caller in callers(*first, *second, path=path):
        for number in {port["internalPort"] for port in first} & {port["internalPort"] for port in second}:
            if _reaches(after, caller, number) and not _reaches(before, caller, number):
                through = {name for name, port in after.items() if port["internalPort"] == number}
                assert through & told or ("container port", str(number)) in targets
        for domain in ("a.example.com", "b.example.org"):
            was, now = _leads(before, domain), _leads(after, domain)
            if was and now and was != now and loose(after[now], caller) and not loose(before[was], caller):
                assert now in told or any(subject == "domain" for subject, _target in targets)
