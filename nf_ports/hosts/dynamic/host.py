"""The dynamic host's operations: decode its arguments, call the core, encode the results."""

from __future__ import annotations

import atexit
import sys
from contextlib import suppress
from typing import Any, Final

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from nf_ports.core import operations
from nf_ports.core.check import check
from nf_ports.core.diff import diff
from nf_ports.core.session import Session
from nf_ports.hosts.beside import Beside
from nf_ports.hosts.dynamic.codec import decoded, encoded
from nf_ports.hosts.dynamic.errors import is_dynamic_host
from nf_ports.northflank.settings import Config
from nf_ports.notices import Notice

_HOST: Final = "_nf_ports_host"
Props = dict[str, Any]


def show(notice: Notice) -> None:
    """Write a notice to stderr, which the engine shows.

    Neither a character that its encoding lacks nor a closed stderr ends a run.
    """
    stream = sys.stderr
    if stream is None:
        return
    encoding = stream.encoding or "utf-8"
    # A closed file raises ValueError.
    with suppress(OSError, ValueError):
        stream.write(str(notice).encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()


class Host:
    """All resources of one run.

    Args:
        session: the run.
    """

    def __init__(self, session: Session) -> None:
        """Store the session."""
        self.session = session

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Check the desired inputs."""
        checked = check(self.session, decoded(olds), decoded(news))
        failures = [CheckFailure("", f"{checked.service}: {violation}") for violation in checked.violations]
        return CheckResult(encoded(checked.inputs), failures)

    def diff(self, olds: Props, news: Props) -> DiffResult:
        """Compare the recorded and the desired inputs."""
        found = diff(self.session, decoded(olds), decoded(news))
        return DiffResult(changes=found.changes, replaces=list(found.replaces), delete_before_replace=False)

    def create(self, props: Props) -> CreateResult:
        """Adopt or create the ports of the service."""
        made = operations.create(self.session, decoded(props))
        return CreateResult(made.id, encoded(made.state))

    def read(self, id_: str, props: Props) -> ReadResult:
        """Read the live ports."""
        found = operations.read(self.session, id_, decoded(props))
        return ReadResult(found.id, encoded(found.state), encoded(found.inputs)) if found else ReadResult("", {})

    def update(self, olds: Props, news: Props) -> UpdateResult:
        """Change the recorded ports to the desired ones."""
        return UpdateResult(encoded(operations.update(self.session, decoded(olds), decoded(news)).state))

    def delete(self, props: Props) -> None:
        """Stop managing the service."""
        operations.delete(self.session, decoded(props))


def host_of_the_run(config: Config) -> Host:
    """The host of this run; a new one if the process is no dynamic host.

    A state of another Python or another version of Pulumi may hold the provider in other bytes; the host then makes a
    second instance of it, and both have to know the services that the program declares.
    """
    main = sys.modules.get("__main__")
    there = getattr(main, _HOST, None) if is_dynamic_host(main) else None
    if isinstance(there, Host):
        return there
    engine = sys.argv[1] if is_dynamic_host(main) and len(sys.argv) > 1 else ""
    beside = Beside(engine)
    made = Host(Session(config, show, beside=beside.ask))
    beside.answers(made.session.declared_as)
    # The engine ends the host with an interrupt and shows its output until it exits.
    atexit.register(made.session.conclude)
    atexit.register(beside.close)
    if is_dynamic_host(main):
        setattr(main, _HOST, made)
    return made
