"""What the API may show and no program can say is said in words; and no secret is lost on its way through a shell."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import strategies  # noqa: F401 - its profile bounds how long is tried
from exported_project import Project
from hypothesis import given
from hypothesis import strategies as st

from nf_ports.cli.export.reading import REFUSED, UNTOUCHED
from nf_ports.cli.export.stack_secrets import Secret, Setting, script

PORT = {"id": "abcdef", "name": "http", "internalPort": 8080, "protocol": "HTTP", "public": True, "domains": []}


def _shown(project: Project, *ports: dict[str, Any]) -> None:
    """Let every read of the service show `ports`."""
    project.add("api", [])
    service = {"id": "api", "serviceType": "deployment", "ports": list(ports)}
    project.nf.fault(operation="get.service", status=200, body={"data": service}, times=9)
    project.nf.fault(operation="get.service.ports", status=200, body={"data": {"ports": list(ports)}}, times=9)


def test_a_field_that_is_not_known_is_said() -> None:
    with Project() as project:
        _shown(project, PORT | {"rateLimit": 5, "security": {"captcha": {"on": True}}})
        one, text, _config = project.exported("api")

    assert one.adoption == UNTOUCHED
    said = " ".join(text.split("\n# "))
    assert "Port http has rateLimit, which this version of nf_ports does not know: a later write sends it back" in said
    assert "Port http has security.captcha, which" in said


def test_a_password_that_is_not_shown_is_said() -> None:
    with Project() as project:
        _shown(project, PORT | {"security": {"credentials": [{"username": "ops", "type": "basic-auth"}]}})
        one, text, config = project.exported("api")

    assert one.adoption == REFUSED
    assert config == {}
    assert 'config.require_secret("apiHttpOpsPassword")' in text
    assert '# The API does not show the secret of shop/api, port "http", user "ops": the key apiHttpOpsPassword' in text


def test_logins_of_one_name_cannot_be_declared() -> None:
    login = {"username": "ops", "password": "made-up", "type": "basic-auth"}
    with Project() as project:
        _shown(project, PORT | {"security": {"credentials": [login, login | {"password": "other"}]}})
        one, text, config = project.exported("api")

    assert one.adoption == REFUSED
    assert config == {"apiHttpOpsPassword": "made-up", "apiHttpOps2Password": "other"}
    assert '# `pulumi up` refuses this: ports.http.security.credentials."ops (2)": must be a user name' in text


def test_what_cannot_be_read_stops_up_and_that_is_said() -> None:
    with Project() as project:
        _shown(project, PORT | {"security": {"policies": [{"addresses": ["10.0.0.0/8"]}]}})
        one, text, _config = project.exported("api")

    assert one.adoption == REFUSED
    assert "`pulumi up` stops here: shop/api has ports that differ" in " ".join(text.split("\n# "))


def test_an_address_that_is_none_is_said() -> None:
    with Project() as project:
        _shown(project, PORT | {"security": {"policies": [{"action": "ALLOW", "addresses": ["here", "10.0.0.1"]}]}})
        one, text, _config = project.exported("api")

    assert one.adoption == REFUSED
    assert 'addresses=["10.0.0.1", "here"]' in text


def test_a_name_that_could_turn_the_text_around_is_escaped() -> None:
    header = {"name": "X\u202eevil\n", "value": "made-up", "regexMode": True}
    with Project() as project:
        _shown(project, PORT | {"security": {"headers": [header]}})
        _one, text, _config = project.exported("api")

    assert all(line.isprintable() for line in text.splitlines())
    assert 'name="X\\u202eevil\\n",' in text


def test_a_secret_tells_its_key_only() -> None:
    assert repr(Secret("made-up", "aKey")) == "Secret('aKey')"
    assert "made-up" not in repr(Setting("aKey", "a place", "made-up"))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
def test_every_secret_comes_through_the_shell_as_it_is(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    place = tmp_path_factory.mktemp("shell")
    (place / "pulumi").write_text('#!/bin/sh\necho "$@" > arguments\ncat > value\n', encoding="utf-8")
    (place / "pulumi").chmod(0o755)
    (place / "script").write_bytes(script([Setting("aKey", "a\nplace", value)]).encode())
    _sh(place)

    # Pulumi takes one line break off the end.
    assert (place / "value").read_bytes() == value.encode() + b"\n"
    assert (place / "arguments").read_text("utf-8") == "config set --secret aKey --stack dev\n"


@pytest.mark.parametrize("value", [None, "a\0b", "\ud800"])
def test_a_secret_that_no_shell_can_pass_on_is_named(value: str | None, tmp_path: Path) -> None:
    (tmp_path / "script").write_text(script([Setting("aKey", "a place", value)]), encoding="utf-8")

    assert _sh(tmp_path) == "not set, because it is not known here: aKey\n"


def _sh(place: Path) -> str:
    return subprocess.run(
        ["sh", "script", "--stack", "dev"],
        cwd=place,
        env={"PATH": f"{place}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stderr
