"""Names that an export makes are valid Python, and none is given out twice."""

import keyword

import pytest
import strategies  # noqa: F401 - its profile bounds how long is tried
from hypothesis import given
from hypothesis import strategies as st

from nf_ports.cli.export.names import identifier, key, keys, variables

SLUGS = st.from_regex(r"[A-Za-z0-9-]{1,12}", fullmatch=True)


@given(SLUGS)
def test_any_slug_makes_a_variable(slug: str) -> None:
    name = identifier(slug)

    assert name.isidentifier()
    assert not keyword.iskeyword(name)


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("my-app", "my_app"),
        ("api", "api"),
        ("import", "import_"),
        ("config", "config_"),
        ("id", "id_"),
        ("3d", "service_3d"),
    ],
)
def test_a_variable_is_what_a_person_would_write(slug: str, name: str) -> None:
    assert identifier(slug) == name


@given(st.lists(st.text(max_size=5), min_size=1, max_size=4))
def test_any_words_make_a_key(words: list[str]) -> None:
    made = key(*words, "password")

    assert made.isascii()
    assert made.isidentifier()


def test_a_key_is_what_a_person_would_write() -> None:
    assert key("my-app", "http", "X-Key", "header") == "myAppHttpXKeyHeader"


@given(st.lists(SLUGS, max_size=12))
def test_no_name_is_given_out_twice(slugs: list[str]) -> None:
    for names in (variables(), keys()):
        made = [names.take(identifier(slug)) for slug in slugs]

        assert len(set(made)) == len(made)
