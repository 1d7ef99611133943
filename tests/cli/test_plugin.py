"""`nf-ports plugin`: what is installed answers the engine, and is removed again."""

import subprocess
from importlib.metadata import version
from pathlib import Path

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from host_process import end
from pulumi.runtime.proto import provider_pb2_grpc

from nf_ports.cli.main import main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pulumi's own folder, in a path with a space."""
    home = tmp_path / "my pulumi"
    monkeypatch.setenv("PULUMI_HOME", str(home))
    return home


def test_what_is_installed_answers_with_its_version_and_is_removed_again(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = home / "plugins" / f"resource-northflank-v{version('nf-ports')}"
    for _ in range(2):
        assert main(["plugin", "install"]) == 0
    program = folder / "pulumi-resource-northflank"
    assert [file.name for file in folder.iterdir()] == [program.name]
    process = subprocess.Popen([program, "127.0.0.1:9"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout, grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
        answer = provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(Empty())
        end(process)

    assert answer.version == version("nf-ports")
    assert f"installed {program}" in capsys.readouterr().err
    assert main(["plugin", "remove"]) == 0
    assert not folder.exists()
    assert main(["plugin", "remove"]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == f"there is no {folder}"


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home.write_text("a file in the way")
    assert main(["plugin", "install"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert "cannot be changed" in line
