"""Processes of one run find each other, and nobody else."""

import os
import pathlib
import socket
import subprocess
import sys
import threading

import pytest

from nf_ports.hosts.beside import Beside

ENGINE = "127.0.0.1:40001"
CHILD = """
import sys
from nf_ports.hosts.beside import Beside
beside = Beside(sys.argv[1])
beside.answers(lambda project, service: [f"{project} {service}", None])
print(flush=True)
sys.stdin.read()
if sys.argv[2] == "closes":
    beside.close()
"""


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path / f"nf-ports-{os.getuid()}"


def neighbour(folder: pathlib.Path, engine: str = ENGINE, end: str = "closes") -> "subprocess.Popen[str]":
    path = os.pathsep.join(entry for entry in sys.path if entry)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, engine, end],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "TMPDIR": str(folder.parent)},
    )
    assert child.stdout is not None
    child.stdout.readline()
    return child


def ended(child: "subprocess.Popen[str]") -> None:
    child.communicate()
    assert child.returncode == 0


def test_the_others_of_the_same_run_answer(folder: pathlib.Path) -> None:
    ours, other = neighbour(folder), neighbour(folder, "127.0.0.1:40002")
    beside = Beside(ENGINE)
    beside.answers(lambda _project, _service: ["nobody asks itself"])
    assert beside.ask("shop", "api") == ["shop api", None]
    ended(ours)
    assert beside.ask("shop", "api") == []
    beside.close()
    ended(other)
    assert list(folder.iterdir()) == []


def test_what_a_killed_process_left_answers_nobody_and_is_removed(folder: pathlib.Path) -> None:
    ended(neighbour(folder, end="leaves its socket"))
    assert len(list(folder.iterdir())) == 1
    assert Beside(ENGINE).ask("shop", "api") == []
    ended(neighbour(folder, "127.0.0.1:40002", end="leaves its socket"))
    beside = Beside(ENGINE)
    beside.answers(lambda _project, _service: [])
    assert len(list(folder.iterdir())) == 1
    beside.close()


def test_a_process_that_gives_no_answer_may_declare_the_service(folder: pathlib.Path) -> None:
    beside = Beside(ENGINE)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(folder / f"{ENGINE.replace(':', '_')}-1"))
        silent.listen()
        silent.settimeout(5)
        closing = threading.Thread(target=_close_what_comes, args=(silent,))
        closing.start()
        assert beside.ask("shop", "api") == [None]
        closing.join()


def _close_what_comes(listening: socket.socket) -> None:
    listening.accept()[0].close()


def test_a_folder_that_others_can_write_to_is_not_used(folder: pathlib.Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)
    beside = Beside(ENGINE)
    beside.answers(lambda _project, _service: [])
    assert list(folder.iterdir()) == []
    assert beside.ask("shop", "api") == []
