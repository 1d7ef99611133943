"""The committed schema of the packaged provider is the one of the models."""

from provider_schema import PLACE, schema


def test_the_committed_schema_is_current() -> None:
    assert PLACE.read_text(encoding="utf-8") == schema(), "run `make docs`"


def test_no_type_has_a_default_which_only_some_sdks_would_apply() -> None:
    assert '"default"' not in schema()
