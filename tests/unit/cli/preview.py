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


def login(user: str = "ops", password: Any = "[secret]") -> Json:
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


def refresh(recorded: Any, service: str = "api", **members: Any) -> Json:
    """The step of a refresh: both of its states are what the last run recorded."""
    return step("refresh", state(recorded, service), state(recorded, service), name=f"shop-{service}", **members)


def same(ports: Any, service: str = "api", **members: Any) -> Json:
    """The step of a resource that stays the same, as `--show-sames` shows it."""
    return step("same", state(ports, service), state(ports, service), name=f"shop-{service}", **members)


def stream(*steps: Json, said: tuple[str, ...] = (), done: bool = False) -> str:
    """The events that Pulumi streams; a step may say what a refresh found, and as what."""
    events: list[Json] = [{"preludeEvent": {"config": {}}}]
    for each in steps:
        found, as_ = (each.get(key, each.get(other)) for key, other in (("found", "newState"), ("as", "op")))
        begins = {"op": each["op"], "urn": each["urn"], "old": each.get("oldState"), "new": each.get("newState")}
        events += [
            {"resourcePreEvent": {"metadata": begins}},
            {"resOutputsEvent": {"metadata": begins | {"op": as_, "new": found}}},
        ]
    events.append({"summaryEvent": {"isPreview": not done, "resourceChanges": {"same": 1}, "result": "succeeded"}})
    events += [{"diagnosticEvent": {"message": f"{line}\n\n", "severity": "info#err"}} for line in said]
    events.append({"cancelEvent": {}})
    return "".join(json.dumps({"sequence": number, **event}) + "\n" for number, event in enumerate(events))


def preview(*steps: Json, said: tuple[str, ...] = (), errors: tuple[str, ...] = (), left_out: int = 0) -> str:
    """The text of a preview, in which some resources are left out because they stay the same."""
    diagnostics = [{"message": f"{line}\n\n", "severity": "info#err"} for line in said]
    diagnostics += [{"message": f"error: {line}\n", "severity": "error"} for line in errors]
    shown = sum(each["op"] == "same" for each in (STACK, *steps))
    summary = {"same": shown + left_out}
    return json.dumps({"steps": [STACK, *steps], "diagnostics": diagnostics, "duration": 1, "changeSummary": summary})


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

    def elsewhere(self, *steps: Json, said: tuple[str, ...] = ()) -> dict[str, list[tuple[str, str]]]:
        """Effects and sentences of what was changed elsewhere, by service."""
        return {
            each["service"]: [(found["effect"], found["sentence"]) for found in each["elsewhere"]]
            for each in self.json(*steps, said=said)["services"]
        }

    def findings(self, *steps: Json, said: tuple[str, ...] = ()) -> dict[str, list[tuple[str, str]]]:
        """Effects and sentences by service."""
        return {
            each["service"]: [(found["effect"], found["sentence"]) for found in each["findings"]]
            for each in self.json(*steps, said=said)["services"]
        }


review: Final = Reviewer()
