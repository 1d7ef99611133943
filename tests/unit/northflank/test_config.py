"""Where the API is and with which token: precedence, and no address that a token must not be sent to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nf_ports.errors import InvalidConfiguration
from nf_ports.northflank.settings import (
    DEFAULT_URL,
    ApiSettings,
    api_settings,
    check_api_settings,
    checks_domains,
    dialect,
    is_loopback,
    longest_wait_s,
)

TOKEN = "nf-eyJhbGciOi.J9.c2ln"
CONFIG = {"northflank:apiToken": "nf-config", "northflank:apiUrl": "https://config.example"}


def found(config: dict[str, str] | None = None, **environ: str) -> ApiSettings:
    """The settings of an environment and a stack's configuration."""
    return api_settings(environ, (config or {}).get)


def address(url: str) -> str:
    """The origin that a configured address stands for."""
    return found(NORTHFLANK_API_BASE_URL=url).base_url


@pytest.mark.parametrize(
    ("environ", "config", "token", "source"),
    [
        ({}, {}, None, "nowhere"),
        ({}, CONFIG, "nf-config", "the stack configuration northflank:apiToken"),
        ({"NF_API_TOKEN": TOKEN}, CONFIG, TOKEN, "the environment variable NF_API_TOKEN"),
        (
            {"NF_API_TOKEN": "nf-second", "NORTHFLANK_API_TOKEN": TOKEN},
            CONFIG,
            TOKEN,
            "the environment variable NORTHFLANK_API_TOKEN",
        ),
        ({"NORTHFLANK_API_TOKEN": f" {TOKEN}\n"}, {}, TOKEN, "the environment variable NORTHFLANK_API_TOKEN"),
        ({"NORTHFLANK_API_TOKEN": " "}, CONFIG, "nf-config", "the stack configuration northflank:apiToken"),
        ({"NORTHFLANK_API_TOKEN": "", "NF_API_TOKEN": ""}, {"northflank:apiToken": " "}, None, "nowhere"),
    ],
    ids=["none", "config", "short name", "long name", "with white space", "blank", "all blank"],
)
def test_the_token_of_the_environment_wins_over_the_stored_one(
    environ: dict[str, str], config: dict[str, str], token: str | None, source: str
) -> None:
    settings = api_settings(environ, config.get)
    assert (settings.token, settings.token_source) == (token, source)


@pytest.mark.parametrize(
    ("environ", "config", "url"),
    [
        ({}, {}, DEFAULT_URL),
        ({}, CONFIG, "https://config.example"),
        ({"NF_HOST": "https://c.example"}, CONFIG, "https://c.example"),
        ({"NF_HOST": "https://c.example", "NF_API_HOST": "https://b.example"}, CONFIG, "https://b.example"),
        (
            {"NF_API_HOST": "https://b.example", "NORTHFLANK_API_BASE_URL": "https://a.example"},
            CONFIG,
            "https://a.example",
        ),
        ({"NORTHFLANK_API_BASE_URL": " "}, CONFIG, "https://config.example"),
    ],
    ids=["default", "config", "NF_HOST", "NF_API_HOST", "NORTHFLANK_API_BASE_URL", "blank"],
)
def test_the_address_of_the_environment_wins_over_the_stored_one(
    environ: dict[str, str], config: dict[str, str], url: str
) -> None:
    assert api_settings(environ, config.get).base_url == url


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.northflank.com", "https://api.northflank.com"),
        ("https://api.northflank.com/", "https://api.northflank.com"),
        ("https://api.northflank.com/v1/", "https://api.northflank.com"),
        ("HTTPS://API.Northflank.COM:8443", "https://api.northflank.com:8443"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:8080/v1", "http://[::1]:8080"),
        (" https://a.example\n", "https://a.example"),
    ],
)
def test_an_address_is_reduced_to_its_origin(url: str, origin: str) -> None:
    assert address(url) == origin


_PLAIN = "uses http to another machine"
_NONE = "is not an address"
_USER = "holds a user name or password"
_PATH = "has a path"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://api.northflank.com", _PLAIN),
        ("http://127.0.0.1.evil.example", _PLAIN),
        ("http://localhost.evil.example", _PLAIN),
        ("http://192.168.0.1", _PLAIN),
        ("http://0.0.0.0:80", _PLAIN),
        ("http://2130706433", _PLAIN),
        ("http://[::ffff:10.0.0.1]", _PLAIN),
        ("api.northflank.com", _NONE),
        ("//api.northflank.com", _NONE),
        ("ftp://api.northflank.com", _NONE),
        ("file:///etc/passwd", _NONE),
        ("https://", _NONE),
        ("https://:443", _NONE),
        ("https://a.example:99999", _NONE),
        ("https://a.example:x", _NONE),
        ("https://[::1", _NONE),
        ("https://a b.example", _NONE),
        ("https://a.example\\@b.example", _USER),
        ("https://a.example\\b", _NONE),
        ("https://a%2eexample", _NONE),
        ("https://hunter2@a.example", _USER),
        ("https://:hunter2@a.example", _USER),
        ("https://u:hunter2@a.example", _USER),
        ("http://u@127.0.0.1", _USER),
        ("https://@a.example", _USER),
        ("https://a.example/api", _PATH),
        ("https://a.example/?hunter2", _PATH),
        ("https://a.example#hunter2", _PATH),
    ],
)
def test_an_address_that_a_token_must_not_be_sent_to_is_refused(url: str, reason: str) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        address(url)
    assert str(caught.value).startswith(
        f"the API address from the environment variable NORTHFLANK_API_BASE_URL {reason}"
    )
    assert "hunter2" not in str(caught.value)
    with pytest.raises(InvalidConfiguration, match="from the stack configuration northflank:apiUrl"):
        found({"northflank:apiUrl": url})


@pytest.mark.parametrize(
    "token",
    ["nf hunter2", "nf-hunter2\nx", "nf-hunter2\x00", "nf-hünter2", "“nf-hunter2”", "nf-hunter2\x7f", "nf-hunter2\tx"],
)
def test_a_token_with_junk_is_refused_before_it_is_sent(token: str) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        found(NORTHFLANK_API_TOKEN=token)
    assert "the API token from the environment variable NORTHFLANK_API_TOKEN" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "hünter2" not in str(caught.value)


def test_the_token_is_in_no_text_of_the_settings() -> None:
    settings = found(NORTHFLANK_API_TOKEN=TOKEN)
    assert settings.token == TOKEN
    assert TOKEN not in f"{settings} {settings!r}"


def test_only_what_is_asked_for_is_read_from_the_configuration() -> None:
    asked: list[str] = []

    def config(key: str) -> Any:
        asked.append(key)

    api_settings({"NF_API_TOKEN": TOKEN, "NF_HOST": "https://a.example"}, config)
    assert asked == []
    api_settings({}, config)
    assert asked == ["northflank:apiToken", "northflank:apiUrl"]


@pytest.mark.parametrize(
    ("config", "read", "value"),
    [
        ({}, dialect, "auto"),
        ({"northflank:dialect": " "}, dialect, "auto"),
        ({"northflank:dialect": "ports"}, dialect, "ports"),
        ({"northflank:dialect": "service\n"}, dialect, "service"),
        ({}, longest_wait_s, 120.0),
        ({"northflank:longestWait": ""}, longest_wait_s, 120.0),
        ({"northflank:longestWait": "0"}, longest_wait_s, 0.0),
        ({"northflank:longestWait": 3600}, longest_wait_s, 3600.0),
        ({"northflank:longestWait": " 2.5 "}, longest_wait_s, 2.5),
        ({}, checks_domains, True),
        ({"northflank:checkDomains": ""}, checks_domains, True),
        ({"northflank:checkDomains": "False"}, checks_domains, False),
        ({"northflank:checkDomains": False}, checks_domains, False),
        ({"northflank:checkDomains": " true "}, checks_domains, True),
    ],
)
def test_a_setting_is_read_and_has_a_default(
    config: dict[str, Any], read: Callable[[Callable[[str], Any]], object], value: object
) -> None:
    assert read(config.get) == value
    assert check_api_settings(config.get) == []


READS = {"dialect": dialect, "longestWait": longest_wait_s, "checkDomains": checks_domains}
DIALECT = "the stack configuration northflank:dialect must be auto, ports or service"
WAIT = "the stack configuration northflank:longestWait must be a number of seconds from 0 to 3600"
CHECK = "the stack configuration northflank:checkDomains must be true or false"


@pytest.mark.parametrize(
    ("key", "text", "wrong"),
    [
        *(("dialect", text, DIALECT) for text in ("Auto", "rest", "ports,service", "none", 5, True)),
        *(("longestWait", text, WAIT) for text in ("soon", "-1", "3601", "nan", "inf", "1e9", "5 s", "5s", True, [5])),
        *(("checkDomains", text, CHECK) for text in ("no", "0", "yes", "off", 0, 1, "falsee")),
    ],
)
def test_f47_a_setting_that_makes_no_sense_is_told_with_its_key_and_source(key: str, text: object, wrong: str) -> None:
    config = {f"northflank:{key}": text}
    assert [str(fault) for fault in check_api_settings(config.get)] == [wrong]
    with pytest.raises(InvalidConfiguration, match=wrong):
        READS[key](config.get)


def test_f47_all_settings_that_make_no_sense_are_told_at_once_and_none_is_quoted() -> None:
    config = {
        "northflank:dialect": "hunter2",
        "northflank:longestWait": "hunter2",
        "northflank:checkDomains": "hunter2",
        "northflank:apiToken": "hunter2 hunter2",
        "northflank:apiUrl": "http://hunter2.example/hunter2",
    }
    assert [str(fault) for fault in check_api_settings(config.get)] == [DIALECT, WAIT, CHECK]
    told = [str(fault) for fault in check_api_settings(config.get, {})]
    assert told[:3] == [DIALECT, WAIT, CHECK]
    assert "stack configuration northflank:apiToken holds characters that are not allowed in a token" in told[3]
    assert "stack configuration northflank:apiUrl uses http to another machine" in told[4]
    assert len(told) == 5
    assert "hunter2" not in "".join(told)
    environ = {"NF_API_TOKEN": TOKEN, "NF_HOST": "https://a.example"}
    assert [str(fault) for fault in check_api_settings(config.get, environ)] == told[:3]


def test_f47_a_setting_of_the_environment_is_told_with_its_variable() -> None:
    environ = {"NF_API_TOKEN": "hunter2 x", "NF_HOST": "https://hunter2.example/path"}
    token, url = map(str, check_api_settings(lambda _key: None, environ))
    assert "the API token from the environment variable NF_API_TOKEN" in token
    assert "the API address from the environment variable NF_HOST" in url


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.255.0.1", True),
        ("::1", True),
        ("0.0.0.0", False),  # noqa: S104 - it is not bound
        ("localhost.example", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, here: bool) -> None:
    assert is_loopback(host) is here
