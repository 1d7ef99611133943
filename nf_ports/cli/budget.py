"""The requests of the hour that commands leave to others of the account."""

from __future__ import annotations

from typing import Final

from nf_ports.errors import NorthflankPortsError

KEPT_FREE: Final = 20
"""Requests of the hour that a command leaves to others of the account."""


class BudgetSpent(NorthflankPortsError):
    """Too few API requests are left in this hour to go on."""
