"""Neither a token nor a password is stored or printed in clear, whether or not the program marks it as a secret."""

import json
import pathlib
from collections.abc import Callable
from typing import Any, Final

import pulumi
import pytest
from programs import shop
from programs.shop import METRICS, api, guarded, http
from programs.stage import Stage

from local_engine.engine import LocalEngine
from nf_ports import (
    BasicAuth,
    HeaderRule,
    PolicyGroup,
    SecurePath,
    SecurePathConfiguration,
    SecurePathRule,
    Security,
    SecurityPolicies,
)

pytestmark = pytest.mark.both_hosts

TOKEN: Final = "canary-token"
SECRETS: Final = {
    "plain": "canary-plain-password",
    "marked": "canary-marked-password",
    "header": "canary-header-value",
    "path": "canary-path-password",
    "path header": "canary-path-header",
}


def test_no_secret_is_stored_or_printed_in_a_whole_life(engine: LocalEngine) -> None:
    with Stage(engine, token=TOKEN, config={"northflank:apiToken": ("canary-old-token", True)}) as stage:
        stage.preview(_program)
        stage.preview_json(_program)
        stage.up()
        _is_clean(stage)
        there = stage.live()
        assert all(secret in str(there) for secret in SECRETS.values())

        security = there["http"]["security"]
        security["credentials"].append({"username": "eve", "password": "canary-added", "type": "basic-auth"})
        security["headers"].append({"name": "X-Added", "value": "canary-added-value"})
        stage.edit(http={"security": security})
        assert "+ password: [secret]" in stage.refresh().marked
        _is_clean(stage)
        stage.preview()
        stage.preview_json()
        stage.up(lambda: _program(suffix="-rotated"))
        assert "canary-plain-password-rotated" in str(stage.live())
        _is_clean(stage)

        stage.stack.up(color="never", on_output=stage.printed.append)
        stage.destroy()
        _is_clean(stage)


def test_no_secret_is_in_what_debugging_prints(engine: LocalEngine) -> None:
    with Stage(engine, token=TOKEN) as stage:
        ran = stage.up(_program, debug=True, log_verbosity=3, log_to_std_err=True, log_flow=True)

        assert len(ran.text) > 4000
        _is_clean(stage)


def test_the_token_of_the_environment_is_not_even_in_the_engines_own_traces(
    engine: LocalEngine, tmp_path: pathlib.Path
) -> None:
    """The trace of gRPC holds every other secret in clear: the engine writes it before it knows what is secret."""
    trace = tmp_path / "grpc.json"
    with Stage(engine, token=TOKEN, env={"PULUMI_DEBUG_GRPC": str(trace)}) as stage:
        ran = stage.up(_program, log_verbosity=9, log_to_std_err=True, log_flow=True)

        assert SECRETS["marked"] in trace.read_text()
        assert TOKEN not in ran.text
        assert TOKEN not in trace.read_text()


def test_what_get_reads_is_secret(engine: LocalEngine) -> None:
    with Stage(engine, token=TOKEN) as stage:
        stage.up(_program)
        stage.up(lambda: pulumi.export("seen", shop.ServicePorts.get("seen", "shop/api").ports.apply(json.dumps)))

        assert all(secret in stage.outputs()["seen"] for secret in SECRETS.values() if "path" not in secret)
        _is_clean(stage)


@pytest.mark.parametrize(
    "broken",
    [
        {"http": guarded(SECRETS["plain"], SECRETS["header"], internal_port=70000)},
        {"http": guarded(SECRETS["plain"], SECRETS["header"], protocol="TCP"), "metrics": METRICS, "again": METRICS},
        {
            "http": http(
                security=Security(credentials=[BasicAuth("ops", SECRETS["plain"]), BasicAuth("ops", "canary-2")])
            )
        },
        {"http": http(security={"credentials": [{"username": "ops", "password": ["canary-in-a-list"]}]})},
        {"http": http(security={"credentials": [{"username": "ops", "pasword": SECRETS["plain"]}]})},
        {"http": http(security={"credentials": {"ops": SECRETS["plain"]}})},
        {"http": http(security={"headers": [SECRETS["header"]]})},
        {"http": http(security={"password": SECRETS["plain"]})},
        {"http": http(security=SECRETS["plain"])},
    ],
    ids=["number", "protocol", "twice", "type", "misspelt", "no object", "no rule", "place", "security"],
)
def test_no_secret_is_in_what_a_failing_check_says(engine: LocalEngine, broken: dict[str, Any]) -> None:
    with Stage(engine, token=TOKEN) as stage:
        text = stage.failure(lambda: stage.preview(lambda: api(broken)))

        assert "ports.http" in text
        assert "Traceback" not in text
        _is_clean(stage)


def test_no_secret_is_in_a_warning_of_a_regular_expression_that_nobody_can_read(engine: LocalEngine) -> None:
    header = HeaderRule(name="X", value="canary(", regex_mode=True)
    with Stage(engine, token=TOKEN) as stage:
        text = stage.preview(lambda: api({"http": http(security=Security(headers=[header]))})).text

        assert "ports.http.security.headers.X.value: is no valid regular expression in any common dialect" in " ".join(
            text.split()
        )
        _is_clean(stage)


def _refused(stage: Stage) -> None:
    message = f"Password {SECRETS['plain']} is too weak, {SECRETS['marked']} and {SECRETS['path']} too"
    body = {"error": {"status": 400, "message": message, "details": {"ports.0.security": [SECRETS["header"]]}}}
    stage.nf.fault(operation="update.service.ports", status=400, body=body)


def _told_the_token(stage: Stage) -> None:
    body = {"error": {"status": 401, "message": f"The token {TOKEN} is not known"}}
    stage.nf.fault(operation="get.service", status=401, body=body)


def _unreachable(stage: Stage) -> None:
    stage.nf.stop()


def _broken_off(stage: Stage) -> None:
    stage.nf.fault(operation="update.service.ports", drop=True, times=None)


def _garbled(stage: Stage) -> None:
    stage.nf.fault(operation="get.service", body=f"<html>{SECRETS['plain']} {TOKEN}</html>", times=None)


def _edited(stage: Stage) -> None:
    login = {"username": "ops", "password": "canary-of-others", "type": "basic-auth"}
    port = {"name": "http", "internalPort": 8080, "protocol": "HTTP", "security": {"credentials": [login]}}
    stage.nf.set_ports("shop", "api", [port])


@pytest.mark.parametrize("spoil", [_refused, _told_the_token, _unreachable, _broken_off, _garbled, _edited])
def test_no_secret_is_in_what_a_failing_write_says(engine: LocalEngine, spoil: Callable[[Stage], None]) -> None:
    with Stage(engine, token=TOKEN) as stage:
        spoil(stage)
        text = stage.failure(lambda: stage.up(_program))

        assert "shop/api" in text
        assert "Traceback" not in text
        _is_clean(stage)


def test_what_the_program_marks_stays_secret(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.add_domain("hidden.example")
        for name in MARKED:
            stage.nf.add_service("shop", name)
        text = stage.preview(_marked).text + stage.preview_json(_marked) + stage.up().text
        text += stage.refresh().text + stage.up(lambda: _marked(on_delete="keep")).text + stage.raw_state()

        assert [hidden for hidden in ("hidden.example", "198.51.100", "HTTP/2") if hidden in text] == []
        assert stage.live("domain")["http"]["domains"] == ["hidden.example"]
        assert stage.live("map")["http"]["protocol"] == "HTTP/2"


MARKED: Final[dict[str, Callable[[], Any]]] = {
    "domain": lambda: {"http": http(domains=[pulumi.Output.secret("hidden.example")])},
    "address": lambda: {"http": guarded(allow=[pulumi.Output.secret("198.51.100.7"), "203.0.113.0/24"])},
    "security": lambda: {"http": http(security=pulumi.Output.secret({"policies": {"ALLOW": {"198.51.100.8": True}}}))},
    "port": lambda: {"http": pulumi.Output.secret({"internalPort": 8080, "protocol": "HTTP/2"})},
    "map": lambda: pulumi.Output.secret({"http": {"internalPort": 8080, "protocol": "HTTP/2"}}),
}


def _marked(**arguments: Any) -> None:
    for name, ports in MARKED.items():
        # What Northflank makes of a name that is secret is marked by the program, too.
        opts = pulumi.ResourceOptions(additional_secret_outputs=["urls", "certificates"])
        api(ports(), name=name, service_id=name, opts=opts, **arguments)


def _program(suffix: str = "") -> None:
    inside = PolicyGroup(
        credentials=[BasicAuth("deep", SECRETS["path"] + suffix)],
        headers=[HeaderRule(name="X-Deep", value=SECRETS["path header"] + suffix)],
    )
    paths = SecurePathConfiguration(
        rules=[
            SecurePathRule(
                paths=[SecurePath(path="/admin", routing_mode="prefix", priority=10)],
                access_mode="protected",
                security_policies=SecurityPolicies(required_policies=inside),
            )
        ]
    )
    logins = [
        BasicAuth("plain", SECRETS["plain"] + suffix),
        BasicAuth("marked", pulumi.Output.secret(SECRETS["marked"] + suffix)),
    ]
    header = HeaderRule(name="X-Key", value=SECRETS["header"] + suffix)
    api({"http": http(security=Security(credentials=logins, headers=[header], secure_path_configuration=paths))})


def _is_clean(stage: Stage) -> None:
    for place, text in (("the state", stage.raw_state()), ("the output", "\n".join(stage.printed))):
        shown = [line for line in text.splitlines() if "canary" in line]
        assert not shown, f"in {place}"
