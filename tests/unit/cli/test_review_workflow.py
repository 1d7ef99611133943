"""The workflow in `examples/ci`: little power, pinned actions, commands that exist, and one comment that is kept."""

import os
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml  # type: ignore[import-untyped] # comes with pulumi
from preview import Json, http, preview, refresh, same, update

from nf_ports.cli.review import command, markdown

FILE: Final = Path(__file__).parents[3] / "examples/ci/github-actions.yml"
GH: Final = """#!/bin/sh
# Stands in for GitHub's CLI: remembers calls, and lists a comment once one was made.
echo "$@" >> "$STORE/calls"
case "$*" in
  *--method*) touch "$STORE/comment" ;;
  *) if [ -e "$STORE/comment" ]; then echo 41; echo 42; fi ;;
esac
"""


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
        "drift": {"contents": "read"},
    }
    assert all(job["timeout-minutes"] <= 15 for job in workflow["jobs"].values())


def test_who_may_write_knows_no_secret_and_runs_nothing_of_the_repository(workflow: dict[Any, Any]) -> None:
    text = yaml.safe_dump(workflow["jobs"]["comment"])

    assert "secrets." not in text
    assert "checkout" not in text
    assert "pull_request_target" not in FILE.read_text(encoding="utf-8")


def test_a_fork_is_not_previewed(workflow: dict[Any, Any]) -> None:
    assert "head.repo.full_name == github.repository" in workflow["jobs"]["preview"]["if"]
    assert workflow["jobs"]["drift"]["if"] == "github.event_name != 'pull_request'"


def test_actions_are_pinned_by_commit_and_say_which_release(workflow: dict[Any, Any]) -> None:
    text = FILE.read_text(encoding="utf-8")

    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert used
    for action in used:
        assert re.search(rf"uses: {re.escape(action)} # v\d+\.\d+\.\d+$", text, re.MULTILINE), action
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)
    assert all(
        step["with"]["persist-credentials"] is False for step in steps(workflow) if "checkout" in step.get("uses", "")
    )


def test_no_expression_stands_in_a_script(workflow: dict[Any, Any]) -> None:
    assert [script for script in scripts(workflow) if "${{" in script] == []


@pytest.mark.parametrize("number", range(7))
def test_scripts_are_bash(number: int, workflow: dict[Any, Any]) -> None:
    shell = subprocess.run(["bash", "-n"], input=scripts(workflow)[number], text=True, capture_output=True, check=False)

    assert (shell.returncode, shell.stderr) == (0, "")
    assert len(scripts(workflow)) == 7


def test_commands_of_nf_ports_are_ones_that_it_has(workflow: dict[Any, Any]) -> None:
    lines = [line for script in scripts(workflow) for line in script.splitlines() if "/nf-ports review" in line]

    assert len(lines) == 2
    for line in lines:
        words = shlex.split(re.split(r" >+ ", line)[0])
        with command.command.make_context("review", words[2:]) as context:
            assert context.params["form"] == "markdown"


@pytest.mark.parametrize(
    ("steps", "codes", "first"),
    [
        ((refresh({"http": http(public=False)}), same({"http": http()})), (0, 3), "opened elsewhere: "),
        (
            (refresh({"http": http()}), update({}, {"http": http(public=False)})),
            (1, 1),
            "changed elsewhere, nothing wid",
        ),
        ((refresh({"http": http()}), same({"http": http()})), (0, 0), "no service changes its ports; nothing was ch"),
    ],
    ids=["opened", "closed", "nothing"],
)
def test_the_drift_job_fails_where_something_was_opened_and_says_so_first(
    steps: tuple[Json, ...], codes: tuple[int, int], first: str, workflow: dict[Any, Any], tmp_path: Path
) -> None:
    (script,) = (step["run"] for step in workflow["jobs"]["drift"]["steps"] if "drift.json" in step.get("run", ""))
    (tmp_path / "found.json").write_text(preview(*steps), encoding="utf-8")
    commands = {
        "pulumi": f'#!/bin/sh\necho "$@" > asked\ncat found.json\nexit {codes[0]}\n',
        ".venv/bin/nf-ports": f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m nf_ports "$@"\n',
    }
    for name, text in commands.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    environment = os.environ | {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "STACK": "dev",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }

    run = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == codes[1]
    assert (tmp_path / "asked").read_text(encoding="utf-8").startswith("preview --stack dev --refresh --show-sames ")
    said = (tmp_path / "summary.md").read_text(encoding="utf-8").splitlines()
    assert said[1].startswith(f"### Who can reach what: {first}")


def test_the_first_push_makes_a_comment_and_the_next_changes_it(workflow: dict[Any, Any], tmp_path: Path) -> None:
    (script,) = (step["run"] for step in workflow["jobs"]["comment"]["steps"] if "run" in step)
    assert f'startswith("{markdown.MARKER}")' in script
    gh = tmp_path / "gh"
    gh.write_text(GH, encoding="utf-8")
    gh.chmod(gh.stat().st_mode | stat.S_IXUSR)
    environment = os.environ | {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "STORE": str(tmp_path),
        "COMMENTS": "repos/acme/shop/issues/7/comments",
        "COMMENT": "repos/acme/shop/issues/comments",
    }

    for text in ("one", "two"):
        (tmp_path / "review.md").write_text(f"{markdown.MARKER}\n{text}\n", encoding="utf-8")
        run = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        subprocess.run(run, cwd=tmp_path, env=environment, check=True)

    calls = [line for line in (tmp_path / "calls").read_text(encoding="utf-8").splitlines() if "--method" in line]
    assert calls == [
        "api --silent --method POST repos/acme/shop/issues/7/comments --field body=@review.md",
        "api --silent --method PATCH repos/acme/shop/issues/comments/41 --field body=@review.md",
    ]


def test_without_a_review_there_is_no_empty_comment(workflow: dict[Any, Any], tmp_path: Path) -> None:
    (script,) = (step["run"] for step in workflow["jobs"]["comment"]["steps"] if "run" in step)
    (tmp_path / "review.md").touch()

    done = subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (1, "there is no review; see the job before this one\n")
