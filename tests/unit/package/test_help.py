"""What `help` says of a model: its fields first, each with its type and meaning, and no secret."""

from __future__ import annotations

import inspect
import pydoc
from typing import get_args

import pytest
from test_public_api import field_texts

import nf_ports
from nf_ports import SSO, BasicAuth, Port, validate_ports
from nf_ports.ports import described
from nf_ports.ports.model import Model

_EXPORTED = [getattr(nf_ports, name) for name in nf_ports.__all__]
MODELS: list[type[Model]] = [one for one in _EXPORTED if isinstance(one, type) and issubclass(one, Model)]
_FIRST = 60


def _help(model: type[Model]) -> str:
    """The beginning of the help of a model, in one line."""
    lines = pydoc.plain(pydoc.render_doc(model)).splitlines()[:_FIRST]
    return " ".join(" ".join(line.removeprefix(" |") for line in lines).split())


@pytest.mark.parametrize("model", MODELS)
def test_help_tells_the_meaning_of_every_field_first(model: type[Model]) -> None:
    shown = _help(model)
    missing = [name for name, text in field_texts(model).items() if " ".join(text.split()) not in shown]

    assert len(MODELS) == 14
    assert missing == []
    assert [name for name in model.model_fields if f" {name}: " not in shown] == []


@pytest.mark.parametrize("model", MODELS)
def test_the_signature_has_every_field_with_its_type(model: type[Model]) -> None:
    parameters = inspect.signature(model).parameters

    assert parameters.keys() == model.model_fields.keys()
    for name, one in parameters.items():
        assert one.annotation is not one.empty
        assert "Annotated" not in str(one)
        assert (one.default is one.empty) == (model.model_fields[name].is_required() or name == "username")


def test_a_signature_says_what_a_program_writes() -> None:
    assert str(inspect.signature(SSO)).startswith("(*, organization_id: str | None = None, directory_group_ids: ")
    assert str(inspect.signature(BasicAuth)).startswith("(username: str, password: str, *, type: ")
    protocol = inspect.signature(Port).parameters["protocol"].annotation
    assert get_args(protocol) == ("HTTP", "HTTP/2", "TCP", "UDP")


def test_a_signature_stays_when_the_model_is_used() -> None:
    before = inspect.signature(Port)
    validate_ports({"http": Port(internal_port=80, protocol="HTTP")})
    Port.model_rebuild(force=True)

    assert inspect.signature(Port) == before
    assert "internal_port" in before.parameters


def test_help_for_a_class_of_a_program_shows_no_default_that_may_be_a_secret() -> None:
    class Ops(BasicAuth):
        """Our login."""

        password: str = "correct horse"

    class Web(Port):
        public: bool = True

        def __init__(self) -> None:
            super().__init__(internal_port=80, protocol="HTTP")

    assert "Our login. " in _help(Ops)
    assert "correct horse" not in _help(Ops) + str(inspect.signature(Ops))
    assert str(inspect.signature(Web)) == "()"
    assert "public: bool = True Puts the port on the internet." in _help(Web)


def test_without_its_source_a_model_still_lists_its_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_module: object) -> str:
        raise OSError

    described._told.cache_clear()
    monkeypatch.setattr(inspect, "getsource", none)
    text = SSO.__doc__ or ""
    described._told.cache_clear()

    assert "organization_id: str | None = None" in text
    assert "Organisation" not in text


def test_the_docstring_in_the_source_is_the_first_line() -> None:
    assert (Port.__doc__ or "").startswith("One port of a service.\n\nFields")
