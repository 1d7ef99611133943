"""The command `export`: live services as a Python program."""
