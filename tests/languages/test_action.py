"""The action for GitHub, and its scripts for GitLab: the step is run as it is written, by the real engine."""

import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml  # type: ignore[import-untyped] # comes with pulumi
from language_project import Yaml
from typing_extensions import override
from world import environment, http_port, shop

from local_engine.engine import LocalEngine
from nf_ports.emulator import Emulator

ROOT = pathlib.Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
[STEP] = ACTION["runs"]["steps"]
CANARY = "canary-Zq81"


def program(*, public: str) -> str:
    return f"""\
name: shop
runtime: yaml
resources:
  api:
    type: northflank:ServicePorts
    properties:
      projectId: shop
      serviceId: api
      ports: {{http: {{internalPort: 8080, protocol: HTTP, public: {public}}}}}
"""


class Forge(http.server.BaseHTTPRequestHandler):
    """The comments of one request, as GitHub and GitLab keep them, 100 on a page."""

    comments: ClassVar[list[dict[str, Any]]]
    seen: ClassVar[list[tuple[str, str]]]

    def _answer(self, found: object, status: int = 200) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def _body(self) -> str:
        body: str = json.loads(self.rfile.read(int(self.headers["content-length"])))["body"]
        return body

    def do_GET(self) -> None:
        """A page of comments."""
        query = parse_qs(urlsplit(self.path).query)
        size, page = int(query["per_page"][0]), int(query["page"][0])
        self.seen.append(("GET", self.headers.get("authorization") or self.headers["private-token"]))
        self._answer(self.comments[(page - 1) * size : page * size])

    def do_POST(self) -> None:
        """A new comment."""
        self.comments.append({"id": 1000 + len(self.comments), "body": self._body()})
        self.seen.append(("POST", self.path))
        self._answer(self.comments[-1], 201)

    def do_PATCH(self) -> None:
        """Another text for a comment."""
        number = int(self.path.rpartition("/")[2])
        [known] = [each for each in self.comments if each["id"] == number]
        known["body"] = self._body()
        self.seen.append((self.command, self.path))
        self._answer(known)

    do_PUT = do_PATCH  # noqa: N815

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""


class Runner:
    """A runner of GitHub, as far as the step can tell."""

    def __init__(self, project: Yaml, nf: Emulator, engine: LocalEngine, forge: str) -> None:
        """Set what GitHub sets."""
        self.workspace = project.folder.parent
        self.project = project
        self.summary = self.workspace / "summary.md"
        self.env = {
            **os.environ,
            **engine._environment(),
            **environment(nf),
            "PATH": os.pathsep.join([str(engine.root / "bin"), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_API_URL": forge,
            "GITHUB_REPOSITORY": "acme/shop",
        }

    def __call__(self, number: str = "7", **inputs: str) -> subprocess.CompletedProcess[str]:
        """Run the step with these inputs, in which `_` stands for `-`."""
        given = {key: str(each["default"]) for key, each in ACTION["inputs"].items()}
        given |= {"working-directory": self.project.folder.name, "python": sys.executable}
        given |= {key.replace("_", "-"): value for key, value in inputs.items()}
        assert given.keys() == ACTION["inputs"].keys()
        env = {}
        for name, expression in STEP["env"].items():
            inside = expression.removeprefix("${{ ").removesuffix(" }}")
            env[name] = (
                number if inside == "github.event.pull_request.number" else given[inside.removeprefix("inputs.")]
            )
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEP["run"]],
            cwd=self.workspace,
            env=self.env | env,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    @property
    def review(self) -> str:
        """The file with the review."""
        return (self.workspace / "review.md").read_text("utf-8")


@pytest.fixture
def nf() -> Iterator[Emulator]:
    with shop({"api": [http_port()]}, served=True) as nf:
        yield nf


@pytest.fixture
def forge() -> Iterator[str]:
    Forge.comments, Forge.seen = [], []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Forge) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def runner(plain_engine: LocalEngine, nf: Emulator, tmp_path: pathlib.Path, forge: str) -> Runner:
    # The stack is called like its folder.
    folder = tmp_path / tmp_path.name
    folder.mkdir()
    project = Yaml(plain_engine, nf, folder)
    project.program.write_text(program(public="true"), "utf-8")
    return Runner(project, nf, plain_engine, forge)


def test_a_preview_of_two_stacks_is_reviewed_and_fails_on_what_opens(runner: Runner) -> None:
    runner.project.pulumi("stack", "init", "second")
    done = runner(stacks=f"{runner.project.stack}\n  second", fail_on="opened, unprotected")

    assert done.returncode == 3, done.stderr
    assert "--fail-on unprotected: shop/api" in done.stderr
    first, *lines = runner.review.splitlines()
    assert first == f"<!-- nf-ports review: {runner.project.stack} -->"
    assert [line for line in lines if line.startswith("## ")] == [f"## Stack {runner.project.stack}", "## Stack second"]
    assert runner.review.count("<!--") == 1
    assert runner.summary.read_text("utf-8") == runner.review


def test_up_applies_what_the_review_lets_pass_and_nothing_else(runner: Runner, nf: Emulator) -> None:
    stack = runner.project.stack
    refused = runner(command="up", stacks=stack)
    kept = [port.get("public") for port in nf.ports("shop", "api")]
    runner.project.program.write_text(program(public="false").replace("8080", "8081"), "utf-8")
    conflict = runner(command="up", stacks=stack)
    runner.project.program.write_text(
        program(public="false").replace("8080", "8081") + "      onConflict: overwrite\n", "utf-8"
    )
    applied = runner(command="up", stacks=stack)

    assert (refused.returncode, kept) == (3, [False])
    assert conflict.returncode == 1
    assert "error" in conflict.stdout + conflict.stderr
    assert applied.returncode == 0, applied.stderr
    assert [port["internalPort"] for port in nf.ports("shop", "api")] == [8081]


def test_drift_fails_on_what_was_opened_elsewhere(runner: Runner, nf: Emulator) -> None:
    runner.project.program.write_text(program(public="false"), "utf-8")
    stack = runner.project.stack
    assert runner(command="up", stacks=stack).returncode == 0
    still = runner(command="drift", stacks=stack)
    [port] = nf.ports("shop", "api")
    nf.set_ports("shop", "api", [port | {"public": True}])
    opened = runner(command="drift", stacks=stack, fail_on="opened,widened,unprotected")

    assert still.returncode == 0, still.stderr
    assert opened.returncode == 3, opened.stderr
    assert "opened elsewhere" in runner.review


WRONG = {
    "no stack": ({"stacks": " "}, "name at least one stack"),
    "no command": ({"stacks": "dev", "command": "destroy"}, "must be one of preview, drift, up, not 'destroy'"),
    "an option for a stack": ({"stacks": "--help"}, "'--help' is not the name of a stack"),
    "a script for a stack": ({"stacks": "dev;touch${IFS}x"}, "is not the name of a stack"),
    "no project": ({"stacks": "dev", "working_directory": "nowhere"}, "there is no Pulumi.yaml in 'nowhere'"),
    "a review that is missing": ({"command": "comment", "github_token": "x"}, "there is no review in 'review.md'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_inputs_are_one_sentence(runner: Runner, case: str) -> None:
    inputs, said = WRONG[case]
    done = runner(**inputs)
    assert done.returncode in {1, 2}
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (runner.workspace / "x").exists()


def test_a_stack_that_fails_is_in_the_review_and_the_others_go_on(runner: Runner) -> None:
    done = runner(stacks=f"missing {runner.project.stack}", fail_on="")
    assert done.returncode == 1
    assert "## Stack missing" in runner.review
    assert f"## Stack {runner.project.stack}" in runner.review
    assert "shop/api" in runner.review


def test_the_comment_is_made_once_and_then_changed_for_each_folder(runner: Runner) -> None:
    Forge.comments += [{"id": number, "body": "hello"} for number in range(150)]
    for folder, text in (("infra", "one"), ("infra", "two"), ("other", "three")):
        (runner.workspace / "review.md").write_text(f"<!-- nf-ports review: {folder} -->\n{text}\n", "utf-8")
        done = runner(command="comment", github_token=CANARY)
        assert done.returncode == 0, done.stderr
        assert CANARY not in done.stdout + done.stderr

    written = [each["body"] for each in Forge.comments[150:]]
    assert written == ["<!-- nf-ports review: infra -->\ntwo\n", "<!-- nf-ports review: other -->\nthree\n"]
    assert [each for each in Forge.seen if each[0] != "GET"] == [
        ("POST", "/repos/acme/shop/issues/7/comments"),
        ("PATCH", "/repos/acme/shop/issues/comments/1150"),
        ("POST", "/repos/acme/shop/issues/7/comments"),
    ]
    assert {each[1] for each in Forge.seen if each[0] == "GET"} == {f"Bearer {CANARY}"}


def test_the_note_of_a_merge_request_is_made_once_and_then_changed(runner: Runner, forge: str) -> None:
    path = runner.workspace / "review.md"
    for text in ("one", "x" * 70_000):
        path.write_text(f"<!-- nf-ports review: infra -->\n{text}\n", "utf-8")
        env = {
            **os.environ,
            "REVIEW": str(path),
            "COMMENT_TOKEN": CANARY,
            "CI_API_V4_URL": f"{forge}/api/v4",
            "CI_PROJECT_ID": "12",
            "CI_MERGE_REQUEST_IID": "3",
        }
        subprocess.run([sys.executable, str(ROOT / "ci/comment.py")], env=env, check=True, timeout=60)

    [note] = Forge.comments
    assert len(note["body"]) < 65_536
    assert note["body"].endswith("… the rest is in the log of the job.")
    assert [each for each in Forge.seen if each[0] != "GET"] == [
        ("POST", "/api/v4/projects/12/merge_requests/3/notes"),
        ("PUT", "/api/v4/projects/12/merge_requests/3/notes/1000"),
    ]


def test_no_input_stands_in_the_script() -> None:
    assert "${{" not in STEP["run"]
    assert shutil.which("bash")
