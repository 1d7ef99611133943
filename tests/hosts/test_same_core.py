"""Hosts of one core, Pulumi's two and one of plain dicts: the same inputs, answers, states and refusals."""

from collections.abc import Iterator
from typing import Any

import pytest
from edges import told as place_told
from host_process import DynamicHost, HostProcess, PackagedHost, Refused, bared
from plain_host import CheckFailed, PlainHost, clear
from world import environment, shop

from nf_ports import text
from nf_ports.core import operations, state
from nf_ports.core.diff import diff
from nf_ports.emulator import Emulator
from nf_ports.errors import NorthflankPortsError

Json = dict[str, Any]
HTTP: Json = {
    "internalPort": 8080,
    "protocol": "HTTP",
    "public": True,
    "domains": ["api.shop.example"],
    "security": {
        "credentials": [{"username": "ops", "password": "made-up-1"}],
        "headers": {"X-Key": {"value": "made-up-2"}},
        "policies": [{"action": "ALLOW", "addresses": ["198.51.100.7"]}],
    },
}
TCP: Json = {"internalPort": 9090, "protocol": "TCP"}
FIRST: Json = {"projectId": "shop", "serviceId": "api", "ports": {"http": HTTP}, "onDelete": "restore"}
SECOND: Json = FIRST | {"ports": {"http": HTTP | {"domains": []}, "metrics": TCP}}


@pytest.fixture
def plain() -> Iterator[PlainHost]:
    """The host of plain dicts, with a shop of its own."""
    with shop(era="2026b") as nf:
        host = PlainHost(nf)
        yield host
        host.close()


@pytest.fixture(params=[DynamicHost, PackagedHost])
def real(request: pytest.FixtureRequest) -> Iterator[tuple[HostProcess, Emulator]]:
    """One of Pulumi's hosts, with a shop that is the same."""
    kind: type[HostProcess] = request.param
    with shop(served=True, era="2026b") as nf, kind(environment(nf)) as host, pytest.MonkeyPatch.context() as patch:
        # The packaged one spells arguments as every language has them; here the plain host does so, too.
        patch.setattr(text, "_PYTHON_ONLY", [kind is DynamicHost])
        yield host, nf


def told(bag: Any) -> Json:
    """What a bag says, but for what another world has otherwise: ids and generated names."""
    told = {key: value for key, value in bared(bag).items() if key not in {"portIds", "dns"}}
    return told | {"urls": {name: url.partition("--api--")[0] for name, url in told["urls"].items()}}


def of_core(bag: state.Bag) -> Json:
    """A bag of the core in plain data."""
    return state.encoded(bag, lambda secret: secret)


def listed(nf: Emulator) -> list[Json]:
    """What is really there."""
    ports = nf.ports("shop", "api")
    return [{key: value for key, value in port.items() if key not in {"id", "dns"}} for port in ports]


def closed_elsewhere(nf: Emulator) -> None:
    """Take every port off the internet."""
    nf.set_ports("shop", "api", [port | {"public": False, "domains": []} for port in nf.ports("shop", "api")])


def test_a_life_comes_to_the_same_states(plain: PlainHost, real: tuple[HostProcess, Emulator]) -> None:
    host, nf = real
    session = plain.session

    inputs, failures = host.check(FIRST)
    assert failures == []
    assert bared(inputs) == clear(plain.check("api", FIRST))
    id_, made = host.create(inputs)
    created = operations.create(session, bared(inputs))
    assert (id_, told(made)) == (created.id, told(of_core(created.state)))

    closed_elsewhere(nf)
    closed_elsewhere(plain.nf)
    _, seen, now = host.read(id_, made)
    found = operations.read(session, id_, of_core(created.state))
    assert found is not None
    assert (told(seen), bared(now)) == (told(of_core(found.state)), of_core(found.inputs))

    wanted, failures = host.check(SECOND, now)
    assert failures == []
    recorded = of_core(found.state)
    changes, replaces = host.diff(seen, wanted).changes, host.diff(seen, wanted).replaces
    difference = diff(session, recorded, bared(wanted))
    assert (changes, replaces) == (difference.changes, list(difference.replaces)) == (True, [])
    last = host.update(seen, wanted)
    updated = operations.update(session, recorded, bared(wanted))
    assert told(last) == told(of_core(updated.state))
    assert listed(nf) == listed(plain.nf)

    # In this run the program declares the service, so its ports stay.
    host.delete(last)
    operations.delete(session, of_core(updated.state))
    assert listed(nf) == listed(plain.nf) != []

    plain.run()
    operations.delete(plain.session, of_core(updated.state))
    assert listed(plain.nf) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"ports": {"http": HTTP | {"internalPort": 15000}}},
        {"ports": {"http": HTTP | {"domains": ["api.elsewhere.example"]}}},
        {"serviceId": "no id"},
        {"unmanaged": "perhaps"},
        {"exposure": "private"},
        {"expect": [{"verdict": "allows", "port": "http", "login": "ops"}, {"verdict": "denies", "port": "web"}]},
        {"expect": [{"verdict": "denies", "port": "http", "adress": "1.2.3.4"}]},
        {"colour": "red"},
    ],
    ids=[
        "a port",
        "a domain",
        "an id",
        "a setting",
        "a stated reach",
        "two expectations",
        "no expectation",
        "an argument",
    ],
)
def test_what_is_wrong_is_told_in_the_same_words(
    plain: PlainHost, real: tuple[HostProcess, Emulator], broken: Json
) -> None:
    with pytest.raises(CheckFailed) as raised:
        plain.check("api", FIRST | broken)

    found = real[0].check(FIRST | broken)[1]
    # A host that names the property leaves it out of the reason.
    assert [place_told(named, reason) for named, reason in found] == raised.value.reasons


def test_a_refusal_is_told_in_the_same_words(plain: PlainHost, real: tuple[HostProcess, Emulator]) -> None:
    host, nf = real
    for each in (nf, plain.nf):
        each.set_ports("shop", "api", [{"name": "other", **TCP}])
    inputs, _failures = host.check(FIRST)
    with pytest.raises(Refused) as refused:
        host.create(inputs)
    with pytest.raises(NorthflankPortsError) as raised:
        operations.create(plain.session, bared(inputs))

    assert str(raised.value) in refused.value.text
    assert "does not declare: other" in str(raised.value)
