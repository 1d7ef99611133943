"""Record the state that this version leaves, and the Northflank it left: `python tests/golden/record.py`.

Run it once for a release, after its version was set, and again for a case that is added before the release. What is
written to `tests/golden/<version>/` is never changed again: `tests/engine/test_service_ports_golden.py` previews it
with every later version.
"""

import importlib.metadata
import json
import pathlib
import sys
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "engine"), str(HERE.parent / "support")]

from programs import golden  # noqa: E402 - it stands in a test folder
from programs.stage import Stage  # noqa: E402

from local_engine.engine import LocalEngine  # noqa: E402
from local_engine.pulumi_cli import find_pulumi, report_on_stderr  # noqa: E402
from nf_ports.emulator import seed  # noqa: E402


def main() -> None:
    """Record every case of this version."""
    version = importlib.metadata.version("nf-ports")
    directory = HERE / version
    directory.mkdir(exist_ok=True)
    with LocalEngine(find_pulumi(report_on_stderr)) as engine:
        for name, program in golden.CASES.items():
            if (directory / f"{name}.json").exists():
                continue
            with Stage(engine, golden.SETTINGS, name=stack_name(version, name), shop=False) as stage:
                golden.prepare(stage.nf)
                if name in golden.BEFORE:
                    stage.up(golden.BEFORE[name])
                stage.up(program)
                recorded = {
                    "case": name,
                    "northflank": seed.dump(stage.nf.world),
                    "state": without_paths(json.loads(stage.raw_state())),
                }
            (directory / f"{name}.json").write_text(json.dumps(recorded, indent=2) + "\n")


def stack_name(version: str, case: str) -> str:
    """The name that stands in every URN of a recorded state."""
    return f"golden-{version.replace('.', '-')}-{case}"


def without_paths(state: Any) -> Any:
    """The state without the places in source files, which tell of the machine that recorded it."""
    if isinstance(state, dict):
        return {key: without_paths(item) for key, item in state.items() if key not in {"sourcePosition", "stackTrace"}}
    return [without_paths(item) for item in state] if isinstance(state, list) else state


if __name__ == "__main__":
    main()
