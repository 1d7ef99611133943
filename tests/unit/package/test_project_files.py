"""What a contributor and a user are told is true: paths, targets, rooms, versions, workflows and forms."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # comes with pulumi

from nf_ports.cli.doctor.machine import OLDEST

ROOT = Path(__file__).parents[3]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PYTHONS = [one.rpartition(" ")[2] for one in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", one)]
PAGES = ["CONTRIBUTING.md", "SECURITY.md", "SUPPORT.md", ".github/pull_request_template.md"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = [ROOT / ".github" / "ISSUE_TEMPLATE" / name for name in ("bug.yml", "feature.yml")]
MADE = {"nf-ports.cdx.json", "nf-ports.toml", ".venv", "pyproject.toml"}
"""Names in backticks that are no file of the checkout, or one that is looked at below."""
WRITES = {("attest", "id-token"), ("attest", "attestations"), ("publish", "id-token"), ("files", "contents")}
"""What a job of a workflow may write."""


def _text(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def _quoted(page: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", _text(page), flags=re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_a_page_names_is_there(page: str) -> None:
    paths = [
        text
        for text in _quoted(page)
        if re.fullmatch(r"[\w.-]+(/[\w.-]+)+|[\w-]+\.(md|toml|txt|yml)", text) and text not in MADE
    ]

    assert paths or page.startswith(".github")
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_target_that_a_page_names_is_one_of_make(page: str) -> None:
    targets = set(re.findall(r"\bmake ([a-z]+(?:-[a-z]+)*)", " ".join([*_quoted(page), *_blocks(page)])))

    assert targets - set(re.findall(r"^([a-z-]+):", _text("Makefile"), re.MULTILINE)) == set()


def _blocks(page: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", _text(page), re.DOTALL | re.MULTILINE)


def test_every_target_of_make_is_explained_by_its_help() -> None:
    [phony] = re.findall(r"^\.PHONY: ((?:.*\\\n)*.*)", _text("Makefile"), re.MULTILINE)
    explained = set(re.findall(r"echo 'make ([a-z-]+) ", _text("Makefile")))

    assert explained == {*phony.split()} - {"help", "\\"}


def test_the_rooms_are_told_by_their_own_docstrings() -> None:
    rows = []
    for path in sorted((ROOT / "nf_ports").glob("*/__init__.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        rows.append(f"| `nf_ports/{path.parent.name}` | {docstring.partition(chr(10))[0]} |")
    table = "\n".join(["| room | what is in it |", "| --- | --- |", *rows])

    assert f"<!-- rooms: begin -->\n{table}\n<!-- rooms: end -->" in _text("CONTRIBUTING.md")


def test_the_supported_versions_are_those_that_are_declared() -> None:
    page = _text("SUPPORT.md")
    [pulumi] = [one for one in PROJECT["dependencies"] if one.startswith("pulumi>")]

    assert f"| Python | {', '.join(PYTHONS)} |" in page
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"
    assert f"`{pulumi}`" in page
    assert f"| Pulumi CLI | {OLDEST} and later {OLDEST.major}.x |" in page
    assert f"({PROJECT['version'].rpartition('.')[0]})" in _text("SECURITY.md")


def test_the_lines_of_an_installation_name_this_version() -> None:
    [block] = _blocks("SUPPORT.md")

    assert set(re.findall(r"\d+\.\d+\.\d+", block)) == {PROJECT["version"]}
    assert block.count("nf-ports[cli] @ git+https://") == 1


def _workflow(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return document


def _used(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (one for key, one in value.items() if key == "uses")
        yield from (found for one in value.values() for found in _used(one))
    elif isinstance(value, list):
        yield from (found for one in value for found in _used(one))


def test_every_action_is_pinned_by_one_commit() -> None:
    pins: dict[str, set[str]] = {}
    for path in [*WORKFLOWS, ROOT / "examples" / "ci" / "github-actions.yml"]:
        for used in _used(_workflow(path)):
            action, _, commit = used.partition("@")
            if action != "OWNER/nf-ports":
                assert re.fullmatch(r"[0-9a-f]{40}", commit), used
                pins.setdefault(action, set()).add(commit)

    assert {"actions/checkout", "pypa/gh-action-pypi-publish"} <= pins.keys()
    assert {action: commits for action, commits in pins.items() if len(commits) > 1} == {}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_do_nothing_that_its_job_does_not_need(path: Path) -> None:
    workflow = _workflow(path)
    jobs = workflow["jobs"]
    given = {(name, *pair) for name, job in jobs.items() for pair in job.get("permissions", {}).items()}
    writes = {(name, what, "write") for name, what in WRITES} if path.stem == "release" else set()

    assert workflow["permissions"] in ({}, {"contents": "read"})
    assert workflow["permissions"] or all("permissions" in job for job in jobs.values())
    assert {one for one in given if one[1:] != ("contents", "read")} == writes


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_ends_and_hands_no_token_on(path: Path) -> None:
    jobs = _workflow(path)["jobs"].values()
    steps = [step for job in jobs for step in job["steps"]]

    assert all(job["timeout-minutes"] for job in jobs)
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"] == {"persist-credentials": False} for step in checkouts)
    # An expression in a script would be read as a part of it.
    assert "${{" not in "".join(step.get("run", "") for step in steps)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_the_tests_of_a_workflow_run_on_every_supported_python(path: Path) -> None:
    job = _workflow(path)["jobs"]["test"]

    assert PYTHONS == ["3.11", "3.12", "3.13", "3.14"]
    assert job["strategy"]["matrix"]["python"] == PYTHONS
    assert "${{ matrix.python }}" in [step["with"].get("python-version") for step in job["steps"] if "with" in step]
    assert ".ci/run" in [step.get("run") for step in job["steps"]]


def test_nothing_is_published_that_was_not_tested_and_attested() -> None:
    jobs = _workflow(ROOT / ".github" / "workflows" / "release.yml")["jobs"]

    assert {name: job.get("needs") for name, job in jobs.items()} == {
        "build": None,
        "test": "build",
        "attest": "test",
        "files": "attest",
        "publish": "attest",
    }
    assert jobs["publish"]["environment"] == "pypi"


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_asks_for_no_secret(path: Path) -> None:
    form = _workflow(path)

    assert {"name", "description", "body"} <= form.keys()
    assert form["body"][0]["attributes"]["value"].startswith("**Never paste a token, a password, a state file")
    identities = [one["id"] for one in form["body"][1:]]
    assert len(set(identities)) == len(identities) > 1
