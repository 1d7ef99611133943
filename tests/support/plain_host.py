"""A host of the core that is not Pulumi: bags are plain dicts, secrets a mark of its own, and a state is a dict.

It drives check, diff, create, update, read and delete in the engine's order, through one of Pulumi's hosts or none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpx
from edges import Bag as Bag  # noqa: PLC0414 - a name of this module, too
from edges import Edge, Incomplete, Sealed
from edges import clear as clear  # noqa: PLC0414 - a name of this module, too
from typing_extensions import override
from world import environment

from nf_ports.core.session import Session
from nf_ports.emulator import Emulator
from nf_ports.northflank.client import Client
from nf_ports.northflank.settings import ApiSettings
from nf_ports.notices import Notice, Tell

SECRET = "[secret]"


class Clock:
    """Seconds that pass only while somebody sleeps."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.now = 5000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        """The present."""
        return self.now

    def sleep(self, span_s: float) -> None:
        """Let time pass."""
        self.slept.append(span_s)
        self.now += span_s


class Environ(dict[str, str]):
    """Environment variables that no text shows."""

    @override
    def __repr__(self) -> str:
        return "Environ(…)"


class CheckFailed(Exception):
    """The core refused the inputs; `reasons` has its sentences."""

    def __init__(self, reasons: list[str]) -> None:
        """Keep the sentences."""
        super().__init__("\n".join(reasons))
        self.reasons = reasons


@dataclass(slots=True)
class Recorded:
    """A resource in the state, with its secrets sealed."""

    id: str
    inputs: Bag = field(repr=False)
    outs: Bag = field(repr=False)
    incomplete: bool = False
    """Whether the next run has to update it, whatever the inputs."""


class PlainHost:
    """One stack with any number of `ServicePorts`, by name.

    Args:
        nf: the Northflank that the core talks to.
        config: the stack's configuration, by full key.
        clock: what passes while the core waits.
    """

    edge: ClassVar[type[Edge]] = Edge
    """The host through which it calls the core."""

    def __init__(self, nf: Emulator, config: Mapping[str, str] | None = None, clock: Clock | None = None) -> None:
        """Begin with an empty state."""
        self.nf = nf
        self.config = dict(config or {})
        self.clock = clock or Clock()
        self.environ = Environ(environment(nf))
        """What every later run finds there."""
        self.transport: Callable[[], httpx.BaseTransport | None] = nf.transport
        """Makes what carries the requests of a later run; None is a real connection."""
        self.patience_s: float | None = None
        """How long a later run waits for an answer, where it is not the time that Northflank gets."""
        self.told: list[str] = []
        """Every line that was shown, of all runs."""
        self.raised: list[str] = []
        """The text of every error, of all runs."""
        self.state: dict[str, Recorded] = {}
        self.session = self._begun()

    @property
    def said(self) -> list[str]:
        """Every line but who gets in, which is told of every new resource."""
        return [line for line in self.told if not line.endswith("[exposure]")]

    def close(self) -> None:
        """Close what the last run holds."""
        self.session.close()

    def run(self) -> None:
        """Begin another run, which knows nothing of the one before."""
        self.session.close()
        self.session = self._begun()

    def _begun(self) -> Session:
        def tell(notice: Notice) -> None:
            self.told.append(str(notice))

        return Session(self.config.get, tell, self.clock.sleep, self.environ, self._connected)

    def _connected(self, settings: ApiSettings, tell: Tell, longest_wait_s: float) -> Client:
        client = Client(
            settings,
            transport=self.transport(),
            sleep=self.clock.sleep,
            tell=tell,
            clock=self.clock,
            longest_wait_s=longest_wait_s,
        )
        if self.patience_s is not None:
            client._http.timeout = httpx.Timeout(self.patience_s)
        return client

    def check(self, name: str, inputs: Bag) -> Bag:
        """The checked inputs.

        Raises:
            CheckFailed: the core refused them.
        """
        recorded = self.state[name].inputs if name in self.state else {}
        checked, reasons = self._edge.check(recorded, inputs)
        if reasons:
            self.raised += reasons
            raise CheckFailed(reasons)
        return checked

    def changes(self, name: str, checked: Bag) -> bool:
        """What a preview would say: whether anything changes."""
        return name not in self.state or self._edge.diff(self.state[name].outs, checked)[0]

    def up(self, name: str, inputs: Bag) -> str:
        """Come to `inputs`: ``create``, ``replace``, ``update`` or ``same``, as a run that does nothing else."""
        self.run()
        with self._noting():
            return self.step(name, inputs)

    def step(self, name: str, inputs: Bag) -> str:
        """As `up`, within the run that is going on."""
        checked = self.check(name, inputs)
        if name not in self.state:
            self._create(name, checked)
            return "create"
        there = self.state[name]
        changes, replaces = self._edge.diff(there.outs, checked)
        if not changes and not there.incomplete:
            self.state[name] = Recorded(there.id, checked, there.outs)
            return "same"
        if not replaces:
            self._update(name, checked)
            return "update"
        self._create(name, checked)
        self._edge.delete(there.outs)
        return "replace"

    def refresh(self, name: str) -> bool:
        """Take over what is there, as a run that does nothing else; False where it is gone."""
        self.run()
        with self._noting():
            return self.look(name)

    def look(self, name: str) -> bool:
        """As `refresh`, within the run that is going on."""
        there = self.state[name]
        found = self._edge.read(there.id, there.outs)
        if found is None:
            del self.state[name]
            return False
        assert found.inputs is not None
        self.state[name] = Recorded(found.id, found.inputs, found.outs)
        return True

    def destroy(self, *names: str) -> None:
        """Delete them, one after the other in one run."""
        self.run()
        for name in names:
            with self._noting():
                self._edge.delete(self.state[name].outs)
            del self.state[name]

    def export(self) -> str:
        """The whole state as a file shows it, without its secrets."""
        return json.dumps({name: [one.id, _shown(one.inputs), _shown(one.outs)] for name, one in self.state.items()})

    def ports(self, name: str) -> Bag:
        """The recorded ports in clear."""
        ports: Bag = clear(self.state[name].outs)["ports"]
        return ports

    def found(self, name: str) -> Bag | None:
        """The recorded list that was there before, in clear."""
        found: Bag | None = clear(self.state[name].outs).get("found")
        return found

    @property
    def _edge(self) -> Edge:
        return self.edge(self.session)

    def _create(self, name: str, checked: Bag) -> None:
        try:
            made = self._edge.create(checked)
        except Incomplete as error:
            self.state[name] = Recorded(error.made.id, checked, error.made.outs, incomplete=True)
            raise
        self.state[name] = Recorded(made.id, checked, made.outs)

    def _update(self, name: str, checked: Bag) -> None:
        there = self.state[name]
        try:
            outs = self._edge.update(there.outs, checked)
        except Incomplete as error:
            self.state[name] = Recorded(there.id, there.inputs, error.made.outs, incomplete=True)
            raise
        self.state[name] = Recorded(there.id, checked, outs)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.raised.append(f"{error} {error!r}")
            raise


def _shown(value: Any) -> Any:
    """`value` without its secrets."""
    if isinstance(value, Sealed):
        return SECRET
    if isinstance(value, Mapping):
        return {key: _shown(item) for key, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list) else value
