"""An exported program declares what is there: proved through the emulator's API and Pulumi's own test mode."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from examples import as_list, visible
from exported_project import EVERYTHING, SECRETS, Project, every_feature
from hypothesis import given
from plain_ports import desired_ports, typed
from recorder import registered
from strategies import canonical
from test_export_printing import ruff

from nf_ports.cli.export.reading import REFUSED, REWRITTEN, UNTOUCHED
from nf_ports.ports.differences import same_ports
from nf_ports.ports.validation import check_ports

PORT = {"name": "http", "internalPort": 8080, "protocol": "HTTP", "public": True}


def _declared(text: str, config: dict[str, str], name: str = "shop-api") -> dict[str, Any]:
    inputs = registered(text, config)[name]
    assert inputs.keys() == {"projectId", "serviceId", "ports"}
    assert check_ports(inputs["ports"]).violations == []
    return desired_ports(inputs["ports"])


def _live(ports: dict[str, Any]) -> dict[str, Any]:
    """Generated ports as a service can have them: only a program knows where a port was renamed from."""
    return {name: {key: item for key, item in port.items() if key != "renamedFrom"} for name, port in ports.items()}


@given(ports=canonical())
def test_any_ports_come_back_as_they_are(ports: dict[str, Any]) -> None:
    live = _live(ports)
    with Project(era="2026b") as project:
        project.add("api", as_list(live))
        one, text, config = project.exported("api")

        assert one.whole or not live
        assert one.adoption in {UNTOUCHED, REWRITTEN}
        assert _declared(text, config) == live
        assert not any(request.method != "GET" for request in project.nf.requests)


@given(ports=canonical())
def test_where_the_api_shows_less_what_it_shows_comes_back(ports: dict[str, Any]) -> None:
    live = _live(ports)
    with Project(era="2026a") as project:
        project.add("api", as_list(live))
        one, text, config = project.exported("api")

        assert one.adoption == UNTOUCHED
        declared = _declared(text, config)
        assert declared.keys() == live.keys()
        assert ("does not show path rules" in text) is bool(live)


def test_the_formatter_leaves_any_program(tmp_path: Path) -> None:
    # One call of the formatter for all: it takes longer to start than to look.
    @given(ports=canonical())
    def export_one(ports: dict[str, Any]) -> None:
        with Project(era="2026b") as project:
            project.add("api", as_list(_live(ports)))
            text = project.exported("api")[1]
        (tmp_path / f"p{len(list(tmp_path.iterdir()))}.py").write_text(text, encoding="utf-8")

    export_one()
    ran = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length=120", "--diff", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.stdout == ""
    assert ran.returncode == 0


def test_every_feature_comes_back() -> None:
    with Project(era="2026b") as project:
        project.add("api", EVERYTHING)
        one, text, config = project.exported("api")

        assert one.notes == ()
        assert one.adoption == UNTOUCHED
        assert _declared(text, config) == every_feature()
        assert ruff("check", "--select=E,F,I,N,W,UP,A", text=text).stdout.strip() == "All checks passed!"


def test_what_the_running_view_shows_of_every_feature_comes_back() -> None:
    with Project(era="2026a") as project:
        project.add("api", EVERYTHING)
        _one, text, config = project.exported("api")
        shown = visible(every_feature())
        del shown["http"]["vpcAccessible"]
        del shown["http"]["security"]["sso"]["noindexRedirect"]

        assert same_ports(typed(_declared(text, config)), typed(shown))


@pytest.mark.parametrize("era", ["2025", "2026a", "2026b", "gone"])
def test_no_secret_is_in_the_program(era: str) -> None:
    with Project(era=era) as project:
        project.add("api", EVERYTHING)
        _one, text, config = project.exported("api")

        assert not [secret for secret in SECRETS if secret in text]
        assert set(config.values()) <= set(SECRETS)
        assert all(f"pulumi config set --secret {key}\n" in text for key in config)


def test_a_service_without_ports_is_declared_without_ports() -> None:
    with Project() as project:
        project.add("api", [])
        one, text, config = project.exported("api")

        assert one.adoption == UNTOUCHED
        assert _declared(text, config) == {}
        assert text.endswith('service_id="api",\n    ports={},\n)\n')


def _with_paths(**configuration: Any) -> dict[str, Any]:
    rule = {"paths": [{"path": "/a", "routingMode": "prefix", "priority": 1}], "accessMode": "unprotected"}
    return PORT | {"security": {"securePathConfiguration": {"rules": [rule], **configuration}}}


def test_path_rules_alone_are_adopted_without_a_write() -> None:
    with Project(era="2026b") as project:
        project.add("api", [_with_paths(enabled=True)])

        assert project.exported("api")[0].adoption == UNTOUCHED
        assert project.exported("api", project.connected("service"))[0].adoption == UNTOUCHED


@pytest.mark.parametrize("dialect", ["auto", "service"])
def test_path_rules_whose_switch_is_not_shown_cannot_be_declared_as_they_are(dialect: str) -> None:
    with Project(era="2026b") as project:
        project.add("api", [_with_paths()])
        one, text, _config = project.exported("api", project.connected(dialect))

        assert one.adoption == REFUSED
        assert "# `pulumi up` stops here: shop/api has ports that differ" in text


def test_a_port_that_cannot_be_declared_is_said_where_it_stands() -> None:
    with Project() as project:
        project.add("api", [PORT | {"internalPort": 15000, "protocol": "HTTP"}])
        one, text, _config = project.exported("api")

        assert one.adoption == REFUSED
        assert "# `pulumi up` refuses this: ports.http.internalPort: must not be one of the numbers" in text


def test_paths_that_ask_for_the_same_share_a_rule() -> None:
    def rule(path: str, password: str, priority: int) -> dict[str, Any]:
        login = {"username": "ops", "password": password, "type": "basic-auth"}
        return {
            "paths": [{"path": path, "routingMode": "prefix", "priority": priority}],
            "accessMode": "protected",
            "securityPolicies": {"requiredPolicies": {"credentials": [login]}},
        }

    rules = [rule("/a", "same", 1), rule("/b", "other", 9), rule("/c", "same", 5)]
    with Project(era="2026b") as project:
        project.add("api", [PORT | {"security": {"securePathConfiguration": {"enabled": True, "rules": rules}}}])
        _one, text, config = project.exported("api")

        assert text.count("SecurePathRule(\n") == 2
        assert config == {"apiHttpBOpsPassword": "other", "apiHttpCOpsPassword": "same"}
        assert text.index('"/b"') < text.index('"/c"') < text.index('"/a"')
