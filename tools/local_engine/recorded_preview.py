"""The preview that `nf-ports demo` reviews: of the example project on the real engine, after two edits of its program.

`python -m local_engine.recorded_preview` writes it anew, without places and times of the machine.
"""

import json
import pathlib
import tempfile
from typing import Any, Final

import httpx

from local_engine.demo import PASSWORD, TOKEN, emulator, first_line, seed
from local_engine.engine import LocalEngine, preview_json, program_of
from local_engine.pulumi_cli import find_pulumi, report_on_stderr
from nf_ports.cli.demo import RECORDED

_CHECKOUT: Final = pathlib.Path(__file__).parents[2]
_EDITS: Final = (
    # The path rule that asks for a login goes, and an address is added to the allow-list.
    ("            security=Security(secure_path_configuration=SecurePathConfiguration(rules=[admin_pages])),\n", ""),
    ('"203.0.113.0/24", ', '"203.0.113.0/24", "198.51.100.7/32", '),
)
_OF_THE_MACHINE: Final = {"sourcePosition", "stackTrace", "created", "modified", "duration"}


def edited() -> str:
    """The example program after the edits.

    Raises:
        ValueError: what is to be edited is not there once.
    """
    text = (_CHECKOUT / "__main__.py").read_text("utf-8")
    for old, new in _EDITS:
        if text.count(old) != 1:
            raise ValueError(f"the example program has {old!r} {text.count(old)} times")
        text = text.replace(old, new)
    return text


def recorded(cli: pathlib.Path) -> str:
    """What `pulumi preview --json` prints, without the members that a machine and a time decide."""
    with emulator() as running, LocalEngine(cli) as engine, tempfile.TemporaryDirectory() as directory:
        url = first_line(running)
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False) as api:
            seed(api)
        env = {"NORTHFLANK_API_BASE_URL": url, "NORTHFLANK_API_TOKEN": TOKEN}
        config: Any = {"opsPassword": (PASSWORD, True)}
        engine.stack("demo", program_of(_CHECKOUT), work_dir=_CHECKOUT, env=env, config=config).up()
        (pathlib.Path(directory) / "__main__.py").write_text(edited(), "utf-8")
        program = program_of(pathlib.Path(directory))
        stack = engine.stack("demo", program, work_dir=_CHECKOUT, env=env, config=config)
        return json.dumps(_without_machine(json.loads(preview_json(stack))), indent=1) + "\n"


def _without_machine(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_machine(item) for key, item in value.items() if key not in _OF_THE_MACHINE}
    return [_without_machine(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    RECORDED.write_text(recorded(find_pulumi(report_on_stderr)), "utf-8")
