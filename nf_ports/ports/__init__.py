"""Ports: their fields, limits, rules and canonical form. Pure; no other package lists the fields of a port."""
