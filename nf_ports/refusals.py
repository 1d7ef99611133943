"""Refusals: the reason why an operation does not go on, as data, and its sentence with the ways out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Reason = Literal[
    "differs", "edited", "unmanaged", "second owner", "not restorable", "only this state restores", "still shown",
    "edited meanwhile", "views disagree", "not shown",
]  # fmt: skip
"""``differs``: ports that the resource never owned are otherwise than declared; ``edited``: ports were edited elsewhere
since the last run; ``unmanaged``: ports that the program does not declare would be removed; ``second owner``: another
resource of the program has the service; ``not restorable``: the former ports are not known; ``only this state
restores``: the former ports would be forgotten; ``still shown``: ports that were removed are shown; ``edited
meanwhile``: the list is neither the former nor the written one after a write without an answer; ``views disagree``: two
views of the API show two lists; ``not shown``: the write would drop what no view shows."""
Way = Literal["overwrite", "accept", "declare", "keep", "remove", "give up", "alias"]
"""The ways out."""

ONE_OWNER: Final = (
    "One resource owns the whole list of a service: declare all of its ports in one of them and remove the other."
)
_MOST_NAMED: Final = 8


def listed(names: Sequence[str]) -> str:
    """Names for a sentence: the first eight, and how many more there are."""
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, slots=True)
class Conflict:
    """A live port that is otherwise than the program knows it.

    Attributes:
        port: its name.
        fields: what differs, each as field and how.
        heir: the declared port that it is renamed to, where it is.
        remade: whether it was deleted and made again.
        removed: whether it is not there any more.
    """

    port: str
    fields: tuple[str, ...] = ()
    renamed_to: str | None = None
    recreated: bool = False
    removed: bool = False

    def words(self) -> str:
        """For a sentence."""
        if self.removed:
            return f'port "{self.port}" (removed elsewhere)'
        renamed = f', renamed to "{self.renamed_to}"' if self.renamed_to else ""
        return (
            f'port "{self.port}"{renamed} ({"made again elsewhere; " if self.recreated else ""}{listed(self.fields)})'
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason why an operation does not go on.

    Attributes:
        reason: in one word or two.
        service: whose ports.
        ports: the names of the ports that it is about.
        conflicts: the same for ports that differ, with what differs.
        adopting: whether the resource never owned the service, so it may know it under another name.
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
    """The refusal for a person."""
    return _SENTENCES[refusal.reason](refusal) + (_ALIAS if "alias" in refusal.ways else "")


_ALIAS: Final = (
    " If this program declared them before under another name or parent, say so:"
    ' opts=ResourceOptions(aliases=[Alias(name="FORMER NAME")]), or Alias(parent=ROOT_STACK_RESOURCE).'
)


def _of_conflicts(what: str, accept: str, forget: str) -> Callable[[Refusal], str]:
    return lambda refusal: (
        f"{refusal.service} {what}: {'; '.join(conflict.words() for conflict in refusal.conflicts)}. Nothing was"
        f' written. Either overwrite them, with on_conflict="overwrite"; or accept: {accept}; or give up: take this'
        f" resource out of the program {forget} 'pulumi state delete URN'."
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
        "run 'pulumi refresh' to see and accept what is there, then change the program",
        "and run",
    ),
    "unmanaged": lambda refusal: (
        f"{refusal.service} has ports that the program does not declare: {listed(refusal.ports)}. Nothing was written."
        ' Declare them, or say unmanaged="keep" to leave them alone or unmanaged="remove" to remove them.'
    ),
    "second owner": lambda refusal: (
        f"{refusal.service} is declared by another resource of this program, too. {ONE_OWNER} Nothing was written."
    ),
    "not restorable": lambda refusal: (
        f"{refusal.service} cannot get its former ports back: on_delete was not restore when this resource adopted"
        ' them. Nothing was written. Set on_delete to "clear" or "keep", and run up.'
    ),
    "only this state restores": lambda refusal: (
        f"{refusal.service}: is still declared by this program, so its ports stay as they are. But"
        f' on_delete="restore" has recorded the ports from before ({", ".join(refusal.ports) or "none"}), and'
        " the new resource has not, so the former one stays in the state. Run 'pulumi up --refresh' once: it hands"
        " them over."
    ),
    "still shown": lambda refusal: (
        f"{refusal.service}: Northflank still shows {ports_in_words(refusal.ports)}, which this resource has removed,"
        " so nothing was written. Run again in a minute; if it was added elsewhere, run 'pulumi refresh'"
        " before."
    ),
    "edited meanwhile": lambda refusal: (
        f"{refusal.service}: the connection broke during the write, and the list is now neither the former nor the"
        " desired one, so somebody else changed it. Nothing more was written; run 'pulumi refresh' to see what is"
        " there."
    ),
    "views disagree": lambda refusal: (
        f"{refusal.service}: 'Get service' and 'Get service ports' show two different lists of its ports, so nothing"
        " was written. Run again in a minute."
    ),
    "not shown": lambda refusal: (
        f"{refusal.service}: this change can only be written by 'Patch service', which replaces every port as a whole,"
        f" and this version of the API does not show path rules and advanced options of {', '.join(refusal.ports)},"
        " which stay as they are. Nothing was written. Declare them, or make the change in Northflank."
    ),
}
