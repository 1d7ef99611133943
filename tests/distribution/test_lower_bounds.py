"""The lowest versions that are declared: found in pyproject.toml alone, each exact."""

import importlib.util
import pathlib
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = pathlib.Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def _tool() -> Any:
    spec = importlib.util.spec_from_file_location("lower_bounds", ROOT / "tools" / "lower_bounds.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


lower_bounds = _tool().lower_bounds


def test_every_dependency_and_those_of_the_extras_stand_at_their_lower_bound() -> None:
    extras = ["cli", "emulator", "policy"]
    declared = [*PROJECT["dependencies"], *(one for extra in extras for one in PROJECT["optional-dependencies"][extra])]
    found = [Requirement(line) for line in lower_bounds(PROJECT, extras)]

    assert [one.name for one in found] == [Requirement(one).name for one in declared]
    for pinned, text in zip(found, declared, strict=True):
        (exact,) = pinned.specifier
        assert exact.operator == "=="
        assert Requirement(text).specifier.contains(exact.version)


def test_the_pinned_versions_of_a_developer_are_within_the_declared_ones() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = [Requirement(line) for line in lines if line and not line.startswith("#")]
    versions = {canonicalize_name(one.name): next(iter(one.specifier)).version for one in pinned}
    texts = [*PROJECT["dependencies"], *(one for extra in PROJECT["optional-dependencies"].values() for one in extra)]
    for requirement in map(Requirement, texts):
        if requirement.name != PROJECT["name"]:
            assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), requirement


@pytest.mark.parametrize("text", ["one", "one<2", "one!=1", "one>=1,~=1.2"])
def test_a_dependency_without_one_lower_bound_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"{text}' states no lower bound, or more than one"):
        list(lower_bounds({"dependencies": [text]}))


def test_an_extra_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no extra 'none'"):
        list(lower_bounds(PROJECT, ["none"]))


@pytest.mark.parametrize(("text", "line"), [("one>=1.2,<2", "one==1.2"), ("a[b]~=3.4", "a==3.4"), ("one==5", "one==5")])
def test_a_lower_bound_is_what_the_dependency_states(text: str, line: str) -> None:
    assert list(lower_bounds({"dependencies": [text]})) == [line]
