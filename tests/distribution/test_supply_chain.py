"""What is said of the dependencies: no audit in part counts as a clean one, and no dependency is left out."""

import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from test_pythons import ROOT, tool

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
supply_chain = tool("supply_chain")
CLEAN = {"name": "one", "version": "1", "vulns": []}
FOUND = {"name": "two", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}
SKIPPED = {"name": "three", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("packages", "code", "says"),
    [
        ([CLEAN, CLEAN], 0, "2 of 2 pinned packages were audited, 0 known vulnerabilities"),
        (
            [CLEAN, FOUND],
            1,
            "two 2: PYSEC-1, fixed in 2.1\n2 of 2 pinned packages were audited, 1 known vulnerabilities",
        ),
        ([CLEAN, SKIPPED], 2, "1 of 2 pinned packages were audited, 0 known vulnerabilities; the rest could not be"),
        ([CLEAN], 2, "1 of 2 pinned packages"),
        ([SKIPPED, FOUND], 1, "two 2: PYSEC-1"),
    ],
)
def test_an_audit_is_clean_only_if_every_pin_was_audited(packages: list[Any], code: int, says: str) -> None:
    got, text = supply_chain.audited({"dependencies": packages}, 2)

    assert got == code
    assert text.startswith(says)


def test_an_audit_that_does_not_run_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = type("Ran", (), {"stdout": "", "stderr": "no network\n"})
    monkeypatch.setattr(supply_chain.subprocess, "run", lambda *_args, **_options: failed)

    assert supply_chain._audit() == (2, "no package was audited: no network")


def test_a_newer_version_that_is_not_allowed_is_told() -> None:
    outdated = [
        {"name": "One", "version": "1.2", "latest_version": "1.3"},
        {"name": "two", "version": "1.0", "latest_version": "2.0"},
    ]

    assert list(supply_chain.behind(outdated, {"two": Requirement("two>=1,<2")})) == [
        "One 1.2 -> 1.3",
        "two 1.0 -> 2.0 (pyproject.toml asks for two<2,>=1)",
    ]


def test_a_bill_of_materials_names_every_dependency_with_a_version() -> None:
    wanted = supply_chain.requirements(PROJECT)
    first, *others = [{"name": name.replace("-", "_"), "version": "1"} for name in wanted]
    without = {"name": first["name"]}

    assert {"pulumi", "click", "starlette", "pulumi-policy"} <= wanted.keys()
    assert supply_chain.missing({"components": [first, *others]}, wanted) == []
    assert supply_chain.missing({"components": [without, *others]}, wanted) == [first["name"]]


def test_a_package_without_a_pin_is_told() -> None:
    pins = "# pins\nPyYAML==6\nmypy_extensions==1\n"

    assert supply_chain.unpinned(pins, ["pyyaml", "mypy-extensions", "tomlkit", "nf-ports"]) == ["tomlkit"]
