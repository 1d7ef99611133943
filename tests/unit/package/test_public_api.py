"""The public names: what they are, that each comes when it is asked for, and that each says what it is for."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import nf_ports

NAMES = {
    "ServicePorts": "nf_ports.resource",
    "validate_ports": "nf_ports.ports.validation",
    "Ignore": "nf_ports.ports.ignore",
    **dict.fromkeys(("Expectation", "allows", "denies"), "nf_ports.ports.expectation"),
    **dict.fromkeys(("Fault", "InvalidPorts", "NorthflankPortsError"), "nf_ports.errors"),
    **dict.fromkeys(
        (
            *("SSO", "AdvancedOptions", "BasicAuth", "HeaderRule", "IPRule", "PolicyGroup", "Port", "SecurePath"),
            *("SecurePathConfiguration", "SecurePathRule", "Security", "SecurityPolicies"),
        ),
        "nf_ports.ports.port",
    ),
}
"""Every public name with its home: the path of a class is what pickles and states refer to."""
_PAGE = (Path(__file__).parents[3] / "docs" / "resource.md").read_text("utf-8")


def test_the_public_names_are_these() -> None:
    assert set(nf_ports.__all__) == NAMES.keys()
    assert len(nf_ports.__all__) == len(NAMES)
    assert set(dir(nf_ports)) >= NAMES.keys()


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_there_under_its_own_name_and_path(name: str) -> None:
    value = getattr(nf_ports, name)
    assert (value.__name__, value.__module__) == (name, NAMES[name])
    assert getattr(nf_ports, name) is value


def test_a_name_that_is_none_is_an_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="module 'nf_ports' has no attribute 'Ports'"):
        getattr(nf_ports, "Ports")  # noqa: B009 - a type checker would refuse it otherwise


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_documented(name: str) -> None:
    assert name in _PAGE


def test_the_package_says_that_it_is_typed_and_which_version_it_is() -> None:
    assert (Path(nf_ports.__file__).parent / "py.typed").is_file()
    assert version("nf-ports")


def field_texts(kind: type[BaseModel]) -> dict[str, str]:
    """The text below each field of a model's source, its bases' included."""
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base.__module__ in {f"nf_ports.ports.{name}" for name in ("port", "expectation", "ignore")}:
            (body,) = (
                node.body for node in ast.walk(ast.parse(inspect.getsource(base))) if isinstance(node, ast.ClassDef)
            )
            texts |= dict(_texts_below(body))
    return texts


def _texts_below(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    # Inside an `if` an editor would not find it.
    for line, below in pairwise(body):
        text = below.value if isinstance(below, ast.Expr) else None
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and isinstance(text, ast.Constant):
            yield line.target.id, str(text.value)


_MODELS: list[type[BaseModel]] = [
    kind
    for kind in (getattr(nf_ports, name) for name in NAMES)
    if isinstance(kind, type) and issubclass(kind, BaseModel)
]


@pytest.mark.parametrize("kind", _MODELS, ids=lambda kind: kind.__name__)
def test_every_field_has_its_meaning_below_it(kind: type[BaseModel]) -> None:
    texts = field_texts(kind)
    assert kind.model_fields.keys() - texts.keys() == set()
    assert [name for name, text in texts.items() if not text.endswith(".") or not text[:1].strip()] == []


def documented(value: Any) -> Iterator[tuple[str, Any]]:
    """A public class or function and the public members that its class, or a base of it in nf_ports, defines."""
    yield value.__qualname__, value
    bases = (
        [base for base in inspect.getmro(value) if base.__module__.startswith("nf_ports.")]
        if inspect.isclass(value)
        else []
    )
    for name, member in {name: member for base in reversed(bases) for name, member in vars(base).items()}.items():
        member = member.__func__ if isinstance(member, classmethod) else member  # noqa: PLW2901 - the function itself
        public = name == "__init__" or not name.startswith("_")
        if public and (isinstance(member, property) or inspect.isfunction(member)):
            yield f"{value.__qualname__}.{name}", member


_MEMBERS = dict(pair for name in NAMES for pair in documented(getattr(nf_ports, name)))


@pytest.mark.parametrize("name", _MEMBERS)
def test_everything_public_says_what_it_is_for(name: str) -> None:
    summary = (inspect.getdoc(_MEMBERS[name]) or "").partition("\n")[0]
    assert len(summary) > 10
    assert summary.endswith(".")


@pytest.mark.parametrize("name", ["ServicePorts.__init__", "ServicePorts.get", "validate_ports", "allows", "denies"])
def test_every_argument_has_its_meaning(name: str) -> None:
    member = _MEMBERS[name]
    arguments = [one for one in inspect.signature(member).parameters if one not in {"self", "cls"}]
    section = (inspect.getdoc(member) or "").partition("Args:\n")[2].partition("\n\n")[0]
    told = [
        line.strip().partition(":")[0] for line in section.splitlines() if line.startswith("    ") and line[4] != " "
    ]
    assert told == arguments


@pytest.mark.parametrize(
    "argument", [one for one in inspect.signature(nf_ports.ServicePorts.__init__).parameters if one != "self"]
)
def test_every_argument_of_the_resource_is_documented(argument: str) -> None:
    assert f"`{argument}`" in _PAGE or argument in {"resource_name", "opts"}
