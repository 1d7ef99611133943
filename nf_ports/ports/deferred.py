"""Values that are not known yet: an Output in a program, an unknown in a preview. Recognised by shape, here only.

The pure modules must not import Pulumi, and yet any leaf or sub-tree that they are given may be one of its
values. So they ask one question, `is_deferred`, and leave such a value alone: what is known is checked, and the
rest when it is known.
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
    """The shape of a `pulumi.Output`: something that will have a value, or may never in this run."""

    def apply(self, func: Callable[[T_co], Any], run_with_unknowns: bool = False) -> Any:
        """Run `func` on the value once it is known."""

    async def is_known(self) -> bool:
        """True if the value is known in this run."""


class Unknown:
    """A value that a preview cannot know. The Pulumi SDK has a class of the same name and meaning."""

    @override
    def __repr__(self) -> str:
        """Say what it is, as the engine does."""
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
        """``Maybe[T]``: a T, or something that will be one. Deferred values pass validation untouched."""

        def __class_getitem__(cls, item: Any) -> Any:  # noqa: D105 - the class says it
            return Annotated[item, WrapValidator(_skip_deferred)]


_PLAIN: Final[tuple[type, ...]] = (str, dict, bool, int, list, float, type(None))


def is_deferred(value: object) -> bool:
    """True if `value` is an unknown value."""
    kind = type(value)
    # It is asked of every value of every port.
    if any(kind is plain for plain in _PLAIN):
        return False
    # Of a class itself, not of its metaclass: a program's own class may have any name and answer to any attribute.
    has = {name for one in kind.__mro__ for name in ("apply", "is_known", "__await__") if name in vars(one)}
    unknown = kind.__name__ == "Unknown" and kind.__module__.partition(".")[0] in {"pulumi", "nf_ports"}
    return unknown or {"apply", "is_known"} <= has or "__await__" in has


def holds_deferred(value: object) -> bool:
    """True if `value` is an unknown value or contains one."""
    if isinstance(value, dict):
        return any(holds_deferred(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(holds_deferred(item) for item in value)
    if isinstance(value, BaseModel):
        return holds_deferred(vars(value))
    return is_deferred(value)
