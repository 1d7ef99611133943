"""What is not known yet is told by its own class, whatever a program calls its classes and whatever they answer to."""

import enum

import pytest

from nf_ports import BasicAuth, HeaderRule, Port, SecurePath, Security
from nf_ports.errors import InvalidPorts
from nf_ports.ports.deferred import is_deferred
from nf_ports.ports.validation import check_ports, validate_ports


class Unknown(str):  # noqa: SLOT000 - as a program may write it
    """A text of a class with an unlucky name."""


class AnswersToAll(type):
    """A class of classes that have every attribute."""

    def __getattr__(cls, name: str) -> str:
        """Whatever is asked for."""
        return name


class Odd(metaclass=AnswersToAll):
    """Neither text nor an Output."""


def test_a_class_of_a_program_is_not_taken_for_what_is_not_known_yet() -> None:
    assert not is_deferred(Unknown("x"))
    assert not is_deferred(Odd())
    login = BasicAuth("ops", Unknown("made up"))
    port = Port(internal_port=80, protocol="HTTP", public=True, security=Security(credentials=[login]))
    assert validate_ports({"http": port})["http"].security is not None
    with pytest.raises(InvalidPorts, match=r"ports\.http\.protocol"):
        validate_ports({"http": Port(internal_port=80, protocol=Odd())})  # type: ignore[arg-type]


@pytest.mark.parametrize("pattern", ["(?a)(?u)x", "a{" + "9" * 5000 + "}"])
def test_what_python_alone_cannot_read_of_a_regular_expression_is_no_traceback(pattern: str) -> None:
    header = HeaderRule(name="X", value=pattern, regex_mode=True)
    place = SecurePath(path=pattern, routing_mode="regex", priority=1)
    rules = [{"paths": [place], "access_mode": "unprotected"}]
    security = {"headers": [header], "secure_path_configuration": {"rules": rules}}
    checked = check_ports({"http": {"internal_port": 80, "protocol": "HTTP", "security": security}})

    assert all("made up" not in str(fault) for fault in checked.violations)


def test_two_names_that_are_one_text_are_a_fault() -> None:
    class Name(enum.Enum):
        HTTP = "http"

    port = Port(internal_port=80, protocol="TCP")
    faults = check_ports({"http": port, Name.HTTP: Port(internal_port=81, protocol="TCP")}).violations
    assert [str(fault) for fault in faults] == [
        "ports.http: is given twice; two names of the program are the same text"
    ]
