"""Findings: their rules by code, checks without effect, and what is ignored. Pure."""
