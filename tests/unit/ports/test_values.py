"""The single values of a port: what is accepted, its one canonical spelling, and what is refused in which words."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import strategies  # noqa: F401 - the profile
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from nf_ports.ports import values

_NAME = "must be a name of 1 to 8 characters: a letter first, then letters, digits and single hyphens"
_USER = "must be a user name of 3 to 39 characters: a letter first, then letters, digits and single hyphens"
_RESERVED = "must not be one of the numbers that Northflank reserves (15000, 15020, 65000)"
_PORT = "must be between 1 and 65535"
_WHOLE = "must be a whole number"
_PRIORITY = "must be between 0 and 100"
_EMPTY = "must not be empty"
_HOST = "must be a full host name such as api.example.com, or *.example.com"
_ALONE = "must be a host name, or a host name and a path such as app.example.com/api, without scheme, port or query"
_ODD_PATH = (
    "must have a path as Northflank shows it for the sub-domain: without spaces, query or fragment, and other letters"
    " percent-encoded"
)
_LETTERS = "must be a host name whose letters are allowed in a domain (IDNA 2008)"
_ADDRESS = "must be an IPv4 or IPv6 address or CIDR block, such as 203.0.113.7 or 2001:db8::/32"
_MODE = "must begin with a routing mode: prefix, exact or regex"
_PATH = "must be a path that begins with / and holds letters, digits and _ - & ? = . only"


def judged(kind: str, value: Any) -> tuple[Any, str]:
    """The canonical value and no reason, or nothing and the reason."""
    try:
        return TypeAdapter(getattr(values, kind)).validate_python(value), ""
    except ValidationError as error:
        (found,) = error.errors(include_url=False, include_input=False)
        return None, found.get("ctx", {}).get("reason", found["type"])


@pytest.mark.parametrize(
    ("kind", "value", "canonical"),
    [
        ("PortName", "a", "a"),
        ("PortName", "p01", "p01"),
        ("PortName", "a-b-c-d1", "a-b-c-d1"),
        ("PortName", "Z9999999", "Z9999999"),
        ("Username", "abc", "abc"),
        ("Username", "a" * 39, "a" * 39),
        ("PortNumber", 1, 1),
        ("PortNumber", 65535, 65535),
        ("PortNumber", 8080.0, 8080),
        ("Priority", 0, 0),
        ("Priority", 100, 100),
        ("Priority", 7.0, 7),
        ("NotEmpty", " ", " "),
        ("Flag", False, False),
        ("Text", "", ""),
        ("PathKey", "prefix /", "prefix /"),
        ("PathKey", "exact /a/b/", "exact /a/b/"),
        ("PathKey", "exact //", "exact //"),
        ("PathKey", "prefix /_a-Z0?x=1&y.html", "prefix /_a-Z0?x=1&y.html"),
        ("PathKey", "regex ^/users/[0-9]+ x$", "regex ^/users/[0-9]+ x$"),
        ("Domain", "api.example.com", "api.example.com"),
        ("Domain", "API.Example.COM", "api.example.com"),
        ("Domain", "api.example.com.", "api.example.com"),
        ("Domain", " api.example.com\n", "api.example.com"),
        ("Domain", "*.example.com", "*.example.com"),
        ("Domain", "bücher.example", "xn--bcher-kva.example"),
        ("Domain", "BÜCHER.example.", "xn--bcher-kva.example"),
        ("Domain", "bücher。example。", "xn--bcher-kva.example"),
        ("Domain", "*.bücher.example", "*.xn--bcher-kva.example"),
        ("Domain", "straße.example", "xn--strae-oqa.example"),
        ("Domain", f"{'a' * 63}.example", f"{'a' * 63}.example"),
        ("Domain", "a.b", "a.b"),
        ("Domain", "a.com/", "a.com"),
        ("Domain", "App.Example.com./Api", "app.example.com/Api"),
        ("Domain", "bücher.example/b%C3%BC", "xn--bcher-kva.example/b%C3%BC"),
        ("Domain", " a.com/api/v1/ ", "a.com/api/v1/"),
        ("Domain", "a.com/x/y:z@w", "a.com/x/y:z@w"),
        ("Domain", "*.a.com/x", "*.a.com/x"),
        ("Domain", "a.com/path|/acme", "a.com/path|/acme"),
        ("Domain", r"a.com/v[0-9]+/(a|b)\.html$", r"a.com/v[0-9]+/(a|b)\.html$"),
        ("Address", "203.0.113.7", "203.0.113.7/32"),
        ("Address", "10.1.2.3/8", "10.0.0.0/8"),
        ("Address", "10.1.2.3/255.0.0.0", "10.0.0.0/8"),
        ("Address", " 10.0.0.0/8 ", "10.0.0.0/8"),
        ("Address", "0.0.0.0/0", "0.0.0.0/0"),
        ("Address", "2001:DB8::1", "2001:db8::1/128"),
        ("Address", "2001:db8:0:0::1/32", "2001:db8::/32"),
        ("Address", "::ffff:192.0.2.1", "::ffff:c000:201/128"),
    ],
)
def test_a_value_has_one_canonical_spelling(kind: str, value: Any, canonical: Any) -> None:
    assert judged(kind, value) == (canonical, "")
    assert judged(kind, canonical) == (canonical, "")
    assert type(judged(kind, value)[0]) is type(canonical)


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        *(("PortName", name, _NAME) for name in ("", "a" * 9, "9a", "-a", "a-", "a--b", "a_b", "a\n", "ä")),
        ("PortName", 5, "string_type"),
        *(("Username", name, _USER) for name in ("", "ab", "a" * 40, "9ab", "a--b", "a.b", "abc\n", "äbc")),
        ("Username", b"abc", "string_type"),
        *(("PortNumber", number, _PORT) for number in (0, -1, 65536, 1e300)),
        *(("PortNumber", number, _RESERVED) for number in (15000, 15020, 65000, 15000.0)),
        *(
            ("PortNumber", number, _WHOLE)
            for number in (80.5, True, False, "80", None, float("nan"), float("inf"), [80])
        ),
        *(("Priority", number, _PRIORITY) for number in (-1, 101)),
        *(("Priority", number, _WHOLE) for number in (0.5, True, "1")),
        ("NotEmpty", "", _EMPTY),
        *(("Flag", flag, "bool_type") for flag in ("true", 1, 0, "yes", None)),
        *(("Text", text, "string_type") for text in (5, True, ["a"])),
        *(("PathKey", key, _PATH) for key in ("prefix a", "exact ", "prefix /a b", "exact /a//b", "prefix /a\n")),
        *(("PathKey", key, _MODE) for key in ("", "/a", "suffix /a", "PREFIX /a")),
        ("PathKey", "regex", _EMPTY),
        *(
            ("Domain", name, _HOST)
            for name in (
                *("", ".", "example", "a..b.com", ".a.com", "a.com..", "-a.com", "a-.com", "a_b.com", "a b.com"),
                *("*.com", "*.*.example.com", "a.*.example.com", "*", "a.123", "192.0.2.1", "xn--.com"),
                *(f"{'a' * 64}.example", ".".join(["a" * 60] * 5)),
            )
        ),
        *(
            ("Domain", name, _ALONE)
            for name in ("https://a.com", "a.com:80", "a.com:80/x", "/x", "u@a.com/x", "u@a.com", "a.com?x", "a.com#x")
        ),
        *(
            ("Domain", name, _ODD_PATH)
            for name in ("a.com/x?y=1", "a.com/x#y", "a.com/a b", "a.com/x\ny", "a.com/ü", "a.com/\x00", 'a.com/"x"')
        ),
        *(("Domain", name, _HOST) for name in ("localhost/api", "a..b/c", "192.0.2.1/x")),
        *(
            ("Domain", name, _LETTERS)
            for name in ("☃.example", "\u200d.example", "\ud800.example", f"{'ü' * 70}.example")
        ),
        ("Domain", 5, "string_type"),
        *(
            ("Address", address, _ADDRESS)
            for address in (
                *("", "1", "localhost", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/8/8"),
                *("::1/129", "fe80::1%eth0", "1.2.3.4/ 8", "1.2.3.4-1.2.3.9", "*", "1.2.3.4:80", "[::1]"),
            )
        ),
        ("Address", 16909060, "string_type"),
    ],
)
def test_a_value_that_northflank_would_refuse_is_refused(kind: str, value: Any, reason: str) -> None:
    assert judged(kind, value) == (None, reason)


@pytest.mark.parametrize(
    "pattern",
    [
        *("", "^/a$", "a|b", "[[a]", "(?i)a", "a(?i)b", "[[:alpha:]]", "x*+", r"\d{2}"),
        *(r"(?<year>\d+)\k<year>", r"(?P<n>a)(?P=n)", r"\p{L}+\P{Lu}", r"[\p{L}]", r"\A\z", "(?<=a+)b", "(?<!a)b"),
        *(r"\Qa.b\E", r"\x{41}", r"\h\R", r"\/", r"\cA", r"[\x41-\x5a]", r"[\x{41}-\x{5a}]"),
        *("(?<n>a)|(?<n>b)", "(?R)", "(?|a|b)", r"\1", r"[\t-\r]", r"\\Q(a)", r"\Q(\E", r"\Q("),
    ],
)
def test_nothing_is_said_of_a_regular_expression_of_any_common_dialect(pattern: str) -> None:
    assert values.broken_regex(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    ["[]a](", "[^](", "[[:alpha:](]", "a{1,99999999999999}", "(" * 9000, "[z-a]", "a{3,2}", r"(?<n>a)(b"],
    ids=lambda pattern: pattern[:20],
)
def test_nothing_is_said_of_what_some_dialect_may_read(pattern: str) -> None:
    assert values.broken_regex(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(a", "a group is not closed"),
        ("a)", "a bracket is closed that was not opened"),
        ("[a", "a set is not closed"),
        ("*a", "a repetition has nothing to repeat"),
        ("a\\", "it ends in a backslash"),
    ],
)
def test_what_no_common_dialect_reads_is_told_without_a_word_of_it(pattern: str, reason: str) -> None:
    assert values.broken_regex(pattern) == reason


_SIGNS = r"[]^-&~|\.(?#)aAz09"
_TEXTS = ["".join(signs) for length in (0, 1, 2) for signs in product(_SIGNS, repeat=length)]


@given(pattern=st.text(_SIGNS, max_size=12) | st.text(_SIGNS, max_size=10).map("[{}]".format))
def test_a_regular_expression_is_read_as_python_reads_it_or_not_at_all_and_without_a_warning(pattern: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = matched(lambda: re.compile(pattern))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = matched(lambda: values.compiled(pattern))
    # In these, dialects differ.
    apart = any(sign in pattern for sign in ("[]", "[^]", "[[", "[^[", "--", "&&", "~~", "||"))
    assert found == ("broken" if apart else expected)


def matched(compiled: Callable[[], re.Pattern[str]]) -> list[str] | str:
    """What short texts a pattern matches, or that it cannot be read."""
    try:
        return [text for text in _TEXTS if compiled().fullmatch(text)]
    except re.error:
        return "broken"
