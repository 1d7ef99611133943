"""Unknown values: an Output in a program, an unknown in a preview. They are recognised by shape, and only here.

The pure modules must not import Pulumi, but any value or sub-tree that they are given may be one of Pulumi's values.
They call `is_deferred` and leave such a value unchanged: known values are checked now, the others once they are known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar, Union

from pydantic import BaseModel
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Several(Protocol[T_co]):
    """A list, tuple, set or dict view. Not a text: its `__contains__` takes texts only."""

    def __contains__(self, item: object, /) -> bool:
        """True if the item is in it."""

    def __iter__(self) -> Iterator[T_co]:
        """Every item."""

    def __len__(self) -> int:
        """The number of items."""


class Deferred(Protocol[T_co]):
    """The shape of a `pulumi.Output`: its value becomes known later, or not at all in this run."""

    def apply(self, func: Callable[[T_co], Any], run_with_unknowns: bool = False) -> Any:
        """Run `func` on the value once it is known."""

    async def is_known(self) -> bool:
        """Return True if the value is known in this run."""


class Unknown:
    """A value that a preview cannot know. The Pulumi SDK has a class of the same name and meaning."""

    @override
    def __repr__(self) -> str:
        """The engine's own text for an unknown value."""
        return "<unknown>"


UNKNOWN: Final = Unknown()

if TYPE_CHECKING:
    Maybe = Union[T, Deferred[T], Unknown]  # noqa: UP007 - the bar cannot make a generic alias of a type variable
else:
    from typing import Annotated

    from pydantic import WrapValidator

    def _skip_deferred(value: object, validate: Callable[[object], object]) -> object:
        return value if is_deferred(value) else validate(value)

    class Maybe:
        """``Maybe[T]``: a T, or a value that will be one. Such values pass validation unchanged."""

        def __class_getitem__(cls, item: Any) -> Any:  # noqa: D105 - the class says it
            return Annotated[item, WrapValidator(_skip_deferred)]


_PLAIN: Final[tuple[type, ...]] = (str, dict, bool, int, list, float, type(None))


def is_deferred(value: object) -> bool:
    """True if `value` is an unknown value, which has to be left unchanged."""
    kind = type(value)
    # This function is called for every value of every port.
    if any(kind is plain for plain in _PLAIN):
        return False
    # Look at the class itself, not at its metaclass: a program's class may have any name and answer to any attribute.
    has = {name for one in kind.__mro__ for name in ("apply", "is_known", "__await__") if name in vars(one)}
    unknown = kind.__name__ == "Unknown" and kind.__module__.partition(".")[0] in {"pulumi", "nf_ports"}
    return unknown or {"apply", "is_known"} <= has or "__await__" in has


def holds_deferred(value: object) -> bool:
    """True if `value` is an unknown value, or holds one at any depth."""
    if isinstance(value, dict):
        return any(holds_deferred(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(holds_deferred(item) for item in value)
    if isinstance(value, BaseModel):
        return holds_deferred(vars(value))
    return is_deferred(value)
