"""The workflows in `examples/ci`: little power, pinned actions, and inputs that the action has."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml  # type: ignore[import-untyped] # comes with pulumi

from nf_ports.cli.review import command

FILE: Final = Path(__file__).parents[3] / "examples/ci/github-actions.yml"
ACTION: Final = FILE.parents[2] / "action.yml"
GITLAB: Final = FILE.with_name("gitlab-ci.yml")
OURS: Final = "OWNER/nf-ports@v0.2.0"


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    """The parsed file."""
    found: dict[Any, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def steps(workflow: dict[Any, Any]) -> list[dict[str, Any]]:
    """All steps of all jobs."""
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def scripts(workflow: dict[Any, Any]) -> list[str]:
    """The shell scripts of all steps."""
    return [step["run"] for step in steps(workflow) if "run" in step]


def test_each_job_has_only_what_it_needs(workflow: dict[Any, Any]) -> None:
    assert workflow["permissions"] == {}
    assert {name: job["permissions"] for name, job in workflow["jobs"].items()} == {
        "preview": {"contents": "read"},
        "comment": {"pull-requests": "write"},
        "apply": {"contents": "read"},
        "drift": {"contents": "read"},
    }
    assert {name: job["timeout-minutes"] for name, job in workflow["jobs"].items()} == {
        "preview": 15,
        "comment": 5,
        "apply": 60,
        "drift": 15,
    }


def test_only_what_applies_has_the_token_that_writes(workflow: dict[Any, Any]) -> None:
    jobs = {name for name, job in workflow["jobs"].items() if "NORTHFLANK_WRITE_TOKEN" in yaml.safe_dump(job)}
    assert jobs == {"apply"}
    assert workflow["jobs"]["apply"]["environment"] == "production"
    assert workflow["jobs"]["apply"]["if"] == "github.event_name == 'push'"


def test_who_may_write_knows_no_secret_and_runs_nothing_of_the_repository(workflow: dict[Any, Any]) -> None:
    text = yaml.safe_dump(workflow["jobs"]["comment"])

    assert "secrets." not in text
    assert "checkout" not in text
    assert "pull_request_target" not in FILE.read_text(encoding="utf-8")


def test_a_fork_is_not_previewed(workflow: dict[Any, Any]) -> None:
    assert "head.repo.full_name == github.repository" in workflow["jobs"]["preview"]["if"]


def test_actions_are_pinned_by_commit_and_say_which_release(workflow: dict[Any, Any]) -> None:
    text = FILE.read_text(encoding="utf-8")

    used = [step["uses"] for step in steps(workflow) if step.get("uses", OURS) != OURS]
    assert used
    for action in used:
        assert re.search(rf"uses: {re.escape(action)} # v\d+\.\d+\.\d+$", text, re.MULTILINE), action
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)
    assert all(
        step["with"]["persist-credentials"] is False for step in steps(workflow) if "checkout" in step.get("uses", "")
    )


def test_no_expression_stands_in_a_script(workflow: dict[Any, Any]) -> None:
    assert [script for script in scripts(workflow) if "${{" in script] == []


def test_the_workflow_gives_the_action_inputs_that_it_has(workflow: dict[Any, Any]) -> None:
    inputs = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["inputs"]
    given = [step["with"] for step in steps(workflow) if step.get("uses") == OURS]
    assert [each["command"] for each in given] == ["preview", "comment", "up", "drift"]
    assert all(each.keys() <= inputs.keys() for each in given)


def test_conditions_of_the_examples_are_ones_that_the_review_has(workflow: dict[Any, Any]) -> None:
    gitlab = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))
    said = [step["with"]["fail-on"] for step in steps(workflow) if "fail-on" in step.get("with", {})]
    said += [job["variables"]["FAIL_ON"] for name, job in gitlab.items() if name in {"preview", "apply", "drift"}]
    assert len(said) == 6
    for conditions in said:
        with command.command.make_context("review", ["-", f"--fail-on={conditions}"]) as context:
            assert context.params["fail_on"]


def test_gitlab_runs_scripts_that_are_there() -> None:
    jobs = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))
    ran = {word for job in jobs.values() for line in job.get("script", []) for word in line.split() if "/" in word}
    assert ran == {"ci/review_stacks.py"}
    assert all((FILE.parents[2] / script).is_file() for script in (*ran, "ci/comment.py"))
    assert "ci/comment.py" in jobs["preview"]["after_script"][0]
