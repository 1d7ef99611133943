"""The policy pack of this project, run by the real engine."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

import yaml  # type: ignore[import-untyped] # comes with pulumi
from programs.shop import declares, http
from programs.stage import Stage

from local_engine.engine import LocalEngine
from nf_ports import BasicAuth, IPRule, Security

ROOT = pathlib.Path(__file__).parents[2]
PACK = str(ROOT / "policy")


def test_the_pack_names_what_violates_it(engine: LocalEngine) -> None:
    everyone = Security(policies=[IPRule(action="ALLOW", addresses=["0.0.0.0/0"])])
    with Stage(engine) as stage:
        text = stage.preview(declares({"http": http(security=everyone)}), policy_packs=[PACK]).text

        for rule in ("no-unprotected-port", "no-allow-list-of-everyone", "reach-is-stated"):
            assert f"[advisory]  {rule}" in text
        assert "shop/api: ports.http.security.policies.ALLOW: lets everyone in" in text


def test_a_stated_and_protected_port_violates_nothing(engine: LocalEngine) -> None:
    guarded = http(security=Security(credentials=[BasicAuth("ops", "made-up-password")]))
    with Stage(engine) as stage:
        text = stage.preview(declares({"http": guarded}, exposure="protected"), policy_packs=[PACK]).text

        assert "northflank-ports" in text
        assert "advisory" not in text


def test_a_mandatory_rule_stops_the_preview(engine: LocalEngine, tmp_path: pathlib.Path) -> None:
    strict = tmp_path / "strict.json"
    strict.write_text('{"all": "mandatory"}', encoding="utf-8")
    with Stage(engine) as stage:
        text = stage.failure(lambda: stage.preview(declares(), policy_packs=[PACK], policy_pack_configs=[str(strict)]))

        assert "[mandatory]" in text
        assert "has no check for callers from the internet" in text


def test_the_project_file_names_a_runtime_with_a_virtualenv_of_its_own_that_git_leaves_alone() -> None:
    project = yaml.safe_load((ROOT / "policy" / "PulumiPolicy.yaml").read_text("utf-8"))

    assert project["runtime"] == {"name": "python", "options": {"toolchain": "pip", "virtualenv": "venv"}}
    assert re.fullmatch(r"\d+\.\d+\.\d+", project["version"])
    assert (ROOT / "policy" / ".gitignore").read_text("utf-8").split() == ["venv/"]


def test_the_requirements_ask_an_index_for_nothing_but_the_policy_sdk_of_the_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = (ROOT / "policy" / "requirements.txt").read_text("utf-8").splitlines()
    asked = [line for line in lines if not line.startswith("#")]

    assert asked == [*project["optional-dependencies"]["policy"], ".."]


def test_a_copy_outside_the_clone_runs_in_the_virtualenv_that_pulumi_install_makes(
    engine: LocalEngine, tmp_path: pathlib.Path
) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(PACK, pack, ignore=shutil.ignore_patterns("venv"))
    requirements = pack / "requirements.txt"
    requirements.write_text(requirements.read_text("utf-8").replace("\n..\n", f"\n{ROOT}\n"), encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    env["PIP_CONSTRAINT"] = str(ROOT / "constraints.txt")
    for command in (
        [sys.executable, "-m", "venv", str(pack / "venv")],
        [str(pack / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", "-r", "requirements.txt"],
    ):
        made = subprocess.run(command, cwd=pack, env=env, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
    interpreter = pack / "interpreter"
    with (pack / "__main__.py").open("a", encoding="utf-8") as program:
        program.write(f"\n__import__('pathlib').Path({str(interpreter)!r}).write_text(__import__('sys').prefix)\n")
    with Stage(engine) as stage:
        text = stage.preview(declares(), policy_packs=[str(pack)]).text

        assert "[advisory]  no-unprotected-port" in text
        assert pathlib.Path(interpreter.read_text("utf-8")) == pack / "venv"
