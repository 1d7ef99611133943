"""Refusals: the reason why an operation does not go on, as data, and its sentence with the ways out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from nf_ports.text import alias_advice, argument, printable

Reason = Literal[
    "differs", "edited", "unmanaged", "second owner", "not restorable", "only this state restores",
    "another provider", "still shown",
    "edited meanwhile", "views disagree", "not shown",
]  # fmt: skip
"""``differs``: live ports that the resource has never recorded differ from the desired ones; ``edited``: ports were
edited elsewhere since the last run; ``unmanaged``: unmanaged ports would be removed; ``second owner``: another resource
of the program declares the service; ``not restorable``: the former ports are not recorded; ``only this state
restores``: the only record of the former ports would be lost; ``another provider``: the same, and a resource of another
provider declares the service; ``still shown``: removed ports are still live; ``edited
meanwhile``: after a write without an answer, the list is neither the former nor the written one; ``views disagree``:
two views of the API show two lists; ``not shown``: the write would remove fields that no view shows."""
Way = Literal["overwrite", "accept", "declare", "keep", "remove", "give up", "alias"]
"""A way out."""

ONE_OWNER: Final = (
    "One resource owns the complete list of a service: declare all of its ports in one of them and remove the other."
)
_MOST_NAMED: Final = 8


def listed(names: Sequence[str]) -> str:
    """Names for a sentence: the first eight, and the number of the others."""
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, slots=True)
class Conflict:
    """A live port that differs from the recorded or desired one.

    Attributes:
        port: its name.
        fields: the differences, each as field and kind of change.
        renamed_to: the desired port that it is renamed to, if it is.
        recreated: True if it was deleted and created again.
        removed: True if it does not exist any more.
    """

    port: str
    fields: tuple[str, ...] = ()
    renamed_to: str | None = None
    recreated: bool = False
    removed: bool = False

    def words(self) -> str:
        """The conflict for a sentence."""
        if self.removed:
            return f'port "{self.port}" (removed elsewhere)'
        renamed = f', renamed to "{self.renamed_to}"' if self.renamed_to else ""
        recreated = "created again elsewhere; " if self.recreated else ""
        return f'port "{self.port}"{renamed} ({recreated}{listed(self.fields)})'


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason why an operation does not go on.

    Attributes:
        reason: in one word or two.
        service: the service id.
        ports: the names of the ports that it is about.
        conflicts: the ports that differ, with their differences.
        adopting: True if the resource has no record of the service, so it may be recorded under another name.
    """

    reason: Reason
    service: str
    ports: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    adopting: bool = False

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways out."""
        found: dict[Reason, tuple[Way, ...]] = {
            "differs": ("overwrite", "declare", "give up"),
            "edited": ("overwrite", "accept", "give up"),
            "unmanaged": ("declare", "keep", "remove"),
        }
        return (*found.get(self.reason, ()), *(("alias",) if self.adopting else ()))


def sentence(refusal: Refusal) -> str:
    """The refusal as text for the user, in one line."""
    return printable(_SENTENCES[refusal.reason](refusal)) + (_alias() if "alias" in refusal.ways else "")


def _alias() -> str:
    return f" If this program declared these ports before under another resource name or parent, {alias_advice()}."


def _of_conflicts(what: str, accept: str, forget: str) -> Callable[[Refusal], str]:
    return lambda refusal: (
        f"{refusal.service} {what}: {'; '.join(conflict.words() for conflict in refusal.conflicts)}. Nothing was"
        f" written. To overwrite them, set {argument('on_conflict', 'overwrite')}; to accept them, {accept}; to stop"
        f" managing the service, take this resource out of the program {forget} 'pulumi state delete URN'."
    )


def ports_in_words(names: Sequence[str]) -> str:
    """The names of some ports for a sentence."""
    return ("port " if len(names) == 1 else "ports ") + ", ".join(names)


_SENTENCES: Final[dict[Reason, Callable[[Refusal], str]]] = {
    "differs": _of_conflicts(
        "has ports that differ from the declared ones", "declare them as they are", "and, if the state has it, run"
    ),
    "edited": _of_conflicts(
        "was changed elsewhere since the last run",
        "run 'pulumi refresh', which shows and records the live ports, then change the program",
        "and run",
    ),
    "unmanaged": lambda refusal: (
        f"{refusal.service} has ports that the program does not declare: {listed(refusal.ports)}. Nothing was written."
        f" Declare them, or set {argument('unmanaged', 'keep')} to leave them as they are or"
        f" {argument('unmanaged', 'remove')} to remove them."
    ),
    "second owner": lambda refusal: (
        f"{refusal.service} is declared by another resource of this program, too. {ONE_OWNER} Nothing was written."
    ),
    "not restorable": lambda refusal: (
        f'{refusal.service}: the former ports cannot be restored, because {argument("on_delete")} was not "restore"'
        f' when this resource adopted or overwrote them. Nothing was written. Set {argument("on_delete")} to "clear" or'
        " \"keep\", and run 'pulumi up'."
    ),
    "only this state restores": lambda refusal: (
        f"{refusal.service} is still declared by this program, so its ports stay as they are. But the ports that"
        f" {argument('on_delete', 'restore')} would restore ({', '.join(refusal.ports) or 'none'}) are recorded for the"
        " former resource only, so that resource stays in the state. Run 'pulumi up --refresh' once, which records them"
        " for the new resource."
    ),
    "another provider": lambda refusal: (
        f"{refusal.service} is still declared by this program, with another provider, so its ports stay as they are."
        f" But the ports that {argument('on_delete', 'restore')} would restore ({', '.join(refusal.ports) or 'none'})"
        " are recorded for the former resource only, so that resource stays in the state. To give them up, run 'pulumi"
        " state delete' for the former resource."
    ),
    "still shown": lambda refusal: (
        f"{refusal.service}: Northflank still shows {ports_in_words(refusal.ports)}, which this resource has removed,"
        " so nothing was written. Run again in a minute; if somebody else has created a port of that name, run 'pulumi"
        " refresh' first."
    ),
    "edited meanwhile": lambda refusal: (
        f"{refusal.service}: the connection broke during the write, and the list is now neither the former nor the"
        " desired one, so somebody else changed it. Nothing more was written; run 'pulumi refresh' to see the live"
        " ports."
    ),
    "views disagree": lambda refusal: (
        f"{refusal.service}: 'Get service' and 'Get service ports' show two different lists of its ports, so nothing"
        " was written. Run again in a minute."
    ),
    "not shown": lambda refusal: (
        f"{refusal.service}: this change can only be written by 'Patch service', which replaces every port completely,"
        f" and this API version does not show path rules and advanced options of {ports_in_words(refusal.ports)}, so"
        " they would be lost. Nothing was written. Declare these ports as well, or make the change in Northflank."
    ),
}
