"""Makes the JSON that `pulumi preview --json` prints (CLI 3.259), and reviews it."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from typing import Any, Final

import pytest

from nf_ports.cli.main import main

Json = dict[str, Any]
DYNAMIC: Final = "pulumi-python:dynamic/northflank:ServicePorts"
PACKAGED: Final = "northflank:index:ServicePorts"
UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
STACK: Final[Json] = {"op": "same", "urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"}


def http(*, public: bool | str = True, **members: Any) -> Json:
    """A canonical port."""
    return {"internalPort": 8080, "protocol": "HTTP", "public": public, **members}


def login(user: str = "ops", password: str = "[secret]") -> Json:
    """Security that asks for a login."""
    return {"credentials": {user: {"password": password}}}


def allow(*addresses: str) -> Json:
    """Security that lets addresses in."""
    return {"policies": {"ALLOW": dict.fromkeys(addresses, True)}}


def state(ports: Any, service: str = "api", *, outputs: Json | None = None, **inputs: Any) -> Json:
    """A resource's state."""
    return {
        "inputs": {"__provider": "gASV", "projectId": "shop", "serviceId": service, "ports": ports, **inputs},
        **({"outputs": outputs} if outputs else {}),
    }


def step(operation: str, old: Json | None = None, new: Json | None = None, **members: Any) -> Json:
    """A step of a preview."""
    name, kind = members.pop("name", "shop-api"), members.pop("kind", DYNAMIC)
    states = {key: value for key, value in (("oldState", old), ("newState", new)) if value is not None}
    return {"op": operation, "urn": f"urn:pulumi:dev::shop::{kind}::{name}", **states, **members}


def update(before: Any, after: Any, service: str = "api", **members: Any) -> Json:
    """A step that changes ports."""
    return step("update", state(before, service), state(after, service), name=f"shop-{service}", **members)


def preview(*steps: Json, said: tuple[str, ...] = (), errors: tuple[str, ...] = ()) -> str:
    """The text of a preview."""
    diagnostics = [{"message": f"{line}\n\n", "severity": "info#err"} for line in said]
    diagnostics += [{"message": f"error: {line}\n", "severity": "error"} for line in errors]
    return json.dumps(
        {"steps": [STACK, *steps], "diagnostics": diagnostics, "duration": 1, "changeSummary": {"same": 1}}
    )


class Reviewer:
    """Runs `nf-ports review` on a text."""

    def __call__(self, text: str | bytes, *arguments: str) -> tuple[int, str, str]:
        """The exit code, stdout and stderr."""
        out, err = io.StringIO(), io.StringIO()
        with (
            tempfile.NamedTemporaryFile() as file,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setenv("COLUMNS", "120")
            file.write(text.encode() if isinstance(text, str) else text)
            file.flush()
            code = main(["review", file.name, *arguments])
        return code, out.getvalue(), err.getvalue()

    def json(self, *steps: Json, said: tuple[str, ...] = ()) -> Json:
        """The JSON of a review."""
        code, out, _err = self(preview(*steps, said=said), "--json")
        assert code == 0
        answer: Json = json.loads(out)
        return answer

    def findings(self, *steps: Json, said: tuple[str, ...] = ()) -> dict[str, list[tuple[str, str]]]:
        """Effects and sentences by service."""
        return {
            each["service"]: [(found["effect"], found["sentence"]) for found in each["findings"]]
            for each in self.json(*steps, said=said)["services"]
        }


review: Final = Reviewer()
