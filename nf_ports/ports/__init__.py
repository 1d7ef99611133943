"""What a port is: its fields, limits, rules and canonical form. Pure; no other room lists a port's fields."""
