"""The hosts through which a host of plain dicts calls the core, in its own process: none, and each of Pulumi's.

Bags go in and come out with their secrets sealed and with UNKNOWN for what is not known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from google.protobuf.struct_pb2 import Struct
from host_process import PROVIDER, DynamicHost, HostProcess, PackagedHost, plain, secret
from pulumi.output import UNKNOWN as PULUMI_UNKNOWN
from pulumi.runtime import rpc
from typing_extensions import override

from nf_ports.core import operations, state
from nf_ports.core.check import check
from nf_ports.core.diff import diff
from nf_ports.core.records import Resource
from nf_ports.core.session import Session
from nf_ports.errors import NotInForce
from nf_ports.hosts.dynamic.host import Host as Dynamic
from nf_ports.hosts.packaged.host import Host as Packaged
from nf_ports.hosts.packaged.pace import Pace
from nf_ports.hosts.packaged.protocol import InitFailed, provider_pb2
from nf_ports.ports.deferred import UNKNOWN, is_deferred
from nf_ports.ports.maps import shown_name

Bag = dict[str, Any]
_STEP = r'(?:\.([A-Za-z_$][A-Za-z0-9_$]*)|\[(\d+|"(?:[^"\\]|\\.)*")\])'
_OWN = {state.PROVIDER_KEY: PROVIDER}


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret."""

    value: object = field(repr=False)


class Made(NamedTuple):
    """What an operation left: its inputs only where the host tells them."""

    id: str
    outs: Bag
    inputs: Bag | None = None


class Incomplete(NotInForce):
    """The host recorded the resource, and says that it is not as it should be."""

    def __init__(self, text: str, made: Made) -> None:
        """Store the arguments."""
        super().__init__(text)
        self.made = made


class Edge:
    """The core itself.

    Args:
        session: the run.
    """

    process: ClassVar[type[HostProcess] | None] = None
    """The same host in a process of its own."""

    def __init__(self, session: Session) -> None:
        """Store the argument."""
        self.session = session

    def handed(self, bag: Bag) -> Any:
        """A bag as the host takes it."""
        return clear(bag)

    def check(self, olds: Bag, news: Bag) -> tuple[Bag, list[str]]:
        """The checked inputs, and every failure as it is shown."""
        checked = check(self.session, self.handed(olds), self.handed(news))
        return state.encoded(checked.inputs, Sealed), [f"{checked.service}: {fault}" for fault in checked.violations]

    def diff(self, olds: Bag, news: Bag) -> tuple[bool, Sequence[str]]:
        """Whether anything changes, and what replaces."""
        found = diff(self.session, self.handed(olds), self.handed(news))
        return found.changes, found.replaces

    def create(self, props: Bag) -> Made:
        """Create the resource."""
        return _of_core(operations.create(self.session, self.handed(props)))

    def read(self, id_: str, props: Bag) -> Made | None:
        """The resource as it is now; None if it is gone."""
        found = operations.read(self.session, id_, self.handed(props))
        return None if found is None else _of_core(found)

    def update(self, olds: Bag, news: Bag) -> Bag:
        """The state after an update."""
        return _of_core(operations.update(self.session, self.handed(olds), self.handed(news))).outs

    def delete(self, props: Bag) -> None:
        """Delete the resource."""
        operations.delete(self.session, self.handed(props))


class DynamicEdge(Edge):
    """The dynamic provider: bags with Pulumi's marks, in which every number has arrived as a float."""

    process = DynamicHost

    @override
    def handed(self, bag: Bag) -> Any:
        return _OWN | _mapped(clear(bag), _arriving)

    @property
    def _host(self) -> Dynamic:
        return Dynamic(self.session)

    @override
    def check(self, olds: Bag, news: Bag) -> tuple[Bag, list[str]]:
        answer = self._host.check(self.handed(olds), self.handed(news))
        assert {failure.property for failure in answer.failures} <= {""}
        return _sealed(answer.inputs), [failure.reason for failure in answer.failures]

    @override
    def diff(self, olds: Bag, news: Bag) -> tuple[bool, Sequence[str]]:
        found = self._host.diff(self.handed(olds), self.handed(news))
        assert found.changes is not None
        return found.changes, found.replaces or ()

    @override
    def create(self, props: Bag) -> Made:
        made = self._host.create(self.handed(props))
        return Made(made.id, _sealed(made.outs))

    @override
    def read(self, id_: str, props: Bag) -> Made | None:
        found = self._host.read(id_, self.handed(props))
        return Made(found.id, _sealed(found.outs), _sealed(found.inputs)) if found.id else None

    @override
    def update(self, olds: Bag, news: Bag) -> Bag:
        outs: Bag = _sealed(self._host.update(self.handed(olds), self.handed(news)).outs)
        return outs

    @override
    def delete(self, props: Bag) -> None:
        self._host.delete(self.handed(props))


class PackagedEdge(Edge):
    """The packaged provider: requests and answers of Pulumi's provider protocol."""

    process = PackagedHost

    @override
    def handed(self, bag: Bag) -> Any:
        struct = Struct()
        struct.update(_mapped(bag, _sent))
        return struct

    @property
    def _host(self) -> Packaged:
        host = Packaged({}, self.session.tell, Pace())
        host._session = self.session
        return host

    @override
    def check(self, olds: Bag, news: Bag) -> tuple[Bag, list[str]]:
        request = provider_pb2.CheckRequest(olds=self.handed(olds), news=self.handed(news))
        answer = self._host.check(request)
        return _received(answer.inputs), [told(one.property, one.reason) for one in answer.failures]

    @override
    def diff(self, olds: Bag, news: Bag) -> tuple[bool, Sequence[str]]:
        found = self._host.diff(provider_pb2.DiffRequest(olds=self.handed(_OWN | olds), news=self.handed(news)))
        changes = found.changes == provider_pb2.DiffResponse.DIFF_SOME
        assert changes or not found.detailedDiff
        return changes, list(found.replaces)

    @override
    def create(self, props: Bag) -> Made:
        request = provider_pb2.CreateRequest(properties=self.handed(props))
        made = self._ended(lambda: self._host.create(request))
        return Made(made.id, _received(made.properties))

    @override
    def read(self, id_: str, props: Bag) -> Made | None:
        found = self._host.read(provider_pb2.ReadRequest(id=id_, properties=self.handed(_OWN | props)))
        return Made(found.id, _received(found.properties), _received(found.inputs)) if found.id else None

    @override
    def update(self, olds: Bag, news: Bag) -> Bag:
        request = provider_pb2.UpdateRequest(olds=self.handed(_OWN | olds), news=self.handed(news))
        return _received(self._ended(lambda: self._host.update(request)).properties)

    @override
    def delete(self, props: Bag) -> None:
        self._host.delete(provider_pb2.DeleteRequest(properties=self.handed(_OWN | props)))

    def _ended(self, operation: Callable[[], Any]) -> Any:
        try:
            return operation()
        except InitFailed as error:
            left = error.detail
            made = Made(left.id, _received(left.properties), _received(left.inputs))
            raise Incomplete(str(error), made) from error


def told(named: str, reason: str) -> str:
    """A failure of a check in one line, its place spelled as where the host does not name the property.

    The engine reads a name that is not simple in brackets and double quotes.
    """
    if not named:
        return reason
    assert re.fullmatch(rf"{_STEP}*", f".{named}"), named
    steps = re.findall(_STEP, f".{named}")
    place: list[str] = []
    for simple, other in steps:
        step = simple or str(json.loads(other))
        place.append(shown_name(place[-1], step) if place and not other.isdecimal() else step)
    return reason.replace(": ", f": {'.'.join(place)}: ", 1)


def clear(value: Any) -> Any:
    """`value` with its secrets in clear."""
    return _mapped(value, lambda leaf: clear(leaf.value) if isinstance(leaf, Sealed) else leaf)


def _of_core(made: Resource) -> Made:
    return Made(made.id, state.encoded(made.state, Sealed), state.encoded(made.inputs, Sealed))


def _arriving(leaf: Any) -> Any:
    if is_deferred(leaf):
        return PULUMI_UNKNOWN
    return float(leaf) if isinstance(leaf, int) and not isinstance(leaf, bool) else leaf


def _sent(leaf: Any) -> Any:
    if isinstance(leaf, Sealed):
        return secret(_mapped(leaf.value, _sent))
    return rpc.UNKNOWN if is_deferred(leaf) else leaf


def _received(struct: Struct) -> Bag:
    bag: Bag = _sealed(plain(struct))
    return bag


def _sealed(value: Any) -> Any:
    """What a host has answered, with its secrets sealed."""
    if isinstance(value, Mapping):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return Sealed(_sealed(value["value"]))
        return {key: _sealed(item) for key, item in value.items() if key != state.PROVIDER_KEY}
    if isinstance(value, list):
        return [_sealed(item) for item in value]
    return UNKNOWN if value == rpc.UNKNOWN else value


def _mapped(value: Any, of_leaf: Callable[[Any], Any]) -> Any:
    if isinstance(value, Mapping):
        return {key: _mapped(item, of_leaf) for key, item in value.items()}
    return [_mapped(item, of_leaf) for item in value] if isinstance(value, list | tuple) else of_leaf(value)
