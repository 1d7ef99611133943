"""The hooks and fixtures of the live tests: in a module of a name of its own, which a type checker can tell apart."""

from live_hooks import live_api, pytest_collection_modifyitems, pytest_terminal_summary

__all__ = ["live_api", "pytest_collection_modifyitems", "pytest_terminal_summary"]
