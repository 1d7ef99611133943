"""Texts for the user with the names of the schema: most programs of this provider are not in Python.

The core names arguments as the Python class has them, ``on_conflict="overwrite"``; YAML and TypeScript have
``onConflict: "overwrite"``.
"""

from __future__ import annotations

import re
from typing import Final

_NAMES: Final = {
    "on_conflict": "onConflict",
    "on_delete": "onDelete",
    "renamed_from": "renamedFrom",
    "team_id": "teamId",
    "unmanaged": "unmanaged",
    "exposure": "exposure",
}
_GIVEN: Final = re.compile(rf'\b({"|".join(_NAMES)})="')
_NAMED: Final = re.compile(rf"\b({'|'.join(name for name in _NAMES if '_' in name)})\b=?")
_ALIASES: Final = (
    'opts=ResourceOptions(aliases=[Alias(name="FORMER NAME")]), or Alias(parent=ROOT_STACK_RESOURCE)',
    'aliases: [{name: "FORMER NAME"}], or an alias with the former parent',
)


def of_the_schema(text: str) -> str:
    """The text with the arguments as the schema spells them."""
    text = _GIVEN.sub(lambda found: f'{_NAMES[found[1]]}: "', text.replace(*_ALIASES))
    return _NAMED.sub(lambda found: _NAMES[found[1]], text)
