"""Ports: fields, limits, rules and canonical form. Pure; no other room lists a port's fields."""
