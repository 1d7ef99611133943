"""The requests of the hour that commands leave to others of the account."""

from __future__ import annotations

from typing import Final

from nf_ports.errors import NorthflankPortsError
from nf_ports.northflank.budget import RateBudget

KEPT_FREE: Final = 20
"""Requests of the hour that a command leaves to others of the account."""


class BudgetSpent(NorthflankPortsError):
    """Too few API requests are left in this hour to go on."""


def affords(budget: RateBudget, requests: int = 1) -> bool:
    """True if the hour has so many requests, and those for others, left, as far as the API says."""
    return budget.remaining is None or budget.remaining >= requests + KEPT_FREE


def shortage(budget: RateBudget) -> str:
    """The reason to stop, without a full stop."""
    return (
        f"only {budget.remaining} of the account's API requests are left in this hour, and {KEPT_FREE} are kept free"
        " for others"
    )
