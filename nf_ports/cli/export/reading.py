"""Reads live services for an export, and tries on paper what `pulumi up` would do with each: nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn

from typing_extensions import override

from nf_ports.cli.account import Account
from nf_ports.cli.budget import BudgetSpent, affords, shortage
from nf_ports.cli.export import names
from nf_ports.cli.export.models import Models
from nf_ports.core.lifecycle import Lifecycle
from nf_ports.core.plan import Policies, plan_write
from nf_ports.core.records import Desired
from nf_ports.errors import RateLimited, UnsafeChange
from nf_ports.northflank.budget import words
from nf_ports.northflank.listing import Listed, Listing
from nf_ports.northflank.live import Entry, LivePort
from nf_ports.northflank.service_id import ServiceId
from nf_ports.northflank.services import Live, Services
from nf_ports.northflank.unknown_fields import unknown_fields
from nf_ports.ports.canonical import Ports, desired_ports, known
from nf_ports.ports.port import Port
from nf_ports.ports.validation import check_ports

_A_SERVICE: Final = 3
"""Requests for one service: its ports in full, and once more as `up` will read them, in one view or two."""

UNTOUCHED: Final = "without a write"
REWRITTEN: Final = "with one write"
REFUSED: Final = "not as it is"


@dataclass(frozen=True, slots=True)
class Exported:
    """A service and what a program has to say of it.

    Attributes:
        service: which one.
        variable: what the program calls it.
        ports: what to declare.
        whole: whether the API shows everything that can be declared.
        adoption: how `pulumi up` takes it over: UNTOUCHED, REWRITTEN or REFUSED.
        notes: what a reader has to know, a sentence each.
    """

    service: ServiceId
    variable: str
    ports: Mapping[str, Port] = field(repr=False)
    whole: bool
    adoption: str
    notes: tuple[str, ...] = ()


class Reading:
    """One export's view of the API.

    Args:
        account: the API.
        project: whose services.

    Attributes:
        models: has the secrets of everything that was read.
    """

    def __init__(self, account: Account, project: str) -> None:
        """Nothing is read yet."""
        self._account = account
        self._project = project
        self._services = account.services()
        self._variables = names.variables()
        self.models = Models()

    def listed(self) -> list[Listed]:
        """The project's services, in the order of their ids.

        Raises:
            BudgetSpent: the list is longer than the requests that are left.
            NorthflankPortsError: it cannot be read.
        """
        found: list[Listed] = []
        for item in Listing(self._account.client).services(self._project, self._account.team):
            found.append(item)
            if not affords(self._account.client.budget):
                raise BudgetSpent(f"cannot list the services of {self._project}: {self._why_not()}")
        return sorted(found, key=lambda item: item.id)

    def service(self, name: str, *, empty: bool = False) -> Exported | None:
        """One service; None where it has no ports and `empty` does not ask for such.

        Raises:
            BudgetSpent: too few requests are left.
            NotFound: it is not there (any more).
            NorthflankPortsError: it cannot be read.
        """
        if not affords(self._account.client.budget, _A_SERVICE):
            raise BudgetSpent(self._why_not())
        service = ServiceId(self._project, name, self._account.team)
        try:
            live = self._services.described(service)
        except RateLimited as error:
            raise BudgetSpent(str(error)) from error
        if not live.ports and not empty:
            return None
        return self._exported(service, live)

    def _exported(self, service: ServiceId, live: Live) -> Exported:
        ports = {name: item.port for name, item in live.ports.items()}
        unshown = len(self.models.settings)
        declared = self.models.ports(str(service), ports)
        notes = [*_unknown_fields(live.ports), *_without_paths(live.ports)]
        notes += [
            f"The API does not show the secret of {setting.place}: the key {setting.key} needs the one that is in use."
            for setting in self.models.settings[unshown:]
            if setting.value is None
        ]
        faults = check_ports(declared).violations
        whole = all(item.complete for item in live.ports.values())
        if faults:
            adoption = REFUSED
            notes += [f"`pulumi up` refuses this: {fault}." for fault in faults]
        else:
            adoption, more = self._adoption(service, known(desired_ports(declared)), live, whole=whole)
            notes += more
        variable = self._variables.take(names.identifier(service.service))
        return Exported(service, variable, declared, whole, adoption, tuple(notes))

    def _adoption(self, service: ServiceId, desired: Ports, live: Live, *, whole: bool) -> tuple[str, list[str]]:
        """The result of the first `up`, by the code that will run it, stopped before a write."""
        trial = Lifecycle(_Unwritten(self._account.client, self._account.dialect))
        try:
            trial.create(Desired(service, desired))
        except _WouldWriteError:
            plan = plan_write(str(service), desired, live.ports, None, Policies())
            changed = [
                f"{change.port}.{difference.field}"
                for change in (plan.changes if whole else ())
                for difference in change.fields
            ]
            more = f", and changes {', '.join(changed)}" if changed else ""
            return REWRITTEN, [f"The first `pulumi up` writes the ports{more}."]
        except UnsafeChange as error:
            return REFUSED, [f"`pulumi up` stops here: {error}"]
        except RateLimited as error:
            raise BudgetSpent(str(error)) from error
        return UNTOUCHED, []

    def _why_not(self) -> str:
        budget = self._account.client.budget
        return f"{shortage(budget)}. The hour ends in {words(budget.reset_s)}."


class _WouldWriteError(Exception):
    """Adopting comes to a write."""


class _Unwritten(Services):
    """Reads, and stops before a write."""

    @override
    def write(self, service: ServiceId, entries: Sequence[Entry], before: Live, *, patch: bool = False) -> NoReturn:
        raise _WouldWriteError


def _without_paths(live: Mapping[str, LivePort]) -> Iterator[str]:
    """A sentence for each port with path rules that hold for no path: no program can say them."""
    for name, item in live.items():
        rules: object = item.raw
        for part in ("security", "securePathConfiguration", "rules"):
            rules = rules.get(part) if isinstance(rules, Mapping) else None
        if isinstance(rules, list) and not all(isinstance(rule, Mapping) and rule.get("paths") for rule in rules):
            yield (
                f"Port {name} has a path rule without paths: it protects nothing, it cannot be declared, and a later"
                " write removes it. Give it a path in Northflank, or leave it out."
            )


def _unknown_fields(live: Mapping[str, LivePort]) -> Iterator[str]:
    """A sentence for each field that nf_ports does not know, so that the program cannot say it."""
    for name, item in live.items():
        for path in sorted({unknown.path for unknown in unknown_fields(item.raw)}):
            yield (
                f"Port {name} has {path}, which this version of nf_ports does not know: a later write sends it back, or"
                " says that it cannot."
            )
