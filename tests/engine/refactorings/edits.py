"""What somebody else does to a service in the console, drawn by dice: drift, and ports that no program declares."""

from __future__ import annotations

import random
from typing import Any, Final

Port = dict[str, Any]
STRANGER: Final = "x"
"""What the name of a port begins with that no program ever declares."""
_LOGIN: Final = {"username": "them", "password": "made-up-by-them", "type": "basic-auth"}
_PATH_RULE: Final = {
    "enabled": True,
    "rules": [{"paths": [{"path": "/x", "routingMode": "exact", "priority": 7}], "accessMode": "unprotected"}],
}


def is_stranger(name: str) -> bool:
    """Whether no program ever declares the port."""
    return name.startswith(STRANGER)


def edited(ports: list[Port], dice: random.Random, number: int) -> tuple[list[Port], str]:
    """The list after an edit, and the edit in words; `number` was not there before."""
    strangers = [port for port in ports if is_stranger(port["name"])]
    declared = [port for port in ports if not is_stranger(port["name"])]
    if declared and dice.random() < 0.4:
        return _drifted(ports, dice.choice(declared), dice, number)
    if strangers and dice.random() < 0.5:
        port = dice.choice(strangers)
        others = [other for other in ports if other is not port]
        if dice.random() < 0.5:
            return others, f"remove {port['name']}"
        return [*others, {**port, "internalPort": 20000 + number}], f"number of {port['name']}"
    return [*ports, _stranger(dice, number)], "add a port of their own"


def _drifted(ports: list[Port], port: Port, dice: random.Random, number: int) -> tuple[list[Port], str]:
    others = [other for other in ports if other is not port]
    how = dice.choice(("number", "remove", "login", "open", "anew", "turn"))
    changes: dict[str, Port] = {
        "number": {"internalPort": 20000 + number},
        "login": {"security": {"credentials": [_LOGIN]}} if port["public"] else {},
        "open": {"security": {}},
        "anew": {"id": f"anew-{number}"},
    }
    if how == "remove":
        return others, f"remove {port['name']}"
    if how == "turn":
        return ports[::-1], "another order"
    return [*others, {**port, **changes[how]}], f"{how} of {port['name']}"


def _stranger(dice: random.Random, number: int) -> Port:
    port = {"name": f"{STRANGER}{number}", "internalPort": 20000 + number, "protocol": "HTTP", "public": True}
    how = dice.choice(("private", "open", "login", "path", "options"))
    more: dict[str, Port] = {
        "private": {"public": False, "protocol": "TCP"},
        "login": {"security": {"credentials": [_LOGIN]}},
        "path": {"security": {"credentials": [_LOGIN], "securePathConfiguration": _PATH_RULE}},
        "options": {"advancedOptions": {"enableTlsPassthrough": True}},
    }
    return {**port, **more.get(how, {})}
