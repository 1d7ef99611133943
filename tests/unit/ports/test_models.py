"""The models record what was written, in either spelling, judge nothing, and tell no secret."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from examples import MODELS
from outputs_like import Later
from pydantic import BaseModel, Field, field_validator, model_validator
from typing_extensions import override

import nf_ports
from nf_ports import SSO, BasicAuth, HeaderRule, InvalidPorts, IPRule, Port, SecurePath, Security, validate_ports
from nf_ports.ports.model import Model
from nf_ports.ports.plain import Plain
from nf_ports.ports.port import FIELDS

_MODELS = [
    kind
    for name in nf_ports.__all__
    if isinstance(kind := getattr(nf_ports, name), type) and issubclass(kind, BaseModel)
]
_SECRET = "correct-horse-battery"


def test_building_a_model_judges_nothing() -> None:
    port = Port(internal_port="no number", protocol="HTTP2", colour="red")  # type: ignore[arg-type, call-arg]
    assert port.given() == {"internalPort": "no number", "protocol": "HTTP2", "colour": "red"}


def test_only_what_was_written_is_given() -> None:
    assert Port(internal_port=80, protocol="HTTP", public=False).given() == {
        "internalPort": 80,
        "protocol": "HTTP",
        "public": False,
    }


def test_what_was_not_written_has_its_default() -> None:
    port = Port(internal_port=80, protocol="HTTP")
    assert (port.public, port.domains, port.security, port.name) == (False, None, None, None)


def test_both_spellings_are_the_same_field() -> None:
    snake = Port(internal_port=80, protocol="HTTP", disable_nf_domain=True)
    camel = Port(internalPort=80, protocol="HTTP", disableNfDomain=True)  # type: ignore[call-arg]
    assert snake == camel
    assert camel.internal_port == 80


def test_a_field_in_both_spellings_is_an_error_where_it_is_written() -> None:
    with pytest.raises(TypeError, match="a field of Port is given in both spellings"):
        Port(internal_port=80, internalPort=81, protocol="HTTP")  # type: ignore[call-arg]


def test_a_field_without_its_name_is_an_error_that_shows_how_to_write_it() -> None:
    with pytest.raises(TypeError, match=r"^Port takes its fields by name: Port\(internal_port=…\)$"):
        Port(80, "HTTP")  # type: ignore[call-arg]


def test_a_value_that_is_not_known_yet_is_kept_as_it_is() -> None:
    later = Later(_SECRET)
    assert BasicAuth("ops", later).given()["password"] is later


def test_a_login_has_its_user_and_password_by_place() -> None:
    assert BasicAuth("ops", "x").given() == {"username": "ops", "password": "x"}


@pytest.mark.parametrize("kind", _MODELS, ids=lambda kind: kind.__name__)
def test_every_field_has_both_spellings(kind: type[Model]) -> None:
    for name, field in kind.model_fields.items():
        # A name of one word is the same in both.
        assert FIELDS.get(name, name) == field.alias
        assert (
            kind(**{str(field.alias): 1} | _needed(kind, name)).given()
            == kind(**{name: 1} | _needed(kind, name)).given()
        )


def _needed(kind: type[Model], but: str) -> dict[str, Any]:
    # Only a login insists on its two arguments.
    needed = {"username": "ops", "password": "x"} if kind is BasicAuth else {}
    return {name: value for name, value in needed.items() if name != but}


def test_plain_turns_models_into_maps_all_the_way_down() -> None:
    kinds: set[type] = set()

    def walk(value: Any) -> None:
        kinds.add(type(value))
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(item)

    walk(Plain().of(MODELS))
    assert kinds == {dict, list, str, int, bool}


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])  # noqa: S301
def test_a_copy_records_the_same(again: Any) -> None:
    assert again(MODELS["http"]).given() == MODELS["http"].given()


@pytest.mark.parametrize(
    "model",
    [
        BasicAuth("ops", _SECRET),
        BasicAuth(_SECRET, "ops"),
        Security(credentials=[BasicAuth("ops", _SECRET)]),
        Security(credentials=[{"username": "ops", "password": _SECRET}]),  # type: ignore[list-item]
        Security(credentials={"ops": {"password": _SECRET}}),  # type: ignore[arg-type]
        Security(credentials={_SECRET: BasicAuth("ops", "x")}),
        Port(internal_port=80, protocol="HTTP", security={"headers": {"X": {"value": _SECRET}}}),  # type: ignore[arg-type]
        Port(internal_port=80, protocol=_SECRET),  # type: ignore[arg-type]
        Port(internal_port=80, protocol="HTTP", **{_SECRET: 1}),  # type: ignore[arg-type]
        Port(internal_port=80, protocol="HTTP", password=_SECRET),  # type: ignore[call-arg]
        HeaderRule(name="X-Key", value=_SECRET),
        IPRule(action="ALLOW", addresses=[_SECRET]),
        IPRule(action="ALLOW", addresses={_SECRET: True}),
        SSO(organization_id=_SECRET),
        SecurePath(path=_SECRET, routing_mode="exact", priority=1),
    ],
    ids=lambda model: repr(model)[:60],
)
def test_no_text_of_a_model_holds_what_could_be_a_secret(model: Model) -> None:
    for text in (repr(model), str(model), f"{model}", f"{[model]!r}"):
        assert _SECRET not in text


def test_the_text_of_a_model_shows_what_is_no_secret() -> None:
    port = Port(internal_port=80, protocol="HTTP", public=True, name="http", security=Security(sso=SSO()))
    assert repr(port) == "Port(internal_port=80, protocol='HTTP', name=…, public=True, security=Security(sso=SSO()))"


_OFFICE = Security(policies=[IPRule(action="ALLOW", addresses=["192.0.2.0/24"])])


class _ByValue(Port):
    security: Any = _OFFICE


class _ByFactory(Port):
    security: Any = Field(default_factory=lambda: _OFFICE)


class _ByOtherFields(Port):
    security: Any = Field(default_factory=lambda fields: Security(credentials=[BasicAuth(fields["name"], "made-up")]))


class _Twice(_ByValue):
    internal_port: Any = 80
    protocol: Any = "HTTP"


@pytest.mark.parametrize("kind", [_ByValue, _ByFactory, _Twice])
@pytest.mark.parametrize("make", ["init", "construct", "validate", "copy"])
def test_the_defaults_of_a_subclass_count_as_given(kind: type[Port], make: str) -> None:
    fields: dict[str, Any] = {"internal_port": 80, "protocol": "HTTP"}
    made = {
        "init": lambda: kind(**fields),
        "construct": lambda: kind.model_construct(**fields),
        "validate": lambda: kind.model_validate(fields),
        "copy": lambda: kind(**fields).model_copy(update={"public": True}),
    }[make]()

    assert made.security == _OFFICE
    assert made.given()["security"] == _OFFICE
    assert (
        validate_ports({"http": made})["http"].security
        == validate_ports({"http": Port(**fields, security=_OFFICE)})["http"].security
    )


def test_a_default_of_a_subclass_can_be_taken_back_and_can_look_at_other_fields() -> None:
    assert _ByValue(internal_port=80, protocol="HTTP", security=None).given()["security"] is None
    made = _ByOtherFields(internal_port=80, protocol="HTTP", name="ops")
    assert made.given()["security"].credentials[0].username == "ops"


def test_a_class_of_our_own_gives_no_default_away() -> None:
    assert Port(internal_port=80, protocol="HTTP").given() == {"internalPort": 80, "protocol": "HTTP"}


def _with_a_validator() -> None:
    class Bad(Port):
        @field_validator("security")
        @classmethod
        def guard(cls, _value: Any) -> Any:
            return _OFFICE


def _with_a_model_validator() -> None:
    class Bad(Port):
        @model_validator(mode="before")
        @classmethod
        def guard(cls, value: Any) -> Any:
            return {**value, "security": _OFFICE}


def _with_post_init() -> None:
    class Bad(Port):
        @override
        def model_post_init(self, _context: Any, /) -> None:
            self.security = _OFFICE


def _with_a_class_variable() -> None:
    class Bad(Port):
        security: ClassVar[Any] = _OFFICE  # type: ignore[misc]


class _Guarded:
    @property
    def security(self) -> Any:
        return _OFFICE


def _with_a_mixin() -> None:
    class Bad(_Guarded, Port):  # type: ignore[override]
        pass


@pytest.mark.parametrize(
    ("define", "member"),
    [
        (_with_a_validator, "guard"),
        (_with_a_model_validator, "guard"),
        (_with_post_init, "model_post_init"),
        (_with_a_class_variable, "security"),
        (_with_a_mixin, "security"),
    ],
)
def test_a_subclass_whose_own_code_would_not_run_is_refused(define: Callable[[], None], member: str) -> None:
    with pytest.raises(TypeError, match=f"^Bad cannot be a subclass of Port with {member}: nf_ports would not run it"):
        define()


def test_a_property_in_the_place_of_a_field_is_never_written_as_nothing() -> None:
    class Guarded(Port):
        @property  # type: ignore[misc]
        def security(self) -> Any:  # type: ignore[override, explicit-override]
            return _OFFICE

    with pytest.raises(InvalidPorts, match=r"ports\.http\.security: is of the type property"):
        validate_ports({"http": Guarded(internal_port=80, protocol="HTTP")})
