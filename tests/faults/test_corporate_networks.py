"""The way to the API as a company makes it: its own CA, a proxy, and variables that say both, rightly or not."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from carriers import CERTIFICATE, EXPIRED, closed_port, listening, proxying, self_signed
from host_process import DynamicHost, Refused
from stack import SHOP

from nf_ports.cli.main import main
from nf_ports.errors import InvalidConfiguration, NorthflankPortsError, Unreachable
from nf_ports.northflank.client import Client
from nf_ports.northflank.failures import Attempt
from nf_ports.northflank.settings import ApiSettings

LOOK = Attempt("look", "some permission")
FAR = "https://api.northflank.example"
"""A name that no name server knows: a proxy resolves names itself."""
GOOD = b'HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{"data": {}}'
LOGIN = "somebody:hunter2"


@pytest.fixture(autouse=True)
def _plain_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing of the way to the API."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy") or name.startswith("SSL")]:
        monkeypatch.delenv(name)


def client(url: str = FAR) -> Client:
    """A client that waits for nothing."""
    return Client(ApiSettings("made-up", url), sleep=lambda _pause_s: None)


def refused(made: Callable[[], Client] = client) -> str:
    """What a read ends with."""
    with pytest.raises(NorthflankPortsError) as raised:
        made().get("/v1/projects", LOOK)
    text = str(raised.value)
    assert "hunter2" not in text
    return text


@pytest.mark.parametrize("kind", ["nothing", "a directory", "no PEM", "an empty file", "a text"])
def test_f13_a_certificate_file_that_is_none_is_told_by_its_variable(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "no PEM").write_bytes(b"\x30\x82\x01")
    (tmp_path / "an empty file").touch()
    (tmp_path / "a directory").mkdir()
    place = CERTIFICATE.read_text() if kind == "a text" else str(tmp_path / kind)
    monkeypatch.setenv("SSL_CERT_FILE", place)
    text = refused()

    assert text.startswith("the environment variable SSL_CERT_FILE names no usable TLS certificates (")
    assert "set it to a PEM file" in text
    assert "PRIVATE" not in text


@pytest.mark.parametrize("kind", ["nothing", "a file", "an empty directory", "two of them"])
def test_f13_a_certificate_directory_without_certificates_is_told_by_its_variable(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").touch()
    (tmp_path / "an empty directory").mkdir()
    place = f"{tmp_path}:{tmp_path}/nothing" if kind == "two of them" else str(tmp_path / kind)
    monkeypatch.setenv("SSL_CERT_DIR", place)

    assert refused().startswith("the environment variable SSL_CERT_DIR names no usable TLS certificates (")
    assert "openssl rehash" in refused()


def test_f13_a_file_for_tls_keys_that_cannot_be_written_is_told_by_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path))

    assert "SSLKEYLOGFILE names cannot be written (Is a directory); unset it" in refused()


@pytest.mark.parametrize(
    "value",
    [
        *("http://[", "foo", "http://", "http://:3128", "://proxy", "proxy//x:3128", "http://exa mple:3128"),
        *("http://proxy:abc", "http://proxy:99999", "http://proxy:0", "ftp://proxy:21", "file:///proxy"),
        *(f"http://{LOGIN}@[", "http://somebody:hunter2#1@proxy:3128", "http://somebody:hunter2/1@proxy:3128"),
        *("http://a..b:3128", f"http://{'a' * 64}.example:3128", "http://proxy/proxy.pac", "http://\udcff:3128"),
    ],
)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_f13_a_proxy_that_cannot_be_read_is_told_by_its_variable(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    text = refused()

    assert text.startswith(f"the environment variable {variable} cannot be read as the address of a proxy; write it as")


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY", "all_proxy"])
def test_f13_a_socks_proxy_without_its_package_is_told_by_its_variable(
    variable: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, f"{scheme}://{LOGIN}@proxy.example:1080")
    text = refused()

    assert text.startswith(f"the environment variable {variable} names a SOCKS proxy")
    assert "pip install 'httpx[socks]'" in text


@pytest.mark.parametrize(
    ("variable", "value"),
    [("HTTP_PROXY", "http://["), ("HTTPS_PROXY", ""), ("https_proxy", "  "), ("TRAVIS_APT_PROXY", "x")],
)
def test_f13_a_proxy_that_is_not_for_the_api_stops_nobody(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    client().close()


@pytest.mark.parametrize(
    "entry",
    ["[::1]", "[2001:db8::/32]", "fe80::/10", "http://[", "a b", "[", "]:[", "\u2028", "\udcff", ":", "/", ",,", "."],
)
@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_f13_an_entry_of_no_proxy_that_is_not_for_the_api_changes_nothing(
    variable: str, entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxying(status="403 Forbidden") as (port, heads):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.setenv(variable, f"localhost,{entry}")
        assert "refused to connect" in refused()

    assert heads


@pytest.mark.parametrize(
    ("entry", "host"),
    [
        *((entry, "api.northflank.example") for entry in ("*", "localhost, *", "[::1],northflank.example")),
        *((entry, "api.northflank.example") for entry in (".example", "API.northflank.example:443", "*.example")),
        ("https://api.northflank.example", "api.northflank.example"),
        *((entry, "[2001:db8::1]") for entry in ("[2001:db8::1]", "2001:db8::1", "[2001:db8::]/32", "2001:db8::/32")),
        *((entry, "203.0.113.7") for entry in ("203.0.113.7", "203.0.113.0/24")),
    ],
)
def test_f13_a_host_that_no_proxy_names_is_reached_without_the_proxy(
    entry: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://[")
    monkeypatch.setenv("NO_PROXY", entry)
    client(f"https://{host}").close()


@pytest.mark.parametrize("entry", ["other.example", "northflank", "api.northflank.example:8443", "[2001:db8::2]"])
def test_f13_a_host_that_no_proxy_does_not_name_goes_through_the_proxy(
    entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://[")
    monkeypatch.setenv("NO_PROXY", entry)

    assert "ALL_PROXY" in refused()


def test_f13_a_proxy_has_no_part_in_what_stays_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://[")
    client("https://localhost").close()


def test_f13_a_ca_of_the_environment_is_trusted_through_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listening(self_signed(), GOOD) as (server, caught), proxying(server) as (proxy, heads):
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        assert client(f"https://localhost:{server}").get("/v1/projects", LOOK) == {}
        monkeypatch.setenv("HTTPS_PROXY", f"http://{LOGIN}@127.0.0.1:{proxy}")
        text = refused()

    assert len(caught) == 1
    assert "is not valid (it is for another host name)" in text
    assert f"at {FAR} through the proxy that the environment variable HTTPS_PROXY names" in text
    assert b"Proxy-Authorization: Basic c29tZWJvZHk6aHVudGVyMg==" in heads[0]


def test_f13_a_certificate_of_an_unknown_issuer_is_told_with_the_way_to_trust_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listening(self_signed()) as (port, _caught):
        text = refused(lambda: client(f"https://localhost:{port}"))
        monkeypatch.setenv("SSL_CERT_FILE", str(EXPIRED))
        other = refused(lambda: client(f"https://localhost:{port}"))

    assert f"the TLS certificate at https://localhost:{port} is not valid (self-signed certificate)." in text
    assert "set SSL_CERT_FILE to a PEM file with the certificate of the CA that issued it, such as your" in text
    assert "add the certificate of the CA that issued it, such as your company's" in other
    assert "to the certificates that SSL_CERT_FILE names" in other


@pytest.mark.parametrize(
    ("file", "host", "why"),
    [
        (EXPIRED, "localhost", "it has expired"),
        (CERTIFICATE, "api.northflank.example", "it is for another host name"),
        (CERTIFICATE, "203.0.113.7", "it is for another IP address"),
    ],
)
def test_f13_what_is_wrong_with_a_certificate_is_told(
    file: Path, host: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with listening(self_signed(file)) as (server, caught), proxying(server) as (proxy, _heads):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy}")
        text = refused(lambda: client(f"https://{host}:{server}"))

    assert f" is not valid ({why})" in text
    assert "SSL_CERT_FILE" not in text
    assert caught == []


def test_f13_a_proxy_that_asks_for_a_login_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with proxying(status="407 Proxy Authentication Required") as (port, heads):
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        with pytest.raises(InvalidConfiguration) as raised:
            client().write("POST", "/v1/projects", {}, LOOK)

    assert (
        "cannot look: the proxy that the environment variable https_proxy names requires a user name and password"
        in str(raised.value)
    )
    assert "https_proxy=http://USER:PASSWORD@HOST:PORT" in str(raised.value)
    assert len(heads) == 1


def test_f13_a_proxy_that_refuses_its_login_is_told_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with proxying(status="407 Proxy Authentication Required") as (port, heads):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{LOGIN}@127.0.0.1:{port}")
        text = refused()

    assert "HTTPS_PROXY names refused the user name and password (HTTP 407)" in text
    assert len(heads) == 1


@pytest.mark.parametrize("status", ["403 Forbidden", "502 Bad Gateway", "503 Service Unavailable", "302 Found"])
def test_f13_a_proxy_that_refuses_the_way_is_told_with_its_status(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxying(status=status) as (port, heads):
        monkeypatch.setenv("ALL_PROXY", f"http://{LOGIN}@127.0.0.1:{port}")
        with pytest.raises(Unreachable) as raised:
            client().get("/v1/projects", LOOK)

    assert f"ALL_PROXY names refused to connect to {FAR} (HTTP {status[:3]}). Nothing was changed." in str(raised.value)
    assert heads[0].startswith(b"CONNECT api.northflank.example:443 ")


def test_f13_the_certificate_of_a_proxy_is_judged_as_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    with proxying(status="403 Forbidden", context=self_signed()) as (port, heads):
        monkeypatch.setenv("HTTPS_PROXY", f"https://localhost:{port}")
        assert " is not valid (self-signed certificate)" in refused()
        assert heads == []
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        assert "refused to connect" in refused()


def test_f13_a_proxy_that_nobody_reaches_is_told_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    with closed_port() as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{LOGIN}@127.0.0.1:{port}")

        assert f"Check the address, the network and that proxy (http://127.0.0.1:{port})" in refused()


@pytest.mark.parametrize(
    "arguments", [["export", "shop"], ["exposure", "shop"], ["explain", "shop/api/http"], ["doctor"]]
)
@pytest.mark.parametrize(("variable", "value"), [("SSL_CERT_FILE", "/no/such/file"), ("all_proxy", "socks5://x:1")])
def test_f13_every_command_that_connects_ends_with_the_sentence(
    arguments: list[str],
    variable: str,
    value: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NORTHFLANK_API_TOKEN", "nf-made-up")
    monkeypatch.setenv("NORTHFLANK_API_BASE_URL", FAR)
    monkeypatch.setenv(variable, value)
    assert main(arguments) == 1
    captured = capsys.readouterr()
    said = captured.out if arguments == ["doctor"] else captured.err

    assert f"the environment variable {variable} " in said


@pytest.mark.parametrize(("variable", "value"), [("SSL_CERT_FILE", "/no/such/file"), ("HTTPS_PROXY", "http://[")])
def test_f13_a_preview_without_a_way_to_the_api_warns_and_a_write_fails(variable: str, value: str) -> None:
    port = {**SHOP["http"], "domains": {"x.wild.example": True}}
    inputs = {"projectId": "shop", "serviceId": "api", "ports": {"http": port}}
    env = {"NORTHFLANK_API_TOKEN": "nf-made-up", "NORTHFLANK_API_BASE_URL": FAR, variable: value}
    with DynamicHost(env) as host:
        assert host.check(inputs)[1] == []
        state = {**inputs, "stateVersion": 1}
        moved = {**inputs, "serviceId": "web"}
        assert host.check(moved, state)[1] == []
        with pytest.raises(Refused, match=f"the environment variable {variable} ") as raised:
            host.create(inputs)

    assert "Traceback" not in str(raised.value)
    assert host.said.count(f"warning: custom domains were not checked: the environment variable {variable} ") == 1
    assert (
        f"warning: could not check whether the service shop/web exists: the environment variable {variable} "
        in host.said
    )
    assert "Traceback" not in host.said
