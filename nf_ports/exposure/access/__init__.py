"""The access to a port: its formula, checks, path rules and names. Pure."""
