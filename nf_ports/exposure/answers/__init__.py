"""Answers about access: one request, a summary, changes, expectations, other ways in. Pure."""
