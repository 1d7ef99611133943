"""The dynamic host's operations: decode what it hands over, call the core, encode what comes back."""

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
from nf_ports.hosts.dynamic.codec import decoded, encoded
from nf_ports.hosts.dynamic.errors import is_dynamic_host
from nf_ports.northflank.settings import Config
from nf_ports.notices import Notice

_HOST: Final = "_nf_ports_host"
Props = dict[str, Any]


def show(notice: Notice) -> None:
    """A line on stderr, which the engine shows.

    Neither a letter that its encoding has not, nor a stderr that is closed, ends a run.
    """
    stream = sys.stderr
    if stream is None:
        return
    encoding = stream.encoding or "utf-8"
    # A file that is closed is a ValueError.
    with suppress(OSError, ValueError):
        stream.write(str(notice).encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()


class Host:
    """All resources of one run.

    Args:
        session: the run.
    """

    def __init__(self, session: Session) -> None:
        """Nothing is asked yet."""
        self.session = session

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Judge the declared inputs."""
        checked = check(self.session, decoded(olds), decoded(news))
        failures = [CheckFailure("", f"{checked.service}: {violation}") for violation in checked.violations]
        return CheckResult(encoded(checked.inputs), failures)

    def diff(self, olds: Props, news: Props) -> DiffResult:
        """The kind of change: none, an update, or a replacement."""
        found = diff(self.session, decoded(olds), decoded(news))
        return DiffResult(changes=found.changes, replaces=list(found.replaces), delete_before_replace=False)

    def create(self, props: Props) -> CreateResult:
        """Take over or make the ports of the service."""
        made = operations.create(self.session, decoded(props))
        return CreateResult(made.id, encoded(made.state))

    def read(self, id_: str, props: Props) -> ReadResult:
        """The live ports."""
        found = operations.read(self.session, id_, decoded(props))
        return ReadResult(found.id, encoded(found.state), encoded(found.inputs)) if found else ReadResult("", {})

    def update(self, olds: Props, news: Props) -> UpdateResult:
        """Bring the ports from the recorded to the declared list."""
        return UpdateResult(encoded(operations.update(self.session, decoded(olds), decoded(news)).state))

    def delete(self, props: Props) -> None:
        """Leave the service."""
        operations.delete(self.session, decoded(props))


def host_of_the_run(config: Config) -> Host:
    """The host of this run; a new one where the process is no dynamic host.

    A state of another Python or another version of Pulumi may hold our provider in other bytes; the host then makes a
    second instance of it, and both have to know what the program declares.
    """
    main = sys.modules.get("__main__")
    there = getattr(main, _HOST, None) if is_dynamic_host(main) else None
    if isinstance(there, Host):
        return there
    made = Host(Session(config, show))
    # The engine ends the host with an interrupt and shows what it says on the way out.
    atexit.register(made.session.conclude)
    if is_dynamic_host(main):
        setattr(main, _HOST, made)
    return made
