"""The provider as the engine drives it, without an engine: check, diff, create, update, read, delete, and a state.

What goes to the provider and comes back takes the way of the wire, by Pulumi's own code: numbers become floats,
secrets are handed over in clear and come back marked, what is not known is a sentinel.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pulumi.dynamic import Config, ConfigureRequest
from pulumi.runtime import rpc
from typing_extensions import override

from nf_ports.core.lifecycle import Lifecycle
from nf_ports.emulator import Emulator
from nf_ports.hosts.dynamic.session import Session
from nf_ports.northflank.client import Client
from nf_ports.northflank.domains import Domains
from nf_ports.northflank.services import Services
from nf_ports.northflank.settings import ApiSettings
from nf_ports.provider import ServicePortsProvider

Bag = dict[str, Any]
PROVIDER = "__provider"
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


class CheckFailed(Exception):
    """The provider refused the inputs; `reasons` has its sentences."""

    def __init__(self, reasons: list[str]) -> None:
        """Keep the sentences."""
        super().__init__("\n".join(reasons))
        self.reasons = reasons


class QuietSession(Session):
    """A session on an emulator in this process and on a clock that does not wait; keeps what it says."""

    def __init__(self, config: Callable[[str], Any], nf: Emulator, clock: Clock, told: list[str]) -> None:
        """Connect to nothing yet."""
        super().__init__(config)
        self._nf, self._clock, self._told = nf, clock, told
        self.client: Client | None = None

    @override
    def tell(self, line: str) -> None:
        with self._said_lock:
            if line not in self._said:
                self._said.add(line)
                self._told.append(line)

    @override
    def _connect(self) -> None:
        settings = ApiSettings(self._nf.token, self._nf.url, "the test")
        transport = self._nf.transport()
        client = Client(settings, transport=transport, sleep=self._clock.sleep, tell=self.tell, clock=self._clock)
        self.client = client
        self._domains = Domains(client, self.tell)
        services = Services(client, self.setting("dialect") or "auto", self.tell, self._clock.sleep)
        self._lifecycle = Lifecycle(services, self.tell, self._clock.sleep)


@dataclass(slots=True)
class Recorded:
    """A resource in the state: what the provider gave, marks and all, and the same in clear."""

    id: str
    inputs: Bag = field(repr=False)
    outs: Bag = field(repr=False)


class LittleEngine:
    """One stack with any number of `ServicePorts`, by name.

    Args:
        nf: the Northflank that the provider talks to.
        config: the stack's configuration, by full key.
        clock: what passes while the provider waits.
    """

    def __init__(self, nf: Emulator, config: Mapping[str, str] | None = None, clock: Clock | None = None) -> None:
        """Begin with an empty state."""
        self.nf = nf
        self.config = dict(config or {})
        self.clock = clock or Clock()
        self.told: list[str] = []
        """Every sentence that was shown, of all runs."""
        self.raised: list[str] = []
        """The text of every error, of all runs."""
        self.state: dict[str, Recorded] = {}
        self._loop = asyncio.new_event_loop()
        self._wire = threading.Lock()
        self.provider = self.run()

    def close(self) -> None:
        """Close what the last run holds."""
        self._hang_up()
        self._loop.close()

    def run(self) -> ServicePortsProvider:
        """Begin another run: a new process of the host, which knows nothing of the one before."""
        self._hang_up()
        self.provider = ServicePortsProvider()
        self.provider.configure(ConfigureRequest(Config(dict(self.config), "shop")))
        self.provider._session = QuietSession(self.config.get, self.nf, self.clock, self.told)
        return self.provider

    def _hang_up(self) -> None:
        session = getattr(getattr(self, "provider", None), "_session", None)
        if isinstance(session, QuietSession) and session.client is not None:
            session.client.close()

    def check(self, name: str, inputs: Bag) -> Bag:
        """The checked inputs.

        Raises:
            CheckFailed: the provider refused them.
        """
        olds = self.state[name].inputs if name in self.state else {}
        result = self.provider.check(self._sent(olds), self._sent(inputs))
        if result.failures:
            reasons = [failure.reason for failure in result.failures]
            self.raised += reasons
            raise CheckFailed(reasons)
        return self._kept(result.inputs)

    def changes(self, name: str, checked: Bag) -> bool:
        """What a preview would say: whether anything changes."""
        if name not in self.state:
            return True
        result = self.provider.diff(self.state[name].id, self._sent(self.state[name].outs), self._sent(checked))
        return bool(result.changes)

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
        result = self.provider.diff(there.id, self._sent(there.outs), self._sent(checked))
        if not result.changes:
            self.state[name] = Recorded(there.id, checked, there.outs)
            return "same"
        if not result.replaces:
            updated = self.provider.update(there.id, self._sent(there.outs), self._sent(checked))
            self.state[name] = Recorded(there.id, checked, self._kept(updated.outs or {}))
            return "update"
        if result.delete_before_replace:
            self.provider.delete(there.id, self._sent(there.outs))
            del self.state[name]
        self._create(name, checked)
        if not result.delete_before_replace:
            self.provider.delete(there.id, self._sent(there.outs))
        return "replace"

    def refresh(self, name: str) -> bool:
        """Take over what is there; False where it is gone."""
        self.run()
        there = self.state[name]
        with self._noting():
            result = self.provider.read(there.id, self._sent(there.outs))
        if not result.id:
            del self.state[name]
            return False
        self.state[name] = Recorded(str(result.id), self._kept(result.inputs or {}), self._kept(result.outs or {}))
        return True

    def destroy(self, name: str) -> None:
        """Delete it."""
        self.run()
        with self._noting():
            self.provider.delete(self.state[name].id, self._sent(self.state[name].outs))
        del self.state[name]

    def export(self) -> str:
        """The whole state with what is marked as secret left out, as a state file shows it."""
        return json.dumps({name: [one.id, _sealed(one.inputs), _sealed(one.outs)] for name, one in self.state.items()})

    def ports(self, name: str) -> Bag:
        """The recorded ports in clear."""
        ports: Bag = _clear(self.state[name].outs)["ports"]
        return ports

    def found(self, name: str) -> Bag | None:
        """The recorded list that was there before, in clear."""
        found: Bag | None = _clear(self.state[name].outs).get("found")
        return found

    def _create(self, name: str, checked: Bag) -> None:
        created = self.provider.create(self._sent(checked))
        self.state[name] = Recorded(str(created.id), checked, self._kept(created.outs or {}))

    def _sent(self, bag: Bag) -> Bag:
        """`bag` as the host hands it over."""
        return self._over_the_wire({**_clear(bag), PROVIDER: "a pickled provider"})

    def _kept(self, bag: Bag) -> Bag:
        """`bag` as the engine gets it: marks stay."""
        return {key: value for key, value in bag.items() if key != PROVIDER}

    def _over_the_wire(self, bag: Bag) -> Bag:
        with self._wire:
            struct = self._loop.run_until_complete(rpc.serialize_properties(bag, {}))
        received: Bag = rpc.deserialize_properties(struct, keep_unknowns=True)
        return received

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.raised.append(f"{error} {error!r}")
            raise


def _clear(value: Any) -> Any:
    """`value` with its secrets in clear."""
    if isinstance(value, Mapping):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return _clear(value["value"])
        return {key: _clear(item) for key, item in value.items()}
    return [_clear(item) for item in value] if isinstance(value, list) else value


def _sealed(value: Any) -> Any:
    """`value` without its secrets."""
    if isinstance(value, Mapping):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return SECRET
        return {key: _sealed(item) for key, item in value.items()}
    return [_sealed(item) for item in value] if isinstance(value, list) else value
